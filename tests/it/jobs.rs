//! The queue: what is enqueued is done, by one worker, whatever happens to workers, handlers and the mail server.

use crate::support::Portal;
use crate::support::smtp::{Part, SmtpServer};
use certportal::error::AppError;
use certportal::server::config::Secret;
use certportal::server::database::{DbError, retrying};
use certportal::server::jobs::{self, JobError, Registry};
use certportal::server::mail::{self, Attachment, Block, Mail, Recipient};
use certportal::server::{AppState, check, random};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgConnection;
use sqlx::postgres::PgListener;
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use uuid::Uuid;

/// How often the handlers here were called with a payload.
static CALLS: LazyLock<Mutex<HashMap<Uuid, usize>>> = LazyLock::new(Mutex::default);

#[derive(Serialize, Deserialize)]
struct Work {
    id: Uuid,
    /// Calls that fail before one succeeds.
    fails: usize,
}

fn calls(id: Uuid) -> usize {
    CALLS.lock().unwrap().get(&id).copied().unwrap_or(0)
}

fn called(payload: Value) -> (Work, usize) {
    let work: Work = serde_json::from_value(payload).unwrap();
    let mut calls = CALLS.lock().unwrap();
    let call = calls.entry(work.id).or_default();
    *call += 1;
    (work, *call)
}

fn count(_: AppState, payload: Value) -> BoxFuture<'static, Result<(), JobError>> {
    Box::pin(async move {
        let (work, call) = called(payload);
        // The other worker gets its chance to take the same job.
        tokio::task::yield_now().await;
        if call > work.fails { Ok(()) } else { Err(JobError(format!("no luck for ana@example.com, call {call}"))) }
    })
}

fn panic_once(_: AppState, payload: Value) -> BoxFuture<'static, Result<(), JobError>> {
    Box::pin(async move {
        let (_, call) = called(payload);
        assert!(call > 1, "the first time it panics");
        Ok(())
    })
}

/// As long as its worker lives, the first call does not end.
fn hang_once(_: AppState, payload: Value) -> BoxFuture<'static, Result<(), JobError>> {
    Box::pin(async move {
        if called(payload).1 == 1 {
            std::future::pending::<()>().await;
        }
        Ok(())
    })
}

fn registry() -> Registry {
    Registry::default().on("test.count", count).on("test.panic", panic_once).on("test.hang", hang_once)
}

async fn enqueue(portal: &Portal, kind: &str, fails: usize) -> Uuid {
    let id = random::id();
    let mut tx = portal.db().begin().await.unwrap();
    jobs::enqueue(&mut tx, portal.clock.now(), kind, Work { id, fails }, None).await.unwrap();
    tx.commit().await.unwrap();
    id
}

#[derive(Debug, sqlx::FromRow)]
struct Row {
    attempts: i32,
    run_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
    last_error: Option<String>,
}

async fn row(portal: &Portal, id: Uuid) -> Row {
    sqlx::query_as("SELECT attempts, run_at, finished_at, last_error FROM job WHERE payload ->> 'id' = $1")
        .bind(id.to_string())
        .fetch_one(portal.db())
        .await
        .unwrap()
}

/// Who mails are from.
async fn programme(portal: &Portal) {
    sqlx::query(
        "INSERT INTO programme (name, short_name, accent, accent_dark, sender_name, sender_address, support_email, signatory_name,
                                signatory_title, currency, agreement_version, agreement_text)
         VALUES ('Nordlicht', 'Nordlicht', '#0b5d6b', '#5cc8d7', 'Prüfstelle Nordlicht', 'exams@nordlicht.example', 'help@nordlicht.example',
                 'A', 'B', 'EUR', '1', '{}')",
    )
    .execute(portal.db())
    .await
    .unwrap();
    portal.state.programme.refresh(portal.db()).await.unwrap();
}

