//! `/staff/approvals/:id`: what is asked for, before and after, why and by whom; and the decision.

use super::words;
use crate::accounts::pages::ConfirmFirst;
use crate::server::{Permission, RequestContext, format, request};
use crate::staff::approvals::api::{ApproveRequest, RefuseRequest, WithdrawRequest};
use crate::staff::approvals::model::{Act, Request, State};
use crate::staff::approvals::service::{self, Look};
use crate::tr;
use crate::ui::{
    Alert, AlertKind, BackLink, ErrorSummary, Form, HiddenField, PageTitle, Summary, SummaryRow, TextArea, Time, loaded, param,
};
use crate::{checkout, credentials, results};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

#[component]
pub fn ApprovalPage() -> impl IntoView {
    let cx = request();
    let id = param("id");
    loaded(async move {
        let locale = cx.locale;
        let look = service::look(&cx, &id).await?;
        let title = words::kind_name(locale, look.request.act.kind());
        let done = cx.query("done").filter(|_| cx.form.is_none()).and_then(|done| match done {
            "asked" => Some(tr!(locale, approvals.done_asked)),
            "approved" => Some(tr!(locale, approvals.done_approved)),
            "refused" => Some(tr!(locale, approvals.done_refused)),
            "withdrawn" => Some(tr!(locale, approvals.done_withdrawn)),
            _ => None,
        });
        Ok(view! {
            <PageTitle text=format!("{title}: {}", words::about(locale, &look.request.act))/>
            <BackLink href="/staff/approvals" label=tr!(locale, approvals.title)/>
            <ErrorSummary/>
            {done.map(|text| view! { <Alert kind=AlertKind::Success><p>{text}</p></Alert> })}
            <h1>{title}</h1>
            {facts(&cx, &look.request)}
            {change(&cx, &look.request.act)}
            {next_step(&cx, &look)}
        })
    })
}

fn moment(cx: &RequestContext, at: DateTime<Utc>) -> AnyView {
    view! { <Time datetime=at.to_rfc3339() text=format::date_time(cx.locale, at, cx.time_zone())/> }.into_any()
}

fn facts(cx: &RequestContext, request: &Request) -> AnyView {
    let locale = cx.locale;
    let request = request.clone();
    let state = request.state(cx.now());
    let (subject, subject_label) = subject(cx, &request);
    let until = (state == State::Pending).then(|| moment(cx, request.expires_at));
    let ended = (state != State::Pending).then(|| moment(cx, request.ended_at.unwrap_or(request.expires_at)));
    let asked = moment(cx, request.requested_at);
    view! {
        <Summary>
            <SummaryRow key=tr!(locale, approvals.state)>
                {words::state_tag(locale, state)}
                {ended.map(|ended| view! { " " {ended} })}
            </SummaryRow>
            <SummaryRow key=tr!(locale, approvals.about)>
                {match subject {
                    Some(href) => view! { <a href=href>{subject_label}</a> }.into_any(),
                    None => subject_label.into_any(),
                }}
            </SummaryRow>
            <SummaryRow key=tr!(locale, approvals.candidate)>
                <bdi>{request.candidate_name}</bdi>
                " "
                {request.candidate_id.map(|id| view! { <code class="id">{id}</code> })}
            </SummaryRow>
            <SummaryRow key=tr!(locale, approvals.asked_by)><bdi>{request.requested_by_name}</bdi> ", " {asked}</SummaryRow>
            <SummaryRow key=tr!(locale, approvals.reason)><span class="said">{request.reason}</span></SummaryRow>
            {until.map(|until| view! { <SummaryRow key=tr!(locale, approvals.decide_until)>{until}</SummaryRow> })}
            {request
                .decided_by_name
                .map(|name| view! { <SummaryRow key=tr!(locale, approvals.decided_by)><bdi>{name}</bdi></SummaryRow> })}
            {request
                .decision
                .map(|reason| {
                    view! { <SummaryRow key=tr!(locale, approvals.refusal)><span class="said">{reason}</span></SummaryRow> }
                })}
        </Summary>
    }
    .into_any()
}

