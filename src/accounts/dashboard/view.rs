use super::{Appointment, Credential, NewestResult, Overview, expires_soon, overview};
use crate::accounts::api::ResendVerification;
use crate::accounts::nudges::view::nudge;
use crate::accounts::pages::flash;
use crate::server::i18n::Locale;
use crate::server::{RequestContext, format, request};
use crate::tr;
use crate::ui::{Alert, AlertKind, ErrorSummary, Form, PageHead, PageTitle, Tag, Ticket, Tone, loaded};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use std::sync::Arc;

/// `/dashboard`: what to do next, then what there is.
#[component]
pub fn DashboardPage() -> impl IntoView {
    let cx = request();
    loaded(async move {
        let overview = overview(&cx).await?;
        let banner = crate::privacy::pages::erasure_banner(&cx).await?;
        let locale = cx.locale;
        let viewer = cx.candidate()?.clone();
        let is_new = overview.is_new();
        let lead = if is_new { tr!(locale, accounts.dashboard_lead_new) } else { tr!(locale, accounts.dashboard_lead) };
        Ok(view! {
            <div class="wrap stack stack--l">
                <PageTitle text=tr!(locale, accounts.dashboard_title)/>
                <ErrorSummary/>
                {flash(&cx, &[
                    ("verified", tr!(locale, accounts.done_verified_signed_in)),
                    ("resent", tr!(locale, accounts.done_resent)),
                    ("agreement", tr!(locale, accounts.done_agreement)),
                ])}
                <PageHead title=tr!(locale, accounts.dashboard_hello, name = viewer.given_name.clone()).to_string() lead=lead/>
                {banner}
                {todo(locale, &overview, &viewer.email)}
                {first_steps(locale, &overview)}
                {overview.held.clone().map(|held| hold(&cx, held))}
                {(!is_new).then(|| exams(&cx, &overview))}
                {overview.result.clone().map(|result| newest_result(&cx, result))}
                {(!overview.credentials.is_empty()).then(|| credentials(&cx, overview.credentials.clone()))}
                {overview.nudges.iter().map(|due| nudge(locale, *due)).collect_view()}
            </div>
        })
    })
}

/// What stands in the way of booking.
fn todo(locale: Locale, overview: &Overview, email: &str) -> Vec<AnyView> {
    let mut items = vec![];
    if !overview.email_verified {
        let text = tr!(locale, accounts.todo_verify_text, email = email.to_owned()).to_string();
        items.push(
            view! {
                <Alert kind=AlertKind::Warning title=tr!(locale, accounts.todo_verify_title)>
                    <p>{text}</p>
                    <Form action=ResendVerification::PATH class="">
                        <button class="btn btn--small">{tr!(locale, accounts.resend)}</button>
                    </Form>
                </Alert>
            }
            .into_any(),
        );
    }
    if !overview.agreement_accepted {
        items.push(
            view! {
                <Alert kind=AlertKind::Warning title=tr!(locale, accounts.todo_agreement_title)>
                    <p>
                        {tr!(locale, accounts.todo_agreement_text)} " "
                        <a href="/agreement?next=%2Fdashboard">{tr!(locale, accounts.todo_agreement_link)}</a>
                    </p>
                </Alert>
            }
            .into_any(),
        );
    }
    items
}

/// The way from an empty account to a certificate.
fn first_steps(locale: Locale, overview: &Overview) -> Option<AnyView> {
    overview.is_new().then(|| {
        view! {
            <section class="stack">
                <h2>{tr!(locale, accounts.first_title)}</h2>
                <ol class="next">
                    <li>{tr!(locale, accounts.first_choose)}</li>
                    <li>{tr!(locale, accounts.first_book)}</li>
                    <li>{tr!(locale, accounts.first_take)}</li>
                    <li>{tr!(locale, accounts.first_hold)}</li>
                </ol>
                <div class="actions">
                    <a class="btn btn--primary" href="/certifications">{tr!(locale, accounts.first_button)}</a>
                </div>
            </section>
        }
        .into_any()
    })
}

fn hold(cx: &Arc<RequestContext>, held: Appointment) -> AnyView {
    let (locale, zone) = (cx.locale, format::zone(&held.time_zone));
    let until = held.hold_expires_at.unwrap_or(held.starts_at);
    let ends = format::time(locale, until.with_timezone(&cx.time_zone()).time());
    view! {
        <Alert kind=AlertKind::Info title=tr!(locale, accounts.held_title)>
            <p>
                {format!("{} {}", held.exam_code, held.certification)} ", "
                <time datetime=held.starts_at.to_rfc3339()>{format::date_time_short(locale, held.starts_at, zone)}</time>
                ". "
                <time datetime=until.to_rfc3339()>{tr!(locale, accounts.held_until, time = ends).to_string()}</time>
                " "
                <a href="/cart">{tr!(locale, accounts.held_link)}</a>
            </p>
        </Alert>
    }
    .into_any()
}

