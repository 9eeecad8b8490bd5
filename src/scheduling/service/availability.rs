//! Free days and times of centres and online lanes.

use super::Booking;
use crate::error::{AppError, AppResult};
use crate::ids::{AppointmentId, CenterId, ExamId, SeatId};
use crate::scheduling::rules::{self, Delivery, Hours, Occupied, Place, Seat, Slot, Wanted};
use crate::scheduling::store::places::{self, Center};
use crate::scheduling::store::{booking, exams};
use crate::server::programme::policies;
use crate::server::{RequestContext, format};
use crate::tr;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use sqlx::PgConnection;
use std::collections::HashMap;
use std::hash::Hash;

/// How far the first look for a free day goes; what is still full then is looked at to the end of the horizon.
const FIRST_LOOK: TimeDelta = TimeDelta::days(14);
/// Centres that are asked for the certification page.
const CENTERS_ASKED: i64 = 12;

/// A day with free seats, in the reader's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreeDay {
    /// Formatted for the reader.
    pub day: String,
    /// A centre's name and city, or the word for online.
    pub place: String,
}

/// What is asked for: the exam's length and days, without anybody's own appointments.
pub fn wanted(now: DateTime<Utc>, booking: &Booking, delivery: Delivery, language: &str, accessible: bool) -> AppResult<Wanted> {
    let language = booking.language(language)?;
    let exam = &booking.exam;
    let minutes = booking.replaces.as_ref().map_or(exam.minutes, |old| old.minutes);
    let (first_day, last_day) = rules::narrower((exam.first_day, exam.last_day), (language.first_day, language.last_day));
    Ok(Wanted { accessible, first_day, last_day, ..Wanted::new(now, &booking.policies, delivery, minutes) })
}

/// Local days as a window of time, with room for what begins before and ends after.
fn window(zone: Tz, from: NaiveDate, to: NaiveDate) -> (DateTime<Utc>, DateTime<Utc>) {
    let at = |day: NaiveDate| zone.from_utc_datetime(&day.and_time(NaiveTime::MIN)).to_utc();
    (at(from) - TimeDelta::days(2), at(to) + TimeDelta::days(3))
}

/// Some centres with their hours, exceptions and seats: three queries for all.
pub async fn center_places(
    conn: &mut PgConnection,
    centers: &[Center],
    from: NaiveDate,
    to: NaiveDate,
) -> Result<HashMap<CenterId, Place>, sqlx::Error> {
    let ids: Vec<CenterId> = centers.iter().map(|center| center.id).collect();
    let mut found: HashMap<CenterId, Place> = centers
        .iter()
        .map(|center| {
            let place = Place {
                zone: format::zone(&center.time_zone),
                hours: Hours::Weekly(vec![]),
                exceptions: HashMap::new(),
                seats: vec![],
                closed_on: center.closed_on,
            };
            (center.id, place)
        })
        .collect();
    for row in places::opening_hours(conn, &ids).await? {
        if let Some(Place { hours: Hours::Weekly(hours), .. }) = found.get_mut(&row.center_id) {
            hours.push((row.weekday.unsigned_abs(), row.opens, row.closes));
        }
    }
    for row in places::exceptions(conn, &ids, from, to).await? {
        if let Some(place) = found.get_mut(&row.center_id) {
            place.exceptions.insert(row.on_day, row.opens.zip(row.closes));
        }
    }
    for row in places::seats(conn, &ids).await? {
        if let Some(place) = row.center_id.and_then(|center| found.get_mut(&center)) {
            place.seats.push(Seat { id: row.id, accessible: row.accessible });
        }
    }
    Ok(found)
}

/// The online lanes of a language, in the candidate's days.
pub async fn online_place(conn: &mut PgConnection, language: &str, zone: Tz) -> Result<Place, sqlx::Error> {
    let lanes = places::lanes(conn, language).await?;
    Ok(Place {
        zone,
        hours: Hours::Always,
        exceptions: HashMap::new(),
        // At home every lane is as accessible as the candidate's own desk.
        seats: lanes.into_iter().map(|lane| Seat { id: lane.id, accessible: true }).collect(),
        closed_on: None,
    })
}

/// When seats are taken.
pub async fn occupied(
    conn: &mut PgConnection,
    seats: &[SeatId],
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    now: DateTime<Utc>,
) -> Result<Occupied, sqlx::Error> {
    let taken = places::taken(conn, seats, from, to, now).await?;
    Ok(Occupied::new(taken.into_iter().map(|row| (row.seat_id, row.from, row.to))))
}

