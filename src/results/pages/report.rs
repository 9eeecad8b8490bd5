use super::{day, day_at};
use crate::results::model::{ReportDomain, ScoreReport};
use crate::results::{rules, service};
use crate::scheduling::rules::Again;
use crate::server::{Locale, RequestContext, format, i18n, request};
use crate::tr;
use crate::ui::{BackLink, Icon, PageTitle, Summary, SummaryRow, loaded, param};
use leptos::prelude::*;

/// `/results/:id`: one score report. Prints on a sheet of paper.
#[component]
pub fn ReportPage() -> impl IntoView {
    let cx = request();
    let id = param("id");
    loaded(async move {
        let (report, again) = service::report(&cx, &id).await?;
        let locale = cx.locale;
        let title = tr!(locale, results.report_title, exam = report.exam_code.clone()).to_string();
        Ok(view! {
            <PageTitle text=title/>
            <div class="wrap">
                <BackLink href="/results" label=tr!(locale, results.back_to_results)/>
                <article class="report">
                    <header class="report__head">
                        <p class="pagehead__kicker">{tr!(locale, results.score_report)} " · " {report.exam_code.clone()}</p>
                        <h1 class="pagehead__title">{report.certification.clone()}</h1>
                        {facts(&cx, &report)}
                    </header>
                    {scale(locale, &report)}
                    {match again {
                        None => passed(locale, &report),
                        Some(again) => failed(&cx, &report, again),
                    }}
                    <section class="stack stack--l">
                        <h2>{tr!(locale, results.by_domain)}</h2>
                        <p class="muted">{tr!(locale, results.by_domain_text)}</p>
                        <ul class="domains">
                            {report.domains.iter().map(|domain| domain_bar(locale, &report, domain)).collect_view()}
                        </ul>
                    </section>
                    <p class="small muted">{tr!(locale, results.scaled_text).to_string()}</p>
                </article>
            </div>
        })
    })
}

fn facts(cx: &RequestContext, report: &ScoreReport) -> impl IntoView + use<> {
    let locale = cx.locale;
    let language = i18n::language_name(&report.language, locale);
    let posted_on = format::day_in(report.released_at, cx.time_zone());
    let corrected_on = report.corrected_at.map(|at| format::day_in(at, cx.time_zone()));
    let report = report.clone();
    view! {
        <Summary class="summary summary--plain">
            <SummaryRow key=tr!(locale, results.candidate)>
                <bdi>{report.candidate_name}</bdi>
                " "
                <code class="id">{report.candidate_id}</code>
            </SummaryRow>
            <SummaryRow key=tr!(locale, results.taken_on)>{day_at(locale, report.taken_at, &report.time_zone)}</SummaryRow>
            <SummaryRow key=tr!(locale, results.language)>{language}</SummaryRow>
            <SummaryRow key=tr!(locale, results.appointment)><code class="id">{report.reference}</code></SummaryRow>
            <SummaryRow key=tr!(locale, results.posted_on)>
                {day(locale, posted_on)}
            </SummaryRow>
            {corrected_on
                .map(|on| view! { <SummaryRow key=tr!(locale, approvals.corrected_on)>{day(locale, on)}</SummaryRow> })}
        </Summary>
    }
}

/// The total on the exam's scale, with the pass mark drawn.
fn scale(locale: Locale, report: &ScoreReport) -> impl IntoView + use<> {
    let (scale, score, passed) = (report.scale, report.scaled_score, report.passed);
    let percent = |value: i32| format!("{:.1}%", scale.position(value));
    let mark_at = scale.position(scale.pass_mark);
    let anchor = if mark_at < 12.0 {
        "start"
    } else if mark_at > 88.0 {
        "end"
    } else {
        "middle"
    };
    let verdict = if passed { tr!(locale, results.pass) } else { tr!(locale, results.fail) };
    let mark = tr!(locale, results.pass_mark, mark = scale.pass_mark).to_string();
    let spoken = tr!(locale, results.scale_spoken, score = score, min = scale.min, max = scale.max, mark = scale.pass_mark).to_string();
    view! {
        <figure class=if passed { "scale scale--pass" } else { "scale scale--fail" } dir="ltr">
            <figcaption class="scale__head">
                <span class="scale__score num">{score}</span>
                <span class="scale__of">{tr!(locale, results.of_max, max = scale.max).to_string()}</span>
                <span class="scale__verdict">{verdict}</span>
            </figcaption>
            <svg class="scale__plot" role="img" aria-label=spoken height="64" width="100%">
                <rect class="scale__track" x="0" y="26" width="100%" height="10"></rect>
                <rect class="scale__fill" x="0" y="26" width=percent(score) height="10"></rect>
                <line class="scale__pass" x1=percent(scale.pass_mark) x2=percent(scale.pass_mark) y1="18" y2="44"></line>
                <text class="scale__label scale__label--pass" x=percent(scale.pass_mark) y="12" text-anchor=anchor>{mark}</text>
                <circle class="scale__dot" cx=percent(score) cy="31" r="8"></circle>
                <text class="scale__label" x="0" y="60" text-anchor="start">{scale.min}</text>
                <text class="scale__label" x="100%" y="60" text-anchor="end">{scale.max}</text>
            </svg>
        </figure>
    }
}

