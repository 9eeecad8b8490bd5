//! What forms and islands call.

use super::model::{ProfileForm, Region, RegistrationForm, Secret};
use crate::error::AppError;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

#[cfg(feature = "ssr")]
use {
    super::factor_api::after_enrolment,
    super::factors::{FactorMethod, authenticator},
    super::service,
    crate::server::http::respond::{Cookie, LocalPath, redirect, set_cookie},
    crate::server::http::sessions,
    crate::server::request,
};

/// The page a form was on the way to, if it is one of ours.
#[cfg(feature = "ssr")]
pub(super) fn wanted(next: &str) -> Option<String> {
    LocalPath::parse(next).map(|path| path.to_string())
}

/// Sets the cookies of a login and leads to its next page: the one that was wanted, unless another step comes before it.
#[cfg(feature = "ssr")]
fn go_on(signed_in: service::SignedIn, next: &str) {
    redirect(&arrive(&signed_in, next));
}

/// The same, for an island that goes there by itself.
#[cfg(feature = "ssr")]
pub(super) fn arrive(signed_in: &service::SignedIn, next: &str) -> String {
    for cookie in &signed_in.cookies {
        set_cookie(cookie);
    }
    let page = signed_in.next.page();
    match (signed_in.next, wanted(next)) {
        // The wish is carried along to the page after this one.
        (service::Next::Code | service::Next::Enrol, Some(next)) => crate::server::http::forms::with_next(page, &next),
        (_, next) => next.unwrap_or_else(|| page.to_owned()),
    }
}

/// Registers a candidate. The answer is the same for an address that has an account.
#[server(endpoint = "accounts/register")]
pub async fn register(#[server(flatten)] form: RegistrationForm) -> Result<(), AppError> {
    service::register(&request(), form).await?;
    redirect("/register/sent");
    Ok(())
}

/// The regions of a country, for the list that follows the choice of one.
#[server(endpoint = "accounts/regions", input = GetUrl)]
pub async fn regions(#[server(default)] country: String) -> Result<Vec<Region>, AppError> {
    service::regions(&request().state, &country).await
}

/// Sends the verification link again.
#[server(endpoint = "accounts/resend_verification")]
pub async fn resend_verification(#[server(default)] email: String) -> Result<(), AppError> {
    let cx = request();
    service::resend_verification(&cx, &email).await?;
    redirect(if cx.viewer().is_ok() { "/dashboard?done=resent" } else { "/verify-email?done=resent" });
    Ok(())
}

/// Address and password.
#[server(endpoint = "accounts/login")]
pub async fn login(
    #[server(default)] email: String,
    #[server(default)] password: Secret,
    #[server(default)] next: String,
) -> Result<(), AppError> {
    let signed_in = service::log_in(&request(), &email, &password).await?;
    go_on(signed_in, &next);
    Ok(())
}

/// The code of the second factor; `method` says of which kind, `trust` (`on`) that this browser shall need none for 30 days.
#[server(endpoint = "accounts/login_code")]
pub async fn login_code(
    #[server(default)] code: String,
    #[server(default)] method: String,
    #[server(default)] trust: String,
    #[server(default)] next: String,
) -> Result<(), AppError> {
    let signed_in = service::enter_code(&request(), FactorMethod::parse(&method), &code, trust == "on").await?;
    go_on(signed_in, &next);
    Ok(())
}

/// Ends the session.
#[server(endpoint = "accounts/logout")]
pub async fn logout() -> Result<(), AppError> {
    service::log_out(&request()).await?;
    set_cookie(&Cookie::gone(sessions::COOKIE));
    redirect("/login?done=logout");
    Ok(())
}

/// Asks for a link to choose a new password. The answer is the same for an address without an account.
#[server(endpoint = "accounts/forgot")]
pub async fn forgot(#[server(default)] email: String) -> Result<(), AppError> {
    service::request_reset(&request(), &email).await?;
    redirect("/forgot?done=sent");
    Ok(())
}

/// Chooses a new password by a mailed link.
#[server(endpoint = "accounts/reset")]
pub async fn reset(#[server(default)] token: String, #[server(default)] password: Secret) -> Result<(), AppError> {
    service::reset_password(&request(), &token, &password).await?;
    // Whatever session this browser had has ended with the others.
    set_cookie(&Cookie::gone(sessions::COOKIE));
    redirect("/login?done=reset");
    Ok(())
}

/// The password of somebody who was invited to the staff.
#[server(endpoint = "accounts/accept_invitation")]
pub async fn accept_invitation(#[server(default)] token: String, #[server(default)] password: Secret) -> Result<(), AppError> {
    let cookie = service::accept_invitation(&request(), &token, &password).await?;
    set_cookie(&cookie);
    redirect("/account/security/totp");
    Ok(())
}

/// The password again, or a code of the authenticator app, before something that asks for a fresh proof.
#[server(endpoint = "accounts/confirm_identity")]
pub async fn confirm_identity(
    #[server(default)] password: Secret,
    #[server(default)] code: String,
    #[server(default)] next: String,
) -> Result<(), AppError> {
    let cookie = service::confirm_identity(&request(), &password, &code).await?;
    set_cookie(&cookie);
    redirect(wanted(&next).as_deref().unwrap_or("/account/security"));
    Ok(())
}

/// Enrols the authenticator app with its first code.
#[server(endpoint = "accounts/totp_enrol")]
pub async fn totp_enrol(#[server(default)] code: String, #[server(default)] next: String) -> Result<(), AppError> {
    let cookie = authenticator::enrol(&request(), &code).await?;
    set_cookie(&cookie);
    redirect(&after_enrolment(&next, "totp_on").await?);
    Ok(())
}

/// Removes the authenticator app.
#[server(endpoint = "accounts/totp_remove")]
pub async fn totp_remove() -> Result<(), AppError> {
    let cookie = authenticator::remove(&request()).await?;
    set_cookie(&cookie);
    redirect("/account/security?done=totp_off");
    Ok(())
}

/// Changes the password.
#[server(endpoint = "accounts/change_password")]
pub async fn change_password(#[server(default)] current_password: Secret, #[server(default)] password: Secret) -> Result<(), AppError> {
    let cookie = service::change_password(&request(), &current_password, &password).await?;
    set_cookie(&cookie);
    redirect("/account/security?done=password");
    Ok(())
}

/// Ends one of one's own sessions.
#[server(endpoint = "accounts/end_session")]
pub async fn end_session(#[server(default)] session: String) -> Result<(), AppError> {
    service::end_session(&request(), &session).await?;
    redirect("/account/security?done=session");
    Ok(())
}

/// Ends all other sessions.
#[server(endpoint = "accounts/end_other_sessions")]
pub async fn end_other_sessions() -> Result<(), AppError> {
    service::end_other_sessions(&request()).await?;
    redirect("/account/security?done=sessions");
    Ok(())
}

/// Changes the profile.
#[server(endpoint = "accounts/change_profile")]
pub async fn change_profile(#[server(flatten)] form: ProfileForm) -> Result<(), AppError> {
    service::change_profile(&request(), form).await?;
    redirect("/account?done=saved");
    Ok(())
}

/// Accepts the candidate agreement in force.
#[server(endpoint = "accounts/accept_agreement")]
pub async fn accept_agreement(
    #[server(default)] agreement: String,
    #[server(default)] version: String,
    #[server(default)] next: String,
) -> Result<(), AppError> {
    service::accept_agreement(&request(), agreement == "on", &version).await?;
    redirect(wanted(&next).as_deref().unwrap_or("/dashboard?done=agreement"));
    Ok(())
}
