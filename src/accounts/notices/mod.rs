//! Which notices somebody wants: the page and its form. What follows from it is decided in `server/notices.rs`.

pub mod api;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod service;
#[cfg(feature = "ssr")]
mod store;
