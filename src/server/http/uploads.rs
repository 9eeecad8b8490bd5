//! Pages that take a file beside the forms of server functions. The header's forms post to the page they stand on, too: so
//! what is no upload goes to the page, and an upload that is refused shows the page again.

use super::forms::FormState;
use super::request::RequestContext;
use super::router::{self, Site};
use crate::error::{AppError, AppResult, Code};
use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::extract::{FromRequest, Request, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::Response;
use std::sync::Arc;

/// An upload that has not been read yet.
pub struct Upload {
    pub cx: Arc<RequestContext>,
    pub uri: Uri,
    request: Request,
}

impl Upload {
    /// The upload that was posted to a page, or the page's answer to what else was.
    pub async fn or_page(site: &Site, request: Request) -> Result<Self, Response> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let cx = request.extensions().get::<Arc<RequestContext>>().cloned().filter(|_| kind.starts_with("multipart/form-data"));
        match cx {
            Some(cx) => Ok(Self { cx, uri: request.uri().clone(), request }),
            None => Err(router::page(State(site.clone()), request).await),
        }
    }

    /// Its fields, to be read one after the other.
    ///
    /// # Errors
    /// [`AppError::Validation`] without a field: it is none.
    pub async fn fields(self, site: &Site) -> AppResult<Multipart> {
        Multipart::from_request(self.request, site).await.map_err(|_| unreadable())
    }
}

fn unreadable() -> AppError {
    AppError::Validation(vec![])
}

/// What went wrong while a field was read: the route's own limit, or a form that breaks off.
pub fn problem(error: &MultipartError, too_large: AppError) -> AppError {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE { too_large } else { unreadable() }
}

/// The bytes of a field; reading stops where the limit is passed.
///
/// # Errors
/// `too_large`; [`AppError::Validation`] without a field when the form breaks off.
pub async fn read(field: &mut Field<'_>, limit: usize, too_large: impl Fn() -> AppError) -> AppResult<Vec<u8>> {
    let mut bytes = vec![];
    while let Some(chunk) = field.chunk().await.map_err(|error| problem(&error, too_large()))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > limit {
            return Err(too_large());
        }
    }
    Ok(bytes)
}

/// The page again with why the upload was refused; 413 when it was too large (security.md line 63).
pub async fn refused(site: &Site, cx: Arc<RequestContext>, uri: Uri, refused: FormState) -> Response {
    let too_large = matches!(&refused.error, AppError::Validation(errors) if errors.iter().any(|error| error.code == Code::FileTooLarge));
    let mut response = site.render_refused(cx, uri, refused).await;
    if too_large {
        *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
    }
    response
}
