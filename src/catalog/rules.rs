//! What may be said of an exam on a day, and which certifications a search finds.

use super::model::{Certification, Exam, ExamLanguage, Level, Status};
use crate::server::fold::fold;
use chrono::{NaiveDate, TimeDelta};

/// Where an exam version stands on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Described, but not open for registration yet; from this day where it is known.
    Announced(Option<NaiveDate>),
    Beta,
    Active,
    Retired,
}

impl Phase {
    /// A date can be asked for: the calendar decides which ones are free.
    pub fn is_open(self) -> bool {
        matches!(self, Phase::Beta | Phase::Active)
    }
}

/// A last day this near is worth a warning; a first day this recent is news.
const NOTEWORTHY: TimeDelta = TimeDelta::days(180);

pub fn phase(exam: &Exam, today: NaiveDate) -> Phase {
    let over = exam.last_day.is_some_and(|day| day < today);
    let waits = exam.registration_from.is_some_and(|day| day > today);
    match exam.status {
        Status::Retired => Phase::Retired,
        _ if over => Phase::Retired,
        Status::Announced => Phase::Announced(exam.registration_from.filter(|day| *day > today)),
        _ if waits => Phase::Announced(exam.registration_from),
        Status::Beta => Phase::Beta,
        Status::Active => Phase::Active,
    }
}

/// Its last day, when that is near.
pub fn ends_soon(exam: &Exam, today: NaiveDate) -> Option<NaiveDate> {
    exam.last_day.filter(|day| *day >= today && *day - today <= NOTEWORTHY)
}

/// It has been there for less than half a year.
pub fn is_new(exam: &Exam, today: NaiveDate) -> bool {
    exam.first_day.is_some_and(|day| day <= today && today - day <= NOTEWORTHY)
}

/// A language in which the exam can still be taken.
pub fn is_spoken(language: &ExamLanguage, today: NaiveDate) -> bool {
    language.last_day.is_none_or(|day| day >= today)
}

/// The certification can no longer be earned.
pub fn is_retired(certification: &Certification, today: NaiveDate) -> bool {
    certification.retired_on.is_some_and(|day| day < today)
}

/// The exam that earns the certification now: an active version before a beta, the newer one before the older.
pub fn current_exam(certification: &Certification, today: NaiveDate) -> Option<&Exam> {
    let rank = |exam: &&Exam| match phase(exam, today) {
        Phase::Active => Some(1),
        Phase::Beta => Some(0),
        _ => None,
    };
    certification.exams.iter().filter(|exam| rank(exam).is_some()).max_by_key(|exam| (rank(exam), exam.first_day))
}

/// What a reader looks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Search {
    pub text: String,
    pub level: Option<Level>,
    pub role: Option<String>,
}

impl Search {
    /// Longer queries are cut: nobody types them, and each word is looked for in every text.
    pub const LIMIT: usize = 100;

    pub fn is_empty(&self) -> bool {
        self.text.is_empty() && self.level.is_none() && self.role.is_none()
    }

