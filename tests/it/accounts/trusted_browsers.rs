//! Browsers that need no second factor for 30 days; and proving again who one is with a code.

use super::second_factor::{code, enrolled};
use super::{PASSWORD, log_in, portal};
use crate::support::portal::{Browser, Portal, STAFF_SECRET};
use axum::http::StatusCode;
use certportal::accounts::totp;
use chrono::TimeDelta;

const CODE: &str = "/api/accounts/login_code";

/// Ana's browser, trusted.
async fn trusted(portal: &Portal, secret: &[u8]) -> Browser {
    portal.later(TimeDelta::minutes(1));
    let mut browser = portal.browser();
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    let answer = browser.post_form("/login/code", CODE, &[("code", &code(portal, secret)), ("trust", "on")]).await;
    assert_eq!(answer.location(), "/dashboard", "{}", answer.words());
    assert!(browser.cookie("__Host-trusted").is_some());
    browser
}

async fn next_page(browser: &mut Browser) -> String {
    log_in(browser, "ana@example.com", PASSWORD).await.location().to_owned()
}

#[tokio::test]
async fn a_trusted_browser_needs_no_second_factor_for_thirty_days() {
    let portal = portal().await;
    let (_, secret) = enrolled(&portal).await;
    let mut browser = trusted(&portal, &secret).await;
    assert_eq!(next_page(&mut browser).await, "/dashboard");
    let token = browser.cookie("__Host-trusted").unwrap().to_owned();
    let stored: Vec<Vec<u8>> = sqlx::query_scalar("SELECT token_hash FROM trusted_device").fetch_all(portal.db()).await.unwrap();
    assert!(stored.len() == 1 && stored[0] != token.as_bytes(), "hashed");
    let by: String = sqlx::query_scalar("SELECT detail->>'by' FROM audit_event WHERE action = 'account.login' ORDER BY id DESC LIMIT 1")
        .fetch_one(portal.db())
        .await
        .unwrap();
    assert_eq!(by, "trusted_device");
    // Another account in the same browser is asked.
    let mut stranger = portal.browser();
    stranger.set_cookie("__Host-trusted", "made-up");
    assert_eq!(next_page(&mut stranger).await, "/login/code");
    portal.later(TimeDelta::days(29));
    assert_eq!(next_page(&mut browser).await, "/dashboard");
    portal.later(TimeDelta::days(1));
    assert_eq!(next_page(&mut browser).await, "/login/code");
}

