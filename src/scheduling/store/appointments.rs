//! Appointments as they are shown.

use crate::error::AppError;
use crate::ids::{AccountId, AppointmentId, CenterId, ExamId, SeatId};
use crate::scheduling::rules::{self, Deadlines, Delivery};
use crate::server::database::internal;
use crate::server::format;
use crate::server::programme::Policies;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde_json::Value;
use sqlx::PgConnection;

/// An appointment (or a hold, which is one that is not paid for yet) with its exam and place.
#[derive(Debug, Clone)]
pub struct Appointment {
    pub id: AppointmentId,
    pub reference: String,
    pub account_id: AccountId,
    pub exam_id: ExamId,
    pub exam_code: String,
    pub exam_name: String,
    /// Its results come when the beta has ended.
    pub beta: bool,
    pub language: String,
    pub delivery: String,
    pub seat_id: SeatId,
    pub seat_accessible: bool,
    pub time_zone: String,
    pub starts_at: DateTime<Utc>,
    pub minutes: i32,
    pub occupied_until: DateTime<Utc>,
    pub state: String,
    pub hold_expires_at: Option<DateTime<Utc>>,
    pub replaces: Option<AppointmentId>,
    pub name_on_id: Option<String>,
    pub reschedule_count: i32,
    pub policies: Value,
    pub center_id: Option<CenterId>,
    pub center_code: Option<String>,
    pub center_name: Option<String>,
    pub center_address: Option<Vec<String>>,
    pub center_city: Option<String>,
    pub center_country: Option<String>,
    pub center_phone: Option<String>,
    pub center_arrival: Option<Value>,
    pub center_latitude: Option<f64>,
    pub center_longitude: Option<f64>,
}

impl Appointment {
    pub fn delivery(&self) -> Delivery {
        if self.delivery == "center" { Delivery::Center } else { Delivery::Online }
    }

    pub fn zone(&self) -> Tz {
        format::zone(&self.time_zone)
    }

    /// The rules it was bought under.
    ///
    /// # Errors
    /// [`AppError::Internal`]: the copy cannot be read.
    pub fn policies(&self) -> Result<Policies, AppError> {
        serde_json::from_value(self.policies.clone()).map_err(|error| internal(&error))
    }

    pub fn deadlines(&self) -> Result<Deadlines, AppError> {
        Ok(rules::deadlines(&self.policies()?, self.delivery(), self.starts_at, self.minutes, self.zone()))
    }

    pub fn ends_at(&self) -> DateTime<Utc> {
        self.starts_at + TimeDelta::minutes(i64::from(self.minutes))
    }

    /// A hold whose time is not over.
    pub fn is_live_hold(&self, now: DateTime<Utc>) -> bool {
        self.state == "held" && self.hold_expires_at.is_some_and(|until| now < until)
    }

    pub fn is_upcoming(&self, now: DateTime<Utc>) -> bool {
        matches!(self.state.as_str(), "booked" | "checked_in" | "admitted" | "started") && now < self.occupied_until
    }
}

/// One row type, one list of columns, several questions.
macro_rules! select {
    ($rest:literal, $($argument:expr),*) => {
        sqlx::query_as!(
            Appointment,
            r#"SELECT a.id, a.reference, a.account_id, a.exam_id, e.code AS exam_code, c.name AS exam_name,
                      e.status = 'beta' AS "beta!", a.language, a.delivery,
                      a.seat_id, s.accessible AS seat_accessible, a.time_zone, a.starts_at, a.minutes,
                      upper(a.occupies) AS "occupied_until!", a.state, a.hold_expires_at, a.replaces, a.name_on_id,
                      a.reschedule_count, a.policies, a.center_id, t.code AS "center_code?", t.name AS "center_name?",
                      t.address_lines AS "center_address?", t.city AS "center_city?", t.country AS "center_country?",
                      t.phone AS "center_phone?", t.arrival AS "center_arrival?", t.latitude AS "center_latitude?",
                      t.longitude AS "center_longitude?"
               FROM appointment a
               JOIN exam e ON e.id = a.exam_id
               JOIN certification c ON c.id = e.certification_id
               JOIN seat s ON s.id = a.seat_id
               LEFT JOIN test_center t ON t.id = a.center_id "# + $rest,
            $($argument),*
        )
    };
}

