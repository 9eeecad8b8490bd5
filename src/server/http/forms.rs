//! Forms work without JavaScript. A form posts to its own page and names the server function it is for in a hidden
//! field; the function runs as it does for an island. Done: the browser is sent on (303). Refused: the same page is
//! rendered again with the error's status, each message at its field, and everything that was typed still there.

use super::acting;
use super::request::RequestContext;
use super::router::Site;
use crate::error::{AppError, Conflict, FieldError};
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use leptos::prelude::provide_context;
use std::sync::Arc;

/// The hidden field that names the server function.
pub const FUNCTION_FIELD: &str = "__fn";
/// No form of the portal is longer.
pub const FORM_LIMIT: usize = 256 * 1024;

/// Names and values of `application/x-www-form-urlencoded`: a form's body, or the query of an address.
pub fn url_pairs(encoded: &str) -> impl Iterator<Item = (String, String)> + '_ {
    let decode = |part: &str| percent_encoding::percent_decode_str(&part.replace('+', " ")).decode_utf8_lossy().into_owned();
    encoded.split('&').filter(|pair| !pair.is_empty()).map(move |pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(name), decode(value))
    })
}

/// What was typed, in order; a name may come several times (check boxes).
#[derive(Debug, Clone, Default)]
pub struct Submitted(Vec<(String, String)>);

impl Submitted {
    pub fn parse(body: &[u8]) -> Self {
        Self(url_pairs(&String::from_utf8_lossy(body)).collect())
    }

    pub fn from_pairs(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub fn has(&self, name: &str, value: &str) -> bool {
        self.0.iter().any(|(key, given)| key == name && given == value)
    }
}

/// A refused form, for the page that shows it again.
#[derive(Debug, Clone)]
pub struct FormState {
    /// Path of the server function (or of the upload route) that refused.
    pub function: String,
    pub submitted: Submitted,
    pub error: AppError,
}

impl FormState {
    pub fn field_errors(&self) -> &[FieldError] {
        match &self.error {
            AppError::Validation(errors) => errors,
            _ => &[],
        }
    }
}

/// Whether a request's body is a form as pages send it.
pub fn is_form(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type.is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"))
}

/// Refuses what a form asks for before it is run: a page that is closed while acting sends nothing but its ways out, and a page
/// that was made for another acting, or for none, is out of date.
fn refused_by_acting(cx: &RequestContext, closed: bool, function: &str, submitted: &Submitted) -> Option<AppError> {
    if acting::WAYS_OUT.contains(&function) {
        return None;
    }
    let (made_for, now) = (submitted.get(acting::FIELD), cx.acting.as_ref().map(|acting| acting.id.to_string()));
    if closed || cx.acting.is_some() && !acting::opens_function(function) {
        Some(AppError::Forbidden)
    } else if made_for != now.as_deref() {
        Some(Conflict::ActingChanged.into())
    } else {
        None
    }
}

/// Answers a form posted to a page.
pub async fn post(site: Site, cx: Arc<RequestContext>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    if !is_form(&parts.headers) {
        return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
    }
    let body = match http_body_util::Limited::new(body, FORM_LIMIT).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => return StatusCode::PAYLOAD_TOO_LARGE.into_response(),
    };
    let submitted = Submitted::parse(&body);
    let closed = cx.acting.is_some() && acting::way(&cx.path) == acting::Way::Closed;
    let Some(function) = submitted.get(FUNCTION_FIELD).filter(|path| path.starts_with("/api/")).map(str::to_owned) else {
        if closed {
            super::access::note_refusal(&cx, &AppError::Forbidden, &cx.path).await;
            return site.error_page(cx, AppError::Forbidden).await;
        }
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    };
    let page = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let answer = match refused_by_acting(&cx, closed, &function, &submitted) {
        Some(error) => Err(error),
        None => call(cx.clone(), &function, &parts.headers, body).await,
    };
    match answer {
        Ok(response) => {
            let mut headers = response.into_parts().0.headers;
            let to = headers.remove(header::LOCATION).or_else(|| HeaderValue::from_str(&page).ok());
            let mut redirect = StatusCode::SEE_OTHER.into_response();
            if let Some(to) = to {
                redirect.headers_mut().insert(header::LOCATION, to);
            }
            for cookie in headers.get_all(header::SET_COOKIE) {
                redirect.headers_mut().append(header::SET_COOKIE, cookie.clone());
            }
            redirect
        }
        Err(AppError::Unauthenticated) => see_other(&with_next("/login", &page)),
        Err(AppError::StepUpRequired) => see_other(&with_next("/account/confirm", &page)),
        Err(error) => {
            super::access::note_refusal(&cx, &error, &function).await;
            super::access::note_missing(&cx, &error, &function).await;
            if cx.owes_factor() && error == AppError::Forbidden {
                return see_other(&with_next(super::access::ENROLMENT[0], &page));
            }
            // Says what stays with the candidate, and shows nothing of a page that is closed.
            if closed || cx.acting.is_some() && error == AppError::Forbidden {
                return site.error_page(cx, error).await;
            }
            let refused = FormState { function, submitted, error };
            site.render_refused(cx, parts.uri, refused).await
        }
    }
}

/// A name or value as it stands in an address.
pub fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// `to?next=<page>`.
pub fn with_next(to: &str, page: &str) -> String {
    format!("{to}?next={}", encoded(page))
}

pub fn see_other(to: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    if let Ok(to) = HeaderValue::from_str(to) {
        response.headers_mut().insert(header::LOCATION, to);
    }
    response
}

/// Runs one server function for a form.
async fn call(cx: Arc<RequestContext>, function: &str, headers: &HeaderMap, body: Bytes) -> Result<Response, AppError> {
    let mut request = Request::new(Body::from(body));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = function.parse().map_err(|_| AppError::NotFound)?;
    *request.headers_mut() = headers.clone();
    request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    request.headers_mut().remove(header::REFERER);
    run_server_function(cx, request).await
}

/// What staff without a second factor may call: the enrolment of one with what it asks for, and the ways out (security.md line 16).
pub const OPEN_WITHOUT_FACTOR: &[&str] = &[
    "/api/accounts/totp_enrol",
    "/api/accounts/passkey_register_start",
    "/api/accounts/passkey_register_finish",
    "/api/accounts/confirm_identity",
    "/api/accounts/resend_verification",
    "/api/accounts/verify_email",
    "/api/accounts/login",
    "/api/accounts/logout",
];

/// Runs the server function a request is for; its error is given as what it is.
pub async fn run_server_function(cx: Arc<RequestContext>, request: Request<Body>) -> Result<Response, AppError> {
    let known = leptos::server_fn::axum::get_server_fn_service(request.uri().path(), request.method().clone()).is_some();
    if !known {
        return Err(AppError::NotFound);
    }
    if cx.acting.is_some() && !acting::opens_function(request.uri().path()) {
        return Err(AppError::Forbidden);
    }
    if cx.owes_factor() && !OPEN_WITHOUT_FACTOR.contains(&request.uri().path()) {
        return Err(AppError::Forbidden);
    }
    let response = leptos_axum::handle_server_fns_with_context(move || provide_context(cx.clone()), request).await.into_response();
    if !response.headers().contains_key("serverfnerror") {
        return Ok(response);
    }
    let body = response.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    Err(serde_json::from_slice(&body).unwrap_or_else(|_| crate::server::database::internal(&"a server function's error could not be read")))
}
