//! Refunds: what was paid for an appointment, and what went back.

use crate::ids::{AppointmentId, PaymentId, PurchaseId, PurchaseItemId, RefundId};
use crate::money::Money;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// Money that goes back.
#[derive(Debug, Clone)]
pub struct Refund {
    pub id: RefundId,
    pub item_id: Option<PurchaseItemId>,
    pub amount_minor: i64,
    pub reason: String,
    pub state: String,
    pub created_at: DateTime<Utc>,
    pub settled_at: Option<DateTime<Utc>>,
}

/// The paid item that stands behind an appointment, through any number of reschedules. Of two orders for one appointment the one whose
/// money did not go back.
pub struct PaidItem {
    pub item_id: PurchaseItemId,
    pub payment_id: PaymentId,
    pub price_minor: i64,
    pub currency: String,
}

pub async fn item_paid_for(conn: &mut PgConnection, appointment_id: AppointmentId) -> Result<Option<PaidItem>, sqlx::Error> {
    sqlx::query_as!(
        PaidItem,
        r#"WITH RECURSIVE chain AS (
               SELECT id, replaces FROM appointment WHERE id = $1
               UNION
               SELECT a.id, a.replaces FROM appointment a JOIN chain ON a.id = chain.replaces)
           SELECT i.id AS item_id, p.id AS payment_id, i.price_minor, p.currency
           FROM purchase_item i
           JOIN payment p ON p.purchase_id = i.purchase_id AND p.state = 'succeeded'
           WHERE i.appointment_id IN (SELECT id FROM chain)
           ORDER BY i.price_minor > (SELECT coalesce(sum(r.amount_minor), 0) FROM refund r WHERE r.item_id = i.id AND r.state <> 'failed') DESC,
                    p.settled_at DESC LIMIT 1"#,
        appointment_id as _
    )
    .fetch_optional(conn)
    .await
}

/// Keeps an item to this transaction until it ends: what was refunded of it is read after this and stays true.
pub async fn lock_item(tx: &mut PgConnection, item_id: PurchaseItemId) -> Result<(), sqlx::Error> {
    sqlx::query_scalar!("SELECT id FROM purchase_item WHERE id = $1 FOR UPDATE", item_id as _).fetch_one(tx).await?;
    Ok(())
}

/// What of an item's price went back or is about to, in minor units.
pub async fn refund_asked(conn: &mut PgConnection, item_id: PurchaseItemId) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT coalesce(sum(amount_minor), 0)::bigint AS "sum!" FROM refund WHERE item_id = $1 AND state <> 'failed'"#,
        item_id as _
    )
    .fetch_one(conn)
    .await
}

pub async fn refund_amount_by_key(conn: &mut PgConnection, key: &str) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar!("SELECT amount_minor FROM refund WHERE key = $1", key).fetch_optional(conn).await
}

pub struct NewRefund<'a> {
    pub id: RefundId,
    pub payment_id: PaymentId,
    pub item_id: Option<PurchaseItemId>,
    pub amount_minor: i64,
    pub reason: &'a str,
    pub key: &'a str,
}

/// Writes a refund; `false`: one for the same cause is there.
pub async fn insert_refund(tx: &mut PgConnection, refund: &NewRefund<'_>, now: DateTime<Utc>) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "INSERT INTO refund (id, payment_id, item_id, amount_minor, reason, state, key, created_at)
         VALUES ($1, $2, $3, $4, $5, 'pending', $6, $7)
         ON CONFLICT (key) DO NOTHING",
        refund.id as _,
        refund.payment_id as _,
        refund.item_id as _,
        refund.amount_minor,
        refund.reason,
        refund.key,
        now
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A refund that is to be asked of the gateway.
pub struct DueRefund {
    pub id: RefundId,
    pub key: String,
    pub item_id: Option<PurchaseItemId>,
    pub amount: Money,
    pub reason: String,
    pub purchase_id: PurchaseId,
    pub gateway: String,
    pub gateway_ref: String,
}

/// `None`: it was asked for already.
pub async fn due_refund(conn: &mut PgConnection, id: RefundId) -> Result<Option<DueRefund>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT r.id, r.key, r.item_id, r.amount_minor, r.reason, p.purchase_id, p.currency, p.gateway, p.gateway_ref AS "gateway_ref!"
           FROM refund r JOIN payment p ON p.id = r.payment_id
           WHERE r.id = $1 AND r.state = 'pending' AND p.gateway_ref IS NOT NULL"#,
        id as _
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| DueRefund {
        id: row.id,
        key: row.key,
        item_id: row.item_id,
        amount: Money::new(row.amount_minor, row.currency),
        reason: row.reason,
        purchase_id: row.purchase_id,
        gateway: row.gateway,
        gateway_ref: row.gateway_ref,
    }))
}

/// Ends a refund that was pending.
pub async fn settle_refund(
    tx: &mut PgConnection,
    id: RefundId,
    state: &str,
    gateway_ref: Option<&str>,
    now: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        "UPDATE refund SET state = $2, gateway_ref = $3, settled_at = $4 WHERE id = $1 AND state = 'pending'",
        id as _,
        state,
        gateway_ref,
        now
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected())
}

pub async fn add_refunded(tx: &mut PgConnection, item_id: PurchaseItemId, amount_minor: i64) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!("UPDATE purchase_item SET refunded_minor = refunded_minor + $2 WHERE id = $1", item_id as _, amount_minor)
        .execute(tx)
        .await?;
    Ok(done.rows_affected())
}

/// What of an order's items went back, in minor units.
pub async fn order_refunded(conn: &mut PgConnection, purchase_id: PurchaseId) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT coalesce(sum(refunded_minor), 0)::bigint AS "sum!" FROM purchase_item WHERE purchase_id = $1"#,
        purchase_id as _
    )
    .fetch_one(conn)
    .await
}

/// The refunds of an order, oldest first.
pub async fn refunds(conn: &mut PgConnection, purchase_id: PurchaseId) -> Result<Vec<Refund>, sqlx::Error> {
    sqlx::query_as!(
        Refund,
        "SELECT r.id, r.item_id, r.amount_minor, r.reason, r.state, r.created_at, r.settled_at
         FROM refund r JOIN payment p ON p.id = r.payment_id
         WHERE p.purchase_id = $1 ORDER BY r.created_at, r.id",
        purchase_id as _
    )
    .fetch_all(conn)
    .await
}
