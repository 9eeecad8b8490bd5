//! What every change of the second factors brings with it.

use super::super::service::password_rules;
use super::super::store as accounts;
use super::store;
use crate::error::{AppError, Conflict};
use crate::ids::AccountId;
use crate::server::database::DbError;
use crate::server::http::respond::Cookie;
use crate::server::http::sessions;
use crate::server::{RequestContext, Viewer, audit};
use serde_json::json;
use sqlx::PgConnection;

/// With so few backup codes left their owner is told to make new ones.
pub const LAST_BACKUP_CODES: i64 = 2;

/// Refuses the removal of a last factor that has to stay: a member of staff's (security.md line 16), or one beside a short password.
/// Called while the account is locked.
///
/// # Errors
/// [`Conflict::LastFactor`]; [`Conflict::PasswordNeedsFactor`].
pub async fn may_remove(conn: &mut PgConnection, cx: &RequestContext, viewer: &Viewer) -> Result<(), DbError> {
    if store::factors(conn, viewer.account_id).await?.count() > 1 {
        return Ok(());
    }
    if viewer.is_staff() {
        audit::refused(cx, "account.factor_removed", &viewer.account_id.to_string(), json!({"reason": "last_factor"})).await;
        return Err(Conflict::LastFactor.into());
    }
    password_stands_alone(conn, cx, viewer.account_id).await
}

/// Refuses to leave an account without a factor whose password may be as short as it is only beside one (NIST SP 800-63B-4).
///
/// # Errors
/// [`Conflict::PasswordNeedsFactor`].
pub async fn password_stands_alone(conn: &mut PgConnection, cx: &RequestContext, account_id: AccountId) -> Result<(), DbError> {
    let asked_for = password_rules(cx, false).min() > password_rules(cx, true).min();
    if asked_for && accounts::password_stands_alone(conn, account_id).await? == Some(false) {
        return Err(Conflict::PasswordNeedsFactor.into());
    }
    Ok(())
}

/// After a change of a factor: no browser is trusted any more, the other sessions end (security.md line 32), backup codes without
/// a factor to stand in for are gone, and this session gets a new cookie.
pub async fn settle(conn: &mut PgConnection, cx: &RequestContext, viewer: &Viewer) -> Result<Cookie, DbError> {
    let now = cx.now();
    store::forget_trusted(conn, viewer.account_id).await?;
    if store::factors(conn, viewer.account_id).await?.count() == 0 {
        store::delete_backup_codes(conn, viewer.account_id).await?;
    }
    sessions::end_others(conn, now, viewer.account_id, Some(viewer.session_id)).await?;
    Ok(sessions::rotate(conn, now, viewer.session_id).await?.ok_or(AppError::Unauthenticated)?)
}