#[tokio::test]
async fn trusted_browsers_are_listed_and_can_be_forgotten_by_their_owner_alone() {
    let portal = portal().await;
    let (_, secret) = enrolled(&portal).await;
    let mut browser = trusted(&portal, &secret).await;
    let page = browser.get("/account/security").await;
    assert!(page.words().contains("Trusted until"));
    let id = page.hidden("browser");
    let stop = "/api/accounts/stop_trusting";
    let eve = portal.account("eve@example.com", "Eve", "Other", &[]).await;
    let mut eve = portal.signed_in(eve).await;
    for id in [id.as_str(), "nonsense"] {
        assert_eq!(eve.post_form("/account/security", stop, &[("browser", id)]).await.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(next_page(&mut browser).await, "/dashboard");
    let answer = browser.post_form("/account/security", stop, &[("browser", &id)]).await;
    assert_eq!(answer.location(), "/account/security?done=untrusted");
    assert_eq!(next_page(&mut browser).await, "/login/code");
}

#[tokio::test]
async fn a_new_password_and_a_changed_factor_end_all_trust() {
    let portal = portal().await;
    let (mut owner, secret) = enrolled(&portal).await;
    let mut browser = trusted(&portal, &secret).await;
    let new = "Copper-Teapot-58";
    let fields = [("current_password", PASSWORD), ("password", new)];
    owner.post_form("/account/security/password", "/api/accounts/change_password", &fields).await;
    assert_eq!(log_in(&mut browser, "ana@example.com", new).await.location(), "/login/code");

    portal.later(TimeDelta::minutes(1));
    let fields = [("code", code(&portal, &secret)), ("trust", "on".to_owned())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(browser.post_form("/login/code", CODE, &fields).await.location(), "/dashboard");
    assert_eq!(log_in(&mut browser, "ana@example.com", new).await.location(), "/dashboard");
    super::backup_codes::make(&mut browser).await;
    assert_eq!(log_in(&mut browser, "ana@example.com", new).await.location(), "/login/code", "new backup codes");

    // And by the mailed link.
    portal.later(TimeDelta::minutes(1));
    let now = code(&portal, &secret);
    browser.post_form("/login/code", CODE, &[("code", &now), ("trust", "on")]).await;
    portal.browser().post_form("/forgot", "/api/accounts/forgot", &[("email", "ana@example.com")]).await;
    let link = super::mail(&portal, "ana@example.com", "accounts.reset_password").await.unwrap().link("/reset");
    let token = link.split_once("token=").unwrap().1.to_owned();
    portal.browser().post_form(&link, "/api/accounts/reset", &[("token", &token), ("password", PASSWORD)]).await;
    assert_eq!(log_in(&mut browser, "ana@example.com", PASSWORD).await.location(), "/login/code");
}

#[tokio::test]
async fn security_16_staff_are_asked_every_time() {
    let portal = portal().await;
    let id = portal.account("sam@example.org", "Sam", "Staff", &["auditor"]).await;
    let hash = certportal::accounts::password::hash_now(PASSWORD);
    sqlx::query("UPDATE account SET password_hash = $2 WHERE id = $1").bind(id).bind(hash).execute(portal.db()).await.unwrap();
    let mut browser = portal.browser();
    log_in(&mut browser, "sam@example.org", PASSWORD).await;
    assert!(!browser.get("/login/code").await.words().contains("Trust this browser"));
    let code = totp::code_at(&STAFF_SECRET, portal.clock.now());
    assert_eq!(browser.post_form("/login/code", CODE, &[("code", &code), ("trust", "on")]).await.location(), "/staff");
    assert!(browser.cookie("__Host-trusted").is_none());
    // Not by a row that got there otherwise either.
    sqlx::query("INSERT INTO trusted_device (id, token_hash, account_id, user_agent, created_at, expires_at) VALUES (gen_random_uuid(), $1, $2, '', $3, $4)")
        .bind(certportal::server::random::token_hash("token"))
        .bind(id)
        .bind(portal.clock.now())
        .bind(portal.clock.now() + TimeDelta::days(30))
        .execute(portal.db())
        .await
        .unwrap();
    browser.set_cookie("__Host-trusted", "token");
    assert_eq!(log_in(&mut browser, "sam@example.org", PASSWORD).await.location(), "/login/code");
}

#[tokio::test]
async fn the_step_up_takes_a_code_of_the_app_in_place_of_the_password() {
    let portal = portal().await;
    let (mut browser, secret) = enrolled(&portal).await;
    portal.later(TimeDelta::minutes(11));
    let page = "/account/confirm?next=%2Faccount%2Fsecurity%2Ftotp";
    let confirm = "/api/accounts/confirm_identity";
    assert!(browser.get(page).await.text().contains("name=\"code\""));
    let answer = browser.post_form(page, confirm, &[("code", "000000")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text().contains("href=\"#code\""));
    assert_eq!(browser.post_form(page, confirm, &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let right = code(&portal, &secret);
    let fields = [("code", right.as_str()), ("next", "/account/security/totp")];
    assert_eq!(browser.post_form(page, confirm, &fields).await.location(), "/account/security/totp");
    assert_eq!(browser.get("/account/security/totp").await.status, StatusCode::OK);
    portal.later(TimeDelta::seconds(20));
    assert_eq!(browser.post_form(page, confirm, &fields).await.status, StatusCode::UNPROCESSABLE_ENTITY, "a code works once, here too");
}