/// The first free day of each of some places, or none within the horizon. The key is the caller's: a centre has its id, the
/// online lanes are one place and need none.
pub async fn first_free_days<K: Copy + Eq + Hash>(
    conn: &mut PgConnection,
    places: &HashMap<K, Place>,
    wanted: &Wanted,
    now: DateTime<Utc>,
) -> Result<HashMap<K, NaiveDate>, sqlx::Error> {
    let mut found = HashMap::new();
    let mut from = wanted.earliest;
    for to in [(wanted.earliest + FIRST_LOOK).min(wanted.latest), wanted.latest] {
        let open: Vec<(&K, &Place)> = places.iter().filter(|(id, _)| !found.contains_key(*id)).collect();
        let seats: Vec<SeatId> = open.iter().flat_map(|(_, place)| place.seats.iter().map(|seat| seat.id)).collect();
        if seats.is_empty() || from > to {
            break;
        }
        let taken = occupied(conn, &seats, (from - TimeDelta::days(2), to + TimeDelta::days(2)), now).await?;
        for (id, place) in open {
            let first = format::day_in(from, place.zone);
            let last = format::day_in(to, place.zone);
            if let Some(day) = rules::first_free_day(place, &taken, wanted, first, last) {
                found.insert(*id, day);
            }
        }
        from = to;
    }
    Ok(found)
}

/// Where the times of a calendar are.
#[derive(Debug, Clone)]
pub enum Where {
    Center(Box<Center>),
    Online,
}

impl Where {
    pub fn delivery(&self) -> Delivery {
        match self {
            Where::Center(_) => Delivery::Center,
            Where::Online => Delivery::Online,
        }
    }

    /// `None` stands for online.
    ///
    /// # Errors
    /// [`AppError::NotFound`]: no such centre, or the exam is not taken that way.
    pub async fn find(conn: &mut PgConnection, booking: &Booking, center: Option<&str>) -> AppResult<Self> {
        let found = match center {
            None => Where::Online,
            Some(code) => Where::Center(Box::new(places::center(conn, code).await?.ok_or(AppError::NotFound)?)),
        };
        let mode = found.delivery().as_str();
        if booking.exam.delivery_modes.iter().any(|known| known == mode) { Ok(found) } else { Err(AppError::NotFound) }
    }

    /// The place as the calendar sees it.
    pub async fn place(
        &self,
        conn: &mut PgConnection,
        language: &str,
        candidate_zone: Tz,
        from: NaiveDate,
        to: NaiveDate,
    ) -> Result<Place, sqlx::Error> {
        match self {
            Where::Online => online_place(conn, language, candidate_zone).await,
            Where::Center(center) => {
                let mut places = center_places(conn, std::slice::from_ref(center), from, to).await?;
                places.remove(&center.id).ok_or(sqlx::Error::RowNotFound)
            }
        }
    }
}

/// A month of a calendar: the free times of each day in it that has any.
pub struct Month {
    pub place: Place,
    pub days: Vec<(NaiveDate, Vec<Slot>)>,
    /// First and last day on which anything can be chosen.
    pub first: NaiveDate,
    pub last: NaiveDate,
    /// The first free day from today on, where this month has none.
    pub next_free: Option<NaiveDate>,
}

/// The free times of a month (any day of it) at a place; `None`: the month of the first free day.
pub async fn month(
    cx: &RequestContext,
    booking: &Booking,
    at: &Where,
    language: &str,
    accessible: bool,
    month: Option<NaiveDate>,
) -> AppResult<Month> {
    use chrono::Datelike;
    let viewer = cx.candidate()?;
    let mut conn = cx.state.db.acquire().await?;
    let mut wanted = wanted(cx.now(), booking, at.delivery(), language, accessible)?;
    let zone = match at {
        Where::Center(center) => format::zone(&center.time_zone),
        Where::Online => cx.time_zone(),
    };
    let (first, last) = (format::day_in(wanted.earliest, zone), format::day_in(wanted.latest, zone));
    let place = at.place(&mut conn, language, zone, first, last).await?;
    let seats: Vec<SeatId> = place.seats.iter().map(|seat| seat.id).collect();
    let exempt = exempt_holds(&mut conn, cx, booking).await?;
    let whole = window(zone, first, last);
    wanted.own = booking::own_ranges(&mut conn, viewer.account_id, whole, cx.now(), &exempt).await?;
    let free_from = async |conn: &mut PgConnection, from: NaiveDate, to: NaiveDate| {
        let taken = occupied(conn, &seats, window(zone, from, to), cx.now()).await?;
        Ok::<_, sqlx::Error>(rules::first_free_day(&place, &taken, &wanted, from, to))
    };
    let shown = match month {
        Some(month) => month,
        None => free_from(&mut conn, first, last).await?.unwrap_or(first),
    };
    let start = shown.with_day(1).unwrap_or(shown);
    let end = start.checked_add_months(chrono::Months::new(1)).and_then(|next| next.checked_sub_days(Days::new(1))).unwrap_or(start);
    let (from, to) = (start.max(first), end.min(last));
    let mut days = vec![];
    if from <= to {
        let taken = occupied(&mut conn, &seats, window(zone, from, to), cx.now()).await?;
        for day in from.iter_days().take_while(|day| *day <= to) {
            let slots = rules::free_slots(&place, &taken, &wanted, day);
            if !slots.is_empty() {
                days.push((day, slots));
            }
        }
    }
    let next_free = if days.is_empty() { free_from(&mut conn, first, last).await? } else { None };
    Ok(Month { place, days, first, last, next_free })
}

