//! The server itself.

use super::*;

/// Everything that is needed to start the server, at first and after it died.
#[derive(Debug)]
pub(super) struct Launcher {
    pub(super) programs: Programs,
    pub(super) runner: Runner,
    pub(super) settings: EmbeddedSettings,
    pub(super) cluster: PathBuf,
    pub(super) socket_dir: PathBuf,
}

#[derive(Debug)]
pub(super) struct Server {
    pub(super) child: Child,
    pub(super) started: Instant,
}

impl Launcher {
    /// Starts `postgres` as a direct child and waits until it accepts connections.
    pub(super) fn launch(&self) -> Result<Server> {
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

    pub(super) fn wait_until_ready(&self, mut server: Server, last_words: impl Fn() -> String) -> Result<Server> {
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

    pub(super) fn server_settings(&self, socket_dir: &Path) -> Vec<String> {
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
            format!("wal_compression={durable}"),
            "max_wal_size=512MB".to_owned(),
            "TimeZone=UTC".to_owned(),
            "log_timezone=UTC".to_owned(),
            // Short transactional statements only: a compiled plan or a parallel worker costs more than it saves.
            "jit=off".to_owned(),
            "max_parallel_workers_per_gather=0".to_owned(),
            // The portal's data fit in memory: a row by its key is no dearer than the next one. And statistics follow a table that grows within
            // seconds: what a connection has planned for a handful of rows is not kept for thousands.
            "random_page_cost=1.1".to_owned(),
            "autovacuum_naptime=15s".to_owned(),
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

pub(super) fn end_child(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// The last lines PostgreSQL wrote: the reason, when it doesn't start.
#[derive(Debug, Clone, Default)]
pub(super) struct LastWords(pub(super) Arc<Mutex<VecDeque<String>>>);

impl LastWords {
    pub(super) fn push(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == 6 {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    pub(super) fn joined(&self) -> String {
        one_line(self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().map(String::as_str))
    }
}

/// Passes PostgreSQL's log on, line by line, until it has ended.
pub(super) fn forward_log(mut stderr: impl BufRead, last_words: &LastWords) {
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
