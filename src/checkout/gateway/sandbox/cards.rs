//! The test cards, and the check of what was typed. Nothing but test cards is taken: a real number is refused unread.

use crate::error::{Code, FieldError};
use crate::server::card_numbers::luhn;
use chrono::{Datelike, NaiveDate};

/// What a test card does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    Succeeds,
    /// Refused, with the gateway's word for why.
    Declined(&'static str),
    /// The bank asks the payer to approve.
    AsksToApprove,
    /// The answer comes minutes later.
    Late {
        succeeds: bool,
    },
}

/// The numbers of the card schemes' own test ranges, as every provider's sandbox has them.
pub const TEST_CARDS: [(&str, Behaviour); 6] = [
    ("4242 4242 4242 4242", Behaviour::Succeeds),
    ("4000 0000 0000 0002", Behaviour::Declined("card_declined")),
    ("4000 0000 0000 9995", Behaviour::Declined("insufficient_funds")),
    ("4000 0025 0000 3155", Behaviour::AsksToApprove),
    ("4000 0000 0000 0077", Behaviour::Late { succeeds: true }),
    ("4000 0000 0000 0085", Behaviour::Late { succeeds: false }),
];

/// Reads a card: the number (field `card`), `MM / YY` (field `expiry`) and the security code (field `cvc`).
///
/// # Errors
/// Every problem at its field.
pub fn read(card: &str, expiry: &str, cvc: &str, today: NaiveDate) -> Result<Behaviour, Vec<FieldError>> {
    let mut errors = vec![];
    let number: String = card.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let behaviour = match behaviour_of(&number) {
        Ok(behaviour) => Some(behaviour),
        Err(code) => {
            errors.push(FieldError::new("card", code));
            None
        }
    };
    if let Err(code) = check_expiry(expiry, today) {
        errors.push(FieldError::new("expiry", code));
    }
    let cvc = cvc.trim();
    if cvc.is_empty() {
        errors.push(FieldError::new("cvc", Code::Required));
    } else if !((3..=4).contains(&cvc.len()) && cvc.bytes().all(|byte| byte.is_ascii_digit())) {
        errors.push(FieldError::new("cvc", Code::Invalid));
    }
    behaviour.filter(|_| errors.is_empty()).ok_or(errors)
}

fn behaviour_of(number: &str) -> Result<Behaviour, Code> {
    if number.is_empty() {
        return Err(Code::Required);
    }
    let digits: Option<Vec<u8>> = number.bytes().map(|byte| byte.is_ascii_digit().then(|| byte - b'0')).collect();
    match digits {
        Some(digits) if (13..=19).contains(&digits.len()) && luhn(&digits) => TEST_CARDS
            .iter()
            .find(|(known, _)| known.bytes().filter(|byte| *byte != b' ').eq(number.bytes()))
            .map(|(_, behaviour)| *behaviour)
            .ok_or(Code::NotATestCard),
        _ => Err(Code::CardNumberWrong),
    }
}

/// `MM / YY` or `MM/YYYY`; a card is good until the end of its month.
fn check_expiry(text: &str, today: NaiveDate) -> Result<(), Code> {
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    if compact.is_empty() {
        return Err(Code::Required);
    }
    let (month, year) = match compact.split_once(['/', '-']) {
        Some(parts) => parts,
        None if compact.len() == 4 && compact.is_ascii() => compact.split_at(2),
        None => return Err(Code::Invalid),
    };
    let month: u32 = month.parse().map_err(|_| Code::Invalid)?;
    let year: i32 = match year.len() {
        2 => 2000 + year.parse::<i32>().map_err(|_| Code::Invalid)?,
        4 => year.parse().map_err(|_| Code::Invalid)?,
        _ => return Err(Code::Invalid),
    };
    if !(1..=12).contains(&month) || year > today.year() + 50 {
        return Err(Code::Invalid);
    }
    if (year, month) < (today.year(), today.month()) { Err(Code::CardExpired) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 12, 3).unwrap()
    }

    fn codes(card: &str, expiry: &str, cvc: &str) -> Vec<(String, Code)> {
        read(card, expiry, cvc, today()).unwrap_err().into_iter().map(|error| (error.field, error.code)).collect()
    }

    #[test]
    fn every_test_card_is_a_valid_number_and_is_found_however_it_is_grouped() {
        for (number, behaviour) in TEST_CARDS {
            assert_eq!(read(number, "12/26", "123", today()), Ok(behaviour), "{number}");
            assert_eq!(read(&number.replace(' ', "-"), "01 / 2030", "1234", today()), Ok(behaviour), "{number}");
        }
    }

    #[test]
    fn every_problem_is_told_at_its_field() {
        assert_eq!(codes("", "", ""), [("card".into(), Code::Required), ("expiry".into(), Code::Required), ("cvc".into(), Code::Required)]);
        assert_eq!(codes("4242 4242 4242 4241", "12/30", "123"), [("card".into(), Code::CardNumberWrong)]);
        assert_eq!(codes("4242424242424242", "11/26", "123"), [("expiry".into(), Code::CardExpired)]);
        for expiry in ["13/30", "00/30", "1", "12/3", "ab/cd", "12/2199", "é1é"] {
            assert_eq!(codes("4242424242424242", expiry, "123"), [("expiry".into(), Code::Invalid)], "{expiry}");
        }
        for cvc in ["12", "12345", "abc", "１２３"] {
            assert_eq!(codes("4242424242424242", "12/30", cvc), [("cvc".into(), Code::Invalid)], "{cvc}");
        }
    }

    #[test]
    fn card_data_a_real_card_number_is_refused() {
        // Valid by its check digit, in nobody's list of test cards here.
        assert_eq!(codes("5555555555554444", "12/30", "123"), [("card".into(), Code::NotATestCard)]);
    }
}
