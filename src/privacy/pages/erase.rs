//! `/account/data/erase`: what goes, what stays and why, and the form that begins the 30 days.

use super::erasure_banner;
use crate::accounts::pages::flash;
use crate::privacy::api::AskErasure;
use crate::privacy::erasure::{self, Blocker, CredentialChoice, Overview};
use crate::privacy::rules::{GRACE, Records};
use crate::server::{Locale, RequestContext, format, request};
use crate::tr;
use crate::ui::{Alert, AlertKind, BackLink, Choice, ErrorSummary, Form, PageHead, PageTitle, RadioField, TextField, loaded};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use std::sync::Arc;

#[component]
pub fn ErasePage() -> impl IntoView {
    let cx = request();
    loaded(async move {
        let locale = cx.locale;
        let overview = erasure::overview(&cx).await?;
        let banner = erasure_banner(&cx).await?;
        let action = if overview.is_staff {
            view! { <Alert kind=AlertKind::Info><p>{tr!(locale, privacy.erase_staff)}</p></Alert> }.into_any()
        } else if overview.open.is_some() {
            match overview.blockers.is_empty() {
                true => ().into_any(),
                false => blocked(locale, &overview.blockers),
            }
        } else if overview.blockers.is_empty() {
            form(&cx, &overview)
        } else {
            blocked(locale, &overview.blockers)
        };
        Ok(view! {
            <div class="wrap wrap--narrow stack stack--l">
                <BackLink href="/account/data" label=tr!(locale, privacy.title)/>
                <PageTitle text=tr!(locale, privacy.erase_title)/>
                <ErrorSummary/>
                {flash(&cx, &[
                    ("asked", tr!(locale, privacy.done_erasure)),
                    ("stopped", tr!(locale, privacy.done_stopped)),
                ])}
                <PageHead title=tr!(locale, privacy.erase_title) lead=tr!(locale, privacy.erase_lead)/>
                {banner}
                <section class="stack">
                    <h2>{tr!(locale, privacy.goes_title)}</h2>
                    <ul>
                        <li>{tr!(locale, privacy.goes_profile)}</li>
                        <li>{tr!(locale, privacy.goes_sign_in)}</li>
                        <li>{tr!(locale, privacy.goes_mails)}</li>
                    </ul>
                </section>
                <section class="stack">
                    <h2>{tr!(locale, privacy.stays_title)}</h2>
                    <p>{tr!(locale, privacy.stays_text)}</p>
                    {kept(&cx, &overview)}
                </section>
                {action}
            </div>
        })
    })
}

fn kept(cx: &Arc<RequestContext>, overview: &Overview) -> AnyView {
    let locale = cx.locale;
    if overview.kept.is_empty() {
        return view! { <p class="muted">{tr!(locale, privacy.stays_nothing)}</p> }.into_any();
    }
    let items = overview.kept.iter().map(|(records, until)| {
        let until = format::date(locale, format::day_in(*until, cx.time_zone()));
        let text = match records {
            Records::Orders => tr!(locale, privacy.stays_orders, until = until).to_string(),
            Records::Exams => tr!(locale, privacy.stays_exams, until = until).to_string(),
            Records::Credentials => tr!(locale, privacy.stays_credentials, until = until).to_string(),
        };
        view! { <li>{text}</li> }
    });
    view! { <ul>{items.collect_view()}</ul> }.into_any()
}

/// What has to be settled first, and where.
fn blocked(locale: Locale, blockers: &[Blocker]) -> AnyView {
    let items = blockers.iter().map(|blocker| {
        let reference = blocker.reference.clone();
        let (text, href) = match blocker.kind.as_str() {
            "appointment" => {
                (tr!(locale, privacy.blocker_appointment, reference = reference.clone()).to_string(), format!("/exams/{reference}"))
            }
            "result" => (tr!(locale, privacy.blocker_result, reference = reference.clone()).to_string(), "/results".to_owned()),
            "payment" => (tr!(locale, privacy.blocker_payment, reference = reference.clone()).to_string(), format!("/orders/{reference}")),
            _ => (tr!(locale, privacy.blocker_refund, reference = reference.clone()).to_string(), format!("/orders/{reference}")),
        };
        view! { <li><a href=href>{text}</a></li> }
    });
    let items = items.collect_view();
    view! {
        <Alert kind=AlertKind::Warning title=tr!(locale, privacy.blocked_title)>
            <p>{tr!(locale, privacy.blocked_text)}</p>
            <ul>{items}</ul>
        </Alert>
    }
    .into_any()
}

fn form(cx: &Arc<RequestContext>, overview: &Overview) -> AnyView {
    let locale = cx.locale;
    let choices = vec![
        Choice::new(CredentialChoice::WithholdName.as_str(), tr!(locale, privacy.choice_withhold)),
        Choice::new(CredentialChoice::KeepName.as_str(), tr!(locale, privacy.choice_keep)),
    ];
    let hint = tr!(locale, privacy.confirmation_hint, address = overview.address.clone()).to_string();
    view! {
        <section class="stack">
            <h2>{tr!(locale, privacy.erase_form_title)}</h2>
            <p>{tr!(locale, privacy.erase_grace, days = GRACE.num_days()).to_string()}</p>
            <Form action=AskErasure::PATH>
                <RadioField name="credentials" legend=tr!(locale, privacy.choice_legend) choices/>
                <TextField name="confirmation" label=tr!(locale, privacy.confirmation) hint=hint autocomplete="off" maxlength=254/>
                <div class="actions">
                    <button class="btn btn--danger">{tr!(locale, privacy.erase_button)}</button>
                    <a class="btn btn--quiet" href="/account/data">{tr!(locale, common.cancel)}</a>
                </div>
            </Form>
        </section>
    }
    .into_any()
}
