//! Cancelling: what is given back, until when, and the question.

use super::words;
use crate::error::{AppResult, Conflict};
use crate::money::Money;
use crate::scheduling::api::Cancel;
use crate::scheduling::service::{self, changes};
use crate::scheduling::store::appointments::Appointment;
use crate::server::{RequestContext, format, request};
use crate::tr;
use crate::ui::{Alert, AlertKind, BackLink, ErrorSummary, Form, HiddenField, PageHead, PageTitle, loaded, param};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// `/exams/:reference/cancel`.
#[component]
pub fn CancelPage() -> impl IntoView {
    let cx = request();
    let reference = param("reference");
    loaded(async move {
        let appointment = service::own_by_reference(&cx, &reference).await?;
        let (allowed, paid) = changes::cancellation(&cx, &appointment).await?;
        page(&cx, &appointment, allowed, paid)
    })
}

fn page(
    cx: &RequestContext,
    appointment: &Appointment,
    allowed: Result<(), Conflict>,
    paid: Option<Money>,
) -> AppResult<impl IntoView + use<>> {
    let locale = cx.locale;
    let until = format::date_time(locale, appointment.deadlines()?.cancel_until, cx.time_zone());
    let back = format!("/exams/{}", appointment.reference);
    let kicker = format!("{} · {}", appointment.exam_code, appointment.exam_name);
    let reference = appointment.reference.clone();
    let refund = match paid {
        Some(money) => tr!(locale, scheduling.refund_full, amount = format::money(locale, &money)).to_string(),
        None => tr!(locale, scheduling.refund_none).to_owned(),
    };
    let keep = back.clone();
    let rest = match allowed {
        Ok(()) => view! {
            <Alert kind=AlertKind::Info title=tr!(locale, scheduling.refund_title)>
                <p>{refund}</p>
                <p>{tr!(locale, scheduling.cancel_until, time = until).to_string()}</p>
            </Alert>
            <p>{tr!(locale, scheduling.cancel_seat)}</p>
            <Form action=Cancel::PATH>
                <HiddenField name="reference" value=reference/>
                <div class="actions">
                    <button class="btn btn--danger">{tr!(locale, scheduling.cancel_button)}</button>
                    <a class="btn" href=keep>{tr!(locale, scheduling.keep)}</a>
                </div>
            </Form>
        }
        .into_any(),
        Err(Conflict::TooLate) => {
            let support = cx.programme().support_email.clone();
            view! {
            <Alert kind=AlertKind::Warning title=tr!(locale, scheduling.cancel_late_title)>
                <p>{tr!(locale, scheduling.no_cancel_late, time = until).to_string()}</p>
                <p>
                    {tr!(locale, scheduling.cancel_late_help)} " "
                    <a href=format!("mailto:{support}")>{support.clone()}</a>
                </p>
            </Alert>
            }
            .into_any()
        }
        Err(_) => view! { <Alert kind=AlertKind::Info><p>{tr!(locale, scheduling.cancel_over)}</p></Alert> }.into_any(),
    };
    Ok(view! {
        <PageTitle text=tr!(locale, scheduling.cancel_title)/>
        <div class="wrap wrap--narrow stack stack--l">
            <div class="stack">
                <BackLink href=back.clone() label=tr!(locale, scheduling.back_to_appointment)/>
                <ErrorSummary/>
                <PageHead title=tr!(locale, scheduling.cancel_title) kicker/>
            </div>
            {words::facts(cx, appointment, false)}
            {rest}
        </div>
    })
}
