//! Cross-site requests are refused before anything else looks at them. Every browser of the last years says where a
//! request comes from (Sec-Fetch-Site, else Origin), so this works for forms without JavaScript and needs no token.

use crate::server::config::Config;
use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Whether a request only reads, or comes from a page of the portal, or from no browser at all.
pub fn is_allowed(config: &Config, request: &Request) -> bool {
    matches!(*request.method(), Method::GET | Method::HEAD) || same_origin(config, request)
}

pub fn refusal() -> Response {
    (StatusCode::FORBIDDEN, "This request came from another site and was refused.").into_response()
}

fn same_origin(config: &Config, request: &Request) -> bool {
    let text = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    match text("sec-fetch-site") {
        Some(site) => return site == "same-origin",
        None if request.headers().contains_key("sec-fetch-site") => return false,
        None => {}
    }
    match request.headers().get(header::ORIGIN) {
        // No browser: a partner's program, curl, a webhook. It carries no ambient cookie.
        None => true,
        // The whole of it: a page without TLS at the same host is another site's, for whoever sits in between.
        Some(origin) => {
            let origin = origin.to_str().unwrap_or("null");
            // The demo answers on this machine alone, under whichever of its names it was opened.
            let opened = config.demo.then(|| text("host")).flatten().map(|host| format!("http://{host}"));
            origin == config.public_url || opened.is_some_and(|opened| origin == opened)
        }
    }
}
