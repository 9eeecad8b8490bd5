//! Device cookies (security.md; the OWASP pattern of the name): a browser that has signed in carries a signed note of it,
//! so that wrong passwords from strangers do not lock it out. The note opens nothing by itself.

use crate::ids::AccountId;
use crate::server::http::respond::Cookie;
use crate::server::{RequestContext, random};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

pub const COOKIE: &str = "__Host-device";
/// A browser forgets after a year without a login.
const LASTS: i64 = 365 * 24 * 3600;
/// People who share a browser: as many accounts are remembered, the oldest is forgotten first.
const ACCOUNTS: usize = 4;
const LABEL: &str = "device cookie";

fn message(account_id: AccountId, device: &str) -> Vec<u8> {
    [account_id.as_bytes(), device.as_bytes()].concat()
}

fn entries(cx: &RequestContext) -> impl Iterator<Item = &str> {
    cx.cookies.get(COOKIE).map_or("", String::as_str).split('~').filter(|entry| !entry.is_empty()).take(ACCOUNTS)
}

/// The name of this browser for an account, if it has signed in to it before.
pub fn known(cx: &RequestContext, account_id: AccountId) -> Option<String> {
    entries(cx).find_map(|entry| {
        let (device, mac) = entry.split_once('.')?;
        let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
        cx.state.key.verify_mac(LABEL, &message(account_id, device), &mac).then(|| device.to_owned())
    })
}

/// The cookie of a browser that has just signed in to an account, beside those of the other accounts it has signed in to.
pub fn remember(cx: &RequestContext, account_id: AccountId) -> Cookie {
    let device = known(cx, account_id);
    let mine = device.clone();
    let others = entries(cx).filter(|entry| mine.as_deref().is_none_or(|mine| entry.split('.').next() != Some(mine)));
    let device = device.unwrap_or_else(|| random::readable(16));
    let mac = URL_SAFE_NO_PAD.encode(cx.state.key.mac(LABEL, &message(account_id, &device)));
    let value: Vec<String> = [format!("{device}.{mac}")].into_iter().chain(others.take(ACCOUNTS - 1).map(str::to_owned)).collect();
    Cookie::new(COOKIE, value.join("~")).lasting(LASTS)
}
