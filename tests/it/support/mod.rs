//! What the tests stand on.

pub mod database;
pub mod portal;
pub mod shop;
pub mod temp;

pub use portal::Portal;
pub use shop::Shop;
