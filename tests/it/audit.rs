//! The audit log: append-only, chained, readable for those who may (security.md lines 76 and 77).

use crate::accounts::second_factor::enrolled;
use crate::accounts::{PASSWORD, log_in, portal, registered};
use crate::support::Portal;
use axum::http::StatusCode;
use certportal::ids::AccountId;
use certportal::server::audit::verify;
use certportal::server::{AppState, check};
use chrono::TimeDelta;

/// A few events: an administrator disables an account and enables it again.
async fn with_events() -> Portal {
    let portal = Portal::new().await;
    let target = portal.account("ana@example.com", "Ana", "Prueba", &[]).await.to_string();
    let admin = portal.account("alex@example.com", "Alex", "Keyring", &["administrator"]).await;
    let mut browser = portal.signed_in(admin).await;
    for function in ["disable", "enable", "disable"] {
        let path = format!("/api/staff/{function}_account");
        let answer = browser.call(&path, &[("account", &target), ("reason", "Asked by phone")]).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    }
    portal.run_jobs().await;
    portal
}

async fn broken(state: &AppState) -> Option<String> {
    verify(state).await.unwrap().broken
}

#[tokio::test]
async fn security_77_the_portals_own_role_can_only_add_to_the_audit_log() {
    let portal = with_events().await;
    for statement in [
        "UPDATE audit_event SET action = 'x'",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event CASCADE",
        "UPDATE audit_seal SET hash = hash",
        "DELETE FROM audit_seal",
        "ALTER TABLE audit_event DISABLE TRIGGER ALL",
    ] {
        let error = sqlx::query(statement).execute(portal.db()).await.expect_err(statement);
        let code = error.as_database_error().and_then(|error| error.code()).unwrap_or_default().into_owned();
        assert_eq!(code, "42501", "{statement}: {error}");
    }
    // Not the owner either, unless it takes the guard off; then the chain tells.
    let owner = portal.owner().await;
    assert!(sqlx::query("UPDATE audit_event SET action = 'x'").execute(&owner).await.is_err());
    assert_eq!(broken(&portal.state).await, None);
}

#[tokio::test]
async fn security_77_a_changed_a_missing_and_a_forged_event_break_the_chain() {
    for (tamper, expected) in [
        ("UPDATE audit_event SET detail = '{\"reason\": \"nothing\"}' WHERE id = 2", "link 2 (event 2): the event is not what was sealed"),
        ("UPDATE audit_event SET at = at - interval '1 second' WHERE id = 3", "link 3 (event 3): the event is not what was sealed"),
        ("UPDATE audit_event SET on_behalf_of = actor_id WHERE id = 2", "link 2 (event 2): the event is not what was sealed"),
        ("DELETE FROM audit_seal WHERE seq = 2", "link 3 (event 3): a link is missing before it"),
        (
            "DELETE FROM audit_seal WHERE seq = 2; DELETE FROM audit_event WHERE id = 2; UPDATE audit_seal SET seq = 2 WHERE seq = 3",
            "link 2 (event 3): the event is not what was sealed",
        ),
        ("UPDATE audit_seal SET mac = hash WHERE seq = 1", "link 1 (event 1): it was not sealed with this portal's key"),
    ] {
        let portal = with_events().await;
        assert_eq!(broken(&portal.state).await, None);
        let owner = portal.owner().await;
        let guard_off = "ALTER TABLE audit_event DISABLE TRIGGER ALL; ALTER TABLE audit_seal DISABLE TRIGGER ALL;";
        // The foreign key is the owner's to switch off as well, for this test by dropping it.
        let statements =
            format!("ALTER TABLE audit_seal DROP CONSTRAINT audit_seal_event_id_fkey; {} {tamper}", guard_off.replace(" ALL", " USER"));
        sqlx::raw_sql(sqlx::AssertSqlSafe(statements)).execute(&owner).await.unwrap();
        assert_eq!(broken(&portal.state).await.as_deref(), Some(expected), "{tamper}");
        let problems = check::problems(&portal.state).await;
        assert!(problems.iter().any(|problem| problem.setting == "audit log" && problem.problem.contains(expected)), "{problems:?}");
    }
}

#[tokio::test]
async fn security_77_events_that_are_left_out_of_the_chain_are_told_of() {
    let portal = with_events().await;
    sqlx::query("INSERT INTO audit_event (at, action, subject, detail) VALUES ($1, 'test.left_out', 'x', '{}')")
        .bind(portal.clock.now())
        .execute(portal.db())
        .await
        .unwrap();
    portal.later(TimeDelta::minutes(10));
    assert_eq!(broken(&portal.state).await, None, "the worker has its time");
    portal.later(TimeDelta::seconds(1));
    let told = "1 events are older than 10 minutes and not in the chain: does the worker run?";
    assert_eq!(broken(&portal.state).await.as_deref(), Some(told));
    portal.run_jobs().await;
    assert_eq!(broken(&portal.state).await, None);
}

