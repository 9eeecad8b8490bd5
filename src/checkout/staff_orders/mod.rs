//! Orders as staff see them, and refunds that staff give: at once up to the limit of the policies, above it by a second person's
//! approval (`staff/approvals`). A refund gives money back and nothing else: the seat is another matter.

pub mod api;

#[cfg(feature = "ssr")]
pub mod model;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
mod rules;
#[cfg(feature = "ssr")]
pub mod service;
#[cfg(feature = "ssr")]
mod store;
