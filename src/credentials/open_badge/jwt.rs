//! JSON Web Tokens as badges carry them: compact, signed with EdDSA, the credential itself as the payload (Open Badges 3.0,
//! section 8.2; W3C VC-JOSE-COSE).
//!
//! Open Badges names RS256 as the algorithm to expect and permits others. EdDSA it is: the same key serves every proof
//! format of VC 2.0, signatures are short enough to be baked and the same each time. `typ` is "JWT", the only value that
//! Open Badges allows; the `vc+jwt` of VC-JOSE-COSE is a recommendation there. The header has no other members: a key in it
//! would be the forger's to choose.

use crate::credentials::issuer::{PublicKey, SecretKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// Characters of the longest token read; ours have about three thousand.
pub const TOKEN_LIMIT: usize = 16 * 1024;
const ALGORITHM: &str = "EdDSA";

/// Signs a document. `key_id`: where verifiers find the public key.
pub fn sign(key: &SecretKey, key_id: &str, payload: &Value) -> String {
    let header = json!({ "alg": ALGORITHM, "kid": key_id, "typ": "JWT" });
    let mut token = format!("{}.{}", encode(&header), encode(payload));
    let signature = key.sign(token.as_bytes());
    token.push('.');
    token.push_str(&URL_SAFE_NO_PAD.encode(signature));
    token
}

fn encode(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// Whether a text could be a token: three parts of base64url.
pub fn looks_like_token(text: &str) -> bool {
    text.split('.').count() == 3 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// A token taken apart. Nothing in it is to be believed before [`Token::payload`] has given it out.
pub struct Token<'a> {
    header: Value,
    /// What was signed: header and payload as they came.
    signed: &'a str,
    payload: &'a str,
    signature: Vec<u8>,
}

/// A text that is no token: not three parts of base64url, or a header that is no object with an algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

impl<'a> Token<'a> {
    pub fn parse(text: &'a str) -> Result<Self, Malformed> {
        if text.len() > TOKEN_LIMIT || !looks_like_token(text) {
            return Err(Malformed);
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(Malformed)?;
        let header: Value = serde_json::from_slice(&decode(header)?).map_err(|_| Malformed)?;
        let typed = header.get("typ").is_none_or(|kind| kind == "JWT");
        if !typed || !header.get("alg").is_some_and(Value::is_string) {
            return Err(Malformed);
        }
        Ok(Self { header, signed, payload, signature: decode(signature)? })
    }

    /// The algorithm that the token asks for. It is compared and never obeyed.
    pub fn algorithm(&self) -> &str {
        self.header["alg"].as_str().unwrap_or_default()
    }

    pub fn has_the_algorithm(&self) -> bool {
        self.algorithm() == ALGORITHM
    }

    /// Whether the header brings a key, an address of one, or anything else that tokens of the issuer do not have.
    pub fn brings_its_own_key(&self) -> bool {
        self.header.as_object().is_none_or(|header| header.keys().any(|name| !["alg", "kid", "typ"].contains(&name.as_str())))
    }

    /// The key that the token names, if it is one of these: `(address, key)`. Nothing is ever fetched.
    pub fn key<'k>(&self, keys: &'k [(String, PublicKey)]) -> Option<&'k PublicKey> {
        let kid = self.header.get("kid")?.as_str()?;
        keys.iter().find(|(address, _)| address == kid).map(|(_, key)| key)
    }

    /// The payload, if `key` has signed it as it stands.
    pub fn payload(&self, key: &PublicKey) -> Option<Value> {
        if !self.has_the_algorithm() || !key.verifies(self.signed.as_bytes(), &self.signature) {
            return None;
        }
        serde_json::from_slice(&decode(self.payload).ok()?).ok()
    }
}

/// Strict: no padding, no left-over bits, so one token has one spelling.
fn decode(part: &str) -> Result<Vec<u8>, Malformed> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_reads_back_and_is_the_same_each_time() {
        let key = SecretKey::from_seed([3; 32]);
        let payload = json!({ "id": "https://portal.example/badges/1.jwt", "name": "Ñandú" });
        let token = sign(&key, "did:web:portal.example#1", &payload);
        assert_eq!(token, sign(&key, "did:web:portal.example#1", &payload));
        let parsed = Token::parse(&token).unwrap();
        let keys = [("did:web:portal.example#1".to_owned(), key.public())];
        assert!(parsed.has_the_algorithm() && !parsed.brings_its_own_key());
        assert_eq!(parsed.payload(parsed.key(&keys).unwrap()), Some(payload));
        assert_eq!(parsed.payload(&SecretKey::from_seed([4; 32]).public()), None);
    }

    #[test]
    fn any_other_character_anywhere_spoils_it() {
        let key = SecretKey::from_seed([3; 32]);
        let token = sign(&key, "k", &json!({ "id": "x" }));
        let keys = [("k".to_owned(), key.public())];
        for at in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            let read = Token::parse(&changed).ok().and_then(|token| token.payload(token.key(&keys)?));
            assert_eq!(read, None, "{changed}");
        }
        for other in ["", "..", "a.b", "a.b.c", "a.b.c.d", &format!("{token}="), &format!(" {token}"), &"a".repeat(TOKEN_LIMIT + 1)] {
            assert!(Token::parse(other).is_err(), "{other}");
        }
    }
}
