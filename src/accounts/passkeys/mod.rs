//! Passkeys (Web Authentication level 3; product.md section 2): enrolling them, signing in with one alone, and giving one as the
//! second factor or as a fresh proof. The device checks its owner (user verification), so a passkey stands for both factors.

pub mod api;
pub mod islands;

#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
mod relying_party;
#[cfg(feature = "ssr")]
pub mod service;
#[cfg(feature = "ssr")]
pub(in crate::accounts) mod store;
