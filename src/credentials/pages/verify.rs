use super::card::CredentialCard;
use super::checked::{CheckForm, CheckedPage};
use super::state_word;
use crate::credentials::model::Credential;
use crate::credentials::open_badge::{Report, document_path};
use crate::credentials::rules::State;
use crate::credentials::{CredentialId, routes, service};
use crate::error::{AppError, Code};
use crate::server::http::{FormState, Submitted, respond};
use crate::server::{RequestContext, format, request};
use crate::tr;
use crate::ui::{CurrentForm, ErrorSummary, PageHead, PageTitle, SummaryRow, TextField, Verdict, VerdictKind, loaded, param};
use leptos::prelude::*;
use leptos_meta::{Meta, Title};
use std::sync::Arc;

/// The input's name, and the query parameter it sends.
const FIELD: &str = "id";
/// Names the form among those of its page.
const VERIFY_FORM: &str = "/verify";

/// `/verify`: anybody types a credential ID; one that can be read leads to its own address. Or brings a badge, and is shown
/// what its check came to.
#[component]
pub fn VerifyFormPage() -> impl IntoView {
    let cx = request();
    if let Some(report) = use_context::<Arc<Report>>() {
        return view! { <CheckedPage report/> }.into_any();
    }
    let locale = cx.locale;
    // An empty field that was sent is a mistake too; a first visit is none.
    let typed = cx.query.get(FIELD).cloned();
    let refused = typed.and_then(|typed| match CredentialId::parse(&typed) {
        Ok(id) => {
            respond::status(303);
            respond::header("location", &format!("/verify/{}", id.compact()));
            None
        }
        Err(_) => Some(typed),
    });
    if let Some(typed) = refused {
        respond::status(422);
        refuse(&cx, &typed);
    }
    view! {
        <PageTitle text=tr!(locale, credentials.verify_title)/>
        <Meta name="description" content=tr!(locale, credentials.verify_lead)/>
        <div class="wrap wrap--narrow">
            <ErrorSummary/>
            <PageHead title=tr!(locale, credentials.verify_title) lead=tr!(locale, credentials.verify_lead)/>
            <VerifyForm/>
            <section class="section" id="check">
                <h2>{tr!(locale, credentials.check_title)}</h2>
                <div class="stack">
                    <p>{tr!(locale, credentials.check_lead)}</p>
                    <CheckForm/>
                </div>
            </section>
        </div>
    }
    .into_any()
}

/// Shows the form below as refused: the ID typed is none. It is a GET form, so that its answer can be linked to, and
/// never went through the forms of the server functions.
fn refuse(cx: &RequestContext, typed: &str) {
    let code = if typed.trim().is_empty() { Code::Required } else { Code::CredentialIdMalformed };
    let state = FormState {
        function: VERIFY_FORM.into(),
        submitted: Submitted::from_pairs(vec![(FIELD.into(), typed.chars().take(100).collect())]),
        error: AppError::field(FIELD, code),
    };
    provide_context(Arc::new(cx.again().with(|again| again.form = Some(state))));
}

#[component]
fn VerifyForm() -> impl IntoView {
    let locale = request().locale;
    provide_context(CurrentForm(VERIFY_FORM.to_owned()));
    view! {
        <form class="form" method="get" action="/verify">
            <TextField
                name=FIELD
                label=tr!(locale, credentials.credential_id)
                hint=tr!(locale, credentials.verify_hint)
                width=30
                maxlength=100
                autocomplete="off"
            />
            <div class="actions">
                <button class="btn btn--primary">{tr!(locale, credentials.verify_button)}</button>
            </div>
        </form>
    }
}

/// `/verify/:public_id`: what a credential is now.
#[component]
pub fn VerifyPage() -> impl IntoView {
    let cx = request();
    let typed = param("public_id");
    let Ok(public_id) = CredentialId::parse(&typed) else {
        respond::status(404);
        refuse(&cx, &typed);
        let locale = cx.locale;
        return view! {
            <PageTitle text=tr!(locale, credentials.verify_title)/>
            <NotIndexed/>
            <div class="wrap wrap--narrow">
                <ErrorSummary/>
                <PageHead title=tr!(locale, credentials.verify_title) lead=tr!(locale, credentials.malformed_lead)/>
                <VerifyForm/>
            </div>
        }
        .into_any();
    };
    loaded(async move {
        Ok(match service::look_up(&cx, public_id).await? {
            Some(credential) => known(&cx, &credential),
            None => unknown(&cx, public_id),
        })
    })
}

/// A person's page is found by who was given its address, not by a search engine.
#[component]
fn NotIndexed() -> impl IntoView {
    view! { <Meta name="robots" content="noindex"/> }
}

