//! Files of results: what they are checked against, and what is taken over from them.

use super::SqlResult;
use crate::ids::{AccountId, AppointmentId, ExamId, ImportId, ResultId};
use crate::results::check::Facts;
use crate::results::model::*;
use crate::results::rules::Scale;
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use std::collections::HashSet;

/// What the check needs to know of the things that rows name.
pub async fn facts(conn: &mut PgConnection, rows: &[ImportRow]) -> SqlResult<Facts> {
    let texts =
        |pick: fn(&ImportRow) -> &String| -> Vec<String> { rows.iter().map(pick).collect::<HashSet<_>>().into_iter().cloned().collect() };
    let references = texts(|row| &row.appointment_reference);
    let appointments = sqlx::query!(
        r#"SELECT a.id, a.reference, a.account_id, p.candidate_id AS "candidate_id!", p.erased_at IS NOT NULL AS "erased!", a.exam_id, e.code, a.state, a.starts_at,
                  e.scale_min, e.scale_max, e.pass_mark, coalesce(e.scored_questions, e.questions) AS "scored_questions!",
                  (SELECT count(*) FROM exam_domain d WHERE d.exam_id = e.id) AS "domains!",
                  EXISTS (SELECT FROM exam_result r WHERE r.appointment_id = a.id) AS "has_result!"
           FROM appointment a JOIN account p ON p.id = a.account_id JOIN exam e ON e.id = a.exam_id
           WHERE a.reference = ANY($1) AND p.candidate_id IS NOT NULL"#,
        &references
    )
    .fetch_all(&mut *conn)
    .await?;
    let appointments = appointments
        .into_iter()
        .map(|row| {
            let facts = AppointmentFacts {
                id: row.id,
                account_id: row.account_id,
                candidate_id: row.candidate_id,
                erased: row.erased,
                exam_id: row.exam_id,
                exam_code: row.code,
                state: row.state,
                starts_at: row.starts_at,
                scale: Scale { min: row.scale_min, max: row.scale_max, pass_mark: row.pass_mark },
                scored_questions: row.scored_questions,
                domains: row.domains as usize,
                has_result: row.has_result,
            };
            (row.reference, facts)
        })
        .collect();
    let candidate_ids = sqlx::query!(
        r#"SELECT a.candidate_id AS "candidate_id!", coalesce(s.candidate_id, a.candidate_id) AS "today!"
           FROM account a LEFT JOIN account s ON s.id = a.merged_into WHERE a.candidate_id = ANY($1)"#,
        &texts(|row| &row.candidate_id)
    )
    .fetch_all(&mut *conn)
    .await?;
    let exam_codes =
        sqlx::query_scalar!("SELECT code FROM exam WHERE code = ANY($1)", &texts(|row| &row.exam_code)).fetch_all(&mut *conn).await?;
    Ok(Facts {
        appointments,
        candidate_ids: candidate_ids.into_iter().map(|row| (row.candidate_id, row.today)).collect(),
        exam_codes: exam_codes.into_iter().collect(),
    })
}

/// Keeps the appointments that rows name as they are until the transaction ends; in one order, so that two imports
/// cannot wait for each other.
pub async fn lock_appointments(conn: &mut PgConnection, rows: &[ImportRow]) -> SqlResult<()> {
    let references: Vec<String> = rows.iter().map(|row| row.appointment_reference.clone()).collect();
    sqlx::query_scalar!("SELECT id FROM appointment WHERE reference = ANY($1) ORDER BY id FOR UPDATE", &references).fetch_all(conn).await?;
    Ok(())
}

/// Writes an import; gives its id and whether the same bytes had come before.
pub async fn insert_import(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    id: ImportId,
    uploaded_by: AccountId,
    file_name: &str,
    digest: &[u8],
    rows: Value,
    errors: Value,
) -> SqlResult<(ImportId, bool)> {
    let inserted = sqlx::query_scalar!(
        "INSERT INTO result_import (id, file_name, digest, uploaded_by, rows, errors, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (digest) DO NOTHING RETURNING id",
        id as _,
        file_name,
        digest,
        uploaded_by as _,
        rows,
        errors,
        now,
    )
    .fetch_optional(&mut *conn)
    .await?;
    match inserted {
        Some(id) => Ok((id, false)),
        None => Ok((sqlx::query_scalar!("SELECT id FROM result_import WHERE digest = $1", digest).fetch_one(conn).await?, true)),
    }
}

/// Imports, newest first.
pub async fn imports(pool: &PgPool, only: Option<ImportId>, limit: i64, offset: i64) -> SqlResult<Vec<Import>> {
    sqlx::query_as!(
        Import,
        r#"SELECT i.id, i.file_name, u.given_name || ' ' || u.family_name AS "uploaded_by!", i.created_at, i.applied_at,
                  jsonb_array_length(i.rows)::int8 AS "rows!", jsonb_array_length(i.errors)::int8 AS "errors!",
                  (SELECT count(*) FROM exam_result r WHERE r.import_id = i.id AND r.state = 'received') AS "waiting!",
                  (SELECT count(*) FROM exam_result r WHERE r.import_id = i.id AND r.state = 'released') AS "released!"
           FROM result_import i JOIN account u ON u.id = i.uploaded_by
           WHERE $1::uuid IS NULL OR i.id = $1
           ORDER BY i.created_at DESC, i.id LIMIT $2 OFFSET $3"#,
        only as _,
        limit,
        offset
    )
    .fetch_all(pool)
    .await
}

pub async fn count_imports(pool: &PgPool) -> SqlResult<i64> {
    sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM result_import"#).fetch_one(pool).await
}

