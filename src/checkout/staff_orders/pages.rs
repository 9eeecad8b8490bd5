//! `/staff/orders`, `/staff/orders/:number`, `/staff/orders/:number/refund`, and a refund before and after.

use super::api::RefundOrder;
use super::model::{FoundOrder, StaffRefund};
use super::rules;
use super::service::{self, Look, Search};
use crate::checkout::model::PaymentState;
use crate::checkout::pages::{instant, money, place, refund_text, state_tag, when};
use crate::checkout::rules::LineState;
use crate::error::AppError;
use crate::ids::ApprovalId;
use crate::money::Money;
use crate::server::{Locale, Permission, RequestContext, format, random, request};
use crate::staff::approvals::pages::open_note;
use crate::tr;
use crate::ui::{
    Alert, AlertKind, BackLink, Choice, Empty, ErrorSummary, Form, HiddenField, PageTitle, RadioField, SearchForm, Summary, SummaryRow,
    Table, Tag, TextArea, TextField, Time, Tone, form_value, loaded, param,
};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

#[component]
pub fn StaffOrdersPage() -> impl IntoView {
    let cx = request();
    loaded(async move {
        let locale = cx.locale;
        let wanted = cx.query("q").unwrap_or_default().to_owned();
        let answer = match wanted.as_str() {
            "" => None,
            wanted => Some(found(&cx, service::search(&cx, wanted).await?)),
        };
        Ok(view! {
            <PageTitle text=tr!(locale, approvals.nav_orders)/>
            <h1>{tr!(locale, approvals.nav_orders)}</h1>
            <p class="muted">{tr!(locale, approvals.search_lead)}</p>
            <SearchForm label=tr!(locale, approvals.search) hint=tr!(locale, approvals.orders_search_hint) button=tr!(locale, approvals.search)/>
            {answer}
        })
    })
}

fn found(cx: &RequestContext, search: Search) -> AnyView {
    let locale = cx.locale;
    if search.found.is_empty() {
        return view! { <Empty icon="search" title=tr!(locale, approvals.orders_none) text=tr!(locale, approvals.orders_none_text)/> }
            .into_any();
    }
    let columns = vec![
        (tr!(locale, checkout.order).to_owned(), false),
        (tr!(locale, checkout.buyer).to_owned(), false),
        (tr!(locale, checkout.placed_on).to_owned(), false),
        (tr!(locale, checkout.state).to_owned(), false),
        (tr!(locale, checkout.total).to_owned(), true),
    ];
    let rows: Vec<AnyView> = search.found.into_iter().map(|order| found_row(cx, order)).collect();
    view! {
        <Table caption=tr!(locale, approvals.orders_found) dense=true columns>{rows}</Table>
        {search.more.then(|| view! { <p class="muted">{tr!(locale, approvals.more)}</p> })}
    }
    .into_any()
}

fn found_row(cx: &RequestContext, order: FoundOrder) -> AnyView {
    let locale = cx.locale;
    let placed = format::date_short(locale, format::day_in(order.placed_at, cx.time_zone()));
    let href = format!("/staff/orders/{}", order.number);
    view! {
        <tr role="row">
            <th scope="row" role="rowheader"><a href=href>{order.number}</a></th>
            <td role="cell" data-label=tr!(locale, checkout.buyer)>
                <span>
                    <bdi>{order.buyer}</bdi>
                    " "
                    {order.candidate_id.map(|id| view! { <code class="id">{id}</code> })}
                </span>
            </td>
            <td role="cell" data-label=tr!(locale, checkout.placed_on)>
                <Time datetime=order.placed_at.to_rfc3339() text=placed/>
            </td>
            <td role="cell" data-label=tr!(locale, checkout.state)>{state_tag(locale, order.state)}</td>
            <td role="cell" class="num" data-label=tr!(locale, checkout.total)>{format::money(locale, &order.total)}</td>
        </tr>
    }
    .into_any()
}

