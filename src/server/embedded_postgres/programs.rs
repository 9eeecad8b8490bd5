//! Who runs PostgreSQL, and which of its programs.

use super::*;

/// The user that runs PostgreSQL.
#[derive(Debug, Clone, Copy)]
pub(super) struct Runner {
    pub(super) uid: Uid,
    pub(super) gid: Gid,
    /// We are root and have to step down to the user above.
    pub(super) steps_down: bool,
}

impl Runner {
    pub(super) fn choose(cluster: &Path, settings: &EmbeddedSettings) -> Result<Self> {
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

    pub(super) fn owner(&self) -> Option<(Uid, Gid)> {
        self.steps_down.then_some((self.uid, self.gid))
    }

    /// A command that runs as this user with nothing inherited: a stray `PGDATA`, `PGOPTIONS` or locale of the caller must not reach the server.
    pub(super) fn command(&self, program: &Path) -> Command {
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
    pub(super) fn door(&self, directory: &Path) -> Result<Door> {
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
pub(super) struct Door {
    pub(super) name: PathBuf,
    pub(super) _handle: Option<File>,
}

/// PostgreSQL's server programs of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Programs {
    pub(super) bin_dir: PathBuf,
    pub(super) major: u32,
}

impl Programs {
    /// The version that made the cluster; the newest there is, when there is no cluster yet.
    pub(super) fn find(cluster: &Path, settings: &EmbeddedSettings) -> Result<Self> {
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

    pub(super) fn at(bin_dir: &Path) -> Option<Self> {
        if !bin_dir.join("initdb").is_file() {
            return None;
        }
        let output = Command::new(bin_dir.join("postgres")).arg("--version").output().ok()?;
        let major = parse_major(&String::from_utf8_lossy(&output.stdout))?;
        Some(Self { bin_dir: bin_dir.to_owned(), major })
    }

    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.bin_dir.join(name)
    }
}

/// The major version in what `postgres --version` prints: `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`, `… 18beta1`.
pub(super) fn parse_major(version: &str) -> Option<u32> {
    let number = version.split_once("(PostgreSQL) ")?.1;
    let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

pub(super) fn candidate_bin_dirs() -> Vec<PathBuf> {
    let mut dirs = Vec::new();
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output()
        && output.status.success()
    {
        dirs.push(PathBuf::from(OsStr::from_bytes(output.stdout.trim_ascii())));
    }
    // Debian and Ubuntu, PostgreSQL's packages for Red Hat (`/usr/pgsql-17`; Red Hat's own lie in /usr/bin), Homebrew.
    for (parent, start) in
        [("/usr/lib/postgresql", ""), ("/usr", "pgsql-"), ("/opt/homebrew/opt", "postgresql"), ("/usr/local/opt", "postgresql")]
    {
        let entries = fs::read_dir(parent).into_iter().flatten().flatten();
        let versions = entries.filter(|entry| entry.file_name().as_encoded_bytes().starts_with(start.as_bytes()));
        dirs.extend(versions.map(|entry| entry.path().join("bin")).filter(|dir| dir.join("initdb").is_file()));
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

pub(super) fn init_cluster(cluster: &Path, programs: &Programs, runner: &Runner, settings: &EmbeddedSettings) -> Result<()> {
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

pub(super) fn one_line<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    lines.map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ")
}
