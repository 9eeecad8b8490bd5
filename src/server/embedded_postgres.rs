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

// ---------------------------------------------------------------------------------------------------------------- directories and the lock

fn create_data_dir(path: &Path) -> Result<PathBuf> {
    // The server's key and people's documents live here: nobody else may look. An existing directory keeps the mode its owner gave it.
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(file_error("create", path))?;
    fs::canonicalize(path).map_err(file_error("read", path))
}

fn lock(data_dir: &Path) -> Result<File> {
    let path = data_dir.join("lock");
    let mut file =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(file_error("create", &path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut owner = String::new();
            let _ = file.read_to_string(&mut owner);
            return Err(EmbeddedError::AlreadyRunning { data_dir: data_dir.to_owned(), pid: owner.trim().parse().ok() });
        }
        Err(TryLockError::Error(source)) => return Err(file_error("lock", &path)(source)),
    }
    // The pid is for the reader of the error message; the lock itself is the kernel's and ends with the process, however that ends.
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| writeln!(file, "{}", std::process::id()))
        .map_err(file_error("write", &path))?;
    Ok(file)
}

fn create_dir(path: &Path, mode: u32, owner: Option<(Uid, Gid)>) -> Result<()> {
    match DirBuilder::new().mode(mode).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        other => other.map_err(file_error("create", path))?,
    }
    if let Some((uid, gid)) = owner {
        chown(path, Some(uid.as_raw()), Some(gid.as_raw())).map_err(file_error("give away", path))?;
    }
    Ok(())
}

/// Where the socket lies: in the data directory, or, when that path is too long for a socket's address, in a short directory with a name
/// that is always the same for the same data directory (other commands find it without asking).
fn socket_dir(data_dir: &Path) -> PathBuf {
    let beside_cluster = data_dir.join("postgres/socket");
    let file_name = format!("/.s.PGSQL.{PORT}");
    if beside_cluster.as_os_str().len() + file_name.len() <= LONGEST_SOCKET_PATH {
        return beside_cluster;
    }
    let digest = Sha256::digest(data_dir.as_os_str().as_bytes());
    let name: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    // Not $TMPDIR or $XDG_RUNTIME_DIR: they differ between a login, cron and systemd, and may be long themselves.
    PathBuf::from(format!("/tmp/certportal-{}-{name}", geteuid()))
}

fn create_socket_dir(path: &Path, runner: &Runner) -> Result<()> {
    create_dir(path, 0o700, None)?;
    let metadata = fs::symlink_metadata(path).map_err(file_error("read", path))?;
    // In /tmp somebody else may have made it first, and would then own our door.
    let mine = metadata.uid() == geteuid().as_raw() || metadata.uid() == runner.uid.as_raw();
    if !metadata.is_dir() || !mine {
        let source = io::Error::new(io::ErrorKind::PermissionDenied, "it exists and is not ours");
        return Err(file_error("use", path)(source));
    }
    fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(file_error("protect", path))?;
    chown(path, Some(runner.uid.as_raw()), Some(runner.gid.as_raw())).map_err(file_error("give away", path))
}

// ----------------------------------------------------------------------------------------------------------------------- who runs it, and what

/// The user that runs PostgreSQL.
#[derive(Debug, Clone, Copy)]
struct Runner {
    uid: Uid,
    gid: Gid,
    /// We are root and have to step down to the user above.
    steps_down: bool,
}

