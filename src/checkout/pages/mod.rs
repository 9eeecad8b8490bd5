//! The pages of checkout, in the order a candidate meets them.

mod cart;
mod confirmation;
mod order;
mod orders;
mod returned;
mod review;

pub use cart::CartPage;
pub use confirmation::ConfirmationPage;
pub use order::OrderPage;
pub use orders::OrdersPage;
pub use returned::ReturnPage;
pub use review::ReviewPage;

use super::model::{PurchaseState, refund_reason};
use super::service::{self, Line};
use crate::money::Money;
use crate::server::{Locale, RequestContext, format, i18n};
use crate::tr;
use crate::ui::islands::Countdown;
use crate::ui::{Tag, Time, Tone};
use chrono::{DateTime, Utc};
use leptos::prelude::*;

/// Where the exam is taken: centre and city, or online.
pub fn place(locale: Locale, line: &Line) -> String {
    match (&line.center_name, &line.center_city) {
        (Some(name), Some(city)) => format!("{name}, {city}"),
        _ => tr!(locale, checkout.online).to_owned(),
    }
}

/// Why a payment did not go through, in the payer's words.
pub fn failure_text(locale: Locale, code: &str) -> &'static str {
    match code {
        "insufficient_funds" => tr!(locale, checkout.failure_funds),
        "authentication_failed" => tr!(locale, checkout.failure_authentication),
        "expired" => tr!(locale, checkout.failure_expired),
        "cancelled" => tr!(locale, checkout.failure_cancelled),
        "not_started" => tr!(locale, checkout.failure_not_started),
        _ => tr!(locale, checkout.failure_declined),
    }
}

/// What is told of an item that was paid for and could not be booked (a reason of `refund_reason`).
pub fn lost_text(locale: Locale, reason: &str, item: &str, amount: &Money) -> String {
    let item = item.to_owned();
    let text = match reason {
        refund_reason::BOOKED_ALREADY => tr!(locale, checkout.lost_booked_already, item = item).to_string(),
        _ => tr!(locale, checkout.lost_text, item = item).to_string(),
    };
    if amount.minor == 0 {
        return text;
    }
    let back = tr!(locale, checkout.lost_back, amount = format::money(locale, amount)).to_string();
    format!("{text} {back}")
}

/// Why money goes back.
pub fn refund_text(locale: Locale, reason: &str) -> &'static str {
    match reason {
        refund_reason::SEAT_LOST => tr!(locale, checkout.refund_seat_lost),
        refund_reason::BOOKED_ALREADY => tr!(locale, checkout.refund_booked_already),
        refund_reason::ORDER_CHANGED => tr!(locale, checkout.refund_order_changed),
        refund_reason::PAID_TWICE => tr!(locale, checkout.refund_paid_twice),
        refund_reason::CANCELLED => tr!(locale, checkout.refund_cancelled),
        refund_reason::PROVIDER_CANCELLED => tr!(locale, checkout.refund_provider_cancelled),
        refund_reason::STAFF => tr!(locale, approvals.refund_by_staff),
        _ => tr!(locale, checkout.refund_other),
    }
}

/// The start of an exam in its own zone, for the machine too.
pub(super) fn when(locale: Locale, line: &Line) -> AnyView {
    let text = format::date_time(locale, line.starts_at, format::zone(&line.time_zone));
    view! { <Time datetime=line.starts_at.to_rfc3339() text=text/> }.into_any()
}

/// An instant in the reader's own zone.
pub(super) fn instant(cx: &RequestContext, at: DateTime<Utc>) -> AnyView {
    view! { <Time datetime=at.to_rfc3339() text=format::date_time(cx.locale, at, cx.time_zone())/> }.into_any()
}

pub(super) fn money(locale: Locale, minor: i64, currency: &str) -> String {
    format::money(locale, &Money::new(minor, currency))
}

/// "English, 130 minutes".
fn language_and_length(locale: Locale, line: &Line) -> String {
    format!("{}, {}", i18n::language_name(&line.language, locale), tr!(locale, checkout.minutes, minutes = line.minutes))
}

/// What is left of a hold.
fn countdown(cx: &RequestContext, until: DateTime<Utc>) -> AnyView {
    let locale = cx.locale;
    view! {
        <Countdown
            seconds=service::seconds_left(cx, until)
            label=tr!(locale, checkout.held_for).to_owned()
            over=tr!(locale, checkout.hold_over).to_owned()
        />
    }
    .into_any()
}

/// Where another time for the same exam is chosen.
fn choose_again(line: &Line) -> String {
    format!("/schedule/{}?language={}", line.exam_code, line.language)
}

pub(super) fn state_tag(locale: Locale, state: PurchaseState) -> AnyView {
    let (tone, text) = match state {
        PurchaseState::Draft => (Tone::Plain, tr!(locale, checkout.state_draft)),
        PurchaseState::AwaitingPayment => (Tone::Warn, tr!(locale, checkout.state_awaiting)),
        PurchaseState::Paid => (Tone::Ok, tr!(locale, checkout.state_paid)),
        PurchaseState::PartlyRefunded => (Tone::Info, tr!(locale, checkout.state_partly_refunded)),
        PurchaseState::Refunded => (Tone::Off, tr!(locale, checkout.state_refunded)),
        PurchaseState::Cancelled => (Tone::Off, tr!(locale, checkout.state_cancelled)),
        PurchaseState::Expired => (Tone::Off, tr!(locale, checkout.state_expired)),
    };
    view! { <Tag tone text=text/> }.into_any()
}
