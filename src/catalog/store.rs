//! The catalogue's SQL, one function a statement.

use super::file::{CertificationRow, ExamRow};
use super::model::{Announcement, Certification, Domain, Exam, ExamLanguage, Level, Status};
use super::reference::{City, Country, PostalCode, Subdivision};
use crate::ids::{CertificationId, ExamId};
use crate::money::Money;
use chrono::NaiveDate;
use sqlx::{PgConnection, PgExecutor};

// Reference data

/// `(name, version)` of what is loaded.
pub async fn reference_versions(db: impl PgExecutor<'_>) -> Result<Vec<(String, String)>, sqlx::Error> {
    let rows = sqlx::query!("SELECT name, version FROM reference_data").fetch_all(db).await?;
    Ok(rows.into_iter().map(|row| (row.name, row.version)).collect())
}

/// One instance loads at a time; held to the end of the transaction.
pub async fn lock_loading(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtext('certportal.reference_data'))").execute(conn).await?;
    Ok(())
}

pub async fn put_reference_version(conn: &mut PgConnection, name: &str, version: &str) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO reference_data (name, version) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET version = excluded.version",
        name,
        version
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Accounts and centres refer to countries: none is ever taken away.
pub async fn put_countries(conn: &mut PgConnection, rows: &[Country]) -> Result<(), sqlx::Error> {
    let code: Vec<&str> = rows.iter().map(|row| row.code.as_str()).collect();
    let name_en: Vec<&str> = rows.iter().map(|row| row.name_en.as_str()).collect();
    let name_es: Vec<&str> = rows.iter().map(|row| row.name_es.as_str()).collect();
    let unit: Vec<&str> = rows.iter().map(|row| row.distance_unit.as_str()).collect();
    let calling: Vec<Option<&str>> = rows.iter().map(|row| row.calling_code.as_deref().filter(|code| !code.is_empty())).collect();
    sqlx::query!(
        "INSERT INTO country (code, name_en, name_es, distance_unit, calling_code)
         SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
         ON CONFLICT (code) DO UPDATE SET name_en = excluded.name_en, name_es = excluded.name_es,
                                          distance_unit = excluded.distance_unit, calling_code = excluded.calling_code",
        &code as &[&str],
        &name_en as &[&str],
        &name_es as &[&str],
        &unit as &[&str],
        &calling as &[Option<&str>],
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn country_codes(conn: &mut PgConnection) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!("SELECT code FROM country").fetch_all(conn).await
}

/// Accounts refer to subdivisions: none is ever taken away.
pub async fn put_subdivisions(conn: &mut PgConnection, rows: &[Subdivision]) -> Result<(), sqlx::Error> {
    let code: Vec<&str> = rows.iter().map(|row| row.code.as_str()).collect();
    let country: Vec<&str> = rows.iter().map(|row| row.country.as_str()).collect();
    let name: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    sqlx::query!(
        "INSERT INTO subdivision (code, country, name) SELECT * FROM unnest($1::text[], $2::text[], $3::text[])
         ON CONFLICT (code) DO UPDATE SET country = excluded.country, name = excluded.name",
        &code as &[&str],
        &country as &[&str],
        &name as &[&str],
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Nothing refers to a city: all are replaced.
pub async fn delete_cities(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM city_name").execute(&mut *conn).await?;
    sqlx::query!("DELETE FROM city").execute(conn).await?;
    Ok(())
}

pub async fn add_cities(conn: &mut PgConnection, rows: &[City]) -> Result<(), sqlx::Error> {
    let id: Vec<i64> = rows.iter().map(|row| row.geoname_id).collect();
    let name: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    let search: Vec<String> = rows.iter().map(City::search).collect();
    let country: Vec<&str> = rows.iter().map(|row| row.country.as_str()).collect();
    let admin1: Vec<&str> = rows.iter().map(|row| row.admin1.as_str()).collect();
    let latitude: Vec<f64> = rows.iter().map(|row| row.lat).collect();
    let longitude: Vec<f64> = rows.iter().map(|row| row.lon).collect();
    let population: Vec<i64> = rows.iter().map(|row| row.population).collect();
    let zone: Vec<&str> = rows.iter().map(|row| row.timezone.as_str()).collect();
    sqlx::query!(
        "INSERT INTO city (geoname_id, name, search, country, admin1, latitude, longitude, population, time_zone)
         SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::float8[], $7::float8[],
                              $8::bigint[], $9::text[])",
        &id,
        &name as &[&str],
        &search,
        &country as &[&str],
        &admin1 as &[&str],
        &latitude,
        &longitude,
        &population,
        &zone as &[&str],
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Every name of every city as a row of its own, which the suggestions look through.
pub async fn index_city_names(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO city_name (name, geoname_id, country, population)
         SELECT DISTINCT n.name, c.geoname_id, c.country, c.population
         FROM city c CROSS JOIN unnest(string_to_array(ltrim(c.search, '|'), '|')) AS n (name)"
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Nothing refers to a postal code: those of the country are replaced.
pub async fn delete_postal_codes(conn: &mut PgConnection, country: &str) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM postal_code WHERE country = $1", country).execute(conn).await?;
    Ok(())
}

pub async fn add_postal_codes(conn: &mut PgConnection, country: &str, rows: &[PostalCode]) -> Result<(), sqlx::Error> {
    let code: Vec<&str> = rows.iter().map(|row| row.zip.as_str()).collect();
    let place: Vec<&str> = rows.iter().map(|row| row.place.as_str()).collect();
    let admin1: Vec<&str> = rows.iter().map(|row| row.state.as_str()).collect();
    let latitude: Vec<f64> = rows.iter().map(|row| row.lat).collect();
    let longitude: Vec<f64> = rows.iter().map(|row| row.lon).collect();
    sqlx::query!(
        "INSERT INTO postal_code (country, code, place, admin1, latitude, longitude)
         SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::float8[], $6::float8[])",
        country,
        &code as &[&str],
        &place as &[&str],
        &admin1 as &[&str],
        &latitude,
        &longitude,
    )
    .execute(conn)
    .await?;
    Ok(())
}

// Reading the catalogue

/// Certifications in the programme's order, without their exams.
pub async fn certifications(conn: &mut PgConnection) -> Result<Vec<Certification>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT c.id, c.slug, c.code, c.name, c.short_name, c.level, c.job_roles, c.summary, c.description, c.validity_years,
                  c.retired_on,
                  ARRAY(SELECT r.renews_id FROM certification_renews r JOIN certification o ON o.id = r.renews_id
                        WHERE r.certification_id = c.id ORDER BY o.position) AS "renews!: Vec<CertificationId>"
           FROM certification c ORDER BY c.position, c.slug"#
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Certification {
                level: Level::parse(&row.level).ok_or_else(|| unknown("level", &row.level))?,
                id: row.id,
                slug: row.slug,
                code: row.code,
                name: row.name,
                short_name: row.short_name,
                job_roles: row.job_roles,
                summary: row.summary,
                description: row.description,
                validity_years: row.validity_years,
                retired_on: row.retired_on,
                renews: row.renews,
                exams: vec![],
                announcements: vec![],
            })
        })
        .collect()
}

