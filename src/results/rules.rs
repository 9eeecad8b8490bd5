//! The product's decisions about scores and dates (product.md sections 4 and 6, domain.md "Scoring").

use super::model::ScoreReport;
use crate::server::programme::Policies;
use chrono::{DateTime, Datelike, Days, NaiveDate, Utc, Weekday};
use chrono_tz::Tz;

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

/// What can follow an exam that was not passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retake {
    /// This version of the exam can no longer be booked.
    ExamClosed,
    /// It was passed at a later attempt.
    PassedSince,
    /// It may be taken so often, and was.
    NoAttemptLeft(i32),
    /// From this day on.
    From(NaiveDate),
}

/// What the report of a fail says about taking the exam again (product.md sections 3 and 4): the same limits by which a booking is
/// decided (`scheduling/rules/eligibility.rs`).
pub fn retake(report: &ScoreReport, zone: Tz, policies: &Policies) -> Retake {
    let beta = report.exam_status == "beta";
    if report.passed_since {
        return Retake::PassedSince;
    }
    if !beta && report.exam_status != "active" {
        return Retake::ExamClosed;
    }
    match policies.attempts(report.max_attempts, beta) {
        Some(limit) if report.attempts >= i64::from(limit) => Retake::NoAttemptLeft(limit),
        _ => {
            let last = report.failed_at.map_or(report.taken_at, |failed| failed.max(report.taken_at));
            Retake::From(retake_on(last, zone, report.retake_wait_days.unwrap_or(policies.retake_wait_days)))
        }
    }
}

/// The first day on which a failed exam can be taken again.
fn retake_on(taken_at: DateTime<Utc>, zone: Tz, wait_days: i32) -> NaiveDate {
    taken_at.with_timezone(&zone).date_naive() + Days::new(u64::from(wait_days.unsigned_abs()))
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
    }

    #[test]
    fn the_retake_wait_counts_days_where_the_candidate_is() {
        let late: DateTime<Utc> = "2026-12-01T01:30:00Z".parse().unwrap();
        assert_eq!(retake_on(late, chrono_tz::America::Los_Angeles, 14), day("2026-12-14"));
        assert_eq!(retake_on(late, Tz::UTC, 14), day("2026-12-15"));
    }

    fn failed() -> ScoreReport {
        ScoreReport {
            id: crate::ids::ResultId::from_u128(0),
            candidate_id: "CPT00000007".into(),
            candidate_name: "Ada Example".into(),
            exam_code: "SAA-C03".into(),
            certification: "Solutions Architect".into(),
            certification_slug: "solutions-architect".into(),
            language: "en".into(),
            reference: "NL-4F2K".into(),
            taken_at: "2026-12-01T09:00:00Z".parse().unwrap(),
            time_zone: "UTC".into(),
            received_at: "2026-12-02T09:00:00Z".parse().unwrap(),
            released_at: "2026-12-02T09:00:00Z".parse().unwrap(),
            corrected_at: None,
            scaled_score: 690,
            passed: false,
            scale: ASSOCIATE,
            retake_wait_days: None,
            max_attempts: None,
            exam_status: "active".into(),
            attempts: 1,
            failed_at: Some("2026-12-01T09:00:00Z".parse().unwrap()),
            passed_since: false,
            policies: serde_json::Value::Null,
            credential: None,
            domains: vec![],
        }
    }

    #[test]
    fn a_failed_exam_comes_again_where_an_attempt_is_left() {
        let told = |report: ScoreReport| retake(&report, Tz::UTC, &Policies::default());
        assert_eq!(told(failed()), Retake::From(day("2026-12-15")));
        let beta = || ScoreReport { exam_status: "beta".into(), ..failed() };
        assert_eq!(told(beta()), Retake::NoAttemptLeft(1), "a beta is taken once");
        assert_eq!(told(ScoreReport { max_attempts: Some(2), ..beta() }), Retake::From(day("2026-12-15")), "its own limit comes first");
        assert_eq!(told(ScoreReport { max_attempts: Some(2), attempts: 2, ..failed() }), Retake::NoAttemptLeft(2));
        assert_eq!(told(ScoreReport { exam_status: "retired".into(), ..failed() }), Retake::ExamClosed);
        assert_eq!(told(ScoreReport { passed_since: true, ..failed() }), Retake::PassedSince);
        let again = Some("2026-12-20T09:00:00Z".parse().unwrap());
        assert_eq!(told(ScoreReport { failed_at: again, ..failed() }), Retake::From(day("2027-01-03")), "the last fail counts");
    }
}
