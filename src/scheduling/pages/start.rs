//! The first step: may I, in which language, at a centre or online.

use super::{Trip, words};
use crate::error::AppResult;
use crate::scheduling::api::Start;
use crate::scheduling::rules::{Check, ExamClosed};
use crate::scheduling::service::{self, Booking};
use crate::server::i18n;
use crate::server::{RequestContext, format, request};
use crate::tr;
use crate::ui::{
    Alert, AlertKind, BackLink, Choice, ErrorSummary, Form, HiddenField, Icon, PageHead, PageTitle, RadioField, SelectField, Steps, loaded,
    param,
};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use std::sync::Arc;

/// `/schedule/:exam_code`.
#[component]
pub fn StartPage() -> impl IntoView {
    let cx = request();
    let code = param("exam_code");
    loaded(async move {
        let booking = service::booking(&cx, &code, None).await?;
        page(&cx, booking)
    })
}

/// `/exams/:reference/reschedule`: the same for an appointment that is to be moved.
#[component]
pub fn ReschedulePage() -> impl IntoView {
    let cx = request();
    let reference = param("reference");
    loaded(async move {
        let appointment = service::own_by_reference(&cx, &reference).await?;
        let booking = service::booking(&cx, &appointment.exam_code, Some(&reference)).await?;
        page(&cx, booking)
    })
}

fn page(cx: &Arc<RequestContext>, booking: Booking) -> AppResult<impl IntoView + use<>> {
    let locale = cx.locale;
    let moving = booking.replaces.as_ref();
    let title = match moving {
        None => tr!(locale, scheduling.start_title),
        Some(_) => tr!(locale, scheduling.reschedule_title),
    };
    let kicker = format!("{} · {}", booking.exam.code, booking.exam.name);
    let back = match moving {
        None => (format!("/certifications/{}", booking.exam.slug), tr!(locale, scheduling.back_to_certification)),
        Some(old) => (format!("/exams/{}", old.reference), tr!(locale, scheduling.back_to_appointment)),
    };
    let eligible = booking.eligible().is_ok() && !booking.languages.is_empty();
    let trip = Trip { exam: booking.exam.code.clone(), replaces: moving.map(|old| old.reference.clone()), ..Trip::default() };
    let current = moving
        .map(|old| {
            let policies = old.policies()?;
            let left = policies.reschedule_limit - old.reschedule_count;
            let until = format::date_time(locale, old.deadlines()?.reschedule_until, cx.time_zone());
            let now_at = format!("{}, {}", format::date_time(locale, old.starts_at, old.zone()), words::place_name(locale, old));
            AppResult::Ok(view! {
                <Alert kind=AlertKind::Info title=tr!(locale, scheduling.moving_title)>
                    <p>{tr!(locale, scheduling.moving_now, appointment = now_at).to_string()}</p>
                    <p>{tr!(locale, scheduling.moving_rules, count = left, until = until).to_string()}</p>
                </Alert>
            })
        })
        .transpose()?;
    // One that is moved has met the conditions before: they are shown when one of them stands in the way now.
    let checks = (moving.is_none() || !eligible).then(|| checks(cx, &booking));
    let form = eligible.then(|| form(cx, &booking));
    Ok(view! {
        <PageTitle text=format!("{title}: {}", booking.exam.code)/>
        <div class="wrap wrap--narrow stack stack--l">
            <div class="stack">
                <BackLink href=back.0 label=back.1/>
                <Steps steps=trip.steps(cx, 0) current=0/>
                <ErrorSummary/>
                <PageHead title=title kicker/>
            </div>
            {current}
            {checks}
            {form}
        </div>
    })
}

