//! Scheduling: test centres and online lanes, free times, holds, appointments.

#[cfg(feature = "ssr")]
pub mod service;
