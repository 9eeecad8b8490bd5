//! A private PostgreSQL cluster under the data directory: what `certportal serve` brings up when nobody has given it a `DATABASE_URL`.
//!
//! The system's own server programs are used, on a unix socket only, with data checksums and durable settings. What is promised:
//!
//! - **One owner.** `<data>/lock` is held (`flock`) as long as the cluster runs; a second program on the same directory is refused.
//! - **`kill -9` is survived.** When this program is killed, PostgreSQL outlives it; the next start finds the orphan by its working directory
//!   (never by the pid file alone: pids are recycled, and a zombie still "exists") and stops it before it starts its own. When PostgreSQL is
//!   killed, a supervisor starts it again and the connection pool recovers by itself.
//! - **Root is fine.** PostgreSQL refuses root, so an unprivileged user runs it. That user usually can't walk to a data directory below `/root`,
//!   so the directories are handed over as open descriptors (`/proc/self/fd/N`), which need no permission on the way.
//!
//! Layout: `<data>/lock`, `<data>/postgres/cluster`, `<data>/postgres/socket` (or a short directory elsewhere: a socket's path holds 107 bytes).

mod files;
mod programs;
mod orphans;
mod server;
mod supervisor;

use std::{
    collections::VecDeque,
    ffi::OsStr,
    fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError},
    io::{self, BufRead, BufReader, Read, Seek, Write},
    os::{
        fd::AsRawFd,
        unix::{
            ffi::OsStrExt,
            fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown},
            process::CommandExt,
        },
    },
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use nix::{
    fcntl::{FcntlArg, FdFlag, fcntl},
    sys::{
        signal::{Signal, kill},
        wait::{Id, WaitPidFlag, waitid},
    },
    unistd::{Gid, Pid, Uid, User, geteuid},
};
use sha2::{Digest, Sha256};
use sqlx::{
    Connection, Executor,
    postgres::{PgConnectOptions, PgConnection},
};

use files::*;
use orphans::*;
use programs::*;
use server::*;
use supervisor::*;

/// The oldest PostgreSQL the migrations are tested with.
const OLDEST_MAJOR: u32 = 15;
/// Owner of the portal's database: runs the migrations. Not a superuser, so that a hole in the portal is not a shell on the machine.
const OWNER: &str = "certportal";
/// The running portal: reads and writes rows, changes no table, and can't touch what is in the audit log (security.md line 77).
const ROLE: &str = "certportal_app";
/// Name of the portal's database.
const DATABASE: &str = "certportal";
/// Superuser of the cluster; the portal uses it for a moment at start, to create the two above.
const SUPERUSER: &str = "postgres";
/// Only a part of the socket's file name: there is no TCP.
const PORT: u16 = 5432;
/// What a socket's address can hold on Linux (108 with the closing zero byte; macOS has 104, which this leaves no room for either).
const LONGEST_SOCKET_PATH: usize = 103;
/// How often a process that is no child of ours is looked at while we wait for its end.
const POLL: Duration = Duration::from_millis(20);
/// A clean ("fast") shutdown writes a checkpoint; on a slow disk that takes a while.
const FAST_SHUTDOWN: Duration = Duration::from_secs(30);
/// After this, PostgreSQL is told to drop everything and recover at the next start.
const IMMEDIATE_SHUTDOWN: Duration = Duration::from_secs(5);
/// A server that lived this long before it died is restarted at once.
const STABLE_AFTER: Duration = Duration::from_secs(60);
const LONGEST_BACKOFF: Duration = Duration::from_secs(30);

/// How the cluster is set up. The default is what production wants.
#[derive(Debug, Clone)]
pub struct EmbeddedSettings {
    /// Directory of `initdb` and `postgres`; found by itself when `None`.
    pub bin_dir: Option<PathBuf>,
    /// System user that runs PostgreSQL when this program is root; `postgres`, else `nobody`, when `None`.
    pub run_as: Option<String>,
    /// `false` switches off every wait for the disk. For tests only: a power cut destroys the cluster.
    pub durable: bool,
    /// Connections in all: the pool, the listeners, and a few for an operator's psql.
    pub max_connections: u16,
    /// PostgreSQL's `shared_buffers`, in MiB.
    pub shared_buffers_mib: u32,
    /// How long to wait for the server; recovery after a crash may replay much.
    pub start_timeout: Duration,
}

impl Default for EmbeddedSettings {
    fn default() -> Self {
        Self {
            bin_dir: None,
            run_as: None,
            durable: true,
            max_connections: 60,
            shared_buffers_mib: 64,
            start_timeout: Duration::from_secs(300),
        }
    }
}

