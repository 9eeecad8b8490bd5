//! Facts of an appointment as the pages say them.

use crate::error::AppResult;
use crate::scheduling::calendar::place_lines;
use crate::scheduling::rules::Delivery;
use crate::scheduling::store::appointments::Appointment;
use crate::scheduling::terms::{self, Terms};
use crate::server::i18n::{self, Locale};
use crate::server::{RequestContext, format};
use crate::tr;
use crate::ui::{Icon, Summary, SummaryRow, Tone};
use chrono::{DateTime, Utc};
use leptos::prelude::*;

/// `2:00 PM–4:10 PM CET (UTC+1)`.
pub fn hours(locale: Locale, appointment: &Appointment) -> String {
    let zone = appointment.zone();
    let local = |at: DateTime<Utc>| format::time(locale, at.with_timezone(&zone).time());
    let (from, to) = (local(appointment.starts_at), local(appointment.ends_at()));
    format!("{from}–{to} {}", format::zone_name(appointment.starts_at, zone))
}

pub fn place_name(locale: Locale, appointment: &Appointment) -> String {
    match (&appointment.center_name, &appointment.center_city) {
        (Some(name), Some(city)) => format!("{name}, {city}"),
        _ => tr!(locale, scheduling.online).to_owned(),
    }
}

/// The state as a word with its tone.
pub fn state(locale: Locale, appointment: &Appointment) -> (Tone, &'static str) {
    match appointment.state.as_str() {
        "held" => (Tone::Warn, tr!(locale, scheduling.state_held)),
        "booked" => (Tone::Info, tr!(locale, scheduling.state_booked)),
        "checked_in" => (Tone::Info, tr!(locale, scheduling.state_checked_in)),
        "admitted" => (Tone::Info, tr!(locale, scheduling.state_admitted)),
        "started" => (Tone::Info, tr!(locale, scheduling.state_started)),
        "delivered" => (Tone::Accent, tr!(locale, scheduling.state_delivered)),
        "under_review" => (Tone::Accent, tr!(locale, scheduling.state_under_review)),
        "scored" => (Tone::Ok, tr!(locale, scheduling.state_scored)),
        "no_show" => (Tone::Bad, tr!(locale, scheduling.state_no_show)),
        "refused" => (Tone::Bad, tr!(locale, scheduling.state_refused)),
        "interrupted" => (Tone::Warn, tr!(locale, scheduling.state_interrupted)),
        "cancelled" => (Tone::Off, tr!(locale, scheduling.state_cancelled)),
        _ => (Tone::Off, tr!(locale, scheduling.state_expired)),
    }
}

/// What is booked: exam, time, place.
pub fn facts(cx: &RequestContext, appointment: &Appointment, narrow: bool) -> impl IntoView + use<> {
    let locale = cx.locale;
    let zone = appointment.zone();
    let at = appointment.starts_at;
    let own = cx.time_zone();
    let elsewhere = format::zone_name(at, own) != format::zone_name(at, zone);
    let exam = format!("{}, {}", appointment.exam_code, appointment.exam_name);
    let language = i18n::language_name(&appointment.language, locale);
    let address: Vec<String> = place_lines(appointment);
    let phone = appointment.center_phone.clone();
    let online = appointment.delivery() == Delivery::Online;
    let name = appointment.name_on_id.clone();
    let minutes = appointment.minutes;
    let accessible = appointment.seat_accessible && !online;
    let day = format::date_long(locale, format::day_in(at, zone));
    let hours = hours(locale, appointment);
    view! {
        <Summary class=if narrow { "summary summary--narrow" } else { "summary" }>
            <SummaryRow key=tr!(locale, scheduling.exam)>{exam}</SummaryRow>
            <SummaryRow key=tr!(locale, scheduling.language)>{language}</SummaryRow>
            <SummaryRow key=tr!(locale, scheduling.starts)>
                <time datetime=at.to_rfc3339()>{day} <br/> {hours}</time>
                {elsewhere
                    .then(|| {
                        view! {
                            <br/>
                            <span class="muted small">
                                {tr!(locale, scheduling.in_your_zone)} ": " {format::date_time(locale, at, own)}
                            </span>
                        }
                    })}
            </SummaryRow>
            <SummaryRow key=tr!(locale, scheduling.length)>{tr!(locale, scheduling.minutes, count = minutes).to_string()}</SummaryRow>
            <SummaryRow key=tr!(locale, scheduling.place)>
                {if online {
                    view! { {tr!(locale, scheduling.online)} }.into_any()
                } else {
                    view! {
                        {address.into_iter().map(|line| view! { {line} <br/> }).collect_view()}
                        {phone
                            .map(|phone| {
                                let href = format!("tel:{}", phone.replace([' ', '-'], ""));
                                view! { <a href=href>{phone}</a> }
                            })}
                    }
                        .into_any()
                }}
            </SummaryRow>
            {accessible
                .then(|| {
                    view! { <SummaryRow key=tr!(locale, scheduling.seat)>{tr!(locale, scheduling.seat_accessible)}</SummaryRow> }
                })}
            {name.map(|name| view! { <SummaryRow key=tr!(locale, scheduling.name_on_id)>{name}</SummaryRow> })}
        </Summary>
    }
}

/// The rules of one appointment in words, each with its date and time in the candidate's zone.
pub fn policies(cx: &RequestContext, appointment: &Appointment) -> AppResult<impl IntoView + use<>> {
    let locale = cx.locale;
    let terms = Terms::of(locale, cx.now(), cx.time_zone(), appointment)?;
    let mut items = vec![(if terms.movable { "calendar" } else { "refresh" }, terms.reschedule)];
    items.extend(terms.moves_left.map(|text| ("refresh", text)));
    items.push(("receipt", terms.cancel));
    items.push(("clock", terms.arrival));
    items.push(("file-text", terms::result(locale, terms.deadlines.result_by, appointment.beta)));
    items.push(("x-circle", tr!(locale, scheduling.no_show_rule).to_owned()));
    Ok(view! {
        <ul class="checks">
            {items
                .into_iter()
                .map(|(icon, text)| {
                    view! {
                        <li class="checks__item">
                            <Icon name=icon class="icon checks__icon"/>
                            <div>
                                <p class="checks__text">{text}</p>
                            </div>
                        </li>
                    }
                })
                .collect_view()}
        </ul>
    })
}
