//! Telling the owner of an account what changed about its security: one function for every change.

use super::super::addressee::Addressee;
use super::super::factors;
use super::super::mails::{self, SecurityChange};
use super::super::store::{self, Account};
use crate::error::{AppError, AppResult};
use crate::ids::AccountId;
use crate::server::RequestContext;
use crate::server::mail;
use crate::server::sms::{self, Sms};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// Tells of a change on every channel there is: each verified address, and the phone (security.md lines 15 and 23). Called in the
/// change's transaction; before the change, where it takes a channel away, so that the old one is told too.
pub async fn announce(conn: &mut PgConnection, cx: &RequestContext, account: &Account, change: SecurityChange) -> Result<(), sqlx::Error> {
    let mut addresses = store::verified_addresses(conn, account.id).await?;
    if addresses.is_empty() {
        // Not verified yet, and still the only way to reach them.
        addresses.push(account.address.clone());
    }
    let from = cx.address.to_string();
    for address in addresses {
        let to = Addressee::at(account, &address);
        mail::enqueue(conn, &cx.state, cx.now(), mails::security_changed(&cx.state, to, &change, cx.now(), &from)).await?;
    }
    let phone = factors::factors(conn, account.id).await?.phone;
    if let Some(to) = phone.filter(|_| cx.state.sms.is_there()) {
        let text = mails::security_changed_sms(&cx.state, account.into(), &change);
        let sms = Sms { account_id: account.id, template: "accounts.security", to, text, expires_at: None, once: None };
        sms::enqueue(conn, cx.now(), sms).await?;
    }
    Ok(())
}

/// Tells the owner of an account what staff do to it (security.md line 15). Called before it is disabled: afterwards it is reached no
/// more.
pub async fn announce_staff_act(
    conn: &mut PgConnection,
    cx: &RequestContext,
    account_id: AccountId,
    change: SecurityChange,
) -> Result<(), sqlx::Error> {
    let Some(account) = store::by_id(conn, account_id).await? else { return Ok(()) };
    announce(conn, cx, &account, change).await
}

/// Tells a candidate that a member of the staff acts for them from now on: why, and until when at the latest (security.md line 42).
///
/// # Errors
/// [`AppError::NotFound`]: no such account.
pub async fn announce_acting(
    conn: &mut PgConnection,
    cx: &RequestContext,
    account_id: AccountId,
    reason: &str,
    until: DateTime<Utc>,
) -> AppResult<()> {
    let account = store::by_id(conn, account_id).await?.ok_or(AppError::NotFound)?;
    Ok(announce(conn, cx, &account, SecurityChange::ActedFor { reason: reason.to_owned(), until }).await?)
}
