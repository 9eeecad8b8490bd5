//! Signing in: password, then the second factor where there is one; and proving again who one is.

use super::super::identity::EmailAddress;
use super::super::model::Secret;
use super::super::rules::{address_waits_until, browser_name, locked_until};
use super::super::store::{self, Account};
use super::super::{mails, password, totp};
use super::{enqueue, levelled};
use crate::error::{AppError, AppResult, Code, Conflict, FieldError};
use crate::server::http::respond::Cookie;
use crate::server::http::sessions;
use crate::server::i18n;
use crate::server::{RequestContext, audit};
use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::PgConnection;

/// Where a login leads next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The second factor is owed.
    Code,
    /// Staff without a second factor enrol one.
    Enrol,
    Staff,
    Candidate,
}

impl Next {
    /// The page to show when the person wanted none in particular.
    pub fn page(self) -> &'static str {
        match self {
            Next::Code => "/login/code",
            Next::Enrol => "/account/security/totp",
            Next::Staff => "/staff",
            Next::Candidate => "/dashboard",
        }
    }

    fn of(account: &Account) -> Self {
        match (account.is_staff, account.totp_secret.is_some()) {
            (true, false) => Next::Enrol,
            (true, true) if account.candidate_id.is_none() => Next::Staff,
            _ => Next::Candidate,
        }
    }
}

/// The key under which wrong passwords for an address are counted. An HMAC, so that the table tells nobody's address and
/// unknown ones are counted alike. One class for all devices until device cookies come.
pub(super) fn password_key(cx: &RequestContext, address: &str) -> String {
    let mac = cx.state.key.mac("login failures", address.to_lowercase().as_bytes());
    let short: String = mac.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("password:{short}:any-device")
}

fn address_key(cx: &RequestContext) -> String {
    format!("address:{}", cx.address)
}

fn factor_key(account_id: uuid::Uuid) -> String {
    format!("factor:{account_id}")
}

fn seconds_until(until: DateTime<Utc>, now: DateTime<Utc>) -> u32 {
    u32::try_from((until - now).num_seconds() + 1).unwrap_or(1)
}

/// Counts an attempt before its outcome is known, so that many at once cannot try more than the limit.
///
/// # Errors
/// [`AppError::RateLimited`]: the key or the network address is locked.
async fn count_attempt(cx: &RequestContext, key: &str) -> AppResult<()> {
    let now = cx.now();
    let mut tx = cx.state.db.begin().await?;
    // Always in this order, or two logins could wait for each other.
    let from_address = store::failures(&mut tx, &address_key(cx), now).await?;
    let until = address_waits_until(&from_address, now).into_iter();
    let until = until.chain(locked_until(&store::failures(&mut tx, key, now).await?)).filter(|until| *until > now).max();
    if let Some(until) = until {
        return Err(AppError::RateLimited(seconds_until(until, now)));
    }
    store::add_failure(&mut tx, key, now).await?;
    store::add_failure(&mut tx, &address_key(cx), now).await?;
    tx.commit().await?;
    Ok(())
}

/// The attempt succeeded: it was no failure, and those before it are forgiven.
async fn forgive(conn: &mut PgConnection, cx: &RequestContext, key: &str) -> Result<(), sqlx::Error> {
    store::clear_failures(conn, key).await?;
    store::take_back_failure(conn, &address_key(cx), cx.now()).await
}

/// Checks address and password. A right one gives a session's cookie and where to go; a session that the browser had ends.
///
/// # Errors
/// [`Conflict::LoginRefused`] for a wrong password and for an unknown address alike; [`AppError::RateLimited`] after too
/// many of them, before anything is hashed.
pub async fn log_in(cx: &RequestContext, typed: &str, password: &Secret) -> AppResult<(Cookie, Next)> {
    let mut errors = vec![];
    if typed.trim().is_empty() {
        errors.push(FieldError::new("email", Code::Required));
    }
    if password.0.is_empty() {
        errors.push(FieldError::new("password", Code::Required));
    }
    if !errors.is_empty() {
        return Err(AppError::Validation(errors));
    }
    // What is no address has no account; it is treated as one that is unknown.
    let email = EmailAddress::parse(typed).map(|email| email.to_string()).unwrap_or_else(|_| typed.trim().to_owned());
    let key = password_key(cx, &email);
    count_attempt(cx, &key).await?;
    let account = {
        let mut conn = cx.state.db.acquire().await?;
        store::by_address(&mut conn, &email).await?
    };
    let hash = account.as_ref().and_then(|account| account.password_hash.as_deref());
    let right = password::verify(&cx.state, password, hash).await?;
    let Some(account) = account.filter(|_| right) else {
        tracing::info!(client.address = %cx.address, "a login was refused");
        return Err(Conflict::LoginRefused.into());
    };
    let mut tx = cx.state.db.begin().await?;
    forgive(&mut tx, cx, &key).await?;
    if let Some(old) = &cx.viewer {
        sessions::end(&mut tx, cx.now(), old.session_id).await?;
    }
    let owes_factor = account.totp_secret.is_some();
    if !owes_factor {
        tell_of_new_browser(&mut tx, cx, &account).await?;
    }
    let cookie = sessions::start(&mut tx, cx.now(), account.id, owes_factor, cx.address, &cx.user_agent).await?;
    let action = if owes_factor { "account.password_accepted" } else { "account.login" };
    audit::record(&mut tx, cx, action, &account.id.to_string(), json!({})).await?;
    tx.commit().await?;
    Ok((cookie, if owes_factor { Next::Code } else { Next::of(&account) }))
}

