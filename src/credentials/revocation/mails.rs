use super::model::Cause;
use super::pages::cause_text;
use crate::accounts::addressee::Addressee;
use crate::credentials::CredentialId;
use crate::credentials::store::Locked;
use crate::server::RequestContext;
use crate::server::mail::{self, Block};
use crate::server::programme::policies;
use crate::tr;
use chrono::TimeDelta;
use sqlx::PgConnection;

/// "Your credential was revoked": which, why, what it means, and until when its holder can appeal.
pub async fn revoked(
    tx: &mut PgConnection,
    cx: &RequestContext,
    credential: &Locked,
    cause: Cause,
    note: Option<&str>,
) -> Result<(), sqlx::Error> {
    let Some(to) = Addressee::of(tx, credential.account_id).await? else { return Ok(()) };
    let locale = to.locale;
    let appeal = cx.now() + TimeDelta::days(i64::from(policies(tx, cx.now()).await?.appeal_days));
    let until = to.date(appeal);
    let shown = CredentialId::parse(&credential.public_id).map_or_else(|_| credential.public_id.clone(), |id| id.to_string());
    let name = credential.certification.clone();
    let support = cx.programme().support_email.clone();
    let mut why = vec![Block::Notice(cause_text(locale, cause).to_owned())];
    why.extend(note.map(|note| Block::Paragraph(note.to_owned())));
    let mut blocks = vec![Block::Paragraph(tr!(locale, approvals.mail_revoked_text, name = name.clone()).to_string())];
    blocks.extend(why);
    blocks.extend([
        Block::Details(vec![
            (tr!(locale, credentials.credential_id).to_owned(), shown),
            (tr!(locale, approvals.revoked_on).to_owned(), to.date(cx.now())),
        ]),
        Block::Paragraph(tr!(locale, approvals.mail_revoked_meaning).to_owned()),
        Block::Paragraph(tr!(locale, approvals.mail_revoked_appeal, date = until, email = support).to_string()),
        Block::Button {
            label: tr!(locale, approvals.mail_revoked_button).to_owned(),
            url: cx.state.config.url(&format!("/credentials/{}", credential.public_id)),
        },
    ]);
    let subject = tr!(locale, approvals.mail_revoked_subject, name = name).to_string();
    let preheader = tr!(locale, approvals.mail_revoked_preheader).to_owned();
    let mail = to.mail("credentials.revoked", subject, preheader, blocks, format!("credentials.revoked:{}", credential.id));
    mail::enqueue(tx, &cx.state, cx.now(), mail).await
}
