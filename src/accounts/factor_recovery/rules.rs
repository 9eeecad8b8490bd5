//! The decisions about lost factors, as pure functions.

use crate::error::{Code, FieldError};
use crate::server::card_numbers::looks_like_card_number;
use unicode_normalization::UnicodeNormalization;

/// The longest reason or decision in characters; the database says the same.
pub const TEXT_LIMIT: usize = 1000;

/// A text of several lines that must be there: composed, trimmed, without control characters and card numbers.
pub fn parse_text(field: &str, typed: &str) -> Result<String, FieldError> {
    let text: String = typed.replace("\r\n", "\n").trim().nfc().collect();
    let harmful = |c: char| c.is_control() && !matches!(c, '\n' | '\t') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if text.is_empty() {
        Err(FieldError::new(field, Code::Required))
    } else if text.chars().count() > TEXT_LIMIT {
        Err(FieldError::with(field, Code::TooLong, TEXT_LIMIT))
    } else if text.chars().any(harmful) {
        Err(FieldError::new(field, Code::Invalid))
    } else if looks_like_card_number(&text) {
        Err(FieldError::new(field, Code::CardNumber))
    } else {
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_text_of_a_bounded_length_without_card_numbers() {
        assert_eq!(parse_text("reason", " My phone\r\nbroke. ").as_deref(), Ok("My phone\nbroke."));
        let code = |typed: &str| parse_text("reason", typed).unwrap_err().code;
        assert_eq!(code("  \n "), Code::Required);
        assert_eq!(code(&"x".repeat(TEXT_LIMIT + 1)), Code::TooLong);
        assert!(parse_text("reason", &"é".repeat(TEXT_LIMIT)).is_ok());
        assert_eq!(code("a\u{7}b"), Code::Invalid);
        assert_eq!(code("my card 4242 4242 4242 4242"), Code::CardNumber);
    }
}
