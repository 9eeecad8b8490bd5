use super::model::StaffResult;
use crate::accounts::addressee::Addressee;
use crate::ids::CorrectionId;
use crate::results::service::policies_of;
use crate::server::RequestContext;
use crate::server::mail::{self, Block};
use crate::tr;
use chrono::TimeDelta;
use sqlx::PgConnection;

/// "Your result was corrected". Like the mail of a release it says neither pass nor fail.
pub async fn corrected(
    tx: &mut PgConnection,
    cx: &RequestContext,
    result: &StaffResult,
    correction: CorrectionId,
) -> Result<(), sqlx::Error> {
    let Some(to) = Addressee::of(tx, result.account_id).await? else { return Ok(()) };
    let locale = to.locale;
    let exam = result.exam_code.clone();
    let appeal = cx.now() + TimeDelta::days(i64::from(policies_of(&result.policies).appeal_days));
    let until = to.date(appeal);
    let support = cx.programme().support_email.clone();
    let subject = tr!(locale, approvals.mail_corrected_subject, exam = exam.clone()).to_string();
    let preheader = tr!(locale, approvals.mail_corrected_preheader).to_owned();
    let blocks = vec![
        Block::Paragraph(tr!(locale, approvals.mail_corrected_text, exam = exam, certification = result.certification.clone()).to_string()),
        Block::Button {
            label: tr!(locale, approvals.mail_corrected_button).to_owned(),
            url: cx.state.config.url(&format!("/results/{}", result.id)),
        },
        Block::Details(vec![(tr!(locale, approvals.appointment).to_owned(), result.reference.clone())]),
        Block::Paragraph(tr!(locale, approvals.mail_corrected_appeal, date = until, email = support).to_string()),
    ];
    let mail = to.mail("results.corrected", subject, preheader, blocks, format!("results.corrected:{correction}"));
    mail::enqueue(tx, &cx.state, cx.now(), mail).await
}
