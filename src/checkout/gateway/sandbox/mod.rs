//! The sandbox gateway: a payment provider of our own for demonstrations, development and tests. It behaves as a real one
//! does from outside (a hosted page, signed webhooks, idempotency keys, an answer that comes late), keeps its own books in
//! tables of its own, and takes nothing but test cards. No card number is ever stored or logged.

mod api;
pub mod cards;
pub mod page;
mod store;
pub mod webhook;

pub use api::{SandboxAuthenticate, SandboxPay};

use super::{CheckoutRequest, Event, GatewayError, GatewayResult, HostedCheckout, Outcome, PaymentGateway, WebhookError};
use crate::error::{AppError, AppResult, Conflict};
use crate::money::Money;
use crate::server::jobs::{self, JobError};
use crate::server::{AppState, random};
use axum::http::HeaderMap;
use cards::Behaviour;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::PgConnection;
pub use store::Checkout;

/// As the database writes it.
pub const NAME: &str = "sandbox";

/// The kind of the job that ends a late payment.
pub const FINISH: &str = "sandbox.finish";

/// How long a late payment takes.
const LATE: TimeDelta = TimeDelta::minutes(2);

/// The state of a hosted checkout in the sandbox's books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckoutState {
    Open,
    /// The card's bank asks the payer to approve.
    Authenticating,
    /// The answer comes later.
    Processing,
    Paid,
    /// The last card was refused; another may be tried.
    Declined,
    /// A late payment failed.
    Failed,
    Expired,
}

impl CheckoutState {
    const ALL: [CheckoutState; 7] =
        [Self::Open, Self::Authenticating, Self::Processing, Self::Paid, Self::Declined, Self::Failed, Self::Expired];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Authenticating => "authenticating",
            Self::Processing => "processing",
            Self::Paid => "paid",
            Self::Declined => "declined",
            Self::Failed => "failed",
            Self::Expired => "expired",
        }
    }

    fn of(text: &str) -> Self {
        Self::ALL.into_iter().find(|state| state.as_str() == text).unwrap_or(Self::Expired)
    }
}

/// The sandbox as the portal sees it.
pub struct Sandbox {
    state: AppState,
}

impl Sandbox {
    pub fn new(state: AppState) -> Self {
        Self { state }
    }
}

/// A checkout that was paid with a good card, for the demo's history.
///
/// # Errors
/// The database does not answer.
pub async fn paid_checkout(
    tx: &mut PgConnection,
    request: &CheckoutRequest,
    public_url: &str,
    made_at: DateTime<Utc>,
    paid_at: DateTime<Utc>,
) -> Result<HostedCheckout, sqlx::Error> {
    let id = format!("cs_test_{}", random::token());
    let reference = store::create(tx, &id, request, public_url, made_at).await?;
    store::set_state(tx, &reference, CheckoutState::Paid, None, Some(paid_at)).await?;
    Ok(HostedCheckout { redirect_url: format!("/sandbox-pay/{reference}"), reference })
}

impl PaymentGateway for Sandbox {
    fn name(&self) -> &'static str {
        NAME
    }

    fn create_checkout<'a>(&'a self, request: &'a CheckoutRequest) -> BoxFuture<'a, GatewayResult<HostedCheckout>> {
        Box::pin(async move {
            let now = self.state.clock.now();
            let mut conn = self.state.db.acquire().await?;
            let id = format!("cs_test_{}", random::token());
            let reference = store::create(&mut conn, &id, request, &self.state.config.public_url, now).await?;
            // A path: whichever name of this machine the payer's browser used, the sandbox has the same one.
            Ok(HostedCheckout { redirect_url: format!("/sandbox-pay/{reference}"), reference })
        })
    }

    fn fetch<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, GatewayResult<Outcome>> {
        Box::pin(async move {
            let mut conn = self.state.db.acquire().await?;
            let checkout = store::find(&mut conn, reference).await?;
            checkout.map(|checkout| outcome(&checkout)).ok_or_else(|| GatewayError::Refused("no such checkout".into()))
        })
    }

    fn close<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, GatewayResult<Outcome>> {
        Box::pin(async move {
            let mut tx = self.state.db.begin().await?;
            let checkout = store::lock(&mut tx, reference).await?.ok_or_else(|| GatewayError::Refused("no such checkout".into()))?;
            if !matches!(checkout.state, CheckoutState::Open | CheckoutState::Declined | CheckoutState::Authenticating) {
                return Ok(outcome(&checkout));
            }
            store::set_state(&mut tx, reference, CheckoutState::Expired, Some("expired"), None).await?;
            tx.commit().await?;
            Ok(Outcome::Failed("expired".into()))
        })
    }

    fn refund<'a>(&'a self, key: &'a str, reference: &'a str, amount: &'a Money) -> BoxFuture<'a, GatewayResult<String>> {
        Box::pin(async move {
            let now = self.state.clock.now();
            let mut tx = self.state.db.begin().await?;
            let checkout = store::lock(&mut tx, reference).await?.ok_or_else(|| GatewayError::Refused("no such checkout".into()))?;
            if checkout.state != CheckoutState::Paid || checkout.amount.currency != amount.currency {
                return Err(GatewayError::Refused("nothing to give back".into()));
            }
            if let Some(known) = store::refund_by_key(&mut tx, key).await? {
                return Ok(known);
            }
            let refunded = store::refunded(&mut tx, reference).await?;
            if refunded + amount.minor > checkout.amount.minor {
                return Err(GatewayError::Refused("more than was paid".into()));
            }
            let id = format!("re_test_{}", random::readable(20));
            store::insert_refund(&mut tx, key, &id, reference, amount.minor, now).await?;
            tx.commit().await?;
            Ok(id)
        })
    }

    fn verify_and_parse_webhook(&self, headers: &HeaderMap, body: &[u8], now: DateTime<Utc>) -> Result<Event, WebhookError> {
        webhook::verify(&self.state.key, headers, body, now)?;
        webhook::parse(body)
    }
}

