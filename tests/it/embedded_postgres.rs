//! The private PostgreSQL cluster: what it promises when things go wrong.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use certportal::server::embedded_postgres::{EmbeddedError, EmbeddedPostgres, EmbeddedSettings};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use sqlx::{Connection, PgPool, postgres::PgConnection, postgres::PgPoolOptions};

use crate::support::{database::TestDatabase, temp::TempDir};

async fn start(data_dir: &Path) -> EmbeddedPostgres {
    EmbeddedPostgres::start(data_dir, &EmbeddedSettings::default()).await.expect("the cluster starts")
}

/// Without waiting for the disk, where the test is about something else.
async fn start_quick(data_dir: &Path) -> EmbeddedPostgres {
    let settings = EmbeddedSettings { durable: false, ..EmbeddedSettings::default() };
    EmbeddedPostgres::start(data_dir, &settings).await.expect("the cluster starts")
}

async fn pool(postgres: &EmbeddedPostgres) -> PgPool {
    let options = PgPoolOptions::new().max_connections(2).acquire_timeout(Duration::from_secs(20));
    options.connect_with(postgres.roles().owner).await.expect("a connection")
}

async fn setting(pool: &PgPool, name: &str) -> String {
    sqlx::query_scalar("SELECT current_setting($1)").bind(name).fetch_one(pool).await.expect("a setting")
}

fn is_alive(pid: i32) -> bool {
    // A zombie has no program any more.
    fs::read_link(format!("/proc/{pid}/exe")).is_ok()
}

async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !condition().await {
        assert!(Instant::now() < deadline, "in vain waited until {what}");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}

#[tokio::test]
async fn it_is_durable_private_and_keeps_its_data_over_a_clean_stop() {
    let data = TempDir::new("embedded");
    let postgres = start(data.path()).await;
    let pool = pool(&postgres).await;
    for (name, value) in [
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("data_checksums", "on"),
        ("listen_addresses", ""),
        ("server_encoding", "UTF8"),
        ("TimeZone", "UTC"),
        ("is_superuser", "off"),
    ] {
        assert_eq!(setting(&pool, name).await, value, "{name}");
    }
    sqlx::raw_sql("CREATE EXTENSION IF NOT EXISTS btree_gist; CREATE EXTENSION IF NOT EXISTS earthdistance; CREATE TABLE kept (id int)")
        .execute(&pool)
        .await
        .expect("the portal's role may create what the migrations need");
    assert_eq!(fs::metadata(postgres.socket_dir()).expect("socket directory").mode() & 0o777, 0o700);
    let pid = postgres.pid().expect("a pid");
    pool.close().await;
    postgres.stop().await;
    assert!(!is_alive(pid));
    assert!(!data.path().join("postgres/cluster/postmaster.pid").exists(), "a clean stop leaves no pid file");

    let postgres = start(data.path()).await;
    let mut connection = PgConnection::connect(&postgres.url()).await.expect("by its URL");
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM kept").fetch_one(&mut connection).await.expect("the table is there");
    assert_eq!(rows, 0);
    drop(postgres);
}

#[tokio::test]
async fn a_second_program_on_the_same_directory_is_refused_and_told_who_is_there() {
    let data = TempDir::new("embedded");
    assert!(EmbeddedPostgres::running_beside(data.path()).is_none());
    let first = start_quick(data.path()).await;
    let error = EmbeddedPostgres::start(data.path(), &EmbeddedSettings::default()).await.expect_err("refused");
    assert!(matches!(error, EmbeddedError::AlreadyRunning { pid: Some(pid), .. } if pid == std::process::id()), "{error}");

    // A command that may work beside the running server finds its database.
    let roles = EmbeddedPostgres::running_beside(data.path()).expect("it is running");
    PgConnection::connect_with(&roles.app).await.expect("a connection beside it");
    PgConnection::connect_with(&roles.owner).await.expect("the owner's connection beside it");
    first.stop().await;
    start_quick(data.path()).await.stop().await;
}

