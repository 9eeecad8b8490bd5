//! Signing keys as values: Ed25519 (RFC 8032), whose signatures are the same for the same message.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Bytes of a private key (its seed) and of a public one.
pub const KEY_BYTES: usize = 32;
/// Multicodec's mark of an Ed25519 public key.
const MULTICODEC: [u8; 2] = [0xed, 0x01];

/// The public half of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// `None`: not a point of the curve.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        VerifyingKey::from_bytes(bytes.try_into().ok()?).ok().map(Self)
    }

    pub fn to_bytes(&self) -> [u8; KEY_BYTES] {
        self.0.to_bytes()
    }

    fn x(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.as_bytes())
    }

    /// The key's name: the thumbprint of RFC 7638, SHA-256 over the required members of its JWK in their one order.
    pub fn thumbprint(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, self.x())))
    }

    /// JSON Web Key (RFC 8037).
    pub fn jwk(&self) -> Value {
        json!({ "kty": "OKP", "crv": "Ed25519", "x": self.x(), "kid": self.thumbprint(), "alg": "EdDSA", "use": "sig" })
    }

    /// Multikey (W3C Controlled Identifiers, section 2.2.2): base 58 with its mark `z`.
    pub fn multibase(&self) -> String {
        format!("z{}", bs58::encode([&MULTICODEC[..], self.0.as_bytes()].concat()).into_string())
    }

    /// Whether this key made the signature. Strict: refuses the weak keys and the second spellings that RFC 8032 leaves open.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature).is_ok_and(|signature| self.0.verify_strict(message, &signature).is_ok())
    }
}

/// A whole key. Wiped from memory when dropped.
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// From 32 bytes of a cryptographically secure source.
    pub fn from_seed(seed: [u8; KEY_BYTES]) -> Self {
        Self(SigningKey::from_bytes(&seed))
    }

    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes<const N: usize>(hex: &str) -> [u8; N] {
        std::array::from_fn(|n| u8::from_str_radix(&hex[2 * n..2 * n + 2], 16).unwrap())
    }

    #[test]
    fn the_vectors_of_rfc_8032_and_rfc_8037() {
        // RFC 8032, 7.1, test 2.
        let key = SecretKey::from_seed(bytes("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"));
        assert_eq!(key.public().to_bytes(), bytes("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"));
        let signature = bytes::<64>(
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        );
        assert_eq!(key.sign(&[0x72]), signature);
        assert!(key.public().verifies(&[0x72], &signature));
        assert!(!key.public().verifies(&[0x73], &signature) && !key.public().verifies(&[0x72], &signature[..63]));
        // RFC 8037, appendix A.3.
        let public = PublicKey::from_bytes(&bytes::<32>("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")).unwrap();
        assert_eq!(public.thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        assert_eq!(public.jwk()["x"], "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert!(public.jwk().get("d").is_none());
    }

    #[test]
    fn a_multikey_is_the_public_key_marked_and_in_base_58() {
        let public = SecretKey::from_seed([7; 32]).public();
        let multibase = public.multibase();
        assert!(multibase.starts_with("z6Mk"), "{multibase}");
        assert_eq!(bs58::decode(&multibase[1..]).into_vec().unwrap(), [&[0xed, 0x01][..], &public.to_bytes()].concat());
    }

    #[test]
    fn a_signature_has_one_spelling() {
        let key = SecretKey::from_seed([7; 32]);
        let mut signature = key.sign(b"message");
        // S plus the order of the group is the same number in another spelling.
        let order: [u8; 32] = bytes("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
        let mut carry = 0;
        for (byte, add) in signature[32..].iter_mut().zip(order) {
            let sum = u16::from(*byte) + u16::from(add) + carry;
            (*byte, carry) = (sum as u8, sum >> 8);
        }
        assert!(!key.public().verifies(b"message", &signature));
    }
}
