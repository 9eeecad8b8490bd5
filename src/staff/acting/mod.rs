//! Acting as a candidate, with a reason (security.md line 42, product.md section 12): begin, stop, what is said on every page
//! meanwhile, and on those that are closed. What is open meanwhile is one list: `server/http/acting.rs`.

pub mod api;

#[cfg(feature = "ssr")]
pub mod jobs;
#[cfg(feature = "ssr")]
mod pages;
#[cfg(feature = "ssr")]
pub mod service;

#[cfg(feature = "ssr")]
pub use pages::{ActingBar, ClosedPage, title};
