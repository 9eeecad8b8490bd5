//! Certificates and badges as files.
//!
//! The certificate is its owner's: everybody else's request is answered as if there were none. A browser keeps it but
//! asks each time whether it may show it, so that signing out takes effect. Badges are pictures for anybody who has the
//! credential ID: verification pages, profiles and link previews show them. The signed credential is baked into them, and
//! lies beside them as a document of its own.

use super::badge::PNG_SIZES;
use super::issuer::routes::ANY_ORIGIN;
use super::model::Credential;
use super::{CredentialId, documents, open_badge, service};
use crate::error::{AppError, AppResult};
use crate::server::RequestContext;
use crate::server::http::forms::{see_other, with_next};
use crate::server::http::router::Site;
use crate::server::qr::qr_svg;
use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use std::sync::Arc;

pub fn routes() -> Router<Site> {
    Router::new()
        .route("/credentials/{public_id}/{file}", get(own_file))
        .route("/badges/{file}", get(badge_file))
        .merge(super::issuer::routes::routes())
        .merge(open_badge::routes::routes())
}

type Cx = Extension<Arc<RequestContext>>;

async fn own_file(
    State(site): State<Site>,
    Extension(cx): Cx,
    Path((public_id, file)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    match own_document(&cx, &public_id, &file, &headers).await {
        Ok(response) => response,
        Err(AppError::Unauthenticated) => see_other(&with_next("/login", &cx.path)),
        Err(error) => site.error_page(cx, error).await,
    }
}

async fn own_document(cx: &RequestContext, public_id: &str, file: &str, headers: &HeaderMap) -> AppResult<Response> {
    let credential = service::own(cx, public_id).await?;
    const PRIVATE: &str = "private, no-cache";
    if file == "qr.svg" {
        let svg = qr_svg(&cx.state.config.url(&credential.verify_path())).ok_or(AppError::NotFound)?;
        let tag = etag(svg.as_bytes());
        return Ok(answer(headers, &tag, "image/svg+xml", PRIVATE, None, || svg.into()));
    }
    let version = file.strip_prefix("certificate-v").and_then(|rest| rest.strip_suffix(".pdf")).and_then(|version| version.parse().ok());
    match version {
        Some(version) if version == credential.version => {
            let pdf = documents::certificate(&cx.state, &credential).await?;
            let tag = etag(&pdf);
            if !is_known(headers, &tag) {
                service::note_download(cx, &credential).await?;
            }
            let name = format!("certificate-{}.pdf", credential.exam_code);
            Ok(answer(headers, &tag, "application/pdf", PRIVATE, Some(&name), || pdf.into()))
        }
        // A link kept from before a reissue leads to the certificate that counts.
        Some(version) if (1..credential.version).contains(&version) => Ok(see_other(&certificate_path(&credential))),
        _ => Err(AppError::NotFound),
    }
}

/// Where the current certificate is: the version stands in the address, so that no cache gives the one before.
pub fn certificate_path(credential: &Credential) -> String {
    format!("/credentials/{}/certificate-v{}.pdf", credential.compact_id(), credential.version)
}

pub fn badge_svg_path(credential: &Credential) -> String {
    format!("/badges/{}.svg", credential.compact_id())
}

pub fn badge_png_path(credential: &Credential, size: u32) -> String {
    format!("/badges/{}-{size}.png", credential.compact_id())
}

/// The signed credential in its envelope of JSON.
pub fn badge_json_path(credential: &Credential) -> String {
    format!("/badges/{}.json", credential.compact_id())
}

async fn badge_file(State(site): State<Site>, Extension(cx): Cx, Path(file): Path<String>, headers: HeaderMap) -> Response {
    match badge(&cx, &file, &headers).await {
        Ok(response) => response,
        Err(error) => site.error_page(cx, error).await,
    }
}

/// What lies under `/badges/` for a credential.
enum BadgeFile {
    Svg,
    /// Pixels of a side.
    Png(u32),
    /// The signed credential: the token itself (Open Badges 3.0, section 5.2), or in an envelope of JSON (VC 2.0).
    Token,
    Json,
}

impl BadgeFile {
    /// The file with the credential ID before it.
    fn parse(name: &str) -> Option<(&str, Self)> {
        let (stem, kind) = name.rsplit_once('.')?;
        match kind {
            "svg" => Some((stem, Self::Svg)),
            "jwt" => Some((stem, Self::Token)),
            "json" => Some((stem, Self::Json)),
            "png" => {
                let (stem, size) = stem.rsplit_once('-')?;
                let size = size.parse().ok().filter(|size| PNG_SIZES.contains(size))?;
                Some((stem, Self::Png(size)))
            }
            _ => None,
        }
    }
}

async fn badge(cx: &RequestContext, file: &str, headers: &HeaderMap) -> AppResult<Response> {
    let (public_id, file) = BadgeFile::parse(file).ok_or(AppError::NotFound)?;
    let public_id = CredentialId::parse(public_id).map_err(|_| AppError::NotFound)?;
    let credential = service::look_up(cx, public_id).await?.ok_or(AppError::NotFound)?;
    const PUBLIC: &str = "public, max-age=86400";
    let stem = format!("badge-{}", credential.exam_code);
    let is_document = matches!(file, BadgeFile::Token | BadgeFile::Json);
    let token = open_badge::signed(&cx.state, &credential).await?;
    let mut response = match file {
        BadgeFile::Svg => {
            let svg = open_badge::baking::bake_svg(&documents::badge_svg(&cx.state, &credential), &token);
            let tag = etag(svg.as_bytes());
            answer(headers, &tag, "image/svg+xml", PUBLIC, Some(&format!("{stem}.svg")), || svg.into())
        }
        BadgeFile::Png(size) => {
            let svg = documents::badge_svg(&cx.state, &credential);
            let tag = etag(format!("{size}{token}{svg}").as_bytes());
            if is_known(headers, &tag) {
                not_modified(&tag, PUBLIC)
            } else {
                let png = open_badge::baking::bake_png(documents::badge_png(svg, size).await?.as_ref(), &token);
                answer(headers, &tag, "image/png", PUBLIC, Some(&format!("{stem}.png")), || png.into())
            }
        }
        BadgeFile::Token => {
            let tag = etag(token.as_bytes());
            answer(headers, &tag, "text/plain; charset=us-ascii", PUBLIC, Some(&format!("{stem}.jwt")), || token.into())
        }
        BadgeFile::Json => {
            let json = open_badge::enveloped(&token).to_string();
            let tag = etag(json.as_bytes());
            answer(headers, &tag, "application/vc", PUBLIC, Some(&format!("{stem}.json")), || json.into())
        }
    };
    let headers = response.headers_mut();
    // Made to be shown elsewhere, and the documents to be read by scripts there.
    headers.insert("cross-origin-resource-policy", header::HeaderValue::from_static("cross-origin"));
    if is_document {
        for (name, value) in ANY_ORIGIN {
            headers.insert(name, header::HeaderValue::from_static(value));
        }
    }
    if cx.query("download").is_none() {
        headers.remove(header::CONTENT_DISPOSITION);
    }
    Ok(response)
}

fn etag(bytes: &[u8]) -> String {
    format!("\"{}\"", URL_SAFE_NO_PAD.encode(&Sha256::digest(bytes)[..16]))
}

fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    known.split(',').any(|known| known.trim().trim_start_matches("W/") == tag || known.trim() == "*")
}

fn not_modified(tag: &str, cache: &str) -> Response {
    (StatusCode::NOT_MODIFIED, [(header::ETAG, tag.to_owned()), (header::CACHE_CONTROL, cache.to_owned())]).into_response()
}

fn answer(
    headers: &HeaderMap,
    tag: &str,
    media_type: &'static str,
    cache: &str,
    name: Option<&str>,
    body: impl FnOnce() -> Body,
) -> Response {
    if is_known(headers, tag) {
        return not_modified(tag, cache);
    }
    let mut response = Response::new(body());
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(media_type));
    let name = name
        .map(|name| format!("attachment; filename=\"{}\"", name.replace(|c: char| !c.is_ascii_alphanumeric() && !"-._".contains(c), "_")));
    let texts =
        [(header::ETAG, Some(tag.to_owned())), (header::CACHE_CONTROL, Some(cache.to_owned())), (header::CONTENT_DISPOSITION, name)];
    for (key, value) in texts {
        if let Some(value) = value.and_then(|value| header::HeaderValue::from_str(&value).ok()) {
            out.insert(key, value);
        }
    }
    response
}
