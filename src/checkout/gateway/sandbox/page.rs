//! The hosted page: a look-alike of what a payment provider shows. Another company's brand on purpose, and the only page
//! with a card number field.

use super::cards::TEST_CARDS;
use super::{Checkout, CheckoutState, SandboxAuthenticate, SandboxPay};
use crate::error::AppError;
use crate::server::config::GatewayKind;
use crate::server::{Locale, format, request};
use crate::tr;
use crate::ui::{Alert, AlertKind, ErrorSummary, Form, HiddenField, Icon, PageTitle, error_text, form_value, loaded, param};
use chrono::{DateTime, Datelike, Utc};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

#[component]
pub fn SandboxPayPage() -> impl IntoView {
    let cx = request();
    let id = param("id");
    loaded(async move {
        if cx.state.config.gateway != GatewayKind::Sandbox {
            return Err(AppError::NotFound);
        }
        let checkout = super::checkout(&cx.state, &id).await?;
        let locale = cx.locale;
        let amount = format::money(locale, &checkout.amount);
        let prefill = cx.query("card").and_then(|index| index.parse::<usize>().ok()).and_then(|index| TEST_CARDS.get(index));
        let form = match checkout.state {
            CheckoutState::Open | CheckoutState::Declined => {
                card_form(locale, &checkout, &amount, prefill.map(|(number, _)| *number), cx.now())
            }
            CheckoutState::Authenticating => bank_form(locale, &checkout, &amount),
            CheckoutState::Paid | CheckoutState::Processing | CheckoutState::Failed | CheckoutState::Expired => over(locale, &checkout),
        };
        Ok(view! {
            <PageTitle text=tr!(locale, checkout.sandbox_title)/>
            <div class="pay">
                <header class="pay-head">
                    <span class="pay-brand">"Sandbox Pay"</span>
                    <span class="pay-test">{tr!(locale, checkout.sandbox_test_mode)}</span>
                </header>
                <div class="pay-grid">
                    <section class="pay-order" aria-label=tr!(locale, checkout.sandbox_order)>
                        <p class="pay-shop">{cx.programme().name.clone()}</p>
                        <p class="pay-amount">{amount}</p>
                        <p>{checkout.description.clone()}</p>
                    </section>
                    {form}
                </div>
            </div>
        })
    })
}

fn card_form(locale: Locale, checkout: &Checkout, amount: &str, prefill: Option<&str>, now: DateTime<Utc>) -> AnyView {
    let declined = checkout.failure_code.as_deref().map(|code| crate::checkout::pages::failure_text(locale, code));
    let refused = request().form.is_some();
    let (expiry, cvc) = match prefill {
        Some(_) => (Some(format!("12 / {:02}", (now.year() + 3) % 100)), Some("123".to_owned())),
        None => (None, None),
    };
    // What was typed comes back, but for the number and the code: a card number is in no answer of ours.
    let expiry = if refused { form_value("expiry", None) } else { expiry };
    let cards: Vec<_> = TEST_CARDS
        .iter()
        .enumerate()
        .map(|(index, (number, behaviour))| {
            let words = behaviour_words(locale, *behaviour);
            view! { <li><a href=format!("?card={index}")><code>{*number}</code></a> " " {words}</li> }
        })
        .collect();
    let (id, cancel_url, prefill) = (checkout.id.clone(), checkout.cancel_url.clone(), prefill.map(str::to_owned));
    let pay = tr!(locale, checkout.pay_amount, amount = amount.to_owned()).to_string();
    view! {
        <Form action=SandboxPay::PATH class="pay-form">
            <h1 class="pay-title">{tr!(locale, checkout.sandbox_pay_by_card)}</h1>
            <ErrorSummary/>
            {declined
                .filter(|_| !refused)
                .map(|text| {
                    view! {
                        <Alert kind=AlertKind::Danger title=tr!(locale, checkout.failed_title)>
                            <p>{text}</p>
                        </Alert>
                    }
                })}
            <HiddenField name="checkout" value=id/>
            <CardInput name="card" label=tr!(locale, checkout.sandbox_number) value=prefill placeholder="4242 4242 4242 4242" maxlength=25/>
            <div class="field field--row">
                <CardInput name="expiry" label=tr!(locale, checkout.sandbox_expiry) value=expiry placeholder="MM / YY" maxlength=9/>
                <CardInput name="cvc" label=tr!(locale, checkout.sandbox_cvc) value=cvc placeholder="123" maxlength=4/>
            </div>
            <button class="btn pay-btn">{pay}</button>
            <a class="pay-cancel" href=cancel_url>{tr!(locale, checkout.sandbox_cancel)}</a>
            <details class="details" open=true>
                <summary class="details__summary">{tr!(locale, checkout.sandbox_cards)}</summary>
                <div class="details__body">
                    <p>{tr!(locale, checkout.sandbox_cards_hint)}</p>
                    <ul class="pay-cards">{cards}</ul>
                </div>
            </details>
        </Form>
    }
    .into_any()
}

