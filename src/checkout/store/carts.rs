//! What is in a cart or an order, and the seats that are held for it.

use super::Purchase;
use crate::checkout::rules::{LineState, line_state};
use crate::ids::{AccountId, AppointmentId, ExamId, PurchaseId, PurchaseItemId};
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;

/// One item with what it is for.
#[derive(Debug, Clone)]
pub struct Line {
    pub item_id: PurchaseItemId,
    pub appointment_id: AppointmentId,
    pub exam_id: ExamId,
    /// What the candidate quotes.
    pub reference: String,
    pub exam_code: String,
    pub description: String,
    pub language: String,
    pub center_name: Option<String>,
    pub center_city: Option<String>,
    pub time_zone: String,
    pub starts_at: DateTime<Utc>,
    pub minutes: i32,
    pub name_on_id: Option<String>,
    pub price_minor: i64,
    pub refunded_minor: i64,
    pub policies: Value,
    pub state: LineState,
}

/// The candidate's cart in this currency, made if there is none; locked until the transaction ends. What lies in it at prices of
/// another currency, from before the programme changed its own, is taken out (its seats stay held).
pub async fn lock_cart(
    tx: &mut PgConnection,
    account_id: AccountId,
    id: PurchaseId,
    currency: &str,
    now: DateTime<Utc>,
) -> Result<PurchaseId, sqlx::Error> {
    // Whoever places the order at the same moment takes the cart away: then a new one is made.
    loop {
        sqlx::query!(
            "INSERT INTO purchase (id, account_id, state, currency, total_minor, created_at) VALUES ($1, $2, 'draft', $3, 0, $4)
             ON CONFLICT (account_id) WHERE state = 'draft' DO NOTHING",
            id as _,
            account_id as _,
            currency,
            now
        )
        .execute(&mut *tx)
        .await?;
        let found = sqlx::query_scalar!("SELECT id FROM purchase WHERE account_id = $1 AND state = 'draft' FOR UPDATE", account_id as _)
            .fetch_optional(&mut *tx)
            .await?;
        if let Some(found) = found {
            let changed = sqlx::query!("UPDATE purchase SET currency = $2 WHERE id = $1 AND currency <> $2", found as _, currency)
                .execute(&mut *tx)
                .await?;
            if changed.rows_affected() > 0 {
                sqlx::query!("DELETE FROM purchase_item WHERE purchase_id = $1", found as _).execute(&mut *tx).await?;
            }
            return Ok(found);
        }
    }
}

pub async fn cart_id(conn: &mut PgConnection, account_id: AccountId) -> Result<Option<PurchaseId>, sqlx::Error> {
    sqlx::query_scalar!("SELECT id FROM purchase WHERE account_id = $1 AND state = 'draft'", account_id as _).fetch_optional(conn).await
}

/// A held appointment as the cart needs it; only if it is the candidate's.
pub struct HeldAppointment {
    pub exam_id: ExamId,
    pub description: String,
    pub price_minor: Option<i64>,
    /// The rules it was held under, which are those that will be applied to it.
    pub policies: Value,
}

pub async fn held_appointment(
    conn: &mut PgConnection,
    appointment_id: AppointmentId,
    account_id: AccountId,
    currency: &str,
) -> Result<Option<HeldAppointment>, sqlx::Error> {
    sqlx::query_as!(
        HeldAppointment,
        r#"SELECT e.id AS exam_id, e.code || ' ' || c.name AS "description!", p.minor AS "price_minor?", a.policies
           FROM appointment a
           JOIN exam e ON e.id = a.exam_id
           JOIN certification c ON c.id = e.certification_id
           LEFT JOIN exam_price p ON p.exam_id = e.id AND p.currency = $3
           WHERE a.id = $1 AND a.account_id = $2"#,
        appointment_id as _,
        account_id as _,
        currency
    )
    .fetch_optional(conn)
    .await
}

pub struct NewItem<'a> {
    pub id: PurchaseItemId,
    pub purchase_id: PurchaseId,
    pub exam_id: ExamId,
    pub appointment_id: AppointmentId,
    pub description: &'a str,
    pub price_minor: i64,
    pub policies: Value,
}

