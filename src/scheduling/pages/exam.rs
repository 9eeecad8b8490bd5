//! One appointment: its facts, its rules with dates, how to get there, what has happened.

use super::words;
use crate::error::{AppResult, Conflict};
use crate::scheduling::rules::{self, Delivery};
use crate::scheduling::service;
use crate::scheduling::store::appointments::{Appointment, Event};
use crate::server::i18n;
use crate::server::{RequestContext, format, request};
use crate::tr;
use crate::ui::{Alert, AlertKind, BackLink, Icon, PageHead, PageTitle, Tag, loaded, param};
use leptos::prelude::*;

/// `/exams/:reference`.
#[component]
pub fn ExamPage() -> impl IntoView {
    let cx = request();
    let reference = param("reference");
    loaded(async move {
        let appointment = service::own_by_reference(&cx, &reference).await?;
        let events = service::events_of(&cx, &appointment).await?;
        page(&cx, &appointment, events)
    })
}

fn page(cx: &RequestContext, appointment: &Appointment, events: Vec<Event>) -> AppResult<impl IntoView + use<>> {
    let locale = cx.locale;
    let (tone, word) = words::state(locale, appointment);
    let upcoming = appointment.is_upcoming(cx.now());
    let title = appointment.exam_name.clone();
    let kicker = appointment.exam_code.clone();
    let done = match cx.query("done") {
        Some("moved") if upcoming => Some(tr!(locale, scheduling.done_moved)),
        Some("cancelled") if appointment.state == "cancelled" => Some(tr!(locale, scheduling.done_cancelled)),
        _ => None,
    };
    let reference = appointment.reference.clone();
    let arrival = upcoming.then(|| arrival(cx, appointment));
    let changes = upcoming.then(|| changes(cx, appointment)).transpose()?;
    let policies = upcoming.then(|| words::policies(cx, appointment)).transpose()?;
    let until = upcoming.then(|| until_then(cx, appointment));
    let history: Vec<_> = events.into_iter().filter_map(|event| event_view(cx, &event)).collect();
    Ok(view! {
        <PageTitle text=format!("{} {}", appointment.exam_code, appointment.reference)/>
        <div class="wrap stack stack--l">
            <div class="stack">
                <BackLink href="/exams" label=tr!(locale, scheduling.back_to_exams)/>
                {done.map(|text| view! { <Alert kind=AlertKind::Success><p>{text}</p></Alert> })}
                <PageHead title kicker/>
                <p class="cluster">
                    <Tag tone text=word/>
                    <span>{tr!(locale, scheduling.reference)} " " <code class="id">{reference}</code></span>
                </p>
            </div>
            {until}
            <div class="split">
                <div class="stack stack--l">
                    <section class="stack" aria-labelledby="facts">
                        <h2 class="h3" id="facts">{tr!(locale, scheduling.facts)}</h2>
                        {words::facts(cx, appointment, false)}
                    </section>
                    {arrival}
                    {policies
                        .map(|policies| {
                            view! {
                                <section class="stack" aria-labelledby="rules">
                                    <h2 class="h3" id="rules">{tr!(locale, scheduling.rules_title)}</h2>
                                    {policies}
                                </section>
                            }
                        })}
                    <section class="stack" aria-labelledby="history">
                        <h2 class="h3" id="history">{tr!(locale, scheduling.history)}</h2>
                        <ol class="timeline">{history}</ol>
                    </section>
                </div>
                <aside class="split__aside stack">{changes}</aside>
            </div>
        </div>
    })
}

fn until_then(cx: &RequestContext, appointment: &Appointment) -> impl IntoView + use<> {
    let locale = cx.locale;
    let href = format!("/exams/{}/calendar.ics", appointment.reference);
    let until = super::exams::countdown(locale, cx, appointment);
    view! {
        <div class="cluster cluster--between">
            <p class="lead">{until}</p>
            <a class="btn" href=href rel="external" download="">
                <Icon name="calendar"/>
                {tr!(locale, scheduling.add_to_calendar)}
            </a>
        </div>
    }
}

fn arrival(cx: &RequestContext, appointment: &Appointment) -> impl IntoView + use<> {
    let locale = cx.locale;
    let online = appointment.delivery() == Delivery::Online;
    let directions = appointment.center_arrival.as_ref().map(|texts| i18n::pick(texts, locale));
    let route = appointment.center_latitude.zip(appointment.center_longitude).map(|(latitude, longitude)| {
        format!("https://www.openstreetmap.org/?mlat={latitude:.5}&mlon={longitude:.5}#map=17/{latitude:.5}/{longitude:.5}")
    });
    let items = if online {
        vec![tr!(locale, scheduling.online_room), tr!(locale, scheduling.online_device), tr!(locale, scheduling.online_alone)]
    } else {
        vec![tr!(locale, scheduling.bring_lockers), tr!(locale, scheduling.bring_nothing)]
    };
    view! {
        <section class="prose" aria-labelledby="arrival">
            <h2 class="h3" id="arrival">{if online { tr!(locale, scheduling.online_title) } else { tr!(locale, scheduling.arrival_title) }}</h2>
            {directions.map(|text| view! { <p>{text}</p> })}
            {route
                .map(|href| {
                    view! {
                        <p>
                            <a href=href rel="external noreferrer">
                                {tr!(locale, scheduling.route)} " "
                                <Icon name="external-link" class="icon icon--s"/>
                            </a>
                        </p>
                    }
                })}
            <h3 class="h4">{tr!(locale, scheduling.bring_title)}</h3>
            <ul>
                <li>{crate::scheduling::calendar::documents(locale, appointment.delivery())}</li>
                {(!online).then(|| view! { <li>{tr!(locale, scheduling.bring_ids_match)}</li> })}
                {items.into_iter().map(|item| view! { <li>{item}</li> }).collect_view()}
            </ul>
        </section>
    }
}

