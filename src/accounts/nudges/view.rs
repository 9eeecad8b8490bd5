//! Advice as the overview shows it.

use super::Nudge;
use super::api::DismissNudge;
use crate::server::i18n::Locale;
use crate::tr;
use crate::ui::{Alert, AlertKind, Form, HiddenField};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// One piece of advice: what to do, and the button that puts it away.
pub fn nudge(locale: Locale, nudge: Nudge) -> AnyView {
    let (title, text, href, link) = match nudge {
        Nudge::Password => (
            tr!(locale, contact.nudge_password_title),
            tr!(locale, contact.nudge_password_text),
            "/account/security/password",
            tr!(locale, contact.nudge_password_link),
        ),
        Nudge::SecondAddress => (
            tr!(locale, contact.nudge_address_title),
            tr!(locale, contact.nudge_address_text),
            "/account/emails/add",
            tr!(locale, contact.add),
        ),
    };
    view! {
        <Alert kind=AlertKind::Info title=title>
            <p>{text}</p>
            <Form action=DismissNudge::PATH class="cluster">
                <HiddenField name="nudge" value=nudge.as_str()/>
                <a class="btn btn--small" href=href>{link}</a>
                <button class="btn btn--small btn--quiet">{tr!(locale, contact.not_now)}<span class="vh">": " {title}</span></button>
            </Form>
        </Alert>
    }
    .into_any()
}
