//! Demo mode: the clock that staff can move forward, the local mailbox, the style guide. Production
//! has none of it.

mod api;
#[cfg(feature = "ssr")]
pub mod clock;
#[cfg(feature = "ssr")]
mod mailbox;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod routes;
#[cfg(feature = "ssr")]
mod store;

pub use api::AdvanceClock;
