//! What the loader of the demo's requests asks.

use super::Sql;
use crate::ids::{AccountId, CredentialKey, ResultId};
use sqlx::PgConnection;

/// A person's released result of an exam that was passed or not.
pub async fn result(conn: &mut PgConnection, account_id: AccountId, exam_code: &str, passed: bool) -> Sql<Option<ResultId>> {
    sqlx::query_scalar!(
        "SELECT r.id FROM exam_result r JOIN exam e ON e.id = r.exam_id
         WHERE r.account_id = $1 AND e.code = $2 AND r.passed = $3 AND r.state = 'released' ORDER BY r.taken_at LIMIT 1",
        account_id as _,
        exam_code,
        passed
    )
    .fetch_optional(conn)
    .await
}

pub struct Held {
    pub id: CredentialKey,
    pub public_id: String,
    pub account_id: AccountId,
    pub certification: String,
    pub state: String,
}

pub async fn oldest_credential(conn: &mut PgConnection, account_id: AccountId) -> Sql<Option<Held>> {
    sqlx::query_as!(
        Held,
        "SELECT k.id, k.public_id, k.account_id, c.name AS certification, k.state
         FROM credential k JOIN certification c ON c.id = k.certification_id
         WHERE k.account_id = $1 AND k.state <> 'revoked' ORDER BY k.issued_at LIMIT 1",
        account_id as _
    )
    .fetch_optional(conn)
    .await
}
