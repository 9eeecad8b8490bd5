//! The candidate ID: what a candidate tells support, an organisation or a test centre.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::base32::{self, Base32Error};

const PREFIX: &str = "CP";
const CHARACTERS: usize = 7;

/// `CP` and eight characters of Crockford base 32, the last of which is a check character: 35 random bits. It names an account and opens nothing.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct CandidateId(String);

impl CandidateId {
    /// From 5 random bytes, of which the first 35 bits are used. Uniqueness is the database's business: draw again when it is taken.
    pub fn from_random(bytes: [u8; 5]) -> Self {
        Self(format!("{PREFIX}{}", base32::encode(&bytes, CHARACTERS)))
    }

    /// Reads what a person typed: case, spaces, hyphens, O for 0 and I or L for 1 are forgiven and the prefix may be missing.
    pub fn parse(typed: &str) -> Result<Self, Base32Error> {
        let text = base32::normalise(typed)?;
        let with_prefix = PREFIX.len() + CHARACTERS + 1;
        let body = if text.len() == with_prefix { text.strip_prefix(PREFIX).ok_or(Base32Error::Length)? } else { &text };
        base32::decode(body, CHARACTERS)?;
        Ok(Self(format!("{PREFIX}{body}")))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CandidateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for CandidateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CandidateId({})", self.0)
    }
}

impl FromStr for CandidateId {
    type Err = Base32Error;

    fn from_str(typed: &str) -> Result<Self, Self::Err> {
        Self::parse(typed)
    }
}

impl TryFrom<String> for CandidateId {
    type Error = Base32Error;

    fn try_from(typed: String) -> Result<Self, Self::Error> {
        Self::parse(&typed)
    }
}

impl From<CandidateId> for String {
    fn from(id: CandidateId) -> Self {
        id.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_reads_back_however_it_is_typed() {
        for n in 0_u64..5_000 {
            let bytes: [u8; 8] = n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
            let id = CandidateId::from_random(*bytes.first_chunk().unwrap());
            let shown = id.to_string();
            assert_eq!(shown.len(), 10);
            let sloppy = format!(" {} ", shown.replace('0', "O").replace('1', "i").to_lowercase());
            let spaced = format!("{} {}-{}", &shown[..2], &shown[2..6], &shown[6..]);
            for typed in [&shown, &sloppy, &spaced, &shown[2..]] {
                assert_eq!(CandidateId::parse(typed).as_ref(), Ok(&id), "{typed}");
            }
        }
    }

    #[test]
    fn wrong_ids_say_why() {
        let id = CandidateId::from_random([1, 2, 3, 4, 5]);
        let mut wrong = id.to_string();
        let last = wrong.pop().unwrap();
        assert_eq!(CandidateId::parse(&wrong), Err(Base32Error::Length));
        wrong.push(if last == 'A' { 'B' } else { 'A' });
        assert_eq!(CandidateId::parse(&wrong), Err(Base32Error::Check));
        assert_eq!(CandidateId::parse("CPÄÖÜ"), Err(Base32Error::Character('Ä')));
    }

    #[test]
    fn travels_as_text() {
        let id = CandidateId::from_random([9; 5]);
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, format!("\"{id}\""));
        assert_eq!(serde_json::from_str::<CandidateId>(&json).unwrap(), id);
    }
}
