//! Cross-site requests are refused before anything else looks at them. Every browser of the last years says where a
//! request comes from (Sec-Fetch-Site, else Origin), so this works for forms without JavaScript and needs no token.

use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

pub async fn refuse_cross_site(request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD) || same_site(&request) {
        next.run(request).await
    } else {
        tracing::warn!(url.path = request.uri().path(), "a cross-site request was refused");
        (StatusCode::FORBIDDEN, "This request came from another site and was refused.").into_response()
    }
}

fn same_site(request: &Request) -> bool {
    let text = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    match text("sec-fetch-site") {
        Some(site) => return site == "same-origin",
        None if request.headers().contains_key("sec-fetch-site") => return false,
        None => {}
    }
    match request.headers().get(header::ORIGIN) {
        // No browser: a partner's program, curl, a webhook. It carries no ambient cookie.
        None => true,
        Some(origin) => {
            let host = text("host").unwrap_or_default();
            let origin = origin.to_str().unwrap_or("null");
            !host.is_empty() && origin.split_once("://").is_some_and(|(_, origin_host)| origin_host == host)
        }
    }
}
