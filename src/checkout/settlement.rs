//! What follows from what a gateway says. One function settles a payment, whoever brings the news: the webhook, the
//! payer who comes back, or the job that asks. Its effect happens once.

use super::gateway::{self, Event, GatewayError, GatewayResult, Outcome};
use super::mails;
use super::model::{PaymentState, PurchaseState, refund_reason};
use super::rules::{self, Decision};
use super::store::{self, NewRefund, Payment, Purchase};
use crate::error::{AppError, AppResult, Conflict};
use crate::ids::{AppointmentId, PaymentId, PurchaseItemId, RefundId};
use crate::scheduling;
use crate::server::database::{DbError, expect_one, retrying};
use crate::server::jobs::{self, JobError};
use crate::server::{AppState, audit, random};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::{Connection, PgConnection};
use std::time::Duration;

/// The kind of the job that asks what became of a payment.
pub const RECONCILE: &str = "checkout.reconcile";
/// The kind of the job that sends money back.
pub const REFUND: &str = "checkout.refund";

/// What [`settle`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// It was known, or it changes nothing.
    Nothing,
    /// The order is paid.
    Paid,
    /// The money goes back.
    GivenBack,
    /// Another amount than asked for: staff look at it.
    Mismatch,
    /// The payment failed, or a card was refused.
    Failed,
}

/// Settles a payment by what the gateway says of it, in a transaction of its own.
///
/// # Errors
/// [`AppError::NotFound`]: no payment has this reference.
pub async fn settle(state: &AppState, gateway: &str, reference: &str, outcome: &Outcome) -> AppResult<Settled> {
    retrying(|| async {
        let mut tx = state.db.begin().await?;
        let settled = settle_in(&mut tx, state, gateway, reference, outcome).await?;
        tx.commit().await?;
        Ok(settled)
    })
    .await
}

/// Takes a webhook: its note and its effect in one transaction, so that a delivery which was noted was also acted on.
///
/// # Errors
/// [`AppError::NotFound`]: no payment has its reference (nothing is noted: the sender tries again).
pub async fn take_event(state: &AppState, gateway: &str, event: &Event) -> AppResult<Settled> {
    retrying(|| async {
        let mut tx = state.db.begin().await?;
        if !store::insert_event(&mut tx, gateway, &event.id, &event.kind, &event.payload, state.clock.now()).await? {
            return Ok(Settled::Nothing);
        }
        let settled = settle_in(&mut tx, state, gateway, &event.reference, &event.outcome).await?;
        tx.commit().await?;
        Ok(settled)
    })
    .await
}

/// The one place where a payment changes anything. Inside the caller's transaction.
///
/// # Errors
/// [`AppError::NotFound`]: no payment has this reference.
pub async fn settle_in(
    tx: &mut PgConnection,
    state: &AppState,
    gateway: &str,
    reference: &str,
    outcome: &Outcome,
) -> Result<Settled, DbError> {
    let now = state.clock.now();
    let (payment_id, purchase_id, account_id) = store::payment_by_reference(tx, gateway, reference).await?.ok_or(AppError::NotFound)?;
    // Before the order, as everywhere: whether the exam is booked otherwise stays as it is read.
    scheduling::service::lock_candidate(tx, account_id).await?;
    // Everything that settles an order queues at its row; what is read after this is the truth until we commit.
    let purchase = store::lock_purchase(tx, purchase_id).await?.ok_or(AppError::NotFound)?;
    let payment = store::payment(tx, payment_id).await?.ok_or(AppError::NotFound)?;
    match rules::decide(payment.state, purchase.state, &payment.amount, outcome) {
        Decision::Nothing => Ok(Settled::Nothing),
        Decision::Take => {
            take(tx, state, &purchase, &payment, now).await?;
            Ok(Settled::Paid)
        }
        Decision::GiveBack(reason) => {
            expect_one(store::settle_payment(tx, payment.id, payment.state, PaymentState::Returned, None, now).await?)?;
            let key = format!("payment:{}:{reason}", payment.id);
            let refund = NewRefund {
                id: random::id(),
                payment_id: payment.id,
                item_id: None,
                amount_minor: payment.amount.minor,
                reason,
                key: &key,
            };
            ask_refund(tx, &refund, now).await?;
            Ok(Settled::GivenBack)
        }
        Decision::Mismatch => {
            let Outcome::Succeeded(paid) = outcome else { return Ok(Settled::Nothing) };
            tracing::error!(
                payment.id = %payment.id, payment.asked = payment.amount.minor, payment.paid = paid.minor,
                "a gateway reports another amount than was asked for; nothing was booked"
            );
            let detail = json!({
                "order": purchase.number, "asked_minor": payment.amount.minor, "asked_currency": payment.amount.currency,
                "paid_minor": paid.minor, "paid_currency": paid.currency,
            });
            audit::record_by_program(tx, now, "checkout.amount_mismatch", &payment.id.to_string(), detail, true).await?;
            Ok(Settled::Mismatch)
        }
        Decision::NoteFailure(code) => {
            store::note_failure(tx, payment.id, &code).await?;
            Ok(Settled::Failed)
        }
        Decision::Fail(code) => {
            expect_one(store::settle_payment(tx, payment.id, payment.state, PaymentState::Failed, Some(&code), now).await?)?;
            // Nobody who closed the page themselves needs to be told; whose bank answered late does.
            if !matches!(code.as_str(), "expired" | "cancelled") {
                mails::payment_failed(tx, state, &purchase, &payment, &code, now).await?;
            }
            Ok(Settled::Failed)
        }
    }
}

