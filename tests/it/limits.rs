//! Token buckets: how often, for whom, and on every instance together (security.md lines 9, 60, 61 and 72).

use crate::accounts::{PASSWORD, log_in, portal, registered, registration};
use crate::support::Portal;
use axum::http::StatusCode;
use certportal::credentials::CredentialId;
use certportal::error::AppError;
use certportal::server::limits::{Limit, forget_old};
use chrono::TimeDelta;

const LIMIT: Limit = Limit::new("test", 3, TimeDelta::seconds(10));

#[tokio::test]
async fn a_bucket_empties_tells_how_long_and_fills_up_again() {
    let portal = Portal::new().await;
    let spend = async |key: &str| LIMIT.spend(portal.db(), portal.clock.now(), key).await;
    for _ in 0..3 {
        assert_eq!(spend("a").await, Ok(()));
    }
    assert_eq!(spend("a").await, Err(AppError::RateLimited(10)));
    assert_eq!(spend("b").await, Ok(()), "another key, another bucket");
    portal.later(TimeDelta::seconds(4));
    assert_eq!(spend("a").await, Err(AppError::RateLimited(6)), "asking in vain costs nothing");
    portal.later(TimeDelta::seconds(6));
    assert_eq!(spend("a").await, Ok(()));
    assert_eq!(spend("a").await, Err(AppError::RateLimited(10)));
    LIMIT.give_back(portal.db(), "a").await.unwrap();
    assert_eq!(spend("a").await, Ok(()));
    // Never fuller than full.
    portal.later(TimeDelta::days(1));
    for _ in 0..3 {
        assert_eq!(spend("a").await, Ok(()));
    }
    assert!(spend("a").await.is_err());
    portal.later(TimeDelta::days(3));
    forget_old(portal.db(), portal.clock.now()).await.unwrap();
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM rate_bucket").fetch_one(portal.db()).await.unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn many_at_once_get_no_more_than_there_is() {
    let portal = Portal::new().await;
    let tries = (0..20).map(|_| LIMIT.spend(portal.db(), portal.clock.now(), "crowd"));
    let outcomes = futures_util::future::join_all(tries).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 3);
}

async fn empty_bucket(portal: &Portal, key: &str) {
    sqlx::query("INSERT INTO rate_bucket (key, tokens, granted, updated_at) VALUES ($1, 0, true, $2)")
        .bind(key)
        .bind(portal.clock.now())
        .execute(portal.db())
        .await
        .unwrap();
}

#[tokio::test]
async fn security_9_logins_are_limited_per_network_address_and_altogether() {
    for (key, seconds) in [("login.address:127.0.0.1", 3), ("login.all:", 1)] {
        let portal = portal().await;
        registered(&portal, "ana@example.com").await;
        empty_bucket(&portal, key).await;
        let answer = log_in(&mut portal.browser(), "ana@example.com", PASSWORD).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{key}");
        assert_eq!(answer.headers["retry-after"], seconds.to_string().as_str());
        portal.later(TimeDelta::seconds(3));
        assert_eq!(log_in(&mut portal.browser(), "ana@example.com", PASSWORD).await.location(), "/dashboard", "{key}");
    }
}

#[tokio::test]
async fn right_passwords_use_nothing_up() {
    let portal = portal().await;
    let mut browser = registered(&portal, "ana@example.com").await;
    for _ in 0..3 {
        log_in(&mut browser, "ana@example.com", PASSWORD).await;
    }
    let tokens: f64 =
        sqlx::query_scalar("SELECT tokens FROM rate_bucket WHERE key = 'login.address:127.0.0.1'").fetch_one(portal.db()).await.unwrap();
    assert_eq!(tokens, 400.0);
}

#[tokio::test]
async fn security_60_registrations_and_mailed_links_are_limited_per_network_address() {
    let portal = portal().await;
    empty_bucket(&portal, "register.address:127.0.0.1").await;
    empty_bucket(&portal, "mailed_links.address:127.0.0.1").await;
    let answer = portal.browser().post_form("/register", "/api/accounts/register", &registration(&[])).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(answer.text().contains("value=\"ana@example.com\""), "what was typed is kept");
    for (page, function) in [("/forgot", "/api/accounts/forgot"), ("/verify-email", "/api/accounts/resend_verification")] {
        let answer = portal.browser().post_form(page, function, &[("email", "ana@example.com")]).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{page}");
    }
    portal.later(TimeDelta::seconds(10));
    let answer = portal.browser().post_form("/register", "/api/accounts/register", &registration(&[])).await;
    assert_eq!(answer.location(), "/register/sent");
}

#[tokio::test]
async fn security_61_a_forged_forwarding_header_does_not_move_the_key() {
    let portal = portal().await;
    registered(&portal, "ana@example.com").await;
    empty_bucket(&portal, "login.address:127.0.0.1").await;
    for forged in ["203.0.113.9", "203.0.113.9, 198.51.100.1"] {
        let mut browser = portal.browser().with_header("x-forwarded-for", forged);
        assert_eq!(log_in(&mut browser, "ana@example.com", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
    }
}

#[tokio::test]
async fn security_72_look_ups_of_credentials_are_limited() {
    let portal = portal().await;
    empty_bucket(&portal, "credentials.look_up:127.0.0.1").await;
    let nobodys = CredentialId::from_random([7; 16]);
    let answer = portal.browser().get(&format!("/verify/{}", nobodys.compact())).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.headers["retry-after"], "1");
    assert!(answer.words().contains("too much at once"));
}
