//! The sandbox's books.

use super::super::CheckoutRequest;
use super::CheckoutState;
use crate::money::Money;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// One hosted checkout.
#[derive(Debug, Clone)]
pub struct Checkout {
    pub id: String,
    pub amount: Money,
    pub description: String,
    pub return_url: String,
    pub cancel_url: String,
    pub state: CheckoutState,
    pub failure_code: Option<String>,
}

/// Makes a checkout, or finds the one of the same key; gives its id.
pub async fn create(
    conn: &mut PgConnection,
    id: &str,
    request: &CheckoutRequest,
    public_url: &str,
    now: DateTime<Utc>,
) -> Result<String, sqlx::Error> {
    let local = |url: &str| url.strip_prefix(public_url).unwrap_or(url).to_owned();
    sqlx::query_scalar!(
        "INSERT INTO sandbox_checkout (id, key, amount_minor, currency, description, return_url, cancel_url, state, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'open', $8)
         ON CONFLICT (key) DO UPDATE SET key = excluded.key
         RETURNING id",
        id,
        request.key,
        request.amount.minor,
        request.amount.currency,
        request.description,
        local(&request.return_url),
        local(&request.cancel_url),
        now,
    )
    .fetch_one(conn)
    .await
}

pub async fn find(conn: &mut PgConnection, id: &str) -> Result<Option<Checkout>, sqlx::Error> {
    let row = sqlx::query!(
        "SELECT id, amount_minor, currency, description, return_url, cancel_url, state, failure_code FROM sandbox_checkout WHERE id = $1",
        id
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Checkout {
        id: row.id,
        amount: Money::new(row.amount_minor, row.currency),
        description: row.description,
        return_url: row.return_url,
        cancel_url: row.cancel_url,
        state: CheckoutState::of(&row.state),
        failure_code: row.failure_code,
    }))
}

/// The same, locked until the transaction ends.
pub async fn lock(tx: &mut PgConnection, id: &str) -> Result<Option<Checkout>, sqlx::Error> {
    let found = sqlx::query_scalar!("SELECT id FROM sandbox_checkout WHERE id = $1 FOR UPDATE", id).fetch_optional(&mut *tx).await?;
    match found {
        None => Ok(None),
        Some(id) => find(tx, &id).await,
    }
}

pub async fn set_state(
    tx: &mut PgConnection,
    id: &str,
    state: CheckoutState,
    failure_code: Option<&str>,
    paid_at: Option<DateTime<Utc>>,
) -> Result<(), sqlx::Error> {
    let changed = sqlx::query!(
        "UPDATE sandbox_checkout SET state = $2, failure_code = $3, paid_at = $4 WHERE id = $1",
        id,
        state.as_str(),
        failure_code,
        paid_at
    )
    .execute(tx)
    .await?;
    if changed.rows_affected() == 1 { Ok(()) } else { Err(sqlx::Error::RowNotFound) }
}

pub async fn refund_by_key(tx: &mut PgConnection, key: &str) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!("SELECT id FROM sandbox_refund WHERE key = $1", key).fetch_optional(tx).await
}

/// What was given back of a checkout, in minor units.
pub async fn refunded(tx: &mut PgConnection, checkout_id: &str) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT coalesce(sum(amount_minor), 0)::bigint AS "sum!" FROM sandbox_refund WHERE checkout_id = $1"#,
        checkout_id
    )
    .fetch_one(tx)
    .await
}

pub async fn insert_refund(
    tx: &mut PgConnection,
    key: &str,
    id: &str,
    checkout_id: &str,
    amount_minor: i64,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO sandbox_refund (key, id, checkout_id, amount_minor, created_at) VALUES ($1, $2, $3, $4, $5)",
        key,
        id,
        checkout_id,
        amount_minor,
        now
    )
    .execute(tx)
    .await?;
    Ok(())
}
