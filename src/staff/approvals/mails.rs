//! The mail to who has asked.

use super::model::{Request, State};
use super::pages::words;
use super::store;
use crate::server::mail::{self, Block, Mail, Recipient};
use crate::server::{AppState, Locale, format, i18n};
use crate::tr;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// "Your request was approved", "… refused" with the reason, or "… has lapsed". Names what it was about by its number, not by a
/// person.
pub async fn ended(
    tx: &mut PgConnection,
    state: &AppState,
    now: DateTime<Utc>,
    request: &Request,
    end: State,
    decided_by: Option<&str>,
    decision: Option<&str>,
) -> Result<(), sqlx::Error> {
    let Some(to) = store::mail_to(tx, request.requested_by).await? else { return Ok(()) };
    let locale = i18n::from_tag(&to.language).unwrap_or(Locale::en);
    let zone = format::zone(&to.time_zone);
    let act = words::kind_name(locale, request.act.kind());
    let (subject, text) = match end {
        State::Approved => (tr!(locale, approvals.mail_approved, act = act).to_string(), tr!(locale, approvals.mail_approved_text)),
        State::Refused => (tr!(locale, approvals.mail_refused, act = act).to_string(), tr!(locale, approvals.mail_refused_text)),
        _ => (tr!(locale, approvals.mail_lapsed, act = act).to_string(), tr!(locale, approvals.mail_lapsed_text)),
    };
    let mut facts = vec![
        (tr!(locale, approvals.act).to_owned(), act.to_owned()),
        (tr!(locale, approvals.about).to_owned(), words::about(locale, &request.act)),
        (tr!(locale, approvals.asked_on).to_owned(), format::date_time(locale, request.requested_at, zone)),
    ];
    facts.extend(decided_by.map(|name| (tr!(locale, approvals.decided_by).to_owned(), name.to_owned())));
    let mut blocks = vec![
        Block::Paragraph(tr!(locale, approvals.mail_hello, name = to.given_name.clone()).to_string()),
        Block::Paragraph(text.to_owned()),
        Block::Details(facts),
    ];
    blocks.extend(decision.map(|reason| Block::Notice(tr!(locale, approvals.mail_reason, reason = reason.to_owned()).to_string())));
    blocks.push(Block::Button {
        label: tr!(locale, approvals.mail_button).to_owned(),
        url: state.config.url(&format!("/staff/approvals/{}", request.id)),
    });
    let mail = Mail {
        template: "approvals.ended",
        to: Recipient {
            account_id: Some(to.account_id),
            name: format!("{} {}", to.given_name, to.family_name),
            address: to.address,
            language: i18n::tag(locale).to_owned(),
        },
        subject,
        preheader: words::about(locale, &request.act),
        blocks,
        attachments: vec![],
        dedup_key: Some(format!("approvals.ended:{}", request.id)),
    };
    mail::enqueue(tx, state, now, mail).await
}
