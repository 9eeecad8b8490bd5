//! Mailed single-use links, of which only the hash is stored.

use super::Sql;
use crate::ids::{AccountId, EmailId};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

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
    pub account_id: AccountId,
    pub email_id: Option<EmailId>,
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
    account_id: AccountId,
    email_id: EmailId,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Sql<()> {
    sqlx::query!(
        "INSERT INTO account_link (token_hash, purpose, account_id, email_id, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
        token_hash,
        purpose.as_str(),
        account_id as _,
        email_id as _,
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
pub async fn void_links(conn: &mut PgConnection, account_id: AccountId, purpose: Purpose, now: DateTime<Utc>) -> Sql<()> {
    sqlx::query!(
        "UPDATE account_link SET used_at = $3 WHERE account_id = $1 AND purpose = $2 AND used_at IS NULL",
        account_id as _,
        purpose.as_str(),
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// When links of a purpose went out since `since`, oldest first.
pub async fn links_sent(conn: &mut PgConnection, account_id: AccountId, purpose: Purpose, since: DateTime<Utc>) -> Sql<Vec<DateTime<Utc>>> {
    sqlx::query_scalar!(
        "SELECT created_at FROM account_link WHERE account_id = $1 AND purpose = $2 AND created_at > $3 ORDER BY created_at",
        account_id as _,
        purpose.as_str(),
        since
    )
    .fetch_all(conn)
    .await
}
