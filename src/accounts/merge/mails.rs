//! The mails about merges, to every address of both accounts.

use super::store::MailTo;
use crate::accounts::addressee::Addressee;
use crate::server::AppState;
use crate::server::mail::{Block, Mail};
use crate::tr;
use chrono::{DateTime, Utc};
use uuid::Uuid;

fn addressee(to: &MailTo, account_id: Uuid) -> Addressee {
    Addressee::new(account_id, &to.given_name, &to.family_name, &to.address, &to.language, &to.time_zone)
}

/// `mine`, `other`: the candidate IDs. `account_id`: whose mail it is.
pub fn merged(state: &AppState, to: &MailTo, account_id: Uuid, merge: Uuid, mine: &str, other: &str, until: DateTime<Utc>) -> Mail {
    let to_whom = addressee(to, account_id);
    let (locale, until) = (to_whom.locale, to_whom.when(until));
    let text = tr!(locale, merge.mail_merged_text, mine = mine.to_owned(), other = other.to_owned(), until = until).to_string();
    compose(state, to, to_whom, "accounts.merged", tr!(locale, merge.mail_merged_subject), text, merge)
}

pub fn undone(state: &AppState, to: &MailTo, account_id: Uuid, merge: Uuid, mine: &str, other: &str) -> Mail {
    let to_whom = addressee(to, account_id);
    let locale = to_whom.locale;
    let text = tr!(locale, merge.mail_undone_text, mine = mine.to_owned(), other = other.to_owned()).to_string();
    compose(state, to, to_whom, "accounts.merge_undone", tr!(locale, merge.mail_undone_subject), text, merge)
}

fn compose(state: &AppState, to: &MailTo, to_whom: Addressee, template: &'static str, subject: &str, text: String, merge: Uuid) -> Mail {
    let locale = to_whom.locale;
    let support = state.programme.get().support_email.clone();
    let blocks = vec![Block::Paragraph(text.clone()), Block::Notice(tr!(locale, privacy.mail_not_you, support = support).to_string())];
    to_whom.mail(template, subject.to_owned(), text, blocks, format!("{template}:{merge}:{}", to.email_id))
}
