//! The upload of a partner's file, the example of one, and the list of an import's errors as a file.

use super::csv_file::{self, FILE_LIMIT};
use super::pages::problem_text;
use super::service::{self, Uploaded};
use crate::error::{AppError, AppResult, Code, FieldError};
use crate::server::http::forms::{see_other, with_next};
use crate::server::http::router::{self, Site};
use crate::server::http::uploads::{self, Upload};
use crate::server::http::{FormState, Submitted};
use crate::server::{Permission, RequestContext, csv};
use crate::tr;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Extension, Path, Request, State};
use axum::http::Uri;
use axum::response::Response;
use axum::routing::get;
use std::sync::Arc;

/// The page of the upload form, and what it posts to.
pub const UPLOAD: &str = "/staff/results/import";
/// The form's only field.
pub const FILE: &str = "file";

pub fn routes() -> Router<Site> {
    Router::new()
        .route(UPLOAD, get(router::page).post(upload))
        // Room for the form around the file.
        .layer(DefaultBodyLimit::max(FILE_LIMIT + 16 * 1024))
        .route("/staff/results/example.csv", get(example))
        .route("/staff/results/imports/{id}/errors.csv", get(errors))
}

type Cx = Extension<Arc<RequestContext>>;

async fn upload(State(site): State<Site>, request: Request) -> Response {
    let upload = match Upload::or_page(&site, request).await {
        Ok(upload) => upload,
        Err(answer) => return answer,
    };
    let (cx, uri) = (upload.cx.clone(), upload.uri.clone());
    let answer = match cx.staff(Permission::ManageResults) {
        Err(error) => Err(error),
        Ok(_) => match read_file(&site, upload).await {
            Ok((name, bytes)) => service::upload(&cx, FILE, &name, &bytes).await,
            Err(error) => Err(error),
        },
    };
    match answer {
        Ok(Uploaded::New(id)) => see_other(&format!("/staff/results/imports/{id}")),
        Ok(Uploaded::Known(id)) => see_other(&format!("/staff/results/imports/{id}?done=known")),
        Err(error) => refuse(site, cx, uri, error).await,
    }
}

async fn refuse(site: Site, cx: Arc<RequestContext>, uri: Uri, error: AppError) -> Response {
    match error {
        AppError::Unauthenticated => see_other(&with_next("/login", uri.path())),
        AppError::Forbidden | AppError::NotFound => site.error_page(cx, error).await,
        error => {
            let refused = FormState { function: UPLOAD.to_owned(), submitted: Submitted::default(), error };
            uploads::refused(&site, cx, uri, refused).await
        }
    }
}

/// Name and bytes of the form's file.
async fn read_file(site: &Site, upload: Upload) -> AppResult<(String, Vec<u8>)> {
    let too_large = || AppError::Validation(vec![FieldError::with(FILE, Code::FileTooLarge, FILE_LIMIT / 1024 / 1024)]);
    let mut form = upload.fields(site).await?;
    while let Some(mut field) = form.next_field().await.map_err(|error| uploads::problem(&error, too_large()))? {
        if field.name() != Some(FILE) {
            continue;
        }
        let name = field.file_name().unwrap_or_default().to_owned();
        let bytes = uploads::read(&mut field, FILE_LIMIT, too_large).await?;
        if name.is_empty() && bytes.is_empty() {
            break;
        }
        return Ok((name, bytes));
    }
    Err(AppError::field(FILE, Code::FileMissing))
}

async fn example(State(site): State<Site>, Extension(cx): Cx, uri: Uri) -> Response {
    match cx.staff(Permission::ReadResults) {
        Ok(_) => csv::response("results-example.csv", &csv_file::example()),
        Err(error) => refuse(site, cx.clone(), uri, error).await,
    }
}

async fn errors(State(site): State<Site>, Extension(cx): Cx, Path(id): Path<String>, uri: Uri) -> Response {
    let preview = match id.parse() {
        Ok(id) => service::preview(&cx, id).await,
        Err(_) => Err(AppError::NotFound),
    };
    match preview {
        Ok(preview) => {
            let locale = cx.locale;
            let header = [
                tr!(locale, results.column_line),
                tr!(locale, results.column_column),
                tr!(locale, results.column_value),
                tr!(locale, results.column_problem),
            ];
            let rows = preview
                .errors
                .iter()
                .map(|error| vec![error.line.to_string(), error.column.clone(), error.value.clone(), problem_text(locale, error.problem)]);
            csv::response("errors.csv", &csv::write(&header.map(str::to_owned), rows))
        }
        Err(error) => refuse(site, cx.clone(), uri, error).await,
    }
}