#[tokio::test]
async fn after_kill_9_of_the_database_it_is_started_again_and_the_pool_recovers() {
    let data = TempDir::new("embedded");
    let postgres = start(data.path()).await;
    let pool = pool(&postgres).await;
    sqlx::query("CREATE TABLE booking (id int)").execute(&pool).await.expect("a table");
    sqlx::query("INSERT INTO booking VALUES (1)").execute(&pool).await.expect("committed");
    for _ in 0..2 {
        let killed = postgres.pid().expect("a pid");
        kill(Pid::from_raw(killed), Signal::SIGKILL).expect("killed");
        until("another postmaster runs", async || postgres.pid().is_some_and(|pid| pid != killed)).await;
        until("the pool answers", async || sqlx::query("SELECT 1").execute(&pool).await.is_ok()).await;
        assert!(!Path::new(&format!("/proc/{killed}")).exists(), "the dead one was reaped");
    }
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM booking").fetch_one(&pool).await.expect("a count");
    assert_eq!(rows, 1, "what was committed is still there");
    pool.close().await;
    postgres.stop().await;
}

#[tokio::test]
async fn a_pid_file_left_by_a_dead_server_does_not_stop_the_next_start() {
    let data = TempDir::new("embedded");
    start_quick(data.path()).await.stop().await;
    let pid_file = data.path().join("postgres/cluster/postmaster.pid");
    let cluster = data.path().join("postgres/cluster");

    // A recycled pid: alive, and not PostgreSQL. (Not our own pid or our parent's: PostgreSQL itself knows those.)
    let mut stranger = Command::new("sleep").arg("600").current_dir(&cluster).spawn().expect("sleep");
    fs::write(&pid_file, pid_file_of(stranger.id(), &cluster)).expect("written");
    start_quick(data.path()).await.stop().await;
    assert!(stranger.try_wait().expect("status").is_none(), "the stranger was left alone");

    // A zombie: killed and not reaped. `kill(pid, 0)` still finds it.
    stranger.kill().expect("killed");
    fs::write(&pid_file, pid_file_of(stranger.id(), &cluster)).expect("written");
    start_quick(data.path()).await.stop().await;
    stranger.wait().expect("reaped");

    // Dead, empty, and nonsense.
    for content in [pid_file_of(stranger.id(), &cluster), String::new(), "nonsense\n".to_owned(), "-1\n".to_owned()] {
        fs::write(&pid_file, content).expect("written");
        start_quick(data.path()).await.stop().await;
    }
}

fn pid_file_of(pid: u32, cluster: &Path) -> String {
    format!("{pid}\n{}\n1795446563\n5432\n/tmp\n\n  10551306         4\nready   \n", cluster.display())
}

