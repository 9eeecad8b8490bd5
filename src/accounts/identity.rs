//! Addresses and names: parsed once, at the edge; what has these types is fit to store, mail and print.

use crate::error::Code;
use crate::server::card_numbers::looks_like_card_number;
use std::fmt;
use unicode_normalization::UnicodeNormalization;

/// An e-mail address. Compared without regard to case, shown as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// RFC 5321: at most 254 bytes, 64 before the @.
    const MAX: usize = 254;

    /// Sensible, not exhaustive: the mail that follows is the real test. Nothing passes that could end a header or hide in one.
    pub fn parse(typed: &str) -> Result<Self, Code> {
        let address: String = typed.trim().nfc().collect();
        if address.is_empty() {
            return Err(Code::Required);
        }
        let (local, domain) = address.split_once('@').ok_or(Code::EmailInvalid)?;
        let local_fine = !local.is_empty()
            && local.len() <= 64
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..")
            && local.chars().all(|c| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c));
        let labels: Vec<&str> = domain.split('.').collect();
        let label_fine = |label: &&str| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        };
        let last_is_a_name = labels.last().is_some_and(|label| label.chars().any(char::is_alphabetic));
        if !local_fine || labels.len() < 2 || !labels.iter().all(label_fine) || !last_is_a_name || address.len() > Self::MAX {
            return Err(Code::EmailInvalid);
        }
        Ok(Self(format!("{local}@{}", domain.to_lowercase())))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the @.
    pub fn local(&self) -> &str {
        self.0.split_once('@').map_or("", |(local, _)| local)
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The longest name in characters; the database says the same.
pub const NAME_LIMIT: usize = 200;

/// A given or family name, exactly as on the government ID: any script, any symbol that can be printed.
pub fn parse_name(typed: &str) -> Result<String, Code> {
    let name = one_line(typed)?;
    match name.chars().count() {
        0 => Err(Code::Required),
        n if n > NAME_LIMIT => Err(Code::TooLong),
        _ => Ok(name),
    }
}

/// A line of free text; `None` when it was left empty. `limit` in characters.
pub fn parse_line(typed: &str, limit: usize) -> Result<Option<String>, Code> {
    let line = one_line(typed)?;
    if line.chars().count() > limit {
        return Err(Code::TooLong);
    }
    if looks_like_card_number(&line) {
        return Err(Code::CardNumber);
    }
    Ok((!line.is_empty()).then_some(line))
}

/// Composed, trimmed, inner white space folded; control characters and those that turn the direction of what follows are refused.
fn one_line(typed: &str) -> Result<String, Code> {
    let harmful =
        |c: char| c.is_control() && !c.is_whitespace() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffd}');
    if typed.chars().any(harmful) {
        return Err(Code::Invalid);
    }
    let composed: String = typed.nfc().collect();
    Ok(composed.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_people_have_are_accepted() {
        for good in ["a@b.co", "Anna.O'Neil+exam@mail.example.com", " maya@example.com ", "josé@correo.example", "x@müller.example"] {
            assert!(EmailAddress::parse(good).is_ok(), "{good}");
        }
        assert_eq!(EmailAddress::parse("Maya@EXAMPLE.com").unwrap().as_str(), "Maya@example.com");
    }

    #[test]
    fn security_55_addresses_that_could_end_a_header_are_refused() {
        let long = format!("{}@example.com", "a".repeat(65));
        let longer = format!("a@{}.com", "b.".repeat(130));
        for bad in [
            "a@b",
            "a",
            "@b.co",
            "a@@b.co",
            "a@b@c.co",
            "a b@c.co",
            "a@b.co\r\nBcc: x@y.zz",
            "a@b.co\nx",
            "<a@b.co>",
            "a@-b.co",
            "a..b@c.co",
            "a@1.2.3.4",
            "a,b@c.co",
            "a@b..co",
            "a\u{0}@b.co",
            &long,
            &longer,
        ] {
            assert_eq!(EmailAddress::parse(bad), Err(Code::EmailInvalid), "{bad:?}");
        }
        assert_eq!(EmailAddress::parse("  "), Err(Code::Required));
    }

    #[test]
    fn names_of_any_script_are_kept_as_they_are() {
        for name in ["محمد عبد الله", "李小龍", "Zoë-Marie O’Connor", "María José 🎓", "<b>", "X Æ A-12"] {
            assert_eq!(parse_name(name).unwrap(), name);
        }
        assert_eq!(parse_name("  Jean \u{a0} Luc\n"), Ok("Jean Luc".into()));
        assert_eq!(parse_name("Zoe\u{308}"), Ok("Zoë".into()));
        assert_eq!(parse_name(&"é".repeat(200)).unwrap().chars().count(), 200);
        assert_eq!(parse_name(&"é".repeat(201)), Err(Code::TooLong));
        assert_eq!(parse_name("a\u{0}b"), Err(Code::Invalid));
        assert_eq!(parse_name("abc\u{202e}def"), Err(Code::Invalid));
        assert_eq!(parse_name(" "), Err(Code::Required));
    }

    #[test]
    fn card_numbers_are_refused_in_free_text() {
        assert_eq!(parse_line("4242 4242 4242 4242", 200), Err(Code::CardNumber));
        assert_eq!(parse_line("4242 4242 4242 4241", 200), Ok(Some("4242 4242 4242 4241".into())));
        assert_eq!(parse_line("", 200), Ok(None));
        assert_eq!(parse_line("ab", 1), Err(Code::TooLong));
    }
}
