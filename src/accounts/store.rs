//! Accounts in the database. The only SQL of this capability beside the dashboard's.

use super::model::Region;
use super::rules::FAILURE_MEMORY;
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

type Sql<T> = Result<T, sqlx::Error>;

/// What a login, a reset or a mail needs to know of an account.
#[derive(Debug, Clone)]
pub struct Account {
    pub id: Uuid,
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
    pub email_id: Uuid,
    pub reached_by: String,
    pub verified: bool,
    pub is_staff: bool,
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
pub async fn by_id(conn: &mut PgConnection, id: Uuid) -> Sql<Option<Account>> {
    sqlx::query_as!(
        Account,
        r#"SELECT a.id, a.candidate_id, a.given_name, a.family_name, a.language, a.time_zone, a.password_hash, a.totp_secret,
                  a.totp_last_step, has_second_factor(a) AS "has_factor!", e.address, e.id AS email_id, e.address AS reached_by,
                  e.verified_at IS NOT NULL AS "verified!", EXISTS (SELECT 1 FROM account_role r WHERE r.account_id = a.id) AS "is_staff!"
           FROM account a JOIN account_email e ON e.account_id = a.id AND e.is_primary
           WHERE a.id = $1 AND a.disabled_at IS NULL"#,
        id
    )
    .fetch_optional(conn)
    .await
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
    pub id: Uuid,
    pub candidate_id: Option<&'a str>,
    pub given_name: &'a str,
    pub family_name: &'a str,
    pub password_hash: Option<&'a str>,
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
                              time_zone, company, job_role, industry, date_of_birth, totp_secret, created_at)
         VALUES ($1, $2, $3, $4, $5, CASE WHEN $5::text IS NULL THEN NULL ELSE $15::timestamptz END, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        new.id,
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
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn insert_email(
    conn: &mut PgConnection,
    id: Uuid,
    account_id: Uuid,
    address: &str,
    is_primary: bool,
    verified_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Sql<()> {
    sqlx::query!(
        "INSERT INTO account_email (id, account_id, address, is_primary, verified_at, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        id,
        account_id,
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
pub async fn verify_address(conn: &mut PgConnection, email_id: Uuid, now: DateTime<Utc>) -> Sql<()> {
    sqlx::query!("UPDATE account_email SET verified_at = coalesce(verified_at, $2) WHERE id = $1", email_id, now)
        .execute(&mut *conn)
        .await?;
    sqlx::query!(
        "DELETE FROM account_email o USING account_email e
         WHERE e.id = $1 AND lower(o.address) = lower(e.address) AND o.id <> e.id AND NOT o.is_primary AND o.verified_at IS NULL",
        email_id
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The verified addresses of an account, the primary one first.
pub async fn verified_addresses(conn: &mut PgConnection, account_id: Uuid) -> Sql<Vec<String>> {
    sqlx::query_scalar!(
        "SELECT address FROM account_email WHERE account_id = $1 AND verified_at IS NOT NULL ORDER BY is_primary DESC, created_at, id",
        account_id
    )
    .fetch_all(conn)
    .await
}

pub async fn accept_agreement(conn: &mut PgConnection, account_id: Uuid, version: &str, now: DateTime<Utc>) -> Sql<()> {
    sqlx::query!(
        "INSERT INTO agreement_acceptance (account_id, version, accepted_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        account_id,
        version,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// When an account accepted a version of the agreement.
pub async fn agreement_accepted_at(conn: &mut PgConnection, account_id: Uuid, version: &str) -> Sql<Option<DateTime<Utc>>> {
    sqlx::query_scalar!("SELECT accepted_at FROM agreement_acceptance WHERE account_id = $1 AND version = $2", account_id, version)
        .fetch_optional(conn)
        .await
}

pub async fn grant_role(conn: &mut PgConnection, account_id: Uuid, role: &str, now: DateTime<Utc>) -> Sql<()> {
    sqlx::query!(
        "INSERT INTO account_role (account_id, role, granted_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        account_id,
        role,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

// Mailed links

/// What a mailed link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    VerifyEmail,
    ResetPassword,
    StaffInvitation,
}

impl Purpose {
    fn as_str(self) -> &'static str {
        match self {
            Purpose::VerifyEmail => "verify_email",
            Purpose::ResetPassword => "reset_password",
            Purpose::StaffInvitation => "staff_invitation",
        }
    }
}

#[derive(Debug, Clone)]
pub struct Link {
    pub account_id: Uuid,
    pub email_id: Option<Uuid>,
    /// The address it was sent to, and what became of it.
    pub address: Option<String>,
    pub verified: bool,
    pub is_primary: bool,
    pub expires_at: DateTime<Utc>,
    pub used_at: Option<DateTime<Utc>>,
}

pub async fn insert_link(
    conn: &mut PgConnection,
    purpose: Purpose,
    token_hash: &[u8],
    account_id: Uuid,
    email_id: Uuid,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Sql<()> {
    sqlx::query!(
        "INSERT INTO account_link (token_hash, purpose, account_id, email_id, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
        token_hash,
        purpose.as_str(),
        account_id,
        email_id,
        now,
        expires_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn link(conn: &mut PgConnection, purpose: Purpose, token_hash: &[u8]) -> Sql<Option<Link>> {
    sqlx::query_as!(
        Link,
        r#"SELECT l.account_id, l.email_id, e.address AS "address?", e.verified_at IS NOT NULL AS "verified!",
                  coalesce(e.is_primary, false) AS "is_primary!", l.expires_at, l.used_at
           FROM account_link l JOIN account a ON a.id = l.account_id LEFT JOIN account_email e ON e.id = l.email_id
           WHERE l.token_hash = $1 AND l.purpose = $2 AND a.disabled_at IS NULL"#,
        token_hash,
        purpose.as_str()
    )
    .fetch_optional(conn)
    .await
}

/// Uses a link up. `false`: it was used already, or its time is over.
pub async fn use_link(conn: &mut PgConnection, token_hash: &[u8], now: DateTime<Utc>) -> Sql<bool> {
    let done =
        sqlx::query!("UPDATE account_link SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2", token_hash, now)
            .execute(conn)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// Makes the unused links of a purpose worthless.
pub async fn void_links(conn: &mut PgConnection, account_id: Uuid, purpose: Purpose, now: DateTime<Utc>) -> Sql<()> {
    sqlx::query!(
        "UPDATE account_link SET used_at = $3 WHERE account_id = $1 AND purpose = $2 AND used_at IS NULL",
        account_id,
        purpose.as_str(),
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// When links of a purpose went out since `since`, oldest first.
pub async fn links_sent(conn: &mut PgConnection, account_id: Uuid, purpose: Purpose, since: DateTime<Utc>) -> Sql<Vec<DateTime<Utc>>> {
    sqlx::query_scalar!(
        "SELECT created_at FROM account_link WHERE account_id = $1 AND purpose = $2 AND created_at > $3 ORDER BY created_at",
        account_id,
        purpose.as_str(),
        since
    )
    .fetch_all(conn)
    .await
}

/// One after the other: two requests for a mail at the same time must not both find that none was sent.
pub async fn lock_account(conn: &mut PgConnection, account_id: Uuid) -> Sql<()> {
    sqlx::query_scalar!("SELECT id FROM account WHERE id = $1 FOR UPDATE", account_id).fetch_optional(conn).await?;
    Ok(())
}

// Failures

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

// Password

pub async fn set_password(conn: &mut PgConnection, account_id: Uuid, hash: &str, now: DateTime<Utc>) -> Sql<u64> {
    let done = sqlx::query!("UPDATE account SET password_hash = $2, password_changed_at = $3 WHERE id = $1", account_id, hash, now);
    Ok(done.execute(conn).await?.rows_affected())
}

/// Whether somebody has signed in to the account before.
pub async fn signed_in_before(conn: &mut PgConnection, account_id: Uuid) -> Sql<bool> {
    sqlx::query_scalar!(r#"SELECT EXISTS (SELECT 1 FROM session WHERE account_id = $1 AND state = 'active') AS "any!""#, account_id)
        .fetch_one(conn)
        .await
}

#[derive(Debug, Clone)]
pub struct SessionRow {
    pub id: Uuid,
    pub created_at: DateTime<Utc>,
    pub last_used_at: DateTime<Utc>,
    pub address: String,
    pub user_agent: String,
}

/// Sessions that may still be alive, last used first.
pub async fn sessions(
    conn: &mut PgConnection,
    account_id: Uuid,
    used_since: DateTime<Utc>,
    begun_since: DateTime<Utc>,
) -> Sql<Vec<SessionRow>> {
    sqlx::query_as!(
        SessionRow,
        "SELECT id, created_at, last_used_at, address, user_agent FROM session
         WHERE account_id = $1 AND ended_at IS NULL AND state = 'active' AND last_used_at > $2 AND created_at > $3
         ORDER BY last_used_at DESC LIMIT 100",
        account_id,
        used_since,
        begun_since
    )
    .fetch_all(conn)
    .await
}

/// Ends one of an account's own sessions. `false`: it has none of that id.
pub async fn end_own_session(conn: &mut PgConnection, account_id: Uuid, session_id: Uuid, now: DateTime<Utc>) -> Sql<bool> {
    let done =
        sqlx::query!("UPDATE session SET ended_at = coalesce(ended_at, $3) WHERE id = $1 AND account_id = $2", session_id, account_id, now)
            .execute(conn)
            .await?;
    Ok(done.rows_affected() == 1)
}

// Profile

#[derive(Debug, Clone)]
pub struct Profile {
    pub candidate_id: Option<String>,
    pub given_name: String,
    pub family_name: String,
    pub country: String,
    pub subdivision: Option<String>,
    pub language: String,
    pub time_zone: String,
    pub company: Option<String>,
    pub job_role: Option<String>,
    pub industry: Option<String>,
    pub country_name_en: String,
    pub country_name_es: String,
    pub subdivision_name: Option<String>,
    pub password_changed_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    /// An exam was taken: the legal name is locked (product.md section 1).
    pub name_locked: bool,
}

pub async fn profile(conn: &mut PgConnection, account_id: Uuid) -> Sql<Option<Profile>> {
    sqlx::query_as!(
        Profile,
        r#"SELECT a.candidate_id, a.given_name, a.family_name, a.country, a.subdivision, a.language, a.time_zone, a.company, a.job_role,
                  a.industry, c.name_en AS country_name_en, c.name_es AS country_name_es, s.name AS "subdivision_name?",
                  a.password_changed_at, a.created_at,
                  (EXISTS (SELECT 1 FROM exam_result r WHERE r.account_id = a.id)
                   OR EXISTS (SELECT 1 FROM appointment p WHERE p.account_id = a.id
                              AND p.state IN ('checked_in', 'admitted', 'started', 'delivered', 'under_review', 'scored', 'interrupted'))) AS "name_locked!"
           FROM account a JOIN country c ON c.code = a.country LEFT JOIN subdivision s ON s.code = a.subdivision
           WHERE a.id = $1"#,
        account_id
    )
    .fetch_optional(conn)
    .await
}

/// What a profile form changes.
pub struct ProfileChange<'a> {
    pub given_name: &'a str,
    pub family_name: &'a str,
    pub country: &'a str,
    pub subdivision: Option<&'a str>,
    pub language: &'a str,
    pub time_zone: &'a str,
    pub company: Option<&'a str>,
    pub job_role: Option<&'a str>,
    pub industry: Option<&'a str>,
}

pub async fn update_profile(conn: &mut PgConnection, account_id: Uuid, change: &ProfileChange<'_>) -> Sql<u64> {
    let done = sqlx::query!(
        "UPDATE account SET given_name = $2, family_name = $3, country = $4, subdivision = $5, language = $6, time_zone = $7, company = $8,
                            job_role = $9, industry = $10
         WHERE id = $1",
        account_id,
        change.given_name,
        change.family_name,
        change.country,
        change.subdivision,
        change.language,
        change.time_zone,
        change.company,
        change.job_role,
        change.industry,
    );
    Ok(done.execute(conn).await?.rows_affected())
}

// Countries

#[derive(Debug, Clone)]
pub struct Country {
    pub code: String,
    pub name_en: String,
    pub name_es: String,
}

pub async fn countries(pool: &PgPool) -> Sql<Vec<Country>> {
    sqlx::query_as!(Country, "SELECT code, name_en, name_es FROM country").fetch_all(pool).await
}

pub async fn regions(pool: &PgPool, country: &str) -> Sql<Vec<Region>> {
    sqlx::query_as!(Region, "SELECT code, name FROM subdivision WHERE country = $1", country).fetch_all(pool).await
}

/// Whether a country is known, has regions, and the one given is one of them.
pub struct Place {
    pub country: bool,
    pub has_regions: bool,
    pub region: bool,
    /// The zone most of its people live in, by its largest city.
    pub main_zone: Option<String>,
}

pub async fn place(conn: &mut PgConnection, country: &str, region: &str) -> Sql<Place> {
    sqlx::query_as!(
        Place,
        r#"SELECT EXISTS (SELECT 1 FROM country WHERE code = $1) AS "country!",
                  EXISTS (SELECT 1 FROM subdivision WHERE country = $1) AS "has_regions!",
                  EXISTS (SELECT 1 FROM subdivision WHERE country = $1 AND code = $2) AS "region!",
                  (SELECT time_zone FROM city WHERE country = $1 ORDER BY population DESC LIMIT 1) AS main_zone"#,
        country,
        region
    )
    .fetch_one(conn)
    .await
}

pub async fn candidate_id_taken(conn: &mut PgConnection, candidate_id: &str) -> Sql<bool> {
    sqlx::query_scalar!(r#"SELECT EXISTS (SELECT 1 FROM account WHERE candidate_id = $1) AS "taken!""#, candidate_id).fetch_one(conn).await
}

/// The version of the agreement in force, read from the database itself: for loaders, before the programme is in memory.
pub async fn agreement_in_force(conn: &mut PgConnection) -> Sql<Option<String>> {
    sqlx::query_scalar!("SELECT agreement_version FROM programme").fetch_optional(conn).await
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
