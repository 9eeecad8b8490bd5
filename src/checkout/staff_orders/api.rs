//! What the form of a refund calls.

use crate::error::AppError;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// How much of which item goes back, and why.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct RefundForm {
    pub order: String,
    pub intent: String,
    pub item: String,
    pub amount: String,
    pub reason: String,
}

/// Refunds a part of an order, or above the limit asks for it. Finance.
#[server(endpoint = "checkout/refund")]
pub async fn refund_order(#[server(flatten)] form: RefundForm) -> Result<(), AppError> {
    use super::service::{self, Asked, Refunded};
    use crate::server::http::respond::redirect;
    let asked = Asked { order: &form.order, intent: &form.intent, item: &form.item, amount: &form.amount, reason: &form.reason };
    match service::refund(&crate::server::request(), &asked).await? {
        // A number that was found: nothing in it needs an escape.
        Refunded::Now => redirect(&format!("/staff/orders/{}?done=refunded", form.order)),
        Refunded::Asked(request) => redirect(&format!("/staff/approvals/{request}?done=asked")),
    }
    Ok(())
}
