//! Password hashes are dear by design: a bounded queue before a few cores, so that a login storm does not starve the pages
//! (security.md, "Cost of a password").

use super::database::internal;
use crate::error::{AppError, AppResult};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use tokio::sync::Semaphore;

/// As many may wait for a core; who comes later is told to come back.
pub const QUEUE: usize = 64;

pub struct Hashing {
    cores: Arc<Semaphore>,
    waiting: AtomicUsize,
    begun: AtomicU64,
}

impl Hashing {
    /// One core is left to the pages, where there are several.
    pub fn new() -> Arc<Self> {
        let at_once = std::thread::available_parallelism().map_or(1, |cores| cores.get().saturating_sub(1).max(1));
        Arc::new(Self { cores: Arc::new(Semaphore::new(at_once)), waiting: AtomicUsize::new(0), begun: AtomicU64::new(0) })
    }

    /// A place in the queue. Taken before an attempt is counted: who finds none has not tried.
    ///
    /// # Errors
    /// [`AppError::Unavailable`]: too many are waiting.
    pub fn place(self: &Arc<Self>) -> AppResult<Place> {
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        let place = Place(self.clone());
        if before < QUEUE { Ok(place) } else { Err(AppError::Unavailable) }
    }

    /// How many hashes were begun since the start: tells whether an answer that must not tell anything has hashed.
    pub fn begun(&self) -> u64 {
        self.begun.load(Ordering::Relaxed)
    }
}

/// Given back when it is dropped.
pub struct Place(Arc<Hashing>);

impl Place {
    /// Runs `work` on a blocking thread, as soon as a core is free.
    ///
    /// # Errors
    /// [`AppError::Internal`]: the work panicked.
    pub async fn run<T: Send + 'static>(self, work: impl FnOnce() -> T + Send + 'static) -> AppResult<T> {
        let permit = self.0.cores.clone().acquire_owned().await.map_err(|_| AppError::Unavailable)?;
        self.0.begun.fetch_add(1, Ordering::Relaxed);
        let result = tokio::task::spawn_blocking(move || {
            // Held until the work is done, also when the request has gone away.
            let _held = (permit, self);
            work()
        });
        result.await.map_err(|error| internal(&error))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}
