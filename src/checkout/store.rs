//! The SQL of carts, orders, payments and refunds.

use super::model::{PaymentState, PurchaseState};
use super::rules::{LineState, line_state};
use crate::money::Money;
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

/// An order, or the cart.
#[derive(Debug, Clone)]
pub struct Purchase {
    pub id: Uuid,
    pub account_id: Uuid,
    /// Empty for the cart.
    pub number: String,
    pub state: PurchaseState,
    pub total: Money,
    pub placed_at: Option<DateTime<Utc>>,
    pub extended_at: Option<DateTime<Utc>>,
    pub paid_at: Option<DateTime<Utc>>,
}

/// One item with what it is for.
#[derive(Debug, Clone)]
pub struct Line {
    pub item_id: Uuid,
    pub appointment_id: Uuid,
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

/// One attempt to pay.
#[derive(Debug, Clone)]
pub struct Payment {
    pub id: Uuid,
    pub purchase_id: Uuid,
    pub gateway: String,
    pub gateway_ref: Option<String>,
    pub redirect_url: Option<String>,
    pub state: PaymentState,
    pub amount: Money,
    pub failure_code: Option<String>,
}

/// Money that goes back.
#[derive(Debug, Clone)]
pub struct Refund {
    pub id: Uuid,
    pub item_id: Option<Uuid>,
    pub amount_minor: i64,
    pub reason: String,
    pub state: String,
    pub created_at: DateTime<Utc>,
    pub settled_at: Option<DateTime<Utc>>,
}

/// The candidate's cart, made if there is none; locked until the transaction ends.
pub async fn lock_cart(tx: &mut PgConnection, account_id: Uuid, id: Uuid, currency: &str, now: DateTime<Utc>) -> Result<Uuid, sqlx::Error> {
    // Whoever places the order at the same moment takes the cart away: then a new one is made.
    loop {
        sqlx::query!(
            "INSERT INTO purchase (id, account_id, state, currency, total_minor, created_at) VALUES ($1, $2, 'draft', $3, 0, $4)
             ON CONFLICT (account_id) WHERE state = 'draft' DO NOTHING",
            id,
            account_id,
            currency,
            now
        )
        .execute(&mut *tx)
        .await?;
        let found = sqlx::query_scalar!("SELECT id FROM purchase WHERE account_id = $1 AND state = 'draft' FOR UPDATE", account_id)
            .fetch_optional(&mut *tx)
            .await?;
        if let Some(found) = found {
            return Ok(found);
        }
    }
}

pub async fn cart_id(conn: &mut PgConnection, account_id: Uuid) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar!("SELECT id FROM purchase WHERE account_id = $1 AND state = 'draft'", account_id).fetch_optional(conn).await
}

/// The newest order that waits for its payment.
pub async fn waiting_order(conn: &mut PgConnection, account_id: Uuid) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT id FROM purchase WHERE account_id = $1 AND state = 'awaiting_payment' ORDER BY placed_at DESC LIMIT 1",
        account_id
    )
    .fetch_optional(conn)
    .await
}

/// A held appointment as the cart needs it; only if it is the candidate's.
pub struct HeldAppointment {
    pub exam_id: Uuid,
    pub description: String,
    pub price_minor: Option<i64>,
}

pub async fn held_appointment(
    conn: &mut PgConnection,
    appointment_id: Uuid,
    account_id: Uuid,
    currency: &str,
) -> Result<Option<HeldAppointment>, sqlx::Error> {
    sqlx::query_as!(
        HeldAppointment,
        r#"SELECT e.id AS exam_id, e.code || ' ' || c.name AS "description!", p.minor AS "price_minor?"
           FROM appointment a
           JOIN exam e ON e.id = a.exam_id
           JOIN certification c ON c.id = e.certification_id
           LEFT JOIN exam_price p ON p.exam_id = e.id AND p.currency = $3
           WHERE a.id = $1 AND a.account_id = $2"#,
        appointment_id,
        account_id,
        currency
    )
    .fetch_optional(conn)
    .await
}

pub struct NewItem<'a> {
    pub id: Uuid,
    pub purchase_id: Uuid,
    pub exam_id: Uuid,
    pub appointment_id: Uuid,
    pub description: &'a str,
    pub price_minor: i64,
    pub policies: Value,
}

