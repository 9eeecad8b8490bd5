//! What search engines ask for.

use super::{rules, service};
use crate::error::AppError;
use crate::server::http::router::Site;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

/// Areas that are nobody's business but the signed-in reader's.
const PRIVATE: &[&str] =
    &["/account", "/api/", "/cart", "/checkout", "/credentials", "/dashboard", "/exams", "/orders", "/results", "/schedule", "/staff"];

pub async fn robots(State(site): State<Site>) -> Response {
    let mut text = String::from("User-agent: *\n");
    for path in PRIVATE {
        text.push_str(&format!("Disallow: {path}\n"));
    }
    text.push_str(&format!("\nSitemap: {}\n", site.state.config.url("/sitemap.xml")));
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=3600")], text).into_response()
}

/// The public pages: home, catalogue, each certification that is offered, verification.
pub async fn sitemap(State(site): State<Site>) -> Result<Response, Response> {
    let catalogue = service::catalogue(&site.state).await.map_err(|error: AppError| crate::server::http::router::error_response(&error))?;
    let today = site.state.clock.now().date_naive();
    let offered = catalogue.certifications.iter().filter(|certification| !rules::is_retired(certification, today));
    let pages = ["/".to_owned(), "/certifications".to_owned(), "/verify".to_owned()];
    let mut xml =
        String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n");
    // Slugs are [a-z0-9-] (checked by the database): nothing to escape.
    for path in pages.into_iter().chain(offered.map(|certification| format!("/certifications/{}", certification.slug))) {
        xml.push_str(&format!("  <url><loc>{}</loc></url>\n", site.state.config.url(&path)));
    }
    xml.push_str("</urlset>\n");
    Ok(([(header::CONTENT_TYPE, "application/xml; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=3600")], xml).into_response())
}
