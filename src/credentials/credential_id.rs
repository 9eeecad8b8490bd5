//! The credential ID: printed on the certificate, in its QR code and in the verification address.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::base32::{self, Base32Error};

const PREFIX: &str = "CPC";
/// 128 bits in characters of five.
const CHARACTERS: usize = 26;

/// An unguessable credential ID: 128 random bits in Crockford base 32 with a check character, `CPC-XXXXX-XXXXX-XXXXX-XXXXX-XXXXX-XX`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct CredentialId([u8; 16]);

/// Why a typed credential ID was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CredentialIdError {
    #[error(transparent)]
    Text(#[from] Base32Error),
    /// The last data character holds three bits; its two padding bits must be zero, or one credential would have four ids.
    #[error("the id is not in its canonical form")]
    Padding,
}

impl CredentialId {
    /// From 16 bytes of a cryptographically secure source.
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 128 bits, as the database stores them.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0
    }

    /// Without hyphens, for addresses and QR codes (which store capitals and digits in less room).
    pub fn compact(self) -> String {
        format!("{PREFIX}{}", base32::encode(&self.0, CHARACTERS))
    }

    /// Reads what a person typed: case, spaces, hyphens, O for 0 and I or L for 1 are forgiven and the prefix may be missing.
    pub fn parse(typed: &str) -> Result<Self, CredentialIdError> {
        let text = base32::normalise(typed)?;
        let with_prefix = PREFIX.len() + CHARACTERS + 1;
        let body = if text.len() == with_prefix { text.strip_prefix(PREFIX).ok_or(Base32Error::Length)? } else { &text };
        let bytes = base32::decode(body, CHARACTERS)?;
        match bytes.split_first_chunk::<16>() {
            Some((id, [padding])) if *padding == 0 => Ok(Self(*id)),
            _ => Err(CredentialIdError::Padding),
        }
    }
}

impl fmt::Display for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PREFIX)?;
        for (n, c) in base32::encode(&self.0, CHARACTERS).chars().enumerate() {
            write!(f, "{}{c}", if n % 5 == 0 { "-" } else { "" })?;
        }
        Ok(())
    }
}

impl fmt::Debug for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CredentialId({self})")
    }
}

impl FromStr for CredentialId {
    type Err = CredentialIdError;

    fn from_str(typed: &str) -> Result<Self, Self::Err> {
        Self::parse(typed)
    }
}

impl TryFrom<String> for CredentialId {
    type Error = CredentialIdError;

    fn try_from(typed: String) -> Result<Self, Self::Error> {
        Self::parse(&typed)
    }
}

impl From<CredentialId> for String {
    fn from(id: CredentialId) -> Self {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A small generator with a fixed seed: the same "random" ids in every run.
    fn samples(count: usize) -> impl Iterator<Item = [u8; 16]> {
        let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
        std::iter::repeat_with(move || {
            std::array::from_fn(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 56) as u8
            })
        })
        .take(count)
    }

    #[test]
    fn every_id_reads_back_however_it_is_typed() {
        for bytes in samples(2_000).chain([[0; 16], [0xff; 16]]) {
            let id = CredentialId::from_random(bytes);
            let shown = id.to_string();
            assert_eq!(shown.len(), 3 + 27 + 6);
            let sloppy = shown.replace('0', "o").replace('1', "l").to_lowercase().replace('-', " – ");
            let without_prefix = shown.trim_start_matches("CPC-").to_owned();
            for typed in [shown, id.compact(), sloppy, without_prefix] {
                assert_eq!(CredentialId::parse(&typed), Ok(id), "{typed}");
            }
            assert_eq!(id.to_bytes(), bytes);
        }
    }

    #[test]
    fn one_credential_has_one_id() {
        let id = CredentialId::from_random([7; 16]);
        let mut values = [7_u8; 17];
        values[16] = 0b0100_0000;
        let other = base32::encode(&values, CHARACTERS);
        assert_ne!(format!("CPC{other}"), id.compact());
        assert_eq!(CredentialId::parse(&other), Err(CredentialIdError::Padding));
    }

    #[test]
    fn wrong_ids_say_why() {
        let shown = CredentialId::from_random([0xa5; 16]).to_string();
        let last = if shown.ends_with('7') { "8" } else { "7" };
        assert_eq!(CredentialId::parse(&format!("{}{last}", &shown[..shown.len() - 1])), Err(Base32Error::Check.into()));
        assert_eq!(CredentialId::parse(&shown[..shown.len() - 1]), Err(Base32Error::Length.into()));
        assert_eq!(CredentialId::parse(""), Err(Base32Error::Length.into()));
        assert_eq!(CredentialId::parse("ABC-00000-00000-00000-00000-00000-00"), Err(Base32Error::Length.into()));
        assert_eq!(CredentialId::parse("CPC-'; DROP TABLE"), Err(Base32Error::Character('\'').into()));
    }

    #[test]
    fn travels_as_text() {
        let id = CredentialId::from_random([0x42; 16]);
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, format!("\"{id}\""));
        assert_eq!(serde_json::from_str::<CredentialId>(&json).unwrap(), id);
        assert!(serde_json::from_str::<CredentialId>("\"CPC-1\"").is_err());
    }
}
