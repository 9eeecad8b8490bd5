//! Every factor is lost: asked for, checked by staff, announced, delayed, and only then removed (security.md line 23).

use super::second_factor::{code, enrolled};
use super::{PASSWORD, log_in, mail, portal};
use crate::support::portal::{Browser, Portal};
use axum::http::StatusCode;
use certportal::ids::{AccountId, FactorRecoveryId};
use chrono::TimeDelta;

const PAGE: &str = "/login/recovery";
const ASK: &str = "/api/accounts/recovery_request";
const APPROVE: &str = "/api/staff/recovery_approve";
const REFUSE: &str = "/api/staff/recovery_refuse";
const PHONE: &str = "+34600123442";

/// Ana has lost her phone: past the password, and asking.
async fn asked(portal: &Portal) -> Browser {
    let mut browser = portal.browser();
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    let answer = browser.post_form(PAGE, ASK, &[("reason", "My phone was stolen.")]).await;
    assert_eq!(answer.location(), "/login/recovery?done=asked", "{}", answer.words());
    browser
}

async fn agent(portal: &Portal) -> Browser {
    let id = match sqlx::query_scalar("SELECT account_id FROM account_email WHERE address = 'sam@example.org'")
        .fetch_optional(portal.db())
        .await
    {
        Ok(Some(id)) => id,
        _ => portal.account("sam@example.org", "Sam", "Staff", &["support_agent"]).await,
    };
    portal.signed_in(id).await
}

async fn newest(portal: &Portal) -> (String, String) {
    sqlx::query_as("SELECT id::text, state FROM factor_recovery ORDER BY requested_at DESC LIMIT 1").fetch_one(portal.db()).await.unwrap()
}

async fn approve(portal: &Portal) -> String {
    let (id, _) = newest(portal).await;
    let page = format!("/staff/recoveries/{id}");
    let mut staff = agent(portal).await;
    let answer = staff.post_form(&page, APPROVE, &[("recovery", &id), ("check", "Video call, saw the passport")]).await;
    assert_eq!(answer.location(), "/staff/recoveries?done=approved", "{}", answer.words());
    id
}

/// A second verified address and a verified phone: more channels.
async fn more_channels(portal: &Portal) {
    sqlx::query(
        "INSERT INTO account_email (id, account_id, address, is_primary, verified_at, created_at)
         SELECT gen_random_uuid(), account_id, 'ana@work.example', false, created_at, created_at FROM account_email WHERE address = 'ana@example.com'",
    )
    .execute(portal.db())
    .await
    .unwrap();
    sqlx::query("UPDATE account SET phone = $1, phone_verified_at = created_at WHERE given_name = 'Ana'")
        .bind(PHONE)
        .execute(portal.db())
        .await
        .unwrap();
}

