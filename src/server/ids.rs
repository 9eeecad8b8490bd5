//! The one source of randomness: row ids, tokens, readable codes.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Random bytes of the operating system's quality.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    use rand::TryRngCore;
    let mut bytes = [0; N];
    // Without randomness no token is safe: better no process than a guessable one.
    rand::rngs::OsRng.try_fill_bytes(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// A new row id (random, version 4).
pub fn uuid() -> Uuid {
    uuid::Builder::from_random_bytes(random_bytes()).into_uuid()
}

/// The id of a row that comes from a data file: always the same for the same name, so that loading it again finds it
/// (version 8: made of a hash).
pub fn named(kind: &str, name: &str) -> Uuid {
    let digest = Sha256::digest(format!("{kind}:{name}"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// A secret for a cookie or a link: 256 bits, base64url. Store only its [`token_hash`].
pub fn token() -> String {
    URL_SAFE_NO_PAD.encode(random_bytes::<32>())
}

/// What the database keeps of a token. SHA-256 suffices: the token has 256 bits of its own.
pub fn token_hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

/// A short code a person can read out: `length` characters of Crockford's base 32.
pub fn readable(length: usize) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    random_bytes::<32>().iter().take(length).map(|byte| ALPHABET[usize::from(byte % 32)] as char).collect()
}

/// A code of `length` digits (at most 15) that a person types.
pub fn digits(length: u32) -> String {
    // 64 bits over so few values: the odds differ by nothing that could be measured.
    let number = u64::from_be_bytes(random_bytes()) % 10u64.pow(length);
    format!("{number:0>width$}", width = length as usize)
}
