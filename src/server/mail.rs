//! Mails: composed of a few blocks, so that the HTML and the text say the same; written with the change they tell
//! of; delivered by a job over SMTP, or left for the local mailbox.

use super::config::Config;
use super::i18n;
use super::jobs::{self, JobError};
use super::notices::{self, Channel, Kind};
use super::state::AppState;
use crate::ids::{AccountId, MailId};
use crate::tr;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use lettre::message::header::ContentType;
use lettre::message::{Attachment as LettreAttachment, Mailbox, MultiPart, SinglePart};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgConnection;

/// The kind of the job that delivers one message.
pub const DELIVER: &str = "mail.deliver";

/// One mail, in the recipient's language.
#[derive(Debug, Clone)]
pub struct Mail {
    /// The kind of mail, e.g. `accounts.verify_email`.
    pub template: &'static str,
    pub to: Recipient,
    pub subject: String,
    /// The first line that a mail program shows beside the subject.
    pub preheader: String,
    pub blocks: Vec<Block>,
    pub attachments: Vec<Attachment>,
    /// One mail an event: a second one with the same key is not written.
    pub dedup_key: Option<String>,
}

#[derive(Debug, Clone)]
pub struct Recipient {
    pub account_id: Option<AccountId>,
    pub name: String,
    pub address: String,
    /// BCP 47.
    pub language: String,
}

