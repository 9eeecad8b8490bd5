//! Wrong passwords and codes: what lock-outs count.

use super::Sql;
use crate::accounts::rules::FAILURE_MEMORY;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// Failures of a key, oldest first, while nobody else counts the same key (until the transaction's end).
pub async fn failures(conn: &mut PgConnection, key: &str, now: DateTime<Utc>) -> Sql<Vec<DateTime<Utc>>> {
    sqlx::query!(r#"SELECT pg_advisory_xact_lock(hashtextextended($1, 0)) IS NULL AS "locked!""#, key).fetch_one(&mut *conn).await?;
    sqlx::query_scalar!(
        "SELECT failed_at FROM login_failure WHERE key = $1 AND failed_at > $2 ORDER BY failed_at DESC LIMIT 200",
        key,
        now - FAILURE_MEMORY
    )
    .fetch_all(conn)
    .await
    .map(|mut failures| {
        failures.reverse();
        failures
    })
}

pub async fn add_failure(conn: &mut PgConnection, key: &str, now: DateTime<Utc>) -> Sql<()> {
    sqlx::query!("DELETE FROM login_failure WHERE key = $1 AND failed_at < $2", key, now - FAILURE_MEMORY).execute(&mut *conn).await?;
    sqlx::query!("INSERT INTO login_failure (key, failed_at) VALUES ($1, $2)", key, now).execute(conn).await?;
    Ok(())
}

/// Forgets all failures of a key.
pub async fn clear_failures(conn: &mut PgConnection, key: &str) -> Sql<()> {
    sqlx::query!("DELETE FROM login_failure WHERE key = $1", key).execute(&mut *conn).await?;
    sqlx::query!("DELETE FROM login_streak WHERE key = $1", key).execute(conn).await?;
    Ok(())
}

/// The same for every key that begins so.
pub async fn clear_failures_like(conn: &mut PgConnection, beginning: &str) -> Sql<()> {
    sqlx::query!("DELETE FROM login_failure WHERE starts_with(key, $1)", beginning).execute(&mut *conn).await?;
    sqlx::query!("DELETE FROM login_streak WHERE starts_with(key, $1)", beginning).execute(conn).await?;
    Ok(())
}

/// How many failures in a row a key has.
pub async fn streak(conn: &mut PgConnection, key: &str) -> Sql<i32> {
    let failures = sqlx::query_scalar!("SELECT failures FROM login_streak WHERE key = $1", key).fetch_optional(conn).await?;
    Ok(failures.unwrap_or(0))
}

pub async fn lengthen_streak(conn: &mut PgConnection, key: &str, now: DateTime<Utc>) -> Sql<()> {
    sqlx::query!(
        "INSERT INTO login_streak AS s (key, failures, failed_at) VALUES ($1, 1, $2)
         ON CONFLICT (key) DO UPDATE SET failures = s.failures + 1, failed_at = $2",
        key,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}
