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
pub(in crate::accounts) use agreement::paragraphs;
pub use backup_codes::BackupCodesPage;
pub use factor_recovery::{FactorRecoveryPage, StopRecoveryPage};
pub use login::LoginPage;
pub use login_code::LoginCodePage;
pub use phone::PhonePage;
pub use profile::{ProfileEditPage, ProfilePage};
pub use recovery::{ForgotPage, InvitationPage, ResetPage};
pub use register::{RegisterPage, RegisterSentPage};
pub use security::{ConfirmFirst, ConfirmPage, PasswordPage, SecurityPage, VerifyFirst};
pub use staff_recoveries::{StaffRecoveriesPage, StaffRecoveryPage};
pub use totp::TotpPage;
pub use verify::VerifyEmailPage;

pub use super::addresses::pages::{AddEmailPage, EmailPage, EmailsPage};
pub use super::contact::pages::ContactPage;
pub use super::guardians::pages::{GuardianConsentPage, GuardianPage};
pub use super::notices::pages::NoticesPage;

use super::rules::LinkState;
use super::service;
use crate::error::{AppError, Conflict};
use crate::server::RequestContext;
pub(in crate::accounts) use crate::server::http::respond::go;
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
pub(in crate::accounts) fn next(cx: &RequestContext) -> String {
    cx.query("next").and_then(LocalPath::parse).map(|path| path.to_string()).unwrap_or_default()
}

/// Pages with a token in their address do not tell it to anybody by the Referer (security.md line 21).
pub(in crate::accounts) fn keep_address_private() {
    respond::header("referrer-policy", "no-referrer");
}

/// What a new password must be like, as the list beside its field.
fn password_rules(cx: &RequestContext, has_factor: bool) -> Vec<String> {
    let locale = cx.locale;
    let rules = service::password_rules(cx, has_factor);
    let mut lines = vec![tr!(locale, accounts.rule_length, length = rules.min()).to_string()];
    if rules.needs_kinds() {
        lines.push(tr!(locale, accounts.rule_letters).to_owned());
        lines.push(tr!(locale, accounts.rule_digit).to_owned());
    } else {
        lines.push(tr!(locale, accounts.rule_any).to_owned());
    }
    lines
}

/// Why a link is no good, and what to do: title and text of its page.
pub(in crate::accounts) fn link_words(locale: Locale, state: LinkState) -> (&'static str, &'static str) {
    match state {
        LinkState::Used => (tr!(locale, accounts.link_used_title), tr!(locale, accounts.link_used_text)),
        LinkState::Expired => (tr!(locale, accounts.link_expired_title), tr!(locale, accounts.link_expired_text)),
        LinkState::Good | LinkState::Unknown => (tr!(locale, accounts.link_unknown_title), tr!(locale, accounts.link_unknown_text)),
    }
}

/// The error of a page whose link is no good. The status tells it to programs too.
pub(in crate::accounts) fn link_status(state: LinkState) {
    respond::status(
        match state {
            LinkState::Used | LinkState::Expired => AppError::Conflict(Conflict::LinkExpired),
            LinkState::Good | LinkState::Unknown => AppError::NotFound,
        }
        .status(),
    );
}
