//! The download of an archive.

use super::export;
use crate::error::AppError;
use crate::server::RequestContext;
use crate::server::http::forms::{see_other, with_next};
use crate::server::http::router::Site;
use axum::extract::{Extension, Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

pub fn routes() -> axum::Router<Site> {
    axum::Router::new().route("/account/data/download/{id}", axum::routing::get(download))
}

/// Its owner's, with a fresh proof; to everybody else it does not exist (security.md line 37).
async fn download(State(site): State<Site>, Extension(cx): Extension<Arc<RequestContext>>, Path(id): Path<String>) -> Response {
    match export::download(&cx, &id).await {
        Ok(file) => {
            let name = format!("attachment; filename=\"my-data-{}.zip\"", cx.now().date_naive());
            let headers = [
                (header::CONTENT_TYPE, "application/zip".to_owned()),
                (header::CONTENT_DISPOSITION, name),
                (header::CACHE_CONTROL, "private, no-store".to_owned()),
            ];
            (headers, file).into_response()
        }
        Err(AppError::Unauthenticated) => see_other(&with_next("/login", &cx.path)),
        Err(AppError::StepUpRequired) => see_other(&with_next("/account/confirm", &cx.path)),
        Err(error) => site.error_page(cx, error).await,
    }
}
