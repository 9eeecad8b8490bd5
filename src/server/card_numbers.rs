//! Card numbers belong on the payment provider's page and nowhere else (PCI SAQ A): text fields refuse them.

/// Fewest and most digits of a card number (ISO/IEC 7812).
const DIGITS: std::ops::RangeInclusive<usize> = 13..=19;

/// Whether a text holds something that is most likely a card number: 13 to 19 digits, perhaps in groups parted by spaces
/// or dashes, with a valid check digit.
pub fn looks_like_card_number(text: &str) -> bool {
    // Runs of digits; a single space, dash or dot between two digits belongs to the run.
    let mut run: Vec<u8> = vec![];
    let mut separated = false;
    for character in text.chars().chain(['\n']) {
        match digit(character) {
            Some(digit) => {
                run.push(digit);
                separated = false;
            }
            None if !run.is_empty() && !separated && is_separator(character) => separated = true,
            None => {
                if holds_number(&run) {
                    return true;
                }
                run.clear();
                separated = false;
            }
        }
    }
    false
}

/// The check digit of ISO/IEC 7812 (Luhn).
pub fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(index, digit)| {
            let value = u32::from(*digit) * if index % 2 == 1 { 2 } else { 1 };
            if value > 9 { value - 9 } else { value }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// ASCII and full-width digits: both are typed as card numbers.
fn digit(character: char) -> Option<u8> {
    match character {
        '0'..='9' => Some(character as u8 - b'0'),
        '\u{ff10}'..='\u{ff19}' => u8::try_from(character as u32 - 0xff10).ok(),
        _ => None,
    }
}

fn is_separator(character: char) -> bool {
    matches!(character, ' ' | '-' | '.' | '\u{a0}' | '\u{2011}' | '\u{2013}' | '\u{2009}' | '\u{202f}')
}

/// The whole run only: a longer one (a reference, a bar code) is no card number, and looking into every part of it
/// would refuse one in ten of them by chance.
fn holds_number(run: &[u8]) -> bool {
    DIGITS.contains(&run.len()) && run.iter().any(|digit| *digit != 0) && luhn(run)
}

#[cfg(test)]
mod tests {
    use super::looks_like_card_number;

    #[test]
    fn card_data_card_numbers_are_recognised_however_they_are_typed() {
        for text in [
            "4242424242424242",
            "my card is 4242 4242 4242 4242, thanks",
            "4242-4242-4242-4242",
            "378282246310005",
            "3782 822463 10005",
            "４２４２４２４２４２４２４２４２",
            "4242\u{a0}4242\u{a0}4242\u{a0}4242.",
        ] {
            assert!(looks_like_card_number(text), "{text}");
        }
    }

    #[test]
    fn phone_numbers_references_and_dates_are_not() {
        for text in
            ["", "+1 206-555-0100", "CP-2026-000123", "4242424242424241", "0000000000000000", "2026-12-03 14:00", "12345678901234567890"]
        {
            assert!(!looks_like_card_number(text), "{text}");
        }
    }
}