/// Holds and appointments of the candidate that are not in the way of this choice: those it will replace.
async fn exempt_holds(conn: &mut PgConnection, cx: &RequestContext, booking: &Booking) -> AppResult<Vec<AppointmentId>> {
    let viewer = cx.candidate()?;
    let but = booking.replaces.as_ref().map(|old| old.id);
    let holds = booking::live_holds(conn, viewer.account_id, cx.now()).await?;
    let replaced = holds.iter().filter(|hold| hold.exam_id == booking.exam.id && hold.replaces == but).map(|hold| hold.id);
    Ok(replaced.chain(but).collect())
}

/// The next days on which an exam can be taken, soonest first, online and at centres of the reader's country (for a
/// stranger: of any): for the certification page.
pub async fn next_free_days(cx: &RequestContext, exam_id: ExamId, limit: usize) -> AppResult<Vec<FreeDay>> {
    let mut conn = cx.state.db.acquire().await?;
    let Some(exam) = exams::exam_by_id(&mut conn, exam_id).await? else { return Ok(vec![]) };
    if !matches!(exam.status.as_str(), "active" | "beta") {
        return Ok(vec![]);
    }
    let policies = policies(&mut conn, cx.now()).await?;
    let languages = exams::languages(&mut conn, exam.id).await?;
    let own = crate::server::i18n::tag(cx.locale);
    let Some(language) = languages.iter().find(|language| language.language == own).or(languages.first()) else { return Ok(vec![]) };
    let (first_day, last_day) = rules::narrower((exam.first_day, exam.last_day), (language.first_day, language.last_day));
    let ask = |delivery| Wanted { first_day, last_day, ..Wanted::new(cx.now(), &policies, delivery, exam.minutes) };
    let offers = |delivery: Delivery| exam.delivery_modes.iter().any(|mode| mode == delivery.as_str());
    let mut found: Vec<(NaiveDate, String)> = vec![];
    if offers(Delivery::Online) {
        let lanes = HashMap::from([((), online_place(&mut conn, &language.language, cx.time_zone()).await?)]);
        let days = first_free_days(&mut conn, &lanes, &ask(Delivery::Online), cx.now()).await?;
        found.extend(days.into_values().map(|day| (day, tr!(cx.locale, scheduling.online).to_owned())));
    }
    if offers(Delivery::Center) {
        let today = format::day_in(cx.now(), cx.time_zone());
        let country = cx.viewer.as_ref().map(|viewer| viewer.country.clone());
        let centers = places::centers_in(&mut conn, country.as_deref(), false, today, CENTERS_ASKED).await?;
        let wanted = ask(Delivery::Center);
        let (from, to) = (format::day_in(wanted.earliest, Tz::UTC), format::day_in(wanted.latest, Tz::UTC));
        let known = center_places(&mut conn, &centers, from, to).await?;
        let days = first_free_days(&mut conn, &known, &wanted, cx.now()).await?;
        let mut centers: Vec<_> =
            centers.iter().filter_map(|center| Some((*days.get(&center.id)?, format!("{}, {}", center.name, center.city)))).collect();
        centers.sort();
        found.extend(centers);
    }
    // Online stays first among equals: the sort is stable.
    found.sort_by_key(|(day, _)| *day);
    found.truncate(limit);
    Ok(found.into_iter().map(|(day, place)| FreeDay { day: format::date_short(cx.locale, day), place }).collect())
}
