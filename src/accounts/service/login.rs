//! Signing in: password, then the second factor where there is one; and proving again who one is.

use super::super::factors::{self, FactorMethod, authenticator, trusted};
use super::super::identity::EmailAddress;
use super::super::model::Secret;
use super::super::rules::browser_name;
use super::super::store::{self, Account};
use super::super::{devices, factor_recovery, mails, password};
use super::throttle::Counter;
use super::{LEVEL, enqueue, levelled};
use crate::error::{AppError, AppResult, Code, Conflict, FieldError};
use crate::server::database::DbError;
use crate::server::http::acting::{self, End};
use crate::server::http::respond::Cookie;
use crate::server::http::sessions;
use crate::server::{RequestContext, Viewer, audit, i18n};
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
        match (account.is_staff, account.has_factor) {
            (true, false) => Next::Enrol,
            (true, true) if account.candidate_id.is_none() => Next::Staff,
            _ => Next::Candidate,
        }
    }
}

/// A login that has come to its next step: cookies to set, and where to go.
#[derive(Debug, Clone)]
pub struct SignedIn {
    pub cookies: Vec<Cookie>,
    pub next: Next,
}

/// How somebody proved who they are, for the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    Password,
    Totp,
    /// Both factors in one: the device has checked its owner.
    Passkey,
    Sms,
    BackupCode,
    /// The password in a browser that needs no second factor.
    TrustedDevice,
}

impl Proof {
    pub fn as_str(self) -> &'static str {
        match self {
            Proof::Password => "password",
            Proof::Totp => "totp",
            Proof::Passkey => "passkey",
            Proof::Sms => "sms",
            Proof::BackupCode => "backup_code",
            Proof::TrustedDevice => "trusted_device",
        }
    }

    /// Something was shown that only who has the factors has.
    fn is_factor(self) -> bool {
        !matches!(self, Proof::Password | Proof::TrustedDevice)
    }
}

/// Checks address and password. A right one gives a session's cookie and where to go; a session that the browser had ends.
///
/// # Errors
/// [`Conflict::LoginRefused`] for a wrong password and for an unknown address alike; [`AppError::RateLimited`] and
/// [`Conflict::LoginLocked`] after too many of them, before anything is hashed.
pub async fn log_in(cx: &RequestContext, typed: &str, password: &Secret) -> AppResult<SignedIn> {
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
    // A refusal comes after the same time, whatever there was to look up, to hash and to write (security.md line 12).
    let floor = tokio::time::sleep(LEVEL);
    // What is no address has no account; it is treated as one that is unknown.
    let email = EmailAddress::parse(typed).map(|email| email.to_string()).unwrap_or_else(|_| typed.trim().to_owned());
    let account = {
        let mut conn = cx.state.db.acquire().await?;
        store::by_address(&mut conn, &email).await?
    };
    // Before it is counted: who is sent away for want of a place has tried nothing.
    let place = cx.state.hashing.place()?;
    let counter = Counter::of_password(cx, account.as_ref().map(|account| account.id), &email);
    let subject = account.as_ref().map_or_else(|| "unknown".to_owned(), |account| account.id.to_string());
    if let Err(error) = counter.count(cx).await {
        audit::refused(cx, "account.login", &subject, json!({"reason": "locked"})).await;
        floor.await;
        return Err(error);
    }
    let hash = account.as_ref().and_then(|account| account.password_hash.as_deref());
    let right = password::verify(place, password, hash).await?;
    let Some(account) = account.filter(|_| right) else {
        audit::refused(cx, "account.login", &subject, json!({"reason": "password"})).await;
        floor.await;
        return Err(Conflict::LoginRefused.into());
    };
    let mut tx = cx.state.db.begin().await?;
    // The check took its time: a password, a factor or an account that has changed meanwhile ends the sessions there are, and this one
    // must not begin after that.
    store::lock_account(&mut tx, account.id).await?;
    let now = store::by_id(&mut tx, account.id).await?.filter(|now| now.password_hash == account.password_hash);
    let Some(account) = now else {
        tx.rollback().await?;
        audit::refused(cx, "account.login", &subject, json!({"reason": "password"})).await;
        floor.await;
        return Err(Conflict::LoginRefused.into());
    };
    counter.forgive(&mut tx).await?;
    note_length(&mut tx, &account, password).await?;
    let signed_in = if account.has_factor && trusted::is_trusted(&mut tx, cx, &account).await? {
        complete(&mut tx, cx, &account, Proof::TrustedDevice).await?
    } else if account.has_factor {
        end_old_session(&mut tx, cx).await?;
        let cookie = sessions::start(&mut tx, cx.now(), account.id, true, cx.address, &cx.user_agent).await?;
        audit::record_as(&mut tx, cx, account.id, "account.password_accepted", &account.id.to_string(), json!({})).await?;
        SignedIn { cookies: vec![cookie], next: Next::Code }
    } else {
        complete(&mut tx, cx, &account, Proof::Password).await?
    };
    tx.commit().await?;
    counter.give_back(cx).await?;
    Ok(signed_in)
}

