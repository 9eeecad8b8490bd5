//! Password change and the list of sessions.

use super::{PASSWORD, log_in, portal, registered};
use axum::http::StatusCode;
use chrono::TimeDelta;

const NEW: &str = "Copper-Teapot-58";
const CHANGE: &str = "/api/accounts/change_password";

#[tokio::test]
async fn security_2_32_a_password_change_needs_the_current_one_and_ends_the_other_sessions() {
    let portal = portal().await;
    let mut browser = registered(&portal, "ana@example.com").await;
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    let mut other = portal.browser();
    log_in(&mut other, "ana@example.com", PASSWORD).await;

    let page = "/account/security/password";
    let answer = browser.post_form(page, CHANGE, &[("current_password", "Wrong-Password-1"), ("password", NEW)]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text().contains("href=\"#current_password\""));
    let answer = browser.post_form(page, CHANGE, &[("current_password", PASSWORD), ("password", "short")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let before = browser.cookie("__Host-session").unwrap().to_owned();
    let answer = browser.post_form(page, CHANGE, &[("current_password", PASSWORD), ("password", NEW)]).await;
    assert_eq!(answer.location(), "/account/security?done=password", "{}", answer.words());
    assert_ne!(browser.cookie("__Host-session").unwrap(), before);
    assert_eq!(browser.get("/account/security").await.status, StatusCode::OK);
    assert_eq!(other.get("/account/security").await.status, StatusCode::SEE_OTHER);
    assert!(super::mail(&portal, "ana@example.com", "accounts.password_changed").await.is_some());
    assert_eq!(log_in(&mut portal.browser(), "ana@example.com", NEW).await.location(), "/dashboard");
}

#[tokio::test]
async fn guessing_the_current_password_is_throttled_too() {
    let portal = portal().await;
    let mut browser = registered(&portal, "ana@example.com").await;
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    let fields = [("current_password", "Wrong-Password-1"), ("password", NEW)];
    for _ in 0..5 {
        browser.post_form("/account/security/password", CHANGE, &fields).await;
    }
    let answer = browser.post_form("/account/security/password", CHANGE, &fields).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn security_33_37_people_see_and_end_their_own_sessions_and_nobody_elses() {
    let portal = portal().await;
    const FIREFOX: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0";
    let mut browser = registered(&portal, "ana@example.com").await;
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    let mut other = portal.browser().with_header("user-agent", FIREFOX);
    log_in(&mut other, "ana@example.com", PASSWORD).await;
    let page = browser.get("/account/security").await;
    assert!(page.words().contains("Firefox on Windows") && page.words().contains("This device"));
    let session = page.hidden("session");

    let mut bob = registered(&portal, "bob@example.com").await;
    log_in(&mut bob, "bob@example.com", PASSWORD).await;
    for foreign in [session.as_str(), "7c9e6679-7425-40de-944b-e07fc1f90ae7", "nonsense", ""] {
        let answer = bob.post_form("/account/security", "/api/accounts/end_session", &[("session", foreign)]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{foreign}");
    }
    assert_eq!(other.get("/dashboard").await.status, StatusCode::OK);

    for _ in 0..2 {
        let answer = browser.post_form("/account/security", "/api/accounts/end_session", &[("session", &session)]).await;
        assert_eq!(answer.location(), "/account/security?done=session");
    }
    assert_eq!(other.get("/dashboard").await.status, StatusCode::SEE_OTHER);
    log_in(&mut other, "ana@example.com", PASSWORD).await;
    browser.post_form("/account/security", "/api/accounts/end_other_sessions", &[]).await;
    assert_eq!(other.get("/dashboard").await.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.get("/dashboard").await.status, StatusCode::OK);
}

#[tokio::test]
async fn security_30_staffs_sessions_end_after_half_an_hour_without_use() {
    let portal = portal().await;
    let agent = portal.account("robin@example.com", "Robin", "Answers", &["support_agent"]).await;
    let mut browser = portal.signed_in(agent).await;
    for _ in 0..3 {
        portal.later(TimeDelta::minutes(29));
        assert_eq!(browser.get("/staff").await.status, StatusCode::OK, "in use");
    }
    portal.later(TimeDelta::minutes(30) + TimeDelta::seconds(1));
    assert_eq!(browser.get("/staff").await.location(), "/login?next=%2Fstaff");
    // However much it is used: seven days in all, for staff as for candidates.
    let mut browser = portal.signed_in(agent).await;
    sqlx::query("UPDATE session SET created_at = created_at - interval '7 days' + interval '20 minutes' WHERE ended_at IS NULL")
        .execute(portal.db())
        .await
        .unwrap();
    portal.later(TimeDelta::minutes(20));
    assert_eq!(browser.get("/staff").await.status, StatusCode::OK);
    portal.later(TimeDelta::seconds(1));
    assert_eq!(browser.get("/staff").await.location(), "/login?next=%2Fstaff");
}

#[tokio::test]
async fn security_30_idle_and_old_sessions_end() {
    let portal = portal().await;
    let mut browser = registered(&portal, "ana@example.com").await;
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    portal.later(TimeDelta::hours(11));
    assert_eq!(browser.get("/dashboard").await.status, StatusCode::OK);
    portal.later(TimeDelta::hours(12) + TimeDelta::seconds(1));
    assert_eq!(browser.get("/dashboard").await.status, StatusCode::SEE_OTHER);
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    for _ in 0..16 {
        portal.later(TimeDelta::hours(10));
        assert_eq!(browser.get("/dashboard").await.status, StatusCode::OK);
    }
    portal.later(TimeDelta::hours(9));
    assert_eq!(browser.get("/dashboard").await.status, StatusCode::SEE_OTHER, "seven days at most");
}