impl Runner {
    fn choose(cluster: &Path, settings: &EmbeddedSettings) -> Result<Self> {
        let me = geteuid();
        let owner = match fs::metadata(cluster) {
            Ok(metadata) => Some((Uid::from_raw(metadata.uid()), Gid::from_raw(metadata.gid()))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(file_error("read", cluster)(error)),
        };
        match owner {
            Some((uid, _)) if !me.is_root() && uid != me => {
                Err(EmbeddedError::ForeignCluster { path: cluster.to_owned(), owner: uid.as_raw(), me: me.as_raw() })
            }
            // Whoever made the cluster goes on with it, whatever the setting says now: no recursive chown behind anybody's back.
            Some((uid, gid)) if me.is_root() && !uid.is_root() => Ok(Self { uid, gid, steps_down: true }),
            _ if me.is_root() => {
                let names = settings.run_as.as_deref().map_or_else(|| vec!["postgres", "nobody"], |name| vec![name]);
                let user = names.iter().find_map(|name| User::from_name(name).ok().flatten()).filter(|user| !user.uid.is_root());
                let user = user.ok_or_else(|| EmbeddedError::NoUnprivilegedUser(names.join(" or ")))?;
                Ok(Self { uid: user.uid, gid: user.gid, steps_down: true })
            }
            _ => Ok(Self { uid: me, gid: nix::unistd::getegid(), steps_down: false }),
        }
    }

    fn owner(&self) -> Option<(Uid, Gid)> {
        self.steps_down.then_some((self.uid, self.gid))
    }

    /// A command that runs as this user with nothing inherited: a stray `PGDATA`, `PGOPTIONS` or locale of the caller must not reach the server.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("LC_ALL", "C").env("TZ", "UTC");
        command.current_dir("/").stdin(Stdio::null());
        if self.steps_down {
            // With a user id given, the standard library drops the supplementary groups as well.
            command.uid(self.uid.as_raw()).gid(self.gid.as_raw());
        }
        command
    }

    /// A name by which this user can reach `directory`: the path itself, or an open descriptor of it that the child inherits.
    fn door(&self, directory: &Path) -> Result<Door> {
        if !self.steps_down || !Path::new("/proc/self/fd").is_dir() {
            return Ok(Door { name: directory.to_owned(), _handle: None });
        }
        let handle = File::open(directory).map_err(file_error("open", directory))?;
        fcntl(&handle, FcntlArg::F_SETFD(FdFlag::empty())).map_err(|errno| file_error("open", directory)(errno.into()))?;
        Ok(Door { name: PathBuf::from(format!("/proc/self/fd/{}", handle.as_raw_fd())), _handle: Some(handle) })
    }
}

/// See [`Runner::door`]; to be kept until the child has been spawned.
#[derive(Debug)]
struct Door {
    name: PathBuf,
    _handle: Option<File>,
}

/// PostgreSQL's server programs of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Programs {
    bin_dir: PathBuf,
    major: u32,
}

