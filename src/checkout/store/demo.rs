//! What the loader of the demo's orders asks.

use crate::ids::{AccountId, AppointmentId};
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;

/// Keeps an account to this transaction; `false`: there is none.
pub async fn lock_account(tx: &mut PgConnection, account_id: AccountId) -> Result<bool, sqlx::Error> {
    let found = sqlx::query_scalar!("SELECT id FROM account WHERE id = $1 FOR UPDATE", account_id as _).fetch_optional(tx).await?;
    Ok(found.is_some())
}

/// An exam that somebody has a seat for.
pub struct Appointment {
    pub id: AppointmentId,
    pub policies: Value,
    pub booked_at: DateTime<Utc>,
}

/// The appointments of a candidate that belong to no order, in the order they were booked.
pub async fn without_order(conn: &mut PgConnection, account_id: AccountId) -> Result<Vec<Appointment>, sqlx::Error> {
    sqlx::query_as!(
        Appointment,
        r#"SELECT id, policies, booked_at AS "booked_at!" FROM appointment a
           WHERE account_id = $1 AND booked_at IS NOT NULL AND state NOT IN ('held', 'expired', 'cancelled')
             AND NOT EXISTS (SELECT FROM purchase_item i WHERE i.appointment_id = a.id)
           ORDER BY booked_at, id"#,
        account_id as _
    )
    .fetch_all(conn)
    .await
}
