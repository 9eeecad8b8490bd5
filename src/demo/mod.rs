//! Demo mode: the clock that staff can move forward, the local mailbox, the style guide. Production has none of it.

mod api;
#[cfg(feature = "ssr")]
pub mod clock;

pub use api::AdvanceClock;
