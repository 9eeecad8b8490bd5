//! What every capability stands on. Knows no capability.

pub mod audit;
pub mod card_numbers;
pub mod check;
pub mod clock;
pub mod config;
pub mod csv;
pub mod data_file;
pub mod database;
pub mod drawing;
pub mod embedded_postgres;
pub mod fold;
pub mod fonts;
pub mod format;
pub mod hashing;
pub mod http;
pub mod i18n;
pub mod random;
pub mod jobs;
pub mod limits;
pub mod mail;
pub mod notices;
pub mod pdf;
pub mod places;
pub mod programme;
pub mod qr;
pub mod server_key;
pub mod shared;
pub mod sms;
pub mod state;
pub mod svg;
pub mod telemetry;
pub mod text;

pub use http::permissions::Permission;
pub use http::request::{RequestContext, Viewer, request};
pub use i18n::Locale;
pub use state::AppState;
