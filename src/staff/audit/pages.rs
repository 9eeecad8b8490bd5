//! `/staff/audit`.

use super::service::{self, Found};
use crate::server::audit::Entry;
use crate::server::http::forms::encoded;
use crate::server::{RequestContext, format, request};
use crate::tr;
use crate::ui::{Empty, Icon, PageTitle, Table, Tag, Tone, loaded};
use leptos::prelude::*;
use std::sync::Arc;

#[component]
pub fn AuditPage() -> impl IntoView {
    let cx = request();
    loaded(async move {
        let locale = cx.locale;
        let Found { entries, more } = service::page(&cx).await?;
        let next = entries.last().filter(|_| more).map(|last| address(&cx, "/staff/audit", Some(last.id)));
        let list = if entries.is_empty() {
            view! { <Empty icon="search" title=tr!(locale, staff.audit_none_title) text=tr!(locale, staff.audit_none_text)/> }.into_any()
        } else {
            table(&cx, entries)
        };
        Ok(view! {
            <PageTitle text=tr!(locale, staff.nav_audit)/>
            <h1>{tr!(locale, staff.nav_audit)}</h1>
            <p class="muted">{tr!(locale, staff.audit_lead)}</p>
            {filter_form(&cx)}
            {list}
            <div class="actions">
                {next.map(|href| view! { <a class="btn" href=href rel="next">{tr!(locale, staff.audit_older)}</a> })}
                <a class="btn btn--quiet" href=address(&cx, "/staff/audit.csv", None) rel="external" download>
                    <Icon name="download"/>
                    {tr!(locale, staff.audit_file)}
                </a>
            </div>
        })
    })
}

const FILTERS: [&str; 6] = ["actor", "subject", "action", "from", "until", "refused"];

/// The same search at another address.
fn address(cx: &RequestContext, path: &str, before: Option<i64>) -> String {
    let filters = FILTERS.iter().filter_map(|name| cx.query(name).map(|value| format!("{name}={}", encoded(value))));
    let query: Vec<String> = filters.chain(before.map(|id| format!("before={id}"))).collect();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) }
}

fn filter_form(cx: &Arc<RequestContext>) -> AnyView {
    let locale = cx.locale;
    let field = |name: &'static str, kind: &'static str, label: &'static str, hint: Option<&'static str>| {
        let value = cx.query(name).unwrap_or_default().to_owned();
        view! {
            <div class="field">
                <label class="field__label" for=name>{label}</label>
                {hint.map(|hint| view! { <p class="field__hint" id=format!("{name}-hint")>{hint}</p> })}
                <input class="input" type=kind id=name name=name value=value aria-describedby=hint.map(|_| format!("{name}-hint"))/>
            </div>
        }
    };
    let refused = cx.query("refused").is_some();
    view! {
        <form class="stack" method="get" role="search">
            <div class="grid grid--2">
                {field("action", "text", tr!(locale, staff.audit_action), Some(tr!(locale, staff.audit_action_hint)))}
                {field("subject", "text", tr!(locale, staff.audit_subject), Some(tr!(locale, staff.audit_subject_hint)))}
                {field("from", "date", tr!(locale, staff.audit_from), None)}
                {field("until", "date", tr!(locale, staff.audit_until), None)}
            </div>
            <div class="choice">
                <input class="choice__input" type="checkbox" id="refused" name="refused" value="1" checked=refused/>
                <label class="choice__label" for="refused">{tr!(locale, staff.audit_refused_only)}</label>
            </div>
            <div class="actions">
                <button class="btn btn--primary">{tr!(locale, staff.audit_filter)}</button>
                <a class="btn btn--quiet" href="/staff/audit">{tr!(locale, staff.audit_all)}</a>
            </div>
        </form>
    }
    .into_any()
}

fn table(cx: &Arc<RequestContext>, entries: Vec<Entry>) -> AnyView {
    let (locale, zone) = (cx.locale, cx.time_zone());
    let columns = [tr!(locale, staff.audit_when), tr!(locale, staff.audit_what), tr!(locale, staff.audit_subject)];
    let rows = entries
        .into_iter()
        .map(|entry| {
            let who = entry.actor_name.clone().unwrap_or_else(|| match entry.actor_id {
                Some(id) => id.to_string(),
                None => tr!(locale, staff.audit_nobody).to_owned(),
            });
            let on_behalf_of = entry.on_behalf_of.map(|id| {
                let name = entry.on_behalf_of_name.clone().unwrap_or_else(|| id.to_string());
                tr!(locale, acting.on_behalf_of, name = name).to_string()
            });
            let note = match &entry.note {
                Some(note) => Some(tr!(locale, staff.audit_note, note = note.clone()).to_string()),
                None => entry.note_erased().then(|| tr!(locale, staff.audit_note_erased).to_owned()),
            };
            let detail = entry.detail.as_object().is_none_or(|detail| !detail.is_empty()).then(|| entry.detail.to_string());
            view! {
                <tr role="row">
                    <td role="cell" data-label=tr!(locale, staff.audit_when)>
                        <div>
                            <time class="nowrap" datetime=entry.at.to_rfc3339()>{format::date_time_short(locale, entry.at, zone)}</time>
                            <br/>
                            <bdi>{who}</bdi>
                            {on_behalf_of.map(|text| view! { " " <bdi>{text}</bdi> })}
                            <span class="muted">{entry.address.map(|address| format!(" · {address}"))}</span>
                        </div>
                    </td>
                    <th scope="row" role="rowheader">
                        <code class="id">{entry.action}</code>
                        {(entry.outcome == "refused").then(|| view! { " " <Tag tone=Tone::Bad text=tr!(locale, staff.audit_refused)/> })}
                    </th>
                    <td role="cell" data-label=tr!(locale, staff.audit_subject)>
                        <div>
                            <code class="id">{entry.subject}</code>
                            {detail.map(|detail| view! { <br/> <code class="id">{detail}</code> })}
                            {note.map(|note| view! { <br/> <bdi>{note}</bdi> })}
                        </div>
                    </td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Table caption=tr!(locale, staff.audit_caption) dense=true columns=columns.map(|label| (label.to_owned(), false)).to_vec()>
            {rows}
        </Table>
    }
    .into_any()
}
