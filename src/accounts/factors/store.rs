//! Second factors in the database.

use crate::ids::{AccountId, SessionId, TrustedDeviceId};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

type Sql<T> = Result<T, sqlx::Error>;

/// What an account has beside its password.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Factors {
    pub authenticator: bool,
    /// The verified number in E.164; it may be there without being a factor.
    pub phone: Option<String>,
    /// Codes by SMS are a factor.
    pub sms: bool,
    pub passkeys: i64,
    /// Backup codes that were not used yet.
    pub backup_codes: i64,
}

pub async fn factors(conn: &mut PgConnection, account_id: AccountId) -> Sql<Factors> {
    let found = sqlx::query_as!(
        Factors,
        r#"SELECT a.totp_secret IS NOT NULL AS "authenticator!",
                  CASE WHEN a.phone_verified_at IS NOT NULL THEN a.phone END AS phone,
                  a.sms_factor_since IS NOT NULL AS "sms!",
                  (SELECT count(*) FROM passkey p WHERE p.account_id = a.id) AS "passkeys!",
                  (SELECT count(*) FROM backup_code b WHERE b.account_id = a.id AND b.used_at IS NULL) AS "backup_codes!"
           FROM account a WHERE a.id = $1"#,
        account_id as _
    );
    Ok(found.fetch_optional(conn).await?.unwrap_or_default())
}

/// Takes every second factor off an account, its backup codes and trusted browsers with them. The phone stays as a number.
pub async fn remove_all(conn: &mut PgConnection, account_id: AccountId) -> Sql<()> {
    sqlx::query!("UPDATE account SET totp_secret = NULL, sms_factor_since = NULL WHERE id = $1", account_id as _)
        .execute(&mut *conn)
        .await?;
    sqlx::query!("DELETE FROM passkey WHERE account_id = $1", account_id as _).execute(&mut *conn).await?;
    delete_backup_codes(conn, account_id).await?;
    forget_trusted(conn, account_id).await
}

// Authenticator app