fn changes(cx: &RequestContext, appointment: &Appointment) -> AppResult<impl IntoView + use<>> {
    let locale = cx.locale;
    let own = cx.time_zone();
    let policies = appointment.policies()?;
    let deadlines = appointment.deadlines()?;
    let when = |at| format::date_time(locale, at, own);
    let base = format!("/exams/{}", appointment.reference);
    let moved = appointment.reschedule_count;
    let reschedule = match rules::may_reschedule(cx.now(), &appointment.state, moved, &policies, appointment.starts_at) {
        Ok(()) => view! {
            <a class="btn btn--block" href=format!("{base}/reschedule")>{tr!(locale, scheduling.reschedule)}</a>
            <p class="small muted">{tr!(locale, scheduling.reschedule_until, time = when(deadlines.reschedule_until)).to_string()}</p>
        }
        .into_any(),
        Err(Conflict::RescheduleLimit) => {
            let text = tr!(locale, scheduling.no_reschedule_limit, count = policies.reschedule_limit).to_string();
            view! { <p class="small">{text}</p> }.into_any()
        }
        Err(_) => {
            let text = tr!(locale, scheduling.no_reschedule_late, time = when(deadlines.reschedule_until)).to_string();
            view! { <p class="small">{text}</p> }.into_any()
        }
    };
    let counter = tr!(locale, scheduling.moved_counter, moved = moved, limit = policies.reschedule_limit).to_string();
    let cancel = match rules::may_cancel(cx.now(), &appointment.state, &policies, appointment.starts_at) {
        Ok(()) => view! {
            <a class="btn btn--block" href=format!("{base}/cancel")>{tr!(locale, scheduling.cancel_exam)}</a>
            <p class="small muted">{tr!(locale, scheduling.cancel_until, time = when(deadlines.cancel_until)).to_string()}</p>
        }
        .into_any(),
        Err(_) => {
            let text = tr!(locale, scheduling.no_cancel_late, time = when(deadlines.cancel_until)).to_string();
            view! { <p class="small">{text}</p> }.into_any()
        }
    };
    Ok(view! {
        <h2 class="h3">{tr!(locale, scheduling.changes_title)}</h2>
        {reschedule}
        <p class="small muted">{counter}</p>
        {cancel}
    })
}

fn event_view(cx: &RequestContext, event: &Event) -> Option<AnyView> {
    let locale = cx.locale;
    let at = |value: &serde_json::Value| {
        let starts_at = value.get("starts_at").and_then(|at| at.as_str()).and_then(|at| at.parse().ok())?;
        let zone = value.get("time_zone").and_then(|zone| zone.as_str()).map(format::zone)?;
        Some(format::date_time(locale, starts_at, zone))
    };
    let (class, title, text) = match event.kind.as_str() {
        "held" => ("timeline__item", tr!(locale, scheduling.event_held), None),
        "booked" => ("timeline__item timeline__item--ok", tr!(locale, scheduling.event_booked), None),
        "rescheduled" => {
            let change = event.detail.get("from").and_then(at).zip(event.detail.get("to").and_then(at));
            let text = change.map(|(from, to)| tr!(locale, scheduling.event_rescheduled_text, from = from, to = to).to_string());
            ("timeline__item", tr!(locale, scheduling.event_rescheduled), text)
        }
        "name_corrected" => ("timeline__item", tr!(locale, scheduling.event_name_corrected), None),
        "cancelled" => ("timeline__item", tr!(locale, scheduling.event_cancelled), None),
        "delivered" => ("timeline__item", tr!(locale, scheduling.state_delivered), None),
        "scored" => ("timeline__item timeline__item--ok", tr!(locale, scheduling.state_scored), None),
        _ => return None,
    };
    Some(
        view! {
            <li class=class>
                <time class="timeline__date" datetime=event.at.to_rfc3339()>
                    {format::date_time_short(locale, event.at, cx.time_zone())}
                </time>
                <div class="timeline__body">
                    <h3 class="timeline__title">{title}</h3>
                    {text.map(|text| view! { <p>{text}</p> })}
                </div>
            </li>
        }
        .into_any(),
    )
}
