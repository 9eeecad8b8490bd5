//! `/account/emails` with its list, `/account/emails/add`, and a page for each address.

use super::api::{AddEmail, PrimaryEmail, RemoveEmail, ResendEmail};
use super::rules::WAITS;
use super::service;
use super::store::Address;
use crate::accounts::pages::{VerifyFirst, flash};
use crate::server::{RequestContext, format, request};
use crate::tr;
use crate::ui::{
    BackLink, CheckboxField, ErrorSummary, Form, HiddenField, PageHead, PageTitle, Summary, SummaryRow, Tag, TextField, Tone, loaded, param,
};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use std::sync::Arc;

/// `/account/emails`.
#[component]
pub fn EmailsPage() -> impl IntoView {
    let cx = request();
    loaded(async move {
        let locale = cx.locale;
        let addresses = service::list(&cx).await?;
        let verified = cx.viewer()?.email_verified;
        let full = addresses.len() >= super::rules::LIMIT;
        let rows = addresses.into_iter().map(|address| row(&cx, address)).collect_view();
        let limit = tr!(locale, contact.emails_full, count = super::rules::LIMIT).to_string();
        Ok(view! {
            <div class="wrap wrap--narrow stack stack--l">
                <BackLink href="/account" label=tr!(locale, accounts.profile_title)/>
                <PageTitle text=tr!(locale, contact.emails_title)/>
                <ErrorSummary/>
                {flash(&cx, &[
                    ("added", tr!(locale, contact.done_added)),
                    ("resent", tr!(locale, contact.done_resent)),
                    ("verified", tr!(locale, contact.done_verified)),
                    ("primary", tr!(locale, contact.done_primary)),
                    ("removed", tr!(locale, contact.done_removed)),
                ])}
                <PageHead title=tr!(locale, contact.emails_title) lead=tr!(locale, contact.emails_lead)/>
                <ul class="rows">{rows}</ul>
                {if !verified {
                    view! { <VerifyFirst/> }.into_any()
                } else if full {
                    view! { <p class="muted">{limit}</p> }.into_any()
                } else {
                    view! {
                        <div class="actions">
                            <a class="btn btn--primary" href="/account/emails/add">{tr!(locale, contact.add)}</a>
                            <a class="btn" href="/account/emails/add?main=1">{tr!(locale, contact.use_new)}</a>
                        </div>
                    }
                        .into_any()
                }}
            </div>
        })
    })
}

/// What an address is, as tags.
fn tags(cx: &RequestContext, address: &Address) -> impl IntoView + use<> {
    let locale = cx.locale;
    let state = match address.verified_at {
        Some(_) => view! { <Tag tone=Tone::Ok text=tr!(locale, accounts.verified)/> },
        None => view! { <Tag tone=Tone::Warn text=tr!(locale, accounts.not_verified)/> },
    };
    let main = address.is_primary.then(|| view! { <Tag tone=Tone::Accent text=tr!(locale, contact.primary)/> " " });
    view! { {main} {state} }
}

fn row(cx: &Arc<RequestContext>, address: Address) -> AnyView {
    let (locale, zone) = (cx.locale, cx.time_zone());
    let added = tr!(locale, contact.added_on, day = format::date(locale, format::day_in(address.created_at, zone))).to_string();
    let waiting = (address.verified_at.is_none() && !address.is_primary).then(|| {
        let until = format::date_time_short(locale, address.created_at + WAITS, zone);
        let text = if address.becomes_primary {
            tr!(locale, contact.waits_main, until = until).to_string()
        } else {
            tr!(locale, contact.waits, until = until).to_string()
        };
        view! { <p class="row__text">{text}</p> }
    });
    let id = address.id.to_string();
    let of = address.address.clone();
    let resend = address.verified_at.is_none().then(|| {
        let (id, of) = (id.clone(), of.clone());
        view! {
            <Form action=ResendEmail::PATH class="">
                <HiddenField name="id" value=id/>
                <button class="btn btn--small">{tr!(locale, contact.resend)}<span class="vh">": " {of}</span></button>
            </Form>
        }
    });
    // Waiting ones can be taken off at once; what counts has a page that says what follows.
    let change = match (address.is_primary, address.verified_at) {
        (true, _) => ().into_any(),
        (false, None) => view! {
            <Form action=RemoveEmail::PATH class="">
                <HiddenField name="id" value=id/>
                <button class="btn btn--small btn--quiet">{tr!(locale, contact.remove)}<span class="vh">": " {of}</span></button>
            </Form>
        }
        .into_any(),
        (false, Some(_)) => view! {
            <a class="btn btn--small" href=format!("/account/emails/{id}")>
                {tr!(locale, common.change)}<span class="vh">": " {of}</span>
            </a>
        }
        .into_any(),
    };
    let tags = tags(cx, &address);
    view! {
        <li class="row">
            <div class="row__main">
                <p class="row__title"><bdi>{address.address}</bdi></p>
                <p class="row__text">{tags} " " <time datetime=address.created_at.to_rfc3339()>{added}</time></p>
                {waiting}
            </div>
            <div class="row__side">{resend} {change}</div>
        </li>
    }
    .into_any()
}