/// The money is there: the order is paid, and every seat that can still be given is booked. What cannot goes back.
async fn take(tx: &mut PgConnection, state: &AppState, purchase: &Purchase, payment: &Payment, now: DateTime<Utc>) -> Result<(), DbError> {
    expect_one(store::settle_payment(tx, payment.id, payment.state, PaymentState::Succeeded, None, now).await?)?;
    expect_one(store::set_purchase_state(tx, purchase.id, PurchaseState::Paid, Some(now)).await?)?;
    let mut lost: Vec<Lost> = vec![];
    for line in store::lines(tx, purchase.id, now).await? {
        let reason = match book(tx, state, line.appointment_id).await? {
            // Asked after the booking, which waits for whoever is booking the same seat: of two orders the second one sees the first.
            Seat::Booked if store::is_paid_by_another(tx, line.appointment_id, purchase.id).await? => refund_reason::BOOKED_ALREADY,
            Seat::Booked => continue,
            Seat::BookedOtherwise => refund_reason::BOOKED_ALREADY,
            Seat::Gone => refund_reason::SEAT_LOST,
        };
        if line.price_minor > 0 {
            let key = format!("item:{}:{reason}", line.item_id);
            let refund = NewRefund {
                id: random::id(),
                payment_id: payment.id,
                item_id: Some(line.item_id),
                amount_minor: line.price_minor,
                reason,
                key: &key,
            };
            ask_refund(tx, &refund, now).await?;
        }
        lost.push(Lost { item_id: line.item_id, reason });
    }
    let detail =
        json!({ "order": purchase.number, "amount_minor": payment.amount.minor, "currency": payment.amount.currency, "lost": lost.len() });
    audit::record_by_program(tx, now, "checkout.paid", &purchase.id.to_string(), detail, false).await?;
    mails::receipt(tx, state, purchase, &lost, now).await?;
    Ok(())
}

/// An order that costs nothing is complete at once.
///
/// # Errors
/// [`Conflict::HoldExpired`]: a seat is gone; [`Conflict::NotEligible`]: its exam is booked otherwise; nothing is placed.
pub async fn complete_free(tx: &mut PgConnection, state: &AppState, purchase: &Purchase) -> Result<(), DbError> {
    let now = state.clock.now();
    expect_one(store::set_purchase_state(tx, purchase.id, PurchaseState::Paid, Some(now)).await?)?;
    for line in store::lines(tx, purchase.id, now).await? {
        match book(tx, state, line.appointment_id).await? {
            Seat::Booked => {}
            Seat::BookedOtherwise => return Err(Conflict::NotEligible.into()),
            Seat::Gone => return Err(Conflict::HoldExpired.into()),
        }
    }
    mails::receipt(tx, state, purchase, &[], now).await?;
    Ok(())
}

/// An item that was paid for and is not booked, with the reason why its money goes back (see `model::refund_reason`).
pub struct Lost {
    pub item_id: PurchaseItemId,
    pub reason: &'static str,
}

/// What became of a seat that was paid for.
enum Seat {
    Booked,
    /// The candidate has booked its exam with another order.
    BookedOtherwise,
    Gone,
}

/// Books one seat. In a savepoint, because a seat that somebody else has taken may be told by a constraint, which spoils whatever
/// it stands in.
async fn book(tx: &mut PgConnection, state: &AppState, appointment_id: AppointmentId) -> Result<Seat, DbError> {
    let mut savepoint = tx.begin().await?;
    match scheduling::service::confirm_booking(&mut savepoint, state, appointment_id).await {
        Ok(()) => {
            savepoint.commit().await?;
            Ok(Seat::Booked)
        }
        Err(DbError::App(AppError::Conflict(conflict))) => {
            savepoint.rollback().await?;
            Ok(if conflict == Conflict::NotEligible { Seat::BookedOtherwise } else { Seat::Gone })
        }
        Err(error) => Err(error),
    }
}

/// Writes a refund and the job that asks the gateway for it; one for the same cause changes nothing.
pub async fn ask_refund(tx: &mut PgConnection, refund: &NewRefund<'_>, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    if store::insert_refund(tx, refund, now).await? {
        let dedup_key = format!("checkout.refund:{}", refund.id);
        jobs::enqueue(tx, now, REFUND, refund.id, Some(&dedup_key)).await?;
    }
    Ok(())
}

