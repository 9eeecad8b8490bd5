//! What the forms of a request's page call.

use crate::error::AppError;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// A decision on a request; `refusal` is why not.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct DecisionForm {
    pub request: String,
    pub refusal: String,
}

#[cfg(feature = "ssr")]
fn back(request: &str, done: &str) {
    crate::server::http::respond::redirect(&format!("/staff/approvals/{request}?done={done}"));
}

/// Approves what a colleague has asked for, and does it.
#[server(endpoint = "approvals/approve")]
pub async fn approve_request(#[server(flatten)] form: DecisionForm) -> Result<(), AppError> {
    super::service::approve(&crate::server::request(), &form.request).await?;
    back(&form.request, "approved");
    Ok(())
}

/// Refuses what a colleague has asked for.
#[server(endpoint = "approvals/refuse")]
pub async fn refuse_request(#[server(flatten)] form: DecisionForm) -> Result<(), AppError> {
    super::service::refuse(&crate::server::request(), &form.request, &form.refusal).await?;
    back(&form.request, "refused");
    Ok(())
}

/// Takes one's own request back.
#[server(endpoint = "approvals/withdraw")]
pub async fn withdraw_request(#[server(flatten)] form: DecisionForm) -> Result<(), AppError> {
    super::service::withdraw(&crate::server::request(), &form.request).await?;
    back(&form.request, "withdrawn");
    Ok(())
}
