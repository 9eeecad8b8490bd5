//! Back from the payment page: paid, still waiting, or not paid, and what to do about it.

use super::{choose_again, countdown, failure_text, money};
use crate::checkout::service::{self, Order, Standing};
use crate::checkout::{Pay, ReopenOrder};
use crate::server::http::respond;
use crate::server::{RequestContext, format, request};
use crate::tr;
use crate::ui::{Alert, AlertKind, ErrorSummary, Form, HiddenField, PageHead, PageTitle, Totals, loaded, param};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Meta;

/// The page asks again every 3 seconds for the first minute, then every 30.
const QUICK_QUESTIONS: u32 = 20;

#[component]
pub fn ReturnPage() -> impl IntoView {
    let cx = request();
    let number = param("number");
    loaded(async move {
        let (order, standing) = service::returned(&cx, &number).await?;
        let locale = cx.locale;
        let body = match &standing {
            Standing::Paid => {
                respond::status(303);
                respond::header("location", &format!("/checkout/confirmation/{number}"));
                ().into_any()
            }
            Standing::Waiting => waiting(&cx, &number),
            Standing::Open { failure, url } => open(&cx, &order, failure.as_deref(), url),
            Standing::Failed(code) => failed(&cx, &order, code),
            Standing::Over => over(&cx, &order),
        };
        let title = match standing {
            Standing::Paid | Standing::Waiting => tr!(locale, checkout.waiting_payment_title),
            Standing::Open { failure: None, .. } => tr!(locale, checkout.unpaid_title),
            Standing::Open { .. } | Standing::Failed(_) => tr!(locale, checkout.failed_title),
            Standing::Over => tr!(locale, checkout.over_title),
        };
        Ok(view! {
            <PageTitle text=title/>
            <div class="wrap wrap--narrow">
                <ErrorSummary/>
                <PageHead title=title kicker=order.purchase.number.clone()/>
                <div class="stack stack--l">
                    {body}
                    <Totals rows=sums(&cx, &order)/>
                </div>
            </div>
        })
    })
}

fn sums(cx: &RequestContext, order: &Order) -> Vec<(String, String)> {
    let currency = &order.purchase.total.currency;
    let mut rows: Vec<(String, String)> =
        order.lines.iter().map(|line| (line.description.clone(), money(cx.locale, line.price_minor, currency))).collect();
    rows.push((tr!(cx.locale, checkout.total).to_owned(), format::money(cx.locale, &order.purchase.total)));
    rows
}

/// Asks again by itself, without scripts.
fn waiting(cx: &RequestContext, number: &str) -> AnyView {
    let locale = cx.locale;
    let asked: u32 = cx.query("asked").and_then(|asked| asked.parse().ok()).unwrap_or(0);
    let seconds = if asked < QUICK_QUESTIONS { 3 } else { 30 };
    let address = format!("/checkout/return/{number}?asked={}", asked.saturating_add(1).min(9999));
    view! {
        <Meta http_equiv="refresh" content=format!("{seconds}; url={address}")/>
        <Alert kind=AlertKind::Info>
            <p>{tr!(locale, checkout.waiting_payment_text)}</p>
            <p>{tr!(locale, checkout.waiting_payment_leave)}</p>
        </Alert>
        <div class="actions">
            <a class="btn" href=address>{tr!(locale, checkout.ask_again)}</a>
            <a class="btn btn--quiet" href="/dashboard">{tr!(locale, checkout.to_overview)}</a>
        </div>
    }
    .into_any()
}

/// Nothing was paid, the gateway's page still stands.
fn open(cx: &RequestContext, order: &Order, failure: Option<&str>, url: &str) -> AnyView {
    let locale = cx.locale;
    let Some(until) = service::held_until(&order.lines).filter(|_| all_held(order)) else { return lapsed(cx, order) };
    let (kind, text) = match failure {
        Some(code) => (AlertKind::Danger, failure_text(locale, code)),
        None => (AlertKind::Info, tr!(locale, checkout.unpaid_text)),
    };
    view! {
        <Alert kind><p>{text}</p></Alert>
        <div class="stack">
            {countdown(cx, until)}
            <p>{tr!(locale, checkout.unpaid_hold)}</p>
        </div>
        <div class="actions">
            <a class="btn btn--primary" href=url.to_owned() rel="external">
                {if failure.is_some() { tr!(locale, checkout.try_again) } else { tr!(locale, checkout.continue_payment) }}
            </a>
            {change(cx, order)}
        </div>
    }
    .into_any()
}

/// The payment failed for good: another one can be begun.
fn failed(cx: &RequestContext, order: &Order, code: &str) -> AnyView {
    let locale = cx.locale;
    let Some(until) = service::held_until(&order.lines).filter(|_| all_held(order)) else { return lapsed(cx, order) };
    let text = failure_text(locale, code);
    let id = order.purchase.id.to_string();
    view! {
        <Alert kind=AlertKind::Danger><p>{text}</p></Alert>
        <div class="stack">
            {countdown(cx, until)}
            <p>{tr!(locale, checkout.unpaid_hold)}</p>
        </div>
        <div class="actions">
            <Form action=Pay::PATH class="">
                <HiddenField name="purchase" value=id/>
                <button class="btn btn--primary">{tr!(locale, checkout.try_again)}</button>
            </Form>
            {change(cx, order)}
        </div>
    }
    .into_any()
}

fn all_held(order: &Order) -> bool {
    use crate::checkout::rules::LineState;
    order.lines.iter().all(|line| matches!(line.state, LineState::Held(_)))
}

/// Not paid, and a hold is over: nothing was taken, nothing is lost but the time.
fn lapsed(cx: &RequestContext, order: &Order) -> AnyView {
    let locale = cx.locale;
    view! {
        <Alert kind=AlertKind::Warning title=tr!(locale, checkout.lapsed_title)>
            <p>{tr!(locale, checkout.lapsed_unpaid)}</p>
        </Alert>
        <div class="actions">{change(cx, order)}</div>
        {again(cx, order)}
    }
    .into_any()
}

fn over(cx: &RequestContext, order: &Order) -> AnyView {
    let locale = cx.locale;
    view! {
        <Alert kind=AlertKind::Info><p>{tr!(locale, checkout.over_text)}</p></Alert>
        {again(cx, order)}
        <div class="actions"><a class="btn" href="/cart">{tr!(locale, checkout.back_to_cart)}</a></div>
    }
    .into_any()
}

fn again(cx: &RequestContext, order: &Order) -> AnyView {
    let items = order.lines.iter().map(|line| {
        view! {
            <li><a href=choose_again(line)>{tr!(cx.locale, checkout.choose_again)} ": " {line.description.clone()}</a></li>
        }
    });
    view! { <ul class="stack stack--s">{items.collect_view()}</ul> }.into_any()
}

fn change(cx: &RequestContext, order: &Order) -> AnyView {
    let (number, label) = (order.purchase.number.clone(), tr!(cx.locale, checkout.waiting_change));
    view! {
        <Form action=ReopenOrder::PATH class="">
            <HiddenField name="number" value=number/>
            <button class="btn">{label}</button>
        </Form>
    }
    .into_any()
}
