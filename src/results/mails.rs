use super::store::Releasing;
use crate::server::mail::{self, Block, Mail, Recipient};
use crate::server::{Locale, RequestContext, i18n};
use crate::tr;
use sqlx::PgConnection;

/// "Your result is here". Says neither pass nor fail: subjects and first lines are read on locked phones, and the score
/// report says it better.
pub async fn released(tx: &mut PgConnection, cx: &RequestContext, result: &Releasing) -> Result<(), sqlx::Error> {
    let locale = i18n::from_tag(&result.language).unwrap_or(Locale::en);
    let exam = result.exam_code.clone();
    let mail = Mail {
        template: "results.released",
        to: Recipient {
            account_id: Some(result.account_id),
            name: format!("{} {}", result.given_name, result.family_name),
            address: result.email.clone(),
            language: i18n::tag(locale).to_owned(),
        },
        subject: tr!(locale, results.mail_subject, exam = exam.clone()).to_string(),
        preheader: tr!(locale, results.mail_preheader).to_string(),
        blocks: vec![
            Block::Paragraph(tr!(locale, results.mail_hello, name = result.given_name.clone()).to_string()),
            Block::Paragraph(tr!(locale, results.mail_text, exam = exam, certification = result.certification.clone()).to_string()),
            Block::Button {
                label: tr!(locale, results.mail_button).to_string(),
                url: cx.state.config.url(&format!("/results/{}", result.id)),
            },
            Block::Paragraph(tr!(locale, results.mail_next).to_string()),
        ],
        attachments: vec![],
        dedup_key: Some(format!("results.released:{}", result.id)),
    };
    mail::enqueue(tx, &cx.state, cx.now(), mail).await
}
