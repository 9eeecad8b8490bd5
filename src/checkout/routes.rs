//! Where gateways report what became of a payment.

use super::gateway::{PaymentGateway, sandbox};
use super::settlement;
use crate::error::AppError;
use crate::server::config::GatewayKind;
use crate::server::http::router::Site;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};

/// The sandbox's webhook. 204: taken, now or before. 400: not believed. 404: about nothing we know. Anything else: the
/// sender tries again.
pub async fn sandbox_webhook(State(site): State<Site>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let state = &site.state;
    if state.config.gateway != GatewayKind::Sandbox {
        return StatusCode::NOT_FOUND;
    }
    let gateway = sandbox::Sandbox::new(state.clone());
    let event = match gateway.verify_and_parse_webhook(&headers, &body, state.clock.now()) {
        Ok(event) => event,
        Err(error) => {
            tracing::warn!(error.cause = %error, "a webhook was not believed");
            return StatusCode::BAD_REQUEST;
        }
    };
    match settlement::take_event(state, gateway.name(), &event).await {
        Ok(_) => StatusCode::NO_CONTENT,
        Err(AppError::NotFound) => StatusCode::NOT_FOUND,
        Err(error) => StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
    }
}
