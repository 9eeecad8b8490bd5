//! Acts that take two people (security.md line 41): a correction of a score, the revocation of a credential, a refund over the limit.
//! Somebody asks, another one with the same right decides, and the approval carries the act out in its own transaction. What each act
//! is and does belongs to its capability; here is who asked, who decided, and that it happens once.

pub mod api;

#[cfg(feature = "ssr")]
pub mod demo;
#[cfg(feature = "ssr")]
pub mod jobs;
#[cfg(feature = "ssr")]
mod mails;
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
