//! A programme's catalogue: `catalog.toml` into tables. Ids are made of slugs and codes, so loading the file again finds the rows. What
//! is no longer in the file stays, because bookings and credentials refer to it: it is retired there, not taken out.

use super::model::{Announcement, Domain, ExamLanguage, Level, Status};
use super::store;
use crate::ids::{self, CertificationId, ExamId};
use crate::money::Money;
use crate::server::data_file::{Fields, Problems};
use crate::server::i18n;
use chrono::NaiveDate;
use serde_json::Value;
use sqlx::PgConnection;
use std::collections::BTreeSet;

pub const NAME: &str = "catalog.toml";

/// The id of a certification of a catalogue.
pub fn certification_id(slug: &str) -> CertificationId {
    ids::named("certification", slug)
}

/// The id of an exam version of a catalogue.
pub fn exam_id(code: &str) -> ExamId {
    ids::named("exam", code)
}

/// A row of `certification` and what it renews.
pub(super) struct CertificationRow {
    pub id: CertificationId,
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
    renews: Vec<CertificationId>,
}

/// A row of `exam` and what belongs to it.
pub(super) struct ExamRow {
    pub id: ExamId,
    pub code: String,
    pub certification_id: CertificationId,
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
    pub max_attempts: Option<i32>,
    pub guide_url: Option<String>,
    prices: Vec<Money>,
    languages: Vec<ExamLanguage>,
    domains: Vec<Domain>,
}

/// A catalogue that was read.
pub struct Catalog {
    certifications: Vec<CertificationRow>,
    exams: Vec<ExamRow>,
    announcements: Vec<(CertificationId, Announcement)>,
}

/// Writes the catalogue in the caller's transaction.
pub async fn put(conn: &mut PgConnection, catalog: &Catalog) -> Result<(), sqlx::Error> {
    for certification in &catalog.certifications {
        store::put_certification(conn, certification).await?;
    }
    for certification in &catalog.certifications {
        store::replace_renews(conn, certification.id, &certification.renews).await?;
    }
    for exam in &catalog.exams {
        store::put_exam(conn, exam).await?;
        store::replace_prices(conn, exam.id, &exam.prices).await?;
        store::replace_languages(conn, exam.id, &exam.languages).await?;
        store::replace_domains(conn, exam.id, &exam.domains).await?;
    }
    store::delete_announcements(conn).await?;
    for (certification, announcement) in &catalog.announcements {
        store::put_announcement(conn, *certification, announcement).await?;
    }
    Ok(())
}

