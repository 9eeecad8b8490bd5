//! The outbox and its worker. A job is enqueued in the transaction of the change it follows; any process with a
//! worker takes it, at least once. Handlers are idempotent.

use super::state::AppState;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::Serialize;
use serde_json::Value;
use sqlx::PgConnection;
use sqlx::postgres::PgListener;
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

/// How long a worker may be silent before another one takes its job.
const LEASE: TimeDelta = TimeDelta::seconds(120);
/// A job is tried until it is done, because what it does is owed: at most this long after it failed.
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(1);
/// Jobs that one worker has in hand, and how many of them of one kind: a mail server that hangs keeps mails waiting, not refunds.
const AT_ONCE: usize = 8;
const AT_ONCE_OF_A_KIND: usize = 2;

/// What went wrong, for the log and `certportal jobs`; the job is tried again.
#[derive(Debug)]
pub struct JobError(pub String);

impl<E: std::fmt::Display> From<E> for JobError {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

pub type Handler = fn(AppState, Value) -> BoxFuture<'static, Result<(), JobError>>;

/// Something that is done again and again, e.g. looking for what has come to its end.
pub type Periodic = fn(AppState) -> BoxFuture<'static, Result<(), JobError>>;

/// Which handler runs which kind of job, and what is done periodically. Filled by the capabilities, in `app.rs`.
#[derive(Clone, Default)]
pub struct Registry {
    handlers: HashMap<&'static str, Handler>,
    periodic: Vec<(&'static str, TimeDelta, Periodic)>,
}

impl Registry {
    pub fn on(mut self, kind: &'static str, handler: Handler) -> Self {
        let previous = self.handlers.insert(kind, handler);
        assert!(previous.is_none(), "two handlers for the job kind {kind}");
        self
    }

