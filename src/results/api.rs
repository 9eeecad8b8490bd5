use crate::error::AppError;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct ApplyForm {
    #[serde(default)]
    pub import: String,
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct ReleaseForm {
    /// Every received result of this import, …
    #[serde(default)]
    pub import: String,
    /// … or these results.
    #[serde(default)]
    pub results: Vec<String>,
}

/// Takes over a previewed file: all of its rows, or none. Exam managers.
#[server(endpoint = "results/apply")]
pub async fn apply_import(#[server(flatten)] form: ApplyForm) -> Result<(), AppError> {
    use super::service;
    use crate::server::http::respond;
    let cx = crate::server::request();
    cx.staff_with_fresh_proof(crate::server::Permission::ManageResults)?;
    let import = form.import.parse().map_err(|_| AppError::NotFound)?;
    service::apply(&cx, import).await?;
    respond::redirect(&format!("/staff/results/imports/{import}?done=applied"));
    Ok(())
}

/// Releases results to their candidates: mail, score report, and the certification of those who passed. Exam managers.
#[server(endpoint = "results/release")]
pub async fn release_results(#[server(flatten)] form: ReleaseForm) -> Result<(), AppError> {
    use super::service::{self, Selection};
    use crate::error::Code;
    use crate::server::http::respond;
    let cx = crate::server::request();
    cx.staff_with_fresh_proof(crate::server::Permission::ManageResults)?;
    if !form.import.is_empty() {
        let import = form.import.parse().map_err(|_| AppError::NotFound)?;
        service::release(&cx, &Selection::Import(import)).await?;
        respond::redirect(&format!("/staff/results/imports/{import}?done=released"));
        return Ok(());
    }
    let results = form.results.iter().map(|text| text.parse()).collect::<Result<Vec<_>, _>>().map_err(|_| AppError::NotFound)?;
    if results.is_empty() {
        return Err(AppError::field("results", Code::NothingChosen));
    }
    service::release(&cx, &Selection::Results(results)).await?;
    respond::redirect("/staff/results?done=released");
    Ok(())
}
