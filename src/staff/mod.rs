//! Staff: the pages of the people who run the programme.

pub mod accounts;
pub mod acting;
pub mod approvals;
#[cfg(feature = "ssr")]
pub mod audit;
#[cfg(feature = "ssr")]
pub mod home;
