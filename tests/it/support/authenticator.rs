//! A passkey device in software: what a browser and its authenticator do between `start` and `finish` (Web Authentication level 3,
//! sections 5.8.1, 6.1 and 6.5), ES256 and attestation `none` only. Every part can be made wrong.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use certportal::server::random;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{DerSignature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const HAS_CREDENTIAL: u8 = 0x40;

pub fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// One passkey on one device.
#[derive(Clone)]
pub struct Authenticator {
    key: SigningKey,
    pub credential_id: Vec<u8>,
    pub user_handle: Vec<u8>,
    /// The counter of the last answer.
    pub counter: u32,
    /// Whether the device has checked its owner.
    pub verifies: bool,
    pub rp_id: String,
    pub origin: String,
}

impl Authenticator {
    pub fn new(rp_id: &str, origin: &str) -> Self {
        Self {
            key: SigningKey::from_slice(&random::bytes::<32>()).expect("32 random bytes are a key"),
            credential_id: random::bytes::<32>().to_vec(),
            user_handle: vec![],
            counter: 0,
            verifies: true,
            rp_id: rp_id.to_owned(),
            origin: origin.to_owned(),
        }
    }

    fn authenticator_data(&self, more_flags: u8) -> Vec<u8> {
        let verified = if self.verifies { USER_VERIFIED } else { 0 };
        let mut data = Sha256::digest(self.rp_id.as_bytes()).to_vec();
        data.push(USER_PRESENT | verified | more_flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        json!({"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": false}).to_string().into_bytes()
    }

    /// `navigator.credentials.create`: a RegistrationResponseJSON.
    pub fn create(&mut self, options: &Value) -> String {
        self.user_handle = URL_SAFE_NO_PAD.decode(options["user"]["id"].as_str().expect("a user id")).expect("base64url");
        self.counter += 1;
        let mut data = self.authenticator_data(HAS_CREDENTIAL);
        data.extend([0; 16]); // AAGUID: none.
        data.extend((self.credential_id.len() as u16).to_be_bytes());
        data.extend(&self.credential_id);
        data.extend(self.cose_key());
        // {"fmt": "none", "attStmt": {}, "authData": bytes} in CBOR.
        let mut attestation = vec![0xa3, 0x63];
        attestation.extend(b"fmt");
        attestation.push(0x64);
        attestation.extend(b"none");
        attestation.push(0x67);
        attestation.extend(b"attStmt");
        attestation.extend([0xa0, 0x68]);
        attestation.extend(b"authData");
        attestation.push(0x59);
        attestation.extend((data.len() as u16).to_be_bytes());
        attestation.extend(data);
        self.answer(json!({
            "clientDataJSON": base64url(&self.client_data("webauthn.create", options)),
            "attestationObject": base64url(&attestation),
            "transports": ["internal"],
        }))
    }

    /// `navigator.credentials.get`: an AuthenticationResponseJSON. Its counter is one more than the last.
    pub fn get(&mut self, options: &Value) -> String {
        self.counter += 1;
        let data = self.authenticator_data(0);
        let client_data = self.client_data("webauthn.get", options);
        let signed = [data.as_slice(), &Sha256::digest(&client_data)].concat();
        let signature: DerSignature = self.key.sign(&signed);
        self.answer(json!({
            "clientDataJSON": base64url(&client_data),
            "authenticatorData": base64url(&data),
            "signature": base64url(signature.as_bytes()),
            "userHandle": base64url(&self.user_handle),
        }))
    }

    fn answer(&self, response: Value) -> String {
        let id = base64url(&self.credential_id);
        json!({
            "id": id, "rawId": id, "type": "public-key", "authenticatorAttachment": "platform",
            "clientExtensionResults": {}, "response": response,
        })
        .to_string()
    }

    /// {1: 2 (EC2), 3: -7 (ES256), -1: 1 (P-256), -2: x, -3: y} in CBOR.
    fn cose_key(&self) -> Vec<u8> {
        let point = self.key.verifying_key().to_sec1_point(false);
        let point: &[u8] = point.as_ref();
        let mut key = vec![0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
        key.extend(&point[1..33]);
        key.extend([0x22, 0x58, 0x20]);
        key.extend(&point[33..]);
        key
    }
}
