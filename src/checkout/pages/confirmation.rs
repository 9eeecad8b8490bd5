//! Paid: the references, and what happens next.

use super::{choose_again, lost_text, place, when};
use crate::checkout::model::refund_reason;
use crate::checkout::service::{self, Order};
use crate::error::AppError;
use crate::money::Money;
use crate::server::http::respond;
use crate::server::{RequestContext, request};
use crate::tr;
use crate::ui::{Alert, AlertKind, Confirm, Icon, PageTitle, Summary, SummaryRow, loaded, param};
use leptos::prelude::*;

#[component]
pub fn ConfirmationPage() -> impl IntoView {
    let cx = request();
    let number = param("number");
    loaded(async move {
        let locale = cx.locale;
        let order = service::order(&cx, &number).await?;
        if !order.purchase.state.was_paid() {
            respond::status(303);
            respond::header("location", &format!("/checkout/return/{number}"));
            return Ok(().into_any());
        }
        let booked = order.lines.iter().filter(|line| order.why_lost(line).is_none()).count();
        let title = match booked {
            0 => tr!(locale, checkout.confirmed_none).to_owned(),
            _ => tr!(locale, checkout.confirmed, count = booked).to_string(),
        };
        let email = cx.viewer().map_err(|_| AppError::Unauthenticated)?.email.clone();
        Ok(view! {
            <PageTitle text=title.clone()/>
            <div class="wrap wrap--narrow">
                <div class="stack stack--l">
                    <Confirm title text=tr!(locale, checkout.order_number) reference=order.purchase.number.clone()/>
                    {lost(&cx, &order)}
                    {appointments(&cx, &order)}
                    {(booked > 0).then(|| next(&cx, &email))}
                    <div class="actions">
                        <a class="btn btn--primary" href="/exams">{tr!(locale, checkout.to_exams)}</a>
                        <a class="btn" href=format!("/orders/{}", order.purchase.number)>{tr!(locale, checkout.to_receipt)}</a>
                    </div>
                </div>
            </div>
        }
        .into_any())
    })
}

/// What was paid for and could not be booked any more.
fn lost(cx: &RequestContext, order: &Order) -> Option<AnyView> {
    let locale = cx.locale;
    let items: Vec<AnyView> = order
        .lines
        .iter()
        .filter_map(|line| {
            let reason = order.why_lost(line)?;
            let amount = Money::new(line.price_minor, order.purchase.total.currency.clone());
            let text = lost_text(locale, reason, &line.description, &amount);
            let again = (reason == refund_reason::SEAT_LOST).then(|| {
                view! { <a href=choose_again(line)>{tr!(locale, checkout.choose_again)}</a> }
            });
            Some(view! { <p>{text} " " {again}</p> }.into_any())
        })
        .collect();
    let title = tr!(locale, checkout.lost_title);
    (!items.is_empty()).then(|| view! { <Alert kind=AlertKind::Warning title=title>{items}</Alert> }.into_any())
}

fn appointments(cx: &RequestContext, order: &Order) -> AnyView {
    let locale = cx.locale;
    let sections = order.lines.iter().filter(|line| order.why_lost(line).is_none()).map(|line| {
        let (reference, when, place) = (line.reference.clone(), when(locale, line), place(locale, line));
        view! {
            <section class="stack stack--s">
                <h2 class="h3">{line.description.clone()}</h2>
                <Summary>
                    <SummaryRow key=tr!(locale, checkout.reference)><code class="id">{reference}</code></SummaryRow>
                    <SummaryRow key=tr!(locale, checkout.date_and_time)>{when}</SummaryRow>
                    <SummaryRow key=tr!(locale, checkout.place)>{place}</SummaryRow>
                </Summary>
                <p>
                    <a class="btn btn--small" href=format!("/exams/{}/calendar.ics", line.reference) rel="external" download="">
                        <Icon name="calendar" class="icon icon--s"/>
                        {tr!(locale, checkout.add_to_calendar)}
                        <span class="vh">": " {line.description.clone()}</span>
                    </a>
                </p>
            </section>
        }
    });
    sections.collect_view().into_any()
}

fn next(cx: &RequestContext, email: &str) -> AnyView {
    let locale = cx.locale;
    view! {
        <section>
            <h2>{tr!(locale, checkout.next_title)}</h2>
            <ol class="next">
                <li>{tr!(locale, checkout.next_mail, email = email.to_owned()).to_string()}</li>
                <li>{tr!(locale, checkout.next_id)}</li>
                <li>{tr!(locale, checkout.next_change)}</li>
            </ol>
        </section>
    }
    .into_any()
}
