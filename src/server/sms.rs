//! SMS: written with the change they tell of, delivered by a job over a provider's HTTP interface, or left for the local mailbox.

use super::config::{Config, SmsSettings};
use super::jobs::{self, JobError};
use super::state::AppState;
use crate::ids::{self, AccountId, SmsId};
use axum::body::Body;
use axum::http::{Request, Uri, header};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::BoxFuture;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use sqlx::PgConnection;
use std::time::Duration;

/// The kind of the job that delivers one message.
pub const DELIVER: &str = "sms.deliver";

/// How long a message is kept after it was written.
const KEPT: TimeDelta = TimeDelta::days(30);

/// How long the provider may take to connect, and to answer altogether.
const CONNECT: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(15);

/// One message, in the recipient's language.
#[derive(Debug, Clone)]
pub struct Sms {
    pub account_id: AccountId,
    /// The kind of message, e.g. `accounts.code`.
    pub template: &'static str,
    /// E.164.
    pub to: String,
    pub text: String,
    /// After this it is not sent any more.
    pub expires_at: Option<DateTime<Utc>>,
    /// One message an event: a second one with the same key is not written.
    pub once: Option<String>,
}

/// Writes the message and the job that delivers it. Call it inside the change's transaction.
pub async fn enqueue(conn: &mut PgConnection, now: DateTime<Utc>, sms: Sms) -> Result<(), sqlx::Error> {
    let id = sms.once.as_deref().map_or_else(super::random::id, |key| ids::named("sms", key));
    let written = sqlx::query!(
        "INSERT INTO sms_message (id, account_id, template, to_number, body, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (id) DO NOTHING",
        id,
        sms.account_id as _,
        sms.template,
        sms.to,
        sms.text,
        now,
        sms.expires_at,
    )
    .execute(&mut *conn)
    .await?;
    if written.rows_affected() == 1 {
        jobs::enqueue(conn, now, DELIVER, id, None).await?;
    }
    Ok(())
}

/// Where messages go.
#[derive(Clone)]
pub enum Gateway {
    /// A provider's HTTP interface.
    Http(Box<HttpGateway>),
    /// They stay where they are written; `/mailbox` shows them in demo mode.
    Mailbox,
    /// No provider: phones cannot be used as a second factor.
    None,
}

impl Gateway {
    pub fn from_config(config: &Config) -> Self {
        match &config.sms {
            Some(settings) => Gateway::Http(Box::new(HttpGateway::new(settings.clone()))),
            None if config.demo => Gateway::Mailbox,
            None => Gateway::None,
        }
    }

    /// Whether a message would get anywhere.
    pub fn is_there(&self) -> bool {
        !matches!(self, Gateway::None)
    }
}

/// Posts `{"to", "from", "text"}` as JSON with a bearer token. Follows no redirects: the token is for that address alone.
#[derive(Clone)]
pub struct HttpGateway {
    settings: SmsSettings,
    client: Client<HttpsConnector<HttpConnector>, Body>,
}

impl HttpGateway {
    fn new(settings: SmsSettings) -> Self {
        let mut plain = HttpConnector::new();
        plain.set_connect_timeout(Some(CONNECT));
        plain.enforce_http(false);
        // Plain http is refused by the settings for every host but this one.
        let connector = HttpsConnectorBuilder::new().with_webpki_roots().https_or_http().enable_http1().wrap_connector(plain);
        Self { settings, client: Client::builder(TokioExecutor::new()).build(connector) }
    }

    async fn send(&self, id: SmsId, to: &str, text: &str) -> Result<(), JobError> {
        let uri: Uri = self.settings.url.parse()?;
        let body = serde_json::to_vec(&json!({"to": to, "from": self.settings.sender, "text": text}))?;
        let request = Request::post(uri)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json")
            .header(header::AUTHORIZATION, format!("Bearer {}", self.settings.token.0))
            // Providers that know it send a message only once, however often the job comes.
            .header("idempotency-key", id.to_string())
            .body(Body::from(body))?;
        let response = tokio::time::timeout(ANSWER, self.client.request(request))
            .await
            .map_err(|_| JobError("the SMS provider did not answer in time".into()))?
            .map_err(|error| JobError(format!("the SMS provider cannot be reached: {error}")))?;
        if response.status().is_success() { Ok(()) } else { Err(JobError(format!("the SMS provider answered {}", response.status()))) }
    }
}

/// Delivers one message; one that is sent already or has outlived its use is left alone.
pub fn deliver(state: AppState, payload: Value) -> BoxFuture<'static, Result<(), JobError>> {
    Box::pin(async move {
        let id: SmsId = serde_json::from_value(payload)?;
        let now = state.clock.now();
        let sms = sqlx::query!("SELECT to_number, body, expires_at FROM sms_message WHERE id = $1 AND sent_at IS NULL", id as _)
            .fetch_optional(&state.db)
            .await?;
        let Some(sms) = sms.filter(|sms| sms.expires_at.is_none_or(|expires_at| expires_at > now)) else { return Ok(()) };
        let outcome = match &state.sms {
            Gateway::Http(gateway) => gateway.send(id, &sms.to_number, &sms.body).await,
            Gateway::Mailbox => Ok(()),
            Gateway::None => Err(JobError("CERTPORTAL_SMS_URL is not set: the message waits".into())),
        };
        match outcome {
            Ok(()) => {
                sqlx::query!("UPDATE sms_message SET sent_at = $2, last_error = NULL WHERE id = $1", id as _, now)
                    .execute(&state.db)
                    .await?;
                Ok(())
            }
            Err(JobError(cause)) => {
                sqlx::query!("UPDATE sms_message SET last_error = $2 WHERE id = $1", id as _, cause).execute(&state.db).await?;
                Err(JobError(cause))
            }
        }
    })
}

/// Forgets messages of the month before: numbers and what was said to them are kept no longer than they are of use.
pub async fn forget_old(conn: &mut PgConnection, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM sms_message WHERE created_at < $1", now - KEPT).execute(conn).await?;
    Ok(())
}
