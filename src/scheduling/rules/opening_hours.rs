//! Opening hours as the data files write them.

use chrono::NaiveTime;

/// Reads `Mo-Fr 08:30-12:30,13:30-18:30; Sa 09:00-14:00`: ISO weekday, opening, closing. A range of days may run over
/// the end of the week.
pub fn parse_opening_hours(text: &str) -> Option<Vec<(u32, NaiveTime, NaiveTime)>> {
    const DAYS: [&str; 7] = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"];
    let day = |name: &str| DAYS.iter().position(|known| *known == name);
    let time = |text: &str| NaiveTime::parse_from_str(text, "%H:%M").ok();
    let mut hours = vec![];
    for part in text.split(';') {
        let (days, periods) = part.trim().split_once(' ')?;
        let (first, last) = match days.split_once('-') {
            Some((first, last)) => (day(first)?, day(last)?),
            None => (day(days)?, day(days)?),
        };
        let count = (last + 7 - first) % 7 + 1;
        for period in periods.split(',') {
            let (opens, closes) = period.split_once('-')?;
            let (opens, closes) = (time(opens.trim())?, time(closes.trim())?);
            if opens >= closes {
                return None;
            }
            hours.extend((0..count).map(|step| ((first + step) as u32 % 7 + 1, opens, closes)));
        }
    }
    Some(hours)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opening_hours_are_read() {
        let hours = parse_opening_hours("Su-Tu 08:30-12:30,13:30-18:30; Sa 09:00-14:00").unwrap();
        let on = |weekday| hours.iter().filter(|(day, ..)| *day == weekday).count();
        assert_eq!((on(7), on(1), on(2), on(3), on(6)), (2, 2, 2, 0, 1));
        assert_eq!(parse_opening_hours("Mo-Xx 08:00-12:00"), None);
        assert_eq!(parse_opening_hours("Mo 12:00-08:00"), None);
        for line in include_str!("../../../seed/demo/test_centers.csv").lines().skip(1) {
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(line.as_bytes());
            let record = reader.records().next().unwrap().unwrap();
            assert!(parse_opening_hours(&record[11]).is_some(), "{}", &record[11]);
        }
    }
}
