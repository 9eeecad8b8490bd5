//! Credentials: what a pass awards, its certificate and signed badge, and the public verification of it.

#[cfg(feature = "ssr")]
pub mod badge;
#[cfg(feature = "ssr")]
pub mod certificate_pdf;
mod credential_id;
#[cfg(feature = "ssr")]
pub mod documents;
#[cfg(feature = "ssr")]
mod guilloche;
#[cfg(feature = "ssr")]
pub mod issuer;
#[cfg(feature = "ssr")]
pub mod model;
#[cfg(feature = "ssr")]
pub mod open_badge;
#[cfg(feature = "ssr")]
pub mod pages;
pub mod revocation;
#[cfg(feature = "ssr")]
pub mod routes;
#[cfg(feature = "ssr")]
pub mod rules;
#[cfg(feature = "ssr")]
pub mod service;
#[cfg(feature = "ssr")]
mod store;

pub use credential_id::{CredentialId, CredentialIdError};
