//! Accounts: registration, sign-in, second factor, profile, and the dashboard that says what to do next.

mod candidate_id;
pub mod model;

#[cfg(feature = "ssr")]
pub mod activity;
pub mod addresses;
pub mod api;
pub mod contact;
pub mod factor_api;
pub mod guardians;
pub mod islands;
pub mod passkeys;
pub mod notices;
pub mod nudges;

#[cfg(feature = "ssr")]
pub mod addressee;
#[cfg(feature = "ssr")]
mod common_passwords;
#[cfg(feature = "ssr")]
pub mod dashboard;
#[cfg(feature = "ssr")]
pub mod demo;
#[cfg(feature = "ssr")]
mod devices;
#[cfg(feature = "ssr")]
pub mod factor_recovery;
#[cfg(feature = "ssr")]
pub mod factors;
#[cfg(feature = "ssr")]
pub mod identity;
#[cfg(feature = "ssr")]
pub mod jobs;
#[cfg(feature = "ssr")]
mod mails;
pub mod merge;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod password;
#[cfg(feature = "ssr")]
pub mod routes;
#[cfg(feature = "ssr")]
pub mod rules;
#[cfg(feature = "ssr")]
pub mod service;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
pub mod totp;
#[cfg(feature = "ssr")]
pub mod zones;

pub use candidate_id::CandidateId;
