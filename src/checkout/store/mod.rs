//! The SQL of carts, orders, payments and refunds.

mod carts;
pub mod demo;
mod orders;
mod payments;
mod refunds;

pub use carts::*;
pub use orders::*;
pub use payments::*;
pub use refunds::*;
