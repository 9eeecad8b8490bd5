//! The OpenBadgeCredential (Open Badges 3.0.3, W3C VC 2.0) of a credential: a pure function of the record, so that the same
//! record is the same document. Nothing in it comes from the clock.
//!
//! What it does not say: the score (nobody's business but the holder's), and who the holder is. The holder's name stands in
//! it as a salted hash only: whoever has the name can confirm it, and a picture of a badge on a web page names nobody. An
//! e-mail address would be the other identity that Open Badges offers; it is not public, it changes, and its hash could be
//! tried out with lists of addresses, while the name is what the verification page shows anyway.

use crate::credentials::CredentialId;
use crate::credentials::model::Credential;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The vocabulary of the documents.
pub const CONTEXTS: [&str; 2] = ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"];

/// What a pass of the exam means; in the holder's language.
pub struct Achievement {
    pub description: String,
    pub criteria: String,
    pub scale_min: i32,
    pub scale_max: i32,
    pub pass_mark: i32,
}

/// Where the signed document of a credential is, and its identifier.
pub fn document_path(public_id: CredentialId) -> String {
    format!("/badges/{}.jwt", public_id.compact())
}

/// Reads the address of a document; `None` if it is not one of the portal at `public_url`.
pub fn parse_document_address(public_url: &str, address: &str) -> Option<CredentialId> {
    let compact = address.strip_prefix(public_url)?.strip_prefix("/badges/")?.strip_suffix(".jwt")?;
    CredentialId::parse(compact).ok().filter(|id| id.compact() == compact)
}

/// Where the list of revocations number `list` is.
pub fn status_list_path(list: i32) -> String {
    format!("/badges/status/{list}")
}

fn second(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The document with the claims that its token repeats (Open Badges 3.0, section 8.2.4).
///
/// `public_url`: the portal's address; `issuer`: its profile; `language`: BCP 47, of the holder.
pub fn document(public_url: &str, issuer: &Value, language: &str, credential: &Credential, achievement: &Achievement) -> Value {
    let url = |path: &str| format!("{public_url}{path}");
    let id = url(&document_path(credential.public_id));
    let verify = url(&credential.verify_path());
    let certification = url(&format!("/certifications/{}", credential.certification_slug));
    let image = json!({ "id": url(&crate::credentials::routes::badge_png_path(credential, 600)), "type": "Image" });
    let list = url(&status_list_path(credential.status_list));
    // Says nothing of its own: the credential's holder, whoever that is.
    let holder = format!("{verify}#holder");
    let mut subject = json!({
        "id": holder,
        "type": ["AchievementSubject"],
        "achievement": {
            "id": certification,
            "type": ["Achievement"],
            "name": credential.certification,
            "description": achievement.description,
            "criteria": { "id": certification, "narrative": achievement.criteria },
            "humanCode": credential.exam_code,
            "achievementType": "Certification",
            "inLanguage": language,
            "image": image,
            "resultDescription": [{
                "id": format!("{certification}#{}", credential.exam_code),
                "type": ["ResultDescription"],
                "name": credential.exam_code,
                "resultType": "ScaledScore",
                "valueMin": achievement.scale_min.to_string(),
                "valueMax": achievement.scale_max.to_string(),
                "requiredValue": achievement.pass_mark.to_string(),
            }],
        },
    });
    if let Some(name) = &credential.holder_name {
        let salt = credential.compact_id();
        subject["identifier"] = json!([{
            "type": "IdentityObject",
            "hashed": true,
            "identityHash": identity_hash(name, &salt),
            "identityType": "name",
            "salt": salt,
        }]);
    }
    json!({
        "@context": CONTEXTS,
        "id": id,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": issuer,
        "name": credential.certification,
        "description": achievement.description,
        "image": image,
        "validFrom": second(credential.issued_at),
        "validUntil": second(credential.expires_at),
        "awardedDate": second(credential.issued_at),
        "credentialSubject": subject,
        "credentialStatus": {
            "id": format!("{list}#{}", credential.status_index),
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": credential.status_index.to_string(),
            "statusListCredential": list,
        },
        "iss": issuer["id"],
        "jti": id,
        "sub": holder,
        "nbf": credential.issued_at.timestamp(),
        "exp": credential.expires_at.timestamp(),
    })
}

/// SHA-256 of the identity with the salt behind it (Open Badges 3.0, IdentityHash).
pub fn identity_hash(identity: &str, salt: &str) -> String {
    let digest = Sha256::new().chain_update(identity).chain_update(salt).finalize();
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256${hex}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_another_portal_or_in_another_spelling_is_none_of_ours() {
        let id = CredentialId::from_random([5; 16]);
        let ours = format!("https://portal.example{}", document_path(id));
        assert_eq!(parse_document_address("https://portal.example", &ours), Some(id));
        for other in [
            ours.replace("portal.example", "portal.example.evil.example"),
            ours.replace("https", "http"),
            ours.to_lowercase(),
            format!("{ours}#x"),
            ours.replace("/badges/", "/badges/../badges/"),
            "https://portal.example/badges/status/0".into(),
        ] {
            assert_eq!(parse_document_address("https://portal.example", &other), None, "{other}");
        }
    }

    #[test]
    fn the_identity_is_hashed_as_open_badges_has_it() {
        // printf 'Ana Pruebasalt' | sha256sum
        assert_eq!(identity_hash("Ana Prueba", "salt"), "sha256$c619c11aae58f31161ba7bba06588b3ee98db0c10ca19d1dc7acdec6f615771c");
    }
}
