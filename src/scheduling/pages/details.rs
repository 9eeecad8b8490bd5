//! A held seat: who comes, under which rules; or, for one that is to be moved, from where to where.

use super::{Trip, words};
use crate::error::{AppResult, Code};
use crate::scheduling::api::{Details, LetGo, Reschedule};
use crate::scheduling::rules::Delivery;
use crate::scheduling::service;
use crate::scheduling::store::appointments::Appointment;
use crate::server::http::respond;
use crate::server::{RequestContext, format, request};
use crate::tr;
use crate::ui::islands::Countdown;
use crate::ui::{
    Alert, AlertKind, CheckboxField, DateField, ErrorSummary, Form, HiddenField, Icon, PageHead, PageTitle, Steps, Summary, SummaryRow,
    TextField, loaded, param,
};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// `/schedule/details/:appointment_id`.
#[component]
pub fn DetailsPage() -> impl IntoView {
    let cx = request();
    let id = param("appointment_id");
    loaded(async move {
        let id = id.parse().map_err(|_| crate::error::AppError::NotFound)?;
        let hold = service::own_by_id(&cx, id).await?;
        let order = service::order_being_paid(&cx, &hold).await?;
        let page = match hold.state.as_str() {
            _ if let Some(number) = order => elsewhere(&format!("/checkout/return/{number}")),
            _ if hold.is_live_hold(cx.now()) => match hold.replaces {
                Some(old) => {
                    let old = service::own_by_id(&cx, old).await?;
                    moving(&cx, &old, &hold)?.into_any()
                }
                None => {
                    let born = service::date_of_birth(&cx).await?;
                    details(&cx, &hold, born)?.into_any()
                }
            },
            "held" | "expired" => over(&cx, &hold).into_any(),
            // The back button after paying: the booking is there already.
            _ => elsewhere(&format!("/exams/{}", hold.reference)),
        };
        Ok(page)
    })
}

/// Sends the browser on instead of showing anything.
fn elsewhere(path: &str) -> AnyView {
    respond::status(303);
    respond::header("location", path);
    ().into_any()
}

fn trip_of(hold: &Appointment, replaces: Option<String>) -> Trip {
    Trip {
        exam: hold.exam_code.clone(),
        language: hold.language.clone(),
        online: hold.delivery() == Delivery::Online,
        center: hold.center_code.clone(),
        accessible: false,
        replaces,
    }
}

fn countdown(cx: &RequestContext, hold: &Appointment) -> impl IntoView + use<> {
    let locale = cx.locale;
    let seconds = hold.hold_expires_at.map_or(0, |until| (until - cx.now()).num_seconds());
    view! {
        <Countdown
            seconds
            label=tr!(locale, scheduling.held_for).to_owned()
            over=tr!(locale, scheduling.hold_over).to_owned()
        />
    }
}

fn let_go(cx: &RequestContext, hold: &Appointment) -> impl IntoView + use<> {
    let locale = cx.locale;
    let id = hold.id.to_string();
    view! {
        <Form action=LetGo::PATH class="">
            <HiddenField name="appointment" value=id/>
            <button class="btn btn--link">{tr!(locale, scheduling.let_go)}</button>
        </Form>
    }
}

fn details(cx: &RequestContext, hold: &Appointment, born: Option<chrono::NaiveDate>) -> AppResult<impl IntoView + use<>> {
    let locale = cx.locale;
    let trip = trip_of(hold, None);
    let rules = hold.policies()?;
    let id = hold.id.to_string();
    let kicker = format!("{} · {}", hold.exam_code, hold.exam_name);
    let at_center = hold.delivery() == Delivery::Center;
    let accessible = hold.seat_accessible && at_center;
    let dob_hint = tr!(locale, scheduling.dob_hint, minimum = rules.minimum_age, guardian = rules.guardian_consent_age).to_string();
    let policies = words::policies(cx, hold)?;
    let known = born.map(|born| {
        // The summary of a refusal names the date as it does the fields.
        cx.label_field("dob-day", tr!(locale, scheduling.dob));
        let support = cx.programme().support_email.clone();
        (format::date(locale, born), tr!(locale, scheduling.dob_known, support = support).to_string())
    });
    Ok(view! {
        <PageTitle text=tr!(locale, scheduling.details_title)/>
        <div class="wrap stack stack--l">
            <div class="stack">
                <Steps steps=trip.steps(cx, 3) current=3/>
                <ErrorSummary/>
                {needs_guardian(cx)}
                <PageHead title=tr!(locale, scheduling.details_title) kicker lead=tr!(locale, scheduling.details_lead)/>
                {countdown(cx, hold)}
            </div>
            <div class="split">
                <div class="stack stack--l">
                    <Form action=Details::PATH>
                        <HiddenField name="appointment" value=id/>
                        <section class="stack" aria-labelledby="name-title">
                            <h2 class="h3" id="name-title">{tr!(locale, scheduling.name_on_id)}</h2>
                            <p>{tr!(locale, scheduling.name_hint)}</p>
                            <TextField name="given_name" label=tr!(locale, scheduling.given_name) autocomplete="given-name" maxlength=200/>
                            <TextField name="family_name" label=tr!(locale, scheduling.family_name) autocomplete="family-name" maxlength=200/>
                            <p class="small muted">
                                {tr!(locale, scheduling.name_wrong)} " " <a href="/account">{tr!(locale, scheduling.name_wrong_link)}</a>
                            </p>
                        </section>
                        {match known {
                            None => {
                                view! { <DateField name="dob" legend=tr!(locale, scheduling.dob) hint=dob_hint birthday=true/> }.into_any()
                            }
                            Some((born, hint)) => {
                                view! {
                                    <section class="stack" id="dob-day" tabindex="-1" aria-labelledby="dob-title">
                                        <h2 class="h3" id="dob-title">{tr!(locale, scheduling.dob)}</h2>
                                        <p>{born}</p>
                                        <p class="small muted">{hint}</p>
                                    </section>
                                }
                                    .into_any()
                            }
                        }}
                        {at_center
                            .then(|| {
                                view! {
                                    <CheckboxField
                                        name="accessible"
                                        label=move || tr!(locale, scheduling.accessible_wish)
                                        hint=tr!(locale, scheduling.accessible_hint)
                                        checked=accessible
                                    />
                                }
                            })}
                        <section class="stack" aria-labelledby="rules-title">
                            <h2 class="h3" id="rules-title">{tr!(locale, scheduling.rules_title)}</h2>
                            {policies}
                        </section>
                        <CheckboxField name="accept" label=move || tr!(locale, scheduling.accept)/>
                        <div class="actions">
                            <button class="btn btn--primary">{tr!(locale, scheduling.to_cart)}</button>
                        </div>
                    </Form>
                    {let_go(cx, hold)}
                </div>
                <aside class="split__aside stack">
                    {words::facts(cx, hold, true)}
                    <p class="small"><a href=trip.times()>{tr!(locale, scheduling.other_time)}</a></p>
                </aside>
            </div>
        </div>
    })
}

