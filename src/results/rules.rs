//! The product's decisions about scores and dates (product.md section 6, domain.md "Scoring").

use chrono::{Datelike, Days, NaiveDate, Weekday};

/// An exam's scaled range and pass mark, e.g. 100 to 1000 with 720.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scale {
    pub min: i32,
    pub max: i32,
    pub pass_mark: i32,
}

impl Scale {
    pub fn holds(self, scaled_score: i32) -> bool {
        (self.min..=self.max).contains(&scaled_score)
    }

    /// Compensatory scoring: only the total counts.
    pub fn passes(self, scaled_score: i32) -> bool {
        scaled_score >= self.pass_mark
    }

    /// Where a score stands on the scale, in percent of its length.
    pub fn position(self, scaled_score: i32) -> f64 {
        f64::from(scaled_score - self.min) * 100.0 / f64::from(self.max - self.min)
    }

    /// "Meets competencies": the share of right answers in a domain reaches the share of the scale that lies below the
    /// pass mark (68.9 % where 720 of 100 to 1000 passes). Exact: nothing is rounded.
    pub fn meets_competencies(self, percent: i32) -> bool {
        percent * (self.max - self.min) >= (self.pass_mark - self.min) * 100
    }
}

/// A domain's bar as it is drawn: in steps of five, because a domain has too few questions for more, and because the
/// number itself is nobody's business.
pub fn drawn_percent(percent: i32) -> i32 {
    ((percent + 2) / 5 * 5).clamp(0, 100)
}

/// The day by which the official result is promised: so many business days (Monday to Friday) after the exam day.
pub fn due_on(taken_on: NaiveDate, business_days: i32) -> NaiveDate {
    let mut day = taken_on;
    let mut left = business_days;
    while left > 0 {
        day = day + Days::new(1);
        if !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) {
            left -= 1;
        }
    }
    day
}

/// The day that was promised: none for a beta exam, whose results come when the beta has ended (product.md section 3).
pub fn promised_on(taken_on: NaiveDate, business_days: i32, beta: bool) -> Option<NaiveDate> {
    (!beta).then(|| due_on(taken_on, business_days))
}

/// Whether an appointment in this state may receive a result: it was paid for and neither cancelled nor missed.
pub fn takes_result(appointment_state: &str) -> bool {
    matches!(appointment_state, "booked" | "checked_in" | "admitted" | "started" | "delivered" | "under_review" | "interrupted")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASSOCIATE: Scale = Scale { min: 100, max: 1000, pass_mark: 720 };

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_pass_mark_itself_passes() {
        assert!(ASSOCIATE.passes(720) && !ASSOCIATE.passes(719));
        assert!(ASSOCIATE.holds(100) && ASSOCIATE.holds(1000) && !ASSOCIATE.holds(99) && !ASSOCIATE.holds(1001));
    }

    #[test]
    fn a_domain_meets_competencies_where_the_same_share_of_the_scale_passes() {
        assert!(ASSOCIATE.meets_competencies(69) && !ASSOCIATE.meets_competencies(68));
        let foundational = Scale { pass_mark: 700, ..ASSOCIATE };
        assert!(foundational.meets_competencies(67) && !foundational.meets_competencies(66));
        assert!(ASSOCIATE.meets_competencies(100) && !ASSOCIATE.meets_competencies(0));
    }

    #[test]
    fn bars_do_not_tell_the_number() {
        let drawn: Vec<i32> = [0, 2, 3, 67, 68, 98, 100].into_iter().map(drawn_percent).collect();
        assert_eq!(drawn, [0, 0, 5, 65, 70, 100, 100]);
    }

    #[test]
    fn business_days_leave_out_the_weekend() {
        // A Thursday.
        assert_eq!(due_on(day("2026-12-03"), 5), day("2026-12-10"));
        assert_eq!(due_on(day("2026-12-05"), 1), day("2026-12-07"), "a Saturday");
        assert_eq!(due_on(day("2026-12-04"), 0), day("2026-12-04"));
        assert_eq!(promised_on(day("2026-12-03"), 5, false), Some(day("2026-12-10")));
        assert_eq!(promised_on(day("2026-12-03"), 5, true), None, "a beta");
    }
}