/// A session that the browser had ends when it signs in again.
async fn end_old_session(conn: &mut PgConnection, cx: &RequestContext) -> Result<(), sqlx::Error> {
    match &cx.viewer {
        Some(old) => sessions::end(conn, cx.now(), old.session_id).await,
        None => Ok(()),
    }
}

/// Completes a login: the session that waited for the factor gets a new cookie, or a new session begins; the browser is
/// remembered, and its owner is told of one that was not known (security.md line 15).
pub(in crate::accounts) async fn complete(
    conn: &mut PgConnection,
    cx: &RequestContext,
    account: &Account,
    by: Proof,
) -> Result<SignedIn, DbError> {
    let now = cx.now();
    if store::signed_in_before(conn, account.id).await? && devices::known(cx, account.id).is_none() {
        let locale = i18n::from_tag(&account.language).unwrap_or(cx.locale);
        let browser = browser_name(&cx.user_agent, locale);
        enqueue(conn, cx, mails::new_sign_in(&cx.state, account.into(), browser, now, &cx.address.to_string())).await?;
    }
    let waiting = cx.viewer.as_ref().filter(|viewer| viewer.awaiting_factor && viewer.account_id == account.id);
    let session = match waiting {
        Some(viewer) => sessions::rotate(conn, now, viewer.session_id).await?.ok_or(AppError::Unauthenticated)?,
        None => {
            end_old_session(conn, cx).await?;
            sessions::start(conn, now, account.id, false, cx.address, &cx.user_agent).await?
        }
    };
    if by.is_factor() {
        factor_recovery::stopped_by(conn, cx, account, "sign_in").await?;
    }
    audit::record_as(conn, cx, account.id, "account.login", &account.id.to_string(), json!({"by": by.as_str()})).await?;
    Ok(SignedIn { cookies: vec![session, devices::remember(cx, account.id)], next: Next::of(account) })
}

/// Checks the code of the second factor and completes the login with a new cookie. `method`: what kind of code it is; `None`: of
/// the account's best one. `trust`: this browser shall need none for 30 days.
///
/// # Errors
/// [`Code::CodeWrong`] for a wrong code and for one that was used; [`AppError::Unauthenticated`] when the password has to be
/// given again: nobody waits for a code, or five were wrong, of whatever kinds.
pub async fn enter_code(cx: &RequestContext, method: Option<FactorMethod>, typed: &str, trust: bool) -> AppResult<SignedIn> {
    let viewer = cx.viewer.as_ref().filter(|viewer| viewer.awaiting_factor).ok_or(AppError::Unauthenticated)?;
    if typed.trim().is_empty() {
        return Err(AppError::field("code", Code::Required));
    }
    let counter = Counter::of_factor(cx, viewer.account_id);
    match counter.count(cx).await {
        Err(AppError::RateLimited(_)) => {
            audit::refused(cx, "account.login", &viewer.account_id.to_string(), json!({"reason": "code_locked"})).await;
            let mut conn = cx.state.db.acquire().await?;
            sessions::end(&mut conn, cx.now(), viewer.session_id).await?;
            return Err(AppError::Unauthenticated);
        }
        other => other?,
    }
    let mut tx = cx.state.db.begin().await?;
    let account = store::by_id(&mut tx, viewer.account_id).await?.ok_or(AppError::Unauthenticated)?;
    let method = factors::factors(&mut tx, account.id).await?.method(method, &cx.state.sms);
    let proof = match method {
        Some(method) => factors::accept(&mut tx, cx, &account, viewer.session_id, method, typed).await?,
        None => None,
    };
    let Some(proof) = proof else {
        tx.rollback().await?;
        return wrong_code(cx, &counter, viewer).await;
    };
    counter.forgive(&mut tx).await?;
    let mut signed_in = complete(&mut tx, cx, &account, proof).await?;
    if trust && account.verified && !account.is_staff {
        signed_in.cookies.push(trusted::trust(&mut tx, cx, &account).await?);
    }
    tx.commit().await?;
    counter.give_back(cx).await?;
    Ok(signed_in)
}

