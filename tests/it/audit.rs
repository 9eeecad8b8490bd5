//! The audit log: append-only, chained, readable for those who may (security.md lines 76 and 77).

use crate::support::Portal;
use axum::http::StatusCode;
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
    let at = text.find("before=").unwrap();
    let before: String = text[at + 7..].chars().take_while(char::is_ascii_digit).collect();
    let second = browser.get(&format!("/staff/audit?action=test.page&before={before}")).await;
    assert!(!second.text().contains("before="), "the last page");
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
