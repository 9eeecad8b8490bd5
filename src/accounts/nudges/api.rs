//! What the buttons of advice call.

use crate::error::AppError;
use leptos::prelude::*;

/// Puts a piece of advice away.
#[server(endpoint = "accounts/dismiss_nudge")]
pub async fn dismiss_nudge(#[server(default)] nudge: String) -> Result<(), AppError> {
    super::service::dismiss(&crate::server::request(), &nudge).await?;
    crate::server::http::respond::redirect("/dashboard");
    Ok(())
}
