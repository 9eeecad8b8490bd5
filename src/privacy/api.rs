//! What forms call.

use crate::error::AppError;
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use {
    super::{erasure, export},
    crate::server::http::respond::redirect,
    crate::server::request,
};

/// Asks for an archive of one's data.
#[server(endpoint = "privacy/export")]
pub async fn ask_export() -> Result<(), AppError> {
    export::ask(&request()).await?;
    redirect("/account/data?done=asked");
    Ok(())
}

/// Asks for the end of one's account.
#[server(endpoint = "privacy/erase")]
pub async fn ask_erasure(#[server(default)] confirmation: String, #[server(default)] credentials: String) -> Result<(), AppError> {
    erasure::ask(&request(), &confirmation, &credentials).await?;
    redirect("/account/data/erase?done=asked");
    Ok(())
}

/// Keeps the account after all.
#[server(endpoint = "privacy/stop_erasure")]
pub async fn stop_erasure() -> Result<(), AppError> {
    erasure::stop(&request()).await?;
    redirect("/account/data/erase?done=stopped");
    Ok(())
}
