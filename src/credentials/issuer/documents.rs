//! What the issuer publishes of itself. The issuer's identifier is a did:web of the portal's public address, so the
//! document lies at `/.well-known/did.json` (W3C CCG "did:web Method Specification").

use super::keys::PublicKey;
use crate::server::AppState;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

/// What may stand in a DID as it is; the colon before a port may not.
const IN_DID: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_');

/// The issuer's identifier for a portal at `public_url` (scheme and host, no path).
pub fn did(public_url: &str) -> String {
    let host = public_url.split_once("://").map_or(public_url, |(_, host)| host).trim_end_matches('/');
    format!("did:web:{}", utf8_percent_encode(host, IN_DID))
}

/// The address of a key, as the header of a badge's token names it.
pub fn key_id(did: &str, key: &PublicKey) -> String {
    format!("{did}#{}", key.thumbprint())
}

/// The DID document. Each key stands there twice: as a JSON Web Key, which tokens name (VC-JOSE-COSE), and as a Multikey.
pub fn did_document(public_url: &str, keys: &[PublicKey]) -> Value {
    let did = did(public_url);
    let methods: Vec<Value> = keys
        .iter()
        .flat_map(|key| {
            [
                json!({ "id": key_id(&did, key), "type": "JsonWebKey", "controller": did, "publicKeyJwk": key.jwk() }),
                json!({
                    "id": format!("{did}#{}", key.multibase()),
                    "type": "Multikey",
                    "controller": did,
                    "publicKeyMultibase": key.multibase(),
                }),
            ]
        })
        .collect();
    let ids: Vec<&Value> = methods.iter().map(|method| &method["id"]).collect();
    json!({
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/jwk/v1", "https://w3id.org/security/multikey/v1"],
        "id": did,
        "alsoKnownAs": [public_url],
        "assertionMethod": ids,
        "verificationMethod": methods,
    })
}

/// JSON Web Key Set (RFC 7517).
pub fn key_set(keys: &[PublicKey]) -> Value {
    json!({ "keys": keys.iter().map(PublicKey::jwk).collect::<Vec<_>>() })
}

/// The programme as an Open Badges profile.
pub fn profile(state: &AppState) -> Value {
    let programme = state.programme.get();
    let mut profile = json!({
        "id": did(&state.config.public_url),
        "type": ["Profile"],
        "name": programme.name,
        "url": state.config.public_url,
    });
    if !programme.support_email.is_empty() {
        profile["email"] = json!(programme.support_email);
    }
    profile
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::issuer::SecretKey;

    #[test]
    fn the_identifier_is_the_public_address_with_an_encoded_port() {
        for (url, expected) in [
            ("https://portal.example.org", "did:web:portal.example.org"),
            ("http://127.0.0.1:3000", "did:web:127.0.0.1%3A3000"),
            ("https://certs-eu.example.org:8443/", "did:web:certs-eu.example.org%3A8443"),
            ("http://[::1]:3000", "did:web:%5B%3A%3A1%5D%3A3000"),
        ] {
            assert_eq!(did(url), expected);
        }
    }

    #[test]
    fn every_key_may_assert_and_none_tells_its_private_half() {
        let keys = [SecretKey::from_seed([1; 32]).public(), SecretKey::from_seed([2; 32]).public()];
        let document = did_document("https://portal.example.org", &keys);
        let methods = document["verificationMethod"].as_array().unwrap();
        assert_eq!(methods.len(), 4);
        for method in methods {
            assert!(document["assertionMethod"].as_array().unwrap().contains(&method["id"]));
            assert_eq!(method["controller"], document["id"]);
        }
        assert_eq!(methods[0]["id"], key_id("did:web:portal.example.org", &keys[0]));
        assert_eq!(key_set(&keys)["keys"][1], methods[2]["publicKeyJwk"]);
        assert!(key_set(&keys)["keys"].as_array().unwrap().iter().all(|key| key.get("d").is_none()));
    }
}
