//! A forgotten password. A link by mail lets choose a new one; the second factor stays.

use super::super::factors;
use super::super::identity::EmailAddress;
use super::super::mails::{self, Addressee, SecurityChange};
use super::super::model::Secret;
use super::super::password::{self, NewPassword};
use super::super::rules::{RESET_LINK, resend_wait};
use super::super::store::{self, Account, Purpose};
use super::throttle::MAILED_LINKS;
use super::{announce, enqueue, levelled, links, password_rules};
use crate::error::{AppError, AppResult};
use crate::server::http::sessions;
use crate::server::limits::{address_key, refused_for};
use crate::server::{RequestContext, audit, ids};
use chrono::TimeDelta;
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

/// Mails a reset link to an address that has an account. The answer is the same for all.
///
/// # Errors
/// [`AppError::Validation`] for what is no address.
pub async fn request_reset(cx: &RequestContext, typed: &str) -> AppResult<()> {
    let email = EmailAddress::parse(typed).map_err(|code| AppError::field("email", code))?;
    MAILED_LINKS.spend(&cx.state.db, cx.now(), &address_key(cx.address)).await?;
    levelled(async {
        let now = cx.now();
        let mut tx = cx.state.db.begin().await?;
        if let Some(account) = store::by_address(&mut tx, email.as_str()).await? {
            store::lock_account(&mut tx, account.id).await?;
            let sent = store::links_sent(&mut tx, account.id, Purpose::ResetPassword, now - TimeDelta::hours(1)).await?;
            if resend_wait(&sent, now).is_none() {
                mail_reset(&mut tx, cx, &account).await?;
                audit::record(&mut tx, cx, "account.reset_requested", &account.id.to_string(), json!({})).await?;
            }
        }
        tx.commit().await?;
        Ok(())
    })
    .await
}

async fn mail_reset(conn: &mut PgConnection, cx: &RequestContext, account: &Account) -> Result<(), sqlx::Error> {
    let (token, hash, expires_at) = links::make(conn, Purpose::ResetPassword, account.id, account.email_id, cx.now(), RESET_LINK).await?;
    enqueue(conn, cx, mails::reset_password(&cx.state, Addressee::at(account, &account.reached_by), &token, &hash, expires_at)).await
}

/// Mails a reset link to the primary address of an account, because staff were asked to. As often as the owner could ask for one.
///
/// # Errors
/// [`AppError::NotFound`]: no such account, or it is disabled; [`AppError::RateLimited`].
pub async fn send_reset(conn: &mut PgConnection, cx: &RequestContext, account_id: Uuid) -> AppResult<()> {
    store::lock_account(conn, account_id).await?;
    let account = store::by_id(conn, account_id).await?.ok_or(AppError::NotFound)?;
    let sent = store::links_sent(conn, account.id, Purpose::ResetPassword, cx.now() - TimeDelta::hours(1)).await?;
    if let Some(wait) = resend_wait(&sent, cx.now()) {
        return Err(refused_for(wait));
    }
    Ok(mail_reset(conn, cx, &account).await?)
}

/// The names and addresses that must not be part of an account's password.
pub(super) fn personal<'a>(account: &'a Account, programme: &'a str) -> [&'a str; 5] {
    let local = account.address.split('@').next().unwrap_or_default();
    [&account.given_name, &account.family_name, local, &account.address, programme]
}

/// Sets a new password by a mailed link: all sessions end, other reset links are dead, wrong passwords are forgotten. The
/// address the link was sent to is thereby verified.
///
/// # Errors
/// A [`crate::error::Conflict`] of links; [`AppError::Validation`] for a password that breaks the rules (the link stays good).
pub async fn reset_password(cx: &RequestContext, token: &str, typed: &Secret) -> AppResult<()> {
    let (now, hash) = (cx.now(), ids::token_hash(token));
    let account = {
        let link = links::brought(cx, Purpose::ResetPassword, &hash).await?;
        let mut conn = cx.state.db.acquire().await?;
        store::by_id(&mut conn, link.account_id).await?.ok_or(AppError::NotFound)?
    };
    let programme = cx.programme();
    let rules = password_rules(cx, account.has_factor);
    let new = NewPassword::parse("password", typed, &personal(&account, &programme.short_name), rules).map_err(AppError::Validation)?;
    let new_hash = password::hash(&cx.state, new).await?;
    let mut tx = cx.state.db.begin().await?;
    let link = links::take(&mut tx, Purpose::ResetPassword, &hash, now).await?;
    store::set_password(&mut tx, account.id, &new_hash, now).await?;
    store::void_links(&mut tx, account.id, Purpose::ResetPassword, now).await?;
    if let Some(email_id) = link.email_id {
        store::verify_address(&mut tx, email_id, now).await?;
    }
    super::throttle::forget_wrong_passwords(&mut tx, cx, account.id).await?;
    sessions::end_others(&mut tx, now, account.id, None).await?;
    factors::forget_trusted(&mut tx, account.id).await?;
    announce(&mut tx, cx, &account, SecurityChange::Password).await?;
    audit::record(&mut tx, cx, "account.password_reset", &account.id.to_string(), json!({})).await?;
    tx.commit().await?;
    Ok(())
}
