//! `/staff/accounts` and `/staff/accounts/:id`.

use super::api::{ChangeRoles, DisableAccount, EnableAccount, EndSessions, StartReset};
use super::service::{self, Look};
use super::store::{Account, Found};
use crate::error::AppError;
use crate::server::http::permissions::Role;
use crate::server::i18n::Locale;
use crate::server::{Permission, RequestContext, format, request};
use crate::staff::acting::{api::StartActing, service::can_be_acted_for};
use crate::tr;
use crate::ui::{
    Alert, AlertKind, BackLink, Empty, ErrorSummary, Form, HiddenField, PageTitle, SearchForm, Summary, SummaryRow, Table, Tag, TextField,
    Tone, loaded, param,
};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use std::sync::Arc;

/// What a role is called.
pub fn role_name(locale: Locale, role: Role) -> &'static str {
    match role {
        Role::SupportAgent => tr!(locale, staff.role_support_agent),
        Role::CeReviewer => tr!(locale, staff.role_ce_reviewer),
        Role::ExamManager => tr!(locale, staff.role_exam_manager),
        Role::SiteManager => tr!(locale, staff.role_site_manager),
        Role::Proctor => tr!(locale, staff.role_proctor),
        Role::Finance => tr!(locale, staff.role_finance),
        Role::Auditor => tr!(locale, staff.role_auditor),
        Role::Administrator => tr!(locale, staff.role_administrator),
    }
}

fn role_names(locale: Locale, roles: &[String]) -> String {
    let names: Vec<_> = roles.iter().filter_map(|role| Role::parse(role)).map(|role| role_name(locale, role)).collect();
    if names.is_empty() { tr!(locale, staff.role_none).to_owned() } else { names.join(", ") }
}

#[component]
pub fn AccountsPage() -> impl IntoView {
    let cx = request();
    loaded(async move {
        let locale = cx.locale;
        let wanted = cx.query("q").unwrap_or_default().to_owned();
        let answer = if wanted.is_empty() {
            ().into_any()
        } else {
            let search = service::search(&cx, &wanted).await?;
            if search.found.is_empty() {
                view! { <Empty icon="search" title=tr!(locale, staff.accounts_none_title) text=tr!(locale, staff.accounts_none_text)/> }
                    .into_any()
            } else {
                view! {
                    {found_table(locale, search.found)}
                    {search.more.then(|| view! { <p class="muted">{tr!(locale, staff.accounts_more)}</p> })}
                }
                .into_any()
            }
        };
        Ok(view! {
            <PageTitle text=tr!(locale, staff.accounts_title)/>
            <h1>{tr!(locale, staff.accounts_title)}</h1>
            <p class="muted">{tr!(locale, staff.accounts_lead)}</p>
            <SearchForm
                label=tr!(locale, staff.accounts_search)
                hint=tr!(locale, staff.accounts_search_hint)
                button=tr!(locale, staff.accounts_search_button)
            />
            {answer}
        })
    })
}

