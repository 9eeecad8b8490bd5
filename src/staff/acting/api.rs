//! What the forms of acting call.

use crate::error::AppError;
use crate::staff::accounts::api::ActForm;
use leptos::prelude::*;

/// Begins to act for a candidate and leads to their overview.
#[server(endpoint = "staff/start_acting")]
pub async fn start_acting(#[server(flatten)] form: ActForm) -> Result<(), AppError> {
    let cookie = super::service::start(&crate::server::request(), &form.account, &form.reason).await?;
    crate::server::http::respond::set_cookie(&cookie);
    crate::server::http::respond::redirect("/dashboard");
    Ok(())
}

/// Stops it and leads back to the candidate's account page.
#[server(endpoint = "staff/stop_acting")]
pub async fn stop_acting() -> Result<(), AppError> {
    use crate::server::http::respond::{redirect, set_cookie};

    let stopped = super::service::stop(&crate::server::request()).await?;
    if let Some(cookie) = &stopped.cookie {
        set_cookie(cookie);
    }
    redirect(&stopped.page);
    Ok(())
}
