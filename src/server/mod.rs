//! What every capability stands on. Knows no capability.

pub mod audit;
pub mod clock;
pub mod config;
pub mod database;
pub mod embedded_postgres;
pub mod format;
pub mod http;
pub mod i18n;
pub mod ids;
pub mod jobs;
pub mod mail;
pub mod programme;
pub mod server_key;
pub mod state;
pub mod telemetry;

pub use http::request::{RequestContext, Viewer, request};
pub use i18n::Locale;
pub use state::AppState;
