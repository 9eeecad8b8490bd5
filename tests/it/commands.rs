//! The program as it is called: what its commands do, refuse and print.

use crate::support::database::TestDatabase;
use crate::support::temp::TempDir;
use certportal::server::embedded_postgres::{EmbeddedPostgres, EmbeddedSettings};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sqlx::PgPool;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/seed/demo");

/// The program in a directory of its own, with no setting but these.
fn certportal(directory: &TempDir, settings: &[(&str, &str)], arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_certportal"));
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").current_dir(directory.path()).args(arguments);
    command.envs(settings.iter().copied()).stdin(Stdio::null()).kill_on_drop(true);
    command
}

async fn run(directory: &TempDir, settings: &[(&str, &str)], arguments: &[&str]) -> Output {
    let mut command = certportal(directory, settings, arguments);
    tokio::time::timeout(Duration::from_secs(120), command.output()).await.expect("it ends").expect("it starts")
}

fn out(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !condition().await {
        assert!(Instant::now() < deadline, "in vain waited until {what}");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}

/// As a service manager stops it.
async fn terminate(mut child: Child) {
    kill(Pid::from_raw(child.id().expect("it runs").cast_signed()), Signal::SIGTERM).unwrap();
    let status = tokio::time::timeout(Duration::from_secs(60), child.wait()).await.expect("it ends").unwrap();
    assert!(status.success(), "{status}");
}

async fn tables(pool: &PgPool) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetch_one(pool).await.unwrap()
}

