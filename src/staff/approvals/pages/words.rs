//! What the parts of a request are called.

use crate::server::{Locale, format};
use crate::staff::approvals::model::{Act, Kind, State};
use crate::tr;
use crate::ui::{Tag, Tone};
use leptos::prelude::*;

pub fn kind_name(locale: Locale, kind: Kind) -> &'static str {
    match kind {
        Kind::ScoreCorrection => tr!(locale, approvals.kind_score),
        Kind::CredentialRevocation => tr!(locale, approvals.kind_revocation),
        Kind::Refund => tr!(locale, approvals.kind_refund),
    }
}

/// What it is about, by its numbers.
pub fn about(locale: Locale, act: &Act) -> String {
    match act {
        Act::ScoreCorrection(act) => format!("{} · {}", act.exam_code, act.reference),
        Act::CredentialRevocation(act) => act.certification.clone(),
        Act::Refund(act) => format!("{} · {}", act.order, format::money(locale, &act.amount)),
    }
}

pub fn state_tag(locale: Locale, state: State) -> AnyView {
    let (tone, text) = match state {
        State::Pending => (Tone::Warn, tr!(locale, approvals.state_pending)),
        State::Approved => (Tone::Ok, tr!(locale, approvals.state_approved)),
        State::Refused => (Tone::Bad, tr!(locale, approvals.state_refused)),
        State::Withdrawn => (Tone::Off, tr!(locale, approvals.state_withdrawn)),
        State::Lapsed => (Tone::Off, tr!(locale, approvals.state_lapsed)),
    };
    view! { <Tag tone text/> }.into_any()
}
