//! The router around the pages: static files, server functions, file routes, and the pages themselves behind the
//! session, the access table and the security headers.

use super::access::{self, Access};
use super::context::context_of;
use super::forms::{self, FormState};
use super::request::{Permission, RequestContext};
use super::respond::Cookie;
use super::static_files::{panicked, static_files};
use super::{acting, csrf, headers, sessions};
use crate::error::AppError;
use crate::ids::ActingId;
use crate::server::state::AppState;
use crate::server::{audit, i18n};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use leptos::prelude::*;
use std::sync::Arc;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

/// What `app.rs` gives the router: the pages and who may see which.
#[derive(Clone)]
pub struct Site {
    pub state: AppState,
    /// The whole document.
    pub shell: fn() -> AnyView,
    /// The rule of a path; `None`: there is no such page.
    pub access: fn(&str) -> Option<Access>,
    /// The rule of a plain route's path; `None`: it is a page's, or closed.
    pub file_access: fn(&str) -> Option<Access>,
    /// Whether a page is shown only after a fresh proof of identity.
    pub needs_proof: fn(&str) -> bool,
}

/// A refusal decided before rendering: the document shows the error instead of a page.
#[derive(Clone)]
pub struct Refusal(pub AppError);

impl Site {
    /// Renders the page at `uri`.
    pub async fn render(&self, cx: Arc<RequestContext>, uri: Uri, refusal: Option<AppError>) -> Response {
        self.render_with(cx, uri, refusal.map(Refusal)).await
    }

    /// Renders the page at `uri`, which finds `given` in its context: what a plain route has found out for it.
    pub async fn render_given<T: Clone + Send + Sync + 'static>(&self, cx: Arc<RequestContext>, uri: Uri, given: T) -> Response {
        self.render_with(cx, uri, Some(given)).await
    }

    async fn render_with<T: Clone + Send + Sync + 'static>(&self, cx: Arc<RequestContext>, uri: Uri, given: Option<T>) -> Response {
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = uri;
        request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("text/html"));
        let shell = self.shell;
        let context = move || {
            provide_context(cx.clone());
            if let Some(given) = &given {
                provide_context(given.clone());
            }
        };
        leptos_axum::render_app_async_with_context(context, shell)(request).await
    }

    /// Renders the page of a refused form again, with the status of the refusal.
    pub async fn render_refused(&self, cx: Arc<RequestContext>, uri: Uri, refused: FormState) -> Response {
        let status = StatusCode::from_u16(refused.error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after = retry_after(&refused.error);
        let again = cx.again().with(|again| again.form = Some(refused));
        let mut response = self.render(Arc::new(again), uri, None).await;
        if response.status() == StatusCode::OK {
            *response.status_mut() = status;
        }
        response.headers_mut().extend(retry_after);
        response
    }

    /// Renders the page for an error without a page of its own (file routes).
    pub async fn error_page(&self, cx: Arc<RequestContext>, error: AppError) -> Response {
        let uri = Uri::try_from(cx.path.as_str()).unwrap_or_default();
        self.render(cx, uri, Some(error)).await
    }
}

/// The whole program as one service. `routes` are the capabilities' plain routes (files, webhooks, uploads).
pub fn router(site: Site, routes: Router<Site>) -> Router {
    // Fails when it is set already (several routers in one test binary): that is fine.
    let _ = any_spawner::Executor::init_tokio();
    let pages = Router::new()
        .route("/api/{*function}", any(server_function))
        .merge(routes.layer(middleware::from_fn_with_state(site.clone(), guard_routes)))
        .fallback(page)
        .layer(middleware::from_fn_with_state(site.clone(), with_context))
        .layer(middleware::from_fn_with_state(site.clone(), refuse_cross_site));
    let site_root = site.state.config.site_root.clone();
    static_files(&site_root)
        .route("/health/live", get(|| async { "live" }))
        .route("/health/ready", get(ready))
        .merge(pages)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(CompressionLayer::new().gzip(true).br(true).quality(tower_http::CompressionLevel::Fastest))
        .layer(middleware::from_fn(headers::secure))
        .layer(middleware::from_fn(known_methods))
        .with_state(site)
}

