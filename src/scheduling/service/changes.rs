//! Moving and cancelling what is booked.

use crate::checkout::model::refund_reason;
use crate::checkout::service as checkout;
use crate::error::{AppError, AppResult, Conflict};
use crate::ids::{AccountId, AppointmentId};
use crate::money::Money;
use crate::scheduling::rules;
use crate::scheduling::store::appointments::{self, Appointment};
use crate::scheduling::store::{booking as store, exams};
use crate::scheduling::{jobs, mails};
use crate::server::RequestContext;
use crate::server::audit;
use crate::server::database::{DbError, OnConstraint, expect_one, retrying};
use serde_json::json;
use sqlx::PgConnection;

/// Moves an appointment to the place and time of the hold that replaces it, and gives its reference. The old seat is
/// released in the transaction that takes the new one; reference, order and rules stay. Doing it twice moves once.
///
/// # Errors
/// [`Conflict::HoldExpired`], [`Conflict::TooLate`], [`Conflict::RescheduleLimit`], [`Conflict::AppointmentEnded`],
/// [`Conflict::OwnOverlap`]; [`AppError::NotFound`] for somebody else's hold.
pub async fn reschedule(cx: &RequestContext, hold_id: AppointmentId) -> AppResult<String> {
    retrying(|| async {
        let mut tx = cx.state.db.begin().await?;
        let reference = reschedule_in(&mut tx, cx, hold_id).await?;
        tx.commit().await?;
        Ok(reference)
    })
    .await
}

async fn reschedule_in(tx: &mut PgConnection, cx: &RequestContext, hold_id: AppointmentId) -> Result<String, DbError> {
    let viewer = cx.candidate()?;
    let now = cx.now();
    exams::lock_candidate(tx, viewer.account_id).await?;
    let hold = appointments::locked(tx, hold_id).await?.filter(|hold| hold.account_id == viewer.account_id);
    let hold = hold.ok_or(AppError::NotFound)?;
    let old = match hold.replaces {
        Some(id) => appointments::locked(tx, id).await?.ok_or(AppError::NotFound)?,
        None => return Err(AppError::NotFound.into()),
    };
    if appointments::was_moved_by(tx, old.id, hold.id).await? {
        return Ok(old.reference);
    }
    if !hold.is_live_hold(now) {
        return Err(Conflict::HoldExpired.into());
    }
    rules::may_reschedule(now, &old.state, old.reschedule_count, &old.policies()?, old.starts_at)?;
    // The hold ends and the appointment takes its seat: nobody else can come between, they wait for this transaction.
    store::expire(tx, hold.id, now).await?;
    let moved = store::move_to(tx, old.id, hold.id)
        .await
        .on_constraint("appointment_seat_overlap", || Conflict::SlotTaken.into())
        .on_constraint("appointment_candidate_overlap", || Conflict::OwnOverlap.into())?;
    expect_one(moved)?;
    let detail = json!({
        "hold": hold.id,
        "from": { "starts_at": old.starts_at, "time_zone": old.time_zone, "center": old.center_code },
        "to": { "starts_at": hold.starts_at, "time_zone": hold.time_zone, "center": hold.center_code },
    });
    appointments::record(tx, old.id, now, "rescheduled", cx.actor().map(|actor| actor.account_id), detail.clone()).await?;
    audit::record(tx, cx, "appointment.reschedule", &old.id.to_string(), detail).await?;
    let moved = appointments::by_id(tx, old.id).await?.ok_or(AppError::NotFound)?;
    mails::rescheduled(tx, &cx.state, now, &old, &moved).await?;
    jobs::enqueue_reminders(tx, now, &moved).await?;
    Ok(moved.reference)
}

/// The candidate's name was corrected: so is the name as on the ID of what they have held or booked, in the same transaction, which has locked
/// their account.
pub async fn rename(tx: &mut PgConnection, cx: &RequestContext, account_id: AccountId, name: &str) -> Result<(), sqlx::Error> {
    let now = cx.now();
    for id in appointments::rename(tx, account_id, name, now).await? {
        appointments::record(tx, id, now, "name_corrected", cx.actor().map(|actor| actor.account_id), json!({})).await?;
    }
    Ok(())
}

/// What a cancellation would give back, or why it is refused.
pub async fn cancellation(cx: &RequestContext, appointment: &Appointment) -> AppResult<(Result<(), Conflict>, Option<Money>)> {
    let allowed = rules::may_cancel(cx.now(), &appointment.state, &appointment.policies()?, appointment.starts_at);
    let mut conn = cx.state.db.acquire().await?;
    let paid = checkout::paid_for(&mut conn, appointment.id).await.map_err(AppError::from)?;
    Ok((allowed, paid))
}

/// Cancels a booked appointment, gives the seat back at once and the money to where it came from. Doing it twice
/// changes nothing.
///
/// # Errors
/// [`Conflict::TooLate`], [`Conflict::AppointmentEnded`]; [`AppError::NotFound`] for somebody else's appointment.
pub async fn cancel(cx: &RequestContext, reference: &str) -> AppResult<()> {
    retrying(|| async {
        let mut tx = cx.state.db.begin().await?;
        cancel_in(&mut tx, cx, reference).await?;
        tx.commit().await?;
        Ok(())
    })
    .await
}

async fn cancel_in(tx: &mut PgConnection, cx: &RequestContext, reference: &str) -> Result<(), DbError> {
    let viewer = cx.candidate()?;
    let now = cx.now();
    exams::lock_candidate(tx, viewer.account_id).await?;
    let found = appointments::by_reference(tx, viewer.account_id, reference).await?.ok_or(AppError::NotFound)?;
    let appointment = appointments::locked(tx, found.id).await?.ok_or(AppError::NotFound)?;
    match appointment.state.as_str() {
        "cancelled" => return Ok(()),
        "held" | "expired" => return Err(AppError::NotFound.into()),
        _ => {}
    }
    rules::may_cancel(now, &appointment.state, &appointment.policies()?, appointment.starts_at)?;
    expect_one(store::cancel(tx, appointment.id, now).await?)?;
    // A hold that was to replace it has nothing to replace any more.
    for hold in store::live_holds(tx, viewer.account_id, now).await? {
        if hold.replaces == Some(appointment.id) {
            store::expire(tx, hold.id, now).await?;
        }
    }
    let key = format!("cancel:{}", appointment.id);
    let refund = checkout::refund_appointment(tx, &cx.state, appointment.id, refund_reason::CANCELLED, &key).await?;
    let detail = json!({ "refund": refund });
    appointments::record(tx, appointment.id, now, "cancelled", cx.actor().map(|actor| actor.account_id), detail.clone()).await?;
    audit::record(tx, cx, "appointment.cancel", &appointment.id.to_string(), detail).await?;
    mails::cancelled(tx, &cx.state, now, &appointment, refund.as_ref()).await?;
    Ok(())
}
