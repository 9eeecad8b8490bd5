//! HTTP: the router around the pages, and what stands between a request and a page.

pub mod access;
pub mod acting;
pub mod context;
pub mod csrf;
pub mod forms;
pub mod headers;
pub mod permissions;
pub mod request;
pub mod respond;
pub mod router;
pub mod security;
pub mod sessions;
pub mod static_files;
pub mod uploads;

pub use forms::{FormState, Submitted};
