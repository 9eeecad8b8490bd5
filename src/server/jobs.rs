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

/// How long a worker may be silent before another one takes its job.
const LEASE: TimeDelta = TimeDelta::seconds(120);
const MAX_ATTEMPTS: i32 = 20;

/// What went wrong, for the log and the staff's list of failed jobs; the job is tried again.
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

/// Enqueues a job to run at `run_at`.
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
         SELECT pg_notify('job', id::text) FROM added",
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
    let now = state.clock.now();
    // The lease is the retry time: a worker that dies leaves a job that becomes due again by itself.
    let job = sqlx::query!(
        "UPDATE job SET attempts = attempts + 1, run_at = $2
         WHERE id = (SELECT id FROM job WHERE finished_at IS NULL AND failed_at IS NULL AND run_at <= $1
                     ORDER BY run_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
         RETURNING id, kind, payload, attempts",
        now,
        now + LEASE,
    )
    .fetch_optional(&state.db)
    .await?;
    let Some(job) = job else { return Ok(false) };
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
            let gives_up = job.attempts >= MAX_ATTEMPTS;
            tracing::warn!(job.id, job.kind = %job.kind, job.attempts, error.cause = %cause, "a job failed");
            let wait = TimeDelta::seconds(5 * (1i64 << job.attempts.min(10)));
            sqlx::query!(
                "UPDATE job SET last_error = $2, run_at = $3, failed_at = $4 WHERE id = $1",
                job.id,
                cause,
                now + wait,
                gives_up.then_some(now),
            )
            .execute(&state.db)
            .await?;
        }
    }
    Ok(true)
}

/// Works until `stop` says so. Woken by NOTIFY; looks by itself every few seconds for jobs that became due.
pub async fn work(state: AppState, registry: Registry, mut stop: watch::Receiver<bool>) {
    let mut listener: Option<PgListener> = None;
    loop {
        if *stop.borrow() {
            return;
        }
        if let Err(error) = run_due(&state, &registry).await {
            tracing::warn!(error.cause = %error, "the worker cannot reach the database; it tries again");
            listener = None;
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
            _ = stop.changed() => {}
            result = woken => if result.is_err() { listener = None },
            () = tokio::time::sleep(Duration::from_secs(2)) => {}
        }
    }
}

async fn listen(state: &AppState) -> Result<PgListener, sqlx::Error> {
    let mut listener = PgListener::connect_with(&state.db).await?;
    listener.listen("job").await?;
    Ok(listener)
}
