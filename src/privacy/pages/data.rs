//! `/account/data`: download everything, and the ways to the rest.

use super::erasure_banner;
use crate::accounts::pages::flash;
use crate::privacy::api::AskExport;
use crate::privacy::export::{self, ExportRow, State};
use crate::privacy::rules::EXPORTS_PER_DAY;
use crate::server::{RequestContext, format, request};
use crate::tr;
use crate::ui::{BackLink, ErrorSummary, Form, PageHead, PageTitle, Tag, Tone, loaded};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use std::sync::Arc;

#[component]
pub fn DataPage() -> impl IntoView {
    let cx = request();
    loaded(async move {
        let locale = cx.locale;
        let exports = export::own(&cx).await?;
        let banner = erasure_banner(&cx).await?;
        let preparing = exports.iter().any(|export| export.state(cx.now()) == State::Preparing);
        let list = if exports.is_empty() {
            view! { <p class="muted">{tr!(locale, privacy.none)}</p> }.into_any()
        } else {
            view! { <ul class="rows">{exports.into_iter().map(|export| row(&cx, export)).collect_view()}</ul> }.into_any()
        };
        let ask = if preparing {
            view! { <p>{tr!(locale, privacy.preparing_text)} " " <a href="/account/data">{tr!(locale, privacy.look_again)}</a></p> }
                .into_any()
        } else {
            view! {
                <Form action=AskExport::PATH class="">
                    <button class="btn btn--primary">{tr!(locale, privacy.ask)}</button>
                </Form>
            }
            .into_any()
        };
        let may_merge = cx.candidate().is_ok_and(|viewer| !viewer.is_staff());
        Ok(view! {
            <div class="wrap wrap--narrow stack stack--l">
                <BackLink href="/account" label=tr!(locale, accounts.profile_title)/>
                <PageTitle text=tr!(locale, privacy.title)/>
                <ErrorSummary/>
                {flash(&cx, &[("asked", tr!(locale, privacy.done_asked))])}
                <PageHead title=tr!(locale, privacy.title) lead=tr!(locale, privacy.lead)/>
                {banner}
                <section class="stack">
                    <h2>{tr!(locale, privacy.download_title)}</h2>
                    <p>{tr!(locale, privacy.download_text, count = EXPORTS_PER_DAY).to_string()}</p>
                    {list}
                    {ask}
                </section>
                {may_merge
                    .then(|| {
                        view! {
                            <section class="stack">
                                <h2>{tr!(locale, merge.title)}</h2>
                                <p>{tr!(locale, merge.lead)}</p>
                                <p><a href="/account/merge">{tr!(locale, merge.link)}</a></p>
                            </section>
                        }
                    })}
                <section class="stack">
                    <h2>{tr!(locale, privacy.erase_title)}</h2>
                    <p>{tr!(locale, privacy.erase_lead)}</p>
                    <p><a href="/account/data/erase">{tr!(locale, privacy.erase_link)}</a></p>
                </section>
            </div>
        })
    })
}

fn row(cx: &Arc<RequestContext>, export: ExportRow) -> AnyView {
    let (locale, zone) = (cx.locale, cx.time_zone());
    let asked = format::date_time(locale, export.requested_at, zone);
    let until = export.expires_at.map(|until| format::date_time(locale, until, zone)).unwrap_or_default();
    let (tone, word, text) = match export.state(cx.now()) {
        State::Preparing => (Tone::Info, tr!(locale, privacy.state_preparing), String::new()),
        State::Ready => (Tone::Ok, tr!(locale, privacy.state_ready), tr!(locale, privacy.until, until = until).to_string()),
        State::Expired => (Tone::Off, tr!(locale, privacy.state_expired), tr!(locale, privacy.deleted_on, until = until).to_string()),
    };
    let link = (export.state(cx.now()) == State::Ready).then(|| {
        view! {
            <a class="btn btn--small" href=format!("/account/data/download/{}", export.id) rel="external">
                {tr!(locale, privacy.download)}
            </a>
        }
    });
    view! {
        <li class="row">
            <div class="row__main">
                <p class="row__title">{tr!(locale, privacy.asked_on, when = asked).to_string()}</p>
                <p class="row__text">{text}</p>
            </div>
            <div class="row__side">
                <Tag tone text=word/>
                {link}
            </div>
        </li>
    }
    .into_any()
}
