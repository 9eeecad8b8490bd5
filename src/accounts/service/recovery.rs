//! A forgotten password. A link by mail lets choose a new one; the second factor stays.

use super::super::addressee::Addressee;
use super::super::identity::EmailAddress;
use super::super::mails::{self, SecurityChange};
use super::super::model::Secret;
use super::super::password::{self, NewPassword};
use super::super::rules::{RESET_LINK, resend_wait};
use super::super::store::{self, Account, Purpose};
use super::super::{addresses, factor_recovery, factors};
use super::throttle::MAILED_LINKS;
use super::{announce, enqueue, levelled, links, password_rules, unproved};
use crate::error::{AppError, AppResult};
use crate::ids::AccountId;
use crate::server::database::DbError;
use crate::server::http::sessions;
use crate::server::limits::{address_key, refused_for};
use crate::server::{RequestContext, audit, random};
use chrono::TimeDelta;
use serde_json::json;
use sqlx::PgConnection;

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
pub async fn send_reset(conn: &mut PgConnection, cx: &RequestContext, account_id: AccountId) -> AppResult<()> {
    store::lock_account(conn, account_id).await?;
    let account = store::by_id(conn, account_id).await?.ok_or(AppError::NotFound)?;
    let sent = store::links_sent(conn, account.id, Purpose::ResetPassword, cx.now() - TimeDelta::hours(1)).await?;
    if let Some(wait) = resend_wait(&sent, cx.now()) {
        return Err(refused_for(wait));
    }
    Ok(mail_reset(conn, cx, &account).await?)
}

/// The names and addresses that must not be part of an account's password: every address that signs in with it, and the programme.
pub(super) async fn personal(conn: &mut PgConnection, cx: &RequestContext, account: &Account) -> Result<Vec<String>, sqlx::Error> {
    let mut words = vec![account.given_name.clone(), account.family_name.clone(), cx.programme().short_name.clone()];
    let verified = store::verified_addresses(conn, account.id).await?;
    for address in verified.into_iter().chain([account.address.clone()]) {
        words.push(address.split('@').next().unwrap_or_default().to_owned());
        words.push(address);
    }
    Ok(words)
}

/// What follows every new password: what a thief of the old one may have begun is over. Addresses that wait for their verification are
/// dropped, links that choose a password are void, a request to remove the factors is stopped, and no browser is trusted any more.
pub(super) async fn void_what_waits(conn: &mut PgConnection, cx: &RequestContext, account: &Account) -> Result<(), DbError> {
    store::void_links(conn, account.id, Purpose::ResetPassword, cx.now()).await?;
    addresses::store::drop_waiting(conn, account.id).await?;
    factor_recovery::stopped_by(conn, cx, account, "new_password").await?;
    factors::forget_trusted(conn, account.id).await?;
    Ok(())
}

/// Sets a new password by a mailed link: all sessions end, what waits is void, wrong passwords are forgotten. The address the link was
/// sent to is thereby verified; if it is the first one that is, nothing stays of what was set up before.
///
/// # Errors
/// A [`crate::error::Conflict`] of links; [`AppError::Validation`] for a password that breaks the rules (the link stays good).
pub async fn reset_password(cx: &RequestContext, token: &str, typed: &Secret) -> AppResult<()> {
    let (now, hash) = (cx.now(), random::token_hash(token));
    let (account, personal, unproved) = {
        let link = links::brought(cx, Purpose::ResetPassword, &hash).await?;
        let mut conn = cx.state.db.acquire().await?;
        let account = store::by_id(&mut conn, link.account_id).await?.ok_or(AppError::NotFound)?;
        let personal = personal(&mut conn, cx, &account).await?;
        let unproved = store::is_unproved(&mut conn, account.id).await?;
        (account, personal, unproved)
    };
    let rules = password_rules(cx, account.has_factor && !unproved);
    let new = NewPassword::parse("password", typed, &personal, rules).map_err(AppError::Validation)?;
    let stands_alone = new.stands_alone();
    let new_hash = password::hash(&cx.state, new).await?;
    let mut tx = cx.state.db.begin().await?;
    store::lock_account(&mut tx, account.id).await?;
    let link = links::take(&mut tx, Purpose::ResetPassword, &hash, now).await?;
    if store::is_unproved(&mut tx, account.id).await? {
        unproved::take_back(&mut tx, account.id, now).await?;
    }
    store::set_password(&mut tx, account.id, &new_hash, stands_alone, now).await?;
    void_what_waits(&mut tx, cx, &account).await?;
    if let Some(email_id) = link.email_id {
        store::verify_address(&mut tx, email_id, now).await?;
    }
    super::throttle::forget_wrong_passwords(&mut tx, cx, account.id).await?;
    sessions::end_others(&mut tx, now, account.id, None).await?;
    announce(&mut tx, cx, &account, SecurityChange::Password).await?;
    audit::record(&mut tx, cx, "account.password_reset", &account.id.to_string(), json!({})).await?;
    tx.commit().await?;
    Ok(())
}
