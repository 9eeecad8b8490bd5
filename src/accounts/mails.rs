//! The mails about an account, in its language and zone.

use super::store::Account;
use crate::server::i18n::{self, Locale};
use crate::server::mail::{Block, Mail, Recipient};
use crate::server::{AppState, format};
use crate::tr;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// To whom.
pub struct Addressee {
    account_id: Uuid,
    name: String,
    address: String,
    pub(super) locale: Locale,
    zone: chrono_tz::Tz,
}

impl Addressee {
    pub fn new(account_id: Uuid, given_name: &str, family_name: &str, address: &str, language: &str, time_zone: &str) -> Self {
        Self {
            account_id,
            name: format!("{given_name} {family_name}"),
            address: address.to_owned(),
            locale: i18n::from_tag(language).unwrap_or(Locale::en),
            zone: format::zone(time_zone),
        }
    }

    pub(super) fn mail(self, template: &'static str, subject: String, preheader: String, blocks: Vec<Block>, dedup_key: String) -> Mail {
        let greeting = Block::Paragraph(tr!(self.locale, accounts.mail_greeting, name = self.name.clone()).to_string());
        Mail {
            template,
            to: Recipient {
                account_id: Some(self.account_id),
                name: self.name,
                address: self.address,
                language: i18n::tag(self.locale).to_owned(),
            },
            subject,
            preheader,
            blocks: [greeting].into_iter().chain(blocks).collect(),
            attachments: vec![],
            dedup_key: Some(dedup_key),
        }
    }

    pub(super) fn when(&self, at: DateTime<Utc>) -> String {
        format::date_time(self.locale, at, self.zone)
    }
}

impl From<&Account> for Addressee {
    fn from(account: &Account) -> Self {
        Self::new(account.id, &account.given_name, &account.family_name, &account.address, &account.language, &account.time_zone)
    }
}

/// A key that names one link without telling its token.
fn link_key(kind: &str, token_hash: &[u8]) -> String {
    let short: String = token_hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{kind}:{short}")
}

pub fn verify_email(state: &AppState, to: Addressee, token: &str, token_hash: &[u8], expires_at: DateTime<Utc>) -> Mail {
    let (locale, programme) = (to.locale, state.programme.get());
    let until = to.when(expires_at);
    let blocks = vec![
        Block::Paragraph(tr!(locale, accounts.mail_verify_text, programme = programme.name.clone()).to_string()),
        Block::Button {
            label: tr!(locale, accounts.mail_verify_button).to_owned(),
            url: state.config.url(&format!("/verify-email?token={token}")),
        },
        Block::Paragraph(tr!(locale, accounts.mail_link_until, until = until).to_string()),
        Block::Paragraph(tr!(locale, accounts.mail_verify_not_you).to_owned()),
    ];
    let key = link_key("accounts.verify_email", token_hash);
    to.mail(
        "accounts.verify_email",
        tr!(locale, accounts.mail_verify_subject).to_owned(),
        tr!(locale, accounts.mail_verify_preheader).to_owned(),
        blocks,
        key,
    )
}

/// Somebody tried to register with an address that has an account. `day`: at most one such mail an hour.
pub fn already_registered(state: &AppState, to: Addressee, now: DateTime<Utc>) -> Mail {
    let locale = to.locale;
    let blocks = vec![
        Block::Paragraph(tr!(locale, accounts.mail_exists_text).to_owned()),
        Block::Button { label: tr!(locale, accounts.mail_exists_button).to_owned(), url: state.config.url("/login") },
        Block::Paragraph(tr!(locale, accounts.mail_exists_forgot, url = state.config.url("/forgot")).to_string()),
        Block::Paragraph(tr!(locale, accounts.mail_exists_not_you).to_owned()),
    ];
    let key = format!("accounts.already_registered:{}:{}", to.account_id, now.timestamp() / 3600);
    to.mail(
        "accounts.already_registered",
        tr!(locale, accounts.mail_exists_subject).to_owned(),
        tr!(locale, accounts.mail_exists_preheader).to_owned(),
        blocks,
        key,
    )
}

