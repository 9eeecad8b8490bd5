//! What the choice of notices depends on.

use crate::ids::AccountId;
use sqlx::PgConnection;

/// The verified phone of an account.
pub async fn verified_phone(conn: &mut PgConnection, account_id: AccountId) -> Result<Option<String>, sqlx::Error> {
    let phone = sqlx::query_scalar!("SELECT phone FROM account WHERE id = $1 AND phone_verified_at IS NOT NULL", account_id as _);
    Ok(phone.fetch_optional(conn).await?.flatten())
}
