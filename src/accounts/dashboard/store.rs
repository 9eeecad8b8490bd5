//! Reads over the other capabilities' tables, for the overview only.

use crate::ids::{AccountId, ResultId};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

#[derive(Debug, Clone)]
pub struct Appointment {
    pub reference: String,
    pub starts_at: DateTime<Utc>,
    pub minutes: i32,
    pub time_zone: String,
    pub delivery: String,
    pub hold_expires_at: Option<DateTime<Utc>>,
    pub exam_code: String,
    pub certification: String,
    pub center: Option<String>,
    pub city: Option<String>,
}

#[derive(Debug, Clone)]
pub struct NewestResult {
    pub id: ResultId,
    pub exam_code: String,
    pub certification: String,
    pub passed: bool,
    pub scaled_score: i32,
    pub taken_at: DateTime<Utc>,
    pub released_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone)]
pub struct Credential {
    pub public_id: String,
    pub certification: String,
    pub issued_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

pub async fn agreement_accepted(conn: &mut PgConnection, account_id: AccountId, version: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM agreement_acceptance WHERE account_id = $1 AND version = $2) AS "accepted!""#,
        account_id as _,
        version
    )
    .fetch_one(conn)
    .await
}

/// Booked ones that are not over, and holds that have not expired, soonest first.
pub async fn appointments(conn: &mut PgConnection, account_id: AccountId, now: DateTime<Utc>) -> Result<Vec<Appointment>, sqlx::Error> {
    sqlx::query_as!(
        Appointment,
        r#"SELECT p.reference, p.starts_at, p.minutes, p.time_zone, p.delivery, p.hold_expires_at, e.code AS exam_code,
                  c.name AS certification, t.name AS "center?", t.city AS "city?"
           FROM appointment p
           JOIN exam e ON e.id = p.exam_id
           JOIN certification c ON c.id = e.certification_id
           LEFT JOIN test_center t ON t.id = p.center_id
           WHERE p.account_id = $1
             AND (p.state IN ('booked', 'checked_in', 'admitted', 'started') AND upper(p.occupies) > $2
                  OR p.state = 'held' AND p.hold_expires_at > $2)
           ORDER BY p.starts_at LIMIT 50"#,
        account_id as _,
        now
    )
    .fetch_all(conn)
    .await
}

pub async fn newest_result(conn: &mut PgConnection, account_id: AccountId) -> Result<Option<NewestResult>, sqlx::Error> {
    sqlx::query_as!(
        NewestResult,
        "SELECT r.id, e.code AS exam_code, c.name AS certification, r.passed, r.scaled_score, r.taken_at, r.released_at
         FROM exam_result r
         JOIN exam e ON e.id = r.exam_id
         JOIN certification c ON c.id = e.certification_id
         WHERE r.account_id = $1 AND r.state = 'released'
         ORDER BY r.released_at DESC LIMIT 1",
        account_id as _
    )
    .fetch_optional(conn)
    .await
}

pub async fn credentials(conn: &mut PgConnection, account_id: AccountId, now: DateTime<Utc>) -> Result<Vec<Credential>, sqlx::Error> {
    sqlx::query_as!(
        Credential,
        "SELECT k.public_id, c.name AS certification, k.issued_at, k.expires_at
         FROM credential k JOIN certification c ON c.id = k.certification_id
         WHERE k.account_id = $1 AND k.state = 'active' AND k.expires_at > $2
         ORDER BY k.expires_at LIMIT 50",
        account_id as _,
        now
    )
    .fetch_all(conn)
    .await
}
