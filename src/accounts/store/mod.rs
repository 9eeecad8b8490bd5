//! Accounts in the database. The only SQL of this capability beside its themes' own (`addresses/store.rs` and the like).

mod agreement;
mod failures;
mod links;
mod people;
mod places;
mod profile;
mod sessions;
mod unproved;

pub use agreement::*;
pub use failures::*;
pub use links::*;
pub use people::*;
pub use places::*;
pub use profile::*;
pub use sessions::*;
pub use unproved::*;

use super::rules::FAILURE_MEMORY;
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{PgConnection, PgPool};

type Sql<T> = Result<T, sqlx::Error>;

/// Deletes failures, streaks, links, sessions and trusted browsers that count no more.
pub async fn forget_old(conn: &mut PgConnection, now: DateTime<Utc>) -> Sql<()> {
    sqlx::query!("DELETE FROM login_failure WHERE failed_at < $1", now - FAILURE_MEMORY).execute(&mut *conn).await?;
    sqlx::query!("DELETE FROM login_streak WHERE failed_at < $1", now - TimeDelta::days(365)).execute(&mut *conn).await?;
    sqlx::query!("DELETE FROM account_link WHERE expires_at < $1", now - TimeDelta::days(30)).execute(&mut *conn).await?;
    sqlx::query!("DELETE FROM trusted_device WHERE expires_at < $1", now).execute(&mut *conn).await?;
    super::addresses::store::forget_unproved(&mut *conn, now).await?;
    // That somebody has signed in before is known from the newest session for a year.
    sqlx::query!("DELETE FROM session WHERE created_at < $1", now - TimeDelta::days(365)).execute(conn).await?;
    Ok(())
}

/// Every credential of the demo, newest first: `(public id, holder, state)`.
pub async fn credentials(pool: &PgPool, now: DateTime<Utc>) -> Sql<Vec<(String, String, String)>> {
    let rows = sqlx::query!("SELECT public_id, holder_name, state, expires_at FROM credential ORDER BY issued_at DESC LIMIT 1000")
        .fetch_all(pool)
        .await?;
    let state =
        |state: String, expires_at: DateTime<Utc>| if state == "active" && expires_at <= now { "expired".to_owned() } else { state };
    Ok(rows.into_iter().map(|row| (row.public_id, row.holder_name.unwrap_or_default(), state(row.state, row.expires_at))).collect())
}
