//! Sessions: an opaque random cookie, of which only the hash is stored. Rotated at login and at every rise in
//! privilege (product.md section 2).

use super::request::{Role, Viewer};
use super::respond::Cookie;
use crate::ids::{AccountId, SessionId};
use crate::server::random;
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{PgConnection, PgPool};
use std::net::IpAddr;

/// `__Host-`: bound to this host, sent over secure transport only (browsers count loopback as secure).
pub const COOKIE: &str = "__Host-session";

/// Limits of a session without use, and at all (product.md section 2).
pub const IDLE_STAFF: TimeDelta = TimeDelta::minutes(30);
pub const IDLE_CANDIDATE: TimeDelta = TimeDelta::hours(12);
pub const ABSOLUTE: TimeDelta = TimeDelta::days(7);
/// How long after the password the second factor may follow.
const FACTOR: TimeDelta = TimeDelta::minutes(10);

/// Starts a session and gives the cookie that carries it.
pub async fn start(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    account_id: AccountId,
    awaiting_factor: bool,
    address: IpAddr,
    user_agent: &str,
) -> Result<Cookie, sqlx::Error> {
    let token = random::token();
    let user_agent: String = user_agent.chars().take(300).collect();
    sqlx::query!(
        "INSERT INTO session (id, token_hash, account_id, state, created_at, last_used_at, proved_at, address, user_agent)
         VALUES ($1, $2, $3, $4, $5, $5, $5, $6, $7)",
        random::id::<SessionId>() as _,
        random::token_hash(&token),
        account_id as _,
        if awaiting_factor { "awaiting_factor" } else { "active" },
        now,
        address.to_string(),
        user_agent,
    )
    .execute(conn)
    .await?;
    Ok(Cookie::new(COOKIE, token))
}

/// Gives a session a new cookie at a rise in privilege (second factor given, password proved again): the old one is dead
/// from now on. `None`: the session has ended meanwhile.
pub async fn rotate(conn: &mut PgConnection, now: DateTime<Utc>, session_id: SessionId) -> Result<Option<Cookie>, sqlx::Error> {
    let token = random::token();
    let done = sqlx::query!(
        "UPDATE session SET token_hash = $2, state = 'active', proved_at = $3, last_used_at = $3 WHERE id = $1 AND ended_at IS NULL",
        session_id as _,
        random::token_hash(&token),
        now,
    )
    .execute(conn)
    .await?;
    Ok((done.rows_affected() == 1).then(|| Cookie::new(COOKIE, token)))
}

/// Gives a session a new cookie where what it may do changes without a proof (acting for a candidate begins or ends): the old one
/// is dead from now on. `None`: the session has ended meanwhile.
pub async fn renew(conn: &mut PgConnection, session_id: SessionId) -> Result<Option<Cookie>, sqlx::Error> {
    let token = random::token();
    let done =
        sqlx::query!("UPDATE session SET token_hash = $2 WHERE id = $1 AND ended_at IS NULL", session_id as _, random::token_hash(&token));
    Ok((done.execute(conn).await?.rows_affected() == 1).then(|| Cookie::new(COOKIE, token)))
}

/// Ends one session: its cookie is worth nothing from now on.
pub async fn end(conn: &mut PgConnection, now: DateTime<Utc>, session_id: SessionId) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE session SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL", session_id as _, now).execute(conn).await?;
    Ok(())
}

/// Ends all sessions of an account but `keep`.
pub async fn end_others(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    account_id: AccountId,
    keep: Option<SessionId>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE session SET ended_at = $2 WHERE account_id = $1 AND ended_at IS NULL AND id IS DISTINCT FROM $3",
        account_id as _,
        now,
        keep as _
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The person behind a session cookie, if it is alive: not ended, not idle too long, not too old, the account not disabled.
pub async fn load(pool: &PgPool, now: DateTime<Utc>, token: &str) -> Result<Option<Viewer>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT s.id, s.state, s.created_at, s.last_used_at, s.proved_at, a.id AS account_id, a.candidate_id, a.given_name,
                  a.family_name, a.language, a.time_zone, a.country, e.address, e.verified_at IS NOT NULL AS "verified!",
                  has_second_factor(a) AS "has_factor!",
                  ARRAY(SELECT role FROM account_role r WHERE r.account_id = a.id ORDER BY role) AS "roles!", c.id AS "acting?"
           FROM session s
           JOIN account a ON a.id = s.account_id
           JOIN account_email e ON e.account_id = a.id AND e.is_primary
           LEFT JOIN acting c ON c.session_id = s.id AND c.ended_at IS NULL
           WHERE s.token_hash = $1 AND s.ended_at IS NULL AND a.disabled_at IS NULL"#,
        random::token_hash(token)
    )
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let roles: Vec<Role> = row.roles.iter().filter_map(|role| Role::parse(role)).collect();
    let idle = if roles.is_empty() { IDLE_CANDIDATE } else { IDLE_STAFF };
    let awaiting_factor = row.state == "awaiting_factor";
    if now - row.last_used_at > idle || now - row.created_at > ABSOLUTE || awaiting_factor && now - row.created_at > FACTOR {
        return Ok(None);
    }
    // Once a minute is enough for a limit of half an hour, and spares a write on every page.
    if now - row.last_used_at > TimeDelta::minutes(1) {
        sqlx::query!("UPDATE session SET last_used_at = $2 WHERE id = $1", row.id as _, now).execute(pool).await?;
    }
    Ok(Some(Viewer {
        session_id: row.id,
        account_id: row.account_id,
        candidate_id: row.candidate_id,
        given_name: row.given_name,
        family_name: row.family_name,
        email: row.address,
        email_verified: row.verified,
        language: row.language,
        time_zone: row.time_zone,
        country: row.country,
        roles,
        has_factor: row.has_factor,
        awaiting_factor,
        proved_at: row.proved_at,
        acting: row.acting,
    }))
}
