//! My exams: what is to come and what has been.

use super::words;
use crate::scheduling::service;
use crate::scheduling::store::appointments::Appointment;
use crate::server::i18n::Locale;
use crate::server::{RequestContext, format, request};
use crate::tr;
use crate::ui::{Alert, AlertKind, Empty, Icon, PageHead, PageTitle, Tag, loaded};
use chrono::Datelike;
use leptos::prelude::*;

/// `/exams`.
#[component]
pub fn ExamsPage() -> impl IntoView {
    let cx = request();
    loaded(async move {
        let locale = cx.locale;
        let now = cx.now();
        let (holds, booked): (Vec<_>, Vec<_>) =
            service::appointments_of(&cx).await?.into_iter().partition(|appointment| appointment.state == "held");
        let (upcoming, mut past): (Vec<_>, Vec<_>) = booked.into_iter().partition(|appointment| appointment.is_upcoming(now));
        past.reverse();
        let released = cx.query("done") == Some("released");
        let nothing = upcoming.is_empty() && past.is_empty() && holds.is_empty();
        let holds: Vec<_> = holds.iter().map(|hold| hold_view(&cx, hold)).collect();
        let tickets: Vec<_> = upcoming.iter().map(|appointment| ticket(&cx, appointment)).collect();
        let has_upcoming = !tickets.is_empty();
        let has_past = !past.is_empty();
        let rows: Vec<_> = past.iter().map(|appointment| row(locale, appointment)).collect();
        Ok(view! {
            <PageTitle text=tr!(locale, scheduling.exams_title)/>
            <div class="wrap stack stack--l">
                {released.then(|| view! { <Alert kind=AlertKind::Success><p>{tr!(locale, scheduling.released)}</p></Alert> })}
                <PageHead title=tr!(locale, scheduling.exams_title)>
                    <a class="btn btn--primary" href="/certifications">{tr!(locale, scheduling.book_exam)}</a>
                </PageHead>
                {holds}
                {nothing
                    .then(|| {
                        view! {
                            <Empty
                                icon="calendar"
                                title=tr!(locale, scheduling.exams_empty)
                                text=tr!(locale, scheduling.exams_empty_text)
                            >
                                <a class="btn btn--primary" href="/certifications">{tr!(locale, scheduling.browse)}</a>
                            </Empty>
                        }
                    })}
                {has_upcoming
                    .then(|| {
                        view! {
                            <section class="stack" aria-labelledby="upcoming">
                                <h2 id="upcoming">{tr!(locale, scheduling.upcoming)}</h2>
                                {tickets}
                                <div class="inset">
                                    <p><strong>{tr!(locale, scheduling.bring_title)}</strong> " " {tr!(locale, scheduling.bring_ids)} " " {tr!(locale, scheduling.bring_id_online)}</p>
                                </div>
                            </section>
                        }
                    })}
                {has_past
                    .then(|| {
                        view! {
                            <section class="stack" aria-labelledby="past">
                                <h2 id="past">{tr!(locale, scheduling.past)}</h2>
                                <ul class="rows">{rows}</ul>
                            </section>
                        }
                    })}
            </div>
        })
    })
}

fn hold_view(cx: &RequestContext, hold: &Appointment) -> impl IntoView + use<> {
    let locale = cx.locale;
    let when = format::date_time(locale, hold.starts_at, hold.zone());
    let until = hold.hold_expires_at.map(|until| {
        let local = until.with_timezone(&cx.time_zone());
        format!("{} {}", format::time(locale, local.time()), format::zone_name(until, cx.time_zone()))
    });
    let text =
        tr!(locale, scheduling.hold_waiting, exam = hold.exam_code.clone(), time = when, until = until.unwrap_or_default()).to_string();
    let href = format!("/schedule/details/{}", hold.id);
    view! {
        <Alert kind=AlertKind::Warning title=tr!(locale, scheduling.hold_waiting_title)>
            <p>{text}</p>
            <p><a href=href>{tr!(locale, scheduling.hold_go_on)}</a></p>
        </Alert>
    }
}

/// Days until the exam, counted in the place's days.
pub fn countdown(locale: Locale, cx: &RequestContext, appointment: &Appointment) -> String {
    let zone = appointment.zone();
    match (format::day_in(appointment.starts_at, zone) - format::day_in(cx.now(), zone)).num_days() {
        ..=0 => tr!(locale, scheduling.today).to_owned(),
        1 => tr!(locale, scheduling.tomorrow).to_owned(),
        days => tr!(locale, scheduling.in_days, count = days).to_string(),
    }
}

fn ticket(cx: &RequestContext, appointment: &Appointment) -> impl IntoView + use<> {
    let locale = cx.locale;
    let day = format::day_in(appointment.starts_at, appointment.zone());
    let names = match locale {
        Locale::en => chrono::Locale::en_GB,
        Locale::es => chrono::Locale::es_ES,
    };
    let month = day.format_localized("%b", names).to_string().replace('.', "");
    let weekday = day.format_localized("%a", names).to_string().replace('.', "");
    let href = format!("/exams/{}", appointment.reference);
    let label = format!("{}, {}", appointment.exam_code, format::date_long(locale, day));
    let place_icon = if appointment.center_id.is_some() { "map-pin" } else { "monitor" };
    let (hours, place) = (words::hours(locale, appointment), words::place_name(locale, appointment));
    let until = countdown(locale, cx, appointment);
    let reference = appointment.reference.clone();
    let title = format!("{}\u{a0}· {}", appointment.exam_code, appointment.exam_name);
    let iso = appointment.starts_at.to_rfc3339();
    view! {
        <article class="ticket">
            <div class="ticket__date">
                <span class="ticket__month">{month}</span>
                <span class="ticket__day num">{day.day()}</span>
                <span class="ticket__wd">{weekday}</span>
            </div>
            <div class="ticket__body">
                <h3 class="ticket__title">{title}</h3>
                <p class="ticket__line">
                    <Icon name="clock" class="icon icon--s"/>
                    <time datetime=iso>{hours}</time>
                </p>
                <p class="ticket__line">
                    <Icon name=place_icon class="icon icon--s"/>
                    {place}
                </p>
                <p class="ticket__line">
                    <Icon name="ticket" class="icon icon--s"/>
                    <span>{tr!(locale, scheduling.reference)} " " <code class="id">{reference}</code> " · " {until}</span>
                </p>
            </div>
            <div class="ticket__side">
                <a class="btn btn--small" href=href>{tr!(locale, scheduling.manage)}<span class="vh">" " {label}</span></a>
            </div>
        </article>
    }
}

fn row(locale: Locale, appointment: &Appointment) -> impl IntoView + use<> {
    let (tone, word) = words::state(locale, appointment);
    let href = format!("/exams/{}", appointment.reference);
    let title = format!("{}\u{a0}· {}", appointment.exam_code, appointment.exam_name);
    let when = format::date_time_short(locale, appointment.starts_at, appointment.zone());
    let place = words::place_name(locale, appointment);
    let iso = appointment.starts_at.to_rfc3339();
    view! {
        <li class="row">
            <div class="row__main">
                <a class="row__title" href=href>{title}</a>
                <p class="row__text"><time datetime=iso>{when}</time> " · " {place}</p>
            </div>
            <div class="row__side"><Tag tone text=word/></div>
        </li>
    }
}
