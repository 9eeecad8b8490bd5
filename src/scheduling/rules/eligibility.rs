//! Eligibility: every condition of a booking, said before the calendar.

use crate::error::Conflict;
use crate::server::programme::Policies;
use chrono::{DateTime, Months, NaiveDate, TimeDelta, Utc};

/// What is known about the exam.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExamFacts {
    pub status: String,
    pub registration_from: Option<NaiveDate>,
    pub last_day: Option<NaiveDate>,
    /// The exam's own retake wait; `None`: the policy's.
    pub retake_wait_days: Option<i32>,
    /// How often one candidate may take it; `None`: a beta exam as often as the policy says, any other without a limit.
    pub max_attempts: Option<i32>,
}

/// What is known about the candidate and the exam.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct History {
    pub email_verified: bool,
    pub agreement_accepted: bool,
    /// When the exam was last taken without a pass, and last with one; released results only.
    pub failed_at: Option<DateTime<Utc>>,
    pub passed_at: Option<DateTime<Utc>>,
    /// How often the exam was taken, whatever came of it.
    pub attempts: i64,
    /// Somebody under 18, by the date of birth told before: whether a guardian's consent holds. `None`: none is needed, or the
    /// date is not known yet.
    pub guardian: Option<bool>,
    /// An appointment for the same exam that is still to come, or still without a result: reference, is it to come.
    pub open_appointment: Option<(String, bool)>,
}

/// One line of the list before the calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    EmailVerified(bool),
    AgreementAccepted(bool),
    /// Only for those who need one: a guardian's consent holds.
    GuardianConsent(bool),
    /// The reason why it is not.
    ExamOpen(Result<(), ExamClosed>),
    /// The end of the wait, if it is not over.
    RetakeWait(Option<DateTime<Utc>>),
    /// Only for exams that may not be taken again and again: how often they may be, and whether that was not yet reached.
    AttemptsLeft {
        limit: i32,
        left: bool,
    },
    /// Until when the same exam is blocked after a pass.
    NotPassedLately(Option<DateTime<Utc>>),
    /// The appointment in the way.
    NoOpenAppointment(Option<(String, bool)>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExamClosed {
    NotYet(Option<NaiveDate>),
    Retired,
}

impl Check {
    /// Why this line forbids a booking.
    pub fn refusal(&self) -> Option<Conflict> {
        match self {
            Check::EmailVerified(false) => Some(Conflict::EmailNotVerified),
            Check::AgreementAccepted(false) => Some(Conflict::AgreementOutdated),
            Check::GuardianConsent(false) => Some(Conflict::GuardianNeeded),
            Check::ExamOpen(Err(_)) => Some(Conflict::ExamClosed),
            Check::RetakeWait(Some(_))
            | Check::AttemptsLeft { left: false, .. }
            | Check::NotPassedLately(Some(_))
            | Check::NoOpenAppointment(Some(_)) => Some(Conflict::NotEligible),
            _ => None,
        }
    }
}

/// Every condition of booking an exam (product.md section 4, "Eligibility"), in the order they are shown. `today` is
/// the candidate's.
pub fn eligibility(now: DateTime<Utc>, today: NaiveDate, policies: &Policies, exam: &ExamFacts, history: &History) -> Vec<Check> {
    let open = if exam.status == "retired" || exam.last_day.is_some_and(|last| today > last) {
        Err(ExamClosed::Retired)
    } else if exam.status == "announced" || exam.registration_from.is_some_and(|from| today < from) {
        Err(ExamClosed::NotYet(exam.registration_from.filter(|from| *from > today)))
    } else {
        Ok(())
    };
    let wait = TimeDelta::days(i64::from(exam.retake_wait_days.unwrap_or(policies.retake_wait_days)));
    // A pass after a failure ends the wait; the block after a pass is a line of its own.
    let failed = history.failed_at.filter(|failed| history.passed_at.is_none_or(|passed| passed < *failed));
    let retake = failed.map(|at| at + wait).filter(|until| now < *until);
    let block = u32::try_from(policies.pass_block_years * 12).unwrap_or(0);
    let passed = history.passed_at.and_then(|at| at.checked_add_months(Months::new(block))).filter(|until| now < *until);
    let mut checks = vec![Check::EmailVerified(history.email_verified), Check::AgreementAccepted(history.agreement_accepted)];
    checks.extend(history.guardian.map(Check::GuardianConsent));
    checks.extend([Check::ExamOpen(open), Check::NoOpenAppointment(history.open_appointment.clone())]);
    match policies.attempts(exam.max_attempts, exam.status == "beta") {
        // Whoever may not come again need not wait for it.
        Some(limit) if history.attempts >= i64::from(limit) => checks.push(Check::AttemptsLeft { limit, left: false }),
        Some(limit) => checks.extend([Check::AttemptsLeft { limit, left: true }, Check::RetakeWait(retake)]),
        None => checks.push(Check::RetakeWait(retake)),
    }
    checks.push(Check::NotPassedLately(passed));
    checks
}

/// What a candidate who has taken an exam is told about taking it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Again {
    /// This version of the exam cannot be booked any more.
    Closed,
    /// It was passed, and is blocked until then.
    Passed(DateTime<Utc>),
    /// It may be taken so often, and was.
    NoAttemptLeft(i32),
    /// There is an appointment for it, by its reference: to come, or without a result.
    Open(String),
    /// It may be booked from then on.
    From(DateTime<Utc>),
    Now,
}

