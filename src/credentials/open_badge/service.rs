use super::baking::{bake_png, bake_svg};
use super::check::{self, Checks};
use super::document::{Achievement, document};
use super::reading::{self, Kind};
use super::{jwt, status_list, store};
use crate::credentials::issuer::{self, PublicKey};
use crate::credentials::model::Credential;
use crate::credentials::{documents, service as credentials};
use crate::error::{AppError, AppResult};
use crate::server::{AppState, RequestContext, i18n};
use crate::tr;
use serde_json::Value;

/// The document of a credential as it would be signed now.
async fn record(state: &AppState, credential: &Credential) -> AppResult<Value> {
    let locale = documents::language(credential);
    let row = store::achievement(&state.db, credential.id).await?;
    let summary = i18n::pick(&row.summary, locale);
    let achievement = Achievement {
        // Open Badges wants a description, and the programme may have written none.
        description: if summary.is_empty() { credential.certification.clone() } else { summary },
        criteria: tr!(
            locale,
            credentials.badge_criteria,
            exam = credential.exam_code.clone(),
            mark = row.pass_mark,
            min = row.scale_min,
            max = row.scale_max
        )
        .to_string(),
        scale_min: row.scale_min,
        scale_max: row.scale_max,
        pass_mark: row.pass_mark,
    };
    Ok(document(&state.config.public_url, &issuer::profile(state), i18n::tag(locale), credential, &achievement))
}

async fn sign(state: &AppState, document: &Value) -> AppResult<String> {
    let key = issuer::signing_key(state).await?;
    let address = issuer::key_id(&issuer::did(&state.config.public_url), &key.public());
    Ok(jwt::sign(&key, &address, document))
}

/// The signed credential. Signed anew each time: the same record and key give the same text.
pub async fn signed(state: &AppState, credential: &Credential) -> AppResult<String> {
    sign(state, &record(state, credential).await?).await
}

/// The badge as SVG, with the signed credential in it.
pub async fn baked_svg(state: &AppState, credential: &Credential) -> AppResult<String> {
    Ok(bake_svg(&documents::badge_svg(state, credential), &signed(state, credential).await?))
}

/// The badge as a PNG of `size` pixels, with the signed credential in it.
pub async fn baked_png(state: &AppState, credential: &Credential, size: u32) -> AppResult<Vec<u8>> {
    let token = signed(state, credential).await?;
    let png = documents::badge_png(documents::badge_svg(state, credential), size).await?;
    Ok(bake_png(&png, &token))
}

/// The signed list of revocations number `list`.
///
/// # Errors
/// [`AppError::NotFound`]: no credential has a place in it.
pub async fn signed_status_list(cx: &RequestContext, list: i32) -> AppResult<String> {
    let state = &cx.state;
    let revoked = store::revoked_places(&state.db, list).await?.ok_or(AppError::NotFound)?;
    sign(state, &status_list::document(&state.config.public_url, &issuer::profile(state), list, &revoked, cx.now())).await
}

/// What the check of a file came to.
#[derive(Debug, Clone)]
pub struct Report {
    pub checks: Checks,
    /// The credential that the file is of, as the record has it. Only of a file whose signature is right.
    pub credential: Option<Credential>,
}

/// Checks a badge that somebody brings, against the issuer's keys and the record. Nothing of it is kept.
///
/// # Errors
/// [`AppError::RateLimited`]: too many from this network address; files and typed IDs count together (security.md line 72).
pub async fn check_file(cx: &RequestContext, kind: Kind, bytes: &[u8]) -> AppResult<Report> {
    credentials::count_look_up(cx).await?;
    let state = &cx.state;
    let did = issuer::did(&state.config.public_url);
    let keys: Vec<(String, PublicKey)> =
        issuer::public_keys(state).await?.into_iter().map(|key| (issuer::key_id(&did, &key), key)).collect();
    let token = reading::token(kind, bytes);
    let (mut checks, payload) = check::of_token(token.as_deref().map_err(|why| *why), &keys);
    let Some(payload) = payload else { return Ok(Report { checks, credential: None }) };
    let credential = match check::claimed(&payload, &state.config.public_url, &did) {
        Some(public_id) => credentials::find(state, public_id).await?,
        None => None,
    };
    let expected = match &credential {
        Some(credential) => Some(record(state, credential).await?),
        None => None,
    };
    check::of_record(&mut checks, &payload, credential.as_ref().zip(expected.as_ref()), cx.now());
    Ok(Report { checks, credential })
}
