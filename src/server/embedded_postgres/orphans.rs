//! Servers that a killed program left behind.

use super::*;

/// Stops whatever PostgreSQL still runs in `cluster` and removes a pid file that belongs to nobody.
///
/// We hold the lock of the data directory, so such a server is nobody's any more. It can't be taken over: a process that is not our child can't be
/// waited for, and a restart would race with it.
pub(super) fn stop_orphans(cluster: &Path) -> Result<()> {
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

pub(super) fn recorded_postmaster(cluster: &Path) -> Option<Pid> {
    let pid_file = fs::read_to_string(cluster.join("postmaster.pid")).ok()?;
    let pid: i32 = pid_file.lines().next()?.trim().parse().ok()?;
    (pid > 1).then(|| Pid::from_raw(pid))
}

/// Whether the process is a PostgreSQL that works in this cluster: by program and working directory. A zombie has neither.
pub(super) fn is_server_of(pid: Pid, cluster: &Path) -> bool {
    let proc = PathBuf::from(format!("/proc/{pid}"));
    let program = fs::read_link(proc.join("exe"));
    // "postgres (deleted)" after an upgrade of the package.
    let is_postgres = program.is_ok_and(|exe| exe.file_name().is_some_and(|name| name.as_bytes().starts_with(b"postgres")));
    let (Ok(theirs), Ok(ours)) = (fs::metadata(proc.join("cwd")), fs::metadata(cluster)) else { return false };
    is_postgres && theirs.dev() == ours.dev() && theirs.ino() == ours.ino()
}

pub(super) fn servers_of(cluster: &Path) -> Vec<Pid> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).map(Pid::from_raw);
    pids.filter(|pid| is_server_of(*pid, cluster)).collect()
}

/// Sends the signal and waits until all of them are gone; `false` when the time is up.
pub(super) fn end_and_wait(cluster: &Path, pids: &[Pid], signal: Signal, patience: Duration) -> bool {
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
