//! The keys at rest: private halves are sealed with the server key, as the secrets of authenticator apps are, so that a
//! copy of the database signs nothing.

use super::keys::{KEY_BYTES, PublicKey, SecretKey};
use super::store;
use crate::error::AppResult;
use crate::server::database::internal;
use crate::server::server_key::ServerKey;
use crate::server::{AppState, audit, random};
use serde_json::json;
use sqlx::{PgConnection, PgPool};
use std::error::Error;

const LABEL: &str = "issuer-key";

/// The key that signs now. The first one is made when it is first asked for.
///
/// # Errors
/// [`crate::error::AppError::Internal`]: it was sealed with a key that is not in the data directory.
pub async fn signing_key(state: &AppState) -> AppResult<SecretKey> {
    let known = match store::active(&state.db).await? {
        Some(known) => known,
        None => make_first(state).await?,
    };
    let seed = open(&state.key, &known).ok_or_else(|| internal(&"the issuer's key does not open with the server key"))?;
    Ok(SecretKey::from_seed(seed))
}

/// Every key that badges were or are signed with, the one in use first.
pub async fn public_keys(state: &AppState) -> AppResult<Vec<PublicKey>> {
    let mut keys = store::public_keys(&state.db).await?;
    if keys.is_empty() {
        make_first(state).await?;
        keys = store::public_keys(&state.db).await?;
    }
    let parsed: Option<Vec<_>> = keys.iter().map(|bytes| PublicKey::from_bytes(bytes)).collect();
    parsed.ok_or_else(|| internal(&"a public key of the issuer is none"))
}

/// Two that come at the same time make two keys, of which one is kept.
async fn make_first(state: &AppState) -> AppResult<store::SealedKey> {
    let mut tx = state.db.begin().await?;
    put_in_use(&mut tx, state).await?;
    let active = store::active(&mut *tx).await?;
    tx.commit().await?;
    active.ok_or_else(|| internal(&"there is no key of the issuer although one was just made"))
}

/// `None`: another key is in use.
async fn put_in_use(tx: &mut PgConnection, state: &AppState) -> Result<Option<String>, sqlx::Error> {
    let seed = random::bytes::<KEY_BYTES>();
    let public = SecretKey::from_seed(seed).public();
    let (kid, now) = (public.thumbprint(), state.clock.now());
    let sealed = state.key.seal(LABEL, kid.as_bytes(), &seed);
    if !store::insert(tx, &kid, &public.to_bytes(), &sealed, now).await? {
        return Ok(None);
    }
    audit::record_by_program(tx, now, "credentials.issuer_key_made", &kid, json!({}), false).await?;
    Ok(Some(kid))
}

/// Puts a new key in use. The one before it signs nothing more and goes on verifying. Gives the new key's name.
///
/// # Errors
/// The database.
pub async fn rotate(state: &AppState) -> AppResult<String> {
    let mut tx = state.db.begin().await?;
    store::lock(&mut tx).await?;
    if let Some(old) = store::retire(&mut tx, state.clock.now()).await? {
        audit::record_by_program(&mut tx, state.clock.now(), "credentials.issuer_key_retired", &old, json!({}), false).await?;
    }
    // Somebody who needed the very first key at this moment may have put one in use: it is as new.
    let kid = match put_in_use(&mut tx, state).await? {
        Some(kid) => kid,
        None => store::active(&mut *tx).await?.map(|key| key.kid).ok_or_else(|| internal(&"no key of the issuer is in use"))?,
    };
    tx.commit().await?;
    Ok(kid)
}

/// Seals anew, with the server key in use, everything that another one has sealed: all of it or nothing. Gives the number of keys.
///
/// # Errors
/// The database; a key that opens with none of the server keys.
pub async fn reseal(db: &PgPool, key: &ServerKey) -> Result<usize, Box<dyn Error>> {
    let mut tx = db.begin().await?;
    let mut count = 0;
    for known in store::all_sealed(&mut tx).await? {
        if key.is_current(&known.sealed) {
            continue;
        }
        let seed = open(key, &known)
            .ok_or_else(|| format!("the issuer's key {} opens with none of the server keys; nothing was changed", known.kid))?;
        store::replace_sealed(&mut tx, &known.kid, &key.seal(LABEL, known.kid.as_bytes(), &seed)).await?;
        count += 1;
    }
    tx.commit().await?;
    Ok(count)
}

fn open(key: &ServerKey, known: &store::SealedKey) -> Option<[u8; KEY_BYTES]> {
    key.open(LABEL, known.kid.as_bytes(), &known.sealed)?.try_into().ok()
}
