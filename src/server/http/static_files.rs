//! Files that are the same for everybody: what the build made, and the page that needs nothing else.

use super::router::Site;
use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::sync::LazyLock;
use tower_http::services::{ServeDir, ServeFile};

/// Files that the build made: each top-level entry of the site directory by its own name, compressed beforehand.
pub fn static_files(root: &std::path::Path) -> Router<Site> {
    let mut router = Router::new();
    for entry in std::fs::read_dir(root).into_iter().flatten().flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        if name.starts_with('.') || name.ends_with(".br") || name.ends_with(".gz") {
            continue;
        }
        router = if entry.path().is_dir() {
            router.nest_service(
                &format!("/{name}"),
                ServeDir::new(entry.path()).precompressed_br().precompressed_gzip().append_index_html_on_directories(false),
            )
        } else {
            router.route_service(&format!("/{name}"), ServeFile::new(entry.path()).precompressed_br().precompressed_gzip())
        };
    }
    router.layer(middleware::from_fn(cache_static))
}

/// Files of the build carry a hash in their name and never change; fonts and icons are asked for again after a day.
async fn cache_static(request: Request, next: Next) -> Response {
    let hashed = request.uri().path().starts_with("/pkg/") && request.uri().path().matches('.').count() > 1;
    let mut response = next.run(request).await;
    if response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED {
        let value = if hashed { "public, max-age=31536000, immutable" } else { "public, max-age=86400" };
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(value));
    }
    response
}

/// What stands in the place of a page that panicked: it needs no other file, neither language nor style sheet.
const PANIC_PAGE: &str = include_str!("../../../public/500.html");

/// Its own style is allowed by its digest, and nothing else.
static PANIC_POLICY: LazyLock<String> = LazyLock::new(|| {
    let style = PANIC_PAGE.split_once("<style>").and_then(|(_, rest)| rest.split_once("</style>")).map_or("", |(style, _)| style);
    let digest = STANDARD.encode(Sha256::digest(style));
    format!("default-src 'none'; style-src 'sha256-{digest}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
});

pub fn panicked(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_SECURITY_POLICY, PANIC_POLICY.as_str())];
    (StatusCode::INTERNAL_SERVER_ERROR, headers, PANIC_PAGE).into_response()
}
