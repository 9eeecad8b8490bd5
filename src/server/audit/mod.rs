//! Who did what, when, from where, with which outcome: one row in the change's own transaction, append-only, chained
//! (security.md lines 76 and 77). Rows hold ids, never a name, an e-mail address, a password, a token or a card number:
//! they outlive the account they tell of. What staff typed about an act stands in a note beside the log ([`note`]), which goes
//! with the account.

mod chain;
mod notes;
mod search;

pub use chain::{Chain, KEYS_FORGOTTEN, seal, verify};
pub use notes::{NOTE, note};
pub use search::{Entry, Filter, find};

use super::database::internal;
use super::http::request::RequestContext;
use super::limits::{Limit, address_key};
use crate::ids::AccountId;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use sqlx::{PgConnection, PgExecutor};

/// Writes that something was done. `action` is `area.verb`, `subject` the id of what it was done to.
pub async fn record(conn: &mut PgConnection, cx: &RequestContext, action: &str, subject: &str, detail: Value) -> Result<(), sqlx::Error> {
    write(conn, cx, by(cx), action, subject, detail, "done").await
}

/// The same for somebody who is about to be signed in.
pub async fn record_as(
    conn: &mut PgConnection,
    cx: &RequestContext,
    actor: AccountId,
    action: &str,
    subject: &str,
    detail: Value,
) -> Result<(), sqlx::Error> {
    write(conn, cx, By { actor: Some(actor), on_behalf_of: None }, action, subject, detail, "done").await
}

/// Who did it, and for whom, where staff act as a candidate (security.md line 42).
struct By {
    actor: Option<AccountId>,
    on_behalf_of: Option<AccountId>,
}

fn by(cx: &RequestContext) -> By {
    let candidate = cx.viewer.as_ref().filter(|_| cx.acting.is_some());
    By { actor: cx.actor().map(|actor| actor.account_id), on_behalf_of: candidate.map(|viewer| viewer.account_id) }
}

/// Writes that something was refused, outside any transaction: the refusal rolls its own back. A log that cannot be written
/// is told in the program's own log and does not turn the refusal into another error.
pub async fn refused(cx: &RequestContext, action: &str, subject: &str, detail: Value) {
    if let Err(error) = write(&cx.state.db, cx, by(cx), action, subject, detail, "refused").await {
        internal(&error);
    }
}

/// Of one person, or of one network address where nobody is signed in: as many at once, then one in three seconds.
const SOME: Limit = Limit::new("audit.refused", 20, TimeDelta::seconds(3));

/// As [`refused`], for what anybody can have refused as often as they like: some of it, so that the log cannot be flooded.
pub async fn refused_sometimes(cx: &RequestContext, action: &str, subject: &str, detail: Value) {
    let who = cx.actor().map_or_else(|| address_key(cx.address), |actor| actor.account_id.to_string());
    // Else enough is known already; a failure of the database is in the program's own log.
    if SOME.spend(&cx.state.db, cx.now(), &format!("{action}:{who}")).await.is_ok() {
        refused(cx, action, subject, detail).await;
    }
}

async fn write(
    db: impl PgExecutor<'_>,
    cx: &RequestContext,
    by: By,
    action: &str,
    subject: &str,
    detail: Value,
    outcome: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO audit_event (at, actor_id, on_behalf_of, action, subject, detail, address, user_agent, outcome)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        cx.now(),
        by.actor as _,
        by.on_behalf_of as _,
        action,
        subject,
        detail,
        cx.address.to_string(),
        // One line, whatever a client calls itself.
        cx.user_agent.chars().filter(|c| !c.is_control()).collect::<String>(),
        outcome,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Writes what the program itself caused: a payment that was settled, a job that ran. `once`: not again for the same action
/// and subject.
pub async fn record_by_program(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    action: &str,
    subject: &str,
    detail: Value,
    once: bool,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO audit_event (at, actor_id, action, subject, detail)
         SELECT $1, NULL, $2, $3, $4
         WHERE NOT ($5 AND EXISTS (SELECT 1 FROM audit_event WHERE action = $2 AND subject = $3))",
        now,
        action,
        subject,
        detail,
        once
    )
    .execute(conn)
    .await?;
    Ok(())
}
