//! `/forgot`, `/reset` and `/invitation`.

use super::{flash, keep_address_private, link_status, link_words};
use crate::accounts::api::{AcceptInvitation, Forgot, Reset};
use crate::accounts::rules::LinkState;
use crate::accounts::service::{self, Purpose};
use crate::server::request;
use crate::tr;
use crate::ui::{ErrorSummary, Form, HiddenField, PageTitle, PasswordField, TextField, loaded};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

#[component]
pub fn ForgotPage() -> impl IntoView {
    let cx = request();
    let locale = cx.locale;
    view! {
        <div class="wrap wrap--narrow">
            <div class="auth stack">
                <PageTitle text=tr!(locale, accounts.forgot_title)/>
                <ErrorSummary/>
                {flash(&cx, &[("sent", tr!(locale, accounts.done_forgot))])}
                <h1>{tr!(locale, accounts.forgot_title)}</h1>
                <p class="lead">{tr!(locale, accounts.forgot_lead)}</p>
                <Form action=Forgot::PATH>
                    <TextField name="email" kind="email" label=tr!(locale, accounts.email) autocomplete="username"/>
                    <div class="actions">
                        <button class="btn btn--primary btn--block">{tr!(locale, accounts.forgot_button)}</button>
                    </div>
                </Form>
                <p class="auth__alt"><a href="/login">{tr!(locale, accounts.back_to_login)}</a></p>
            </div>
        </div>
    }
}

#[component]
pub fn ResetPage() -> impl IntoView {
    let cx = request();
    keep_address_private();
    loaded(async move {
        let locale = cx.locale;
        let token = cx.query("token").unwrap_or_default().to_owned();
        let info = service::look_at(&cx, Purpose::ResetPassword, &token).await?;
        if info.state != LinkState::Good {
            link_status(info.state);
            let (title, text) = link_words(locale, info.state);
            return Ok(view! {
                <div class="wrap wrap--narrow">
                    <div class="auth stack">
                        <PageTitle text=title/>
                        <h1>{title}</h1>
                        <p class="lead">{text}</p>
                        <p><a class="btn btn--primary" href="/forgot">{tr!(locale, accounts.ask_new_link)}</a></p>
                    </div>
                </div>
            }
            .into_any());
        }
        Ok(view! {
            <div class="wrap wrap--narrow">
                <div class="auth stack">
                    <PageTitle text=tr!(locale, accounts.reset_title)/>
                    <ErrorSummary/>
                    <h1>{tr!(locale, accounts.reset_title)}</h1>
                    <p>{tr!(locale, accounts.reset_lead, email = info.address.clone()).to_string()}</p>
                    <Form action=Reset::PATH>
                        <HiddenField name="token" value=token/>
                        <UserName address=info.address/>
                        <PasswordField name="password" label=tr!(locale, accounts.new_password) rules=super::password_rules(&cx, info.has_factor)/>
                        <p class="small muted">{tr!(locale, accounts.reset_note)}</p>
                        <div class="actions">
                            <button class="btn btn--primary btn--block">{tr!(locale, accounts.reset_button)}</button>
                        </div>
                    </Form>
                </div>
            </div>
        }
        .into_any())
    })
}

/// Tells password managers whose new password it is (nobody sees or changes it).
#[component]
pub fn UserName(address: String) -> impl IntoView {
    view! { <input type="text" value=address autocomplete="username" readonly hidden tabindex="-1" aria-hidden="true"/> }
}

#[component]
pub fn InvitationPage() -> impl IntoView {
    let cx = request();
    keep_address_private();
    loaded(async move {
        let locale = cx.locale;
        let token = cx.query("token").unwrap_or_default().to_owned();
        let info = service::look_at(&cx, Purpose::StaffInvitation, &token).await?;
        if info.state != LinkState::Good {
            link_status(info.state);
            let (title, _) = link_words(locale, info.state);
            return Ok(view! {
                <div class="wrap wrap--narrow">
                    <div class="auth stack">
                        <PageTitle text=title/>
                        <h1>{title}</h1>
                        <p class="lead">{tr!(locale, accounts.invitation_dead)}</p>
                        <p><a class="btn" href="/login">{tr!(locale, accounts.back_to_login)}</a></p>
                    </div>
                </div>
            }
            .into_any());
        }
        Ok(view! {
            <div class="wrap wrap--narrow">
                <div class="auth stack">
                    <PageTitle text=tr!(locale, accounts.invitation_title)/>
                    <ErrorSummary/>
                    <h1>{tr!(locale, accounts.invitation_title)}</h1>
                    <p>{tr!(locale, accounts.invitation_lead, email = info.address.clone()).to_string()}</p>
                    <Form action=AcceptInvitation::PATH>
                        <HiddenField name="token" value=token/>
                        <UserName address=info.address/>
                        <PasswordField name="password" label=tr!(locale, accounts.password) rules=super::password_rules(&cx, true)/>
                        <div class="actions">
                            <button class="btn btn--primary btn--block">{tr!(locale, common.go_on)}</button>
                        </div>
                    </Form>
                    <p class="auth__alt small muted">{tr!(locale, accounts.invitation_next)}</p>
                </div>
            </div>
        }
        .into_any())
    })
}