/// What a mail is made of. Text is plain: it is escaped here.
#[derive(Debug, Clone)]
pub enum Block {
    Paragraph(String),
    Button {
        label: String,
        url: String,
    },
    /// Key and value rows.
    Details(Vec<(String, String)>),
    /// Set apart: what must not be missed.
    Notice(String),
    List(Vec<String>),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Attachment {
    pub name: String,
    pub media_type: String,
    pub base64: String,
}

impl Attachment {
    pub fn new(name: impl Into<String>, media_type: impl Into<String>, bytes: &[u8]) -> Self {
        Self { name: name.into(), media_type: media_type.into(), base64: STANDARD.encode(bytes) }
    }
}

/// Writes the mail and the job that delivers it, unless its recipient has switched mails of its kind off ([`notices`]). Call
/// it inside the change's transaction.
pub async fn enqueue(conn: &mut PgConnection, state: &AppState, now: DateTime<Utc>, mut mail: Mail) -> Result<(), sqlx::Error> {
    let kind = Kind::of(mail.template);
    if let Some(account_id) = mail.to.account_id.filter(|_| kind.choice().is_some()) {
        if !notices::wanted(conn, account_id, kind, Channel::Mail).await? {
            return Ok(());
        }
        let locale = i18n::from_tag(&mail.to.language).unwrap_or(i18n::Locale::en);
        let url = state.config.url("/account/notifications");
        mail.blocks.push(Block::Paragraph(tr!(locale, common.em_mail_choose, url = url).to_string()));
    }
    let id: MailId = super::random::id();
    let programme = state.programme.get();
    let written = sqlx::query_scalar!(
        "INSERT INTO mail_message (id, account_id, template, language, to_name, to_address, subject, body_html, body_text,
                                   attachments, dedup_key, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         ON CONFLICT (dedup_key) DO NOTHING RETURNING id",
        id as _,
        mail.to.account_id as _,
        mail.template,
        mail.to.language,
        mail.to.name,
        mail.to.address,
        mail.subject,
        layout::html(&mail, &programme, &state.config.public_url),
        layout::text(&mail, &programme, &state.config.public_url),
        serde_json::to_value(&mail.attachments).unwrap_or_default(),
        mail.dedup_key,
        now,
    )
    .fetch_optional(&mut *conn)
    .await?;
    if let Some(id) = written {
        jobs::enqueue(conn, now, DELIVER, id, None).await?;
    }
    Ok(())
}

/// Where mails go.
#[derive(Clone)]
pub enum Mailer {
    Smtp(Box<AsyncSmtpTransport<Tokio1Executor>>),
    /// They stay where they are written; `/mailbox` shows them in demo mode.
    Mailbox,
}

impl Mailer {
    pub fn from_config(config: &Config) -> Self {
        match config.smtp_url.as_ref().map(|url| AsyncSmtpTransport::<Tokio1Executor>::from_url(&url.0)) {
            Some(Ok(transport)) => Mailer::Smtp(Box::new(transport.build())),
            Some(Err(error)) => {
                tracing::error!(error.cause = %error, "CERTPORTAL_SMTP_URL cannot be used; mails wait");
                Mailer::Mailbox
            }
            None => Mailer::Mailbox,
        }
    }
}

/// Delivers one message; a message that is sent already is left alone.
pub fn deliver(state: AppState, payload: Value) -> BoxFuture<'static, Result<(), JobError>> {
    Box::pin(async move {
        let id: MailId = serde_json::from_value(payload)?;
        let mail = sqlx::query!(
            "SELECT to_name, to_address, subject, body_html, body_text, attachments FROM mail_message
             WHERE id = $1 AND sent_at IS NULL",
            id as _
        )
        .fetch_optional(&state.db)
        .await?;
        let Some(mail) = mail else { return Ok(()) };
        if let Mailer::Smtp(transport) = &state.mailer {
            let programme = state.programme.get();
            let from = Mailbox::new(Some(programme.sender_name.clone()), programme.sender_address.parse()?);
            let to = Mailbox::new(Some(mail.to_name), mail.to_address.parse()?);
            let body = MultiPart::alternative_plain_html(mail.body_text, mail.body_html);
            let attachments: Vec<Attachment> = serde_json::from_value(mail.attachments)?;
            let mut parts = MultiPart::mixed().multipart(body);
            for attachment in attachments {
                parts = parts.singlepart(attachment_part(attachment)?);
            }
            let message = Message::builder()
                .message_id(Some(format!("<{id}@{}>", state.config.host())))
                .from(from)
                .to(to)
                .subject(mail.subject)
                .multipart(parts)?;
            if let Err(error) = transport.send(message).await {
                sqlx::query!("UPDATE mail_message SET last_error = $2 WHERE id = $1", id as _, error.to_string())
                    .execute(&state.db)
                    .await?;
                if error.is_permanent() && says_no_such_address(&error.to_string()) {
                    tracing::info!(mail.id = %id, "a mail cannot be delivered: there is no such address");
                    return Ok(());
                }
                return Err(error.into());
            }
        } else if !state.config.demo {
            return Err(JobError("CERTPORTAL_SMTP_URL is not set: the mail waits".into()));
        }
        sqlx::query!("UPDATE mail_message SET sent_at = $2, last_error = NULL WHERE id = $1", id as _, state.clock.now())
            .execute(&state.db)
            .await?;
        Ok(())
    })
}

/// Whether a mail server's refusal is of the recipient's address (RFC 3463, X.1.X): the one answer that another attempt does not
/// change. A refused sender, a wrong password and the like are mended by whoever runs the portal: those mails wait.
fn says_no_such_address(refusal: &str) -> bool {
    refusal
        .split(|c: char| c.is_whitespace() || matches!(c, ':' | ';' | '-'))
        .any(|word| word.starts_with("5.1.") && word != "5.1.7" && word != "5.1.8")
}

fn attachment_part(attachment: Attachment) -> Result<SinglePart, JobError> {
    let bytes = STANDARD.decode(attachment.base64)?;
    Ok(LettreAttachment::new(attachment.name).body(bytes, ContentType::parse(&attachment.media_type)?))
}

mod layout {
    //! One layout for every mail: `style/mail/layout.html`.

    use super::{Block, Mail};
    use crate::server::drawing::Color;
    use crate::server::programme::Programme;

    const LAYOUT: &str = include_str!("../../style/mail/layout.html");

    pub fn escape(text: &str) -> String {
        text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
    }

