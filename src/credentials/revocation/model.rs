//! Why a credential is revoked, and what staff see of one.

use crate::credentials::model::Credential;
use crate::ids::ResultId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The programme's list of causes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Against the exam's rules or the candidate agreement.
    Misconduct,
    /// Somebody else sat the exam, or under another name.
    Identity,
    /// Awarded by mistake.
    AwardedInError,
    /// The score was corrected to below the pass mark; never chosen by hand.
    ScoreCorrected,
    HolderRequest,
    Other,
}

impl Cause {
    /// Those that staff choose from.
    pub const CHOICES: [Cause; 5] = [Cause::Misconduct, Cause::Identity, Cause::AwardedInError, Cause::HolderRequest, Cause::Other];

    /// As the database writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Cause::Misconduct => "misconduct",
            Cause::Identity => "identity",
            Cause::AwardedInError => "awarded_in_error",
            Cause::ScoreCorrected => "score_corrected",
            Cause::HolderRequest => "holder_request",
            Cause::Other => "other",
        }
    }

    /// What is stored; an unknown word is another cause.
    pub fn of(text: &str) -> Self {
        if text == Cause::ScoreCorrected.as_str() { Cause::ScoreCorrected } else { Self::chosen(text).unwrap_or(Cause::Other) }
    }

    /// What was chosen from the list.
    pub fn chosen(text: &str) -> Option<Self> {
        Self::CHOICES.into_iter().find(|cause| cause.as_str() == text)
    }
}

/// A revocation that is asked for. What the holder reads beside the cause is the request's reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    /// Compact.
    pub public_id: String,
    pub certification: String,
    /// What the database said of it: `active` or `superseded`.
    pub state_before: String,
    pub cause: Cause,
}

/// A credential with what only staff see of it.
#[derive(Debug, Clone)]
pub struct StaffCredential {
    pub credential: Credential,
    pub candidate_id: Option<String>,
    pub account_name: String,
    pub result_id: Option<ResultId>,
    /// The appointment's.
    pub reference: Option<String>,
}

/// One line of a search.
#[derive(Debug, Clone)]
pub struct FoundCredential {
    pub public_id: String,
    pub holder_name: Option<String>,
    pub candidate_id: Option<String>,
    pub certification: String,
    pub issued_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub state: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_stored_as_words_and_the_programs_own_is_not_chosen() {
        for cause in Cause::CHOICES {
            assert_eq!(Cause::of(cause.as_str()), cause);
            assert_eq!(Cause::chosen(cause.as_str()), Some(cause));
        }
        assert_eq!(Cause::of("score_corrected"), Cause::ScoreCorrected);
        assert_eq!(Cause::chosen("score_corrected"), None);
        assert_eq!((Cause::of("anything"), Cause::chosen("")), (Cause::Other, None));
    }
}
