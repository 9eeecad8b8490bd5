//! Password and sessions of the viewer.

use super::super::mails::SecurityChange;
use super::super::model::Secret;
use super::super::password::{self, NewPassword};
use super::super::rules::browser_name;
use super::super::store;
use super::login::check_password;
use super::recovery::{personal, void_what_waits};
use super::{announce, password_rules};
use crate::error::{AppError, AppResult};
use crate::ids::SessionId;
use crate::server::database;
use crate::server::http::respond::Cookie;
use crate::server::http::sessions as session_store;
use crate::server::{RequestContext, audit};
use chrono::{DateTime, Utc};
use serde_json::json;

/// Changes the viewer's password; the other sessions end, what waits is void, and this one gets a new cookie.
///
/// # Errors
/// [`AppError::Validation`] at `current_password` or `password`.
pub async fn change_password(cx: &RequestContext, current: &Secret, typed: &Secret) -> AppResult<Cookie> {
    let viewer = cx.viewer()?;
    let account = check_password(cx, "current_password", current).await?;
    let personal = {
        let mut conn = cx.state.db.acquire().await?;
        personal(&mut conn, cx, &account).await?
    };
    let rules = password_rules(cx, account.has_factor);
    let new = NewPassword::parse("password", typed, &personal, rules).map_err(AppError::Validation)?;
    let stands_alone = new.stands_alone();
    let hash = password::hash(&cx.state, new).await?;
    let now = cx.now();
    let mut tx = cx.state.db.begin().await?;
    database::expect_one(store::set_password(&mut tx, account.id, &hash, stands_alone, now).await?)?;
    void_what_waits(&mut tx, cx, &account).await?;
    session_store::end_others(&mut tx, now, account.id, Some(viewer.session_id)).await?;
    let cookie = session_store::rotate(&mut tx, now, viewer.session_id).await?.ok_or(AppError::Unauthenticated)?;
    announce(&mut tx, cx, &account, SecurityChange::Password).await?;
    audit::record(&mut tx, cx, "account.password_changed", &account.id.to_string(), json!({})).await?;
    tx.commit().await?;
    Ok(cookie)
}

/// A session as its owner sees it.
#[derive(Debug, Clone)]
pub struct SessionView {
    pub id: SessionId,
    /// `None`: not a browser that names itself.
    pub browser: Option<String>,
    pub address: String,
    /// Where the address is, as far as it is known.
    pub place: Option<String>,
    pub created_at: DateTime<Utc>,
    pub last_used_at: DateTime<Utc>,
    /// The one that asks.
    pub current: bool,
}

/// The viewer's sessions, this one first, then last used first.
pub async fn sessions(cx: &RequestContext) -> AppResult<Vec<SessionView>> {
    let viewer = cx.viewer()?;
    let idle = if viewer.is_staff() { session_store::IDLE_STAFF } else { session_store::IDLE_CANDIDATE };
    let mut conn = cx.state.db.acquire().await?;
    let rows = store::sessions(&mut conn, viewer.account_id, cx.now() - idle, cx.now() - session_store::ABSOLUTE).await?;
    let mut views: Vec<SessionView> = rows
        .into_iter()
        .map(|row| SessionView {
            browser: browser_name(&row.user_agent, cx.locale),
            current: row.id == viewer.session_id,
            id: row.id,
            place: cx.state.places.name(cx.locale, &row.address),
            address: row.address,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
        })
        .collect();
    views.sort_by_key(|view| !view.current);
    Ok(views)
}

/// Ends one of the viewer's sessions; ending it twice is fine.
///
/// # Errors
/// [`AppError::NotFound`] for a session that is not the viewer's.
pub async fn end_session(cx: &RequestContext, session_id: &str) -> AppResult<()> {
    let viewer = cx.viewer()?;
    let session_id: SessionId = session_id.parse().map_err(|_| AppError::NotFound)?;
    let mut tx = cx.state.db.begin().await?;
    if !store::end_own_session(&mut tx, viewer.account_id, session_id, cx.now()).await? {
        return Err(AppError::NotFound);
    }
    audit::record(&mut tx, cx, "account.session_ended", &viewer.account_id.to_string(), json!({"session": session_id})).await?;
    tx.commit().await?;
    Ok(())
}

/// Ends all of the viewer's sessions but this one.
pub async fn end_other_sessions(cx: &RequestContext) -> AppResult<()> {
    let viewer = cx.viewer()?;
    let mut tx = cx.state.db.begin().await?;
    session_store::end_others(&mut tx, cx.now(), viewer.account_id, Some(viewer.session_id)).await?;
    audit::record(&mut tx, cx, "account.other_sessions_ended", &viewer.account_id.to_string(), json!({})).await?;
    tx.commit().await?;
    Ok(())
}
