//! What may be booked, moved and cancelled, and when (product.md section 4). Pure: the time, the policy and the facts
//! come in, a decision with its reason goes out.

use crate::error::{Code, Conflict, FieldError};
use crate::server::programme::Policies;
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc, Weekday};
use chrono_tz::Tz;
use std::collections::HashMap;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use uuid::Uuid;

/// Times are offered on a grid of this many minutes, counted from the opening.
pub const GRID_MINUTES: i64 = 30;
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

// ---------------------------------------------------------------------------------------------------------------------
// Free times

/// When a place works, in its own wall-clock time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hours {
    /// Online proctors: around the clock.
    Always,
    /// ISO weekday (Monday = 1), opening, closing.
    Weekly(Vec<(u32, NaiveTime, NaiveTime)>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    pub id: Uuid,
    pub accessible: bool,
}

/// A centre, or the online lanes of one language, as the calendar sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Whose days and hours count: the centre's zone, online the candidate's.
    pub zone: Tz,
    pub hours: Hours,
    /// Days that differ; `None`: closed.
    pub exceptions: HashMap<NaiveDate, Option<(NaiveTime, NaiveTime)>>,
    pub seats: Vec<Seat>,
    /// The centre is given up from this day on.
    pub closed_on: Option<NaiveDate>,
}

/// From its first instant up to, and without, its last.
type Range = (DateTime<Utc>, DateTime<Utc>);

/// Half-open ranges in which each seat is taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Occupied(HashMap<Uuid, Vec<Range>>);

impl Occupied {
    pub fn new(ranges: impl IntoIterator<Item = (Uuid, DateTime<Utc>, DateTime<Utc>)>) -> Self {
        let mut seats: HashMap<Uuid, Vec<_>> = HashMap::new();
        for (seat, from, to) in ranges {
            seats.entry(seat).or_default().push((from, to));
        }
        for ranges in seats.values_mut() {
            ranges.sort_unstable();
        }
        Self(seats)
    }

    fn is_free(&self, seat: Uuid, from: DateTime<Utc>, to: DateTime<Utc>) -> bool {
        // The ranges of one seat never overlap, so they are sorted by their ends too.
        self.0.get(&seat).is_none_or(|ranges| {
            let next = ranges.partition_point(|(_, end)| *end <= from);
            ranges.get(next).is_none_or(|(start, _)| *start >= to)
        })
    }
}

/// What a candidate asks a place for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Length of the exam.
    pub minutes: i32,
    /// What the seat is taken for beyond it.
    pub overhead: i32,
    /// Only seats with an accessible workstation.
    pub accessible: bool,
    /// Lead time and horizon as instants; a start exactly on either is offered.
    pub earliest: DateTime<Utc>,
    pub latest: DateTime<Utc>,
    /// The days on which the exam is offered in the language; both included.
    pub first_day: Option<NaiveDate>,
    pub last_day: Option<NaiveDate>,
    /// The candidate's own other appointments.
    pub own: Vec<(DateTime<Utc>, DateTime<Utc>)>,
}

impl Wanted {
    /// Exam and policy give the window of time.
    pub fn new(now: DateTime<Utc>, policies: &Policies, delivery: Delivery, minutes: i32) -> Self {
        Self {
            minutes,
            overhead: delivery.overhead(policies),
            accessible: false,
            earliest: now + delivery.lead_time(policies),
            latest: now + TimeDelta::days(policies.horizon_days),
            first_day: None,
            last_day: None,
            own: vec![],
        }
    }

    /// Until when the seat is taken for a start at `from`.
    pub fn end(&self, from: DateTime<Utc>) -> DateTime<Utc> {
        from + TimeDelta::minutes(i64::from(self.minutes + self.overhead))
    }

    fn day_is_open(&self, day: NaiveDate) -> bool {
        self.first_day.is_none_or(|first| day >= first) && self.last_day.is_none_or(|last| day <= last)
    }
}