/// `(actor, subject, reason)` of what was refused, oldest first.
async fn refused(portal: &Portal, action: &str) -> Vec<(Option<AccountId>, String, Option<String>)> {
    sqlx::query_as("SELECT actor_id, subject, detail->>'reason' FROM audit_event WHERE action = $1 AND outcome = 'refused' ORDER BY id")
        .bind(action)
        .fetch_all(portal.db())
        .await
        .unwrap()
}

#[tokio::test]
async fn security_76_what_does_not_exist_for_who_asks_is_in_the_audit_log_and_does_not_flood_it() {
    let portal = Portal::with_demo_data().await;
    let ana = portal.account("ana@example.com", "Ana", "Prueba", &[]).await;
    let reference: String =
        sqlx::query_scalar("SELECT reference FROM appointment WHERE state = 'booked' LIMIT 1").fetch_one(portal.db()).await.unwrap();
    let mut browser = portal.signed_in(ana).await;
    let foreign = [format!("/exams/{reference}"), format!("/exams/{reference}/calendar.ics"), "/orders/ana@example.com".into()];
    for path in &foreign {
        assert_eq!(browser.get(path).await.status, StatusCode::NOT_FOUND);
    }
    let page = format!("/exams/{reference}/cancel");
    assert_eq!(browser.post_form(&page, "/api/scheduling/cancel", &[("reference", &reference)]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.call("/api/scheduling/cancel", &[("reference", &reference)]).await.status, StatusCode::NOT_FOUND);
    // Nobody signed in: nobody to tell of.
    assert_eq!(portal.browser().get("/verify/nothing").await.status, StatusCode::NOT_FOUND);
    let log = refused(&portal, "access.not_found").await;
    let subjects: Vec<&str> = log.iter().map(|(_, subject, _)| subject.as_str()).collect();
    assert_eq!(subjects, [&foreign[0], &foreign[1], "/orders/…", "/api/scheduling/cancel", "/api/scheduling/cancel"]);
    assert!(log.iter().all(|(actor, ..)| *actor == Some(ana)));
    for _ in 0..30 {
        browser.get(&foreign[0]).await;
    }
    assert_eq!(refused(&portal, "access.not_found").await.len(), 20);
    portal.later(TimeDelta::seconds(3));
    browser.get(&foreign[0]).await;
    assert_eq!(refused(&portal, "access.not_found").await.len(), 21);
}

#[tokio::test]
async fn security_76_requests_of_other_sites_and_links_that_are_none_are_in_the_audit_log() {
    let portal = portal().await;
    let mut browser = registered(&portal, "ana@example.com").await;
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    let ana: AccountId = sqlx::query_scalar("SELECT id FROM account").fetch_one(portal.db()).await.unwrap();
    let mut lured = portal.browser().with_header("sec-fetch-site", "cross-site");
    lured.set_cookie("__Host-session", browser.cookie("__Host-session").unwrap());
    for _ in 0..30 {
        assert_eq!(lured.post_form("/account/edit", "/api/accounts/change_profile", &[]).await.status, StatusCode::FORBIDDEN);
    }
    let log = refused(&portal, "access.cross_site").await;
    assert_eq!((log.len(), &log[0]), (20, &(Some(ana), "/account/edit".to_owned(), None)));

    for (page, function, action) in [
        ("/reset", "/api/accounts/reset", "account.password_reset"),
        ("/invitation", "/api/accounts/accept_invitation", "staff.invitation_accepted"),
    ] {
        portal.browser().get(&format!("{page}?token=made-up")).await;
        let fields = [("token", "made-up"), ("password", "Copper-Teapot-58")];
        assert_eq!(portal.browser().call(function, &fields).await.status, StatusCode::CONFLICT);
        let log = refused(&portal, action).await;
        let unknown = (None, "unknown".to_owned(), Some("link_unknown".to_owned()));
        assert!(log.len() >= 2 && log.iter().all(|event| *event == unknown), "{log:?}");
    }
    portal.browser().post_form("/forgot", "/api/accounts/forgot", &[("email", "ana@example.com")]).await;
    let link = crate::accounts::mail(&portal, "ana@example.com", "accounts.reset_password").await.unwrap().link("/reset");
    portal.later(TimeDelta::hours(2));
    let fields = [("token", link.split_once("token=").unwrap().1), ("password", "Copper-Teapot-58")];
    portal.browser().post_form(&link, "/api/accounts/reset", &fields).await;
    let log = refused(&portal, "account.password_reset").await;
    assert_eq!(log.last().unwrap(), &(None, ana.to_string(), Some("link_expired".to_owned())), "whose it was, if it was somebody's");
}

#[tokio::test]
async fn security_76_proofs_that_come_after_too_many_wrong_ones_are_in_the_audit_log() {
    let portal = portal().await;
    let (mut browser, _) = enrolled(&portal).await;
    let ana: AccountId = sqlx::query_scalar("SELECT id FROM account").fetch_one(portal.db()).await.unwrap();
    for _ in 0..6 {
        browser.post_form("/account/confirm", "/api/accounts/confirm_identity", &[("password", "Wrong-Password-1")]).await;
    }
    let log = refused(&portal, "account.confirm").await;
    let reasons: Vec<_> = log.iter().filter_map(|(_, _, reason)| reason.as_deref()).collect();
    assert_eq!(reasons, ["password", "password", "password", "password", "password", "locked"]);
    for _ in 0..2 {
        let mut browser = portal.browser();
        log_in(&mut browser, "ana@example.com", PASSWORD).await;
        for _ in 0..5 {
            browser.post_form("/login/code", "/api/accounts/login_code", &[("method", "app"), ("code", "000000")]).await;
        }
    }
    let log = refused(&portal, "account.login").await;
    let of = |reason: &str| log.iter().filter(|(_, subject, why)| *subject == ana.to_string() && why.as_deref() == Some(reason)).count();
    assert_eq!((of("code"), of("code_locked")), (5, 1), "{log:?}");
}

#[tokio::test]
async fn the_chain_grows_with_the_events_and_names_its_head() {
    let portal = with_events().await;
    let before = verify(&portal.state).await.unwrap();
    assert!(before.links >= 3 && before.head.len() == 64, "{before:?}");
    let admin = portal.account("avery@example.com", "Avery", "Auditor", &["auditor"]).await;
    portal.signed_in(admin).await.get("/staff/audit").await;
    assert_eq!(verify(&portal.state).await.unwrap(), before, "sealed by the worker, not with the event");
    portal.later(TimeDelta::seconds(5));
    portal.run_jobs().await;
    let after = verify(&portal.state).await.unwrap();
    assert_eq!((after.links, after.broken.clone()), (before.links + 1, None));
    assert_ne!(after.head, before.head);
}

#[tokio::test]
async fn the_log_is_searched_read_page_by_page_and_saved_and_its_reading_is_logged() {
    let portal = with_events().await;
    let auditor = portal.account("avery@example.com", "Avery", "Auditor", &["auditor"]).await;
    let mut browser = portal.signed_in(auditor).await;
    let words = browser.get("/staff/audit?action=staff.account_disabled").await.words();
    assert_eq!(words.matches("staff.account_disabled").count(), 2, "{words}");
    assert!(words.contains("Alex Keyring") && words.contains("Asked by phone"));
    assert!(browser.get("/staff/audit?action=nothing").await.words().contains("No entry fits"));
    assert!(browser.get("/staff/audit?from=2030-01-01").await.words().contains("No entry fits"));
    assert!(browser.get("/staff/audit?until=2026-11-23").await.words().contains("staff.account_enabled"));
    assert!(browser.get("/staff/audit?actor=nonsense&before=x&from=never").await.status == StatusCode::OK);

    let file = browser.get("/staff/audit.csv?action=staff.account_").await;
    assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8");
    assert_eq!(file.text().lines().count(), 4, "{}", file.text());
    let reads: i64 = sqlx::query_scalar("SELECT count(*) FROM audit_event WHERE actor_id = $1 AND action LIKE 'staff.audit_%'")
        .bind(auditor)
        .fetch_one(portal.db())
        .await
        .unwrap();
    assert_eq!(reads, 6);

    for number in 0..60 {
        sqlx::query("INSERT INTO audit_event (at, action, subject, detail) VALUES ($1, 'test.page', $2, '{}')")
            .bind(portal.clock.now())
            .bind(number.to_string())
            .execute(portal.db())
            .await
            .unwrap();
    }
    let first = browser.get("/staff/audit?action=test.page").await;
    assert_eq!(first.words().matches("test.page").count(), 50);
    let text = first.text();
    assert!(text.contains("rel=\"next\""));
    let at = text.find("before=").unwrap();
    let before: String = text[at + 7..].chars().take_while(char::is_ascii_digit).collect();
    let second = browser.get(&format!("/staff/audit?action=test.page&before={before}")).await;
    assert!(!second.text().contains("rel=\"next\""), "the last page");
}

#[tokio::test]
async fn security_76_no_line_of_the_log_tells_a_password_or_an_address() {
    let portal = crate::accounts::portal().await;
    let mut browser = crate::accounts::registered(&portal, "ana@example.com").await;
    crate::accounts::log_in(&mut browser, "ana@example.com", "Wrong-Password-1").await;
    crate::accounts::log_in(&mut browser, "ana@example.com", crate::accounts::PASSWORD).await;
    let mut curious = portal.browser().with_header("user-agent", "evil\u{85}line");
    crate::accounts::log_in(&mut curious, "ana@example.com", "Wrong-Password-1").await;
    let log: Vec<String> = sqlx::query_scalar("SELECT row_to_json(e)::text FROM audit_event e").fetch_all(portal.db()).await.unwrap();
    assert!(log.iter().any(|line| line.contains("account.login") && line.contains("refused")), "{log:?}");
    assert!(log.iter().any(|line| line.contains("account.login") && line.contains("done")), "{log:?}");
    for line in &log {
        for secret in
            ["ana@example.com", "Prueba", crate::accounts::PASSWORD, "Wrong-Password-1", browser.cookie("__Host-session").unwrap()]
        {
            assert!(!line.contains(secret), "{secret} in {line}");
        }
    }
}
