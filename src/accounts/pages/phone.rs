//! `/account/security/phone`: a number, the code that proves it, and what it is used for.

use super::{VerifyFirst, flash};
use crate::accounts::factor_api::{PhoneRemove, PhoneSend, PhoneVerify, SmsFactorOff, SmsFactorOn};
use crate::accounts::factors::{self, Factors, phone};
use crate::server::{RequestContext, request};
use crate::tr;
use crate::ui::{
    BackLink, CodeField, ErrorSummary, Form, HiddenField, PageHead, PageTitle, Summary, SummaryRow, Tag, TextField, Tone, loaded,
};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

#[component]
pub fn PhonePage() -> impl IntoView {
    let cx = request();
    loaded(async move {
        let locale = cx.locale;
        let factors = factors::own(&cx).await?;
        let pending = phone::pending(&cx).await?;
        let body = match (pending, &factors.phone) {
            (Some(pending), _) if cx.query("change").is_none() => code_form(&cx, pending),
            (_, Some(phone)) if cx.query("change").is_none() => number(&cx, phone.clone(), &factors),
            _ if !cx.viewer()?.email_verified => view! { <VerifyFirst/> }.into_any(),
            _ if !cx.state.sms.is_there() => view! { <p>{tr!(locale, factors.phone_unavailable)}</p> }.into_any(),
            _ => view! {
                <Form action=PhoneSend::PATH>
                    <TextField
                        name="phone"
                        kind="tel"
                        label=tr!(locale, factors.phone_number)
                        hint=tr!(locale, factors.phone_hint)
                        autocomplete="tel"
                        inputmode="tel"
                        width=20
                        maxlength=30
                    />
                    <div class="actions">
                        <button class="btn btn--primary">{tr!(locale, factors.sms_send)}</button>
                        <a class="btn btn--quiet" href="/account/security">{tr!(locale, common.cancel)}</a>
                    </div>
                </Form>
            }
            .into_any(),
        };
        Ok(view! {
            <div class="wrap wrap--narrow stack">
                <BackLink href="/account/security" label=tr!(locale, accounts.security_title)/>
                <PageTitle text=tr!(locale, factors.phone)/>
                <ErrorSummary/>
                {flash(&cx, &[
                    ("sent", tr!(locale, factors.done_sms_sent)),
                    ("verified", tr!(locale, factors.done_phone)),
                ])}
                <PageHead title=tr!(locale, factors.phone) lead=tr!(locale, factors.phone_lead)/>
                {body}
            </div>
        })
    })
}

/// A number waits for its code.
fn code_form(cx: &RequestContext, pending: String) -> AnyView {
    let locale = cx.locale;
    view! {
        <p>{tr!(locale, factors.phone_sent_to)} " " <strong class="nowrap" dir="ltr">{pending.clone()}</strong></p>
        <Form action=PhoneVerify::PATH>
            <CodeField label=tr!(locale, accounts.code) hint=tr!(locale, factors.sms_hint)/>
            <div class="actions">
                <button class="btn btn--primary">{tr!(locale, factors.phone_verify)}</button>
                <a class="btn btn--quiet" href="/account/security/phone?change=1">{tr!(locale, factors.phone_other)}</a>
            </div>
        </Form>
        <Form action=PhoneSend::PATH class="">
            <HiddenField name="phone" value=pending/>
            <button class="btn btn--small">{tr!(locale, factors.sms_again)}</button>
        </Form>
    }
    .into_any()
}

/// A verified number.
fn number(cx: &RequestContext, phone: String, factors: &Factors) -> AnyView {
    let locale = cx.locale;
    let change = ("/account/security/phone?change=1".to_owned(), tr!(locale, common.change).to_owned());
    let factor = if factors.sms {
        view! {
            <p>{tr!(locale, factors.sms_is_on)}</p>
            <Form action=SmsFactorOff::PATH class="">
                <button class="btn">{tr!(locale, factors.sms_turn_off)}</button>
            </Form>
        }
        .into_any()
    } else if cx.state.sms.is_there() {
        view! {
            <p>{tr!(locale, factors.sms_is_off)}</p>
            <Form action=SmsFactorOn::PATH class="">
                <button class="btn btn--primary">{tr!(locale, factors.sms_turn_on)}</button>
            </Form>
        }
        .into_any()
    } else {
        ().into_any()
    };
    let state = if factors.sms {
        view! { <Tag tone=Tone::Ok text=tr!(locale, factors.on)/> }.into_any()
    } else {
        view! { <Tag tone=Tone::Off text=tr!(locale, factors.off)/> }.into_any()
    };
    view! {
        <Summary>
            <SummaryRow key=tr!(locale, factors.phone_number) change><span dir="ltr">{phone}</span></SummaryRow>
            <SummaryRow key=tr!(locale, factors.sms_factor)>{state}</SummaryRow>
        </Summary>
        {factor}
        <Form action=PhoneRemove::PATH class="">
            <button class="btn btn--danger">{tr!(locale, factors.phone_remove)}</button>
        </Form>
    }
    .into_any()
}
