//! The phone: verifying a number, making codes by SMS a second factor, and removing it.

use super::super::mails::SecurityChange;
use super::super::service::announce;
use super::super::store::{self as accounts, Account};
use super::rules::{SMS_TRIES, parse_phone};
use super::store::{self, Factors, SmsPurpose};
use super::{Factor, may_remove, settle, sms_codes};
use crate::error::{AppError, AppResult, Code, Conflict};
use crate::ids::{AccountId, SessionId};
use crate::server::http::respond::Cookie;
use crate::server::{RequestContext, audit};
use serde_json::json;
use sqlx::PgConnection;

/// Sends a code to a number that the viewer typed; gives the number as it was understood.
///
/// # Errors
/// [`AppError::StepUpRequired`]; [`Conflict::EmailNotVerified`]; [`AppError::Validation`] of `phone`; those of sending a code.
pub async fn send_code(cx: &RequestContext, typed: &str) -> AppResult<()> {
    let viewer = cx.verified_with_fresh_proof()?;
    let mut tx = cx.state.db.begin().await?;
    let calling_code = store::calling_code(&mut tx, &viewer.country).await?;
    let phone = parse_phone(typed, calling_code.as_deref()).map_err(|code| AppError::field("phone", code))?;
    accounts::lock_account(&mut tx, viewer.account_id).await?;
    let account = accounts::by_id(&mut tx, viewer.account_id).await?.ok_or(AppError::Unauthenticated)?;
    sms_codes::send(&mut tx, cx, &account, viewer.session_id, SmsPurpose::VerifyPhone, &phone).await?;
    tx.commit().await?;
    Ok(())
}

/// The number that waits for its code in this session.
pub async fn pending(cx: &RequestContext) -> AppResult<Option<String>> {
    let viewer = cx.viewer()?;
    let mut conn = cx.state.db.acquire().await?;
    let pending = store::pending_code(&mut conn, viewer.session_id, SmsPurpose::VerifyPhone, SMS_TRIES, cx.now()).await?;
    Ok(pending.map(|(phone, _)| phone))
}

/// Makes the number the account's with the code that was sent to it. The number before it, if there was one, is told.
///
/// # Errors
/// [`AppError::StepUpRequired`]; [`Conflict::EmailNotVerified`]; [`Code::CodeWrong`] of `code`.
pub async fn verify(cx: &RequestContext, typed: &str) -> AppResult<Cookie> {
    let viewer = cx.verified_with_fresh_proof()?;
    if typed.trim().is_empty() {
        return Err(AppError::field("code", Code::Required));
    }
    let phone = {
        // On its own: the try counts whatever comes of it.
        let mut conn = cx.state.db.acquire().await?;
        sms_codes::take(&mut conn, cx, viewer.session_id, SmsPurpose::VerifyPhone, typed).await?
    };
    let Some(phone) = phone else {
        audit::refused(cx, "account.phone_verified", &viewer.account_id.to_string(), json!({"reason": "code"})).await;
        return Err(AppError::field("code", Code::CodeWrong));
    };
    let mut tx = cx.state.db.begin().await?;
    accounts::lock_account(&mut tx, viewer.account_id).await?;
    let account = accounts::by_id(&mut tx, viewer.account_id).await?.ok_or(AppError::Unauthenticated)?;
    announce(&mut tx, cx, &account, SecurityChange::PhoneChanged).await?;
    store::set_phone(&mut tx, account.id, &phone, cx.now()).await?;
    audit::record(&mut tx, cx, "account.phone_verified", &account.id.to_string(), json!({})).await?;
    let cookie = settle(&mut tx, cx, viewer).await?;
    tx.commit().await?;
    Ok(cookie)
}

/// Takes the number off the account, and codes by SMS with it. Staff keep one factor at least.
///
/// # Errors
/// [`AppError::StepUpRequired`]; [`Conflict::LastFactor`]; [`Conflict::PasswordNeedsFactor`].
pub async fn remove(cx: &RequestContext) -> AppResult<Cookie> {
    change(cx, async |conn, account, factors| {
        if factors.phone.is_none() {
            return Ok(());
        }
        if factors.sms {
            may_remove(conn, cx, cx.viewer()?).await?;
        }
        // While the number is still there to be told.
        announce(conn, cx, account, SecurityChange::PhoneRemoved).await?;
        store::remove_phone(conn, account.id).await?;
        audit::record(conn, cx, "account.phone_removed", &account.id.to_string(), json!({})).await?;
        Ok(())
    })
    .await
}