/// What the reader has now.
fn passed(locale: Locale, report: &ScoreReport) -> AnyView {
    let credential = report.credential.clone();
    view! {
        <section class="prose">
            <h2>{tr!(locale, results.passed_title)}</h2>
            <p>{tr!(locale, results.passed_text, certification = report.certification.clone()).to_string()}</p>
            <div class="actions">
                {credential
                    .map(|id| {
                        view! {
                            <a class="btn btn--primary" href=format!("/credentials/{id}")>
                                <Icon name="award"/>
                                {tr!(locale, results.to_credential)}
                            </a>
                        }
                    })}
            </div>
        </section>
    }
    .into_any()
}

/// What the reader can do next.
fn failed(cx: &RequestContext, report: &ScoreReport, again: Again) -> AnyView {
    let locale = cx.locale;
    let missing = report.scale.pass_mark - report.scaled_score;
    let when = |at| format::date_time(locale, at, cx.time_zone());
    let certification = format!("/certifications/{}", report.certification_slug);
    let book = (format!("/schedule/{}", report.exam_code), tr!(locale, results.book_again));
    let (next, first) = match again {
        Again::Now => (tr!(locale, results.again_now).to_owned(), Some(book)),
        Again::From(at) => (tr!(locale, results.again_from, time = when(at)).to_string(), None),
        Again::Open(reference) => {
            let text = tr!(locale, results.again_open, reference = reference.clone()).to_string();
            (text, Some((format!("/exams/{reference}"), tr!(locale, scheduling.check_free_link))))
        }
        Again::NoAttemptLeft(limit) => (tr!(locale, results.no_attempt_left, count = limit).to_string(), None),
        Again::Passed(until) => (tr!(locale, results.passed_already, time = when(until)).to_string(), None),
        Again::Closed => (tr!(locale, results.exam_retired).to_owned(), None),
    };
    view! {
        <section class="prose">
            <h2>{tr!(locale, results.failed_title)}</h2>
            <p>{tr!(locale, results.failed_text, count = missing).to_string()}</p>
            <p>{next}</p>
            <div class="actions">
                {first.map(|(href, label)| view! { <a class="btn btn--primary" href=href>{label}</a> })}
                <a class="btn" href=certification>{tr!(locale, results.to_exam)}</a>
            </div>
        </section>
    }
    .into_any()
}

/// A domain: what it is worth, and whether it meets competencies. Never a number for the reader's own part.
fn domain_bar(locale: Locale, report: &ScoreReport, domain: &ReportDomain) -> impl IntoView + use<> {
    let meets = report.scale.meets_competencies(domain.percent);
    let (class, icon, verdict) = if meets {
        ("domain domain--meets", "check", tr!(locale, results.meets))
    } else {
        ("domain domain--needs", "alert-triangle", tr!(locale, results.needs))
    };
    view! {
        <li class=class>
            <div class="domain__head">
                <h3 class="domain__name">{i18n::pick(&domain.name, locale)}</h3>
                <p class="domain__verdict"><Icon name=icon class="icon icon--s"/>{verdict}</p>
            </div>
            <svg class="bar" dir="ltr" role="img" aria-label=verdict height="10" width="100%">
                <rect class="bar__track" width="100%" height="10"></rect>
                <rect class="bar__fill" width=format!("{}%", rules::drawn_percent(domain.percent)) height="10"></rect>
            </svg>
            <p class="domain__note">{tr!(locale, results.domain_weight, weight = domain.weight).to_string()}</p>
        </li>
    }
}
