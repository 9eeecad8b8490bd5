//! The SQL of results.

pub mod demo;
mod imports;
mod releases;
mod reports;

pub use imports::*;
pub use releases::*;
pub use reports::*;

type SqlResult<T> = Result<T, sqlx::Error>;
