//! The upload of a badge to be checked, and the signed lists of revocations. The badges themselves are in
//! [`crate::credentials::routes`].

use super::reading::{self, FILE_LIMIT};
use super::service::{self, Report};
use crate::credentials::issuer::routes::ANY_ORIGIN;
use crate::error::{AppError, AppResult, Code, FieldError};
use crate::server::RequestContext;
use crate::server::http::router::{self, Site};
use crate::server::http::uploads::{self, Upload};
use crate::server::http::{FormState, Submitted};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Extension, Path, Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::sync::Arc;

/// The page of the form, and what it posts to.
pub const CHECK: &str = "/verify";
/// Names the form among those of its page.
pub const CHECK_FORM: &str = "/verify (file)";
/// The form's two fields: a file, or the text of a token.
pub const FILE: &str = "file";
pub const TEXT: &str = "token";
/// Characters of pasted text that are given back when the form is refused.
const TEXT_LIMIT: usize = 32 * 1024;

pub fn routes() -> Router<Site> {
    Router::new()
        .route(CHECK, get(router::page).post(checked))
        // Room for the form and the pasted text around the file.
        .layer(DefaultBodyLimit::max(FILE_LIMIT + TEXT_LIMIT + 16 * 1024))
        .route("/badges/status/{list}", get(status_list))
}

/// Checks what was brought and shows the answer at once: nothing is kept that another address could show.
async fn checked(State(site): State<Site>, request: Request) -> Response {
    let upload = match Upload::or_page(&site, request).await {
        Ok(upload) => upload,
        Err(answer) => return answer,
    };
    let (cx, uri) = (upload.cx.clone(), upload.uri.clone());
    let mut brought = Brought::default();
    let report = match brought.read(&site, upload).await {
        Ok(()) => brought.check(&cx).await,
        Err(error) => Err(error),
    };
    match report {
        Ok(report) => site.render_given(cx, uri, Arc::new(report)).await,
        Err(error) => {
            let submitted = Submitted::from_pairs(vec![(TEXT.to_owned(), brought.text)]);
            let refused = FormState { function: CHECK_FORM.to_owned(), submitted, error };
            uploads::refused(&site, cx, uri, refused).await
        }
    }
}

/// What came with the form.
#[derive(Default)]
struct Brought {
    file: Vec<u8>,
    text: String,
}

impl Brought {
    async fn read(&mut self, site: &Site, upload: Upload) -> AppResult<()> {
        let too_long = || AppError::Validation(vec![FieldError::with(TEXT, Code::TooLong, TEXT_LIMIT)]);
        let mut form = upload.fields(site).await?;
        while let Some(mut field) = form.next_field().await.map_err(|error| uploads::problem(&error, too_large()))? {
            match field.name() {
                Some(FILE) => self.file = uploads::read(&mut field, FILE_LIMIT, too_large).await?,
                Some(TEXT) => {
                    let text = uploads::read(&mut field, TEXT_LIMIT, too_long).await?;
                    self.text = String::from_utf8_lossy(&text).into_owned();
                }
                _ => {}
            }
        }
        Ok(())
    }

    async fn check(&self, cx: &RequestContext) -> AppResult<Report> {
        let (field, bytes) = if self.file.is_empty() { (TEXT, self.text.trim().as_bytes()) } else { (FILE, &self.file[..]) };
        if bytes.is_empty() {
            return Err(AppError::field(FILE, Code::FileMissing));
        }
        let kind = reading::sniff(bytes).ok_or_else(|| AppError::field(field, Code::NotABadge))?;
        service::check_file(cx, kind, bytes).await
    }
}

fn too_large() -> AppError {
    AppError::Validation(vec![FieldError::with(FILE, Code::FileTooLarge, FILE_LIMIT / 1024 / 1024)])
}

async fn status_list(State(site): State<Site>, Extension(cx): Extension<Arc<RequestContext>>, Path(list): Path<String>) -> Response {
    let signed = match list.parse() {
        Ok(list) if list >= 0 => service::signed_status_list(&cx, list).await,
        _ => Err(AppError::NotFound),
    };
    match signed {
        Ok(token) => {
            // Short: a revocation is known within minutes.
            let headers = [(header::CONTENT_TYPE, "application/vc+jwt"), (header::CACHE_CONTROL, "public, max-age=300")];
            (headers, ANY_ORIGIN, token).into_response()
        }
        Err(error) => site.error_page(cx, error).await,
    }
}
