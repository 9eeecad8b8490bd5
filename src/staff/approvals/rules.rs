//! Who may decide on a request, as a pure function.

use super::model::{Request, State};
use crate::error::Conflict;
use crate::ids::AccountId;
use chrono::{DateTime, Utc};

/// Whether `viewer`, who has the permission the act needs, may decide on the request now: it is open, was asked by somebody
/// else, and concerns somebody else.
pub fn may_decide(request: &Request, viewer: AccountId, now: DateTime<Utc>) -> Result<(), Conflict> {
    if request.state(now) != State::Pending {
        Err(Conflict::ApprovalDecided)
    } else if request.requested_by == viewer {
        Err(Conflict::ApprovalOwn)
    } else if request.account_id == viewer {
        Err(Conflict::OwnAccount)
    } else {
        Ok(())
    }
}

/// Whether `viewer` may take the request back: theirs, and open.
pub fn may_withdraw(request: &Request, viewer: AccountId, now: DateTime<Utc>) -> bool {
    request.requested_by == viewer && request.state(now) == State::Pending
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkout::staff_orders::model::StaffRefund;
    use crate::ids::{ApprovalId, SubjectId};
    use crate::money::Money;
    use crate::staff::approvals::model::Act;
    use chrono::{TimeDelta, TimeZone};

    const ASKER: AccountId = AccountId::from_u128(1);
    const OTHER: AccountId = AccountId::from_u128(2);
    const CANDIDATE: AccountId = AccountId::from_u128(3);

    fn at(day: u32) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 11, day, 9, 0, 0).unwrap()
    }

    fn request(state: State) -> Request {
        let refund = StaffRefund {
            order: "CP-2026-000001".into(),
            description: "SAA-C03".into(),
            amount: Money::new(100, "USD"),
            price_minor: 100,
            refunded_minor: 0,
        };
        Request {
            id: ApprovalId::from_u128(0),
            act: Act::Refund(refund),
            subject_id: SubjectId::from_u128(0),
            account_id: CANDIDATE,
            candidate_id: None,
            candidate_name: String::new(),
            reason: String::new(),
            stored_state: state,
            requested_by: ASKER,
            requested_by_name: String::new(),
            requested_at: at(1),
            expires_at: at(1) + TimeDelta::days(14),
            decided_by: None,
            decided_by_name: None,
            decision: None,
            ended_at: None,
        }
    }

    #[test]
    fn only_a_second_person_decides_and_never_about_themselves() {
        let open = request(State::Pending);
        assert_eq!(may_decide(&open, OTHER, at(2)), Ok(()));
        assert_eq!(may_decide(&open, ASKER, at(2)), Err(Conflict::ApprovalOwn));
        assert_eq!(may_decide(&open, CANDIDATE, at(2)), Err(Conflict::OwnAccount));
        assert!(may_withdraw(&open, ASKER, at(2)) && !may_withdraw(&open, OTHER, at(2)));
    }

    #[test]
    fn what_has_ended_or_lapsed_is_not_decided() {
        for state in [State::Approved, State::Refused, State::Withdrawn, State::Lapsed] {
            assert_eq!(may_decide(&request(state), OTHER, at(2)), Err(Conflict::ApprovalDecided), "{state:?}");
            assert!(!may_withdraw(&request(state), ASKER, at(2)), "{state:?}");
        }
        let open = request(State::Pending);
        assert_eq!(may_decide(&open, OTHER, at(15) - TimeDelta::seconds(1)), Ok(()));
        assert_eq!(may_decide(&open, OTHER, at(15)), Err(Conflict::ApprovalDecided), "14 days are over");
        assert_eq!(open.state(at(15)), State::Lapsed);
    }
}
