//! The chain behind the audit log: every event is sealed by a hash over itself and the seal before it, and by a mac under the
//! server key (security.md line 77). A row that was changed, put in or taken out breaks it.

use crate::ids::AccountId;
use crate::server::AppState;
use crate::server::jobs::JobError;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::BoxFuture;
use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::PgPool;

/// An event as the chain sees it.
#[derive(Debug, Clone)]
struct Event {
    id: i64,
    at: DateTime<Utc>,
    actor_id: Option<AccountId>,
    on_behalf_of: Option<AccountId>,
    action: String,
    subject: String,
    detail: Value,
    address: Option<String>,
    user_agent: Option<String>,
    outcome: String,
}

impl Event {
    /// The hash of this link: everything the event says, each part with its length, behind the hash before it.
    fn hash(&self, previous: &[u8]) -> [u8; 32] {
        let optional = |text: &Option<String>| text.as_ref().map_or_else(|| "-".to_owned(), |text| format!("+{text}"));
        let parts = [
            self.id.to_string(),
            self.at.timestamp_micros().to_string(),
            self.actor_id.map_or_else(|| "-".to_owned(), |id| id.to_string()),
            self.action.clone(),
            self.subject.clone(),
            self.detail.to_string(),
            optional(&self.address),
            optional(&self.user_agent),
            self.outcome.clone(),
        ];
        // A part more where somebody acted for somebody else. What has none is sealed as it was before there was such a part, so
        // that older links still fit; and since every part carries its length, no list of nine reads like one of ten.
        let on_behalf_of = self.on_behalf_of.map(|id| id.to_string());
        let mut digest = Sha256::new();
        digest.update(previous);
        for part in parts.into_iter().chain(on_behalf_of) {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part.as_bytes());
        }
        digest.finalize().into()
    }
}

const CHAIN: &str = "audit chain";
/// Links written in one transaction.
const BATCH: i64 = 500;
/// How far behind the newest sealed event a slower transaction's event may come: ids are given before transactions commit.
const LATECOMERS: i64 = 100_000;
/// How long an event may wait for its link; the worker comes every few seconds.
const WORKER: TimeDelta = TimeDelta::minutes(10);
/// Written when old server keys are thrown away: how many links were whole then.
pub const KEYS_FORGOTTEN: &str = "server.old_keys_forgotten";

/// Chains the events that are not chained yet. Periodic; several instances take turns.
pub fn seal(state: AppState) -> BoxFuture<'static, Result<(), JobError>> {
    Box::pin(async move {
        while seal_batch(&state).await? == BATCH as usize {}
        Ok(())
    })
}

async fn seal_batch(state: &AppState) -> Result<usize, sqlx::Error> {
    let mut tx = state.db.begin().await?;
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtext('certportal.audit'))").execute(&mut *tx).await?;
    let last = sqlx::query!("SELECT seq, event_id, hash FROM audit_seal ORDER BY seq DESC LIMIT 1").fetch_optional(&mut *tx).await?;
    let (mut seq, from, mut hash) = last.map_or((0, 0, vec![]), |last| (last.seq, last.event_id, last.hash));
    let events = sqlx::query_as!(
        Event,
        "SELECT id, at, actor_id, on_behalf_of, action, subject, detail, address, user_agent, outcome FROM audit_event e
         WHERE id > $1 AND NOT EXISTS (SELECT 1 FROM audit_seal s WHERE s.event_id = e.id) ORDER BY id LIMIT $2",
        from - LATECOMERS,
        BATCH,
    )
    .fetch_all(&mut *tx)
    .await?;
    for event in &events {
        seq += 1;
        hash = event.hash(&hash).to_vec();
        sqlx::query!(
            "INSERT INTO audit_seal (seq, event_id, hash, mac, sealed_at) VALUES ($1, $2, $3, $4, $5)",
            seq,
            event.id,
            &hash,
            state.key.mac(CHAIN, &hash),
            state.clock.now(),
        )
        .execute(&mut *tx)
        .await?;
    }
    tx.commit().await?;
    Ok(events.len())
}

/// What the walk along the chain found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// Number of links, and the hash of the last one: note it elsewhere, and a chain cut short shows.
    pub links: i64,
    pub head: String,
    /// The first link that does not fit, and why.
    pub broken: Option<String>,
}

