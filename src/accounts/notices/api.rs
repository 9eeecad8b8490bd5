//! What the form about notices calls.

use crate::error::AppError;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The boxes as they were sent: `on` when ticked, else missing.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct NoticesForm {
    pub mail_reminders: String,
    pub mail_results: String,
    pub mail_news: String,
    pub sms_reminders: String,
}

/// Keeps which notices somebody wants.
#[server(endpoint = "accounts/change_notices")]
pub async fn change_notices(#[server(flatten)] form: NoticesForm) -> Result<(), AppError> {
    super::service::change(&crate::server::request(), &form).await?;
    crate::server::http::respond::redirect("/account/notifications?done=saved");
    Ok(())
}
