//! The pages of accounts.

mod agreement;
mod backup_codes;
mod factor_recovery;
mod login;
mod login_code;
mod phone;
mod profile;
mod recovery;
mod register;
mod security;
mod staff_recoveries;
mod totp;
mod verify;

pub use agreement::AgreementPage;
pub use backup_codes::BackupCodesPage;
pub use factor_recovery::{FactorRecoveryPage, StopRecoveryPage};
pub use login::LoginPage;
pub use login_code::LoginCodePage;
pub use phone::PhonePage;
pub use profile::{ProfileEditPage, ProfilePage};
pub use recovery::{ForgotPage, InvitationPage, ResetPage};
pub use register::{RegisterPage, RegisterSentPage};
pub use security::{ConfirmPage, PasswordPage, SecurityPage};
pub use staff_recoveries::{StaffRecoveriesPage, StaffRecoveryPage};
pub use totp::TotpPage;
pub use verify::VerifyEmailPage;

use super::rules::LinkState;
use crate::error::{AppError, Conflict};
use crate::server::RequestContext;
use crate::server::http::respond::{self, LocalPath};
use crate::server::i18n::Locale;
use crate::tr;
use crate::ui::{Alert, AlertKind};
use leptos::prelude::*;

/// What was done before this page, from `?done=`: one of the texts the page knows.
pub fn flash(cx: &RequestContext, texts: &[(&str, &'static str)]) -> Option<AnyView> {
    let done = cx.query("done").filter(|_| cx.form.is_none())?;
    let (_, text) = texts.iter().find(|(key, _)| *key == done)?;
    let text = *text;
    Some(view! { <Alert kind=AlertKind::Success><p>{text}</p></Alert> }.into_any())
}

/// Where the form of this page leads in the end, if the address names a page of ours (security.md line 48).
fn next(cx: &RequestContext) -> String {
    cx.query("next").and_then(LocalPath::parse).map(|path| path.to_string()).unwrap_or_default()
}

/// Sends the reader to another page instead of this one.
fn go(to: &str) -> AnyView {
    respond::status(303);
    respond::header("location", to);
    ().into_any()
}

/// Pages with a token in their address do not tell it to anybody by the Referer (security.md line 21).
fn keep_address_private() {
    respond::header("referrer-policy", "no-referrer");
}

/// Why a link is no good, and what to do: title and text of its page.
fn link_words(locale: Locale, state: LinkState) -> (&'static str, &'static str) {
    match state {
        LinkState::Used => (tr!(locale, accounts.link_used_title), tr!(locale, accounts.link_used_text)),
        LinkState::Expired => (tr!(locale, accounts.link_expired_title), tr!(locale, accounts.link_expired_text)),
        LinkState::Good | LinkState::Unknown => (tr!(locale, accounts.link_unknown_title), tr!(locale, accounts.link_unknown_text)),
    }
}

/// The error of a page whose link is no good. The status tells it to programs too.
fn link_status(state: LinkState) {
    respond::status(
        match state {
            LinkState::Used | LinkState::Expired => AppError::Conflict(Conflict::LinkExpired),
            LinkState::Good | LinkState::Unknown => AppError::NotFound,
        }
        .status(),
    );
}