#[component]
pub fn StaffOrderPage() -> impl IntoView {
    let cx = request();
    let number = param("number");
    loaded(async move {
        let locale = cx.locale;
        let look = service::look(&cx, &number).await?;
        let refunded = cx.query("done") == Some("refunded") && cx.form.is_none();
        let title = tr!(locale, checkout.order_title, number = number.clone()).to_string();
        let refund = (look.refundable() && cx.staff(Permission::RefundOrders).is_ok()).then(|| {
            view! {
                <div class="actions"><a class="btn" href=format!("/staff/orders/{number}/refund")>{tr!(locale, approvals.refund)}</a></div>
            }
        });
        Ok(view! {
            <PageTitle text=title.clone()/>
            <BackLink href="/staff/orders" label=tr!(locale, approvals.nav_orders)/>
            {refunded.then(|| view! { <Alert kind=AlertKind::Success><p>{tr!(locale, approvals.done_refund)}</p></Alert> })}
            <h1>{title}</h1>
            {open_note(&cx, &look.requests)}
            {facts(&cx, &look)}
            {items(&cx, &look)}
            {refund}
            {refunds(&cx, &look)}
            {payments(&cx, &look)}
        })
    })
}

fn facts(cx: &RequestContext, look: &Look) -> AnyView {
    let locale = cx.locale;
    let buyer = look.buyer.clone();
    let name = view! { <bdi>{buyer.name}</bdi> };
    let name = if cx.staff(Permission::ReadAccounts).is_ok() {
        view! { <a href=format!("/staff/accounts/{}", buyer.account_id)>{name}</a> }.into_any()
    } else {
        name.into_any()
    };
    let placed = look.purchase.placed_at.map(|at| instant(cx, at));
    let paid = look.purchase.paid_at.map(|at| instant(cx, at));
    let (state, total) = (state_tag(locale, look.purchase.state), format::money(locale, &look.purchase.total));
    view! {
        <Summary>
            <SummaryRow key=tr!(locale, checkout.state)>{state}</SummaryRow>
            <SummaryRow key=tr!(locale, checkout.buyer)>
                {name}
                " "
                {buyer.candidate_id.map(|id| view! { <code class="id">{id}</code> })}
            </SummaryRow>
            {placed.map(|placed| view! { <SummaryRow key=tr!(locale, checkout.placed_on)>{placed}</SummaryRow> })}
            {paid.map(|paid| view! { <SummaryRow key=tr!(locale, checkout.paid_on)>{paid}</SummaryRow> })}
            <SummaryRow key=tr!(locale, checkout.total)>{total}</SummaryRow>
        </Summary>
    }
    .into_any()
}

fn seat_tag(locale: Locale, state: LineState) -> AnyView {
    let (tone, text) = match state {
        LineState::Held(_) => (Tone::Warn, tr!(locale, approvals.seat_held)),
        LineState::Lapsed => (Tone::Off, tr!(locale, approvals.seat_lapsed)),
        LineState::Booked => (Tone::Ok, tr!(locale, approvals.seat_booked)),
        LineState::Cancelled => (Tone::Off, tr!(locale, approvals.seat_cancelled)),
    };
    view! { <Tag tone text/> }.into_any()
}

