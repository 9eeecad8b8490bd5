//! Who did what, when, from where: one row in the change's own transaction.

use super::http::request::RequestContext;
use serde_json::Value;
use sqlx::PgConnection;

/// Writes one audit event. `action` is `area.verb`, `subject` the id of what it was done to.
pub async fn record(conn: &mut PgConnection, cx: &RequestContext, action: &str, subject: &str, detail: Value) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO audit_event (at, actor_id, action, subject, detail, address) VALUES ($1, $2, $3, $4, $5, $6)",
        cx.now(),
        cx.viewer.as_ref().map(|viewer| viewer.account_id),
        action,
        subject,
        detail,
        cx.address.to_string(),
    )
    .execute(conn)
    .await?;
    Ok(())
}
