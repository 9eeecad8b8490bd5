//! `/forgot` and `/reset`.

use super::{PASSWORD, log_in, portal, registered};
use axum::http::StatusCode;
use chrono::TimeDelta;

const FORGOT: &str = "/api/accounts/forgot";
const RESET: &str = "/api/accounts/reset";
const NEW: &str = "Copper-Teapot-58";

async fn reset_link(portal: &crate::support::portal::Portal) -> (String, String) {
    portal.browser().post_form("/forgot", FORGOT, &[("email", "Ana@Example.com")]).await;
    let link = super::mail(portal, "ana@example.com", "accounts.reset_password").await.unwrap().link("/reset");
    let token = link.split_once("token=").unwrap().1.to_owned();
    (link, token)
}

#[tokio::test]
async fn security_13_asking_for_a_reset_tells_nothing() {
    let portal = portal().await;
    registered(&portal, "ana@example.com").await;
    let mut browser = portal.browser();
    let known = browser.post_form("/forgot", FORGOT, &[("email", "ana@example.com")]).await;
    let unknown = browser.post_form("/forgot", FORGOT, &[("email", "bob@example.com")]).await;
    assert_eq!((known.status, known.location(), &known.bytes), (unknown.status, unknown.location(), &unknown.bytes));
    assert!(browser.get(known.location()).await.words().contains("If there is an account with this address"));
    assert!(portal.mails("bob@example.com").await.is_empty());
    assert_eq!(browser.post_form("/forgot", FORGOT, &[("email", "no address")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn security_21_a_reset_link_works_once_for_an_hour_and_ends_all_sessions() {
    let portal = portal().await;
    let mut signed_in = registered(&portal, "ana@example.com").await;
    log_in(&mut signed_in, "ana@example.com", PASSWORD).await;
    let (link, token) = reset_link(&portal).await;
    assert!(token.len() >= 43);
    let stored: Vec<u8> =
        sqlx::query_scalar("SELECT token_hash FROM account_link WHERE purpose = 'reset_password'").fetch_one(portal.db()).await.unwrap();
    assert_eq!(stored, certportal::server::random::token_hash(&token), "only the hash is stored");

    let mut browser = portal.browser();
    let page = browser.get(&link).await;
    assert_eq!(page.headers["referrer-policy"], "no-referrer");
    // A password that breaks the rules leaves the link good.
    let answer = browser.post_form(&link, RESET, &[("token", &token), ("password", "short")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let answer = browser.post_form(&link, RESET, &[("token", &token), ("password", NEW)]).await;
    assert_eq!(answer.location(), "/login?done=reset");
    assert_eq!(signed_in.get("/dashboard").await.status, StatusCode::SEE_OTHER, "the old session is over");
    assert_eq!(log_in(&mut browser, "ana@example.com", PASSWORD).await.status, StatusCode::CONFLICT);
    assert_eq!(log_in(&mut browser, "ana@example.com", NEW).await.location(), "/dashboard");
    assert!(super::mail(&portal, "ana@example.com", "accounts.password_changed").await.is_some());

    let mut other = portal.browser();
    let answer = other.post_form(&link, RESET, &[("token", &token), ("password", "Another-Word-77")]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(other.get(&link).await.words().contains("This link was used already"));
}

#[tokio::test]
async fn a_reset_link_ends_after_an_hour_and_with_a_changed_password() {
    let portal = portal().await;
    let mut browser = registered(&portal, "ana@example.com").await;
    let (link, token) = reset_link(&portal).await;
    portal.later(TimeDelta::hours(1));
    assert!(browser.get(&link).await.words().contains("This link has expired"));
    assert_eq!(browser.post_form(&link, RESET, &[("token", &token), ("password", NEW)]).await.status, StatusCode::CONFLICT);

    let (link, token) = reset_link(&portal).await;
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    let fields = [("current_password", PASSWORD), ("password", NEW)];
    browser.post_form("/account/security/password", "/api/accounts/change_password", &fields).await;
    let answer = portal.browser().post_form(&link, RESET, &[("token", &token), ("password", "Another-Word-77")]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_reset_opens_a_locked_account() {
    let portal = portal().await;
    registered(&portal, "ana@example.com").await;
    for _ in 0..5 {
        log_in(&mut portal.browser(), "ana@example.com", "Wrong-Password-1").await;
    }
    assert_eq!(log_in(&mut portal.browser(), "ana@example.com", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
    let (link, token) = reset_link(&portal).await;
    let mut browser = portal.browser();
    browser.post_form(&link, RESET, &[("token", &token), ("password", NEW)]).await;
    assert_eq!(log_in(&mut browser, "ana@example.com", NEW).await.location(), "/dashboard");
}

#[tokio::test]
async fn reset_mails_are_limited() {
    let portal = portal().await;
    registered(&portal, "ana@example.com").await;
    for _ in 0..3 {
        portal.browser().post_form("/forgot", FORGOT, &[("email", "ana@example.com")]).await;
    }
    let mails = portal.mails("ana@example.com").await;
    assert_eq!(mails.iter().filter(|mail| mail.template == "accounts.reset_password").count(), 1);
}

#[tokio::test]
async fn security_7_no_address_of_the_account_is_part_of_a_password() {
    let portal = portal().await;
    let mut browser = registered(&portal, "ana@example.com").await;
    sqlx::query(
        "INSERT INTO account_email (id, account_id, address, is_primary, verified_at, created_at)
         SELECT gen_random_uuid(), account_id, 'lighthouse@work.example', false, created_at, created_at FROM account_email",
    )
    .execute(portal.db())
    .await
    .unwrap();
    let reason = "Leave your name and your e-mail address out";
    let (link, token) = reset_link(&portal).await;
    let answer = portal.browser().post_form(&link, RESET, &[("token", &token), ("password", "My-Lighthouse-77")]).await;
    assert!(answer.words().contains(reason), "{}", answer.words());
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    let fields = [("current_password", PASSWORD), ("password", "My-Lighthouse-77")];
    let answer = browser.post_form("/account/security/password", "/api/accounts/change_password", &fields).await;
    assert!(answer.words().contains(reason), "{}", answer.words());
}
