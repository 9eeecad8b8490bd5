//! Passwords: the programme's rules (product.md section 2, enforced literally) and argon2id on threads of its own.

use super::common_passwords;
use super::model::Secret;
use crate::error::{AppResult, Code, FieldError};
use crate::server::config::PasswordPolicy;
use crate::server::hashing::Place;
use crate::server::{AppState, random};
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;

/// Shortest and longest in characters (Unicode code points, after normalisation).
pub const MIN: usize = 8;
pub const MAX: usize = 128;
/// The shortest one that has to do without a second factor under NIST SP 800-63B-4.
pub const MIN_ALONE: usize = 15;

/// What a password of somebody must be like: the policy of the programme, and whether a second factor stands beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    pub policy: PasswordPolicy,
    pub has_factor: bool,
}

impl Rules {
    pub fn min(self) -> usize {
        match (self.policy, self.has_factor) {
            (PasswordPolicy::Nist, false) => MIN_ALONE,
            _ => MIN,
        }
    }

    /// Whether letters of both cases and a digit are asked for.
    pub fn needs_kinds(self) -> bool {
        self.policy == PasswordPolicy::Programme
    }
}

/// A password that keeps the rules.
pub struct NewPassword(String);

/// Compatibility composition (NFKC, as NIST SP 800-63B advises): the same password typed on another keyboard is the same.
/// Nothing is cut off and no case is folded.
fn normalise(typed: &str) -> String {
    typed.nfkc().collect()
}

impl NewPassword {
    /// Every rule that is broken is told. `personal`: names and addresses of the person and the programme that must not be part of it.
    pub fn parse(field: &str, typed: &Secret, personal: &[impl AsRef<str>], rules: Rules) -> Result<Self, Vec<FieldError>> {
        let password = normalise(&typed.0);
        let length = password.chars().count();
        let mut errors = vec![];
        if length == 0 {
            return Err(vec![FieldError::new(field, Code::Required)]);
        }
        if length < rules.min() {
            errors.push(FieldError::with(field, Code::PasswordTooShort, rules.min()));
        }
        if length > MAX {
            errors.push(FieldError::with(field, Code::PasswordTooLong, MAX));
        }
        for (missing, code) in [
            (!password.chars().any(char::is_lowercase), Code::PasswordNeedsLower),
            (!password.chars().any(char::is_uppercase), Code::PasswordNeedsUpper),
            (!password.chars().any(char::is_numeric), Code::PasswordNeedsDigit),
        ] {
            if missing && rules.needs_kinds() {
                errors.push(FieldError::new(field, code));
            }
        }
        if common_passwords::contains(&password) {
            errors.push(FieldError::new(field, Code::PasswordCommon));
        }
        if is_personal(&password, personal) {
            errors.push(FieldError::new(field, Code::PasswordPersonal));
        }
        if errors.is_empty() { Ok(Self(password)) } else { Err(errors) }
    }

    /// Whether it would do without a second factor under NIST SP 800-63B-4.
    pub fn stands_alone(&self) -> bool {
        self.0.chars().count() >= MIN_ALONE
    }
}

/// The same of a password that was typed, and is the right one.
pub fn stands_alone(typed: &Secret) -> bool {
    NewPassword(normalise(&typed.0)).stands_alone()
}

/// Words of at least four letters: shorter ones are parts of too many honest passwords.
fn is_personal(password: &str, personal: &[impl AsRef<str>]) -> bool {
    let password = password.to_lowercase();
    personal.iter().any(|text| {
        let text = normalise(text.as_ref()).to_lowercase();
        let whole = text.chars().count() >= 4 && password.contains(&text);
        whole
            || text
                .split(|c: char| !c.is_alphanumeric())
                .filter(|word| word.chars().count() >= 4 && word.chars().any(char::is_alphabetic))
                .any(|word| password.contains(word))
    })
}

/// m = 19 MiB, t = 2, p = 1 (OWASP; security.md line 8).
fn argon2() -> Argon2<'static> {
    let params = Params::new(19 * 1024, 2, 1, None).expect("the parameters are in range");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// The PHC string to store.
///
/// # Errors
/// [`crate::error::AppError::Unavailable`]: too many are waiting.
pub async fn hash(state: &AppState, password: NewPassword) -> AppResult<String> {
    state.hashing.place()?.run(move || hash_now(&password.0)).await
}

/// The same on this thread: for the loader of demo data, whose passwords are public, and for commands.
pub fn hash_now(password: &str) -> String {
    let salt: [u8; 16] = random::bytes();
    let hash: PasswordHash = argon2().hash_password_with_salt(normalise(password).as_bytes(), &salt).expect("the salt is long enough");
    hash.to_string()
}

/// Nobody's password: hashed for addresses without an account, so that they take as long.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash_now(&random::token()));

