//! Requests for approvals, in the database.

pub mod demo;

use super::model::{Act, NewRequest, Request, State};
use crate::ids::{AccountId, ApprovalId, SubjectId};
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;

type Sql<T> = Result<T, sqlx::Error>;

/// Which requests. Everything that is given must fit.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub id: Option<ApprovalId>,
    /// Words of [`super::model::Kind`].
    pub kinds: Option<Vec<String>>,
    pub subjects: Option<Vec<SubjectId>>,
    /// Stored as pending, or not.
    pub pending: Option<bool>,
}

/// Requests that fit: open ones oldest first, then those that have ended, newest first.
pub async fn find(conn: &mut PgConnection, filter: &Filter, limit: i64) -> Sql<Vec<Request>> {
    let rows = sqlx::query!(
        r#"SELECT r.id, r.kind, r.subject_id, r.account_id, p.candidate_id, p.given_name || ' ' || p.family_name AS "candidate_name!",
                  r.payload, r.reason, r.state, r.requested_by, a.given_name || ' ' || a.family_name AS "requested_by_name!",
                  r.requested_at, r.expires_at, r.decided_by, d.given_name || ' ' || d.family_name AS "decided_by_name?", r.decision,
                  r.ended_at
           FROM approval_request r JOIN account p ON p.id = r.account_id JOIN account a ON a.id = r.requested_by
           LEFT JOIN account d ON d.id = r.decided_by
           WHERE ($1::uuid IS NULL OR r.id = $1) AND ($2::text[] IS NULL OR r.kind = ANY($2))
             AND ($3::uuid[] IS NULL OR r.subject_id = ANY($3)) AND ($4::bool IS NULL OR (r.state = 'pending') = $4)
           ORDER BY r.ended_at DESC NULLS FIRST, r.requested_at, r.id LIMIT $5"#,
        filter.id as _,
        filter.kinds.as_deref(),
        filter.subjects.as_deref() as _,
        filter.pending,
        limit
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Request {
                id: row.id,
                act: Act::from_json(&row.kind, row.payload).map_err(sqlx::Error::Decode)?,
                subject_id: row.subject_id,
                account_id: row.account_id,
                candidate_id: row.candidate_id,
                candidate_name: row.candidate_name,
                reason: row.reason,
                stored_state: State::of(&row.state),
                requested_by: row.requested_by,
                requested_by_name: row.requested_by_name,
                requested_at: row.requested_at,
                expires_at: row.expires_at,
                decided_by: row.decided_by,
                decided_by_name: row.decided_by_name,
                decision: row.decision,
                ended_at: row.ended_at,
            })
        })
        .collect()
}

pub async fn request(conn: &mut PgConnection, id: ApprovalId) -> Sql<Option<Request>> {
    Ok(find(conn, &Filter { id: Some(id), ..Filter::default() }, 1).await?.pop())
}

/// The same, locked until the transaction ends: whoever decides next sees what was decided first.
pub async fn locked(conn: &mut PgConnection, id: ApprovalId) -> Sql<Option<Request>> {
    let found = sqlx::query_scalar!("SELECT id FROM approval_request WHERE id = $1 FOR UPDATE", id as _).fetch_optional(&mut *conn).await?;
    match found {
        None => Ok(None),
        Some(id) => request(conn, id).await,
    }
}

pub async fn insert(
    conn: &mut PgConnection,
    new: &NewRequest,
    payload: &Value,
    requested_by: AccountId,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Sql<()> {
    sqlx::query!(
        "INSERT INTO approval_request (id, kind, subject_id, account_id, payload, reason, state, requested_by, requested_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, 'pending', $7, $8, $9)",
        new.id as _,
        new.act.kind().as_str(),
        new.subject_id as _,
        new.account_id as _,
        payload,
        new.reason,
        requested_by as _,
        now,
        expires_at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends a request that is pending; gives the number of rows that changed.
pub async fn end(
    conn: &mut PgConnection,
    id: ApprovalId,
    state: State,
    decided_by: Option<AccountId>,
    decision: Option<&str>,
    now: DateTime<Utc>,
) -> Sql<u64> {
    let done = sqlx::query!(
        "UPDATE approval_request SET state = $2, decided_by = $3, decision = $4, ended_at = $5 WHERE id = $1 AND state = 'pending'",
        id as _,
        state.as_str(),
        decided_by as _,
        decision,
        now
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Requests whose time is over.
pub async fn due(conn: &mut PgConnection, now: DateTime<Utc>) -> Sql<Vec<ApprovalId>> {
    sqlx::query_scalar!("SELECT id FROM approval_request WHERE state = 'pending' AND expires_at <= $1 ORDER BY expires_at", now)
        .fetch_all(conn)
        .await
}

/// Open requests of these kinds that somebody else than `viewer` asked for, about somebody else.
pub async fn count_waiting(conn: &mut PgConnection, kinds: &[String], viewer: AccountId, now: DateTime<Utc>) -> Sql<i64> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM approval_request
           WHERE state = 'pending' AND expires_at > $3 AND kind = ANY($1) AND requested_by <> $2 AND account_id <> $2"#,
        kinds,
        viewer as _,
        now
    )
    .fetch_one(conn)
    .await
}