#[tokio::test]
async fn security_23_lost_factors_are_removed_three_days_after_staff_have_checked_who_asks() {
    let portal = portal().await;
    let (mut old_session, _) = enrolled(&portal).await;
    super::backup_codes::make(&mut old_session).await;
    more_channels(&portal).await;
    let mut ana = portal.browser();
    log_in(&mut ana, "ana@example.com", PASSWORD).await;
    assert!(ana.get("/login/code").await.text().contains("href=\"/login/recovery\""));
    assert!(ana.get(PAGE).await.words().contains("After 72 hours"));
    let long = "x".repeat(1001);
    for bad in ["", "  ", "my card 4242 4242 4242 4242", &long] {
        assert_eq!(ana.post_form(PAGE, ASK, &[("reason", bad)]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(ana.post_form(PAGE, ASK, &[("reason", "Stolen.")]).await.location(), "/login/recovery?done=asked");
    assert_eq!(ana.post_form(PAGE, ASK, &[("reason", "Again.")]).await.status, StatusCode::CONFLICT, "one open request");
    assert!(ana.get(PAGE).await.words().contains("We have your request"));
    for address in ["ana@example.com", "ana@work.example"] {
        let told = mail(&portal, address, "accounts.factor_recovery_requested").await.expect("told on every address");
        assert!(told.link("/login/recovery/stop").contains("token="));
    }
    assert!(portal.texts(PHONE).await.iter().any(|text| text.contains("/login/recovery/stop?request=")));

    let id = approve(&portal).await;
    let told = mail(&portal, "ana@work.example", "accounts.factor_recovery_approved").await.unwrap();
    assert!(told.body_text.contains("26 November 2026") || told.body_text.contains("November 26, 2026"), "{}", told.body_text);
    assert!(portal.texts(PHONE).await.iter().any(|text| text.contains("will be removed on")));
    portal.later(TimeDelta::hours(71));
    portal.run_jobs().await;
    assert_eq!(newest(&portal).await.1, "approved");
    assert_eq!(log_in(&mut portal.browser(), "ana@example.com", PASSWORD).await.location(), "/login/code");
    let mut signed_in = portal.signed_in(account(&portal).await).await;
    portal.later(TimeDelta::hours(1));
    portal.run_jobs().await;
    assert_eq!(newest(&portal).await, (id, "done".to_owned()));
    assert!(signed_in.get("/account").await.location().starts_with("/login"), "sessions end");
    for address in ["ana@example.com", "ana@work.example"] {
        assert!(mail(&portal, address, "accounts.factors_removed").await.is_some());
    }
    assert_eq!(log_in(&mut portal.browser(), "ana@example.com", PASSWORD).await.location(), "/dashboard");
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM backup_code").fetch_one(portal.db()).await.unwrap();
    assert_eq!(left, 0);
    let actions: Vec<String> = sqlx::query_scalar("SELECT action FROM audit_event WHERE action LIKE 'account.factor%' ORDER BY id")
        .fetch_all(portal.db())
        .await
        .unwrap();
    assert_eq!(actions, ["account.factor_recovery_requested", "account.factor_recovery_approved", "account.factors_removed"]);
}

async fn account(portal: &Portal) -> AccountId {
    sqlx::query_scalar("SELECT id FROM account WHERE given_name = 'Ana'").fetch_one(portal.db()).await.unwrap()
}

#[tokio::test]
async fn security_23_the_link_in_the_message_stops_it_at_any_time_before() {
    let portal = portal().await;
    enrolled(&portal).await;
    asked(&portal).await;
    approve(&portal).await;
    let link = mail(&portal, "ana@example.com", "accounts.factor_recovery_approved").await.unwrap().link("/login/recovery/stop");
    let first = mail(&portal, "ana@example.com", "accounts.factor_recovery_requested").await.unwrap().link("/login/recovery/stop");
    assert_eq!(link, first);
    let mut anybody = portal.browser();
    let page = anybody.get(&link).await;
    assert!(page.words().contains("Stop the removal of your two-step sign-in?"));
    assert_eq!(page.headers["referrer-policy"], "no-referrer");
    assert_eq!(newest(&portal).await.1, "approved", "opening the page changes nothing: mail scanners open every link");
    let (id, token) = (page.hidden("recovery"), page.hidden("token"));
    let stop = "/api/accounts/recovery_stop";
    let other = certportal::server::random::id::<FactorRecoveryId>().to_string();
    for (id, token) in [(other.as_str(), token.as_str()), (id.as_str(), "AAAA"), ("x", "y")] {
        let answer = anybody.post_form(&link, stop, &[("recovery", id), ("token", token)]).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.words());
        assert_eq!(anybody.get(&format!("/login/recovery/stop?request={id}&token={token}")).await.status, StatusCode::NOT_FOUND);
    }
    for _ in 0..2 {
        assert_eq!(anybody.post_form(&link, stop, &[("recovery", &id), ("token", &token)]).await.status, StatusCode::SEE_OTHER);
    }
    assert!(anybody.get(&link).await.words().contains("somebody knows your password"));
    assert!(mail(&portal, "ana@example.com", "accounts.factor_recovery_stopped").await.is_some());
    portal.later(TimeDelta::days(5));
    portal.run_jobs().await;
    assert_eq!(newest(&portal).await.1, "stopped");
    assert_eq!(log_in(&mut portal.browser(), "ana@example.com", PASSWORD).await.location(), "/login/code");
}

#[tokio::test]
async fn security_23_a_sign_in_with_a_factor_stops_it() {
    let portal = portal().await;
    let (_, secret) = enrolled(&portal).await;
    asked(&portal).await;
    approve(&portal).await;
    portal.later(TimeDelta::hours(70));
    let mut browser = portal.browser();
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    let right = code(&portal, &secret);
    assert_eq!(browser.post_form("/login/code", "/api/accounts/login_code", &[("code", &right)]).await.location(), "/dashboard");
    assert_eq!(newest(&portal).await.1, "stopped");
    assert!(mail(&portal, "ana@example.com", "accounts.factor_recovery_stopped").await.is_some());
    portal.later(TimeDelta::hours(3));
    portal.run_jobs().await;
    assert_eq!(log_in(&mut portal.browser(), "ana@example.com", PASSWORD).await.location(), "/login/code");
}

#[tokio::test]
async fn a_request_that_nobody_decides_lapses_after_fourteen_days_and_can_be_made_again() {
    let portal = portal().await;
    enrolled(&portal).await;
    asked(&portal).await;
    let (id, _) = newest(&portal).await;
    portal.later(TimeDelta::days(14) - TimeDelta::minutes(1));
    portal.run_jobs().await;
    assert_eq!(newest(&portal).await.1, "requested");
    portal.later(TimeDelta::minutes(1));
    let mut staff = agent(&portal).await;
    let fields = [("recovery", id.as_str()), ("check", "Call")];
    let page = format!("/staff/recoveries/{id}");
    assert_eq!(staff.post_form(&page, APPROVE, &fields).await.status, StatusCode::CONFLICT, "even before the job came");
    portal.later(TimeDelta::minutes(1));
    portal.run_jobs().await;
    assert_eq!(newest(&portal).await.1, "expired");
    assert!(mail(&portal, "ana@example.com", "accounts.factor_recovery_expired").await.is_some());
    asked(&portal).await;
    assert_eq!(newest(&portal).await.1, "requested");
}

#[tokio::test]
async fn staff_see_what_to_compare_and_refuse_with_a_reason() {
    let portal = portal().await;
    enrolled(&portal).await;
    sqlx::query("UPDATE account SET date_of_birth = '1990-02-03' WHERE given_name = 'Ana'").execute(portal.db()).await.unwrap();
    asked(&portal).await;
    let (id, _) = newest(&portal).await;
    let page = format!("/staff/recoveries/{id}");
    let mut staff = agent(&portal).await;
    assert!(staff.get("/staff/recoveries").await.words().contains("Ana Prueba"));
    let words = staff.get(&page).await.words();
    for part in ["My phone was stolen.", "Ana Prueba", "1990", "Spain", "CP"] {
        assert!(words.contains(part), "{part} is missing in {words}");
    }
    for bad in ["", "4242 4242 4242 4242"] {
        assert_eq!(staff.post_form(&page, APPROVE, &[("recovery", &id), ("check", bad)]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(staff.post_form(&page, REFUSE, &[("recovery", &id), ("refusal", bad)]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let reason = "You did not answer our call.";
    let answer = staff.post_form(&page, REFUSE, &[("recovery", &id), ("refusal", reason)]).await;
    assert_eq!(answer.location(), "/staff/recoveries?done=refused");
    assert!(mail(&portal, "ana@example.com", "accounts.factor_recovery_refused").await.unwrap().body_text.contains(reason));
    assert_eq!(newest(&portal).await.1, "refused");
    let answer = staff.post_form(&page, APPROVE, &[("recovery", &id), ("check", "after all")]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(staff.get("/staff/recoveries").await.words().contains("No request waits"));
    asked(&portal).await;
}

#[tokio::test]
async fn security_35_36_37_only_who_may_check_identities_decides_freshly_proved_and_never_for_oneself() {
    let portal = portal().await;
    enrolled(&portal).await;
    asked(&portal).await;
    let (id, _) = newest(&portal).await;
    let page = format!("/staff/recoveries/{id}");
    let fields = [("recovery", id.as_str()), ("check", "Saw the passport"), ("refusal", "No")];
    let mut nobody = portal.browser();
    assert!(nobody.get(&page).await.location().starts_with("/login"));
    let candidate = portal.account("eve@example.com", "Eve", "Other", &[]).await;
    let auditor = portal.account("audit@example.org", "Audrey", "Log", &["auditor"]).await;
    for id in [candidate, auditor] {
        let mut browser = portal.signed_in(id).await;
        for address in ["/staff/recoveries", &page] {
            assert_eq!(browser.get(address).await.status, StatusCode::FORBIDDEN, "{address}");
        }
        for function in [APPROVE, REFUSE] {
            assert_eq!(browser.call(function, &fields).await.status, StatusCode::FORBIDDEN);
        }
    }
    let mut staff = agent(&portal).await;
    for unknown in ["nonsense", "6f9619ff-8b86-4d01-b42d-00c04fc964ff"] {
        assert_eq!(staff.get(&format!("/staff/recoveries/{unknown}")).await.status, StatusCode::NOT_FOUND);
        assert_eq!(staff.call(APPROVE, &[("recovery", unknown), ("check", "x")]).await.status, StatusCode::NOT_FOUND);
    }
    portal.later(TimeDelta::minutes(11));
    assert!(staff.get(&page).await.words().contains("first confirm that it is you"));
    for function in [APPROVE, REFUSE] {
        assert!(staff.post_form(&page, function, &fields).await.location().starts_with("/account/confirm?next="));
    }

    // One's own, and a colleague's without the right to grant roles.
    let ana = account(&portal).await;
    sqlx::query("INSERT INTO account_role (account_id, role, granted_at) VALUES ($1, 'administrator', $2)")
        .bind(ana)
        .bind(portal.clock.now())
        .execute(portal.db())
        .await
        .unwrap();
    assert_eq!(portal.signed_in(ana).await.post_form(&page, APPROVE, &fields).await.status, StatusCode::FORBIDDEN, "one's own");
    let mut staff = agent(&portal).await;
    assert_eq!(staff.post_form(&page, APPROVE, &fields).await.status, StatusCode::FORBIDDEN, "a colleague's");
    assert!(!staff.get(&page).await.text().contains("name=\"check\""));
    let administrator = portal.account("root@example.org", "Ada", "Min", &["administrator"]).await;
    let mut administrator = portal.signed_in(administrator).await;
    assert_eq!(administrator.post_form(&page, APPROVE, &fields).await.location(), "/staff/recoveries?done=approved");
}

#[tokio::test]
async fn nobody_asks_without_the_password() {
    let portal = portal().await;
    let (mut signed_in, _) = enrolled(&portal).await;
    for browser in [&mut portal.browser(), &mut signed_in] {
        assert_eq!(browser.get(PAGE).await.location(), "/login");
        assert!(browser.post_form(PAGE, ASK, &[("reason", "Stolen.")]).await.location().starts_with("/login"));
    }
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM factor_recovery").fetch_one(portal.db()).await.unwrap();
    assert_eq!(count, 0);
}

#[tokio::test]
async fn security_23_a_new_password_stops_it() {
    let portal = portal().await;
    let (mut owner, _) = enrolled(&portal).await;
    // The thief has the password alone.
    asked(&portal).await;
    approve(&portal).await;
    let fields = [("current_password", PASSWORD), ("password", "Copper-Teapot-58")];
    owner.post_form("/account/security/password", "/api/accounts/change_password", &fields).await;
    assert_eq!(newest(&portal).await.1, "stopped");
    assert!(mail(&portal, "ana@example.com", "accounts.factor_recovery_stopped").await.is_some());

    portal.later(TimeDelta::hours(13));
    let mut thief = portal.browser();
    log_in(&mut thief, "ana@example.com", "Copper-Teapot-58").await;
    assert_eq!(thief.post_form(PAGE, ASK, &[("reason", "Stolen.")]).await.location(), "/login/recovery?done=asked");
    portal.browser().post_form("/forgot", "/api/accounts/forgot", &[("email", "ana@example.com")]).await;
    let link = mail(&portal, "ana@example.com", "accounts.reset_password").await.unwrap().link("/reset");
    let token = link.split_once("token=").unwrap().1.to_owned();
    portal.browser().post_form(&link, "/api/accounts/reset", &[("token", &token), ("password", PASSWORD)]).await;
    assert_eq!(newest(&portal).await.1, "stopped");
    portal.later(TimeDelta::days(4));
    portal.run_jobs().await;
    assert_eq!(log_in(&mut portal.browser(), "ana@example.com", PASSWORD).await.location(), "/login/code");
}