fn found_table(locale: Locale, found: Vec<Found>) -> AnyView {
    let columns = [
        tr!(locale, staff.account_name),
        tr!(locale, common.candidate_id),
        tr!(locale, staff.account_email),
        tr!(locale, staff.account_roles),
    ];
    let rows = found
        .into_iter()
        .map(|account| {
            view! {
                <tr role="row">
                    <th scope="row" role="rowheader">
                        <a href=format!("/staff/accounts/{}", account.id)>
                            <bdi>{format!("{} {}", account.given_name, account.family_name)}</bdi>
                        </a>
                        {account.disabled_at.map(|_| view! { " " <Tag tone=Tone::Bad text=tr!(locale, staff.account_disabled)/> })}
                    </th>
                    <td role="cell" data-label=tr!(locale, common.candidate_id)>
                        {match account.candidate_id {
                            Some(id) => view! { <code class="id">{id}</code> }.into_any(),
                            None => view! { "–" }.into_any(),
                        }}
                    </td>
                    <td role="cell" data-label=tr!(locale, staff.account_email)>{account.address}</td>
                    <td role="cell" data-label=tr!(locale, staff.account_roles)>{role_names(locale, &account.roles)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Table caption=tr!(locale, staff.accounts_found) dense=true columns=columns.map(|label| (label.to_owned(), false)).to_vec()>
            {rows}
        </Table>
    }
    .into_any()
}

#[component]
pub fn AccountPage() -> impl IntoView {
    let cx = request();
    let id = param("id");
    loaded(async move {
        let locale = cx.locale;
        let look = service::look(&cx, &id).await?;
        let account = &look.account;
        let name = format!("{} {}", account.given_name, account.family_name);
        let done = cx.query("done").filter(|_| cx.form.is_none()).and_then(|done| match done {
            "sessions" => Some(tr!(locale, staff.done_sessions)),
            "reset" => Some(tr!(locale, staff.done_reset)),
            "disabled" => Some(tr!(locale, staff.done_disabled)),
            "enabled" => Some(tr!(locale, staff.done_enabled)),
            "roles" => Some(tr!(locale, staff.done_roles)),
            "acting_stopped" => Some(tr!(locale, acting.done_stopped)),
            "acting_over" => Some(tr!(locale, acting.done_over)),
            _ => None,
        });
        Ok(view! {
            <BackLink href="/staff/accounts" label=tr!(locale, staff.accounts_title)/>
            <PageTitle text=name.clone()/>
            {done.map(|text| view! { <Alert kind=AlertKind::Success><p>{text}</p></Alert> })}
            <h1><bdi>{name}</bdi></h1>
            {facts(&cx, &look)}
            {acts(&cx, account)}
            {cx.staff(Permission::ReadAuditLog)
                .is_ok()
                .then(|| {
                    view! { <p><a href=format!("/staff/audit?subject={}", account.id)>{tr!(locale, staff.account_audit)}</a></p> }
                })}
        })
    })
}

fn facts(cx: &Arc<RequestContext>, look: &Look) -> AnyView {
    let (account, sessions) = (look.account.clone(), look.sessions);
    let (locale, zone) = (cx.locale, cx.time_zone());
    let day = move |at: chrono::DateTime<chrono::Utc>| {
        view! { <time datetime=at.to_rfc3339()>{format::date_time_short(locale, at, zone)}</time> }
    };
    let state = match account.disabled_at {
        Some(at) => view! { <Tag tone=Tone::Bad text=tr!(locale, staff.account_disabled)/> " " {day(at)} }.into_any(),
        None => view! { <Tag tone=Tone::Ok text=tr!(locale, staff.account_active)/> }.into_any(),
    };
    let factor = if account.has_factor { tr!(locale, staff.yes) } else { tr!(locale, staff.no) };
    view! {
        <Summary>
            <SummaryRow key=tr!(locale, staff.account_state)>{state}</SummaryRow>
            {account
                .candidate_id
                .clone()
                .map(|id| view! { <SummaryRow key=tr!(locale, common.candidate_id)><code class="id">{id}</code></SummaryRow> })}
            <SummaryRow key=tr!(locale, staff.account_email)>
                {account.address.clone()} " "
                {if account.verified {
                    view! { <Tag tone=Tone::Ok text=tr!(locale, accounts.verified)/> }.into_any()
                } else {
                    view! { <Tag tone=Tone::Warn text=tr!(locale, accounts.not_verified)/> }.into_any()
                }}
            </SummaryRow>
            <SummaryRow key=tr!(locale, accounts.country)>{account.country.clone()}</SummaryRow>
            <SummaryRow key=tr!(locale, staff.account_roles)>{role_names(locale, &account.roles)}</SummaryRow>
            <SummaryRow key=tr!(locale, staff.account_factor)>{factor}</SummaryRow>
            <SummaryRow key=tr!(locale, staff.account_sessions)><span class="num">{sessions}</span></SummaryRow>
            <SummaryRow key=tr!(locale, staff.account_last_sign_in)>
                {match account.last_sign_in {
                    Some(at) => day(at).into_any(),
                    None => view! { "–" }.into_any(),
                }}
            </SummaryRow>
            <SummaryRow key=tr!(locale, accounts.member_since)>{day(account.created_at)}</SummaryRow>
        </Summary>
    }
    .into_any()
}

/// What may be done with an account: the last part of its page's address.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    OnBehalf,
    Reset,
    Sessions,
    Disable,
    Enable,
    Roles,
}

impl Act {
    const ALL: [Act; 6] = [Act::OnBehalf, Act::Reset, Act::Sessions, Act::Roles, Act::Disable, Act::Enable];

    fn slug(self) -> &'static str {
        match self {
            Act::OnBehalf => "act",
            Act::Reset => "reset",
            Act::Sessions => "sessions",
            Act::Disable => "disable",
            Act::Enable => "enable",
            Act::Roles => "roles",
        }
    }

    /// Whether the viewer may do it with this account now.
    fn offered(self, cx: &RequestContext, account: &Account) -> bool {
        let own = cx.viewer().is_ok_and(|viewer| viewer.account_id == account.id);
        let enabled = account.disabled_at.is_none();
        match self {
            Act::OnBehalf => cx.staff(Permission::ActForCandidates).is_ok() && can_be_acted_for(account).is_ok() && !own,
            Act::Reset => cx.staff(Permission::HelpAccounts).is_ok() && enabled && account.has_password,
            Act::Sessions => cx.staff(Permission::HelpAccounts).is_ok(),
            Act::Disable => cx.staff(Permission::DisableAccounts).is_ok() && enabled && !own,
            Act::Enable => cx.staff(Permission::DisableAccounts).is_ok() && !enabled && !account.merged && !own,
            Act::Roles => cx.staff(Permission::GrantRoles).is_ok() && !own,
        }
    }

    fn function(self) -> &'static str {
        match self {
            Act::OnBehalf => StartActing::PATH,
            Act::Reset => StartReset::PATH,
            Act::Sessions => EndSessions::PATH,
            Act::Disable => DisableAccount::PATH,
            Act::Enable => EnableAccount::PATH,
            Act::Roles => ChangeRoles::PATH,
        }
    }

    /// What it is called, and what it does.
    fn words(self, locale: Locale) -> (&'static str, &'static str) {
        match self {
            Act::OnBehalf => (tr!(locale, acting.start), tr!(locale, acting.start_text)),
            Act::Reset => (tr!(locale, staff.act_reset), tr!(locale, staff.act_reset_text)),
            Act::Sessions => (tr!(locale, staff.act_sessions), tr!(locale, staff.act_sessions_text)),
            Act::Disable => (tr!(locale, staff.act_disable), tr!(locale, staff.act_disable_text)),
            Act::Enable => (tr!(locale, staff.act_enable), tr!(locale, staff.act_enable_text)),
            Act::Roles => (tr!(locale, staff.act_roles), tr!(locale, staff.act_roles_text)),
        }
    }
}