/// Why the embedded database can't be had: one line each, with what to do.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// Another program holds the lock of the data directory.
    #[error(
        "another certportal (process {}) is running on {}: stop it, or give this one a directory of its own with --data",
        pid.map_or_else(|| "unknown".to_owned(), |pid| pid.to_string()),
        data_dir.display()
    )]
    AlreadyRunning {
        /// The data directory both want.
        data_dir: PathBuf,
        /// The one that was first, as it wrote itself down.
        pid: Option<u32>,
    },
    /// No usable `initdb` and `postgres` on this machine.
    #[error(
        "PostgreSQL's server programs (initdb, postgres; version {OLDEST_MAJOR} or newer) were not found in {searched}: install them \
         (Debian, Ubuntu: apt-get install postgresql), or set DATABASE_URL to a server of your own"
    )]
    ProgramsMissing {
        /// Where we looked.
        searched: String,
    },
    /// The cluster was made by another major version than any that is installed.
    #[error(
        "the database in {} was made by PostgreSQL {cluster}, and this machine has {installed}: install PostgreSQL {cluster}, \
         or move the data over with pg_upgrade",
        path.display()
    )]
    WrongVersion {
        /// The cluster's directory.
        path: PathBuf,
        /// Its major version.
        cluster: u32,
        /// The installed ones, in words.
        installed: String,
    },
    /// A file or directory can't be made, read or changed.
    #[error("can't {action} {}: {source}{}", path.display(), permission_hint(source))]
    File {
        /// "create", "read" …
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The user named by the setting, or every default, is missing.
    #[error(
        "PostgreSQL refuses to run as root, and there is no unprivileged user {0:?} to run it: create it (useradd --system {0}), or start certportal as a user of its own"
    )]
    NoUnprivilegedUser(String),
    /// The cluster belongs to somebody else, and we are not root.
    #[error(
        "the database in {} belongs to user {owner}, and this is user {me}: start certportal as user {owner} (or root), or choose another --data",
        path.display()
    )]
    ForeignCluster {
        /// The cluster's directory.
        path: PathBuf,
        /// Its owner's id.
        owner: u32,
        /// Our id.
        me: u32,
    },
    /// A program did not start at all.
    #[error("can't start {}: {source}", program.display())]
    Spawn {
        /// The program.
        program: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// `initdb` failed.
    #[error("initdb could not create the database in {} ({status}): {output}", path.display())]
    InitFailed {
        /// The cluster's directory.
        path: PathBuf,
        /// How it ended.
        status: ExitStatus,
        /// What it said last.
        output: String,
    },
    /// `postgres` ended while it started.
    #[error("PostgreSQL stopped while it started ({status}): {output}")]
    StartFailed {
        /// How it ended.
        status: ExitStatus,
        /// What it said last.
        output: String,
    },
    /// `postgres` runs and accepts no connection.
    #[error("PostgreSQL did not become ready within {} s: {output}", waited.as_secs())]
    StartTimeout {
        /// How long we waited.
        waited: Duration,
        /// What it said last.
        output: String,
    },
    /// A server left behind by a killed program can't be stopped.
    #[error("a PostgreSQL left behind (process {pid}) on {} can't be stopped: end it by hand, then start again", path.display())]
    Orphan {
        /// Its process id.
        pid: i32,
        /// The cluster's directory.
        path: PathBuf,
    },
    /// The server runs, but the portal's role or database can't be created.
    #[error("the embedded PostgreSQL runs, but its database can't be prepared: {0}")]
    Prepare(#[from] sqlx::Error),
    /// A helper thread ended; the program is shutting down or out of memory.
    #[error("the embedded PostgreSQL's helper could not run: {0}")]
    Helper(String),
}

fn permission_hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => " (choose another directory with --data, or run as its owner)",
        io::ErrorKind::StorageFull => " (the disk is full)",
        _ => "",
    }
}

fn file_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> EmbeddedError {
    let path = path.to_owned();
    move |source| EmbeddedError::File { action, path, source }
}

type Result<T> = std::result::Result<T, EmbeddedError>;

/// A running private cluster. Dropping it stops PostgreSQL (and waits for a few seconds); [`stop`](Self::stop) does the same in order.
#[derive(Debug)]
pub struct EmbeddedPostgres {
    supervisor: Arc<Supervisor>,
    thread: Option<thread::JoinHandle<()>>,
    socket_dir: PathBuf,
    /// Released (by closing it) after PostgreSQL has ended.
    _lock: File,
}

