//! Requests to remove lost factors, in the database.

use crate::ids::{AccountId, FactorRecoveryId};
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{PgConnection, PgPool};

type Sql<T> = Result<T, sqlx::Error>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nobody has decided yet.
    Requested,
    /// Identity checked; the factors go when the delay is over.
    Approved,
    Refused,
    /// By a sign-in with a factor, or by the link in a message.
    Stopped,
    /// Nobody decided in time.
    Expired,
    /// The factors are gone.
    Done,
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            State::Requested => "requested",
            State::Approved => "approved",
            State::Refused => "refused",
            State::Stopped => "stopped",
            State::Expired => "expired",
            State::Done => "done",
        }
    }

    fn parse(text: &str) -> Self {
        let known = [State::Requested, State::Approved, State::Refused, State::Stopped, State::Expired];
        // The database allows no other word than these and `done`.
        known.into_iter().find(|state| state.as_str() == text).unwrap_or(State::Done)
    }

    pub fn is_open(self) -> bool {
        matches!(self, State::Requested | State::Approved)
    }
}

#[derive(Debug, Clone)]
pub struct Recovery {
    pub id: FactorRecoveryId,
    pub account_id: AccountId,
    pub reason: String,
    pub state: State,
    pub requested_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub decided_at: Option<DateTime<Utc>>,
    /// How the identity was checked, or why it was refused.
    pub decision: Option<String>,
    pub due_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
}

struct Row {
    id: FactorRecoveryId,
    account_id: AccountId,
    reason: String,
    state: String,
    requested_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    decided_at: Option<DateTime<Utc>>,
    decision: Option<String>,
    due_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
}

impl From<Row> for Recovery {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            account_id: row.account_id,
            reason: row.reason,
            state: State::parse(&row.state),
            requested_at: row.requested_at,
            expires_at: row.expires_at,
            decided_at: row.decided_at,
            decision: row.decision,
            due_at: row.due_at,
            ended_at: row.ended_at,
        }
    }
}

