//! The decisions about a person's data, as pure functions.

use chrono::{DateTime, Datelike, Months, TimeDelta, TimeZone, Utc};

/// How long an archive can be fetched (security.md, "Personal data").
pub const EXPORT_LASTS: TimeDelta = TimeDelta::hours(24);
/// Archives a person may ask for in 24 hours.
pub const EXPORTS_PER_DAY: usize = 3;

/// How long an erasure can be stopped (product.md section 1), and how long before its end the person is reminded.
pub const GRACE: TimeDelta = TimeDelta::days(30);
pub const REMINDER: TimeDelta = TimeDelta::days(3);
/// How long the mail that says it is done may wait for its delivery before it is deleted unsent.
pub const LAST_MAIL: TimeDelta = TimeDelta::days(7);

/// When another archive may be asked for; `asked`: when the ones of the last day were, oldest first. `None`: now.
pub fn next_export(asked: &[DateTime<Utc>], now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let recent: Vec<_> = asked.iter().filter(|at| now - **at < TimeDelta::days(1)).collect();
    let blocking = recent.len().checked_sub(EXPORTS_PER_DAY)?;
    recent.get(blocking).map(|at| **at + TimeDelta::days(1))
}

/// Records that outlive their person's account for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Records {
    /// Orders, payments and refunds: amounts, dates, items.
    Orders,
    /// Appointments and results.
    Exams,
    /// That a certification was awarded.
    Credentials,
}

impl Records {
    pub const ALL: &[Records] = &[Records::Orders, Records::Exams, Records::Credentials];

    pub fn as_str(self) -> &'static str {
        match self {
            Records::Orders => "orders",
            Records::Exams => "exams",
            Records::Credentials => "credentials",
        }
    }

    /// Why they may be kept (GDPR, articles 6 and 17). For the operator; people read their own language's words.
    pub fn legal_basis(self) -> &'static str {
        match self {
            Records::Orders => "GDPR 17(3)(b) with 6(1)(c): retention of accounting records under commercial and tax law",
            Records::Exams => "GDPR 17(3)(e) with 6(1)(f): integrity of the examination and defence of claims",
            Records::Credentials => "GDPR 17(3)(e) with 6(1)(f): whoever was shown a credential can check that it was awarded",
        }
    }

    /// Until when, from the newest order, the newest exam, or the end of the last credential.
    pub fn keep_until(self, newest: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            // Ten years from the end of the calendar year.
            Records::Orders => Utc.with_ymd_and_hms(newest.year() + 11, 1, 1, 0, 0, 0).single().unwrap_or(newest),
            Records::Exams | Records::Credentials => newest + Months::new(60),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn three_archives_a_day() {
        let times = [at("2026-11-23T08:00:00Z"), at("2026-11-23T09:00:00Z"), at("2026-11-23T10:00:00Z")];
        let now = at("2026-11-23T11:00:00Z");
        assert_eq!(next_export(&times[..2], now), None);
        assert_eq!(next_export(&times, now), Some(at("2026-11-24T08:00:00Z")));
        assert_eq!(next_export(&times, at("2026-11-24T08:00:00Z")), None);
    }

    #[test]
    fn kept_records_have_an_end() {
        assert_eq!(Records::Orders.keep_until(at("2026-11-23T09:00:00Z")), at("2037-01-01T00:00:00Z"));
        assert_eq!(Records::Exams.keep_until(at("2026-11-23T09:00:00Z")), at("2031-11-23T09:00:00Z"));
        assert_eq!(Records::Credentials.keep_until(at("2028-02-29T23:59:59Z")), at("2033-02-28T23:59:59Z"));
    }
}
