//! What scheduling needs to know of exams and candidates.

use crate::ids::{AccountId, AppointmentId, ExamId};
use crate::scheduling::rules::History;
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;

/// An exam as the calendar needs it.
#[derive(Debug, Clone)]
pub struct Exam {
    pub id: ExamId,
    pub code: String,
    pub name: String,
    pub slug: String,
    pub status: String,
    pub minutes: i32,
    pub delivery_modes: Vec<String>,
    pub registration_from: Option<NaiveDate>,
    pub first_day: Option<NaiveDate>,
    pub last_day: Option<NaiveDate>,
    pub retake_wait_days: Option<i32>,
    pub max_attempts: Option<i32>,
}

/// A language of an exam and the days it is offered on.
#[derive(Debug, Clone)]
pub struct ExamLanguage {
    pub language: String,
    pub first_day: Option<NaiveDate>,
    pub last_day: Option<NaiveDate>,
}

pub async fn exam(conn: &mut PgConnection, code: &str) -> Result<Option<Exam>, sqlx::Error> {
    sqlx::query_as!(
        Exam,
        "SELECT e.id, e.code, c.name, c.slug, e.status, e.minutes, e.delivery_modes, e.registration_from, e.first_day, e.last_day,
                e.retake_wait_days, e.max_attempts
         FROM exam e JOIN certification c ON c.id = e.certification_id WHERE e.code = $1",
        code
    )
    .fetch_optional(conn)
    .await
}

pub async fn exam_by_id(conn: &mut PgConnection, id: ExamId) -> Result<Option<Exam>, sqlx::Error> {
    sqlx::query_as!(
        Exam,
        "SELECT e.id, e.code, c.name, c.slug, e.status, e.minutes, e.delivery_modes, e.registration_from, e.first_day, e.last_day,
                e.retake_wait_days, e.max_attempts
         FROM exam e JOIN certification c ON c.id = e.certification_id WHERE e.id = $1",
        id as _
    )
    .fetch_optional(conn)
    .await
}

pub async fn languages(conn: &mut PgConnection, exam_id: ExamId) -> Result<Vec<ExamLanguage>, sqlx::Error> {
    sqlx::query_as!(
        ExamLanguage,
        "SELECT language, first_day, last_day FROM exam_language WHERE exam_id = $1 ORDER BY language <> 'en', language",
        exam_id as _
    )
    .fetch_all(conn)
    .await
}

/// What the candidate's past says about booking this exam. `but`: an appointment that doesn't count, because it is the
/// one to be moved.
pub async fn history(
    conn: &mut PgConnection,
    account_id: AccountId,
    exam_id: ExamId,
    agreement_version: &str,
    but: Option<AppointmentId>,
    now: DateTime<Utc>,
) -> Result<History, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT
               EXISTS (SELECT FROM account_email WHERE account_id = $1 AND is_primary AND verified_at IS NOT NULL) AS "verified!",
               EXISTS (SELECT FROM agreement_acceptance WHERE account_id = $1 AND version = $3) AS "accepted!",
               (SELECT max(taken_at) FROM exam_result
                WHERE account_id = $1 AND exam_id = $2 AND state = 'released' AND NOT passed) AS failed_at,
               (SELECT max(taken_at) FROM exam_result
                WHERE account_id = $1 AND exam_id = $2 AND state = 'released' AND passed) AS passed_at,
               (SELECT count(*) FROM exam_result WHERE account_id = $1 AND exam_id = $2) AS "attempts!""#,
        account_id as _,
        exam_id as _,
        agreement_version,
    )
    .fetch_one(&mut *conn)
    .await?;
    let open_appointment = open_appointment(conn, account_id, exam_id, but, now).await?;
    Ok(History {
        email_verified: row.verified,
        agreement_accepted: row.accepted,
        // Known to accounts: the service adds it.
        guardian: None,
        failed_at: row.failed_at,
        passed_at: row.passed_at,
        attempts: row.attempts,
        open_appointment,
    })
}

/// The candidate's appointment for an exam that stands in the way of another one, and whether it is still to come: it is booked, or was
/// taken and has no released result. `but`: one that does not count.
pub async fn open_appointment(
    conn: &mut PgConnection,
    account_id: AccountId,
    exam_id: ExamId,
    but: Option<AppointmentId>,
    now: DateTime<Utc>,
) -> Result<Option<(String, bool)>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT reference, upper(occupies) > $4 AND state = 'booked' AS "to_come!" FROM appointment a
           WHERE account_id = $1 AND exam_id = $2 AND id IS DISTINCT FROM $3
             AND (state IN ('booked', 'checked_in', 'admitted', 'started', 'delivered', 'under_review')
                  OR state = 'scored' AND NOT EXISTS (SELECT FROM exam_result r WHERE r.appointment_id = a.id AND r.state = 'released'))
           ORDER BY starts_at DESC LIMIT 1"#,
        account_id as _,
        exam_id as _,
        but as _,
        now,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| (row.reference, row.to_come)))
}

/// The candidate as the ID they bring has to show them.
#[derive(Debug, Clone)]
pub struct Person {
    pub given_name: String,
    pub family_name: String,
    pub date_of_birth: Option<NaiveDate>,
}

pub async fn person(conn: &mut PgConnection, account_id: AccountId) -> Result<Person, sqlx::Error> {
    sqlx::query_as!(Person, "SELECT given_name, family_name, date_of_birth FROM account WHERE id = $1", account_id as _)
        .fetch_one(conn)
        .await
}

/// Makes everything the candidate does about seats happen one after the other, in every tab.
pub async fn lock_candidate(conn: &mut PgConnection, account_id: AccountId) -> Result<(), sqlx::Error> {
    sqlx::query!("SELECT id FROM account WHERE id = $1 FOR NO KEY UPDATE", account_id as _).fetch_one(conn).await?;
    Ok(())
}

/// Keeps a date of birth that is told for the first time.
pub async fn set_date_of_birth(conn: &mut PgConnection, account_id: AccountId, born: NaiveDate) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE account SET date_of_birth = $2 WHERE id = $1 AND date_of_birth IS NULL", account_id as _, born)
        .execute(conn)
        .await?;
    Ok(())
}
