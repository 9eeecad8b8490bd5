//! The states of orders, payments and refunds.

use serde::{Deserialize, Serialize};

/// Where an order stands (product.md section 5). `Draft` is the cart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PurchaseState {
    Draft,
    AwaitingPayment,
    Paid,
    PartlyRefunded,
    Refunded,
    Cancelled,
    /// Not paid in time.
    Expired,
}

impl PurchaseState {
    const ALL: [PurchaseState; 7] =
        [Self::Draft, Self::AwaitingPayment, Self::Paid, Self::PartlyRefunded, Self::Refunded, Self::Cancelled, Self::Expired];

    /// As the database writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::AwaitingPayment => "awaiting_payment",
            Self::Paid => "paid",
            Self::PartlyRefunded => "partly_refunded",
            Self::Refunded => "refunded",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    /// The database's CHECK allows no other word.
    pub fn of(text: &str) -> Self {
        Self::ALL.into_iter().find(|state| state.as_str() == text).unwrap_or(Self::Draft)
    }

    /// Money was taken for it, whatever was given back since.
    pub fn was_paid(self) -> bool {
        matches!(self, Self::Paid | Self::PartlyRefunded | Self::Refunded)
    }
}

/// Where one attempt to pay stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentState {
    Pending,
    Succeeded,
    Failed,
    /// The money came, but not for anything that could be given: it goes back.
    Returned,
}

impl PaymentState {
    const ALL: [PaymentState; 4] = [Self::Pending, Self::Succeeded, Self::Failed, Self::Returned];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Returned => "returned",
        }
    }

    pub fn of(text: &str) -> Self {
        Self::ALL.into_iter().find(|state| state.as_str() == text).unwrap_or(Self::Failed)
    }
}

/// Why money goes back. Scheduling names its own causes in the same words; an unknown one is shown as a plain refund.
pub mod refund_reason {
    /// The seat was given away before a late payment came.
    pub const SEAT_LOST: &str = "seat_lost";
    /// The order had been changed or cancelled before its payment came.
    pub const ORDER_CHANGED: &str = "order_changed";
    /// The candidate had booked the exam with another order before this payment came.
    pub const BOOKED_ALREADY: &str = "booked_already";
    /// A second payment for an order that was paid.
    pub const PAID_TWICE: &str = "paid_twice";
    /// The candidate cancelled in time.
    pub const CANCELLED: &str = "cancelled";
    /// The programme or the centre cancelled.
    pub const PROVIDER_CANCELLED: &str = "provider_cancelled";
    /// Somebody of the staff gave it.
    pub const STAFF: &str = "staff";
}
