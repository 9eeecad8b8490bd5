//! Under which name passkeys are made here. A passkey belongs to a host name for ever, and a browser makes none for a number.

use crate::error::{AppError, AppResult};
use crate::server::http::forms::with_next;
use crate::server::{RequestContext, database};
use std::net::IpAddr;
use webauthn_rs::prelude::{Url, Webauthn, WebauthnBuilder};

/// The one name of this machine that browsers take passkeys for.
const LOCALHOST: &str = "localhost";

/// Whether the reader can use a passkey at the address they have opened.
pub enum Availability {
    Here(Webauthn),
    /// Demo mode was opened by its number: the same page at an address that has a name.
    Elsewhere(String),
    /// The portal's public address is a number.
    Nowhere,
}

/// The host name is that of the public address, strictly: what a request says of its host is the client's to choose. Only the
/// demo, which listens on loopback alone and whose address is a number, also takes `localhost` from it.
pub fn availability(cx: &RequestContext) -> Availability {
    let config = &cx.state.config;
    let Ok(public) = Url::parse(&config.public_url) else { return Availability::Nowhere };
    if let Some(host) = public.domain() {
        return webauthn(cx, host, &public).map_or(Availability::Nowhere, Availability::Here);
    }
    if !(config.demo && is_loopback(&public)) {
        return Availability::Nowhere;
    }
    if let Some(origin) = localhost_origin(&cx.host) {
        return webauthn(cx, LOCALHOST, &origin).map_or(Availability::Nowhere, Availability::Here);
    }
    let port = public.port().map(|port| format!(":{port}")).unwrap_or_default();
    let page = cx.query("next").map_or_else(|| cx.path.clone(), |next| with_next(&cx.path, next));
    Availability::Elsewhere(format!("http://{LOCALHOST}{port}{page}"))
}

/// For what cannot be done anywhere else.
///
/// # Errors
/// [`AppError::NotFound`]: there are no passkeys at this address.
pub fn here(cx: &RequestContext) -> AppResult<Webauthn> {
    match availability(cx) {
        Availability::Here(webauthn) => Ok(webauthn),
        Availability::Elsewhere(_) | Availability::Nowhere => Err(AppError::NotFound),
    }
}

fn webauthn(cx: &RequestContext, id: &str, origin: &Url) -> Option<Webauthn> {
    let name = cx.programme().short_name.clone();
    let built = WebauthnBuilder::new(id, origin).and_then(|builder| builder.rp_name(&name).build());
    built.inspect_err(|error| drop(database::internal(error))).ok()
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// `http://localhost:3000` of a Host header that says `localhost:3000`.
fn localhost_origin(host: &str) -> Option<Url> {
    let (name, port) = host.split_once(':').unwrap_or((host, "80"));
    let port: u16 = port.parse().ok()?;
    name.eq_ignore_ascii_case(LOCALHOST).then(|| Url::parse(&format!("http://{LOCALHOST}:{port}")).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_localhost_itself_is_taken_from_a_request() {
        assert_eq!(localhost_origin("localhost:3000").unwrap().as_str(), "http://localhost:3000/");
        assert_eq!(localhost_origin("LOCALHOST").unwrap().as_str(), "http://localhost/");
        for other in
            ["", "127.0.0.1:3000", "evil.example", "localhost.evil.example", "localhost:x", "localhost:1/..", "a@localhost", "[::1]:3000"]
        {
            assert!(localhost_origin(other).is_none(), "{other}");
        }
    }

    #[test]
    fn loopback_addresses_are_told_from_names() {
        for (url, expected) in
            [("http://127.0.0.1:3000", true), ("http://[::1]:3000", true), ("http://10.0.0.1", false), ("http://localhost", false)]
        {
            assert_eq!(is_loopback(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }
}