/// Imports without errors that nobody has taken over yet.
pub async fn count_open_imports(pool: &PgPool) -> SqlResult<i64> {
    sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM result_import WHERE applied_at IS NULL AND jsonb_array_length(errors) = 0"#)
        .fetch_one(pool)
        .await
}

/// The cells of an import.
pub async fn import_rows(conn: &mut PgConnection, id: ImportId) -> SqlResult<Option<Value>> {
    sqlx::query_scalar!("SELECT rows FROM result_import WHERE id = $1", id as _).fetch_optional(conn).await
}

/// When an import was taken over, if there is one.
pub async fn applied_at(conn: &mut PgConnection, id: ImportId) -> SqlResult<Option<Option<DateTime<Utc>>>> {
    sqlx::query_scalar!("SELECT applied_at FROM result_import WHERE id = $1", id as _).fetch_optional(conn).await
}

/// The same, locked; with the time it was taken over.
pub async fn lock_import(conn: &mut PgConnection, id: ImportId) -> SqlResult<Option<(Value, Option<DateTime<Utc>>)>> {
    let row = sqlx::query!("SELECT rows, applied_at FROM result_import WHERE id = $1 FOR UPDATE", id as _).fetch_optional(conn).await?;
    Ok(row.map(|row| (row.rows, row.applied_at)))
}

pub async fn set_errors(conn: &mut PgConnection, id: ImportId, errors: Value) -> SqlResult<u64> {
    let done =
        sqlx::query!("UPDATE result_import SET errors = $2 WHERE id = $1 AND applied_at IS NULL", id as _, errors).execute(conn).await?;
    Ok(done.rows_affected())
}

pub async fn set_applied(conn: &mut PgConnection, id: ImportId, now: DateTime<Utc>) -> SqlResult<u64> {
    let done = sqlx::query!("UPDATE result_import SET applied_at = $2, errors = '[]' WHERE id = $1 AND applied_at IS NULL", id as _, now)
        .execute(conn)
        .await?;
    Ok(done.rows_affected())
}

/// Writes results as received, with their domains, and says of their appointments that the exam was delivered.
pub async fn insert_results(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    import_id: Option<ImportId>,
    actor: Option<AccountId>,
    results: &[(ResultId, NewResult)],
) -> SqlResult<()> {
    let ids: Vec<ResultId> = results.iter().map(|(id, _)| *id).collect();
    let appointments: Vec<AppointmentId> = results.iter().map(|(_, result)| result.appointment_id).collect();
    let accounts: Vec<AccountId> = results.iter().map(|(_, result)| result.account_id).collect();
    let exams: Vec<ExamId> = results.iter().map(|(_, result)| result.exam_id).collect();
    let taken: Vec<DateTime<Utc>> = results.iter().map(|(_, result)| result.taken_at).collect();
    let raw: Vec<Option<i32>> = results.iter().map(|(_, result)| result.raw_score).collect();
    let scaled: Vec<i32> = results.iter().map(|(_, result)| result.scaled_score).collect();
    let passed: Vec<bool> = results.iter().map(|(_, result)| result.passed).collect();
    sqlx::query!(
        "INSERT INTO exam_result (id, appointment_id, account_id, exam_id, import_id, taken_at, raw_score, scaled_score, passed, state,
                                  received_at)
         SELECT r.id, r.appointment_id, r.account_id, r.exam_id, $9, r.taken_at, r.raw, r.scaled, r.passed, 'received', $10
         FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::int[], $7::int[], $8::bool[])
              AS r (id, appointment_id, account_id, exam_id, taken_at, raw, scaled, passed)",
        &ids as _,
        &appointments as _,
        &accounts as _,
        &exams as _,
        &taken,
        &raw as &[Option<i32>],
        &scaled,
        &passed,
        import_id as _,
        now,
    )
    .execute(&mut *conn)
    .await?;
    let (mut of, mut positions, mut percents) = (vec![], vec![], vec![]);
    for (id, result) in results {
        for (index, percent) in result.domains.iter().enumerate() {
            of.push(*id);
            positions.push(index as i32 + 1);
            percents.push(*percent);
        }
    }
    // The catalogue may count its domains from anywhere: the n-th cell is the n-th domain.
    sqlx::query!(
        "INSERT INTO exam_result_domain (result_id, position, percent)
         SELECT v.result_id, d.position, v.percent
         FROM unnest($1::uuid[], $2::int[], $3::int[]) AS v (result_id, nth, percent)
         JOIN exam_result r ON r.id = v.result_id
         JOIN LATERAL (SELECT position, row_number() OVER (ORDER BY position) AS nth FROM exam_domain WHERE exam_id = r.exam_id) d
              ON d.nth = v.nth",
        &of as _,
        &positions,
        &percents,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "WITH changed AS (
             UPDATE appointment SET state = 'delivered'
             WHERE id = ANY($1) AND state IN ('booked', 'checked_in', 'admitted', 'started', 'interrupted') RETURNING id)
         INSERT INTO appointment_event (appointment_id, at, kind, actor_id, detail)
         SELECT id, $2, 'delivered', $3, '{}' FROM changed",
        &appointments as _,
        now,
        actor as _,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "INSERT INTO appointment_event (appointment_id, at, kind, actor_id, detail)
         SELECT id, $2, 'result_received', $3, '{}' FROM unnest($1::uuid[]) AS a (id)",
        &appointments as _,
        now,
        actor as _,
    )
    .execute(conn)
    .await?;
    Ok(())
}
