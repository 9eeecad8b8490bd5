//! The addresses of accounts in the database.

use super::rules::WAITS;
use crate::ids::{AccountId, EmailId};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

type Sql<T> = Result<T, sqlx::Error>;

/// One address of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub id: EmailId,
    pub account_id: AccountId,
    pub address: String,
    pub is_primary: bool,
    pub verified_at: Option<DateTime<Utc>>,
    /// It becomes the main address when it is verified.
    pub becomes_primary: bool,
    pub created_at: DateTime<Utc>,
}

/// An account's addresses: the main one first, then by age. Without those whose wait is over.
pub async fn of_account(conn: &mut PgConnection, account_id: AccountId, now: DateTime<Utc>) -> Sql<Vec<Address>> {
    sqlx::query_as!(
        Address,
        "SELECT id, account_id, address, is_primary, verified_at, becomes_primary, created_at FROM account_email
         WHERE account_id = $1 AND (is_primary OR verified_at IS NOT NULL OR created_at > $2)
         ORDER BY is_primary DESC, created_at, lower(address)",
        account_id as _,
        now - WAITS
    )
    .fetch_all(conn)
    .await
}

pub async fn by_id(conn: &mut PgConnection, id: EmailId) -> Sql<Option<Address>> {
    sqlx::query_as!(
        Address,
        "SELECT id, account_id, address, is_primary, verified_at, becomes_primary, created_at FROM account_email WHERE id = $1",
        id as _
    )
    .fetch_optional(conn)
    .await
}

/// Adds an address that waits for its verification. Any earlier wait for the same one is over.
pub async fn insert(
    conn: &mut PgConnection,
    id: EmailId,
    account_id: AccountId,
    address: &str,
    becomes_primary: bool,
    now: DateTime<Utc>,
) -> Sql<()> {
    sqlx::query!(
        "DELETE FROM account_email
         WHERE account_id = $1 AND lower(address) = lower($2) AND NOT is_primary AND verified_at IS NULL AND created_at <= $3",
        account_id as _,
        address,
        now - WAITS
    )
    .execute(&mut *conn)
    .await?;
    // One at a time is to become the main address: the one wished for last.
    if becomes_primary {
        sqlx::query!("UPDATE account_email SET becomes_primary = false WHERE account_id = $1", account_id as _).execute(&mut *conn).await?;
    }
    sqlx::query!(
        "INSERT INTO account_email (id, account_id, address, is_primary, becomes_primary, created_at) VALUES ($1, $2, $3, false, $4, $5)",
        id as _,
        account_id as _,
        address,
        becomes_primary,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn delete(conn: &mut PgConnection, id: EmailId) -> Sql<u64> {
    Ok(sqlx::query!("DELETE FROM account_email WHERE id = $1 AND NOT is_primary", id as _).execute(conn).await?.rows_affected())
}

/// Drops the addresses that wait for their verification, and their links with them; gives their number.
pub async fn drop_waiting(conn: &mut PgConnection, account_id: AccountId) -> Sql<u64> {
    let done = sqlx::query!("DELETE FROM account_email WHERE account_id = $1 AND NOT is_primary AND verified_at IS NULL", account_id as _);
    Ok(done.execute(conn).await?.rows_affected())
}

/// Makes a verified address the main one. The old one stays, if it was ever verified.
pub async fn make_primary(conn: &mut PgConnection, account_id: AccountId, id: EmailId) -> Sql<u64> {
    sqlx::query!(
        "DELETE FROM account_email WHERE account_id = $1 AND is_primary AND verified_at IS NULL AND id <> $2",
        account_id as _,
        id as _
    )
    .execute(&mut *conn)
    .await?;
    // In two statements: there is never more than one main address.
    sqlx::query!("UPDATE account_email SET is_primary = false WHERE account_id = $1 AND is_primary AND id <> $2", account_id as _, id as _)
        .execute(&mut *conn)
        .await?;
    let done = sqlx::query!(
        "UPDATE account_email SET is_primary = true, becomes_primary = false WHERE account_id = $1 AND id = $2 AND verified_at IS NOT NULL",
        account_id as _,
        id as _
    );
    Ok(done.execute(conn).await?.rows_affected())
}

/// When verification links went out to one address since `since`, oldest first.
pub async fn links_sent_to(conn: &mut PgConnection, email_id: EmailId, since: DateTime<Utc>) -> Sql<Vec<DateTime<Utc>>> {
    sqlx::query_scalar!(
        "SELECT created_at FROM account_link WHERE email_id = $1 AND purpose = 'verify_email' AND created_at > $2 ORDER BY created_at",
        email_id as _,
        since
    )
    .fetch_all(conn)
    .await
}

/// Two accounts that prove one address do it one after the other (until the transaction's end).
pub async fn lock_address(conn: &mut PgConnection, address: &str) -> Sql<()> {
    sqlx::query!(r#"SELECT pg_advisory_xact_lock(hashtextextended('address:' || lower($1), 0)) IS NULL AS "locked!""#, address)
        .fetch_one(conn)
        .await?;
    Ok(())
}

/// Another account that was registered with an address and has never verified it.
#[derive(Debug, Clone)]
pub struct Rival {
    pub account_id: AccountId,
    pub is_staff: bool,
    /// A verified address that it has besides.
    pub other: Option<EmailId>,
}

pub async fn rival(conn: &mut PgConnection, address: &str, but: AccountId) -> Sql<Option<Rival>> {
    sqlx::query_as!(
        Rival,
        r#"SELECT e.account_id, EXISTS (SELECT 1 FROM account_role r WHERE r.account_id = e.account_id) AS "is_staff!",
                  (SELECT o.id FROM account_email o WHERE o.account_id = e.account_id AND o.verified_at IS NOT NULL
                   ORDER BY o.verified_at LIMIT 1) AS "other: EmailId"
           FROM account_email e WHERE lower(e.address) = lower($1) AND e.is_primary AND e.verified_at IS NULL AND e.account_id <> $2"#,
        address,
        but as _
    )
    .fetch_optional(conn)
    .await
}

/// Removes an account that has never proved an address. Fails where something refers to it.
pub async fn remove_unproved(conn: &mut PgConnection, account_id: AccountId) -> Sql<()> {
    sqlx::query!(
        "DELETE FROM account a WHERE id = $1
         AND NOT EXISTS (SELECT 1 FROM account_email e WHERE e.account_id = a.id AND e.verified_at IS NOT NULL)",
        account_id as _
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Drops what has waited long enough for its verification.
pub async fn forget_unproved(conn: &mut PgConnection, now: DateTime<Utc>) -> Sql<()> {
    sqlx::query!("DELETE FROM account_email WHERE NOT is_primary AND verified_at IS NULL AND created_at <= $1", now - WAITS)
        .execute(conn)
        .await?;
    Ok(())
}

/// How many verified addresses an account has.
pub async fn verified_count(conn: &mut PgConnection, account_id: AccountId) -> Sql<i64> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM account_email WHERE account_id = $1 AND verified_at IS NOT NULL"#,
        account_id as _
    )
    .fetch_one(conn)
    .await
}
