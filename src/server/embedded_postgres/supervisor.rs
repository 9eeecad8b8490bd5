//! What keeps the server running.

use super::*;

/// Shared between the handle, which asks for the end, and the thread that waits for the server and starts it again.
#[derive(Debug)]
pub(super) struct Supervisor {
    pub(super) state: Mutex<State>,
    pub(super) changed: Condvar,
}

#[derive(Debug)]
pub(super) struct State {
    /// Set exactly as long as the process has not been reaped, so a signal never hits a stranger with a recycled pid.
    pub(super) postmaster: Option<Pid>,
    pub(super) stopping: bool,
}

impl Supervisor {
    pub(super) fn new(child: &Child) -> Self {
        Self { state: Mutex::new(State { postmaster: Some(pid_of(child)), stopping: false }), changed: Condvar::new() }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn run(&self, launcher: &Launcher, mut server: Server) {
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
    pub(super) fn wait_for_end(&self, child: &mut Child) -> String {
        while let Err(nix::errno::Errno::EINTR) = waitid(Id::Pid(pid_of(child)), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT) {}
        let mut state = self.state();
        state.postmaster = None;
        let status = child.wait();
        drop(state);
        self.changed.notify_all();
        status.map_or_else(|error| error.to_string(), |status| status.to_string())
    }

    pub(super) fn stop_requested_within(&self, patience: Duration) -> bool {
        let waited = self.changed.wait_timeout_while(self.state(), patience, |state| !state.stopping);
        waited.unwrap_or_else(PoisonError::into_inner).0.stopping
    }

    /// Asks for the end with growing insistence and returns when there is no server process any more.
    pub(super) fn stop(&self, patience: Duration) {
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

pub(super) fn pid_of(child: &Child) -> Pid {
    // Linux pids fit into 22 bits.
    Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX))
}

/// At once at the first time and after a long life; else 1, 2, 4 … up to 30 seconds.
pub(super) fn next_backoff(last: Option<Duration>, lived: Duration) -> Duration {
    match last {
        Some(last) if lived < STABLE_AFTER => (last * 2).clamp(Duration::from_secs(1), LONGEST_BACKOFF),
        _ => Duration::ZERO,
    }
}
