//! `/staff/credentials`, `/staff/credentials/:public_id`, `/staff/credentials/:public_id/revoke`, and a revocation before and after.

use super::api::RevokeCredential;
use super::model::{Cause, FoundCredential, Revocation};
use super::service::{self, Look, Search};
use crate::credentials::model::StoredState;
use crate::credentials::pages::{StateTag, utc_day};
use crate::credentials::rules::{self, State};
use crate::credentials::{CredentialId, routes};
use crate::error::AppError;
use crate::ids::ApprovalId;
use crate::server::{Locale, Permission, RequestContext, format, random, request};
use crate::staff::approvals::model::{Request, State as RequestState};
use crate::staff::approvals::pages::{open_note, words};
use crate::tr;
use crate::ui::{
    BackLink, Choice, Empty, ErrorSummary, Form, HiddenField, PageTitle, RadioField, SearchForm, Summary, SummaryRow, Table, TextArea,
    Time, form_value, loaded, param,
};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// Why a credential was revoked, as its holder and staff read it.
pub fn cause_text(locale: Locale, cause: Cause) -> &'static str {
    match cause {
        Cause::Misconduct => tr!(locale, approvals.cause_misconduct),
        Cause::Identity => tr!(locale, approvals.cause_identity),
        Cause::AwardedInError => tr!(locale, approvals.cause_error),
        Cause::ScoreCorrected => tr!(locale, approvals.cause_score),
        Cause::HolderRequest => tr!(locale, approvals.cause_holder),
        Cause::Other => tr!(locale, approvals.cause_other),
    }
}

#[component]
pub fn StaffCredentialsPage() -> impl IntoView {
    let cx = request();
    loaded(async move {
        let locale = cx.locale;
        let wanted = cx.query("q").unwrap_or_default().to_owned();
        let answer = match wanted.as_str() {
            "" => None,
            wanted => Some(found(&cx, service::search(&cx, wanted).await?)),
        };
        Ok(view! {
            <PageTitle text=tr!(locale, credentials.title)/>
            <h1>{tr!(locale, credentials.title)}</h1>
            <p class="muted">{tr!(locale, approvals.search_lead)}</p>
            <SearchForm
                label=tr!(locale, approvals.search)
                hint=tr!(locale, approvals.credentials_search_hint)
                button=tr!(locale, approvals.search)
            />
            {answer}
        })
    })
}

fn found(cx: &RequestContext, search: Search) -> AnyView {
    let locale = cx.locale;
    if search.found.is_empty() {
        return view! {
            <Empty icon="search" title=tr!(locale, approvals.credentials_none) text=tr!(locale, approvals.credentials_none_text)/>
        }
        .into_any();
    }
    let columns = [
        tr!(locale, credentials.holder),
        tr!(locale, approvals.certification),
        tr!(locale, credentials.issued),
        tr!(locale, credentials.valid_until),
        tr!(locale, credentials.state),
    ];
    let rows: Vec<AnyView> = search.found.into_iter().map(|credential| found_row(cx, credential)).collect();
    view! {
        <Table
            caption=tr!(locale, approvals.credentials_found)
            dense=true
            columns=columns.map(|label| (label.to_owned(), false)).to_vec()
        >
            {rows}
        </Table>
        {search.more.then(|| view! { <p class="muted">{tr!(locale, approvals.more)}</p> })}
    }
    .into_any()
}

fn found_row(cx: &RequestContext, credential: FoundCredential) -> AnyView {
    let locale = cx.locale;
    let state = rules::state(StoredState::of(&credential.state), credential.expires_at, cx.now());
    let holder = credential.holder_name.unwrap_or_else(|| tr!(locale, privacy.name_withheld).to_owned());
    view! {
        <tr role="row">
            <th scope="row" role="rowheader">
                <a href=format!("/staff/credentials/{}", credential.public_id)><bdi>{holder}</bdi></a>
                " "
                {credential.candidate_id.map(|id| view! { <code class="id">{id}</code> })}
            </th>
            <td role="cell" data-label=tr!(locale, approvals.certification)>{credential.certification}</td>
            <td role="cell" data-label=tr!(locale, credentials.issued)>{utc_day(locale, credential.issued_at)}</td>
            <td role="cell" data-label=tr!(locale, credentials.valid_until)>{utc_day(locale, credential.expires_at)}</td>
            <td role="cell" data-label=tr!(locale, credentials.state)><StateTag state/></td>
        </tr>
    }
    .into_any()
}

