//! `/account/guardian`, where a candidate under 18 names a guardian, and `/guardian-consent`, where the guardian answers.

use super::api::{AskGuardian, GuardianConsent, GuardianDecline, GuardianWithdraw, ResendGuardian};
use super::rules::Standing;
use super::service::{self, Asked, Overview};
use super::store::Consent;
use crate::accounts::pages::{flash, keep_address_private, link_status, link_words, paragraphs};
use crate::accounts::rules::LinkState;
use crate::server::{RequestContext, format, i18n, request};
use crate::tr;
use crate::ui::{
    Alert, AlertKind, BackLink, CheckboxField, Details, ErrorSummary, Form, HiddenField, PageHead, PageTitle, Summary, SummaryRow, Tag,
    TextField, Tone, loaded,
};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// `/account/guardian`.
#[component]
pub fn GuardianPage() -> impl IntoView {
    let cx = request();
    loaded(async move {
        let locale = cx.locale;
        let overview = service::overview(&cx).await?;
        let may_ask = overview.may_ask();
        let Overview { needed, consent } = overview;
        let not_needed = (needed == Some(false)).then(|| {
            view! { <Alert kind=AlertKind::Success><p>{tr!(locale, guardians.guardian_of_age)}</p></Alert> }
        });
        let waiting = consent.as_ref().is_some_and(|(_, standing)| matches!(standing, Standing::Waiting | Standing::Expired));
        let request = consent.filter(|_| needed != Some(false)).map(|(consent, standing)| asked(&cx, consent, standing));
        let form_title = if waiting { tr!(locale, guardians.guardian_other) } else { tr!(locale, guardians.guardian_name_them) };
        Ok(view! {
            <div class="wrap wrap--narrow stack stack--l">
                <BackLink href="/account" label=tr!(locale, accounts.profile_title)/>
                <PageTitle text=tr!(locale, guardians.guardian_title)/>
                <ErrorSummary/>
                {flash(&cx, &[
                    ("asked", tr!(locale, guardians.done_guardian_asked)),
                    ("resent", tr!(locale, guardians.done_guardian_resent)),
                ])}
                <PageHead title=tr!(locale, guardians.guardian_title) lead=tr!(locale, guardians.guardian_lead)/>
                {not_needed}
                {request}
                {may_ask
                    .then(|| {
                        view! {
                            <section class="stack">
                                <h2>{form_title}</h2>
                                <p>{tr!(locale, guardians.guardian_what)}</p>
                                <Form action=AskGuardian::PATH>
                                    <TextField
                                        name="guardian_name"
                                        label=tr!(locale, guardians.guardian_name)
                                        autocomplete="off"
                                        maxlength=200
                                    />
                                    <TextField
                                        name="guardian_email"
                                        kind="email"
                                        label=tr!(locale, guardians.guardian_email)
                                        hint=tr!(locale, guardians.guardian_email_hint)
                                        autocomplete="off"
                                    />
                                    <div class="actions">
                                        <button class="btn btn--primary">{tr!(locale, guardians.guardian_send)}</button>
                                    </div>
                                </Form>
                            </section>
                        }
                    })}
            </div>
        })
    })
}

