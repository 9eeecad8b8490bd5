//! The use cases of scheduling.

pub mod availability;
pub mod changes;
pub mod holds;
pub mod search;
pub mod suggestions;

pub use super::store::exams::lock_candidate;
pub use availability::{FreeDay, next_free_days};
pub use holds::{confirm_booking, is_booked_otherwise, release_hold};

use super::rules::{self, Again, Check, ExamFacts};
use super::store::appointments::{self, Appointment};
use super::store::exams::{self, Exam, ExamLanguage};
use crate::accounts::guardians::service as guardians;
use crate::error::{AppError, AppResult};
use crate::ids::AppointmentId;
use crate::server::programme::{Policies, policies};
use crate::server::{RequestContext, format};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// An exam somebody wants to book, with the answer to whether they may.
pub struct Booking {
    pub exam: Exam,
    /// Languages that can be chosen today, the default first.
    pub languages: Vec<ExamLanguage>,
    pub policies: Policies,
    pub checks: Vec<Check>,
    /// The appointment to be moved.
    pub replaces: Option<Appointment>,
}

impl Booking {
    /// # Errors
    /// The first condition that is not met.
    pub fn eligible(&self) -> AppResult<()> {
        self.checks.iter().find_map(Check::refusal).map_or(Ok(()), |conflict| Err(conflict.into()))
    }

    /// The language by its tag, if the exam is offered in it.
    ///
    /// # Errors
    /// [`AppError::NotFound`].
    pub fn language(&self, tag: &str) -> AppResult<&ExamLanguage> {
        self.languages.iter().find(|language| language.language == tag).ok_or(AppError::NotFound)
    }
}

/// What the pages of the booking start from. `replaces`: the reference of the appointment to be moved; its limits are
/// checked too.
///
/// # Errors
/// [`AppError::NotFound`]: no such exam, or not the candidate's appointment. A conflict: the appointment cannot be moved.
pub async fn booking(cx: &RequestContext, code: &str, replaces: Option<&str>) -> AppResult<Booking> {
    let mut conn = cx.state.db.acquire().await?;
    booking_on(&mut conn, cx, code, replaces).await
}

pub(crate) async fn booking_on(conn: &mut PgConnection, cx: &RequestContext, code: &str, replaces: Option<&str>) -> AppResult<Booking> {
    let viewer = cx.candidate()?;
    let exam = exams::exam(conn, code).await?.ok_or(AppError::NotFound)?;
    let replaces = match replaces {
        None => None,
        Some(reference) => {
            let old = appointments::by_reference(conn, viewer.account_id, reference).await?;
            let old = old.filter(|old| old.exam_id == exam.id).ok_or(AppError::NotFound)?;
            rules::may_reschedule(cx.now(), &old.state, old.reschedule_count, &old.policies()?, old.starts_at)?;
            Some(old)
        }
    };
    let policies = policies(conn, cx.now()).await?;
    let agreement = cx.programme().agreement_version.clone();
    let but = replaces.as_ref().map(|old| old.id);
    let mut history = exams::history(conn, viewer.account_id, exam.id, &agreement, but, cx.now()).await?;
    let today = format::day_in(cx.now(), cx.time_zone());
    let born = exams::person(conn, viewer.account_id).await?.date_of_birth;
    // What is booked may still be moved after a guardian took the consent back.
    if replaces.is_none() && born.is_some_and(|born| rules::needs_guardian(born, today, &policies)) {
        history.guardian = Some(guardians::consented(conn, viewer.account_id).await?);
    }
    let facts = ExamFacts {
        status: exam.status.clone(),
        registration_from: exam.registration_from,
        last_day: exam.last_day,
        retake_wait_days: exam.retake_wait_days,
        max_attempts: exam.max_attempts,
    };
    let checks = rules::eligibility(cx.now(), today, &policies, &facts, &history);
    let mut languages = exams::languages(conn, exam.id).await?;
    languages.retain(|language| language.last_day.is_none_or(|last| last >= today));
    Ok(Booking { exam, languages, policies, checks, replaces })
}

/// The number of the order with this hold that waits for its payment, if there is one.
pub async fn order_being_paid(cx: &RequestContext, hold: &Appointment) -> AppResult<Option<String>> {
    if !hold.is_live_hold(cx.now()) {
        return Ok(None);
    }
    let mut conn = cx.state.db.acquire().await?;
    Ok(crate::checkout::service::order_being_paid(&mut conn, hold.id).await?)
}

/// From when the candidate may book an exam again that they have taken, or why they may not.
///
/// # Errors
/// [`AppError::NotFound`]: no such exam.
pub async fn again(cx: &RequestContext, code: &str) -> AppResult<Again> {
    Ok(rules::again(&booking(cx, code, None).await?.checks))
}

/// The candidate's own appointment or hold.
///
/// # Errors
/// [`AppError::NotFound`]: unknown, or somebody else's.
pub async fn own_by_id(cx: &RequestContext, id: AppointmentId) -> AppResult<Appointment> {
    let viewer = cx.candidate()?;
    let mut conn = cx.state.db.acquire().await?;
    let found = appointments::by_id(&mut conn, id).await?;
    found.filter(|found| found.account_id == viewer.account_id).ok_or(AppError::NotFound)
}

/// The candidate's own appointment by the reference they quote.
///
/// # Errors
/// [`AppError::NotFound`]: unknown, or somebody else's, or a hold that was never booked.
pub async fn own_by_reference(cx: &RequestContext, reference: &str) -> AppResult<Appointment> {
    let viewer = cx.candidate()?;
    let mut conn = cx.state.db.acquire().await?;
    let found = appointments::by_reference(&mut conn, viewer.account_id, reference).await?;
    found.filter(|found| !matches!(found.state.as_str(), "held" | "expired")).ok_or(AppError::NotFound)
}

/// Everything on the page "My exams", in the order of the starts.
pub async fn appointments_of(cx: &RequestContext) -> AppResult<Vec<Appointment>> {
    let viewer = cx.candidate()?;
    let mut conn = cx.state.db.acquire().await?;
    Ok(appointments::of_candidate(&mut conn, viewer.account_id, cx.now()).await?)
}

/// What has happened to an appointment.
pub async fn events_of(cx: &RequestContext, appointment: &Appointment) -> AppResult<Vec<appointments::Event>> {
    let mut conn = cx.state.db.acquire().await?;
    Ok(appointments::events(&mut conn, appointment.id).await?)
}

/// The date of birth on the candidate's account.
pub async fn date_of_birth(cx: &RequestContext) -> AppResult<Option<chrono::NaiveDate>> {
    let viewer = cx.candidate()?;
    let mut conn = cx.state.db.acquire().await?;
    Ok(exams::person(&mut conn, viewer.account_id).await?.date_of_birth)
}

/// The calendar file of an appointment that is or was booked, for the export of a person's data.
pub async fn calendar_of(
    conn: &mut sqlx::PgConnection,
    state: &crate::server::AppState,
    locale: crate::server::Locale,
    now: DateTime<Utc>,
    id: AppointmentId,
) -> Result<Option<String>, sqlx::Error> {
    let found = appointments::by_id(conn, id).await?;
    Ok(found.map(|appointment| crate::scheduling::calendar::file(state, locale, now, &appointment)))
}
