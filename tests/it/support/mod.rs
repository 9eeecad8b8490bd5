//! What the tests stand on.

pub mod authenticator;
pub mod database;
pub mod fixtures_results;
pub mod portal;
pub mod shop;
pub mod smtp;
pub mod temp;

pub use portal::Portal;
pub use shop::Shop;
