//! What the candidate's and the guardian's forms call.

use crate::error::AppError;
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use {super::service, crate::server::http::respond::redirect, crate::server::request};

/// Names a guardian and mails the request.
#[server(endpoint = "accounts/ask_guardian")]
pub async fn ask_guardian(#[server(default)] guardian_name: String, #[server(default)] guardian_email: String) -> Result<(), AppError> {
    service::ask(&request(), &guardian_name, &guardian_email).await?;
    redirect("/account/guardian?done=asked");
    Ok(())
}

/// Mails the request again.
#[server(endpoint = "accounts/resend_guardian")]
pub async fn resend_guardian() -> Result<(), AppError> {
    service::resend(&request()).await?;
    redirect("/account/guardian?done=resent");
    Ok(())
}

/// The guardian consents, by the mailed link.
#[server(endpoint = "accounts/guardian_consent")]
pub async fn guardian_consent(
    #[server(default)] token: String,
    #[server(default)] signed_name: String,
    #[server(default)] consent: String,
    #[server(default)] version: String,
) -> Result<(), AppError> {
    service::give(&request(), &token, &signed_name, consent == "on", &version).await?;
    redirect("/guardian-consent?done=given");
    Ok(())
}

/// The guardian declines, by the mailed link.
#[server(endpoint = "accounts/guardian_decline")]
pub async fn guardian_decline(#[server(default)] token: String) -> Result<(), AppError> {
    service::decline(&request(), &token).await?;
    redirect("/guardian-consent?done=declined");
    Ok(())
}

/// The guardian takes the consent back, by the link of the confirmation.
#[server(endpoint = "accounts/guardian_withdraw")]
pub async fn guardian_withdraw(#[server(default)] token: String) -> Result<(), AppError> {
    service::withdraw(&request(), &token).await?;
    redirect("/guardian-consent?done=withdrawn");
    Ok(())
}
