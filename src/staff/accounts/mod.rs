//! People's accounts as staff see them: find one, help its owner back in, end sessions, disable, give roles.
//! Nobody sees or sets another person's password (security.md line 24).

pub mod api;

#[cfg(feature = "ssr")]
mod pages;
#[cfg(feature = "ssr")]
pub mod service;
#[cfg(feature = "ssr")]
pub(super) mod store;

#[cfg(feature = "ssr")]
pub use pages::{AccountActPage, AccountPage, AccountsPage, role_name};
