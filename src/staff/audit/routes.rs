//! `GET /staff/audit.csv`, with the same parameters as the page.

use super::service;
use crate::error::AppError;
use crate::server::http::router::Site;
use crate::server::{RequestContext, csv};
use axum::extract::{Extension, State};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

pub async fn file(State(site): State<Site>, Extension(cx): Extension<Arc<RequestContext>>) -> Response {
    match service::file(&cx).await {
        Ok(csv) => csv::response(&format!("audit-{}.csv", cx.now().format("%Y-%m-%d")), &csv),
        Err(error @ AppError::Unauthenticated) => error.into_response(),
        Err(error) => site.error_page(cx, error).await,
    }
}
