//! What the forms about addresses call.

use crate::error::AppError;
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use {
    super::service::{self, Verified},
    crate::server::http::respond::redirect,
    crate::server::request,
};

/// Verifies an address by its mailed link.
#[server(endpoint = "accounts/verify_email")]
pub async fn verify_email(#[server(default)] token: String) -> Result<(), AppError> {
    let cx = request();
    let verified = service::verify(&cx, &token).await?;
    redirect(match (cx.viewer().is_ok(), verified) {
        (false, _) => "/login?done=verified",
        (true, Verified::Registration) => "/dashboard?done=verified",
        (true, Verified::Further) => "/account/emails?done=verified",
        (true, Verified::Primary) => "/account/emails?done=primary",
    });
    Ok(())
}

/// Adds an address. The answer is the same for an address of another account.
#[server(endpoint = "accounts/add_email")]
pub async fn add_email(#[server(default)] email: String, #[server(default)] becomes_primary: String) -> Result<(), AppError> {
    service::add(&request(), &email, becomes_primary == "on").await?;
    redirect("/account/emails?done=added");
    Ok(())
}

/// Sends the link to an address that waits for its verification again.
#[server(endpoint = "accounts/resend_email")]
pub async fn resend_email(#[server(default)] id: String) -> Result<(), AppError> {
    service::resend(&request(), &id).await?;
    redirect("/account/emails?done=resent");
    Ok(())
}

/// Makes a verified address the main one.
#[server(endpoint = "accounts/primary_email")]
pub async fn primary_email(#[server(default)] id: String) -> Result<(), AppError> {
    service::make_primary(&request(), &id).await?;
    redirect("/account/emails?done=primary");
    Ok(())
}

/// Removes an address.
#[server(endpoint = "accounts/remove_email")]
pub async fn remove_email(#[server(default)] id: String) -> Result<(), AppError> {
    service::remove(&request(), &id).await?;
    redirect("/account/emails?done=removed");
    Ok(())
}