async fn known_methods(request: Request, next: Next) -> Response {
    match *request.method() {
        Method::GET | Method::HEAD | Method::POST | Method::PUT | Method::PATCH | Method::DELETE => next.run(request).await,
        _ => (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD, POST")]).into_response(),
    }
}

/// Cross-site requests are refused before anything else looks at them.
async fn refuse_cross_site(State(site): State<Site>, request: Request, next: Next) -> Response {
    if csrf::is_allowed(&site.state.config, &request) {
        return next.run(request).await;
    }
    tracing::warn!(url.path = request.uri().path(), "a cross-site request was refused");
    let (parts, _) = request.into_parts();
    let (cx, _) = context_of(&site, &parts).await;
    audit::refused_sometimes(&cx, "access.cross_site", &access::shortened(&cx.path), serde_json::json!({})).await;
    csrf::refusal()
}

/// The programme's colours: the only style that is data.
pub async fn programme_css(State(site): State<Site>) -> Response {
    let programme = site.state.programme.get();
    // The database checks that both are #rrggbb.
    let css = if programme.accent.is_empty() {
        String::new()
    } else {
        format!(":root{{--programme-accent:{};--programme-accent-dark:{}}}", programme.accent, programme.accent_dark)
    };
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=300")];
    (headers, css).into_response()
}

/// Ready: the database answers.
async fn ready(State(site): State<Site>) -> Response {
    match sqlx::query_scalar!("SELECT 1").fetch_one(&site.state.db).await {
        Ok(_) => "ready".into_response(),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database cannot be reached").into_response(),
    }
}

/// Reads the cookie, the language and the address once, for everything behind it. A database that is down is a 503,
/// never an anonymous visitor (security.md line 80).
async fn with_context(State(site): State<Site>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let (cx, found) = context_of(&site, &parts).await;
    let mut request = Request::from_parts(parts, body);
    let cx = Arc::new(cx);
    match found {
        Ok(None) => {}
        // A style sheet or the like: the next page shall find it, and say so.
        Ok(Some(_)) if acting::way(&cx.path) == acting::Way::Free => {}
        Ok(Some((id, why))) => return acting_is_over(site, cx, id, why).await,
        Err(error) => return site.error_page(cx, error).await,
    }
    // A choice made by a link in the header or footer is kept in a cookie; nothing changes on the server.
    let language = cx.query.get("lang").and_then(|tag| i18n::from_tag(tag)).map(|locale| Cookie::new("lang", i18n::tag(locale)));
    let theme = cx.query.contains_key("theme").then(|| Cookie::new("theme", cx.theme.clone()));
    if let Some(refused) = without_factor(&site, &cx, request.uri()).await {
        return refused;
    }
    request.extensions_mut().insert(cx.clone());
    let mut response = if cx.acting.is_some() { while_acting(site, cx, request, next).await } else { next.run(request).await };
    for cookie in [language, theme].into_iter().flatten() {
        if let Ok(value) = HeaderValue::from_str(&cookie.lasting(365 * 24 * 3600).to_string()) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    response
}

/// Staff without a second factor reach nothing but what leads to one, whatever they ask for and however (security.md line 16). `None`: it
/// is open to them.
async fn without_factor(site: &Site, cx: &Arc<RequestContext>, uri: &Uri) -> Option<Response> {
    // Functions have a list of their own, which is asked where all of them are run.
    if !cx.owes_factor() || cx.path.starts_with("/api/") {
        return None;
    }
    let path = cx.path.as_str();
    match (site.access)(path) {
        Some(Access::Public | Access::Demo) => None,
        Some(_) if access::ENROLMENT.contains(&path) => None,
        Some(_) => Some(forms::see_other(&forms::with_next(access::ENROLMENT[0], uri.path_and_query().map_or("/", |path| path.as_str())))),
        // Files: what is the same for everybody.
        None if acting::way(path) == acting::Way::Free => None,
        None if matches!((site.file_access)(path), Some(Access::Public | Access::Demo)) => None,
        None => {
            access::note_refusal(cx, &AppError::Forbidden, path).await;
            Some(site.error_page(cx.clone(), AppError::Forbidden).await)
        }
    }
}

/// A request of a member of staff who acts as a candidate: what is not on the list is refused before anything else is asked, and
/// a look at what is on it is written to the audit log before it is given (security.md line 42).
async fn while_acting(site: Site, cx: Arc<RequestContext>, request: Request, next: Next) -> Response {
    // Functions have a list of their own, which is asked where all of them are run.
    if cx.path.starts_with("/api/") {
        return next.run(request).await;
    }
    let looks = matches!(*request.method(), Method::GET | Method::HEAD);
    match acting::way(&cx.path) {
        acting::Way::Closed if *request.method() == Method::POST && forms::is_form(request.headers()) => {
            forms::post(site, cx, request).await
        }
        acting::Way::Closed => {
            access::note_refusal(&cx, &AppError::Forbidden, &cx.path).await;
            site.error_page(cx, AppError::Forbidden).await
        }
        acting::Way::Logged if looks => match note_look(&cx).await {
            Ok(()) => next.run(request).await,
            Err(error) => site.error_page(cx, error).await,
        },
        acting::Way::Logged | acting::Way::Free => next.run(request).await,
    }
}

async fn note_look(cx: &RequestContext) -> Result<(), AppError> {
    let mut conn = cx.state.db.acquire().await?;
    let path: String = cx.path.chars().take(200).collect();
    let subject = cx.viewer()?.account_id.to_string();
    // Without the query: what somebody searched for may name a place or a person.
    Ok(audit::record(&mut conn, cx, "staff.acting_page_read", &subject, serde_json::json!({ "path": path })).await?)
}

/// The request that finds an acting to be over ends it. It was made in the candidate's name, so it is not answered in the staff
/// member's own, but leads back to the candidate's account page.
async fn acting_is_over(site: Site, cx: Arc<RequestContext>, id: ActingId, why: acting::End) -> Response {
    let ended = async {
        let session_id = cx.viewer()?.session_id;
        let mut tx = cx.state.db.begin().await?;
        let account_id = acting::end_by_itself(&mut tx, cx.now(), id, why).await?;
        // Who came first has given the session its new cookie.
        let cookie = match account_id {
            Some(_) => sessions::renew(&mut tx, session_id).await?,
            None => None,
        };
        tx.commit().await?;
        Ok::<_, AppError>((account_id, cookie))
    };
    let (account_id, cookie) = match ended.await {
        Ok(ended) => ended,
        Err(error) => return site.error_page(cx, error).await,
    };
    let mut response = if cx.path.starts_with("/api/") {
        error_response(&AppError::Forbidden)
    } else {
        let page = account_id.filter(|_| cx.staff(Permission::ReadAccounts).is_ok());
        forms::see_other(&page.map_or_else(|| "/".to_owned(), |id| format!("/staff/accounts/{id}?done=acting_over")))
    };
    if let Some(value) = cookie.and_then(|cookie| HeaderValue::from_str(&cookie.to_string()).ok()) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// A call by an island, or by a program.
async fn server_function(request: Request) -> Response {
    let function = request.uri().path().to_owned();
    let Some(cx) = request.extensions().get::<Arc<RequestContext>>().cloned() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    match forms::run_server_function(cx.clone(), request).await {
        Ok(response) => response,
        Err(error) => {
            access::note_refusal(&cx, &error, &function).await;
            access::note_missing(&cx, &error, &function).await;
            error_response(&error)
        }
    }
}

/// An error as JSON with its status: for islands, programs and file routes.
pub fn error_response(error: &AppError) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = serde_json::to_string(error).unwrap_or_default();
    let mut response = (status, [(header::CONTENT_TYPE, "application/json")], body).into_response();
    // Tells leptos's client that the body is an error of the function.
    response.headers_mut().insert("serverfnerror", HeaderValue::from_static("1"));
    response.headers_mut().extend(retry_after(error));
    response
}

/// How long to wait before the next try, for those errors that pass by themselves.
fn retry_after(error: &AppError) -> Option<(header::HeaderName, HeaderValue)> {
    let seconds = match error {
        AppError::RateLimited(seconds) => *seconds,
        AppError::Unavailable => 5,
        _ => return None,
    };
    Some((header::RETRY_AFTER, HeaderValue::from(seconds)))
}

/// Plain routes answer a refusal as JSON with its status.
impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        error_response(&self)
    }
}