    /// The accent where a programme has none.
    const ACCENT: Color = Color(0x0d, 0x4f, 0x5c);
    const ACCENT_DARK: Color = Color(0x86, 0xcb, 0xd3);
    /// The ground of a mail, light, and its card, dark: the less contrasting of the two that the accent stands on as text. White on the
    /// accent, and the dark ground on it, contrast more.
    const GROUND: Color = Color(0xf2, 0xf5, 0xf4);
    const CARD_DARK: Color = Color(0x18, 0x22, 0x24);

    fn accent(accent: &str, otherwise: Color, ground: Color) -> String {
        Color::parse(accent).unwrap_or(otherwise).readable_on(ground, 4.5).hex()
    }

    pub fn html(mail: &Mail, programme: &Programme, portal: &str) -> String {
        let light = accent(&programme.accent, ACCENT, GROUND);
        let dark = accent(&programme.accent_dark, ACCENT_DARK, CARD_DARK);
        let body: String = mail.blocks.iter().map(|block| block_html(block, &light)).collect();
        // One pass over the layout, so that a value which looks like a placeholder stays a value.
        let mut out = String::with_capacity(LAYOUT.len() + body.len());
        let mut rest = LAYOUT;
        while let Some((before, after)) = rest.split_once("{{") {
            out.push_str(before);
            let Some((name, tail)) = after.split_once("}}") else { break };
            match name.trim() {
                "title" => out.push_str(&escape(&mail.subject)),
                "preheader" => out.push_str(&escape(&mail.preheader)),
                "lang" => out.push_str(&escape(&mail.to.language)),
                "dir" => out.push_str("ltr"),
                "programme" => out.push_str(&escape(&programme.name)),
                "body" => out.push_str(&body),
                "footer" => out.push_str(&footer(programme, portal, &light)),
                "accent" => out.push_str(&light),
                "accent_dark" => out.push_str(&dark),
                _ => {}
            }
            rest = tail;
        }
        out.push_str(rest);
        out
    }

    fn footer(programme: &Programme, portal: &str, accent: &str) -> String {
        format!(
            "<p style=\"margin:0;\">{} · <a class=\"d-link\" href=\"{portal}\" style=\"color:{accent};\">{portal}</a> · {}</p>",
            escape(&programme.name),
            escape(&programme.support_email),
            portal = escape(portal)
        )
    }

    /// Styles stand inline because mail programs drop style sheets.
    fn block_html(block: &Block, accent: &str) -> String {
        match block {
            Block::Paragraph(text) => {
                format!("<p class=\"d-ink\" style=\"margin:0 0 16px;color:#15201f;\">{}</p>", lines(text))
            }
            Block::Button { label, url } => format!(
                "<table role=\"presentation\" class=\"m-btn m-block\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"margin:24px 0;\"><tr>\
                 <td class=\"d-btn\" style=\"background:{accent};border-radius:2px;\"><a href=\"{url}\" style=\"display:inline-block;padding:13px 24px;\
                 border:1px solid {accent};border-radius:2px;font:600 16px/1.25 Arial,Helvetica,sans-serif;color:#ffffff;text-decoration:none;\">{label}</a>\
                 </td></tr></table><p class=\"d-muted\" style=\"margin:0 0 16px;font-size:13px;line-height:1.5;color:#4c5a58;word-break:break-all;\">{url}</p>",
                url = escape(url),
                label = escape(label)
            ),
            Block::Details(rows) => {
                let rows: String = rows.iter().map(|(key, value)| detail(key, value)).collect();
                format!(
                    "<table role=\"presentation\" class=\"m-block\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" \
                     style=\"margin:20px 0;border-collapse:collapse;\">{rows}</table>"
                )
            }
            Block::Notice(text) => format!(
                "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"margin:20px 0;\"><tr>\
                 <td class=\"d-note d-ink\" style=\"padding:14px 16px;background:#fcf2dc;border-left:4px solid #855000;color:#15201f;\">{}</td></tr></table>",
                lines(text)
            ),
            Block::List(items) => {
                let items: String = items.iter().map(|item| format!("<li style=\"margin:0 0 6px;\">{}</li>", escape(item))).collect();
                format!("<ul class=\"d-ink\" style=\"margin:0 0 16px;padding-left:20px;color:#15201f;\">{items}</ul>")
            }
        }
    }

