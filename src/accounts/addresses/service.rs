//! Adding, verifying, choosing and removing addresses. Nothing here tells an account whether an address is another one's.

use super::mails;
use super::rules::{LIMIT, masked, waits};
use super::store::{self, Address};
use crate::accounts::addressee::Addressee;
use crate::accounts::identity::EmailAddress;
use crate::accounts::mails::SecurityChange;
use crate::accounts::rules::resend_wait;
use crate::accounts::service::{announce, enqueue, levelled, links};
use crate::accounts::store::{self as accounts, Account, Purpose};
use crate::error::{AppError, AppResult, Code, Conflict};
use crate::ids::{AccountId, EmailId};
use crate::server::database::{DbError, OnConstraint, expect_one, retrying};
use crate::server::limits::Limit;
use crate::server::programme::policies;
use crate::server::{RequestContext, audit, random};
use chrono::TimeDelta;
use serde_json::json;
use sqlx::PgConnection;

/// Addresses added by one account.
const ADDED: Limit = Limit::new("emails.added", 10, TimeDelta::minutes(6));
/// Mails to one address, whoever has asked for them: nobody's mailbox is filled through this portal.
const TO_ADDRESS: Limit = Limit::new("emails.to", 6, TimeDelta::minutes(10));

/// The viewer's addresses, the main one first.
pub async fn list(cx: &RequestContext) -> AppResult<Vec<Address>> {
    let viewer = cx.viewer()?;
    let mut conn = cx.state.db.acquire().await?;
    Ok(store::of_account(&mut conn, viewer.account_id, cx.now()).await?)
}

/// One of the viewer's addresses.
///
/// # Errors
/// [`AppError::NotFound`]: unknown, or somebody else's.
pub async fn own(cx: &RequestContext, id: &str) -> AppResult<Address> {
    let mut conn = cx.state.db.acquire().await?;
    own_in(&mut conn, cx, id).await
}

async fn own_in(conn: &mut PgConnection, cx: &RequestContext, id: &str) -> AppResult<Address> {
    let viewer = cx.viewer()?;
    let id: EmailId = id.parse().map_err(|_| AppError::NotFound)?;
    let found = store::by_id(conn, id).await?.filter(|found| found.account_id == viewer.account_id);
    let still_there = |found: &Address| found.is_primary || found.verified_at.is_some() || waits(found.created_at, cx.now());
    found.filter(still_there).ok_or(AppError::NotFound)
}

/// Whether another mail may go to an address now.
pub(in crate::accounts) async fn may_mail(conn: &mut PgConnection, cx: &RequestContext, address: &str) -> AppResult<bool> {
    let key: String =
        cx.state.key.mac("mails to an address", address.to_lowercase().as_bytes()).iter().take(16).map(|b| format!("{b:02x}")).collect();
    match TO_ADDRESS.spend(conn, cx.now(), &key).await {
        Ok(()) => Ok(true),
        Err(AppError::RateLimited(_)) => Ok(false),
        Err(other) => Err(other),
    }
}

/// Adds an address that waits for its verification; `becomes_primary`: it is the main one from then on, and until then the
/// old one stays. The answer is the same for an address of another account, whose owner is told by mail (security.md line 13).
///
/// # Errors
/// [`AppError::StepUpRequired`]; [`Conflict::EmailNotVerified`]: the main address comes first; [`AppError::Validation`] at `email`;
/// [`Conflict::TooManyAddresses`]; [`AppError::RateLimited`].
pub async fn add(cx: &RequestContext, typed: &str, becomes_primary: bool) -> AppResult<()> {
    let viewer = cx.verified_with_fresh_proof()?;
    let email = EmailAddress::parse(typed).map_err(|code| AppError::field("email", code))?;
    levelled(async {
        let now = cx.now();
        let mut tx = cx.state.db.begin().await?;
        accounts::lock_account(&mut tx, viewer.account_id).await?;
        let known = store::of_account(&mut tx, viewer.account_id, now).await?;
        if known.iter().any(|known| known.address.to_lowercase() == email.as_str().to_lowercase()) {
            return Err(AppError::field("email", Code::AddressYours));
        }
        if known.len() >= LIMIT {
            return Err(Conflict::TooManyAddresses.into());
        }
        ADDED.spend(&mut *tx, now, &viewer.account_id.to_string()).await?;
        let id = random::id();
        store::insert(&mut tx, id, viewer.account_id, email.as_str(), becomes_primary, now).await?;
        let account = accounts::by_id(&mut tx, viewer.account_id).await?.ok_or(AppError::Unauthenticated)?;
        announce(&mut tx, cx, &account, SecurityChange::AddressAdded { address: masked(email.as_str()), becomes_primary }).await?;
        send_link(&mut tx, cx, &account, id, email.as_str()).await?;
        audit::record(&mut tx, cx, "account.email_added", &viewer.account_id.to_string(), json!({"email": id})).await?;
        tx.commit().await?;
        Ok(())
    })
    .await
}

