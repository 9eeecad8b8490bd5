//! `/agreement`: the candidate agreement for anybody to read, and for candidates to accept.

use super::next;
use crate::accounts::api::AcceptAgreement;
use crate::accounts::service;
use crate::server::{format, i18n, request};
use crate::tr;
use crate::ui::{Alert, AlertKind, CheckboxField, ErrorSummary, Form, HiddenField, PageHead, PageTitle, loaded};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

#[component]
pub fn AgreementPage() -> impl IntoView {
    let cx = request();
    loaded(async move {
        let locale = cx.locale;
        let programme = cx.programme();
        let text = i18n::pick(&programme.agreement_text, locale);
        let version = programme.agreement_version.clone();
        let is_candidate = cx.candidate().is_ok();
        let accepted = if is_candidate { service::agreement_accepted(&cx).await? } else { None };
        let kicker = tr!(locale, accounts.agreement_version, version = version.clone()).to_string();
        let foot = match (is_candidate, accepted) {
            (false, _) => ().into_any(),
            (true, Some(at)) => {
                let day = format::date(locale, format::day_in(at, cx.time_zone()));
                view! {
                    <Alert kind=AlertKind::Success>
                        <p><time datetime=at.to_rfc3339()>{tr!(locale, accounts.agreement_accepted, day = day).to_string()}</time></p>
                    </Alert>
                }
                .into_any()
            }
            (true, None) => view! {
                <section class="section">
                    <h2>{tr!(locale, accounts.agreement_accept_title)}</h2>
                    <Form action=AcceptAgreement::PATH>
                        <HiddenField name="version" value=version/>
                        <HiddenField name="next" value=next(&cx)/>
                        <CheckboxField name="agreement" label=move || tr!(locale, accounts.agree_read)/>
                        <div class="actions">
                            <button class="btn btn--primary">{tr!(locale, accounts.agreement_button)}</button>
                        </div>
                    </Form>
                </section>
            }
            .into_any(),
        };
        Ok(view! {
            <div class="wrap wrap--narrow stack">
                <PageTitle text=tr!(locale, accounts.agreement_title)/>
                <ErrorSummary/>
                <PageHead
                    title=tr!(locale, accounts.agreement_title)
                    kicker=kicker
                />
                <div class="prose">{paragraphs(&text)}</div>
                {foot}
            </div>
        })
    })
}

/// Blank lines part paragraphs; `## ` begins a heading, `- ` an item of a list.
pub(in crate::accounts) fn paragraphs(text: &str) -> Vec<AnyView> {
    text.split("\n\n")
        .map(str::trim)
        .filter(|block| !block.is_empty())
        .map(|block| {
            if let Some(heading) = block.strip_prefix("## ") {
                return view! { <h2>{heading.to_owned()}</h2> }.into_any();
            }
            let lines: Vec<&str> = block.lines().map(str::trim).collect();
            if lines.iter().all(|line| line.starts_with("- ")) {
                let items = lines.into_iter().map(|line| view! { <li>{line[2..].to_owned()}</li> }).collect_view();
                return view! { <ul>{items}</ul> }.into_any();
            }
            view! { <p>{lines.join(" ")}</p> }.into_any()
        })
        .collect()
}
