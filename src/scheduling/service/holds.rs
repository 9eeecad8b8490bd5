//! Holds: taking a seat for 15 minutes, saying who comes, turning it into a booking, giving it back.

use super::availability::{self, Where};
use super::{booking_on, own_by_id};
use crate::accounts::guardians::service as guardians;
use crate::checkout::service as checkout;
use crate::error::{AppError, AppResult, Code, Conflict, FieldError};
use crate::ids::{AccountId, AppointmentId, ExamId};
use crate::scheduling::rules::{self, LIVE_HOLDS};
use crate::scheduling::store::appointments::{self, Appointment};
use crate::scheduling::store::booking::{self as store, LiveHold, NewHold};
use crate::scheduling::store::exams;
use crate::scheduling::{jobs, mails};
use crate::server::database::{DbError, OnConstraint, expect_one, internal, retrying};
use crate::server::{AppState, RequestContext, audit, format};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use sqlx::{Connection, PgConnection};

/// The time somebody has chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub exam_code: String,
    pub language: String,
    /// A centre's code; `None`: online.
    pub center: Option<String>,
    pub starts_at: DateTime<Utc>,
    pub accessible: bool,
    /// The reference of the appointment to be moved.
    pub replaces: Option<String>,
}

/// Holds a seat for the chosen time and gives the hold's id. The second click of one choice gives the first one's hold;
/// another choice for the same exam replaces the earlier hold.
///
/// # Errors
/// [`Conflict::SlotTaken`], [`Conflict::OwnOverlap`], [`Conflict::TimeNotOffered`], [`Conflict::TooManyHolds`],
/// [`Conflict::BeingPaid`]: another seat for this exam is in an order that waits for its payment; or the first condition of
/// eligibility that is not met.
pub async fn hold(cx: &RequestContext, choice: &Choice) -> AppResult<AppointmentId> {
    retrying(|| async {
        let mut tx = cx.state.db.begin().await?;
        let id = hold_in(&mut tx, cx, choice).await?;
        tx.commit().await?;
        Ok(id)
    })
    .await
}

async fn hold_in(tx: &mut PgConnection, cx: &RequestContext, choice: &Choice) -> Result<AppointmentId, DbError> {
    let viewer = cx.candidate()?;
    let now = cx.now();
    exams::lock_candidate(tx, viewer.account_id).await?;
    let booking = booking_on(tx, cx, &choice.exam_code, choice.replaces.as_deref()).await?;
    booking.eligible()?;
    // A move changes place and time; what is moved keeps its language, and takes a lane of it.
    if booking.replaces.as_ref().is_some_and(|old| old.language != choice.language) {
        return Err(AppError::NotFound.into());
    }
    let at = Where::find(tx, &booking, choice.center.as_deref()).await?;
    let center_id = match &at {
        Where::Center(center) => Some(center.id),
        Where::Online => None,
    };
    let replaces = booking.replaces.as_ref().map(|old| old.id);

    let same_exam = |hold: &LiveHold| hold.exam_id == booking.exam.id && hold.replaces == replaces;
    let (earlier, others): (Vec<_>, Vec<_>) =
        store::live_holds(tx, viewer.account_id, now).await?.into_iter().partition(|hold| same_exam(hold));
    let is_same = |hold: &&LiveHold| {
        let place = hold.center_id == center_id && hold.language == choice.language;
        place && hold.starts_at == choice.starts_at && (hold.accessible || !choice.accessible)
    };
    if let Some(same) = earlier.iter().find(is_same) {
        return Ok(same.id);
    }
    if others.len() >= LIVE_HOLDS {
        return Err(Conflict::TooManyHolds.into());
    }
    for hold in &earlier {
        checkout::not_being_paid(tx, hold.id).await?;
        store::expire(tx, hold.id, now).await?;
    }

    let wanted = availability::wanted(now, &booking, at.delivery(), &choice.language, choice.accessible)?;
    let zone = match &at {
        Where::Center(center) => format::zone(&center.time_zone),
        Where::Online => cx.time_zone(),
    };
    let day = format::day_in(choice.starts_at, zone);
    let place = at.place(tx, &choice.language, zone, day, day).await?;
    if !rules::is_offered(&place, &wanted, choice.starts_at) {
        return Err(Conflict::TimeNotOffered.into());
    }
    let hold = NewHold {
        account_id: viewer.account_id,
        exam_id: booking.exam.id,
        language: choice.language.clone(),
        delivery: at.delivery().as_str(),
        center_id,
        time_zone: zone.name().to_owned(),
        starts_at: choice.starts_at,
        minutes: wanted.minutes,
        occupied_until: wanted.end(choice.starts_at),
        expires_at: now + TimeDelta::minutes(booking.policies.hold_minutes),
        replaces,
        // Bought under the rules of today; an appointment that is only moved keeps those it was bought under.
        policies: match &booking.replaces {
            Some(old) => old.policies.clone(),
            None => serde_json::to_value(&booking.policies).map_err(|error| internal(&error))?,
        },
    };
    let accessible = choice.accessible && center_id.is_some();
    let id = take_any_seat(tx, now, &hold, accessible).await?;
    appointments::record(tx, id, now, "held", cx.actor().map(|actor| actor.account_id), json!({})).await?;
    audit::record(tx, cx, "appointment.hold", &id.to_string(), json!({ "exam": booking.exam.code, "starts_at": choice.starts_at })).await?;
    jobs::enqueue_expiry(tx, now, id, hold.expires_at).await?;
    Ok(id)
}

