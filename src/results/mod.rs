//! Results: a delivery partner's file comes in, is checked, applied and released; the candidate reads a score report.

mod api;
#[cfg(feature = "ssr")]
pub mod check;
pub mod corrections;
#[cfg(feature = "ssr")]
pub mod csv_file;
#[cfg(feature = "ssr")]
pub mod demo;
#[cfg(feature = "ssr")]
mod mails;
#[cfg(feature = "ssr")]
pub mod model;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod routes;
#[cfg(feature = "ssr")]
pub mod rules;
#[cfg(feature = "ssr")]
pub mod service;
#[cfg(feature = "ssr")]
mod store;

pub use api::{ApplyImport, ReleaseResults};
