//! Cities, centres, opening hours and seats.

use crate::ids::{CenterId, SeatId};
use crate::scheduling::rules::place_label;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use sqlx::PgConnection;

/// A test centre, with its distance where a place was searched.
#[derive(Debug, Clone)]
pub struct Center {
    pub id: CenterId,
    pub code: String,
    pub name: String,
    pub address_lines: Vec<String>,
    pub city: String,
    pub country: String,
    pub time_zone: String,
    pub phone: Option<String>,
    pub arrival: serde_json::Value,
    pub closed_on: Option<NaiveDate>,
    pub meters: Option<f64>,
    pub has_accessible: bool,
}

pub async fn center(conn: &mut PgConnection, code: &str) -> Result<Option<Center>, sqlx::Error> {
    sqlx::query_as!(
        Center,
        r#"SELECT id, code, name, address_lines, city, country, time_zone, phone, arrival, closed_on, NULL::float8 AS meters,
                  EXISTS (SELECT FROM seat s WHERE s.center_id = c.id AND s.accessible AND s.active) AS "has_accessible!"
           FROM test_center c WHERE code = $1"#,
        code
    )
    .fetch_optional(conn)
    .await
}

/// Centres around a point, nearest first; `meters` is the radius.
pub async fn centers_around(
    conn: &mut PgConnection,
    (latitude, longitude): (f64, f64),
    meters: f64,
    accessible: bool,
    today: NaiveDate,
    limit: i64,
) -> Result<Vec<Center>, sqlx::Error> {
    sqlx::query_as!(
        Center,
        r#"SELECT c.id, c.code, c.name, c.address_lines, c.city, c.country, c.time_zone, c.phone, c.arrival, c.closed_on,
                  sec_to_gc(cube_distance(ll_to_earth($1, $2), c.position)) AS meters,
                  EXISTS (SELECT FROM seat s WHERE s.center_id = c.id AND s.accessible AND s.active) AS "has_accessible!"
           FROM test_center c
           WHERE earth_box(ll_to_earth($1, $2), $3) @> c.position
             AND sec_to_gc(cube_distance(ll_to_earth($1, $2), c.position)) <= $3
             AND (NOT $4 OR EXISTS (SELECT FROM seat s WHERE s.center_id = c.id AND s.accessible AND s.active))
             AND (c.closed_on IS NULL OR c.closed_on > $5)
           ORDER BY 11, c.code LIMIT $6"#,
        latitude,
        longitude,
        meters,
        accessible,
        today,
        limit
    )
    .fetch_all(conn)
    .await
}

/// The nearest centre, however far.
pub async fn nearest_center(
    conn: &mut PgConnection,
    (latitude, longitude): (f64, f64),
    accessible: bool,
    today: NaiveDate,
) -> Result<Option<Center>, sqlx::Error> {
    sqlx::query_as!(
        Center,
        r#"SELECT c.id, c.code, c.name, c.address_lines, c.city, c.country, c.time_zone, c.phone, c.arrival, c.closed_on,
                  sec_to_gc(cube_distance(ll_to_earth($1, $2), c.position)) AS meters,
                  EXISTS (SELECT FROM seat s WHERE s.center_id = c.id AND s.accessible AND s.active) AS "has_accessible!"
           FROM test_center c
           WHERE (NOT $3 OR EXISTS (SELECT FROM seat s WHERE s.center_id = c.id AND s.accessible AND s.active))
             AND (c.closed_on IS NULL OR c.closed_on > $4)
           ORDER BY 11 LIMIT 1"#,
        latitude,
        longitude,
        accessible,
        today
    )
    .fetch_optional(conn)
    .await
}

/// Centres of a country (`None`: of all), by city.
pub async fn centers_in(
    conn: &mut PgConnection,
    country: Option<&str>,
    accessible: bool,
    today: NaiveDate,
    limit: i64,
) -> Result<Vec<Center>, sqlx::Error> {
    sqlx::query_as!(
        Center,
        r#"SELECT id, code, name, address_lines, city, country, time_zone, phone, arrival, closed_on, NULL::float8 AS meters,
                  EXISTS (SELECT FROM seat s WHERE s.center_id = c.id AND s.accessible AND s.active) AS "has_accessible!"
           FROM test_center c
           WHERE ($1::text IS NULL OR country = $1)
             AND (NOT $2 OR EXISTS (SELECT FROM seat s WHERE s.center_id = c.id AND s.accessible AND s.active))
             AND (closed_on IS NULL OR closed_on > $3)
           ORDER BY city, name LIMIT $4"#,
        country,
        accessible,
        today,
        limit
    )
    .fetch_all(conn)
    .await
}