/// From when an exam may be booked again, or why it may not: by the same lines that decide about a booking, what concerns the account
/// and not the exam left out. What lasts longest is said first.
pub fn again(checks: &[Check]) -> Again {
    let mut answers: Vec<(u8, Again)> = checks
        .iter()
        .filter_map(|check| match check {
            Check::ExamOpen(Err(_)) => Some((0, Again::Closed)),
            Check::NotPassedLately(Some(until)) => Some((1, Again::Passed(*until))),
            Check::AttemptsLeft { limit, left: false } => Some((2, Again::NoAttemptLeft(*limit))),
            Check::NoOpenAppointment(Some((reference, _))) => Some((3, Again::Open(reference.clone()))),
            Check::RetakeWait(Some(until)) => Some((4, Again::From(*until))),
            _ => None,
        })
        .collect();
    answers.sort_by_key(|(order, _)| *order);
    answers.into_iter().next().map_or(Again::Now, |(_, answer)| answer)
}

/// The two windows of exam and language as one.
pub fn narrower(
    exam: (Option<NaiveDate>, Option<NaiveDate>),
    language: (Option<NaiveDate>, Option<NaiveDate>),
) -> (Option<NaiveDate>, Option<NaiveDate>) {
    let first = [exam.0, language.0].into_iter().flatten().max();
    let last = [exam.1, language.1].into_iter().flatten().min();
    (first, last)
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

    fn exam() -> ExamFacts {
        ExamFacts { status: "active".into(), registration_from: None, last_day: None, retake_wait_days: None, max_attempts: None }
    }

    fn clean() -> History {
        History { email_verified: true, agreement_accepted: true, ..History::default() }
    }

    fn refused(now: &str, exam: &ExamFacts, history: &History) -> Vec<Conflict> {
        let now = at(now);
        eligibility(now, now.date_naive(), &Policies::default(), exam, history).iter().filter_map(Check::refusal).collect()
    }

    #[test]
    fn the_retake_wait_ends_to_the_second() {
        let history = History { failed_at: Some(at("2026-11-10T10:00:00Z")), ..clean() };
        assert_eq!(refused("2026-11-24T09:59:59Z", &exam(), &history), [Conflict::NotEligible]);
        assert_eq!(refused("2026-11-24T10:00:00Z", &exam(), &history), []);
        let shorter = ExamFacts { retake_wait_days: Some(7), ..exam() };
        assert_eq!(refused("2026-11-17T10:00:00Z", &shorter, &history), []);
    }

    #[test]
    fn a_pass_blocks_the_same_exam_for_two_years_and_ends_the_wait() {
        let history = History { failed_at: Some(at("2026-11-01T10:00:00Z")), passed_at: Some(at("2026-11-20T10:00:00Z")), ..clean() };
        let checks = eligibility(at("2026-11-21T00:00:00Z"), day("2026-11-21"), &Policies::default(), &exam(), &history);
        assert!(checks.contains(&Check::RetakeWait(None)));
        assert!(checks.contains(&Check::NotPassedLately(Some(at("2028-11-20T10:00:00Z")))));
        assert_eq!(refused("2028-11-20T10:00:00Z", &exam(), &history), []);
    }

    #[test]
    fn an_exam_with_a_limit_is_not_taken_more_often() {
        let taken = |attempts| History { attempts, failed_at: Some(at("2026-01-10T10:00:00Z")), ..clean() };
        let once = ExamFacts { max_attempts: Some(1), ..exam() };
        let beta = ExamFacts { status: "beta".into(), ..exam() };
        assert_eq!(refused("2026-11-24T10:00:00Z", &exam(), &taken(9)), []);
        for exam in [&once, &beta] {
            assert_eq!(refused("2026-11-24T10:00:00Z", exam, &taken(0)), []);
            assert_eq!(refused("2026-11-24T10:00:00Z", exam, &taken(1)), [Conflict::NotEligible]);
        }
        // What the exam says counts before what the policy says of beta exams.
        let beta_twice = ExamFacts { max_attempts: Some(2), ..beta };
        assert_eq!(refused("2026-11-24T10:00:00Z", &beta_twice, &taken(1)), []);
        assert_eq!(refused("2026-11-24T10:00:00Z", &beta_twice, &taken(2)), [Conflict::NotEligible]);
    }

    #[test]
    fn what_is_said_about_another_attempt_is_what_a_booking_is_decided_by() {
        let failed = || History { attempts: 1, failed_at: Some(at("2026-11-10T10:00:00Z")), ..clean() };
        let told = |now: &str, policies: &Policies, exam: &ExamFacts, history: &History| {
            let now = at(now);
            let checks = eligibility(now, now.date_naive(), policies, exam, history);
            assert_eq!(again(&checks) == Again::Now, checks.iter().all(|check| check.refusal().is_none()), "{checks:?}");
            again(&checks)
        };
        let (policies, end) = (Policies::default(), "2026-11-24T10:00:00Z");
        // To the second, and not from the beginning of that day on.
        assert_eq!(told("2026-11-24T00:00:00Z", &policies, &exam(), &failed()), Again::From(at(end)));
        assert_eq!(told("2026-11-24T09:59:59Z", &policies, &exam(), &failed()), Again::From(at(end)));
        assert_eq!(told(end, &policies, &exam(), &failed()), Again::Now);
        // The policies in force count, and before them the exam's own wait.
        let longer = Policies { retake_wait_days: 21, ..Policies::default() };
        assert_eq!(told(end, &longer, &exam(), &failed()), Again::From(at("2026-12-01T10:00:00Z")));
        let own = ExamFacts { retake_wait_days: Some(7), ..exam() };
        assert_eq!(told("2026-11-17T10:00:00Z", &longer, &own, &failed()), Again::Now);
        // An active exam whose last day is over.
        let over = ExamFacts { last_day: Some(day("2026-11-23")), ..exam() };
        assert_eq!(told(end, &policies, &over, &failed()), Again::Closed);
        let retired = ExamFacts { status: "retired".into(), ..exam() };
        assert_eq!(told(end, &policies, &retired, &failed()), Again::Closed);
        let beta = ExamFacts { status: "beta".into(), ..exam() };
        assert_eq!(told(end, &policies, &beta, &failed()), Again::NoAttemptLeft(1));
        let beta_twice = ExamFacts { max_attempts: Some(2), ..beta };
        assert_eq!(told(end, &policies, &beta_twice, &failed()), Again::Now);
        let passed = History { passed_at: Some(at("2026-11-20T10:00:00Z")), ..failed() };
        assert_eq!(told(end, &policies, &exam(), &passed), Again::Passed(at("2028-11-20T10:00:00Z")));
        assert_eq!(told("2028-11-20T10:00:00Z", &policies, &exam(), &passed), Again::Now);
        let booked = History { open_appointment: Some(("NL-4F2K".into(), true)), ..failed() };
        assert_eq!(told(end, &policies, &exam(), &booked), Again::Open("NL-4F2K".into()));
    }

    #[test]
    fn every_condition_has_its_refusal() {
        assert_eq!(refused("2026-11-24T10:00:00Z", &exam(), &clean()), []);
        let nobody = History { open_appointment: Some(("X".into(), true)), ..History::default() };
        assert_eq!(
            refused("2026-11-24T10:00:00Z", &exam(), &nobody),
            [Conflict::EmailNotVerified, Conflict::AgreementOutdated, Conflict::NotEligible]
        );
        let minor = History { guardian: Some(false), ..clean() };
        assert_eq!(refused("2026-11-24T10:00:00Z", &exam(), &minor), [Conflict::GuardianNeeded]);
        assert_eq!(refused("2026-11-24T10:00:00Z", &exam(), &History { guardian: Some(true), ..clean() }), []);
        let later = ExamFacts { registration_from: Some(day("2026-11-25")), ..exam() };
        assert_eq!(refused("2026-11-24T10:00:00Z", &later, &clean()), [Conflict::ExamClosed]);
        assert_eq!(refused("2026-11-25T00:00:00Z", &later, &clean()), []);
        let over = ExamFacts { last_day: Some(day("2026-11-24")), ..exam() };
        assert_eq!(refused("2026-11-24T23:00:00Z", &over, &clean()), []);
        assert_eq!(refused("2026-11-25T00:00:00Z", &over, &clean()), [Conflict::ExamClosed]);
    }
}
