//! Credentials: what a pass awards, its certificate and badge, and the public verification of it.

#[cfg(feature = "ssr")]
pub mod badge;
#[cfg(feature = "ssr")]
pub mod certificate_pdf;
mod credential_id;
#[cfg(feature = "ssr")]
mod guilloche;

pub use credential_id::{CredentialId, CredentialIdError};