    /// Runs `task` once in every span of time, by whichever instance comes first. Must be idempotent.
    pub fn every(mut self, span: TimeDelta, name: &'static str, task: Periodic) -> Self {
        assert!(self.periodic.iter().all(|(known, ..)| *known != name), "two periodic tasks named {name}");
        self.periodic.push((name, span, task));
        self
    }
}

/// Enqueues a job to run as soon as the transaction commits. With a `dedup_key` that was used before, nothing happens.
pub async fn enqueue(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    kind: &str,
    payload: impl Serialize,
    dedup_key: Option<&str>,
) -> Result<(), sqlx::Error> {
    enqueue_at(conn, now, now, kind, payload, dedup_key).await
}

/// Enqueues a job to run at `run_at`. Workers are told of what is due at once only: for the rest they look by themselves, and every
/// transaction that tells them something waits for the others that do.
pub async fn enqueue_at(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    run_at: DateTime<Utc>,
    kind: &str,
    payload: impl Serialize,
    dedup_key: Option<&str>,
) -> Result<(), sqlx::Error> {
    let payload = serde_json::to_value(payload).map_err(|error| sqlx::Error::Encode(error.into()))?;
    sqlx::query!(
        "WITH added AS (
             INSERT INTO job (kind, payload, dedup_key, run_at, created_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (dedup_key) DO NOTHING RETURNING id)
         SELECT pg_notify('job', id::text) FROM added WHERE $4::timestamptz <= $5",
        kind,
        payload,
        dedup_key,
        run_at,
        now,
    )
    .fetch_all(conn)
    .await?;
    Ok(())
}

/// Runs what is due until nothing is; gives the number of jobs taken. Tests call this instead of waiting.
pub async fn run_due(state: &AppState, registry: &Registry) -> Result<usize, sqlx::Error> {
    run_periodic(state, registry).await?;
    let mut taken = 0;
    while run_one(state, registry).await? {
        taken += 1;
    }
    Ok(taken)
}

async fn run_periodic(state: &AppState, registry: &Registry) -> Result<(), sqlx::Error> {
    let now = state.clock.now();
    let ran = sqlx::query!("SELECT name, ran_at FROM periodic_run").fetch_all(&state.db).await?;
    let is_due = |name: &str, span: TimeDelta| ran.iter().find(|run| run.name == name).is_none_or(|run| run.ran_at <= now - span);
    for (name, span, task) in registry.periodic.iter().filter(|(name, span, _)| is_due(name, *span)) {
        // Whoever writes the row has the turn.
        let turn = sqlx::query!(
            "INSERT INTO periodic_run AS p (name, ran_at) VALUES ($1, $2)
             ON CONFLICT (name) DO UPDATE SET ran_at = $2 WHERE p.ran_at <= $3",
            *name,
            now,
            now - *span,
        )
        .execute(&state.db)
        .await?;
        if turn.rows_affected() == 1 {
            let outcome = AssertUnwindSafe(task(state.clone())).catch_unwind().await;
            if let Err(JobError(cause)) = outcome.unwrap_or_else(|_| Err(JobError("it panicked".into()))) {
                tracing::warn!(task.name = name, error.cause = %cause, "a periodic task failed; it comes again");
            }
        }
    }
    Ok(())
}

async fn run_one(state: &AppState, registry: &Registry) -> Result<bool, sqlx::Error> {
    let Some(job) = take(state, &[]).await? else { return Ok(false) };
    run(state, registry, job).await?;
    Ok(true)
}

struct Job {
    id: i64,
    kind: String,
    payload: Value,
    attempts: i32,
}

/// Takes the job that has been due longest, of a kind that is not `busy`. The lease is the retry time: a worker that dies leaves a job
/// that becomes due again by itself.
async fn take(state: &AppState, busy: &[String]) -> Result<Option<Job>, sqlx::Error> {
    let now = state.clock.now();
    sqlx::query_as!(
        Job,
        "UPDATE job SET attempts = attempts + 1, run_at = $2
         WHERE id = (SELECT id FROM job WHERE finished_at IS NULL AND run_at <= $1 AND kind <> ALL($3)
                     ORDER BY run_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
         RETURNING id, kind, payload, attempts",
        now,
        now + LEASE,
        busy,
    )
    .fetch_optional(&state.db)
    .await
}

async fn run(state: &AppState, registry: &Registry, job: Job) -> Result<(), sqlx::Error> {
    let outcome = match registry.handlers.get(job.kind.as_str()) {
        None => Err(JobError(format!("no handler for the job kind {}", job.kind))),
        Some(handler) => AssertUnwindSafe(handler(state.clone(), job.payload))
            .catch_unwind()
            .await
            .unwrap_or_else(|_| Err(JobError("the handler panicked".into()))),
    };
    let now = state.clock.now();
    match outcome {
        Ok(()) => {
            sqlx::query!("UPDATE job SET finished_at = $2, last_error = NULL WHERE id = $1", job.id, now).execute(&state.db).await?;
        }
        Err(JobError(cause)) => {
            tracing::warn!(job.id, job.kind = %job.kind, job.attempts, error.cause = %cause, "a job failed; it is tried again");
            // Whoever has taken it meanwhile, because the lease was over, says when it comes again.
            sqlx::query!(
                "UPDATE job SET last_error = $2, run_at = $3 WHERE id = $1 AND attempts = $4 AND finished_at IS NULL",
                job.id,
                cause,
                now + wait_after(job.attempts),
                job.attempts,
            )
            .execute(&state.db)
            .await?;
        }
    }
    Ok(())
}

/// How long after the failure of its n-th attempt a job is tried again.
fn wait_after(attempts: i32) -> TimeDelta {
    TimeDelta::seconds(5 * (1i64 << attempts.clamp(0, 10))).min(LONGEST_WAIT)
}

/// Works until `stop` says so, and ends what is in hand. Woken by NOTIFY; looks by itself every few seconds for jobs that became due.
pub async fn work(state: AppState, registry: Registry, mut stop: watch::Receiver<bool>) {
    let mut listener: Option<PgListener> = None;
    let mut in_hand: JoinSet<()> = JoinSet::new();
    let mut kinds: HashMap<tokio::task::Id, String> = HashMap::new();
    let mut periodic: JoinSet<()> = JoinSet::new();
    let mut look = tokio::time::interval(Duration::from_secs(2));
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !*stop.borrow() {
        let filled = fill(&state, &registry, &mut in_hand, &mut kinds).await;
        if let Err(error) = filled {
            tracing::warn!(error.cause = %error, "the worker cannot reach the database; it tries again");
            listener = None;
            // Not at once: an interval's first tick is.
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        if listener.is_none() {
            listener = listen(&state).await.ok();
        }
        let woken = async {
            match &mut listener {
                Some(listener) => listener.recv().await.map(|_| ()),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            changed = stop.changed() => if changed.is_err() { break },
            result = woken => {
                // One look serves all that has been told of meanwhile.
                let more = listener.as_mut().and_then(|listener| {
                    std::iter::from_fn(|| listener.recv().now_or_never()).find(Result::is_err)
                });
                if result.is_err() || more.is_some() { listener = None }
            }
            Some(done) = in_hand.join_next_with_id(), if !in_hand.is_empty() => {
                kinds.remove(&done.map_or_else(|error| error.id(), |(id, ())| id));
            }
            Some(_) = periodic.join_next(), if !periodic.is_empty() => {}
            _ = look.tick() => if periodic.is_empty() {
                let (state, registry) = (state.clone(), registry.clone());
                periodic.spawn(async move {
                    if let Err(error) = run_periodic(&state, &registry).await {
                        tracing::warn!(error.cause = %error, "what is done periodically could not be looked at");
                    }
                });
            },
        }
    }
    while in_hand.join_next().await.is_some() {}
    while periodic.join_next().await.is_some() {}
}

/// Takes what is due until the worker has its hands full.
async fn fill(
    state: &AppState,
    registry: &Registry,
    in_hand: &mut JoinSet<()>,
    kinds: &mut HashMap<tokio::task::Id, String>,
) -> Result<(), sqlx::Error> {
    while in_hand.len() < AT_ONCE {
        let of_kind = |kind: &String| kinds.values().filter(|other| *other == kind).count();
        let busy: Vec<String> = kinds.values().filter(|kind| of_kind(kind) >= AT_ONCE_OF_A_KIND).cloned().collect();
        let Some(job) = take(state, &busy).await? else { break };
        let kind = job.kind.clone();
        let (state, registry) = (state.clone(), registry.clone());
        let task = in_hand.spawn(async move {
            if let Err(error) = run(&state, &registry, job).await {
                tracing::warn!(error.cause = %error, "what became of a job could not be written; it is done again");
            }
        });
        kinds.insert(task.id(), kind);
    }
    Ok(())
}

async fn listen(state: &AppState) -> Result<PgListener, sqlx::Error> {
    let mut listener = PgListener::connect_with(&state.db).await?;
    listener.listen("job").await?;
    Ok(listener)
}

/// Jobs that should be done and are not, as [`waiting`] finds them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub kind: String,
    pub count: i64,
    pub attempts: i32,
    /// When the oldest of them was enqueued.
    pub since: DateTime<Utc>,
    /// The last error of one of them, without what might tell of a person.
    pub last_error: Option<String>,
}

/// Attempts after which a job is told of: a quarter of an hour or so.
const TOLD_AFTER: i32 = 7;
/// So long after it was due a job that nobody took is told of: no worker runs, or it cannot keep up.
const OVERDUE: TimeDelta = TimeDelta::minutes(15);

/// What has failed again and again or lies there untouched, by kind.
pub async fn waiting(state: &AppState) -> Result<Vec<Waiting>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT kind, count(*) AS "count!", max(attempts) AS "attempts!", min(created_at) AS "since!",
                  (array_agg(last_error ORDER BY attempts DESC, id) FILTER (WHERE last_error IS NOT NULL))[1] AS last_error
           FROM job WHERE finished_at IS NULL AND (attempts >= $1 OR run_at < $2) GROUP BY kind ORDER BY kind"#,
        TOLD_AFTER,
        state.clock.now() - OVERDUE,
    )
    .fetch_all(&state.db)
    .await?;
    let rows = rows.into_iter().map(|row| Waiting {
        kind: row.kind,
        count: row.count,
        attempts: row.attempts,
        since: row.since,
        last_error: row.last_error.as_deref().map(impersonal),
    });
    Ok(rows.collect())
}

/// One unfinished job that has failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    pub id: i64,
    pub kind: String,
    pub attempts: i32,
    pub run_at: DateTime<Utc>,
    pub last_error: String,
}

/// Every job that has failed and is not done, the oldest first.
pub async fn failed(state: &AppState) -> Result<Vec<Failed>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT id, kind, attempts, run_at, last_error AS "last_error!" FROM job
           WHERE finished_at IS NULL AND last_error IS NOT NULL ORDER BY id"#
    )
    .fetch_all(&state.db)
    .await?;
    let rows = rows.into_iter().map(|row| Failed {
        id: row.id,
        kind: row.kind,
        attempts: row.attempts,
        run_at: row.run_at,
        last_error: impersonal(&row.last_error),
    });
    Ok(rows.collect())
}

