//! What the catalogue is made of (product.md section 3).

use crate::ids::{CertificationId, ExamId};
use crate::money::Money;
use chrono::NaiveDate;
use serde_json::Value;

/// How far a certification reaches, from the first step up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Level {
    Foundational,
    Business,
    Associate,
    Professional,
    Specialty,
}

impl Level {
    pub const ALL: &[Level] = &[Level::Foundational, Level::Business, Level::Associate, Level::Professional, Level::Specialty];

    /// As the database and addresses write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Foundational => "foundational",
            Level::Business => "business",
            Level::Associate => "associate",
            Level::Professional => "professional",
            Level::Specialty => "specialty",
        }
    }

    pub fn parse(text: &str) -> Option<Level> {
        Self::ALL.iter().copied().find(|level| level.as_str() == text)
    }
}

/// What the staff say of an exam version; [`super::rules::phase`] adds the dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Announced,
    Beta,
    Active,
    Retired,
}

impl Status {
    pub fn parse(text: &str) -> Option<Status> {
        Some(match text {
            "announced" => Status::Announced,
            "beta" => Status::Beta,
            "active" => Status::Active,
            "retired" => Status::Retired,
            _ => return None,
        })
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Certification {
    pub id: CertificationId,
    /// Its part of the address.
    pub slug: String,
    /// The part that its exam codes share, e.g. `SAA`.
    pub code: String,
    pub name: String,
    pub short_name: String,
    pub level: Level,
    /// Keys such as `solutions-architect`; words are in the locale files.
    pub job_roles: Vec<String>,
    /// Texts by language.
    pub summary: Value,
    pub description: Value,
    pub validity_years: i32,
    /// Last day on which it could be earned.
    pub retired_on: Option<NaiveDate>,
    /// Certifications that a pass renews besides this one.
    pub renews: Vec<CertificationId>,
    /// Newest code first.
    pub exams: Vec<Exam>,
    pub announcements: Vec<Announcement>,
}

/// One version of an exam. Days count in the zone of the place where it is taken, both ends included.
#[derive(Debug, Clone, PartialEq)]
pub struct Exam {
    pub id: ExamId,
    pub code: String,
    pub status: Status,
    pub minutes: i32,
    pub questions: i32,
    /// `None`: not said (beta exams score what proves good).
    pub scored_questions: Option<i32>,
    pub scale_min: i32,
    pub scale_max: i32,
    pub pass_mark: i32,
    pub at_centers: bool,
    pub online: bool,
    pub registration_from: Option<NaiveDate>,
    pub first_day: Option<NaiveDate>,
    pub last_day: Option<NaiveDate>,
    /// `None`: the policy's wait counts.
    pub retake_wait_days: Option<i32>,
    /// How often one candidate may take it; `None`: a beta exam as often as the policy says, any other without a limit.
    pub max_attempts: Option<i32>,
    pub guide_url: Option<String>,
    pub prices: Vec<Money>,
    pub languages: Vec<ExamLanguage>,
    pub domains: Vec<Domain>,
}

impl Exam {
    pub fn price_in(&self, currency: &str) -> Option<&Money> {
        self.prices.iter().find(|price| price.currency == currency)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExamLanguage {
    /// BCP 47.
    pub language: String,
    pub first_day: Option<NaiveDate>,
    pub last_day: Option<NaiveDate>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Domain {
    /// By language.
    pub name: Value,
    /// Percent of the scored content.
    pub weight: i32,
}

/// A version that is announced but not described yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    pub code: String,
    pub registration_from: Option<NaiveDate>,
    pub replaces_code: Option<String>,
}
