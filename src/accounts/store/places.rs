//! Countries and their regions.

use super::Sql;
use crate::accounts::model::Region;
use sqlx::{PgConnection, PgPool};

#[derive(Debug, Clone)]
pub struct Country {
    pub code: String,
    pub name_en: String,
    pub name_es: String,
}

pub async fn countries(pool: &PgPool) -> Sql<Vec<Country>> {
    sqlx::query_as!(Country, "SELECT code, name_en, name_es FROM country").fetch_all(pool).await
}

pub async fn regions(pool: &PgPool, country: &str) -> Sql<Vec<Region>> {
    sqlx::query_as!(Region, "SELECT code, name FROM subdivision WHERE country = $1", country).fetch_all(pool).await
}

/// Whether a country is known, has regions, and the one given is one of them.
pub struct Place {
    pub country: bool,
    pub has_regions: bool,
    pub region: bool,
    /// The zone most of its people live in, by its largest city.
    pub main_zone: Option<String>,
}

pub async fn place(conn: &mut PgConnection, country: &str, region: &str) -> Sql<Place> {
    sqlx::query_as!(
        Place,
        r#"SELECT EXISTS (SELECT 1 FROM country WHERE code = $1) AS "country!",
                  EXISTS (SELECT 1 FROM subdivision WHERE country = $1) AS "has_regions!",
                  EXISTS (SELECT 1 FROM subdivision WHERE country = $1 AND code = $2) AS "region!",
                  (SELECT time_zone FROM city WHERE country = $1 ORDER BY population DESC LIMIT 1) AS main_zone"#,
        country,
        region
    )
    .fetch_one(conn)
    .await
}
