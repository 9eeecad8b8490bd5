//! `/staff/recoveries` and `/staff/recoveries/:id`: requests to remove lost factors, and the decision on one.

use super::{ConfirmFirst, flash};
use crate::accounts::factor_api::{RecoveryApprove, RecoveryRefuse};
use crate::accounts::factor_recovery::{self, Case, State};
use crate::server::i18n::Locale;
use crate::server::{RequestContext, format, request};
use crate::tr;
use crate::ui::{
    BackLink, Empty, ErrorSummary, Form, HiddenField, PageTitle, Summary, SummaryRow, Table, Tag, TextArea, Time, Tone, loaded, param,
};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

#[component]
pub fn StaffRecoveriesPage() -> impl IntoView {
    let cx = request();
    loaded(async move {
        let (locale, zone) = (cx.locale, cx.time_zone());
        let lines = factor_recovery::queue(&cx).await?;
        let columns =
            [tr!(locale, staff.fa_person), tr!(locale, staff.fa_asked), tr!(locale, staff.fa_state)].map(|label| (label.to_owned(), false));
        let list = if lines.is_empty() {
            view! { <Empty icon="inbox" title=tr!(locale, staff.fa_none_title) text=tr!(locale, staff.fa_none_text)/> }.into_any()
        } else {
            let rows = lines
                .into_iter()
                .map(|line| {
                    let asked = format::date_time_short(locale, line.requested_at, zone);
                    let state = match line.due_at {
                        Some(due) => tr!(locale, staff.fa_due, time = format::date_time_short(locale, due, zone)).to_string(),
                        None => tr!(locale, staff.fa_until, time = format::date_time_short(locale, line.expires_at, zone)).to_string(),
                    };
                    let tag = state_tag(locale, if line.due_at.is_some() { State::Approved } else { State::Requested });
                    view! {
                        <tr role="row">
                            <th scope="row" role="rowheader">
                                <a href=format!("/staff/recoveries/{}", line.id)>{line.name}</a>
                                " "
                                {line.candidate_id.map(|id| view! { <code class="id">{id}</code> })}
                            </th>
                            <td role="cell" data-label=tr!(locale, staff.fa_asked)>
                                <Time datetime=line.requested_at.to_rfc3339() text=asked/>
                            </td>
                            <td role="cell" data-label=tr!(locale, staff.fa_state)>{tag} " " {state}</td>
                        </tr>
                    }
                })
                .collect_view();
            view! { <Table caption=tr!(locale, staff.fa_title) columns=columns.to_vec()>{rows}</Table> }.into_any()
        };
        Ok(view! {
            <PageTitle text=tr!(locale, staff.fa_title)/>
            {flash(&cx, &[("approved", tr!(locale, staff.fa_done_approved)), ("refused", tr!(locale, staff.fa_done_refused))])}
            <h1>{tr!(locale, staff.fa_title)}</h1>
            <p class="muted">{tr!(locale, staff.fa_lead)}</p>
            {list}
        })
    })
}

fn state_tag(locale: Locale, state: State) -> AnyView {
    let (tone, text) = match state {
        State::Requested => (Tone::Warn, tr!(locale, staff.fa_requested)),
        State::Approved => (Tone::Info, tr!(locale, staff.fa_approved)),
        State::Refused => (Tone::Bad, tr!(locale, staff.fa_refused)),
        State::Stopped => (Tone::Off, tr!(locale, staff.fa_stopped)),
        State::Expired => (Tone::Off, tr!(locale, staff.fa_expired)),
        State::Done => (Tone::Ok, tr!(locale, staff.fa_done)),
    };
    view! { <Tag tone text/> }.into_any()
}

