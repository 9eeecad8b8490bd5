//! Dates, times, money, numbers and zones for a reader: formatted here, on the server, because the browser's
//! program carries no time zone database.

use super::i18n::Locale;
use crate::money::Money;
use chrono::{DateTime, NaiveDate, NaiveTime, Offset, TimeZone, Utc};
use chrono_tz::{OffsetName, Tz};

fn names(locale: Locale) -> chrono::Locale {
    match locale {
        Locale::en => chrono::Locale::en_GB,
        Locale::es => chrono::Locale::es_ES,
    }
}

/// `4 December 2026`, `4 de diciembre de 2026`.
pub fn date(locale: Locale, day: NaiveDate) -> String {
    let pattern = match locale {
        Locale::en => "%-d %B %Y",
        Locale::es => "%-d de %B de %Y",
    };
    day.format_localized(pattern, names(locale)).to_string()
}

/// `Fri 4 Dec 2026`, `vie 4 dic 2026`: for lists and tables.
pub fn date_short(locale: Locale, day: NaiveDate) -> String {
    day.format_localized("%a %-d %b %Y", names(locale)).to_string().replace('.', "")
}

/// `Friday, 4 December 2026`, `viernes, 4 de diciembre de 2026`.
pub fn date_long(locale: Locale, day: NaiveDate) -> String {
    format!("{}, {}", day.format_localized("%A", names(locale)), date(locale, day))
}

/// `December 2026`, `diciembre de 2026`.
pub fn month(locale: Locale, day: NaiveDate) -> String {
    let pattern = match locale {
        Locale::en => "%B %Y",
        Locale::es => "%B de %Y",
    };
    day.format_localized(pattern, names(locale)).to_string()
}

/// `Dec`, `dic`: for the date block of a ticket.
pub fn month_short(locale: Locale, day: NaiveDate) -> String {
    day.format_localized("%b", names(locale)).to_string().replace('.', "")
}

/// `Fri`, `vie`.
pub fn weekday_short(locale: Locale, day: NaiveDate) -> String {
    day.format_localized("%a", names(locale)).to_string().replace('.', "")
}

/// `2:30 PM`, `14:30`.
pub fn time(locale: Locale, time: NaiveTime) -> String {
    let pattern = match locale {
        Locale::en => "%-I:%M %p",
        Locale::es => "%H:%M",
    };
    time.format(pattern).to_string()
}

/// `Friday, 4 December 2026, 2:30 PM CET (UTC+1)`.
pub fn date_time(locale: Locale, at: DateTime<Utc>, zone: Tz) -> String {
    let local = at.with_timezone(&zone);
    format!("{}, {} {}", date_long(locale, local.date_naive()), time(locale, local.time()), zone_name(at, zone))
}

/// `Fri 4 Dec 2026, 2:30 PM CET (UTC+1)`: for lists.
pub fn date_time_short(locale: Locale, at: DateTime<Utc>, zone: Tz) -> String {
    let local = at.with_timezone(&zone);
    format!("{}, {} {}", date_short(locale, local.date_naive()), time(locale, local.time()), zone_name(at, zone))
}

/// When a day begins in a zone. A midnight that the zone leaves out begins with the first moment there is.
pub fn midnight(zone: Tz, day: NaiveDate) -> DateTime<Utc> {
    let midnight = day.and_hms_opt(0, 0, 0).unwrap_or_default();
    zone.from_local_datetime(&midnight).earliest().map_or_else(|| Utc.from_utc_datetime(&midnight), |at| at.to_utc())
}

/// The day of an instant in a zone.
pub fn day_in(at: DateTime<Utc>, zone: Tz) -> NaiveDate {
    at.with_timezone(&zone).date_naive()
}

/// `CET (UTC+1)`; `UTC+5:30` where the zone has no letters of its own.
pub fn zone_name(at: DateTime<Utc>, zone: Tz) -> String {
    let offset = zone.offset_from_utc_datetime(&at.naive_utc());
    let seconds = offset.fix().local_minus_utc();
    let (hours, minutes) = (seconds.abs() / 3600, seconds.abs() / 60 % 60);
    let sign = if seconds < 0 { '−' } else { '+' };
    let utc = match (seconds, minutes) {
        (0, _) => "UTC".to_owned(),
        (_, 0) => format!("UTC{sign}{hours}"),
        _ => format!("UTC{sign}{hours}:{minutes:02}"),
    };
    match offset.abbreviation() {
        Some(name) if name.chars().all(|c| c.is_ascii_alphabetic()) && name != "UTC" => format!("{name} ({utc})"),
        _ => utc,
    }
}

/// A zone by its IANA name; UTC when the name is unknown.
pub fn zone(name: &str) -> Tz {
    name.parse().unwrap_or(Tz::UTC)
}

/// `$150.00`, `150,00 US$`; the currency's own number of digits.
pub fn money(locale: Locale, money: &Money) -> String {
    let exponent = Money::exponent(&money.currency);
    let unit = 10i64.pow(exponent);
    let (whole, rest) = (money.minor.unsigned_abs() / unit.unsigned_abs(), money.minor.unsigned_abs() % unit.unsigned_abs());
    let sign = if money.minor < 0 { "−" } else { "" };
    let (group, decimal) = match locale {
        Locale::en => (',', '.'),
        Locale::es => ('.', ','),
    };
    let mut amount = grouped(whole, group, if locale == Locale::es { 5 } else { 4 });
    if exponent > 0 {
        amount.push(decimal);
        amount.push_str(&format!("{rest:0width$}", width = exponent as usize));
    }
    let symbol = match (money.currency.as_str(), locale) {
        ("USD", Locale::en) => "$",
        ("USD", Locale::es) => "US$",
        ("EUR", _) => "€",
        ("GBP", _) => "£",
        ("JPY", _) => "¥",
        ("INR", _) => "₹",
        ("BRL", _) => "R$",
        (code, _) => code,
    };
    match locale {
        Locale::en if symbol.chars().all(|c| c.is_ascii_uppercase()) => format!("{sign}{symbol}\u{a0}{amount}"),
        Locale::en => format!("{sign}{symbol}{amount}"),
        Locale::es => format!("{sign}{amount}\u{a0}{symbol}"),
    }
}

fn grouped(number: u64, separator: char, from_digits: usize) -> String {
    let digits = number.to_string();
    if digits.len() < from_digits {
        return digits;
    }
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(separator);
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_follows_the_locale_and_the_currency() {
        assert_eq!(money(Locale::en, &Money::new(15000, "USD")), "$150.00");
        assert_eq!(money(Locale::es, &Money::new(123456, "EUR")), "1234,56\u{a0}€");
        assert_eq!(money(Locale::es, &Money::new(1234567, "EUR")), "12.345,67\u{a0}€");
        assert_eq!(money(Locale::en, &Money::new(20000, "JPY")), "¥20,000");
        assert_eq!(money(Locale::en, &Money::new(-500, "CHF")), "−CHF\u{a0}5.00");
    }

    #[test]
    fn times_name_their_zone() {
        let at = Utc.with_ymd_and_hms(2026, 12, 4, 13, 30, 0).unwrap();
        assert_eq!(date_time(Locale::en, at, zone("Europe/Berlin")), "Friday, 4 December 2026, 2:30 PM CET (UTC+1)");
        assert_eq!(date_time(Locale::es, at, zone("Asia/Kolkata")), "viernes, 4 de diciembre de 2026, 19:00 IST (UTC+5:30)");
        assert_eq!(zone_name(at, zone("America/Sao_Paulo")), "UTC−3");
    }
}