/// Takes one of the free seats; which of two candidates gets the last one is the database's decision.
async fn take_any_seat(tx: &mut PgConnection, now: DateTime<Utc>, hold: &NewHold, accessible: bool) -> Result<AppointmentId, DbError> {
    let range = (hold.starts_at, hold.occupied_until);
    let seats = store::free_seats(tx, hold.center_id, &hold.language, accessible, range, now, hold.account_id).await?;
    store::expire_in_the_way(tx, &seats, hold.account_id, range, now).await?;
    let exempt: Vec<AppointmentId> = hold.replaces.into_iter().collect();
    if !store::own_ranges(tx, hold.account_id, range, now, &exempt).await?.is_empty() {
        return Err(Conflict::OwnOverlap.into());
    }
    for seat in seats {
        if let Some(id) = store::take_seat(tx, now, seat, hold).await? {
            return Ok(id);
        }
    }
    Err(Conflict::SlotTaken.into())
}

/// What the candidate says before a held seat goes into the cart.
#[derive(Debug, Clone, Default)]
pub struct Details {
    pub given_name: String,
    pub family_name: String,
    /// Day, month, year as typed.
    pub born: (String, String, String),
    pub accessible: bool,
    pub accepted: bool,
}

/// Checks the details of a hold and puts it into the cart. Doing it twice changes nothing. A date of birth for which the booking is refused
/// is the account's from then on: who is too young does not get past by typing another year. (Support corrects a mistake.)
///
/// # Errors
/// Every refused answer at its field; [`Conflict::HoldExpired`]; [`Conflict::BeingPaid`]; [`AppError::NotFound`] for somebody else's hold.
pub async fn complete(cx: &RequestContext, id: AppointmentId, details: &Details) -> AppResult<()> {
    retrying(|| async {
        let mut tx = cx.state.db.begin().await?;
        let answer = complete_in(&mut tx, cx, id, details).await?;
        tx.commit().await?;
        Ok(answer)
    })
    .await?
}

