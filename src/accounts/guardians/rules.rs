//! How a request for a guardian's consent stands.

use super::store::Consent;
use chrono::{DateTime, TimeDelta, Utc};

/// How long a guardian has to answer.
pub const ANSWER: TimeDelta = TimeDelta::days(14);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Asked, and not answered yet.
    Waiting,
    /// Asked, and the time to answer is over.
    Expired,
    Given,
    Declined,
    Withdrawn,
}

/// How a request stands now. A request after which another guardian was named never answers any more: [`Standing::Expired`].
pub fn standing(consent: &Consent, now: DateTime<Utc>) -> Standing {
    match (consent.decision.as_deref(), consent.withdrawn_at) {
        (Some("given"), None) => Standing::Given,
        (Some("given"), Some(_)) => Standing::Withdrawn,
        (Some(_), _) => Standing::Declined,
        (None, _) if consent.replaced_at.is_some() || now >= consent.expires_at => Standing::Expired,
        (None, _) => Standing::Waiting,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{AccountId, ConsentId};

    #[test]
    fn a_request_waits_fourteen_days_and_an_answer_stays() {
        let asked: DateTime<Utc> = "2026-11-23T09:00:00Z".parse().unwrap();
        let open = Consent {
            id: ConsentId::from_u128(0),
            account_id: AccountId::from_u128(0),
            guardian_name: "Rosa".into(),
            guardian_email: "rosa@example.com".into(),
            requested_at: asked,
            expires_at: asked + ANSWER,
            replaced_at: None,
            decision: None,
            decided_at: None,
            withdrawn_at: None,
        };
        assert_eq!(standing(&open, asked + ANSWER - TimeDelta::microseconds(1)), Standing::Waiting);
        assert_eq!(standing(&open, asked + ANSWER), Standing::Expired);
        assert_eq!(standing(&Consent { replaced_at: Some(asked), ..open.clone() }, asked), Standing::Expired);
        let given = Consent { decision: Some("given".into()), decided_at: Some(asked), ..open.clone() };
        assert_eq!(standing(&given, asked + TimeDelta::days(900)), Standing::Given);
        assert_eq!(standing(&Consent { withdrawn_at: Some(asked), ..given }, asked), Standing::Withdrawn);
        assert_eq!(standing(&Consent { decision: Some("declined".into()), ..open }, asked), Standing::Declined);
    }
}
