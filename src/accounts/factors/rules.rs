//! The decisions about second factors, as pure functions.

use crate::error::Code;
use chrono::TimeDelta;

/// How long a code sent by SMS works (security.md line 22), and how often one may be tried.
pub const SMS_CODE: TimeDelta = TimeDelta::minutes(10);
pub const SMS_TRIES: i32 = 5;

/// How long a browser is trusted (product.md section 2).
pub const TRUST: TimeDelta = TimeDelta::days(30);

/// How many backup codes there are at a time (product.md section 2), and of how many characters of 5 bits each.
pub const BACKUP_CODES: usize = 10;
pub const BACKUP_CODE_LENGTH: usize = 10;

/// A backup code as it is shown: in two halves.
pub fn shown_backup_code(code: &str) -> String {
    let (first, second) = code.split_at(code.len() / 2);
    format!("{first}-{second}")
}

/// A backup code as it was typed: case, spaces and dashes do not matter, and letters that are not in the alphabet are those
/// digits that they look like (Crockford's base 32). `None`: it cannot be one.
pub fn read_backup_code(typed: &str) -> Option<String> {
    let code: String = typed
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '\u{2010}'..='\u{2015}'))
        .map(|c| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect();
    (code.len() == BACKUP_CODE_LENGTH && code.bytes().all(|byte| byte.is_ascii_alphanumeric())).then_some(code)
}

/// A phone number as E.164, from how people write it. Without `+` or `00` it is one of the account's country, whose calling code
/// is given (`+34`).
pub fn parse_phone(typed: &str, calling_code: Option<&str>) -> Result<String, Code> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Err(Code::Required);
    }
    let mut digits = String::new();
    let mut international = false;
    for (index, character) in typed.chars().enumerate() {
        match character {
            '+' | '\u{ff0b}' if index == 0 => international = true,
            '0'..='9' => digits.push(character),
            ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '-' | '\u{2010}'..='\u{2013}' | '.' | '/' | '(' | ')' => {}
            _ => return Err(Code::PhoneInvalid),
        }
    }
    if !international && let Some(rest) = digits.strip_prefix("00") {
        digits = rest.to_owned();
        international = true;
    }
    if !international {
        let code = calling_code.and_then(|code| code.strip_prefix('+')).ok_or(Code::PhoneInvalid)?;
        digits = match (code, digits.strip_prefix('0')) {
            // North America writes its own code before a national number too.
            ("1", _) if digits.len() == 11 && digits.starts_with('1') => digits,
            // In Italy and San Marino the 0 belongs to the number; elsewhere it is only dialled inside the country.
            ("39" | "378", _) | (_, None) => format!("{code}{digits}"),
            (_, Some(rest)) => format!("{code}{rest}"),
        };
    }
    let north_american = digits.starts_with('1');
    let fine = (7..=15).contains(&digits.len()) && !digits.starts_with('0') && (!north_american || digits.len() == 11);
    if fine { Ok(format!("+{digits}")) } else { Err(Code::PhoneInvalid) }
}

/// A number as somebody sees it who has not proved yet whose it is: the last two digits.
pub fn masked_phone(phone: &str) -> String {
    format!("••• {}", phone.get(phone.len().saturating_sub(2)..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phone_numbers_are_read_as_people_write_them() {
        let read = |typed: &str, code: &str| parse_phone(typed, Some(code));
        assert_eq!(read("+34 600 12 34 56", "+1").as_deref(), Ok("+34600123456"));
        assert_eq!(read("0034 600-123-456", "+1").as_deref(), Ok("+34600123456"));
        assert_eq!(read("600 123 456", "+34").as_deref(), Ok("+34600123456"));
        assert_eq!(read("0171 1234567", "+49").as_deref(), Ok("+491711234567"));
        assert_eq!(read("06 1234 5678", "+39").as_deref(), Ok("+390612345678"));
        assert_eq!(read("(206) 555-0100", "+1").as_deref(), Ok("+12065550100"));
        assert_eq!(read("1 206 555 0100", "+1").as_deref(), Ok("+12065550100"));
        assert_eq!(read("", "+34"), Err(Code::Required));
        for bad in
            ["+34", "12", "+0600123456", "600 123 456 ext 7", "+1 206 555 01", "+1234567890123456", "maya@example.com", "++34600123456"]
        {
            assert_eq!(read(bad, "+34"), Err(Code::PhoneInvalid), "{bad}");
        }
        assert_eq!(parse_phone("600123456", None), Err(Code::PhoneInvalid));
        assert_eq!(parse_phone("+34600123456", None).as_deref(), Ok("+34600123456"));
    }

    #[test]
    fn a_masked_number_tells_two_digits() {
        assert_eq!(masked_phone("+34600123442"), "••• 42");
    }

    #[test]
    fn backup_codes_are_read_as_they_are_typed() {
        let code = "0123456789";
        assert_eq!(shown_backup_code(code), "01234-56789");
        for typed in ["01234-56789", " 01234 56789 ", "o123456789", "OL234—56789", "oi234-56789"] {
            assert_eq!(read_backup_code(typed).as_deref(), Some(code), "{typed}");
        }
        for typed in ["", "123456", "01234-5678", "01234-567890", "01234_56789"] {
            assert_eq!(read_backup_code(typed), None, "{typed}");
        }
    }
}
