//! Enrolment, `/login/code` and `/account/confirm`.

use super::{PASSWORD, log_in, portal, registered};
use crate::support::portal::{Browser, Portal};
use axum::http::StatusCode;
use certportal::accounts::totp;
use chrono::TimeDelta;

const CODE: &str = "/api/accounts/login_code";
const ENROL: &str = "/api/accounts/totp_enrol";

pub fn code(portal: &Portal, secret: &[u8]) -> String {
    totp::code_at(secret, portal.clock.now())
}

/// The secret that the enrolment page shows for typing.
pub async fn shown_secret(browser: &mut Browser) -> Vec<u8> {
    let page = browser.get("/account/security/totp").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.location());
    let text = page.text();
    assert!(text.contains("class=\"qr\"") && text.contains("otpauth://totp/Testprog:"));
    let at = text.find("secret=").unwrap() + 7;
    let base32: String = text[at..].chars().take_while(char::is_ascii_alphanumeric).collect();
    totp::from_base32(&base32).unwrap()
}

/// Ana, with a second factor, signed in.
pub async fn enrolled(portal: &Portal) -> (Browser, Vec<u8>) {
    let mut browser = registered(portal, "ana@example.com").await;
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    let secret = shown_secret(&mut browser).await;
    let answer = browser.post_form("/account/security/totp", ENROL, &[("code", &code(portal, &secret))]).await;
    assert_eq!(answer.location(), "/account/security/backup-codes?done=factor%5Fon", "{}", answer.words());
    (browser, secret)
}

#[tokio::test]
async fn enrolling_needs_a_right_code_and_is_told_by_mail() {
    let portal = portal().await;
    let mut browser = registered(&portal, "ana@example.com").await;
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    let secret = shown_secret(&mut browser).await;
    assert_eq!(shown_secret(&mut browser).await, secret, "a page shown twice shows the same");
    let wrong = totp::code_at(&secret, portal.clock.now() + TimeDelta::minutes(5));
    let answer = browser.post_form("/account/security/totp", ENROL, &[("code", &wrong)]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text().contains("href=\"#code\""));
    let before = browser.cookie("__Host-session").unwrap().to_owned();
    let answer = browser.post_form("/account/security/totp", ENROL, &[("code", &code(&portal, &secret))]).await;
    assert_eq!(answer.location(), "/account/security/backup-codes?done=factor%5Fon", "backup codes are offered at once");
    assert_ne!(browser.cookie("__Host-session").unwrap(), before, "security.md line 28");
    assert!(super::mail(&portal, "ana@example.com", "accounts.factor_added").await.is_some());
    assert!(browser.get("/account/security").await.words().contains("Authenticator appOn"));
}

