//! The SQL of results as staff see them, and of their corrections.

use super::model::{Correction, FoundResult, Made, StaffDomain, StaffResult};
use crate::ids::{ApprovalId, CorrectionId, ResultId};
use crate::results::rules::Scale;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

type Sql<T> = Result<T, sqlx::Error>;

pub async fn result(conn: &mut PgConnection, id: ResultId) -> Sql<Option<StaffResult>> {
    let row = sqlx::query!(
        r#"SELECT r.id, r.account_id, p.candidate_id, p.given_name || ' ' || p.family_name AS "candidate_name!", r.exam_id, e.code,
                  c.id AS certification_id, c.name, a.reference, r.taken_at, a.time_zone, r.received_at, r.released_at,
                  b.given_name || ' ' || b.family_name AS "released_by?", r.raw_score, r.scaled_score, r.passed, e.scale_min, e.scale_max,
                  e.pass_mark, r.import_id, i.file_name AS "file_name?", k.public_id AS "public_id?", a.policies
           FROM exam_result r JOIN appointment a ON a.id = r.appointment_id JOIN account p ON p.id = r.account_id
           JOIN exam e ON e.id = r.exam_id JOIN certification c ON c.id = e.certification_id
           LEFT JOIN account b ON b.id = r.released_by LEFT JOIN result_import i ON i.id = r.import_id
           LEFT JOIN credential k ON k.result_id = r.id
           WHERE r.id = $1"#,
        id as _
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let domains = sqlx::query_as!(
        StaffDomain,
        "SELECT d.name, d.weight, v.percent FROM exam_result_domain v JOIN exam_result r ON r.id = v.result_id
         JOIN exam_domain d ON d.exam_id = r.exam_id AND d.position = v.position
         WHERE v.result_id = $1 ORDER BY v.position",
        id as _
    )
    .fetch_all(conn)
    .await?;
    Ok(Some(StaffResult {
        id: row.id,
        account_id: row.account_id,
        candidate_id: row.candidate_id,
        candidate_name: row.candidate_name,
        exam_id: row.exam_id,
        exam_code: row.code,
        certification_id: row.certification_id,
        certification: row.name,
        reference: row.reference,
        taken_at: row.taken_at,
        time_zone: row.time_zone,
        received_at: row.received_at,
        released_at: row.released_at,
        released_by: row.released_by,
        raw_score: row.raw_score,
        scaled_score: row.scaled_score,
        passed: row.passed,
        scale: Scale { min: row.scale_min, max: row.scale_max, pass_mark: row.pass_mark },
        import: row.import_id.zip(row.file_name),
        credential: row.public_id,
        policies: row.policies,
        domains,
    }))
}

/// The same, locked until the transaction ends.
pub async fn locked(conn: &mut PgConnection, id: ResultId) -> Sql<Option<StaffResult>> {
    let found = sqlx::query_scalar!("SELECT id FROM exam_result WHERE id = $1 FOR UPDATE", id as _).fetch_optional(&mut *conn).await?;
    match found {
        None => Ok(None),
        Some(id) => result(conn, id).await,
    }
}

/// Results of an appointment's reference or of a candidate's ID (an ID from before a merge finds the person as well), newest first.
pub async fn search(conn: &mut PgConnection, wanted: &str, limit: i64) -> Sql<Vec<FoundResult>> {
    sqlx::query_as!(
        FoundResult,
        r#"SELECT r.id, p.candidate_id, p.given_name || ' ' || p.family_name AS "candidate_name!", e.code AS exam_code, a.reference,
                  r.taken_at, a.time_zone, r.scaled_score, r.passed, r.state = 'released' AS "released!"
           FROM exam_result r JOIN appointment a ON a.id = r.appointment_id JOIN account p ON p.id = r.account_id
           JOIN exam e ON e.id = r.exam_id
           WHERE upper(a.reference) = upper($1) OR p.candidate_id = upper($1)
              OR EXISTS (SELECT FROM account o WHERE o.merged_into = p.id AND o.candidate_id = upper($1))
           ORDER BY r.taken_at DESC, r.id LIMIT $2"#,
        wanted,
        limit
    )
    .fetch_all(conn)
    .await
}

/// The corrections of a result, oldest first.
pub async fn history(conn: &mut PgConnection, result_id: ResultId) -> Sql<Vec<Made>> {
    sqlx::query_as!(
        Made,
        r#"SELECT c.request_id, c.corrected_at, c.scaled_before, c.scaled_after, c.passed_before, c.passed_after,
                  a.given_name || ' ' || a.family_name AS "asked_by!", d.given_name || ' ' || d.family_name AS "approved_by?", q.reason
           FROM exam_result_correction c JOIN approval_request q ON q.id = c.request_id JOIN account a ON a.id = q.requested_by
           LEFT JOIN account d ON d.id = q.decided_by
           WHERE c.result_id = $1 ORDER BY c.corrected_at, c.id"#,
        result_id as _
    )
    .fetch_all(conn)
    .await
}

/// Keeps what the result said, and gives it its corrected score; one a request.
pub async fn correct(
    conn: &mut PgConnection,
    id: CorrectionId,
    request_id: ApprovalId,
    result: &StaffResult,
    correction: &Correction,
    now: DateTime<Utc>,
) -> Sql<u64> {
    let after: Vec<i32> = correction.domains.iter().map(|domain| domain.percent.after).collect();
    sqlx::query!(
        "INSERT INTO exam_result_correction (id, result_id, request_id, corrected_at, was_released, scaled_before, scaled_after,
                                             passed_before, passed_after, percents_before, percents_after)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        id as _,
        result.id as _,
        request_id as _,
        now,
        result.released_at.is_some(),
        result.scaled_score,
        correction.scaled.after,
        result.passed,
        correction.passed.after,
        &result.percents(),
        &after,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "UPDATE exam_result_domain v SET percent = n.percent
         FROM (SELECT position, row_number() OVER (ORDER BY position) AS nth FROM exam_result_domain WHERE result_id = $1) d
         JOIN unnest($2::int[]) WITH ORDINALITY AS n (percent, nth) ON n.nth = d.nth
         WHERE v.result_id = $1 AND v.position = d.position",
        result.id as _,
        &after,
    )
    .execute(&mut *conn)
    .await?;
    let done = sqlx::query!(
        "UPDATE exam_result SET scaled_score = $2, passed = $3 WHERE id = $1",
        result.id as _,
        correction.scaled.after,
        correction.passed.after
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}
