//! `/account/security` with password, second factors, trusted browsers and sessions; `/account/confirm`, where somebody proves
//! again who they are.

use super::recovery::UserName;
use super::{flash, next};
use crate::accounts::api::{ChangePassword, ConfirmIdentity, EndOtherSessions, EndSession, ResendVerification};
use crate::accounts::factor_api::StopTrusting;
use crate::accounts::factors::trusted::{self, TrustedView};
use crate::accounts::factors::{self, Factors, LAST_BACKUP_CODES};
use crate::accounts::passkeys::pages::PasskeyInstead;
use crate::accounts::service::{self, SessionView};
use crate::server::http::forms::with_next;
use crate::server::{RequestContext, format, request};
use crate::tr;
use crate::ui::{
    Alert, AlertKind, BackLink, CodeField, ErrorSummary, Form, HiddenField, PageHead, PageTitle, PasswordField, Summary, SummaryRow, Tag,
    Tone, loaded,
};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use std::sync::Arc;

#[component]
pub fn SecurityPage() -> impl IntoView {
    let cx = request();
    loaded(async move {
        let locale = cx.locale;
        let profile = service::profile(&cx).await?;
        let factors = factors::own(&cx).await?;
        let browsers = trusted::list(&cx).await?;
        let sessions = service::sessions(&cx).await?;
        let changed = profile.password_changed_at.map(|at| (at.to_rfc3339(), format::date(locale, format::day_in(at, cx.time_zone()))));
        let others = sessions.len() > 1;
        Ok(view! {
            <div class="wrap wrap--narrow stack stack--l">
                <BackLink href="/account" label=tr!(locale, accounts.profile_title)/>
                <PageTitle text=tr!(locale, accounts.security_title)/>
                <ErrorSummary/>
                {flash(&cx, &[
                    ("password", tr!(locale, accounts.done_password)),
                    ("totp_on", tr!(locale, accounts.done_totp_on)),
                    ("totp_off", tr!(locale, factors.done_app_off)),
                    ("sms_on", tr!(locale, factors.done_sms_on)),
                    ("sms_off", tr!(locale, factors.done_sms_off)),
                    ("phone_off", tr!(locale, factors.done_phone_off)),
                    ("untrusted", tr!(locale, factors.done_untrusted)),
                    ("session", tr!(locale, accounts.done_session)),
                    ("sessions", tr!(locale, accounts.done_sessions)),
                ])}
                <PageHead title=tr!(locale, accounts.security_title)>
                    <a class="btn" href="/account/activity">{tr!(locale, accounts.activity_title)}</a>
                </PageHead>
                <section>
                    <h2>{tr!(locale, accounts.password)}</h2>
                    <Summary>
                        <SummaryRow
                            key=tr!(locale, accounts.password)
                            change=("/account/security/password".to_owned(), tr!(locale, common.change).to_owned())
                        >
                            {changed
                                .map(|(at, day)| {
                                    view! { <time datetime=at>{tr!(locale, accounts.password_changed_on, day = day).to_string()}</time> }
                                })}
                        </SummaryRow>
                    </Summary>
                </section>
                {second_factors(&cx, &factors)}
                <section class="stack">
                    <h2>{tr!(locale, factors.trusted)}</h2>
                    <p class="muted">{tr!(locale, factors.trusted_text)}</p>
                    {if browsers.is_empty() {
                        view! { <p>{tr!(locale, factors.trusted_none)}</p> }.into_any()
                    } else {
                        view! { <ul class="rows">{browsers.into_iter().map(|browser| trusted_row(&cx, browser)).collect_view()}</ul> }
                            .into_any()
                    }}
                </section>
                <section class="stack">
                    <h2>{tr!(locale, accounts.sessions_title)}</h2>
                    <p class="muted">{tr!(locale, accounts.sessions_text)}</p>
                    <ul class="rows">{sessions.into_iter().map(|session| session_row(&cx, session)).collect_view()}</ul>
                    {others
                        .then(|| {
                            view! {
                                <Form action=EndOtherSessions::PATH class="">
                                    <button class="btn">{tr!(locale, accounts.end_others)}</button>
                                </Form>
                            }
                        })}
                </section>
            </div>
        })
    })
}