/// Reads the file. `currency`: the programme's, in which everything has a price.
pub fn read(text: &str, currency: &str, problems: &Problems) -> Option<Catalog> {
    let file = Fields::of(NAME, text, problems)?;
    let name_prefix = file.optional_text("name_prefix").map(|prefix| format!("{prefix} ")).unwrap_or_default();
    let mut levels = vec![];
    for entry in file.entries("level", "slug") {
        let slug =
            entry.fitting("slug", "one of foundational, business, associate, professional, specialty", |slug| Level::parse(slug).is_some());
        levels.push((slug, entry.color("badge_primary")));
        entry.unread(&["name_en", "name_es", "order", "badge_secondary", "badge_text"]);
        entry.end();
    }
    let entries = file.entries("certification", "slug");
    let exams = file.entries("exam", "code");
    file.end();
    let slugs: BTreeSet<String> = entries.iter().filter_map(|entry| entry.optional_text("slug")).collect();
    let mut seen = BTreeSet::new();
    let mut certifications = vec![];
    for (position, entry) in (1..).zip(&entries) {
        let slug = entry.fitting("slug", "made of small letters, digits and hyphens", |slug| {
            slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        });
        if !seen.insert(slug.clone()) {
            entry.problem("slug", "stands in the file twice");
        }
        let level = entry.text("level");
        let color = levels.iter().find(|(known, _)| *known == level).map(|(_, color)| color.clone());
        if color.is_none() && !level.is_empty() {
            entry.problem("level", format!("`{level}` is none of the file's levels"));
        }
        let renews = entry.list("renews");
        for other in renews.iter().filter(|other| !slugs.contains(*other) || **other == slug) {
            entry.problem("renews", format!("`{other}` is no other certification of the file"));
        }
        let status = entry.fitting("status", "active or retired", |status| matches!(status, "active" | "retired"));
        let name = entry.text("name");
        let retired_on = (status == "retired")
            .then(|| {
                let own = exams.iter().filter(|exam| exam.optional_text("certification").as_deref() == Some(&slug));
                // It could be earned until the last day of its last exam.
                let last = own.filter_map(|exam| exam.day("last_day")).max();
                if last.is_none() {
                    entry.problem("status", "is retired, but none of its exams has a last_day");
                }
                last
            })
            .flatten();
        certifications.push(CertificationRow {
            id: certification_id(&slug),
            code: entry.text("code_prefix"),
            short_name: entry.optional_text("short_name").unwrap_or_else(|| name.strip_prefix(&name_prefix).unwrap_or(&name).to_owned()),
            name,
            level: Level::parse(&level).unwrap_or(Level::Foundational),
            job_roles: entry.list("roles"),
            summary: entry.words("summary"),
            description: entry.words("description"),
            badge_color: color.unwrap_or_default(),
            validity_years: entry.small("validity_years", 1..=100),
            retired_on,
            position,
            renews: renews.iter().map(|slug| certification_id(slug)).collect(),
            slug,
        });
        entry.end();
    }
    if certifications.is_empty() {
        problems.add(NAME, "certification", "is missing: there is none");
    }
    let mut catalog = Catalog { certifications, exams: vec![], announcements: vec![] };
    let mut seen = BTreeSet::new();
    for entry in &exams {
        let code = entry.text("code");
        if !seen.insert(code.clone()) {
            entry.problem("code", "stands in the file twice");
        }
        let of = entry.text("certification");
        if !of.is_empty() && !slugs.contains(&of) {
            entry.problem("certification", format!("`{of}` is none of the file's certifications"));
        }
        let status = entry.fitting("status", "one of announced, beta, active, retired", |status| Status::parse(status).is_some());
        if status == "announced" && !(entry.has("minutes") && entry.has("questions")) {
            catalog.announcements.push((
                certification_id(&of),
                Announcement { replaces_code: replaced(&of, &exams), registration_from: entry.day("registration_from"), code },
            ));
        } else {
            catalog.exams.push(exam_row(entry, code, certification_id(&of), status, currency));
            entry.end();
        }
    }
    Some(catalog)
}

