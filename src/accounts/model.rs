//! What both sides know of accounts: the forms as they are typed, and the regions a list is filled with.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A password or code as it was typed. Never shown, not even in a log of the whole form.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// Registration as it was typed (product.md section 1).
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RegistrationForm {
    pub email: String,
    pub given_name: String,
    pub family_name: String,
    /// ISO 3166-1 code.
    pub country: String,
    /// ISO 3166-2 code; empty where the country has none.
    pub region: String,
    pub language: String,
    /// IANA name; empty: the main zone of the country.
    pub time_zone: String,
    pub company: String,
    pub job_role: String,
    pub industry: String,
    pub password: Secret,
    /// `on` when the box is ticked.
    pub agreement: String,
    /// The version of the agreement that the page linked to.
    pub agreement_version: String,
    /// Set by the button that asks for the regions of the chosen country, where scripts do not run.
    pub show_regions: String,
}

/// The profile as it was typed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ProfileForm {
    pub given_name: String,
    pub family_name: String,
    pub country: String,
    pub region: String,
    pub language: String,
    pub time_zone: String,
    pub company: String,
    pub job_role: String,
    pub industry: String,
    pub show_regions: String,
}

/// A state, province or region of a country (ISO 3166-2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Region {
    pub code: String,
    pub name: String,
}