/// A row for each kind of factor.
fn second_factors(cx: &RequestContext, factors: &Factors) -> AnyView {
    let locale = cx.locale;
    let to = move |page: &str, there: bool| {
        let word = if there { tr!(locale, common.change) } else { tr!(locale, accounts.set_up) };
        (format!("/account/security/{page}"), word.to_owned())
    };
    let on_off = move |on: bool| match on {
        true => view! { <Tag tone=Tone::Ok text=tr!(locale, factors.on)/> }.into_any(),
        false => view! { <Tag tone=Tone::Off text=tr!(locale, factors.off)/> }.into_any(),
    };
    let none = factors.count() == 0;
    let phone = factors.phone.clone().map(|phone| view! { " " <span dir="ltr">{phone}</span> });
    let codes = match (none, factors.backup_codes) {
        (true, _) => view! { <Tag tone=Tone::Off text=tr!(locale, factors.off)/> }.into_any(),
        (false, left) => {
            let tone = if left <= LAST_BACKUP_CODES { Tone::Warn } else { Tone::Ok };
            view! { <Tag tone text=tr!(locale, factors.codes_left, count = left).to_string()/> }.into_any()
        }
    };
    let passkeys = if factors.passkeys == 0 {
        on_off(false)
    } else {
        view! { <Tag tone=Tone::Ok text=tr!(locale, factors.pk_number, count = factors.passkeys).to_string()/> }.into_any()
    };
    let (app, sms, codes_left) = (factors.authenticator, factors.sms, factors.backup_codes);
    let phone_change = to("phone", factors.phone.is_some());
    let passkeys_change = to("passkeys", factors.passkeys > 0);
    let show_phone = factors.phone.is_some() || cx.state.sms.is_there();
    view! {
        <section class="stack">
            <h2>{tr!(locale, accounts.totp)}</h2>
            {none.then(|| view! { <Alert kind=AlertKind::Warning><p>{tr!(locale, factors.none_yet)}</p></Alert> })}
            <Summary>
                <SummaryRow key=tr!(locale, factors.app) change=to("totp", app)>
                    {on_off(app)}
                </SummaryRow>
                {show_phone
                    .then(|| {
                        view! {
                            <SummaryRow key=tr!(locale, factors.phone) change=phone_change>
                                {on_off(sms)} {phone}
                            </SummaryRow>
                        }
                    })}
                <SummaryRow key=tr!(locale, factors.passkeys) change=passkeys_change>
                    {passkeys}
                </SummaryRow>
                <SummaryRow key=tr!(locale, factors.codes) change=to("backup-codes", codes_left > 0)>{codes}</SummaryRow>
            </Summary>
        </section>
    }
    .into_any()
}

fn trusted_row(cx: &RequestContext, browser: TrustedView) -> AnyView {
    let (locale, zone) = (cx.locale, cx.time_zone());
    let name = browser.browser.unwrap_or_else(|| tr!(locale, accounts.browser_unknown).to_owned());
    let of = name.clone();
    let until = format::date_time_short(locale, browser.expires_at, zone);
    view! {
        <li class="row">
            <div class="row__main">
                <p class="row__title">{name}</p>
                <p class="row__text">
                    {tr!(locale, factors.trusted_until)} " " <time datetime=browser.expires_at.to_rfc3339()>{until}</time>
                </p>
            </div>
            <div class="row__side">
                <Form action=StopTrusting::PATH class="">
                    <HiddenField name="browser" value=browser.id.to_string()/>
                    <button class="btn btn--small">{tr!(locale, factors.stop_trusting)}<span class="vh">" " {of}</span></button>
                </Form>
            </div>
        </li>
    }
    .into_any()
}

fn session_row(cx: &Arc<RequestContext>, session: SessionView) -> AnyView {
    let (locale, zone) = (cx.locale, cx.time_zone());
    let browser = session.browser.unwrap_or_else(|| tr!(locale, accounts.browser_unknown).to_owned());
    let used = format::date_time_short(locale, session.last_used_at, zone);
    let place = session.place.map(|place| format!("{place} · ")).unwrap_or_default();
    let end = if session.current {
        view! { <Tag tone=Tone::Accent text=tr!(locale, accounts.this_session)/> }.into_any()
    } else {
        let of = browser.clone();
        view! {
            <Form action=EndSession::PATH class="">
                <HiddenField name="session" value=session.id.to_string()/>
                <button class="btn btn--small">{tr!(locale, accounts.end)}<span class="vh">" " {of}</span></button>
            </Form>
        }
        .into_any()
    };
    view! {
        <li class="row">
            <div class="row__main">
                <p class="row__title">{browser}</p>
                <p class="row__text">
                    {tr!(locale, accounts.last_used)} " " <time datetime=session.last_used_at.to_rfc3339()>{used}</time> " · " {place} {session.address}
                </p>
            </div>
            <div class="row__side">{end}</div>
        </li>
    }
    .into_any()
}

