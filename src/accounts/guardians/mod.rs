//! The consent of a parent or guardian, without which nobody under 18 books (product.md section 1, "Age").

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
mod store;
