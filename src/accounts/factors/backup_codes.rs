//! Backup codes: ten at a time, each for one sign-in (security.md line 19). They are shown once, after they were made: the page
//! gets them in a sealed cookie that it takes away again, so that neither the database nor an address ever holds them.

use super::super::mails::SecurityChange;
use super::super::service::announce;
use super::super::store::{self as accounts, Account};
use super::rules::{BACKUP_CODE_LENGTH, BACKUP_CODES, read_backup_code, shown_backup_code};
use super::store;
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, SessionId};
use crate::server::http::respond::Cookie;
use crate::server::http::sessions;
use crate::server::{RequestContext, Viewer, audit, random};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::PgConnection;

/// Carries the new codes to the page that shows them.
pub const COOKIE: &str = "__Host-codes";
/// How long the page may be under way, and the file may be asked for afterwards.
const SHOWN: TimeDelta = TimeDelta::minutes(10);
const HASH_LABEL: &str = "backup code";
const SEAL_LABEL: &str = "backup codes shown";

#[derive(Serialize, Deserialize)]
struct Sealed {
    session: SessionId,
    until: DateTime<Utc>,
    codes: Vec<String>,
}

/// New codes for the viewer, in the place of all older ones; the cookies carry them to the page.
///
/// # Errors
/// [`AppError::StepUpRequired`]; [`crate::error::Conflict::EmailNotVerified`]; [`AppError::NotFound`] for an account without a second factor: there is nothing to stand in for.
pub async fn make(cx: &RequestContext) -> AppResult<Vec<Cookie>> {
    let viewer = cx.verified_with_fresh_proof()?;
    let codes: Vec<String> = (0..BACKUP_CODES).map(|_| random::readable(BACKUP_CODE_LENGTH)).collect();
    let hashes: Vec<Vec<u8>> = codes.iter().map(|code| hash(cx, viewer.account_id, code)).collect();
    let mut tx = cx.state.db.begin().await?;
    accounts::lock_account(&mut tx, viewer.account_id).await?;
    let account = accounts::by_id(&mut tx, viewer.account_id).await?.filter(|account| account.has_factor).ok_or(AppError::NotFound)?;
    store::replace_backup_codes(&mut tx, account.id, &hashes, cx.now()).await?;
    store::forget_trusted(&mut tx, account.id).await?;
    announce(&mut tx, cx, &account, SecurityChange::BackupCodesMade).await?;
    audit::record(&mut tx, cx, "account.backup_codes_made", &account.id.to_string(), json!({})).await?;
    sessions::end_others(&mut tx, cx.now(), account.id, Some(viewer.session_id)).await?;
    let session = sessions::rotate(&mut tx, cx.now(), viewer.session_id).await?.ok_or(AppError::Unauthenticated)?;
    tx.commit().await?;
    let sealed = Sealed { session: viewer.session_id, until: cx.now() + SHOWN, codes };
    let sealed = serde_json::to_vec(&sealed).map_err(|error| crate::server::database::internal(&error))?;
    let value = URL_SAFE_NO_PAD.encode(cx.state.key.seal(SEAL_LABEL, viewer.account_id.as_bytes(), &sealed));
    Ok(vec![session, Cookie::new(COOKIE, value).lasting(SHOWN.num_seconds())])
}

/// The codes behind what [`make`] sealed, as they are shown. `None`: of another session, too old, or none at all.
pub fn unsealed(cx: &RequestContext, viewer: &Viewer, value: &str) -> Option<Vec<String>> {
    let bytes = URL_SAFE_NO_PAD.decode(value).ok()?;
    let opened = cx.state.key.open(SEAL_LABEL, viewer.account_id.as_bytes(), &bytes)?;
    let sealed: Sealed = serde_json::from_slice(&opened).ok()?;
    let mine = sealed.session == viewer.session_id && cx.now() < sealed.until;
    mine.then(|| sealed.codes.iter().map(|code| shown_backup_code(code)).collect())
}

/// When the viewer's codes were made.
pub async fn made_at(cx: &RequestContext) -> AppResult<Option<DateTime<Utc>>> {
    let viewer = cx.viewer()?;
    let mut conn = cx.state.db.acquire().await?;
    Ok(store::backup_codes_made(&mut conn, viewer.account_id).await?)
}

/// Whether the viewer has just got a first factor and has no codes for the day it is lost.
pub async fn are_missing(cx: &RequestContext) -> AppResult<bool> {
    let viewer = cx.viewer()?;
    let mut conn = cx.state.db.acquire().await?;
    let factors = store::factors(&mut conn, viewer.account_id).await?;
    Ok(factors.count() > 0 && factors.backup_codes == 0)
}

/// Keyed: 50 bits alone could be searched in a stolen database, the key is not in it.
fn hash(cx: &RequestContext, account_id: AccountId, code: &str) -> Vec<u8> {
    cx.state.key.mac(HASH_LABEL, &message(account_id, code))
}

fn message(account_id: AccountId, code: &str) -> Vec<u8> {
    [account_id.as_bytes(), code.as_bytes()].concat()
}

/// Whether a code is one of the account's; it is used up, and its owner told.
pub async fn accept(conn: &mut PgConnection, cx: &RequestContext, account: &Account, typed: &str) -> AppResult<bool> {
    let Some(code) = read_backup_code(typed) else { return Ok(false) };
    let message = message(account.id, &code);
    let kept = store::backup_codes(conn, account.id).await?;
    let Some(hash) = kept.iter().find(|hash| cx.state.key.verify_mac(HASH_LABEL, &message, hash)) else { return Ok(false) };
    if !store::use_backup_code(conn, account.id, hash, cx.now()).await? {
        return Ok(false);
    }
    let left = kept.len() as i64 - 1;
    announce(conn, cx, account, SecurityChange::BackupCodeUsed { left }).await?;
    audit::record(conn, cx, "account.backup_code_used", &account.id.to_string(), json!({"left": left})).await?;
    Ok(true)
}