/// A mail when an account that has been used before is used from a browser that has not (security.md line 15).
async fn tell_of_new_browser(conn: &mut PgConnection, cx: &RequestContext, account: &Account) -> Result<(), sqlx::Error> {
    let (any, same) = store::known_browser(conn, account.id, &cx.user_agent).await?;
    if any && !same {
        let locale = i18n::from_tag(&account.language).unwrap_or(cx.locale);
        let browser = browser_name(&cx.user_agent, locale);
        enqueue(conn, cx, mails::new_sign_in(&cx.state, account.into(), browser, cx.now(), &cx.address.to_string())).await?;
    }
    Ok(())
}

/// Checks the code of the second factor and completes the login with a new cookie.
///
/// # Errors
/// [`Code::CodeWrong`] for a wrong code and for one that was used; [`AppError::Unauthenticated`] when the password has to be
/// given again: nobody waits for a code, or five were wrong.
pub async fn enter_code(cx: &RequestContext, typed: &str) -> AppResult<(Cookie, Next)> {
    let viewer = cx.viewer.as_ref().filter(|viewer| viewer.awaiting_factor).ok_or(AppError::Unauthenticated)?;
    if typed.trim().is_empty() {
        return Err(AppError::field("code", Code::Required));
    }
    let key = factor_key(viewer.account_id);
    match count_attempt(cx, &key).await {
        Err(AppError::RateLimited(_)) => {
            let mut conn = cx.state.db.acquire().await?;
            sessions::end(&mut conn, cx.now(), viewer.session_id).await?;
            return Err(AppError::Unauthenticated);
        }
        other => other?,
    }
    let mut tx = cx.state.db.begin().await?;
    let account = store::by_id(&mut tx, viewer.account_id).await?.ok_or(AppError::Unauthenticated)?;
    let secret = account.totp_secret.as_deref().ok_or(AppError::Unauthenticated)?;
    let step = totp::matching_step(secret, typed, cx.state.clock.device_now());
    let accepted = match step {
        Some(step) => store::use_step(&mut tx, account.id, step).await?,
        None => false,
    };
    if !accepted {
        tx.rollback().await?;
        return wrong_code(cx, &key, viewer.session_id).await;
    }
    forgive(&mut tx, cx, &key).await?;
    tell_of_new_browser(&mut tx, cx, &account).await?;
    let cookie = sessions::rotate(&mut tx, cx.now(), viewer.session_id).await?.ok_or(AppError::Unauthenticated)?;
    audit::record(&mut tx, cx, "account.login", &account.id.to_string(), json!({"factor": "totp"})).await?;
    tx.commit().await?;
    Ok((cookie, Next::of(&account)))
}

/// The fifth wrong code takes the password step back (security.md line 18).
async fn wrong_code<T>(cx: &RequestContext, key: &str, session_id: uuid::Uuid) -> AppResult<T> {
    let now = cx.now();
    let mut tx = cx.state.db.begin().await?;
    let locked = locked_until(&store::failures(&mut tx, key, now).await?).is_some_and(|until| until > now);
    if locked {
        sessions::end(&mut tx, now, session_id).await?;
    }
    tx.commit().await?;
    tracing::info!(client.address = %cx.address, "a second factor was refused");
    if locked { Err(AppError::Unauthenticated) } else { Err(AppError::field("code", Code::CodeWrong)) }
}

/// Ends the browser's session. Nobody signed in: nothing to do.
pub async fn log_out(cx: &RequestContext) -> AppResult<()> {
    if let Some(viewer) = &cx.viewer {
        let mut tx = cx.state.db.begin().await?;
        sessions::end(&mut tx, cx.now(), viewer.session_id).await?;
        audit::record(&mut tx, cx, "account.logout", &viewer.account_id.to_string(), json!({})).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// The viewer's password again: opens what asks for a fresh proof for ten minutes, under a new cookie.
///
/// # Errors
/// [`Code::Invalid`] of the field for a wrong password; [`AppError::RateLimited`] after too many.
pub async fn confirm_identity(cx: &RequestContext, typed: &Secret) -> AppResult<Cookie> {
    let viewer = cx.viewer()?;
    check_password(cx, "password", typed).await?;
    let mut conn = cx.state.db.acquire().await?;
    sessions::rotate(&mut conn, cx.now(), viewer.session_id).await?.ok_or(AppError::Unauthenticated)
}

/// The viewer's own password, counted like a login's.
pub(super) async fn check_password(cx: &RequestContext, field: &str, typed: &Secret) -> AppResult<Account> {
    let viewer = cx.viewer()?;
    if typed.0.is_empty() {
        return Err(AppError::field(field, Code::Required));
    }
    let account = {
        let mut conn = cx.state.db.acquire().await?;
        store::by_id(&mut conn, viewer.account_id).await?.ok_or(AppError::Unauthenticated)?
    };
    let key = password_key(cx, &account.address);
    count_attempt(cx, &key).await?;
    let right = levelled(password::verify(&cx.state, typed, account.password_hash.as_deref())).await?;
    if !right {
        return Err(AppError::field(field, Code::PasswordWrong));
    }
    let mut tx = cx.state.db.begin().await?;
    forgive(&mut tx, cx, &key).await?;
    tx.commit().await?;
    Ok(account)
}
