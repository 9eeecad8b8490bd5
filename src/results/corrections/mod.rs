//! Results as staff see them, one by one, and the correction of a score: asked for here, approved by a second person
//! (`staff/approvals`), carried out here. What the result said before is kept.

pub mod api;

#[cfg(feature = "ssr")]
mod mails;
#[cfg(feature = "ssr")]
pub mod model;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod rules;
#[cfg(feature = "ssr")]
pub mod service;
#[cfg(feature = "ssr")]
pub mod store;