/// `/account/emails/add`. With `?main=1` the new address is to become the main one: the change of address in one step.
#[component]
pub fn AddEmailPage() -> impl IntoView {
    let cx = request();
    let locale = cx.locale;
    let main = cx.query("main").is_some();
    let (title, lead) = if main {
        (tr!(locale, contact.use_new), tr!(locale, contact.use_new_lead))
    } else {
        (tr!(locale, contact.add), tr!(locale, contact.add_lead))
    };
    if cx.viewer().is_ok_and(|viewer| !viewer.email_verified) {
        return view! {
            <div class="wrap wrap--narrow stack">
                <BackLink href="/account/emails" label=tr!(locale, contact.emails_title)/>
                <PageTitle text=title/>
                <ErrorSummary/>
                <PageHead title lead/>
                <VerifyFirst/>
            </div>
        }
        .into_any();
    }
    view! {
        <div class="wrap wrap--narrow stack">
            <BackLink href="/account/emails" label=tr!(locale, contact.emails_title)/>
            <PageTitle text=title/>
            <ErrorSummary/>
            <PageHead title lead/>
            <Form action=AddEmail::PATH>
                <TextField name="email" kind="email" label=tr!(locale, contact.new_address) autocomplete="email"/>
                <CheckboxField
                    name="becomes_primary"
                    label=move || tr!(locale, contact.becomes_primary)
                    hint=tr!(locale, contact.becomes_primary_hint)
                    checked=main
                />
                <div class="actions">
                    <button class="btn btn--primary">{tr!(locale, contact.send_link)}</button>
                    <a class="btn btn--quiet" href="/account/emails">{tr!(locale, common.cancel)}</a>
                </div>
            </Form>
        </div>
    }
    .into_any()
}

/// `/account/emails/:id`: one address, and what can be done with it.
#[component]
pub fn EmailPage() -> impl IntoView {
    let cx = request();
    let id = param("id");
    loaded(async move {
        let locale = cx.locale;
        let address = service::own(&cx, &id).await?;
        let added = format::date(locale, format::day_in(address.created_at, cx.time_zone()));
        let (id, same) = (address.id.to_string(), address.id.to_string());
        let primary = (address.verified_at.is_some() && !address.is_primary).then(|| {
            view! {
                <section class="section">
                    <h2>{tr!(locale, contact.make_primary)}</h2>
                    <p>{tr!(locale, contact.make_primary_text)}</p>
                    <Form action=PrimaryEmail::PATH class="">
                        <HiddenField name="id" value=same/>
                        <button class="btn btn--primary">{tr!(locale, contact.make_primary)}</button>
                    </Form>
                </section>
            }
        });
        let remove = if address.is_primary {
            view! { <p>{tr!(locale, contact.primary_stays)}</p> }.into_any()
        } else {
            view! {
                <section class="section">
                    <h2>{tr!(locale, contact.remove_title)}</h2>
                    <p>{tr!(locale, contact.remove_text)}</p>
                    <Form action=RemoveEmail::PATH class="">
                        <HiddenField name="id" value=id/>
                        <button class="btn btn--danger">{tr!(locale, contact.remove_title)}</button>
                    </Form>
                </section>
            }
            .into_any()
        };
        let tags = tags(&cx, &address);
        Ok(view! {
            <div class="wrap wrap--narrow stack">
                <BackLink href="/account/emails" label=tr!(locale, contact.emails_title)/>
                <PageTitle text=address.address.clone()/>
                <ErrorSummary/>
                <PageHead title=address.address.clone()/>
                <Summary>
                    <SummaryRow key=tr!(locale, contact.state)>{tags}</SummaryRow>
                    <SummaryRow key=tr!(locale, contact.added)>
                        <time datetime=address.created_at.to_rfc3339()>{added}</time>
                    </SummaryRow>
                </Summary>
                {primary}
                {remove}
            </div>
        }
        .into_any())
    })
}
