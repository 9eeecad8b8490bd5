//! `/staff/approvals`: what waits for the viewer, what they have asked for, and what was decided.

use super::words;
use crate::server::{RequestContext, format, request};
use crate::staff::approvals::model::{Request, State};
use crate::staff::approvals::service;
use crate::tr;
use crate::ui::{Empty, PageTitle, Table, Time, loaded};
use leptos::prelude::*;

#[component]
pub fn ApprovalsPage() -> impl IntoView {
    let cx = request();
    loaded(async move {
        let locale = cx.locale;
        let queue = service::queue(&cx).await?;
        let nothing_open = queue.waiting.is_empty() && queue.mine.is_empty() && queue.others.is_empty();
        Ok(view! {
            <PageTitle text=tr!(locale, approvals.title)/>
            <h1>{tr!(locale, approvals.title)}</h1>
            <p class="muted">{tr!(locale, approvals.lead)}</p>
            {nothing_open
                .then(|| view! { <Empty icon="inbox" title=tr!(locale, approvals.none_title) text=tr!(locale, approvals.none_text)/> })}
            {table(&cx, tr!(locale, approvals.waiting_caption), queue.waiting)}
            {table(&cx, tr!(locale, approvals.mine_caption), queue.mine)}
            {table(&cx, tr!(locale, approvals.others_caption), queue.others)}
            {table(&cx, tr!(locale, approvals.ended_caption), queue.ended)}
        })
    })
}

/// One of the lists; nothing where it is empty.
fn table(cx: &RequestContext, caption: &'static str, requests: Vec<Request>) -> Option<AnyView> {
    if requests.is_empty() {
        return None;
    }
    let locale = cx.locale;
    let columns = [
        tr!(locale, approvals.act),
        tr!(locale, approvals.about),
        tr!(locale, approvals.candidate),
        tr!(locale, approvals.asked_by),
        tr!(locale, approvals.state),
    ];
    let rows: Vec<AnyView> = requests.into_iter().map(|request| row(cx, request)).collect();
    Some(
        view! {
            <Table caption=caption dense=true columns=columns.map(|label| (label.to_owned(), false)).to_vec()>
                {rows}
            </Table>
        }
        .into_any(),
    )
}

fn row(cx: &RequestContext, request: Request) -> AnyView {
    let (locale, zone) = (cx.locale, cx.time_zone());
    let state = request.state(cx.now());
    let (at, when) = match state {
        State::Pending => {
            let until = format::date_short(locale, format::day_in(request.expires_at, zone));
            (request.expires_at, tr!(locale, approvals.until, date = until).to_string())
        }
        _ => {
            let at = request.ended_at.unwrap_or(request.expires_at);
            (at, format::date_short(locale, format::day_in(at, zone)))
        }
    };
    let asked = format::date_short(locale, format::day_in(request.requested_at, zone));
    view! {
        <tr role="row">
            <th scope="row" role="rowheader">
                <a href=format!("/staff/approvals/{}", request.id)>{words::kind_name(locale, request.act.kind())}</a>
            </th>
            <td role="cell" data-label=tr!(locale, approvals.about)>{words::about(locale, &request.act)}</td>
            <td role="cell" data-label=tr!(locale, approvals.candidate)>
                <span>
                    <bdi>{request.candidate_name}</bdi>
                    " "
                    {request.candidate_id.map(|id| view! { <code class="id">{id}</code> })}
                </span>
            </td>
            <td role="cell" data-label=tr!(locale, approvals.asked_by)>
                <span>
                    <bdi>{request.requested_by_name}</bdi>
                    ", "
                    <Time datetime=request.requested_at.to_rfc3339() text=asked/>
                </span>
            </td>
            <td role="cell" data-label=tr!(locale, approvals.state)>
                <span>
                    {words::state_tag(locale, state)}
                    " "
                    <Time datetime=at.to_rfc3339() text=when class="muted"/>
                </span>
            </td>
        </tr>
    }
    .into_any()
}
