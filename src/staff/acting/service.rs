//! Begin and stop.

use crate::accounts;
use crate::error::{AppError, AppResult, Conflict};
use crate::server::http::acting::{self, End};
use crate::server::http::respond::Cookie;
use crate::server::http::sessions;
use crate::server::{Permission, RequestContext, audit};
use crate::staff::accounts::service::{parse_reason, record_with_reason, target};
use crate::staff::accounts::store::Account;
use serde_json::json;

/// Whether somebody can be acted for: a candidate whose account is open, and who is nobody of the staff.
pub fn can_be_acted_for(account: &Account) -> Result<(), Conflict> {
    if !account.roles.is_empty() || account.candidate_id.is_none() {
        Err(Conflict::NotACandidate)
    } else if account.disabled_at.is_some() || account.merged {
        Err(Conflict::Stale)
    } else {
        Ok(())
    }
}

/// Begins to act for a candidate, for half an hour at most; gives the session its new cookie. The candidate is told on every
/// channel.
///
/// # Errors
/// Those of a staff act: permission, fresh proof, unknown account; [`crate::error::Code::Required`] of `reason`;
/// [`Conflict::OwnAccount`], [`Conflict::NotACandidate`]; [`Conflict::Stale`] for an account that is closed.
pub async fn start(cx: &RequestContext, id: &str, reason: &str) -> AppResult<Cookie> {
    let account = target(cx, Permission::ActForCandidates, id).await?;
    let reason = parse_reason(reason)?;
    let viewer = cx.viewer()?;
    if account.id == viewer.account_id {
        return Err(Conflict::OwnAccount.into());
    }
    let refused = can_be_acted_for(&account);
    if let Err(conflict) = refused {
        let detail = json!({ "reason": conflict });
        audit::refused(cx, "staff.acting_started", &account.id.to_string(), detail).await;
        return Err(conflict.into());
    }
    let mut tx = cx.state.db.begin().await?;
    // A second click comes too late: the first one has changed the cookie.
    let (acting, ends_at) = acting::begin(&mut tx, cx.now(), viewer, account.id, &reason).await?.ok_or(Conflict::Stale)?;
    let cookie = sessions::renew(&mut tx, viewer.session_id).await?.ok_or(AppError::Unauthenticated)?;
    accounts::service::announce_acting(&mut tx, cx, account.id, &reason, ends_at).await?;
    record_with_reason(&mut tx, cx, "staff.acting_started", account.id, json!({ "acting": acting, "until": ends_at }), &reason).await?;
    tx.commit().await?;
    Ok(cookie)
}

/// What follows a stop.
#[derive(Debug)]
pub struct Stopped {
    pub cookie: Option<Cookie>,
    /// Where to go on.
    pub page: String,
}

/// Stops acting; the session gets a new cookie. Nobody acts (any more): nothing to do.
///
/// # Errors
/// [`AppError::Unauthenticated`].
pub async fn stop(cx: &RequestContext) -> AppResult<Stopped> {
    let viewer = cx.viewer()?;
    let Some(acting) = &cx.acting else {
        return Ok(Stopped { cookie: None, page: if viewer.is_staff() { "/staff" } else { "/" }.to_owned() });
    };
    let mut tx = cx.state.db.begin().await?;
    let cookie = match acting::end(&mut tx, cx.now(), acting.id, End::Stopped).await? {
        Some(_) => {
            let detail = json!({ "acting": acting.id, "by": End::Stopped.as_str() });
            audit::record(&mut tx, cx, "staff.acting_ended", &viewer.account_id.to_string(), detail).await?;
            sessions::renew(&mut tx, viewer.session_id).await?
        }
        None => None,
    };
    tx.commit().await?;
    Ok(Stopped { cookie, page: format!("/staff/accounts/{}?done=acting_stopped", viewer.account_id) })
}
