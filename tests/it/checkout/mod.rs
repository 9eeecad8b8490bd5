//! The cart, the order, paying, and what follows from it.

mod cancelling;
mod cart;
mod demo;
mod once;
mod paying;
mod refunds;
mod sandbox;
mod settlement;
