//! A programme's test centres and online lanes: `test_centers.csv` and `delivery.toml` into tables. Ids follow from the codes, so loading
//! again finds the rows. What is no longer in the files stays, because appointments refer to it: a centre is closed by its `closed_on`.

use super::rules::parse_opening_hours;
use super::store::centers as store;
use crate::ids::{self, CenterId, SeatId};
use crate::server::data_file::{Fields, Problems};
use crate::server::i18n;
use chrono::{Datelike, NaiveDate, NaiveTime};
use chrono_tz::Tz;
use serde_json::{Value, json};
use sqlx::PgConnection;
use std::collections::{BTreeSet, HashMap};

pub const CENTERS: &str = "test_centers.csv";
pub const DELIVERY: &str = "delivery.toml";

/// Columns that a centre must fill in.
const NEEDED: &[&str] = &[
    "code",
    "name",
    "address_lines",
    "city",
    "country",
    "lat",
    "lon",
    "timezone",
    "opening_hours",
    "workstations",
    "arrival_instructions_en",
    "arrival_instructions_es",
];
/// Columns that may be empty or left out. Languages and the gazetteer's number of the city are read by nothing yet.
const OPTIONAL: &[&str] =
    &["region", "postal_code", "phone", "accessible_workstations", "same_day", "closed_on", "languages", "geoname_id"];

pub(super) struct CenterRow {
    pub id: CenterId,
    pub code: String,
    pub name: String,
    pub address_lines: Vec<String>,
    pub city: String,
    pub country: String,
    pub latitude: f64,
    pub longitude: f64,
    pub time_zone: String,
    pub phone: Option<String>,
    pub arrival: Value,
    pub same_day_changes: bool,
    pub closed_on: Option<NaiveDate>,
    hours: Vec<(u32, NaiveTime, NaiveTime)>,
    workstations: usize,
    accessible: usize,
}

/// Closed on a day: of one year, or of every year (`year` is `None`).
struct Closed {
    year: Option<i32>,
    month: u32,
    day: u32,
    reason: String,
    countries: Vec<String>,
    centers: Vec<String>,
}

/// What the two files say.
#[derive(Default)]
pub struct Places {
    centers: Vec<CenterRow>,
    lanes: Vec<(String, usize)>,
    closed: Vec<Closed>,
}

/// Writes centres, hours, seats, lanes and closed days in the caller's transaction. `today` says which years are meant by every year.
pub async fn put(conn: &mut PgConnection, places: &Places, today: NaiveDate) -> Result<(), sqlx::Error> {
    for center in &places.centers {
        store::put_center(conn, center).await?;
        store::replace_opening_hours(conn, center.id, &center.hours).await?;
        let labels: Vec<String> = (1..=center.workstations).map(|number| format!("{number:02}")).collect();
        let ids: Vec<SeatId> = labels.iter().map(|label| ids::named("seat", &format!("{}:{label}", center.code))).collect();
        // The accessible workstations are among the workstations, not beside them.
        let accessible: Vec<bool> = (0..center.workstations).map(|index| index < center.accessible).collect();
        store::replace_seats(conn, center.id, &ids, &labels, &accessible).await?;
        let closed: Vec<(NaiveDate, &str)> =
            places.closed.iter().filter(|closed| closed.concerns(center)).flat_map(|closed| closed.days(today)).collect();
        store::replace_closed_days(conn, center.id, today, &closed).await?;
    }
    for (language, count) in &places.lanes {
        let labels: Vec<String> = (1..=*count).map(|number| format!("Online {language} {number}")).collect();
        let ids: Vec<SeatId> = labels.iter().map(|label| ids::named("lane", label)).collect();
        store::replace_lanes(conn, language, &ids, &labels).await?;
    }
    Ok(())
}

impl Closed {
    fn concerns(&self, center: &CenterRow) -> bool {
        let everywhere = self.countries.is_empty() && self.centers.is_empty();
        everywhere || self.countries.contains(&center.country) || self.centers.contains(&center.code)
    }

    fn days(&self, today: NaiveDate) -> Vec<(NaiveDate, &str)> {
        let years = match self.year {
            Some(year) => vec![year],
            None => vec![today.year(), today.year() + 1],
        };
        let days = years.into_iter().filter_map(|year| NaiveDate::from_ymd_opt(year, self.month, self.day));
        days.map(|day| (day, self.reason.as_str())).collect()
    }
}