/// `(certification, exam)`, newest version first, without prices, languages and domains.
pub async fn exams(conn: &mut PgConnection) -> Result<Vec<(CertificationId, Exam)>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT id, code, certification_id, status, minutes, questions, scored_questions, scale_min, scale_max, pass_mark,
                delivery_modes, registration_from, first_day, last_day, retake_wait_days, max_attempts, guide_url
         FROM exam ORDER BY first_day DESC NULLS FIRST, code DESC"
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let offers = |mode: &str| row.delivery_modes.iter().any(|offered| offered == mode);
            let exam = Exam {
                status: Status::parse(&row.status).ok_or_else(|| unknown("status", &row.status))?,
                at_centers: offers("center"),
                online: offers("online"),
                id: row.id,
                code: row.code,
                minutes: row.minutes,
                questions: row.questions,
                scored_questions: row.scored_questions,
                scale_min: row.scale_min,
                scale_max: row.scale_max,
                pass_mark: row.pass_mark,
                registration_from: row.registration_from,
                first_day: row.first_day,
                last_day: row.last_day,
                retake_wait_days: row.retake_wait_days,
                max_attempts: row.max_attempts,
                guide_url: row.guide_url,
                prices: vec![],
                languages: vec![],
                domains: vec![],
            };
            Ok((row.certification_id, exam))
        })
        .collect()
}