/// Whether the password is the one that `hash` was made of. Takes as long without a hash. The place in the queue is the caller's to
/// take, before they count the attempt.
///
/// # Errors
/// [`crate::error::AppError::Internal`].
pub async fn verify(place: Place, typed: &Secret, hash: Option<&str>) -> AppResult<bool> {
    let password = normalise(&typed.0);
    if password.chars().count() > MAX {
        return Ok(false);
    }
    let (known, hash) = (hash.is_some(), hash.map(str::to_owned));
    let work = move || {
        // Made by the first call of all, whosever address it is for.
        let nobody = &*NOBODY;
        let hash = hash.as_deref().unwrap_or(nobody);
        let right = PasswordHash::new(hash).is_ok_and(|hash| argon2().verify_password(password.as_bytes(), &hash).is_ok());
        right && known
    };
    place.run(work).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(password: &str, personal: &[&str]) -> Vec<Code> {
        codes_under(Rules { policy: PasswordPolicy::Programme, has_factor: false }, password, personal)
    }

    fn codes_under(rules: Rules, password: &str, personal: &[&str]) -> Vec<Code> {
        match NewPassword::parse("password", &Secret(password.into()), personal, rules) {
            Ok(_) => vec![],
            Err(errors) => errors.into_iter().map(|error| error.code).collect(),
        }
    }

    #[test]
    fn nist_asks_for_length_alone_and_for_less_beside_a_second_factor() {
        let alone = Rules { policy: PasswordPolicy::Nist, has_factor: false };
        let beside = Rules { has_factor: true, ..alone };
        assert_eq!(codes_under(alone, "lantern harbor", &[]), [Code::PasswordTooShort], "14");
        assert_eq!(codes_under(alone, "lanterns harbor", &[]), [], "15 of any kind");
        assert_eq!(codes_under(beside, "qxzwvjkp", &[]), [], "8 beside a factor");
        assert_eq!(codes_under(beside, "qxzwvjk", &[]), [Code::PasswordTooShort]);
        assert_eq!(codes_under(beside, "password1", &[]), [Code::PasswordCommon], "the list counts as before");
        let programme = Rules { policy: PasswordPolicy::Programme, has_factor: true };
        assert_eq!(codes_under(programme, "Xq7wTz9k", &[]), []);
        assert_eq!(codes_under(programme, "lanterns harbor", &[]), [Code::PasswordNeedsUpper, Code::PasswordNeedsDigit]);
    }

    #[test]
    fn security_1_7_characters_are_refused_and_8_accepted() {
        assert_eq!(codes("Xq7wTz9", &[]), [Code::PasswordTooShort]);
        assert_eq!(codes("Xq7wTz9k", &[]), []);
        assert_eq!(codes("", &[]), [Code::Required]);
    }

    #[test]
    fn security_5_up_to_128_characters_of_any_kind() {
        for length in [64, 127, 128] {
            let password = format!("Aa1{}", "🎓".repeat(length - 3));
            assert_eq!(codes(&password, &[]), [], "{length}");
        }
        assert_eq!(codes(&format!("Aa1{}", "é".repeat(126)), &[]), [Code::PasswordTooLong]);
        assert_eq!(codes("Correct Horse 9 Battery", &[]), []);
    }

    #[test]
    fn every_missing_kind_is_told_at_once() {
        assert_eq!(codes("--------", &[]), [Code::PasswordNeedsLower, Code::PasswordNeedsUpper, Code::PasswordNeedsDigit]);
        assert_eq!(codes("ОченьДлинный5", &[]), []);
    }

    #[test]
    fn security_3_common_passwords_are_refused() {
        assert!(codes("Password1", &[]).contains(&Code::PasswordCommon));
        assert!(codes("Qwertyuiop1", &[]).contains(&Code::PasswordCommon) || codes("Qwerty123", &[]).contains(&Code::PasswordCommon));
    }

    #[test]
    fn security_7_own_name_address_and_programme_are_refused() {
        let personal = ["Maya", "Lindqvist Ortega", "maya.l@example.com", "Northlight"];
        for bad in ["Maya-is-here-1", "xxLINDQVIST9x", "Ortega2026!a", "NorthLight2026", "My-maya.l@example.com-1"] {
            assert_eq!(codes(bad, &personal), [Code::PasswordPersonal], "{bad}");
        }
        assert_eq!(codes("Harbor-Lantern-42", &personal), []);
        assert_eq!(codes("Anagram-of-Ann-77", &["Ana", "Ann"]), []);
    }

    #[test]
    fn security_8_hashes_are_argon2id_with_owasp_parameters() {
        let hash = hash_now("Harbor-Lantern-42");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let matches = |typed: &str| argon2().verify_password(normalise(typed).as_bytes(), &PasswordHash::new(&hash).unwrap()).is_ok();
        assert!(matches("Harbor-Lantern-42"));
        assert!(!matches("Harbor-Lantern-43"));
        assert!(!matches("harbor-lantern-42"));
    }

    #[test]
    fn a_password_typed_decomposed_is_the_same() {
        assert_eq!(normalise("Ze\u{301}bra-2026"), normalise("Z\u{e9}bra-2026"));
    }
}
