//! Browsers that need no second factor for 30 days, because the candidate asked for it (product.md section 2). Never for staff.

use super::super::rules::browser_name;
use super::super::store::Account;
use super::rules::TRUST;
use super::store::{self, TrustedRow};
use crate::error::{AppError, AppResult};
use crate::ids::TrustedDeviceId;
use crate::server::http::respond::Cookie;
use crate::server::{RequestContext, audit, random};
use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::PgConnection;

/// Tokens of this browser, one an account that trusts it.
pub const COOKIE: &str = "__Host-trusted";
/// People who share a browser: the oldest token is forgotten first.
const ACCOUNTS: usize = 4;

fn tokens(cx: &RequestContext) -> impl Iterator<Item = &str> {
    cx.cookies.get(COOKIE).map_or("", String::as_str).split('~').filter(|token| !token.is_empty()).take(ACCOUNTS)
}

/// Whether this browser needs no second factor for an account.
pub async fn is_trusted(conn: &mut PgConnection, cx: &RequestContext, account: &Account) -> Result<bool, sqlx::Error> {
    let hashes: Vec<Vec<u8>> = tokens(cx).map(random::token_hash).collect();
    if hashes.is_empty() || account.is_staff {
        return Ok(false);
    }
    store::is_trusted(conn, account.id, &hashes, cx.now()).await
}

/// Trusts this browser from now on: the cookie that says so.
pub async fn trust(conn: &mut PgConnection, cx: &RequestContext, account: &Account) -> Result<Cookie, sqlx::Error> {
    let token = random::token();
    let row = TrustedRow { id: random::id(), user_agent: cx.user_agent.clone(), created_at: cx.now(), expires_at: cx.now() + TRUST };
    store::insert_trusted(conn, &row, &random::token_hash(&token), account.id).await?;
    audit::record(conn, cx, "account.browser_trusted", &account.id.to_string(), json!({"browser": row.id})).await?;
    let value: Vec<&str> = [token.as_str()].into_iter().chain(tokens(cx).take(ACCOUNTS - 1)).collect();
    Ok(Cookie::new(COOKIE, value.join("~")).lasting(TRUST.num_seconds()))
}

/// A trusted browser as its owner sees it.
#[derive(Debug, Clone)]
pub struct TrustedView {
    pub id: TrustedDeviceId,
    /// `None`: not a browser that names itself.
    pub browser: Option<String>,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// The browsers that the viewer trusts, newest first.
pub async fn list(cx: &RequestContext) -> AppResult<Vec<TrustedView>> {
    let viewer = cx.viewer()?;
    let mut conn = cx.state.db.acquire().await?;
    let rows = store::trusted(&mut conn, viewer.account_id, cx.now()).await?;
    let view = |row: TrustedRow| TrustedView {
        browser: browser_name(&row.user_agent, cx.locale),
        id: row.id,
        created_at: row.created_at,
        expires_at: row.expires_at,
    };
    Ok(rows.into_iter().map(view).collect())
}

/// Stops trusting one of them.
///
/// # Errors
/// [`AppError::NotFound`] for one that is not the viewer's.
pub async fn stop(cx: &RequestContext, id: &str) -> AppResult<()> {
    let viewer = cx.viewer()?;
    let id: TrustedDeviceId = id.parse().map_err(|_| AppError::NotFound)?;
    let mut tx = cx.state.db.begin().await?;
    if !store::stop_trusting(&mut tx, viewer.account_id, id).await? {
        return Err(AppError::NotFound);
    }
    audit::record(&mut tx, cx, "account.browser_untrusted", &viewer.account_id.to_string(), json!({"browser": id})).await?;
    tx.commit().await?;
    Ok(())
}
