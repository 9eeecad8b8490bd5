use super::{PassTag, day, day_at};
use crate::results::model::{ListedResult, PendingExam};
use crate::results::{rules, service};
use crate::server::{RequestContext, format, request};
use crate::tr;
use crate::ui::{Alert, AlertKind, Empty, PageHead, PageTitle, loaded};
use leptos::prelude::*;

/// `/results`: the candidate's results, and where those are that are not there yet.
#[component]
pub fn ResultsPage() -> impl IntoView {
    let cx = request();
    loaded(async move {
        let (pending, released) = service::mine(&cx).await?;
        let locale = cx.locale;
        let nothing = pending.is_empty() && released.is_empty();
        Ok(view! {
            <PageTitle text=tr!(locale, results.title)/>
            <div class="wrap">
                <PageHead title=tr!(locale, results.title) lead=tr!(locale, results.lead)/>
                {nothing
                    .then(|| {
                        view! {
                            <Empty icon="chart" title=tr!(locale, results.empty_title) text=tr!(locale, results.empty_text)>
                                <a class="btn btn--primary" href="/certifications">{tr!(locale, results.browse)}</a>
                            </Empty>
                        }
                    })}
                <div class="stack stack--xl">
                    {(!pending.is_empty())
                        .then(|| {
                            view! {
                                <section class="stack stack--l">
                                    <h2>{tr!(locale, results.on_their_way)}</h2>
                                    {pending.into_iter().map(|exam| pending_exam(&cx, exam)).collect_view()}
                                </section>
                            }
                        })}
                    {(!released.is_empty())
                        .then(|| {
                            view! {
                                <section class="stack">
                                    <h2>{tr!(locale, results.posted_results)}</h2>
                                    <ul class="rows">{released.into_iter().map(|result| released_row(&cx, result)).collect_view()}</ul>
                                </section>
                            }
                        })}
                </div>
            </div>
        })
    })
}

fn released_row(cx: &RequestContext, result: ListedResult) -> impl IntoView + use<> {
    let locale = cx.locale;
    view! {
        <li class="row">
            <div class="row__main">
                <a class="row__title" href=format!("/results/{}", result.id)>{result.certification}</a>
                <p class="row__text">{result.exam_code} " · " {day_at(locale, result.taken_at, &result.time_zone)}</p>
            </div>
            <div class="row__side">
                <span class="cluster cluster--s">
                    <span class="num"><span class="vh">{tr!(locale, results.score)} " "</span>{result.scaled_score}</span>
                    <PassTag passed=result.passed/>
                </span>
            </div>
        </li>
    }
}

/// The way of a result from the exam to the report, with the dates that are known.
fn pending_exam(cx: &RequestContext, exam: PendingExam) -> impl IntoView + use<> {
    let locale = cx.locale;
    let support = cx.programme().support_email.clone();
    let policies = service::policies_of(&exam.policies);
    let taken_on = format::day_in(exam.ended_at, format::zone(&exam.time_zone));
    let due = rules::promised_on(taken_on, policies.result_business_days, exam.beta);
    let today = format::day_in(cx.now(), format::zone(&exam.time_zone));
    let received = exam.received_at;
    let step = |name: &'static str, class: &'static str, current: bool, date: AnyView| {
        view! {
            <li class=class aria-current=current.then_some("step")>
                <span class="pipeline__name">{name}</span>
                {date}
            </li>
        }
    };
    let date = |day: chrono::NaiveDate| {
        view! { <time class="pipeline__date" datetime=day.to_string()>{format::date_short(locale, day)}</time> }.into_any()
    };
    let (received_class, review_class) = if received.is_some() {
        ("pipeline__item is-done", "pipeline__item is-current")
    } else {
        ("pipeline__item is-current", "pipeline__item")
    };
    let received_date = received.map_or_else(|| ().into_any(), |at| date(format::day_in(at, cx.time_zone())));
    let posted = match due {
        None => view! { <span class="pipeline__date">{tr!(locale, results.after_beta)}</span> }.into_any(),
        Some(due) => {
            let by = tr!(locale, results.by_date, date = format::date_short(locale, due)).to_string();
            view! { <time class="pipeline__date" datetime=due.to_string()>{by}</time> }.into_any()
        }
    };
    view! {
        <article class="card">
            <p class="card__kicker"><span>{exam.exam_code}</span><code class="id">{exam.reference}</code></p>
            <h3 class="card__title">{exam.certification}</h3>
            {match due {
                None => view! { <p>{tr!(locale, results.beta_later)}</p> }.into_any(),
                Some(due) if today > due => {
                    view! {
                        <Alert kind=AlertKind::Warning>
                            <p>{tr!(locale, results.late, date = format::date(locale, due)).to_string()}</p>
                            <p><a href=format!("mailto:{support}")>{support.clone()}</a></p>
                        </Alert>
                    }
                        .into_any()
                }
                Some(due) => {
                    view! {
                        <p>
                            {tr!(locale, results.official_by)} " " <strong>{day(locale, due)}</strong> " "
                            <span class="muted">{business_days(locale, policies.result_business_days)}</span>
                        </p>
                    }
                        .into_any()
                }
            }}
            <ol class="pipeline">
                {step(tr!(locale, results.step_taken), "pipeline__item is-done", false, date(taken_on))}
                {step(tr!(locale, results.step_received), received_class, received.is_none(), received_date)}
                {step(tr!(locale, results.step_review), review_class, received.is_some(), ().into_any())}
                {step(
                    tr!(locale, results.step_posted),
                    "pipeline__item",
                    false,
                    posted,
                )}
            </ol>
        </article>
    }
}

fn business_days(locale: crate::server::Locale, days: i32) -> String {
    tr!(locale, results.business_days, count = days).to_string()
}