fn checks(cx: &RequestContext, booking: &Booking) -> impl IntoView + use<> {
    let locale = cx.locale;
    let items: Vec<_> = booking
        .checks
        .iter()
        .map(|check| {
            let (title, more) = words_of(cx, check);
            let fine = check.refusal().is_none();
            let (class, icon, word) = if fine {
                ("checks__item checks__item--ok", "check", tr!(locale, scheduling.check_ok))
            } else {
                ("checks__item checks__item--fail", "x", tr!(locale, scheduling.check_fail))
            };
            view! {
                <li class=class>
                    <Icon name=icon class="icon checks__icon"/>
                    <div>
                        <p class="checks__title"><span class="vh">{word} ": "</span>{title}</p>
                        {more
                            .map(|(text, link)| {
                                view! {
                                    <p class="checks__text">
                                        {text} {link.map(|(href, label)| view! { " " <a href=href>{label}</a> })}
                                    </p>
                                }
                            })}
                    </div>
                </li>
            }
        })
        .collect();
    let languages_over = booking.languages.is_empty();
    let age = tr!(locale, scheduling.check_age, age = booking.policies.minimum_age).to_string();
    view! {
        <section class="stack" aria-labelledby="checks-title">
            <h2 class="h3" id="checks-title">{tr!(locale, scheduling.checks_title)}</h2>
            <ul class="checks">
                {items}
                {languages_over
                    .then(|| {
                        view! {
                            <li class="checks__item checks__item--fail">
                                <Icon name="x" class="icon checks__icon"/>
                                <div>
                                    <p class="checks__title">{tr!(locale, scheduling.check_no_language)}</p>
                                </div>
                            </li>
                        }
                    })}
                <li class="checks__item checks__item--skip">
                    <Icon name="help-circle" class="icon checks__icon"/>
                    <div>
                        <p class="checks__title">{tr!(locale, scheduling.check_later)}</p>
                        <p class="checks__text">{age}</p>
                    </div>
                </li>
            </ul>
        </section>
    }
}