/// The inner result is a refusal with which something is written all the same.
async fn complete_in(tx: &mut PgConnection, cx: &RequestContext, id: AppointmentId, details: &Details) -> Result<AppResult<()>, DbError> {
    let viewer = cx.candidate()?;
    let now = cx.now();
    exams::lock_candidate(tx, viewer.account_id).await?;
    let hold = appointments::locked(tx, id).await?.filter(|hold| hold.account_id == viewer.account_id && hold.replaces.is_none());
    let hold = hold.ok_or(AppError::NotFound)?;
    if !hold.is_live_hold(now) {
        return Err(
            if matches!(hold.state.as_str(), "held" | "expired") { Conflict::HoldExpired } else { Conflict::AppointmentEnded }.into()
        );
    }
    let policies = hold.policies()?;
    let person = exams::person(tx, viewer.account_id).await?;
    let today = format::day_in(now, cx.time_zone());
    let mut errors = name_errors(details, &person.given_name, &person.family_name);
    let consented = guardians::consented(tx, viewer.account_id).await?;
    let (born, told_now) = match person.date_of_birth {
        Some(born) => (Ok(born), false),
        None => {
            let (day, month, year) = &details.born;
            (rules::date_of_birth("dob-day", (day, month, year), today), true)
        }
    };
    let born = born.map_err(|error| errors.push(error)).ok();
    if let Some(error) = born.and_then(|born| rules::old_enough("dob-day", born, today, &policies, consented).err()) {
        errors.push(error);
        if let Some(born) = born.filter(|_| told_now) {
            exams::set_date_of_birth(tx, viewer.account_id, born).await?;
            audit::record(tx, cx, "account.birth_date_told", &viewer.account_id.to_string(), json!({})).await?;
        }
    }
    if !details.accepted {
        errors.push(FieldError::new("accept", Code::RulesUnread));
    }
    if errors.is_empty()
        && details.accessible
        && hold.center_id.is_some()
        && !hold.seat_accessible
        && !to_accessible_seat(tx, &hold, now).await?
    {
        errors.push(FieldError::new("accessible", Code::NoAccessibleSeat));
    }
    if !errors.is_empty() {
        return Ok(Err(AppError::Validation(errors)));
    }
    // They are the same but for case and spaces: what is kept is the spelling of the account.
    let name = format!("{} {}", person.given_name, person.family_name);
    expect_one(store::set_name_on_id(tx, id, &name).await?)?;
    if let Some(born) = born {
        exams::set_date_of_birth(tx, viewer.account_id, born).await?;
    }
    audit::record(tx, cx, "appointment.details", &id.to_string(), json!({})).await?;
    checkout::add_to_cart(tx, cx, id).await.map(Ok)
}

/// The name as on the ID against the account's: case and spaces are forgiven, letters and accents are not.
fn name_errors(details: &Details, given_name: &str, family_name: &str) -> Vec<FieldError> {
    let check = |field: &str, typed: &str, known: &str| match typed.trim() {
        "" => Some(FieldError::new(field, Code::Required)),
        typed if typed.chars().count() > 200 => Some(FieldError::with(field, Code::TooLong, 200)),
        typed if rules::comparable_name(typed) != rules::comparable_name(known) => Some(FieldError::with(field, Code::NameMismatch, known)),
        _ => None,
    };
    let given = check("given_name", &details.given_name, given_name);
    given.into_iter().chain(check("family_name", &details.family_name, family_name)).collect()
}

/// Puts a hold on an accessible workstation of the same centre at the same time, if one is free.
async fn to_accessible_seat(tx: &mut PgConnection, hold: &Appointment, now: DateTime<Utc>) -> Result<bool, DbError> {
    let range = (hold.starts_at, hold.occupied_until);
    let seats = store::free_seats(tx, hold.center_id, &hold.language, true, range, now, hold.account_id).await?;
    store::expire_in_the_way(tx, &seats, hold.account_id, range, now).await?;
    for seat in seats {
        let mut attempt = tx.begin().await?;
        match store::change_seat(&mut attempt, hold.id, seat).await.on_constraint("appointment_seat_overlap", || Conflict::SlotTaken.into())
        {
            Ok(rows) => {
                expect_one(rows)?;
                attempt.commit().await?;
                return Ok(true);
            }
            Err(DbError::App(AppError::Conflict(Conflict::SlotTaken))) => attempt.rollback().await?,
            Err(other) => return Err(other),
        }
    }
    Ok(false)
}

/// Gives a hold of the candidate's own back. One that is over is given back already.
///
/// # Errors
/// [`AppError::NotFound`]: unknown, or somebody else's; [`Conflict::BeingPaid`]; [`Conflict::AppointmentEnded`]: it is booked, which
/// another tab has done: nothing was given back.
pub async fn let_go(cx: &RequestContext, id: AppointmentId) -> AppResult<()> {
    own_by_id(cx, id).await?;
    retrying(|| async {
        let mut tx = cx.state.db.begin().await?;
        exams::lock_candidate(&mut tx, cx.candidate()?.account_id).await?;
        let hold = appointments::locked(&mut tx, id).await?.ok_or(AppError::NotFound)?;
        match hold.state.as_str() {
            "held" => {
                checkout::not_being_paid(&mut tx, id).await?;
                release_hold(&mut tx, &cx.state, id).await?;
                audit::record(&mut tx, cx, "appointment.release", &id.to_string(), json!({})).await?;
                tx.commit().await?;
                Ok(())
            }
            "expired" => Ok(()),
            _ => Err(Conflict::AppointmentEnded.into()),
        }
    })
    .await
}

