//! The mails about merges, to every address of both accounts.

use super::store::MailTo;
use crate::accounts::addressee::Addressee;
use crate::accounts::mails::{not_you, sign_in_facts};
use crate::accounts::store::Account;
use crate::ids::{AccountId, MergeId};
use crate::server::AppState;
use crate::server::mail::{Block, Mail};
use crate::tr;
use chrono::{DateTime, Utc};

const SIGNED_IN: &str = "accounts.merge_sign_in";

fn addressee(to: &MailTo, account_id: AccountId) -> Addressee {
    Addressee::new(account_id, &to.given_name, &to.family_name, &to.address, &to.language, &to.time_zone)
}

/// `mine`, `other`: the candidate IDs. `account_id`: whose mail it is.
pub fn merged(state: &AppState, to: &MailTo, account_id: AccountId, merge: MergeId, mine: &str, other: &str, until: DateTime<Utc>) -> Mail {
    let to_whom = addressee(to, account_id);
    let (locale, until) = (to_whom.locale, to_whom.when(until));
    let text = tr!(locale, merge.mail_merged_text, mine = mine.to_owned(), other = other.to_owned(), until = until).to_string();
    compose(state, to, to_whom, "accounts.merged", tr!(locale, merge.mail_merged_subject), text, merge)
}

pub fn undone(state: &AppState, to: &MailTo, account_id: AccountId, merge: MergeId, mine: &str, other: &str) -> Mail {
    let to_whom = addressee(to, account_id);
    let locale = to_whom.locale;
    let text = tr!(locale, merge.mail_undone_text, mine = mine.to_owned(), other = other.to_owned()).to_string();
    compose(state, to, to_whom, "accounts.merge_undone", tr!(locale, merge.mail_undone_subject), text, merge)
}

/// To the owner of an account whose password somebody gave, to merge it into theirs (`by`). Once an hour for the same two accounts.
pub fn signed_in(state: &AppState, account: &Account, by: AccountId, browser: Option<String>, now: DateTime<Utc>, from: &str) -> Mail {
    let to = Addressee::from(account);
    let locale = to.locale;
    let blocks = vec![
        Block::Paragraph(tr!(locale, merge.mail_signed_in_text).to_owned()),
        sign_in_facts(state, &to, browser, now, from),
        Block::Notice(not_you(state, locale)),
    ];
    let key = format!("{SIGNED_IN}:{}:{by}:{}", account.id, now.format("%Y%m%d%H"));
    let text = tr!(locale, merge.mail_signed_in_text).to_owned();
    to.mail(SIGNED_IN, tr!(locale, merge.mail_signed_in_subject).to_owned(), text, blocks, key)
}

fn compose(state: &AppState, to: &MailTo, to_whom: Addressee, template: &'static str, subject: &str, text: String, merge: MergeId) -> Mail {
    let locale = to_whom.locale;
    let support = state.programme.get().support_email.clone();
    let blocks = vec![Block::Paragraph(text.clone()), Block::Notice(tr!(locale, privacy.mail_not_you, support = support).to_string())];
    to_whom.mail(template, subject.to_owned(), text, blocks, format!("{template}:{merge}:{}", to.email_id))
}
