//! `/account/contact`, and the addresses as the profile shows them.

use super::api::ChangeContact;
use super::service;
use crate::accounts::service as accounts;
use crate::server::i18n::Locale;
use crate::server::request;
use crate::tr;
use crate::ui::{BackLink, ErrorSummary, Form, PageHead, PageTitle, TextArea, loaded};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// `/account/contact`.
#[component]
pub fn ContactPage() -> impl IntoView {
    let cx = request();
    loaded(async move {
        let locale = cx.locale;
        let contact = service::contact(&cx).await?;
        let profile = accounts::profile(&cx).await?;
        let country = match locale {
            Locale::en => profile.country_name_en,
            Locale::es => profile.country_name_es,
        };
        Ok(view! {
            <div class="wrap wrap--narrow stack">
                <BackLink href="/account" label=tr!(locale, accounts.profile_title)/>
                <PageTitle text=tr!(locale, contact.contact_title)/>
                <ErrorSummary/>
                <PageHead
                    title=tr!(locale, contact.contact_title)
                    lead=tr!(locale, contact.contact_lead, country = country).to_string()
                />
                <Form action=ChangeContact::PATH>
                    <TextArea
                        name="address"
                        label=tr!(locale, contact.address)
                        hint=tr!(locale, contact.address_hint)
                        value=contact.address.join("\n")
                        rows=6
                        optional=true
                    />
                    <TextArea
                        name="organisation_address"
                        label=tr!(locale, contact.organisation_address)
                        hint=tr!(locale, contact.organisation_address_hint)
                        value=contact.organisation.join("\n")
                        rows=6
                        optional=true
                    />
                    <div class="actions">
                        <button class="btn btn--primary">{tr!(locale, common.save)}</button>
                        <a class="btn btn--quiet" href="/account">{tr!(locale, common.cancel)}</a>
                    </div>
                </Form>
            </div>
        })
    })
}

/// Lines under each other; a dash where there are none.
pub fn lines_of(lines: Vec<String>) -> impl IntoView {
    if lines.is_empty() {
        return view! { "–" }.into_any();
    }
    let lines = lines.into_iter().map(|line| view! { <bdi>{line}</bdi> <br/> }).collect_view();
    view! { <span>{lines}</span> }.into_any()
}
