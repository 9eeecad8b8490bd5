//! The viewer's choice of notices.

use super::api::NoticesForm;
use super::store;
use crate::accounts::store::lock_account;
use crate::error::AppResult;
use crate::ids::AccountId;
use crate::server::notices::{self, Channel, Kind};
use crate::server::{RequestContext, audit};
use serde_json::json;
use sqlx::PgConnection;

/// What can be chosen, by the name of its box.
pub const CHOICES: [(&str, Kind, Channel); 4] = [
    ("mail_reminders", Kind::Reminders, Channel::Mail),
    ("mail_results", Kind::Results, Channel::Mail),
    ("mail_news", Kind::News, Channel::Mail),
    ("sms_reminders", Kind::Reminders, Channel::Sms),
];

/// The boxes as they stand, in the order of [`CHOICES`], and the phone that text messages go to.
pub async fn chosen(cx: &RequestContext) -> AppResult<([bool; 4], Option<String>)> {
    let viewer = cx.viewer()?;
    let mut conn = cx.state.db.acquire().await?;
    let mut ticked = [false; 4];
    for (ticked, (_, kind, channel)) in ticked.iter_mut().zip(CHOICES) {
        *ticked = notices::wanted(&mut conn, viewer.account_id, kind, channel).await?;
    }
    Ok((ticked, store::verified_phone(&mut conn, viewer.account_id).await?))
}

/// The number to which somebody wants notices of a kind sent as text messages; `None`: they do not, or have no verified phone.
pub async fn texted_to(conn: &mut PgConnection, account_id: AccountId, kind: Kind) -> Result<Option<String>, sqlx::Error> {
    if notices::wanted(conn, account_id, kind, Channel::Sms).await? { store::verified_phone(conn, account_id).await } else { Ok(None) }
}

/// Keeps the viewer's choice. Without a verified phone no text message is wanted, whatever was sent.
pub async fn change(cx: &RequestContext, form: &NoticesForm) -> AppResult<()> {
    let viewer = cx.viewer()?;
    let mut tx = cx.state.db.begin().await?;
    lock_account(&mut tx, viewer.account_id).await?;
    let has_phone = store::verified_phone(&mut tx, viewer.account_id).await?.is_some();
    let mut changed = vec![];
    for (name, kind, channel) in CHOICES {
        let sent = match name {
            "mail_reminders" => &form.mail_reminders,
            "mail_results" => &form.mail_results,
            "mail_news" => &form.mail_news,
            _ => &form.sms_reminders,
        };
        let wants = sent == "on" && (channel == Channel::Mail || has_phone);
        if notices::choose(&mut tx, viewer.account_id, kind, channel, wants, cx.now()).await? {
            changed.push(json!({"notice": name, "wanted": wants}));
        }
    }
    if !changed.is_empty() {
        audit::record(&mut tx, cx, "account.notices_changed", &viewer.account_id.to_string(), json!({"changed": changed})).await?;
    }
    tx.commit().await?;
    Ok(())
}
