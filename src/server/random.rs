//! The one source of randomness: row ids, tokens, readable codes.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Random bytes of the operating system's quality.
pub fn bytes<const N: usize>() -> [u8; N] {
    use rand::TryRngCore;
    let mut bytes = [0; N];
    // Without randomness no token is safe: better no process than a guessable one.
    rand::rngs::OsRng.try_fill_bytes(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// A new row id (random, version 4).
pub fn id<T: From<Uuid>>() -> T {
    uuid::Builder::from_random_bytes(bytes()).into_uuid().into()
}

/// A secret for a cookie or a link: 256 bits, base64url. Store only its [`token_hash`].
pub fn token() -> String {
    URL_SAFE_NO_PAD.encode(bytes::<32>())
}

/// What the database keeps of a token. SHA-256 suffices: the token has 256 bits of its own.
pub fn token_hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

/// A short code a person can read out: `length` characters of Crockford's base 32.
pub fn readable(length: usize) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    bytes::<32>().iter().take(length).map(|byte| ALPHABET[usize::from(byte % 32)] as char).collect()
}

/// What a candidate quotes of an appointment: eight such characters, with a digit among them. So it is never a word, and the audit log can
/// tell it from a name that somebody typed into an address (`http::access`).
pub fn reference() -> String {
    loop {
        let code = readable(8);
        if code.contains(|c: char| c.is_ascii_digit()) {
            return code;
        }
    }
}

/// A code of `length` digits (at most 15) that a person types.
pub fn digits(length: u32) -> String {
    // 64 bits over so few values: the odds differ by nothing that could be measured.
    let number = u64::from_be_bytes(bytes()) % 10u64.pow(length);
    format!("{number:0>width$}", width = length as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One reference in twenty had none, and the audit log took it for something typed.
    #[test]
    fn a_reference_has_a_digit() {
        for _ in 0..2_000 {
            let code = reference();
            assert_eq!(code.len(), 8);
            assert!(code.contains(|c: char| c.is_ascii_digit()), "{code}");
        }
    }
}