/// Gives a hold back (the item was taken out of the cart). Of a booking nothing changes. Says whether there was a hold.
pub async fn release_hold(tx: &mut PgConnection, state: &AppState, appointment_id: AppointmentId) -> Result<bool, DbError> {
    let now = state.clock.now();
    let released = store::expire(tx, appointment_id, now).await?;
    if released {
        appointments::record(tx, appointment_id, now, "released", None, json!({})).await?;
    }
    Ok(released)
}

/// Turns a paid hold into a booking, inside the payment's transaction, which has locked the candidate ([`lock_candidate`]): takes
/// the seat again if the hold has expired and it (or another seat of the place) is still free and can be booked by the lead time,
/// writes the event, enqueues the confirmation mail and the reminders. Doing it twice changes nothing. After an error the caller's
/// transaction is still good.
///
/// # Errors
/// [`Conflict::HoldExpired`]: the seat is gone; [`Conflict::NotEligible`]: the candidate has booked this exam otherwise meanwhile; the
/// caller refunds. [`AppError::NotFound`]: no such appointment.
///
/// [`lock_candidate`]: super::lock_candidate
pub async fn confirm_booking(tx: &mut PgConnection, state: &AppState, appointment_id: AppointmentId) -> Result<(), DbError> {
    let now = state.clock.now();
    let hold = appointments::locked(tx, appointment_id).await?.ok_or(AppError::NotFound)?;
    match hold.state.as_str() {
        "held" | "expired" => {}
        "cancelled" => return Err(Conflict::HoldExpired.into()),
        // Booked already, or further.
        _ => return Ok(()),
    }
    // A seat that is taken anew is booked under the rules of a booking: not minutes before the start.
    let earliest = if hold.is_live_hold(now) { now } else { now + hold.delivery().lead_time(&hold.policies()?) };
    if hold.starts_at <= earliest || hold.replaces.is_some() {
        return Err(Conflict::HoldExpired.into());
    }
    if is_booked_otherwise(tx, hold.account_id, hold.exam_id, hold.id, now).await? {
        return Err(Conflict::NotEligible.into());
    }
    if !book_some_seat(tx, &hold, now).await? {
        return Err(Conflict::HoldExpired.into());
    }
    appointments::record(tx, hold.id, now, "booked", Some(hold.account_id), json!({})).await?;
    let booked = appointments::by_id(tx, hold.id).await?.ok_or(AppError::NotFound)?;
    mails::booked(tx, state, now, &booked).await?;
    jobs::enqueue_reminders(tx, now, &booked).await?;
    Ok(())
}

/// The candidate has another appointment for an exam that is not over (product.md section 4) than `hold`: made by another tab, after
/// this seat was held.
pub async fn is_booked_otherwise(
    conn: &mut PgConnection,
    account_id: AccountId,
    exam_id: ExamId,
    hold: AppointmentId,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    Ok(exams::open_appointment(conn, account_id, exam_id, Some(hold), now).await?.is_some())
}

/// The held seat while the hold lives; after that the same seat or any other that is still free.
async fn book_some_seat(tx: &mut PgConnection, hold: &Appointment, now: DateTime<Utc>) -> Result<bool, DbError> {
    let mut seats = vec![hold.seat_id];
    if !hold.is_live_hold(now) {
        let range = (hold.starts_at, hold.occupied_until);
        let accessible = hold.center_id.is_some() && hold.seat_accessible;
        let mut free = store::free_seats(tx, hold.center_id, &hold.language, accessible, range, now, hold.account_id).await?;
        free.retain(|seat| *seat != hold.seat_id);
        seats.extend(free);
        // Other people's lapsed holds; this hold's own row is locked by us and is booked below, whatever its state.
        store::expire_in_the_way(tx, &seats, hold.account_id, range, now).await?;
    }
    for seat in seats {
        let mut attempt = tx.begin().await?;
        let booked = store::book(&mut attempt, hold.id, seat, now)
            .await
            .on_constraint("appointment_seat_overlap", || Conflict::SlotTaken.into())
            .on_constraint("appointment_candidate_overlap", || Conflict::OwnOverlap.into());
        match booked {
            Ok(rows) => {
                expect_one(rows)?;
                attempt.commit().await?;
                return Ok(true);
            }
            Err(DbError::App(AppError::Conflict(Conflict::SlotTaken))) => attempt.rollback().await?,
            Err(DbError::App(AppError::Conflict(Conflict::OwnOverlap))) => {
                attempt.rollback().await?;
                return Ok(false);
            }
            Err(other) => return Err(other),
        }
    }
    Ok(false)
}
