//! What the island and the forms of passkeys call. The texts that travel are JSON as browsers read and write it, so that the
//! browser's program knows nothing of WebAuthn.

use crate::error::AppError;
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use {
    super::super::api::{arrive, wanted},
    super::service::{self, Proved},
    crate::server::http::respond::{Cookie, redirect, set_cookie},
    crate::server::request,
};

#[cfg(feature = "ssr")]
const PAGE: &str = "/account/security/passkeys";

/// Begins to enrol a passkey: `{"ceremony": …, "options": PublicKeyCredentialCreationOptionsJSON}`.
#[server(endpoint = "accounts/passkey_register_start")]
pub async fn passkey_register_start() -> Result<String, AppError> {
    service::register_start(&request()).await
}

/// Enrols the passkey the device has made (`RegistrationResponseJSON`); gives the page to go to.
#[server(endpoint = "accounts/passkey_register_finish")]
pub async fn passkey_register_finish(
    #[server(default)] ceremony: String,
    #[server(default)] answer: String,
    #[server(default)] name: String,
    #[server(default)] next: String,
) -> Result<String, AppError> {
    let cookie = service::register_finish(&request(), &ceremony, &answer, &name).await?;
    set_cookie(&cookie);
    Ok(wanted(&next).unwrap_or_else(|| format!("{PAGE}?done=passkey_added")))
}

/// Begins to prove who one is: `{"ceremony": …, "options": PublicKeyCredentialRequestOptionsJSON}`. `purpose`: `login`,
/// `second_factor`, `confirm` or `merge`.
#[server(endpoint = "accounts/passkey_login_start")]
pub async fn passkey_login_start(#[server(default)] purpose: String) -> Result<String, AppError> {
    let (begun, cookie) = service::login_start(&request(), &purpose).await?;
    if let Some(cookie) = cookie {
        set_cookie(&cookie);
    }
    Ok(begun)
}

/// Checks the device's answer (`AuthenticationResponseJSON`); gives the page to go to.
#[server(endpoint = "accounts/passkey_login_finish")]
pub async fn passkey_login_finish(
    #[server(default)] ceremony: String,
    #[server(default)] answer: String,
    #[server(default)] next: String,
) -> Result<String, AppError> {
    match service::login_finish(&request(), &ceremony, &answer).await? {
        Proved::SignedIn(signed_in) => {
            set_cookie(&Cookie::gone(service::COOKIE));
            Ok(arrive(&signed_in, &next))
        }
        Proved::Confirmed(cookie) => {
            set_cookie(&cookie);
            Ok(wanted(&next).unwrap_or_else(|| "/account/security".to_owned()))
        }
        Proved::OtherAccount => Ok("/account/merge".to_owned()),
    }
}

/// Renames a passkey.
#[server(endpoint = "accounts/passkey_rename")]
pub async fn passkey_rename(#[server(default)] passkey: String, #[server(default)] name: String) -> Result<(), AppError> {
    service::rename(&request(), &passkey, &name).await?;
    redirect(&format!("{PAGE}?done=passkey_renamed"));
    Ok(())
}

/// Removes a passkey.
#[server(endpoint = "accounts/passkey_remove")]
pub async fn passkey_remove(#[server(default)] passkey: String) -> Result<(), AppError> {
    let cookie = service::remove(&request(), &passkey).await?;
    set_cookie(&cookie);
    redirect(&format!("{PAGE}?done=passkey_removed"));
    Ok(())
}
