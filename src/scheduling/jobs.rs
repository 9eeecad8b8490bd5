//! What the worker does for scheduling: gives lapsed holds back, reminds of appointments.

use super::mails;
use super::store::appointments::{self, Appointment};
use super::store::booking;
use crate::ids::AppointmentId;
use crate::server::AppState;
use crate::server::database::DbError;
use crate::server::jobs::{self, JobError};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgConnection;

/// Ends holds whose time is over.
pub const EXPIRE_HOLDS: &str = "scheduling.expire_holds";
/// Reminds one candidate of one appointment.
pub const REMIND: &str = "scheduling.remind";

/// Ends the hold when its time is over.
pub async fn enqueue_expiry(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    id: AppointmentId,
    expires_at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    jobs::enqueue_at(conn, now, expires_at, EXPIRE_HOLDS, (), Some(&format!("hold:{id}"))).await
}

/// Ends every lapsed hold; a hold that was booked or let go in the meantime is left alone.
pub fn expire_holds(state: AppState, _: Value) -> BoxFuture<'static, Result<(), JobError>> {
    Box::pin(async move {
        let mut conn = state.db.acquire().await?;
        booking::expire_lapsed(&mut conn, state.clock.now()).await?;
        Ok(())
    })
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Reminder {
    appointment_id: AppointmentId,
    /// The start it reminds of: an appointment that was moved has reminders of its own.
    starts_at: DateTime<Utc>,
    days: i64,
}

/// The reminders that are still ahead, on the days before the start that the policy had when the exam was booked.
pub async fn enqueue_reminders(conn: &mut PgConnection, now: DateTime<Utc>, appointment: &Appointment) -> Result<(), DbError> {
    for days in appointment.policies()?.reminder_days.into_iter().map(i64::from) {
        let run_at = appointment.starts_at - TimeDelta::days(days);
        // Somebody who books two days before needs no reminder of a week; nor one in the minute of the confirmation.
        if run_at > now + TimeDelta::hours(1) {
            let reminder = Reminder { appointment_id: appointment.id, starts_at: appointment.starts_at, days };
            let key = format!("remind:{}:{}:{days}", appointment.id, appointment.starts_at.timestamp());
            jobs::enqueue_at(conn, now, run_at, REMIND, reminder, Some(&key)).await?;
        }
    }
    Ok(())
}

/// Sends a reminder if the appointment still stands at that time.
pub fn remind(state: AppState, payload: Value) -> BoxFuture<'static, Result<(), JobError>> {
    Box::pin(async move {
        let reminder: Reminder = serde_json::from_value(payload)?;
        let now = state.clock.now();
        let mut tx = state.db.begin().await?;
        let Some(appointment) = appointments::by_id(&mut tx, reminder.appointment_id).await? else { return Ok(()) };
        let stands = appointment.state == "booked" && appointment.starts_at == reminder.starts_at && now < appointment.starts_at;
        // A worker that was down for days sends the reminder of a day, not that of a week a day late.
        let days_left = (appointment.starts_at - now).num_days();
        let policies = appointment.policies().map_err(|error| JobError(format!("{error:?}")))?;
        let is_stale = policies.reminder_days.into_iter().map(i64::from).any(|days| days < reminder.days && days_left < days);
        if stands && !is_stale {
            mails::reminder(&mut tx, &state, now, &appointment, reminder.days).await.map_err(|error| JobError(format!("{error:?}")))?;
        }
        tx.commit().await?;
        Ok(())
    })
}
