//! The local mailbox: a list beside a reading view. Without a message in the address the newest one is open.

use crate::demo::mailbox::{self, Filter, Line, Message};
use crate::error::AppError;
use crate::ids::MessageId;
use crate::server::http::headers::page_policy;
use crate::server::http::respond;
use crate::server::{RequestContext, format, request};
use crate::tr;
use crate::ui::{Details, Empty, Icon, PageHead, PageTitle, Pages, Summary, SummaryRow, Time, loaded, param};
use leptos::prelude::*;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::sync::Arc;

#[component]
pub fn MailboxPage() -> impl IntoView {
    reader(request(), None)
}

#[component]
pub fn MailPage() -> impl IntoView {
    reader(request(), Some(param("id")))
}

fn reader(cx: Arc<RequestContext>, id: Option<String>) -> AnyView {
    // The message stands in a frame of this site, which no other page may hold.
    let nonce = leptos::nonce::use_nonce().map(|nonce| nonce.to_string()).unwrap_or_default();
    respond::header("content-security-policy", &format!("{}; frame-src 'self'", page_policy(&nonce, cfg!(debug_assertions))));
    loaded(async move {
        let locale = cx.locale;
        let db = &cx.state.db;
        let filter = Filter { to: cx.query("to").map(str::to_owned), words: cx.query("q").map(str::to_owned) };
        let total = mailbox::count(db, &filter).await?;
        let pages = (total + mailbox::PAGE - 1) / mailbox::PAGE;
        let page = cx.query("page").and_then(|page| page.parse().ok()).unwrap_or(1).clamp(1, pages.max(1));
        let lines = mailbox::lines(db, &filter, page).await?;
        let wanted = match &id {
            Some(id) => Some(id.parse::<MessageId>().map_err(|_| AppError::NotFound)?),
            None => lines.first().map(|line| line.id),
        };
        let open = match wanted {
            Some(id) => Some(mailbox::message(db, id).await?.ok_or(AppError::NotFound)?),
            None => None,
        };
        let addresses = mailbox::addresses(db).await?;
        let title = match (&open, &id) {
            (Some(message), Some(_)) => message.subject.clone(),
            _ => tr!(locale, demo.mailbox_title).to_owned(),
        };
        let filtered = filter.to.is_some() || filter.words.is_some();
        let body = match open {
            Some(open) => {
                let href = {
                    let filter = filter.clone();
                    move |page: i64| format!("/mailbox?page={page}{}", filter_query(&filter))
                };
                view! {
                    <p class="muted">{tr!(locale, demo.mailbox_count, count = total as u64).to_string()}</p>
                    <div class="mailbox">
                        {list(&cx, &filter, lines, open.id)}
                        {reading(&cx, open)}
                    </div>
                    <Pages current=page total=pages href/>
                }
                .into_any()
            }
            None if filtered => view! {
                <Empty icon="search" title=tr!(locale, demo.mailbox_none_title) text=tr!(locale, demo.mailbox_none_text)>
                    <a class="btn btn--primary" href="/mailbox">{tr!(locale, demo.mailbox_all)}</a>
                </Empty>
            }
            .into_any(),
            None => view! {
                <Empty icon="inbox" title=tr!(locale, demo.mailbox_empty_title) text=tr!(locale, demo.mailbox_empty_text)>
                    <a class="btn btn--primary" href="/register">{tr!(locale, common.nav_register)}</a>
                </Empty>
            }
            .into_any(),
        };
        Ok(view! {
            <PageTitle text=title/>
            <div class="wrap wrap--wide stack">
                <PageHead title=tr!(locale, demo.mailbox_title) lead=tr!(locale, demo.mailbox_lead)/>
                {filters(&cx, &filter, addresses)}
                {body}
            </div>
        })
    })
}

