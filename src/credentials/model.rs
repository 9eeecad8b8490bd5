//! A credential as its owner, a verifier and the documents need it.

use super::CredentialId;
use super::revocation::model::Cause;
use super::rules::{self, State};
use crate::credentials::badge::BadgeLevel;
use crate::ids::{AccountId, CredentialKey};
use chrono::{DateTime, Utc};

#[derive(Debug, Clone)]
pub struct Credential {
    pub id: CredentialKey,
    pub public_id: CredentialId,
    pub account_id: AccountId,
    /// `None`: withheld, because the holder had the account erased and their name taken off.
    pub holder_name: Option<String>,
    pub certification: String,
    pub certification_slug: String,
    /// The name without programme and level.
    pub short_name: String,
    pub level: String,
    /// `#rrggbb`.
    pub badge_color: String,
    pub exam_code: String,
    pub issued_at: DateTime<Utc>,
    /// Last moment of validity.
    pub expires_at: DateTime<Utc>,
    pub stored_state: StoredState,
    /// Counts the reissues of certificate and badge.
    pub version: i32,
    /// Its place in the public lists of revocations: list and bit.
    pub status_list: i32,
    pub status_index: i32,
    /// When and why, if it is revoked.
    pub revoked: Option<Revoked>,
    /// The holder's language and country: what the documents are made for.
    pub language: String,
    pub country: String,
}

/// How a credential came to be revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoked {
    /// `None`: before it was written down.
    pub at: Option<DateTime<Utc>>,
    pub cause: Cause,
    /// What the holder was told in somebody's own words.
    pub note: Option<String>,
}

/// What the database says; whether it is expired says the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoredState {
    Active,
    Superseded,
    Revoked,
}

impl StoredState {
    /// The database's CHECK allows no other word.
    pub fn of(text: &str) -> Self {
        [StoredState::Superseded, StoredState::Revoked].into_iter().find(|state| state.as_str() == text).unwrap_or(StoredState::Active)
    }

    /// As the database writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            StoredState::Active => "active",
            StoredState::Superseded => "superseded",
            StoredState::Revoked => "revoked",
        }
    }
}

impl Credential {
    pub fn state(&self, now: DateTime<Utc>) -> State {
        rules::state(self.stored_state, self.expires_at, now)
    }

    /// The holder's name, or in the reader's words that it is withheld.
    pub fn holder(&self, locale: crate::server::Locale) -> String {
        self.holder_name.clone().unwrap_or_else(|| crate::tr!(locale, privacy.name_withheld).to_owned())
    }

    /// The form that addresses and QR codes carry.
    pub fn compact_id(&self) -> String {
        self.public_id.compact()
    }

    pub fn verify_path(&self) -> String {
        format!("/verify/{}", self.compact_id())
    }

    pub fn badge_level(&self) -> BadgeLevel {
        match self.level.as_str() {
            "business" => BadgeLevel::Business,
            "associate" => BadgeLevel::Associate,
            "professional" => BadgeLevel::Professional,
            "specialty" => BadgeLevel::Specialty,
            _ => BadgeLevel::Foundational,
        }
    }
}
