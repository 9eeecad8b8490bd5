//! What the forms of the staff's account page call.

use crate::error::AppError;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// An act on an account, and why.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct ActForm {
    pub account: String,
    pub reason: String,
}

/// The roles of an account, and why they change.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct RolesForm {
    pub account: String,
    pub roles: Vec<String>,
    pub reason: String,
}

#[cfg(feature = "ssr")]
fn back(account: &str, done: &str) {
    crate::server::http::respond::redirect(&format!("/staff/accounts/{account}?done={done}"));
}

/// Ends all sessions of an account.
#[server(endpoint = "staff/end_sessions")]
pub async fn end_sessions(#[server(flatten)] form: ActForm) -> Result<(), AppError> {
    super::service::end_sessions(&crate::server::request(), &form.account, &form.reason).await?;
    back(&form.account, "sessions");
    Ok(())
}

/// Mails an account's owner a link to choose a new password.
#[server(endpoint = "staff/start_reset")]
pub async fn start_reset(#[server(flatten)] form: ActForm) -> Result<(), AppError> {
    super::service::start_reset(&crate::server::request(), &form.account, &form.reason).await?;
    back(&form.account, "reset");
    Ok(())
}

/// Disables an account.
#[server(endpoint = "staff/disable_account")]
pub async fn disable_account(#[server(flatten)] form: ActForm) -> Result<(), AppError> {
    super::service::set_disabled(&crate::server::request(), &form.account, true, &form.reason).await?;
    back(&form.account, "disabled");
    Ok(())
}

/// Enables a disabled account.
#[server(endpoint = "staff/enable_account")]
pub async fn enable_account(#[server(flatten)] form: ActForm) -> Result<(), AppError> {
    super::service::set_disabled(&crate::server::request(), &form.account, false, &form.reason).await?;
    back(&form.account, "enabled");
    Ok(())
}

/// Sets the roles of an account.
#[server(endpoint = "staff/change_roles")]
pub async fn change_roles(#[server(flatten)] form: RolesForm) -> Result<(), AppError> {
    super::service::change_roles(&crate::server::request(), &form.account, &form.roles, &form.reason).await?;
    back(&form.account, "roles");
    Ok(())
}
