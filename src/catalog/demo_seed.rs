//! The demo programme's catalogue: `seed/demo/catalog.toml` into tables. Ids are made of slugs and codes, so loading
//! the file again finds the rows; a file that was loaded already is left alone, and with it what staff changed since.

use super::model::{Announcement, Domain, ExamLanguage, Level};
use super::reference::Bundled;
use super::store;
use crate::money::Money;
use crate::server::ids;
use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::PgPool;
use std::collections::BTreeMap;
use std::error::Error;
use toml::value::Datetime;
use uuid::Uuid;

const FILE: Bundled = Bundled { name: "demo_catalog", bytes: include_bytes!("../../seed/demo/catalog.toml") };

/// The id of a certification of the demo catalogue.
pub fn certification_id(slug: &str) -> Uuid {
    ids::named("certification", slug)
}

/// The id of an exam version of the demo catalogue.
pub fn exam_id(code: &str) -> Uuid {
    ids::named("exam", code)
}

#[derive(Debug, Deserialize)]
struct File {
    level: Vec<LevelEntry>,
    certification: Vec<CertificationEntry>,
    exam: Vec<ExamEntry>,
}

#[derive(Debug, Deserialize)]
struct LevelEntry {
    slug: String,
    badge_primary: String,
}

#[derive(Debug, Deserialize)]
struct CertificationEntry {
    slug: String,
    code_prefix: String,
    name: String,
    level: String,
    status: String,
    validity_years: i32,
    roles: Vec<String>,
    renews: Vec<String>,
    summary_en: String,
    summary_es: String,
    description_en: String,
    description_es: String,
}

#[derive(Debug, Deserialize)]
struct ExamEntry {
    code: String,
    certification: String,
    status: String,
    registration_from: Option<Datetime>,
    first_day: Option<Datetime>,
    last_day: Option<Datetime>,
    #[serde(default)]
    price: BTreeMap<String, i64>,
    minutes: Option<i32>,
    questions: Option<i32>,
    scored_questions: Option<i32>,
    scale_min: i32,
    scale_max: i32,
    pass_mark: i32,
    retake_wait_days: Option<i32>,
    delivery: Vec<String>,
    exam_guide_url: Option<String>,
    languages: Vec<LanguageEntry>,
    #[serde(default)]
    domain: Vec<DomainEntry>,
}

#[derive(Debug, Deserialize)]
struct LanguageEntry {
    tag: String,
    first_day: Option<Datetime>,
    last_day: Option<Datetime>,
}

#[derive(Debug, Deserialize)]
struct DomainEntry {
    name_en: String,
    name_es: String,
    weight: i32,
}

/// A row of `certification` and what it renews.
pub(super) struct CertificationRow {
    pub id: Uuid,
    pub slug: String,
    pub code: String,
    pub name: String,
    pub short_name: String,
    pub level: Level,
    pub job_roles: Vec<String>,
    pub summary: Value,
    pub description: Value,
    pub badge_color: String,
    pub validity_years: i32,
    pub retired_on: Option<NaiveDate>,
    pub position: i32,
    renews: Vec<Uuid>,
}

/// A row of `exam` and what belongs to it.
pub(super) struct ExamRow {
    pub id: Uuid,
    pub code: String,
    pub certification_id: Uuid,
    pub status: String,
    pub minutes: i32,
    pub questions: i32,
    pub scored_questions: Option<i32>,
    pub scale_min: i32,
    pub scale_max: i32,
    pub pass_mark: i32,
    pub delivery_modes: Vec<String>,
    pub registration_from: Option<NaiveDate>,
    pub first_day: Option<NaiveDate>,
    pub last_day: Option<NaiveDate>,
    pub retake_wait_days: Option<i32>,
    pub guide_url: Option<String>,
    prices: Vec<Money>,
    languages: Vec<ExamLanguage>,
    domains: Vec<Domain>,
}

struct Rows {
    certifications: Vec<CertificationRow>,
    exams: Vec<ExamRow>,
    announcements: Vec<(Uuid, Announcement)>,
}

