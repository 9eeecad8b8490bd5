//! Check your answers, then pay: everything that is bought, with its rules as dates, and where the card is typed.

use super::{choose_again, countdown, language_and_length, money, place, when};
use crate::checkout::service::{self, Cart, Line};
use crate::checkout::{Pay, rules};
use crate::scheduling::rules::Delivery;
use crate::scheduling::terms::{Facts, Terms};
use crate::server::programme::Policies;
use crate::server::{RequestContext, format, request};
use crate::tr;
use crate::ui::{
    BackLink, Empty, ErrorSummary, Form, HiddenField, Icon, PageHead, PageTitle, Steps, Summary, SummaryRow, Time, Totals, loaded,
};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

#[component]
pub fn ReviewPage() -> impl IntoView {
    let cx = request();
    loaded(async move {
        let locale = cx.locale;
        let cart = service::review(&cx).await?;
        let steps = vec![
            (tr!(locale, checkout.step_cart).to_owned(), Some("/cart".to_owned())),
            (tr!(locale, checkout.step_check).to_owned(), None),
            (tr!(locale, checkout.step_pay).to_owned(), None),
            (tr!(locale, checkout.step_done).to_owned(), None),
        ];
        let body = if cart.held.is_empty() { nothing(&cx, &cart) } else { review(&cx, &cart) };
        Ok(view! {
            <PageTitle text=tr!(locale, checkout.review_title)/>
            <div class="wrap">
                <BackLink href="/cart" label=tr!(locale, checkout.back_to_cart)/>
                <ErrorSummary/>
                <Steps steps current=1/>
                <PageHead title=tr!(locale, checkout.review_title)/>
                {body}
            </div>
        })
    })
}

fn nothing(cx: &RequestContext, cart: &Cart) -> AnyView {
    let locale = cx.locale;
    let (title, text) = match cart.lapsed.is_empty() {
        true => (tr!(locale, checkout.empty_title), tr!(locale, checkout.review_empty)),
        false => (tr!(locale, checkout.lapsed_title), tr!(locale, checkout.lapsed_text)),
    };
    let again: Vec<_> = cart
        .lapsed
        .iter()
        .map(|line| {
            view! {
                <li><a href=choose_again(line)>{tr!(locale, checkout.choose_again)} ": " {line.description.clone()}</a></li>
            }
        })
        .collect();
    view! {
        <Empty icon="shopping-cart" title text>
            <ul class="stack stack--s">{again}</ul>
            <div class="cluster">
                <a class="btn btn--primary" href="/cart">{tr!(locale, checkout.back_to_cart)}</a>
                <a class="btn" href="/orders">{tr!(locale, checkout.to_orders)}</a>
            </div>
        </Empty>
    }
    .into_any()
}

fn review(cx: &RequestContext, cart: &Cart) -> AnyView {
    let locale = cx.locale;
    let total = format::money(locale, &cart.total);
    let free = cart.total.minor == 0;
    let items = cart.held.iter().map(|line| item(cx, line, &cart.total.currency)).collect_view();
    let left_out = (!cart.lapsed.is_empty()).then(|| {
        view! {
            <div class="alert alert--warning">
                <Icon name="alert-triangle" class="icon alert__icon"/>
                <div class="alert__body">
                    <h2 class="alert__title">{tr!(locale, checkout.lapsed_title)}</h2>
                    <p>{tr!(locale, checkout.review_left_out)}</p>
                    <ul>{cart.lapsed.iter().map(|line| view! { <li>{line.description.clone()}</li> }).collect_view()}</ul>
                </div>
            </div>
        }
    });
    let countdown = service::held_until(&cart.held).map(|until| countdown(cx, until));
    let how = (!free).then(|| {
        let minutes = rules::TIME_TO_PAY.num_minutes();
        view! {
            <section class="stack stack--s" aria-labelledby="how">
                <h2 id="how">{tr!(locale, checkout.how_title)}</h2>
                <div class="prose">
                    <p>{tr!(locale, checkout.how_card)}</p>
                    <p>{tr!(locale, checkout.how_hold, minutes = minutes).to_string()}</p>
                    <p>{tr!(locale, checkout.how_late)}</p>
                </div>
            </section>
        }
    });
    let label = match free {
        true => tr!(locale, checkout.complete_free).to_owned(),
        false => tr!(locale, checkout.pay_amount, amount = total.clone()).to_string(),
    };
    let purchase_id = cart.purchase_id.map(|id| id.to_string()).unwrap_or_default();
    let reviewed = cart.reviewed.clone();
    view! {
        <div class="split">
            <div class="stack stack--l">{left_out} {items} {how}</div>
            <aside class="split__aside stack" aria-label=tr!(locale, checkout.sum)>
                {countdown}
                <Totals rows=sums(cx, cart)/>
                <Form action=Pay::PATH class="">
                    <HiddenField name="purchase" value=purchase_id/>
                    <HiddenField name="reviewed" value=reviewed/>
                    <button class="btn btn--primary btn--large btn--block">{label}</button>
                </Form>
                {(!free).then(|| view! { <p class="muted small">{tr!(locale, checkout.pay_hint)}</p> })}
            </aside>
        </div>
    }
    .into_any()
}

