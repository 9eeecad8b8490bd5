//! What an import and a result are made of.

use super::rules::Scale;
use crate::ids::{AccountId, AppointmentId, ExamId, ImportId, ResultId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One row of a delivery partner's file: its cells as they were read, trimmed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportRow {
    /// Line in the file; the header is line 1.
    pub line: u64,
    pub appointment_reference: String,
    pub candidate_id: String,
    pub exam_code: String,
    pub taken_at: String,
    pub raw_score: String,
    pub scaled_score: String,
    /// Trailing empty cells are left out: an exam has as many as it has domains.
    pub domains: Vec<String>,
}

/// Something wrong with one cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowError {
    pub line: u64,
    /// The column's name in the file.
    pub column: String,
    /// What the cell says.
    pub value: String,
    pub problem: Problem,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "problem", rename_all = "snake_case")]
pub enum Problem {
    Missing,
    TooLong,
    UnknownAppointment,
    /// Held only, cancelled, missed or refused: there was no exam.
    NotTaken,
    AlreadyHasResult,
    /// The same appointment stands in an earlier line.
    Duplicate {
        line: u64,
    },
    UnknownCandidate,
    /// The appointment is another candidate's.
    OtherCandidate,
    UnknownExam,
    /// The appointment is for another exam.
    OtherExam,
    NotATime,
    BeforeAppointment,
    InFuture,
    NotANumber,
    OutOfRange {
        min: i32,
        max: i32,
    },
    DomainCount {
        expected: u32,
        found: u32,
    },
}

/// A row without errors, as it will be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewResult {
    pub appointment_id: AppointmentId,
    pub account_id: AccountId,
    pub exam_id: ExamId,
    pub taken_at: DateTime<Utc>,
    pub raw_score: Option<i32>,
    pub scaled_score: i32,
    pub passed: bool,
    /// Percent, in the order of the exam's domains.
    pub domains: Vec<i32>,
}

/// What the database knows of an appointment that a row names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppointmentFacts {
    pub id: AppointmentId,
    pub account_id: AccountId,
    pub candidate_id: String,
    /// The account was erased: the ID is a new one that stands for nobody, and the partner's says nothing any more.
    pub erased: bool,
    pub exam_id: ExamId,
    pub exam_code: String,
    pub state: String,
    pub starts_at: DateTime<Utc>,
    pub scale: Scale,
    /// Highest possible raw score.
    pub scored_questions: i32,
    pub domains: usize,
    pub has_result: bool,
}

/// One file, for lists and its own page.
#[derive(Debug, Clone)]
pub struct Import {
    pub id: ImportId,
    pub file_name: String,
    pub uploaded_by: String,
    pub created_at: DateTime<Utc>,
    pub applied_at: Option<DateTime<Utc>>,
    pub rows: i64,
    pub errors: i64,
    /// Results of it that wait for release.
    pub waiting: i64,
    pub released: i64,
}

impl Import {
    pub fn state(&self) -> ImportState {
        match (self.applied_at, self.waiting, self.released) {
            (None, ..) if self.errors > 0 => ImportState::HasErrors,
            (None, ..) => ImportState::Ready,
            (Some(_), 0, _) => ImportState::Released,
            (Some(_), _, 0) => ImportState::Applied,
            (Some(_), ..) => ImportState::PartlyReleased,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportState {
    HasErrors,
    Ready,
    Applied,
    PartlyReleased,
    Released,
}

/// A result that waits for its release, as staff see it.
#[derive(Debug, Clone)]
pub struct WaitingResult {
    pub id: ResultId,
    pub import_id: Option<ImportId>,
    pub candidate_id: String,
    pub candidate_name: String,
    pub reference: String,
    pub exam_code: String,
    pub taken_at: DateTime<Utc>,
    pub time_zone: String,
    pub scaled_score: i32,
    pub passed: bool,
    /// Of an exam whose results come when its beta has ended: no day was promised.
    pub beta: bool,
    pub result_business_days: i32,
}

/// A released result in the candidate's list.
#[derive(Debug, Clone)]
pub struct ListedResult {
    pub id: ResultId,
    pub exam_code: String,
    pub certification: String,
    pub taken_at: DateTime<Utc>,
    pub time_zone: String,
    pub scaled_score: i32,
    pub passed: bool,
}

/// An exam that was taken and whose result is not released.
#[derive(Debug, Clone)]
pub struct PendingExam {
    pub appointment_id: AppointmentId,
    pub reference: String,
    pub exam_code: String,
    pub certification: String,
    pub ended_at: DateTime<Utc>,
    pub time_zone: String,
    pub received_at: Option<DateTime<Utc>>,
    /// Its results come when the beta has ended: no day is promised.
    pub beta: bool,
    pub policies: serde_json::Value,
}

/// Everything a score report shows.
#[derive(Debug, Clone)]
pub struct ScoreReport {
    pub id: ResultId,
    pub candidate_id: String,
    pub candidate_name: String,
    pub exam_code: String,
    pub certification: String,
    pub certification_slug: String,
    pub language: String,
    pub reference: String,
    pub taken_at: DateTime<Utc>,
    pub time_zone: String,
    pub received_at: DateTime<Utc>,
    pub released_at: DateTime<Utc>,
    /// When the score was last corrected after it was released.
    pub corrected_at: Option<DateTime<Utc>>,
    pub scaled_score: i32,
    pub passed: bool,
    pub scale: Scale,
    /// The credential this pass awarded.
    pub credential: Option<String>,
    pub domains: Vec<ReportDomain>,
}

#[derive(Debug, Clone)]
pub struct ReportDomain {
    /// By language.
    pub name: serde_json::Value,
    /// Percent of the scored content.
    pub weight: i32,
    pub percent: i32,
}