fn known(cx: &RequestContext, credential: &Credential) -> AnyView {
    let locale = cx.locale;
    let state = credential.state(cx.now());
    let kind = match state {
        State::Active => VerdictKind::Active,
        State::Expired => VerdictKind::Expired,
        State::Superseded => VerdictKind::Superseded,
        State::Revoked => VerdictKind::Revoked,
    };
    let until = format::date(locale, credential.expires_at.date_naive());
    let text = match state {
        State::Active => tr!(locale, credentials.verdict_active, date = until).to_string(),
        State::Expired => tr!(locale, credentials.verdict_expired, date = until).to_string(),
        State::Superseded => tr!(locale, credentials.verdict_superseded).to_string(),
        State::Revoked => tr!(locale, credentials.verdict_revoked).to_string(),
    };
    let (holder, checked) = (credential.holder(locale), checked_now(cx));
    let certification = credential.certification.clone();
    let programme = cx.programme().name.clone();
    let title = view! { <h2 class="cred__title">{certification.clone()}</h2> }.into_any();
    let signed = document_path(credential.public_id);
    view! {
        <Title text=format!("{}: {}", state_word(locale, state), certification.clone())/>
        <NotIndexed/>
        <OpenGraph credential=credential.clone()/>
        <div class="wrap wrap--narrow">
            <Verdict kind title=state_word(locale, state)>
                <p class="verdict__text">
                    <strong><bdi>{holder}</bdi></strong>
                    " · "
                    <strong>{certification}</strong>
                </p>
                <p>{text}</p>
                {checked}
            </Verdict>
            <div class="stack stack--l">
                <CredentialCard credential=credential.clone() title>
                    <SummaryRow key=tr!(locale, credentials.awarded_by)>{programme}</SummaryRow>
                    <SummaryRow key=tr!(locale, credentials.signature)>
                        {tr!(locale, credentials.signed)}
                        " · "
                        <a href=signed rel="external">{tr!(locale, credentials.signed_document)}</a>
                    </SummaryRow>
                </CredentialCard>
                <p class="small muted">{tr!(locale, credentials.what_is_checked)}</p>
                <p class="no-print">
                    <a href="/verify">{tr!(locale, credentials.verify_another)}</a>
                    " · "
                    <a href="/verify#check">{tr!(locale, credentials.check_title)}</a>
                    " · "
                    <a href=format!("/certifications/{}", credential.certification_slug)>{tr!(locale, credentials.about_certification)}</a>
                </p>
            </div>
        </div>
    }
    .into_any()
}

fn unknown(cx: &RequestContext, public_id: CredentialId) -> AnyView {
    let locale = cx.locale;
    let checked = checked_now(cx);
    respond::status(404);
    view! {
        <Title text=tr!(locale, credentials.unknown)/>
        <NotIndexed/>
        <div class="wrap wrap--narrow">
            <Verdict kind=VerdictKind::Unknown title=tr!(locale, credentials.unknown)>
                <p class="verdict__text">{tr!(locale, credentials.verdict_unknown)}</p>
                <p><code class="id">{public_id.to_string()}</code></p>
                {checked}
            </Verdict>
            <section class="prose">
                <h2>{tr!(locale, credentials.unknown_next)}</h2>
                <ul>
                    <li>{tr!(locale, credentials.unknown_compare)}</li>
                    <li>{tr!(locale, credentials.unknown_ask)}</li>
                </ul>
            </section>
            <section class="section">
                <h2>{tr!(locale, credentials.verify_another)}</h2>
                <VerifyForm/>
            </section>
        </div>
    }
    .into_any()
}

pub(super) fn checked_now(cx: &RequestContext) -> impl IntoView + use<> {
    let at = cx.now();
    view! {
        <p class="verdict__when">
            {tr!(cx.locale, credentials.checked_now)}
            " "
            <time datetime=at.to_rfc3339()>{format::date_time(cx.locale, at, cx.time_zone())}</time>
        </p>
    }
}

/// What a link to the page looks like elsewhere.
#[component]
fn OpenGraph(credential: Credential) -> impl IntoView {
    let cx = request();
    let locale = cx.locale;
    let config = &cx.state.config;
    let title = format!("{}: {}", credential.holder(locale), credential.certification);
    let description = tr!(locale, credentials.og_description, programme = cx.programme().name.clone()).to_string();
    view! {
        <Meta property="og:type" content="website"/>
        <Meta property="og:title" content=title/>
        <Meta property="og:description" content=description/>
        <Meta property="og:url" content=config.url(&credential.verify_path())/>
        <Meta property="og:image" content=config.url(&routes::badge_png_path(&credential, 1200))/>
        <Meta property="og:image:width" content="1200"/>
        <Meta property="og:image:height" content="1200"/>
        <Meta name="twitter:card" content="summary"/>
    }
}
