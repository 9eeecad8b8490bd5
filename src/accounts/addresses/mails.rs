//! The mails about an account's addresses.

use super::rules::masked;
use crate::accounts::addressee::Addressee;
use crate::accounts::mails::{link_key, not_you};
use crate::server::AppState;
use crate::server::mail::{Block, Mail};
use crate::tr;
use chrono::{DateTime, Utc};

/// The link with which an address is verified that was added to an account.
pub fn verify(state: &AppState, to: Addressee, token: &str, token_hash: &[u8], expires_at: DateTime<Utc>) -> Mail {
    let (locale, programme) = (to.locale, state.programme.get());
    let until = to.when(expires_at);
    let blocks = vec![
        Block::Paragraph(
            tr!(locale, contact.mail_verify_text, address = to.address.clone(), programme = programme.name.clone()).to_string(),
        ),
        Block::Button {
            label: tr!(locale, contact.mail_verify_button).to_owned(),
            url: state.config.url(&format!("/verify-email?token={token}")),
        },
        Block::Paragraph(tr!(locale, accounts.mail_link_until, until = until).to_string()),
        Block::Notice(tr!(locale, contact.mail_verify_not_you).to_owned()),
    ];
    let key = link_key("accounts.email_verify", token_hash);
    to.mail(
        "accounts.email_verify",
        tr!(locale, contact.mail_verify_subject).to_owned(),
        tr!(locale, contact.mail_verify_preheader).to_owned(),
        blocks,
        key,
    )
}

/// Somebody tried to add the address of this account to theirs. At most one such mail an hour.
pub fn tried(state: &AppState, to: Addressee, now: DateTime<Utc>) -> Mail {
    let locale = to.locale;
    let blocks = vec![
        Block::Paragraph(tr!(locale, contact.mail_tried_text, address = to.address.clone()).to_string()),
        Block::Paragraph(tr!(locale, contact.mail_tried_you, url = state.config.url("/login")).to_string()),
        Block::Paragraph(tr!(locale, contact.mail_tried_not_you).to_owned()),
    ];
    let key = format!("accounts.email_tried:{}:{}", to.account_id, now.timestamp() / 3600);
    to.mail(
        "accounts.email_tried",
        tr!(locale, contact.mail_tried_subject).to_owned(),
        tr!(locale, contact.mail_tried_preheader).to_owned(),
        blocks,
        key,
    )
}

/// What changed about the addresses of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Added,
    Primary,
    Removed,
}

/// A change of addresses (security.md line 15). In a mailbox that is not its own the changed address is masked.
pub fn changed(state: &AppState, to: Addressee, change: Change, changed: &str, now: DateTime<Utc>, from: &str) -> Mail {
    let locale = to.locale;
    let (template, subject, text) = match change {
        Change::Added => ("accounts.email_added", tr!(locale, contact.mail_added_subject), tr!(locale, contact.mail_added_text)),
        Change::Primary => ("accounts.email_primary", tr!(locale, contact.mail_primary_subject), tr!(locale, contact.mail_primary_text)),
        Change::Removed => ("accounts.email_removed", tr!(locale, contact.mail_removed_subject), tr!(locale, contact.mail_removed_text)),
    };
    let shown = if to.address == changed { changed.to_owned() } else { masked(changed) };
    let blocks = vec![
        Block::Paragraph(text.to_owned()),
        Block::Details(vec![
            (tr!(locale, contact.mail_address).to_owned(), shown),
            (tr!(locale, accounts.mail_when).to_owned(), to.when(now)),
            (tr!(locale, accounts.mail_from_address).to_owned(), from.to_owned()),
        ]),
        Block::Notice(not_you(state, locale)),
    ];
    let key = format!("{template}:{}:{}:{}", to.account_id, now.timestamp_micros(), to.address.to_lowercase());
    to.mail(template, subject.to_owned(), text.to_owned(), blocks, key)
}