fn acts(cx: &Arc<RequestContext>, account: &Account) -> AnyView {
    let locale = cx.locale;
    let links: Vec<AnyView> = Act::ALL
        .into_iter()
        .filter(|act| act.offered(cx, account))
        .map(|act| {
            let class = if act == Act::Disable { "btn btn--danger" } else { "btn" };
            view! { <a class=class href=format!("/staff/accounts/{}/{}", account.id, act.slug())>{act.words(locale).0}</a> }.into_any()
        })
        .collect();
    if links.is_empty() { ().into_any() } else { view! { <div class="actions">{links}</div> }.into_any() }
}

/// `/staff/accounts/:id/:act`: one act, why it is done, and its button.
#[component]
pub fn AccountActPage() -> impl IntoView {
    let cx = request();
    let (id, slug) = (param("id"), param("act"));
    loaded(async move {
        let locale = cx.locale;
        let Look { account, .. } = service::look(&cx, &id).await?;
        let act = Act::ALL.into_iter().find(|act| act.slug() == slug && act.offered(&cx, &account)).ok_or(AppError::NotFound)?;
        let name = format!("{} {}", account.given_name, account.family_name);
        let (title, text) = act.words(locale);
        let hint = if act == Act::OnBehalf { tr!(locale, acting.reason_hint) } else { tr!(locale, staff.reason_hint) };
        let button = if act == Act::Disable { "btn btn--danger" } else { "btn btn--primary" };
        let back = format!("/staff/accounts/{}", account.id);
        Ok(view! {
            <BackLink href=back.clone() label=name/>
            <PageTitle text=title/>
            <ErrorSummary/>
            <h1>{title}</h1>
            <p>{text}</p>
            <Form action=act.function()>
                <HiddenField name="account" value=account.id.to_string()/>
                {(act == Act::Roles).then(|| role_boxes(&cx, &account.roles))}
                <TextField name="reason" label=tr!(locale, staff.reason) hint=hint/>
                <div class="actions">
                    <button class=button>{title}</button>
                    <a class="btn btn--quiet" href=back>{tr!(locale, common.cancel)}</a>
                </div>
            </Form>
        })
    })
}

fn role_boxes(cx: &Arc<RequestContext>, roles: &[String]) -> AnyView {
    let locale = cx.locale;
    let has = |role: Role| match &cx.form {
        Some(form) => form.submitted.has("roles[]", role.as_str()),
        None => roles.iter().any(|mine| mine == role.as_str()),
    };
    let boxes = Role::ALL
        .iter()
        .enumerate()
        .map(|(index, role)| {
            // The error summary links to the first one.
            let box_id = if index == 0 { "roles".to_owned() } else { format!("roles-{}", role.as_str()) };
            view! {
                <div class="choice">
                    <input class="choice__input" type="checkbox" id=box_id.clone() name="roles[]" value=role.as_str() checked=has(*role)/>
                    <label class="choice__label" for=box_id>{role_name(locale, *role)}</label>
                </div>
            }
        })
        .collect_view();
    view! {
        <fieldset class="fieldset">
            <legend class="fieldset__legend">{tr!(locale, staff.account_roles)}</legend>
            <div class="choices">{boxes}</div>
        </fieldset>
    }
    .into_any()
}
