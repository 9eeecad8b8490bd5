//! The demo's test centres and online lanes. Ids follow from the codes, so that seeding again adds only what is new.

use super::rules::parse_opening_hours;
use crate::server::AppState;
use chrono::{Datelike, NaiveDate, NaiveTime};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use uuid::Uuid;

const CENTERS: &str = include_str!("../../seed/demo/test_centers.csv");

/// Proctors' lanes by language: those of the catalogue.
const LANES: &[(&str, usize)] =
    &[("en", 6), ("ar", 3), ("de", 3), ("es", 3), ("es-419", 3), ("fr", 3), ("it", 3), ("ja", 3), ("ko", 3), ("pt-BR", 3), ("zh-CN", 3)];

/// Countries whose centres close on 25 December; on 1 January all do.
const CHRISTMAS: &[&str] = &[
    "AR", "AU", "BR", "CA", "CH", "CO", "DE", "ES", "FR", "GB", "IE", "IT", "KE", "KR", "MX", "NG", "NL", "NZ", "PL", "PT", "SE", "SG",
    "US", "ZA",
];

#[derive(Debug, Deserialize)]
struct Row {
    code: String,
    name: String,
    address_lines: String,
    city: String,
    region: String,
    postal_code: String,
    country: String,
    lat: f64,
    lon: f64,
    timezone: String,
    phone: String,
    opening_hours: String,
    workstations: usize,
    accessible_workstations: usize,
    arrival_instructions_en: String,
    arrival_instructions_es: String,
    same_day: bool,
}

/// The id that belongs to a name for good.
pub fn stable_id(kind: &str, name: &str) -> Uuid {
    let digest = Sha256::digest(format!("{kind}:{name}").as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// Loads centres, hours, seats, lanes and the closed days of this year and the next.
pub async fn load(state: &AppState) -> Result<(), Box<dyn std::error::Error>> {
    let year = state.clock.now().year();
    let mut tx = state.db.begin().await?;
    for row in csv::Reader::from_reader(CENTERS.as_bytes()).deserialize() {
        let row: Row = row?;
        center(&mut tx, &row, year).await?;
    }
    for (language, count) in LANES {
        let labels: Vec<String> = (1..=*count).map(|number| format!("Online {language} {number}")).collect();
        let ids: Vec<Uuid> = labels.iter().map(|label| stable_id("lane", label)).collect();
        sqlx::query!(
            "INSERT INTO seat (id, language, label) SELECT id, $3, label FROM unnest($1::uuid[], $2::text[]) AS s (id, label)
             ON CONFLICT (id) DO NOTHING",
            &ids,
            &labels,
            *language
        )
        .execute(&mut *tx)
        .await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn center(tx: &mut PgConnection, row: &Row, year: i32) -> Result<(), Box<dyn std::error::Error>> {
    let id = stable_id("test_center", &row.code);
    let mut address: Vec<String> = row.address_lines.split('|').map(str::to_owned).collect();
    // The last line as a letter there has it.
    let region = row.region.split('-').nth(1).unwrap_or_default();
    address.push(
        match row.country.as_str() {
            "US" | "CA" => format!("{}, {region} {}", row.city, row.postal_code),
            "AU" => format!("{} {region} {}", row.city, row.postal_code),
            "GB" | "IE" | "IN" | "NZ" | "SG" | "KR" | "AE" | "EG" => format!("{} {}", row.city, row.postal_code),
            _ => format!("{} {}", row.postal_code, row.city),
        }
        .trim()
        .to_owned(),
    );
    sqlx::query!(
        "INSERT INTO test_center (id, code, name, address_lines, city, country, latitude, longitude, position, time_zone, phone, arrival, same_day_changes)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, ll_to_earth($7, $8), $9, $10, $11, $12) ON CONFLICT (id) DO NOTHING",
        id,
        row.code,
        row.name,
        &address,
        row.city,
        row.country,
        row.lat,
        row.lon,
        row.timezone,
        Some(row.phone.as_str()).filter(|phone| !phone.is_empty()),
        serde_json::json!({ "en": row.arrival_instructions_en, "es": row.arrival_instructions_es }),
        row.same_day,
    )
    .execute(&mut *tx)
    .await?;

    let hours = parse_opening_hours(&row.opening_hours).ok_or_else(|| format!("{}: opening hours `{}`", row.code, row.opening_hours))?;
    let weekdays: Vec<i32> = hours.iter().map(|(weekday, ..)| *weekday as i32).collect();
    let opens: Vec<NaiveTime> = hours.iter().map(|(_, opens, _)| *opens).collect();
    let closes: Vec<NaiveTime> = hours.iter().map(|(.., closes)| *closes).collect();
    sqlx::query!(
        "INSERT INTO opening_hours (center_id, weekday, opens, closes)
         SELECT $1, weekday, opens, closes FROM unnest($2::int[], $3::time[], $4::time[]) AS h (weekday, opens, closes)
         ON CONFLICT DO NOTHING",
        id,
        &weekdays,
        &opens,
        &closes
    )
    .execute(&mut *tx)
    .await?;

    // The accessible workstations are among the workstations, not beside them.
    let accessible: Vec<bool> = (0..row.workstations).map(|index| index < row.accessible_workstations).collect();
    let labels: Vec<String> = (1..=row.workstations).map(|number| format!("{number:02}")).collect();
    let ids: Vec<Uuid> = labels.iter().map(|label| stable_id("seat", &format!("{}:{label}", row.code))).collect();
    sqlx::query!(
        "INSERT INTO seat (id, center_id, label, accessible)
         SELECT id, $1, label, accessible FROM unnest($2::uuid[], $3::text[], $4::bool[]) AS s (id, label, accessible)
         ON CONFLICT (id) DO NOTHING",
        id,
        &ids,
        &labels,
        &accessible
    )
    .execute(&mut *tx)
    .await?;

    let closed: Vec<NaiveDate> = [year, year + 1]
        .into_iter()
        .flat_map(|year| {
            let christmas = CHRISTMAS.contains(&row.country.as_str()).then(|| NaiveDate::from_ymd_opt(year, 12, 25));
            [christmas.flatten(), NaiveDate::from_ymd_opt(year, 1, 1)]
        })
        .flatten()
        .collect();
    sqlx::query!(
        "INSERT INTO opening_exception (center_id, on_day, reason) SELECT $1, day, 'public holiday' FROM unnest($2::date[]) AS d (day)
         ON CONFLICT DO NOTHING",
        id,
        &closed
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}