/// The link to the address; or, where it is another account's, the news to its owner. Both cost the same and wait the same.
async fn send_link(conn: &mut PgConnection, cx: &RequestContext, account: &Account, email_id: EmailId, address: &str) -> AppResult<()> {
    let now = cx.now();
    let hours = policies(conn, now).await?.email_verification_hours;
    let (token, hash, expires_at) = links::make(conn, Purpose::VerifyEmail, account.id, email_id, now, TimeDelta::hours(hours)).await?;
    let owner = accounts::by_address(conn, address).await?.filter(|owner| owner.verified && owner.id != account.id);
    if !may_mail(conn, cx, address).await? {
        return Ok(());
    }
    let mail = match &owner {
        Some(owner) => mails::tried(&cx.state, Addressee::at(owner, &owner.reached_by), now),
        None => mails::verify(&cx.state, Addressee::at(account, address), &token, &hash, expires_at),
    };
    Ok(enqueue(conn, cx, mail).await?)
}

/// Sends the link to an address that waits for its verification again.
///
/// # Errors
/// [`AppError::NotFound`]: not the viewer's, or verified; [`AppError::RateLimited`].
pub async fn resend(cx: &RequestContext, id: &str) -> AppResult<()> {
    let viewer = cx.viewer()?;
    let found = own(cx, id).await?;
    if found.verified_at.is_some() {
        return Err(AppError::NotFound);
    }
    if found.is_primary {
        return crate::accounts::service::resend_verification(cx, "").await;
    }
    levelled(async {
        let now = cx.now();
        let mut tx = cx.state.db.begin().await?;
        accounts::lock_account(&mut tx, viewer.account_id).await?;
        let sent = store::links_sent_to(&mut tx, found.id, now - TimeDelta::hours(1)).await?;
        if let Some(wait) = resend_wait(&sent, now) {
            return Err(AppError::RateLimited(u32::try_from(wait.num_seconds()).unwrap_or(60).max(1)));
        }
        let account = accounts::by_id(&mut tx, viewer.account_id).await?.ok_or(AppError::Unauthenticated)?;
        send_link(&mut tx, cx, &account, found.id, &found.address).await?;
        tx.commit().await?;
        Ok(())
    })
    .await
}

/// What a verification has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verified {
    /// The address the account was registered with.
    Registration,
    /// A further one.
    Further,
    /// A new main address.
    Primary,
}

/// Verifies the address a link was sent to, for who is signed in to its account: a link alone proves a mailbox, and must not put its
/// owner's name to an account whose password somebody else has chosen. The second click on the same link is as good as the first.
///
/// # Errors
/// A [`Conflict`] of links; [`AppError::Unauthenticated`]; [`Conflict::LinkOfAnother`] for who is signed in to another account;
/// [`Conflict::AddressTaken`] when another account was quicker.
pub async fn verify(cx: &RequestContext, token: &str) -> AppResult<Verified> {
    let hash = random::token_hash(token);
    retrying(|| async {
        let mut tx = cx.state.db.begin().await?;
        let verified = verify_in(&mut tx, cx, &hash).await?;
        tx.commit().await?;
        Ok(verified)
    })
    .await
}

async fn verify_in(tx: &mut PgConnection, cx: &RequestContext, hash: &[u8]) -> Result<Verified, DbError> {
    let now = cx.now();
    let found = accounts::link(tx, Purpose::VerifyEmail, hash).await?;
    let at_first = if found.as_ref().is_some_and(|link| link.is_primary) { Verified::Registration } else { Verified::Further };
    if found.is_some_and(|link| link.used_at.is_some() && link.verified) {
        return Ok(at_first);
    }
    let link = links::good(tx, Purpose::VerifyEmail, hash, now).await?;
    if cx.viewer()?.account_id != link.account_id {
        return Err(Conflict::LinkOfAnother.into());
    }
    accounts::lock_account(tx, link.account_id).await?;
    let link = links::take(tx, Purpose::VerifyEmail, hash, now).await?;
    let (Some(email_id), Some(address)) = (link.email_id, link.address) else { return Err(Conflict::LinkUnknown.into()) };
    store::lock_address(tx, &address).await?;
    // Gone if another account has proved it in the meantime.
    let email = store::by_id(tx, email_id).await?.ok_or(Conflict::LinkUnknown)?;
    if !email.is_primary && email.verified_at.is_none() {
        if !waits(email.created_at, now) {
            return Err(Conflict::LinkExpired.into());
        }
        take_over(tx, cx, &email).await?;
    }
    accounts::verify_address(tx, email_id, now).await.on_constraint("account_email_address_key", || Conflict::AddressTaken.into())?;
    audit::record(tx, cx, "account.verify_email", &link.account_id.to_string(), json!({"email": email_id})).await?;
    if email.is_primary || email.verified_at.is_some() {
        return Ok(at_first);
    }
    if email.becomes_primary {
        change_primary(tx, cx, &email).await?;
        return Ok(Verified::Primary);
    }
    tell(tx, cx, email.account_id, mails::Change::Added, &email.address, None).await?;
    Ok(Verified::Further)
}

