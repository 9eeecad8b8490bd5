//! Payment gateways: who takes the money. Card data is typed on their pages, never here.

pub mod sandbox;

use crate::error::AppError;
use crate::money::Money;
use crate::server::AppState;
use crate::server::config::GatewayKind;
use axum::http::HeaderMap;
use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;

/// A checkout to be made on the gateway's own page.
#[derive(Debug, Clone)]
pub struct CheckoutRequest {
    /// The intent: asking twice with one key gives one checkout.
    pub key: String,
    pub amount: Money,
    /// What the payer reads beside the amount.
    pub description: String,
    /// Where the payer comes back to when it is over, and when they give up.
    pub return_url: String,
    pub cancel_url: String,
}

/// A checkout as the gateway made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostedCheckout {
    /// The gateway's id of it.
    pub reference: String,
    pub redirect_url: String,
}

/// What the gateway says of a checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Not paid, still payable; with the reason why the last card was refused.
    Open { failure: Option<String> },
    /// The payer did their part; the answer comes later.
    Processing,
    /// Money was taken: so much.
    Succeeded(Money),
    /// Over without money, for this reason (`card_declined`, `expired`, …).
    Failed(String),
}

/// A verified message of the gateway about one checkout.
#[derive(Debug, Clone)]
pub struct Event {
    /// One delivery of an event counts, however often it comes.
    pub id: String,
    pub kind: String,
    pub reference: String,
    pub outcome: Outcome,
    /// As it came, for the books. Holds no card data.
    pub payload: serde_json::Value,
}

/// Why a gateway did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// Worth another try.
    #[error("the payment gateway cannot be reached: {0}")]
    Unavailable(String),
    /// Asking again would change nothing.
    #[error("the payment gateway refused: {0}")]
    Refused(String),
}

impl From<sqlx::Error> for GatewayError {
    fn from(error: sqlx::Error) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<GatewayError> for AppError {
    fn from(error: GatewayError) -> Self {
        tracing::warn!(error.cause = %error, "the payment gateway did not answer as hoped");
        AppError::Unavailable
    }
}

/// Why a message that says it comes from the gateway is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    #[error("no signature")]
    Unsigned,
    #[error("the signature is wrong")]
    Forged,
    #[error("signed too long ago")]
    TooOld,
    #[error("signed rightly, but not understood")]
    Unreadable,
}

pub type GatewayResult<T> = Result<T, GatewayError>;

/// What every gateway can do. No call of it stands inside a database transaction.
pub trait PaymentGateway: Send + Sync {
    /// As the database writes it.
    fn name(&self) -> &'static str;

    /// Makes a checkout on the gateway's page. Idempotent by the request's key.
    fn create_checkout<'a>(&'a self, request: &'a CheckoutRequest) -> BoxFuture<'a, GatewayResult<HostedCheckout>>;

    /// What became of a checkout.
    fn fetch<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, GatewayResult<Outcome>>;

    /// Closes a checkout that nobody shall pay any more, and says what became of it: it may just have been paid.
    fn close<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, GatewayResult<Outcome>>;

    /// Sends money back to where it came from; gives the gateway's id of the refund. Idempotent by `key`.
    fn refund<'a>(&'a self, key: &'a str, reference: &'a str, amount: &'a Money) -> BoxFuture<'a, GatewayResult<String>>;

    /// Believes a webhook, or not. `now` is for the age of the signature.
    ///
    /// # Errors
    /// [`WebhookError`]: nothing of it may be used.
    fn verify_and_parse_webhook(&self, headers: &HeaderMap, body: &[u8], now: DateTime<Utc>) -> Result<Event, WebhookError>;
}

/// The gateway new payments are made with.
///
/// # Errors
/// [`AppError::Unavailable`]: none is configured.
pub fn configured(state: &AppState) -> Result<Box<dyn PaymentGateway>, AppError> {
    match state.config.gateway {
        GatewayKind::Sandbox => Ok(Box::new(sandbox::Sandbox::new(state.clone()))),
        GatewayKind::None => Err(AppError::Unavailable),
    }
}

/// The gateway an older payment was made with.
///
/// # Errors
/// [`GatewayError::Refused`]: this program knows no such gateway.
pub fn named(state: &AppState, name: &str) -> GatewayResult<Box<dyn PaymentGateway>> {
    match name {
        sandbox::NAME => Ok(Box::new(sandbox::Sandbox::new(state.clone()))),
        other => Err(GatewayError::Refused(format!("no gateway is called {other}"))),
    }
}