    fn detail(key: &str, value: &str) -> String {
        format!(
            "<tr class=\"m-block\"><td class=\"d-muted d-line m-key\" width=\"34%\" valign=\"top\" style=\"padding:10px 16px 10px 0;\
             border-bottom:1px solid #d5dcda;font-size:14px;line-height:1.5;color:#4c5a58;\">{}</td><td class=\"d-ink d-line m-val\" valign=\"top\" \
             style=\"padding:10px 0;border-bottom:1px solid #d5dcda;font-weight:600;line-height:1.5;color:#15201f;\">{}</td></tr>",
            escape(key),
            lines(value)
        )
    }

    /// Escaped, with line breaks kept.
    fn lines(text: &str) -> String {
        escape(text).replace('\n', "<br>")
    }

    pub fn text(mail: &Mail, programme: &Programme, portal: &str) -> String {
        let mut out = String::new();
        for block in &mail.blocks {
            match block {
                Block::Paragraph(text) | Block::Notice(text) => out.push_str(text),
                Block::Button { label, url } => out.push_str(&format!("{label}:\n{url}")),
                Block::Details(rows) => {
                    let rows: Vec<String> = rows.iter().map(|(key, value)| format!("{key}: {value}")).collect();
                    out.push_str(&rows.join("\n"));
                }
                Block::List(items) => {
                    let items: Vec<String> = items.iter().map(|item| format!("- {item}")).collect();
                    out.push_str(&items.join("\n"));
                }
            }
            out.push_str("\n\n");
        }
        out.push_str(&format!("-- \n{}\n{}\n{}\n", programme.name, portal, programme.support_email));
        out
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use crate::server::mail::Recipient;

        fn mail(subject: &str, block: Block) -> Mail {
            Mail {
                template: "test",
                to: Recipient { account_id: None, name: "x".into(), address: "x@example.com".into(), language: "en".into() },
                subject: subject.into(),
                preheader: String::new(),
                blocks: vec![block],
                attachments: vec![],
                dedup_key: None,
            }
        }

        #[test]
        fn a_mail_has_the_programmes_accent_made_readable() {
            let mail = mail("Hello", Block::Button { label: "Open".into(), url: "http://portal/x".into() });
            let colors = |accent: &str, accent_dark: &str| {
                let programme = Programme { accent: accent.into(), accent_dark: accent_dark.into(), ..Programme::default() };
                html(&mail, &programme, "http://portal")
            };
            let own = colors("#7a1f5c", "#f0b3d8");
            assert!(
                own.contains("background:#7a1f5c;") && own.contains("background: #f0b3d8 !important") && !own.contains("0d4f5c"),
                "{own}"
            );
            // Yellow on white and navy on black are no text.
            let mended = colors("#ffee00", "#000044");
            assert!(!mended.contains("#ffee00") && !mended.contains("#000044"), "{mended}");
            let light = accent("#ffee00", ACCENT, GROUND);
            assert!(mended.contains(&format!("background:{light};")));
            assert!(Color::parse(&light).is_some_and(|light| light.contrast(GROUND) >= 4.5 && light.contrast(Color::WHITE) >= 4.5));
            assert!(colors("", "").contains("background:#0d4f5c;"), "without a programme");
        }

        #[test]
        fn a_name_with_markup_or_placeholders_stays_text() {
            let mail = mail("<b>{{body}}</b>", Block::Paragraph("Hello <script>alert(1)</script>".into()));
            let html = html(&mail, &Programme::default(), "http://portal");
            assert!(html.contains("&lt;b&gt;{{body}}&lt;/b&gt;"));
            assert!(html.contains("&lt;script&gt;"));
            assert!(text(&mail, &Programme::default(), "http://portal").contains("<script>"));
        }
    }
}