type More = Option<(String, Option<(String, &'static str)>)>;

/// What a condition is called, and what to do where it is not met.
fn words_of(cx: &RequestContext, check: &Check) -> (&'static str, More) {
    let locale = cx.locale;
    let zone = cx.time_zone();
    match check {
        Check::EmailVerified(true) => (tr!(locale, scheduling.check_email), None),
        Check::EmailVerified(false) => {
            let link = ("/verify-email".to_owned(), tr!(locale, scheduling.check_email_link));
            (tr!(locale, scheduling.check_email_no), Some((tr!(locale, scheduling.check_email_do).to_owned(), Some(link))))
        }
        Check::AgreementAccepted(true) => (tr!(locale, scheduling.check_agreement), None),
        Check::AgreementAccepted(false) => {
            let link = ("/agreement".to_owned(), tr!(locale, scheduling.check_agreement_link));
            (tr!(locale, scheduling.check_agreement_no), Some((tr!(locale, scheduling.check_agreement_do).to_owned(), Some(link))))
        }
        Check::GuardianConsent(true) => (tr!(locale, scheduling.em_check_guardian), None),
        Check::GuardianConsent(false) => {
            let link = ("/account/guardian".to_owned(), tr!(locale, scheduling.em_guardian_link));
            (tr!(locale, scheduling.em_check_guardian_no), Some((tr!(locale, scheduling.em_check_guardian_do).to_owned(), Some(link))))
        }
        Check::ExamOpen(Ok(())) => (tr!(locale, scheduling.check_open), None),
        Check::ExamOpen(Err(ExamClosed::Retired)) => {
            let link = ("/certifications".to_owned(), tr!(locale, scheduling.check_open_link));
            (tr!(locale, scheduling.check_open_retired), Some((tr!(locale, scheduling.check_open_retired_do).to_owned(), Some(link))))
        }
        Check::ExamOpen(Err(ExamClosed::NotYet(from))) => {
            let text = match from {
                Some(day) => tr!(locale, scheduling.check_open_from, day = format::date_long(locale, *day)).to_string(),
                None => tr!(locale, scheduling.check_open_later).to_owned(),
            };
            (tr!(locale, scheduling.check_open_not_yet), Some((text, None)))
        }
        Check::RetakeWait(None) => (tr!(locale, scheduling.check_retake), None),
        Check::RetakeWait(Some(until)) => {
            let text = tr!(locale, scheduling.check_retake_until, time = format::date_time(locale, *until, zone)).to_string();
            (tr!(locale, scheduling.check_retake_no), Some((text, None)))
        }
        Check::AttemptsLeft { left: true, .. } => (tr!(locale, scheduling.check_attempts), None),
        Check::AttemptsLeft { limit, left: false } => {
            let text = tr!(locale, scheduling.check_attempts_limit, count = u64::try_from(*limit).unwrap_or(0)).to_string();
            (tr!(locale, scheduling.check_attempts_no), Some((text, None)))
        }
        Check::NotPassedLately(None) => (tr!(locale, scheduling.check_passed), None),
        Check::NotPassedLately(Some(until)) => {
            let day = format::date(locale, format::day_in(*until, zone));
            let link = ("/credentials".to_owned(), tr!(locale, scheduling.check_passed_link));
            (tr!(locale, scheduling.check_passed_no), Some((tr!(locale, scheduling.check_passed_until, day = day).to_string(), Some(link))))
        }
        Check::NoOpenAppointment(None) => (tr!(locale, scheduling.check_free), None),
        Check::NoOpenAppointment(Some((reference, to_come))) => {
            let text = if *to_come { tr!(locale, scheduling.check_free_do) } else { tr!(locale, scheduling.check_free_wait) };
            let link = (format!("/exams/{reference}"), tr!(locale, scheduling.check_free_link));
            (tr!(locale, scheduling.check_free_no), Some((text.to_owned(), Some(link))))
        }
    }
}

fn form(cx: &RequestContext, booking: &Booking) -> impl IntoView + use<> {
    let locale = cx.locale;
    let languages: Vec<Choice> =
        booking.languages.iter().map(|language| Choice::new(&language.language, i18n::language_name(&language.language, locale))).collect();
    let offered = |tag: &str| booking.languages.iter().any(|language| language.language == tag);
    let own = i18n::tag(locale);
    let moved = booking.replaces.as_ref().map(|old| old.language.clone());
    let wanted = moved.clone().or(cx.query("language").filter(|tag| offered(tag)).map(str::to_owned));
    let chosen = wanted.unwrap_or_else(|| {
        if offered(own) { own.to_owned() } else { booking.languages.first().map(|l| l.language.clone()).unwrap_or_default() }
    });
    let offers = |mode: &str| booking.exam.delivery_modes.iter().any(|known| known == mode);
    let policies = &booking.policies;
    let mut places = vec![];
    if offers("center") {
        let hint = tr!(locale, scheduling.delivery_center_hint, hours = policies.lead_time_hours_center).to_string();
        places.push(Choice::new("center", tr!(locale, scheduling.delivery_center)).hinted(hint));
    }
    if offers("online") {
        let hint = tr!(locale, scheduling.delivery_online_hint, hours = policies.lead_time_hours_online).to_string();
        places.push(Choice::new("online", tr!(locale, scheduling.delivery_online)).hinted(hint));
    }
    let delivery = match places.as_slice() {
        [only] => only.value.clone(),
        _ => booking.replaces.as_ref().map(|old| old.delivery.clone()).unwrap_or_default(),
    };
    let exam = booking.exam.code.clone();
    let replaces = booking.replaces.as_ref().map(|old| old.reference.clone()).unwrap_or_default();
    view! {
        <Form action=Start::PATH>
            <HiddenField name="exam" value=exam/>
            <HiddenField name="replaces" value=replaces/>
            {match moved {
                // The language was part of what was bought.
                Some(language) => view! { <HiddenField name="language" value=language/> }.into_any(),
                None => {
                    view! {
                        <SelectField
                            name="language"
                            label=tr!(locale, scheduling.language_question)
                            hint=tr!(locale, scheduling.language_hint)
                            choices=languages
                            value=chosen
                        />
                    }
                        .into_any()
                }
            }}
            <RadioField name="delivery" legend=tr!(locale, scheduling.delivery_question) choices=places value=delivery/>
            <div class="actions">
                <button class="btn btn--primary">{tr!(locale, common.go_on)}</button>
            </div>
        </Form>
    }
}
