use super::{ImportTag, PassTag, day, day_at, moment};
use crate::results::corrections::pages::found;
use crate::results::corrections::service::search;
use crate::results::model::{Import, WaitingResult};
use crate::results::{ReleaseResults, rules, service};
use crate::server::http::forms::with_next;
use crate::server::{Permission, RequestContext, format, request};
use crate::tr;
use crate::ui::{Alert, AlertKind, Empty, ErrorSummary, Form, Icon, PageTitle, Pages, SearchForm, Table, Tag, Tone, loaded};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// `/staff/results`: results that wait for release, and the files they came in.
#[component]
pub fn StaffResultsPage() -> impl IntoView {
    let cx = request();
    loaded(async move {
        let page = |name: &str| cx.query(name).and_then(|page| page.parse::<i64>().ok()).unwrap_or(1).clamp(1, 100_000);
        let (waiting_page, import_page) = (page("waiting"), page("imports"));
        let (waiting, waiting_pages, count) = service::waiting(&cx, waiting_page).await?;
        let (imports, import_pages) = service::imports(&cx, import_page).await?;
        let locale = cx.locale;
        let manages = cx.staff(Permission::ManageResults).is_ok();
        let released = cx.query("done") == Some("released") && cx.form.is_none();
        let wanted = cx.query("q").unwrap_or_default().to_owned();
        let found = match wanted.as_str() {
            "" => None,
            wanted => Some(found(&cx, search(&cx, wanted).await?)),
        };
        Ok(view! {
            <PageTitle text=tr!(locale, results.staff_title)/>
            <ErrorSummary/>
            {released.then(|| view! { <Alert kind=AlertKind::Success><p>{tr!(locale, results.done_released)}</p></Alert> })}
            <h1>{tr!(locale, results.staff_title)}</h1>
            <p class="muted">{tr!(locale, results.staff_lead, count = count).to_string()}</p>
            {manages
                .then(|| {
                    view! {
                        <div class="actions">
                            <a class="btn btn--primary" href="/staff/results/import">
                                <Icon name="upload"/>
                                {tr!(locale, results.upload_title)}
                            </a>
                        </div>
                    }
                })}
            <SearchForm
                label=tr!(locale, approvals.results_search)
                hint=tr!(locale, approvals.results_search_hint)
                button=tr!(locale, approvals.search)
                primary=false
            />
            {found}
            {if waiting.is_empty() {
                view! {
                    <Empty icon="inbox" title=tr!(locale, results.none_waiting_title) text=tr!(locale, results.none_waiting_text)/>
                }
                    .into_any()
            } else {
                waiting_list(&cx, waiting, manages)
            }}
            <Pages current=waiting_page total=waiting_pages href=move |page| format!("?waiting={page}&imports={import_page}")/>
            {if imports.is_empty() { ().into_any() } else { import_list(&cx, imports) }}
            <Pages current=import_page total=import_pages href=move |page| format!("?waiting={waiting_page}&imports={page}")/>
        })
    })
}

fn waiting_list(cx: &RequestContext, waiting: Vec<WaitingResult>, manages: bool) -> AnyView {
    let locale = cx.locale;
    // Asked for before anything is chosen: the boxes would be empty again afterwards.
    let proof = (manages && cx.fresh_proof().is_err()).then(|| {
        view! {
            <div class="actions">
                <a class="btn btn--primary" href=with_next("/account/confirm", "/staff/results")>{tr!(locale, results.prove_to_release)}</a>
            </div>
        }
    });
    let manages = manages && proof.is_none();
    let mut columns = vec![
        tr!(locale, results.candidate),
        tr!(locale, results.exam),
        tr!(locale, results.taken_on),
        tr!(locale, results.due),
        tr!(locale, results.score),
        tr!(locale, results.outcome),
    ];
    if manages {
        columns.insert(0, tr!(locale, results.choose));
    }
    let score = tr!(locale, results.score);
    let rows: Vec<AnyView> = waiting.into_iter().enumerate().map(|(index, result)| waiting_row(cx, index, result, manages)).collect();
    let table = view! {
        <Table
            caption=tr!(locale, results.waiting_caption)
            dense=true
            columns=columns.into_iter().map(|label| (label.to_owned(), label == score)).collect()
        >
            {rows}
        </Table>
    };
    if !manages {
        return view! { {table}{proof} }.into_any();
    }
    view! {
        <Form action=ReleaseResults::PATH class="stack">
            {table}
            <p class="small muted">{tr!(locale, results.release_text)}</p>
            <div class="actions">
                <button class="btn btn--primary">{tr!(locale, results.release_selected)}</button>
            </div>
        </Form>
    }
    .into_any()
}