impl EmbeddedPostgres {
    /// Brings the cluster under `data_dir` up: creates it at the first start, stops an orphan of a killed program, starts PostgreSQL, waits
    /// until it answers, and makes sure that the portal's role and database exist.
    pub async fn start(data_dir: &Path, settings: &EmbeddedSettings) -> Result<Self> {
        let (data_dir, settings) = (data_dir.to_owned(), settings.clone());
        let started = tokio::task::spawn_blocking(move || Self::start_blocking(&data_dir, &settings))
            .await
            .map_err(|error| EmbeddedError::Helper(error.to_string()))??;
        started.prepare().await?;
        Ok(started)
    }

    fn start_blocking(data_dir: &Path, settings: &EmbeddedSettings) -> Result<Self> {
        let data_dir = &create_data_dir(data_dir)?;
        let lock = lock(data_dir)?;
        let cluster = data_dir.join("postgres/cluster");
        let runner = Runner::choose(&cluster, settings)?;
        create_dir(&data_dir.join("postgres"), 0o700, None)?;
        let programs = Programs::find(&cluster, settings)?;
        if !cluster.join("PG_VERSION").is_file() {
            init_cluster(&cluster, &programs, &runner, settings)?;
        }
        stop_orphans(&cluster)?;
        let socket_dir = socket_dir(data_dir);
        create_socket_dir(&socket_dir, &runner)?;

        let launcher = Launcher { programs, runner, settings: settings.clone(), cluster, socket_dir: socket_dir.clone() };
        let begun = Instant::now();
        let server = launcher.launch()?;
        tracing::info!(
            postgres.version = launcher.programs.major,
            postgres.pid = server.child.id(),
            elapsed_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            "embedded PostgreSQL is ready"
        );
        let supervisor = Arc::new(Supervisor::new(&server.child));
        let thread = thread::Builder::new()
            .name("postgres-supervisor".to_owned())
            .spawn({
                let supervisor = Arc::clone(&supervisor);
                move || supervisor.run(&launcher, server)
            })
            .map_err(|error| EmbeddedError::Helper(error.to_string()))?;
        Ok(Self { supervisor, thread: Some(thread), socket_dir, _lock: lock })
    }

    /// How the portal connects: over the unix socket, as the running portal and as the owner of its database.
    #[must_use]
    pub fn roles(&self) -> Roles {
        Roles::over(&self.socket_dir)
    }

    /// The owner's connection as a URL, for psql, pg_dump and for the developer's `DATABASE_URL`.
    #[must_use]
    pub fn url(&self) -> String {
        url(&self.socket_dir, OWNER, DATABASE)
    }

    /// A superuser's URL of the maintenance database. Tests clone databases with it; the portal has no use for it.
    #[must_use]
    pub fn superuser_url(&self) -> String {
        url(&self.socket_dir, SUPERUSER, "postgres")
    }

    /// The directory of the unix socket, readable by this user (and by PostgreSQL's, when that is another one) alone.
    #[must_use]
    pub fn socket_dir(&self) -> &Path {
        &self.socket_dir
    }

    /// PostgreSQL's process id; `None` while it is being restarted.
    #[must_use]
    pub fn pid(&self) -> Option<i32> {
        self.supervisor.state().postmaster.map(Pid::as_raw)
    }

    /// The database of another certportal that runs on `data_dir` right now, for commands that may work beside it (`staff invite`, `check`).
    #[must_use]
    pub fn running_beside(data_dir: &Path) -> Option<Roles> {
        let data_dir = fs::canonicalize(data_dir).ok()?;
        let lock = OpenOptions::new().read(true).open(data_dir.join("lock")).ok()?;
        match lock.try_lock_shared() {
            Err(TryLockError::WouldBlock) => Some(Roles::over(&socket_dir(&data_dir))),
            _ => None,
        }
    }

    /// Stops PostgreSQL cleanly: clients are disconnected, a checkpoint is written. Returns when the process has ended and was reaped.
    pub async fn stop(mut self) {
        let thread = self.thread.take();
        let supervisor = Arc::clone(&self.supervisor);
        let stopped = tokio::task::spawn_blocking(move || {
            supervisor.stop(FAST_SHUTDOWN);
            thread.map(thread::JoinHandle::join)
        });
        if stopped.await.is_err() {
            tracing::error!("the embedded PostgreSQL's supervisor panicked");
        }
    }

