use super::model::Cause;
use super::pages::cause_text;
use super::store;
use crate::credentials::CredentialId;
use crate::credentials::store::Locked;
use crate::server::mail::{self, Block, Mail, Recipient};
use crate::server::programme::policies;
use crate::server::{Locale, RequestContext, format, i18n};
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
    let Some(to) = store::mail_to(tx, credential.account_id).await? else { return Ok(()) };
    let locale = i18n::from_tag(&to.language).unwrap_or(Locale::en);
    let zone = format::zone(&to.time_zone);
    let appeal = cx.now() + TimeDelta::days(i64::from(policies(tx, cx.now()).await?.appeal_days));
    let until = format::date(locale, format::day_in(appeal, zone));
    let shown = CredentialId::parse(&credential.public_id).map_or_else(|_| credential.public_id.clone(), |id| id.to_string());
    let name = credential.certification.clone();
    let support = cx.programme().support_email.clone();
    let mut why = vec![Block::Notice(cause_text(locale, cause).to_owned())];
    why.extend(note.map(|note| Block::Paragraph(note.to_owned())));
    let mut blocks = vec![
        Block::Paragraph(tr!(locale, approvals.mail_hello, name = to.given_name.clone()).to_string()),
        Block::Paragraph(tr!(locale, approvals.mail_revoked_text, name = name.clone()).to_string()),
    ];
    blocks.extend(why);
    blocks.extend([
        Block::Details(vec![
            (tr!(locale, credentials.credential_id).to_owned(), shown),
            (tr!(locale, approvals.revoked_on).to_owned(), format::date(locale, format::day_in(cx.now(), zone))),
        ]),
        Block::Paragraph(tr!(locale, approvals.mail_revoked_meaning).to_owned()),
        Block::Paragraph(tr!(locale, approvals.mail_revoked_appeal, date = until, email = support).to_string()),
        Block::Button {
            label: tr!(locale, approvals.mail_revoked_button).to_owned(),
            url: cx.state.config.url(&format!("/credentials/{}", credential.public_id)),
        },
    ]);
    let mail = Mail {
        template: "credentials.revoked",
        to: Recipient {
            account_id: Some(to.account_id),
            name: format!("{} {}", to.given_name, to.family_name),
            address: to.address,
            language: i18n::tag(locale).to_owned(),
        },
        subject: tr!(locale, approvals.mail_revoked_subject, name = name).to_string(),
        preheader: tr!(locale, approvals.mail_revoked_preheader).to_owned(),
        blocks,
        attachments: vec![],
        dedup_key: Some(format!("credentials.revoked:{}", credential.id)),
    };
    mail::enqueue(tx, &cx.state, cx.now(), mail).await
}
