//! Free times: what a place offers on a day, and which seats are free then.

use super::Delivery;
use crate::ids::SeatId;
use crate::server::programme::Policies;
use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::Tz;
use std::collections::HashMap;

/// Times are offered on a grid of this many minutes, counted from the opening.
pub const GRID_MINUTES: i64 = 30;

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
    pub id: SeatId,
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
pub struct Occupied(HashMap<SeatId, Vec<Range>>);

impl Occupied {
    pub fn new(ranges: impl IntoIterator<Item = (SeatId, DateTime<Utc>, DateTime<Utc>)>) -> Self {
        let mut seats: HashMap<SeatId, Vec<_>> = HashMap::new();
        for (seat, from, to) in ranges {
            seats.entry(seat).or_default().push((from, to));
        }
        for ranges in seats.values_mut() {
            ranges.sort_unstable();
        }
        Self(seats)
    }

    fn is_free(&self, seat: SeatId, from: DateTime<Utc>, to: DateTime<Utc>) -> bool {
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
        match time.hour() {
            0..=5 => DayPart::Night,
            6..=11 => DayPart::Morning,
            12..=16 => DayPart::Afternoon,
            _ => DayPart::Evening,
        }
    }
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
        let seats = vec![Seat { id: SeatId::from_u128(1), accessible: false }, Seat { id: SeatId::from_u128(2), accessible: true }];
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
        let one = SeatId::from_u128(1);
        let two = SeatId::from_u128(2);
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

    #[test]
    fn the_first_free_day_is_the_first_with_a_time_that_fits() {
        let mut place = place(Berlin, Hours::Weekly((1..=5).map(|weekday| (weekday, time(8, 0), time(18, 0))).collect()));
        place.exceptions.insert(day("2026-12-02"), None);
        let mut wanted = wanted("2026-11-23T12:00:00Z");
        let first = |place: &Place, occupied: &Occupied, wanted: &Wanted, from: &str, to: &str| {
            first_free_day(place, occupied, wanted, day(from), day(to)).map(|day| day.to_string())
        };
        let free = |wanted: &Wanted, from: &str, to: &str| first(&place, &Occupied::default(), wanted, from, to);
        let some = |text: &str| Some(text.to_owned());
        // The lead time ends on Tuesday at 13:00; that day still has times.
        assert_eq!(free(&wanted, "2026-11-23", "2026-12-31"), some("2026-11-24"));
        // A weekend, an exception, and the last day asked for, which counts.
        assert_eq!(free(&wanted, "2026-11-28", "2026-12-31"), some("2026-11-30"));
        assert_eq!(free(&wanted, "2026-12-02", "2026-12-03"), some("2026-12-03"));
        assert_eq!(free(&wanted, "2026-12-02", "2026-12-02"), None);
        assert_eq!(free(&wanted, "2026-12-03", "2026-12-01"), None);
        // Both seats are taken on Tuesday: at 15:00 the last exam begins that ends by 18:00.
        let (one, two) = (SeatId::from_u128(1), SeatId::from_u128(2));
        let until = |end: &str| [one, two].map(|seat| (seat, at("2026-11-20T00:00:00Z"), at(end)));
        assert_eq!(first(&place, &Occupied::new(until("2026-11-24T14:00:00Z")), &wanted, "2026-11-23", "2026-12-31"), some("2026-11-24"));
        assert_eq!(first(&place, &Occupied::new(until("2026-11-24T14:01:00Z")), &wanted, "2026-11-23", "2026-12-31"), some("2026-11-25"));
        // Of an accessible seat, which is taken longer.
        wanted.accessible = true;
        let longer = Occupied::new([(two, at("2026-11-20T00:00:00Z"), at("2026-11-27T22:00:00Z"))]);
        assert_eq!(first(&place, &longer, &wanted, "2026-11-23", "2026-12-31"), some("2026-11-30"));
        wanted.accessible = false;
        assert_eq!(first(&place, &longer, &wanted, "2026-11-23", "2026-12-31"), some("2026-11-24"));
    }
}
