//! The mailbox for programs, the parts of a message, and the clock. Demo mode only: `FILES` in `app.rs` says so, and each asks once
//! more, because outside of it they would show every mail to anybody.

use super::mailbox;
use crate::error::{AppError, AppResult, Code};
use crate::ids::MessageId;
use crate::server::AppState;
use crate::server::database::internal;
use crate::server::http::router::Site;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::json;
use subtle::ConstantTimeEq;

#[derive(Debug, Deserialize)]
pub struct Wanted {
    to: Option<String>,
    limit: Option<i64>,
}

fn demo_only(site: &Site) -> AppResult<()> {
    if site.state.config.demo { Ok(()) } else { Err(AppError::NotFound) }
}

/// `GET /mailbox.json?to=&limit=`: newest first.
pub async fn messages(State(site): State<Site>, Query(wanted): Query<Wanted>) -> AppResult<Response> {
    demo_only(&site)?;
    let to = wanted.to.as_deref().map(str::trim).filter(|to| !to.is_empty());
    let messages = mailbox::messages(&site.state.db, to, wanted.limit.unwrap_or(20)).await?;
    let messages: Vec<_> = messages
        .into_iter()
        .map(|message| {
            json!({
                "id": message.id,
                "channel": message.channel,
                "to": message.to_address,
                "to_name": message.to_name,
                "subject": message.subject,
                "text": message.text,
                "links": message.links(&site.state.config.public_url),
                "html": message.html,
                "created_at": message.created_at,
                "sent_at": message.sent_at,
            })
        })
        .collect();
    Ok(axum::Json(messages).into_response())
}

async fn find(site: &Site, id: &str) -> AppResult<mailbox::Message> {
    let id: MessageId = id.parse().map_err(|_| AppError::NotFound)?;
    mailbox::message(&site.state.db, id).await?.ok_or(AppError::NotFound)
}

/// The HTML of a message, for the frame of the reading view: styles only, no scripts, an origin of its own.
pub async fn html(State(site): State<Site>, Path(id): Path<String>) -> AppResult<Response> {
    demo_only(&site)?;
    let message = find(&site, &id).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (
            header::CONTENT_SECURITY_POLICY,
            "sandbox allow-top-navigation-by-user-activation; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; \
             frame-ancestors 'self'; base-uri 'none'; form-action 'none'",
        ),
        (HeaderName::from_static("x-frame-options"), "SAMEORIGIN"),
    ];
    Ok((headers, mailbox::document(&message.html)).into_response())
}

/// One attachment, counted from 0. Always a download.
pub async fn attachment(State(site): State<Site>, Path((id, number)): Path<(String, usize)>) -> AppResult<Response> {
    demo_only(&site)?;
    let message = find(&site, &id).await?;
    let attachment = message.attachments.into_iter().nth(number).ok_or(AppError::NotFound)?;
    let bytes = STANDARD.decode(&attachment.base64).map_err(|error| internal(&error))?;
    let name: String = attachment.name.chars().map(|c| if c.is_ascii_alphanumeric() || ".-_".contains(c) { c } else { '_' }).collect();
    let headers =
        [(header::CONTENT_TYPE, attachment.media_type), (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""))];
    Ok((headers, bytes).into_response())
}

/// `GET /demo/clock`: what time it is here.
pub async fn time(State(site): State<Site>) -> AppResult<Response> {
    demo_only(&site)?;
    Ok(axum::Json(json!({ "now": site.state.clock.now() })).into_response())
}

#[derive(Debug, Deserialize)]
pub struct Advance {
    /// A number of minutes, hours or days: `90m`, `25h`, `14d`.
    advance: String,
}

/// `POST /demo/clock`: moves the clock, for programs that have the key of `demo.json`. People use the bar on every page.
pub async fn advance(
    State(site): State<Site>,
    headers: axum::http::HeaderMap,
    axum::Form(Advance { advance }): axum::Form<Advance>,
) -> AppResult<Response> {
    demo_only(&site)?;
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| value.strip_prefix("Bearer "));
    let key = clock_key(&site.state);
    if !given.is_some_and(|given| bool::from(given.as_bytes().ct_eq(key.as_bytes()))) {
        return Err(AppError::Unauthenticated);
    }
    let by = duration(&advance).ok_or_else(|| AppError::field("advance", Code::Invalid))?;
    super::clock::advance(&site.state, by).await?;
    time(State(site)).await
}

/// What a program shows to move the clock; written to `demo.json`.
pub fn clock_key(state: &AppState) -> String {
    STANDARD.encode(state.key.mac("demo.clock", b"advance"))
}

fn duration(text: &str) -> Option<TimeDelta> {
    let number: i64 = text.get(..text.len().checked_sub(1)?)?.parse().ok().filter(|number| (1..=100_000).contains(number))?;
    match text.chars().last()? {
        'm' => Some(TimeDelta::minutes(number)),
        'h' => Some(TimeDelta::hours(number)),
        'd' => Some(TimeDelta::days(number)),
        _ => None,
    }
}
