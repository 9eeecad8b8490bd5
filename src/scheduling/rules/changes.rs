//! Deadlines, moving and cancelling.

use super::Delivery;
use crate::error::Conflict;
use crate::server::programme::Policies;
use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc, Weekday};
use chrono_tz::Tz;

/// The rules of one appointment as concrete instants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    pub reschedule_until: DateTime<Utc>,
    pub cancel_until: DateTime<Utc>,
    /// At a centre: be there. Online: check-in opens.
    pub arrive_by: DateTime<Utc>,
    /// Online: check-in closes.
    pub check_in_closes: DateTime<Utc>,
    /// The day the official result is there at the latest.
    pub result_by: NaiveDate,
}

pub fn deadlines(policies: &Policies, delivery: Delivery, starts_at: DateTime<Utc>, minutes: i32, zone: Tz) -> Deadlines {
    let arrival = match delivery {
        Delivery::Center => policies.arrival_minutes,
        Delivery::Online => policies.online_checkin_opens_minutes,
    };
    let end = (starts_at + TimeDelta::minutes(i64::from(minutes))).with_timezone(&zone).date_naive();
    Deadlines {
        reschedule_until: starts_at - TimeDelta::hours(policies.reschedule_cutoff_hours),
        cancel_until: starts_at - TimeDelta::hours(policies.cancel_cutoff_hours),
        arrive_by: starts_at - TimeDelta::minutes(arrival),
        check_in_closes: starts_at + TimeDelta::minutes(policies.online_checkin_closes_minutes),
        result_by: after_business_days(end, policies.result_business_days),
    }
}

/// The day `count` business days (Monday to Friday) after `day`.
pub fn after_business_days(day: NaiveDate, count: i32) -> NaiveDate {
    let mut day = day;
    let mut left = count;
    while left > 0 {
        day = day.checked_add_days(Days::new(1)).unwrap_or(day);
        if !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) {
            left -= 1;
        }
    }
    day
}

/// Whether a booked appointment may still be moved: until the cut-off (inclusive), and as often as the policy says.
///
/// # Errors
/// Why not.
pub fn may_reschedule(now: DateTime<Utc>, state: &str, moved: i32, policies: &Policies, starts_at: DateTime<Utc>) -> Result<(), Conflict> {
    if state != "booked" {
        return Err(Conflict::AppointmentEnded);
    }
    if moved >= policies.reschedule_limit {
        return Err(Conflict::RescheduleLimit);
    }
    if now > starts_at - TimeDelta::hours(policies.reschedule_cutoff_hours) {
        return Err(Conflict::TooLate);
    }
    Ok(())
}

/// Whether a booked appointment may still be cancelled with a full refund: until the cut-off (inclusive).
///
/// # Errors
/// Why not.
pub fn may_cancel(now: DateTime<Utc>, state: &str, policies: &Policies, starts_at: DateTime<Utc>) -> Result<(), Conflict> {
    if state != "booked" {
        return Err(Conflict::AppointmentEnded);
    }
    if now > starts_at - TimeDelta::hours(policies.cancel_cutoff_hours) {
        return Err(Conflict::TooLate);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn changes_end_exactly_at_the_cut_off() {
        let policies = Policies::default();
        let start = at("2026-12-03T14:00:00Z");
        let edge = at("2026-12-02T14:00:00Z");
        let after = edge + TimeDelta::microseconds(1);
        assert_eq!(may_cancel(edge, "booked", &policies, start), Ok(()));
        assert_eq!(may_cancel(after, "booked", &policies, start), Err(Conflict::TooLate));
        assert_eq!(may_cancel(edge, "cancelled", &policies, start), Err(Conflict::AppointmentEnded));
        assert_eq!(may_reschedule(edge, "booked", 1, &policies, start), Ok(()));
        assert_eq!(may_reschedule(after, "booked", 1, &policies, start), Err(Conflict::TooLate));
        assert_eq!(may_reschedule(edge, "booked", 2, &policies, start), Err(Conflict::RescheduleLimit));
    }

    #[test]
    fn business_days_leave_out_weekends() {
        assert_eq!(after_business_days(day("2026-12-03"), 5), day("2026-12-10"));
        assert_eq!(after_business_days(day("2026-12-05"), 1), day("2026-12-07"));
    }
}
