//! The rules of one appointment in words, each with its date and time. Whoever tells a candidate what they may do until when, before
//! paying, after it or by mail, has it from here: so that all of them say the same, in the candidate's own time zone.

use super::rules::{self, Deadlines, Delivery};
use super::store::appointments::Appointment;
use crate::error::AppResult;
use crate::server::format;
use crate::server::i18n::Locale;
use crate::server::programme::Policies;
use crate::tr;
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

/// What the rules are about.
#[derive(Debug)]
pub struct Facts<'a> {
    pub policies: &'a Policies,
    pub delivery: Delivery,
    pub starts_at: DateTime<Utc>,
    pub minutes: i32,
    /// The appointment's own.
    pub zone: Tz,
    /// How often it was moved already.
    pub moved: i32,
}

#[derive(Debug)]
pub struct Terms {
    pub deadlines: Deadlines,
    /// It can still be moved.
    pub movable: bool,
    pub reschedule: String,
    /// How often, where it can be moved.
    pub moves_left: Option<String>,
    pub cancel: String,
    pub arrival: String,
}

impl Terms {
    /// `own`: the candidate's zone.
    pub fn new(locale: Locale, now: DateTime<Utc>, own: Tz, facts: &Facts<'_>) -> Self {
        let Facts { policies, delivery, starts_at, minutes, zone, moved } = *facts;
        let deadlines = rules::deadlines(policies, delivery, starts_at, minutes, zone);
        let when = |at| format::date_time(locale, at, own);
        // Where to be at what time is said by the clocks of the place.
        let there = |at| format::date_time(locale, at, zone);
        let left = (policies.reschedule_limit - moved).max(0);
        let movable = now <= deadlines.reschedule_until && left > 0;
        // A rule whose time is over is not offered: it is said that it is over, before anything is paid.
        let reschedule = if movable {
            tr!(locale, scheduling.reschedule_until, time = when(deadlines.reschedule_until)).to_string()
        } else if left == 0 {
            tr!(locale, scheduling.rule_no_moves).to_owned()
        } else {
            tr!(locale, scheduling.rule_no_change, hours = policies.reschedule_cutoff_hours).to_string()
        };
        let cancel = if now <= deadlines.cancel_until {
            tr!(locale, scheduling.cancel_until, time = when(deadlines.cancel_until)).to_string()
        } else {
            tr!(locale, scheduling.rule_no_refund, hours = policies.cancel_cutoff_hours).to_string()
        };
        let arrival = match delivery {
            Delivery::Center => tr!(locale, scheduling.arrive_by, time = there(deadlines.arrive_by)).to_string(),
            Delivery::Online => {
                tr!(locale, scheduling.check_in_opens, opens = there(deadlines.arrive_by), closes = there(deadlines.check_in_closes))
                    .to_string()
            }
        };
        Self {
            deadlines,
            movable,
            reschedule,
            moves_left: movable.then(|| tr!(locale, scheduling.moves_left, count = left).to_string()),
            cancel,
            arrival,
        }
    }

    /// # Errors
    /// [`crate::error::AppError::Internal`]: the copy of the rules it was bought under cannot be read.
    pub(super) fn of(locale: Locale, now: DateTime<Utc>, own: Tz, appointment: &Appointment) -> AppResult<Self> {
        let facts = Facts {
            policies: &appointment.policies()?,
            delivery: appointment.delivery(),
            starts_at: appointment.starts_at,
            minutes: appointment.minutes,
            zone: appointment.zone(),
            moved: appointment.reschedule_count,
        };
        Ok(Self::new(locale, now, own, &facts))
    }
}

/// When the official result comes: of a beta exam when the beta has ended, and no day is promised (product.md section 3).
pub(super) fn result(locale: Locale, result_by: NaiveDate, beta: bool) -> String {
    if beta {
        tr!(locale, scheduling.result_beta).to_owned()
    } else {
        tr!(locale, scheduling.result_by, day = format::date_long(locale, result_by)).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn terms(now: &str, moved: i32) -> Terms {
        let facts = Facts {
            policies: &Policies::default(),
            delivery: Delivery::Center,
            starts_at: at("2026-12-02T08:00:00Z"),
            minutes: 130,
            zone: chrono_tz::Europe::Berlin,
            moved,
        };
        Terms::new(Locale::en, at(now), chrono_tz::America::New_York, &facts)
    }

    #[test]
    fn what_may_be_done_until_when_is_said_in_the_candidates_zone_and_where_to_be_in_the_places() {
        let terms = terms("2026-11-23T09:00:00Z", 0);
        let until = "until Tuesday, 1 December 2026, 3:00 AM EST (UTC−5)";
        assert!(terms.reschedule.contains(until) && terms.cancel.contains(until), "{terms:?}");
        assert!(terms.arrival.contains("Wednesday, 2 December 2026, 8:30 AM CET (UTC+1)"), "{terms:?}");
        assert!(terms.movable && terms.moves_left.is_some_and(|text| text.contains("2 times")));
    }

    #[test]
    fn what_is_over_is_said_to_be_over() {
        let last = terms("2026-12-01T08:00:00Z", 1);
        assert!(last.movable && last.moves_left.is_some_and(|text| text.contains("1 time")));
        let late = terms("2026-12-01T08:00:01Z", 0);
        assert!(!late.movable && late.moves_left.is_none());
        assert!(late.reschedule.starts_with("Less than 24 hours remain") && late.cancel.contains("gives no refund"), "{late:?}");
        let moved = terms("2026-11-23T09:00:00Z", 2);
        assert!(!moved.movable && moved.reschedule.contains("all changes are used") && moved.cancel.contains("full refund"), "{moved:?}");
    }

    #[test]
    fn a_result_is_promised_by_a_day_but_of_a_beta() {
        let told = |beta| result(Locale::en, "2026-12-09".parse().unwrap(), beta);
        assert_eq!(told(false), "Your official result is there by Wednesday, 9 December 2026.");
        assert_eq!(told(true), "The official result of a beta exam comes after the beta has ended.");
    }
}
