//! What the forms of the merge call.

use crate::accounts::model::Secret;
use crate::error::AppError;
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use {super::service, crate::accounts::factors::FactorMethod, crate::server::http::respond::redirect, crate::server::request};

/// The request of a candidate: accounts of the staff alone have nothing to merge.
#[cfg(feature = "ssr")]
fn candidates() -> Result<std::sync::Arc<crate::server::RequestContext>, AppError> {
    let cx = request();
    cx.candidate()?;
    Ok(cx)
}

/// Address and password of the other account.
#[server(endpoint = "accounts/merge_sign_in")]
pub async fn merge_sign_in(#[server(default)] email: String, #[server(default)] password: Secret) -> Result<(), AppError> {
    let cx = candidates()?;
    service::sign_in(&cx, &email, &password).await?;
    redirect("/account/merge");
    Ok(())
}

/// The code of the other account's second factor.
#[server(endpoint = "accounts/merge_code")]
pub async fn merge_code(#[server(default)] code: String, #[server(default)] method: String) -> Result<(), AppError> {
    let cx = candidates()?;
    service::enter_code(&cx, FactorMethod::parse(&method), &code).await?;
    redirect("/account/merge");
    Ok(())
}

/// Sends a code to the phone of the other account.
#[server(endpoint = "accounts/merge_sms")]
pub async fn merge_sms() -> Result<(), AppError> {
    let cx = candidates()?;
    service::send_code(&cx).await?;
    redirect("/account/merge?method=sms");
    Ok(())
}

/// Forgets the other account's sign-in.
#[server(endpoint = "accounts/merge_again")]
pub async fn merge_again() -> Result<(), AppError> {
    let cx = candidates()?;
    service::begin_again(&cx).await?;
    redirect("/account/merge");
    Ok(())
}

/// Merges.
#[server(endpoint = "accounts/merge")]
pub async fn merge_confirm(#[server(default)] merge: String, #[server(default)] same_person: String) -> Result<(), AppError> {
    let cx = candidates()?;
    service::merge(&cx, &merge, same_person == "on").await?;
    redirect("/account/merge?done=merged");
    Ok(())
}

/// Undoes a merge.
#[server(endpoint = "accounts/merge_undo")]
pub async fn merge_undo(#[server(default)] merge: String) -> Result<(), AppError> {
    let cx = candidates()?;
    service::undo(&cx, &merge).await?;
    redirect("/account/merge?done=undone");
    Ok(())
}
