use super::{ImportTag, moment, problem_text};
use crate::error::AppError;
use crate::ids::ResultId;
use crate::results::csv_file::COLUMNS;
use crate::results::model::{ImportRow, ImportState, RowError};
use crate::results::service::{self, Preview};
use crate::results::{ApplyImport, ReleaseResults};
use crate::server::{Locale, Permission, RequestContext, request};
use crate::tr;
use crate::ui::{Alert, AlertKind, BackLink, ErrorSummary, Form, HiddenField, PageTitle, Pages, Table, loaded, param};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use std::collections::HashMap;

/// Rows of a page.
const ROWS: usize = 100;
/// Errors that are shown; all of them are in a file.
const ERRORS: usize = 200;

/// `/staff/results/imports/:id`: the preview of a file, and what became of it.
#[component]
pub fn ImportPage() -> impl IntoView {
    let cx = request();
    let id = param("id");
    loaded(async move {
        let id = id.parse().map_err(|_| AppError::NotFound)?;
        let preview = service::preview(&cx, id).await?;
        let locale = cx.locale;
        let Preview { import, rows, errors, passes, fails, results } = preview;
        let state = import.state();
        let manages = cx.staff(Permission::ManageResults).is_ok();
        let by_line = by_line(&errors);
        let wrong = by_line.len();
        let pages = rows.len().div_ceil(ROWS).max(1);
        let page = cx.query("page").and_then(|page| page.parse().ok()).unwrap_or(1).clamp(1, pages);
        Ok(view! {
            <PageTitle text=import.file_name.clone()/>
            <BackLink href="/staff/results" label=tr!(locale, results.back_to_imports)/>
            <ErrorSummary/>
            {done(&cx)}
            <h1><bdi>{import.file_name.clone()}</bdi></h1>
            <p class="muted">
                <ImportTag state/>
                " "
                {tr!(locale, results.uploaded_by, name = import.uploaded_by.clone()).to_string()}
                ", "
                {moment(locale, import.created_at, cx.time_zone())}
            </p>
            <dl class="stats">
                {stat(tr!(locale, results.rows), rows.len())}
                {stat(tr!(locale, results.passes), passes)}
                {stat(tr!(locale, results.fails), fails)}
                {stat(tr!(locale, results.rows_with_errors), wrong)}
                {import.applied_at.map(|_| stat(tr!(locale, results.waiting), import.waiting as usize))}
                {import.applied_at.map(|_| stat(tr!(locale, results.released), import.released as usize))}
            </dl>
            {next_step(locale, state, manages, id.to_string(), rows.len(), import.waiting)}
            {(!errors.is_empty()).then(|| error_table(locale, &id.to_string(), &errors, &rows))}
            {row_table(locale, &rows, page, &by_line, &results)}
            <Pages current=page as i64 total=pages as i64 href=|page| format!("?page={page}#rows")/>
        })
    })
}

fn stat(label: &'static str, value: usize) -> impl IntoView {
    view! {
        <div class="stat">
            <dt class="stat__label">{label}</dt>
            <dd class="stat__value num">{value}</dd>
        </div>
    }
}

/// What has just been done, after the redirect of its form.
fn done(cx: &RequestContext) -> Option<impl IntoView + use<>> {
    let locale = cx.locale;
    let (kind, text) = match cx.query("done")? {
        "applied" => (AlertKind::Success, tr!(locale, results.done_applied)),
        "released" => (AlertKind::Success, tr!(locale, results.done_released)),
        "known" => (AlertKind::Warning, tr!(locale, results.done_known)),
        _ => return None,
    };
    cx.form.is_none().then(|| view! { <Alert kind><p>{text}</p></Alert> })
}

/// The one thing to do now.
fn next_step(locale: Locale, state: ImportState, manages: bool, id: String, rows: usize, waiting: i64) -> AnyView {
    match state {
        ImportState::HasErrors => view! {
            <Alert kind=AlertKind::Danger title=tr!(locale, results.has_errors_title)>
                <p>{tr!(locale, results.has_errors_text)}</p>
            </Alert>
        }
        .into_any(),
        ImportState::Ready if manages => view! {
            <Form action=ApplyImport::PATH>
                <HiddenField name="import" value=id/>
                <p>{tr!(locale, results.ready_text)}</p>
                <div class="actions">
                    <button class="btn btn--primary">{tr!(locale, results.apply_button, count = rows).to_string()}</button>
                    <a class="btn" href="/staff/results/import">{tr!(locale, results.other_file)}</a>
                </div>
            </Form>
        }
        .into_any(),
        ImportState::Applied | ImportState::PartlyReleased if manages => view! {
            <Form action=ReleaseResults::PATH>
                <HiddenField name="import" value=id/>
                <p>{tr!(locale, results.release_text)}</p>
                <div class="actions">
                    <button class="btn btn--primary">{tr!(locale, results.release_button, count = waiting).to_string()}</button>
                    <a class="btn" href="/staff/results">{tr!(locale, results.release_some)}</a>
                </div>
            </Form>
        }
        .into_any(),
        ImportState::Released => view! { <p>{tr!(locale, results.all_released)}</p> }.into_any(),
        _ => view! { <p>{tr!(locale, results.reads_only)}</p> }.into_any(),
    }
}

