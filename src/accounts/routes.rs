//! The file of backup codes.

use super::factors::backup_codes;
use crate::error::{AppError, AppResult};
use crate::server::RequestContext;
use crate::server::http::router::{Site, error_response};
use crate::tr;
use axum::Form;
use axum::extract::Extension;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::sync::Arc;

pub fn routes() -> axum::Router<Site> {
    axum::Router::new().route("/account/security/backup-codes.txt", axum::routing::post(codes_file))
}

#[derive(Deserialize)]
struct Sealed {
    #[serde(default)]
    codes: String,
}

/// The codes that the page has just shown, as a file: they come sealed in the page's own form, so that nobody has to keep them.
async fn codes_file(Extension(cx): Extension<Arc<RequestContext>>, Form(Sealed { codes }): Form<Sealed>) -> Response {
    match file(&cx, &codes) {
        Err(error) => error_response(&error),
        Ok(text) => {
            let headers = [
                (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
                (header::CONTENT_DISPOSITION, "attachment; filename=\"backup-codes.txt\""),
                (header::CACHE_CONTROL, "no-store"),
            ];
            (headers, text).into_response()
        }
    }
}

fn file(cx: &RequestContext, sealed: &str) -> AppResult<String> {
    let viewer = cx.viewer()?;
    let codes = backup_codes::unsealed(cx, viewer, sealed).ok_or(AppError::NotFound)?;
    let programme = cx.programme().name.clone();
    let head = tr!(cx.locale, factors.codes_file, programme = programme, url = cx.state.config.public_url.clone());
    // Windows' editors want both characters of a line's end.
    Ok(format!("{head}\r\n{}\r\n\r\n{}\r\n", viewer.email, codes.join("\r\n")))
}