#[tokio::test]
async fn security_17_a_code_works_once_and_one_step_early_or_late() {
    let portal = portal().await;
    let (_, secret) = enrolled(&portal).await;
    // The code of the enrolment is used up.
    let used = code(&portal, &secret);
    let mut browser = portal.browser();
    let answer = log_in(&mut browser, "ana@example.com", PASSWORD).await;
    assert_eq!(answer.location(), "/login/code");
    let answer = browser.post_form("/login/code", CODE, &[("code", &used)]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.words().contains("The code is wrong or was used already"));

    portal.later(TimeDelta::seconds(60));
    let late = totp::code_at(&secret, portal.clock.now() - TimeDelta::seconds(30));
    let before = browser.cookie("__Host-session").unwrap().to_owned();
    let answer = browser.post_form("/login/code", CODE, &[("code", &late)]).await;
    assert_eq!(answer.location(), "/dashboard", "{}", answer.words());
    assert_ne!(browser.cookie("__Host-session").unwrap(), before, "security.md line 28: rotated at the factor");
    let mut old = portal.browser();
    old.set_cookie("__Host-session", &before);
    assert_eq!(old.get("/dashboard").await.status, StatusCode::SEE_OTHER);

    // The same code for a second session, and an older one than the last accepted.
    let mut second = portal.browser();
    log_in(&mut second, "ana@example.com", PASSWORD).await;
    assert_eq!(second.post_form("/login/code", CODE, &[("code", &late)]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let early = totp::code_at(&secret, portal.clock.now() + TimeDelta::seconds(30));
    assert_eq!(second.post_form("/login/code", CODE, &[("code", &early)]).await.location(), "/dashboard");
    let now = code(&portal, &secret);
    let mut third = portal.browser();
    log_in(&mut third, "ana@example.com", PASSWORD).await;
    assert_eq!(third.post_form("/login/code", CODE, &[("code", &now)]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let two_steps = totp::code_at(&secret, portal.clock.now() + TimeDelta::seconds(60));
    assert_eq!(third.post_form("/login/code", CODE, &[("code", &two_steps)]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn before_the_code_nothing_but_its_page_is_open() {
    let portal = portal().await;
    enrolled(&portal).await;
    let mut browser = portal.browser();
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    for page in ["/dashboard", "/account", "/account/security"] {
        let answer = browser.get(page).await;
        assert!(answer.location().starts_with("/login/code?next="), "{page}: {}", answer.location());
    }
    let answer = browser.call("/api/accounts/end_other_sessions", &[]).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    // The password is good for ten minutes of looking for the phone.
    portal.later(TimeDelta::minutes(11));
    assert_eq!(browser.get("/login/code").await.location(), "/login?next=");
}

#[tokio::test]
async fn security_18_five_wrong_codes_take_the_password_step_back() {
    let portal = portal().await;
    let (_, secret) = enrolled(&portal).await;
    portal.later(TimeDelta::minutes(2));
    let mut browser = portal.browser();
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    let right = code(&portal, &secret);
    let wrong = if right == "000000" { "111111" } else { "000000" };
    for _ in 0..4 {
        assert_eq!(browser.post_form("/login/code", CODE, &[("code", wrong)]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let answer = browser.post_form("/login/code", CODE, &[("code", wrong)]).await;
    assert!(answer.location().starts_with("/login?next="), "{}", answer.location());
    assert!(browser.post_form("/login/code", CODE, &[("code", &right)]).await.location().starts_with("/login?next="));
    // The password again does not give five more at once.
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    assert!(browser.post_form("/login/code", CODE, &[("code", &right)]).await.location().starts_with("/login?next="));
    portal.later(TimeDelta::minutes(6));
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    let right = code(&portal, &secret);
    assert_eq!(browser.post_form("/login/code", CODE, &[("code", &right)]).await.location(), "/dashboard");
}

#[tokio::test]
async fn security_20_a_reset_by_mail_keeps_the_second_factor() {
    let portal = portal().await;
    enrolled(&portal).await;
    portal.browser().post_form("/forgot", "/api/accounts/forgot", &[("email", "ana@example.com")]).await;
    let link = super::mail(&portal, "ana@example.com", "accounts.reset_password").await.unwrap().link("/reset");
    let token = link.split_once("token=").unwrap().1.to_owned();
    let mut browser = portal.browser();
    browser.post_form(&link, "/api/accounts/reset", &[("token", &token), ("password", "Copper-Teapot-58")]).await;
    assert_eq!(log_in(&mut browser, "ana@example.com", "Copper-Teapot-58").await.location(), "/login/code");
}

#[tokio::test]
async fn changing_factors_asks_for_the_password_again_after_ten_minutes() {
    let portal = portal().await;
    let (mut browser, _) = enrolled(&portal).await;
    portal.later(TimeDelta::minutes(11));
    let answer = browser.get("/account/security/totp").await;
    assert_eq!(answer.location(), "/account/confirm?next=%2Faccount%2Fsecurity%2Ftotp");
    let answer = browser.post_form("/account/security/totp", "/api/accounts/totp_remove", &[]).await;
    assert_eq!(answer.location(), "/account/confirm?next=%2Faccount%2Fsecurity%2Ftotp");
    let confirm = "/account/confirm?next=%2Faccount%2Fsecurity%2Ftotp";
    let fields = [("password", "Wrong-Password-1"), ("next", "/account/security/totp")];
    assert_eq!(browser.post_form(confirm, "/api/accounts/confirm_identity", &fields).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let before = browser.cookie("__Host-session").unwrap().to_owned();
    let fields = [("password", PASSWORD), ("next", "/account/security/totp")];
    let answer = browser.post_form(confirm, "/api/accounts/confirm_identity", &fields).await;
    assert_eq!(answer.location(), "/account/security/totp");
    assert_ne!(browser.cookie("__Host-session").unwrap(), before);
    let answer = browser.post_form("/account/security/totp", "/api/accounts/totp_remove", &[]).await;
    assert_eq!(answer.location(), "/account/security?done=totp_off");
    assert!(super::mail(&portal, "ana@example.com", "accounts.factor_removed").await.is_some());
    assert_eq!(log_in(&mut portal.browser(), "ana@example.com", PASSWORD).await.location(), "/dashboard");
}

#[tokio::test]
async fn no_form_shows_or_takes_a_wish_for_another_site() {
    let portal = portal().await;
    let (_, secret) = enrolled(&portal).await;
    portal.later(TimeDelta::minutes(1));
    let mut browser = portal.browser();
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    let fields = [("code", code(&portal, &secret)), ("next", "//evil.example".to_owned())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(browser.post_form("/login/code", CODE, &fields).await.location(), "/dashboard");
}

#[tokio::test]
async fn the_last_factor_stays_beside_a_password_that_is_too_short_without_it() {
    let portal = Portal::configured(|config| config.password_policy = certportal::server::config::PasswordPolicy::Nist).await;
    let portal = super::with_base_data(portal).await;
    let (mut browser, _) = enrolled(&portal).await;
    let change = async |browser: &mut Browser, from: &str, to: &str| {
        let fields = [("current_password", from), ("password", to)];
        let answer = browser.post_form("/account/security/password", "/api/accounts/change_password", &fields).await;
        assert_eq!(answer.location(), "/account/security?done=password", "{}", answer.words());
    };
    let remove = async |browser: &mut Browser| browser.post_form("/account/security/totp", "/api/accounts/totp_remove", &[]).await;
    change(&mut browser, PASSWORD, "qxzwvjkp").await;
    let answer = remove(&mut browser).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.words().contains("your password must have at least 15 characters"), "{}", answer.words());
    assert_eq!(log_in(&mut portal.browser(), "ana@example.com", "qxzwvjkp").await.location(), "/login/code");
    change(&mut browser, "qxzwvjkp", "copper teapot 58").await;
    // Of a password from before this was noted it is learned when it is typed.
    sqlx::query("UPDATE account SET password_stands_alone = false").execute(portal.db()).await.unwrap();
    assert_eq!(remove(&mut browser).await.status, StatusCode::CONFLICT);
    browser.post_form("/account/confirm", "/api/accounts/confirm_identity", &[("password", "copper teapot 58")]).await;
    assert_eq!(remove(&mut browser).await.location(), "/account/security?done=totp_off");
}