pub fn reset_password(state: &AppState, to: Addressee, token: &str, token_hash: &[u8], expires_at: DateTime<Utc>) -> Mail {
    let locale = to.locale;
    let until = to.when(expires_at);
    let blocks = vec![
        Block::Paragraph(tr!(locale, accounts.mail_reset_text).to_owned()),
        Block::Button {
            label: tr!(locale, accounts.mail_reset_button).to_owned(),
            url: state.config.url(&format!("/reset?token={token}")),
        },
        Block::Paragraph(tr!(locale, accounts.mail_link_until, until = until).to_string()),
        Block::Notice(tr!(locale, accounts.mail_reset_not_you).to_owned()),
    ];
    let key = link_key("accounts.reset_password", token_hash);
    to.mail(
        "accounts.reset_password",
        tr!(locale, accounts.mail_reset_subject).to_owned(),
        tr!(locale, accounts.mail_reset_preheader).to_owned(),
        blocks,
        key,
    )
}

/// What changed about the security of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecurityChange {
    Password,
    FactorAdded,
    FactorRemoved,
}

pub fn security_changed(state: &AppState, to: Addressee, change: SecurityChange, now: DateTime<Utc>, from: &str) -> Mail {
    let locale = to.locale;
    let (template, subject, text) = match change {
        SecurityChange::Password => {
            ("accounts.password_changed", tr!(locale, accounts.mail_password_subject), tr!(locale, accounts.mail_password_text))
        }
        SecurityChange::FactorAdded => {
            ("accounts.factor_added", tr!(locale, accounts.mail_factor_added_subject), tr!(locale, accounts.mail_factor_added_text))
        }
        SecurityChange::FactorRemoved => {
            ("accounts.factor_removed", tr!(locale, accounts.mail_factor_removed_subject), tr!(locale, accounts.mail_factor_removed_text))
        }
    };
    let blocks = vec![
        Block::Paragraph(text.to_owned()),
        Block::Details(vec![
            (tr!(locale, accounts.mail_when).to_owned(), to.when(now)),
            (tr!(locale, accounts.mail_from_address).to_owned(), from.to_owned()),
        ]),
        Block::Notice(
            tr!(
                locale,
                accounts.mail_security_not_you,
                url = state.config.url("/forgot"),
                support = state.programme.get().support_email.clone()
            )
            .to_string(),
        ),
    ];
    let key = format!("{template}:{}:{}", to.account_id, now.timestamp_micros());
    to.mail(template, subject.to_owned(), text.to_owned(), blocks, key)
}

pub fn new_sign_in(state: &AppState, to: Addressee, browser: Option<String>, now: DateTime<Utc>, from: &str) -> Mail {
    let locale = to.locale;
    let browser = browser.unwrap_or_else(|| tr!(locale, accounts.browser_unknown).to_owned());
    let blocks = vec![
        Block::Paragraph(tr!(locale, accounts.mail_sign_in_text).to_owned()),
        Block::Details(vec![
            (tr!(locale, accounts.mail_browser).to_owned(), browser),
            (tr!(locale, accounts.mail_when).to_owned(), to.when(now)),
            (tr!(locale, accounts.mail_from_address).to_owned(), from.to_owned()),
        ]),
        Block::Notice(
            tr!(
                locale,
                accounts.mail_security_not_you,
                url = state.config.url("/forgot"),
                support = state.programme.get().support_email.clone()
            )
            .to_string(),
        ),
    ];
    let key = format!("accounts.new_sign_in:{}:{}", to.account_id, now.timestamp_micros());
    to.mail(
        "accounts.new_sign_in",
        tr!(locale, accounts.mail_sign_in_subject).to_owned(),
        tr!(locale, accounts.mail_sign_in_text).to_owned(),
        blocks,
        key,
    )
}

pub fn staff_invitation(state: &AppState, to: Addressee, token: &str, token_hash: &[u8], expires_at: DateTime<Utc>) -> Mail {
    let (locale, programme) = (to.locale, state.programme.get());
    let until = to.when(expires_at);
    let blocks = vec![
        Block::Paragraph(tr!(locale, accounts.mail_invitation_text, programme = programme.name.clone()).to_string()),
        Block::Button {
            label: tr!(locale, accounts.mail_invitation_button).to_owned(),
            url: state.config.url(&format!("/invitation?token={token}")),
        },
        Block::Paragraph(tr!(locale, accounts.mail_link_until, until = until).to_string()),
        Block::Paragraph(tr!(locale, accounts.mail_invitation_factor).to_owned()),
    ];
    let key = link_key("accounts.staff_invitation", token_hash);
    to.mail(
        "accounts.staff_invitation",
        tr!(locale, accounts.mail_invitation_subject, programme = programme.name.clone()).to_string(),
        tr!(locale, accounts.mail_invitation_preheader).to_owned(),
        blocks,
        key,
    )
}