/// Under 18 without a guardian's consent: what to do.
fn needs_guardian(cx: &RequestContext) -> Option<impl IntoView + use<>> {
    let locale = cx.locale;
    let refused = cx.form.as_ref()?.field_errors().iter().any(|error| error.code == Code::GuardianNeeded);
    refused.then(|| {
        view! {
            <Alert kind=AlertKind::Info title=tr!(locale, scheduling.em_guardian_title)>
                <p>
                    {tr!(locale, scheduling.em_guardian_text)} " "
                    <a href="/account/guardian">{tr!(locale, scheduling.em_guardian_link)}</a>
                </p>
            </Alert>
        }
    })
}

fn moving(cx: &RequestContext, old: &Appointment, hold: &Appointment) -> AppResult<impl IntoView + use<>> {
    let locale = cx.locale;
    let trip = trip_of(hold, Some(old.reference.clone()));
    let left = (old.policies()?.reschedule_limit - old.reschedule_count - 1).max(0);
    let id = hold.id.to_string();
    let lines = move |appointment: &Appointment| {
        let at = format::date_time(locale, appointment.starts_at, appointment.zone());
        let iso = appointment.starts_at.to_rfc3339();
        let place = words::place_name(locale, appointment);
        view! { <time datetime=iso>{at}</time> <br/> {place} }
    };
    let (from, to) = (lines(old), lines(hold));
    let after = words::policies(cx, &Appointment { reschedule_count: old.reschedule_count + 1, ..hold.clone() })?;
    let (keep, other) = (format!("/exams/{}", old.reference), trip.times());
    let kicker = format!("{} · {}", old.exam_code, old.exam_name);
    let counter = match left {
        0 => tr!(locale, scheduling.move_last).to_owned(),
        _ => tr!(locale, scheduling.move_left, count = left).to_string(),
    };
    Ok(view! {
        <PageTitle text=tr!(locale, scheduling.move_title)/>
        <div class="wrap wrap--narrow stack stack--l">
            <div class="stack">
                <Steps steps=trip.steps(cx, 3) current=3/>
                <ErrorSummary/>
                <PageHead title=tr!(locale, scheduling.move_title) kicker/>
                {countdown(cx, hold)}
            </div>
            <Summary>
                <SummaryRow key=tr!(locale, scheduling.move_from)>{from}</SummaryRow>
                <SummaryRow key=tr!(locale, scheduling.move_to) change=(other, tr!(locale, common.change).to_owned())>
                    {to}
                </SummaryRow>
                <SummaryRow key=tr!(locale, scheduling.move_cost)>{tr!(locale, scheduling.move_free)}</SummaryRow>
            </Summary>
            <div class="inset"><p>{counter}</p></div>
            <section class="stack" aria-labelledby="rules-title">
                <h2 class="h3" id="rules-title">{tr!(locale, scheduling.rules_after)}</h2>
                {after}
            </section>
            <Form action=Reschedule::PATH>
                <HiddenField name="appointment" value=id/>
                <div class="actions">
                    <button class="btn btn--primary">{tr!(locale, scheduling.move_button)}</button>
                    <a class="btn" href=keep>{tr!(locale, scheduling.keep)}</a>
                </div>
            </Form>
        </div>
    })
}

/// The 15 minutes are over.
fn over(cx: &RequestContext, hold: &Appointment) -> impl IntoView + use<> {
    let locale = cx.locale;
    respond::status(409);
    let trip = trip_of(hold, None);
    let when = format::date_time(locale, hold.starts_at, hold.zone());
    // The reference of an appointment to be moved is on its own page.
    let href = if hold.replaces.is_some() { "/exams".to_owned() } else { trip.times() };
    view! {
        <PageTitle text=tr!(locale, scheduling.over_title)/>
        <div class="wrap wrap--narrow stack">
            <div class="empty">
                <Icon name="clock" class="icon icon--l empty__icon"/>
                <h1 class="empty__title h2">{tr!(locale, scheduling.over_title)}</h1>
                <p class="empty__text">{tr!(locale, scheduling.over_text, time = when).to_string()}</p>
                <a class="btn btn--primary" href=href>{tr!(locale, scheduling.over_again)}</a>
            </div>
        </div>
    }
}
