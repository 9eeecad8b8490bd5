//! What the form of a correction calls.

use crate::error::AppError;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// A corrected score, and why.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct CorrectionForm {
    pub result: String,
    pub intent: String,
    pub scaled_score: String,
    /// Percent of each domain, in the exam's order.
    pub domains: Vec<String>,
    pub reason: String,
}

/// Asks for the correction of a score. Exam managers; another one decides.
#[server(endpoint = "results/correct")]
pub async fn correct_score(#[server(flatten)] form: CorrectionForm) -> Result<(), AppError> {
    use super::service::{self, Asked};
    let asked = Asked {
        result: &form.result,
        intent: &form.intent,
        scaled_score: &form.scaled_score,
        percents: &form.domains,
        reason: &form.reason,
    };
    let request = service::ask(&crate::server::request(), &asked).await?;
    crate::server::http::respond::redirect(&format!("/staff/approvals/{request}?done=asked"));
    Ok(())
}
