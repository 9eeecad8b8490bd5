//! The product's decisions about credentials (product.md section 7).

use super::model::StoredState;
use chrono::{DateTime, Months, NaiveTime, TimeDelta, Utc};

/// What a credential is at a moment. Only `Active` is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Active,
    Expired,
    /// A newer credential of the same certification has taken its place.
    Superseded,
    Revoked,
}

/// What a verifier must know first: a revoked credential is revoked, expired or not.
pub fn state(stored: StoredState, expires_at: DateTime<Utc>, now: DateTime<Utc>) -> State {
    match stored {
        StoredState::Revoked => State::Revoked,
        StoredState::Superseded => State::Superseded,
        StoredState::Active if now > expires_at => State::Expired,
        StoredState::Active => State::Active,
    }
}

/// The last moment of validity: the end of the day, UTC, so many years later. Issued on a 29 February it ends on a
/// 28 February where that year has no 29th.
pub fn expires_at(issued_at: DateTime<Utc>, years: i32) -> DateTime<Utc> {
    let months = Months::new(12 * years.unsigned_abs());
    let last_day = issued_at.date_naive().checked_add_months(months).unwrap_or(chrono::NaiveDate::MAX);
    // The microsecond is what PostgreSQL can tell apart.
    last_day.and_time(NaiveTime::MIN).and_utc() + TimeDelta::days(1) - TimeDelta::microseconds(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn validity_ends_with_the_day_three_years_later() {
        for (issued, last) in [
            ("2026-11-23T00:00:00Z", "2029-11-23T23:59:59.999999Z"),
            ("2026-11-23T23:59:59Z", "2029-11-23T23:59:59.999999Z"),
            ("2028-02-29T12:00:00Z", "2031-02-28T23:59:59.999999Z"),
            ("2025-02-28T12:00:00Z", "2028-02-28T23:59:59.999999Z"),
            ("2026-12-31T23:00:00Z", "2029-12-31T23:59:59.999999Z"),
        ] {
            assert_eq!(expires_at(at(issued), 3), at(last), "{issued}");
        }
        assert_eq!(expires_at(at("2024-02-29T01:00:00Z"), 4), at("2028-02-29T23:59:59.999999Z"));
    }

    #[test]
    fn the_clock_says_expired_and_only_of_what_was_active() {
        let end = at("2029-11-23T23:59:59.999999Z");
        assert_eq!(state(StoredState::Active, end, end), State::Active);
        let after = at("2029-11-24T00:00:00Z");
        assert_eq!(state(StoredState::Active, end, after), State::Expired);
        assert_eq!(state(StoredState::Superseded, end, after), State::Superseded);
        assert_eq!(state(StoredState::Revoked, end, after), State::Revoked);
    }
}
