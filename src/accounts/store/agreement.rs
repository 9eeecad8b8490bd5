//! Which version of the candidate agreement was accepted when.

use super::Sql;
use crate::ids::AccountId;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

pub async fn accept_agreement(conn: &mut PgConnection, account_id: AccountId, version: &str, now: DateTime<Utc>) -> Sql<()> {
    sqlx::query!(
        "INSERT INTO agreement_acceptance (account_id, version, accepted_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        account_id as _,
        version,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// When an account accepted a version of the agreement.
pub async fn agreement_accepted_at(conn: &mut PgConnection, account_id: AccountId, version: &str) -> Sql<Option<DateTime<Utc>>> {
    sqlx::query_scalar!("SELECT accepted_at FROM agreement_acceptance WHERE account_id = $1 AND version = $2", account_id as _, version)
        .fetch_optional(conn)
        .await
}

/// The version of the agreement in force, read from the database itself: for loaders, before the programme is in memory.
pub async fn agreement_in_force(conn: &mut PgConnection) -> Sql<Option<String>> {
    sqlx::query_scalar!("SELECT agreement_version FROM programme").fetch_optional(conn).await
}