/// Walks the whole chain: every link's hash and mac, the sequence without a gap, and no event left out for longer than [`WORKER`].
pub async fn verify(state: &AppState) -> Result<Chain, sqlx::Error> {
    let mut chain = Chain { links: 0, head: String::new(), broken: None };
    let vouched = vouched_for(state).await?;
    let mut hash: Vec<u8> = vec![];
    loop {
        let links = sqlx::query!(
            r#"SELECT s.seq, s.hash, s.mac, e.id, e.at, e.actor_id, e.on_behalf_of, e.action, e.subject, e.detail, e.address, e.user_agent,
                      e.outcome
               FROM audit_seal s JOIN audit_event e ON e.id = s.event_id WHERE s.seq > $1 ORDER BY s.seq LIMIT 2000"#,
            chain.links
        )
        .fetch_all(&state.db)
        .await?;
        if links.is_empty() {
            break;
        }
        for link in links {
            let event = Event {
                id: link.id,
                at: link.at,
                actor_id: link.actor_id,
                on_behalf_of: link.on_behalf_of,
                action: link.action,
                subject: link.subject,
                detail: link.detail,
                address: link.address,
                user_agent: link.user_agent,
                outcome: link.outcome,
            };
            hash = event.hash(&hash).to_vec();
            let problem = if link.seq != chain.links + 1 {
                Some("a link is missing before it")
            } else if hash != link.hash {
                Some("the event is not what was sealed")
            } else if link.seq > vouched && !state.key.verify_mac(CHAIN, &link.hash, &link.mac) {
                Some("it was not sealed with this portal's key")
            } else {
                None
            };
            if let Some(problem) = problem {
                chain.broken = Some(format!("link {} (event {}): {problem}", link.seq, link.id));
                return Ok(chain);
            }
            chain.links = link.seq;
        }
    }
    chain.head = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let unsealed = unsealed(&state.db, state.clock.now() - WORKER).await?;
    if unsealed > 0 {
        let minutes = WORKER.num_minutes();
        chain.broken = Some(format!("{unsealed} events are older than {minutes} minutes and not in the chain: does the worker run?"));
    }
    Ok(chain)
}

/// Up to which link the macs may be of keys that are gone. An event says so that was sealed by a key that is not: its own seal covers every
/// hash before it, so that nothing there can be changed without it.
async fn vouched_for(state: &AppState) -> Result<i64, sqlx::Error> {
    let events = sqlx::query!(
        "SELECT s.seq, s.hash, s.mac, e.detail FROM audit_event e JOIN audit_seal s ON s.event_id = e.id
         WHERE e.action = $1 AND e.actor_id IS NULL ORDER BY s.seq DESC LIMIT 100",
        KEYS_FORGOTTEN
    )
    .fetch_all(&state.db)
    .await?;
    let newest = events.into_iter().find(|event| state.key.verify_mac(CHAIN, &event.hash, &event.mac));
    Ok(newest.map_or(0, |event| event.detail["links"].as_i64().unwrap_or(0).min(event.seq - 1)))
}

/// Events from before a moment that have no link: the worker does not run, or it passes over them. One that was put in by hand is
/// sealed like any other; then the moment of its seal, which is far behind its own, is all that tells of it.
async fn unsealed(db: &PgPool, before: DateTime<Utc>) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM audit_event e
           WHERE e.at < $1 AND NOT EXISTS (SELECT 1 FROM audit_seal s WHERE s.event_id = e.id)"#,
        before
    )
    .fetch_one(db)
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    /// Links that were written before an event could say on whose behalf, by the formula of then: nine parts, each with its length.
    #[test]
    fn security_42_77_events_without_anybody_behind_them_are_sealed_as_ever() {
        let event = Event {
            id: 7,
            at: DateTime::UNIX_EPOCH + TimeDelta::seconds(1),
            actor_id: Some(AccountId::from_u128(1)),
            on_behalf_of: None,
            action: "account.login".into(),
            subject: "x".into(),
            detail: serde_json::json!({ "by": "password" }),
            address: Some("127.0.0.1".into()),
            user_agent: None,
            outcome: "done".into(),
        };
        let mut old = Sha256::new();
        old.update(b"before");
        let actor = AccountId::from_u128(1).to_string();
        for part in ["7", "1000000", &actor, "account.login", "x", "{\"by\":\"password\"}", "+127.0.0.1", "-", "done"] {
            old.update((part.len() as u64).to_be_bytes());
            old.update(part.as_bytes());
        }
        assert_eq!(event.hash(b"before"), <[u8; 32]>::from(old.finalize()));
        let acted = Event { on_behalf_of: Some(AccountId::from_u128(2)), ..event.clone() };
        let for_another = Event { on_behalf_of: Some(AccountId::from_u128(3)), ..event.clone() };
        assert_ne!(acted.hash(b"before"), event.hash(b"before"));
        assert_ne!(acted.hash(b"before"), for_another.hash(b"before"));
    }
}
