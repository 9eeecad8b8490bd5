//! The SQL of the issuer's keys.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};

type Sql<T> = Result<T, sqlx::Error>;

/// A key with its sealed private half.
pub struct SealedKey {
    pub kid: String,
    pub sealed: Vec<u8>,
}

/// The key in use.
pub async fn active(db: impl PgExecutor<'_>) -> Sql<Option<SealedKey>> {
    sqlx::query_as!(SealedKey, "SELECT kid, sealed FROM issuer_key WHERE retired_at IS NULL").fetch_optional(db).await
}

/// The public halves of all keys, the one in use first, then the youngest.
pub async fn public_keys(db: impl PgExecutor<'_>) -> Sql<Vec<Vec<u8>>> {
    sqlx::query_scalar!("SELECT public_key FROM issuer_key ORDER BY retired_at DESC NULLS FIRST, kid").fetch_all(db).await
}

/// Puts a key in use. `false`: another one is.
pub async fn insert(conn: &mut PgConnection, kid: &str, public_key: &[u8], sealed: &[u8], now: DateTime<Utc>) -> Sql<bool> {
    let done = sqlx::query!(
        "INSERT INTO issuer_key (kid, public_key, sealed, created_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT DO NOTHING",
        kid,
        public_key,
        sealed,
        now
    );
    Ok(done.execute(conn).await?.rows_affected() == 1)
}

/// Takes the key in use out of it.
pub async fn retire(conn: &mut PgConnection, now: DateTime<Utc>) -> Sql<Option<String>> {
    sqlx::query_scalar!("UPDATE issuer_key SET retired_at = greatest($1, created_at) WHERE retired_at IS NULL RETURNING kid", now)
        .fetch_optional(conn)
        .await
}

/// One rotation at a time, to the end of the transaction.
pub async fn lock(conn: &mut PgConnection) -> Sql<()> {
    sqlx::query!(r#"SELECT pg_advisory_xact_lock(hashtext('certportal.issuer_key')) IS NULL AS "locked!""#).fetch_one(conn).await?;
    Ok(())
}

pub async fn all_sealed(conn: &mut PgConnection) -> Sql<Vec<SealedKey>> {
    sqlx::query_as!(SealedKey, "SELECT kid, sealed FROM issuer_key ORDER BY kid FOR UPDATE").fetch_all(conn).await
}

pub async fn replace_sealed(conn: &mut PgConnection, kid: &str, sealed: &[u8]) -> Sql<()> {
    sqlx::query!("UPDATE issuer_key SET sealed = $2 WHERE kid = $1", kid, sealed).execute(conn).await?;
    Ok(())
}
