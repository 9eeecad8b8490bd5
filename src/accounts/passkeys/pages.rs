//! `/account/security/passkeys`, and what other pages show of passkeys.

use super::api::{PasskeyRemove, PasskeyRename};
use super::islands::{PasskeyButton, PasskeyWords};
use super::relying_party::{Availability, availability};
use super::service;
use super::store::Listed;
use crate::accounts::pages::{VerifyFirst, flash, next};
use crate::server::{RequestContext, format, request};
use crate::tr;
use crate::ui::{Alert, AlertKind, BackLink, Empty, ErrorSummary, Form, HiddenField, PageHead, PageTitle, TextField, loaded, param};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// The field with the name of a new passkey.
const NAME: &str = "passkey_name";

fn words(cx: &RequestContext, button: &'static str) -> PasskeyWords {
    let locale = cx.locale;
    PasskeyWords {
        button: button.to_owned(),
        waiting: tr!(locale, factors.pk_waiting).to_owned(),
        unsupported: tr!(locale, factors.pk_unsupported).to_owned(),
        outdated: tr!(locale, factors.pk_outdated).to_owned(),
        cancelled: tr!(locale, factors.pk_cancelled).to_owned(),
        already: tr!(locale, factors.pk_already).to_owned(),
        wrong_host: tr!(locale, factors.pk_wrong_host, url = cx.state.config.public_url.clone()).to_string(),
        refused: tr!(locale, factors.pk_refused).to_owned(),
        over: tr!(locale, factors.pk_over).to_owned(),
        wait: tr!(locale, factors.pk_wait).to_owned(),
        failed: tr!(locale, factors.pk_failed).to_owned(),
    }
}

/// The button, or why there is none here.
fn button(cx: &RequestContext, purpose: &'static str, label: &'static str, input: &'static str) -> AnyView {
    let locale = cx.locale;
    match availability(cx) {
        Availability::Here(_) => view! {
            <noscript><p class="muted">{tr!(locale, factors.pk_noscript)}</p></noscript>
            <PasskeyButton
                purpose=purpose.to_owned()
                input=input.to_owned()
                next=next(cx)
                autofill={purpose == "login"}
                words=words(cx, label)
            />
        }
        .into_any(),
        Availability::Elsewhere(url) => view! {
            <p class="muted">
                {tr!(locale, factors.pk_elsewhere)} " " <a href=url.clone() rel="external">{tr!(locale, factors.pk_elsewhere_link)}</a>
            </p>
        }
        .into_any(),
        Availability::Nowhere => view! { <p class="muted">{tr!(locale, factors.pk_nowhere)}</p> }.into_any(),
    }
}

/// On the sign-in page: the passkey in place of the password.
#[component]
pub fn PasskeyLogin() -> impl IntoView {
    let cx = request();
    // A portal without a name has no passkeys: nobody who signs in can do anything about it.
    if matches!(availability(&cx), Availability::Nowhere) {
        return ().into_any();
    }
    let label = tr!(cx.locale, factors.pk_sign_in);
    view! { <div class="auth__alt">{button(&cx, "login", label, "")}</div> }.into_any()
}

/// What else somebody can do whose password is locked (product.md section 2).
pub fn locked_hint() -> Option<AnyView> {
    let cx = request();
    let here = matches!(availability(&cx), Availability::Here(_));
    here.then(|| view! { <li>{tr!(cx.locale, factors.pk_locked)}</li> }.into_any())
}

/// For somebody who has a passkey, where a second factor or a fresh proof is asked for: `purpose` is `second_factor`, `confirm` or `merge`.
#[component]
pub fn PasskeyInstead(purpose: &'static str) -> impl IntoView {
    let cx = request();
    let label = tr!(cx.locale, factors.pk_use);
    view! { <div class="auth__alt">{button(&cx, purpose, label, "")}</div> }
}

