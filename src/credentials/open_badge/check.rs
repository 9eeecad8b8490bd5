//! The decisions of a check, one step after the other, as pure functions. A step that fails ends the chain: what hangs on it
//! is not checked, and what was not checked is never passed (product.md section 7).

use super::document::parse_document_address;
use super::jwt::Token;
use super::reading::Unreadable;
use crate::credentials::CredentialId;
use crate::credentials::issuer::PublicKey;
use crate::credentials::model::Credential;
use crate::credentials::rules::State;
use chrono::{DateTime, Utc};
use serde_json::Value;

/// What is checked, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The file has one credential that can be read.
    File,
    /// It asks for the algorithm that the issuer uses.
    Algorithm,
    /// It names a key of the issuer.
    Key,
    Signature,
    /// It belongs to a credential that was awarded.
    Awarded,
    /// Certification and dates are those of the record.
    Record,
    /// The holder's name is that of the record.
    Holder,
    /// What the credential is now.
    State,
}

impl Step {
    pub const ALL: [Step; 8] =
        [Step::File, Step::Algorithm, Step::Key, Step::Signature, Step::Awarded, Step::Record, Step::Holder, Step::State];
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Passed,
    Failed(Reason),
    NotChecked(Option<Reason>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    Unreadable(Unreadable),
    /// There is something, and it is no token of a badge.
    NotAToken,
    /// The algorithm that the file asks for, cut short.
    Algorithm(String),
    /// The file brings a key of its own, or an address of one.
    BringsKey,
    UnknownKey,
    WrongSignature,
    NotAwarded,
    RecordDiffers,
    HolderDiffers,
    /// The holder had their name taken off the record.
    HolderWithheld,
    /// Not active any more.
    Ended(State),
}

/// The answer in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Signed by the issuer and in agreement with the record.
    Genuine(State),
    /// Signed by the issuer, and the record has something else: of before a reissue.
    Outdated,
    Forged,
    /// No credential could be read.
    Unchecked,
}

/// The steps with what came of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checks(Vec<(Step, Outcome)>);

impl Checks {
    fn new() -> Self {
        Self(Step::ALL.map(|step| (step, Outcome::NotChecked(None))).to_vec())
    }

    fn set(&mut self, step: Step, outcome: Outcome) {
        if let Some(entry) = self.0.iter_mut().find(|(known, _)| *known == step) {
            entry.1 = outcome;
        }
    }

    pub fn outcome(&self, step: Step) -> &Outcome {
        self.0.iter().find(|(known, _)| *known == step).map_or(&Outcome::NotChecked(None), |(_, outcome)| outcome)
    }

    pub fn iter(&self) -> impl Iterator<Item = &(Step, Outcome)> {
        self.0.iter()
    }

    pub fn verdict(&self) -> Verdict {
        let failed = |step: Step| matches!(self.outcome(step), Outcome::Failed(_));
        if failed(Step::File) {
            return Verdict::Unchecked;
        }
        if [Step::Algorithm, Step::Key, Step::Signature, Step::Awarded].into_iter().any(failed) {
            return Verdict::Forged;
        }
        if failed(Step::Record) || failed(Step::Holder) {
            return Verdict::Outdated;
        }
        match self.outcome(Step::State) {
            Outcome::Passed => Verdict::Genuine(State::Active),
            Outcome::Failed(Reason::Ended(state)) => Verdict::Genuine(*state),
            _ => Verdict::Unchecked,
        }
    }
}

/// The steps that the file and the issuer's keys decide: up to the signature. With the payload, if it is to be believed.
///
/// `keys`: each key with its address, as headers name it.
pub fn of_token(token: Result<&str, Unreadable>, keys: &[(String, PublicKey)]) -> (Checks, Option<Value>) {
    let mut checks = Checks::new();
    let payload = token_steps(&mut checks, token, keys);
    match payload {
        Ok(payload) => (checks, Some(payload)),
        Err((step, reason)) => {
            checks.set(step, Outcome::Failed(reason));
            (checks, None)
        }
    }
}

fn token_steps(checks: &mut Checks, token: Result<&str, Unreadable>, keys: &[(String, PublicKey)]) -> Result<Value, (Step, Reason)> {
    let text = token.map_err(|why| (Step::File, Reason::Unreadable(why)))?;
    let token = Token::parse(text).map_err(|_| (Step::File, Reason::NotAToken))?;
    checks.set(Step::File, Outcome::Passed);
    if !token.has_the_algorithm() {
        return Err((Step::Algorithm, Reason::Algorithm(token.algorithm().chars().take(20).collect())));
    }
    checks.set(Step::Algorithm, Outcome::Passed);
    if token.brings_its_own_key() {
        return Err((Step::Key, Reason::BringsKey));
    }
    let key = token.key(keys).ok_or((Step::Key, Reason::UnknownKey))?;
    checks.set(Step::Key, Outcome::Passed);
    let payload = token.payload(key).ok_or((Step::Signature, Reason::WrongSignature))?;
    checks.set(Step::Signature, Outcome::Passed);
    Ok(payload)
}