#[component]
pub fn StaffCredentialPage() -> impl IntoView {
    let cx = request();
    let public_id = param("public_id");
    loaded(async move {
        let locale = cx.locale;
        let look = service::look(&cx, &public_id).await?;
        let title = look.found.credential.certification.clone();
        let state = look.found.credential.state(cx.now());
        let art = view! {
            <img
                src=routes::badge_svg_path(&look.found.credential)
                alt=tr!(locale, credentials.badge_alt, name = title.clone()).to_string()
                width="200"
                height="200"
            />
        };
        Ok(view! {
            <PageTitle text=title.clone()/>
            <BackLink href="/staff/credentials" label=tr!(locale, credentials.title)/>
            <h1>{title}</h1>
            {open_note(&cx, &look.requests)}
            <div class="split split--narrow">
                <div class="stack stack--l">
                    {facts(&cx, &look)}
                    {act(&cx, &look, state)}
                </div>
                <aside class="split__aside">{art}</aside>
            </div>
            {history(&cx, &look)}
        })
    })
}

fn facts(cx: &RequestContext, look: &Look) -> AnyView {
    let locale = cx.locale;
    let found = look.found.clone();
    let credential = found.credential;
    let state = credential.state(cx.now());
    let holder = credential.holder(locale);
    // A name on a credential may be an older one than the account's.
    let account = (credential.holder_name.as_ref() != Some(&found.account_name)).then_some(found.account_name);
    let result = found.result_id.zip(found.reference).map(|(id, reference)| {
        let code = view! { <code class="id">{reference}</code> };
        if cx.staff(Permission::ReadResults).is_ok() {
            view! { <a href=format!("/staff/results/{id}")>{code}</a> }.into_any()
        } else {
            code.into_any()
        }
    });
    let (verify, shown, expires_at, exam) =
        (credential.verify_path(), credential.public_id.to_string(), credential.expires_at, credential.exam_code);
    let revoked = credential.revoked.map(|revoked| {
        view! {
            <SummaryRow key=tr!(locale, approvals.cause)>
                {cause_text(locale, revoked.cause)}
                {revoked.note.map(|note| view! { <p class="said muted">{note}</p> })}
            </SummaryRow>
        }
    });
    view! {
        <Summary>
            <SummaryRow key=tr!(locale, credentials.state)><StateTag state/></SummaryRow>
            {revoked}
            <SummaryRow key=tr!(locale, credentials.holder)>
                <bdi>{holder}</bdi>
                " "
                {found.candidate_id.map(|id| view! { <code class="id">{id}</code> })}
            </SummaryRow>
            {account.map(|name| view! { <SummaryRow key=tr!(locale, approvals.account_name)><bdi>{name}</bdi></SummaryRow> })}
            <SummaryRow key=tr!(locale, credentials.credential_id)>
                <a href=verify><code class="id">{shown}</code></a>
            </SummaryRow>
            <SummaryRow key=tr!(locale, credentials.exam)>{exam}</SummaryRow>
            {result.map(|result| view! { <SummaryRow key=tr!(locale, results.appointment)>{result}</SummaryRow> })}
            <SummaryRow key=tr!(locale, credentials.valid_until)>{utc_day(locale, expires_at)}</SummaryRow>
        </Summary>
    }
    .into_any()
}

fn act(cx: &RequestContext, look: &Look, state: State) -> Option<AnyView> {
    let open = look.requests.iter().any(|request| request.state(cx.now()) == RequestState::Pending);
    let offered = !open && state != State::Revoked && cx.staff(Permission::RevokeCredentials).is_ok();
    offered.then(|| {
        let href = format!("/staff/credentials/{}/revoke", look.found.credential.compact_id());
        view! { <div class="actions"><a class="btn btn--danger" href=href>{tr!(cx.locale, approvals.revoke)}</a></div> }.into_any()
    })
}

/// What has happened to it, oldest first.
fn history(cx: &RequestContext, look: &Look) -> AnyView {
    let locale = cx.locale;
    let item = |at: DateTime<Utc>, class: &'static str, title: String, text: Option<AnyView>| {
        let day = format::date(locale, format::day_in(at, cx.time_zone()));
        let view = view! {
            <li class=class>
                <Time class="timeline__date" datetime=at.to_rfc3339() text=day/>
                <div class="timeline__body"><h3 class="timeline__title">{title}</h3>{text}</div>
            </li>
        };
        (at, view.into_any())
    };
    let credential = &look.found.credential;
    let mut items = vec![item(credential.issued_at, "timeline__item timeline__item--ok", tr!(locale, credentials.issued).to_owned(), None)];
    for asked in &look.requests {
        let by = tr!(locale, approvals.history_asked, name = asked.requested_by_name.clone()).to_string();
        items.push(item(asked.requested_at, "timeline__item", by, Some(request_link(cx, asked))));
    }
    if let Some(at) = credential.revoked.as_ref().and_then(|revoked| revoked.at) {
        items.push(item(at, "timeline__item", tr!(locale, credentials.revoked).to_owned(), None));
    }
    if cx.now() > credential.expires_at {
        items.push(item(credential.expires_at, "timeline__item", tr!(locale, credentials.expired).to_owned(), None));
    }
    items.sort_by_key(|(at, _)| *at);
    let items: Vec<AnyView> = items.into_iter().map(|(_, view)| view).collect();
    view! {
        <section class="section">
            <h2>{tr!(locale, approvals.history)}</h2>
            <ol class="timeline">{items}</ol>
        </section>
    }
    .into_any()
}

