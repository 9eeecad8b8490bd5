//! Reference data that no programme edits: countries, subdivisions, cities, postal codes. The bundled files are loaded
//! when their digest differs from the one in the database; a start with nothing new costs one query.

use super::store;
use crate::server::fold::fold;
use flate2::read::GzDecoder;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use sqlx::PgPool;
use std::error::Error;
use std::io::Read;

const COUNTRIES: Bundled = Bundled { name: "countries", bytes: include_bytes!("../../seed/reference/countries.csv") };
const SUBDIVISIONS: Bundled = Bundled { name: "subdivisions", bytes: include_bytes!("../../seed/reference/subdivisions.csv.gz") };
const CITIES: Bundled = Bundled { name: "cities", bytes: include_bytes!("../../seed/reference/cities.csv.gz") };
const POSTAL_CODES: Bundled = Bundled { name: "postal_codes_us", bytes: include_bytes!("../../seed/reference/postal_codes_us.csv.gz") };

/// A data file inside the program.
pub struct Bundled {
    /// Its row in `reference_data`.
    pub name: &'static str,
    pub bytes: &'static [u8],
}

impl Bundled {
    /// What tells one content from another. Covers the loader too: raise `LOADER` when rows are made in another way.
    pub fn version(&self) -> String {
        const LOADER: &[u8] = b"1";
        let digest = Sha256::new().chain_update(LOADER).chain_update(self.bytes).finalize();
        digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect()
    }

    /// The rows as they are unpacked: a whole file of cities in memory is what the process would keep for good.
    fn rows<T: DeserializeOwned>(&self) -> impl Iterator<Item = Result<T, csv::Error>> + use<T> {
        let bytes: Box<dyn Read + Send> = match self.bytes {
            packed @ [0x1f, 0x8b, ..] => Box::new(GzDecoder::new(packed)),
            plain => Box::new(plain),
        };
        csv::Reader::from_reader(bytes).into_deserialize()
    }

    /// The rows in portions that one statement takes.
    fn portions<T: DeserializeOwned>(&self) -> impl Iterator<Item = Result<Vec<T>, csv::Error>> + use<T> {
        const PORTION: usize = 2000;
        let mut rows = self.rows();
        std::iter::from_fn(move || {
            let portion: Result<Vec<T>, csv::Error> = rows.by_ref().take(PORTION).collect();
            portion.map(|rows| (!rows.is_empty()).then_some(rows)).transpose()
        })
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Country {
    pub code: String,
    pub name_en: String,
    pub name_es: String,
    pub distance_unit: String,
    pub calling_code: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Subdivision {
    pub code: String,
    pub country: String,
    pub name: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct City {
    pub geoname_id: i64,
    pub name: String,
    pub ascii_name: String,
    /// Separated by `|`.
    pub alternate_names: String,
    pub country: String,
    pub admin1: String,
    pub lat: f64,
    pub lon: f64,
    pub population: i64,
    pub timezone: String,
}

impl City {
    /// `|` and each name once, folded, in the order given: what `city.search` holds.
    pub fn search(&self) -> String {
        let mut out = String::new();
        let mut seen = Vec::new();
        for name in [self.name.as_str(), self.ascii_name.as_str()].into_iter().chain(self.alternate_names.split('|')) {
            let name = fold(name).replace('|', " ");
            if !name.is_empty() && !seen.contains(&name) {
                out.push('|');
                out.push_str(&name);
                seen.push(name);
            }
        }
        out
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct PostalCode {
    pub zip: String,
    pub place: String,
    pub state: String,
    pub lat: f64,
    pub lon: f64,
}

/// Loads what is newer than the database, in one transaction. Safe to call from several instances at once: one loads,
/// the others wait and find it done.
pub async fn load(pool: &PgPool) -> Result<(), Box<dyn Error>> {
    let wanted = [COUNTRIES, SUBDIVISIONS, CITIES, POSTAL_CODES].map(|file| (file.name, file.version()));
    let is_old = |known: &[(String, String)], name: &str| {
        let wanted = wanted.iter().find(|(wanted, _)| *wanted == name).map(|(_, version)| version);
        known.iter().find(|(known, _)| known == name).map(|(_, version)| version) != wanted
    };
    let known = store::reference_versions(pool).await?;
    if !wanted.iter().any(|(name, _)| is_old(&known, name)) {
        return Ok(());
    }
    let mut tx = pool.begin().await?;
    store::lock_loading(&mut tx).await?;
    let known = store::reference_versions(&mut *tx).await?;
    if is_old(&known, COUNTRIES.name) {
        for rows in COUNTRIES.portions() {
            store::put_countries(&mut tx, &rows?).await?;
        }
    }
    if is_old(&known, SUBDIVISIONS.name) {
        for rows in SUBDIVISIONS.portions() {
            store::put_subdivisions(&mut tx, &rows?).await?;
        }
    }
    if is_old(&known, CITIES.name) {
        store::delete_cities(&mut tx).await?;
        for rows in CITIES.portions() {
            store::add_cities(&mut tx, &rows?).await?;
        }
        store::index_city_names(&mut tx).await?;
    }
    if is_old(&known, POSTAL_CODES.name) {
        store::delete_postal_codes(&mut tx, "US").await?;
        for rows in POSTAL_CODES.portions() {
            store::add_postal_codes(&mut tx, "US", &rows?).await?;
        }
    }
    for (name, version) in &wanted {
        store::put_reference_version(&mut tx, name, version).await?;
    }
    tx.commit().await?;
    tracing::info!("reference data was loaded: countries, subdivisions, cities, postal codes");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_files_hang_together() {
        let countries: Vec<Country> = COUNTRIES.rows().collect::<Result<_, _>>().unwrap();
        let codes: HashSet<&str> = countries.iter().map(|country| country.code.as_str()).collect();
        assert_eq!(codes.len(), 250);
        let subdivisions: Vec<Subdivision> = SUBDIVISIONS.rows().collect::<Result<_, _>>().unwrap();
        assert!(subdivisions.len() > 3000);
        for subdivision in &subdivisions {
            assert!(codes.contains(subdivision.country.as_str()), "{subdivision:?}");
        }
        let cities: Vec<City> = CITIES.rows().collect::<Result<_, _>>().unwrap();
        assert!(cities.len() > 30_000);
        for city in &cities {
            assert!(codes.contains(city.country.as_str()), "{city:?}");
            assert!(city.timezone.parse::<chrono_tz::Tz>().is_ok(), "{city:?}");
            assert!((-90.0..=90.0).contains(&city.lat) && (-180.0..=180.0).contains(&city.lon), "{city:?}");
        }
        let codes: Vec<PostalCode> = POSTAL_CODES.rows().collect::<Result<_, _>>().unwrap();
        assert!(codes.len() > 40_000 && codes.iter().all(|code| code.zip.len() == 5));
    }

    #[test]
    fn a_city_is_found_by_every_name_without_accents() {
        let city = City {
            geoname_id: 1,
            name: "Köln".into(),
            ascii_name: "Koln".into(),
            alternate_names: "Cologne|Koeln|Colonia".into(),
            country: "DE".into(),
            admin1: "North Rhine-Westphalia".into(),
            lat: 50.9,
            lon: 6.9,
            population: 1,
            timezone: "Europe/Berlin".into(),
        };
        assert_eq!(city.search(), "|koln|cologne|koeln|colonia");
    }
}
