//! The cart.

use super::{choose_again, countdown, language_and_length, money, place, when};
use crate::checkout::rules::LineState;
use crate::checkout::service::{self, Line};
use crate::checkout::{RemoveItem, ReopenOrder};
use crate::server::{RequestContext, format, request};
use crate::tr;
use crate::ui::{Alert, AlertKind, Empty, ErrorSummary, Form, HiddenField, Icon, PageHead, PageTitle, Totals, loaded};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

#[component]
pub fn CartPage() -> impl IntoView {
    let cx = request();
    loaded(async move {
        let locale = cx.locale;
        let cart = service::cart(&cx).await?;
        let waiting = cart.waiting_order.clone().map(|number| waiting_order(&cx, number));
        let nothing = cart.held.is_empty() && cart.lapsed.is_empty();
        let empty = (nothing && waiting.is_none()).then(|| {
            view! {
                <Empty icon="shopping-cart" title=tr!(locale, checkout.empty_title) text=tr!(locale, checkout.empty_text)>
                    <a class="btn btn--primary" href="/certifications">{tr!(locale, checkout.browse)}</a>
                </Empty>
            }
        });
        let lapsed = (!cart.lapsed.is_empty()).then(|| lapsed_section(&cx, &cart.lapsed, &cart.total.currency));
        let held = (!cart.held.is_empty()).then(|| {
            let lines = cart.held.iter().map(|line| held_line(&cx, line, &cart.total.currency)).collect_view();
            let rows = vec![(tr!(locale, checkout.total).to_owned(), format::money(locale, &cart.total))];
            view! {
                <div class="split">
                    <ul class="cart">{lines}</ul>
                    <aside class="split__aside stack" aria-label=tr!(locale, checkout.sum)>
                        <Totals rows/>
                        <div class="actions">
                            <a class="btn btn--primary btn--block" href="/checkout">{tr!(locale, checkout.to_review)}</a>
                        </div>
                        <p class="muted small">{tr!(locale, checkout.cart_next)}</p>
                        <p><a href="/certifications">{tr!(locale, checkout.add_another)}</a></p>
                    </aside>
                </div>
            }
        });
        Ok(view! {
            <PageTitle text=tr!(locale, checkout.cart_title)/>
            <div class="wrap">
                <ErrorSummary/>
                <PageHead title=tr!(locale, checkout.cart_title)/>
                <div class="stack stack--l">{waiting} {lapsed} {held} {empty}</div>
            </div>
        })
    })
}

fn held_line(cx: &RequestContext, line: &Line, currency: &str) -> AnyView {
    let locale = cx.locale;
    let countdown = match line.state {
        LineState::Held(until) => Some(countdown(cx, until)),
        _ => None,
    };
    view! {
        <li class="cart__line">
            <div class="cart__main">
                <h2 class="cart__title">{line.description.clone()}</h2>
                <p class="cart__text">{when(locale, line)}</p>
                <p class="cart__text">{place(locale, line)}</p>
                <p class="cart__text">{language_and_length(locale, line)}</p>
                {countdown}
                <div class="cart__tools">{remove(cx, line)}</div>
            </div>
            <p class="price"><span class="price__now">{money(locale, line.price_minor, currency)}</span></p>
        </li>
    }
    .into_any()
}

/// Holds that ran out: said, not hidden, with the way to choose again.
fn lapsed_section(cx: &RequestContext, lines: &[Line], currency: &str) -> AnyView {
    let locale = cx.locale;
    let items = lines
        .iter()
        .map(|line| {
            view! {
                <li class="cart__line">
                    <div class="cart__main">
                        <h3 class="cart__title">{line.description.clone()}</h3>
                        <p class="cart__text"><s>{when(locale, line)}</s></p>
                        <p class="cart__text">{place(locale, line)}</p>
                        <div class="cart__tools">
                            <a class="btn btn--link" href=choose_again(line)>
                                {tr!(locale, checkout.choose_again)}<span class="vh">": " {line.description.clone()}</span>
                            </a>
                            {remove(cx, line)}
                        </div>
                    </div>
                    <p class="price"><s class="price__old">{money(locale, line.price_minor, currency)}</s></p>
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="stack" aria-labelledby="lapsed">
            <div class="alert alert--warning">
                <Icon name="alert-triangle" class="icon alert__icon"/>
                <div class="alert__body">
                    <h2 class="alert__title" id="lapsed">{tr!(locale, checkout.lapsed_title)}</h2>
                    <p>{tr!(locale, checkout.lapsed_text)}</p>
                </div>
            </div>
            <ul class="cart">{items}</ul>
        </section>
    }
    .into_any()
}

fn remove(cx: &RequestContext, line: &Line) -> AnyView {
    let (label, item, description) = (tr!(cx.locale, checkout.remove), line.item_id.to_string(), line.description.clone());
    view! {
        <Form action=RemoveItem::PATH class="">
            <HiddenField name="item" value=item/>
            <button class="btn btn--link">
                {label}<span class="vh">" " {description}</span>
            </button>
        </Form>
    }
    .into_any()
}

/// An order was placed and not paid: it can be paid still, or changed.
fn waiting_order(cx: &RequestContext, number: String) -> AnyView {
    let locale = cx.locale;
    let title = tr!(locale, checkout.waiting_title, number = number.clone()).to_string();
    view! {
        <Alert kind=AlertKind::Info title>
            <p>{tr!(locale, checkout.waiting_text)}</p>
            <div class="cluster">
                <a class="btn btn--primary btn--small" href=format!("/checkout/return/{number}")>{tr!(locale, checkout.waiting_pay)}</a>
                <Form action=ReopenOrder::PATH class="">
                    <HiddenField name="number" value=number/>
                    <button class="btn btn--small">{tr!(locale, checkout.waiting_change)}</button>
                </Form>
            </div>
        </Alert>
    }
    .into_any()
}