/// The list, and a new one.
#[component]
pub fn PasskeysPage() -> impl IntoView {
    let cx = request();
    loaded(async move {
        let locale = cx.locale;
        let passkeys = service::list(&cx).await?;
        let full = passkeys.len() >= service::MOST;
        let suggested = service::suggested_name(&cx);
        let staff_note = cx.owes_factor().then(|| {
            view! { <Alert kind=AlertKind::Info><p>{tr!(locale, factors.pk_staff_must)}</p></Alert> }
        });
        let rows = passkeys.into_iter().map(|passkey| row(&cx, passkey)).collect_view();
        let list = if rows.is_empty() {
            view! { <Empty icon="fingerprint" title=tr!(locale, factors.pk_empty_title) text=tr!(locale, factors.pk_empty_text)/> }
                .into_any()
        } else {
            view! { <ul class="rows">{rows}</ul> }.into_any()
        };
        let add = if !cx.viewer()?.email_verified {
            view! { <VerifyFirst/> }.into_any()
        } else if full {
            view! { <p>{tr!(locale, factors.pk_full)}</p> }.into_any()
        } else if matches!(availability(&cx), Availability::Here(_)) {
            view! {
                <div class="form">
                    <TextField
                        name=NAME
                        label=tr!(locale, factors.pk_name)
                        hint=tr!(locale, factors.pk_name_hint)
                        value=suggested
                        maxlength=60
                        autocomplete="off"
                    />
                    {button(&cx, "register", tr!(locale, factors.pk_add), NAME)}
                </div>
            }
            .into_any()
        } else {
            button(&cx, "register", tr!(locale, factors.pk_add), NAME)
        };
        Ok(view! {
            <div class="wrap wrap--narrow stack stack--l">
                <BackLink href="/account/security" label=tr!(locale, accounts.security_title)/>
                <PageTitle text=tr!(locale, factors.pk_title)/>
                <ErrorSummary/>
                {flash(&cx, &[
                    ("passkey_added", tr!(locale, factors.pk_done_added)),
                    ("passkey_renamed", tr!(locale, factors.pk_done_renamed)),
                    ("passkey_removed", tr!(locale, factors.pk_done_removed)),
                ])}
                <PageHead title=tr!(locale, factors.pk_title) lead=tr!(locale, factors.pk_lead)/>
                {staff_note}
                {list}
                <section class="stack">
                    <h2>{tr!(locale, factors.pk_add_title)}</h2>
                    <p class="muted">{tr!(locale, factors.pk_add_text)}</p>
                    {add}
                </section>
            </div>
        })
    })
}

fn row(cx: &RequestContext, passkey: Listed) -> AnyView {
    let locale = cx.locale;
    view! {
        <li class="row">
            <div class="row__main">
                <a class="row__title" href=format!("/account/security/passkeys/{}", passkey.id)>{passkey.name.clone()}</a>
                <p class="row__text">{dates(cx, &passkey)}</p>
            </div>
            <div class="row__side">
                <a class="btn btn--small" href=format!("/account/security/passkeys/{}", passkey.id)>
                    {tr!(locale, factors.pk_manage)}
                    <span class="vh">" " {passkey.name}</span>
                </a>
            </div>
        </li>
    }
    .into_any()
}

fn dates(cx: &RequestContext, passkey: &Listed) -> AnyView {
    let (locale, zone) = (cx.locale, cx.time_zone());
    let added = format::date(locale, format::day_in(passkey.created_at, zone));
    let used = match passkey.last_used_at {
        Some(at) => {
            let used = format::date_time_short(locale, at, zone);
            view! { {tr!(locale, accounts.last_used)} " " <time datetime=at.to_rfc3339()>{used}</time> }.into_any()
        }
        None => tr!(locale, factors.pk_never_used).into_any(),
    };
    view! {
        <time datetime=passkey.created_at.to_rfc3339()>{tr!(locale, factors.pk_added_on, day = added).to_string()}</time>
        " · "
        {used}
    }
    .into_any()
}

/// One passkey: its name, and the end of it.
#[component]
pub fn PasskeyPage() -> impl IntoView {
    let cx = request();
    let id = param("id");
    loaded(async move {
        let locale = cx.locale;
        let passkey = service::one(&cx, &id).await?;
        let staff = cx.viewer()?.is_staff();
        Ok(view! {
            <div class="wrap wrap--narrow stack stack--l">
                <BackLink href="/account/security/passkeys" label=tr!(locale, factors.pk_title)/>
                <PageTitle text=tr!(locale, factors.pk_passkey)/>
                <ErrorSummary/>
                <div>
                    <PageHead title=passkey.name.clone() kicker=tr!(locale, factors.pk_passkey)/>
                    <p class="muted">{dates(&cx, &passkey)}</p>
                </div>
                <Form action=PasskeyRename::PATH>
                    <HiddenField name="passkey" value=passkey.id.to_string()/>
                    <TextField
                        name="name"
                        label=tr!(locale, factors.pk_name)
                        hint=tr!(locale, factors.pk_name_hint)
                        value=passkey.name.clone()
                        maxlength=60
                        autocomplete="off"
                    />
                    <div class="actions">
                        <button class="btn btn--primary">{tr!(locale, factors.pk_rename)}</button>
                    </div>
                </Form>
                <section class="stack">
                    <h2>{tr!(locale, factors.pk_remove_title)}</h2>
                    <p>{tr!(locale, factors.pk_remove_text)}</p>
                    {staff.then(|| view! { <p>{tr!(locale, factors.pk_staff_keep)}</p> })}
                    <Form action=PasskeyRemove::PATH class="">
                        <HiddenField name="passkey" value=passkey.id.to_string()/>
                        <button class="btn btn--danger">{tr!(locale, factors.pk_remove)}</button>
                    </Form>
                </section>
            </div>
        })
    })
}