/// Sends money back: asks the gateway, then writes down what it did. A second run, or one after a crash between the
/// two, asks with the same key and gives nothing twice.
pub async fn refund(state: &AppState, refund_id: RefundId) -> Result<(), JobError> {
    let due = {
        let mut conn = state.db.acquire().await?;
        store::due_refund(&mut conn, refund_id).await?
    };
    let Some(due) = due else { return Ok(()) };
    let gateway = gateway::named(state, &due.gateway)?;
    let answer = gateway.refund(&due.key, &due.gateway_ref, &due.amount).await;
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    let purchase = store::lock_purchase(&mut tx, due.purchase_id).await?.ok_or(sqlx::Error::RowNotFound)?;
    let detail = |reference: &str| json!({ "order": purchase.number, "amount_minor": due.amount.minor, "currency": due.amount.currency, "reason": due.reason, "gateway": reference });
    match answer {
        Ok(reference) => {
            if store::settle_refund(&mut tx, due.id, "succeeded", Some(&reference), now).await? == 0 {
                return Ok(());
            }
            if let Some(item_id) = due.item_id {
                store::add_refunded(&mut tx, item_id, due.amount.minor).await?;
                let refunded = store::order_refunded(&mut tx, purchase.id).await?;
                if purchase.state.was_paid() {
                    let after = rules::state_after_refund(purchase.total.minor, refunded);
                    store::set_purchase_state(&mut tx, purchase.id, after, None).await?;
                }
            }
            audit::record_by_program(&mut tx, now, "checkout.refunded", &due.id.to_string(), detail(&reference), false).await?;
            mails::refund(&mut tx, state, &purchase, &due, now).await?;
        }
        Err(GatewayError::Refused(cause)) => {
            // Asking again would change nothing: staff must look at it.
            tracing::error!(refund.id = %due.id, error.cause = %cause, "the gateway refuses a refund");
            store::settle_refund(&mut tx, due.id, "failed", None, now).await?;
            audit::record_by_program(&mut tx, now, "checkout.refund_refused", &due.id.to_string(), detail(&cause), true).await?;
        }
        Err(error) => return Err(error.into()),
    }
    tx.commit().await?;
    Ok(())
}

#[derive(Serialize, Deserialize)]
pub struct Reconcile {
    payment: PaymentId,
    /// Index into [`rules::RECONCILE_AFTER`].
    step: usize,
    begun: DateTime<Utc>,
}

/// Enqueues the question what became of a payment begun at `begun`.
pub async fn enqueue_reconcile(
    tx: &mut PgConnection,
    payment: PaymentId,
    step: usize,
    begun: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let Some(minutes) = rules::RECONCILE_AFTER.get(step) else { return Ok(()) };
    let run_at = begun + TimeDelta::minutes(*minutes);
    let key = format!("checkout.reconcile:{payment}:{step}");
    jobs::enqueue_at(tx, now, run_at, RECONCILE, Reconcile { payment, step, begun }, Some(&key)).await
}

/// Asks the gateway what became of a payment, so that a lost webhook loses nothing. The last time it may still be open,
/// it is closed, and the order with it: also one whose payment failed before, and that nobody has tried again.
pub async fn reconcile(state: &AppState, Reconcile { payment, step, begun }: Reconcile) -> Result<(), JobError> {
    let known = {
        let mut conn = state.db.acquire().await?;
        store::payment(&mut conn, payment).await?
    };
    let Some(known) = known else { return Ok(()) };
    let closing = step >= rules::CLOSE_FROM_STEP;
    match &known.gateway_ref {
        _ if known.state != PaymentState::Pending => {}
        Some(reference) => {
            let outcome = match closing {
                true => gateway::named(state, &known.gateway)?.close(reference).await?,
                false => ask(state, &known.gateway, reference).await?,
            };
            settle(state, &known.gateway, reference, &outcome).await.map_err(|error| JobError(error.to_string()))?;
        }
        // The payer never got to the gateway's page: nothing can have been paid there.
        None if closing => {
            let mut conn = state.db.acquire().await?;
            let now = state.clock.now();
            store::settle_payment(&mut conn, payment, PaymentState::Pending, PaymentState::Failed, Some("expired"), now).await?;
        }
        None => {}
    }
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    let purchase = store::lock_purchase(&mut tx, known.purchase_id).await?.ok_or(sqlx::Error::RowNotFound)?;
    let current = store::current_payment(&mut tx, known.purchase_id).await?;
    let pending = current.is_some_and(|current| current.state == PaymentState::Pending);
    let waits = purchase.state == PurchaseState::AwaitingPayment;
    if pending || waits && !closing {
        enqueue_reconcile(&mut tx, payment, step + 1, begun, now).await?;
    } else if waits {
        store::set_purchase_state(&mut tx, purchase.id, PurchaseState::Expired, None).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// What the gateway says of a checkout; not for longer than a person waits for a page.
pub async fn ask(state: &AppState, gateway: &str, reference: &str) -> GatewayResult<Outcome> {
    let gateway = gateway::named(state, gateway)?;
    tokio::time::timeout(Duration::from_secs(5), gateway.fetch(reference))
        .await
        .map_err(|_| GatewayError::Unavailable("no answer in time".into()))?
}
