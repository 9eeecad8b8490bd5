//! What the demo's people have done so far (`seed/demo/people.toml`): exams taken, results released, certifications
//! awarded, an exam booked. Through the same code as everything else, with a clock that stands where each thing happened.

use super::model::NewResult;
use super::rules;
use super::service;
use super::store::demo as demo_store;
use crate::ids::{AccountId, AppointmentId};
use crate::server::clock::Clock;
use crate::server::programme::{Policies, policies};
use crate::server::{AppState, RequestContext, format, random};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use serde::Deserialize;
use serde_json::json;
use sqlx::PgConnection;
use std::error::Error;
use std::net::{IpAddr, Ipv4Addr};

const PEOPLE: &str = include_str!("../../seed/demo/people.toml");
/// How many days an appointment is moved to find an open day with a free seat.
const SEARCH_DAYS: u64 = 14;

#[derive(Deserialize)]
struct People {
    candidate: Vec<Person>,
}

#[derive(Deserialize)]
struct Person {
    email: String,
    timezone: String,
    #[serde(default)]
    attempt: Vec<Attempt>,
    #[serde(default)]
    booking: Vec<Place>,
}

/// Where and when: what an exam taken and an exam booked have in common.
#[derive(Deserialize)]
struct Place {
    exam: String,
    language: String,
    /// Days from today; negative: past.
    day: i64,
    start_local: toml::value::Datetime,
    /// `None`: online.
    center: Option<String>,
}

#[derive(Deserialize)]
struct Attempt {
    #[serde(flatten)]
    place: Place,
    score: i32,
    passed: bool,
    posted_after_business_days: i32,
    domains: Vec<Domain>,
}

#[derive(Deserialize)]
struct Domain {
    percent: i32,
    meets: bool,
}

/// Loads the history of every person who is there and has none. What a history needs and the database has not (a person,
/// an exam, a centre) is left out with a warning.
pub async fn load(state: &AppState) -> Result<(), Box<dyn Error>> {
    let people: People = toml::from_str(PEOPLE)?;
    // The mails of the history carry the programme's name.
    state.programme.refresh(&state.db).await?;
    for person in &people.candidate {
        if !person.attempt.is_empty() || !person.booking.is_empty() {
            load_person(state, person).await?;
        }
    }
    Ok(())
}

async fn load_person(state: &AppState, person: &Person) -> Result<(), Box<dyn Error>> {
    let mut tx = state.db.begin().await?;
    let Some(account) = demo_store::lock_account(&mut tx, &person.email).await? else {
        tracing::warn!("a person of the demo is missing: nothing of what they did is loaded");
        return Ok(());
    };
    if demo_store::has_history(&mut tx, account).await? {
        return Ok(());
    }
    let history = History { state, account, zone: format::zone(&person.timezone), policies: policies(&mut tx, state.clock.now()).await? };
    for attempt in &person.attempt {
        history.attempt(&mut tx, attempt).await?;
    }
    for booking in &person.booking {
        history.book(&mut tx, booking, 1).await?;
    }
    tx.commit().await?;
    Ok(())
}

struct History<'a> {
    state: &'a AppState,
    account: AccountId,
    /// The person's.
    zone: Tz,
    policies: Policies,
}

/// An appointment that was written.
struct Booked {
    id: AppointmentId,
    exam: demo_store::Exam,
    starts_at: DateTime<Utc>,
    zone: Tz,
}

