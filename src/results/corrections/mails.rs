use super::model::StaffResult;
use super::store;
use crate::results::service::policies_of;
use crate::server::mail::{self, Block, Mail, Recipient};
use crate::server::{Locale, RequestContext, format, i18n};
use crate::tr;
use chrono::TimeDelta;
use sqlx::PgConnection;
use uuid::Uuid;

/// "Your result was corrected". Like the mail of a release it says neither pass nor fail.
pub async fn corrected(tx: &mut PgConnection, cx: &RequestContext, result: &StaffResult, correction: Uuid) -> Result<(), sqlx::Error> {
    let Some(to) = store::mail_to(tx, result.account_id).await? else { return Ok(()) };
    let locale = i18n::from_tag(&to.language).unwrap_or(Locale::en);
    let exam = result.exam_code.clone();
    let appeal = cx.now() + TimeDelta::days(i64::from(policies_of(&result.policies).appeal_days));
    let until = format::date(locale, format::day_in(appeal, format::zone(&to.time_zone)));
    let support = cx.programme().support_email.clone();
    let mail = Mail {
        template: "results.corrected",
        to: Recipient {
            account_id: Some(result.account_id),
            name: format!("{} {}", to.given_name, to.family_name),
            address: to.address,
            language: i18n::tag(locale).to_owned(),
        },
        subject: tr!(locale, approvals.mail_corrected_subject, exam = exam.clone()).to_string(),
        preheader: tr!(locale, approvals.mail_corrected_preheader).to_owned(),
        blocks: vec![
            Block::Paragraph(tr!(locale, approvals.mail_hello, name = to.given_name.clone()).to_string()),
            Block::Paragraph(
                tr!(locale, approvals.mail_corrected_text, exam = exam, certification = result.certification.clone()).to_string(),
            ),
            Block::Button {
                label: tr!(locale, approvals.mail_corrected_button).to_owned(),
                url: cx.state.config.url(&format!("/results/{}", result.id)),
            },
            Block::Details(vec![(tr!(locale, approvals.appointment).to_owned(), result.reference.clone())]),
            Block::Paragraph(tr!(locale, approvals.mail_corrected_appeal, date = until, email = support).to_string()),
        ],
        attachments: vec![],
        dedup_key: Some(format!("results.corrected:{correction}")),
    };
    mail::enqueue(tx, &cx.state, cx.now(), mail).await
}
