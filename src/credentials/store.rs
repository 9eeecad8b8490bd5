//! The SQL of credentials.

use super::CredentialId;
use super::model::{Credential, Revoked, StoredState};
use super::revocation::model::Cause;
use crate::ids::{AccountId, CertificationId, CredentialKey, ExamId, ResultId};
use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};

/// Locks the account: one award of a person at a time, so that two passes do not leave two active credentials. `None`: it was erased, and
/// nobody is there to hold anything.
pub async fn lock_holder(conn: &mut PgConnection, account_id: AccountId) -> Result<Option<String>, sqlx::Error> {
    let found = sqlx::query!(
        r#"SELECT given_name || ' ' || family_name AS "name!", erased_at FROM account WHERE id = $1 FOR NO KEY UPDATE"#,
        account_id as _
    )
    .fetch_one(conn)
    .await?;
    Ok(Some(found.name).filter(|_| found.erased_at.is_none()))
}

pub async fn validity_years(conn: &mut PgConnection, certification_id: CertificationId) -> Result<i32, sqlx::Error> {
    sqlx::query_scalar!("SELECT validity_years FROM certification WHERE id = $1", certification_id as _).fetch_one(conn).await
}

pub async fn of_result(conn: &mut PgConnection, result_id: ResultId) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!("SELECT public_id FROM credential WHERE result_id = $1", result_id as _).fetch_optional(conn).await
}

/// Gives way to a new credential of the same certification; what is expired by then stays expired.
pub async fn supersede_active(
    conn: &mut PgConnection,
    account_id: AccountId,
    certification_id: CertificationId,
    now: DateTime<Utc>,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        "UPDATE credential SET state = 'superseded'
         WHERE account_id = $1 AND certification_id = $2 AND state = 'active' AND expires_at >= $3 RETURNING public_id",
        account_id as _,
        certification_id as _,
        now
    )
    .fetch_all(conn)
    .await
}

/// Takes back that the newest superseded credential gave way, where none is active any more and it would be valid still; gives its ID.
pub async fn restore_superseded(
    conn: &mut PgConnection,
    account_id: AccountId,
    certification_id: CertificationId,
    now: DateTime<Utc>,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!(
        "UPDATE credential SET state = 'active'
         WHERE id = (SELECT id FROM credential
                     WHERE account_id = $1 AND certification_id = $2 AND state = 'superseded' AND expires_at >= $3
                     ORDER BY issued_at DESC, id LIMIT 1)
           AND NOT EXISTS (SELECT FROM credential
                           WHERE account_id = $1 AND certification_id = $2 AND state = 'active' AND expires_at >= $3)
         RETURNING public_id",
        account_id as _,
        certification_id as _,
        now
    )
    .fetch_optional(conn)
    .await
}

pub struct NewCredential<'a> {
    pub id: CredentialKey,
    pub public_id: &'a str,
    pub account_id: AccountId,
    pub certification_id: CertificationId,
    pub exam_id: ExamId,
    pub result_id: ResultId,
    pub holder_name: &'a str,
    pub issued_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// Credentials that have a place in one list of revocations before the next one is begun: half of its bits.
const LISTED: i64 = 65_536;

/// `places`: random bits of a list, of which the first free one is taken. `false`: none is free. Which list it is comes from a sequence:
/// nothing has to be counted, and no award waits for another.
pub async fn insert(conn: &mut PgConnection, new: &NewCredential<'_>, places: &[i32]) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "INSERT INTO credential (id, public_id, account_id, certification_id, exam_id, result_id, holder_name, issued_at, expires_at, state,
                                 status_list, status_index)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, 'active', l.list, p.place
         FROM (SELECT (nextval('credential_place_seq') / $11::bigint)::int AS list) l, unnest($10::int[]) WITH ORDINALITY AS p (place, nth)
         WHERE NOT EXISTS (SELECT FROM credential k WHERE k.status_list = l.list AND k.status_index = p.place)
         ORDER BY p.nth LIMIT 1
         ON CONFLICT ON CONSTRAINT credential_status_key DO NOTHING",
        new.id as _,
        new.public_id,
        new.account_id as _,
        new.certification_id as _,
        new.exam_id as _,
        new.result_id as _,
        new.holder_name,
        new.issued_at,
        new.expires_at,
        places,
        LISTED,
    );
    Ok(done.execute(conn).await?.rows_affected() == 1)
}

