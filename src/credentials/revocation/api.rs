//! What the form of a revocation calls.

use crate::error::AppError;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Which credential, and why.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct RevocationForm {
    pub credential: String,
    pub intent: String,
    pub cause: String,
    pub reason: String,
}

/// Asks for the revocation of a credential. Exam managers; another one decides.
#[server(endpoint = "credentials/revoke")]
pub async fn revoke_credential(#[server(flatten)] form: RevocationForm) -> Result<(), AppError> {
    use super::service::{self, Asked};
    let asked = Asked { public_id: &form.credential, intent: &form.intent, cause: &form.cause, reason: &form.reason };
    let request = service::ask(&crate::server::request(), &asked).await?;
    crate::server::http::respond::redirect(&format!("/staff/approvals/{request}?done=asked"));
    Ok(())
}
