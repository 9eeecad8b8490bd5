//! Reading the audit log.

use crate::ids::AccountId;
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;

/// What to look for. Everything that is given must fit.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub actor: Option<AccountId>,
    /// The id of what it was done to, whole.
    pub subject: Option<String>,
    /// Acts of this person, on their behalf, or done to this account.
    pub about: Option<AccountId>,
    /// The beginning of an action: `account.` or `staff.roles_changed`.
    pub action: Option<String>,
    pub refused_only: bool,
    pub from: Option<DateTime<Utc>>,
    pub until: Option<DateTime<Utc>>,
    /// Events before this one: the next page.
    pub before: Option<i64>,
}

/// One event of the log. The actor's name as it is today, and the note: these are not part of the log.
#[derive(Debug, Clone)]
pub struct Entry {
    pub id: i64,
    pub at: DateTime<Utc>,
    pub actor_id: Option<AccountId>,
    pub actor_name: Option<String>,
    /// The candidate that the actor acted as, and their name as it is today.
    pub on_behalf_of: Option<AccountId>,
    pub on_behalf_of_name: Option<String>,
    pub action: String,
    pub subject: String,
    pub detail: Value,
    /// What staff typed about it, as long as the account it is about exists ([`super::note`]).
    pub note: Option<String>,
    pub address: Option<String>,
    pub user_agent: Option<String>,
    pub outcome: String,
}

impl Entry {
    /// There was a note, and it went with the account.
    pub fn note_erased(&self) -> bool {
        self.note.is_none() && self.detail.get(super::NOTE).is_some()
    }
}

/// Events that fit, newest first.
pub async fn find(conn: &mut PgConnection, filter: &Filter, limit: i64) -> Result<Vec<Entry>, sqlx::Error> {
    sqlx::query_as!(
        Entry,
        r#"SELECT e.id, e.at, e.actor_id, a.given_name || ' ' || a.family_name AS actor_name, e.on_behalf_of,
                  c.given_name || ' ' || c.family_name AS on_behalf_of_name, e.action, e.subject, e.detail,
                  n.note AS "note?", e.address, e.user_agent, e.outcome
           FROM audit_event e LEFT JOIN account a ON a.id = e.actor_id LEFT JOIN account c ON c.id = e.on_behalf_of
           LEFT JOIN staff_note n ON n.id = (e.detail->>'note_id')::uuid
           WHERE ($1::uuid IS NULL OR e.actor_id = $1)
             AND ($2::text IS NULL OR e.subject = $2)
             AND ($3::uuid IS NULL OR e.actor_id = $3 OR e.subject = $3::text OR e.on_behalf_of = $3)
             AND ($4::text IS NULL OR starts_with(e.action, $4))
             AND (NOT $5 OR e.outcome = 'refused')
             AND ($6::timestamptz IS NULL OR e.at >= $6)
             AND ($7::timestamptz IS NULL OR e.at < $7)
             AND ($8::bigint IS NULL OR e.id < $8)
           ORDER BY e.id DESC LIMIT $9"#,
        filter.actor as _,
        filter.subject,
        filter.about as _,
        filter.action,
        filter.refused_only,
        filter.from,
        filter.until,
        filter.before,
        limit,
    )
    .fetch_all(conn)
    .await
}