#[tokio::test]
async fn a_production_database_is_not_seeded_with_the_demo() {
    let (database, directory) = (TestDatabase::empty().await, TempDir::new("commands"));
    let url = database.url();
    let output = run(&directory, &[("DATABASE_URL", &url)], &["seed"]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(out(&output).contains("in demo mode only (CERTPORTAL_DEMO=true)"), "{}", out(&output));
    assert_eq!(tables(&database.pool().await).await, 0, "nothing was written");
}

#[tokio::test]
async fn migrate_brings_an_empty_database_to_this_version() {
    let (database, directory) = (TestDatabase::empty().await, TempDir::new("commands"));
    let url = database.url();
    let output = run(&directory, &[("DATABASE_URL", &url)], &["migrate"]).await;
    assert!(output.status.success(), "{}", out(&output));
    assert!(tables(&database.pool().await).await > 30);
    // The server key lies in it.
    let mode = std::fs::metadata(directory.path().join("data")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700, "{mode:o}");
    let output = run(&directory, &[("DATABASE_URL", &url)], &["migrate"]).await;
    assert!(output.status.success(), "{}", out(&output));
}

#[tokio::test]
async fn check_tells_everything_at_once() {
    let (database, directory) = (TestDatabase::empty().await, TempDir::new("commands"));
    std::fs::write(directory.path().join("Leptos.toml"), "[package\n").unwrap();
    let url = database.url();
    let settings = [
        ("DATABASE_URL", url.as_str()),
        ("CERTPORTAL_GATEWAY", "cash"),
        ("CERTPORTAL_LOG", "certportal=loud"),
        ("CERTPORTAL_SMPT_URL", "smtp://mail.example.org"),
        ("CERTPORTAL_SMS_TOKEN", "hunter2"),
    ];
    let output = run(&directory, &settings, &["check"]).await;
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    for setting in [
        "Leptos.toml: cannot be read as TOML",
        "CERTPORTAL_GATEWAY: `cash` is not",
        "CERTPORTAL_LOG: `certportal=loud` is no log filter",
        "CERTPORTAL_SMPT_URL: is no setting of this program: is CERTPORTAL_SMTP_URL meant?",
        "CERTPORTAL_SMS_TOKEN: is of no use without CERTPORTAL_SMS_URL",
        "LEPTOS_SITE_ROOT: ",
        "CERTPORTAL_PUBLIC_URL: is http://127.0.0.1:3000",
        "CERTPORTAL_SMTP_URL: is not set",
        "DATABASE_URL: the database is empty",
    ] {
        assert!(told.lines().any(|line| line.starts_with(setting)), "{setting} is missing in\n{told}");
    }
    assert!(out(&output).contains(&format!("{} to mend", told.lines().count())) && !out(&output).contains("hunter2"), "{}", out(&output));

    // A database that is not there keeps nothing else from being told.
    let settings = [("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none"), ("CERTPORTAL_LOG_FORMAT", "xml")];
    let told = out(&run(&directory, &settings, &["check"]).await);
    for setting in ["CERTPORTAL_LOG_FORMAT: ", "DATABASE_URL: ", "LEPTOS_SITE_ROOT: ", "CERTPORTAL_SMTP_URL: "] {
        assert!(told.lines().any(|line| line.starts_with(setting)), "{setting} is missing in\n{told}");
    }
    // Every other command ends at the first sight of such settings, with every one of them.
    let output = run(&directory, &[("CERTPORTAL_LOG_FORMAT", "xml"), ("CERTPORTAL_GATEWAY", "cash")], &["serve"]).await;
    assert_eq!(output.status.code(), Some(2));
    assert!(out(&output).contains("CERTPORTAL_LOG_FORMAT: ") && out(&output).contains("CERTPORTAL_GATEWAY: "), "{}", out(&output));
}

#[tokio::test]
async fn a_programme_is_loaded_before_the_first_invitation() {
    let (database, directory) = (TestDatabase::with_reference_data().await, TempDir::new("commands"));
    let url = database.url();
    let settings = [("DATABASE_URL", url.as_str())];
    let invite = ["staff", "invite", "--email", "alex@example.org", "--name", "Alex Keyring", "--role", "administrator"];
    let output = run(&directory, &settings, &invite).await;
    assert!(!output.status.success() && out(&output).contains("certportal programme load DIR"), "{}", out(&output));

    let output = run(&directory, &settings, &["programme", "load", "nowhere"]).await;
    assert!(!output.status.success() && out(&output).contains("programme.toml: is missing in nowhere"), "{}", out(&output));
    let output = run(&directory, &settings, &["programme", "load", DEMO]).await;
    assert!(output.status.success() && out(&output).contains("Northlight Cloud Certification is loaded"), "{}", out(&output));

    let output = run(&directory, &settings, &invite).await;
    assert!(output.status.success(), "{}", out(&output));
    let pool = database.pool().await;
    let mail: (String, String) = sqlx::query_as("SELECT to_address, body_text FROM mail_message").fetch_one(&pool).await.unwrap();
    assert_eq!(mail.0, "alex@example.org");
    let link = out(&output).lines().find(|line| line.contains("/invitation")).expect("a link").trim().to_owned();
    assert!(mail.1.contains(&link) && mail.1.contains("Northlight Cloud Certification"), "{}", mail.1);
    let output = run(&directory, &settings, &["jobs", "list"]).await;
    assert!(output.status.success() && out(&output).contains("No job has failed."), "{}", out(&output));
}

#[tokio::test]
async fn serve_answers_and_ends_in_order() {
    let (database, directory) = (TestDatabase::with_reference_data().await, TempDir::new("commands"));
    let url = database.url();
    // Free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let child =
        certportal(&directory, &[("DATABASE_URL", &url)], &["serve", "--port", &port.to_string()]).stderr(Stdio::null()).spawn().unwrap();
    let ready = async || -> Option<String> {
        let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok()?;
        stream.write_all(b"GET /health/ready HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n").await.ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.ok()?;
        Some(answer)
    };
    until("it is ready", async || ready().await.is_some_and(|answer| answer.starts_with("HTTP/1.1 200"))).await;
    terminate(child).await;
}

#[tokio::test]
async fn a_worker_works_without_a_server_and_ends_in_order() {
    let (database, directory) = (TestDatabase::new().await, TempDir::new("commands"));
    let (url, pool) = (database.url(), database.pool().await);
    sqlx::query(
        "INSERT INTO job (kind, payload, run_at, created_at) VALUES ('scheduling.expire_holds', 'null', '2026-01-01', '2026-01-01')",
    )
    .execute(&pool)
    .await
    .unwrap();
    let child = certportal(&directory, &[("DATABASE_URL", &url)], &["worker"]).stderr(Stdio::null()).spawn().unwrap();
    until("the job is done", async || {
        sqlx::query_scalar::<_, bool>("SELECT finished_at IS NOT NULL FROM job").fetch_one(&pool).await.unwrap()
    })
    .await;
    terminate(child).await;
}

#[tokio::test]
async fn a_second_server_on_one_data_directory_is_refused_and_other_commands_are_not() {
    let directory = TempDir::new("commands");
    let data = directory.path().join("data");
    let settings = EmbeddedSettings { durable: false, ..EmbeddedSettings::default() };
    let first = EmbeddedPostgres::start(&data, &settings).await.unwrap();
    let data = Path::new(&data).to_str().unwrap();
    // Whatever stands before the command.
    for arguments in [["--data", data, "serve", "--port", "0"], ["serve", "--data", data, "--port", "0"]] {
        let output = run(&directory, &[], &arguments).await;
        assert_eq!(output.status.code(), Some(1), "{}", out(&output));
        assert!(out(&output).contains(&std::process::id().to_string()), "{}", out(&output));
    }
    let output = run(&directory, &[], &["--data", data, "migrate"]).await;
    assert!(output.status.success(), "{}", out(&output));
    first.stop().await;
}
