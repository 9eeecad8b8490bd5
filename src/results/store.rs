//! The SQL of results.

use super::check::Facts;
use super::model::*;
use super::rules::Scale;
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use std::collections::HashSet;
use uuid::Uuid;

type SqlResult<T> = Result<T, sqlx::Error>;

/// What the check needs to know of the things that rows name.
pub async fn facts(conn: &mut PgConnection, rows: &[ImportRow]) -> SqlResult<Facts> {
    let texts =
        |pick: fn(&ImportRow) -> &String| -> Vec<String> { rows.iter().map(pick).collect::<HashSet<_>>().into_iter().cloned().collect() };
    let references = texts(|row| &row.appointment_reference);
    let appointments = sqlx::query!(
        r#"SELECT a.id, a.reference, a.account_id, p.candidate_id AS "candidate_id!", a.exam_id, e.code, a.state, a.starts_at,
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
    id: Uuid,
    uploaded_by: Uuid,
    file_name: &str,
    digest: &[u8],
    rows: Value,
    errors: Value,
) -> SqlResult<(Uuid, bool)> {
    let inserted = sqlx::query_scalar!(
        "INSERT INTO result_import (id, file_name, digest, uploaded_by, rows, errors, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (digest) DO NOTHING RETURNING id",
        id,
        file_name,
        digest,
        uploaded_by,
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
pub async fn imports(pool: &PgPool, only: Option<Uuid>, limit: i64, offset: i64) -> SqlResult<Vec<Import>> {
    sqlx::query_as!(
        Import,
        r#"SELECT i.id, i.file_name, u.given_name || ' ' || u.family_name AS "uploaded_by!", i.created_at, i.applied_at,
                  jsonb_array_length(i.rows)::int8 AS "rows!", jsonb_array_length(i.errors)::int8 AS "errors!",
                  (SELECT count(*) FROM exam_result r WHERE r.import_id = i.id AND r.state = 'received') AS "waiting!",
                  (SELECT count(*) FROM exam_result r WHERE r.import_id = i.id AND r.state = 'released') AS "released!"
           FROM result_import i JOIN account u ON u.id = i.uploaded_by
           WHERE $1::uuid IS NULL OR i.id = $1
           ORDER BY i.created_at DESC, i.id LIMIT $2 OFFSET $3"#,
        only,
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

pub async fn count_waiting(pool: &PgPool) -> SqlResult<i64> {
    sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM exam_result WHERE state = 'received'"#).fetch_one(pool).await
}

/// The cells of an import.
pub async fn import_rows(conn: &mut PgConnection, id: Uuid) -> SqlResult<Option<Value>> {
    sqlx::query_scalar!("SELECT rows FROM result_import WHERE id = $1", id).fetch_optional(conn).await
}

/// The same, locked; with the time it was taken over.
pub async fn lock_import(conn: &mut PgConnection, id: Uuid) -> SqlResult<Option<(Value, Option<DateTime<Utc>>)>> {
    let row = sqlx::query!("SELECT rows, applied_at FROM result_import WHERE id = $1 FOR UPDATE", id).fetch_optional(conn).await?;
    Ok(row.map(|row| (row.rows, row.applied_at)))
}

pub async fn set_errors(conn: &mut PgConnection, id: Uuid, errors: Value) -> SqlResult<u64> {
    let done = sqlx::query!("UPDATE result_import SET errors = $2 WHERE id = $1 AND applied_at IS NULL", id, errors).execute(conn).await?;
    Ok(done.rows_affected())
}

pub async fn set_applied(conn: &mut PgConnection, id: Uuid, now: DateTime<Utc>) -> SqlResult<u64> {
    let done = sqlx::query!("UPDATE result_import SET applied_at = $2, errors = '[]' WHERE id = $1 AND applied_at IS NULL", id, now)
        .execute(conn)
        .await?;
    Ok(done.rows_affected())
}

/// Writes results as received, with their domains, and says of their appointments that the exam was delivered.
pub async fn insert_results(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    import_id: Option<Uuid>,
    actor: Option<Uuid>,
    results: &[(Uuid, NewResult)],
) -> SqlResult<()> {
    let column = |pick: fn(&NewResult) -> Uuid| -> Vec<Uuid> { results.iter().map(|(_, result)| pick(result)).collect() };
    let ids: Vec<Uuid> = results.iter().map(|(id, _)| *id).collect();
    let appointments = column(|result| result.appointment_id);
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
        &ids,
        &appointments,
        &column(|result| result.account_id),
        &column(|result| result.exam_id),
        &taken,
        &raw as &[Option<i32>],
        &scaled,
        &passed,
        import_id,
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
        &of,
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
        &appointments,
        now,
        actor,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "INSERT INTO appointment_event (appointment_id, at, kind, actor_id, detail)
         SELECT id, $2, 'result_received', $3, '{}' FROM unnest($1::uuid[]) AS a (id)",
        &appointments,
        now,
        actor,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A result on its way out.
pub struct Releasing {
    pub id: Uuid,
    pub account_id: Uuid,
    pub exam_id: Uuid,
    pub exam_code: String,
    pub certification_id: Uuid,
    pub certification: String,
    pub passed: bool,
    pub state: String,
    pub given_name: String,
    pub family_name: String,
    pub language: String,
    pub time_zone: String,
    pub email: String,
}

pub async fn results_of_import(conn: &mut PgConnection, import_id: Uuid) -> SqlResult<Vec<Uuid>> {
    sqlx::query_scalar!("SELECT id FROM exam_result WHERE import_id = $1", import_id).fetch_all(conn).await
}

/// The results of an import: `(appointment's reference, id)`.
pub async fn references_of_import(conn: &mut PgConnection, import_id: Uuid) -> SqlResult<Vec<(String, Uuid)>> {
    let rows = sqlx::query!(
        "SELECT a.reference, r.id FROM exam_result r JOIN appointment a ON a.id = r.appointment_id WHERE r.import_id = $1",
        import_id
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.reference, row.id)).collect())
}

/// Locks results, in one order, and reads what their release needs.
pub async fn lock_results(conn: &mut PgConnection, ids: &[Uuid]) -> SqlResult<Vec<Releasing>> {
    // Locked first, read then: the second of two releases sees what the first one wrote.
    sqlx::query_scalar!("SELECT id FROM exam_result WHERE id = ANY($1) ORDER BY id FOR UPDATE", ids).fetch_all(&mut *conn).await?;
    sqlx::query_as!(
        Releasing,
        "SELECT r.id, r.account_id, r.exam_id, e.code AS exam_code, c.id AS certification_id, c.name AS certification,
                r.passed, r.state, p.given_name, p.family_name, p.language, p.time_zone, m.address AS email
         FROM exam_result r JOIN exam e ON e.id = r.exam_id JOIN certification c ON c.id = e.certification_id
         JOIN account p ON p.id = r.account_id JOIN account_email m ON m.account_id = p.id AND m.is_primary
         WHERE r.id = ANY($1) ORDER BY r.taken_at, r.id",
        ids
    )
    .fetch_all(conn)
    .await
}

/// Marks received results as released, and their appointments as scored; gives the number of results that changed.
pub async fn set_released(conn: &mut PgConnection, now: DateTime<Utc>, actor: Option<Uuid>, ids: &[Uuid]) -> SqlResult<u64> {
    let done = sqlx::query!(
        "UPDATE exam_result SET state = 'released', released_at = $2, released_by = $3 WHERE id = ANY($1) AND state = 'received'",
        ids,
        now,
        actor,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "WITH changed AS (
             UPDATE appointment a SET state = 'scored', ended_at = coalesce(a.ended_at, r.taken_at)
             FROM exam_result r WHERE r.id = ANY($1) AND a.id = r.appointment_id AND a.state <> 'scored' RETURNING a.id)
         INSERT INTO appointment_event (appointment_id, at, kind, actor_id, detail) SELECT id, $2, 'scored', $3, '{}' FROM changed",
        ids,
        now,
        actor,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "UPDATE result_import i SET released_at = $2
         WHERE i.released_at IS NULL AND i.id IN (SELECT import_id FROM exam_result WHERE id = ANY($1))
               AND NOT EXISTS (SELECT FROM exam_result r WHERE r.import_id = i.id AND r.state = 'received')",
        ids,
        now,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Results that wait for release, oldest first; of one import, or all.
pub async fn waiting(pool: &PgPool, import: Option<Uuid>, limit: i64, offset: i64) -> SqlResult<Vec<WaitingResult>> {
    sqlx::query_as!(
        WaitingResult,
        r#"SELECT r.id, r.import_id, p.candidate_id AS "candidate_id!", p.given_name || ' ' || p.family_name AS "candidate_name!",
                  a.reference, e.code AS exam_code, r.taken_at, a.time_zone, r.scaled_score, r.passed,
                  coalesce((a.policies->>'result_business_days')::int, 5) AS "result_business_days!"
           FROM exam_result r JOIN appointment a ON a.id = r.appointment_id JOIN account p ON p.id = r.account_id
           JOIN exam e ON e.id = r.exam_id
           WHERE r.state = 'received' AND ($1::uuid IS NULL OR r.import_id = $1)
           ORDER BY r.taken_at, r.id LIMIT $2 OFFSET $3"#,
        import,
        limit,
        offset
    )
    .fetch_all(pool)
    .await
}

/// A candidate's released results, newest first.
pub async fn released_of(pool: &PgPool, account_id: Uuid) -> SqlResult<Vec<ListedResult>> {
    sqlx::query_as!(
        ListedResult,
        "SELECT r.id, e.code AS exam_code, c.name AS certification, r.taken_at, a.time_zone, r.scaled_score, r.passed
         FROM exam_result r JOIN appointment a ON a.id = r.appointment_id JOIN exam e ON e.id = r.exam_id
         JOIN certification c ON c.id = e.certification_id
         WHERE r.account_id = $1 AND r.state = 'released' ORDER BY r.taken_at DESC, r.id",
        account_id
    )
    .fetch_all(pool)
    .await
}

/// Exams of a candidate that are over at `now` and have no released result, newest first.
pub async fn pending_of(pool: &PgPool, account_id: Uuid, now: DateTime<Utc>) -> SqlResult<Vec<PendingExam>> {
    sqlx::query_as!(
        PendingExam,
        r#"SELECT a.id AS appointment_id, a.reference, e.code AS exam_code, c.name AS certification,
                  coalesce(r.taken_at, a.starts_at + make_interval(mins => a.minutes)) AS "ended_at!", a.time_zone,
                  r.received_at AS "received_at?", a.policies
           FROM appointment a JOIN exam e ON e.id = a.exam_id JOIN certification c ON c.id = e.certification_id
           LEFT JOIN exam_result r ON r.appointment_id = a.id
           WHERE a.account_id = $1
                 AND (r.state = 'received'
                      OR r.id IS NULL AND a.state IN ('booked', 'checked_in', 'admitted', 'started', 'delivered', 'under_review')
                         AND a.starts_at + make_interval(mins => a.minutes) <= $2)
           ORDER BY a.starts_at DESC"#,
        account_id,
        now
    )
    .fetch_all(pool)
    .await
}

/// A released result of this candidate.
pub async fn report(pool: &PgPool, account_id: Uuid, id: Uuid) -> SqlResult<Option<ScoreReport>> {
    let row = sqlx::query!(
        r#"SELECT r.id, p.candidate_id AS "candidate_id!", p.given_name, p.family_name, e.code, c.name, c.slug, a.language, a.reference,
                  r.taken_at, a.time_zone, r.received_at, r.released_at AS "released_at!", r.scaled_score, r.passed, e.scale_min,
                  e.scale_max, e.pass_mark, e.retake_wait_days, e.status, a.policies, k.public_id AS "public_id?",
                  (SELECT max(c.corrected_at) FROM exam_result_correction c WHERE c.result_id = r.id AND c.was_released) AS corrected_at
           FROM exam_result r JOIN appointment a ON a.id = r.appointment_id JOIN account p ON p.id = r.account_id
           JOIN exam e ON e.id = r.exam_id JOIN certification c ON c.id = e.certification_id
           LEFT JOIN credential k ON k.result_id = r.id
           WHERE r.id = $1 AND r.account_id = $2 AND r.state = 'released'"#,
        id,
        account_id
    )
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let domains = sqlx::query_as!(
        ReportDomain,
        "SELECT d.name, d.weight, v.percent FROM exam_result_domain v JOIN exam_result r ON r.id = v.result_id
         JOIN exam_domain d ON d.exam_id = r.exam_id AND d.position = v.position
         WHERE v.result_id = $1 ORDER BY v.position",
        id
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
        retake_wait_days: row.retake_wait_days,
        exam_open: matches!(row.status.as_str(), "active" | "beta"),
        policies: row.policies,
        credential: row.public_id,
        domains,
    }))
}

pub mod demo {
    //! What the loader of the demo's history asks and writes.

    use super::{Scale, SqlResult};
    use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
    use sqlx::PgConnection;
    use uuid::Uuid;

    /// Locks the account: two starts of the program do not load one history twice.
    pub async fn lock_account(conn: &mut PgConnection, email: &str) -> SqlResult<Option<Uuid>> {
        sqlx::query_scalar!(
            "SELECT a.id FROM account a JOIN account_email m ON m.account_id = a.id
             WHERE lower(m.address) = lower($1) AND (m.is_primary OR m.verified_at IS NOT NULL) FOR UPDATE OF a",
            email
        )
        .fetch_optional(conn)
        .await
    }

    pub async fn has_history(conn: &mut PgConnection, account_id: Uuid) -> SqlResult<bool> {
        sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM appointment WHERE account_id = $1) AS "any!""#, account_id).fetch_one(conn).await
    }

    pub struct Exam {
        pub id: Uuid,
        pub minutes: i32,
        pub scored_questions: i32,
        pub scale: Scale,
        /// Percent of the scored content, by domain.
        pub weights: Vec<i32>,
    }

    pub async fn exam(conn: &mut PgConnection, code: &str) -> SqlResult<Option<Exam>> {
        let row = sqlx::query!(
            r#"SELECT e.id, e.minutes, coalesce(e.scored_questions, e.questions) AS "scored_questions!", e.scale_min, e.scale_max,
                      e.pass_mark, ARRAY(SELECT weight FROM exam_domain d WHERE d.exam_id = e.id ORDER BY position) AS "weights!"
               FROM exam e WHERE e.code = $1"#,
            code
        )
        .fetch_optional(conn)
        .await?;
        Ok(row.map(|row| Exam {
            id: row.id,
            minutes: row.minutes,
            scored_questions: row.scored_questions,
            scale: Scale { min: row.scale_min, max: row.scale_max, pass_mark: row.pass_mark },
            weights: row.weights,
        }))
    }

    pub async fn center(conn: &mut PgConnection, code: &str) -> SqlResult<Option<(Uuid, String)>> {
        let row = sqlx::query!("SELECT id, time_zone FROM test_center WHERE code = $1", code).fetch_optional(conn).await?;
        Ok(row.map(|row| (row.id, row.time_zone)))
    }

    pub async fn is_open(conn: &mut PgConnection, center_id: Uuid, day: NaiveDate, from: NaiveTime, to: NaiveTime) -> SqlResult<bool> {
        sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT FROM opening_hours WHERE center_id = $1 AND weekday = extract(isodow FROM $2::date)::int
                                     AND opens <= $3 AND closes >= $4)
                      AND NOT EXISTS (SELECT FROM opening_exception WHERE center_id = $1 AND on_day = $2
                                             AND (opens IS NULL OR opens > $3 OR closes < $4)) AS "open!""#,
            center_id,
            day,
            from,
            to
        )
        .fetch_one(conn)
        .await
    }

    /// A workstation of a centre, or without one a proctor's lane, that nobody has in that time.
    pub async fn free_seat(
        conn: &mut PgConnection,
        center_id: Option<Uuid>,
        language: &str,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> SqlResult<Option<Uuid>> {
        sqlx::query_scalar!(
            "SELECT s.id FROM seat s
             WHERE s.active AND (s.center_id = $1 OR $1::uuid IS NULL AND s.center_id IS NULL AND s.language = $2)
                   AND NOT EXISTS (SELECT FROM appointment a WHERE a.seat_id = s.id AND a.state NOT IN ('cancelled', 'expired')
                                          AND a.occupies && tstzrange($3, $4))
             ORDER BY s.accessible, s.label, s.id LIMIT 1",
            center_id,
            language,
            from,
            to
        )
        .fetch_optional(conn)
        .await
    }

    pub struct Appointment<'a> {
        pub id: Uuid,
        pub reference: &'a str,
        pub account_id: Uuid,
        pub exam_id: Uuid,
        pub language: &'a str,
        pub center_id: Option<Uuid>,
        pub seat_id: Uuid,
        pub time_zone: &'a str,
        pub starts_at: DateTime<Utc>,
        pub minutes: i32,
        pub occupied_to: DateTime<Utc>,
        pub policies: serde_json::Value,
        pub booked_at: DateTime<Utc>,
    }

    pub async fn insert_appointment(conn: &mut PgConnection, new: &Appointment<'_>) -> SqlResult<()> {
        sqlx::query!(
            "INSERT INTO appointment (id, reference, account_id, exam_id, language, delivery, center_id, seat_id, time_zone, starts_at, minutes,
                                      occupies, state, name_on_id, policies, created_at, booked_at)
             SELECT $1, $2, $3, $4, $5, CASE WHEN $6::uuid IS NULL THEN 'online' ELSE 'center' END, $6, $7, $8, $9, $10,
                    tstzrange($9, $11), 'booked', p.given_name || ' ' || p.family_name, $12, $13, $13
             FROM account p WHERE p.id = $3",
            new.id,
            new.reference,
            new.account_id,
            new.exam_id,
            new.language,
            new.center_id,
            new.seat_id,
            new.time_zone,
            new.starts_at,
            new.minutes,
            new.occupied_to,
            new.policies,
            new.booked_at,
        )
        .execute(&mut *conn)
        .await?;
        sqlx::query!(
            "INSERT INTO appointment_event (appointment_id, at, kind, actor_id, detail) VALUES ($1, $2, 'booked', $3, '{}')",
            new.id,
            new.booked_at,
            new.account_id,
        )
        .execute(conn)
        .await?;
        Ok(())
    }
}
