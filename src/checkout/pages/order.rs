//! One order: what was bought, paid and given back. Prints as a receipt.

use super::{instant, money, place, refund_text, state_tag, when};
use crate::checkout::model::PaymentState;
use crate::checkout::service::{self, Order};
use crate::server::{RequestContext, format, request};
use crate::tr;
use crate::ui::{BackLink, PageHead, PageTitle, Summary, SummaryRow, Table, Tag, Tone, loaded, param};
use leptos::prelude::*;

#[component]
pub fn OrderPage() -> impl IntoView {
    let cx = request();
    let number = param("number");
    loaded(async move {
        let locale = cx.locale;
        let order = service::order(&cx, &number).await?;
        let viewer = cx.candidate()?;
        let (buyer, candidate_id) = (viewer.full_name(), viewer.candidate_id.clone());
        let state = order.purchase.state;
        let title = tr!(locale, checkout.order_title, number = number.clone()).to_string();
        let programme = cx.programme();
        let (seller, support) = (programme.name.clone(), programme.support_email.clone());
        let unpaid = order.purchase.state == crate::checkout::model::PurchaseState::AwaitingPayment;
        let placed = order.purchase.placed_at.map(|at| instant(&cx, at));
        let paid = order.purchase.paid_at.map(|at| instant(&cx, at));
        let with_card = order.payment.as_ref().is_some_and(|payment| payment.state == PaymentState::Succeeded);
        Ok(view! {
            <PageTitle text=title/>
            <div class="wrap">
                <BackLink href="/orders" label=tr!(locale, checkout.back_to_orders)/>
                <PageHead title=tr!(locale, checkout.order) kicker=number.clone()/>
                <div class="stack stack--l">
                    {unpaid
                        .then(|| {
                            view! {
                                <p>
                                    <a class="btn btn--primary" href=format!("/checkout/return/{number}")>
                                        {tr!(locale, checkout.continue_payment)}
                                    </a>
                                </p>
                            }
                        })}
                    <Summary>
                        <SummaryRow key=tr!(locale, checkout.state)>{state_tag(locale, state)}</SummaryRow>
                        <SummaryRow key=tr!(locale, checkout.seller)>{seller}</SummaryRow>
                        <SummaryRow key=tr!(locale, checkout.buyer)>
                            {buyer} ", " {tr!(locale, common.candidate_id)} " "
                            <code class="id">{candidate_id}</code>
                        </SummaryRow>
                        {placed.map(|placed| view! { <SummaryRow key=tr!(locale, checkout.placed_on)>{placed}</SummaryRow> })}
                        {paid.map(|paid| view! { <SummaryRow key=tr!(locale, checkout.paid_on)>{paid}</SummaryRow> })}
                        {with_card
                            .then(|| {
                                view! {
                                    <SummaryRow key=tr!(locale, checkout.paid_with)>{tr!(locale, checkout.paid_with_card)}</SummaryRow>
                                }
                            })}
                    </Summary>
                    {items(&cx, &order)}
                    {refunds(&cx, &order)}
                    <p class="muted small">{tr!(locale, checkout.receipt_note, email = support).to_string()}</p>
                </div>
            </div>
        })
    })
}

fn items(cx: &RequestContext, order: &Order) -> AnyView {
    let locale = cx.locale;
    let currency = &order.purchase.total.currency;
    let columns = vec![
        (tr!(locale, checkout.exam).to_owned(), false),
        (tr!(locale, checkout.appointment).to_owned(), false),
        (tr!(locale, checkout.price).to_owned(), true),
    ];
    let rows = order
        .lines
        .iter()
        .map(|line| {
            let lost = order.why_lost(line).is_some();
            view! {
                <tr role="row">
                    <th scope="row" role="rowheader">{line.description.clone()}</th>
                    <td role="cell" data-label=tr!(locale, checkout.appointment)>
                        {if lost {
                            view! { <Tag tone=Tone::Bad text=tr!(locale, checkout.lost_tag)/> }.into_any()
                        } else {
                            view! { <span>{when(locale, line)} <br/> {place(locale, line)}</span> }.into_any()
                        }}
                    </td>
                    <td role="cell" class="num" data-label=tr!(locale, checkout.price)>{money(locale, line.price_minor, currency)}</td>
                </tr>
            }
        })
        .collect_view();
    let total = tr!(locale, checkout.total);
    let sum = format::money(locale, &order.purchase.total);
    view! {
        <Table caption=tr!(locale, checkout.items) columns>
            {rows}
            <tr role="row">
                <th scope="row" role="rowheader">{total}</th>
                <td role="cell"></td>
                <td role="cell" class="num" data-label=total><strong>{sum}</strong></td>
            </tr>
        </Table>
    }
    .into_any()
}

fn refunds(cx: &RequestContext, order: &Order) -> Option<AnyView> {
    if order.refunds.is_empty() {
        return None;
    }
    let locale = cx.locale;
    let zone = cx.time_zone();
    let columns = vec![
        (tr!(locale, checkout.date).to_owned(), false),
        (tr!(locale, checkout.reason).to_owned(), false),
        (tr!(locale, checkout.state).to_owned(), false),
        (tr!(locale, checkout.refund_amount).to_owned(), true),
    ];
    let rows = order
        .refunds
        .iter()
        .map(|refund| {
            let date = format::date_short(locale, format::day_in(refund.created_at, zone));
            let (tone, text) = match refund.state.as_str() {
                "succeeded" => (Tone::Ok, tr!(locale, checkout.refund_sent)),
                "failed" => (Tone::Bad, tr!(locale, checkout.refund_stuck)),
                _ => (Tone::Info, tr!(locale, checkout.refund_pending)),
            };
            view! {
                <tr role="row">
                    <th scope="row" role="rowheader">
                        <crate::ui::Time datetime=refund.created_at.to_rfc3339() text=date/>
                    </th>
                    <td role="cell" data-label=tr!(locale, checkout.reason)>{refund_text(locale, &refund.reason)}</td>
                    <td role="cell" data-label=tr!(locale, checkout.state)><Tag tone text=text/></td>
                    <td role="cell" class="num" data-label=tr!(locale, checkout.refund_amount)>
                        {money(locale, refund.amount_minor, &order.purchase.total.currency)}
                    </td>
                </tr>
            }
        })
        .collect_view();
    Some(
        view! {
            <Table caption=tr!(locale, checkout.refunds) columns>{rows}</Table>
            <p class="muted small">{tr!(locale, checkout.refund_when)}</p>
        }
        .into_any(),
    )
}