/// `(exam, price)`.
pub async fn prices(conn: &mut PgConnection) -> Result<Vec<(ExamId, Money)>, sqlx::Error> {
    let rows = sqlx::query!("SELECT exam_id, currency, minor FROM exam_price ORDER BY currency").fetch_all(conn).await?;
    Ok(rows.into_iter().map(|row| (row.exam_id, Money::new(row.minor, row.currency))).collect())
}

/// `(exam, language)`.
pub async fn languages(conn: &mut PgConnection) -> Result<Vec<(ExamId, ExamLanguage)>, sqlx::Error> {
    let rows = sqlx::query!("SELECT exam_id, language, first_day, last_day FROM exam_language ORDER BY language").fetch_all(conn).await?;
    let language =
        |row: (String, Option<NaiveDate>, Option<NaiveDate>)| ExamLanguage { language: row.0, first_day: row.1, last_day: row.2 };
    Ok(rows.into_iter().map(|row| (row.exam_id, language((row.language, row.first_day, row.last_day)))).collect())
}

/// `(exam, domain)`, in the order of the exam guide.
pub async fn domains(conn: &mut PgConnection) -> Result<Vec<(ExamId, Domain)>, sqlx::Error> {
    let rows = sqlx::query!("SELECT exam_id, name, weight FROM exam_domain ORDER BY exam_id, position").fetch_all(conn).await?;
    Ok(rows.into_iter().map(|row| (row.exam_id, Domain { name: row.name, weight: row.weight })).collect())
}

/// `(certification, announcement)`.
pub async fn announcements(conn: &mut PgConnection) -> Result<Vec<(CertificationId, Announcement)>, sqlx::Error> {
    let rows = sqlx::query!("SELECT code, certification_id, registration_from, replaces_code FROM exam_announcement ORDER BY code")
        .fetch_all(conn)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let announcement = Announcement { code: row.code, registration_from: row.registration_from, replaces_code: row.replaces_code };
            (row.certification_id, announcement)
        })
        .collect())
}

fn unknown(what: &str, value: &str) -> sqlx::Error {
    sqlx::Error::Decode(format!("the catalogue has the {what} `{value}`, which this program does not know").into())
}

// Writing a programme's catalogue

pub async fn put_certification(conn: &mut PgConnection, row: &CertificationRow) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO certification (id, slug, code, name, short_name, level, job_roles, summary, description, badge_color,
                                    validity_years, retired_on, position)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         ON CONFLICT (id) DO UPDATE SET slug = excluded.slug, code = excluded.code, name = excluded.name,
             short_name = excluded.short_name, level = excluded.level, job_roles = excluded.job_roles, summary = excluded.summary,
             description = excluded.description, badge_color = excluded.badge_color, validity_years = excluded.validity_years,
             retired_on = excluded.retired_on, position = excluded.position",
        row.id as _,
        row.slug,
        row.code,
        row.name,
        row.short_name,
        row.level.as_str(),
        &row.job_roles,
        row.summary,
        row.description,
        row.badge_color,
        row.validity_years,
        row.retired_on,
        row.position,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Replaces what a pass on `certification` renews.