    async fn prepare(&self) -> Result<()> {
        let mut connection = PgConnection::connect_with(&options(&self.socket_dir, SUPERUSER, "postgres")).await?;
        for (role, create) in [(OWNER, "CREATE ROLE certportal LOGIN"), (ROLE, "CREATE ROLE certportal_app LOGIN")] {
            let known: Option<i32> =
                sqlx::query_scalar("SELECT 1 FROM pg_roles WHERE rolname = $1").bind(role).fetch_optional(&mut connection).await?;
            if known.is_none() {
                connection.execute(create).await?;
            }
        }
        let database: Option<i32> =
            sqlx::query_scalar("SELECT 1 FROM pg_database WHERE datname = $1").bind(DATABASE).fetch_optional(&mut connection).await?;
        if database.is_none() {
            connection.execute("CREATE DATABASE certportal OWNER certportal").await?;
        }
        connection.close().await?;
        // The distance search stands on `earthdistance`, the one extension we use that only a superuser may install.
        let mut connection = PgConnection::connect_with(&options(&self.socket_dir, SUPERUSER, DATABASE)).await?;
        connection.execute("SET client_min_messages = warning").await?;
        connection.execute("CREATE EXTENSION IF NOT EXISTS cube").await?;
        connection.execute("CREATE EXTENSION IF NOT EXISTS earthdistance").await?;
        connection.close().await?;
        Ok(())
    }
}

impl Drop for EmbeddedPostgres {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            self.supervisor.stop(IMMEDIATE_SHUTDOWN);
            let _ = thread.join();
        }
    }
}

/// How to connect to the portal's database as whom.
#[derive(Debug, Clone)]
pub struct Roles {
    /// The running portal.
    pub app: PgConnectOptions,
    /// The owner: for migrations.
    pub owner: PgConnectOptions,
}

impl Roles {
    fn over(socket_dir: &Path) -> Self {
        Self { app: options(socket_dir, ROLE, DATABASE), owner: options(socket_dir, OWNER, DATABASE) }
    }
}

fn options(socket_dir: &Path, role: &str, database: &str) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass().socket(socket_dir).port(PORT).username(role).database(database)
}

fn url(socket_dir: &Path, role: &str, database: &str) -> String {
    let socket_dir = percent_encoding::percent_encode(socket_dir.as_os_str().as_bytes(), percent_encoding::NON_ALPHANUMERIC);
    format!("postgres://{role}@localhost:{PORT}/{database}?host={socket_dir}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_every_vendors_wording() {
        assert_eq!(parse_major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(parse_major("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(parse_major("postgres (MySQL) 15"), None);
        assert_eq!(parse_major(""), None);
    }

    #[test]
    fn a_long_data_directory_gets_a_short_socket_directory_that_stays_the_same() {
        let short = Path::new("/srv/certportal");
        assert_eq!(socket_dir(short), Path::new("/srv/certportal/postgres/socket"));
        let long = PathBuf::from(format!("/srv/{}", "x".repeat(90)));
        let fallback = socket_dir(&long);
        assert!(fallback.starts_with("/tmp") && fallback.as_os_str().len() < 60, "{}", fallback.display());
        assert_eq!(fallback, socket_dir(&long));
        assert_ne!(fallback, socket_dir(&long.join("other")));
    }

    #[test]
    fn the_url_survives_a_path_with_spaces_and_signs() {
        let url = url(Path::new("/srv/a b&c?/socket"), "certportal", "certportal");
        let options: PgConnectOptions = url.parse().expect("a URL that sqlx reads");
        assert_eq!(options.get_socket().map(PathBuf::as_path), Some(Path::new("/srv/a b&c?/socket")));
    }

    #[test]
    fn the_first_restart_is_immediate_and_a_server_that_keeps_dying_is_given_time() {
        let quick = Duration::from_secs(1);
        let first = next_backoff(None, quick);
        assert_eq!(first, Duration::ZERO);
        let second = next_backoff(Some(first), quick);
        assert_eq!(second, Duration::from_secs(1));
        assert_eq!(next_backoff(Some(second), quick), Duration::from_secs(2));
        assert_eq!(next_backoff(Some(LONGEST_BACKOFF), quick), LONGEST_BACKOFF);
        assert_eq!(next_backoff(Some(LONGEST_BACKOFF), STABLE_AFTER), Duration::ZERO);
    }

    #[test]
    fn errors_are_one_line_and_say_what_to_do() {
        let error = EmbeddedError::AlreadyRunning { data_dir: "/srv/data".into(), pid: Some(42) };
        assert_eq!(
            error.to_string(),
            "another certportal (process 42) is running on /srv/data: stop it, or give this one a directory of its own with --data"
        );
        assert!(!EmbeddedError::ProgramsMissing { searched: "PATH".into() }.to_string().contains('\n'));
    }
}
