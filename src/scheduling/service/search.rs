//! Finding a centre: a place by name or postal code, and what is around it.

use super::{Booking, availability};
use crate::error::AppResult;
use crate::ids::CenterId;
use crate::scheduling::rules::{self, Delivery};
use crate::scheduling::store::places::{self, Center, City, Country};
use crate::server::programme::Policies;
use crate::server::{RequestContext, format};
use chrono::NaiveDate;
use chrono_tz::Tz;
use std::collections::HashMap;

/// Radii that can be chosen, in the country's own unit (product.md section 4), the smallest first.
pub fn radii(policies: &Policies) -> Vec<u32> {
    let mut radii: Vec<u32> = policies.search_radius_choices.iter().filter_map(|radius| u32::try_from(*radius).ok()).collect();
    radii.sort_unstable();
    radii.dedup();
    radii
}

/// The radius that was asked for, if it can be chosen; else the second smallest.
pub fn chosen_radius(radii: &[u32], asked: Option<u32>) -> u32 {
    asked.filter(|radius| radii.contains(radius)).or(radii.get(1).or(radii.first()).copied()).unwrap_or_default()
}

/// Centres shown at once.
const LIMIT: usize = 20;
/// The largest of several towns of one name is meant when it is this many times larger than the next.
const CLEARLY_LARGER: i64 = 5;

/// Miles or kilometres.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Km,
    Mi,
}

impl Unit {
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "km" => Some(Unit::Km),
            "mi" => Some(Unit::Mi),
            _ => None,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Unit::Km => "km",
            Unit::Mi => "mi",
        }
    }

    pub fn meters(self) -> f64 {
        match self {
            Unit::Km => 1000.0,
            Unit::Mi => 1609.344,
        }
    }
}

/// What was asked.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// City or postal code as typed.
    pub place: String,
    /// A city chosen from a list; it counts as long as `place` names it.
    pub city: Option<i64>,
    /// ISO 3166 code; empty: anywhere.
    pub country: String,
    pub radius: u32,
    pub unit: Option<Unit>,
    pub accessible: bool,
}

/// What was found.
pub enum Answer {
    /// Nothing was typed: the centres of the country.
    Country {
        centers: Vec<Found>,
        /// There are others that are not shown.
        more: bool,
    },
    /// Centres around a place, the nearest first. The others have the same name.
    Around {
        city: City,
        centers: Vec<Found>,
        /// There are others that are not shown.
        more: bool,
        others: Vec<City>,
    },
    /// None within the radius: the nearest one, if there is any at all.
    TooFar {
        city: City,
        nearest: Option<Box<Found>>,
        others: Vec<City>,
    },
    /// Several places may be meant.
    Which(Vec<City>),
    UnknownPlace,
}

/// A centre in the list.
pub struct Found {
    pub center: Center,
    /// The first day with a free seat within the horizon.
    pub first_free: Option<NaiveDate>,
}

pub struct Search {
    pub countries: Vec<Country>,
    pub unit: Unit,
    pub answer: Answer,
}

/// Answers a search for centres.
pub async fn centers(cx: &RequestContext, booking: &Booking, language: &str, question: &Question) -> AppResult<Search> {
    let viewer = cx.candidate()?;
    let mut conn = cx.state.db.acquire().await?;
    let countries = places::countries(&mut conn, &viewer.country).await?;
    let country = Some(question.country.as_str()).filter(|country| !country.is_empty());
    let unit_of =
        |code: &str| countries.iter().find(|country| country.code == code).and_then(|country| Unit::parse(&country.distance_unit));
    let unit = question.unit.or_else(|| unit_of(country.unwrap_or(&viewer.country))).unwrap_or(Unit::Km);
    let today = format::day_in(cx.now(), cx.time_zone());

    let (city, others) = match resolve(&mut conn, question, country).await? {
        Resolved::Nothing => {
            let (centers, more) = shown(places::centers_in(&mut conn, country, question.accessible, today, LIMIT as i64 + 1).await?);
            let centers = with_first_free(&mut conn, cx, booking, language, question, centers).await?;
            return Ok(Search { countries, unit, answer: Answer::Country { centers, more } });
        }
        Resolved::Unknown => return Ok(Search { countries, unit, answer: Answer::UnknownPlace }),
        Resolved::Several(cities) => return Ok(Search { countries, unit, answer: Answer::Which(cities) }),
        Resolved::One(city, others) => (city, others),
    };
    let point = (city.latitude, city.longitude);
    let meters = f64::from(question.radius) * unit.meters();
    let around = places::centers_around(&mut conn, point, meters, question.accessible, today, LIMIT as i64 + 1).await?;
    let (centers, more) = shown(around);
    let answer = if centers.is_empty() {
        let nearest = places::nearest_center(&mut conn, point, question.accessible, today).await?;
        let nearest = with_first_free(&mut conn, cx, booking, language, question, nearest.into_iter().collect()).await?;
        Answer::TooFar { city, nearest: nearest.into_iter().next().map(Box::new), others }
    } else {
        let centers = with_first_free(&mut conn, cx, booking, language, question, centers).await?;
        Answer::Around { city, centers, more, others }
    };
    Ok(Search { countries, unit, answer })
}