/// The newest request, how it stands, and what can be done about it.
fn asked(cx: &RequestContext, consent: Consent, standing: Standing) -> impl IntoView + use<> {
    let (locale, zone) = (cx.locale, cx.time_zone());
    let (tone, word, text) = match standing {
        Standing::Waiting => (Tone::Info, tr!(locale, guardians.standing_waiting), {
            tr!(locale, guardians.standing_waiting_text, until = format::date_time(locale, consent.expires_at, zone)).to_string()
        }),
        Standing::Expired => (Tone::Warn, tr!(locale, guardians.standing_expired), tr!(locale, guardians.standing_expired_text).to_owned()),
        Standing::Given => (Tone::Ok, tr!(locale, guardians.standing_given), tr!(locale, guardians.standing_given_text).to_owned()),
        Standing::Declined => {
            (Tone::Bad, tr!(locale, guardians.standing_declined), tr!(locale, guardians.standing_declined_text).to_owned())
        }
        Standing::Withdrawn => {
            (Tone::Bad, tr!(locale, guardians.standing_withdrawn), tr!(locale, guardians.standing_declined_text).to_owned())
        }
    };
    let day = |at| format::date(locale, format::day_in(at, zone));
    let requested = day(consent.requested_at);
    let decided = consent.withdrawn_at.or(consent.decided_at).map(|at| (at.to_rfc3339(), day(at)));
    let open = matches!(standing, Standing::Waiting | Standing::Expired);
    view! {
        <section class="stack">
            <h2>{tr!(locale, guardians.guardian_request)}</h2>
            <Summary>
                <SummaryRow key=tr!(locale, contact.state)>
                    <Tag tone text=word/>
                    <p class="small muted">{text}</p>
                </SummaryRow>
                <SummaryRow key=tr!(locale, guardians.guardian_name)><bdi>{consent.guardian_name}</bdi></SummaryRow>
                <SummaryRow key=tr!(locale, guardians.guardian_email)><bdi>{consent.guardian_email}</bdi></SummaryRow>
                <SummaryRow key=tr!(locale, guardians.guardian_requested)>
                    <time datetime=consent.requested_at.to_rfc3339()>{requested}</time>
                </SummaryRow>
                {decided
                    .map(|(iso, day)| {
                        view! {
                            <SummaryRow key=tr!(locale, guardians.guardian_decided)><time datetime=iso>{day}</time></SummaryRow>
                        }
                    })}
            </Summary>
            {open
                .then(|| {
                    view! {
                        <Form action=ResendGuardian::PATH class="">
                            <button class="btn">{tr!(locale, guardians.guardian_resend)}</button>
                        </Form>
                    }
                })}
        </section>
    }
}

/// `/guardian-consent`: for whoever has the mailed link.
#[component]
pub fn GuardianConsentPage() -> impl IntoView {
    let cx = request();
    keep_address_private();
    loaded(async move {
        if let Some(token) = cx.query("token").map(str::to_owned) {
            let asked = service::look(&cx, &token).await?;
            return Ok(answer_page(&cx, asked, token));
        }
        if let Some(token) = cx.query("withdraw").map(str::to_owned) {
            let asked = service::look_at_consent(&cx, &token).await?;
            return Ok(withdraw_page(&cx, asked, token));
        }
        let locale = cx.locale;
        let (title, text) = match cx.query("done") {
            Some("given") => (tr!(locale, guardians.thanks_given_title), tr!(locale, guardians.thanks_given_text)),
            Some("declined") => (tr!(locale, guardians.thanks_declined_title), tr!(locale, guardians.thanks_declined_text)),
            Some("withdrawn") => (tr!(locale, guardians.thanks_withdrawn_title), tr!(locale, guardians.thanks_withdrawn_text)),
            _ => return Ok(dead(&cx, LinkState::Unknown)),
        };
        Ok(said(title, text))
    })
}

fn said(title: &'static str, text: &'static str) -> AnyView {
    view! {
        <div class="wrap wrap--narrow stack">
            <PageTitle text=title/>
            <ErrorSummary/>
            <PageHead title lead=text/>
        </div>
    }
    .into_any()
}

/// The link leads nowhere: what to do is the candidate's to do.
fn dead(cx: &RequestContext, state: LinkState) -> AnyView {
    link_status(state);
    let locale = cx.locale;
    let (title, _) = link_words(locale, state);
    said(title, tr!(locale, guardians.guardian_dead))
}

