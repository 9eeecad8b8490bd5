//! What a page says to its reader: heads, alerts, errors, empty states, steps, facts.

use super::errors::{conflict_text, error_text};
use crate::error::{AppError, FieldError};
use crate::server::http::respond;
use crate::server::request;
use crate::tr;
use leptos::prelude::*;

/// An icon of the sprite. Never alone: text stands beside it, or in `class="vh"`.
#[component]
pub fn Icon(name: &'static str, #[prop(default = "icon")] class: &'static str) -> impl IntoView {
    view! {
        <svg class=class aria-hidden="true">
            <use href=format!("/icons.svg#{name}")></use>
        </svg>
    }
}

/// The page's heading: kicker, title, lead and actions.
#[component]
pub fn PageHead(
    #[prop(into)] title: String,
    #[prop(optional, into)] kicker: Option<String>,
    #[prop(optional, into)] lead: Option<String>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <header class="pagehead">
            {kicker.map(|kicker| view! { <p class="pagehead__kicker">{kicker}</p> })}
            <h1 class="pagehead__title">{title}</h1>
            {lead.map(|lead| view! { <p class="pagehead__lead">{lead}</p> })}
            {children.map(|children| view! { <div class="pagehead__actions">{children()}</div> })}
        </header>
    }
}

#[component]
pub fn BackLink(#[prop(into)] href: String, #[prop(into)] label: String) -> impl IntoView {
    view! {
        <a class="back" href=href>
            <Icon name="chevron-left" class="icon icon--s icon--flip"/>
            {label}
        </a>
    }
}

/// Breadcrumbs: `(href, label)` of what stands above, then the page itself.
#[component]
pub fn Crumbs(trail: Vec<(String, String)>, #[prop(into)] here: String) -> impl IntoView {
    let locale = request().locale;
    view! {
        <nav class="crumbs" aria-label=tr!(locale, common.breadcrumb)>
            <ol class="crumbs__list">
                {trail.into_iter().map(|(href, label)| view! { <li><a href=href>{label}</a></li> }).collect_view()}
                <li><span aria-current="page">{here}</span></li>
            </ol>
        </nav>
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum AlertKind {
    Info,
    Success,
    Warning,
    Danger,
}

#[component]
pub fn Alert(kind: AlertKind, #[prop(optional, into)] title: Option<String>, children: Children) -> impl IntoView {
    let (class, icon, role) = match kind {
        AlertKind::Info => ("alert alert--info", "info", None),
        AlertKind::Success => ("alert alert--success", "check-circle", Some("status")),
        AlertKind::Warning => ("alert alert--warning", "alert-triangle", None),
        AlertKind::Danger => ("alert alert--danger", "x-circle", Some("alert")),
    };
    view! {
        <div class=class role=role>
            <Icon name=icon class="icon alert__icon"/>
            <div class="alert__body">
                {title.map(|title| view! { <h2 class="alert__title">{title}</h2> })}
                {children()}
            </div>
        </div>
    }
}

/// Nothing here yet: what it is for and how to begin.
#[component]
pub fn Empty(
    icon: &'static str,
    #[prop(into)] title: String,
    #[prop(into)] text: String,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <Icon name=icon class="icon icon--l empty__icon"/>
            <h2 class="empty__title">{title}</h2>
            <p class="empty__text">{text}</p>
            {children.map(|children| children())}
        </div>
    }
}

/// Everything that was refused in the page's form, each with a link to its field and the field's label before it, so that
/// "Fill in this field" says which. First thing in the page's column.
#[component]
pub fn ErrorSummary(#[prop(default = "errors-title")] title_id: &'static str) -> impl IntoView {
    let cx = request();
    let locale = cx.locale;
    let form = cx.form.clone()?;
    let items = match &form.error {
        AppError::Validation(errors) if errors.is_empty() => view! { <li>{tr!(locale, errors.form_unreadable)}</li> }.into_any(),
        AppError::Validation(errors) => {
            let (cx, errors) = (cx.clone(), errors.clone());
            // A function: it is asked when the page is written, and by then the fields have told their labels.
            let items = move || {
                let item = |error: &FieldError| {
                    let label = cx.field_label(&error.field).map(|label| format!("{label}: "));
                    view! { <li><a href=format!("#{}", error.field)>{label} {error_text(locale, error)}</a></li> }
                };
                errors.iter().map(item).collect_view()
            };
            items.into_any()
        }
        AppError::Conflict(conflict) => view! { <li>{conflict_text(locale, *conflict)}</li> }.into_any(),
        AppError::RateLimited(seconds) => view! { <li>{tr!(locale, errors.rate_limited, count = *seconds).to_string()}</li> }.into_any(),
        AppError::Forbidden => view! { <li>{tr!(locale, errors.forbidden_text)}</li> }.into_any(),
        AppError::NotFound => view! { <li>{tr!(locale, errors.not_found_title)}</li> }.into_any(),
        AppError::Unavailable => view! { <li>{tr!(locale, errors.unavailable_text)}</li> }.into_any(),
        AppError::Internal(reference) => {
            view! { <li>{tr!(locale, errors.internal_text)} " " <code class="id">{reference.clone()}</code></li> }.into_any()
        }
        AppError::Unauthenticated | AppError::StepUpRequired => view! { <li>{tr!(locale, errors.unauthenticated_title)}</li> }.into_any(),
    };
    Some(view! {
        <div class="errors" role="alert" tabindex="-1" aria-labelledby=title_id>
            <h2 class="errors__title" id=title_id>{tr!(locale, errors.summary_title)}</h2>
            <ul class="errors__list">{items}</ul>
        </div>
    })
}

/// The page for an error, with its status; a `sample` only looks like one.
#[component]
pub fn ErrorView(error: AppError, #[prop(optional)] sample: bool) -> impl IntoView {
    let locale = request().locale;
    if !sample {
        respond::status(error.status());
    }
    let (title, text) = match &error {
        AppError::NotFound => (tr!(locale, errors.not_found_title), tr!(locale, errors.not_found_text)),
        AppError::Forbidden => (tr!(locale, errors.forbidden_title), tr!(locale, errors.forbidden_text)),
        AppError::Unauthenticated | AppError::StepUpRequired => {
            (tr!(locale, errors.unauthenticated_title), tr!(locale, errors.unauthenticated_text))
        }
        AppError::Unavailable => (tr!(locale, errors.unavailable_title), tr!(locale, errors.unavailable_text)),
        AppError::RateLimited(_) => (tr!(locale, errors.rate_limited_title), tr!(locale, errors.rate_limited_text)),
        AppError::Conflict(conflict) => (tr!(locale, errors.refused_title), conflict_text(locale, *conflict)),
        AppError::Validation(_) => (tr!(locale, errors.refused_title), tr!(locale, errors.form_unreadable)),
        AppError::Internal(_) => (tr!(locale, errors.internal_title), tr!(locale, errors.internal_text)),
    };
    match &error {
        AppError::RateLimited(seconds) if !sample => respond::header("retry-after", &seconds.to_string()),
        AppError::Unavailable if !sample => respond::header("retry-after", "5"),
        _ => {}
    }
    let reference = match &error {
        AppError::Internal(reference) => Some(reference.clone()),
        _ => None,
    };
    // What leads on, before the way out. The same page again is its own address.
    let on = match &error {
        AppError::Unavailable | AppError::RateLimited(_) | AppError::Internal(_) => Some(("", tr!(locale, errors.retry))),
        AppError::Unauthenticated => Some(("/login", tr!(locale, errors.sign_in))),
        _ => None,
    };
    view! {
        {(!sample).then(|| view! { <leptos_meta::Title text=format!("{}{title}", tr!(locale, errors.prefix))/> })}
        <section class="oops">
            <p class="oops__code">{error.status()}</p>
            <h1 class="oops__title">{title}</h1>
            <p class="oops__text">{text}</p>
            <div class="actions">
                {on.map(|(href, label)| view! { <a class="btn btn--primary" href=href>{label}</a> })}
                <a class=if on.is_some() { "btn" } else { "btn btn--primary" } href="/">{tr!(locale, errors.to_start)}</a>
            </div>
            {reference
                .map(|reference| {
                    view! { <p class="oops__ref">{tr!(locale, errors.reference)} " " <code class="id">{reference}</code></p> }
                })}
        </section>
    }
}

/// What a state feels like; the word says what it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Ok,
    Warn,
    Bad,
    Info,
    Off,
    Accent,
    Plain,
}

