//! Checkout: cart, order, payment through a gateway, refunds. No card data ever comes here.

#[cfg(feature = "ssr")]
pub mod service;
