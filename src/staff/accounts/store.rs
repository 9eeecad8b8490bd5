//! The SQL of the staff's pages about accounts.

use crate::ids::AccountId;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

type Sql<T> = Result<T, sqlx::Error>;

/// One line of a search.
#[derive(Debug, Clone)]
pub struct Found {
    pub id: AccountId,
    pub given_name: String,
    pub family_name: String,
    pub candidate_id: Option<String>,
    pub address: String,
    pub disabled_at: Option<DateTime<Utc>>,
    pub roles: Vec<String>,
}

/// Accounts whose address, candidate ID or name contains `wanted` (letters' case does not matter), best known first.
pub async fn search(conn: &mut PgConnection, wanted: &str, limit: i64) -> Sql<Vec<Found>> {
    sqlx::query_as!(
        Found,
        r#"SELECT a.id, a.given_name, a.family_name, a.candidate_id, e.address, a.disabled_at,
                  ARRAY(SELECT role FROM account_role r WHERE r.account_id = a.id ORDER BY role) AS "roles!"
           FROM account a JOIN account_email e ON e.account_id = a.id AND e.is_primary
           WHERE a.candidate_id = upper($1)
              OR EXISTS (SELECT 1 FROM account_email o WHERE o.account_id = a.id AND strpos(lower(o.address), lower($1)) > 0)
              OR strpos(lower(a.given_name || ' ' || a.family_name), lower($1)) > 0
           ORDER BY (lower(e.address) = lower($1) OR a.candidate_id = upper($1)) DESC, a.family_name, a.given_name, a.id LIMIT $2"#,
        wanted,
        limit
    )
    .fetch_all(conn)
    .await
}

/// What staff see of one account.
#[derive(Debug, Clone)]
pub struct Account {
    pub id: AccountId,
    pub given_name: String,
    pub family_name: String,
    pub candidate_id: Option<String>,
    pub address: String,
    pub verified: bool,
    pub country: String,
    pub language: String,
    pub created_at: DateTime<Utc>,
    pub disabled_at: Option<DateTime<Utc>>,
    /// It was merged into another one: nobody can enable it by hand.
    pub merged: bool,
    pub has_password: bool,
    pub has_factor: bool,
    pub last_sign_in: Option<DateTime<Utc>>,
    pub roles: Vec<String>,
}

pub async fn account(conn: &mut PgConnection, id: AccountId) -> Sql<Option<Account>> {
    sqlx::query_as!(
        Account,
        r#"SELECT a.id, a.given_name, a.family_name, a.candidate_id, e.address, e.verified_at IS NOT NULL AS "verified!", c.name_en AS country,
                  a.language, a.created_at, a.disabled_at,
                  a.merged_into IS NOT NULL AS "merged!", a.password_hash IS NOT NULL AS "has_password!",
                  has_second_factor(a) AS "has_factor!",
                  (SELECT max(s.created_at) FROM session s WHERE s.account_id = a.id AND s.state = 'active') AS last_sign_in,
                  ARRAY(SELECT role FROM account_role r WHERE r.account_id = a.id ORDER BY role) AS "roles!"
           FROM account a JOIN account_email e ON e.account_id = a.id AND e.is_primary JOIN country c ON c.code = a.country
           WHERE a.id = $1"#,
        id as _
    )
    .fetch_optional(conn)
    .await
}

/// How many sessions are open: neither ended nor too old.
pub async fn open_sessions(conn: &mut PgConnection, id: AccountId, used_since: DateTime<Utc>, begun_since: DateTime<Utc>) -> Sql<i64> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM session
           WHERE account_id = $1 AND ended_at IS NULL AND last_used_at > $2 AND created_at > $3"#,
        id as _,
        used_since,
        begun_since
    )
    .fetch_one(conn)
    .await
}

/// Disables an account or enables it. `false`: it was so already.
pub async fn set_disabled(conn: &mut PgConnection, id: AccountId, disabled_at: Option<DateTime<Utc>>) -> Sql<bool> {
    let done = sqlx::query!(
        "UPDATE account SET disabled_at = $2 WHERE id = $1 AND (disabled_at IS NULL) <> ($2::timestamptz IS NULL)",
        id as _,
        disabled_at
    );
    Ok(done.execute(conn).await?.rows_affected() == 1)
}

pub async fn take_roles(conn: &mut PgConnection, id: AccountId, keep: &[String]) -> Sql<()> {
    sqlx::query!("DELETE FROM account_role WHERE account_id = $1 AND role <> ALL($2)", id as _, keep).execute(conn).await?;
    Ok(())
}

pub async fn give_roles(conn: &mut PgConnection, id: AccountId, roles: &[String], now: DateTime<Utc>) -> Sql<()> {
    sqlx::query!(
        "INSERT INTO account_role (account_id, role, granted_at) SELECT $1, role, $3 FROM unnest($2::text[]) role ON CONFLICT DO NOTHING",
        id as _,
        roles,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// One change of roles or of who may sign in at a time: two administrators must not take each other's last chance.
pub async fn lock_administration(conn: &mut PgConnection) -> Sql<()> {
    sqlx::query!(r#"SELECT pg_advisory_xact_lock(hashtext('certportal.administration')) IS NULL AS "locked!""#).fetch_one(conn).await?;
    Ok(())
}

/// Administrators who can sign in.
pub async fn administrators(conn: &mut PgConnection) -> Sql<Vec<AccountId>> {
    sqlx::query_scalar!(
        "SELECT a.id FROM account a JOIN account_role r ON r.account_id = a.id
         WHERE r.role = 'administrator' AND a.disabled_at IS NULL ORDER BY a.id"
    )
    .fetch_all(conn)
    .await
}