/// Loads the catalogue. Changes nothing the second time.
pub async fn load(pool: &PgPool) -> Result<(), Box<dyn Error>> {
    let version = FILE.version();
    let is_known = |known: &[(String, String)]| known.iter().any(|(name, known)| name == FILE.name && *known == version);
    if is_known(&store::reference_versions(pool).await?) {
        return Ok(());
    }
    let rows = rows(std::str::from_utf8(FILE.bytes)?)?;
    let mut tx = pool.begin().await?;
    store::lock_loading(&mut tx).await?;
    if is_known(&store::reference_versions(&mut *tx).await?) {
        return Ok(());
    }
    for certification in &rows.certifications {
        store::put_certification(&mut tx, certification).await?;
    }
    for certification in &rows.certifications {
        store::replace_renews(&mut tx, certification.id, &certification.renews).await?;
    }
    for exam in &rows.exams {
        store::put_exam(&mut tx, exam).await?;
        store::replace_prices(&mut tx, exam.id, &exam.prices).await?;
        store::replace_languages(&mut tx, exam.id, &exam.languages).await?;
        store::replace_domains(&mut tx, exam.id, &exam.domains).await?;
    }
    for (certification, announcement) in &rows.announcements {
        store::put_announcement(&mut tx, *certification, announcement).await?;
    }
    store::put_reference_version(&mut tx, FILE.name, &version).await?;
    tx.commit().await?;
    Ok(())
}

fn rows(text: &str) -> Result<Rows, Box<dyn Error>> {
    let file: File = toml::from_str(text)?;
    let mut certifications = Vec::new();
    for (position, entry) in (1..).zip(&file.certification) {
        let level = Level::parse(&entry.level).ok_or_else(|| format!("{}: unknown level {}", entry.slug, entry.level))?;
        let color = file.level.iter().find(|known| known.slug == entry.level).ok_or("a level without colours")?;
        for other in &entry.renews {
            file.certification
                .iter()
                .find(|known| known.slug == *other)
                .ok_or_else(|| format!("{}: renews unknown {other}", entry.slug))?;
        }
        certifications.push(CertificationRow {
            id: certification_id(&entry.slug),
            slug: entry.slug.clone(),
            code: entry.code_prefix.clone(),
            name: entry.name.clone(),
            short_name: entry.name.strip_prefix("AWS Certified ").unwrap_or(&entry.name).to_owned(),
            level,
            job_roles: entry.roles.clone(),
            summary: json!({ "en": entry.summary_en, "es": entry.summary_es }),
            description: json!({ "en": entry.description_en, "es": entry.description_es }),
            badge_color: color.badge_primary.clone(),
            validity_years: entry.validity_years,
            retired_on: retired_on(entry, &file.exam)?,
            position,
            renews: entry.renews.iter().map(|slug| certification_id(slug)).collect(),
        });
    }
    let mut exams = Vec::new();
    let mut announcements = Vec::new();
    for entry in &file.exam {
        if !file.certification.iter().any(|known| known.slug == entry.certification) {
            return Err(format!("{}: unknown certification {}", entry.code, entry.certification).into());
        }
        match (entry.minutes, entry.questions) {
            (Some(minutes), Some(questions)) => exams.push(exam_row(entry, minutes, questions)?),
            _ if entry.status == "announced" => announcements.push((
                certification_id(&entry.certification),
                Announcement {
                    code: entry.code.clone(),
                    registration_from: day(&entry.registration_from)?,
                    replaces_code: replaced_by(entry, &file.exam),
                },
            )),
            _ => return Err(format!("{}: minutes or questions are missing", entry.code).into()),
        }
    }
    Ok(Rows { certifications, exams, announcements })
}

