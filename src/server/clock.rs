//! The one source of time. Real; settable in tests; movable forward by staff in demo mode.

use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// What time it is for the product. Cheap to clone; clones share their setting.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Kind>);

#[derive(Debug)]
enum Kind {
    /// The machine's clock, `ahead` milliseconds further (0 outside demo mode).
    Real { ahead_ms: AtomicI64 },
    /// Stands still until moved: tests.
    Fixed { at_us: AtomicI64, from_us: i64 },
}

impl Clock {
    pub fn real() -> Self {
        Self(Arc::new(Kind::Real { ahead_ms: AtomicI64::new(0) }))
    }

    /// A clock that stands at `at` until it is moved.
    pub fn fixed(at: DateTime<Utc>) -> Self {
        let at = at.timestamp_micros();
        Self(Arc::new(Kind::Fixed { at_us: AtomicI64::new(at), from_us: at }))
    }

    /// To the microsecond, as PostgreSQL keeps it: a value read back equals the one written.
    pub fn now(&self) -> DateTime<Utc> {
        match &*self.0 {
            Kind::Real { ahead_ms } => {
                // The one place that reads the machine's clock.
                #[allow(clippy::disallowed_methods)]
                let now = Utc::now() + TimeDelta::milliseconds(ahead_ms.load(Ordering::Relaxed));
                DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
            }
            Kind::Fixed { at_us, .. } => DateTime::from_timestamp_micros(at_us.load(Ordering::Relaxed)).unwrap_or_default(),
        }
    }

    /// Moves the time forward by `by` (negative: back).
    pub fn advance(&self, by: TimeDelta) {
        match &*self.0 {
            Kind::Real { ahead_ms } => ahead_ms.fetch_add(by.num_milliseconds(), Ordering::Relaxed),
            Kind::Fixed { at_us, .. } => at_us.fetch_add(by.num_microseconds().unwrap_or_default(), Ordering::Relaxed),
        };
    }

    /// How far ahead of the machine's clock (a fixed clock: of its beginning) this one is.
    pub fn ahead(&self) -> TimeDelta {
        match &*self.0 {
            Kind::Real { ahead_ms } => TimeDelta::milliseconds(ahead_ms.load(Ordering::Relaxed)),
            Kind::Fixed { at_us, from_us } => TimeDelta::microseconds(at_us.load(Ordering::Relaxed) - from_us),
        }
    }

    /// What time people's own devices show: an authenticator app does not follow the demo's clock when staff move it.
    pub fn device_now(&self) -> DateTime<Utc> {
        match &*self.0 {
            Kind::Real { .. } => self.now() - self.ahead(),
            Kind::Fixed { .. } => self.now(),
        }
    }
}