/// A request's state, and the way to it.
fn request_link(cx: &RequestContext, asked: &Request) -> AnyView {
    let locale = cx.locale;
    let tag = words::state_tag(locale, asked.state(cx.now()));
    let link = cx.staff(Permission::ReadApprovals).is_ok().then(|| {
        view! { " " <a href=format!("/staff/approvals/{}", asked.id)>{tr!(locale, approvals.to_request)}</a> }
    });
    view! { <p>{tag} {link}</p> }.into_any()
}

/// The form.
#[component]
pub fn RevokePage() -> impl IntoView {
    let cx = request();
    let public_id = param("public_id");
    loaded(async move {
        let locale = cx.locale;
        let Look { found, requests } = service::look(&cx, &public_id).await?;
        let credential = found.credential;
        if credential.stored_state == StoredState::Revoked {
            return Err(AppError::NotFound);
        }
        let back = format!("/staff/credentials/{}", credential.compact_id());
        let intent = random::id::<ApprovalId>().to_string();
        let causes = Cause::CHOICES.map(|cause| Choice::new(cause.as_str(), cause_text(locale, cause))).to_vec();
        let note = open_note(&cx, &requests);
        let holder = credential.holder(locale);
        let (id, name, cancel) = (credential.compact_id(), credential.certification.clone(), back.clone());
        let form = note.is_none().then(|| {
            view! {
                <Form action=RevokeCredential::PATH>
                    <HiddenField name="credential" value=id/>
                    <HiddenField name="intent" value=form_value("intent", Some(intent)).unwrap_or_default()/>
                    <RadioField name="cause" legend=tr!(locale, approvals.cause) choices=causes/>
                    <TextArea name="reason" label=tr!(locale, approvals.reason) hint=tr!(locale, approvals.revoke_reason_hint)/>
                    <div class="actions">
                        <button class="btn btn--danger">{tr!(locale, approvals.ask_revoke)}</button>
                        <a class="btn btn--quiet" href=cancel>{tr!(locale, common.cancel)}</a>
                    </div>
                </Form>
            }
        });
        Ok(view! {
            <BackLink href=back label=name.clone()/>
            <PageTitle text=tr!(locale, approvals.revoke)/>
            <ErrorSummary/>
            <h1>{tr!(locale, approvals.revoke)}</h1>
            <p>{tr!(locale, approvals.revoke_text, name = name, holder = holder).to_string()}</p>
            {note}
            {form}
        })
    })
}

/// A revocation, before and after side by side.
pub fn change(cx: &RequestContext, revocation: &Revocation) -> AnyView {
    let locale = cx.locale;
    let (before, after) = (tr!(locale, approvals.before), tr!(locale, approvals.after));
    let columns = vec![(tr!(locale, approvals.value).to_owned(), false), (before.to_owned(), false), (after.to_owned(), false)];
    let was = match StoredState::of(&revocation.state_before) {
        StoredState::Superseded => State::Superseded,
        _ => State::Active,
    };
    let shown = CredentialId::parse(&revocation.public_id).map_or_else(|_| revocation.public_id.clone(), |id| id.to_string());
    let cause = cause_text(locale, revocation.cause);
    view! {
        <Table caption=tr!(locale, approvals.change_caption) columns>
            <tr role="row">
                <th scope="row" role="rowheader">{tr!(locale, credentials.state)}</th>
                <td role="cell" data-label=before><StateTag state=was/></td>
                <td role="cell" data-label=after><StateTag state=State::Revoked/></td>
            </tr>
        </Table>
        <Summary>
            <SummaryRow key=tr!(locale, credentials.credential_id)><code class="id">{shown}</code></SummaryRow>
            <SummaryRow key=tr!(locale, approvals.cause)>{cause}</SummaryRow>
        </Summary>
    }
    .into_any()
}