/// Reads both files; either may be missing. `countries`: the ISO codes that the portal knows.
pub fn read(centers: Option<&str>, delivery: Option<&str>, countries: &BTreeSet<String>, problems: &Problems) -> Places {
    let mut places = Places::default();
    if let Some(text) = centers {
        places.centers = read_centers(text, countries, problems);
    }
    if let Some(file) = delivery.and_then(|text| Fields::of(DELIVERY, text, problems)) {
        for lane in file.entries("lane", "language") {
            let is_known = |tag: &str| i18n::language_name(tag, i18n::Locale::en) != tag;
            let language = lane.fitting("language", "a language this program has a name for", is_known);
            let count = lane.small("count", 0..=1000);
            if places.lanes.iter().any(|(known, _)| *known == language) {
                lane.problem("language", "stands in the file twice");
            }
            places.lanes.push((language, usize::try_from(count).unwrap_or(0)));
            lane.end();
        }
        let codes: BTreeSet<&str> = places.centers.iter().map(|center| center.code.as_str()).collect();
        for entry in file.entries("closed", "day") {
            let day = entry.text("day");
            let (countries_of, centers_of) = (entry.list("countries"), entry.list("centers"));
            for country in countries_of.iter().filter(|country| !countries.contains(*country)) {
                entry.problem("countries", format!("`{country}` is no country's ISO code"));
            }
            for center in centers_of.iter().filter(|center| !codes.contains(center.as_str())) {
                entry.problem("centers", format!("`{center}` is no centre of {CENTERS}"));
            }
            let reason = entry.text("reason");
            // A leap year has every day.
            let whole = if day.len() == 5 { format!("2028-{day}") } else { day.clone() };
            match whole.parse::<NaiveDate>() {
                Ok(date) => places.closed.push(Closed {
                    year: (day.len() != 5).then(|| date.year()),
                    month: date.month(),
                    day: date.day(),
                    reason,
                    countries: countries_of,
                    centers: centers_of,
                }),
                Err(_) if day.is_empty() => {}
                Err(_) => entry.problem("day", format!("`{day}` is not a day such as 2027-05-01 or, every year, 05-01")),
            }
            entry.end();
        }
        file.end();
    }
    places
}

fn read_centers(text: &str, countries: &BTreeSet<String>, problems: &Problems) -> Vec<CenterRow> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header: Vec<String> = match reader.headers() {
        Ok(header) => header.iter().map(|name| name.trim().to_owned()).collect(),
        Err(error) => {
            problems.add(CENTERS, "line 1", error.to_string());
            return vec![];
        }
    };
    for name in NEEDED.iter().filter(|name| !header.iter().any(|column| column == *name)) {
        problems.add(CENTERS, "line 1", format!("has no column {name}"));
    }
    for name in header.iter().filter(|name| !NEEDED.contains(&name.as_str()) && !OPTIONAL.contains(&name.as_str())) {
        problems.add(CENTERS, "line 1", format!("has a column `{name}`, which is not known here"));
    }
    let mut rows = vec![];
    let mut seen = BTreeSet::new();
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                problems.add(CENTERS, "", error.to_string());
                continue;
            }
        };
        let line = record.position().map_or(0, csv::Position::line);
        let values: HashMap<&str, &str> = header.iter().map(String::as_str).zip(record.iter().map(str::trim)).collect();
        let row = Row { line, values, problems };
        let center = row.center(countries);
        if !seen.insert(center.code.clone()) {
            row.problem("code", "stands in the file twice");
        }
        rows.push(center);
    }
    rows
}

/// One line of the file.
struct Row<'a> {
    line: u64,
    values: HashMap<&'a str, &'a str>,
    problems: &'a Problems,
}

