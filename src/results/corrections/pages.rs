//! `/staff/results/:id`, `/staff/results/:id/correct`, the results a search found, and a correction before and after.

use super::api::CorrectScore;
use super::model::{Change, Correction, FoundResult, Made, StaffDomain, StaffResult};
use super::rules;
use super::service::{self, Look, Search};
use crate::credentials::CredentialId;
use crate::ids::ApprovalId;
use crate::results::pages::{PassTag, day_at, moment};
use crate::results::rules::drawn_percent;
use crate::server::{Locale, Permission, RequestContext, i18n, random, request};
use crate::staff::approvals::model::{Request, State};
use crate::staff::approvals::pages::open_note;
use crate::tr;
use crate::ui::{
    BackLink, DomainBar, Empty, ErrorSummary, Form, HiddenField, PageTitle, ScoreScale, Summary, SummaryRow, Table, Tag, TextArea,
    TextField, Tone, form_value, loaded, param,
};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

#[component]
pub fn StaffResultPage() -> impl IntoView {
    let cx = request();
    let id = param("id");
    loaded(async move {
        let locale = cx.locale;
        let Look { result, history, requests } = service::look(&cx, &id).await?;
        let title = format!("{} · {}", result.candidate_name, result.exam_code);
        Ok(view! {
            <PageTitle text=title/>
            <BackLink href="/staff/results" label=tr!(locale, results.back_to_imports)/>
            <h1><bdi>{result.candidate_name.clone()}</bdi> " · " {result.exam_code.clone()}</h1>
            {open_note(&cx, &requests)}
            {facts(&cx, &result)}
            {scale(locale, &result)}
            <ul class="domains">{domain_bars(locale, &result)}</ul>
            {act(&cx, &result, &requests)}
            {history_table(&cx, history)}
        })
    })
}

fn released_tag(locale: Locale, released: bool) -> AnyView {
    let (tone, text) =
        if released { (Tone::Ok, tr!(locale, results.released)) } else { (Tone::Warn, tr!(locale, approvals.result_waiting)) };
    view! { <Tag tone text/> }.into_any()
}

fn facts(cx: &RequestContext, result: &StaffResult) -> AnyView {
    let (locale, zone) = (cx.locale, cx.time_zone());
    let result = result.clone();
    let raw = result.raw_score.map_or_else(|| "–".to_owned(), |raw| raw.to_string());
    let received = moment(locale, result.received_at, zone);
    let credential = result.credential.clone().map(|id| credential_link(cx, &id));
    let released = result.released_at.map(|at| {
        view! {
            " "
            {moment(locale, at, zone)}
            {result.released_by.clone().map(|name| view! { ", " <bdi>{name}</bdi> })}
        }
    });
    view! {
        <Summary>
            <SummaryRow key=tr!(locale, results.state)>{released_tag(locale, released.is_some())} {released}</SummaryRow>
            <SummaryRow key=tr!(locale, common.candidate_id)>
                {match result.candidate_id {
                    Some(id) => view! { <code class="id">{id}</code> }.into_any(),
                    None => view! { "–" }.into_any(),
                }}
            </SummaryRow>
            <SummaryRow key=tr!(locale, approvals.certification)>{result.certification}</SummaryRow>
            <SummaryRow key=tr!(locale, results.appointment)><code class="id">{result.reference}</code></SummaryRow>
            <SummaryRow key=tr!(locale, results.taken_on)>{day_at(locale, result.taken_at, &result.time_zone)}</SummaryRow>
            <SummaryRow key=tr!(locale, approvals.received)>{received}</SummaryRow>
            <SummaryRow key=tr!(locale, approvals.raw_score)><span class="num">{raw}</span></SummaryRow>
            {result
                .import
                .map(|(id, name)| {
                    view! {
                        <SummaryRow key=tr!(locale, results.file)>
                            <a href=format!("/staff/results/imports/{id}")><bdi>{name}</bdi></a>
                        </SummaryRow>
                    }
                })}
            {credential.map(|link| view! { <SummaryRow key=tr!(locale, credentials.credential_id)>{link}</SummaryRow> })}
        </Summary>
    }
    .into_any()
}

/// A credential's ID; a link for who may see its page.
fn credential_link(cx: &RequestContext, id: &str) -> AnyView {
    let shown = CredentialId::parse(id).map_or_else(|_| id.to_owned(), |id| id.to_string());
    let code = view! { <code class="id">{shown}</code> };
    if cx.staff(Permission::ReadCredentials).is_ok() {
        view! { <a href=format!("/staff/credentials/{id}")>{code}</a> }.into_any()
    } else {
        code.into_any()
    }
}

fn scale(locale: Locale, result: &StaffResult) -> AnyView {
    let (scale, score) = (result.scale, result.scaled_score);
    view! {
        <ScoreScale
            score=score
            min=scale.min
            max=scale.max
            pass_mark=scale.pass_mark
            passed=result.passed
            of=tr!(locale, results.of_max, max = scale.max).to_string()
            verdict=outcome(locale, result.passed)
            pass_mark_label=tr!(locale, results.pass_mark, mark = scale.pass_mark).to_string()
            description=tr!(locale, results.scale_spoken, score = score, min = scale.min, max = scale.max, mark = scale.pass_mark).to_string()
        />
    }
    .into_any()
}