/// The fifth wrong code takes the password step back (security.md line 18).
async fn wrong_code<T>(cx: &RequestContext, counter: &Counter, viewer: &Viewer) -> AppResult<T> {
    let mut tx = cx.state.db.begin().await?;
    let locked = counter.is_locked(&mut tx, cx.now()).await?;
    if locked {
        sessions::end(&mut tx, cx.now(), viewer.session_id).await?;
    }
    tx.commit().await?;
    audit::refused(cx, "account.login", &viewer.account_id.to_string(), json!({"reason": "code"})).await;
    if locked { Err(AppError::Unauthenticated) } else { Err(AppError::field("code", Code::CodeWrong)) }
}

/// Ends the browser's session, and with it an acting for a candidate. Nobody signed in: nothing to do.
pub async fn log_out(cx: &RequestContext) -> AppResult<()> {
    if let Some(actor) = cx.actor() {
        let mut tx = cx.state.db.begin().await?;
        if let Some(acting) = &cx.acting
            && let Some((account_id, _)) = acting::end(&mut tx, cx.now(), acting.id, End::SignedOut).await?
        {
            let detail = json!({ "acting": acting.id, "by": End::SignedOut.as_str() });
            audit::record(&mut tx, cx, "staff.acting_ended", &account_id.to_string(), detail).await?;
        }
        sessions::end(&mut tx, cx.now(), actor.session_id).await?;
        audit::record_as(&mut tx, cx, actor.account_id, "account.logout", &actor.account_id.to_string(), json!({})).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// The viewer's password again, or a code of their authenticator app: opens what asks for a fresh proof for ten minutes, under a
/// new cookie. What was typed in `code` counts first.
///
/// # Errors
/// [`Code::PasswordWrong`] or [`Code::CodeWrong`] of the field; [`AppError::RateLimited`] after too many.
pub async fn confirm_identity(cx: &RequestContext, password: &Secret, code: &str) -> AppResult<Cookie> {
    let viewer = cx.viewer()?;
    let by = if code.trim().is_empty() {
        check_password(cx, "password", password).await?;
        Proof::Password
    } else {
        check_code(cx, code).await?;
        Proof::Totp
    };
    let mut tx = cx.state.db.begin().await?;
    let cookie = sessions::rotate(&mut tx, cx.now(), viewer.session_id).await?.ok_or(AppError::Unauthenticated)?;
    audit::record(&mut tx, cx, "account.confirmed", &viewer.account_id.to_string(), json!({"by": by.as_str()})).await?;
    tx.commit().await?;
    Ok(cookie)
}

/// A code of the viewer's own authenticator app, counted like a login's.
async fn check_code(cx: &RequestContext, typed: &str) -> AppResult<()> {
    let viewer = cx.viewer()?;
    let counter = Counter::of_factor(cx, viewer.account_id);
    counted(cx, &counter).await?;
    let mut tx = cx.state.db.begin().await?;
    let account = store::by_id(&mut tx, viewer.account_id).await?.ok_or(AppError::Unauthenticated)?;
    if !authenticator::accept(&mut tx, cx, &account, typed).await? {
        tx.rollback().await?;
        audit::refused(cx, "account.confirm", &account.id.to_string(), json!({"reason": "code"})).await;
        return Err(AppError::field("code", Code::CodeWrong));
    }
    counter.forgive(&mut tx).await?;
    tx.commit().await?;
    counter.give_back(cx).await?;
    Ok(())
}

/// Counts a proof that is about to be looked at; one that comes after too many wrong ones is in the audit log as well.
async fn counted(cx: &RequestContext, counter: &Counter) -> AppResult<()> {
    let counted = counter.count(cx).await;
    if counted.is_err() {
        audit::refused(cx, "account.confirm", &cx.viewer()?.account_id.to_string(), json!({"reason": "locked"})).await;
    }
    counted
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
    let place = cx.state.hashing.place()?;
    let counter = Counter::of_confirmation(account.id);
    counted(cx, &counter).await?;
    let right = levelled(password::verify(place, typed, account.password_hash.as_deref())).await?;
    if !right {
        audit::refused(cx, "account.confirm", &account.id.to_string(), json!({"reason": "password"})).await;
        return Err(AppError::field(field, Code::PasswordWrong));
    }
    let mut tx = cx.state.db.begin().await?;
    counter.forgive(&mut tx).await?;
    note_length(&mut tx, &account, typed).await?;
    tx.commit().await?;
    counter.give_back(cx).await?;
    Ok(account)
}

/// A hash does not tell whether its password is long enough to stand alone: that is noted of one chosen before it was asked for, while it
/// is here to be counted.
async fn note_length(conn: &mut PgConnection, account: &Account, typed: &Secret) -> Result<(), sqlx::Error> {
    match &account.password_hash {
        Some(hash) => store::note_password(conn, account.id, hash, password::stands_alone(typed)).await,
        None => Ok(()),
    }
}
