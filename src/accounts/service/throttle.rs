//! Counting wrong passwords and codes: per class of device and account, per network address, and altogether
//! (product.md section 2, security.md lines 9, 10 and 18).

use super::super::devices;
use super::super::rules::{STREAK_LIMIT, locked_until};
use super::super::store;
use crate::error::{AppResult, Conflict};
use crate::ids::AccountId;
use crate::server::RequestContext;
use crate::server::limits::{Limit, address_key, refused_for};
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;

/// Failed attempts of strangers from one network address. Wide enough for a training room that signs in behind one address.
const FROM_ADDRESS: Limit = Limit::new("login.address", 400, TimeDelta::seconds(3));
/// All failed attempts of strangers: what a search through the passwords of many accounts from many addresses meets in the end.
const ALTOGETHER: Limit = Limit::new("login.all", 3000, TimeDelta::milliseconds(20));

/// Registrations, and mails asked for by typing an address, from one network address: a whole class may register at once.
pub const REGISTRATIONS: Limit = Limit::new("register.address", 300, TimeDelta::seconds(10));
pub const MAILED_LINKS: Limit = Limit::new("mailed_links.address", 300, TimeDelta::seconds(10));

/// Whose attempts are counted together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counter {
    key: String,
    /// Of browsers unknown to the account: what counts their failures in a row, whichever of its addresses was typed. After a hundred
    /// these lose the password altogether.
    streak: Option<String>,
    /// Counts in the buckets that strangers share. A browser that the account knows does not: whatever strangers do, it is not held up
    /// (security.md line 10), and its own counter bounds what it can try.
    is_stranger: bool,
}

impl Counter {
    /// Password attempts of a browser at an account, or at an address without one. The keys are HMACs: the table tells nobody's
    /// address, and unknown addresses are counted like known ones. Strangers are counted by the address that they typed: that two
    /// addresses are locked together would tell that they are one person's.
    pub fn of_password(cx: &RequestContext, account: Option<AccountId>, address: &str) -> Self {
        if let Some(id) = account
            && let Some(device) = devices::known(cx, id)
        {
            return Self { key: format!("password:{}:{device}", of_account(cx, id)), streak: None, is_stranger: false };
        }
        let streak = account.map_or_else(|| of_address(cx, address), |id| of_account(cx, id));
        Self { key: stranger(&of_address(cx, address)), streak: Some(stranger(&streak)), is_stranger: true }
    }

    /// Somebody signed in who proves again who they are: a stranger's failures are none of theirs.
    pub fn of_confirmation(account_id: AccountId) -> Self {
        Self { key: format!("confirm:{account_id}"), streak: None, is_stranger: false }
    }

    /// Codes of second factors, of every kind together.
    pub fn of_factor(cx: &RequestContext, account_id: AccountId) -> Self {
        Self { key: format!("factor:{account_id}"), streak: None, is_stranger: devices::known(cx, account_id).is_none() }
    }

    /// Counts an attempt before its outcome is known, so that many at once cannot try more than the limit.
    ///
    /// # Errors
    /// [`AppError::RateLimited`]: this counter, the network address or everything is at its limit;
    /// [`Conflict::LoginLocked`]: the password is off for unknown browsers until it is reset.
    ///
    /// [`AppError::RateLimited`]: crate::error::AppError::RateLimited
    pub async fn count(&self, cx: &RequestContext) -> AppResult<()> {
        let now = cx.now();
        let mut tx = cx.state.db.begin().await?;
        if self.is_stranger {
            // Always in this order, or two logins could wait for each other.
            ALTOGETHER.spend(&mut *tx, now, "").await?;
            FROM_ADDRESS.spend(&mut *tx, now, &address_key(cx.address)).await?;
        }
        let failures = store::failures(&mut tx, &self.key, now).await?;
        if let Some(until) = locked_until(&failures).filter(|until| *until > now) {
            return Err(refused_for(until - now));
        }
        if let Some(streak) = &self.streak
            && store::streak(&mut tx, streak).await? >= STREAK_LIMIT
        {
            return Err(Conflict::LoginLocked.into());
        }
        store::add_failure(&mut tx, &self.key, now).await?;
        if let Some(streak) = &self.streak {
            store::lengthen_streak(&mut tx, streak, now).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// The attempt succeeded: it was no failure, and those before it are forgiven. What it took of the shared buckets is given back by
    /// [`Counter::give_back`].
    pub async fn forgive(&self, conn: &mut PgConnection) -> Result<(), sqlx::Error> {
        store::clear_failures(&mut *conn, &self.key).await?;
        if let Some(streak) = &self.streak {
            store::clear_failures(conn, streak).await?;
        }
        Ok(())
    }

    /// Gives the shared buckets back what an attempt took that has succeeded. After the commit, one by one: all logins meet in these
    /// rows, and none shall wait for another's transaction.
    pub async fn give_back(&self, cx: &RequestContext) -> Result<(), sqlx::Error> {
        if self.is_stranger {
            ALTOGETHER.give_back(&cx.state.db, "").await?;
            FROM_ADDRESS.give_back(&cx.state.db, &address_key(cx.address)).await?;
        }
        Ok(())
    }

    /// Whether the counter is at its limit now.
    pub async fn is_locked(&self, conn: &mut PgConnection, now: DateTime<Utc>) -> Result<bool, sqlx::Error> {
        Ok(locked_until(&store::failures(conn, &self.key, now).await?).is_some_and(|until| until > now))
    }
}

fn of_account(cx: &RequestContext, id: AccountId) -> String {
    hidden(cx, &id.to_string())
}

fn of_address(cx: &RequestContext, address: &str) -> String {
    hidden(cx, &address.to_lowercase())
}

fn hidden(cx: &RequestContext, what: &str) -> String {
    cx.state.key.mac("login failures", what.as_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn stranger(whose: &str) -> String {
    format!("password:{whose}:unknown")
}

/// Forgets every wrong password for an account, of known browsers and unknown ones, at each of its addresses: the password is a
/// new one.
pub async fn forget_wrong_passwords(conn: &mut PgConnection, cx: &RequestContext, account_id: AccountId) -> Result<(), sqlx::Error> {
    store::clear_failures_like(conn, &format!("password:{}:", of_account(cx, account_id))).await?;
    for address in store::addresses_of(conn, account_id).await? {
        store::clear_failures(conn, &stranger(&of_address(cx, &address))).await?;
    }
    Ok(())
}
