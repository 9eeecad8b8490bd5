//! Orders, and the lists of them.

use crate::checkout::model::PurchaseState;
use crate::ids::{AccountId, AppointmentId, PurchaseId};
use crate::money::Money;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// An order, or the cart.
#[derive(Debug, Clone)]
pub struct Purchase {
    pub id: PurchaseId,
    pub account_id: AccountId,
    /// Empty for the cart.
    pub number: String,
    pub state: PurchaseState,
    pub total: Money,
    pub placed_at: Option<DateTime<Utc>>,
    pub extended_at: Option<DateTime<Utc>>,
    pub paid_at: Option<DateTime<Utc>>,
}

/// The newest order that waits for its payment.
pub async fn waiting_order(conn: &mut PgConnection, account_id: AccountId) -> Result<Option<PurchaseId>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT id FROM purchase WHERE account_id = $1 AND state = 'awaiting_payment' ORDER BY placed_at DESC LIMIT 1",
        account_id as _
    )
    .fetch_optional(conn)
    .await
}

/// The number of an order with this appointment that waits for its payment.
pub async fn waiting_order_with(conn: &mut PgConnection, appointment_id: AppointmentId) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT p.number AS "number!" FROM purchase_item i JOIN purchase p ON p.id = i.purchase_id
           WHERE i.appointment_id = $1 AND p.state = 'awaiting_payment'"#,
        appointment_id as _
    )
    .fetch_optional(conn)
    .await
}

pub async fn purchase(conn: &mut PgConnection, id: PurchaseId) -> Result<Option<Purchase>, sqlx::Error> {
    let row = sqlx::query!(
        "SELECT id, account_id, number, state, currency, total_minor, placed_at, extended_at, paid_at FROM purchase WHERE id = $1",
        id as _
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Purchase {
        id: row.id,
        account_id: row.account_id,
        number: row.number.unwrap_or_default(),
        state: PurchaseState::of(&row.state),
        total: Money::new(row.total_minor, row.currency),
        placed_at: row.placed_at,
        extended_at: row.extended_at,
        paid_at: row.paid_at,
    }))
}

/// The same, locked until the transaction ends: whatever changes an order waits here for its turn.
pub async fn lock_purchase(tx: &mut PgConnection, id: PurchaseId) -> Result<Option<Purchase>, sqlx::Error> {
    let found = sqlx::query_scalar!("SELECT id FROM purchase WHERE id = $1 FOR UPDATE", id as _).fetch_optional(&mut *tx).await?;
    match found {
        None => Ok(None),
        Some(id) => purchase(tx, id).await,
    }
}

/// The id of a candidate's order by its number.
pub async fn purchase_id(conn: &mut PgConnection, account_id: AccountId, number: &str) -> Result<Option<PurchaseId>, sqlx::Error> {
    sqlx::query_scalar!("SELECT id FROM purchase WHERE account_id = $1 AND number = $2", account_id as _, number).fetch_optional(conn).await
}

pub async fn next_number(tx: &mut PgConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT nextval('purchase_number_seq') AS "number!""#).fetch_one(tx).await
}

/// The cart becomes an order.
pub async fn place(tx: &mut PgConnection, id: PurchaseId, number: &str, total_minor: i64, now: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        "UPDATE purchase SET state = 'awaiting_payment', number = $2, total_minor = $3, placed_at = $4 WHERE id = $1 AND state = 'draft'",
        id as _,
        number,
        total_minor,
        now
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected())
}

pub async fn set_purchase_state(
    tx: &mut PgConnection,
    id: PurchaseId,
    state: PurchaseState,
    paid_at: Option<DateTime<Utc>>,
) -> Result<u64, sqlx::Error> {
    let done =
        sqlx::query!("UPDATE purchase SET state = $2, paid_at = coalesce(paid_at, $3) WHERE id = $1", id as _, state.as_str(), paid_at)
            .execute(tx)
            .await?;
    Ok(done.rows_affected())
}

/// An order in the history.
#[derive(Debug, Clone)]
pub struct OrderRow {
    pub number: String,
    pub state: PurchaseState,
    pub placed_at: DateTime<Utc>,
    pub total: Money,
    pub items: Vec<String>,
}

/// A page of a candidate's orders, newest first, and how many there are in all.
pub async fn orders(conn: &mut PgConnection, account_id: AccountId, limit: i64, offset: i64) -> Result<(Vec<OrderRow>, i64), sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT p.number AS "number!", p.state, p.placed_at AS "placed_at!", p.currency, p.total_minor,
                  ARRAY(SELECT i.description FROM purchase_item i WHERE i.purchase_id = p.id ORDER BY i.created_at, i.id) AS "items!",
                  count(*) OVER () AS "all!"
           FROM purchase p
           WHERE p.account_id = $1 AND p.state <> 'draft'
           ORDER BY p.placed_at DESC, p.number DESC LIMIT $2 OFFSET $3"#,
        account_id as _,
        limit,
        offset
    )
    .fetch_all(conn)
    .await?;
    let all = rows.first().map_or(0, |row| row.all);
    let rows = rows
        .into_iter()
        .map(|row| OrderRow {
            number: row.number,
            state: PurchaseState::of(&row.state),
            placed_at: row.placed_at,
            total: Money::new(row.total_minor, row.currency),
            items: row.items,
        })
        .collect();
    Ok((rows, all))
}
