//! `/verify-email`: the page behind the mailed link, which asks for one more press, and the form that sends it again.

use super::register::ResendForm;
use super::{flash, go, keep_address_private, link_status, link_words};
use crate::accounts::addresses::api::VerifyEmail;
use crate::accounts::rules::LinkState;
use crate::accounts::service::{self, Purpose};
use crate::server::http::forms::with_next;
use crate::server::request;
use crate::tr;
use crate::ui::{ErrorSummary, Form, HiddenField, PageHead, PageTitle, loaded};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

#[component]
pub fn VerifyEmailPage() -> impl IntoView {
    let cx = request();
    keep_address_private();
    loaded(async move {
        let locale = cx.locale;
        let Some(token) = cx.query("token").map(str::to_owned) else {
            return Ok(view! {
                <div class="wrap wrap--narrow stack">
                    <PageTitle text=tr!(locale, accounts.resend_title)/>
                    <ErrorSummary/>
                    {flash(&cx, &[("resent", tr!(locale, accounts.done_resent_unknown))])}
                    <PageHead title=tr!(locale, accounts.resend_title) lead=tr!(locale, accounts.resend_lead)/>
                    <ResendForm/>
                </div>
            }
            .into_any());
        };
        let info = service::look_at(&cx, Purpose::VerifyEmail, &token).await?;
        if info.state == LinkState::Good {
            // Only who is signed in to the account verifies its address: the sign-in page says why, and leads back.
            if cx.viewer().is_err() {
                let waits = cx.viewer.as_ref().is_some_and(|viewer| viewer.awaiting_factor);
                let page = format!("/verify-email?token={token}");
                return Ok(go(&with_next(if waits { "/login/code" } else { "/login" }, &page)));
            }
            let lead = match &info.adds_to {
                None => tr!(locale, accounts.verify_lead, email = info.address.clone()).to_string(),
                Some(name) => tr!(locale, contact.verify_lead, email = info.address.clone(), name = name.clone()).to_string(),
            };
            return Ok(view! {
                <div class="wrap wrap--narrow stack">
                    <PageTitle text=tr!(locale, accounts.verify_title)/>
                    <ErrorSummary/>
                    <PageHead title=tr!(locale, accounts.verify_title) lead/>
                    <Form action=VerifyEmail::PATH>
                        <HiddenField name="token" value=token/>
                        <div class="actions">
                            <button class="btn btn--primary">{tr!(locale, accounts.verify_button)}</button>
                        </div>
                    </Form>
                </div>
            }
            .into_any());
        }
        if info.state == LinkState::Used && info.verified {
            return Ok(view! {
                <div class="wrap wrap--narrow stack">
                    <PageTitle text=tr!(locale, accounts.verified_already_title)/>
                    <PageHead title=tr!(locale, accounts.verified_already_title) lead=tr!(locale, accounts.verified_already_text)/>
                    <div class="actions">
                        <a class="btn btn--primary" href="/dashboard">{tr!(locale, accounts.to_dashboard)}</a>
                    </div>
                </div>
            }
            .into_any());
        }
        link_status(info.state);
        let (title, text) = link_words(locale, info.state);
        Ok(view! {
            <div class="wrap wrap--narrow stack">
                <PageTitle text=title/>
                <PageHead title lead=text/>
                <h2>{tr!(locale, accounts.resend_title)}</h2>
                <p><a class="btn btn--primary" href="/verify-email">{tr!(locale, accounts.ask_new_link)}</a></p>
            </div>
        }
        .into_any())
    })
}