pub async fn insert(
    conn: &mut PgConnection,
    id: FactorRecoveryId,
    account_id: AccountId,
    reason: &str,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Sql<()> {
    sqlx::query!(
        "INSERT INTO factor_recovery (id, account_id, reason, state, requested_at, expires_at) VALUES ($1, $2, $3, 'requested', $4, $5)",
        id as _,
        account_id as _,
        reason,
        now,
        expires_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn recovery(conn: &mut PgConnection, id: FactorRecoveryId) -> Sql<Option<Recovery>> {
    let row = sqlx::query_as!(
        Row,
        "SELECT id, account_id, reason, state, requested_at, expires_at, decided_at, decision, due_at, ended_at FROM factor_recovery WHERE id = $1",
        id as _
    );
    Ok(row.fetch_optional(conn).await?.map(Recovery::from))
}

/// The same, which nobody else changes until the transaction's end.
pub async fn locked(conn: &mut PgConnection, id: FactorRecoveryId) -> Sql<Option<Recovery>> {
    let row = sqlx::query_as!(
        Row,
        "SELECT id, account_id, reason, state, requested_at, expires_at, decided_at, decision, due_at, ended_at FROM factor_recovery
         WHERE id = $1 FOR UPDATE",
        id as _
    );
    Ok(row.fetch_optional(conn).await?.map(Recovery::from))
}

/// The open request of an account, locked.
pub async fn open_of(conn: &mut PgConnection, account_id: AccountId) -> Sql<Option<Recovery>> {
    let row = sqlx::query_as!(
        Row,
        "SELECT id, account_id, reason, state, requested_at, expires_at, decided_at, decision, due_at, ended_at FROM factor_recovery
         WHERE account_id = $1 AND ended_at IS NULL FOR UPDATE",
        account_id as _
    );
    Ok(row.fetch_optional(conn).await?.map(Recovery::from))
}

/// Staff's decision: open until `due_at` where there is one, else over.
pub async fn decide(
    conn: &mut PgConnection,
    id: FactorRecoveryId,
    by: AccountId,
    decision: &str,
    due_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Sql<()> {
    sqlx::query!(
        "UPDATE factor_recovery SET state = CASE WHEN $4::timestamptz IS NULL THEN 'refused' ELSE 'approved' END, decided_at = $5::timestamptz, decided_by = $2,
                decision = $3, due_at = $4, ended_at = CASE WHEN $4::timestamptz IS NULL THEN $5::timestamptz END
         WHERE id = $1",
        id as _,
        by as _,
        decision,
        due_at,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends a request.
pub async fn end(conn: &mut PgConnection, id: FactorRecoveryId, state: State, now: DateTime<Utc>) -> Sql<()> {
    sqlx::query!("UPDATE factor_recovery SET state = $2, ended_at = $3 WHERE id = $1", id as _, state.as_str(), now).execute(conn).await?;
    Ok(())
}

/// Requests whose time has come: to be carried out, or to lapse.
pub async fn due(conn: &mut PgConnection, now: DateTime<Utc>) -> Sql<Vec<FactorRecoveryId>> {
    sqlx::query_scalar!(
        "SELECT id FROM factor_recovery
         WHERE state = 'approved' AND due_at <= $1 OR state = 'requested' AND expires_at <= $1 ORDER BY requested_at LIMIT 200",
        now
    )
    .fetch_all(conn)
    .await
}

/// A line of the staff's queue.
#[derive(Debug, Clone)]
pub struct Line {
    pub id: FactorRecoveryId,
    pub name: String,
    pub candidate_id: Option<String>,
    pub requested_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    /// Approved, and when the factors go.
    pub due_at: Option<DateTime<Utc>>,
}

/// Open requests: undecided ones first, oldest first.
pub async fn queue(conn: &mut PgConnection, now: DateTime<Utc>) -> Sql<Vec<Line>> {
    sqlx::query_as!(
        Line,
        r#"SELECT r.id, a.given_name || ' ' || a.family_name AS "name!", a.candidate_id, r.requested_at, r.expires_at, r.due_at
           FROM factor_recovery r JOIN account a ON a.id = r.account_id
           WHERE r.state = 'approved' OR r.state = 'requested' AND r.expires_at > $1
           ORDER BY (r.state = 'approved'), r.requested_at LIMIT 200"#,
        now
    )
    .fetch_all(conn)
    .await
}

/// Requests that nobody has decided.
pub async fn count_undecided(pool: &PgPool, now: DateTime<Utc>) -> Sql<i64> {
    sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM factor_recovery WHERE state = 'requested' AND expires_at > $1"#, now)
        .fetch_one(pool)
        .await
}

/// What the portal knows of a person that somebody else would not: to compare in a call or on an ID.
#[derive(Debug, Clone)]
pub struct Person {
    pub given_name: String,
    pub family_name: String,
    pub candidate_id: Option<String>,
    pub date_of_birth: Option<NaiveDate>,
    pub country_name_en: String,
    pub country_name_es: String,
    pub registered_at: DateTime<Utc>,
}

pub async fn person(conn: &mut PgConnection, account_id: AccountId) -> Sql<Option<Person>> {
    sqlx::query_as!(
        Person,
        "SELECT a.given_name, a.family_name, a.candidate_id, a.date_of_birth, c.name_en AS country_name_en, c.name_es AS country_name_es,
                a.created_at AS registered_at
         FROM account a JOIN country c ON c.code = a.country WHERE a.id = $1",
        account_id as _
    )
    .fetch_optional(conn)
    .await
}

/// The last bookings of an account: `(reference, exam, start)`.
pub async fn last_bookings(conn: &mut PgConnection, account_id: AccountId) -> Sql<Vec<(String, String, DateTime<Utc>)>> {
    let rows = sqlx::query!(
        "SELECT p.reference, e.code, p.starts_at FROM appointment p JOIN exam e ON e.id = p.exam_id
         WHERE p.account_id = $1 AND p.booked_at IS NOT NULL ORDER BY p.booked_at DESC LIMIT 3",
        account_id as _
    );
    Ok(rows.fetch_all(conn).await?.into_iter().map(|row| (row.reference, row.code, row.starts_at)).collect())
}
