//! The forms of the hosted page. Anybody who has its unguessable address may use it, as with a real provider.

use super::{Step, cards};
use crate::error::AppError;
use crate::server::config::GatewayKind;
use crate::server::http::respond;
use crate::server::request;
use leptos::prelude::*;

/// A card was typed.
#[server(endpoint = "sandbox/pay")]
pub async fn sandbox_pay(
    #[server(default)] checkout: String,
    #[server(default)] card: String,
    #[server(default)] expiry: String,
    #[server(default)] cvc: String,
) -> Result<(), AppError> {
    let cx = request();
    if cx.state.config.gateway != GatewayKind::Sandbox {
        return Err(AppError::NotFound);
    }
    let behaviour = cards::read(&card, &expiry, &cvc, cx.now().date_naive()).map_err(AppError::Validation)?;
    go(&checkout, super::pay(&cx.state, &checkout, behaviour).await?);
    Ok(())
}

/// The payer answered their bank: `approve` or `deny`.
#[server(endpoint = "sandbox/authenticate")]
pub async fn sandbox_authenticate(#[server(default)] checkout: String, #[server(default)] answer: String) -> Result<(), AppError> {
    let cx = request();
    if cx.state.config.gateway != GatewayKind::Sandbox {
        return Err(AppError::NotFound);
    }
    go(&checkout, super::authenticate(&cx.state, &checkout, answer == "approve").await?);
    Ok(())
}

fn go(checkout: &str, step: Step) {
    match step {
        Step::Here => respond::redirect(&format!("/sandbox-pay/{checkout}")),
        Step::Return(url) => respond::redirect(&url),
    }
}