/// Makes codes to the verified number a second factor.
///
/// # Errors
/// [`AppError::StepUpRequired`]; [`Conflict::EmailNotVerified`]; [`Conflict::SmsUnavailable`]; [`AppError::NotFound`] without a
/// verified number.
pub async fn use_as_factor(cx: &RequestContext) -> AppResult<Cookie> {
    cx.verified_with_fresh_proof()?;
    change(cx, async |conn, account, factors| {
        if factors.phone.is_none() {
            return Err(AppError::NotFound);
        }
        if !cx.state.sms.is_there() {
            return Err(Conflict::SmsUnavailable.into());
        }
        if !factors.sms {
            store::set_sms_factor(conn, account.id, Some(cx.now())).await?;
            announce(conn, cx, account, SecurityChange::FactorAdded(Factor::Sms)).await?;
            audit::record(conn, cx, "account.sms_factor_on", &account.id.to_string(), json!({})).await?;
        }
        Ok(())
    })
    .await
}

/// Codes by SMS are no factor any more; the number stays. Staff keep one factor at least.
///
/// # Errors
/// [`AppError::StepUpRequired`]; [`Conflict::LastFactor`]; [`Conflict::PasswordNeedsFactor`].
pub async fn stop_using(cx: &RequestContext) -> AppResult<Cookie> {
    change(cx, async |conn, account, factors| {
        if factors.sms {
            may_remove(conn, cx, cx.viewer()?).await?;
            store::set_sms_factor(conn, account.id, None).await?;
            announce(conn, cx, account, SecurityChange::FactorRemoved(Factor::Sms)).await?;
            audit::record(conn, cx, "account.sms_factor_off", &account.id.to_string(), json!({})).await?;
        }
        Ok(())
    })
    .await
}

/// One change of the viewer's own phone, freshly proved, while nobody else changes the account.
async fn change(cx: &RequestContext, work: impl AsyncFnOnce(&mut PgConnection, &Account, &Factors) -> AppResult<()>) -> AppResult<Cookie> {
    let viewer = cx.fresh_proof()?;
    let mut tx = cx.state.db.begin().await?;
    accounts::lock_account(&mut tx, viewer.account_id).await?;
    let account = accounts::by_id(&mut tx, viewer.account_id).await?.ok_or(AppError::Unauthenticated)?;
    let factors = store::factors(&mut tx, account.id).await?;
    work(&mut tx, &account, &factors).await?;
    let cookie = settle(&mut tx, cx, viewer).await?;
    tx.commit().await?;
    Ok(cookie)
}

/// Sends the code that somebody at `/login/code` asked for.
///
/// # Errors
/// [`AppError::Unauthenticated`]: nobody waits for a code; [`AppError::NotFound`]: codes by SMS are no factor of the account;
/// those of sending a code.
pub async fn send_login_code(cx: &RequestContext) -> AppResult<()> {
    let viewer = cx.viewer.as_ref().filter(|viewer| viewer.awaiting_factor).ok_or(AppError::Unauthenticated)?;
    send_to_factor(cx, viewer.account_id, viewer.session_id).await
}

/// Sends a code that signs in to an account, for a session that knows its password, to the number that is the account's factor.
///
/// # Errors
/// [`AppError::NotFound`]: codes by SMS are no factor of the account; those of sending a code.
pub async fn send_to_factor(cx: &RequestContext, account_id: AccountId, session_id: SessionId) -> AppResult<()> {
    let mut tx = cx.state.db.begin().await?;
    accounts::lock_account(&mut tx, account_id).await?;
    let account = accounts::by_id(&mut tx, account_id).await?.ok_or(AppError::Unauthenticated)?;
    let factors = store::factors(&mut tx, account.id).await?;
    let phone = factors.phone.filter(|_| factors.sms).ok_or(AppError::NotFound)?;
    sms_codes::send(&mut tx, cx, &account, session_id, SmsPurpose::Login, &phone).await?;
    tx.commit().await?;
    Ok(())
}

/// Whether this sign-in has a code on its way.
pub async fn login_code_sent(cx: &RequestContext) -> AppResult<bool> {
    let Some(viewer) = &cx.viewer else { return Ok(false) };
    let mut conn = cx.state.db.acquire().await?;
    Ok(store::pending_code(&mut conn, viewer.session_id, SmsPurpose::Login, SMS_TRIES, cx.now()).await?.is_some())
}

/// Whether a code is the one sent for this sign-in, to the number that is the factor now.
pub async fn accept(
    conn: &mut PgConnection,
    cx: &RequestContext,
    account: &Account,
    session_id: SessionId,
    typed: &str,
) -> AppResult<bool> {
    let factors = store::factors(conn, account.id).await?;
    let sent_to = sms_codes::take(conn, cx, session_id, SmsPurpose::Login, typed).await?;
    Ok(factors.sms && sent_to.is_some() && sent_to == factors.phone)
}
