//! The issuer's public documents. They are the same for everybody and need no cookie, so scripts of other sites (wallets,
//! verifiers that run in a browser) may read them.

use super::documents::{did_document, key_set, profile};
use super::service::public_keys;
use crate::credentials::open_badge::CONTEXTS;
use crate::error::AppResult;
use crate::server::http::router::Site;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};

pub fn routes() -> Router<Site> {
    Router::new()
        .route("/.well-known/did.json", get(did_json))
        .route("/.well-known/jwks.json", get(jwks_json))
        .route(PROFILE, get(profile_json))
}

/// The programme's Open Badges profile.
pub const PROFILE: &str = "/badges/issuer.json";
/// Short: a new key is known everywhere within minutes.
const CACHE: &str = "public, max-age=300";

/// Lets the scripts of every site read an answer, without cookies (security.md line 45).
pub const ANY_ORIGIN: [(HeaderName, &str); 2] =
    [(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"), (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin")];

fn document(media_type: &'static str, document: &Value) -> Response {
    let headers = [(header::CONTENT_TYPE, media_type), (header::CACHE_CONTROL, CACHE)];
    (headers, ANY_ORIGIN, document.to_string()).into_response()
}

async fn did_json(State(site): State<Site>) -> AppResult<Response> {
    let keys = public_keys(&site.state).await?;
    Ok(document("application/did+json", &did_document(&site.state.config.public_url, &keys)))
}

async fn jwks_json(State(site): State<Site>) -> AppResult<Response> {
    Ok(document("application/jwk-set+json", &key_set(&public_keys(&site.state).await?)))
}

async fn profile_json(State(site): State<Site>) -> Response {
    let mut profile = profile(&site.state);
    profile["@context"] = json!(CONTEXTS);
    document("application/ld+json", &profile)
}
