//! The cart, the order, paying, and what follows from it.

mod cart;
mod paying;
mod refunds;
mod sandbox;
mod settlement;