fn outcome(locale: Locale, passed: bool) -> &'static str {
    if passed { tr!(locale, results.pass) } else { tr!(locale, results.fail) }
}

/// The candidate's bars, with the numbers that candidates do not see.
fn domain_bars(locale: Locale, result: &StaffResult) -> Vec<AnyView> {
    let bar = |domain: &StaffDomain| {
        let meets = result.scale.meets_competencies(domain.percent);
        let verdict = if meets { tr!(locale, results.meets) } else { tr!(locale, results.needs) };
        let note = tr!(locale, approvals.domain_note, percent = domain.percent, weight = domain.weight).to_string();
        let percent = u8::try_from(drawn_percent(domain.percent)).unwrap_or_default();
        view! { <DomainBar name=i18n::pick(&domain.name, locale) meets=meets verdict=verdict percent=percent note=note/> }.into_any()
    };
    result.domains.iter().map(bar).collect()
}

/// The way to the form, unless a correction waits already.
fn act(cx: &RequestContext, result: &StaffResult, requests: &[Request]) -> Option<AnyView> {
    let open = requests.iter().any(|request| request.state(cx.now()) == State::Pending);
    let offered = !open && cx.staff(Permission::ManageResults).is_ok();
    offered.then(|| {
        view! {
            <div class="actions">
                <a class="btn" href=format!("/staff/results/{}/correct", result.id)>{tr!(cx.locale, approvals.correct)}</a>
            </div>
        }
        .into_any()
    })
}

fn history_table(cx: &RequestContext, history: Vec<Made>) -> Option<AnyView> {
    if history.is_empty() {
        return None;
    }
    let (locale, zone) = (cx.locale, cx.time_zone());
    let columns = vec![
        (tr!(locale, approvals.corrected).to_owned(), false),
        (tr!(locale, approvals.before).to_owned(), true),
        (tr!(locale, approvals.after).to_owned(), true),
        (tr!(locale, approvals.asked_by).to_owned(), false),
        (tr!(locale, approvals.approved_by).to_owned(), false),
        (tr!(locale, approvals.reason).to_owned(), false),
    ];
    let rows: Vec<AnyView> = history
        .into_iter()
        .map(|made| {
            let at = moment(locale, made.corrected_at, zone);
            let linked = cx.staff(Permission::ReadApprovals).is_ok();
            let at =
                if linked { view! { <a href=format!("/staff/approvals/{}", made.request_id)>{at}</a> }.into_any() } else { at.into_any() };
            view! {
                <tr role="row">
                    <th scope="row" role="rowheader">{at}</th>
                    <td role="cell" class="num" data-label=tr!(locale, approvals.before)>
                        <span>{made.scaled_before} " " <PassTag passed=made.passed_before/></span>
                    </td>
                    <td role="cell" class="num" data-label=tr!(locale, approvals.after)>
                        <span>{made.scaled_after} " " <PassTag passed=made.passed_after/></span>
                    </td>
                    <td role="cell" data-label=tr!(locale, approvals.asked_by)><bdi>{made.asked_by}</bdi></td>
                    <td role="cell" data-label=tr!(locale, approvals.approved_by)><bdi>{made.approved_by}</bdi></td>
                    <td role="cell" data-label=tr!(locale, approvals.reason)><span class="said">{made.reason}</span></td>
                </tr>
            }
            .into_any()
        })
        .collect();
    Some(view! { <Table caption=tr!(locale, approvals.history_caption) dense=true columns>{rows}</Table> }.into_any())
}

/// The form.
#[component]
pub fn CorrectPage() -> impl IntoView {
    let cx = request();
    let id = param("id");
    loaded(async move {
        let locale = cx.locale;
        let Look { result, requests, .. } = service::look(&cx, &id).await?;
        let back = format!("/staff/results/{}", result.id);
        let label = format!("{} · {}", result.candidate_name, result.exam_code);
        let scale = result.scale;
        let hint = tr!(locale, approvals.scaled_hint, min = scale.min, max = scale.max, mark = scale.pass_mark).to_string();
        let intent = random::id::<ApprovalId>().to_string();
        let note = open_note(&cx, &requests);
        let cancel = back.clone();
        let form = note.is_none().then(|| {
            view! {
                <Form action=CorrectScore::PATH>
                    <HiddenField name="result" value=result.id.to_string()/>
                    <HiddenField name="intent" value=form_value("intent", Some(intent)).unwrap_or_default()/>
                    <TextField
                        name="scaled_score"
                        label=tr!(locale, approvals.scaled_score)
                        hint=hint
                        value=result.scaled_score.to_string()
                        inputmode="numeric"
                        autocomplete="off"
                        width=6
                        maxlength=6
                    />
                    <fieldset class="fieldset">
                        <legend class="fieldset__legend">{tr!(locale, results.by_domain)}</legend>
                        <p class="field__hint">{tr!(locale, approvals.domains_hint)}</p>
                        <div class="stack">{domain_fields(locale, &result)}</div>
                    </fieldset>
                    <TextArea name="reason" label=tr!(locale, approvals.reason) hint=tr!(locale, approvals.reason_hint)/>
                    <div class="actions">
                        <button class="btn btn--primary">{tr!(locale, approvals.ask)}</button>
                        <a class="btn btn--quiet" href=cancel>{tr!(locale, common.cancel)}</a>
                    </div>
                </Form>
            }
        });
        Ok(view! {
            <BackLink href=back label=label/>
            <PageTitle text=tr!(locale, approvals.correct)/>
            <ErrorSummary/>
            <h1>{tr!(locale, approvals.correct)}</h1>
            <p>{tr!(locale, approvals.correct_text)}</p>
            {note}
            {form}
        })
    })
}

