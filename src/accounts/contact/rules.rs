//! What a postal address is: lines. Nothing more holds in every country.

use crate::accounts::identity::parse_line;
use crate::error::{Code, FieldError};
use crate::server::card_numbers::looks_like_card_number;

/// As many lines as an address has; an envelope holds no more.
pub const LINES: usize = 6;
/// The longest line in characters.
pub const LINE: usize = 100;

/// The lines of an address typed into one field; blank ones are left out.
///
/// # Errors
/// At `field`: too many lines, one that is too long, a control character, a card number (also one spread over two lines).
pub fn parse(field: &str, typed: &str) -> Result<Vec<String>, FieldError> {
    let mut lines = vec![];
    for line in typed.lines() {
        match parse_line(line, LINE) {
            Ok(line) => lines.extend(line),
            Err(Code::TooLong) => return Err(FieldError::with(field, Code::TooLong, LINE)),
            Err(code) => return Err(FieldError::new(field, code)),
        }
    }
    if lines.len() > LINES {
        return Err(FieldError::with(field, Code::TooManyLines, LINES));
    }
    if looks_like_card_number(&lines.join(" ")) {
        return Err(FieldError::new(field, Code::CardNumber));
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(typed: &str) -> Code {
        parse("address", typed).unwrap_err().code
    }

    #[test]
    fn an_address_is_kept_line_by_line() {
        let typed = "  Zoë  O’Connor\r\n\r\n3-1 Marunouchi 1-chome\r\n千代田区 100-0005\r\n";
        assert_eq!(parse("address", typed).unwrap(), ["Zoë O’Connor", "3-1 Marunouchi 1-chome", "千代田区 100-0005"]);
        assert!(parse("address", " \r\n ").unwrap().is_empty());
        assert_eq!(parse("address", &["x"; 6].join("\n")).unwrap().len(), 6);
    }

    #[test]
    fn what_is_no_address_is_refused() {
        assert_eq!(code(&["x"; 7].join("\n")), Code::TooManyLines);
        assert_eq!(code(&"x".repeat(101)), Code::TooLong);
        assert_eq!(code("4242 4242 4242 4242"), Code::CardNumber);
        assert_eq!(code("4242 4242\n4242 4242"), Code::CardNumber);
        assert_eq!(code("Main Street\u{202e} 1"), Code::Invalid);
    }
}
