//! Accounts whose address nobody has proved yet. Anybody can register with anybody's address; when its owner comes, nothing may be left
//! of what a stranger has set up.

use super::super::store::{self, Purpose};
use super::super::{addresses, factors};
use crate::ids::AccountId;
use crate::server::http::sessions;
use crate::server::jobs::JobError;
use crate::server::{AppState, audit};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use sqlx::PgConnection;

/// How long an account waits for the proof of its address before it is deleted (docs/privacy.md).
pub const WAITS: TimeDelta = TimeDelta::days(30);

/// Takes back what whoever registered has set up: factors, phone, trusted browsers, sessions, further addresses, links that choose a
/// password, and wishes like an erasure. Called while the account is locked.
pub(in crate::accounts) async fn take_back(conn: &mut PgConnection, account_id: AccountId, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    factors::remove_all(conn, account_id).await?;
    factors::remove_phone(conn, account_id).await?;
    sessions::end_others(conn, now, account_id, None).await?;
    addresses::store::drop_waiting(conn, account_id).await?;
    store::void_links(conn, account_id, Purpose::ResetPassword, now).await?;
    store::void_links(conn, account_id, Purpose::StaffInvitation, now).await?;
    store::forget_wishes(conn, account_id, now).await
}

/// Deletes accounts that have waited long enough for the proof of their address. Nothing can have been booked with them; what is
/// nevertheless in use stays.
pub async fn forget(state: &AppState) -> Result<(), JobError> {
    let now = state.clock.now();
    let stale = {
        let mut conn = state.db.acquire().await?;
        store::stale(&mut conn, now - WAITS, now).await?
    };
    for account_id in stale {
        match forget_one(state, account_id, now).await {
            Err(error) if error.as_database_error().is_some_and(|error| error.is_foreign_key_violation()) => {}
            other => other?,
        }
    }
    Ok(())
}

async fn forget_one(state: &AppState, account_id: AccountId, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    let mut tx = state.db.begin().await?;
    store::lock_account(&mut tx, account_id).await?;
    // Its owner may have been quicker.
    if !store::is_unproved(&mut tx, account_id).await? {
        return Ok(());
    }
    store::delete_mails(&mut tx, account_id).await?;
    addresses::store::remove_unproved(&mut tx, account_id).await?;
    audit::record_by_program(&mut tx, now, "account.unproved_removed", &account_id.to_string(), json!({}), false).await?;
    tx.commit().await
}