/// Notes the time step a code was accepted for. `false`: this one or a later one was used already.
pub async fn use_step(conn: &mut PgConnection, account_id: AccountId, step: i64) -> Sql<bool> {
    let done = sqlx::query!(
        "UPDATE account SET totp_last_step = $2 WHERE id = $1 AND (totp_last_step IS NULL OR totp_last_step < $2)",
        account_id as _,
        step
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Enrols the app. `false`: there is one already.
pub async fn set_totp(conn: &mut PgConnection, account_id: AccountId, sealed: &[u8], step: i64) -> Sql<bool> {
    let done = sqlx::query!(
        "UPDATE account SET totp_secret = $2, totp_last_step = $3 WHERE id = $1 AND totp_secret IS NULL",
        account_id as _,
        sealed,
        step
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes the app; its last step stays, so that an old code never counts again.
pub async fn remove_totp(conn: &mut PgConnection, account_id: AccountId) -> Sql<()> {
    sqlx::query!("UPDATE account SET totp_secret = NULL WHERE id = $1", account_id as _).execute(conn).await?;
    Ok(())
}

/// Every account's sealed secret, locked until the transaction's end.
pub async fn totp_secrets(conn: &mut PgConnection) -> Sql<Vec<(AccountId, Vec<u8>)>> {
    let rows = sqlx::query!(r#"SELECT id, totp_secret AS "secret!" FROM account WHERE totp_secret IS NOT NULL ORDER BY id FOR UPDATE"#);
    Ok(rows.fetch_all(conn).await?.into_iter().map(|row| (row.id, row.secret)).collect())
}

pub async fn replace_totp(conn: &mut PgConnection, account_id: AccountId, sealed: &[u8]) -> Sql<()> {
    sqlx::query!("UPDATE account SET totp_secret = $2 WHERE id = $1", account_id as _, sealed).execute(conn).await?;
    Ok(())
}

// Phone

/// The calling code of a country, with its plus.
pub async fn calling_code(conn: &mut PgConnection, country: &str) -> Sql<Option<String>> {
    Ok(sqlx::query_scalar!("SELECT calling_code FROM country WHERE code = $1", country).fetch_optional(conn).await?.flatten())
}

/// A number whose owner has typed the code that was sent to it. Where codes are a factor already, they go there from now on.
pub async fn set_phone(conn: &mut PgConnection, account_id: AccountId, phone: &str, now: DateTime<Utc>) -> Sql<()> {
    sqlx::query!(
        "UPDATE account SET phone = $2, phone_verified_at = $3::timestamptz,
                sms_factor_since = CASE WHEN sms_factor_since IS NOT NULL THEN $3::timestamptz END
         WHERE id = $1",
        account_id as _,
        phone,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn remove_phone(conn: &mut PgConnection, account_id: AccountId) -> Sql<()> {
    sqlx::query!("UPDATE account SET phone = NULL, phone_verified_at = NULL, sms_factor_since = NULL WHERE id = $1", account_id as _)
        .execute(conn)
        .await?;
    Ok(())
}

/// Makes codes by SMS a factor, or no factor any more (`None`).
pub async fn set_sms_factor(conn: &mut PgConnection, account_id: AccountId, since: Option<DateTime<Utc>>) -> Sql<()> {
    sqlx::query!("UPDATE account SET sms_factor_since = $2 WHERE id = $1", account_id as _, since).execute(conn).await?;
    Ok(())
}

// Codes by SMS

/// What a code sent by SMS is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmsPurpose {
    VerifyPhone,
    Login,
}

impl SmsPurpose {
    pub fn as_str(self) -> &'static str {
        match self {
            SmsPurpose::VerifyPhone => "verify_phone",
            SmsPurpose::Login => "login",
        }
    }
}

/// One after the other also for accounts that share a number.
pub async fn lock_number(conn: &mut PgConnection, phone: &str) -> Sql<()> {
    sqlx::query!(r#"SELECT pg_advisory_xact_lock(hashtextextended('sms:' || $1, 0)) IS NULL AS "locked!""#, phone).fetch_one(conn).await?;
    Ok(())
}

/// When messages of a kind were written to an account since `since`, oldest first.
pub async fn sent_to_account(
    conn: &mut PgConnection,
    account_id: AccountId,
    template: &str,
    since: DateTime<Utc>,
) -> Sql<Vec<DateTime<Utc>>> {
    sqlx::query_scalar!(
        "SELECT created_at FROM sms_message WHERE account_id = $1 AND template = $2 AND created_at > $3 ORDER BY created_at",
        account_id as _,
        template,
        since
    )
    .fetch_all(conn)
    .await
}

/// The same for a number, whoever's account it was for.
pub async fn sent_to_number(conn: &mut PgConnection, phone: &str, template: &str, since: DateTime<Utc>) -> Sql<Vec<DateTime<Utc>>> {
    sqlx::query_scalar!(
        "SELECT created_at FROM sms_message WHERE to_number = $1 AND template = $2 AND created_at > $3 ORDER BY created_at",
        phone,
        template,
        since
    )
    .fetch_all(conn)
    .await
}

/// A new code of a session; the one before it is dead.
pub async fn put_code(
    conn: &mut PgConnection,
    session_id: SessionId,
    purpose: SmsPurpose,
    phone: &str,
    mac: &[u8],
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Sql<()> {
    sqlx::query!(
        "INSERT INTO sms_code (session_id, purpose, phone, code_mac, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (session_id, purpose) DO UPDATE SET phone = $3, code_mac = $4, created_at = $5, expires_at = $6, tries = 0, used_at = NULL",
        session_id as _,
        purpose.as_str(),
        phone,
        mac,
        now,
        expires_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Counts a try at a session's code, before it is looked at: `(number, MAC)`. `None`: there is none that can be tried.
pub async fn try_code(
    conn: &mut PgConnection,
    session_id: SessionId,
    purpose: SmsPurpose,
    tries: i32,
    now: DateTime<Utc>,
) -> Sql<Option<(String, Vec<u8>)>> {
    let row = sqlx::query!(
        "UPDATE sms_code SET tries = tries + 1
         WHERE session_id = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $4 AND tries < $3 RETURNING phone, code_mac",
        session_id as _,
        purpose.as_str(),
        tries,
        now
    );
    Ok(row.fetch_optional(conn).await?.map(|row| (row.phone, row.code_mac)))
}

/// Uses a session's code up. `false`: somebody was quicker.
pub async fn use_code(conn: &mut PgConnection, session_id: SessionId, purpose: SmsPurpose, mac: &[u8], now: DateTime<Utc>) -> Sql<bool> {
    let done = sqlx::query!(
        "UPDATE sms_code SET used_at = $4 WHERE session_id = $1 AND purpose = $2 AND code_mac = $3 AND used_at IS NULL",
        session_id as _,
        purpose.as_str(),
        mac,
        now
    );
    Ok(done.execute(conn).await?.rows_affected() == 1)
}

/// The number that a session's code went to, if it can still be typed: `(number, end)`.
pub async fn pending_code(
    conn: &mut PgConnection,
    session_id: SessionId,
    purpose: SmsPurpose,
    tries: i32,
    now: DateTime<Utc>,
) -> Sql<Option<(String, DateTime<Utc>)>> {
    let row = sqlx::query!(
        "SELECT phone, expires_at FROM sms_code
         WHERE session_id = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $4 AND tries < $3",
        session_id as _,
        purpose.as_str(),
        tries,
        now
    );
    Ok(row.fetch_optional(conn).await?.map(|row| (row.phone, row.expires_at)))
}

/// Forgets codes that can be typed no more.
pub async fn forget_codes(conn: &mut PgConnection, now: DateTime<Utc>) -> Sql<()> {
    sqlx::query!("DELETE FROM sms_code WHERE expires_at < $1", now).execute(conn).await?;
    Ok(())
}

// Backup codes

/// Puts new codes in the place of all there were.
pub async fn replace_backup_codes(conn: &mut PgConnection, account_id: AccountId, hashes: &[Vec<u8>], now: DateTime<Utc>) -> Sql<()> {
    delete_backup_codes(conn, account_id).await?;
    sqlx::query!(
        "INSERT INTO backup_code (account_id, code_hash, created_at) SELECT $1, hash, $3 FROM unnest($2::bytea[]) AS hash",
        account_id as _,
        hashes,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn delete_backup_codes(conn: &mut PgConnection, account_id: AccountId) -> Sql<()> {
    sqlx::query!("DELETE FROM backup_code WHERE account_id = $1", account_id as _).execute(conn).await?;
    Ok(())
}

/// What is kept of the codes that were not used yet.
pub async fn backup_codes(conn: &mut PgConnection, account_id: AccountId) -> Sql<Vec<Vec<u8>>> {
    sqlx::query_scalar!("SELECT code_hash FROM backup_code WHERE account_id = $1 AND used_at IS NULL", account_id as _)
        .fetch_all(conn)
        .await
}

/// When the codes of an account were made.
pub async fn backup_codes_made(conn: &mut PgConnection, account_id: AccountId) -> Sql<Option<DateTime<Utc>>> {
    sqlx::query_scalar!("SELECT max(created_at) FROM backup_code WHERE account_id = $1", account_id as _).fetch_one(conn).await
}

/// Uses a code up. `false`: it was used already.
pub async fn use_backup_code(conn: &mut PgConnection, account_id: AccountId, hash: &[u8], now: DateTime<Utc>) -> Sql<bool> {
    let done = sqlx::query!(
        "UPDATE backup_code SET used_at = $3 WHERE account_id = $1 AND code_hash = $2 AND used_at IS NULL",
        account_id as _,
        hash,
        now
    );
    Ok(done.execute(conn).await?.rows_affected() == 1)
}

// Trusted browsers

/// A browser that needs no second factor.
#[derive(Debug, Clone)]
pub struct TrustedRow {
    pub id: TrustedDeviceId,
    pub user_agent: String,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

pub async fn insert_trusted(conn: &mut PgConnection, row: &TrustedRow, token_hash: &[u8], account_id: AccountId) -> Sql<()> {
    sqlx::query!(
        "INSERT INTO trusted_device (id, token_hash, account_id, user_agent, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
        row.id as _,
        token_hash,
        account_id as _,
        row.user_agent,
        row.created_at,
        row.expires_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether one of these tokens is a browser that the account trusts.
pub async fn is_trusted(conn: &mut PgConnection, account_id: AccountId, token_hashes: &[Vec<u8>], now: DateTime<Utc>) -> Sql<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM trusted_device WHERE account_id = $1 AND token_hash = ANY($2) AND expires_at > $3) AS "trusted!""#,
        account_id as _,
        token_hashes,
        now
    )
    .fetch_one(conn)
    .await
}

pub async fn trusted(conn: &mut PgConnection, account_id: AccountId, now: DateTime<Utc>) -> Sql<Vec<TrustedRow>> {
    sqlx::query_as!(
        TrustedRow,
        "SELECT id, user_agent, created_at, expires_at FROM trusted_device WHERE account_id = $1 AND expires_at > $2
         ORDER BY created_at DESC LIMIT 100",
        account_id as _,
        now
    )
    .fetch_all(conn)
    .await
}

/// `false`: the account trusts no browser of that id.
pub async fn stop_trusting(conn: &mut PgConnection, account_id: AccountId, id: TrustedDeviceId) -> Sql<bool> {
    let done = sqlx::query!("DELETE FROM trusted_device WHERE account_id = $1 AND id = $2", account_id as _, id as _).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}

/// After a change of password or factor no browser is trusted any more.
pub async fn forget_trusted(conn: &mut PgConnection, account_id: AccountId) -> Sql<()> {
    sqlx::query!("DELETE FROM trusted_device WHERE account_id = $1", account_id as _).execute(conn).await?;
    Ok(())
}
