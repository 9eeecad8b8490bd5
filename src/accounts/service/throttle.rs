//! Counting wrong passwords and codes: per class of device and account, per network address, and altogether
//! (product.md section 2, security.md lines 9, 10 and 18).

use super::super::devices;
use super::super::rules::{STREAK_LIMIT, locked_until};
use super::super::store;
use crate::error::{AppError, AppResult, Conflict};
use crate::server::RequestContext;
use crate::server::limits::{Limit, address_key};
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// Failed attempts from one network address. Wide enough for a training room that signs in behind one address.
const FROM_ADDRESS: Limit = Limit::new("login.address", 400, TimeDelta::seconds(3));
/// All attempts of all: what a search through the passwords of many accounts from many addresses meets in the end.
const ALTOGETHER: Limit = Limit::new("login.all", 3000, TimeDelta::milliseconds(20));

/// Registrations, and mails asked for by typing an address, from one network address: a whole class may register at once.
pub const REGISTRATIONS: Limit = Limit::new("register.address", 300, TimeDelta::seconds(10));
pub const MAILED_LINKS: Limit = Limit::new("mailed_links.address", 300, TimeDelta::seconds(10));

/// Whose attempts are counted together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counter {
    key: String,
    /// Browsers unknown to the account: these lose the password altogether after a hundred failures in a row.
    unknown_device: bool,
}

impl Counter {
    /// Password attempts of a browser at an account, or at an address without one. The key is an HMAC: the table tells
    /// nobody's address, and unknown addresses are counted like known ones.
    pub fn of_password(cx: &RequestContext, account: Option<Uuid>, address: &str) -> Self {
        let known = account.and_then(|id| devices::known(cx, id));
        let class = known.as_deref().unwrap_or("unknown");
        Self { key: format!("password:{}:{class}", password_key(cx, account, address)), unknown_device: known.is_none() }
    }

    /// Somebody signed in who proves again who they are: a stranger's failures are none of theirs.
    pub fn of_confirmation(account_id: Uuid) -> Self {
        Self { key: format!("confirm:{account_id}"), unknown_device: false }
    }

    /// Codes of second factors, of every kind together.
    pub fn of_factor(account_id: Uuid) -> Self {
        Self { key: format!("factor:{account_id}"), unknown_device: false }
    }

    /// Counts an attempt before its outcome is known, so that many at once cannot try more than the limit.
    ///
    /// # Errors
    /// [`AppError::RateLimited`]: this counter, the network address or everything is at its limit;
    /// [`Conflict::LoginLocked`]: the password is off for unknown browsers until it is reset.
    pub async fn count(&self, cx: &RequestContext) -> AppResult<()> {
        let now = cx.now();
        let mut tx = cx.state.db.begin().await?;
        // Always in this order, or two logins could wait for each other.
        ALTOGETHER.spend(&mut *tx, now, "").await?;
        FROM_ADDRESS.spend(&mut *tx, now, &address_key(cx.address)).await?;
        let failures = store::failures(&mut tx, &self.key, now).await?;
        if let Some(until) = locked_until(&failures).filter(|until| *until > now) {
            return Err(AppError::RateLimited(seconds_until(until, now)));
        }
        if self.unknown_device && store::streak(&mut tx, &self.key).await? >= STREAK_LIMIT {
            return Err(Conflict::LoginLocked.into());
        }
        store::add_failure(&mut tx, &self.key, now).await?;
        if self.unknown_device {
            store::lengthen_streak(&mut tx, &self.key, now).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// The attempt succeeded: it was no failure, and those before it are forgiven.
    pub async fn forgive(&self, conn: &mut PgConnection, cx: &RequestContext) -> Result<(), sqlx::Error> {
        FROM_ADDRESS.give_back(&mut *conn, &address_key(cx.address)).await?;
        store::clear_failures(conn, &self.key).await
    }

    /// Whether the counter is at its limit now.
    pub async fn is_locked(&self, conn: &mut PgConnection, now: DateTime<Utc>) -> Result<bool, sqlx::Error> {
        Ok(locked_until(&store::failures(conn, &self.key, now).await?).is_some_and(|until| until > now))
    }
}

fn password_key(cx: &RequestContext, account: Option<Uuid>, address: &str) -> String {
    let what = account.map_or_else(|| address.to_lowercase(), |id| id.to_string());
    cx.state.key.mac("login failures", what.as_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Forgets every wrong password for an account, of known browsers and unknown ones: the password is a new one.
pub async fn forget_wrong_passwords(conn: &mut PgConnection, cx: &RequestContext, account_id: Uuid) -> Result<(), sqlx::Error> {
    store::clear_failures_like(conn, &format!("password:{}:", password_key(cx, Some(account_id), ""))).await
}

fn seconds_until(until: DateTime<Utc>, now: DateTime<Utc>) -> u32 {
    u32::try_from((until - now).num_seconds() + 1).unwrap_or(1)
}
