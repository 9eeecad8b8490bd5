//! The screens of results: the candidate's list and report, the staff's imports.

mod import;
mod list;
mod report;
mod staff;
mod upload;

pub use import::ImportPage;
pub use list::ResultsPage;
pub use report::ReportPage;
pub use staff::StaffResultsPage;
pub use upload::UploadPage;

use super::model::{ImportState, Problem};
use crate::server::{Locale, format};
use crate::tr;
use crate::ui::{Tag, Tone};
use chrono::{DateTime, NaiveDate, Utc};
use leptos::prelude::*;

/// What is wrong with a cell, as a sentence that says what is expected.
pub fn problem_text(locale: Locale, problem: Problem) -> String {
    match problem {
        Problem::Missing => tr!(locale, results.problem_missing).to_string(),
        Problem::TooLong => tr!(locale, results.problem_too_long).to_string(),
        Problem::UnknownAppointment => tr!(locale, results.problem_unknown_appointment).to_string(),
        Problem::NotTaken => tr!(locale, results.problem_not_taken).to_string(),
        Problem::AlreadyHasResult => tr!(locale, results.problem_already).to_string(),
        Problem::Duplicate { line } => tr!(locale, results.problem_duplicate, line = line).to_string(),
        Problem::UnknownCandidate => tr!(locale, results.problem_unknown_candidate).to_string(),
        Problem::OtherCandidate => tr!(locale, results.problem_other_candidate).to_string(),
        Problem::UnknownExam => tr!(locale, results.problem_unknown_exam).to_string(),
        Problem::OtherExam => tr!(locale, results.problem_other_exam).to_string(),
        Problem::NotATime => tr!(locale, results.problem_not_a_time).to_string(),
        Problem::BeforeAppointment => tr!(locale, results.problem_before).to_string(),
        Problem::InFuture => tr!(locale, results.problem_future).to_string(),
        Problem::NotANumber => tr!(locale, results.problem_not_a_number).to_string(),
        Problem::OutOfRange { min, max } => tr!(locale, results.problem_range, min = min, max = max).to_string(),
        Problem::DomainCount { expected, found } => tr!(locale, results.problem_domains, expected = expected, found = found).to_string(),
    }
}

#[component]
fn ImportTag(state: ImportState) -> impl IntoView {
    let locale = crate::server::request().locale;
    let (tone, text) = match state {
        ImportState::HasErrors => (Tone::Bad, tr!(locale, results.state_errors)),
        ImportState::Ready => (Tone::Accent, tr!(locale, results.state_ready)),
        ImportState::Applied => (Tone::Warn, tr!(locale, results.state_applied)),
        ImportState::PartlyReleased => (Tone::Warn, tr!(locale, results.state_partly)),
        ImportState::Released => (Tone::Ok, tr!(locale, results.state_released)),
    };
    view! { <Tag tone text/> }
}

#[component]
pub fn PassTag(passed: bool) -> impl IntoView {
    let locale = crate::server::request().locale;
    let (tone, text) = if passed { (Tone::Ok, tr!(locale, results.pass)) } else { (Tone::Bad, tr!(locale, results.fail)) };
    view! { <Tag tone text/> }
}

/// A day as `<time>`.
fn day(locale: Locale, day: NaiveDate) -> impl IntoView + use<> {
    view! { <time datetime=day.to_string()>{format::date(locale, day)}</time> }
}

/// The day of a moment in a named zone, as `<time>`.
pub(in crate::results) fn day_at(locale: Locale, at: DateTime<Utc>, zone: &str) -> impl IntoView + use<> {
    day(locale, format::day_in(at, format::zone(zone)))
}

/// A moment in the reader's zone, as `<time>`.
pub(in crate::results) fn moment(locale: Locale, at: DateTime<Utc>, zone: chrono_tz::Tz) -> impl IntoView + use<> {
    view! { <time datetime=at.to_rfc3339()>{format::date_time_short(locale, at, zone)}</time> }
}