fn waiting_row(cx: &RequestContext, index: usize, result: WaitingResult, manages: bool) -> AnyView {
    let locale = cx.locale;
    let zone = format::zone(&result.time_zone);
    let today = format::day_in(cx.now(), zone);
    let due = match rules::promised_on(format::day_in(result.taken_at, zone), result.result_business_days, result.beta) {
        None => tr!(locale, results.due_beta).into_any(),
        Some(due) => {
            let late = (due < today).then(|| view! { " " <Tag tone=Tone::Bad text=tr!(locale, results.overdue)/> });
            view! { {day(locale, due)} {late} }.into_any()
        }
    };
    // The error summary links to the first box.
    let id = if index == 0 { "results".to_owned() } else { format!("results-{}", index + 1) };
    let label = tr!(locale, results.choose_one, name = result.candidate_name.clone(), exam = result.exam_code.clone()).to_string();
    view! {
        <tr role="row">
            {manages
                .then(|| {
                    view! {
                        <td role="cell">
                            <input type="checkbox" id=id name="results[]" value=result.id.to_string() aria-label=label/>
                        </td>
                    }
                })}
            <th scope="row" role="rowheader">
                <a href=format!("/staff/results/{}", result.id)><bdi>{result.candidate_name}</bdi></a>
                " "
                <code class="id">{result.candidate_id}</code>
            </th>
            <td role="cell" data-label=tr!(locale, results.exam)>{result.exam_code} " " <code class="id">{result.reference}</code></td>
            <td role="cell" data-label=tr!(locale, results.taken_on)>{day_at(locale, result.taken_at, &result.time_zone)}</td>
            <td role="cell" data-label=tr!(locale, results.due)>
                {due}
            </td>
            <td role="cell" class="num" data-label=tr!(locale, results.score)>{result.scaled_score}</td>
            <td role="cell" data-label=tr!(locale, results.outcome)><PassTag passed=result.passed/></td>
        </tr>
    }
    .into_any()
}

fn import_list(cx: &RequestContext, imports: Vec<Import>) -> AnyView {
    let locale = cx.locale;
    let columns = vec![
        (tr!(locale, results.file).to_owned(), false),
        (tr!(locale, results.uploaded).to_owned(), false),
        (tr!(locale, results.state).to_owned(), false),
        (tr!(locale, results.rows).to_owned(), true),
        (tr!(locale, results.waiting).to_owned(), true),
        (tr!(locale, results.released).to_owned(), true),
    ];
    let rows: Vec<AnyView> = imports
        .into_iter()
        .map(|import| {
            let state = import.state();
            view! {
                <tr role="row">
                    <th scope="row" role="rowheader">
                        <a href=format!("/staff/results/imports/{}", import.id)><bdi>{import.file_name}</bdi></a>
                    </th>
                    <td role="cell" data-label=tr!(locale, results.uploaded)>
                        {moment(locale, import.created_at, cx.time_zone())}
                        ", "
                        <bdi>{import.uploaded_by}</bdi>
                    </td>
                    <td role="cell" data-label=tr!(locale, results.state)><ImportTag state/></td>
                    <td role="cell" class="num" data-label=tr!(locale, results.rows)>{import.rows}</td>
                    <td role="cell" class="num" data-label=tr!(locale, results.waiting)>{import.waiting}</td>
                    <td role="cell" class="num" data-label=tr!(locale, results.released)>{import.released}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    view! { <Table caption=tr!(locale, results.imports_caption) dense=true columns>{rows}</Table> }.into_any()
}
