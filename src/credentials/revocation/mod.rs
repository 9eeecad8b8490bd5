//! Credentials as staff see them, and their revocation: asked for here, approved by a second person (`staff/approvals`), carried
//! out here.

pub mod api;

#[cfg(feature = "ssr")]
pub mod mails;
#[cfg(feature = "ssr")]
pub mod model;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod service;
#[cfg(feature = "ssr")]
mod store;