/// A time that can be chosen, and how many seats are free then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    pub starts_at: DateTime<Utc>,
    pub seats: usize,
}

/// The times of one local day of a place, in order. Local times that the day does not have (clocks go forward) are left
/// out; those it has twice (clocks go back) are offered twice.
pub fn free_slots(place: &Place, occupied: &Occupied, wanted: &Wanted, day: NaiveDate) -> Vec<Slot> {
    let mut slots: Vec<Slot> = starts(place, wanted, day)
        .into_iter()
        .filter(|start| *start >= wanted.earliest && *start <= wanted.latest)
        .filter_map(|starts_at| {
            let end = wanted.end(starts_at);
            if wanted.own.iter().any(|(from, to)| *from < end && starts_at < *to) {
                return None;
            }
            let usable = place.seats.iter().filter(|seat| seat.accessible || !wanted.accessible);
            let seats = usable.filter(|seat| occupied.is_free(seat.id, starts_at, end)).count();
            (seats > 0).then_some(Slot { starts_at, seats })
        })
        .collect();
    slots.sort_unstable_by_key(|slot| slot.starts_at);
    slots.dedup_by_key(|slot| slot.starts_at);
    slots
}

/// Whether a place offers a start at all, whoever else sits there.
pub fn is_offered(place: &Place, wanted: &Wanted, starts_at: DateTime<Utc>) -> bool {
    let day = starts_at.with_timezone(&place.zone).date_naive();
    starts_at >= wanted.earliest && starts_at <= wanted.latest && starts(place, wanted, day).contains(&starts_at)
}

/// The first day with a free time.
pub fn first_free_day(place: &Place, occupied: &Occupied, wanted: &Wanted, from: NaiveDate, to: NaiveDate) -> Option<NaiveDate> {
    from.iter_days().take_while(|day| *day <= to).find(|day| !free_slots(place, occupied, wanted, *day).is_empty())
}

fn starts(place: &Place, wanted: &Wanted, day: NaiveDate) -> Vec<DateTime<Utc>> {
    if !wanted.day_is_open(day) || place.closed_on.is_some_and(|closed| day >= closed) {
        return vec![];
    }
    let periods: Vec<(NaiveTime, Option<NaiveTime>)> = match (place.exceptions.get(&day), &place.hours) {
        (Some(None), _) => vec![],
        (Some(Some((opens, closes))), _) => vec![(*opens, Some(*closes))],
        (None, Hours::Always) => vec![(NaiveTime::MIN, None)],
        (None, Hours::Weekly(hours)) => {
            let weekday = day.weekday().number_from_monday();
            hours.iter().filter(|(on, ..)| *on == weekday).map(|(_, opens, closes)| (*opens, Some(*closes))).collect()
        }
    };
    periods.into_iter().flat_map(|(opens, closes)| period_starts(place.zone, wanted, day, opens, closes)).collect()
}

fn period_starts(zone: Tz, wanted: &Wanted, day: NaiveDate, opens: NaiveTime, closes: Option<NaiveTime>) -> Vec<DateTime<Utc>> {
    let mut local = day.and_time(opens);
    let mut found = vec![];
    while local.date() == day && closes.is_none_or(|closes| local.time() < closes) {
        let instants = match zone.from_local_datetime(&local) {
            chrono::LocalResult::None => vec![],
            chrono::LocalResult::Single(at) => vec![at.to_utc()],
            chrono::LocalResult::Ambiguous(first, second) => vec![first.to_utc(), second.to_utc()],
        };
        // The closing time is a wall-clock time too: compare what the candidate's and the centre's clocks would show.
        let fits =
            |at: &DateTime<Utc>| closes.is_none_or(|closes| wanted.end(*at).with_timezone(&zone).naive_local() <= day.and_time(closes));
        found.extend(instants.into_iter().filter(fits));
        local += TimeDelta::minutes(GRID_MINUTES);
    }
    found
}

/// The part of the day a local time belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DayPart {
    Night,
    Morning,
    Afternoon,
    Evening,
}