#[component]
pub fn Tag(tone: Tone, #[prop(into)] text: String) -> impl IntoView {
    let class = match tone {
        Tone::Ok => "tag tag--ok",
        Tone::Warn => "tag tag--warn",
        Tone::Bad => "tag tag--bad",
        Tone::Info => "tag tag--info",
        Tone::Off => "tag tag--off",
        Tone::Accent => "tag tag--accent",
        Tone::Plain => "tag tag--plain",
    };
    view! { <span class=class>{text}</span> }
}

/// Where the reader is in a task of several pages: `(label, link back)`, and the index of the current one.
#[component]
pub fn Steps(steps: Vec<(String, Option<String>)>, current: usize) -> impl IntoView {
    let locale = request().locale;
    let total = steps.len();
    view! {
        <nav class="steps" aria-label=tr!(locale, common.progress)>
            <ol class="steps__list">
                {steps
                    .into_iter()
                    .enumerate()
                    .map(|(index, (label, href))| {
                        let class = match index.cmp(&current) {
                            std::cmp::Ordering::Less => "steps__item is-done",
                            std::cmp::Ordering::Equal => "steps__item is-current",
                            std::cmp::Ordering::Greater => "steps__item",
                        };
                        let inner = match href.filter(|_| index < current) {
                            Some(href) => view! { <a class="steps__label" href=href>{label}</a> }.into_any(),
                            None => view! { <span class="steps__label">{label}</span> }.into_any(),
                        };
                        view! { <li class=class aria-current=(index == current).then_some("step")>{inner}</li> }
                    })
                    .collect_view()}
            </ol>
            <p class="steps__text">{tr!(locale, common.step_of, step = current + 1, total = total).to_string()}</p>
        </nav>
    }
}

/// A list of facts.
#[component]
pub fn Summary(#[prop(default = "summary")] class: &'static str, children: Children) -> impl IntoView {
    view! { <dl class=class>{children()}</dl> }
}

#[component]
pub fn SummaryRow(
    #[prop(into)] key: String,
    /// Where the fact can be changed, and the visible word for it.
    #[prop(optional, into)]
    change: Option<(String, String)>,
    children: Children,
) -> impl IntoView {
    let for_readers = key.clone();
    view! {
        <div class="summary__row">
            <dt class="summary__key">{key}</dt>
            <dd class="summary__value">{children()}</dd>
            {change
                .map(|(href, word)| {
                    view! {
                        <dd class="summary__action">
                            <a href=href>{word}<span class="vh">" " {for_readers}</span></a>
                        </dd>
                    }
                })}
        </div>
    }
}
