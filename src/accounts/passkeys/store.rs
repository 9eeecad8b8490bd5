//! Passkeys and their ceremonies in the database.

use crate::ids::{AccountId, CeremonyId, PasskeyId, SessionId};
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{PgConnection, PgExecutor};

type Sql<T> = Result<T, sqlx::Error>;

/// A passkey as its owner sees it.
#[derive(Debug, Clone)]
pub struct Listed {
    pub id: PasskeyId,
    pub name: String,
    pub created_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
}

/// An account's passkeys, the oldest first.
pub async fn list(conn: &mut PgConnection, account_id: AccountId) -> Sql<Vec<Listed>> {
    sqlx::query_as!(
        Listed,
        "SELECT id, name, created_at, last_used_at FROM passkey WHERE account_id = $1 ORDER BY created_at, id",
        account_id as _
    )
    .fetch_all(conn)
    .await
}

/// Their ids as the devices know them.
pub async fn credential_ids(conn: &mut PgConnection, account_id: AccountId) -> Sql<Vec<Vec<u8>>> {
    sqlx::query_scalar!("SELECT credential_id FROM passkey WHERE account_id = $1 ORDER BY created_at, id", account_id as _)
        .fetch_all(conn)
        .await
}

pub async fn insert(
    conn: &mut PgConnection,
    id: PasskeyId,
    account_id: AccountId,
    credential_id: &[u8],
    name: &str,
    passkey: &Value,
    now: DateTime<Utc>,
) -> Sql<()> {
    sqlx::query!(
        "INSERT INTO passkey (id, account_id, credential_id, name, passkey, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        id as _,
        account_id as _,
        credential_id,
        name,
        passkey,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Whose passkey this is.
pub async fn owner(conn: &mut PgConnection, credential_id: &[u8]) -> Sql<Option<AccountId>> {
    sqlx::query_scalar!("SELECT account_id FROM passkey WHERE credential_id = $1", credential_id).fetch_optional(conn).await
}

/// Id and key of a passkey. Its account is locked: two answers must not both be compared with the same counter.
pub async fn key(conn: &mut PgConnection, account_id: AccountId, credential_id: &[u8]) -> Sql<Option<(PasskeyId, Value)>> {
    let row = sqlx::query!("SELECT id, passkey FROM passkey WHERE account_id = $1 AND credential_id = $2", account_id as _, credential_id)
        .fetch_optional(conn)
        .await?;
    Ok(row.map(|row| (row.id, row.passkey)))
}

/// Notes that a passkey was used, with its new counter and flags.
pub async fn used(conn: &mut PgConnection, id: PasskeyId, passkey: &Value, now: DateTime<Utc>) -> Sql<()> {
    sqlx::query!("UPDATE passkey SET passkey = $2, last_used_at = $3 WHERE id = $1", id as _, passkey, now).execute(conn).await?;
    Ok(())
}

/// `false`: the account has none of that id.
pub async fn rename(conn: &mut PgConnection, account_id: AccountId, id: PasskeyId, name: &str) -> Sql<bool> {
    let done = sqlx::query!("UPDATE passkey SET name = $3 WHERE id = $1 AND account_id = $2", id as _, account_id as _, name)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// `false`: the account has none of that id.
pub async fn delete(conn: &mut PgConnection, account_id: AccountId, id: PasskeyId) -> Sql<bool> {
    let done = sqlx::query!("DELETE FROM passkey WHERE id = $1 AND account_id = $2", id as _, account_id as _).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}

// Ceremonies

/// What a ceremony is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Register,
    /// Signing in with the passkey alone.
    Login,
    SecondFactor,
    /// A fresh proof by somebody signed in.
    Confirm,
    /// The second factor of the account that somebody signed in merges into theirs.
    Merge,
}

impl Kind {
    const ALL: [Kind; 5] = [Kind::Register, Kind::Login, Kind::SecondFactor, Kind::Confirm, Kind::Merge];

    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Register => "register",
            Kind::Login => "login",
            Kind::SecondFactor => "second_factor",
            Kind::Confirm => "confirm",
            Kind::Merge => "merge",
        }
    }

    pub fn parse(text: &str) -> Option<Kind> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Whose ceremony it is: nobody else can end it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bound {
    Session(SessionId),
    /// Nobody is signed in: the hash of the browser's cookie.
    Browser(Vec<u8>),
}

pub async fn insert_ceremony(
    db: impl PgExecutor<'_>,
    id: CeremonyId,
    kind: Kind,
    bound: &Bound,
    state: &Value,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Sql<()> {
    let (session_id, browser_hash) = match bound {
        Bound::Session(session_id) => (Some(*session_id), None),
        Bound::Browser(hash) => (None, Some(hash.as_slice())),
    };
    sqlx::query!(
        "INSERT INTO passkey_ceremony (id, kind, session_id, browser_hash, state, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        id as _,
        kind.as_str(),
        session_id as _,
        browser_hash,
        state,
        now,
        expires_at
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Uses a ceremony up and gives what the library kept. `None`: used before, over, of another kind, or somebody else's.
pub async fn take_ceremony(
    db: impl PgExecutor<'_>,
    id: CeremonyId,
    session_id: Option<SessionId>,
    browser_hash: Option<&[u8]>,
    register: bool,
    now: DateTime<Utc>,
) -> Sql<Option<(Kind, Value)>> {
    let row = sqlx::query!(
        "UPDATE passkey_ceremony SET used_at = $5
         WHERE id = $1 AND (session_id = $2 OR browser_hash = $3) AND (kind = 'register') = $4 AND used_at IS NULL AND expires_at > $5
         RETURNING kind, state",
        id as _,
        session_id as _,
        browser_hash,
        register,
        now
    )
    .fetch_optional(db)
    .await?;
    Ok(row.and_then(|row| Some((Kind::parse(&row.kind)?, row.state))))
}

/// Deletes ceremonies whose time is over.
pub async fn forget_old(conn: &mut PgConnection, now: DateTime<Utc>) -> Sql<()> {
    sqlx::query!("DELETE FROM passkey_ceremony WHERE expires_at < $1", now).execute(conn).await?;
    Ok(())
}
