//! Mailed single-use links: looked at when the page opens, used up when its button is pressed, so that a mail scanner that
//! follows every link uses up none.

use super::super::rules::{LinkState, link_state};
use super::super::store::{self, Link, Purpose};
use crate::error::{AppError, AppResult, Conflict};
use crate::ids::{AccountId, EmailId};
use crate::server::database::DbError;
use crate::server::{RequestContext, audit, random};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use sqlx::PgConnection;

/// What a page tells of the link it was opened with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkInfo {
    pub state: LinkState,
    /// The address it was sent to; empty when the link is not good.
    pub address: String,
    /// That address is verified already.
    pub verified: bool,
    /// The account has a second factor.
    pub has_factor: bool,
    /// The given name of the account it adds an address to; `None`: the link is about the account's main address.
    pub adds_to: Option<String>,
}

/// The state of a link, without using it.
pub async fn look_at(cx: &RequestContext, purpose: Purpose, token: &str) -> AppResult<LinkInfo> {
    let mut conn = cx.state.db.acquire().await?;
    let found = store::link(&mut conn, purpose, &random::token_hash(token)).await?;
    let state = link_state(found.as_ref().map(|link| (link.expires_at, link.used_at)), cx.now());
    let mut info = LinkInfo { state, address: String::new(), verified: false, has_factor: false, adds_to: None };
    if state == LinkState::Unknown && !token.is_empty() {
        drop(conn);
        note_refused(cx, purpose, None, Conflict::LinkUnknown).await;
        return Ok(info);
    }
    if let Some(link) = found
        && let Some(account) = store::by_id(&mut conn, link.account_id).await?
    {
        info.verified = link.verified;
        info.has_factor = account.has_factor;
        if state == LinkState::Good {
            info.address = link.address.unwrap_or(account.address);
            info.adds_to = (!link.is_primary).then_some(account.given_name);
        }
    }
    Ok(info)
}

/// A new link: `(token, its hash, its end)`.
pub(in crate::accounts) async fn make(
    conn: &mut PgConnection,
    purpose: Purpose,
    account_id: AccountId,
    email_id: EmailId,
    now: DateTime<Utc>,
    lasts: TimeDelta,
) -> Result<(String, Vec<u8>, DateTime<Utc>), sqlx::Error> {
    let token = random::token();
    let hash = random::token_hash(&token);
    let expires_at = now + lasts;
    store::insert_link(conn, purpose, &hash, account_id, email_id, now, expires_at).await?;
    Ok((token, hash, expires_at))
}

/// The link of a token, if it can be used now.
///
/// # Errors
/// [`Conflict::LinkUnknown`], [`Conflict::LinkUsed`], [`Conflict::LinkExpired`].
pub(in crate::accounts) async fn good(
    conn: &mut PgConnection,
    purpose: Purpose,
    token_hash: &[u8],
    now: DateTime<Utc>,
) -> Result<Link, DbError> {
    let found = store::link(conn, purpose, token_hash).await?;
    match (link_state(found.as_ref().map(|link| (link.expires_at, link.used_at)), now), found) {
        (LinkState::Good, Some(link)) => Ok(link),
        (LinkState::Used, _) => Err(Conflict::LinkUsed.into()),
        (LinkState::Expired, _) => Err(Conflict::LinkExpired.into()),
        _ => Err(Conflict::LinkUnknown.into()),
    }
}

/// The link that somebody came with to use it: [`good`], or the refusal is in the audit log.
///
/// # Errors
/// Those of [`good`].
pub(in crate::accounts) async fn brought(cx: &RequestContext, purpose: Purpose, token_hash: &[u8]) -> AppResult<Link> {
    let mut conn = cx.state.db.acquire().await?;
    let link = good(&mut conn, purpose, token_hash, cx.now()).await.map_err(AppError::from);
    if let Err(AppError::Conflict(why)) = &link {
        let account = store::link(&mut conn, purpose, token_hash).await?.map(|link| link.account_id);
        drop(conn);
        note_refused(cx, purpose, account, *why).await;
    }
    link
}

/// Links that open an account to whoever has them (security.md line 76). What verifies an address is no sign-in.
async fn note_refused(cx: &RequestContext, purpose: Purpose, account: Option<AccountId>, why: Conflict) {
    let action = match purpose {
        Purpose::ResetPassword => "account.password_reset",
        Purpose::StaffInvitation => "staff.invitation_accepted",
        Purpose::VerifyEmail => return,
    };
    let subject = account.map_or_else(|| "unknown".to_owned(), |id| id.to_string());
    audit::refused_sometimes(cx, action, &subject, json!({ "reason": why })).await;
}

/// Uses a link up, at most once.
pub(in crate::accounts) async fn take(
    conn: &mut PgConnection,
    purpose: Purpose,
    token_hash: &[u8],
    now: DateTime<Utc>,
) -> Result<Link, DbError> {
    let link = good(conn, purpose, token_hash, now).await?;
    if store::use_link(conn, token_hash, now).await? { Ok(link) } else { Err(Conflict::LinkUsed.into()) }
}
