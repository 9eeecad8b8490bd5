//! What a profile shows and changes.

use super::Sql;
use crate::ids::AccountId;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

#[derive(Debug, Clone)]
pub struct Profile {
    pub candidate_id: Option<String>,
    pub given_name: String,
    pub family_name: String,
    pub country: String,
    pub subdivision: Option<String>,
    pub language: String,
    pub time_zone: String,
    pub company: Option<String>,
    pub job_role: Option<String>,
    pub industry: Option<String>,
    pub country_name_en: String,
    pub country_name_es: String,
    pub subdivision_name: Option<String>,
    pub password_changed_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    /// An exam was taken: the legal name is locked (product.md section 1).
    pub name_locked: bool,
}

pub async fn profile(conn: &mut PgConnection, account_id: AccountId) -> Sql<Option<Profile>> {
    sqlx::query_as!(
        Profile,
        r#"SELECT a.candidate_id, a.given_name, a.family_name, a.country, a.subdivision, a.language, a.time_zone, a.company, a.job_role,
                  a.industry, c.name_en AS country_name_en, c.name_es AS country_name_es, s.name AS "subdivision_name?",
                  a.password_changed_at, a.created_at,
                  (EXISTS (SELECT 1 FROM exam_result r WHERE r.account_id = a.id)
                   OR EXISTS (SELECT 1 FROM appointment p WHERE p.account_id = a.id
                              AND p.state IN ('checked_in', 'admitted', 'started', 'delivered', 'under_review', 'scored', 'interrupted'))) AS "name_locked!"
           FROM account a JOIN country c ON c.code = a.country LEFT JOIN subdivision s ON s.code = a.subdivision
           WHERE a.id = $1"#,
        account_id as _
    )
    .fetch_optional(conn)
    .await
}

/// What a profile form changes.
pub struct ProfileChange<'a> {
    pub given_name: &'a str,
    pub family_name: &'a str,
    pub country: &'a str,
    pub subdivision: Option<&'a str>,
    pub language: &'a str,
    pub time_zone: &'a str,
    pub company: Option<&'a str>,
    pub job_role: Option<&'a str>,
    pub industry: Option<&'a str>,
}

pub async fn update_profile(conn: &mut PgConnection, account_id: AccountId, change: &ProfileChange<'_>) -> Sql<u64> {
    let done = sqlx::query!(
        "UPDATE account SET given_name = $2, family_name = $3, country = $4, subdivision = $5, language = $6, time_zone = $7, company = $8,
                            job_role = $9, industry = $10
         WHERE id = $1",
        account_id as _,
        change.given_name,
        change.family_name,
        change.country,
        change.subdivision,
        change.language,
        change.time_zone,
        change.company,
        change.job_role,
        change.industry,
    );
    Ok(done.execute(conn).await?.rows_affected())
}
