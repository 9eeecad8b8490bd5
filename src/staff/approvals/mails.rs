//! The mail to who has asked.

use super::model::{Request, State};
use super::pages::words;
use crate::accounts::addressee::Addressee;
use crate::server::AppState;
use crate::server::mail::{self, Block};
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
    let Some(to) = Addressee::of(tx, request.requested_by).await?.filter(|to| !to.disabled) else { return Ok(()) };
    let locale = to.locale;
    let act = words::kind_name(locale, request.act.kind());
    let (subject, text) = match end {
        State::Approved => (tr!(locale, approvals.mail_approved, act = act).to_string(), tr!(locale, approvals.mail_approved_text)),
        State::Refused => (tr!(locale, approvals.mail_refused, act = act).to_string(), tr!(locale, approvals.mail_refused_text)),
        _ => (tr!(locale, approvals.mail_lapsed, act = act).to_string(), tr!(locale, approvals.mail_lapsed_text)),
    };
    let mut facts = vec![
        (tr!(locale, approvals.act).to_owned(), act.to_owned()),
        (tr!(locale, approvals.about).to_owned(), words::about(locale, &request.act)),
        (tr!(locale, approvals.asked_on).to_owned(), to.when(request.requested_at)),
    ];
    facts.extend(decided_by.map(|name| (tr!(locale, approvals.decided_by).to_owned(), name.to_owned())));
    let mut blocks = vec![Block::Paragraph(text.to_owned()), Block::Details(facts)];
    blocks.extend(decision.map(|reason| Block::Notice(tr!(locale, approvals.mail_reason, reason = reason.to_owned()).to_string())));
    blocks.push(Block::Button {
        label: tr!(locale, approvals.mail_button).to_owned(),
        url: state.config.url(&format!("/staff/approvals/{}", request.id)),
    });
    let key = format!("approvals.ended:{}", request.id);
    let mail = to.mail("approvals.ended", subject, words::about(locale, &request.act), blocks, key);
    mail::enqueue(tx, state, now, mail).await
}
