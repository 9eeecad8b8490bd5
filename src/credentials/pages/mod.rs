//! The screens of credentials: the owner's list and page, and the public verification.

mod card;
mod checked;
mod list;
mod own;
mod verify;

pub use list::CredentialsPage;
pub use own::CredentialPage;
pub use verify::{VerifyFormPage, VerifyPage};

use super::rules::State;
use crate::server::{Locale, format};
use crate::tr;
use crate::ui::{Tag, Tone};
use chrono::{DateTime, Utc};
use leptos::prelude::*;

fn state_word(locale: Locale, state: State) -> &'static str {
    match state {
        State::Active => tr!(locale, credentials.active),
        State::Expired => tr!(locale, credentials.expired),
        State::Superseded => tr!(locale, credentials.superseded),
        State::Revoked => tr!(locale, credentials.revoked),
    }
}

#[component]
pub(super) fn StateTag(state: State) -> impl IntoView {
    let locale = crate::server::request().locale;
    let tone = match state {
        State::Active => Tone::Ok,
        State::Expired | State::Superseded => Tone::Off,
        State::Revoked => Tone::Bad,
    };
    view! { <Tag tone text=state_word(locale, state)/> }
}

/// A credential's dates are days in UTC for everybody.
pub(super) fn utc_day(locale: Locale, at: DateTime<Utc>) -> impl IntoView + use<> {
    let day = at.date_naive();
    view! { <time datetime=day.to_string()>{format::date(locale, day)}</time> }
}