fn by_line(errors: &[RowError]) -> HashMap<u64, Vec<RowError>> {
    let mut lines: HashMap<u64, Vec<RowError>> = HashMap::new();
    for error in errors {
        lines.entry(error.line).or_default().push(error.clone());
    }
    lines
}

/// The first errors, each with a link to its row.
fn error_table(locale: Locale, id: &str, errors: &[RowError], rows: &[ImportRow]) -> impl IntoView + use<> {
    let page_of: HashMap<u64, usize> = rows.iter().enumerate().map(|(index, row)| (row.line, index / ROWS + 1)).collect();
    let body = errors
        .iter()
        .take(ERRORS)
        .map(|error| {
            let page = page_of.get(&error.line).copied().unwrap_or(1);
            view! {
                <tr role="row">
                    <th scope="row" role="rowheader">
                        <a href=format!("?page={page}#row-{}", error.line)>{tr!(locale, results.line_n, line = error.line).to_string()}</a>
                    </th>
                    <td role="cell" data-label=tr!(locale, results.column_column)><code>{error.column.clone()}</code></td>
                    <td role="cell" data-label=tr!(locale, results.column_value)><bdi>{error.value.clone()}</bdi></td>
                    <td role="cell">{problem_text(locale, error.problem)}</td>
                </tr>
            }
        })
        .collect_view();
    let more = errors.len() > ERRORS;
    let columns = [
        tr!(locale, results.column_line),
        tr!(locale, results.column_column),
        tr!(locale, results.column_value),
        tr!(locale, results.column_problem),
    ];
    view! {
        <Table
            caption=tr!(locale, results.errors_caption, count = errors.len()).to_string()
            dense=true
            columns=columns.map(|label| (label.to_owned(), false)).to_vec()
        >
            {body}
        </Table>
        {more.then(|| view! { <p>{tr!(locale, results.errors_more, shown = ERRORS, count = errors.len()).to_string()}</p> })}
        <p>
            <a href=format!("/staff/results/imports/{id}/errors.csv") rel="external" download>
                {tr!(locale, results.errors_download)}
            </a>
        </p>
    }
}

fn row_table(
    locale: Locale,
    rows: &[ImportRow],
    page: usize,
    errors: &HashMap<u64, Vec<RowError>>,
    results: &HashMap<String, ResultId>,
) -> impl IntoView + use<> {
    let domains = rows.iter().map(|row| row.domains.len()).max().unwrap_or_default();
    let mut names: Vec<String> = COLUMNS.iter().map(|name| (*name).to_owned()).collect();
    names.extend((1..=domains).map(|number| format!("domain_{number}")));
    let heads = names.clone();
    let body = rows
        .iter()
        .skip((page - 1) * ROWS)
        .take(ROWS)
        .map(|row| {
            let wrong = errors.get(&row.line);
            let cells = [&row.appointment_reference, &row.candidate_id, &row.exam_code, &row.taken_at, &row.raw_score, &row.scaled_score];
            let empty = String::new();
            let cells = cells.into_iter().chain((0..domains).map(|index| row.domains.get(index).unwrap_or(&empty)));
            let cells = names
                .iter()
                .zip(cells)
                .map(|(name, value)| {
                    let number = name.ends_with("_score") || name.starts_with("domain_");
                    let class = number.then_some("num");
                    let marked = wrong.is_some_and(|errors| errors.iter().any(|error| error.column == *name));
                    let value = value.clone();
                    let value = if marked {
                        view! { <mark><bdi>{if value.is_empty() { "—".to_owned() } else { value }}</bdi></mark> }.into_any()
                    } else if let Some(id) = results.get(&value).filter(|_| name == COLUMNS[0]) {
                        view! { <a href=format!("/staff/results/{id}")><bdi>{value}</bdi></a> }.into_any()
                    } else {
                        view! { <bdi>{value}</bdi> }.into_any()
                    };
                    view! { <td role="cell" class=class>{value}</td> }
                })
                .collect_view();
            let state = if wrong.is_some() { tr!(locale, results.row_wrong) } else { tr!(locale, results.row_fine) };
            view! {
                <tr role="row" id=format!("row-{}", row.line)>
                    <th scope="row" role="rowheader" class="num">{row.line}</th>
                    {cells}
                    <td role="cell">{state}</td>
                </tr>
            }
        })
        .collect_view();
    let (first, last) = ((page - 1) * ROWS + 1, (page * ROWS).min(rows.len()));
    let caption = if rows.len() > ROWS {
        tr!(locale, results.rows_page, first = first, last = last, count = rows.len()).to_string()
    } else {
        tr!(locale, results.rows_caption).to_owned()
    };
    let label = caption.clone();
    view! {
        <div class="tablewrap" id="rows" tabindex="0" role="region" aria-label=label>
            <table class="table table--dense table--scroll" role="table">
                <caption class="table__caption">{caption}</caption>
                <thead role="rowgroup">
                    <tr role="row">
                        <th scope="col" role="columnheader" class="num">{tr!(locale, results.column_line)}</th>
                        {heads
                            .into_iter()
                            .map(|name| {
                                let class = (name.ends_with("_score") || name.starts_with("domain_")).then_some("num");
                                view! { <th scope="col" role="columnheader" class=class>{name}</th> }
                            })
                            .collect_view()}
                        <th scope="col" role="columnheader">{tr!(locale, results.column_check)}</th>
                    </tr>
                </thead>
                <tbody role="rowgroup">{body}</tbody>
            </table>
        </div>
    }
}