fn exams(cx: &Arc<RequestContext>, overview: &Overview) -> AnyView {
    let locale = cx.locale;
    let next = match overview.next.clone() {
        Some(next) => ticket(locale, next).into_any(),
        None => view! { <p class="muted">{tr!(locale, accounts.no_exam_booked)}</p> }.into_any(),
    };
    let more = (overview.more > 0).then(|| tr!(locale, accounts.more_exams, count = overview.more).to_string());
    view! {
        <section class="stack">
            <h2>{tr!(locale, accounts.next_exam)}</h2>
            {next}
            {more.map(|more| view! { <p><a href="/exams">{more}</a></p> })}
            <div class="actions">
                <a class="btn" href="/certifications">{tr!(locale, accounts.book_another)}</a>
            </div>
        </section>
    }
    .into_any()
}

fn ticket(locale: Locale, appointment: Appointment) -> impl IntoView {
    let zone = format::zone(&appointment.time_zone);
    let starts = appointment.starts_at.with_timezone(&zone);
    let ends = (appointment.starts_at + chrono::TimeDelta::minutes(i64::from(appointment.minutes))).with_timezone(&zone);
    let day = starts.date_naive();
    let place = match appointment.center {
        Some(center) => format!("{center}, {}", appointment.city.unwrap_or_default()),
        None => tr!(locale, accounts.online).to_owned(),
    };
    let icon = if appointment.delivery == "online" { "monitor" } else { "map-pin" };
    let manage = format!("/exams/{}", appointment.reference);
    let hours = format!(
        "{}–{} {}",
        format::time(locale, starts.time()),
        format::time(locale, ends.time()),
        format::zone_name(appointment.starts_at, zone)
    );
    view! {
        <Ticket
            month=format::month_short(locale, day)
            day=day.format("%-d").to_string()
            weekday=format::weekday_short(locale, day)
            title=format!("{} {}", appointment.exam_code, appointment.certification)
            lines=vec![
                ("calendar", format::date_long(locale, day)),
                ("clock", hours),
                (icon, place),
                ("ticket", format!("{} {}", tr!(locale, accounts.reference), appointment.reference)),
            ]
        >
            <a class="btn btn--small" href=manage>{tr!(locale, accounts.manage)}</a>
        </Ticket>
    }
}

fn day(locale: Locale, at: DateTime<Utc>, zone: chrono_tz::Tz) -> impl IntoView {
    view! { <time datetime=at.to_rfc3339()>{format::date(locale, format::day_in(at, zone))}</time> }
}

fn newest_result(cx: &Arc<RequestContext>, result: NewestResult) -> AnyView {
    let (locale, zone) = (cx.locale, cx.time_zone());
    let (tone, word) =
        if result.passed { (Tone::Ok, tr!(locale, accounts.passed)) } else { (Tone::Plain, tr!(locale, accounts.not_passed)) };
    view! {
        <section class="stack">
            <h2>{tr!(locale, accounts.newest_result)}</h2>
            <ul class="rows">
                <li class="row">
                    <div class="row__main">
                        <a class="row__title" href=format!("/results/{}", result.id)>
                            {format!("{} {}", result.exam_code, result.certification)}
                        </a>
                        <p class="row__text">
                            {tr!(locale, accounts.taken_on)} " " {day(locale, result.taken_at, zone)} " · "
                            {tr!(locale, accounts.score)} " " <span class="num">{result.scaled_score}</span>
                        </p>
                    </div>
                    <div class="row__side">
                        <Tag tone text=word/>
                    </div>
                </li>
            </ul>
            <p><a href="/results">{tr!(locale, accounts.all_results)}</a></p>
        </section>
    }
    .into_any()
}

fn credentials(cx: &Arc<RequestContext>, credentials: Vec<Credential>) -> AnyView {
    let (locale, now) = (cx.locale, cx.now());
    view! {
        <section class="stack">
            <h2>{tr!(locale, accounts.active_credentials)}</h2>
            <ul class="rows">
                {credentials
                    .into_iter()
                    .map(|credential| {
                        let soon = expires_soon(credential.expires_at, now);
                        view! {
                            <li class="row">
                                <div class="row__main">
                                    <a class="row__title" href=format!("/credentials/{}", credential.public_id)>
                                        {credential.certification}
                                    </a>
                                    // Credentials end with a day of UTC (product.md section 7).
                                    <p class="row__text">
                                        {tr!(locale, accounts.expires_on)} " "
                                        {day(locale, credential.expires_at - chrono::TimeDelta::seconds(1), chrono_tz::Tz::UTC)}
                                    </p>
                                </div>
                                <div class="row__side">
                                    {if soon {
                                        view! { <Tag tone=Tone::Warn text=tr!(locale, accounts.expires_soon)/> }.into_any()
                                    } else {
                                        view! { <Tag tone=Tone::Ok text=tr!(locale, accounts.active)/> }.into_any()
                                    }}
                                </div>
                            </li>
                        }
                    })
                    .collect_view()}
            </ul>
        </section>
    }
    .into_any()
}
