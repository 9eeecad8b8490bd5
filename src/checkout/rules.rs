//! What checkout decides: pure functions of facts and time.

use super::model::{PaymentState, PurchaseState};
use crate::checkout::gateway::Outcome;
use crate::ids::{AppointmentId, PurchaseItemId};
use crate::money::Money;
use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};

/// Time to pay that a candidate has at least when they leave for the payment page; given once an order.
pub const TIME_TO_PAY: TimeDelta = TimeDelta::minutes(10);

/// Minutes after a payment was begun at which the gateway is asked what became of it. After the fourth an unpaid
/// order is closed; the later ones are for payments that take days.
pub const RECONCILE_AFTER: [i64; 7] = [1, 5, 15, 60, 6 * 60, 24 * 60, 72 * 60];

/// From this step of [`RECONCILE_AFTER`] on, an unpaid checkout is closed.
pub const CLOSE_FROM_STEP: usize = 3;

/// What became of a line's seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineState {
    /// Held until then.
    Held(DateTime<Utc>),
    /// The hold is over; the seat was given back.
    Lapsed,
    /// Booked, and whatever follows from that.
    Booked,
    /// Cancelled after it was booked.
    Cancelled,
}

/// Reads an appointment's state as the checkout sees it. A hold whose time is over is lapsed even before anybody
/// has swept it up.
pub fn line_state(state: &str, hold_expires_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> LineState {
    match (state, hold_expires_at) {
        ("held", Some(until)) if until > now => LineState::Held(until),
        ("held" | "expired", _) => LineState::Lapsed,
        ("cancelled", _) => LineState::Cancelled,
        _ => LineState::Booked,
    }
}

/// What the candidate saw on the review page, as one word: another tab's change of the cart is noticed before
/// anything is charged. Takes each item with its appointment and price, in any order.
pub fn reviewed(items: impl IntoIterator<Item = (PurchaseItemId, AppointmentId, i64)>, currency: &str) -> String {
    let mut items: Vec<_> = items.into_iter().collect();
    items.sort();
    let mut digest = Sha256::new();
    digest.update(currency.as_bytes());
    for (item, appointment, price) in items {
        digest.update(item.as_bytes());
        digest.update(appointment.as_bytes());
        digest.update(price.to_be_bytes());
    }
    digest.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

/// `CP-2026-000123`.
pub fn order_number(year: i32, sequence: i64) -> String {
    format!("CP-{year}-{sequence:06}")
}

/// What is to be done about something the gateway says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Nothing new.
    Nothing,
    /// Take the money for the order.
    Take,
    /// The money came for nothing that can be given: send it back, for this reason (see `model::refund_reason`).
    GiveBack(&'static str),
    /// Another amount or currency than was asked for: touch nothing, tell staff.
    Mismatch,
    /// This attempt failed, another card may still succeed on the same page.
    NoteFailure(String),
    /// This payment is over.
    Fail(String),
}

/// Decides about a payment. A payment that was given up here still counts when the gateway says later that it
/// succeeded: the money is real.
pub fn decide(payment: PaymentState, purchase: PurchaseState, asked: &Money, outcome: &Outcome) -> Decision {
    use super::model::refund_reason::{ORDER_CHANGED, PAID_TWICE};
    match (outcome, payment) {
        (_, PaymentState::Succeeded | PaymentState::Returned) => Decision::Nothing,
        (Outcome::Succeeded(paid), _) if paid != asked => Decision::Mismatch,
        (Outcome::Succeeded(_), _) => match purchase {
            PurchaseState::AwaitingPayment | PurchaseState::Expired => Decision::Take,
            PurchaseState::Paid | PurchaseState::PartlyRefunded | PurchaseState::Refunded => Decision::GiveBack(PAID_TWICE),
            PurchaseState::Draft | PurchaseState::Cancelled => Decision::GiveBack(ORDER_CHANGED),
        },
        (Outcome::Open { failure: Some(code) }, PaymentState::Pending) => Decision::NoteFailure(code.clone()),
        (Outcome::Failed(code), PaymentState::Pending) => Decision::Fail(code.clone()),
        (Outcome::Open { .. } | Outcome::Processing | Outcome::Failed(_), _) => Decision::Nothing,
    }
}

/// The order's state when `refunded` of its `total` has gone back.
pub fn state_after_refund(total_minor: i64, refunded_minor: i64) -> PurchaseState {
    if refunded_minor >= total_minor { PurchaseState::Refunded } else { PurchaseState::PartlyRefunded }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;

    fn at(minute: u32) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 12, 3, 9, minute, 0).unwrap()
    }

    #[test]
    fn a_hold_is_over_at_its_last_moment() {
        assert_eq!(line_state("held", Some(at(15)), at(14)), LineState::Held(at(15)));
        assert_eq!(line_state("held", Some(at(15)), at(15)), LineState::Lapsed);
        assert_eq!(line_state("expired", None, at(0)), LineState::Lapsed);
        assert_eq!(line_state("booked", None, at(0)), LineState::Booked);
        assert_eq!(line_state("scored", None, at(0)), LineState::Booked);
        assert_eq!(line_state("cancelled", None, at(0)), LineState::Cancelled);
    }

    #[test]
    fn the_review_notices_another_item_and_another_price_but_not_another_order() {
        let [a, b] = [1, 2].map(|n| (PurchaseItemId::from_u128(n), AppointmentId::from_u128(n)));
        let seen = reviewed([(a.0, a.1, 100), (b.0, b.1, 200)], "USD");
        assert_eq!(seen, reviewed([(b.0, b.1, 200), (a.0, a.1, 100)], "USD"));
        assert_ne!(seen, reviewed([(a.0, a.1, 100)], "USD"));
        assert_ne!(seen, reviewed([(a.0, a.1, 100), (b.0, b.1, 201)], "USD"));
        assert_ne!(seen, reviewed([(a.0, a.1, 100), (b.0, b.1, 200)], "EUR"));
    }

    #[test]
    fn money_is_taken_once_and_only_the_amount_asked_for() {
        let asked = Money::new(15000, "USD");
        let paid = Outcome::Succeeded(asked.clone());
        let decide = |payment, purchase, outcome: &Outcome| super::decide(payment, purchase, &asked, outcome);
        use PaymentState::{Failed, Pending, Returned, Succeeded};
        assert_eq!(decide(Pending, PurchaseState::AwaitingPayment, &paid), Decision::Take);
        // Given up here, paid there: the money is real.
        assert_eq!(decide(Failed, PurchaseState::Expired, &paid), Decision::Take);
        assert_eq!(decide(Succeeded, PurchaseState::Paid, &paid), Decision::Nothing);
        assert_eq!(decide(Returned, PurchaseState::Paid, &paid), Decision::Nothing);
        assert_eq!(decide(Failed, PurchaseState::Paid, &paid), Decision::GiveBack("paid_twice"));
        assert_eq!(decide(Failed, PurchaseState::Cancelled, &paid), Decision::GiveBack("order_changed"));
        for wrong in [Money::new(14999, "USD"), Money::new(15001, "USD"), Money::new(15000, "EUR")] {
            assert_eq!(decide(Pending, PurchaseState::AwaitingPayment, &Outcome::Succeeded(wrong)), Decision::Mismatch);
        }
    }

    #[test]
    fn a_failure_never_undoes_a_success() {
        let asked = Money::new(15000, "USD");
        let failed = Outcome::Failed("expired".into());
        assert_eq!(decide(PaymentState::Succeeded, PurchaseState::Paid, &asked, &failed), Decision::Nothing);
        assert_eq!(decide(PaymentState::Failed, PurchaseState::AwaitingPayment, &asked, &failed), Decision::Nothing);
        assert_eq!(decide(PaymentState::Pending, PurchaseState::AwaitingPayment, &asked, &failed), Decision::Fail("expired".into()));
        let declined = Outcome::Open { failure: Some("card_declined".into()) };
        assert_eq!(
            decide(PaymentState::Pending, PurchaseState::AwaitingPayment, &asked, &declined),
            Decision::NoteFailure("card_declined".into())
        );
    }

    #[test]
    fn orders_are_numbered_by_year() {
        assert_eq!(order_number(2026, 123), "CP-2026-000123");
        assert_eq!(order_number(2026, 1_234_567), "CP-2026-1234567");
    }

    #[test]
    fn an_order_is_refunded_when_nothing_of_it_is_left() {
        assert_eq!(state_after_refund(300, 100), PurchaseState::PartlyRefunded);
        assert_eq!(state_after_refund(300, 300), PurchaseState::Refunded);
    }
}
