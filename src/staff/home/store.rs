//! The SQL of the staff's start page.

use chrono::{DateTime, Utc};
use sqlx::PgPool;

/// One line of "appointments today".
#[derive(Debug, Clone)]
pub struct PlaceToday {
    /// `None`: online.
    pub place: Option<String>,
    pub city: Option<String>,
    pub appointments: i64,
}

/// Appointments that start in a span of time, by place, most first.
pub async fn appointments_between(pool: &PgPool, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<PlaceToday>, sqlx::Error> {
    sqlx::query_as!(
        PlaceToday,
        r#"SELECT c.name AS "place?", c.city AS "city?", count(*) AS "appointments!"
           FROM appointment a LEFT JOIN test_center c ON c.id = a.center_id
           WHERE a.starts_at >= $1 AND a.starts_at < $2 AND a.state NOT IN ('held', 'expired', 'cancelled')
           GROUP BY c.id, c.name, c.city ORDER BY count(*) DESC, c.name LIMIT 200"#,
        from,
        to
    )
    .fetch_all(pool)
    .await
}
