//! Who signs badges: the programme's keys, and the documents that publish them (did:web, JWKS, Open Badges profile).

mod documents;
mod keys;
pub mod routes;
mod service;
mod store;

pub use documents::{did, key_id, profile};
pub use keys::{PublicKey, SecretKey};
pub use service::{public_keys, reseal, rotate, signing_key};
