//! The secrets of authenticator apps at rest: sealed with the server key for the account they belong to, so that a copy of the
//! database makes nobody's codes.

use super::store;
use crate::error::AppResult;
use crate::ids::AccountId;
use crate::server::database::internal;
use crate::server::server_key::ServerKey;
use sqlx::PgPool;
use std::error::Error;

const LABEL: &str = "totp";
/// Bytes of a secret that stands unsealed, as the first versions of the portal wrote them. A sealed one is longer.
const PLAIN: usize = super::super::totp::SECRET_BYTES;

/// What the database keeps of a secret.
pub fn seal_totp(key: &ServerKey, account_id: AccountId, secret: &[u8]) -> Vec<u8> {
    key.seal(LABEL, account_id.as_bytes(), secret)
}

/// The secret behind what the database keeps.
///
/// # Errors
/// [`crate::error::AppError::Internal`]: it was sealed with a key that is not in the data directory, or for another account.
pub fn open_totp(key: &ServerKey, account_id: AccountId, sealed: &[u8]) -> AppResult<Vec<u8>> {
    key.open(LABEL, account_id.as_bytes(), sealed)
        .ok_or_else(|| internal(&"the secret of an authenticator app does not open with the server key"))
}

/// Seals anew, with the key in use, everything that another key has sealed: all of it or nothing. Gives the number of secrets.
///
/// # Errors
/// The database; a secret that opens with none of the keys.
pub async fn reseal(db: &PgPool, key: &ServerKey) -> Result<usize, Box<dyn Error>> {
    replace(db, key, |sealed| !key.is_current(sealed) || sealed.len() == PLAIN).await
}

/// Seals what stands unsealed in a database of the first versions. Nothing to do: nothing is written.
///
/// # Errors
/// The database.
pub async fn seal_plain(db: &PgPool, key: &ServerKey) -> Result<usize, Box<dyn Error>> {
    replace(db, key, |sealed| sealed.len() == PLAIN).await
}

async fn replace(db: &PgPool, key: &ServerKey, wanted: impl Fn(&[u8]) -> bool) -> Result<usize, Box<dyn Error>> {
    let mut tx = db.begin().await?;
    let mut count = 0;
    for (account_id, kept) in store::totp_secrets(&mut tx).await? {
        if !wanted(&kept) {
            continue;
        }
        let secret = if kept.len() == PLAIN { Some(kept) } else { key.open(LABEL, account_id.as_bytes(), &kept) };
        let secret =
            secret.ok_or_else(|| format!("the secret of account {account_id} opens with none of the keys; nothing was changed"))?;
        store::replace_totp(&mut tx, account_id, &seal_totp(key, account_id, &secret)).await?;
        count += 1;
    }
    tx.commit().await?;
    Ok(count)
}