#[component]
pub fn PasswordPage() -> impl IntoView {
    let cx = request();
    let locale = cx.locale;
    let address = cx.viewer.as_ref().map(|viewer| viewer.email.clone()).unwrap_or_default();
    let has_factor = cx.viewer.as_ref().is_some_and(|viewer| viewer.has_factor);
    view! {
        <div class="wrap wrap--narrow stack">
            <BackLink href="/account/security" label=tr!(locale, accounts.security_title)/>
            <PageTitle text=tr!(locale, accounts.password_title)/>
            <ErrorSummary/>
            <PageHead title=tr!(locale, accounts.password_title) lead=tr!(locale, accounts.password_lead)/>
            <Form action=ChangePassword::PATH>
                <UserName address/>
                <PasswordField name="current_password" label=tr!(locale, accounts.current_password)/>
                <PasswordField name="password" label=tr!(locale, accounts.new_password) rules=super::password_rules(&cx, has_factor)/>
                <div class="actions">
                    <button class="btn btn--primary">{tr!(locale, accounts.password_button)}</button>
                    <a class="btn btn--quiet" href="/account/security">{tr!(locale, common.cancel)}</a>
                </div>
            </Form>
        </div>
    }
}

/// In the place of a decision that needs a fresh proof, on a page that is to be read first.
#[component]
pub fn ConfirmFirst() -> impl IntoView {
    let cx = request();
    let locale = cx.locale;
    view! {
        <Alert kind=AlertKind::Info>
            <p>{tr!(locale, accounts.confirm_first)}</p>
            <p><a class="btn btn--primary" href=with_next("/account/confirm", &cx.path)>{tr!(locale, common.go_on)}</a></p>
        </Alert>
    }
}

/// In the place of a form that stays closed until the main address is verified: what to do, and the button that sends the link again.
#[component]
pub fn VerifyFirst() -> impl IntoView {
    let cx = request();
    let locale = cx.locale;
    let email = cx.viewer.as_ref().map(|viewer| viewer.email.clone()).unwrap_or_default();
    view! {
        <Alert kind=AlertKind::Warning title=tr!(locale, accounts.todo_verify_title)>
            <p>{tr!(locale, accounts.verify_first_text, email = email).to_string()}</p>
            <Form action=ResendVerification::PATH class="">
                <button class="btn btn--small">{tr!(locale, accounts.resend)}</button>
            </Form>
        </Alert>
    }
}

#[component]
pub fn ConfirmPage() -> impl IntoView {
    let cx = request();
    loaded(async move {
        let locale = cx.locale;
        let address = cx.viewer()?.email.clone();
        let factors = factors::own(&cx).await?;
        let (app, passkey) = (factors.authenticator, factors.passkeys > 0);
        Ok(view! {
            <div class="wrap wrap--narrow">
                <div class="auth stack">
                    <PageTitle text=tr!(locale, accounts.confirm_title)/>
                    <ErrorSummary/>
                    <h1>{tr!(locale, accounts.confirm_title)}</h1>
                    <p>{if app { tr!(locale, factors.confirm_lead) } else { tr!(locale, accounts.confirm_lead) }}</p>
                    <Form action=ConfirmIdentity::PATH>
                        <HiddenField name="next" value=next(&cx)/>
                        <UserName address/>
                        <PasswordField name="password" label=tr!(locale, accounts.password)/>
                        {app
                            .then(|| view! { <CodeField label=tr!(locale, factors.confirm_code) hint=tr!(locale, factors.code_hint)/> })}
                        <div class="actions">
                            <button class="btn btn--primary btn--block">{tr!(locale, common.go_on)}</button>
                        </div>
                    </Form>
                    {passkey.then(|| view! { <PasskeyInstead purpose="confirm"/> })}
                    <p class="auth__alt"><a href="/forgot">{tr!(locale, accounts.forgot_link)}</a></p>
                </div>
            </div>
        })
    })
}
