//! Accounts, their addresses and roles.

use super::Sql;
use crate::ids::{AccountId, EmailId};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// What a login, a reset or a mail needs to know of an account.
#[derive(Debug, Clone)]
pub struct Account {
    pub id: AccountId,
    pub candidate_id: Option<String>,
    pub given_name: String,
    pub family_name: String,
    pub language: String,
    pub time_zone: String,
    pub password_hash: Option<String>,
    /// Sealed (`factors::open_totp`).
    pub totp_secret: Option<Vec<u8>>,
    pub totp_last_step: Option<i64>,
    /// A second factor of any kind is enrolled.
    pub has_factor: bool,
    /// The main address, where mails about the account go.
    pub address: String,
    /// The address it was found by, and whether that one is verified: the main one, unless another was asked for.
    pub email_id: EmailId,
    pub reached_by: String,
    pub verified: bool,
    pub is_staff: bool,
}

/// What a mail needs to know of who gets it.
pub struct Receiver {
    pub given_name: String,
    pub family_name: String,
    pub address: String,
    pub language: String,
    pub time_zone: String,
    pub disabled: bool,
}

/// `None`: the person has had their account erased.
pub async fn addressee(conn: &mut PgConnection, account_id: AccountId) -> Sql<Option<Receiver>> {
    sqlx::query_as!(
        Receiver,
        r#"SELECT a.given_name, a.family_name, e.address, a.language, a.time_zone, a.disabled_at IS NOT NULL AS "disabled!"
           FROM account a JOIN account_email e ON e.account_id = a.id AND e.is_primary WHERE a.id = $1"#,
        account_id as _
    )
    .fetch_optional(conn)
    .await
}

/// The account behind an address: its primary one, or another that is verified.
pub async fn by_address(conn: &mut PgConnection, address: &str) -> Sql<Option<Account>> {
    sqlx::query_as!(
        Account,
        r#"SELECT a.id, a.candidate_id, a.given_name, a.family_name, a.language, a.time_zone, a.password_hash, a.totp_secret,
                  a.totp_last_step, has_second_factor(a) AS "has_factor!", p.address, e.id AS email_id, e.address AS reached_by,
                  e.verified_at IS NOT NULL AS "verified!", EXISTS (SELECT 1 FROM account_role r WHERE r.account_id = a.id) AS "is_staff!"
           FROM account_email e JOIN account a ON a.id = e.account_id JOIN account_email p ON p.account_id = a.id AND p.is_primary
           WHERE lower(e.address) = lower($1) AND (e.is_primary OR e.verified_at IS NOT NULL) AND a.disabled_at IS NULL"#,
        address
    )
    .fetch_optional(conn)
    .await
}

/// The account of an id, with its primary address.
pub async fn by_id(conn: &mut PgConnection, id: AccountId) -> Sql<Option<Account>> {
    sqlx::query_as!(
        Account,
        r#"SELECT a.id, a.candidate_id, a.given_name, a.family_name, a.language, a.time_zone, a.password_hash, a.totp_secret,
                  a.totp_last_step, has_second_factor(a) AS "has_factor!", e.address, e.id AS email_id, e.address AS reached_by,
                  e.verified_at IS NOT NULL AS "verified!", EXISTS (SELECT 1 FROM account_role r WHERE r.account_id = a.id) AS "is_staff!"
           FROM account a JOIN account_email e ON e.account_id = a.id AND e.is_primary
           WHERE a.id = $1 AND a.disabled_at IS NULL"#,
        id as _
    )
    .fetch_optional(conn)
    .await
}

/// Every address of an account, verified or not.
pub async fn addresses_of(conn: &mut PgConnection, account_id: AccountId) -> Sql<Vec<String>> {
    sqlx::query_scalar!("SELECT address FROM account_email WHERE account_id = $1", account_id as _).fetch_all(conn).await
}

/// Whether an address is somebody's: verified, or the one they are registering with.
pub async fn address_taken(conn: &mut PgConnection, address: &str) -> Sql<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM account_email
                          WHERE lower(address) = lower($1) AND (is_primary OR verified_at IS NOT NULL)) AS "taken!""#,
        address
    )
    .fetch_one(conn)
    .await
}

/// A new account as it is written.
pub struct NewAccount<'a> {
    pub id: AccountId,
    pub candidate_id: Option<&'a str>,
    pub given_name: &'a str,
    pub family_name: &'a str,
    pub password_hash: Option<&'a str>,
    /// The password is long enough for an account without a second factor.
    pub password_stands_alone: bool,
    pub country: &'a str,
    pub subdivision: Option<&'a str>,
    pub language: &'a str,
    pub time_zone: &'a str,
    pub company: Option<&'a str>,
    pub job_role: Option<&'a str>,
    pub industry: Option<&'a str>,
    pub date_of_birth: Option<chrono::NaiveDate>,
    /// Sealed (`factors::seal_totp`).
    pub totp_secret: Option<&'a [u8]>,
    pub created_at: DateTime<Utc>,
}

