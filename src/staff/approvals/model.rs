//! A request for an act that takes two people.

use crate::checkout::staff_orders::model::StaffRefund;
use crate::credentials::revocation::model::Revocation;
use crate::ids::{AccountId, ApprovalId, SubjectId};
use crate::results::corrections::model::Correction;
use crate::server::Permission;
use chrono::{DateTime, Utc};
use serde_json::Value;

/// What kinds of acts there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    ScoreCorrection,
    CredentialRevocation,
    Refund,
}

impl Kind {
    pub const ALL: [Kind; 3] = [Kind::ScoreCorrection, Kind::CredentialRevocation, Kind::Refund];

    /// As the database writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::ScoreCorrection => "score_correction",
            Kind::CredentialRevocation => "credential_revocation",
            Kind::Refund => "refund",
        }
    }

    /// The permission of who asks for it, and of who decides.
    pub fn act(self) -> Permission {
        match self {
            Kind::ScoreCorrection => Permission::ManageResults,
            Kind::CredentialRevocation => Permission::RevokeCredentials,
            Kind::Refund => Permission::RefundOrders,
        }
    }

    /// The permission of who may read of it.
    pub fn read(self) -> Permission {
        match self {
            Kind::ScoreCorrection => Permission::ReadResults,
            Kind::CredentialRevocation => Permission::ReadCredentials,
            Kind::Refund => Permission::ReadOrders,
        }
    }
}

/// What is asked for, with what was seen when it was asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    ScoreCorrection(Correction),
    CredentialRevocation(Revocation),
    Refund(StaffRefund),
}

impl Act {
    pub fn kind(&self) -> Kind {
        match self {
            Act::ScoreCorrection(_) => Kind::ScoreCorrection,
            Act::CredentialRevocation(_) => Kind::CredentialRevocation,
            Act::Refund(_) => Kind::Refund,
        }
    }

    /// # Errors
    /// None in practice: maps have keys of text.
    pub fn to_json(&self) -> serde_json::Result<Value> {
        match self {
            Act::ScoreCorrection(act) => serde_json::to_value(act),
            Act::CredentialRevocation(act) => serde_json::to_value(act),
            Act::Refund(act) => serde_json::to_value(act),
        }
    }

    /// # Errors
    /// What is stored is not an act of this kind.
    pub fn from_json(kind: &str, payload: Value) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let kind = Kind::ALL.into_iter().find(|known| known.as_str() == kind).ok_or_else(|| format!("no act is called {kind}"))?;
        Ok(match kind {
            Kind::ScoreCorrection => Act::ScoreCorrection(serde_json::from_value(payload)?),
            Kind::CredentialRevocation => Act::CredentialRevocation(serde_json::from_value(payload)?),
            Kind::Refund => Act::Refund(serde_json::from_value(payload)?),
        })
    }
}

/// Where a request stands. `Lapsed`: nobody decided in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Pending,
    Approved,
    Refused,
    Withdrawn,
    Lapsed,
}

impl State {
    const ALL: [State; 5] = [State::Pending, State::Approved, State::Refused, State::Withdrawn, State::Lapsed];

    pub fn as_str(self) -> &'static str {
        match self {
            State::Pending => "pending",
            State::Approved => "approved",
            State::Refused => "refused",
            State::Withdrawn => "withdrawn",
            State::Lapsed => "lapsed",
        }
    }

    /// The database's CHECK allows no other word.
    pub fn of(text: &str) -> Self {
        Self::ALL.into_iter().find(|state| state.as_str() == text).unwrap_or(State::Lapsed)
    }
}

/// A request as it is asked.
#[derive(Debug, Clone)]
pub struct NewRequest {
    /// Comes with the form: sending it twice asks once.
    pub id: ApprovalId,
    pub act: Act,
    /// The result, the credential or the order's item.
    pub subject_id: SubjectId,
    /// Whom it concerns.
    pub account_id: AccountId,
    pub reason: String,
}

/// A request with the names of those who stand in it, as they are today.
#[derive(Debug, Clone)]
pub struct Request {
    pub id: ApprovalId,
    pub act: Act,
    pub subject_id: SubjectId,
    pub account_id: AccountId,
    pub candidate_id: Option<String>,
    pub candidate_name: String,
    pub reason: String,
    /// What is stored; [`Request::state`] is what counts.
    pub stored_state: State,
    pub requested_by: AccountId,
    pub requested_by_name: String,
    pub requested_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub decided_by: Option<AccountId>,
    pub decided_by_name: Option<String>,
    /// Why it was refused.
    pub decision: Option<String>,
    pub ended_at: Option<DateTime<Utc>>,
}

impl Request {
    /// The state at a moment: the clock lets a request lapse, the worker only writes it down.
    pub fn state(&self, now: DateTime<Utc>) -> State {
        if self.stored_state == State::Pending && self.expires_at <= now { State::Lapsed } else { self.stored_state }
    }
}

/// What carries an act out needs to know of its approval.
#[derive(Debug, Clone, Copy)]
pub struct Approved<'a> {
    pub request_id: ApprovalId,
    pub subject_id: SubjectId,
    pub requested_by: AccountId,
    pub reason: &'a str,
}
