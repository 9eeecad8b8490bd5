//! The decisions about refunds that staff give.

use crate::error::Code;
use crate::money::Money;

/// Reads an amount in a currency's minor units, as people type it: `150`, `150.5`, `150,50`. One separator, no sign, no grouping: what
/// could be read in two ways is refused.
///
/// # Errors
/// [`Code::Required`]; [`Code::AmountInvalid`].
pub fn parse_amount(typed: &str, currency: &str) -> Result<i64, Code> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Err(Code::Required);
    }
    let exponent = Money::exponent(currency);
    let (whole, rest) = match typed.split_once(['.', ',']) {
        None => (typed, ""),
        // `1,500` with cents: fifteen hundred to one reader, one and a half to another.
        Some((_, rest)) if rest.is_empty() || rest.len() > exponent as usize => return Err(Code::AmountInvalid),
        Some(parts) => parts,
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(rest) {
        return Err(Code::AmountInvalid);
    }
    let minor: i64 = format!("{whole}{rest:0<width$}", width = exponent as usize).parse().map_err(|_| Code::AmountInvalid)?;
    if minor > 0 { Ok(minor) } else { Err(Code::AmountInvalid) }
}

/// An amount as the form offers it: `150.00`.
pub fn plain_amount(amount: &Money) -> String {
    let exponent = Money::exponent(&amount.currency);
    let unit = 10i64.pow(exponent);
    match exponent {
        0 => amount.minor.to_string(),
        _ => format!("{}.{:0>width$}", amount.minor / unit, amount.minor % unit, width = exponent as usize),
    }
}

/// Whether a refund takes two people: with it, more than the limit would have gone back on this order, by however many refunds. The
/// limit is in the programme's currency; in another one it says nothing.
pub fn takes_two(amount: &Money, refunded_minor: i64, limit_minor: i64, programme_currency: &str) -> bool {
    amount.currency != programme_currency || refunded_minor.saturating_add(amount.minor) > limit_minor
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_in_the_currencys_minor_units() {
        for (typed, currency, minor) in [
            ("150", "USD", 15_000),
            ("150.00", "USD", 15_000),
            (" 150,5 ", "EUR", 15_050),
            ("0.01", "USD", 1),
            ("20000", "JPY", 20_000),
            ("1.500", "BHD", 1_500),
            ("1", "BHD", 1_000),
        ] {
            assert_eq!(parse_amount(typed, currency), Ok(minor), "{typed} {currency}");
        }
        for (typed, currency) in [
            ("0", "USD"),
            ("0.00", "USD"),
            ("-5", "USD"),
            ("+5", "USD"),
            ("1,500", "USD"),
            ("1,500.00", "USD"),
            ("1.234", "USD"),
            ("5.", "USD"),
            (".5", "USD"),
            ("$5", "USD"),
            ("1e3", "USD"),
            ("٥", "USD"),
            ("10.0", "JPY"),
            ("99999999999999999999", "USD"),
        ] {
            assert_eq!(parse_amount(typed, currency), Err(Code::AmountInvalid), "{typed} {currency}");
        }
        assert_eq!(parse_amount("  ", "USD"), Err(Code::Required));
    }

    #[test]
    fn what_the_form_offers_is_read_as_it_was_meant() {
        for money in [Money::new(15_000, "USD"), Money::new(5, "USD"), Money::new(20_000, "JPY"), Money::new(1_234, "BHD")] {
            assert_eq!(parse_amount(&plain_amount(&money), &money.currency), Ok(money.minor), "{money:?}");
        }
    }

    #[test]
    fn the_limit_counts_what_went_back_before() {
        let usd = |minor| Money::new(minor, "USD");
        assert!(!takes_two(&usd(20_000), 0, 20_000, "USD"), "the limit itself needs one person");
        assert!(takes_two(&usd(20_001), 0, 20_000, "USD"));
        assert!(takes_two(&usd(1), 20_000, 20_000, "USD"), "splitting does not avoid it");
        assert!(!takes_two(&usd(5_000), 15_000, 20_000, "USD"));
        assert!(takes_two(&Money::new(1, "JPY"), 0, 20_000, "USD"), "the limit says nothing about another currency");
    }
}