#[derive(Debug, Clone)]
pub struct HoursRow {
    pub center_id: CenterId,
    pub weekday: i32,
    pub opens: NaiveTime,
    pub closes: NaiveTime,
}

pub async fn opening_hours(conn: &mut PgConnection, centers: &[CenterId]) -> Result<Vec<HoursRow>, sqlx::Error> {
    sqlx::query_as!(
        HoursRow,
        "SELECT center_id, weekday, opens, closes FROM opening_hours WHERE center_id = ANY($1) ORDER BY center_id, weekday, opens",
        centers as _
    )
    .fetch_all(conn)
    .await
}

#[derive(Debug, Clone)]
pub struct ExceptionRow {
    pub center_id: CenterId,
    pub on_day: NaiveDate,
    pub opens: Option<NaiveTime>,
    pub closes: Option<NaiveTime>,
}

pub async fn exceptions(
    conn: &mut PgConnection,
    centers: &[CenterId],
    from: NaiveDate,
    to: NaiveDate,
) -> Result<Vec<ExceptionRow>, sqlx::Error> {
    sqlx::query_as!(
        ExceptionRow,
        "SELECT center_id, on_day, opens, closes FROM opening_exception WHERE center_id = ANY($1) AND on_day BETWEEN $2 AND $3",
        centers as _,
        from,
        to
    )
    .fetch_all(conn)
    .await
}

#[derive(Debug, Clone)]
pub struct SeatRow {
    pub id: SeatId,
    pub center_id: Option<CenterId>,
    pub accessible: bool,
}

/// Seats of some centres.
pub async fn seats(conn: &mut PgConnection, centers: &[CenterId]) -> Result<Vec<SeatRow>, sqlx::Error> {
    sqlx::query_as!(SeatRow, "SELECT id, center_id, accessible FROM seat WHERE center_id = ANY($1) AND active ORDER BY id", centers as _)
        .fetch_all(conn)
        .await
}

/// Online lanes of a language.
pub async fn lanes(conn: &mut PgConnection, language: &str) -> Result<Vec<SeatRow>, sqlx::Error> {
    sqlx::query_as!(
        SeatRow,
        "SELECT id, center_id, accessible FROM seat WHERE center_id IS NULL AND language = $1 AND active ORDER BY id",
        language
    )
    .fetch_all(conn)
    .await
}

