//! Requests for a guardian's consent in the database.

use crate::ids::{AccountId, ConsentId};
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;

type Sql<T> = Result<T, sqlx::Error>;

/// One request, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    pub id: ConsentId,
    pub account_id: AccountId,
    pub guardian_name: String,
    pub guardian_email: String,
    pub requested_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub replaced_at: Option<DateTime<Utc>>,
    /// `given` or `declined`.
    pub decision: Option<String>,
    pub decided_at: Option<DateTime<Utc>>,
    pub withdrawn_at: Option<DateTime<Utc>>,
}

/// The newest request of an account.
pub async fn newest(conn: &mut PgConnection, account_id: AccountId) -> Sql<Option<Consent>> {
    sqlx::query_as!(
        Consent,
        "SELECT id, account_id, guardian_name, guardian_email, requested_at, expires_at, replaced_at, decision, decided_at, withdrawn_at
         FROM guardian_consent WHERE account_id = $1 AND replaced_at IS NULL ORDER BY requested_at DESC, id LIMIT 1",
        account_id as _
    )
    .fetch_optional(conn)
    .await
}

/// The two links that are mailed to a guardian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// Asks for the answer.
    Answer,
    /// Takes the consent back; in the confirmation mail.
    Withdrawal,
}

/// The request that a link's token is for; locked, so that it is answered once.
pub async fn by_link(conn: &mut PgConnection, link: Link, token_hash: &[u8]) -> Sql<Option<Consent>> {
    sqlx::query_as!(
        Consent,
        "SELECT id, account_id, guardian_name, guardian_email, requested_at, expires_at, replaced_at, decision, decided_at, withdrawn_at
         FROM guardian_consent WHERE (NOT $2 AND token_hash = $1) OR ($2 AND withdrawal_hash = $1) FOR UPDATE",
        token_hash,
        link == Link::Withdrawal
    )
    .fetch_optional(conn)
    .await
}

/// Whether a consent holds.
pub async fn holds(conn: &mut PgConnection, account_id: AccountId) -> Sql<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM guardian_consent
                          WHERE account_id = $1 AND decision = 'given' AND withdrawn_at IS NULL) AS "holds!""#,
        account_id as _
    )
    .fetch_one(conn)
    .await
}

/// Asks a guardian; whoever was asked before and has not answered is asked no more.
pub async fn insert(conn: &mut PgConnection, consent: &Consent, token_hash: &[u8]) -> Sql<()> {
    sqlx::query!(
        "UPDATE guardian_consent SET replaced_at = $2 WHERE account_id = $1 AND decision IS NULL AND replaced_at IS NULL",
        consent.account_id as _,
        consent.requested_at
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "INSERT INTO guardian_consent (id, account_id, guardian_name, guardian_email, requested_at, token_hash, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        consent.id as _,
        consent.account_id as _,
        consent.guardian_name,
        consent.guardian_email,
        consent.requested_at,
        token_hash,
        consent.expires_at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A new link for a request: the one before it is dead.
pub async fn renew(conn: &mut PgConnection, id: ConsentId, token_hash: &[u8], expires_at: DateTime<Utc>) -> Sql<u64> {
    let done = sqlx::query!(
        "UPDATE guardian_consent SET token_hash = $2, expires_at = $3 WHERE id = $1 AND decision IS NULL AND replaced_at IS NULL",
        id as _,
        token_hash,
        expires_at
    );
    Ok(done.execute(conn).await?.rows_affected())
}

pub async fn give(
    conn: &mut PgConnection,
    id: ConsentId,
    signed_name: &str,
    text_version: &str,
    withdrawal_hash: &[u8],
    from: &str,
    now: DateTime<Utc>,
) -> Sql<u64> {
    let done = sqlx::query!(
        "UPDATE guardian_consent
         SET decision = 'given', decided_at = $2, signed_name = $3, text_version = $4, withdrawal_hash = $5, decided_from = $6
         WHERE id = $1 AND decision IS NULL",
        id as _,
        now,
        signed_name,
        text_version,
        withdrawal_hash,
        from
    );
    Ok(done.execute(conn).await?.rows_affected())
}

pub async fn decline(conn: &mut PgConnection, id: ConsentId, from: &str, now: DateTime<Utc>) -> Sql<u64> {
    let done = sqlx::query!(
        "UPDATE guardian_consent SET decision = 'declined', decided_at = $2, decided_from = $3 WHERE id = $1 AND decision IS NULL",
        id as _,
        now,
        from
    );
    Ok(done.execute(conn).await?.rows_affected())
}

pub async fn withdraw(conn: &mut PgConnection, id: ConsentId, now: DateTime<Utc>) -> Sql<()> {
    sqlx::query!(
        "UPDATE guardian_consent SET withdrawn_at = coalesce(withdrawn_at, $2) WHERE id = $1 AND decision = 'given'",
        id as _,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The date of birth, where it is known: it is told with the first booking.
pub async fn born(conn: &mut PgConnection, account_id: AccountId) -> Sql<Option<NaiveDate>> {
    sqlx::query_scalar!("SELECT date_of_birth FROM account WHERE id = $1", account_id as _).fetch_one(conn).await
}
