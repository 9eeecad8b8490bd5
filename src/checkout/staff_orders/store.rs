//! The SQL of orders as staff see them.

use super::model::{Buyer, FoundOrder, PaymentRow, RefundRow};
use crate::checkout::model::{PaymentState, PurchaseState};
use crate::ids::{AccountId, ApprovalId, PurchaseId, PurchaseItemId, RefundId};
use crate::money::Money;
use sqlx::PgConnection;

type Sql<T> = Result<T, sqlx::Error>;

/// Orders with this number, of this candidate ID, or whose buyer's name contains `wanted`; newest first.
pub async fn search(conn: &mut PgConnection, wanted: &str, limit: i64) -> Sql<Vec<FoundOrder>> {
    let rows = sqlx::query!(
        r#"SELECT o.number AS "number!", p.given_name || ' ' || p.family_name AS "buyer!", p.candidate_id, o.placed_at AS "placed_at!",
                  o.state, o.currency, o.total_minor
           FROM purchase o JOIN account p ON p.id = o.account_id
           WHERE o.number IS NOT NULL AND o.placed_at IS NOT NULL
             AND (o.number = upper($1) OR p.candidate_id = upper($1)
                  OR EXISTS (SELECT FROM account a WHERE a.merged_into = p.id AND a.candidate_id = upper($1))
                  OR strpos(lower(p.given_name || ' ' || p.family_name), lower($1)) > 0)
           ORDER BY o.placed_at DESC, o.number DESC LIMIT $2"#,
        wanted,
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| FoundOrder {
            number: row.number,
            buyer: row.buyer,
            candidate_id: row.candidate_id,
            placed_at: row.placed_at,
            state: PurchaseState::of(&row.state),
            total: Money::new(row.total_minor, row.currency),
        })
        .collect())
}

pub async fn purchase_id(conn: &mut PgConnection, number: &str) -> Sql<Option<PurchaseId>> {
    sqlx::query_scalar!("SELECT id FROM purchase WHERE number = $1", number).fetch_optional(conn).await
}

/// The order of an item.
pub async fn purchase_of_item(conn: &mut PgConnection, item_id: PurchaseItemId) -> Sql<Option<PurchaseId>> {
    sqlx::query_scalar!("SELECT purchase_id FROM purchase_item WHERE id = $1", item_id as _).fetch_optional(conn).await
}

/// Locks the items of an order until the transaction ends; in one order.
pub async fn lock_items(conn: &mut PgConnection, purchase_id: PurchaseId) -> Sql<()> {
    sqlx::query_scalar!("SELECT id FROM purchase_item WHERE purchase_id = $1 ORDER BY id FOR UPDATE", purchase_id as _)
        .fetch_all(conn)
        .await?;
    Ok(())
}

pub async fn buyer(conn: &mut PgConnection, account_id: AccountId) -> Sql<Option<Buyer>> {
    sqlx::query_as!(
        Buyer,
        r#"SELECT id AS account_id, given_name || ' ' || family_name AS "name!", candidate_id, erased_at IS NOT NULL AS "erased!"
           FROM account WHERE id = $1"#,
        account_id as _
    )
    .fetch_optional(conn)
    .await
}

/// The attempts to pay an order, oldest first.
pub async fn payments(conn: &mut PgConnection, purchase_id: PurchaseId) -> Sql<Vec<PaymentRow>> {
    let rows = sqlx::query!(
        "SELECT gateway, gateway_ref, state, amount_minor, currency, created_at FROM payment WHERE purchase_id = $1 ORDER BY created_at, id",
        purchase_id as _
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| PaymentRow {
            gateway: row.gateway,
            gateway_ref: row.gateway_ref,
            state: PaymentState::of(&row.state),
            amount: Money::new(row.amount_minor, row.currency),
            created_at: row.created_at,
        })
        .collect())
}

/// The refunds of an order, oldest first.
pub async fn refunds(conn: &mut PgConnection, purchase_id: PurchaseId) -> Sql<Vec<RefundRow>> {
    sqlx::query_as!(
        RefundRow,
        r#"SELECT r.item_id, r.amount_minor, r.reason, r.state, r.created_at, a.given_name || ' ' || a.family_name AS "asked_by?", r.note
           FROM refund r JOIN payment p ON p.id = r.payment_id LEFT JOIN account a ON a.id = r.asked_by
           WHERE p.purchase_id = $1 ORDER BY r.created_at, r.id"#,
        purchase_id as _
    )
    .fetch_all(conn)
    .await
}

/// What of an order went back or is about to, whatever the cause, in minor units.
pub async fn order_refund_asked(conn: &mut PgConnection, purchase_id: PurchaseId) -> Sql<i64> {
    sqlx::query_scalar!(
        r#"SELECT coalesce(sum(r.amount_minor), 0)::bigint AS "sum!" FROM refund r JOIN payment p ON p.id = r.payment_id
           WHERE p.purchase_id = $1 AND r.state <> 'failed'"#,
        purchase_id as _
    )
    .fetch_one(conn)
    .await
}

/// Who has given a refund, why in their words, and which request allowed it.
pub async fn sign_refund(
    conn: &mut PgConnection,
    id: RefundId,
    asked_by: AccountId,
    note: &str,
    request_id: Option<ApprovalId>,
) -> Sql<u64> {
    let done = sqlx::query!(
        "UPDATE refund SET asked_by = $2, note = $3, request_id = $4 WHERE id = $1",
        id as _,
        asked_by as _,
        note,
        request_id as _
    );
    Ok(done.execute(conn).await?.rows_affected())
}