/// The page of what it is about, if the viewer may see it, and its name.
fn subject(cx: &RequestContext, request: &Request) -> (Option<String>, String) {
    let label = words::about(cx.locale, &request.act);
    let href = match &request.act {
        Act::ScoreCorrection(_) => format!("/staff/results/{}", request.subject_id),
        Act::CredentialRevocation(act) => format!("/staff/credentials/{}", act.public_id),
        Act::Refund(act) => format!("/staff/orders/{}", act.order),
    };
    (cx.staff(request.act.kind().read()).is_ok().then_some(href), label)
}

/// Before and after.
fn change(cx: &RequestContext, act: &Act) -> AnyView {
    match act {
        Act::ScoreCorrection(act) => results::corrections::pages::change(cx, act),
        Act::CredentialRevocation(act) => credentials::revocation::pages::change(cx, act),
        Act::Refund(act) => checkout::staff_orders::pages::change(cx, act),
    }
}

/// The one thing the viewer can do now, if there is one.
fn next_step(cx: &RequestContext, look: &Look) -> AnyView {
    let locale = cx.locale;
    let id = look.request.id.to_string();
    if look.request.state(cx.now()) != State::Pending {
        return ().into_any();
    }
    if look.own {
        return view! {
            <section class="section">
                <h2>{tr!(locale, approvals.own_title)}</h2>
                <p>{tr!(locale, approvals.own_text)}</p>
                {look
                    .withdrawable
                    .then(|| {
                        view! {
                            <Form action=WithdrawRequest::PATH>
                                <HiddenField name="request" value=id/>
                                <div class="actions"><button class="btn">{tr!(locale, approvals.withdraw)}</button></div>
                            </Form>
                        }
                    })}
            </section>
        }
        .into_any();
    }
    if !look.decidable {
        let text = match cx.staff(Permission::DecideApprovals).and_then(|_| cx.staff(look.request.act.kind().act())) {
            Ok(_) => tr!(locale, approvals.concerns_you),
            Err(_) => tr!(locale, approvals.reads_only),
        };
        return view! { <p class="muted">{text}</p> }.into_any();
    }
    let stale = look.stale.then(|| {
        view! {
            <Alert kind=AlertKind::Warning title=tr!(locale, approvals.stale_title)>
                <p>{tr!(locale, approvals.stale_text)}</p>
            </Alert>
        }
    });
    if cx.fresh_proof().is_err() {
        return view! { {stale} <ConfirmFirst/> }.into_any();
    }
    let refused = id.clone();
    view! {
        {stale}
        {(!look.stale)
            .then(|| {
                view! {
                    <section class="section">
                        <h2>{tr!(locale, approvals.approve_title)}</h2>
                        <p>{approve_text(cx, &look.request.act)}</p>
                        <Form action=ApproveRequest::PATH>
                            <HiddenField name="request" value=id/>
                            <div class="actions"><button class="btn btn--primary">{tr!(locale, approvals.approve)}</button></div>
                        </Form>
                    </section>
                }
            })}
        <section class="section">
            <h2>{tr!(locale, approvals.refuse_title)}</h2>
            <Form action=RefuseRequest::PATH>
                <HiddenField name="request" value=refused/>
                <TextArea name="refusal" label=tr!(locale, approvals.refusal) hint=tr!(locale, approvals.refusal_hint)/>
                <div class="actions"><button class="btn btn--danger">{tr!(locale, approvals.refuse)}</button></div>
            </Form>
        </section>
    }
    .into_any()
}

/// What happens the moment it is approved.
fn approve_text(cx: &RequestContext, act: &Act) -> &'static str {
    let locale = cx.locale;
    match act {
        Act::ScoreCorrection(act) => match (act.passed.before, act.passed.after) {
            (false, true) => tr!(locale, approvals.effect_awards),
            (true, false) => tr!(locale, approvals.effect_revokes),
            _ => tr!(locale, approvals.effect_score),
        },
        Act::CredentialRevocation(_) => tr!(locale, approvals.effect_revocation),
        Act::Refund(_) => tr!(locale, approvals.effect_refund),
    }
}
