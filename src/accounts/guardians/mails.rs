//! The mails to a guardian, in the candidate's language, and to the candidate about the answer.

use super::store::Consent;
use crate::accounts::addressee::Addressee;
use crate::accounts::mails::link_key;
use crate::accounts::store::Account;
use crate::server::i18n::{self, Locale};
use crate::server::mail::{Block, Mail};
use crate::server::{AppState, format, random};
use crate::tr;

fn locale(account: &Account) -> Locale {
    i18n::from_tag(&account.language).unwrap_or(Locale::en)
}

fn to_guardian(
    account: &Account,
    consent: &Consent,
    template: &'static str,
    subject: String,
    preheader: &'static str,
    blocks: Vec<Block>,
    key: String,
) -> Mail {
    let guardian = Addressee::from(account).instead(&consent.guardian_name, &consent.guardian_email);
    let mut mail = guardian.mail(template, subject, preheader.to_owned(), blocks, key);
    mail.to.account_id = None;
    mail
}

/// The request, with the link that answers it.
pub fn request(state: &AppState, account: &Account, consent: &Consent, token: &str) -> Mail {
    let (locale, programme) = (locale(account), state.programme.get());
    let until = format::date_time(locale, consent.expires_at, format::zone(&account.time_zone));
    let name = format!("{} {}", account.given_name, account.family_name);
    let blocks = vec![
        Block::Paragraph(
            tr!(locale, guardians.mail_guardian_text, candidate = name.clone(), programme = programme.name.clone()).to_string(),
        ),
        Block::Paragraph(tr!(locale, guardians.mail_guardian_what).to_owned()),
        Block::Button {
            label: tr!(locale, guardians.mail_guardian_button).to_owned(),
            url: state.config.url(&format!("/guardian-consent?token={token}")),
        },
        Block::Paragraph(tr!(locale, accounts.mail_link_until, until = until).to_string()),
        Block::Notice(tr!(locale, guardians.mail_guardian_not_you).to_owned()),
    ];
    let subject = tr!(locale, guardians.mail_guardian_subject, candidate = account.given_name.clone()).to_string();
    let key = link_key("accounts.guardian_request", &random::token_hash(token));
    let preheader = tr!(locale, guardians.mail_guardian_preheader);
    to_guardian(account, consent, "accounts.guardian_request", subject, preheader, blocks, key)
}

/// What the guardian keeps of their consent, with the link that takes it back.
pub fn confirmation(state: &AppState, account: &Account, consent: &Consent, withdrawal: &str) -> Mail {
    let (locale, programme) = (locale(account), state.programme.get());
    let name = format!("{} {}", account.given_name, account.family_name);
    let blocks = vec![
        Block::Paragraph(tr!(locale, guardians.mail_confirm_text, candidate = name, programme = programme.name.clone()).to_string()),
        Block::Paragraph(tr!(locale, guardians.mail_confirm_withdraw).to_owned()),
        Block::Button {
            label: tr!(locale, guardians.withdraw_title).to_owned(),
            url: state.config.url(&format!("/guardian-consent?withdraw={withdrawal}")),
        },
        Block::Paragraph(tr!(locale, guardians.mail_confirm_support, support = programme.support_email.clone()).to_string()),
    ];
    let subject = tr!(locale, guardians.mail_confirm_subject, candidate = account.given_name.clone()).to_string();
    let key = format!("accounts.guardian_confirmation:{}", consent.id);
    let preheader = tr!(locale, guardians.mail_confirm_preheader);
    to_guardian(account, consent, "accounts.guardian_confirmation", subject, preheader, blocks, key)
}

/// What the guardian has answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Given,
    Declined,
    Withdrawn,
}

/// To the candidate: the answer, and what they can do now.
pub fn answered(state: &AppState, account: &Account, consent: &Consent, answer: Answer) -> Mail {
    let locale = locale(account);
    let (template, subject, text, button, path) = match answer {
        Answer::Given => (
            "accounts.guardian_given",
            tr!(locale, guardians.mail_given_subject),
            tr!(locale, guardians.mail_given_text),
            tr!(locale, guardians.mail_given_button),
            "/certifications",
        ),
        Answer::Declined => (
            "accounts.guardian_declined",
            tr!(locale, guardians.mail_declined_subject),
            tr!(locale, guardians.mail_declined_text),
            tr!(locale, guardians.mail_declined_button),
            "/account/guardian",
        ),
        Answer::Withdrawn => (
            "accounts.guardian_withdrawn",
            tr!(locale, guardians.mail_withdrawn_subject),
            tr!(locale, guardians.mail_withdrawn_text),
            tr!(locale, guardians.mail_declined_button),
            "/account/guardian",
        ),
    };
    let blocks = vec![Block::Paragraph(text.to_owned()), Block::Button { label: button.to_owned(), url: state.config.url(path) }];
    let key = format!("{template}:{}", consent.id);
    Addressee::from(account).mail(template, subject.to_owned(), text.to_owned(), blocks, key)
}
