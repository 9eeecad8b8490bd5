//! What a page shows of its subject: cards, tickets, scales, verdicts, sums. Presentational only: words, numbers and
//! addresses come in ready for the reader.

use super::feedback::{Icon, Tag, Tone};
use leptos::prelude::*;

/// An instant or a day, for readers and for machines. `datetime` is ISO 8601.
#[component]
pub fn Time(#[prop(into)] datetime: String, #[prop(into)] text: String, #[prop(optional)] class: Option<&'static str>) -> impl IntoView {
    view! { <time class=class datetime=datetime>{text}</time> }
}

/// A card whose whole face is the link of its title.
#[component]
pub fn LinkCard(
    #[prop(into)] href: String,
    #[prop(into)] title: String,
    /// Up to two short words above the title, at either end of the line.
    kicker: Vec<String>,
    #[prop(optional, into)] text: Option<String>,
    /// Up to three facts side by side at the foot.
    #[prop(optional)]
    facts: Vec<(String, String)>,
    /// Tags, between text and facts.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <li class="card card--link">
            <p class="card__kicker">{kicker.into_iter().map(|word| view! { <span>{word}</span> }).collect_view()}</p>
            <h3 class="card__title"><a class="card__link" href=href>{title}</a></h3>
            {text.map(|text| view! { <p class="card__text">{text}</p> })}
            {children.map(|children| view! { <div class="cluster cluster--s">{children()}</div> })}
            {(!facts.is_empty()).then(|| view! { <dl class="card__facts">{facts_view(facts)}</dl> })}
        </li>
    }
}

fn facts_view(facts: Vec<(String, String)>) -> impl IntoView {
    facts.into_iter().map(|(key, value)| view! { <div><dt>{key}</dt><dd>{value}</dd></div> }).collect_view()
}

/// A line of a compact list (`<ul class="rows">`): title, text, and what stands at its end.
#[component]
pub fn Row(
    #[prop(into)] title: String,
    #[prop(optional, into)] href: Option<String>,
    #[prop(optional, into)] text: Option<String>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <li class="row">
            <div class="row__main">
                {match href {
                    Some(href) => view! { <a class="row__title" href=href>{title}</a> }.into_any(),
                    None => view! { <span class="row__title">{title}</span> }.into_any(),
                }}
                {text.map(|text| view! { <p class="row__text">{text}</p> })}
            </div>
            {children.map(|children| view! { <div class="row__side">{children()}</div> })}
        </li>
    }
}

/// An appointment: the day torn off at its edge, what and where beside it, and what can be done (`children`).
#[component]
pub fn Ticket(
    #[prop(into)] month: String,
    #[prop(into)] day: String,
    #[prop(into)] weekday: String,
    #[prop(into)] title: String,
    /// `(icon, text)`.
    lines: Vec<(&'static str, String)>,
    /// An additional tag beside the title.
    #[prop(optional)]
    state: Option<(Tone, String)>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <article class="ticket">
            <div class="ticket__date">
                <span class="ticket__month">{month}</span>
                <span class="ticket__day num">{day}</span>
                <span class="ticket__wd">{weekday}</span>
            </div>
            <div class="ticket__body">
                <h3 class="ticket__title">{title}</h3>
                {state.map(|(tone, text)| view! { <p><Tag tone text/></p> })}
                {lines
                    .into_iter()
                    .map(|(icon, text)| {
                        view! {
                            <p class="ticket__line">
                                <Icon name=icon class="icon icon--s"/>
                                {text}
                            </p>
                        }
                    })
                    .collect_view()}
            </div>
            {children.map(|children| view! { <div class="ticket__side">{children()}</div> })}
        </article>
    }
}

/// A credential somebody holds. `art`: address of the badge; not `active`: drawn without colour.
#[component]
pub fn CredentialCard(
    #[prop(into)] art: String,
    active: bool,
    state: (Tone, String),
    #[prop(into)] title: String,
    #[prop(into)] href: String,
    facts: Vec<(String, String)>,
    /// Key and value of the identifier.
    id: (String, String),
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let (tone, word) = state;
    view! {
        <article class=if active { "cred" } else { "cred cred--off" }>
            <img class="cred__art" src=art alt="" width="120" height="120"/>
            <div class="cred__body">
                <p class="cred__state"><Tag tone text=word/></p>
                <h3 class="cred__title"><a href=href>{title}</a></h3>
                <dl class="cred__facts">
                    {facts_view(facts)}
                    <div><dt>{id.0}</dt><dd><code class="id">{id.1}</code></dd></div>
                </dl>
                {children.map(|children| view! { <div class="cred__actions">{children()}</div> })}
            </div>
        </article>
    }
}