fn outcome(checkout: &Checkout) -> Outcome {
    let code = || checkout.failure_code.clone().unwrap_or_else(|| "card_declined".into());
    match checkout.state {
        CheckoutState::Open | CheckoutState::Authenticating => Outcome::Open { failure: None },
        CheckoutState::Declined => Outcome::Open { failure: Some(code()) },
        CheckoutState::Processing => Outcome::Processing,
        CheckoutState::Paid => Outcome::Succeeded(checkout.amount.clone()),
        CheckoutState::Failed | CheckoutState::Expired => Outcome::Failed(code()),
    }
}

/// Where the payer goes after they have done something on the hosted page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The hosted page again: to approve, or to try another card.
    Here,
    /// Back to the shop.
    Return(String),
}

/// A card was typed. What happens is the card's behaviour; a second click finds the first one's outcome.
///
/// # Errors
/// [`AppError::NotFound`]: no such checkout; [`Conflict::Stale`]: it is over.
pub async fn pay(state: &AppState, id: &str, behaviour: Behaviour) -> AppResult<Step> {
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    let checkout = store::lock(&mut tx, id).await?.ok_or(AppError::NotFound)?;
    let done = Step::Return(checkout.return_url.clone());
    match checkout.state {
        CheckoutState::Paid | CheckoutState::Processing => return Ok(done),
        CheckoutState::Authenticating => return Ok(Step::Here),
        CheckoutState::Failed | CheckoutState::Expired => return Err(Conflict::Stale.into()),
        CheckoutState::Open | CheckoutState::Declined => {}
    }
    let step = match behaviour {
        Behaviour::Succeeds => {
            succeed(&mut tx, &checkout, now).await?;
            done
        }
        Behaviour::Declined(code) => {
            decline(&mut tx, &checkout, code, now).await?;
            Step::Here
        }
        Behaviour::AsksToApprove => {
            store::set_state(&mut tx, id, CheckoutState::Authenticating, None, None).await?;
            Step::Here
        }
        Behaviour::Late { succeeds } => {
            store::set_state(&mut tx, id, CheckoutState::Processing, None, None).await?;
            let finish = Finish { checkout: id.to_owned(), succeeds };
            jobs::enqueue_at(&mut tx, now, now + LATE, FINISH, finish, Some(&format!("sandbox.finish:{id}"))).await?;
            done
        }
    };
    tx.commit().await?;
    Ok(step)
}

/// The payer answered their bank.
///
/// # Errors
/// [`AppError::NotFound`]: no such checkout; [`Conflict::Stale`]: it does not wait for an answer.
pub async fn authenticate(state: &AppState, id: &str, approved: bool) -> AppResult<Step> {
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    let checkout = store::lock(&mut tx, id).await?.ok_or(AppError::NotFound)?;
    let step = match (checkout.state, approved) {
        (CheckoutState::Paid, _) => return Ok(Step::Return(checkout.return_url)),
        (CheckoutState::Authenticating, true) => {
            succeed(&mut tx, &checkout, now).await?;
            Step::Return(checkout.return_url)
        }
        (CheckoutState::Authenticating, false) => {
            decline(&mut tx, &checkout, "authentication_failed", now).await?;
            Step::Here
        }
        _ => return Err(Conflict::Stale.into()),
    };
    tx.commit().await?;
    Ok(step)
}

/// A hosted checkout, for its page.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn checkout(state: &AppState, id: &str) -> AppResult<Checkout> {
    let mut conn = state.db.acquire().await?;
    store::find(&mut conn, id).await?.ok_or(AppError::NotFound)
}

async fn succeed(tx: &mut PgConnection, checkout: &Checkout, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    store::set_state(tx, &checkout.id, CheckoutState::Paid, None, Some(now)).await?;
    announce(tx, checkout, "checkout.paid", None, now).await
}

async fn decline(tx: &mut PgConnection, checkout: &Checkout, code: &str, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    store::set_state(tx, &checkout.id, CheckoutState::Declined, Some(code), None).await?;
    announce(tx, checkout, "checkout.declined", Some(code), now).await
}

/// Enqueues the webhook about what has just happened.
async fn announce(
    tx: &mut PgConnection,
    checkout: &Checkout,
    kind: &str,
    failure: Option<&str>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let event = json!({
        "id": format!("evt_test_{}", random::readable(24)),
        "type": kind,
        "created": now.timestamp(),
        "checkout": checkout.id,
        "amount_minor": checkout.amount.minor,
        "currency": checkout.amount.currency,
        "failure_code": failure,
    });
    jobs::enqueue(tx, now, webhook::SEND, event, None).await
}

#[derive(Serialize, Deserialize)]
struct Finish {
    checkout: String,
    succeeds: bool,
}

/// Ends a late payment.
pub fn finish(state: AppState, payload: Value) -> BoxFuture<'static, Result<(), JobError>> {
    Box::pin(async move {
        let Finish { checkout: id, succeeds } = serde_json::from_value(payload)?;
        let now = state.clock.now();
        let mut tx = state.db.begin().await?;
        let Some(checkout) = store::lock(&mut tx, &id).await? else { return Ok(()) };
        if checkout.state != CheckoutState::Processing {
            return Ok(());
        }
        if succeeds {
            succeed(&mut tx, &checkout, now).await?;
        } else {
            store::set_state(&mut tx, &id, CheckoutState::Failed, Some("card_declined"), None).await?;
            announce(&mut tx, &checkout, "checkout.failed", Some("card_declined"), now).await?;
        }
        tx.commit().await?;
        Ok(())
    })
}
