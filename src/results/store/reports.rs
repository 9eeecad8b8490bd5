//! What candidates see of their own results.

use super::SqlResult;
use crate::ids::{AccountId, ResultId};
use crate::results::model::*;
use crate::results::rules::Scale;
use chrono::{DateTime, Utc};
use sqlx::PgPool;

/// A candidate's released results, newest first.
pub async fn released_of(pool: &PgPool, account_id: AccountId) -> SqlResult<Vec<ListedResult>> {
    sqlx::query_as!(
        ListedResult,
        "SELECT r.id, e.code AS exam_code, c.name AS certification, r.taken_at, a.time_zone, r.scaled_score, r.passed
         FROM exam_result r JOIN appointment a ON a.id = r.appointment_id JOIN exam e ON e.id = r.exam_id
         JOIN certification c ON c.id = e.certification_id
         WHERE r.account_id = $1 AND r.state = 'released' ORDER BY r.taken_at DESC, r.id",
        account_id as _
    )
    .fetch_all(pool)
    .await
}

/// Exams of a candidate that are over at `now` and have no released result, newest first.
pub async fn pending_of(pool: &PgPool, account_id: AccountId, now: DateTime<Utc>) -> SqlResult<Vec<PendingExam>> {
    sqlx::query_as!(
        PendingExam,
        r#"SELECT a.id AS appointment_id, a.reference, e.code AS exam_code, c.name AS certification,
                  coalesce(r.taken_at, a.starts_at + make_interval(mins => a.minutes)) AS "ended_at!", a.time_zone,
                  r.received_at AS "received_at?", e.status = 'beta' AS "beta!", a.policies
           FROM appointment a JOIN exam e ON e.id = a.exam_id JOIN certification c ON c.id = e.certification_id
           LEFT JOIN exam_result r ON r.appointment_id = a.id
           WHERE a.account_id = $1
                 AND (r.state = 'received'
                      OR r.id IS NULL AND a.state IN ('booked', 'checked_in', 'admitted', 'started', 'delivered', 'under_review')
                         AND a.starts_at + make_interval(mins => a.minutes) <= $2)
           ORDER BY a.starts_at DESC"#,
        account_id as _,
        now
    )
    .fetch_all(pool)
    .await
}

/// A released result of this candidate.
pub async fn report(pool: &PgPool, account_id: AccountId, id: ResultId) -> SqlResult<Option<ScoreReport>> {
    let row = sqlx::query!(
        r#"SELECT r.id, p.candidate_id AS "candidate_id!", p.given_name, p.family_name, e.code, c.name, c.slug, a.language, a.reference,
                  r.taken_at, a.time_zone, r.received_at, r.released_at AS "released_at!", r.scaled_score, r.passed, e.scale_min,
                  e.scale_max, e.pass_mark, k.public_id AS "public_id?",
                  (SELECT max(c.corrected_at) FROM exam_result_correction c WHERE c.result_id = r.id AND c.was_released) AS corrected_at
           FROM exam_result r JOIN appointment a ON a.id = r.appointment_id JOIN account p ON p.id = r.account_id
           JOIN exam e ON e.id = r.exam_id JOIN certification c ON c.id = e.certification_id
           LEFT JOIN credential k ON k.result_id = r.id
           WHERE r.id = $1 AND r.account_id = $2 AND r.state = 'released'"#,
        id as _,
        account_id as _
    )
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let domains = sqlx::query_as!(
        ReportDomain,
        "SELECT d.name, d.weight, v.percent FROM exam_result_domain v JOIN exam_result r ON r.id = v.result_id
         JOIN exam_domain d ON d.exam_id = r.exam_id AND d.position = v.position
         WHERE v.result_id = $1 ORDER BY v.position",
        id as _
    )
    .fetch_all(pool)
    .await?;
    Ok(Some(ScoreReport {
        id: row.id,
        candidate_id: row.candidate_id,
        candidate_name: format!("{} {}", row.given_name, row.family_name),
        exam_code: row.code,
        certification: row.name,
        certification_slug: row.slug,
        language: row.language,
        reference: row.reference,
        taken_at: row.taken_at,
        time_zone: row.time_zone,
        received_at: row.received_at,
        released_at: row.released_at,
        corrected_at: row.corrected_at,
        scaled_score: row.scaled_score,
        passed: row.passed,
        scale: Scale { min: row.scale_min, max: row.scale_max, pass_mark: row.pass_mark },
        credential: row.public_id,
        domains,
    }))
}
