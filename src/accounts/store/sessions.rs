//! The sessions of an account, as its owner sees them.

use super::Sql;
use crate::ids::{AccountId, SessionId};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// Whether somebody has signed in to the account before.
pub async fn signed_in_before(conn: &mut PgConnection, account_id: AccountId) -> Sql<bool> {
    sqlx::query_scalar!(r#"SELECT EXISTS (SELECT 1 FROM session WHERE account_id = $1 AND state = 'active') AS "any!""#, account_id as _)
        .fetch_one(conn)
        .await
}

#[derive(Debug, Clone)]
pub struct SessionRow {
    pub id: SessionId,
    pub created_at: DateTime<Utc>,
    pub last_used_at: DateTime<Utc>,
    pub address: String,
    pub user_agent: String,
}

/// Sessions that may still be alive, last used first.
pub async fn sessions(
    conn: &mut PgConnection,
    account_id: AccountId,
    used_since: DateTime<Utc>,
    begun_since: DateTime<Utc>,
) -> Sql<Vec<SessionRow>> {
    sqlx::query_as!(
        SessionRow,
        "SELECT id, created_at, last_used_at, address, user_agent FROM session
         WHERE account_id = $1 AND ended_at IS NULL AND state = 'active' AND last_used_at > $2 AND created_at > $3
         ORDER BY last_used_at DESC LIMIT 100",
        account_id as _,
        used_since,
        begun_since
    )
    .fetch_all(conn)
    .await
}

/// Ends one of an account's own sessions. `false`: it has none of that id.
pub async fn end_own_session(conn: &mut PgConnection, account_id: AccountId, session_id: SessionId, now: DateTime<Utc>) -> Sql<bool> {
    let done = sqlx::query!(
        "UPDATE session SET ended_at = coalesce(ended_at, $3) WHERE id = $1 AND account_id = $2",
        session_id as _,
        account_id as _,
        now
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}
