//! The SQL of demo mode: the outbox, which every mail and SMS is written to, and how far ahead the clock is.

use crate::ids::MessageId;
use crate::server::mail::Attachment;
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgPool;

/// Messages on a page of the mailbox's list.
pub const PAGE: i64 = 25;

/// A line of the list.
pub struct Line {
    pub id: MessageId,
    pub to_address: String,
    pub subject: String,
    pub created_at: DateTime<Utc>,
}

pub struct Message {
    pub id: MessageId,
    /// `mail` or `sms`.
    pub channel: String,
    pub to_name: String,
    pub to_address: String,
    pub subject: String,
    /// Empty for an SMS.
    pub html: String,
    pub text: String,
    pub attachments: Vec<Attachment>,
    pub created_at: DateTime<Utc>,
    pub sent_at: Option<DateTime<Utc>>,
}

/// Which messages: of one address, with these words in subject or text. `None`: all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub to: Option<String>,
    pub words: Option<String>,
}

/// The number of messages that fit.
pub async fn count(db: &PgPool, filter: &Filter) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM outbox
           WHERE ($1::text IS NULL OR lower(to_address) = lower($1))
             AND ($2::text IS NULL OR position(lower($2) IN lower(subject || ' ' || body_text)) > 0)"#,
        filter.to,
        filter.words
    )
    .fetch_one(db)
    .await
}

/// One page of the list, newest first.
pub async fn lines(db: &PgPool, filter: &Filter, page: i64) -> Result<Vec<Line>, sqlx::Error> {
    sqlx::query_as!(
        Line,
        r#"SELECT id AS "id!", to_address AS "to_address!", subject AS "subject!", created_at AS "created_at!" FROM outbox
           WHERE ($1::text IS NULL OR lower(to_address) = lower($1))
             AND ($2::text IS NULL OR position(lower($2) IN lower(subject || ' ' || body_text)) > 0)
           ORDER BY created_at DESC, id LIMIT $3 OFFSET $4"#,
        filter.to,
        filter.words,
        PAGE,
        (page.clamp(1, 1_000_000) - 1) * PAGE
    )
    .fetch_all(db)
    .await
}

/// The addresses that have mail, for the filter.
pub async fn addresses(db: &PgPool) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT DISTINCT to_address AS "address!" FROM outbox ORDER BY 1 LIMIT 200"#).fetch_all(db).await
}

pub async fn message(db: &PgPool, id: MessageId) -> Result<Option<Message>, sqlx::Error> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT id AS "id!", channel AS "channel!", to_name AS "to_name!", to_address AS "to_address!", subject AS "subject!",
                  body_html AS "body_html!", body_text AS "body_text!", attachments AS "attachments!", created_at AS "created_at!", sent_at
           FROM outbox WHERE id = $1"#,
        id as _
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(Message::from))
}

/// The newest messages with their bodies, for tests that follow a link. Attachments are left out.
pub async fn messages(db: &PgPool, to: Option<&str>, limit: i64) -> Result<Vec<Message>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT id AS "id!", channel AS "channel!", to_name AS "to_name!", to_address AS "to_address!", subject AS "subject!",
                  body_html AS "body_html!", body_text AS "body_text!", '[]'::jsonb AS "attachments!", created_at AS "created_at!", sent_at
           FROM outbox WHERE ($1::text IS NULL OR lower(to_address) = lower($1)) ORDER BY created_at DESC, id LIMIT $2"#,
        to,
        limit.clamp(1, 200)
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Message::from).collect())
}

/// A message as the database has it.
struct Row {
    id: MessageId,
    channel: String,
    to_name: String,
    to_address: String,
    subject: String,
    body_html: String,
    body_text: String,
    attachments: serde_json::Value,
    created_at: DateTime<Utc>,
    sent_at: Option<DateTime<Utc>>,
}

impl From<Row> for Message {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            channel: row.channel,
            to_name: row.to_name,
            to_address: row.to_address,
            subject: row.subject,
            html: row.body_html,
            text: row.body_text,
            attachments: serde_json::from_value(row.attachments).unwrap_or_default(),
            created_at: row.created_at,
            sent_at: row.sent_at,
        }
    }
}

/// Moves the clock's advance forward; gives the whole of it, in seconds.
pub async fn advance_clock(db: &PgPool, by: TimeDelta) -> Result<f64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"INSERT INTO demo_clock (ahead) VALUES (make_interval(secs => $1))
           ON CONFLICT (only_one) DO UPDATE SET ahead = demo_clock.ahead + excluded.ahead
           RETURNING extract(epoch FROM ahead)::float8 AS "seconds!""#,
        by.num_seconds() as f64
    )
    .fetch_one(db)
    .await
}

/// How far ahead the last run of the program left the clock, in seconds. `None`: it was never moved.
pub async fn clock_ahead(db: &PgPool) -> Result<Option<f64>, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT extract(epoch FROM ahead)::float8 AS "seconds!" FROM demo_clock"#).fetch_optional(db).await
}