/// Makes failed jobs due now: one, or all of them. Gives their number.
pub async fn retry(state: &AppState, id: Option<i64>) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        "WITH due AS (
             UPDATE job SET run_at = $2
             WHERE finished_at IS NULL AND last_error IS NOT NULL AND run_at > $2 AND ($1::bigint IS NULL OR id = $1) RETURNING id)
         SELECT pg_notify('job', id::text) FROM due",
        id,
        state.clock.now(),
    )
    .fetch_all(&state.db)
    .await?;
    Ok(done.len() as u64)
}

/// Ends a job that can never be done. Its last error stays. False: there is no such job.
pub async fn drop_failed(state: &AppState, id: i64) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "UPDATE job SET finished_at = $2 WHERE id = $1 AND finished_at IS NULL AND last_error IS NOT NULL",
        id,
        state.clock.now()
    )
    .execute(&state.db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// An error without mail addresses and numbers of any length: servers like to repeat whom a message was for.
fn impersonal(error: &str) -> String {
    let word = |word: &str| {
        if word.contains('@') {
            "(address)".to_owned()
        } else if word.bytes().filter(u8::is_ascii_digit).count() >= 6 {
            "(number)".to_owned()
        } else {
            word.to_owned()
        }
    };
    error.split_whitespace().map(word).collect::<Vec<_>>().join(" ").chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_tried_again_later_and_later_but_at_least_every_hour() {
        let waits: Vec<i64> = (1..=12).map(|attempts| wait_after(attempts).num_seconds()).collect();
        assert_eq!(waits[..4], [10, 20, 40, 80]);
        assert!(waits.is_sorted() && waits[11] == 3600, "{waits:?}");
        assert_eq!(wait_after(i32::MAX), LONGEST_WAIT);
    }

    #[test]
    fn an_error_is_told_without_people() {
        let told = impersonal("permanent error (550): 5.1.1 <ana.prueba@example.com>: Recipient +4930123456789 unknown");
        assert_eq!(told, "permanent error (550): 5.1.1 (address) Recipient (number) unknown");
    }
}