/// `&to=…&q=…` of a filter.
fn filter_query(filter: &Filter) -> String {
    let part = |name: &str, value: &Option<String>| {
        value.as_ref().map(|value| format!("&{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC))).unwrap_or_default()
    };
    part("to", &filter.to) + &part("q", &filter.words)
}

fn filters(cx: &RequestContext, filter: &Filter, addresses: Vec<String>) -> impl IntoView + use<> {
    let locale = cx.locale;
    let chosen = filter.to.clone().unwrap_or_default();
    let options = addresses
        .into_iter()
        .map(|address| {
            let selected = address.eq_ignore_ascii_case(&chosen);
            view! { <option value=address.clone() selected=selected>{address.clone()}</option> }
        })
        .collect_view();
    view! {
        <form class="filters" method="get" action="/mailbox" role="search">
            <div class="field">
                <label class="field__label" for="to">{tr!(locale, demo.mailbox_to)}</label>
                <select class="select" id="to" name="to">
                    <option value="">{tr!(locale, demo.mailbox_everybody)}</option>
                    {options}
                </select>
            </div>
            <div class="field filters__grow">
                <label class="field__label" for="q">{tr!(locale, demo.mailbox_search)}</label>
                <input class="input" id="q" name="q" type="search" value=filter.words.clone().unwrap_or_default() maxlength="100"/>
            </div>
            <button class="btn">{tr!(locale, demo.mailbox_show)}</button>
            <a class="btn btn--quiet" href="/mailbox">{tr!(locale, demo.mailbox_clear)}</a>
        </form>
    }
}

fn list(cx: &RequestContext, filter: &Filter, lines: Vec<Line>, open: MessageId) -> impl IntoView + use<> {
    let locale = cx.locale;
    let zone = cx.time_zone();
    let sender = cx.programme().short_name.clone();
    let query = filter_query(filter);
    let query = if query.is_empty() { query } else { format!("?{}", &query[1..]) };
    let items = lines
        .into_iter()
        .map(|line| {
            let date = format::date_time_short(locale, line.created_at, zone);
            view! {
                <li>
                    <a class="mail" href=format!("/mailbox/{}{query}", line.id) aria-current=(line.id == open).then_some("true")>
                        <span class="mail__from">{sender.clone()}</span>
                        <Time class="mail__date" datetime=line.created_at.to_rfc3339() text=date/>
                        <span class="mail__subject">{line.subject}</span>
                        <span class="mail__to">{tr!(locale, demo.mailbox_to_name, address = line.to_address).to_string()}</span>
                    </a>
                </li>
            }
        })
        .collect_view();
    view! { <ul class="mailbox__list" aria-label=tr!(locale, demo.mailbox_list)>{items}</ul> }
}

fn reading(cx: &RequestContext, message: Message) -> impl IntoView + use<> {
    let locale = cx.locale;
    let zone = cx.time_zone();
    let links = message.links(&cx.state.config.public_url);
    let links = (!links.is_empty()).then(|| {
        let items = links.into_iter().map(|link| view! { <li><a href=link.clone()>{link.clone()}</a></li> }).collect_view();
        view! { <SummaryRow key=tr!(locale, demo.mailbox_links)><ul class="plainlist mailbox__links">{items}</ul></SummaryRow> }
    });
    let attachments = (!message.attachments.is_empty()).then(|| {
        let items = message
            .attachments
            .iter()
            .enumerate()
            .map(|(number, attachment)| {
                view! {
                    <li class="files__item">
                        <Icon name="paperclip"/>
                        <a class="files__name" href=format!("/mailbox/{}/attachments/{number}", message.id) rel="external" download>
                            {attachment.name.clone()}
                        </a>
                        <span class="files__meta">{attachment.media_type.clone()}</span>
                    </li>
                }
            })
            .collect_view();
        view! { <SummaryRow key=tr!(locale, demo.mailbox_attachments)><ul class="files">{items}</ul></SummaryRow> }
    });
    let delivery = match message.sent_at {
        Some(at) => format!("{}, {}", tr!(locale, demo.mailbox_sent), format::date_time_short(locale, at, zone)),
        None => tr!(locale, demo.mailbox_waiting).to_owned(),
    };
    let date = format::date_time(locale, message.created_at, zone);
    let to = if message.to_name.is_empty() { message.to_address.clone() } else { format!("{} <{}>", message.to_name, message.to_address) };
    let body = if message.channel == "sms" {
        // A message of a few lines: nothing to frame.
        view! { <div class="mailbox__text"><pre class="mailbox__plain">{message.text}</pre></div> }.into_any()
    } else {
        view! {
            <iframe
                class="mailbox__frame"
                title=tr!(locale, demo.mailbox_frame)
                sandbox="allow-top-navigation-by-user-activation"
                src=format!("/mailbox/{}/html", message.id)
            ></iframe>
            <div class="mailbox__text">
                <Details summary=tr!(locale, demo.mailbox_text)><pre class="mailbox__plain">{message.text}</pre></Details>
            </div>
        }
        .into_any()
    };
    view! {
        <article class="mailbox__read">
            <header class="mailbox__head">
                <h2 class="mailbox__subject">{message.subject.clone()}</h2>
                <Summary class="summary summary--plain">
                    <SummaryRow key=tr!(locale, demo.mailbox_to)>{to}</SummaryRow>
                    <SummaryRow key=tr!(locale, demo.mailbox_date)>
                        <Time datetime=message.created_at.to_rfc3339() text=date/>
                    </SummaryRow>
                    <SummaryRow key=tr!(locale, demo.mailbox_delivery)>{delivery}</SummaryRow>
                    {links}
                    {attachments}
                </Summary>
            </header>
            {body}
        </article>
    }
}