/// One row an item where there are several, then the total.
fn sums(cx: &RequestContext, cart: &Cart) -> Vec<(String, String)> {
    let locale = cx.locale;
    let mut rows: Vec<(String, String)> = match cart.held.len() {
        1 => vec![],
        _ => cart.held.iter().map(|line| (line.exam_code.clone(), money(locale, line.price_minor, &cart.total.currency))).collect(),
    };
    rows.push((tr!(locale, checkout.total).to_owned(), format::money(locale, &cart.total)));
    rows
}

fn item(cx: &RequestContext, line: &Line, currency: &str) -> AnyView {
    let locale = cx.locale;
    let zone = format::zone(&line.time_zone);
    let change = (choose_again(line), tr!(locale, common.change).to_owned());
    let policies: Policies = serde_json::from_value(line.policies.clone()).unwrap_or_default();
    let delivery = if line.center_name.is_some() { Delivery::Center } else { Delivery::Online };
    let facts = Facts { policies: &policies, delivery, starts_at: line.starts_at, minutes: line.minutes, zone, moved: 0 };
    let terms = Terms::new(locale, cx.now(), cx.time_zone(), &facts);
    let arrival = match delivery {
        Delivery::Center => tr!(locale, checkout.arrive_by),
        Delivery::Online => tr!(locale, checkout.check_in_from),
    };
    let arrive_by = terms.deadlines.arrive_by;
    let arrive_at = view! { <Time datetime=arrive_by.to_rfc3339() text=format::date_time(locale, arrive_by, zone)/> };
    let reschedule = [Some(terms.reschedule), terms.moves_left].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let cancel = terms.cancel;
    let (when, place, length) = (when(locale, line), place(locale, line), language_and_length(locale, line));
    let price = money(locale, line.price_minor, currency);
    let name = line.name_on_id.clone().unwrap_or_else(|| cx.viewer().map(|viewer| viewer.full_name()).unwrap_or_default());
    view! {
        <section class="stack stack--s">
            <h2 class="h3">{line.description.clone()}</h2>
            <Summary>
                <SummaryRow key=tr!(locale, checkout.date_and_time) change=change>{when}</SummaryRow>
                <SummaryRow key=tr!(locale, checkout.place)>{place}</SummaryRow>
                <SummaryRow key=arrival>{arrive_at}</SummaryRow>
                <SummaryRow key=tr!(locale, checkout.language_and_length)>{length}</SummaryRow>
                <SummaryRow key=tr!(locale, checkout.name_on_id)>{name}</SummaryRow>
                <SummaryRow key=tr!(locale, checkout.reschedule)>{reschedule}</SummaryRow>
                <SummaryRow key=tr!(locale, checkout.cancel)>{cancel}</SummaryRow>
                <SummaryRow key=tr!(locale, checkout.price)>{price}</SummaryRow>
            </Summary>
        </section>
    }
    .into_any()
}
