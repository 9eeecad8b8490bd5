//! What staff see of an order, and a refund that is asked for.

use crate::checkout::model::{PaymentState, PurchaseState};
use crate::ids::{AccountId, PurchaseItemId};
use crate::money::Money;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A refund that waits for a second person. Its subject is the order's item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffRefund {
    /// The order's number.
    pub order: String,
    /// The item's.
    pub description: String,
    pub amount: Money,
    pub price_minor: i64,
    /// What of the item's price had gone back, or was about to, when it was asked for.
    pub refunded_minor: i64,
}

/// Who bought.
#[derive(Debug, Clone)]
pub struct Buyer {
    pub account_id: AccountId,
    pub name: String,
    pub candidate_id: Option<String>,
    pub erased: bool,
}

/// One line of a search.
#[derive(Debug, Clone)]
pub struct FoundOrder {
    pub number: String,
    pub buyer: String,
    pub candidate_id: Option<String>,
    pub placed_at: DateTime<Utc>,
    pub state: PurchaseState,
    pub total: Money,
}

/// One attempt to pay.
#[derive(Debug, Clone)]
pub struct PaymentRow {
    pub gateway: String,
    pub gateway_ref: Option<String>,
    pub state: PaymentState,
    pub amount: Money,
    pub created_at: DateTime<Utc>,
}

/// Money that went back, or is about to.
#[derive(Debug, Clone)]
pub struct RefundRow {
    pub item_id: Option<PurchaseItemId>,
    pub amount_minor: i64,
    /// A word of `checkout::model::refund_reason`.
    pub reason: String,
    pub state: String,
    pub created_at: DateTime<Utc>,
    /// Somebody of the staff, and why in their words.
    pub asked_by: Option<String>,
    pub note: Option<String>,
}