pub async fn insert_item(tx: &mut PgConnection, item: NewItem<'_>, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO purchase_item (id, purchase_id, kind, exam_id, appointment_id, description, price_minor, policies, created_at)
         VALUES ($1, $2, 'exam', $3, $4, $5, $6, $7, $8)
         ON CONFLICT (purchase_id, appointment_id) DO NOTHING",
        item.id as _,
        item.purchase_id as _,
        item.exam_id as _,
        item.appointment_id as _,
        item.description,
        item.price_minor,
        item.policies,
        now
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Takes out of a cart what was held for the same exam before and has lapsed: the new hold stands for it.
pub async fn delete_lapsed_of_exam(
    tx: &mut PgConnection,
    purchase_id: PurchaseId,
    exam_id: ExamId,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "DELETE FROM purchase_item i USING appointment a
         WHERE i.purchase_id = $1 AND i.exam_id = $2 AND a.id = i.appointment_id
           AND (a.state = 'expired' OR a.state = 'held' AND a.hold_expires_at <= $3)",
        purchase_id as _,
        exam_id as _,
        now
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Takes an item out of its candidate's cart; gives the appointment it was for. `None`: it is not there (any more).
pub async fn delete_item(
    tx: &mut PgConnection,
    item_id: PurchaseItemId,
    cart_id: PurchaseId,
) -> Result<Option<AppointmentId>, sqlx::Error> {
    sqlx::query_scalar!("DELETE FROM purchase_item WHERE id = $1 AND purchase_id = $2 RETURNING appointment_id", item_id as _, cart_id as _)
        .fetch_optional(tx)
        .await
}

/// The items of an order, in the order they were put in.
pub async fn lines(conn: &mut PgConnection, purchase_id: PurchaseId, now: DateTime<Utc>) -> Result<Vec<Line>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT i.id, i.appointment_id, i.exam_id, i.description, i.price_minor, i.refunded_minor, i.policies, a.reference, a.language, a.time_zone,
                  a.starts_at, a.minutes, a.state, a.hold_expires_at, a.name_on_id, e.code, t.name AS "center_name?", t.city AS "center_city?"
           FROM purchase_item i
           JOIN appointment a ON a.id = i.appointment_id
           JOIN exam e ON e.id = i.exam_id
           LEFT JOIN test_center t ON t.id = a.center_id
           WHERE i.purchase_id = $1
           ORDER BY i.created_at, i.id"#,
        purchase_id as _
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Line {
            item_id: row.id,
            appointment_id: row.appointment_id,
            exam_id: row.exam_id,
            reference: row.reference,
            exam_code: row.code,
            description: row.description,
            language: row.language,
            center_name: row.center_name,
            center_city: row.center_city,
            time_zone: row.time_zone,
            starts_at: row.starts_at,
            minutes: row.minutes,
            name_on_id: row.name_on_id,
            price_minor: row.price_minor,
            refunded_minor: row.refunded_minor,
            policies: row.policies,
            state: line_state(&row.state, row.hold_expires_at, now),
        })
        .collect())
}

/// Moves items to another cart.
pub async fn move_items(tx: &mut PgConnection, items: &[PurchaseItemId], to: PurchaseId) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE purchase_item SET purchase_id = $2 WHERE id = ANY($1)", items as _, to as _).execute(tx).await?;
    Ok(())
}

/// Copies the items of an order into a cart, under the ids given; what is there already stays.
pub async fn copy_items(
    tx: &mut PgConnection,
    from: PurchaseId,
    to: PurchaseId,
    ids: &[PurchaseItemId],
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO purchase_item (id, purchase_id, kind, exam_id, appointment_id, description, price_minor, policies, created_at)
         SELECT n.id, $2, i.kind, i.exam_id, i.appointment_id, i.description, i.price_minor, i.policies, $4
         FROM (SELECT *, row_number() OVER (ORDER BY created_at, id) AS position FROM purchase_item WHERE purchase_id = $1) i
         JOIN unnest($3::uuid[]) WITH ORDINALITY AS n (id, position) ON n.position = i.position
         ON CONFLICT (purchase_id, appointment_id) DO NOTHING",
        from as _,
        to as _,
        ids as _,
        now
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Holds of an order that end before `until` end then; lapsed ones stay lapsed. Marks the order: this is done once.
pub async fn extend_holds(tx: &mut PgConnection, purchase: &Purchase, until: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE purchase SET extended_at = $2 WHERE id = $1", purchase.id as _, now).execute(&mut *tx).await?;
    sqlx::query!(
        "UPDATE appointment SET hold_expires_at = $2
         WHERE id IN (SELECT appointment_id FROM purchase_item WHERE purchase_id = $1)
           AND account_id = $4 AND state = 'held' AND hold_expires_at > $3 AND hold_expires_at < $2",
        purchase.id as _,
        until,
        now,
        purchase.account_id as _
    )
    .execute(tx)
    .await?;
    Ok(())
}
