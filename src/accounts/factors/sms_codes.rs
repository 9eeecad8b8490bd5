//! Codes by SMS: six digits, ten minutes, for the session that asked (security.md line 22), not sent too often (line 60).

use super::super::rules::resend_wait;
use super::super::store::Account;
use super::rules::{SMS_CODE, SMS_TRIES};
use super::store::{self, SmsPurpose};
use crate::error::{AppResult, Conflict};
use crate::ids::SessionId;
use crate::server::limits::{Limit, address_key, refused_for};
use crate::server::sms::{self, Sms};
use crate::server::{RequestContext, audit, i18n, random};
use crate::tr;
use chrono::TimeDelta;
use serde_json::json;
use sqlx::PgConnection;

/// The kind of message that carries a code: these are counted.
const TEMPLATE: &str = "accounts.code";
const LABEL: &str = "sms code";
/// Messages cost money: what one network address, and everybody together, can make the portal send.
const FROM_ADDRESS: Limit = Limit::new("sms.address", 30, TimeDelta::seconds(60));
const ALTOGETHER: Limit = Limit::new("sms.all", 600, TimeDelta::seconds(1));

fn message(session_id: SessionId, purpose: SmsPurpose, phone: &str, code: &str) -> Vec<u8> {
    [session_id.as_bytes(), purpose.as_str().as_bytes(), phone.as_bytes(), b":", code.as_bytes()].concat()
}

/// Sends a new code to a number; the session's one before it is dead. Called while the account is locked.
///
/// # Errors
/// [`Conflict::SmsUnavailable`]; [`crate::error::AppError::RateLimited`]: within a minute of the last one, or after five in an hour, to this
/// account or to this number.
pub async fn send(
    conn: &mut PgConnection,
    cx: &RequestContext,
    account: &Account,
    session_id: SessionId,
    purpose: SmsPurpose,
    phone: &str,
) -> AppResult<()> {
    if !cx.state.sms.is_there() {
        return Err(Conflict::SmsUnavailable.into());
    }
    let now = cx.now();
    let since = now - TimeDelta::hours(1);
    store::lock_number(conn, phone).await?;
    let to_account = store::sent_to_account(conn, account.id, TEMPLATE, since).await?;
    let to_number = store::sent_to_number(conn, phone, TEMPLATE, since).await?;
    if let Some(wait) = resend_wait(&to_account, now).max(resend_wait(&to_number, now)) {
        return Err(refused_for(wait));
    }
    ALTOGETHER.spend(&mut *conn, now, "").await?;
    FROM_ADDRESS.spend(&mut *conn, now, &address_key(cx.address)).await?;
    let (code, expires_at) = (random::digits(6), now + SMS_CODE);
    let mac = cx.state.key.mac(LABEL, &message(session_id, purpose, phone, &code));
    store::put_code(conn, session_id, purpose, phone, &mac, now, expires_at).await?;
    let locale = i18n::from_tag(&account.language).unwrap_or(cx.locale);
    let programme = cx.programme().short_name.clone();
    let host = cx.state.config.host();
    // The last line ties the code to this site for phones that fill it in (WICG, "Origin-bound one-time codes").
    let text = format!("{}\n\n@{host} #{code}", tr!(locale, factors.sms_code, code = code.clone(), programme = programme));
    let sms = Sms { account_id: account.id, template: TEMPLATE, to: phone.to_owned(), text, expires_at: Some(expires_at), once: None };
    sms::enqueue(conn, now, sms).await?;
    audit::record(conn, cx, "account.code_sent", &account.id.to_string(), json!({"purpose": purpose.as_str()})).await?;
    Ok(())
}

/// The number whose code this is, if it is the session's and was not used; it is used up then. Every try counts, the sixth is none.
pub async fn take(
    conn: &mut PgConnection,
    cx: &RequestContext,
    session_id: SessionId,
    purpose: SmsPurpose,
    typed: &str,
) -> Result<Option<String>, sqlx::Error> {
    let code: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let Some((phone, mac)) = store::try_code(conn, session_id, purpose, SMS_TRIES, cx.now()).await? else { return Ok(None) };
    let right = cx.state.key.verify_mac(LABEL, &message(session_id, purpose, &phone, &code), &mac);
    Ok((right && store::use_code(conn, session_id, purpose, &mac, cx.now()).await?).then_some(phone))
}