pub async fn insert_account(conn: &mut PgConnection, new: &NewAccount<'_>) -> Sql<()> {
    sqlx::query!(
        "INSERT INTO account (id, candidate_id, given_name, family_name, password_hash, password_changed_at, country, subdivision, language,
                              time_zone, company, job_role, industry, date_of_birth, totp_secret, created_at, password_stands_alone)
         VALUES ($1, $2, $3, $4, $5, CASE WHEN $5::text IS NULL THEN NULL ELSE $15::timestamptz END, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        new.id as _,
        new.candidate_id,
        new.given_name,
        new.family_name,
        new.password_hash,
        new.country,
        new.subdivision,
        new.language,
        new.time_zone,
        new.company,
        new.job_role,
        new.industry,
        new.date_of_birth,
        new.totp_secret,
        new.created_at,
        new.password_stands_alone,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn insert_email(
    conn: &mut PgConnection,
    id: EmailId,
    account_id: AccountId,
    address: &str,
    is_primary: bool,
    verified_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Sql<()> {
    sqlx::query!(
        "INSERT INTO account_email (id, account_id, address, is_primary, verified_at, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        id as _,
        account_id as _,
        address,
        is_primary,
        verified_at,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// An address is proved: other accounts that were waiting for it wait in vain. Violates `account_email_address_key` if it is
/// somebody else's by now.
pub async fn verify_address(conn: &mut PgConnection, email_id: EmailId, now: DateTime<Utc>) -> Sql<()> {
    sqlx::query!("UPDATE account_email SET verified_at = coalesce(verified_at, $2) WHERE id = $1", email_id as _, now)
        .execute(&mut *conn)
        .await?;
    sqlx::query!(
        "DELETE FROM account_email o USING account_email e
         WHERE e.id = $1 AND lower(o.address) = lower(e.address) AND o.id <> e.id AND NOT o.is_primary AND o.verified_at IS NULL",
        email_id as _
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The verified addresses of an account, the primary one first.
pub async fn verified_addresses(conn: &mut PgConnection, account_id: AccountId) -> Sql<Vec<String>> {
    sqlx::query_scalar!(
        "SELECT address FROM account_email WHERE account_id = $1 AND verified_at IS NOT NULL ORDER BY is_primary DESC, created_at, id",
        account_id as _
    )
    .fetch_all(conn)
    .await
}

/// `false`: the account has the role already.
pub async fn grant_role(conn: &mut PgConnection, account_id: AccountId, role: &str, now: DateTime<Utc>) -> Sql<bool> {
    let done = sqlx::query!(
        "INSERT INTO account_role (account_id, role, granted_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        account_id as _,
        role,
        now
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// One after the other: two requests for a mail at the same time must not both find that none was sent.
pub async fn lock_account(conn: &mut PgConnection, account_id: AccountId) -> Sql<()> {
    sqlx::query_scalar!("SELECT id FROM account WHERE id = $1 FOR UPDATE", account_id as _).fetch_optional(conn).await?;
    Ok(())
}

pub async fn candidate_id_taken(conn: &mut PgConnection, candidate_id: &str) -> Sql<bool> {
    sqlx::query_scalar!(r#"SELECT EXISTS (SELECT 1 FROM account WHERE candidate_id = $1) AS "taken!""#, candidate_id).fetch_one(conn).await
}

/// `stands_alone`: it is long enough for an account without a second factor, whatever the policy.
pub async fn set_password(conn: &mut PgConnection, account_id: AccountId, hash: &str, stands_alone: bool, now: DateTime<Utc>) -> Sql<u64> {
    let done = sqlx::query!(
        "UPDATE account SET password_hash = $2, password_changed_at = $3, password_stands_alone = $4 WHERE id = $1",
        account_id as _,
        hash,
        now,
        stands_alone
    );
    Ok(done.execute(conn).await?.rows_affected())
}

/// Whether the password stands without a second factor; `None`: there is no password.
pub async fn password_stands_alone(conn: &mut PgConnection, account_id: AccountId) -> Sql<Option<bool>> {
    let found =
        sqlx::query!(r#"SELECT password_hash IS NOT NULL AS "there!", password_stands_alone FROM account WHERE id = $1"#, account_id as _);
    Ok(found.fetch_optional(conn).await?.filter(|row| row.there).map(|row| row.password_stands_alone))
}

/// Notes of a password that was just typed what its hash does not tell.
pub async fn note_password(conn: &mut PgConnection, account_id: AccountId, hash: &str, stands_alone: bool) -> Sql<()> {
    sqlx::query!(
        "UPDATE account SET password_stands_alone = $3 WHERE id = $1 AND password_hash = $2 AND password_stands_alone <> $3",
        account_id as _,
        hash,
        stands_alone
    )
    .execute(conn)
    .await?;
    Ok(())
}