impl DayPart {
    pub fn of(time: NaiveTime) -> Self {
        use chrono::Timelike;
        match time.hour() {
            0..=5 => DayPart::Night,
            6..=11 => DayPart::Morning,
            12..=16 => DayPart::Afternoon,
            _ => DayPart::Evening,
        }
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Eligibility

/// What is known about the exam.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExamFacts {
    pub status: String,
    pub registration_from: Option<NaiveDate>,
    pub last_day: Option<NaiveDate>,
    /// The exam's own retake wait; `None`: the policy's.
    pub retake_wait_days: Option<i32>,
}

/// What is known about the candidate and the exam.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct History {
    pub email_verified: bool,
    pub agreement_accepted: bool,
    /// When the exam was last taken without a pass, and last with one; released results only.
    pub failed_at: Option<DateTime<Utc>>,
    pub passed_at: Option<DateTime<Utc>>,
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
            Check::RetakeWait(Some(_)) | Check::NotPassedLately(Some(_)) | Check::NoOpenAppointment(Some(_)) => Some(Conflict::NotEligible),
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
    checks.extend([
        Check::ExamOpen(open),
        Check::NoOpenAppointment(history.open_appointment.clone()),
        Check::RetakeWait(retake),
        Check::NotPassedLately(passed),
    ]);
    checks
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

// ---------------------------------------------------------------------------------------------------------------------
// Name and age

/// A name in the form in which it is compared with the account's: width and composition of letters, capitals and spaces
/// are forgiven; accents and letters are not, because they are what an ID check looks at.
pub fn comparable_name(name: &str) -> String {
    let folded: String = name.nfkc().collect::<String>().to_lowercase().nfkc().collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The form in which places are searched: lower case, without accents.
pub fn searchable(text: &str) -> String {
    let folded: String = text.nfkd().filter(|c| !is_combining_mark(*c)).collect::<String>().to_lowercase();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Completed years of life.
pub fn age(born: NaiveDate, today: NaiveDate) -> i32 {
    let birthday_is_ahead = (today.month(), today.day()) < (born.month(), born.day());
    today.year() - born.year() - i32::from(birthday_is_ahead)
}

/// A date of birth as typed, and whether somebody of that age may book (product.md section 1). `consented`: a guardian's
/// consent holds.
///
/// # Errors
/// At `field`: no date, in the future, too young, or in need of a guardian's consent.
pub fn date_of_birth(
    field: &str,
    typed: (&str, &str, &str),
    today: NaiveDate,
    policies: &Policies,
    consented: bool,
) -> Result<NaiveDate, FieldError> {
    let (day, month, year) = (typed.0.trim(), typed.1.trim(), typed.2.trim());
    if [day, month, year].iter().all(|part| part.is_empty()) {
        return Err(FieldError::new(field, Code::Required));
    }
    let date = match (day.parse(), month.parse(), year.parse()) {
        (Ok(day), Ok(month), Ok(year)) if year >= today.year() - 130 => NaiveDate::from_ymd_opt(year, month, day),
        _ => None,
    };
    let date = date.ok_or_else(|| FieldError::new(field, Code::DateInvalid))?;
    if date > today {
        return Err(FieldError::new(field, Code::DateInFuture));
    }
    old_enough(field, date, today, policies, consented).map(|()| date)
}

/// Whether somebody born then is under the age at which nobody has to consent for them: until the day before the birthday.
pub fn needs_guardian(born: NaiveDate, today: NaiveDate, policies: &Policies) -> bool {
    age(born, today) < policies.guardian_consent_age
}

/// Whether somebody born then may book today; below the minimum age nobody's consent helps.
///
/// # Errors
/// At `field`: [`Code::TooYoung`] or [`Code::GuardianNeeded`], with the age as parameter.
pub fn old_enough(field: &str, born: NaiveDate, today: NaiveDate, policies: &Policies, consented: bool) -> Result<(), FieldError> {
    if age(born, today) < policies.minimum_age {
        return Err(FieldError::with(field, Code::TooYoung, policies.minimum_age));
    }
    if needs_guardian(born, today, policies) && !consented {
        return Err(FieldError::with(field, Code::GuardianNeeded, policies.guardian_consent_age));
    }
    Ok(())
}

// ---------------------------------------------------------------------------------------------------------------------
// Deadlines and changes

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

// ---------------------------------------------------------------------------------------------------------------------
// Opening hours as the data files write them

/// Reads `Mo-Fr 08:30-12:30,13:30-18:30; Sa 09:00-14:00`: ISO weekday, opening, closing. A range of days may run over
/// the end of the week.
pub fn parse_opening_hours(text: &str) -> Option<Vec<(u32, NaiveTime, NaiveTime)>> {
    const DAYS: [&str; 7] = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"];
    let day = |name: &str| DAYS.iter().position(|known| *known == name);
    let time = |text: &str| NaiveTime::parse_from_str(text, "%H:%M").ok();
    let mut hours = vec![];
    for part in text.split(';') {
        let (days, periods) = part.trim().split_once(' ')?;
        let (first, last) = match days.split_once('-') {
            Some((first, last)) => (day(first)?, day(last)?),
            None => (day(days)?, day(days)?),
        };
        let count = (last + 7 - first) % 7 + 1;
        for period in periods.split(',') {
            let (opens, closes) = period.split_once('-')?;
            let (opens, closes) = (time(opens.trim())?, time(closes.trim())?);
            if opens >= closes {
                return None;
            }
            hours.extend((0..count).map(|step| ((first + step) as u32 % 7 + 1, opens, closes)));
        }
    }
    Some(hours)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::{America::New_York, Asia::Kathmandu, Europe::Berlin};

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn time(hour: u32, minute: u32) -> NaiveTime {
        NaiveTime::from_hms_opt(hour, minute, 0).unwrap()
    }

    fn place(zone: Tz, hours: Hours) -> Place {
        let seats = vec![Seat { id: Uuid::from_u128(1), accessible: false }, Seat { id: Uuid::from_u128(2), accessible: true }];
        Place { zone, hours, exceptions: HashMap::new(), seats, closed_on: None }
    }

    fn every_day(from: NaiveTime, to: NaiveTime) -> Hours {
        Hours::Weekly((1..=7).map(|weekday| (weekday, from, to)).collect())
    }

    fn wanted(now: &str) -> Wanted {
        Wanted::new(at(now), &Policies::default(), Delivery::Center, 130)
    }

    fn local(slots: &[Slot], zone: Tz) -> Vec<String> {
        slots.iter().map(|slot| slot.starts_at.with_timezone(&zone).format("%H:%M%:z").to_string()).collect()
    }

    #[test]
    fn times_stand_on_the_grid_and_end_before_the_centre_closes() {
        let place = place(Berlin, every_day(time(8, 30), time(12, 30)));
        let slots = free_slots(&place, &Occupied::default(), &wanted("2026-11-23T12:00:00Z"), day("2026-12-01"));
        // 130 + 30 minutes: the last start that ends at 12:30 or before is 9:30 (9:50 is not on the grid).
        assert_eq!(local(&slots, Berlin), ["08:30+01:00", "09:00+01:00", "09:30+01:00"]);
        assert!(slots.iter().all(|slot| slot.seats == 2));
    }

    #[test]
    fn lead_time_and_horizon_are_exact_to_the_minute() {
        let place = place(Berlin, every_day(time(8, 0), time(18, 0)));
        let none = Occupied::default();
        // 9:00 in Berlin is 8:00 UTC.
        assert_eq!(local(&free_slots(&place, &none, &wanted("2026-11-23T08:00:00Z"), day("2026-11-24")), Berlin)[0], "09:00+01:00");
        assert_eq!(local(&free_slots(&place, &none, &wanted("2026-11-23T08:01:00Z"), day("2026-11-24")), Berlin)[0], "09:30+01:00");
        let last = free_slots(&place, &none, &wanted("2026-11-23T08:00:00Z"), day("2027-02-21"));
        assert_eq!(local(&last, Berlin).last().unwrap(), "09:00+01:00");
        let last = free_slots(&place, &none, &wanted("2026-11-23T07:59:00Z"), day("2027-02-21"));
        assert_eq!(local(&last, Berlin).last().unwrap(), "08:30+01:00");
        assert!(free_slots(&place, &none, &wanted("2026-11-23T08:00:00Z"), day("2027-02-22")).is_empty());
    }

    #[test]
    fn a_local_time_that_does_not_exist_is_not_offered_and_one_that_exists_twice_is_offered_twice() {
        let mut online = place(New_York, Hours::Always);
        online.seats.truncate(1);
        let wanted = Wanted::new(at("2026-02-01T00:00:00Z"), &Policies::default(), Delivery::Online, 90);
        let spring = local(&free_slots(&online, &Occupied::default(), &wanted, day("2026-03-08")), New_York);
        assert!(spring.contains(&"01:30-05:00".to_owned()) && spring.contains(&"03:00-04:00".to_owned()));
        assert!(!spring.iter().any(|time| time.starts_with("02:")), "{spring:?}");
        assert_eq!(spring.len(), 46);
        let wanted = Wanted::new(at("2026-10-01T00:00:00Z"), &Policies::default(), Delivery::Online, 90);
        let autumn = local(&free_slots(&online, &Occupied::default(), &wanted, day("2026-11-01")), New_York);
        let twice: Vec<_> = autumn.iter().filter(|time| time.starts_with("01:30")).collect();
        assert_eq!(twice, ["01:30-04:00", "01:30-05:00"]);
        assert_eq!(autumn.len(), 50);
    }

    #[test]
    fn a_centre_that_closes_after_the_clocks_change_closes_by_the_clock_on_its_wall() {
        // Clocks go forward at 2:00; a night centre open 0:00 to 4:00 has three hours, not four.
        let place = place(Berlin, every_day(time(0, 0), time(4, 0)));
        let mut wanted = wanted("2026-03-01T00:00:00Z");
        wanted.minutes = 90;
        let slots = free_slots(&place, &Occupied::default(), &wanted, day("2026-03-29"));
        assert_eq!(local(&slots, Berlin), ["00:00+01:00", "00:30+01:00", "01:00+01:00"]);
    }

    #[test]
    fn a_seat_is_free_up_to_the_minute_it_is_taken() {
        let place = place(Berlin, every_day(time(8, 0), time(18, 0)));
        let noon = at("2026-12-01T11:00:00Z");
        let one = Uuid::from_u128(1);
        let two = Uuid::from_u128(2);
        let occupied = Occupied::new([(one, noon, noon + TimeDelta::minutes(160)), (two, noon, noon + TimeDelta::minutes(160))]);
        let slots = local(&free_slots(&place, &occupied, &wanted("2026-11-23T12:00:00Z"), day("2026-12-01")), Berlin);
        // 9:00 + 160 minutes is 11:40, free; 9:30 would end at 12:10. 14:40 is not on the grid, 15:00 is.
        assert_eq!(slots, ["08:00+01:00", "08:30+01:00", "09:00+01:00", "15:00+01:00"]);
        let half = Occupied::new([(one, noon, noon + TimeDelta::minutes(160))]);
        let slots = free_slots(&place, &half, &wanted("2026-11-23T12:00:00Z"), day("2026-12-01"));
        assert_eq!(slots.iter().find(|slot| slot.starts_at == noon).unwrap().seats, 1);
    }

    #[test]
    fn exceptions_accessible_seats_own_appointments_and_exam_days_narrow_the_choice() {
        let mut place = place(Kathmandu, every_day(time(8, 0), time(18, 0)));
        place.exceptions.insert(day("2026-12-25"), None);
        place.exceptions.insert(day("2026-12-24"), Some((time(10, 0), time(13, 0))));
        let mut wanted = wanted("2026-11-23T12:00:00Z");
        let none = Occupied::default();
        assert!(free_slots(&place, &none, &wanted, day("2026-12-25")).is_empty());
        assert_eq!(local(&free_slots(&place, &none, &wanted, day("2026-12-24")), Kathmandu), ["10:00+05:45"]);
        wanted.accessible = true;
        assert!(free_slots(&place, &none, &wanted, day("2026-12-01")).iter().all(|slot| slot.seats == 1));
        let whole = (at("2026-12-01T00:00:00Z"), at("2026-12-02T00:00:00Z"));
        wanted.own = vec![whole];
        assert!(free_slots(&place, &none, &wanted, day("2026-12-01")).is_empty());
        wanted.last_day = Some(day("2026-12-02"));
        assert!(!free_slots(&place, &none, &wanted, day("2026-12-02")).is_empty());
        assert!(free_slots(&place, &none, &wanted, day("2026-12-03")).is_empty());
    }

    fn exam() -> ExamFacts {
        ExamFacts { status: "active".into(), registration_from: None, last_day: None, retake_wait_days: None }
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

    #[test]
    fn names_are_compared_strictly_but_not_pedantically() {
        assert_eq!(comparable_name("  Ｍaya   LINDQVIST "), comparable_name("maya lindqvist"));
        assert_eq!(comparable_name("Jose\u{301}"), comparable_name("José"));
        assert_ne!(comparable_name("Jose"), comparable_name("José"));
        assert_ne!(comparable_name("Anne Marie"), comparable_name("Annemarie"));
        assert_eq!(comparable_name("STRASSE"), comparable_name("strasse"));
        assert_eq!(searchable(" São  PAULO"), "sao paulo");
    }

    #[test]
    fn age_turns_on_the_birthday() {
        let policies = Policies::default();
        let birth = |year: &str, today: &str| date_of_birth("dob", ("24", "11", year), day(today), &policies, false).map_err(|e| e.code);
        assert_eq!(birth("2013", "2026-11-23"), Err(Code::TooYoung));
        assert_eq!(birth("2013", "2026-11-24"), Err(Code::GuardianNeeded));
        assert_eq!(birth("2008", "2026-11-23"), Err(Code::GuardianNeeded));
        assert_eq!(birth("2008", "2026-11-24"), Ok(day("2008-11-24")));
        // With a guardian's consent from the thirteenth birthday on.
        assert_eq!(old_enough("dob", day("2013-11-24"), day("2026-11-24"), &policies, true), Ok(()));
        assert!(old_enough("dob", day("2013-11-24"), day("2026-11-23"), &policies, true).is_err());
        assert_eq!(birth("2027", "2026-11-24"), Err(Code::DateInFuture));
        assert_eq!(birth("1850", "2026-11-24"), Err(Code::DateInvalid));
        assert_eq!(age(day("2008-02-29"), day("2026-02-28")), 17);
        assert_eq!(age(day("2008-02-29"), day("2026-03-01")), 18);
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

    #[test]
    fn opening_hours_are_read() {
        let hours = parse_opening_hours("Su-Tu 08:30-12:30,13:30-18:30; Sa 09:00-14:00").unwrap();
        let on = |weekday| hours.iter().filter(|(day, ..)| *day == weekday).count();
        assert_eq!((on(7), on(1), on(2), on(3), on(6)), (2, 2, 2, 0, 1));
        assert_eq!(parse_opening_hours("Mo-Xx 08:00-12:00"), None);
        assert_eq!(parse_opening_hours("Mo 12:00-08:00"), None);
        for line in include_str!("../../seed/demo/test_centers.csv").lines().skip(1) {
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(line.as_bytes());
            let record = reader.records().next().unwrap().unwrap();
            assert!(parse_opening_hours(&record[11]).is_some(), "{}", &record[11]);
        }
    }
}