impl History<'_> {
    /// Books a seat on the day, or the nearest one in `direction` with the centre open and a seat free.
    async fn book(&self, tx: &mut PgConnection, place: &Place, direction: i64) -> Result<Option<Booked>, Box<dyn Error>> {
        let Some(exam) = demo_store::exam(tx, &place.exam).await? else {
            tracing::warn!(exam.code = %place.exam, "an exam of the demo is missing: an appointment is left out");
            return Ok(None);
        };
        let center = match &place.center {
            None => None,
            Some(code) => match demo_store::center(tx, code).await? {
                Some(center) => Some(center),
                None => {
                    tracing::warn!(center.code = %code, "a centre of the demo is missing: an appointment is left out");
                    return Ok(None);
                }
            },
        };
        let zone = center.as_ref().map_or(self.zone, |(_, zone)| format::zone(zone));
        let time = place.start_local.time.ok_or("start_local of people.toml has no time")?;
        let time = NaiveTime::from_hms_opt(time.hour.into(), time.minute.into(), 0).ok_or("start_local of people.toml is no time")?;
        let today = format::day_in(self.state.clock.now(), zone);
        let overhead =
            if center.is_some() { self.policies.seat_overhead_minutes_center } else { self.policies.seat_overhead_minutes_online };
        for shift in 0..=SEARCH_DAYS {
            let offset = place.day + direction * i64::try_from(shift)?;
            let day = add_days(today, offset);
            let Some(starts_at) = zone.from_local_datetime(&day.and_time(time)).earliest() else { continue };
            let starts_at = starts_at.to_utc();
            let ends_at = starts_at + TimeDelta::minutes(i64::from(exam.minutes));
            if let Some((center, _)) = &center {
                let closes = time.overflowing_add_signed(TimeDelta::minutes(i64::from(exam.minutes))).0;
                if !demo_store::is_open(tx, *center, day, time, closes).await? {
                    continue;
                }
            }
            let occupied_to = ends_at + TimeDelta::minutes(i64::from(overhead));
            let center_id = center.as_ref().map(|(id, _)| *id);
            let Some(seat) = demo_store::free_seat(tx, center_id, &place.language, starts_at, occupied_to).await? else { continue };
            let id = random::id();
            let booked_at = (starts_at - TimeDelta::days(20)).min(self.state.clock.now());
            let appointment = demo_store::Appointment {
                id,
                reference: &random::reference(),
                account_id: self.account,
                exam_id: exam.id,
                language: &place.language,
                center_id,
                seat_id: seat,
                time_zone: zone.name(),
                starts_at,
                minutes: exam.minutes,
                occupied_to,
                policies: json!(self.policies),
                booked_at,
            };
            demo_store::insert_appointment(tx, &appointment).await?;
            return Ok(Some(Booked { id, exam, starts_at, zone }));
        }
        tracing::warn!(exam.code = %place.exam, "no free seat was found: an appointment of the demo is left out");
        Ok(None)
    }

    async fn attempt(&self, tx: &mut PgConnection, attempt: &Attempt) -> Result<(), Box<dyn Error>> {
        let Some(booked) = self.book(tx, &attempt.place, -1).await? else { return Ok(()) };
        let exam = &booked.exam;
        if exam.weights.len() != attempt.domains.len() || exam.scale.passes(attempt.score) != attempt.passed {
            return Err(format!("people.toml: an attempt at {} does not fit the exam", attempt.place.exam).into());
        }
        if attempt.domains.iter().any(|domain| exam.scale.meets_competencies(domain.percent) != domain.meets) {
            return Err(format!("people.toml: a domain of {} is not what its percent says", attempt.place.exam).into());
        }
        let weighted: i32 = exam.weights.iter().zip(&attempt.domains).map(|(weight, domain)| weight * domain.percent).sum();
        let taken_at = booked.starts_at + TimeDelta::minutes(i64::from(exam.minutes) - 10);
        let result = NewResult {
            appointment_id: booked.id,
            account_id: self.account,
            exam_id: exam.id,
            taken_at,
            raw_score: Some(weighted * exam.scored_questions / 10_000),
            scaled_score: attempt.score,
            passed: attempt.passed,
            domains: attempt.domains.iter().map(|domain| domain.percent).collect(),
        };
        let posted_on = rules::due_on(format::day_in(taken_at, booked.zone), attempt.posted_after_business_days);
        let posted_at = posted_on.and_time(NaiveTime::from_hms_opt(17, 0, 0).unwrap_or_default()).and_utc();
        let now = self.state.clock.now();
        let received_at = taken_at + TimeDelta::hours(2);
        let received = service::receive(tx, &self.at(received_at.min(now)), None, &[result]).await.map_err(crate::error::AppError::from)?;
        let released = self.at(posted_at.max(received_at).min(now));
        service::release_in(tx, &released, &received).await.map_err(crate::error::AppError::from)?;
        Ok(())
    }

    /// A request of nobody's at another time.
    fn at(&self, when: DateTime<Utc>) -> RequestContext {
        let state = self.state.at(Clock::fixed(when));
        RequestContext::new(state, IpAddr::V4(Ipv4Addr::LOCALHOST))
    }
}

fn add_days(day: NaiveDate, days: i64) -> NaiveDate {
    if days < 0 { day - Days::new(days.unsigned_abs()) } else { day + Days::new(days.unsigned_abs()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_file_has_a_history() {
        let people: People = toml::from_str(PEOPLE).unwrap();
        let maya = people.candidate.iter().find(|person| !person.attempt.is_empty()).unwrap();
        assert_eq!(maya.attempt.len(), 3);
        assert_eq!(maya.attempt[0].place.center, None);
        assert_eq!(maya.attempt[1].place.start_local.time.unwrap().hour, 13);
        assert_eq!(maya.booking[0].exam, "DEA-C01");
    }
}