    /// How well a certification answers: `None` not at all, else the smaller the better. Every word must be found;
    /// words found in `title` (names and codes) count more than those in `body`. Both are folded.
    pub fn rank(&self, certification: &Certification, title: &str, body: &str) -> Option<u8> {
        if self.level.is_some_and(|level| level != certification.level) {
            return None;
        }
        if self.role.as_ref().is_some_and(|role| !certification.job_roles.contains(role)) {
            return None;
        }
        let text = fold(&self.text.chars().take(Self::LIMIT).collect::<String>());
        let mut rank = 0;
        for word in text.split([' ', '-', ',', '/']).filter(|word| !word.is_empty()) {
            rank = match (title.contains(word), body.contains(word)) {
                (true, _) => rank,
                (false, true) => 1,
                (false, false) => return None,
            };
        }
        Some(rank)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{CertificationId, ExamId};
    use serde_json::json;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn exam(code: &str, status: Status, first: Option<&str>, last: Option<&str>) -> Exam {
        Exam {
            id: ExamId::from_u128(0),
            code: code.into(),
            status,
            minutes: 130,
            questions: 65,
            scored_questions: Some(50),
            scale_min: 100,
            scale_max: 1000,
            pass_mark: 720,
            at_centers: true,
            online: true,
            registration_from: None,
            first_day: first.map(day),
            last_day: last.map(day),
            retake_wait_days: None,
            max_attempts: None,
            guide_url: None,
            prices: vec![],
            languages: vec![],
            domains: vec![],
        }
    }

    fn certification(exams: Vec<Exam>) -> Certification {
        Certification {
            id: CertificationId::from_u128(0),
            slug: "solutions-architect-associate".into(),
            code: "SAA".into(),
            name: "Solutions Architect – Associate".into(),
            short_name: "Solutions Architect – Associate".into(),
            level: Level::Associate,
            job_roles: vec!["developer".into()],
            summary: json!({}),
            description: json!({}),
            validity_years: 3,
            retired_on: Some(day("2026-11-17")),
            renews: vec![],
            exams,
            announcements: vec![],
        }
    }

    #[test]
    fn the_last_day_still_counts() {
        let ending = exam("DVA-C02", Status::Active, Some("2023-02-28"), Some("2026-12-01"));
        assert_eq!(phase(&ending, day("2026-12-01")), Phase::Active);
        assert_eq!(phase(&ending, day("2026-12-02")), Phase::Retired);
        assert_eq!(ends_soon(&ending, day("2026-12-01")), Some(day("2026-12-01")));
        assert_eq!(ends_soon(&ending, day("2026-12-02")), None);
        assert_eq!(ends_soon(&ending, day("2026-01-01")), None);
        let certification = certification(vec![]);
        assert!(!is_retired(&certification, day("2026-11-17")));
        assert!(is_retired(&certification, day("2026-11-18")));
    }

    #[test]
    fn an_exam_opens_with_its_registration() {
        let mut coming = exam("MLA-C02", Status::Beta, Some("2026-09-29"), None);
        coming.registration_from = Some(day("2026-09-15"));
        assert_eq!(phase(&coming, day("2026-09-14")), Phase::Announced(Some(day("2026-09-15"))));
        assert_eq!(phase(&coming, day("2026-09-15")), Phase::Beta);
        let mut announced = exam("DVA-C03", Status::Announced, None, None);
        announced.registration_from = Some(day("2026-10-27"));
        assert_eq!(phase(&announced, day("2026-11-23")), Phase::Announced(None), "a day that has passed promises nothing");
    }

    #[test]
    fn an_active_version_stands_before_a_beta_and_the_newer_before_the_older() {
        let today = day("2026-11-23");
        let beta = exam("MLA-C02", Status::Beta, Some("2026-09-29"), None);
        let active = exam("MLA-C01", Status::Active, Some("2024-10-08"), None);
        let newer = exam("MLA-C03", Status::Active, Some("2026-10-08"), None);
        let code = |exams: Vec<Exam>| current_exam(&certification(exams), today).map(|exam| exam.code.clone());
        assert_eq!(code(vec![beta.clone(), active.clone()]).as_deref(), Some("MLA-C01"));
        assert_eq!(code(vec![newer, active]).as_deref(), Some("MLA-C03"));
        assert_eq!(code(vec![beta]).as_deref(), Some("MLA-C02"));
        assert_eq!(code(vec![exam("X-C01", Status::Retired, None, None)]), None);
    }

    #[test]
    fn every_word_must_be_found_and_accents_do_not_matter() {
        let certification = certification(vec![]);
        let rank = |text: &str| {
            let search = Search { text: text.into(), ..Search::default() };
            search.rank(&certification, "solutions architect - associate saa-c03", "diseno de sistemas")
        };
        assert_eq!(rank("ARCHITECT associate"), Some(0));
        assert_eq!(rank("SAA-C03"), Some(0));
        assert_eq!(rank("Diseño architect"), Some(1));
        assert_eq!(rank("architect kubernetes"), None);
        assert_eq!(rank("  – "), Some(0));
        let wrong_level = Search { level: Some(Level::Specialty), ..Search::default() };
        assert_eq!(wrong_level.rank(&certification, "", ""), None);
        let role = Search { role: Some("developer".into()), ..Search::default() };
        assert_eq!(role.rank(&certification, "", ""), Some(0));
    }
}
