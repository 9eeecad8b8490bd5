//! Results between their import and their candidate.

use super::SqlResult;
use crate::ids::{AccountId, CertificationId, ExamId, ImportId, ResultId};
use crate::results::model::*;
use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};

pub async fn count_waiting(pool: &PgPool) -> SqlResult<i64> {
    sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM exam_result WHERE state = 'received'"#).fetch_one(pool).await
}

/// A result on its way out.
pub struct Releasing {
    pub id: ResultId,
    pub account_id: AccountId,
    pub exam_id: ExamId,
    pub exam_code: String,
    pub certification_id: CertificationId,
    pub certification: String,
    pub passed: bool,
    pub state: String,
    pub given_name: String,
    pub family_name: String,
    pub language: String,
    pub time_zone: String,
    /// `None`: the account was erased.
    pub email: Option<String>,
}

/// Those of an import that wait, in the order in which they are locked.
pub async fn waiting_of_import(conn: &mut PgConnection, import_id: ImportId) -> SqlResult<Vec<ResultId>> {
    sqlx::query_scalar!("SELECT id FROM exam_result WHERE import_id = $1 AND state = 'received' ORDER BY id", import_id as _)
        .fetch_all(conn)
        .await
}

/// The results of an import: `(appointment's reference, id)`.
pub async fn references_of_import(conn: &mut PgConnection, import_id: ImportId) -> SqlResult<Vec<(String, ResultId)>> {
    let rows = sqlx::query!(
        "SELECT a.reference, r.id FROM exam_result r JOIN appointment a ON a.id = r.appointment_id WHERE r.import_id = $1",
        import_id as _
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.reference, row.id)).collect())
}

/// Locks results, in one order, and reads what their release needs.
pub async fn lock_results(conn: &mut PgConnection, ids: &[ResultId]) -> SqlResult<Vec<Releasing>> {
    // Locked first, read then: the second of two releases sees what the first one wrote.
    sqlx::query_scalar!("SELECT id FROM exam_result WHERE id = ANY($1) ORDER BY id FOR UPDATE", ids as _).fetch_all(&mut *conn).await?;
    sqlx::query_as!(
        Releasing,
        r#"SELECT r.id, r.account_id, r.exam_id, e.code AS exam_code, c.id AS certification_id, c.name AS certification,
                  r.passed, r.state, p.given_name, p.family_name, p.language, p.time_zone, m.address AS "email?"
           FROM exam_result r JOIN exam e ON e.id = r.exam_id JOIN certification c ON c.id = e.certification_id
           JOIN account p ON p.id = r.account_id LEFT JOIN account_email m ON m.account_id = p.id AND m.is_primary
           WHERE r.id = ANY($1) ORDER BY r.taken_at, r.id"#,
        ids as _
    )
    .fetch_all(conn)
    .await
}

/// Marks received results as released, and their appointments as scored; gives the number of results that changed.
pub async fn set_released(conn: &mut PgConnection, now: DateTime<Utc>, actor: Option<AccountId>, ids: &[ResultId]) -> SqlResult<u64> {
    let done = sqlx::query!(
        "UPDATE exam_result SET state = 'released', released_at = $2, released_by = $3 WHERE id = ANY($1) AND state = 'received'",
        ids as _,
        now,
        actor as _,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "WITH changed AS (
             UPDATE appointment a SET state = 'scored', ended_at = coalesce(a.ended_at, r.taken_at)
             FROM exam_result r WHERE r.id = ANY($1) AND a.id = r.appointment_id AND a.state <> 'scored' RETURNING a.id)
         INSERT INTO appointment_event (appointment_id, at, kind, actor_id, detail) SELECT id, $2, 'scored', $3, '{}' FROM changed",
        ids as _,
        now,
        actor as _,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "UPDATE result_import i SET released_at = $2
         WHERE i.released_at IS NULL AND i.id IN (SELECT import_id FROM exam_result WHERE id = ANY($1))
               AND NOT EXISTS (SELECT FROM exam_result r WHERE r.import_id = i.id AND r.state = 'received')",
        ids as _,
        now,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Results that wait for release, oldest first; of one import, or all.
pub async fn waiting(pool: &PgPool, import: Option<ImportId>, limit: i64, offset: i64) -> SqlResult<Vec<WaitingResult>> {
    sqlx::query_as!(
        WaitingResult,
        r#"SELECT r.id, r.import_id, p.candidate_id AS "candidate_id!", p.given_name || ' ' || p.family_name AS "candidate_name!",
                  a.reference, e.code AS exam_code, r.taken_at, a.time_zone, r.scaled_score, r.passed,
                  e.status = 'beta' AS "beta!", coalesce((a.policies->>'result_business_days')::int, 5) AS "result_business_days!"
           FROM exam_result r JOIN appointment a ON a.id = r.appointment_id JOIN account p ON p.id = r.account_id
           JOIN exam e ON e.id = r.exam_id
           WHERE r.state = 'received' AND ($1::uuid IS NULL OR r.import_id = $1)
           ORDER BY r.taken_at, r.id LIMIT $2 OFFSET $3"#,
        import as _,
        limit,
        offset
    )
    .fetch_all(pool)
    .await
}