impl Programs {
    /// The version that made the cluster; the newest there is, when there is no cluster yet.
    fn find(cluster: &Path, settings: &EmbeddedSettings) -> Result<Self> {
        let candidates = settings.bin_dir.clone().map_or_else(candidate_bin_dirs, |dir| vec![dir]);
        let mut installed: Vec<Self> = candidates.iter().filter_map(|dir| Self::at(dir)).collect();
        installed.sort_by_key(|programs| std::cmp::Reverse(programs.major));
        let wanted = match fs::read_to_string(cluster.join("PG_VERSION")) {
            Ok(version) => version.trim().parse::<u32>().ok(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(file_error("read", &cluster.join("PG_VERSION"))(error)),
        };
        if let Some(cluster_major) = wanted {
            let versions: Vec<_> = installed.iter().map(|programs| programs.major.to_string()).collect();
            return installed.into_iter().find(|programs| programs.major == cluster_major).ok_or_else(|| EmbeddedError::WrongVersion {
                path: cluster.to_owned(),
                cluster: cluster_major,
                installed: if versions.is_empty() { "none".to_owned() } else { versions.join(", ") },
            });
        }
        installed.into_iter().find(|programs| programs.major >= OLDEST_MAJOR).ok_or_else(|| {
            let searched: Vec<_> = candidates.iter().map(|dir| dir.display().to_string()).collect();
            EmbeddedError::ProgramsMissing { searched: if searched.is_empty() { "PATH".to_owned() } else { searched.join(", ") } }
        })
    }

    fn at(bin_dir: &Path) -> Option<Self> {
        if !bin_dir.join("initdb").is_file() {
            return None;
        }
        let output = Command::new(bin_dir.join("postgres")).arg("--version").output().ok()?;
        let major = parse_major(&String::from_utf8_lossy(&output.stdout))?;
        Some(Self { bin_dir: bin_dir.to_owned(), major })
    }

    fn program(&self, name: &str) -> PathBuf {
        self.bin_dir.join(name)
    }
}

/// The major version in what `postgres --version` prints: `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`, `… 18beta1`.
fn parse_major(version: &str) -> Option<u32> {
    let number = version.split_once("(PostgreSQL) ")?.1;
    let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

fn candidate_bin_dirs() -> Vec<PathBuf> {
    let mut dirs = Vec::new();
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output()
        && output.status.success()
    {
        dirs.push(PathBuf::from(OsStr::from_bytes(output.stdout.trim_ascii())));
    }
    // Debian and Ubuntu, Red Hat's own packages, PostgreSQL's packages for Red Hat, Homebrew.
    for (parent, below) in [("/usr/lib/postgresql", "bin"), ("/usr/pgsql", "bin"), ("/opt/homebrew/opt", "bin"), ("/usr/local/opt", "bin")]
    {
        let entries = fs::read_dir(parent).into_iter().flatten().flatten();
        dirs.extend(entries.map(|entry| entry.path().join(below)).filter(|dir| dir.join("initdb").is_file()));
    }
    // Whoever has them on the PATH may have put them anywhere. `which` by hand: a shell would only be one more thing to miss.
    #[allow(clippy::disallowed_methods, reason = "PATH is the system's, not a setting of the portal")]
    let path = std::env::var_os("PATH").unwrap_or_default();
    for dir in std::env::split_paths(&path).filter(|dir| dir.join("initdb").is_file()) {
        // A symbolic link in /usr/bin leads to a directory that has the other programs as well.
        let program = fs::canonicalize(dir.join("initdb")).unwrap_or_else(|_| dir.join("initdb"));
        dirs.extend(program.parent().map(Path::to_owned));
    }
    dirs.sort();
    dirs.dedup();
    dirs
}

fn init_cluster(cluster: &Path, programs: &Programs, runner: &Runner, settings: &EmbeddedSettings) -> Result<()> {
    tracing::info!(postgres.version = programs.major, path = %cluster.display(), "creating the embedded database (a few seconds)");
    // Made beside its place and moved there when complete: an initdb that was killed half-way leaves no half cluster behind.
    let draft = cluster.with_extension("new");
    if draft.exists() {
        fs::remove_dir_all(&draft).map_err(file_error("remove", &draft))?;
    }
    create_dir(&draft, 0o700, runner.owner())?;
    let door = runner.door(&draft)?;
    let initdb = programs.program("initdb");
    let mut command = runner.command(&initdb);
    command.arg("-D").arg(&door.name).args([
        "--data-checksums",
        "--encoding=UTF8",
        "--no-instructions",
        // Who reaches the socket (its directory is 0700) is the owner; there is no other way in.
        "--auth-local=trust",
        "--auth-host=reject",
        "--text-search-config=english",
    ]);
    command.arg(format!("--username={SUPERUSER}"));
    if programs.major >= 17 {
        // Sorts by code point like C.UTF-8, and stays the same when the system's C library is upgraded under the indexes.
        command.args(["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]);
    } else {
        command.arg("--locale=C.UTF-8");
    }
    if !settings.durable {
        command.arg("--no-sync");
    }
    let output = command.output().map_err(|source| EmbeddedError::Spawn { program: initdb, source })?;
    if !output.status.success() {
        let _ = fs::remove_dir_all(&draft);
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(EmbeddedError::InitFailed { path: cluster.to_owned(), status: output.status, output: one_line(said.lines()) });
    }
    fs::rename(&draft, cluster).map_err(file_error("create", cluster))?;
    let parent = cluster.parent().unwrap_or(cluster);
    File::open(parent).and_then(|dir| dir.sync_all()).map_err(file_error("sync", parent))
}

fn one_line<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    lines.map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ")
}

// --------------------------------------------------------------------------------------------------------------------- orphans of a killed program

/// Stops whatever PostgreSQL still runs in `cluster` and removes a pid file that belongs to nobody.
///
/// We hold the lock of the data directory, so such a server is nobody's any more. It can't be taken over: a process that is not our child can't be
/// waited for, and a restart would race with it.
fn stop_orphans(cluster: &Path) -> Result<()> {
    if let Some(postmaster) = recorded_postmaster(cluster).filter(|pid| is_server_of(*pid, cluster)) {
        tracing::warn!(postgres.pid = postmaster.as_raw(), "stopping the PostgreSQL that a killed certportal left behind");
        let stopped = end_and_wait(cluster, &[postmaster], Signal::SIGINT, FAST_SHUTDOWN)
            || end_and_wait(cluster, &[postmaster], Signal::SIGQUIT, IMMEDIATE_SHUTDOWN);
        if !stopped && !end_and_wait(cluster, &[postmaster], Signal::SIGKILL, IMMEDIATE_SHUTDOWN) {
            return Err(EmbeddedError::Orphan { pid: postmaster.as_raw(), path: cluster.to_owned() });
        }
    }
    // After the postmaster was killed, its backends notice and end, but one in the middle of a long statement may take its time. A new postmaster
    // refuses to start as long as one of them holds the shared memory.
    let left = servers_of(cluster);
    if !left.is_empty() && !end_and_wait(cluster, &left, Signal::SIGQUIT, IMMEDIATE_SHUTDOWN) {
        let left = servers_of(cluster);
        if !end_and_wait(cluster, &left, Signal::SIGKILL, IMMEDIATE_SHUTDOWN) {
            let pid = left.first().map_or(0, |pid| pid.as_raw());
            return Err(EmbeddedError::Orphan { pid, path: cluster.to_owned() });
        }
    }
    if !Path::new("/proc/self").exists() {
        // Without /proc nothing was looked at above, and PostgreSQL's own, more careful check has to do.
        return Ok(());
    }
    // No server is left in this directory: what the pid file names is dead, a zombie, or another program with a recycled pid. PostgreSQL would
    // refuse to start because of the latter two.
    let pid_file = cluster.join("postmaster.pid");
    match fs::remove_file(&pid_file) {
        Ok(()) => {
            tracing::info!("removed the stale pid file of the embedded PostgreSQL");
            Ok(())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(file_error("remove", &pid_file)(error)),
    }
}

fn recorded_postmaster(cluster: &Path) -> Option<Pid> {
    let pid_file = fs::read_to_string(cluster.join("postmaster.pid")).ok()?;
    let pid: i32 = pid_file.lines().next()?.trim().parse().ok()?;
    (pid > 1).then(|| Pid::from_raw(pid))
}

/// Whether the process is a PostgreSQL that works in this cluster: by program and working directory. A zombie has neither.
fn is_server_of(pid: Pid, cluster: &Path) -> bool {
    let proc = PathBuf::from(format!("/proc/{pid}"));
    let program = fs::read_link(proc.join("exe"));
    // "postgres (deleted)" after an upgrade of the package.
    let is_postgres = program.is_ok_and(|exe| exe.file_name().is_some_and(|name| name.as_bytes().starts_with(b"postgres")));
    let (Ok(theirs), Ok(ours)) = (fs::metadata(proc.join("cwd")), fs::metadata(cluster)) else { return false };
    is_postgres && theirs.dev() == ours.dev() && theirs.ino() == ours.ino()
}

fn servers_of(cluster: &Path) -> Vec<Pid> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).map(Pid::from_raw);
    pids.filter(|pid| is_server_of(*pid, cluster)).collect()
}

/// Sends the signal and waits until all of them are gone; `false` when the time is up.
fn end_and_wait(cluster: &Path, pids: &[Pid], signal: Signal, patience: Duration) -> bool {
    for pid in pids {
        let _ = kill(*pid, signal);
    }
    let deadline = Instant::now() + patience;
    while pids.iter().any(|pid| is_server_of(*pid, cluster)) {
        if Instant::now() >= deadline {
            return false;
        }
        thread::sleep(POLL);
    }
    true
}

// ------------------------------------------------------------------------------------------------------------------------------- the server itself

/// Everything that is needed to start the server, at first and after it died.
#[derive(Debug)]
struct Launcher {
    programs: Programs,
    runner: Runner,
    settings: EmbeddedSettings,
    cluster: PathBuf,
    socket_dir: PathBuf,
}

#[derive(Debug)]
struct Server {
    child: Child,
    started: Instant,
}

impl Launcher {
    /// Starts `postgres` as a direct child and waits until it accepts connections.
    fn launch(&self) -> Result<Server> {
        let (cluster, socket) = (self.runner.door(&self.cluster)?, self.runner.door(&self.socket_dir)?);
        let program = self.programs.program("postgres");
        let mut command = self.runner.command(&program);
        command.arg("-D").arg(&cluster.name);
        for setting in self.server_settings(&socket.name) {
            command.arg("-c").arg(setting);
        }
        // A group of its own: Ctrl-C on the terminal reaches us, and we stop the server after the last request is answered.
        command.process_group(0).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|source| EmbeddedError::Spawn { program, source })?;
        let last_words = LastWords::default();
        let (log_is_open, log_ended) = mpsc::channel::<()>();
        if let Some(stderr) = child.stderr.take() {
            let last_words = last_words.clone();
            thread::Builder::new()
                .name("postgres-log".to_owned())
                .spawn(move || {
                    forward_log(BufReader::new(stderr), &last_words);
                    drop(log_is_open);
                })
                .map_err(|error| EmbeddedError::Helper(error.to_string()))?;
        }
        // In an error message the descriptor's name would tell the reader nothing.
        let last_words = || {
            // The process may have ended before its last line was read.
            let _ = log_ended.recv_timeout(Duration::from_secs(1));
            last_words.joined().replace(&cluster.name.display().to_string(), &self.cluster.display().to_string())
        };
        self.wait_until_ready(Server { child, started: Instant::now() }, last_words)
    }

    fn wait_until_ready(&self, mut server: Server, last_words: impl Fn() -> String) -> Result<Server> {
        let deadline = server.started + self.settings.start_timeout;
        let mut patience_until = server.started + Duration::from_secs(10);
        let pid = server.child.id().to_string();
        loop {
            if let Ok(Some(status)) = server.child.try_wait() {
                return Err(EmbeddedError::StartFailed { status, output: last_words() });
            }
            // The eighth line of the pid file is how pg_ctl knows as well.
            let pid_file = fs::read_to_string(self.cluster.join("postmaster.pid")).unwrap_or_default();
            let mut lines = pid_file.lines();
            if lines.next().map(str::trim) == Some(&pid) && lines.nth(6).map(str::trim) == Some("ready") {
                return Ok(server);
            }
            let now = Instant::now();
            if now >= deadline {
                end_child(&mut server.child);
                return Err(EmbeddedError::StartTimeout { waited: self.settings.start_timeout, output: last_words() });
            }
            if now >= patience_until {
                tracing::info!("the embedded PostgreSQL is still starting (recovery after a crash takes its time)");
                patience_until += Duration::from_secs(10);
            }
            thread::sleep(POLL);
        }
    }

    fn server_settings(&self, socket_dir: &Path) -> Vec<String> {
        let durable = if self.settings.durable { "on" } else { "off" };
        vec![
            "listen_addresses=".to_owned(),
            format!("port={PORT}"),
            format!("unix_socket_directories={}", socket_dir.display()),
            "unix_socket_permissions=0700".to_owned(),
            format!("max_connections={}", self.settings.max_connections),
            format!("shared_buffers={}MB", self.settings.shared_buffers_mib),
            format!("fsync={durable}"),
            format!("synchronous_commit={durable}"),
            format!("full_page_writes={durable}"),
            "wal_compression=on".to_owned(),
            "max_wal_size=512MB".to_owned(),
            "TimeZone=UTC".to_owned(),
            "log_timezone=UTC".to_owned(),
            // Short transactional statements only: a compiled plan or a parallel worker costs more than it saves.
            "jit=off".to_owned(),
            "max_parallel_workers_per_gather=0".to_owned(),
            // A statement's values are people's data: neither statement nor detail gets into a log.
            "log_min_error_statement=panic".to_owned(),
            "log_error_verbosity=terse".to_owned(),
            "log_checkpoints=off".to_owned(),
            "log_autovacuum_min_duration=-1".to_owned(),
            "logging_collector=off".to_owned(),
            "log_destination=stderr".to_owned(),
            "log_line_prefix=%b|".to_owned(),
            "lc_messages=C".to_owned(),
        ]
    }
}

fn end_child(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// The last lines PostgreSQL wrote: the reason, when it doesn't start.
#[derive(Debug, Clone, Default)]
struct LastWords(Arc<Mutex<VecDeque<String>>>);

impl LastWords {
    fn push(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == 6 {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    fn joined(&self) -> String {
        one_line(self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().map(String::as_str))
    }
}

/// Passes PostgreSQL's log on, line by line, until it has ended.
fn forward_log(mut stderr: impl BufRead, last_words: &LastWords) {
    let mut line = Vec::new();
    while matches!(stderr.read_until(b'\n', &mut line), Ok(length) if length > 0) {
        let text = String::from_utf8_lossy(&line);
        let (backend, message) = text.trim_end().split_once('|').unwrap_or(("postmaster", text.trim_end()));
        // What a client backend reports as an error was reported to the client, that is to us, and is logged there with its meaning.
        if message.starts_with("PANIC") || message.starts_with("FATAL") && backend != "client backend" {
            tracing::error!(target: "postgres", backend, "{message}");
        } else if (message.starts_with("ERROR") || message.starts_with("WARNING")) && backend != "client backend" {
            tracing::warn!(target: "postgres", backend, "{message}");
        } else {
            tracing::debug!(target: "postgres", backend, "{message}");
        }
        last_words.push(message.to_owned());
        line.clear();
    }
}

// ------------------------------------------------------------------------------------------------------------------------------------ the supervisor

/// Shared between the handle, which asks for the end, and the thread that waits for the server and starts it again.
#[derive(Debug)]
struct Supervisor {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    /// Set exactly as long as the process has not been reaped, so a signal never hits a stranger with a recycled pid.
    postmaster: Option<Pid>,
    stopping: bool,
}

impl Supervisor {
    fn new(child: &Child) -> Self {
        Self { state: Mutex::new(State { postmaster: Some(pid_of(child)), stopping: false }), changed: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, launcher: &Launcher, mut server: Server) {
        let mut backoff = None;
        loop {
            let status = self.wait_for_end(&mut server.child);
            if self.state().stopping {
                tracing::info!("embedded PostgreSQL has stopped");
                return;
            }
            tracing::error!(status = %status, "embedded PostgreSQL died; starting it again");
            let mut pause = next_backoff(backoff, server.started.elapsed());
            server = loop {
                if self.stop_requested_within(pause) {
                    return;
                }
                backoff = Some(pause);
                match stop_orphans(&launcher.cluster).and_then(|()| launcher.launch()) {
                    Ok(server) => break server,
                    Err(error) => {
                        tracing::error!(%error, "embedded PostgreSQL could not be started again; trying on");
                        pause = next_backoff(backoff, Duration::ZERO);
                    }
                }
            };
            let mut state = self.state();
            state.postmaster = Some(pid_of(&server.child));
            if state.stopping {
                // Asked to stop while it started: nobody has signalled this one yet.
                let _ = kill(pid_of(&server.child), Signal::SIGINT);
            } else {
                tracing::info!(postgres.pid = server.child.id(), "embedded PostgreSQL is ready again");
            }
        }
    }

    /// Waits without reaping first, so that the pid stays ours until it is taken out of the state.
    fn wait_for_end(&self, child: &mut Child) -> String {
        while let Err(nix::errno::Errno::EINTR) = waitid(Id::Pid(pid_of(child)), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT) {}
        let mut state = self.state();
        state.postmaster = None;
        let status = child.wait();
        drop(state);
        self.changed.notify_all();
        status.map_or_else(|error| error.to_string(), |status| status.to_string())
    }

    fn stop_requested_within(&self, patience: Duration) -> bool {
        let waited = self.changed.wait_timeout_while(self.state(), patience, |state| !state.stopping);
        waited.unwrap_or_else(PoisonError::into_inner).0.stopping
    }

    /// Asks for the end with growing insistence and returns when there is no server process any more.
    fn stop(&self, patience: Duration) {
        let mut state = self.state();
        state.stopping = true;
        self.changed.notify_all();
        for (signal, patience) in [(Signal::SIGINT, patience), (Signal::SIGQUIT, IMMEDIATE_SHUTDOWN), (Signal::SIGKILL, IMMEDIATE_SHUTDOWN)]
        {
            let Some(pid) = state.postmaster else { return };
            if signal != Signal::SIGINT {
                tracing::warn!(%signal, "embedded PostgreSQL takes long to stop; insisting");
            }
            let _ = kill(pid, signal);
            let waited = self.changed.wait_timeout_while(state, patience, |state| state.postmaster.is_some());
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

fn pid_of(child: &Child) -> Pid {
    // Linux pids fit into 22 bits.
    Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX))
}

/// At once at the first time and after a long life; else 1, 2, 4 … up to 30 seconds.
fn next_backoff(last: Option<Duration>, lived: Duration) -> Duration {
    match last {
        Some(last) if lived < STABLE_AFTER => (last * 2).clamp(Duration::from_secs(1), LONGEST_BACKOFF),
        _ => Duration::ZERO,
    }
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