fn exam_row(entry: &ExamEntry, minutes: i32, questions: i32) -> Result<ExamRow, Box<dyn Error>> {
    let languages = entry.languages.iter().map(|language| {
        Ok(ExamLanguage { language: language.tag.clone(), first_day: day(&language.first_day)?, last_day: day(&language.last_day)? })
    });
    Ok(ExamRow {
        id: exam_id(&entry.code),
        code: entry.code.clone(),
        certification_id: certification_id(&entry.certification),
        status: entry.status.clone(),
        minutes,
        questions,
        scored_questions: entry.scored_questions,
        scale_min: entry.scale_min,
        scale_max: entry.scale_max,
        pass_mark: entry.pass_mark,
        delivery_modes: entry.delivery.clone(),
        registration_from: day(&entry.registration_from)?,
        first_day: day(&entry.first_day)?,
        last_day: day(&entry.last_day)?,
        retake_wait_days: entry.retake_wait_days,
        guide_url: entry.exam_guide_url.clone(),
        prices: entry.price.iter().map(|(currency, minor)| Money::new(*minor, currency)).collect(),
        languages: languages.collect::<Result<_, Box<dyn Error>>>()?,
        domains: entry
            .domain
            .iter()
            .map(|domain| Domain { name: json!({ "en": domain.name_en, "es": domain.name_es }), weight: domain.weight })
            .collect(),
    })
}

/// A retired certification could be earned until the last day of its last exam.
fn retired_on(entry: &CertificationEntry, exams: &[ExamEntry]) -> Result<Option<NaiveDate>, Box<dyn Error>> {
    if entry.status != "retired" {
        return Ok(None);
    }
    let mut last = None;
    for exam in exams.iter().filter(|exam| exam.certification == entry.slug) {
        last = last.max(day(&exam.last_day)?);
    }
    Ok(Some(last.ok_or_else(|| format!("{}: retired, but no exam has a last day", entry.slug))?))
}

/// The newest described version of the same certification.
fn replaced_by(announced: &ExamEntry, exams: &[ExamEntry]) -> Option<String> {
    let described = exams.iter().filter(|exam| exam.certification == announced.certification && exam.minutes.is_some());
    described.map(|exam| exam.code.clone()).max()
}

fn day(date: &Option<Datetime>) -> Result<Option<NaiveDate>, Box<dyn Error>> {
    Ok(date.as_ref().map(|date| date.to_string().parse()).transpose()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::i18n;
    use std::collections::HashSet;

    fn demo() -> Rows {
        rows(std::str::from_utf8(FILE.bytes).unwrap()).unwrap()
    }

    #[test]
    fn weights_of_every_exam_sum_to_a_hundred() {
        for exam in demo().exams {
            assert_eq!(exam.domains.iter().map(|domain| domain.weight).sum::<i32>(), 100, "{}", exam.code);
        }
    }

    #[test]
    fn dates_marks_and_prices_make_sense() {
        for exam in demo().exams {
            let code = &exam.code;
            assert!(exam.scale_min < exam.pass_mark && exam.pass_mark <= exam.scale_max, "{code}");
            assert!(exam.scored_questions.is_none_or(|scored| scored <= exam.questions), "{code}");
            assert!(exam.registration_from <= exam.first_day || exam.first_day.is_none(), "{code}");
            assert!(exam.last_day.is_none() || exam.first_day <= exam.last_day, "{code}");
            assert!(exam.prices.iter().any(|price| price.currency == "USD"), "{code}");
            assert!(!exam.languages.is_empty() && !exam.delivery_modes.is_empty(), "{code}");
            for language in &exam.languages {
                assert_ne!(i18n::language_name(&language.language, i18n::Locale::en), language.language, "{code}: a name for it");
            }
        }
    }

    #[test]
    fn every_certification_can_be_earned_or_says_since_when_not() {
        let rows = demo();
        assert_eq!(rows.certifications.len(), 17);
        let slugs: HashSet<_> = rows.certifications.iter().map(|certification| &certification.slug).collect();
        assert_eq!(slugs.len(), 17);
        for certification in &rows.certifications {
            let exams = rows.exams.iter().filter(|exam| exam.certification_id == certification.id).count();
            assert!(exams > 0, "{}", certification.slug);
            assert!(!certification.renews.contains(&certification.id), "{}", certification.slug);
        }
        assert_eq!(rows.certifications.iter().filter(|certification| certification.retired_on.is_some()).count(), 4);
        let announced: Vec<_> = rows.announcements.iter().map(|(_, a)| (a.code.as_str(), a.replaces_code.as_deref())).collect();
        assert_eq!(announced, [("DVA-C03", Some("DVA-C02")), ("SAP-C03", Some("SAP-C02"))]);
    }
}