/// Waits for what another task does. The deadline is only reached when the test fails.
async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !condition().await {
        assert!(Instant::now() < deadline, "in vain waited until {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_is_woken_when_work_comes() {
    let portal = Portal::new().await;
    let (stop, stopped) = watch::channel(false);
    let worker = tokio::spawn(jobs::work(portal.state.clone(), registry(), stopped));
    let first = enqueue(&portal, "test.count", 0).await;
    until("the worker works", async || row(&portal, first).await.finished_at.is_some()).await;
    let begun = Instant::now();
    // Each is enqueued when the one before is done. By looking every two seconds alone, five would take ten.
    for _ in 0..5 {
        let id = enqueue(&portal, "test.count", 0).await;
        until("the job is done", async || row(&portal, id).await.finished_at.is_some()).await;
    }
    assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
    stop.send(true).unwrap();
    worker.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_workers_never_do_a_job_twice() {
    let portal = Portal::new().await;
    let mut all = vec![];
    for _ in 0..60 {
        all.push(enqueue(&portal, "test.count", 0).await);
    }
    let one = |state: AppState| tokio::spawn(async move { jobs::run_due(&state, &registry()).await.unwrap() });
    let (first, second) = (one(portal.state.clone()), one(portal.state.clone()));
    let (first, second) = (first.await.unwrap(), second.await.unwrap());
    assert_eq!(first + second, 60);
    assert!(first > 0 && second > 0, "both worked: {first} and {second}");
    assert!(all.iter().all(|id| calls(*id) == 1));

    // Taken without a lock, the same job goes to both.
    enqueue(&portal, "test.count", 0).await;
    let pick = async |tx: &mut PgConnection, lock: &str| -> Option<i64> {
        let sql = format!("SELECT id FROM job WHERE finished_at IS NULL ORDER BY run_at, id LIMIT 1 {lock}");
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_optional(tx).await.unwrap()
    };
    let (mut a, mut b) = (portal.db().begin().await.unwrap(), portal.db().begin().await.unwrap());
    let plain = pick(&mut a, "").await;
    assert!(plain.is_some() && plain == pick(&mut b, "").await);
    assert!(pick(&mut a, "FOR UPDATE SKIP LOCKED").await.is_some());
    assert_eq!(pick(&mut b, "FOR UPDATE SKIP LOCKED").await, None);
}

#[tokio::test]
async fn the_job_of_a_worker_that_died_is_taken_by_another_when_its_lease_is_over() {
    let portal = Portal::new().await;
    let id = enqueue(&portal, "test.hang", 0).await;
    let state = portal.state.clone();
    let dies = tokio::spawn(async move { jobs::run_due(&state, &registry()).await });
    until("it is taken", async || calls(id) == 1).await;
    dies.abort();
    assert!(dies.await.unwrap_err().is_cancelled());

    assert_eq!(jobs::run_due(&portal.state, &registry()).await.unwrap(), 0);
    portal.later(TimeDelta::seconds(119));
    assert_eq!(jobs::run_due(&portal.state, &registry()).await.unwrap(), 0);
    portal.later(TimeDelta::seconds(1));
    assert_eq!(jobs::run_due(&portal.state, &registry()).await.unwrap(), 1);
    let row = row(&portal, id).await;
    assert_eq!((calls(id), row.attempts, row.finished_at), (2, 2, Some(portal.clock.now())));
}

#[tokio::test]
async fn a_job_is_tried_later_and_later_and_never_given_up() {
    let portal = Portal::new().await;
    let id = enqueue(&portal, "test.count", 60).await;
    let mut waits = vec![];
    for attempt in 1..=60 {
        assert_eq!(jobs::run_due(&portal.state, &registry()).await.unwrap(), 1, "attempt {attempt}");
        let row = row(&portal, id).await;
        assert_eq!((row.attempts, row.finished_at), (attempt, None));
        assert!(row.last_error.unwrap().contains("no luck"));
        waits.push((row.run_at - portal.clock.now()).num_seconds());
        // Not a second before.
        portal.later(row.run_at - portal.clock.now() - TimeDelta::seconds(1));
        assert_eq!(jobs::run_due(&portal.state, &registry()).await.unwrap(), 0);
        portal.later(TimeDelta::seconds(1));
    }
    assert_eq!(waits[..3], [10, 20, 40]);
    assert!(waits.is_sorted() && waits[59] == 3600, "{waits:?}");
    assert_eq!(jobs::run_due(&portal.state, &registry()).await.unwrap(), 1);
    let row = row(&portal, id).await;
    assert!(row.finished_at.is_some() && row.last_error.is_none(), "{row:?}");
}

#[tokio::test]
async fn a_job_that_panics_stops_nobody_and_comes_again() {
    let portal = Portal::new().await;
    let panics = enqueue(&portal, "test.panic", 0).await;
    let unknown = enqueue(&portal, "test.nobody_knows", 0).await;
    let fine = enqueue(&portal, "test.count", 0).await;
    assert_eq!(jobs::run_due(&portal.state, &registry()).await.unwrap(), 3);
    assert_eq!(row(&portal, panics).await.last_error.as_deref(), Some("the handler panicked"));
    assert!(row(&portal, unknown).await.last_error.unwrap().contains("no handler"));
    assert!(row(&portal, fine).await.finished_at.is_some());
    portal.later(TimeDelta::seconds(10));
    jobs::run_due(&portal.state, &registry()).await.unwrap();
    assert!(row(&portal, panics).await.finished_at.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_of_one_kind_that_hang_do_not_keep_the_others_waiting() {
    let portal = Portal::new().await;
    let mut hanging = vec![];
    for _ in 0..20 {
        hanging.push(enqueue(&portal, "test.hang", 0).await);
    }
    let quick = enqueue(&portal, "test.count", 0).await;
    let (_stop, stopped) = watch::channel(false);
    let worker = tokio::spawn(jobs::work(portal.state.clone(), registry(), stopped));
    until("the quick one is done", async || row(&portal, quick).await.finished_at.is_some()).await;
    let begun = hanging.iter().filter(|id| calls(**id) > 0).count();
    assert!((1..=2).contains(&begun), "{begun} hang");
    worker.abort();
}

#[tokio::test]
async fn what_cannot_be_done_is_told_without_people_and_can_be_retried_or_ended() {
    let portal = Portal::new().await;
    let told = async || -> Vec<String> {
        let problems = check::problems(&portal.state).await;
        problems.into_iter().filter(|problem| problem.setting == "jobs").map(|problem| problem.problem).collect()
    };
    let failing = enqueue(&portal, "test.count", 8).await;
    assert_eq!(told().await, Vec::<String>::new());
    for _ in 0..7 {
        jobs::run_due(&portal.state, &registry()).await.unwrap();
        portal.later(row(&portal, failing).await.run_at - portal.clock.now());
    }
    let overdue = enqueue(&portal, "test.overdue", 0).await;
    portal.later(TimeDelta::minutes(16));
    let words = told().await;
    assert_eq!(words.len(), 2, "{words:?}");
    assert!(words[0].starts_with("1 test.count wait since") && words[0].contains("tried up to 7 times"), "{words:?}");
    assert!(words[0].contains("no luck for (address) call 7"), "{words:?}");
    assert!(words[1].starts_with("1 test.overdue wait since") && words[1].contains("does a worker run?"), "{words:?}");

    let failed = jobs::failed(&portal.state).await.unwrap();
    assert_eq!(failed.iter().map(|job| job.kind.as_str()).collect::<Vec<_>>(), ["test.count"]);
    // It fails once more; made due by hand, it is done long before its time.
    jobs::run_due(&portal.state, &registry()).await.unwrap();
    assert!(row(&portal, failing).await.run_at > portal.clock.now());
    assert_eq!(jobs::retry(&portal.state, Some(failed[0].id)).await.unwrap(), 1);
    jobs::run_due(&portal.state, &registry()).await.unwrap();
    assert!(row(&portal, failing).await.finished_at.is_some());

    let failed = jobs::failed(&portal.state).await.unwrap();
    assert_eq!(failed.iter().map(|job| job.kind.as_str()).collect::<Vec<_>>(), ["test.overdue"]);
    assert!(jobs::drop_failed(&portal.state, failed[0].id).await.unwrap());
    assert!(!jobs::drop_failed(&portal.state, failed[0].id).await.unwrap());
    assert!(row(&portal, overdue).await.last_error.is_some(), "why stays");
    assert_eq!(told().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_conflict_of_transactions_is_tried_again_and_another_error_is_not() {
    let portal = Portal::new().await;
    let db = portal.db();
    sqlx::query("INSERT INTO periodic_run (name, ran_at) VALUES ('test', $1)").bind(portal.clock.now()).execute(db).await.unwrap();
    let mut tries = 0;
    let seen: DateTime<Utc> = retrying(|| {
        tries += 1;
        let first = tries == 1;
        async move {
            let mut tx = db.begin().await?;
            sqlx::query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ").execute(&mut *tx).await?;
            let seen = sqlx::query_scalar("SELECT ran_at FROM periodic_run WHERE name = 'test'").fetch_one(&mut *tx).await?;
            if first {
                // Somebody else is quicker: PostgreSQL answers 40001 below.
                sqlx::query("UPDATE periodic_run SET ran_at = ran_at + interval '1 hour' WHERE name = 'test'").execute(db).await?;
            }
            sqlx::query("UPDATE periodic_run SET ran_at = ran_at + interval '1 day' WHERE name = 'test'").execute(&mut *tx).await?;
            tx.commit().await?;
            Ok::<_, DbError>(seen)
        }
    })
    .await
    .unwrap();
    assert_eq!((tries, seen), (2, portal.clock.now() + TimeDelta::hours(1)));

    let raising = async |code: &'static str| {
        let mut tries = 0;
        let outcome = retrying(|| {
            tries += 1;
            async move {
                let sql = format!("DO $$ BEGIN RAISE EXCEPTION 'test' USING ERRCODE = '{code}'; END $$");
                sqlx::query(sqlx::AssertSqlSafe(sql)).execute(db).await?;
                Ok::<_, DbError>(())
            }
        });
        (outcome.await.unwrap_err(), tries)
    };
    // A deadlock's victim that loses every time.
    assert_eq!(raising("40P01").await, (AppError::Unavailable, 5));
    let (error, tries) = raising("23505").await;
    assert!(matches!(error, AppError::Internal(_)) && tries == 1, "{error:?} {tries}");
}

#[tokio::test]
async fn a_mail_reaches_the_mail_server_as_text_and_html_in_utf_8() {
    let mut server = SmtpServer::start().await;
    let portal = Portal::configured(|config| {
        config.demo = false;
        config.smtp_url = Some(Secret(server.url.clone()));
    })
    .await;
    programme(&portal).await;
    let mut tx = portal.db().begin().await.unwrap();
    let to = Recipient { account_id: None, name: "José Núñez".into(), address: "jose@example.com".into(), language: "es".into() };
    let mail = Mail {
        template: "test.mail",
        to,
        subject: "Su examen está reservado – mañana".into(),
        preheader: String::new(),
        blocks: vec![Block::Paragraph("¡Buena suerte, señor Núñez!".into())],
        attachments: vec![Attachment::new("termin.ics", "text/calendar", b"BEGIN:VCALENDAR\r\n")],
        dedup_key: Some("once".into()),
    };
    mail::enqueue(&mut tx, &portal.state, portal.clock.now(), mail.clone()).await.unwrap();
    mail::enqueue(&mut tx, &portal.state, portal.clock.now(), mail).await.unwrap();
    tx.commit().await.unwrap();
    portal.run_jobs().await;

    let received = server.take();
    assert_eq!(received.len(), 1);
    assert_eq!((received[0].from.as_str(), received[0].to.as_str()), ("exams@nordlicht.example", "jose@example.com"));
    let message = Part::parse(&received[0].message);
    assert_eq!(message.field("subject"), "Su examen está reservado – mañana");
    for (name, parts) in [("from", ["Prüfstelle Nordlicht", "<exams@nordlicht.example>"]), ("to", ["José Núñez", "<jose@example.com>"])]
    {
        assert!(parts.iter().all(|part| message.field(name).contains(part)), "{name}: {}", message.field(name));
    }
    assert!(message.field("message-id").ends_with("@127.0.0.1>"), "{}", message.field("message-id"));
    assert!(!message.field("date").is_empty());
    let leaves = message.leaves();
    let kinds: Vec<&str> = leaves.iter().map(|leaf| leaf.field("content-type").split(';').next().unwrap()).collect();
    assert_eq!(kinds, ["text/plain", "text/html", "text/calendar"]);
    assert!(leaves[..2].iter().all(|leaf| leaf.field("content-type").to_lowercase().contains("utf-8")));
    assert!(leaves[0].text().starts_with("¡Buena suerte, señor Núñez!"), "{}", leaves[0].text());
    assert!(leaves[1].text().contains("<p ") && leaves[1].text().contains("¡Buena suerte, señor Núñez!"));
    assert!(leaves[2].field("content-disposition").contains("termin.ics") && leaves[2].text().starts_with("BEGIN:VCALENDAR"));
    let sent: Option<DateTime<Utc>> = sqlx::query_scalar("SELECT sent_at FROM mail_message").fetch_one(portal.db()).await.unwrap();
    assert_eq!(sent, Some(portal.clock.now()));
}

fn hello(address: &str) -> Mail {
    Mail {
        template: "test.mail",
        to: Recipient { account_id: None, name: "Ana".into(), address: address.into(), language: "en".into() },
        subject: "Hello".into(),
        preheader: String::new(),
        blocks: vec![],
        attachments: vec![],
        dedup_key: None,
    }
}

async fn send(portal: &Portal, mail: Mail) {
    let mut tx = portal.db().begin().await.unwrap();
    mail::enqueue(&mut tx, &portal.state, portal.clock.now(), mail).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_mail_waits_for_a_mail_server_however_long_that_takes() {
    let mut server = SmtpServer::start().await;
    let mut portal = Portal::configured(|config| config.demo = false).await;
    programme(&portal).await;
    send(&portal, hello("ana@example.com")).await;
    // Two days without a mail server.
    for _ in 0..2 * 24 {
        portal.later(TimeDelta::hours(1));
        portal.run_jobs().await;
    }
    portal.configured_anew(|config| config.smtp_url = Some(Secret(server.url.clone()))).await;
    portal.later(TimeDelta::hours(1));
    portal.run_jobs().await;
    assert_eq!(server.take().len(), 1);
}

#[tokio::test]
async fn a_mail_to_an_address_that_is_none_ends_and_every_other_refusal_is_tried_again() {
    let server = SmtpServer::start().await;
    let portal = Portal::configured(|config| {
        config.demo = false;
        config.smtp_url = Some(Secret(server.url.clone()));
    })
    .await;
    programme(&portal).await;
    for address in ["nobody@example.com", "relay@example.com"] {
        send(&portal, hello(address)).await;
    }
    portal.run_jobs().await;
    let jobs: Vec<(String, bool, Option<String>)> = sqlx::query_as(
        "SELECT m.to_address, j.finished_at IS NOT NULL, m.last_error FROM mail_message m
         JOIN job j ON j.kind = 'mail.deliver' AND j.payload #>> '{}' = m.id::text WHERE m.sent_at IS NULL ORDER BY m.to_address",
    )
    .fetch_all(portal.db())
    .await
    .unwrap();
    let ended: Vec<(&str, bool)> = jobs.iter().map(|(address, ended, _)| (address.as_str(), *ended)).collect();
    assert_eq!(ended, [("nobody@example.com", true), ("relay@example.com", false)]);
    assert!(jobs[0].2.as_deref().is_some_and(|error| error.contains("5.1.1")), "{jobs:?}");
}

/// Transactions that notify wait for each other at their commit: every booking did so for reminders that are weeks away.
#[tokio::test]
async fn workers_are_told_of_what_is_due_and_not_of_what_comes_later() {
    let portal = Portal::new().await;
    let mut listener = PgListener::connect_with(portal.db()).await.unwrap();
    listener.listen("job").await.unwrap();
    let now = portal.clock.now();
    let mut conn = portal.db().acquire().await.unwrap();
    let work = |id| Work { id, fails: 0 };
    jobs::enqueue_at(&mut conn, now, now + TimeDelta::minutes(1), "test.count", work(random::id()), None).await.unwrap();
    jobs::enqueue(&mut conn, now, "test.count", work(random::id()), Some("due")).await.unwrap();
    let due: i64 = sqlx::query_scalar("SELECT id FROM job WHERE dedup_key = 'due'").fetch_one(&mut *conn).await.unwrap();
    // In the order of the commits: the first to arrive is the second job's.
    assert_eq!(listener.recv().await.unwrap().payload(), due.to_string());
}
