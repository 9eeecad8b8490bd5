//! What the forms of second factors call.

use crate::error::AppError;
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use {
    super::factor_recovery,
    super::factors::{backup_codes, phone, trusted},
    crate::server::http::forms::encoded,
    crate::server::http::respond::{LocalPath, redirect, set_cookie},
    crate::server::request,
};

/// `path?key=value`, with the page that was wanted in the end, if it is one of ours.
#[cfg(feature = "ssr")]
pub(in crate::accounts) fn address(path: &str, query: &[(&str, &str)], next: &str) -> String {
    let mut address = path.to_owned();
    let next = LocalPath::parse(next).map(|next| next.to_string()).unwrap_or_default();
    for (name, value) in query.iter().copied().chain([("next", next.as_str())]).filter(|(_, value)| !value.is_empty()) {
        address.push(if address.contains('?') { '&' } else { '?' });
        address.push_str(&format!("{name}={}", encoded(value)));
    }
    address
}

/// Where the enrolment of a factor leads: to the backup codes, if there are none yet.
#[cfg(feature = "ssr")]
pub async fn after_enrolment(next: &str, done: &str) -> Result<String, AppError> {
    let (page, query) = if backup_codes::are_missing(&request()).await? {
        ("/account/security/backup-codes", vec![("done", "factor_on")])
    } else if LocalPath::parse(next).is_some() {
        return Ok(next.to_owned());
    } else {
        ("/account/security", vec![("done", done)])
    };
    Ok(address(page, &query, next))
}

/// New backup codes in the place of the old ones.
#[server(endpoint = "accounts/backup_codes_new")]
pub async fn backup_codes_new(#[server(default)] next: String) -> Result<(), AppError> {
    for cookie in backup_codes::make(&request()).await? {
        set_cookie(&cookie);
    }
    redirect(&address("/account/security/backup-codes", &[], &next));
    Ok(())
}

/// Sends a code to a phone that is to be the account's.
#[server(endpoint = "accounts/phone_send")]
pub async fn phone_send(#[server(default)] phone: String) -> Result<(), AppError> {
    phone::send_code(&request(), &phone).await?;
    redirect("/account/security/phone?done=sent");
    Ok(())
}

/// The code that was sent to the phone.
#[server(endpoint = "accounts/phone_verify")]
pub async fn phone_verify(#[server(default)] code: String) -> Result<(), AppError> {
    set_cookie(&phone::verify(&request(), &code).await?);
    redirect("/account/security/phone?done=verified");
    Ok(())
}

/// Removes the phone.
#[server(endpoint = "accounts/phone_remove")]
pub async fn phone_remove() -> Result<(), AppError> {
    set_cookie(&phone::remove(&request()).await?);
    redirect("/account/security?done=phone_off");
    Ok(())
}

/// Codes by SMS become a second factor.
#[server(endpoint = "accounts/sms_factor_on")]
pub async fn sms_factor_on() -> Result<(), AppError> {
    set_cookie(&phone::use_as_factor(&request()).await?);
    redirect(&after_enrolment("", "sms_on").await?);
    Ok(())
}

/// Codes by SMS are no second factor any more.
#[server(endpoint = "accounts/sms_factor_off")]
pub async fn sms_factor_off() -> Result<(), AppError> {
    set_cookie(&phone::stop_using(&request()).await?);
    redirect("/account/security?done=sms_off");
    Ok(())
}

/// Sends the code for a sign-in that waits for it.
#[server(endpoint = "accounts/login_sms")]
pub async fn login_sms(#[server(default)] next: String) -> Result<(), AppError> {
    phone::send_login_code(&request()).await?;
    redirect(&address("/login/code", &[("method", "sms")], &next));
    Ok(())
}

/// A trusted browser is asked for the second factor again.
#[server(endpoint = "accounts/stop_trusting")]
pub async fn stop_trusting(#[server(default)] browser: String) -> Result<(), AppError> {
    trusted::stop(&request(), &browser).await?;
    redirect("/account/security?done=untrusted");
    Ok(())
}

/// Every factor is lost: asks for their removal.
#[server(endpoint = "accounts/recovery_request")]
pub async fn recovery_request(#[server(default)] reason: String) -> Result<(), AppError> {
    factor_recovery::request(&request(), &reason).await?;
    redirect("/login/recovery?done=asked");
    Ok(())
}

/// Stops the removal by the link of a message.
#[server(endpoint = "accounts/recovery_stop")]
pub async fn recovery_stop(#[server(default)] recovery: String, #[server(default)] token: String) -> Result<(), AppError> {
    factor_recovery::stop(&request(), &recovery, &token).await
}

/// Staff have checked the identity.
#[server(endpoint = "staff/recovery_approve")]
pub async fn recovery_approve(#[server(default)] recovery: String, #[server(default)] check: String) -> Result<(), AppError> {
    factor_recovery::approve(&request(), &recovery, &check).await?;
    redirect("/staff/recoveries?done=approved");
    Ok(())
}

/// Staff refuse.
#[server(endpoint = "staff/recovery_refuse")]
pub async fn recovery_refuse(#[server(default)] recovery: String, #[server(default)] refusal: String) -> Result<(), AppError> {
    factor_recovery::refuse(&request(), &recovery, &refusal).await?;
    redirect("/staff/recoveries?done=refused");
    Ok(())
}
