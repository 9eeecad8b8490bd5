//! Whose data it is.

use crate::ids::AccountId;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

#[derive(Debug, Clone)]
pub struct Person {
    pub account_id: AccountId,
    pub given_name: String,
    pub family_name: String,
    pub address: String,
    pub language: String,
    pub time_zone: String,
    pub is_staff: bool,
}

/// Somebody with an account of their own (one that was merged away has no address left), which nobody else changes until
/// the transaction ends. Disabled accounts too: their owners keep these rights.
pub async fn lock_person(conn: &mut PgConnection, account_id: AccountId) -> Result<Option<Person>, sqlx::Error> {
    sqlx::query_as!(
        Person,
        r#"SELECT a.id AS account_id, a.given_name, a.family_name, e.address, a.language, a.time_zone,
                  EXISTS (SELECT FROM account_role r WHERE r.account_id = a.id) AS "is_staff!"
           FROM account a JOIN account_email e ON e.account_id = a.id AND e.is_primary
           WHERE a.id = $1 FOR UPDATE OF a"#,
        account_id as _
    )
    .fetch_optional(conn)
    .await
}

/// Takes the files of archives whose time is over, and forgets requests that count no more.
pub async fn forget_exports(conn: &mut PgConnection, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE data_export SET file = NULL WHERE file IS NOT NULL AND expires_at <= $1", now).execute(&mut *conn).await?;
    sqlx::query!("DELETE FROM data_export WHERE requested_at < $1", now - chrono::TimeDelta::days(30)).execute(conn).await?;
    Ok(())
}