/// What a check of a credential came to. Only `Active` is green.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerdictKind {
    Active,
    Expired,
    Superseded,
    Revoked,
    Unknown,
}

/// The answer to "is it genuine?": the page's heading, then sentences (`children`).
#[component]
pub fn Verdict(kind: VerdictKind, #[prop(into)] title: String, children: Children) -> impl IntoView {
    let (class, icon) = match kind {
        VerdictKind::Active => ("verdict verdict--active", "check-circle"),
        VerdictKind::Expired => ("verdict verdict--expired", "clock"),
        VerdictKind::Superseded => ("verdict verdict--superseded", "refresh"),
        VerdictKind::Revoked => ("verdict verdict--revoked", "x-circle"),
        VerdictKind::Unknown => ("verdict verdict--unknown", "help-circle"),
    };
    view! {
        <section class=class>
            <Icon name=icon class="icon verdict__icon"/>
            <div class="verdict__body">
                <h1 class="verdict__state">{title}</h1>
                {children()}
            </div>
        </section>
    }
}

/// How one point of a list of checks came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckState {
    Ok,
    Fail,
    Wait,
    /// Could not be checked: never green.
    Skip,
}

/// One item of `<ul class="checks">`. `word` says the state to those who do not see the icon.
#[component]
pub fn Check(
    state: CheckState,
    #[prop(into)] word: String,
    #[prop(into)] title: String,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let (class, icon) = match state {
        CheckState::Ok => ("checks__item checks__item--ok", "check"),
        CheckState::Fail => ("checks__item checks__item--fail", "x"),
        CheckState::Wait => ("checks__item checks__item--wait", "clock"),
        CheckState::Skip => ("checks__item checks__item--skip", "help-circle"),
    };
    view! {
        <li class=class>
            <Icon name=icon class="icon checks__icon"/>
            <div>
                <p class="checks__title"><span class="vh">{word} ": "</span>{title}</p>
                {children.map(|children| view! { <div class="checks__text">{children()}</div> })}
            </div>
        </li>
    }
}

/// Where a value lies between `min` and `max`, in percent with one decimal, clamped.
pub fn percent_between(value: i32, min: i32, max: i32) -> f64 {
    if max <= min {
        return 0.0;
    }
    let share = f64::from(value.clamp(min, max) - min) / f64::from(max - min);
    (share * 1000.0).round() / 10.0
}

/// A score on its scale with the pass mark drawn. `words` are ready sentences.
#[component]
pub fn ScoreScale(
    score: i32,
    min: i32,
    max: i32,
    pass_mark: i32,
    passed: bool,
    /// "of 1000".
    #[prop(into)]
    of: String,
    /// "Pass" or "Fail".
    #[prop(into)]
    verdict: String,
    /// "Pass mark 720".
    #[prop(into)]
    pass_mark_label: String,
    /// The whole picture in one sentence.
    #[prop(into)]
    description: String,
) -> impl IntoView {
    let at = percent_between(score, min, max);
    let mark = percent_between(pass_mark, min, max);
    let anchor = if mark < 12.0 {
        "start"
    } else if mark > 88.0 {
        "end"
    } else {
        "middle"
    };
    let (at, mark) = (format!("{at}%"), format!("{mark}%"));
    view! {
        <figure class=if passed { "scale scale--pass" } else { "scale scale--fail" } dir="ltr">
            <figcaption class="scale__head">
                <span class="scale__score num">{score}</span>
                <span class="scale__of">{of}</span>
                <span class="scale__verdict">{verdict}</span>
            </figcaption>
            <svg class="scale__plot" role="img" aria-label=description height="64" width="100%">
                <rect class="scale__track" x="0" y="26" width="100%" height="10"></rect>
                <rect class="scale__fill" x="0" y="26" width=at.clone() height="10"></rect>
                <line class="scale__pass" x1=mark.clone() x2=mark.clone() y1="18" y2="44"></line>
                <text class="scale__label scale__label--pass" x=mark y="12" text-anchor=anchor>{pass_mark_label}</text>
                <circle class="scale__dot" cx=at cy="31" r="8"></circle>
                <text class="scale__label" x="0" y="60" text-anchor="start">{min}</text>
                <text class="scale__label" x="100%" y="60" text-anchor="end">{max}</text>
            </svg>
        </figure>
    }
}