fn exam_row(entry: &Fields, code: String, certification_id: CertificationId, status: String, currency: &str) -> ExamRow {
    entry.unread(&["version", "beta", "regular_price", "title", "general_from"]);
    let delivery_modes = entry.list("delivery");
    if delivery_modes.is_empty() || delivery_modes.iter().any(|mode| !matches!(mode.as_str(), "center" | "online")) {
        entry.problem("delivery", "is not a list of center, online or both");
    }
    let prices: Vec<Money> = (entry.section("price").pairs().into_iter())
        .filter_map(|(currency, minor)| {
            let is_code = currency.len() == 3 && currency.bytes().all(|b| b.is_ascii_uppercase());
            match minor.as_integer() {
                Some(minor) if minor >= 0 && is_code => Some(Money::new(minor, currency)),
                _ => {
                    entry.problem("price", format!("{currency} = {minor} is not a currency with a whole number of its smallest unit"));
                    None
                }
            }
        })
        .collect();
    if !currency.is_empty() && status != "retired" && !prices.iter().any(|price| price.currency == currency) {
        entry.problem("price", format!("has none in {currency}, the programme's currency"));
    }
    let languages: Vec<ExamLanguage> = (entry.entries("languages", "tag").iter())
        .map(|language| {
            let is_known = |tag: &str| i18n::language_name(tag, i18n::Locale::en) != tag;
            let row = ExamLanguage {
                language: language.fitting("tag", "a language this program has a name for", is_known),
                first_day: language.day("first_day"),
                last_day: language.day("last_day"),
            };
            language.end();
            row
        })
        .collect();
    if languages.is_empty() {
        entry.problem("languages", "is missing: an exam has at least one");
    }
    let domains: Vec<Domain> = (entry.entries("domain", "name_en").iter())
        .map(|domain| {
            let row = Domain { name: domain.words("name"), weight: domain.small("weight", 1..=100) };
            domain.end();
            row
        })
        .collect();
    let weights: i32 = domains.iter().map(|domain| domain.weight).sum();
    if weights != 100 {
        entry.problem("domain", format!("has weights that sum to {weights}, not 100"));
    }
    let questions = entry.small("questions", 1..=10_000);
    let (scale_min, scale_max) = (entry.small("scale_min", 0..=1_000_000), entry.small("scale_max", 1..=1_000_000));
    let pass_mark = entry.small("pass_mark", 0..=1_000_000);
    if !(scale_min < pass_mark && pass_mark <= scale_max) {
        entry.problem("pass_mark", format!("{pass_mark} is not on the scale, above {scale_min} and up to {scale_max}"));
    }
    let (first_day, last_day) = (entry.day("first_day"), entry.day("last_day"));
    if last_day.is_some() && first_day > last_day {
        entry.problem("last_day", "is before first_day");
    }
    let registration_from = entry.day("registration_from");
    if first_day.is_some() && registration_from > first_day {
        entry.problem("registration_from", "is after first_day");
    }
    ExamRow {
        id: exam_id(&code),
        certification_id,
        status,
        minutes: entry.small("minutes", 10..=600),
        scored_questions: entry.optional_small("scored_questions", 1..=questions),
        questions,
        scale_min,
        scale_max,
        pass_mark,
        delivery_modes,
        registration_from,
        first_day,
        last_day,
        retake_wait_days: entry.optional_small("retake_wait_days", 0..=3650),
        max_attempts: entry.optional_small("max_attempts", 1..=1000),
        guide_url: entry.optional_text("exam_guide_url"),
        code,
        prices,
        languages,
        domains,
    }
}

/// The newest described version of the same certification.
fn replaced(certification: &str, exams: &[Fields]) -> Option<String> {
    let described =
        exams.iter().filter(|exam| exam.optional_text("certification").as_deref() == Some(certification) && exam.has("minutes"));
    described.filter_map(|exam| exam.optional_text("code")).max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    const DEMO: &str = include_str!("../../seed/demo/catalog.toml");

    fn demo() -> Catalog {
        let problems = Problems::default();
        let catalog = read(DEMO, "USD", &problems).unwrap();
        assert_eq!(problems.into_vec(), []);
        catalog
    }

    #[test]
    fn every_problem_of_a_catalogue_is_told_by_its_field() {
        let text = DEMO
            .replacen("level = \"business\"", "level = \"busy\"", 1)
            .replacen("validity_years = 3", "validity_years = 0", 1)
            .replacen("renews = [\"cloud-practitioner\"]", "renews = [\"nothing\"]", 1)
            .replacen("USD = ", "usd = ", 1)
            .replacen("weight = 24", "weight = 25", 1);
        let problems = Problems::default();
        read(&text, "USD", &problems);
        let fields: Vec<String> = problems.into_vec().into_iter().map(|problem| problem.field).collect();
        for field in [
            "certification[cloud-practitioner].validity_years",
            "certification[ai-business-strategist].level",
            "certification[solutions-architect-associate].renews",
        ] {
            assert!(fields.iter().any(|told| told == field), "{field} is missing in {fields:?}");
        }
        for end in [".price", ".domain"] {
            assert!(fields.iter().any(|told| told.starts_with("exam[") && told.ends_with(end)), "{end} is missing in {fields:?}");
        }
    }

    #[test]
    fn a_beta_exam_of_the_demo_can_be_taken_once() {
        let once: Vec<String> = demo().exams.into_iter().filter(|exam| exam.max_attempts == Some(1)).map(|exam| exam.code).collect();
        assert_eq!(once.len(), 2, "{once:?}");
        assert!(once.contains(&"AIB-C01".to_owned()));
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