fn items(cx: &RequestContext, look: &Look) -> AnyView {
    let locale = cx.locale;
    let currency = look.purchase.total.currency.clone();
    let columns = vec![
        (tr!(locale, checkout.exam).to_owned(), false),
        (tr!(locale, checkout.appointment).to_owned(), false),
        (tr!(locale, checkout.price).to_owned(), true),
        (tr!(locale, approvals.left).to_owned(), true),
    ];
    let rows: Vec<AnyView> = look
        .lines
        .iter()
        .map(|line| {
            view! {
                <tr role="row">
                    <th scope="row" role="rowheader">{line.description.clone()} " " <code class="id">{line.reference.clone()}</code></th>
                    <td role="cell" data-label=tr!(locale, checkout.appointment)>
                        <span>{when(locale, line)} ", " {place(locale, line)} " " {seat_tag(locale, line.state)}</span>
                    </td>
                    <td role="cell" class="num" data-label=tr!(locale, checkout.price)>{money(locale, line.price_minor, &currency)}</td>
                    <td role="cell" class="num" data-label=tr!(locale, approvals.left)>{format::money(locale, &look.left(line))}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    view! { <Table caption=tr!(locale, checkout.items) dense=true columns>{rows}</Table> }.into_any()
}

fn refunds(cx: &RequestContext, look: &Look) -> Option<AnyView> {
    if look.refunds.is_empty() {
        return None;
    }
    let (locale, zone) = (cx.locale, cx.time_zone());
    let columns = vec![
        (tr!(locale, checkout.date).to_owned(), false),
        (tr!(locale, checkout.reason).to_owned(), false),
        (tr!(locale, approvals.asked_by).to_owned(), false),
        (tr!(locale, checkout.state).to_owned(), false),
        (tr!(locale, checkout.refund_amount).to_owned(), true),
    ];
    let rows: Vec<AnyView> = look
        .refunds
        .iter()
        .cloned()
        .map(|refund| {
            let date = format::date_short(locale, format::day_in(refund.created_at, zone));
            let (tone, text) = match refund.state.as_str() {
                "succeeded" => (Tone::Ok, tr!(locale, checkout.refund_sent)),
                "failed" => (Tone::Bad, tr!(locale, checkout.refund_stuck)),
                _ => (Tone::Info, tr!(locale, checkout.refund_pending)),
            };
            let amount = money(locale, refund.amount_minor, &look.purchase.total.currency);
            let by = refund.asked_by.unwrap_or_else(|| tr!(locale, approvals.by_itself).to_owned());
            view! {
                <tr role="row">
                    <th scope="row" role="rowheader"><Time datetime=refund.created_at.to_rfc3339() text=date/></th>
                    <td role="cell" data-label=tr!(locale, checkout.reason)>
                        {match refund.note {
                            Some(note) => view! { <span class="said">{note}</span> }.into_any(),
                            None => refund_text(locale, &refund.reason).into_any(),
                        }}
                    </td>
                    <td role="cell" data-label=tr!(locale, approvals.asked_by)><bdi>{by}</bdi></td>
                    <td role="cell" data-label=tr!(locale, checkout.state)><Tag tone text/></td>
                    <td role="cell" class="num" data-label=tr!(locale, checkout.refund_amount)>{amount}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    Some(view! { <Table caption=tr!(locale, checkout.refunds) dense=true columns>{rows}</Table> }.into_any())
}

fn payments(cx: &RequestContext, look: &Look) -> Option<AnyView> {
    if look.payments.is_empty() {
        return None;
    }
    let locale = cx.locale;
    let columns = vec![
        (tr!(locale, checkout.date).to_owned(), false),
        (tr!(locale, approvals.gateway).to_owned(), false),
        (tr!(locale, checkout.state).to_owned(), false),
        (tr!(locale, approvals.amount).to_owned(), true),
    ];
    let rows: Vec<AnyView> = look
        .payments
        .iter()
        .cloned()
        .map(|payment| {
            let (tone, text) = match payment.state {
                PaymentState::Pending => (Tone::Warn, tr!(locale, approvals.payment_pending)),
                PaymentState::Succeeded => (Tone::Ok, tr!(locale, approvals.payment_succeeded)),
                PaymentState::Failed => (Tone::Off, tr!(locale, approvals.payment_failed)),
                PaymentState::Returned => (Tone::Info, tr!(locale, approvals.payment_returned)),
            };
            view! {
                <tr role="row">
                    <th scope="row" role="rowheader">{instant(cx, payment.created_at)}</th>
                    <td role="cell" data-label=tr!(locale, approvals.gateway)>
                        <span>
                            {payment.gateway}
                            " "
                            {payment.gateway_ref.map(|reference| view! { <code class="id">{reference}</code> })}
                        </span>
                    </td>
                    <td role="cell" data-label=tr!(locale, checkout.state)><Tag tone text/></td>
                    <td role="cell" class="num" data-label=tr!(locale, approvals.amount)>{format::money(locale, &payment.amount)}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    Some(view! { <Table caption=tr!(locale, approvals.payments) dense=true columns>{rows}</Table> }.into_any())
}

/// The form.
#[component]
pub fn RefundPage() -> impl IntoView {
    let cx = request();
    let number = param("number");
    loaded(async move {
        let locale = cx.locale;
        let look = service::look(&cx, &number).await?;
        let open: Vec<_> = look.lines.iter().filter(|line| look.left(line).minor > 0).collect();
        // Nothing is left: the page of the order says why.
        let first = open.first().map(|line| look.left(line)).ok_or(AppError::NotFound)?;
        let choices: Vec<Choice> = open
            .iter()
            .map(|line| {
                let left = format::money(locale, &look.left(line));
                Choice::new(line.item_id.to_string(), line.description.clone())
                    .hinted(tr!(locale, approvals.left_of_item, amount = left).to_string())
            })
            .collect();
        let only = (open.len() == 1).then(|| open[0].item_id.to_string());
        // One item: its whole rest is what is most often meant.
        let amount = only.is_some().then(|| rules::plain_amount(&first));
        let back = format!("/staff/orders/{number}");
        let intent = random::id::<ApprovalId>().to_string();
        let currency = first.currency.clone();
        let limit = tr!(locale, approvals.refund_limit, amount = format::money(locale, &look.limit)).to_string();
        Ok(view! {
            <BackLink href=back.clone() label=number.clone()/>
            <PageTitle text=tr!(locale, approvals.refund)/>
            <ErrorSummary/>
            <h1>{tr!(locale, approvals.refund)}</h1>
            {open_note(&cx, &look.requests)}
            <Alert kind=AlertKind::Info title=tr!(locale, approvals.refund_seat_title)>
                <p>{tr!(locale, approvals.refund_seat_text)}</p>
            </Alert>
            <p>{limit}</p>
            <Form action=RefundOrder::PATH>
                <HiddenField name="order" value=number.clone()/>
                <HiddenField name="intent" value=form_value("intent", Some(intent)).unwrap_or_default()/>
                <RadioField name="item" legend=tr!(locale, approvals.item) choices=choices value=only.unwrap_or_default()/>
                <TextField
                    name="amount"
                    label=tr!(locale, approvals.amount_in, currency = currency).to_string()
                    hint=tr!(locale, approvals.amount_hint)
                    value=amount.unwrap_or_default()
                    inputmode="decimal"
                    autocomplete="off"
                    width=10
                    maxlength=20
                />
                <TextArea name="reason" label=tr!(locale, approvals.reason) hint=tr!(locale, approvals.reason_hint)/>
                <div class="actions">
                    <button class="btn btn--primary">{tr!(locale, approvals.refund)}</button>
                    <a class="btn btn--quiet" href=back>{tr!(locale, common.cancel)}</a>
                </div>
            </Form>
        })
    })
}

/// A refund, before and after side by side.
pub fn change(cx: &RequestContext, refund: &StaffRefund) -> AnyView {
    let locale = cx.locale;
    let (before, after) = (tr!(locale, approvals.before), tr!(locale, approvals.after));
    let columns = vec![(tr!(locale, approvals.value).to_owned(), false), (before.to_owned(), true), (after.to_owned(), true)];
    let show = |minor: i64| format::money(locale, &Money::new(minor, refund.amount.currency.clone()));
    let row = |label: &'static str, (was, will): (i64, i64)| {
        view! {
            <tr role="row">
                <th scope="row" role="rowheader">{label}</th>
                <td role="cell" class="num" data-label=before>{show(was)}</td>
                <td role="cell" class="num" data-label=after><strong>{show(will)}</strong></td>
            </tr>
        }
        .into_any()
    };
    let (gone, given) = (refund.refunded_minor, refund.amount.minor);
    let kept = refund.price_minor - gone;
    let rows = vec![row(tr!(locale, approvals.refunded), (gone, gone + given)), row(tr!(locale, approvals.left), (kept, kept - given))];
    let (item, price, amount) = (refund.description.clone(), show(refund.price_minor), show(given));
    view! {
        <Summary>
            <SummaryRow key=tr!(locale, approvals.item)>{item}</SummaryRow>
            <SummaryRow key=tr!(locale, checkout.price)>{price}</SummaryRow>
            <SummaryRow key=tr!(locale, approvals.amount)><strong>{amount}</strong></SummaryRow>
        </Summary>
        <Table caption=tr!(locale, approvals.change_caption) columns>{rows}</Table>
    }
    .into_any()
}
