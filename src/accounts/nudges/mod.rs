//! Advice on the overview that can be put away: another address, a new password (product.md sections 1 and 2).

pub mod api;
#[cfg(feature = "ssr")]
mod rules;
#[cfg(feature = "ssr")]
pub mod service;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
pub mod view;

use serde::{Deserialize, Serialize};

/// One piece of advice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nudge {
    /// The password is older than six months.
    Password,
    /// The account hangs on one mailbox, perhaps an employer's.
    SecondAddress,
}

impl Nudge {
    /// As the database and the form write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Nudge::Password => "password",
            Nudge::SecondAddress => "second_address",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Nudge::Password, Nudge::SecondAddress].into_iter().find(|nudge| nudge.as_str() == text)
    }
}
