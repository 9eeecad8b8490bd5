//! The sandbox's webhooks: signed as the large providers sign theirs, sent over real HTTP, sent again until they are taken.

use crate::checkout::gateway::{Event, Outcome, WebhookError};
use crate::money::Money;
use crate::server::AppState;
use crate::server::jobs::JobError;
use crate::server::server_key::ServerKey;
use axum::body::Body;
use axum::http::{HeaderMap, Request, header};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::BoxFuture;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;
use subtle::ConstantTimeEq;

/// The kind of the job that sends one webhook.
pub const SEND: &str = "sandbox.webhook";

/// Where the portal takes them.
pub const PATH: &str = "/webhooks/sandbox";

/// `t=<Unix time>,v1=<HMAC-SHA-256 of "<t>.<body>", hex>`.
pub const HEADER: &str = "sandbox-signature";

/// How old a signature may be: a message that was overheard cannot be sent again next week.
const TOLERANCE: TimeDelta = TimeDelta::minutes(5);

/// The header that proves a body, signed at `now`.
pub fn sign(key: &ServerKey, body: &[u8], now: DateTime<Utc>) -> String {
    format!("t={},v1={}", now.timestamp(), hex(&mac(key, now.timestamp(), body)))
}

/// Whether a body was signed with our key, not long ago.
///
/// # Errors
/// [`WebhookError`].
pub fn verify(key: &ServerKey, headers: &HeaderMap, body: &[u8], now: DateTime<Utc>) -> Result<(), WebhookError> {
    let header = headers.get(HEADER).and_then(|value| value.to_str().ok()).ok_or(WebhookError::Unsigned)?;
    let part = |name: &str| header.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
    let signed_at: i64 = part("t").and_then(|time| time.parse().ok()).ok_or(WebhookError::Unsigned)?;
    let given = part("v1").ok_or(WebhookError::Unsigned)?;
    let expected = hex(&mac(key, signed_at, body));
    if !bool::from(expected.as_bytes().ct_eq(given.as_bytes())) {
        return Err(WebhookError::Forged);
    }
    if now.timestamp().abs_diff(signed_at) > TOLERANCE.num_seconds().unsigned_abs() {
        return Err(WebhookError::TooOld);
    }
    Ok(())
}

fn mac(key: &ServerKey, signed_at: i64, body: &[u8]) -> Vec<u8> {
    let mut message = format!("{signed_at}.").into_bytes();
    message.extend_from_slice(body);
    key.mac("sandbox webhook", &message)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[derive(Deserialize)]
struct Message {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    checkout: String,
    amount_minor: i64,
    currency: String,
    failure_code: Option<String>,
}

/// Reads a body that was verified.
///
/// # Errors
/// [`WebhookError::Unreadable`].
pub fn parse(body: &[u8]) -> Result<Event, WebhookError> {
    let payload: Value = serde_json::from_slice(body).map_err(|_| WebhookError::Unreadable)?;
    let message: Message = serde_json::from_value(payload.clone()).map_err(|_| WebhookError::Unreadable)?;
    let failure = message.failure_code;
    let outcome = match message.kind.as_str() {
        "checkout.paid" => Outcome::Succeeded(Money::new(message.amount_minor, message.currency)),
        "checkout.declined" => Outcome::Open { failure },
        "checkout.failed" => Outcome::Failed(failure.unwrap_or_else(|| "card_declined".into())),
        _ => return Err(WebhookError::Unreadable),
    };
    Ok(Event { id: message.id, kind: message.kind, reference: message.checkout, outcome, payload })
}

/// Sends one webhook to the portal, from outside, as another company's server would. Anything but a 2xx: again later.
pub fn send(state: AppState, event: Value) -> BoxFuture<'static, Result<(), JobError>> {
    Box::pin(async move {
        let body = serde_json::to_vec(&event)?;
        let request = Request::post(format!("http://127.0.0.1:{}{PATH}", state.config.site_addr.port()))
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::USER_AGENT, "sandbox-pay")
            .header(HEADER, sign(&state.key, &body, state.clock.now()))
            .body(Body::from(body))?;
        let client: Client<_, Body> = Client::builder(TokioExecutor::new()).build_http();
        let response = tokio::time::timeout(Duration::from_secs(10), client.request(request))
            .await
            .map_err(|_| JobError("the portal did not take the webhook in time".into()))?
            .map_err(|error| JobError(format!("the webhook could not be sent: {error}")))?;
        if response.status().is_success() {
            Ok(())
        } else {
            Err(JobError(format!("the portal answered the webhook with {}", response.status())))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use chrono::TimeZone;

    const BODY: &[u8] = br#"{"id":"evt_1"}"#;

    fn now() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 12, 3, 9, 0, 0).unwrap()
    }

    fn check(signature: &str, body: &[u8], minutes_later: i64) -> Result<(), WebhookError> {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, HeaderValue::from_str(signature).unwrap());
        verify(&ServerKey::from_bytes([7; 32]), &headers, body, now() + TimeDelta::minutes(minutes_later))
    }

    #[test]
    fn a_webhook_is_believed_only_with_a_fresh_signature_of_its_own_body() {
        let good = sign(&ServerKey::from_bytes([7; 32]), BODY, now());
        assert_eq!(check(&good, BODY, 0), Ok(()));
        assert_eq!(check(&good, BODY, 5), Ok(()));
        assert_eq!(check(&good, BODY, 6), Err(WebhookError::TooOld));
        assert_eq!(check(&good, BODY, -6), Err(WebhookError::TooOld));
        assert_eq!(check(&good, br#"{"id":"evt_2"}"#, 0), Err(WebhookError::Forged));
        let other = sign(&ServerKey::from_bytes([8; 32]), BODY, now());
        assert_eq!(check(&other, BODY, 0), Err(WebhookError::Forged));
        // An old signature with a new time is not one.
        let moved = good.replace(&now().timestamp().to_string(), &(now().timestamp() + 600).to_string());
        assert_eq!(check(&moved, BODY, 10), Err(WebhookError::Forged));
        for nonsense in ["", "t=1", "v1=ab", "t=x,v1=y"] {
            assert_eq!(check(nonsense, BODY, 0), Err(WebhookError::Unsigned), "{nonsense}");
        }
        assert_eq!(verify(&ServerKey::from_bytes([7; 32]), &HeaderMap::new(), BODY, now()), Err(WebhookError::Unsigned));
    }
}