/// One domain of a score report (`<ul class="domains">`): a bar and a word, never a number of questions.
#[component]
pub fn DomainBar(
    #[prop(into)] name: String,
    meets: bool,
    /// "Meets competencies" or "Needs improvement".
    #[prop(into)]
    verdict: String,
    /// Length of the bar, 0 to 100.
    percent: u8,
    /// "30% of scored content".
    #[prop(into)]
    note: String,
) -> impl IntoView {
    let (class, icon) = if meets { ("domain domain--meets", "check") } else { ("domain domain--needs", "alert-triangle") };
    view! {
        <li class=class>
            <div class="domain__head">
                <h3 class="domain__name">{name}</h3>
                <p class="domain__verdict">
                    <Icon name=icon class="icon icon--s"/>
                    {verdict.clone()}
                </p>
            </div>
            <svg class="bar" dir="ltr" role="img" aria-label=verdict height="10" width="100%">
                <rect class="bar__track" width="100%" height="10"></rect>
                <rect class="bar__fill" width=format!("{}%", percent.min(100)) height="10"></rect>
            </svg>
            <p class="domain__note">{note}</p>
        </li>
    }
}

/// Shares of a whole: `(name, percent, percent as the reader writes it)`.
#[component]
pub fn Weights(items: Vec<(String, i32, String)>) -> impl IntoView {
    view! {
        <ul class="weights">
            {items
                .into_iter()
                .map(|(name, percent, value)| {
                    view! {
                        <li class="weights__item">
                            <span class="weights__name">{name}</span>
                            <svg class="bar" aria-hidden="true" height="10" width="100%">
                                <rect class="bar__track" width="100%" height="10"></rect>
                                <rect class="bar__fill" width=format!("{}%", percent.clamp(0, 100)) height="10"></rect>
                            </svg>
                            <span class="weights__value num">{value}</span>
                        </li>
                    }
                })
                .collect_view()}
        </ul>
    }
}

/// A sum of money in the making: `(label, amount)`, the last row being the total.
#[component]
pub fn Totals(rows: Vec<(String, String)>) -> impl IntoView {
    let last = rows.len().saturating_sub(1);
    view! {
        <dl class="totals">
            {rows
                .into_iter()
                .enumerate()
                .map(|(index, (label, amount))| {
                    let class = if index == last { "totals__row totals__row--sum" } else { "totals__row" };
                    view! { <div class=class><dt>{label}</dt><dd>{amount}</dd></div> }
                })
                .collect_view()}
        </dl>
    }
}

/// The head of a page that tells of something done: what, and the reference to quote.
#[component]
pub fn Confirm(
    #[prop(into)] title: String,
    #[prop(optional, into)] text: Option<String>,
    #[prop(optional, into)] reference: Option<String>,
    #[prop(default = "confirm-title")] title_id: &'static str,
) -> impl IntoView {
    view! {
        <section class="confirm" aria-labelledby=title_id>
            <Icon name="check-circle" class="icon icon--l confirm__icon"/>
            <h1 class="confirm__title" id=title_id>{title}</h1>
            {text.map(|text| view! { <p class="confirm__text">{text}</p> })}
            {reference.map(|reference| view! { <p class="confirm__ref">{reference}</p> })}
        </section>
    }
}

/// More to read for those who want it.
#[component]
pub fn Details(#[prop(into)] summary: String, children: Children) -> impl IntoView {
    view! {
        <details class="details">
            <summary class="details__summary">{summary}</summary>
            <div class="details__body">{children()}</div>
        </details>
    }
}

/// One tile of `<dl class="stats">`.
#[component]
pub fn Stat(
    #[prop(into)] label: String,
    #[prop(into)] value: String,
    #[prop(optional, into)] unit: Option<String>,
    #[prop(optional, into)] note: Option<String>,
) -> impl IntoView {
    view! {
        <div class="stat">
            <dt class="stat__label">{label}</dt>
            <dd class="stat__value num">{value}{unit.map(|unit| view! { <span class="stat__unit">{unit}</span> })}</dd>
            {note.map(|note| view! { <dd class="stat__note">{note}</dd> })}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::percent_between;

    #[test]
    fn a_score_lies_on_its_scale() {
        assert_eq!(percent_between(782, 100, 1000), 75.8);
        assert_eq!(percent_between(720, 100, 1000), 68.9);
        assert_eq!(percent_between(100, 100, 1000), 0.0);
        assert_eq!(percent_between(1200, 100, 1000), 100.0);
        assert_eq!(percent_between(5, 5, 5), 0.0);
    }
}
