//! What the form about postal addresses calls.

use crate::error::AppError;
use leptos::prelude::*;

/// Changes the postal addresses.
#[server(endpoint = "accounts/change_contact")]
pub async fn change_contact(#[server(default)] address: String, #[server(default)] organisation_address: String) -> Result<(), AppError> {
    super::service::change(&crate::server::request(), &address, &organisation_address).await?;
    crate::server::http::respond::redirect("/account?done=saved");
    Ok(())
}
