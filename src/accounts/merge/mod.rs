//! Two accounts of one person made one, and two again within 14 days (product.md section 1, "Account merge").

pub mod api;

#[cfg(feature = "ssr")]
mod mails;
#[cfg(feature = "ssr")]
mod pages;
#[cfg(feature = "ssr")]
mod rules;
#[cfg(feature = "ssr")]
pub mod service;
#[cfg(feature = "ssr")]
mod store;

#[cfg(feature = "ssr")]
pub use pages::MergePage;
#[cfg(feature = "ssr")]
pub use store::moved_columns;
