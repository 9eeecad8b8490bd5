//! What the worker runs for checkout.

use super::settlement;
use crate::server::AppState;
use crate::server::jobs::JobError;
use futures_util::future::BoxFuture;
use serde_json::Value;

/// Sends money back ([`settlement::REFUND`]).
pub fn refund(state: AppState, payload: Value) -> BoxFuture<'static, Result<(), JobError>> {
    Box::pin(async move { settlement::refund(&state, serde_json::from_value(payload)?).await })
}

/// Asks what became of a payment ([`settlement::RECONCILE`]).
pub fn reconcile(state: AppState, payload: Value) -> BoxFuture<'static, Result<(), JobError>> {
    Box::pin(async move { settlement::reconcile(&state, serde_json::from_value(payload)?).await })
}