pub async fn replace_renews(
    conn: &mut PgConnection,
    certification: CertificationId,
    renews: &[CertificationId],
) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM certification_renews WHERE certification_id = $1", certification as _).execute(&mut *conn).await?;
    sqlx::query!(
        "INSERT INTO certification_renews (certification_id, renews_id) SELECT $1, * FROM unnest($2::uuid[])",
        certification as _,
        renews as _
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn put_exam(conn: &mut PgConnection, row: &ExamRow) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO exam (id, code, certification_id, status, minutes, questions, scored_questions, scale_min, scale_max, pass_mark,
                           delivery_modes, registration_from, first_day, last_day, retake_wait_days, guide_url, max_attempts)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
         ON CONFLICT (id) DO UPDATE SET code = excluded.code, certification_id = excluded.certification_id, status = excluded.status,
             minutes = excluded.minutes, questions = excluded.questions, scored_questions = excluded.scored_questions,
             scale_min = excluded.scale_min, scale_max = excluded.scale_max, pass_mark = excluded.pass_mark,
             delivery_modes = excluded.delivery_modes, registration_from = excluded.registration_from,
             first_day = excluded.first_day, last_day = excluded.last_day, retake_wait_days = excluded.retake_wait_days,
             guide_url = excluded.guide_url, max_attempts = excluded.max_attempts",
        row.id as _,
        row.code,
        row.certification_id as _,
        row.status,
        row.minutes,
        row.questions,
        row.scored_questions,
        row.scale_min,
        row.scale_max,
        row.pass_mark,
        &row.delivery_modes,
        row.registration_from,
        row.first_day,
        row.last_day,
        row.retake_wait_days,
        row.guide_url,
        row.max_attempts,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn replace_prices(conn: &mut PgConnection, exam: ExamId, prices: &[Money]) -> Result<(), sqlx::Error> {
    let currency: Vec<&str> = prices.iter().map(|price| price.currency.as_str()).collect();
    let minor: Vec<i64> = prices.iter().map(|price| price.minor).collect();
    sqlx::query!("DELETE FROM exam_price WHERE exam_id = $1", exam as _).execute(&mut *conn).await?;
    sqlx::query!(
        "INSERT INTO exam_price (exam_id, currency, minor) SELECT $1, * FROM unnest($2::text[], $3::bigint[])",
        exam as _,
        &currency as &[&str],
        &minor
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn replace_languages(conn: &mut PgConnection, exam: ExamId, languages: &[ExamLanguage]) -> Result<(), sqlx::Error> {
    let language: Vec<&str> = languages.iter().map(|language| language.language.as_str()).collect();
    let first_day: Vec<Option<NaiveDate>> = languages.iter().map(|language| language.first_day).collect();
    let last_day: Vec<Option<NaiveDate>> = languages.iter().map(|language| language.last_day).collect();
    sqlx::query!("DELETE FROM exam_language WHERE exam_id = $1", exam as _).execute(&mut *conn).await?;
    sqlx::query!(
        "INSERT INTO exam_language (exam_id, language, first_day, last_day) SELECT $1, * FROM unnest($2::text[], $3::date[], $4::date[])",
        exam as _,
        &language as &[&str],
        &first_day as &[Option<NaiveDate>],
        &last_day as &[Option<NaiveDate>],
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn replace_domains(conn: &mut PgConnection, exam: ExamId, domains: &[Domain]) -> Result<(), sqlx::Error> {
    let position: Vec<i32> = (1..).take(domains.len()).collect();
    let name: Vec<serde_json::Value> = domains.iter().map(|domain| domain.name.clone()).collect();
    let weight: Vec<i32> = domains.iter().map(|domain| domain.weight).collect();
    sqlx::query!("DELETE FROM exam_domain WHERE exam_id = $1", exam as _).execute(&mut *conn).await?;
    sqlx::query!(
        "INSERT INTO exam_domain (exam_id, position, name, weight) SELECT $1, * FROM unnest($2::int[], $3::jsonb[], $4::int[])",
        exam as _,
        &position,
        &name,
        &weight
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Nothing refers to an announcement: those of the file take the place of all.
pub async fn delete_announcements(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM exam_announcement").execute(conn).await?;
    Ok(())
}

pub async fn put_announcement(
    conn: &mut PgConnection,
    certification: CertificationId,
    announcement: &Announcement,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO exam_announcement (code, certification_id, registration_from, replaces_code) VALUES ($1, $2, $3, $4)
         ON CONFLICT (code) DO UPDATE SET certification_id = excluded.certification_id,
             registration_from = excluded.registration_from, replaces_code = excluded.replaces_code",
        announcement.code,
        certification as _,
        announcement.registration_from,
        announcement.replaces_code,
    )
    .execute(conn)
    .await?;
    Ok(())
}
