//! Device cookies: a stranger cannot lock the owner out, and gains nothing by it (security.md, "Device cookies").

use super::{PASSWORD, log_in, portal, registered};
use crate::support::Portal;
use crate::support::portal::Browser;
use axum::http::StatusCode;
use chrono::TimeDelta;

const WRONG: &str = "Wrong-Password-1";
const DEVICE: &str = "__Host-device";

/// Somebody whose browser has signed in before and has signed out again.
async fn known(portal: &Portal, email: &str) -> Browser {
    let mut browser = registered(portal, email).await;
    assert_eq!(log_in(&mut browser, email, PASSWORD).await.location(), "/dashboard");
    browser.post_form("/dashboard", "/api/accounts/logout", &[]).await;
    browser
}

async fn locked_by_a_stranger(portal: &Portal, email: &str) {
    for _ in 0..5 {
        assert_eq!(log_in(&mut portal.browser(), email, WRONG).await.status, StatusCode::CONFLICT);
    }
    assert_eq!(log_in(&mut portal.browser(), email, PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn security_10_a_stranger_cannot_lock_the_owners_browser_out() {
    let portal = portal().await;
    let mut owner = known(&portal, "ana@example.com").await;
    locked_by_a_stranger(&portal, "ana@example.com").await;
    assert_eq!(log_in(&mut owner, "ana@example.com", PASSWORD).await.location(), "/dashboard");
    // The owner's success does not open the door for the stranger.
    assert_eq!(log_in(&mut portal.browser(), "ana@example.com", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_known_browser_counts_on_its_own_and_locks_nobody_else() {
    let portal = portal().await;
    let mut owner = known(&portal, "ana@example.com").await;
    for _ in 0..5 {
        assert_eq!(log_in(&mut owner, "ana@example.com", WRONG).await.status, StatusCode::CONFLICT);
    }
    let answer = log_in(&mut owner, "ana@example.com", PASSWORD).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.headers["retry-after"], "300");
    assert_eq!(log_in(&mut portal.browser(), "ana@example.com", PASSWORD).await.location(), "/dashboard");
    portal.later(TimeDelta::seconds(301));
    assert_eq!(log_in(&mut owner, "ana@example.com", PASSWORD).await.location(), "/dashboard");
}

#[tokio::test]
async fn a_device_cookie_is_good_for_its_account_only_and_cannot_be_forged() {
    let portal = portal().await;
    let ana = known(&portal, "ana@example.com").await;
    known(&portal, "bob@example.com").await;
    locked_by_a_stranger(&portal, "bob@example.com").await;
    locked_by_a_stranger(&portal, "ana@example.com").await;
    let genuine = ana.cookie(DEVICE).unwrap().to_owned();
    let other_name = format!("ZZZZ{}", &genuine[4..]);
    let cut = &genuine[..genuine.len() - 1];
    for (email, cookie) in [
        ("bob@example.com", genuine.as_str()),
        ("ana@example.com", other_name.as_str()),
        ("ana@example.com", cut),
        ("ana@example.com", "~~~"),
        ("ana@example.com", "a.b"),
    ] {
        let mut browser = portal.browser();
        browser.set_cookie(DEVICE, cookie);
        assert_eq!(log_in(&mut browser, email, PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS, "{email} {cookie}");
    }
    let mut browser = portal.browser();
    browser.set_cookie(DEVICE, &genuine);
    assert_eq!(log_in(&mut browser, "ana@example.com", PASSWORD).await.location(), "/dashboard");
}

#[tokio::test]
async fn people_who_share_a_browser_are_all_known_to_it() {
    let portal = portal().await;
    let people: Vec<String> = (0..5).map(|number| format!("person{number}@example.com")).collect();
    let mut shared = portal.browser();
    for email in &people {
        registered(&portal, email).await;
        assert_eq!(log_in(&mut shared, email, PASSWORD).await.location(), "/dashboard");
        shared.post_form("/dashboard", "/api/accounts/logout", &[]).await;
    }
    for email in &people {
        locked_by_a_stranger(&portal, email).await;
    }
    // Four are remembered; the first one was forgotten.
    assert_eq!(log_in(&mut shared, &people[0], PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
    for email in &people[1..] {
        assert_eq!(log_in(&mut shared, email, PASSWORD).await.location(), "/dashboard", "{email}");
    }
}

#[tokio::test]
async fn security_9_after_a_hundred_failures_the_password_is_off_for_strangers_until_a_reset() {
    let portal = portal().await;
    let mut owner = known(&portal, "ana@example.com").await;
    for email in ["ana@example.com", "nobody@example.com"] {
        for _ in 0..20 {
            for _ in 0..5 {
                assert_eq!(log_in(&mut portal.browser(), email, WRONG).await.status, StatusCode::CONFLICT);
            }
            portal.later(TimeDelta::minutes(21));
        }
        // No lock is running any more; the right password does not help, and nobody's address is answered alike.
        let answer = log_in(&mut portal.browser(), email, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{email}");
        let words = answer.words();
        assert!(words.contains("choose a new password") && words.contains("browser"), "{words}");
        portal.later(TimeDelta::days(3));
        assert_ne!(log_in(&mut portal.browser(), email, PASSWORD).await.location(), "/dashboard");
    }
    assert_eq!(log_in(&mut owner, "ana@example.com", PASSWORD).await.location(), "/dashboard");
    assert_ne!(log_in(&mut portal.browser(), "ana@example.com", PASSWORD).await.location(), "/dashboard", "that was another class");

    portal.browser().post_form("/forgot", "/api/accounts/forgot", &[("email", "ana@example.com")]).await;
    let link = super::mail(&portal, "ana@example.com", "accounts.reset_password").await.unwrap().link("/reset");
    let token = link.split_once("token=").unwrap().1.to_owned();
    portal.browser().post_form(&link, "/api/accounts/reset", &[("token", &token), ("password", "Copper-Teapot-58")]).await;
    assert_eq!(log_in(&mut portal.browser(), "ana@example.com", "Copper-Teapot-58").await.location(), "/dashboard");
}

#[tokio::test]
async fn security_9_12_a_lock_does_not_tell_that_two_addresses_are_one_persons() {
    let portal = portal().await;
    let mut owner = known(&portal, "ana@example.com").await;
    sqlx::query(
        "INSERT INTO account_email (id, account_id, address, is_primary, verified_at, created_at)
         SELECT gen_random_uuid(), account_id, 'ana@work.example', false, $1, $1 FROM account_email",
    )
    .bind(portal.clock.now())
    .execute(portal.db())
    .await
    .unwrap();
    locked_by_a_stranger(&portal, "ANA@work.example").await;
    assert_eq!(log_in(&mut portal.browser(), "ana@work.example", WRONG).await.status, StatusCode::TOO_MANY_REQUESTS, "in any case");
    // The other address answers as nobody's would.
    for email in ["ana@example.com", "nobody@example.com"] {
        for _ in 0..5 {
            assert_eq!(log_in(&mut portal.browser(), email, WRONG).await.status, StatusCode::CONFLICT, "{email}");
        }
    }
    // A browser that the account knows counts on its own, whichever address is typed.
    for (email, count) in [("ana@example.com", 3), ("ana@work.example", 2)] {
        for _ in 0..count {
            assert_eq!(log_in(&mut owner, email, WRONG).await.status, StatusCode::CONFLICT);
        }
    }
    assert_eq!(log_in(&mut owner, "ana@example.com", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);

    // A hundred in a row are counted for the account, so that more addresses are not more tries; a new password ends that.
    portal.later(TimeDelta::minutes(21));
    for _ in 0..9 {
        for email in ["ana@example.com", "ana@work.example"] {
            for _ in 0..5 {
                assert_eq!(log_in(&mut portal.browser(), email, WRONG).await.status, StatusCode::CONFLICT);
            }
        }
        portal.later(TimeDelta::minutes(21));
    }
    assert_eq!(log_in(&mut portal.browser(), "ana@work.example", PASSWORD).await.status, StatusCode::CONFLICT);
    portal.browser().post_form("/forgot", "/api/accounts/forgot", &[("email", "ana@example.com")]).await;
    let link = super::mail(&portal, "ana@example.com", "accounts.reset_password").await.unwrap().link("/reset");
    let token = link.split_once("token=").unwrap().1.to_owned();
    portal.browser().post_form(&link, "/api/accounts/reset", &[("token", &token), ("password", "Copper-Teapot-58")]).await;
    assert_eq!(log_in(&mut portal.browser(), "ana@work.example", "Copper-Teapot-58").await.location(), "/dashboard");
}

#[tokio::test]
async fn security_10_strangers_who_use_up_all_attempts_do_not_hold_a_known_browser_up() {
    let portal = portal().await;
    let mut owner = known(&portal, "ana@example.com").await;
    for key in ["login.all:", "login.address:127.0.0.1"] {
        sqlx::query("UPDATE rate_bucket SET tokens = 0, updated_at = $2 WHERE key = $1")
            .bind(key)
            .bind(portal.clock.now())
            .execute(portal.db())
            .await
            .unwrap();
    }
    assert_eq!(log_in(&mut portal.browser(), "ana@example.com", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(log_in(&mut owner, "ana@example.com", PASSWORD).await.location(), "/dashboard");
    let answer = owner.post_form("/account/confirm", "/api/accounts/confirm_identity", &[("password", PASSWORD)]).await;
    assert_eq!(answer.location(), "/account/security");
}

#[tokio::test]
async fn who_finds_no_place_in_the_queue_has_not_tried() {
    let portal = portal().await;
    let mut owner = known(&portal, "ana@example.com").await;
    log_in(&mut owner, "ana@example.com", PASSWORD).await;
    let places: Vec<_> = std::iter::from_fn(|| portal.state.hashing.place().ok()).collect();
    assert_eq!(places.len(), certportal::server::hashing::QUEUE);
    for _ in 0..6 {
        for email in ["ana@example.com", "nobody@example.com"] {
            let answer = log_in(&mut portal.browser(), email, PASSWORD).await;
            assert_eq!((answer.status, &answer.headers["retry-after"].to_str().unwrap()), (StatusCode::SERVICE_UNAVAILABLE, &"5"));
        }
        let answer = owner.post_form("/account/confirm", "/api/accounts/confirm_identity", &[("password", PASSWORD)]).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    }
    drop(places);
    let counted: i64 = sqlx::query_scalar("SELECT count(*) FROM login_failure").fetch_one(portal.db()).await.unwrap();
    assert_eq!(counted, 0);
    assert_eq!(log_in(&mut portal.browser(), "ana@example.com", PASSWORD).await.location(), "/dashboard");
    let answer = owner.post_form("/account/confirm", "/api/accounts/confirm_identity", &[("password", PASSWORD)]).await;
    assert_eq!(answer.location(), "/account/security");
}

#[tokio::test]
async fn security_10_a_stranger_cannot_stop_the_owner_from_proving_who_they_are() {
    let portal = portal().await;
    let mut owner = registered(&portal, "ana@example.com").await;
    log_in(&mut owner, "ana@example.com", PASSWORD).await;
    locked_by_a_stranger(&portal, "ana@example.com").await;
    let answer = owner.post_form("/account/confirm", "/api/accounts/confirm_identity", &[("password", PASSWORD)]).await;
    assert_eq!(answer.location(), "/account/security");
}