#[component]
pub fn StaffRecoveryPage() -> impl IntoView {
    let cx = request();
    let id = param("id");
    loaded(async move {
        let (locale, zone) = (cx.locale, cx.time_zone());
        let case = factor_recovery::case(&cx, &id).await?;
        let Case { recovery, person, bookings, decidable } = case;
        let name = format!("{} {}", person.given_name, person.family_name);
        let nothing = move || tr!(locale, staff.fa_unknown).to_owned();
        let born = person.date_of_birth.map_or_else(nothing, |day| format::date(locale, day));
        let country = match locale {
            Locale::en => person.country_name_en,
            Locale::es => person.country_name_es,
        };
        let bookings = if bookings.is_empty() {
            view! { <p>{tr!(locale, staff.fa_no_bookings)}</p> }.into_any()
        } else {
            let items = bookings
                .into_iter()
                .map(|(reference, exam, at)| {
                    let start = format::date_time_short(locale, at, zone);
                    view! { <li><code class="id">{reference}</code> " " {exam} ", " <Time datetime=at.to_rfc3339() text=start/></li> }
                })
                .collect_view();
            view! { <ul class="plainlist">{items}</ul> }.into_any()
        };
        let decision = recovery.decision.clone().map(|decision| {
            view! { <SummaryRow key=tr!(locale, staff.fa_decision)>{decision}</SummaryRow> }
        });
        let due = recovery.due_at.filter(|_| recovery.state == State::Approved).map(|due| {
            let text = format::date_time(locale, due, zone);
            view! { <SummaryRow key=tr!(locale, staff.fa_due_at)><Time datetime=due.to_rfc3339() text/></SummaryRow> }
        });
        let asked = format::date_time(locale, recovery.requested_at, zone);
        let registered = format::date(locale, format::day_in(person.registered_at, zone));
        Ok(view! {
            <PageTitle text=name.clone()/>
            <ErrorSummary/>
            <BackLink href="/staff/recoveries" label=tr!(locale, staff.fa_title)/>
            <h1>{name.clone()}</h1>
            <Summary>
                <SummaryRow key=tr!(locale, staff.fa_state)>{state_tag(locale, recovery.state)}</SummaryRow>
                <SummaryRow key=tr!(locale, staff.fa_asked)><Time datetime=recovery.requested_at.to_rfc3339() text=asked/></SummaryRow>
                <SummaryRow key=tr!(locale, staff.fa_reason)>{recovery.reason.clone()}</SummaryRow>
                {decision}
                {due}
            </Summary>
            <h2>{tr!(locale, staff.fa_compare)}</h2>
            <p class="muted">{tr!(locale, staff.fa_compare_text)}</p>
            <Summary>
                <SummaryRow key=tr!(locale, staff.fa_name)>{name}</SummaryRow>
                <SummaryRow key=tr!(locale, staff.fa_candidate_id)>
                    {person.candidate_id.map_or_else(|| nothing().into_any(), |id| view! { <code class="id">{id}</code> }.into_any())}
                </SummaryRow>
                <SummaryRow key=tr!(locale, staff.fa_born)>{born}</SummaryRow>
                <SummaryRow key=tr!(locale, staff.fa_country)>{country}</SummaryRow>
                <SummaryRow key=tr!(locale, staff.fa_registered)>{registered}</SummaryRow>
                <SummaryRow key=tr!(locale, staff.fa_bookings)>{bookings}</SummaryRow>
            </Summary>
            {decidable.then(|| decide(&cx, recovery.id.to_string()))}
        })
    })
}

/// Approving and refusing; behind a fresh proof, which is asked for before anything is typed.
fn decide(cx: &RequestContext, id: String) -> AnyView {
    let locale = cx.locale;
    let refused = id.clone();
    if cx.fresh_proof().is_err() {
        return view! { <ConfirmFirst/> }.into_any();
    }
    view! {
        <section class="section">
            <h2>{tr!(locale, staff.fa_approve_title)}</h2>
            <Form action=RecoveryApprove::PATH>
                <HiddenField name="recovery" value=id/>
                <TextArea name="check" label=tr!(locale, staff.fa_check) hint=tr!(locale, staff.fa_check_hint)/>
                <div class="actions"><button class="btn btn--primary">{tr!(locale, staff.fa_approve)}</button></div>
            </Form>
        </section>
        <section class="section">
            <h2>{tr!(locale, staff.fa_refuse_title)}</h2>
            <Form action=RecoveryRefuse::PATH>
                <HiddenField name="recovery" value=refused/>
                <TextArea name="refusal" label=tr!(locale, staff.fa_refusal) hint=tr!(locale, staff.fa_refusal_hint)/>
                <div class="actions"><button class="btn btn--danger">{tr!(locale, staff.fa_refuse)}</button></div>
            </Form>
        </section>
    }
    .into_any()
}