/// The credential that a signed payload is of. `None`: it is another issuer's, another kind of document, or at odds with itself.
pub fn claimed(payload: &Value, public_url: &str, issuer: &str) -> Option<CredentialId> {
    let says = |pointer: &str, expected: &str| payload.pointer(pointer).and_then(Value::as_str) == Some(expected);
    let id = payload["id"].as_str()?;
    let kinds = payload["type"].as_array()?;
    let whole =
        says("/iss", issuer) && says("/issuer/id", issuer) && says("/jti", id) && kinds.iter().any(|kind| kind == "OpenBadgeCredential");
    if whole { parse_document_address(public_url, id) } else { None }
}

/// What a document must have as the record would have it now.
const RECORD: [&str; 10] = [
    "/type",
    "/credentialSubject/id",
    "/credentialSubject/achievement/id",
    "/credentialSubject/achievement/humanCode",
    "/credentialSubject/achievement/achievementType",
    "/validFrom",
    "/validUntil",
    "/awardedDate",
    "/nbf",
    "/exp",
];
const HOLDER: &str = "/credentialSubject/identifier";

/// The steps that the record decides. `record`: the credential with the document that would be made of it now; `None`: there
/// is no such credential.
pub fn of_record(checks: &mut Checks, payload: &Value, record: Option<(&Credential, &Value)>, now: DateTime<Utc>) {
    let Some((credential, expected)) = record else {
        checks.set(Step::Awarded, Outcome::Failed(Reason::NotAwarded));
        return;
    };
    checks.set(Step::Awarded, Outcome::Passed);
    let agrees = RECORD.iter().all(|pointer| payload.pointer(pointer).is_some() && payload.pointer(pointer) == expected.pointer(pointer));
    checks.set(Step::Record, if agrees { Outcome::Passed } else { Outcome::Failed(Reason::RecordDiffers) });
    let holder = match expected.pointer(HOLDER) {
        None => Outcome::NotChecked(Some(Reason::HolderWithheld)),
        known if known == payload.pointer(HOLDER) => Outcome::Passed,
        Some(_) => Outcome::Failed(Reason::HolderDiffers),
    };
    checks.set(Step::Holder, holder);
    // Of a document that the record contradicts too: what the credential is now helps whoever asks.
    let state = match credential.state(now) {
        State::Active => Outcome::Passed,
        ended => Outcome::Failed(Reason::Ended(ended)),
    };
    checks.set(Step::State, state);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::issuer::SecretKey;
    use crate::credentials::open_badge::jwt::sign;
    use serde_json::json;

    #[test]
    fn after_a_failure_nothing_that_hangs_on_it_is_passed() {
        let key = SecretKey::from_seed([1; 32]);
        let keys = [("k".to_owned(), key.public())];
        let good = sign(&key, "k", &json!({}));
        let foreign = sign(&SecretKey::from_seed([2; 32]), "k", &json!({}));
        let unknown = sign(&key, "another", &json!({}));
        for (token, failed, verdict) in [
            (Err(Unreadable::Empty), Some(Step::File), Verdict::Unchecked),
            (Ok("a.b.c"), Some(Step::File), Verdict::Unchecked),
            (Ok(unknown.as_str()), Some(Step::Key), Verdict::Forged),
            (Ok(foreign.as_str()), Some(Step::Signature), Verdict::Forged),
            (Ok(good.as_str()), None, Verdict::Unchecked),
        ] {
            let (checks, payload) = of_token(token, &keys);
            assert_eq!(payload.is_some(), failed.is_none());
            let at = failed.and_then(|failed| Step::ALL.iter().position(|step| *step == failed)).unwrap_or(4);
            for (index, (step, outcome)) in checks.iter().enumerate() {
                match index.cmp(&at) {
                    std::cmp::Ordering::Less => assert_eq!(*outcome, Outcome::Passed, "{step:?}"),
                    std::cmp::Ordering::Equal if failed.is_some() => assert!(matches!(outcome, Outcome::Failed(_)), "{step:?}"),
                    _ => assert_eq!(*outcome, Outcome::NotChecked(None), "{step:?}"),
                }
            }
            assert_eq!(checks.verdict(), verdict, "{token:?}");
        }
    }
}