fn answer_page(cx: &RequestContext, asked: Option<Asked>, token: String) -> AnyView {
    let locale = cx.locale;
    let Some(asked) = asked else { return dead(cx, LinkState::Unknown) };
    match asked.standing {
        Standing::Waiting => {}
        Standing::Expired => return dead(cx, LinkState::Expired),
        Standing::Given => return said(tr!(locale, guardians.answered_title), tr!(locale, guardians.answered_given)),
        Standing::Declined => return said(tr!(locale, guardians.answered_title), tr!(locale, guardians.answered_declined)),
        Standing::Withdrawn => return said(tr!(locale, guardians.answered_title), tr!(locale, guardians.answered_withdrawn)),
    }
    let programme = cx.programme();
    let text = i18n::pick(&programme.agreement_text, locale);
    let version = programme.agreement_version.clone();
    let same_token = token.clone();
    let name = asked.candidate;
    let title = tr!(locale, guardians.consent_title, candidate = name.clone()).to_string();
    let lead = tr!(locale, guardians.consent_lead, candidate = name.clone(), programme = programme.name.clone()).to_string();
    let agreement = tr!(locale, guardians.consent_agreement, version = version.clone()).to_string();
    let tick = tr!(locale, guardians.consent_tick, candidate = name.clone()).to_string();
    view! {
        <div class="wrap wrap--narrow stack stack--l">
            <PageTitle text=title.clone()/>
            <ErrorSummary/>
            <PageHead title lead/>
            <section class="prose">
                <h2>{tr!(locale, guardians.consent_what)}</h2>
                <ul>
                    <li>{tr!(locale, guardians.consent_what_exams)}</li>
                    <li>{tr!(locale, guardians.consent_what_data)}</li>
                    <li>{tr!(locale, guardians.consent_what_agreement)}</li>
                    <li>{tr!(locale, guardians.consent_what_end)}</li>
                </ul>
            </section>
            <Details summary=agreement><div class="prose">{paragraphs(&text)}</div></Details>
            <section class="section">
                <h2>{tr!(locale, guardians.consent_give)}</h2>
                <Form action=GuardianConsent::PATH>
                    <HiddenField name="token" value=same_token/>
                    <HiddenField name="version" value=version/>
                    <TextField
                        name="signed_name"
                        label=tr!(locale, guardians.consent_name)
                        hint=tr!(locale, guardians.consent_name_hint)
                        autocomplete="name"
                        maxlength=200
                    />
                    <CheckboxField name="consent" label=move || tick.clone()/>
                    <div class="actions">
                        <button class="btn btn--primary">{tr!(locale, guardians.consent_button)}</button>
                    </div>
                </Form>
            </section>
            <section class="section">
                <h2>{tr!(locale, guardians.decline_title)}</h2>
                <p>{tr!(locale, guardians.decline_text)}</p>
                <Form action=GuardianDecline::PATH class="">
                    <HiddenField name="token" value=token/>
                    <button class="btn">{tr!(locale, guardians.decline_button)}</button>
                </Form>
            </section>
        </div>
    }
    .into_any()
}

fn withdraw_page(cx: &RequestContext, asked: Option<Asked>, token: String) -> AnyView {
    let locale = cx.locale;
    let Some(asked) = asked else { return dead(cx, LinkState::Unknown) };
    if asked.standing == Standing::Withdrawn {
        return said(tr!(locale, guardians.thanks_withdrawn_title), tr!(locale, guardians.thanks_withdrawn_text));
    }
    let programme = cx.programme();
    let lead = tr!(locale, guardians.withdraw_lead, candidate = asked.candidate, programme = programme.name.clone()).to_string();
    view! {
        <div class="wrap wrap--narrow stack">
            <PageTitle text=tr!(locale, guardians.withdraw_title)/>
            <ErrorSummary/>
            <PageHead title=tr!(locale, guardians.withdraw_title) lead/>
            <p>{tr!(locale, guardians.withdraw_text)}</p>
            <Form action=GuardianWithdraw::PATH class="">
                <HiddenField name="token" value=token/>
                <button class="btn btn--danger">{tr!(locale, guardians.withdraw_title)}</button>
            </Form>
        </div>
    }
    .into_any()
}
