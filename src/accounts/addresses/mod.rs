//! The addresses of an account: several that are verified, one of them the main one (product.md section 1).

pub mod api;
#[cfg(feature = "ssr")]
mod mails;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
mod rules;
#[cfg(feature = "ssr")]
pub mod service;
#[cfg(feature = "ssr")]
pub(super) mod store;
