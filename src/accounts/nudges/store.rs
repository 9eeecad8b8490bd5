//! What advice depends on, and when it was put away.

use crate::ids::AccountId;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

pub async fn password_changed_at(conn: &mut PgConnection, account_id: AccountId) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
    sqlx::query_scalar!("SELECT password_changed_at FROM account WHERE id = $1", account_id as _).fetch_one(conn).await
}

pub async fn dismissed_at(conn: &mut PgConnection, account_id: AccountId, nudge: &str) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
    sqlx::query_scalar!("SELECT dismissed_at FROM account_nudge WHERE account_id = $1 AND nudge = $2", account_id as _, nudge)
        .fetch_optional(conn)
        .await
}

pub async fn dismiss(conn: &mut PgConnection, account_id: AccountId, nudge: &str, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO account_nudge (account_id, nudge, dismissed_at) VALUES ($1, $2, $3)
         ON CONFLICT (account_id, nudge) DO UPDATE SET dismissed_at = $3",
        account_id as _,
        nudge,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}