#[derive(Debug, Clone)]
pub struct Taken {
    pub seat_id: SeatId,
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

/// When the seats are taken in a window: one index search a seat, one query for all. A lapsed hold takes nothing.
pub async fn taken(
    conn: &mut PgConnection,
    seats: &[SeatId],
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Vec<Taken>, sqlx::Error> {
    sqlx::query_as!(
        Taken,
        r#"SELECT a.seat_id, lower(a.occupies) AS "from!", upper(a.occupies) AS "to!"
           FROM unnest($1::uuid[]) AS wanted (id)
           JOIN appointment a ON a.seat_id = wanted.id AND a.occupies && tstzrange($2, $3)
           WHERE a.state NOT IN ('cancelled', 'expired') AND NOT (a.state = 'held' AND a.hold_expires_at <= $4)"#,
        seats as _,
        from,
        to,
        now
    )
    .fetch_all(conn)
    .await
}

/// A place somebody searches from.
#[derive(Debug, Clone, PartialEq)]
pub struct City {
    pub id: i64,
    pub name: String,
    pub admin1: String,
    pub country: String,
    pub latitude: f64,
    pub longitude: f64,
    pub population: i64,
    /// The whole name was typed, not only its beginning.
    pub exact: bool,
}

impl City {
    /// As a reader sees it.
    pub fn label(&self) -> String {
        place_label(&self.name, &self.admin1)
    }
}

/// Cities one of whose names begins with `text` (already folded), whole names first, then the largest.
pub async fn cities(conn: &mut PgConnection, text: &str, country: Option<&str>) -> Result<Vec<City>, sqlx::Error> {
    let pattern: String =
        text.chars().flat_map(|c| if matches!(c, '%' | '_' | '\\') { vec!['\\', c] } else { vec![c] }).filter(|c| *c != '|').collect();
    sqlx::query_as!(
        City,
        r#"SELECT geoname_id AS id, name, admin1, country, latitude, longitude, population,
                  (search || '|') LIKE '%|' || $1 || '|%' AS "exact!"
           FROM city WHERE search LIKE '%|' || $1 || '%' AND ($2::text IS NULL OR country = $2)
           ORDER BY 8 DESC, population DESC LIMIT 8"#,
        pattern,
        country
    )
    .fetch_all(conn)
    .await
}

pub async fn city(conn: &mut PgConnection, id: i64) -> Result<Option<City>, sqlx::Error> {
    sqlx::query_as!(
        City,
        r#"SELECT geoname_id AS id, name, admin1, country, latitude, longitude, population, true AS "exact!"
           FROM city WHERE geoname_id = $1"#,
        id
    )
    .fetch_optional(conn)
    .await
}

/// The place of a postal code.
pub async fn postal_code(conn: &mut PgConnection, country: &str, code: &str) -> Result<Option<City>, sqlx::Error> {
    sqlx::query_as!(
        City,
        r#"SELECT 0::bigint AS "id!", place || ' ' || code AS "name!", admin1, country, latitude, longitude, 0::bigint AS "population!",
                  true AS "exact!"
           FROM postal_code WHERE country = $1 AND code = $2"#,
        country,
        code
    )
    .fetch_optional(conn)
    .await
}

/// A place that may be meant, with the names of its country.
#[derive(Debug, Clone)]
pub struct Suggested {
    /// `None`: a postal code.
    pub city: Option<i64>,
    pub code: Option<String>,
    pub name: String,
    pub admin1: String,
    pub country_en: String,
    pub country_es: String,
}

/// Cities one of whose names begins with `text` (already folded), the largest first.
pub async fn cities_beginning(
    conn: &mut PgConnection,
    text: &str,
    country: Option<&str>,
    limit: i64,
) -> Result<Vec<Suggested>, sqlx::Error> {
    sqlx::query_as!(
        Suggested,
        // Up to what no name begins with: the last character that there is.
        r#"WITH found AS (
               SELECT DISTINCT population, geoname_id FROM city_name
               WHERE name >= $1 AND name < $1 || chr(1114111) AND ($2::text IS NULL OR country = $2)
               ORDER BY population DESC, geoname_id LIMIT $3)
           SELECT t.geoname_id AS "city?", NULL::text AS code, t.name, t.admin1, c.name_en AS country_en, c.name_es AS country_es
           FROM found JOIN city t USING (geoname_id) JOIN country c ON c.code = t.country
           ORDER BY t.population DESC, t.geoname_id"#,
        text,
        country,
        limit
    )
    .fetch_all(conn)
    .await
}

/// Postal codes that begin with some digits, in order. A range, which the primary key answers in every collation.
pub async fn postal_codes_beginning(
    conn: &mut PgConnection,
    country: &str,
    digits: &str,
    limit: i64,
) -> Result<Vec<Suggested>, sqlx::Error> {
    sqlx::query_as!(
        Suggested,
        r#"SELECT NULL::bigint AS city, p.code AS "code?", p.place AS name, p.admin1, c.name_en AS country_en, c.name_es AS country_es
           FROM postal_code p JOIN country c ON c.code = p.country
           WHERE p.country = $1 AND p.code >= $2 AND p.code <= $2 || '99999' ORDER BY p.code LIMIT $3"#,
        country,
        digits,
        limit
    )
    .fetch_all(conn)
    .await
}

#[derive(Debug, Clone)]
pub struct Country {
    pub code: String,
    pub name_en: String,
    pub name_es: String,
    pub distance_unit: String,
    pub has_centers: bool,
}

/// Countries with centres, and the reader's own.
pub async fn countries(conn: &mut PgConnection, own: &str) -> Result<Vec<Country>, sqlx::Error> {
    sqlx::query_as!(
        Country,
        r#"SELECT code, name_en, name_es, distance_unit,
                  EXISTS (SELECT FROM test_center t WHERE t.country = c.code) AS "has_centers!"
           FROM country c
           WHERE code = $1 OR EXISTS (SELECT FROM test_center t WHERE t.country = c.code) ORDER BY name_en"#,
        own
    )
    .fetch_all(conn)
    .await
}
