//! The mails about a person's data, in their language and zone.

use super::store::Person;
use crate::accounts::addressee::Addressee;
use crate::ids::{ErasureId, ExportId};
use crate::server::AppState;
use crate::server::i18n::Locale;
use crate::server::mail::{Block, Mail};
use crate::tr;
use chrono::{DateTime, Utc};

/// The last mail: its row is deleted once it has been sent (`jobs.rs`).
pub const ERASED: &str = "privacy.erased";

impl From<&Person> for Addressee {
    fn from(person: &Person) -> Self {
        Self::new(person.account_id, &person.given_name, &person.family_name, &person.address, &person.language, &person.time_zone)
    }
}

/// The subject says it all: it is what a list of mails shows of the text as well.
fn mail(to: Addressee, template: &'static str, subject: &str, blocks: Vec<Block>, dedup_key: String) -> Mail {
    to.mail(template, subject.to_owned(), subject.to_owned(), blocks, dedup_key)
}

fn not_you(state: &AppState, locale: Locale) -> Block {
    Block::Notice(tr!(locale, privacy.mail_not_you, support = state.programme.get().support_email.clone()).to_string())
}

/// An archive can be fetched.
pub fn export_ready(state: &AppState, person: &Person, export: ExportId, expires_at: DateTime<Utc>) -> Mail {
    let to = Addressee::from(person);
    let locale = to.locale;
    let blocks = vec![
        Block::Paragraph(tr!(locale, privacy.mail_ready_text, until = to.when(expires_at)).to_string()),
        Block::Button {
            label: tr!(locale, privacy.download).to_owned(),
            url: state.config.url(&format!("/account/data/download/{export}")),
        },
        not_you(state, locale),
    ];
    mail(to, "privacy.export_ready", tr!(locale, privacy.mail_ready_subject), blocks, format!("privacy.export_ready:{export}"))
}

fn stop(state: &AppState, locale: Locale) -> Block {
    Block::Button { label: tr!(locale, privacy.stop).to_owned(), url: state.config.url("/account/data/erase") }
}

/// The account goes at `due_at` unless its owner stops it.
pub fn erasure_requested(state: &AppState, person: &Person, erasure: ErasureId, due_at: DateTime<Utc>) -> Mail {
    let to = Addressee::from(person);
    let locale = to.locale;
    let blocks = vec![
        Block::Paragraph(tr!(locale, privacy.mail_requested_text, when = to.when(due_at)).to_string()),
        stop(state, locale),
        not_you(state, locale),
    ];
    mail(to, "privacy.erasure_requested", tr!(locale, privacy.mail_requested_subject), blocks, format!("privacy.requested:{erasure}"))
}

pub fn erasure_reminder(state: &AppState, person: &Person, erasure: ErasureId, due_at: DateTime<Utc>) -> Mail {
    let to = Addressee::from(person);
    let locale = to.locale;
    let blocks = vec![Block::Paragraph(tr!(locale, privacy.mail_reminder_text, when = to.when(due_at)).to_string()), stop(state, locale)];
    mail(to, "privacy.erasure_reminder", tr!(locale, privacy.mail_reminder_subject), blocks, format!("privacy.reminder:{erasure}"))
}

pub fn erasure_stopped(person: &Person, erasure: ErasureId) -> Mail {
    let to = Addressee::from(person);
    let locale = to.locale;
    let blocks = vec![Block::Paragraph(tr!(locale, privacy.mail_stopped_text).to_owned())];
    mail(to, "privacy.erasure_stopped", tr!(locale, privacy.mail_stopped_subject), blocks, format!("privacy.stopped:{erasure}"))
}

/// It is done. The mail belongs to no account any more.
pub fn erased(person: &Person, erasure: ErasureId) -> Mail {
    let to = Addressee::from(person);
    let locale = to.locale;
    let blocks = vec![
        Block::Paragraph(tr!(locale, privacy.mail_erased_text).to_owned()),
        Block::Paragraph(tr!(locale, privacy.mail_erased_kept).to_owned()),
    ];
    let mut mail = mail(to, ERASED, tr!(locale, privacy.mail_erased_subject), blocks, format!("privacy.erased:{erasure}"));
    mail.to.account_id = None;
    mail
}
