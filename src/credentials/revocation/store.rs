//! The SQL of credentials as staff see them.

use super::model::FoundCredential;
use crate::ids::{CredentialKey, ResultId};
use sqlx::PgConnection;

type Sql<T> = Result<T, sqlx::Error>;

/// Credentials with this ID (`wanted` without spaces and hyphens), of this candidate ID, or whose holder's name contains `wanted`.
pub async fn search(conn: &mut PgConnection, wanted: &str, public_id: Option<&str>, limit: i64) -> Sql<Vec<FoundCredential>> {
    sqlx::query_as!(
        FoundCredential,
        r#"SELECT k.public_id, k.holder_name, p.candidate_id, c.name AS certification, k.issued_at, k.expires_at, k.state
           FROM credential k JOIN account p ON p.id = k.account_id JOIN certification c ON c.id = k.certification_id
           WHERE k.public_id = $2 OR p.candidate_id = upper($1)
              OR EXISTS (SELECT FROM account o WHERE o.merged_into = p.id AND o.candidate_id = upper($1))
              OR strpos(lower(k.holder_name), lower($1)) > 0 OR strpos(lower(p.given_name || ' ' || p.family_name), lower($1)) > 0
           ORDER BY k.issued_at DESC, k.id LIMIT $3"#,
        wanted,
        public_id,
        limit
    )
    .fetch_all(conn)
    .await
}

/// What a credential hangs on.
pub struct Origin {
    pub candidate_id: Option<String>,
    pub account_name: String,
    pub result_id: Option<ResultId>,
    pub reference: Option<String>,
}

pub async fn origin(conn: &mut PgConnection, id: CredentialKey) -> Sql<Option<Origin>> {
    sqlx::query_as!(
        Origin,
        r#"SELECT p.candidate_id, p.given_name || ' ' || p.family_name AS "account_name!", k.result_id, a.reference AS "reference?"
           FROM credential k JOIN account p ON p.id = k.account_id
           LEFT JOIN exam_result r ON r.id = k.result_id LEFT JOIN appointment a ON a.id = r.appointment_id WHERE k.id = $1"#,
        id as _
    )
    .fetch_optional(conn)
    .await
}

/// What is stored of a credential's state.
pub async fn state(conn: &mut PgConnection, id: CredentialKey) -> Sql<Option<String>> {
    sqlx::query_scalar!("SELECT state FROM credential WHERE id = $1", id as _).fetch_optional(conn).await
}