/// A credential by its ID, or all of an account, newest first.
pub async fn find(pool: &PgPool, public_id: Option<CredentialId>, account_id: Option<AccountId>) -> Result<Vec<Credential>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT k.id, k.public_id, k.account_id, k.holder_name, c.name, c.slug, c.short_name, c.level, c.badge_color, e.code, k.issued_at,
                k.expires_at, k.state, k.version, k.status_list, k.status_index, k.revoked_at, k.revoked_reason, k.revoked_note,
                p.language, p.country
         FROM credential k JOIN certification c ON c.id = k.certification_id JOIN exam e ON e.id = k.exam_id
         JOIN account p ON p.id = k.account_id
         WHERE ($1::text IS NULL OR k.public_id = $1) AND ($2::uuid IS NULL OR k.account_id = $2)
         ORDER BY k.issued_at DESC, k.id",
        public_id.map(CredentialId::compact),
        account_id as _
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Credential {
                id: row.id,
                public_id: CredentialId::parse(&row.public_id).map_err(|error| sqlx::Error::Decode(error.into()))?,
                account_id: row.account_id,
                holder_name: row.holder_name,
                certification: row.name,
                certification_slug: row.slug,
                short_name: row.short_name,
                level: row.level,
                badge_color: row.badge_color,
                exam_code: row.code,
                issued_at: row.issued_at,
                expires_at: row.expires_at,
                stored_state: StoredState::of(&row.state),
                version: row.version,
                status_list: row.status_list,
                status_index: row.status_index,
                revoked: row.revoked_reason.map(|reason| Revoked { at: row.revoked_at, cause: Cause::of(&reason), note: row.revoked_note }),
                language: row.language,
                country: row.country,
            })
        })
        .collect()
}

/// Locks a credential until the transaction ends; gives what is stored of its state. By its id, or by the result it stands on.
pub async fn lock(conn: &mut PgConnection, id: Option<CredentialKey>, result_id: Option<ResultId>) -> Result<Option<Locked>, sqlx::Error> {
    sqlx::query_as!(
        Locked,
        "SELECT k.id, k.public_id, k.account_id, k.state, c.id AS certification_id, c.name AS certification
         FROM credential k JOIN certification c ON c.id = k.certification_id WHERE k.id = $1 OR k.result_id = $2 FOR UPDATE OF k",
        id as _,
        result_id as _
    )
    .fetch_optional(conn)
    .await
}

/// A credential that somebody is about to change.
#[derive(Debug, Clone)]
pub struct Locked {
    pub id: CredentialKey,
    pub public_id: String,
    pub account_id: AccountId,
    pub state: String,
    pub certification_id: CertificationId,
    pub certification: String,
}

/// Revokes a credential that is not revoked yet; gives the number of rows that changed.
pub async fn revoke(
    conn: &mut PgConnection,
    id: CredentialKey,
    cause: Cause,
    note: Option<&str>,
    now: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        "UPDATE credential SET state = 'revoked', revoked_reason = $2, revoked_note = $3, revoked_at = $4 WHERE id = $1 AND state <> 'revoked'",
        id as _,
        cause.as_str(),
        note,
        now
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Takes a credential off the result it stood on, which is a pass no more: should it become one again, that awards another.
pub async fn detach(conn: &mut PgConnection, id: CredentialKey) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE credential SET result_id = NULL WHERE id = $1", id as _).execute(conn).await?;
    Ok(())
}