/// A field for each domain; made inside the form, so that they show its refusals.
fn domain_fields(locale: Locale, result: &StaffResult) -> Vec<AnyView> {
    let field = |(index, domain): (usize, &StaffDomain)| {
        let name = i18n::pick(&domain.name, locale);
        view! {
            <TextField
                name=rules::domain_field(index)
                label=tr!(locale, approvals.domain_percent, name = name).to_string()
                value=domain.percent.to_string()
                inputmode="numeric"
                autocomplete="off"
                width=4
                maxlength=3
            />
        }
        .into_any()
    };
    result.domains.iter().enumerate().map(field).collect()
}

/// The results a search found.
pub fn found(cx: &RequestContext, search: Search) -> AnyView {
    let locale = cx.locale;
    if search.found.is_empty() {
        return view! { <Empty icon="search" title=tr!(locale, approvals.results_none) text=tr!(locale, approvals.results_none_text)/> }
            .into_any();
    }
    let columns = vec![
        (tr!(locale, results.candidate).to_owned(), false),
        (tr!(locale, results.exam).to_owned(), false),
        (tr!(locale, results.taken_on).to_owned(), false),
        (tr!(locale, results.state).to_owned(), false),
        (tr!(locale, results.score).to_owned(), true),
        (tr!(locale, results.outcome).to_owned(), false),
    ];
    let rows: Vec<AnyView> = search.found.into_iter().map(|result| found_row(locale, result)).collect();
    view! {
        <Table caption=tr!(locale, approvals.results_found) dense=true columns>{rows}</Table>
        {search.more.then(|| view! { <p class="muted">{tr!(locale, approvals.more)}</p> })}
    }
    .into_any()
}

fn found_row(locale: Locale, result: FoundResult) -> AnyView {
    view! {
        <tr role="row">
            <th scope="row" role="rowheader">
                <a href=format!("/staff/results/{}", result.id)><bdi>{result.candidate_name}</bdi></a>
                " "
                {result.candidate_id.map(|id| view! { <code class="id">{id}</code> })}
            </th>
            <td role="cell" data-label=tr!(locale, results.exam)><span>{result.exam_code} " " <code class="id">{result.reference}</code></span></td>
            <td role="cell" data-label=tr!(locale, results.taken_on)>{day_at(locale, result.taken_at, &result.time_zone)}</td>
            <td role="cell" data-label=tr!(locale, results.state)>{released_tag(locale, result.released)}</td>
            <td role="cell" class="num" data-label=tr!(locale, results.score)>{result.scaled_score}</td>
            <td role="cell" data-label=tr!(locale, results.outcome)><PassTag passed=result.passed/></td>
        </tr>
    }
    .into_any()
}

/// A correction, before and after side by side.
pub fn change(cx: &RequestContext, correction: &Correction) -> AnyView {
    let locale = cx.locale;
    let (before, after) = (tr!(locale, approvals.before), tr!(locale, approvals.after));
    let row = |label: String, change: Change<String>, differs: bool| {
        let new = if differs { view! { <strong>{change.after}</strong> }.into_any() } else { view! { {change.after} }.into_any() };
        view! {
            <tr role="row">
                <th scope="row" role="rowheader">{label}</th>
                <td role="cell" class="num" data-label=before>{change.before}</td>
                <td role="cell" class="num" data-label=after>{new}</td>
            </tr>
        }
        .into_any()
    };
    let numbers = |change: Change<i32>| Change { before: change.before.to_string(), after: change.after.to_string() };
    let percents = |change: Change<i32>| Change { before: format!("{} %", change.before), after: format!("{} %", change.after) };
    let passed = correction.passed;
    let words = Change { before: outcome(locale, passed.before).to_owned(), after: outcome(locale, passed.after).to_owned() };
    let mut rows = vec![
        row(tr!(locale, approvals.scaled_score).to_owned(), numbers(correction.scaled), correction.scaled.changes()),
        row(tr!(locale, results.outcome).to_owned(), words, passed.changes()),
    ];
    rows.extend(
        correction.domains.iter().map(|domain| row(i18n::pick(&domain.name, locale), percents(domain.percent), domain.percent.changes())),
    );
    let columns = vec![(tr!(locale, approvals.value).to_owned(), false), (before.to_owned(), true), (after.to_owned(), true)];
    view! { <Table caption=tr!(locale, approvals.change_caption) columns>{rows}</Table> }.into_any()
}
