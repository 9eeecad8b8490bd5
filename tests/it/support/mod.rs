//! What the tests stand on.

pub mod database;
pub mod fixtures_results;
pub mod portal;
pub mod temp;

pub use portal::Portal;
