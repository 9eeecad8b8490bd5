//! What the choice of notices depends on.

use sqlx::PgConnection;
use uuid::Uuid;

/// The verified phone of an account.
pub async fn verified_phone(conn: &mut PgConnection, account_id: Uuid) -> Result<Option<String>, sqlx::Error> {
    let phone = sqlx::query_scalar!("SELECT phone FROM account WHERE id = $1 AND phone_verified_at IS NOT NULL", account_id);
    Ok(phone.fetch_optional(conn).await?.flatten())
}
