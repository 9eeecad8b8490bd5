//! `/login`.

use super::{flash, go, keep_address_private, next};
use crate::accounts::api::Login;
use crate::accounts::passkeys::pages::{PasskeyLogin, locked_hint};
use crate::accounts::rules::minutes_to_wait;
use crate::error::{AppError, Conflict};
use crate::server::request;
use crate::tr;
use crate::ui::{Alert, AlertKind, ErrorSummary, Form, HiddenField, PageTitle, PasswordField, TextField};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

#[component]
pub fn LoginPage() -> impl IntoView {
    let cx = request();
    let locale = cx.locale;
    if cx.form.is_none()
        && let Ok(viewer) = cx.viewer()
    {
        let home = if viewer.candidate_id.is_some() { "/dashboard" } else { "/staff" };
        let wanted = next(&cx);
        return go(if wanted.is_empty() { home } else { &wanted });
    }
    let locked = match cx.form.as_ref().map(|form| &form.error) {
        Some(AppError::RateLimited(seconds)) => Some(tr!(locale, accounts.locked_text, count = minutes_to_wait(*seconds)).to_string()),
        Some(AppError::Conflict(Conflict::LoginLocked)) => Some(tr!(locale, accounts.locked_off).to_owned()),
        _ => None,
    };
    let to_verify = next(&cx).starts_with("/verify-email?");
    if to_verify {
        keep_address_private();
    }
    view! {
        <div class="wrap wrap--narrow">
            <div class="auth stack">
                <PageTitle text=tr!(locale, accounts.login_title)/>
                {match locked {
                    Some(text) => view! { <Locked text/> }.into_any(),
                    None => view! { <ErrorSummary/> }.into_any(),
                }}
                {flash(&cx, &[
                    ("verified", tr!(locale, accounts.done_verified)),
                    ("reset", tr!(locale, accounts.done_reset)),
                    ("logout", tr!(locale, accounts.done_logout)),
                ])}
                <h1>{tr!(locale, accounts.login_title)}</h1>
                {to_verify.then(|| view! { <Alert kind=AlertKind::Info><p>{tr!(locale, accounts.verify_sign_in)}</p></Alert> })}
                <Form action=Login::PATH>
                    <HiddenField name="next" value=next(&cx)/>
                    <TextField name="email" kind="email" label=tr!(locale, accounts.email) autocomplete="username webauthn"/>
                    <PasswordField name="password" label=tr!(locale, accounts.password)/>
                    <p><a href="/forgot">{tr!(locale, accounts.forgot_link)}</a></p>
                    <div class="actions">
                        <button class="btn btn--primary btn--block">{tr!(locale, accounts.sign_in)}</button>
                    </div>
                </Form>
                <PasskeyLogin/>
                <div class="auth__alt stack stack--s">
                    <p>{tr!(locale, accounts.no_account)}</p>
                    <a class="btn btn--block" href="/register">{tr!(locale, accounts.register_title)}</a>
                </div>
            </div>
        </div>
    }
    .into_any()
}

/// Too many wrong passwords: what that means, and what else to do.
#[component]
fn Locked(text: String) -> impl IntoView {
    let locale = request().locale;
    view! {
        <div class="errors" role="alert" tabindex="-1" aria-labelledby="errors-title">
            <h2 class="errors__title" id="errors-title">{tr!(locale, accounts.locked_title)}</h2>
            <ul class="errors__list">
                <li>{text}</li>
                <li><a href="/forgot">{tr!(locale, accounts.locked_reset)}</a></li>
                {locked_hint()}
            </ul>
        </div>
    }
}
