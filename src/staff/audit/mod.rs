//! The audit log for those who may read it: searched, page by page, and as a CSV file.

mod pages;
pub mod routes;
mod service;

pub use pages::AuditPage;
