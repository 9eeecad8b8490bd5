//! Payments and what gateways said of them.

use crate::checkout::model::PaymentState;
use crate::ids::{AccountId, AppointmentId, PaymentId, PurchaseId};
use crate::money::Money;
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;

/// One attempt to pay.
#[derive(Debug, Clone)]
pub struct Payment {
    pub id: PaymentId,
    pub purchase_id: PurchaseId,
    pub gateway: String,
    pub gateway_ref: Option<String>,
    pub redirect_url: Option<String>,
    pub state: PaymentState,
    pub amount: Money,
    pub failure_code: Option<String>,
}

/// Begins a payment; the database allows one at a time for an order.
pub async fn insert_payment(
    tx: &mut PgConnection,
    id: PaymentId,
    purchase_id: PurchaseId,
    gateway: &str,
    amount: &Money,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO payment (id, purchase_id, gateway, state, amount_minor, currency, created_at) VALUES ($1, $2, $3, 'pending', $4, $5, $6)",
        id as _,
        purchase_id as _,
        gateway,
        amount.minor,
        amount.currency,
        now
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub async fn payment(conn: &mut PgConnection, id: PaymentId) -> Result<Option<Payment>, sqlx::Error> {
    let row = sqlx::query!(
        "SELECT id, purchase_id, gateway, gateway_ref, redirect_url, state, amount_minor, currency, failure_code FROM payment WHERE id = $1",
        id as _
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Payment {
        id: row.id,
        purchase_id: row.purchase_id,
        gateway: row.gateway,
        gateway_ref: row.gateway_ref,
        redirect_url: row.redirect_url,
        state: PaymentState::of(&row.state),
        amount: Money::new(row.amount_minor, row.currency),
        failure_code: row.failure_code,
    }))
}

/// The payment of an order that counts: the one that succeeded, else the one under way, else the latest.
pub async fn current_payment(conn: &mut PgConnection, purchase_id: PurchaseId) -> Result<Option<Payment>, sqlx::Error> {
    let id = sqlx::query_scalar!(
        "SELECT id FROM payment WHERE purchase_id = $1
         ORDER BY state = 'succeeded' DESC, state = 'pending' DESC, created_at DESC LIMIT 1",
        purchase_id as _
    )
    .fetch_optional(&mut *conn)
    .await?;
    match id {
        None => Ok(None),
        Some(id) => payment(conn, id).await,
    }
}

/// Which payment and order a gateway's reference belongs to.
pub async fn payment_by_reference(
    conn: &mut PgConnection,
    gateway: &str,
    reference: &str,
) -> Result<Option<(PaymentId, PurchaseId, AccountId)>, sqlx::Error> {
    let row = sqlx::query!(
        "SELECT m.id, m.purchase_id, p.account_id FROM payment m JOIN purchase p ON p.id = m.purchase_id
         WHERE m.gateway = $1 AND m.gateway_ref = $2",
        gateway,
        reference
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| (row.id, row.purchase_id, row.account_id)))
}

/// Another order with this appointment has been paid.
pub async fn is_paid_by_another(conn: &mut PgConnection, appointment_id: AppointmentId, but: PurchaseId) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM purchase_item i JOIN payment m ON m.purchase_id = i.purchase_id AND m.state = 'succeeded'
                          WHERE i.appointment_id = $1 AND i.purchase_id <> $2) AS "paid!""#,
        appointment_id as _,
        but as _
    )
    .fetch_one(conn)
    .await
}

/// Writes down where the gateway's page is.
pub async fn set_checkout(conn: &mut PgConnection, payment_id: PaymentId, reference: &str, redirect_url: &str) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        "UPDATE payment SET gateway_ref = $2, redirect_url = $3 WHERE id = $1 AND (gateway_ref IS NULL OR gateway_ref = $2)",
        payment_id as _,
        reference,
        redirect_url
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Ends a payment; only one that is in the state `from`.
pub async fn settle_payment(
    tx: &mut PgConnection,
    id: PaymentId,
    from: PaymentState,
    to: PaymentState,
    failure_code: Option<&str>,
    now: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        "UPDATE payment SET state = $3, failure_code = $4, settled_at = $5 WHERE id = $1 AND state = $2",
        id as _,
        from.as_str(),
        to.as_str(),
        failure_code,
        now
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected())
}

/// Remembers why the last card was refused, while another may be tried.
pub async fn note_failure(tx: &mut PgConnection, payment_id: PaymentId, code: &str) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE payment SET failure_code = $2 WHERE id = $1 AND state = 'pending'", payment_id as _, code).execute(tx).await?;
    Ok(())
}

/// Writes down a webhook; `false`: it was here before.
pub async fn insert_event(
    tx: &mut PgConnection,
    gateway: &str,
    event_id: &str,
    kind: &str,
    payload: &Value,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "INSERT INTO gateway_event (gateway, event_id, kind, payload, received_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (gateway, event_id) DO NOTHING",
        gateway,
        event_id,
        kind,
        payload,
        now
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
