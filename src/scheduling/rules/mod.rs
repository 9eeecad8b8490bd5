//! What may be booked, moved and cancelled, and when (product.md section 4). Pure: the time, the policy and the facts
//! come in, a decision with its reason goes out.

mod availability;
mod changes;
mod eligibility;
mod identity;
mod opening_hours;
mod places;

pub use availability::{DayPart, GRID_MINUTES, Hours, Occupied, Place, Seat, Slot, Wanted, first_free_day, free_slots, is_offered};
pub use changes::{Deadlines, after_business_days, deadlines, may_cancel, may_reschedule};
pub use eligibility::{Again, Check, ExamClosed, ExamFacts, History, again, eligibility, narrower};
pub use identity::{age, comparable_name, date_of_birth, needs_guardian, old_enough};
pub use opening_hours::parse_opening_hours;
pub use places::{Typed, country_code, place_label, searchable, still_means, typed};

use crate::server::programme::Policies;
use chrono::TimeDelta;

/// A candidate may hold this many seats at once.
pub const LIVE_HOLDS: usize = 3;

/// Where an exam is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Delivery {
    Center,
    Online,
}

impl Delivery {
    /// As the database writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Delivery::Center => "center",
            Delivery::Online => "online",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "center" => Some(Delivery::Center),
            "online" => Some(Delivery::Online),
            _ => None,
        }
    }

    /// How long before the start a time can still be chosen.
    pub fn lead_time(self, policies: &Policies) -> TimeDelta {
        TimeDelta::hours(match self {
            Delivery::Center => policies.lead_time_hours_center,
            Delivery::Online => policies.lead_time_hours_online,
        })
    }

    /// Minutes that a seat is taken beyond the exam itself: check-in, agreement, survey.
    pub fn overhead(self, policies: &Policies) -> i32 {
        match self {
            Delivery::Center => policies.seat_overhead_minutes_center,
            Delivery::Online => policies.seat_overhead_minutes_online,
        }
    }
}
