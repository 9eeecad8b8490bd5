//! Crockford base 32 with a check character: the alphabet of every id a person may have to read aloud.
//!
//! The alphabet has no I, L, O and U; reading forgives lower case and the look-alikes (O is 0; I and L are 1) and skips spaces and hyphens.
//!
//! Crockford's own check character counts modulo 37 and needs five more symbols (`*~$=U`), three of which mean something in an address or a
//! shell. Here the check character is a weighted sum over the field GF(2^5), so it is one of the same 32 characters. Every position has its own
//! non-zero weight, up to 31 positions: any single wrong character and any two exchanged characters (neighbours or not) are always found.

use thiserror::Error;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// With more characters than this two positions would share a weight.
const MAX_LENGTH: usize = 31;

/// Why a typed id was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Base32Error {
    #[error("the id does not have the right number of characters")]
    Length,
    #[error("`{0}` cannot be part of an id")]
    Character(char),
    #[error("the check character does not match: one of the characters is wrong")]
    Check,
}

/// Writes the leading `characters * 5` bits of `bytes`, padded with zero bits, as that many characters and a check character.
///
/// # Panics
/// If the id would be longer than the check character can protect (31 characters with it). A programming error, not a matter of input.
pub fn encode(bytes: &[u8], characters: usize) -> String {
    assert!(characters < MAX_LENGTH, "the check character protects at most {MAX_LENGTH} characters");
    let bit = |index: usize| bytes.get(index / 8).map_or(0, |byte| byte >> (7 - index % 8) & 1);
    let mut values: Vec<u8> = (0..characters).map(|n| (0..5).fold(0, |value, k| value << 1 | bit(n * 5 + k))).collect();
    values.push(check(&values));
    values.iter().map(|&value| char::from(ALPHABET[usize::from(value)])).collect()
}

/// The forgiving reading: upper case, look-alikes resolved, separators gone. Still text in the alphabet, check character not yet verified.
pub fn normalise(typed: &str) -> Result<String, Base32Error> {
    typed
        .chars()
        .filter(|c| !is_separator(*c))
        .map(|c| match c.to_ascii_uppercase() {
            'O' => Ok('0'),
            'I' | 'L' => Ok('1'),
            upper if upper.is_ascii() && ALPHABET.contains(&(upper as u8)) => Ok(upper),
            _ => Err(Base32Error::Character(c)),
        })
        .collect()
}

/// Reads normalised text of exactly `characters` characters and a check character back into bytes (the last byte filled with zero bits).
pub fn decode(normalised: &str, characters: usize) -> Result<Vec<u8>, Base32Error> {
    if normalised.chars().count() != characters + 1 {
        return Err(Base32Error::Length);
    }
    let values = normalised
        .chars()
        .map(|c| ALPHABET.iter().position(|&a| char::from(a) == c).map(|v| v as u8).ok_or(Base32Error::Character(c)))
        .collect::<Result<Vec<u8>, _>>()?;
    let (data, given) = values.split_at(characters);
    if check(data) != given[0] {
        return Err(Base32Error::Check);
    }
    let mut bytes = vec![0; (characters * 5).div_ceil(8)];
    for (n, value) in data.iter().enumerate() {
        for k in 0..5 {
            let index = n * 5 + k;
            bytes[index / 8] |= (value >> (4 - k) & 1) << (7 - index % 8);
        }
    }
    Ok(bytes)
}

fn is_separator(c: char) -> bool {
    // Hyphens and dashes as word processors and mail programs "improve" them, and invisible characters that copying brings along.
    c.is_whitespace()
        || matches!(c, '-' | '_' | '.' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// The value that makes the weighted sum of all values zero, the check's own weight being one.
fn check(values: &[u8]) -> u8 {
    values.iter().fold(0, |sum, &value| times_generator(sum ^ value))
}

/// Multiplication by x in GF(2^5) with the primitive polynomial x^5 + x^2 + 1.
fn times_generator(value: u8) -> u8 {
    let shifted = value << 1;
    if shifted & 0b10_0000 == 0 { shifted } else { shifted ^ 0b10_0101 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        assert_eq!(encode(&[0; 5], 7), "00000000");
        assert_eq!(&encode(&[0xff; 5], 7)[..7], "ZZZZZZZ");
        assert_eq!(&encode(b"\x00\x44\x32\x14\xc7", 8)[..8], "01234567");
    }

    #[test]
    fn weights_are_distinct_and_non_zero() {
        let mut seen = std::collections::HashSet::new();
        let mut weight = 1;
        for _ in 0..MAX_LENGTH {
            assert!(weight != 0 && seen.insert(weight));
            weight = times_generator(weight);
        }
    }

    #[test]
    fn every_single_error_and_every_exchange_is_found() {
        let id = encode(&[0x3a, 0x91, 0x5c, 0xe0, 0x77, 0x12, 0xfe, 0x08, 0x6d, 0xb3, 0x44, 0x29, 0xc1, 0x5f, 0x90, 0x03], 26);
        let characters: Vec<char> = id.chars().collect();
        for at in 0..characters.len() {
            for &other in ALPHABET.iter().filter(|&&a| char::from(a) != characters[at]) {
                let mut wrong = characters.clone();
                wrong[at] = char::from(other);
                assert_eq!(decode(&wrong.iter().collect::<String>(), 26), Err(Base32Error::Check));
            }
            for with in at + 1..characters.len() {
                let mut wrong = characters.clone();
                wrong.swap(at, with);
                if wrong != characters {
                    assert_eq!(decode(&wrong.iter().collect::<String>(), 26), Err(Base32Error::Check));
                }
            }
        }
    }

    #[test]
    fn reading_forgives_what_people_type() {
        assert_eq!(normalise(" o1il – a-B\u{200b}c ").as_deref(), Ok("0111ABC"));
        assert_eq!(normalise("ABU"), Err(Base32Error::Character('U')));
        assert_eq!(normalise("AB*"), Err(Base32Error::Character('*')));
        assert_eq!(normalise("é"), Err(Base32Error::Character('é')));
    }
}
