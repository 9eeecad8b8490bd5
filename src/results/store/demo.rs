//! What the loader of the demo's history asks and writes.

use super::SqlResult;
use crate::ids::{AccountId, AppointmentId, CenterId, ExamId, SeatId};
use crate::results::rules::Scale;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use sqlx::PgConnection;

/// Locks the account: two starts of the program do not load one history twice.
pub async fn lock_account(conn: &mut PgConnection, email: &str) -> SqlResult<Option<AccountId>> {
    sqlx::query_scalar!(
        "SELECT a.id FROM account a JOIN account_email m ON m.account_id = a.id
         WHERE lower(m.address) = lower($1) AND (m.is_primary OR m.verified_at IS NOT NULL) FOR UPDATE OF a",
        email
    )
    .fetch_optional(conn)
    .await
}

pub async fn has_history(conn: &mut PgConnection, account_id: AccountId) -> SqlResult<bool> {
    sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM appointment WHERE account_id = $1) AS "any!""#, account_id as _).fetch_one(conn).await
}

pub struct Exam {
    pub id: ExamId,
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

pub async fn center(conn: &mut PgConnection, code: &str) -> SqlResult<Option<(CenterId, String)>> {
    let row = sqlx::query!("SELECT id, time_zone FROM test_center WHERE code = $1", code).fetch_optional(conn).await?;
    Ok(row.map(|row| (row.id, row.time_zone)))
}

pub async fn is_open(conn: &mut PgConnection, center_id: CenterId, day: NaiveDate, from: NaiveTime, to: NaiveTime) -> SqlResult<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM opening_hours WHERE center_id = $1 AND weekday = extract(isodow FROM $2::date)::int
                                 AND opens <= $3 AND closes >= $4)
                  AND NOT EXISTS (SELECT FROM opening_exception WHERE center_id = $1 AND on_day = $2
                                         AND (opens IS NULL OR opens > $3 OR closes < $4)) AS "open!""#,
        center_id as _,
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
    center_id: Option<CenterId>,
    language: &str,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> SqlResult<Option<SeatId>> {
    sqlx::query_scalar!(
        "SELECT s.id FROM seat s
         WHERE s.active AND (s.center_id = $1 OR $1::uuid IS NULL AND s.center_id IS NULL AND s.language = $2)
               AND NOT EXISTS (SELECT FROM appointment a WHERE a.seat_id = s.id AND a.state NOT IN ('cancelled', 'expired')
                                      AND a.occupies && tstzrange($3, $4))
         ORDER BY s.accessible, s.label, s.id LIMIT 1",
        center_id as _,
        language,
        from,
        to
    )
    .fetch_optional(conn)
    .await
}

pub struct Appointment<'a> {
    pub id: AppointmentId,
    pub reference: &'a str,
    pub account_id: AccountId,
    pub exam_id: ExamId,
    pub language: &'a str,
    pub center_id: Option<CenterId>,
    pub seat_id: SeatId,
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
        new.id as _,
        new.reference,
        new.account_id as _,
        new.exam_id as _,
        new.language,
        new.center_id as _,
        new.seat_id as _,
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
        new.id as _,
        new.booked_at,
        new.account_id as _,
    )
    .execute(conn)
    .await?;
    Ok(())
}