pub async fn by_id(conn: &mut PgConnection, id: AppointmentId) -> Result<Option<Appointment>, sqlx::Error> {
    select!("WHERE a.id = $1", id as _).fetch_optional(conn).await
}

/// The same, and nobody else changes it until the transaction ends.
pub async fn locked(conn: &mut PgConnection, id: AppointmentId) -> Result<Option<Appointment>, sqlx::Error> {
    select!("WHERE a.id = $1 FOR NO KEY UPDATE OF a", id as _).fetch_optional(conn).await
}

pub async fn by_reference(conn: &mut PgConnection, account_id: AccountId, reference: &str) -> Result<Option<Appointment>, sqlx::Error> {
    select!("WHERE a.reference = $2 AND a.account_id = $1 AND a.replaces IS NULL", account_id as _, reference).fetch_optional(conn).await
}

/// Everything a candidate has or had, holds too, but for holds that have lapsed or were let go.
pub async fn of_candidate(conn: &mut PgConnection, account_id: AccountId, now: DateTime<Utc>) -> Result<Vec<Appointment>, sqlx::Error> {
    select!(
        "WHERE a.account_id = $1 AND a.state <> 'expired' AND NOT (a.state = 'held' AND a.hold_expires_at <= $2) ORDER BY a.starts_at",
        account_id as _,
        now
    )
    .fetch_all(conn)
    .await
}

/// Gives what a candidate has before them another name as on the ID, a lapsed hold too, which a late payment may still book; gives what
/// has changed. A hold whose details were not told yet has none.
pub async fn rename(
    conn: &mut PgConnection,
    account_id: AccountId,
    name: &str,
    now: DateTime<Utc>,
) -> Result<Vec<AppointmentId>, sqlx::Error> {
    sqlx::query_scalar!(
        "UPDATE appointment SET name_on_id = $2
         WHERE account_id = $1 AND starts_at > $3 AND (state = 'booked' OR state IN ('held', 'expired') AND name_on_id IS NOT NULL)
           AND name_on_id IS DISTINCT FROM $2
         RETURNING id",
        account_id as _,
        name,
        now
    )
    .fetch_all(conn)
    .await
}

/// One line of an appointment's history.
#[derive(Debug, Clone)]
pub struct Event {
    pub at: DateTime<Utc>,
    pub kind: String,
    pub detail: Value,
}

pub async fn events(conn: &mut PgConnection, appointment_id: AppointmentId) -> Result<Vec<Event>, sqlx::Error> {
    sqlx::query_as!(Event, "SELECT at, kind, detail FROM appointment_event WHERE appointment_id = $1 ORDER BY id", appointment_id as _)
        .fetch_all(conn)
        .await
}

pub async fn record(
    conn: &mut PgConnection,
    appointment_id: AppointmentId,
    at: DateTime<Utc>,
    kind: &str,
    actor: Option<AccountId>,
    detail: Value,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO appointment_event (appointment_id, at, kind, actor_id, detail) VALUES ($1, $2, $3, $4, $5)",
        appointment_id as _,
        at,
        kind,
        actor as _,
        detail
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether this hold has already moved the appointment it replaces.
pub async fn was_moved_by(conn: &mut PgConnection, appointment_id: AppointmentId, hold_id: AppointmentId) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM appointment_event WHERE appointment_id = $1 AND kind = 'rescheduled' AND detail ->> 'hold' = $2) AS "moved!""#,
        appointment_id as _,
        hold_id.to_string()
    )
    .fetch_one(conn)
    .await
}