/// An account that was registered with the address and never verified it gives it up: without an address that is proved,
/// nothing can have been booked with it.
async fn take_over(tx: &mut PgConnection, cx: &RequestContext, email: &Address) -> Result<(), DbError> {
    let Some(rival) = store::rival(tx, &email.address, email.account_id).await? else { return Ok(()) };
    if rival.is_staff {
        return Err(Conflict::AddressTaken.into());
    }
    match rival.other {
        Some(other) => {
            let other = store::by_id(tx, other).await?.ok_or(AppError::NotFound)?;
            change_primary(tx, cx, &other).await?;
        }
        None => {
            let removed = store::remove_unproved(tx, rival.account_id).await;
            let in_use = |error: &sqlx::Error| error.as_database_error().is_some_and(|error| error.is_foreign_key_violation());
            match removed {
                Err(error) if in_use(&error) => return Err(Conflict::AddressTaken.into()),
                other => other?,
            }
            audit::record(tx, cx, "account.unproved_removed", &rival.account_id.to_string(), json!({})).await?;
        }
    }
    Ok(())
}

/// Makes a verified address the main one; all verified addresses are told, the old one among them.
async fn change_primary(tx: &mut PgConnection, cx: &RequestContext, email: &Address) -> Result<(), DbError> {
    expect_one(store::make_primary(tx, email.account_id, email.id).await?)?;
    audit::record(tx, cx, "account.primary_email_changed", &email.account_id.to_string(), json!({"email": email.id})).await?;
    tell(tx, cx, email.account_id, mails::Change::Primary, &email.address, None).await?;
    Ok(())
}

/// Makes one of the viewer's verified addresses the main one. Doing it twice changes nothing.
///
/// # Errors
/// [`AppError::StepUpRequired`]; [`AppError::NotFound`]; [`Conflict::EmailNotVerified`].
pub async fn make_primary(cx: &RequestContext, id: &str) -> AppResult<()> {
    let viewer = cx.fresh_proof()?;
    let mut tx = cx.state.db.begin().await?;
    accounts::lock_account(&mut tx, viewer.account_id).await?;
    let email = own_in(&mut tx, cx, id).await?;
    if email.is_primary {
        return Ok(());
    }
    if email.verified_at.is_none() {
        return Err(Conflict::EmailNotVerified.into());
    }
    change_primary(&mut tx, cx, &email).await?;
    tx.commit().await?;
    Ok(())
}

/// Removes one of the viewer's addresses, and tells it so. One that still waits for its verification needs no fresh proof.
///
/// # Errors
/// [`AppError::StepUpRequired`]; [`AppError::NotFound`]; [`Conflict::PrimaryAddress`].
pub async fn remove(cx: &RequestContext, id: &str) -> AppResult<()> {
    let viewer = cx.viewer()?;
    let mut tx = cx.state.db.begin().await?;
    accounts::lock_account(&mut tx, viewer.account_id).await?;
    let email = own_in(&mut tx, cx, id).await?;
    if email.verified_at.is_some() {
        cx.fresh_proof()?;
    }
    if email.is_primary {
        return Err(Conflict::PrimaryAddress.into());
    }
    expect_one(store::delete(&mut tx, email.id).await?)?;
    audit::record(&mut tx, cx, "account.email_removed", &viewer.account_id.to_string(), json!({"email": email.id})).await?;
    if email.verified_at.is_some() {
        tell(&mut tx, cx, viewer.account_id, mails::Change::Removed, &email.address, Some(&email.address)).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Tells a change of addresses to every verified address, and to `also`.
async fn tell(
    conn: &mut PgConnection,
    cx: &RequestContext,
    account_id: AccountId,
    change: mails::Change,
    changed: &str,
    also: Option<&str>,
) -> Result<(), sqlx::Error> {
    let Some(account) = accounts::by_id(conn, account_id).await? else { return Ok(()) };
    let known = store::of_account(conn, account_id, cx.now()).await?;
    let verified = known.into_iter().filter(|known| known.verified_at.is_some()).map(|known| known.address);
    for to in verified.chain(also.map(str::to_owned)) {
        let mail = mails::changed(&cx.state, Addressee::at(&account, &to), change, changed, cx.now(), &cx.address.to_string());
        enqueue(conn, cx, mail).await?;
    }
    Ok(())
}

/// How many addresses of an account are verified.
pub async fn verified_count(conn: &mut PgConnection, account_id: AccountId) -> Result<i64, sqlx::Error> {
    store::verified_count(conn, account_id).await
}