pub async fn insert_item(tx: &mut PgConnection, item: NewItem<'_>, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO purchase_item (id, purchase_id, kind, exam_id, appointment_id, description, price_minor, policies, created_at)
         VALUES ($1, $2, 'exam', $3, $4, $5, $6, $7, $8)
         ON CONFLICT (purchase_id, appointment_id) DO NOTHING",
        item.id,
        item.purchase_id,
        item.exam_id,
        item.appointment_id,
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
pub async fn delete_lapsed_of_exam(tx: &mut PgConnection, purchase_id: Uuid, exam_id: Uuid, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "DELETE FROM purchase_item i USING appointment a
         WHERE i.purchase_id = $1 AND i.exam_id = $2 AND a.id = i.appointment_id
           AND (a.state = 'expired' OR a.state = 'held' AND a.hold_expires_at <= $3)",
        purchase_id,
        exam_id,
        now
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Takes an item out of its candidate's cart; gives the appointment it was for. `None`: it is not there (any more).
pub async fn delete_item(tx: &mut PgConnection, item_id: Uuid, cart_id: Uuid) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar!("DELETE FROM purchase_item WHERE id = $1 AND purchase_id = $2 RETURNING appointment_id", item_id, cart_id)
        .fetch_optional(tx)
        .await
}

/// The items of an order, in the order they were put in.
pub async fn lines(conn: &mut PgConnection, purchase_id: Uuid, now: DateTime<Utc>) -> Result<Vec<Line>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT i.id, i.appointment_id, i.description, i.price_minor, i.refunded_minor, i.policies, a.reference, a.language, a.time_zone,
                  a.starts_at, a.minutes, a.state, a.hold_expires_at, a.name_on_id, e.code, t.name AS "center_name?", t.city AS "center_city?"
           FROM purchase_item i
           JOIN appointment a ON a.id = i.appointment_id
           JOIN exam e ON e.id = i.exam_id
           LEFT JOIN test_center t ON t.id = a.center_id
           WHERE i.purchase_id = $1
           ORDER BY i.created_at, i.id"#,
        purchase_id
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Line {
            item_id: row.id,
            appointment_id: row.appointment_id,
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

pub async fn purchase(conn: &mut PgConnection, id: Uuid) -> Result<Option<Purchase>, sqlx::Error> {
    let row = sqlx::query!(
        "SELECT id, account_id, number, state, currency, total_minor, placed_at, extended_at, paid_at FROM purchase WHERE id = $1",
        id
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
pub async fn lock_purchase(tx: &mut PgConnection, id: Uuid) -> Result<Option<Purchase>, sqlx::Error> {
    let found = sqlx::query_scalar!("SELECT id FROM purchase WHERE id = $1 FOR UPDATE", id).fetch_optional(&mut *tx).await?;
    match found {
        None => Ok(None),
        Some(id) => purchase(tx, id).await,
    }
}

/// The id of a candidate's order by its number.
pub async fn purchase_id(conn: &mut PgConnection, account_id: Uuid, number: &str) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar!("SELECT id FROM purchase WHERE account_id = $1 AND number = $2", account_id, number).fetch_optional(conn).await
}

pub async fn next_number(tx: &mut PgConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT nextval('purchase_number_seq') AS "number!""#).fetch_one(tx).await
}

/// The cart becomes an order.
pub async fn place(tx: &mut PgConnection, id: Uuid, number: &str, total_minor: i64, now: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        "UPDATE purchase SET state = 'awaiting_payment', number = $2, total_minor = $3, placed_at = $4 WHERE id = $1 AND state = 'draft'",
        id,
        number,
        total_minor,
        now
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected())
}

/// Moves items to another cart.
pub async fn move_items(tx: &mut PgConnection, items: &[Uuid], to: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE purchase_item SET purchase_id = $2 WHERE id = ANY($1)", items, to).execute(tx).await?;
    Ok(())
}

/// Copies the items of an order into a cart, under the ids given; what is there already stays.
pub async fn copy_items(tx: &mut PgConnection, from: Uuid, to: Uuid, ids: &[Uuid], now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO purchase_item (id, purchase_id, kind, exam_id, appointment_id, description, price_minor, policies, created_at)
         SELECT n.id, $2, i.kind, i.exam_id, i.appointment_id, i.description, i.price_minor, i.policies, $4
         FROM (SELECT *, row_number() OVER (ORDER BY created_at, id) AS position FROM purchase_item WHERE purchase_id = $1) i
         JOIN unnest($3::uuid[]) WITH ORDINALITY AS n (id, position) ON n.position = i.position
         ON CONFLICT (purchase_id, appointment_id) DO NOTHING",
        from,
        to,
        ids,
        now
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Holds of an order that end before `until` end then; lapsed ones stay lapsed. Marks the order: this is done once.
pub async fn extend_holds(tx: &mut PgConnection, purchase_id: Uuid, until: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE purchase SET extended_at = $2 WHERE id = $1", purchase_id, now).execute(&mut *tx).await?;
    sqlx::query!(
        "UPDATE appointment SET hold_expires_at = $2
         WHERE id IN (SELECT appointment_id FROM purchase_item WHERE purchase_id = $1)
           AND state = 'held' AND hold_expires_at > $3 AND hold_expires_at < $2",
        purchase_id,
        until,
        now
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub async fn set_purchase_state(
    tx: &mut PgConnection,
    id: Uuid,
    state: PurchaseState,
    paid_at: Option<DateTime<Utc>>,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!("UPDATE purchase SET state = $2, paid_at = coalesce(paid_at, $3) WHERE id = $1", id, state.as_str(), paid_at)
        .execute(tx)
        .await?;
    Ok(done.rows_affected())
}

/// Begins a payment; the database allows one at a time for an order.
pub async fn insert_payment(
    tx: &mut PgConnection,
    id: Uuid,
    purchase_id: Uuid,
    gateway: &str,
    amount: &Money,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO payment (id, purchase_id, gateway, state, amount_minor, currency, created_at) VALUES ($1, $2, $3, 'pending', $4, $5, $6)",
        id,
        purchase_id,
        gateway,
        amount.minor,
        amount.currency,
        now
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub async fn payment(conn: &mut PgConnection, id: Uuid) -> Result<Option<Payment>, sqlx::Error> {
    let row = sqlx::query!(
        "SELECT id, purchase_id, gateway, gateway_ref, redirect_url, state, amount_minor, currency, failure_code FROM payment WHERE id = $1",
        id
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
pub async fn current_payment(conn: &mut PgConnection, purchase_id: Uuid) -> Result<Option<Payment>, sqlx::Error> {
    let id = sqlx::query_scalar!(
        "SELECT id FROM payment WHERE purchase_id = $1
         ORDER BY state = 'succeeded' DESC, state = 'pending' DESC, created_at DESC LIMIT 1",
        purchase_id
    )
    .fetch_optional(&mut *conn)
    .await?;
    match id {
        None => Ok(None),
        Some(id) => payment(conn, id).await,
    }
}

/// Which payment and order a gateway's reference belongs to.
pub async fn payment_by_reference(conn: &mut PgConnection, gateway: &str, reference: &str) -> Result<Option<(Uuid, Uuid)>, sqlx::Error> {
    let row = sqlx::query!("SELECT id, purchase_id FROM payment WHERE gateway = $1 AND gateway_ref = $2", gateway, reference)
        .fetch_optional(conn)
        .await?;
    Ok(row.map(|row| (row.id, row.purchase_id)))
}

/// Writes down where the gateway's page is.
pub async fn set_checkout(conn: &mut PgConnection, payment_id: Uuid, reference: &str, redirect_url: &str) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        "UPDATE payment SET gateway_ref = $2, redirect_url = $3 WHERE id = $1 AND (gateway_ref IS NULL OR gateway_ref = $2)",
        payment_id,
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
    id: Uuid,
    from: PaymentState,
    to: PaymentState,
    failure_code: Option<&str>,
    now: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        "UPDATE payment SET state = $3, failure_code = $4, settled_at = $5 WHERE id = $1 AND state = $2",
        id,
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
pub async fn note_failure(tx: &mut PgConnection, payment_id: Uuid, code: &str) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE payment SET failure_code = $2 WHERE id = $1 AND state = 'pending'", payment_id, code).execute(tx).await?;
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

/// The paid item that stands behind an appointment, through any number of reschedules; locked until the transaction ends.
pub struct PaidItem {
    pub item_id: Uuid,
    pub payment_id: Uuid,
    pub price_minor: i64,
    pub currency: String,
}

pub async fn paid_item(tx: &mut PgConnection, appointment_id: Uuid) -> Result<Option<PaidItem>, sqlx::Error> {
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
           ORDER BY p.settled_at DESC LIMIT 1
           FOR UPDATE OF i"#,
        appointment_id
    )
    .fetch_optional(tx)
    .await
}

/// The same for reading only.
pub async fn paid_item_unlocked(conn: &mut PgConnection, appointment_id: Uuid) -> Result<Option<PaidItem>, sqlx::Error> {
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
           ORDER BY p.settled_at DESC LIMIT 1"#,
        appointment_id
    )
    .fetch_optional(conn)
    .await
}

/// What of an item's price went back or is about to, in minor units.
pub async fn refund_asked(conn: &mut PgConnection, item_id: Uuid) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT coalesce(sum(amount_minor), 0)::bigint AS "sum!" FROM refund WHERE item_id = $1 AND state <> 'failed'"#,
        item_id
    )
    .fetch_one(conn)
    .await
}

pub async fn refund_amount_by_key(conn: &mut PgConnection, key: &str) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar!("SELECT amount_minor FROM refund WHERE key = $1", key).fetch_optional(conn).await
}

pub struct NewRefund<'a> {
    pub id: Uuid,
    pub payment_id: Uuid,
    pub item_id: Option<Uuid>,
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
        refund.id,
        refund.payment_id,
        refund.item_id,
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
    pub id: Uuid,
    pub key: String,
    pub item_id: Option<Uuid>,
    pub amount: Money,
    pub reason: String,
    pub purchase_id: Uuid,
    pub gateway: String,
    pub gateway_ref: String,
}

/// `None`: it was asked for already.
pub async fn due_refund(conn: &mut PgConnection, id: Uuid) -> Result<Option<DueRefund>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT r.id, r.key, r.item_id, r.amount_minor, r.reason, p.purchase_id, p.currency, p.gateway, p.gateway_ref AS "gateway_ref!"
           FROM refund r JOIN payment p ON p.id = r.payment_id
           WHERE r.id = $1 AND r.state = 'pending' AND p.gateway_ref IS NOT NULL"#,
        id
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
    id: Uuid,
    state: &str,
    gateway_ref: Option<&str>,
    now: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        "UPDATE refund SET state = $2, gateway_ref = $3, settled_at = $4 WHERE id = $1 AND state = 'pending'",
        id,
        state,
        gateway_ref,
        now
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected())
}

