//! The authenticator app: enrolment, codes, removal.

use super::super::mails::SecurityChange;
use super::super::service::announce;
use super::super::store::{self as accounts, Account};
use super::super::totp;
use super::{Factor, may_remove, open_totp, seal_totp, settle, store};
use crate::error::{AppError, AppResult, Code, Conflict};
use crate::server::http::respond::Cookie;
use crate::server::{RequestContext, audit};
use serde_json::json;
use sqlx::PgConnection;

/// The secret that the viewer's enrolment page shows. Made from the server key for this account and session, so that nothing
/// is stored before a code proves that the app has it, and a page shown twice shows the same.
///
/// # Errors
/// [`AppError::StepUpRequired`]; [`Conflict::EmailNotVerified`].
pub async fn pending(cx: &RequestContext) -> AppResult<Vec<u8>> {
    let viewer = cx.verified_with_fresh_proof()?;
    let mut conn = cx.state.db.acquire().await?;
    let account = accounts::by_id(&mut conn, viewer.account_id).await?.ok_or(AppError::Unauthenticated)?;
    // The last step makes it another secret when one was removed before.
    let message = format!("{}:{}:{:?}", account.id, viewer.session_id, account.totp_last_step);
    let mut secret = cx.state.key.mac("totp enrolment", message.as_bytes());
    secret.truncate(totp::SECRET_BYTES);
    Ok(secret)
}

/// Enrols the app with a code that proves it works; the other sessions end and this one gets a new cookie.
///
/// # Errors
/// [`AppError::StepUpRequired`]; [`Conflict::EmailNotVerified`]; [`Code::CodeWrong`] of `code`.
pub async fn enrol(cx: &RequestContext, typed: &str) -> AppResult<Cookie> {
    let viewer = cx.verified_with_fresh_proof()?;
    if typed.trim().is_empty() {
        return Err(AppError::field("code", Code::Required));
    }
    let secret = pending(cx).await?;
    let step = totp::matching_step(&secret, typed, cx.state.clock.device_now()).ok_or_else(|| AppError::field("code", Code::CodeWrong))?;
    let mut tx = cx.state.db.begin().await?;
    let account = accounts::by_id(&mut tx, viewer.account_id).await?.ok_or(AppError::Unauthenticated)?;
    if !store::set_totp(&mut tx, account.id, &seal_totp(&cx.state.key, account.id, &secret), step).await? {
        return Err(Conflict::Stale.into());
    }
    announce(&mut tx, cx, &account, SecurityChange::FactorAdded(Factor::Authenticator)).await?;
    audit::record(&mut tx, cx, "account.totp_enrolled", &account.id.to_string(), json!({})).await?;
    let cookie = settle(&mut tx, cx, viewer).await?;
    tx.commit().await?;
    Ok(cookie)
}

/// Removes the viewer's app. Staff keep one factor at least.
///
/// # Errors
/// [`AppError::StepUpRequired`]; [`Conflict::LastFactor`]; [`Conflict::PasswordNeedsFactor`].
pub async fn remove(cx: &RequestContext) -> AppResult<Cookie> {
    let viewer = cx.fresh_proof()?;
    let mut tx = cx.state.db.begin().await?;
    accounts::lock_account(&mut tx, viewer.account_id).await?;
    let account = accounts::by_id(&mut tx, viewer.account_id).await?.ok_or(AppError::Unauthenticated)?;
    if account.totp_secret.is_some() {
        may_remove(&mut tx, cx, viewer).await?;
        store::remove_totp(&mut tx, account.id).await?;
        announce(&mut tx, cx, &account, SecurityChange::FactorRemoved(Factor::Authenticator)).await?;
        audit::record(&mut tx, cx, "account.totp_removed", &account.id.to_string(), json!({})).await?;
    }
    let cookie = settle(&mut tx, cx, viewer).await?;
    tx.commit().await?;
    Ok(cookie)
}

/// Whether a code is one of the account's app, now, for the first time (security.md line 17).
pub async fn accept(conn: &mut PgConnection, cx: &RequestContext, account: &Account, typed: &str) -> AppResult<bool> {
    let Some(sealed) = account.totp_secret.as_deref() else { return Ok(false) };
    let secret = open_totp(&cx.state.key, account.id, sealed)?;
    match totp::matching_step(&secret, typed, cx.state.clock.device_now()) {
        Some(step) => Ok(store::use_step(conn, account.id, step).await?),
        None => Ok(false),
    }
}
