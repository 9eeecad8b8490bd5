//! `/login/code`: the second step of a sign-in, by whichever method the account has. Each method has one block in [`block`].

use super::{go, next};
use crate::accounts::api::LoginCode;
use crate::accounts::factor_api::{LoginSms, address};
use crate::accounts::factors::rules::masked_phone;
use crate::accounts::factors::{self, FactorMethod, Factors, phone};
use crate::accounts::passkeys::pages::PasskeyInstead;
use crate::server::http::forms::with_next;
use crate::server::i18n::Locale;
use crate::server::{RequestContext, request};
use crate::tr;
use crate::ui::{Alert, AlertKind, CheckboxField, CodeField, ErrorSummary, Form, HiddenField, PageTitle, TextField, loaded};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

#[component]
pub fn LoginCodePage() -> impl IntoView {
    let cx = request();
    if !cx.viewer.as_ref().is_some_and(|viewer| viewer.awaiting_factor) {
        return go(&with_next("/login", &next(&cx)));
    }
    loaded(async move {
        let locale = cx.locale;
        let factors = factors::own(&cx).await?;
        let sent = phone::login_code_sent(&cx).await?;
        let typed = cx.form.as_ref().and_then(|form| form.submitted.get("method"));
        let wanted = typed.or_else(|| cx.query("method")).and_then(FactorMethod::parse);
        let method = factors.method(wanted, &cx.state.sms);
        let others = factors.methods(&cx.state.sms).into_iter().filter(|other| Some(*other) != method && *other != FactorMethod::Passkey);
        let others = others
            .map(|other| {
                let href = address("/login/code", &[("method", other.as_str())], &next(&cx));
                view! { <li><a href=href>{choice(locale, other)}</a></li> }
            })
            .collect_view();
        let shown = match method {
            Some(method) => block(&cx, method, &factors, sent),
            None => view! { <p>{tr!(locale, factors.code_none)}</p> }.into_any(),
        };
        Ok(view! {
            <div class="wrap wrap--narrow">
                <div class="auth stack">
                    <PageTitle text=tr!(locale, factors.code_title)/>
                    <ErrorSummary/>
                    <h1>{tr!(locale, factors.code_title)}</h1>
                    {shown}
                    // Beside whatever else is asked for: it needs one touch and nothing typed.
                    {(factors.passkeys > 0 && method != Some(FactorMethod::Passkey)).then(|| view! { <PasskeyInstead purpose="second_factor"/> })}
                    <div class="auth__alt stack stack--s">
                        <p>{tr!(locale, factors.code_others)}</p>
                        <ul class="plainlist stack stack--s">
                            {others}
                            <li><a href="/login/recovery">{tr!(locale, factors.code_lost)}</a></li>
                            <li><a href="/login">{tr!(locale, accounts.start_again)}</a></li>
                        </ul>
                    </div>
                </div>
            </div>
        })
    })
}

/// The link to a method.
fn choice(locale: Locale, method: FactorMethod) -> &'static str {
    match method {
        FactorMethod::Authenticator => tr!(locale, factors.use_app),
        FactorMethod::Passkey => tr!(locale, factors.pk_use),
        FactorMethod::Sms => tr!(locale, factors.use_sms),
        FactorMethod::BackupCode => tr!(locale, factors.use_backup),
    }
}

/// What the page asks for.
fn block(cx: &RequestContext, method: FactorMethod, factors: &Factors, sent: bool) -> AnyView {
    let locale = cx.locale;
    match method {
        FactorMethod::Authenticator => view! {
            <CodeForm method label=tr!(locale, accounts.code) hint=tr!(locale, factors.code_hint) digits=true/>
            <p class="small muted">{tr!(locale, factors.code_trouble)}</p>
        }
        .into_any(),
        FactorMethod::Passkey => view! { <PasskeyInstead purpose="second_factor"/> }.into_any(),
        FactorMethod::Sms => {
            let number = masked_phone(factors.phone.as_deref().unwrap_or_default());
            let on = next(cx);
            let again = view! {
                <Form action=LoginSms::PATH class="">
                    <HiddenField name="method" value=method.as_str()/>
                    <HiddenField name="next" value=on/>
                    <button class=if sent { "btn" } else { "btn btn--primary btn--block" }>
                        {if sent { tr!(locale, factors.sms_again) } else { tr!(locale, factors.sms_send) }}
                    </button>
                </Form>
            };
            if sent {
                view! {
                    <Alert kind=AlertKind::Info><p>{tr!(locale, factors.sms_sent, number = number).to_string()}</p></Alert>
                    <CodeForm method label=tr!(locale, accounts.code) hint=tr!(locale, factors.sms_hint) digits=true/>
                    {again}
                }
                .into_any()
            } else {
                view! {
                    <p>{tr!(locale, factors.sms_offer, number = number).to_string()}</p>
                    {again}
                }
                .into_any()
            }
        }
        FactorMethod::BackupCode => view! {
            <CodeForm method label=tr!(locale, factors.backup_code) hint=tr!(locale, factors.backup_hint) digits=false/>
        }
        .into_any(),
    }
}

/// One field for a code, and whether this browser shall be trusted. Staff are asked every time.
#[component]
fn CodeForm(method: FactorMethod, label: &'static str, hint: &'static str, digits: bool) -> impl IntoView {
    let cx = request();
    let locale = cx.locale;
    let may_trust = cx.viewer.as_ref().is_some_and(|viewer| !viewer.is_staff());
    let field = if digits {
        view! { <CodeField label hint/> }.into_any()
    } else {
        view! { <TextField name="code" label hint autocomplete="off" maxlength=20 width=20/> }.into_any()
    };
    view! {
        <Form action=LoginCode::PATH>
            <HiddenField name="method" value=method.as_str()/>
            <HiddenField name="next" value=next(&cx)/>
            {field}
            {may_trust
                .then(|| {
                    view! { <CheckboxField name="trust" label=move || tr!(locale, factors.trust) hint=tr!(locale, factors.trust_hint)/> }
                })}
            <div class="actions">
                <button class="btn btn--primary btn--block">{tr!(locale, accounts.sign_in)}</button>
            </div>
        </Form>
    }
}
