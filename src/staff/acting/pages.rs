//! What is said while somebody acts: the bar on every page, and the page in the place of those that are closed.

use super::api::StopActing;
use crate::server::http::respond;
use crate::server::{RequestContext, format, request};
use crate::tr;
use crate::ui::{Form, Icon};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// How every page's title begins while acting: it is what a screen reader reads first, and what a list of tabs shows.
pub fn title(cx: &RequestContext) -> String {
    cx.acting.as_ref().map(|_| format!("{}: ", tr!(cx.locale, acting.title, name = name(cx)))).unwrap_or_default()
}

fn name(cx: &RequestContext) -> String {
    cx.viewer.as_ref().map(|viewer| viewer.full_name()).unwrap_or_default()
}

/// Who acts, for whom and until when, with the way out. Cannot be put away, stays in sight, and is printed.
#[component]
pub fn ActingBar() -> impl IntoView {
    let cx = request();
    let acting = cx.acting.clone()?;
    let (locale, zone) = (cx.locale, cx.time_zone());
    let local = acting.ends_at.with_timezone(&zone);
    let until = format!("{} {}", format::time(locale, local.time()), format::zone_name(acting.ends_at, zone));
    let candidate_id = cx.viewer.as_ref().and_then(|viewer| viewer.candidate_id.clone());
    Some(view! {
        <div class="acting" role="region" aria-label=tr!(locale, acting.region)>
            <div class="acting__in wrap">
                <Icon name="users"/>
                <p class="acting__text">
                    <strong>{tr!(locale, acting.bar, name = name(&cx)).to_string()}</strong>
                    {candidate_id.map(|id| view! { " " <code class="id acting__id">{id}</code> })}
                    " "
                    <span class="acting__more">
                        <bdi>{acting.actor.full_name()}</bdi>
                        " · "
                        <time datetime=acting.ends_at.to_rfc3339()>{tr!(locale, acting.until, time = until).to_string()}</time>
                    </span>
                </p>
                <Form action=StopActing::PATH class="acting__form">
                    <button class="acting__stop">{tr!(locale, acting.stop)}</button>
                </Form>
            </div>
        </div>
    })
}

/// In the place of a page that is closed while acting: what stays with the candidate, and the ways on.
#[component]
pub fn ClosedPage() -> impl IntoView {
    let cx = request();
    let locale = cx.locale;
    respond::status(403);
    view! {
        <leptos_meta::Title text=format!("{}{}", tr!(locale, errors.prefix), tr!(locale, acting.closed_title))/>
        <section class="oops">
            <p class="oops__code">"403"</p>
            <h1 class="oops__title">{tr!(locale, acting.closed_title)}</h1>
            <p class="oops__text">{tr!(locale, acting.closed_text, name = name(&cx)).to_string()}</p>
            <div class="actions">
                <a class="btn btn--primary" href="/dashboard">{tr!(locale, acting.to_overview)}</a>
                <Form action=StopActing::PATH class="">
                    <button class="btn">{tr!(locale, acting.stop)}</button>
                </Form>
            </div>
        </section>
    }
}