impl Row<'_> {
    fn problem(&self, column: &str, problem: impl Into<String>) {
        self.problems.add(CENTERS, format!("line {}, {column}", self.line), problem);
    }

    /// What stands in the column, if the file has it and it is not empty.
    fn get(&self, column: &str) -> Option<&str> {
        self.values.get(column).copied().filter(|value| !value.is_empty())
    }

    fn text(&self, column: &str) -> String {
        if self.values.get(column).is_some_and(|value| value.is_empty()) {
            self.problem(column, "is empty");
        }
        self.get(column).unwrap_or_default().to_owned()
    }

    fn parsed<T: std::str::FromStr + Default>(&self, column: &str, form: &str, fits: impl Fn(&T) -> bool) -> T {
        let Some(text) = self.get(column) else { return T::default() };
        match text.parse::<T>() {
            Ok(value) if fits(&value) => value,
            _ => {
                self.problem(column, format!("`{text}` is not {form}"));
                T::default()
            }
        }
    }

    fn center(&self, countries: &BTreeSet<String>) -> CenterRow {
        for column in ["lat", "lon", "workstations"] {
            self.text(column);
        }
        let code = self.text("code");
        let country = self.text("country");
        if !country.is_empty() && !countries.contains(&country) {
            self.problem("country", format!("`{country}` is no country's ISO code"));
        }
        let time_zone = self.text("timezone");
        if !time_zone.is_empty() && time_zone.parse::<Tz>().is_err() {
            self.problem("timezone", format!("`{time_zone}` is no time zone such as Europe/Berlin"));
        }
        let hours = self.text("opening_hours");
        let opening = parse_opening_hours(&hours);
        if opening.is_none() && !hours.is_empty() {
            self.problem("opening_hours", format!("`{hours}` is not of the form `Mo-Fr 08:30-18:00; Sa 09:00-14:00`"));
        }
        let closed_on = self.get("closed_on").and_then(|text| {
            let day = text.parse().ok();
            if day.is_none() {
                self.problem("closed_on", format!("`{text}` is not a day such as 2027-05-01"));
            }
            day
        });
        let workstations = self.parsed("workstations", "a number of seats, at most 1000", |seats: &usize| *seats <= 1000);
        let city = self.text("city");
        let mut address_lines: Vec<String> = self.text("address_lines").split('|').map(|line| line.trim().to_owned()).collect();
        address_lines.push(last_line(&country, &city, self.get("region"), self.get("postal_code").unwrap_or_default()));
        CenterRow {
            id: ids::named("test_center", &code),
            name: self.text("name"),
            address_lines,
            city,
            country,
            latitude: self.parsed("lat", "a latitude in degrees", |degrees: &f64| degrees.abs() <= 90.0),
            longitude: self.parsed("lon", "a longitude in degrees", |degrees: &f64| degrees.abs() <= 180.0),
            time_zone,
            phone: self.get("phone").map(str::to_owned),
            arrival: json!({ "en": self.text("arrival_instructions_en"), "es": self.text("arrival_instructions_es") }),
            same_day_changes: self.parsed("same_day", "true or false", |_| true),
            closed_on,
            hours: opening.unwrap_or_default(),
            accessible: self.parsed("accessible_workstations", "a number among the workstations", |seats: &usize| *seats <= workstations),
            workstations,
            code,
        }
    }
}

/// The last line as a letter there has it.
fn last_line(country: &str, city: &str, region: Option<&str>, postal_code: &str) -> String {
    let region = region.and_then(|region| region.split('-').nth(1)).unwrap_or_default();
    let line = match country {
        "US" | "CA" => format!("{city}, {region} {postal_code}"),
        "AU" => format!("{city} {region} {postal_code}"),
        "GB" | "IE" | "IN" | "NZ" | "SG" | "KR" | "AE" | "EG" => format!("{city} {postal_code}"),
        _ => format!("{postal_code} {city}"),
    };
    line.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEMO: (&str, &str) = (include_str!("../../seed/demo/test_centers.csv"), include_str!("../../seed/demo/delivery.toml"));

    fn countries() -> BTreeSet<String> {
        let mut reader = csv::Reader::from_reader(include_bytes!("../../seed/reference/countries.csv").as_slice());
        reader.records().map(|row| row.unwrap()[0].to_owned()).collect()
    }

    #[test]
    fn the_demos_places_can_be_read() {
        let problems = Problems::default();
        let places = read(Some(DEMO.0), Some(DEMO.1), &countries(), &problems);
        assert_eq!(problems.into_vec(), []);
        assert_eq!((places.centers.len(), places.lanes.len(), places.closed.len()), (80, 11, 2));
        let today = "2026-11-23".parse().unwrap();
        let days: Vec<String> = places.closed[1].days(today).iter().map(|(day, _)| day.to_string()).collect();
        assert_eq!(days, ["2026-12-25", "2027-12-25"]);
    }

    #[test]
    fn every_problem_of_a_centre_is_told_by_its_line_and_column() {
        let csv = "code,name,address_lines,city,country,lat,lon,timezone,opening_hours,workstations,arrival_instructions_en,arrival_instructions_es,fone\n\
                   A,Name,Street 1,Town,XX,95,8,Europe/Nowhere,always,many,In,Entre,1\n";
        let delivery = "[[lane]]\nlanguage = \"tlh\"\ncount = 2\n[[closed]]\nday = \"13-40\"\nreason = \"x\"\ncenters = [\"B\"]\n";
        let problems = Problems::default();
        read(Some(csv), Some(delivery), &countries(), &problems);
        let told: Vec<String> = problems.into_vec().into_iter().map(|problem| format!("{} {}", problem.file, problem.field)).collect();
        assert_eq!(
            told,
            [
                "test_centers.csv line 1",
                "test_centers.csv line 2, country",
                "test_centers.csv line 2, timezone",
                "test_centers.csv line 2, opening_hours",
                "test_centers.csv line 2, workstations",
                "test_centers.csv line 2, lat",
                "delivery.toml lane[tlh].language",
                "delivery.toml closed[13-40].centers",
                "delivery.toml closed[13-40].day",
            ]
        );
    }
}
