//! How often something may be done: token buckets in PostgreSQL, so that all instances count together
//! (security.md lines 9, 60 and 61).

use crate::error::{AppError, AppResult};
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgExecutor;
use std::net::IpAddr;

/// A bucket of `burst` tokens that gets one back every `refill`.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    /// Part of the bucket's key: `area.what`.
    pub name: &'static str,
    pub burst: u32,
    pub refill: TimeDelta,
}

impl Limit {
    pub const fn new(name: &'static str, burst: u32, refill: TimeDelta) -> Self {
        Self { name, burst, refill }
    }

    /// Takes one token of the bucket of `key` (an account, a network address, a phone number).
    ///
    /// # Errors
    /// [`AppError::RateLimited`] with the seconds until there is one; nothing is taken then.
    pub async fn spend(&self, db: impl PgExecutor<'_>, now: DateTime<Utc>, key: &str) -> AppResult<()> {
        let seconds = self.refill.as_seconds_f64();
        // One statement: refill by the time that has passed, then take one if there is one.
        let row = sqlx::query!(
            r#"INSERT INTO rate_bucket AS b (key, tokens, granted, updated_at) VALUES ($1, $2::float8 - 1, true, $3)
               ON CONFLICT (key) DO UPDATE SET
                   granted = least($2, b.tokens + greatest(0, extract(epoch FROM $3 - b.updated_at)::float8) / $4) >= 1,
                   tokens = least($2, b.tokens + greatest(0, extract(epoch FROM $3 - b.updated_at)::float8) / $4)
                          - CASE WHEN least($2, b.tokens + greatest(0, extract(epoch FROM $3 - b.updated_at)::float8) / $4) >= 1
                                 THEN 1 ELSE 0 END,
                   updated_at = greatest(b.updated_at, $3)
               RETURNING granted, tokens"#,
            format!("{}:{key}", self.name),
            f64::from(self.burst),
            now,
            seconds,
        )
        .fetch_one(db)
        .await?;
        if row.granted {
            return Ok(());
        }
        let wait = ((1.0 - row.tokens) * seconds).ceil().max(1.0);
        Err(AppError::RateLimited(wait as u32))
    }

    /// Gives one token back: what was counted turned out to be harmless.
    pub async fn give_back(&self, db: impl PgExecutor<'_>, key: &str) -> Result<(), sqlx::Error> {
        sqlx::query!(
            "UPDATE rate_bucket SET tokens = least($2, tokens + 1) WHERE key = $1",
            format!("{}:{key}", self.name),
            f64::from(self.burst)
        )
        .execute(db)
        .await?;
        Ok(())
    }
}

/// The refusal of who has to wait so long, in whole seconds, rounded up.
pub fn refused_for(wait: TimeDelta) -> AppError {
    let seconds = (wait.num_milliseconds().max(0) + 999) / 1000;
    AppError::RateLimited(u32::try_from(seconds).unwrap_or(u32::MAX).max(1))
}

/// The key of a network address. Of IPv6 the first 64 bits: the rest is the customer's to choose.
pub fn address_key(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

/// Forgets buckets that have been full for long.
pub async fn forget_old(db: impl PgExecutor<'_>, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM rate_bucket WHERE updated_at < $1", now - TimeDelta::days(2)).execute(db).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_customer_is_one_address() {
        let key = |text: &str| address_key(text.parse().unwrap());
        assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_eq!(key("::ffff:192.0.2.1"), "192.0.2.1");
    }

    #[test]
    fn five_minutes_are_three_hundred_seconds() {
        let seconds = |milliseconds| refused_for(TimeDelta::milliseconds(milliseconds));
        assert_eq!(seconds(300_000), AppError::RateLimited(300));
        assert_eq!(seconds(299_001), AppError::RateLimited(300));
        assert_eq!(seconds(1), AppError::RateLimited(1));
        assert_eq!(seconds(0), AppError::RateLimited(1));
    }
}