pub async fn add_refunded(tx: &mut PgConnection, item_id: Uuid, amount_minor: i64) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!("UPDATE purchase_item SET refunded_minor = refunded_minor + $2 WHERE id = $1", item_id, amount_minor)
        .execute(tx)
        .await?;
    Ok(done.rows_affected())
}

/// What of an order's items went back, in minor units.
pub async fn order_refunded(conn: &mut PgConnection, purchase_id: Uuid) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT coalesce(sum(refunded_minor), 0)::bigint AS "sum!" FROM purchase_item WHERE purchase_id = $1"#,
        purchase_id
    )
    .fetch_one(conn)
    .await
}

/// The refunds of an order, oldest first.
pub async fn refunds(conn: &mut PgConnection, purchase_id: Uuid) -> Result<Vec<Refund>, sqlx::Error> {
    sqlx::query_as!(
        Refund,
        "SELECT r.id, r.item_id, r.amount_minor, r.reason, r.state, r.created_at, r.settled_at
         FROM refund r JOIN payment p ON p.id = r.payment_id
         WHERE p.purchase_id = $1 ORDER BY r.created_at, r.id",
        purchase_id
    )
    .fetch_all(conn)
    .await
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
pub async fn orders(conn: &mut PgConnection, account_id: Uuid, limit: i64, offset: i64) -> Result<(Vec<OrderRow>, i64), sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT p.number AS "number!", p.state, p.placed_at AS "placed_at!", p.currency, p.total_minor,
                  ARRAY(SELECT i.description FROM purchase_item i WHERE i.purchase_id = p.id ORDER BY i.created_at, i.id) AS "items!",
                  count(*) OVER () AS "all!"
           FROM purchase p
           WHERE p.account_id = $1 AND p.state <> 'draft'
           ORDER BY p.placed_at DESC, p.number DESC LIMIT $2 OFFSET $3"#,
        account_id,
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

/// Who gets a mail about an order.
pub struct Payer {
    pub account_id: Uuid,
    pub given_name: String,
    pub family_name: String,
    pub address: String,
    pub language: String,
    pub time_zone: String,
}

pub async fn payer(conn: &mut PgConnection, account_id: Uuid) -> Result<Payer, sqlx::Error> {
    sqlx::query_as!(
        Payer,
        "SELECT a.id AS account_id, a.given_name, a.family_name, e.address, a.language, a.time_zone
         FROM account a JOIN account_email e ON e.account_id = a.id AND e.is_primary WHERE a.id = $1",
        account_id
    )
    .fetch_one(conn)
    .await
}

/// An event that the program itself causes, for the audit trail. `once`: not again for the same action and subject.
pub async fn audit(
    tx: &mut PgConnection,
    action: &str,
    subject: &str,
    detail: Value,
    once: bool,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO audit_event (at, actor_id, action, subject, detail)
         SELECT $1, NULL, $2, $3, $4
         WHERE NOT ($5 AND EXISTS (SELECT 1 FROM audit_event WHERE action = $2 AND subject = $3))",
        now,
        action,
        subject,
        detail,
        once
    )
    .execute(tx)
    .await?;
    Ok(())
}
