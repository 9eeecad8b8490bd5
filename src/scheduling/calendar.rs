//! Appointments as calendar files (RFC 5545): times in UTC, so that no calendar has to know our zones.

use super::rules::Delivery;
use super::store::appointments::Appointment;
use crate::server::AppState;
use crate::server::i18n::{self, Locale};
use crate::tr;
use chrono::{DateTime, TimeDelta, Utc};
use icalendar::{Alarm, Calendar, Component, Event, EventLike, EventStatus, Property};

/// Which identity documents the candidate must have at hand: two at a centre, one online (product.md section 4).
pub fn documents(locale: Locale, delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::Center => tr!(locale, scheduling.bring_ids),
        Delivery::Online => tr!(locale, scheduling.bring_id_online),
    }
}

/// The appointment as a file. One `UID` for its whole life and a `SEQUENCE` that rises with every change: a calendar
/// that imports it again moves the old entry instead of adding another.
pub fn file(state: &AppState, locale: Locale, now: DateTime<Utc>, appointment: &Appointment) -> String {
    let programme = state.programme.get();
    let address = state.config.url(&format!("/exams/{}", appointment.reference));
    let title = tr!(locale, scheduling.ics_title, code = appointment.exam_code.clone(), name = appointment.exam_name.clone()).to_string();
    let mut description = vec![tr!(locale, scheduling.ics_reference, reference = appointment.reference.clone()).to_string()];
    let location = match appointment.delivery() {
        Delivery::Online => tr!(locale, scheduling.online).to_owned(),
        Delivery::Center => place_lines(appointment).join(", "),
    };
    if let Some(arrival) = &appointment.center_arrival {
        description.push(i18n::pick(arrival, locale));
    }
    description.push(documents(locale, appointment.delivery()).to_owned());
    description.push(address.clone());

    let cancelled = appointment.state == "cancelled";
    let mut event = Event::new();
    event
        .uid(&format!("{}@{}", appointment.id, state.config.host()))
        .sequence(u32::try_from(appointment.reschedule_count).unwrap_or(0) + u32::from(cancelled))
        .timestamp(now)
        .summary(&title)
        .description(&description.join("\n\n"))
        .location(&location)
        .starts(appointment.starts_at)
        .ends(appointment.ends_at())
        .url(&address)
        .status(if cancelled { EventStatus::Cancelled } else { EventStatus::Confirmed });
    if let (Some(latitude), Some(longitude)) = (appointment.center_latitude, appointment.center_longitude) {
        event.append_property(Property::new("GEO", format!("{latitude:.5};{longitude:.5}")));
    }
    if !cancelled {
        event.alarm(Alarm::display(&title, -TimeDelta::hours(2)));
    }
    let mut calendar = Calendar::empty();
    calendar
        .append_property(Property::new("VERSION", "2.0"))
        .append_property(Property::new("PRODID", format!("-//{}//certportal//{}", programme.short_name, i18n::tag(locale).to_uppercase())))
        .append_property(Property::new("CALSCALE", "GREGORIAN"))
        .append_property(Property::new("METHOD", "PUBLISH"));
    calendar.push(event.done());
    calendar.to_string()
}

/// A centre's name and address, a line each.
pub fn place_lines(appointment: &Appointment) -> Vec<String> {
    let mut lines: Vec<String> = appointment.center_name.iter().cloned().collect();
    lines.extend(appointment.center_address.iter().flatten().cloned());
    lines
}
