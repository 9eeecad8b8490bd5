//! `/login` and `/logout`.

use super::{PASSWORD, log_in, portal, registered, registration};
use axum::http::StatusCode;
use chrono::TimeDelta;
use std::time::{Duration, Instant};

#[tokio::test]
async fn security_12_an_unknown_address_is_answered_like_a_wrong_password() {
    let portal = portal().await;
    registered(&portal, "ana@example.com").await;
    let mut answers = vec![];
    for address in ["ana@example.com", "bob@example.com"] {
        let (begin, hashed) = (Instant::now(), portal.state.hashing.begun());
        let answer = log_in(&mut portal.browser(), address, "Wrong-Password-1").await;
        // That both take as long is not measured here (docs/benchmarks.md does): it follows from one hash for either, and from a floor
        // under whatever else there is to look up and to write.
        assert_eq!(portal.state.hashing.begun() - hashed, 1, "{address} is hashed once");
        assert!(begin.elapsed() >= LEVEL, "{address}: {:?}", begin.elapsed());
        assert_eq!(answer.status, StatusCode::CONFLICT);
        assert!(answer.words().contains("The e-mail address or the password is wrong"));
        answers.push(masked(&answer.text().replace(address, "ADDRESS")));
    }
    assert_eq!(answers[0], answers[1]);
    // A locked counter is told without a hash, for both.
    for address in ["ana@example.com", "bob@example.com"] {
        for _ in 0..4 {
            log_in(&mut portal.browser(), address, "Wrong-Password-1").await;
        }
        let (begin, hashed) = (Instant::now(), portal.state.hashing.begun());
        assert_eq!(log_in(&mut portal.browser(), address, PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(portal.state.hashing.begun(), hashed, "{address}");
        assert!(begin.elapsed() >= LEVEL, "{address}: {:?}", begin.elapsed());
    }
}

/// What no answer that could tell whether an address has an account comes sooner than.
const LEVEL: Duration = Duration::from_millis(250);

#[tokio::test]
async fn security_13_registration_and_reset_do_the_same_work_for_addresses_with_and_without_an_account() {
    let portal = portal().await;
    registered(&portal, "ana@example.com").await;
    for (function, page, hashes) in [("/api/accounts/register", "/register", 1), ("/api/accounts/forgot", "/forgot", 0)] {
        for address in ["ana@example.com", "bob@example.com"] {
            let fields = if hashes == 1 { registration(&[("email", address)]) } else { vec![("email", address)] };
            let (begin, hashed) = (Instant::now(), portal.state.hashing.begun());
            let answer = portal.browser().post_form(page, function, &fields).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.words());
            assert_eq!(portal.state.hashing.begun() - hashed, hashes, "{function} {address}");
            assert!(begin.elapsed() >= LEVEL, "{function} {address}: {:?}", begin.elapsed());
        }
    }
}

/// Without the nonce, which is another on every page.
fn masked(page: &str) -> String {
    let Some(at) = page.find("nonce=\"") else { return page.to_owned() };
    let nonce: String = page[at + 7..].chars().take_while(|c| *c != '"').collect();
    page.replace(&nonce, "NONCE")
}

#[tokio::test]
async fn security_9_five_wrong_passwords_lock_and_the_clock_unlocks() {
    let portal = portal().await;
    registered(&portal, "ana@example.com").await;
    for address in ["ana@example.com", "nobody@example.com"] {
        for _ in 0..5 {
            assert_eq!(log_in(&mut portal.browser(), address, "Wrong-Password-1").await.status, StatusCode::CONFLICT);
        }
        // Locked: even the right password, and nobody's address alike.
        let answer = log_in(&mut portal.browser(), address, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{address}");
        assert!(answer.words().contains("Too many wrong passwords"));
        assert!(answer.words().contains("You can try again in 5 minutes"), "{}", answer.words());
        assert!(answer.words().contains("choose a new password"));
    }
    portal.later(TimeDelta::seconds(299));
    assert_eq!(log_in(&mut portal.browser(), "ana@example.com", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
    portal.later(TimeDelta::seconds(2));
    assert_eq!(log_in(&mut portal.browser(), "ana@example.com", PASSWORD).await.location(), "/dashboard");
    // Forgiven: the next wrong one is the first.
    assert_eq!(log_in(&mut portal.browser(), "ana@example.com", "Wrong-Password-1").await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn security_9_the_second_lock_is_longer() {
    let portal = portal().await;
    registered(&portal, "ana@example.com").await;
    for round in 0..2 {
        for _ in 0..5 {
            log_in(&mut portal.browser(), "ana@example.com", "Wrong-Password-1").await;
        }
        portal.later(TimeDelta::seconds(301));
        let answer = log_in(&mut portal.browser(), "ana@example.com", "Wrong-Password-1").await;
        let expected = if round == 0 { StatusCode::CONFLICT } else { StatusCode::TOO_MANY_REQUESTS };
        assert_eq!(answer.status, expected, "round {round}");
        portal.later(TimeDelta::minutes(11));
    }
}

#[tokio::test]
async fn many_guesses_at_once_are_not_more_than_five() {
    let portal = portal().await;
    registered(&portal, "ana@example.com").await;
    let guesses = (0..12).map(|_| {
        let mut browser = portal.browser();
        async move { log_in(&mut browser, "ana@example.com", "Wrong-Password-1").await.status }
    });
    let statuses = futures_util::future::join_all(guesses).await;
    assert_eq!(statuses.iter().filter(|status| **status == StatusCode::CONFLICT).count(), 5, "{statuses:?}");
}

#[tokio::test]
async fn security_48_next_leads_only_to_pages_of_the_portal() {
    let portal = portal().await;
    registered(&portal, "ana@example.com").await;
    for (next, to) in [
        ("/account?x=1", "/account?x=1"),
        ("//evil.example", "/dashboard"),
        ("/\\evil.example", "/dashboard"),
        ("https://evil.example", "/dashboard"),
        ("javascript:alert(1)", "/dashboard"),
        ("/a\r\nSet-Cookie: x=y", "/dashboard"),
    ] {
        let fields = [("email", "ana@example.com"), ("password", PASSWORD), ("next", next)];
        let answer = portal.browser().post_form("/login", "/api/accounts/login", &fields).await;
        assert_eq!(answer.location(), to, "{next:?}");
    }
    // The page carries along only what may be followed.
    let page = portal.browser().get("/login?next=%2F%2Fevil.example").await;
    assert_eq!(page.hidden("next"), "");
    // A page that needs a login leads there and back.
    let mut browser = portal.browser();
    let answer = browser.get("/account/edit").await;
    assert_eq!(answer.location(), "/login?next=%2Faccount%2Fedit");
    let page = browser.get(answer.location()).await;
    assert_eq!(page.hidden("next"), "/account/edit");
}

#[tokio::test]
async fn security_29_logging_out_ends_the_session_on_the_server() {
    let portal = portal().await;
    let mut browser = registered(&portal, "ana@example.com").await;
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    let cookie = browser.cookie("__Host-session").unwrap().to_owned();
    // The header of every page has the form.
    assert!(browser.get("/dashboard").await.text().contains("/api/accounts/logout"), "security.md line 34");
    let answer = browser.post_form("/dashboard", "/api/accounts/logout", &[]).await;
    assert_eq!(answer.location(), "/login?done=logout");
    assert!(browser.cookie("__Host-session").is_none());
    let mut thief = portal.browser();
    thief.set_cookie("__Host-session", &cookie);
    assert_eq!(thief.get("/dashboard").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn security_28_a_login_gives_another_cookie_and_the_old_one_is_dead() {
    let portal = portal().await;
    let mut browser = registered(&portal, "ana@example.com").await;
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    let first = browser.cookie("__Host-session").unwrap().to_owned();
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    let second = browser.cookie("__Host-session").unwrap().to_owned();
    assert_ne!(first, second);
    assert!(second.len() >= 43, "security.md line 27: 256 bits");
    let mut old = portal.browser();
    old.set_cookie("__Host-session", &first);
    assert_eq!(old.get("/dashboard").await.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.get("/dashboard").await.status, StatusCode::OK);
}

#[tokio::test]
async fn security_27_the_cookie_is_bound_and_hidden_from_scripts() {
    let portal = portal().await;
    let mut browser = registered(&portal, "ana@example.com").await;
    let answer = log_in(&mut browser, "ana@example.com", PASSWORD).await;
    let cookie = answer.headers["set-cookie"].to_str().unwrap().to_owned();
    for part in ["__Host-session=", "Path=/", "Secure", "HttpOnly", "SameSite=Lax"] {
        assert!(cookie.contains(part), "{part} is missing in {cookie}");
    }
}

#[tokio::test]
async fn security_15_a_new_browser_is_told_by_mail_once() {
    let portal = portal().await;
    registered(&portal, "ana@example.com").await;
    const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0";
    const SAFARI: &str =
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Mobile/15E148 Safari/604.1";
    for agent in [FIREFOX, SAFARI] {
        let mut browser = portal.browser().with_header("user-agent", agent);
        for _ in 0..3 {
            log_in(&mut browser, "ana@example.com", PASSWORD).await;
            portal.later(TimeDelta::seconds(1));
        }
    }
    let told: Vec<_> = portal.mails("ana@example.com").await.into_iter().filter(|mail| mail.template == "accounts.new_sign_in").collect();
    // Not of the first one there ever was, and of the second one once.
    assert_eq!(told.len(), 1);
    assert!(told[0].body_text.contains("Safari on iPhone"));
}

#[tokio::test]
async fn security_31_a_disabled_account_is_answered_like_an_unknown_one_and_its_sessions_end() {
    let portal = portal().await;
    let mut browser = registered(&portal, "ana@example.com").await;
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    sqlx::query("UPDATE account SET disabled_at = $1").bind(portal.clock.now()).execute(portal.db()).await.unwrap();
    assert_eq!(browser.get("/dashboard").await.status, StatusCode::SEE_OTHER, "security.md line 31");
    assert_eq!(log_in(&mut browser, "ana@example.com", PASSWORD).await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn security_21_a_login_under_way_while_the_password_is_reset_begins_no_session() {
    let portal = portal().await;
    registered(&portal, "ana@example.com").await;
    // A reset that is about to be committed: the new password is written, and the sessions there are have ended.
    let hash = certportal::accounts::password::hash_now("Copper-Teapot-58");
    let mut reset = portal.db().begin().await.unwrap();
    sqlx::query("UPDATE account SET password_hash = $1").bind(hash).execute(&mut *reset).await.unwrap();
    sqlx::query("UPDATE session SET ended_at = $1 WHERE ended_at IS NULL").bind(portal.clock.now()).execute(&mut *reset).await.unwrap();
    // The old password is still the right one when it is checked.
    let mut browser = portal.browser();
    let login = tokio::spawn(async move { log_in(&mut browser, "ana@example.com", PASSWORD).await });
    let waits = "SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
                                WHERE NOT l.granted AND a.datname = current_database())";
    while !login.is_finished() && !sqlx::query_scalar::<_, bool>(waits).fetch_one(portal.db()).await.unwrap() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    reset.commit().await.unwrap();
    assert_eq!(login.await.unwrap().status, StatusCode::CONFLICT);
    let open: i64 = sqlx::query_scalar("SELECT count(*) FROM session WHERE ended_at IS NULL").fetch_one(portal.db()).await.unwrap();
    assert_eq!(open, 0);
}