/// Not a test of its own: the program that [`after_kill_9_of_certportal_the_next_start_takes_over`] starts and kills.
#[tokio::test]
#[ignore = "started by another test, in a process of its own"]
async fn orphan_owner() {
    #[allow(clippy::disallowed_methods, reason = "how the other test tells where")]
    let Ok(data) = std::env::var("CERTPORTAL_TEST_ORPHAN") else { return };
    let postgres = start_quick(Path::new(&data)).await;
    fs::write(Path::new(&data).join("started"), postgres.pid().expect("a pid").to_string()).expect("written");
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn after_kill_9_of_certportal_the_next_start_takes_over() {
    let data = TempDir::new("embedded");
    let mut owner = Command::new(std::env::current_exe().expect("this test program"))
        .args(["--ignored", "--exact", "embedded_postgres::orphan_owner"])
        .env("CERTPORTAL_TEST_ORPHAN", data.path())
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("the owner");
    let started = data.path().join("started");
    until("the owner has started its server", async || fs::read_to_string(&started).is_ok_and(|pid| !pid.is_empty())).await;
    let orphan: i32 = fs::read_to_string(&started).expect("a pid").parse().expect("a number");
    owner.kill().expect("killed");
    owner.wait().expect("reaped");
    assert!(is_alive(orphan), "PostgreSQL outlives its owner");

    let postgres = start_quick(data.path()).await;
    assert!(!is_alive(orphan), "the orphan was stopped");
    assert_ne!(postgres.pid(), Some(orphan));
    sqlx::query("SELECT 1").execute(&pool(&postgres).await).await.expect("it answers");
    postgres.stop().await;
}

#[tokio::test]
async fn a_data_directory_with_a_long_name_works() {
    let data = TempDir::new("embedded");
    let long = data.path().join("a-directory-whose-name-is-longer-than-any-socket-address-can-hold").join("x".repeat(80));
    let postgres = start_quick(&long).await;
    assert!(postgres.socket_dir().as_os_str().len() < 80);
    sqlx::query("SELECT 1").execute(&pool(&postgres).await).await.expect("it answers");
    let socket_dir = postgres.socket_dir().to_owned();
    postgres.stop().await;
    fs::remove_dir_all(socket_dir).expect("removed");
}

#[tokio::test]
async fn an_initdb_that_was_killed_half_way_is_begun_again() {
    let data = TempDir::new("embedded");
    let draft = data.path().join("postgres/cluster.new");
    fs::create_dir_all(&draft).expect("a draft");
    fs::write(draft.join("PG_VERSION"), "15\n").expect("half a cluster");
    start_quick(data.path()).await.stop().await;
    assert!(!draft.exists());
}

#[tokio::test]
async fn what_is_missing_is_said_in_one_line() {
    let data = TempDir::new("embedded");
    let nowhere = EmbeddedSettings { bin_dir: Some(data.path().join("nowhere")), ..EmbeddedSettings::default() };
    let error = EmbeddedPostgres::start(data.path(), &nowhere).await.expect_err("no programs");
    assert!(matches!(error, EmbeddedError::ProgramsMissing { .. }), "{error}");
    assert!(error.to_string().contains("apt-get install postgresql"), "{error}");

    let cluster = data.path().join("postgres/cluster");
    fs::create_dir_all(&cluster).expect("a directory");
    fs::write(cluster.join("PG_VERSION"), "9\n").expect("an old cluster");
    let error = EmbeddedPostgres::start(data.path(), &EmbeddedSettings::default()).await.expect_err("an old cluster");
    assert!(matches!(error, EmbeddedError::WrongVersion { cluster: 9, .. }), "{error}");

    let file = data.path().join("file");
    fs::write(&file, "").expect("a file");
    let error = EmbeddedPostgres::start(&file, &EmbeddedSettings::default()).await.expect_err("a file is no directory");
    assert!(!error.to_string().contains('\n') && error.to_string().contains("file"), "{error}");
}

#[tokio::test]
async fn a_server_that_cannot_start_says_why() {
    let data = TempDir::new("embedded");
    start_quick(data.path()).await.stop().await;
    let pg_control = data.path().join("postgres/cluster/global/pg_control");
    fs::rename(&pg_control, pg_control.with_extension("gone")).expect("damaged");
    let error = EmbeddedPostgres::start(data.path(), &EmbeddedSettings::default()).await.expect_err("damaged");
    assert!(
        matches!(&error, EmbeddedError::StartFailed { output, .. } if output.contains("pg_control") && !output.contains("/proc/")),
        "{error}"
    );
    assert!(!error.to_string().contains('\n'), "{error}");
}

#[tokio::test]
async fn every_test_has_a_database_of_its_own() {
    let (one, other) = (TestDatabase::new().await, TestDatabase::new().await);
    let (in_one, in_other) = (one.pool().await, other.pool().await);
    // The portal's role creates nothing; the owner does.
    assert!(sqlx::query("CREATE TABLE only_here (id int)").execute(&in_one).await.is_err());
    let mut owner = PgConnection::connect_with(&one.owner()).await.expect("as the owner");
    sqlx::query("CREATE TABLE only_here (id int)").execute(&mut owner).await.expect("a table");
    let found: Option<String> = sqlx::query_scalar("SELECT to_regclass('only_here')::text").fetch_one(&in_other).await.expect("an answer");
    assert_eq!(found, None);
    let by_url = PgConnection::connect(&one.url()).await.expect("by its URL");
    drop(by_url);
    let empty = TestDatabase::empty().await;
    let in_empty = empty.pool().await;
    let tables: i64 =
        sqlx::query_scalar("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetch_one(&in_empty).await.expect("a count");
    assert_eq!(tables, 0);
}
