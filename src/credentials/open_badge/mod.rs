//! Open Badges 3.0: the credential as a signed document (VC 2.0 as a JSON Web Token), baked into the badge's picture, and
//! the check of a badge that somebody brings.

pub mod baking;
pub mod check;
mod document;
pub mod jwt;
pub mod reading;
pub mod routes;
mod service;
mod status_list;
mod store;

pub use document::{CONTEXTS, document_path};
pub use service::{Report, baked_png, baked_svg, check_file, signed};
pub use status_list::BITS as STATUS_LIST_BITS;

/// What stands before the token in the `id` of an EnvelopedVerifiableCredential (VC 2.0, section 4.13).
const ENVELOPE: &str = "data:application/vc+jwt,";

/// A token as JSON, for programs that take nothing else.
pub fn enveloped(token: &str) -> serde_json::Value {
    serde_json::json!({ "@context": CONTEXTS[0], "id": format!("{ENVELOPE}{token}"), "type": "EnvelopedVerifiableCredential" })
}
