//! A result as staff see it, and what a correction changes.

use crate::ids::{AccountId, ApprovalId, CertificationId, ExamId, ImportId, ResultId};
use crate::results::rules::Scale;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A value that changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change<T> {
    pub before: T,
    pub after: T,
}

impl<T: PartialEq> Change<T> {
    pub fn changes(&self) -> bool {
        self.before != self.after
    }
}

/// A domain of a correction: percent of right answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainChange {
    /// By language.
    pub name: serde_json::Value,
    #[serde(flatten)]
    pub percent: Change<i32>,
}

/// A correction that is asked for. The raw score stays as the delivery partner sent it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    pub exam_code: String,
    /// The appointment's.
    pub reference: String,
    pub scaled: Change<i32>,
    pub passed: Change<bool>,
    /// In the order of the exam's domains.
    pub domains: Vec<DomainChange>,
}

impl Correction {
    /// Whether the result is still as it was when the correction was asked for.
    pub fn fits(&self, scaled_score: i32, passed: bool, percents: &[i32]) -> bool {
        self.scaled.before == scaled_score
            && self.passed.before == passed
            && self.domains.len() == percents.len()
            && self.domains.iter().zip(percents).all(|(domain, percent)| domain.percent.before == *percent)
    }
}

/// A result with everything its page shows to staff.
#[derive(Debug, Clone)]
pub struct StaffResult {
    pub id: ResultId,
    pub account_id: AccountId,
    pub candidate_id: Option<String>,
    pub candidate_name: String,
    pub exam_id: ExamId,
    pub exam_code: String,
    pub certification_id: CertificationId,
    pub certification: String,
    pub reference: String,
    pub taken_at: DateTime<Utc>,
    pub time_zone: String,
    pub received_at: DateTime<Utc>,
    pub released_at: Option<DateTime<Utc>>,
    pub released_by: Option<String>,
    pub raw_score: Option<i32>,
    pub scaled_score: i32,
    pub passed: bool,
    pub scale: Scale,
    /// The file it came in.
    pub import: Option<(ImportId, String)>,
    /// The credential it awarded.
    pub credential: Option<String>,
    pub policies: serde_json::Value,
    pub domains: Vec<StaffDomain>,
}

impl StaffResult {
    pub fn percents(&self) -> Vec<i32> {
        self.domains.iter().map(|domain| domain.percent).collect()
    }
}

#[derive(Debug, Clone)]
pub struct StaffDomain {
    /// By language.
    pub name: serde_json::Value,
    /// Percent of the scored content.
    pub weight: i32,
    pub percent: i32,
}

/// A correction that was made.
#[derive(Debug, Clone)]
pub struct Made {
    pub request_id: ApprovalId,
    pub corrected_at: DateTime<Utc>,
    pub scaled_before: i32,
    pub scaled_after: i32,
    pub passed_before: bool,
    pub passed_after: bool,
    pub asked_by: String,
    pub approved_by: Option<String>,
    pub reason: String,
}

/// One line of a search.
#[derive(Debug, Clone)]
pub struct FoundResult {
    pub id: ResultId,
    pub candidate_id: Option<String>,
    pub candidate_name: String,
    pub exam_code: String,
    pub reference: String,
    pub taken_at: DateTime<Utc>,
    pub time_zone: String,
    pub scaled_score: i32,
    pub passed: bool,
    pub released: bool,
}