/// As many as are shown, and whether there are others.
fn shown(mut centers: Vec<Center>) -> (Vec<Center>, bool) {
    let more = centers.len() > LIMIT;
    centers.truncate(LIMIT);
    (centers, more)
}

enum Resolved {
    Nothing,
    Unknown,
    One(City, Vec<City>),
    Several(Vec<City>),
}

async fn resolve(conn: &mut sqlx::PgConnection, question: &Question, country: Option<&str>) -> AppResult<Resolved> {
    if let Some(id) = question.city
        && let Some(city) = places::city(conn, id).await?
        && rules::still_means(&question.place, country, &city.label(), &city.country)
    {
        return Ok(Resolved::One(city, vec![]));
    }
    let text = rules::searchable(&question.place);
    if text.is_empty() {
        return Ok(if question.city.is_some() { Resolved::Unknown } else { Resolved::Nothing });
    }
    if text.len() >= 3 && text.starts_with(|c: char| c.is_ascii_digit()) {
        // ZIP+4: the first five say where.
        let code = text.split('-').next().unwrap_or(&text).to_uppercase();
        if let Some(place) = places::postal_code(conn, country.unwrap_or("US"), &code).await? {
            return Ok(Resolved::One(place, vec![]));
        }
    }
    // "Paris, France": the name before the comma.
    let name = text.split(',').next().unwrap_or(&text).trim().to_owned();
    let mut found = places::cities(conn, &name, country).await?;
    if found.is_empty() && country.is_some() {
        // A town in another country than the one that stood in the field: never taken for granted, always asked.
        found = places::cities(conn, &name, None).await?;
        return Ok(if found.is_empty() { Resolved::Unknown } else { Resolved::Several(found) });
    }
    Ok(choose(found))
}

/// One place, if it is clear which is meant.
fn choose(found: Vec<City>) -> Resolved {
    let exact = found.iter().filter(|city| city.exact).count();
    let clear = match found.as_slice() {
        [] => return Resolved::Unknown,
        [_] => true,
        [first, second, ..] => exact == 1 || exact > 1 && first.population >= CLEARLY_LARGER * second.population,
    };
    if !clear {
        return Resolved::Several(found);
    }
    let mut found = found.into_iter();
    match found.next() {
        Some(city) => Resolved::One(city, found.filter(|other| other.exact).collect()),
        None => Resolved::Unknown,
    }
}

async fn with_first_free(
    conn: &mut sqlx::PgConnection,
    cx: &RequestContext,
    booking: &Booking,
    language: &str,
    question: &Question,
    centers: Vec<Center>,
) -> AppResult<Vec<Found>> {
    let wanted = availability::wanted(cx.now(), booking, Delivery::Center, language, question.accessible)?;
    let (from, to) = (format::day_in(wanted.earliest, Tz::UTC), format::day_in(wanted.latest, Tz::UTC));
    let known = availability::center_places(conn, &centers, from, to).await?;
    let days: HashMap<CenterId, NaiveDate> = availability::first_free_days(conn, &known, &wanted, cx.now()).await?;
    Ok(centers.into_iter().map(|center| Found { first_free: days.get(&center.id).copied(), center }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn city(name: &str, population: i64, exact: bool) -> City {
        City { id: 1, name: name.into(), admin1: String::new(), country: "US".into(), latitude: 0.0, longitude: 0.0, population, exact }
    }

    #[test]
    fn the_place_that_is_clearly_meant_is_taken_and_others_are_asked() {
        assert!(matches!(choose(vec![]), Resolved::Unknown));
        assert!(matches!(choose(vec![city("Springf", 9, false)]), Resolved::One(..)));
        assert!(
            matches!(choose(vec![city("Portland", 650, true), city("Portland", 68, true)]), Resolved::One(_, others) if others.len() == 1)
        );
        assert!(matches!(choose(vec![city("Springfield", 170, true), city("Springfield", 155, true)]), Resolved::Several(_)));
        assert!(matches!(choose(vec![city("San A", 9, false), city("San B", 8, false)]), Resolved::Several(_)));
        assert!(matches!(choose(vec![city("San", 9, true), city("San Bruno", 800, false)]), Resolved::One(city, _) if city.name == "San"));
    }
}
