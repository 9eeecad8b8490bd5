use super::store::Releasing;
use crate::accounts::addressee::Addressee;
use crate::server::RequestContext;
use crate::server::mail::{self, Block};
use crate::tr;
use sqlx::PgConnection;

/// "Your result is here". Says neither pass nor fail: subjects and first lines are read on locked phones, and the score
/// report says it better. Nobody is told where the account was erased.
pub async fn released(tx: &mut PgConnection, cx: &RequestContext, result: &Releasing) -> Result<(), sqlx::Error> {
    let Some(email) = &result.email else { return Ok(()) };
    let to = Addressee::new(result.account_id, &result.given_name, &result.family_name, email, &result.language, &result.time_zone);
    let locale = to.locale;
    let exam = result.exam_code.clone();
    let subject = tr!(locale, results.mail_subject, exam = exam.clone()).to_string();
    let preheader = tr!(locale, results.mail_preheader).to_string();
    let blocks = vec![
        Block::Paragraph(tr!(locale, results.mail_text, exam = exam, certification = result.certification.clone()).to_string()),
        Block::Button { label: tr!(locale, results.mail_button).to_string(), url: cx.state.config.url(&format!("/results/{}", result.id)) },
        Block::Paragraph(tr!(locale, results.mail_next).to_string()),
    ];
    let mail = to.mail("results.released", subject, preheader, blocks, format!("results.released:{}", result.id));
    mail::enqueue(tx, &cx.state, cx.now(), mail).await
}