fn behaviour_words(locale: Locale, behaviour: super::cards::Behaviour) -> &'static str {
    use super::cards::Behaviour;
    match behaviour {
        Behaviour::Succeeds => tr!(locale, checkout.card_succeeds),
        Behaviour::Declined("insufficient_funds") => tr!(locale, checkout.card_no_funds),
        Behaviour::Declined(_) => tr!(locale, checkout.card_is_declined),
        Behaviour::AsksToApprove => tr!(locale, checkout.card_asks),
        Behaviour::Late { succeeds: true } => tr!(locale, checkout.card_late),
        Behaviour::Late { succeeds: false } => tr!(locale, checkout.card_late_fails),
    }
}

/// One field of the card. `autocomplete` is off: a browser must not offer a real card to a sandbox.
#[component]
fn CardInput(name: &'static str, label: &'static str, value: Option<String>, placeholder: &'static str, maxlength: u32) -> impl IntoView {
    let cx = request();
    cx.label_field(name, label);
    let errors = cx.form.as_ref().map(|form| form.field_errors()).unwrap_or_default();
    let error = errors.iter().find(|error| error.field == name).map(|error| error_text(cx.locale, error));
    let invalid = error.is_some().then_some("true");
    let described = error.is_some().then(|| format!("{name}-error"));
    let class = if error.is_some() { "field field--error" } else { "field" };
    view! {
        <div class=class>
            <label class="field__label" for=name>{label}</label>
            {error
                .map(|error| {
                    view! {
                        <p class="field__error" id=format!("{name}-error")>
                            <Icon name="alert-triangle" class="icon icon--s"/>
                            <span><span class="vh">{tr!(cx.locale, errors.prefix)}</span>{error}</span>
                        </p>
                    }
                })}
            <input
                class="input"
                id=name
                name=name
                inputmode="numeric"
                autocomplete="off"
                value=value
                placeholder=placeholder
                maxlength=maxlength
                aria-invalid=invalid
                aria-describedby=described
            />
        </div>
    }
}

/// The card's bank asks the payer to approve (the step that providers call 3-D Secure).
fn bank_form(locale: Locale, checkout: &Checkout, amount: &str) -> AnyView {
    let id = checkout.id.clone();
    let text = tr!(locale, checkout.sandbox_bank_text, amount = amount.to_owned()).to_string();
    view! {
        <Form action=SandboxAuthenticate::PATH class="pay-form">
            <h1 class="pay-title">{tr!(locale, checkout.sandbox_bank_title)}</h1>
            <ErrorSummary/>
            <p>{text}</p>
            <HiddenField name="checkout" value=id/>
            <button class="btn pay-btn" name="answer" value="approve">{tr!(locale, checkout.sandbox_approve)}</button>
            <button class="btn" name="answer" value="deny">{tr!(locale, checkout.sandbox_deny)}</button>
        </Form>
    }
    .into_any()
}

fn over(locale: Locale, checkout: &Checkout) -> AnyView {
    let (title, text) = match checkout.state {
        CheckoutState::Paid => (tr!(locale, checkout.sandbox_paid_title), tr!(locale, checkout.sandbox_paid_text)),
        CheckoutState::Processing => (tr!(locale, checkout.sandbox_processing_title), tr!(locale, checkout.sandbox_processing_text)),
        _ => (tr!(locale, checkout.sandbox_over_title), tr!(locale, checkout.sandbox_over_text)),
    };
    view! {
        <div class="pay-form">
            <h1 class="pay-title">{title}</h1>
            <ErrorSummary/>
            <p>{text}</p>
            <a class="btn pay-btn" href=checkout.return_url.clone()>{tr!(locale, checkout.sandbox_back)}</a>
        </div>
    }
    .into_any()
}