/// A page: who may see it is decided here, before anything is rendered.
pub async fn page(State(site): State<Site>, request: Request) -> Response {
    let Some(cx) = request.extensions().get::<Arc<RequestContext>>().cloned() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let uri = request.uri().clone();
    // Where a detour leads back to.
    let page = uri.path_and_query().map_or("/", |path| path.as_str());
    match access::refusal(&site, &cx) {
        Some(AppError::Unauthenticated) => return to_login(&cx, page),
        Some(error) => {
            access::note_refusal(&cx, &error, &cx.path).await;
            return site.render(cx, uri, Some(error)).await;
        }
        None => {}
    }
    match *request.method() {
        // Not a form that was sent: its function asks for itself, and signing out needs no proof.
        Method::GET | Method::HEAD if (site.needs_proof)(&cx.path) && cx.fresh_proof().is_err() => {
            forms::see_other(&forms::with_next("/account/confirm", page))
        }
        Method::GET | Method::HEAD => {
            let response = site.render(cx.clone(), uri, None).await;
            access::note_if_missing(&cx, response.status()).await;
            response
        }
        Method::POST => forms::post(site, cx, request).await,
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}

/// A plain route: who may come is decided by the tables of `app.rs` before its handler runs, and one that stands in none is closed. Some
/// stand at a page's address, to take its upload: those who may not are answered as by the page.
async fn guard_routes(State(site): State<Site>, request: Request, next: Next) -> Response {
    let Some(cx) = request.extensions().get::<Arc<RequestContext>>().cloned() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let Some(rule) = (site.file_access)(&cx.path) else {
        return if access::refusal(&site, &cx).is_some() { page(State(site), request).await } else { next.run(request).await };
    };
    match access::refused_by(&site, &cx, Some(rule)) {
        None => {
            let response = next.run(request).await;
            access::note_if_missing(&cx, response.status()).await;
            response
        }
        Some(AppError::Unauthenticated) if matches!(*request.method(), Method::GET | Method::HEAD) => to_login(&cx, &cx.path),
        Some(error @ AppError::Unauthenticated) => error.into_response(),
        Some(error) => {
            access::note_refusal(&cx, &error, &cx.path).await;
            site.error_page(cx, error).await
        }
    }
}

/// To the page of the sign-in, or of the second factor that is still owed, and from there back.
fn to_login(cx: &RequestContext, page: &str) -> Response {
    let to = if cx.viewer.as_ref().is_some_and(|viewer| viewer.awaiting_factor) { "/login/code" } else { "/login" };
    forms::see_other(&forms::with_next(to, page))
}
