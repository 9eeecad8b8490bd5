//! A phone: verified by a code, used as a second factor, removed.

use super::second_factor::enrolled;
use super::{PASSWORD, log_in, mail, portal, registered};
use crate::support::portal::{Answer, Browser, Portal};
use axum::http::StatusCode;
use chrono::TimeDelta;

const PAGE: &str = "/account/security/phone";
const SEND: &str = "/api/accounts/phone_send";
const VERIFY: &str = "/api/accounts/phone_verify";
const NUMBER: &str = "+34600123442";

/// The code of the newest message to a number.
pub async fn newest_code(portal: &Portal, number: &str) -> String {
    let text: String = sqlx::query_scalar(
        "SELECT body FROM sms_message WHERE to_number = $1 AND template = 'accounts.code' ORDER BY created_at DESC LIMIT 1",
    )
    .bind(number)
    .fetch_one(portal.db())
    .await
    .unwrap();
    assert!(text.ends_with(&format!("@127.0.0.1 #{}", &text[..6])), "{text}");
    text[..6].to_owned()
}

async fn ana(portal: &Portal) -> Browser {
    let mut browser = registered(portal, "ana@example.com").await;
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    sqlx::query("UPDATE country SET calling_code = '+34' WHERE code = 'ES'").execute(portal.db()).await.unwrap();
    browser
}

async fn verify(portal: &Portal, browser: &mut Browser) {
    let answer = browser.post_form(PAGE, SEND, &[("phone", "600 123 442")]).await;
    assert_eq!(answer.location(), "/account/security/phone?done=sent", "{}", answer.words());
    let code = newest_code(portal, NUMBER).await;
    let answer = browser.post_form(PAGE, VERIFY, &[("code", &code)]).await;
    assert_eq!(answer.location(), "/account/security/phone?done=verified", "{}", answer.words());
}

/// Ana, whose phone is her only second factor.
async fn with_sms_factor(portal: &Portal) -> Browser {
    let mut browser = ana(portal).await;
    verify(portal, &mut browser).await;
    let answer = browser.post_form(PAGE, "/api/accounts/sms_factor_on", &[]).await;
    assert_eq!(answer.location(), "/account/security/backup-codes?done=factor%5Fon", "{}", answer.words());
    portal.later(TimeDelta::minutes(2));
    browser
}

async fn send_login_code(browser: &mut Browser) -> Answer {
    browser.post_form("/login/code?method=sms", "/api/accounts/login_sms", &[("method", "sms")]).await
}

async fn enter(browser: &mut Browser, code: &str) -> Answer {
    browser.post_form("/login/code?method=sms", "/api/accounts/login_code", &[("method", "sms"), ("code", code)]).await
}

#[tokio::test]
async fn a_number_is_verified_by_a_code_and_its_change_is_told() {
    let portal = portal().await;
    let mut browser = ana(&portal).await;
    for bad in ["", "12", "maya@example.com"] {
        let answer = browser.post_form(PAGE, SEND, &[("phone", bad)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
        assert!(answer.text().contains("href=\"#phone\""));
    }
    browser.post_form(PAGE, SEND, &[("phone", "600 123 442")]).await;
    assert!(browser.get(PAGE).await.words().contains("We sent a code to +34600123442"), "as it was understood");
    assert_eq!(browser.post_form(PAGE, VERIFY, &[("code", "")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let code = newest_code(&portal, NUMBER).await;
    let answer = browser.post_form(PAGE, VERIFY, &[("code", &code)]).await;
    assert_eq!(answer.location(), "/account/security/phone?done=verified");
    assert!(mail(&portal, "ana@example.com", "accounts.phone_changed").await.is_some());
    assert_eq!(browser.post_form(PAGE, VERIFY, &[("code", &code)]).await.status, StatusCode::UNPROCESSABLE_ENTITY, "once");
    // A verified number is no factor before its owner says so.
    assert_eq!(log_in(&mut portal.browser(), "ana@example.com", PASSWORD).await.location(), "/dashboard");

    // Another number: the old one is told.
    portal.later(TimeDelta::minutes(2));
    browser.post_form(PAGE, SEND, &[("phone", "+1 206 555 0100")]).await;
    let code = newest_code(&portal, "+12065550100").await;
    browser.post_form(PAGE, VERIFY, &[("code", &code)]).await;
    assert!(portal.texts(NUMBER).await.iter().any(|text| text.contains("A phone number was verified")));
    assert!(browser.get("/account/security").await.words().contains("+12065550100"));
    let answer = browser.post_form(PAGE, "/api/accounts/phone_remove", &[]).await;
    assert_eq!(answer.location(), "/account/security?done=phone_off");
    assert!(portal.texts("+12065550100").await.iter().any(|text| text.contains("was removed from your account")));
    let events: String = sqlx::query_scalar("SELECT string_agg(detail::text, ' ') FROM audit_event").fetch_one(portal.db()).await.unwrap();
    assert!(!events.contains("600123442") && !events.contains("2065550100"), "the audit log holds no numbers");
}

#[tokio::test]
async fn security_22_a_code_by_sms_is_tried_five_times_within_ten_minutes_in_its_own_session() {
    let portal = portal().await;
    let mut browser = ana(&portal).await;
    browser.post_form(PAGE, SEND, &[("phone", NUMBER)]).await;
    let code = newest_code(&portal, NUMBER).await;
    let mut other = portal.browser();
    log_in(&mut other, "ana@example.com", PASSWORD).await;
    assert_eq!(other.post_form(PAGE, VERIFY, &[("code", &code)]).await.status, StatusCode::UNPROCESSABLE_ENTITY, "another session");
    let wrong = if code == "123456" { "654321" } else { "123456" };
    for _ in 0..5 {
        assert_eq!(browser.post_form(PAGE, VERIFY, &[("code", wrong)]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let answer = browser.post_form(PAGE, VERIFY, &[("code", &code)]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "the sixth try is none");

    portal.later(TimeDelta::minutes(2));
    browser.post_form(PAGE, SEND, &[("phone", NUMBER)]).await;
    let old = newest_code(&portal, NUMBER).await;
    portal.later(TimeDelta::seconds(61));
    browser.post_form(PAGE, SEND, &[("phone", NUMBER)]).await;
    let new = newest_code(&portal, NUMBER).await;
    if old != new {
        assert_eq!(browser.post_form(PAGE, VERIFY, &[("code", &old)]).await.status, StatusCode::UNPROCESSABLE_ENTITY, "the newest counts");
    }
    portal.later(TimeDelta::minutes(10));
    let fields = [("password", PASSWORD), ("next", PAGE)];
    browser.post_form("/account/confirm", "/api/accounts/confirm_identity", &fields).await;
    assert_eq!(browser.post_form(PAGE, VERIFY, &[("code", &new)]).await.status, StatusCode::UNPROCESSABLE_ENTITY, "ten minutes");
}

#[tokio::test]
async fn security_60_codes_are_sent_once_a_minute_and_five_times_an_hour_to_an_account_and_to_a_number() {
    let portal = portal().await;
    let mut browser = ana(&portal).await;
    assert_eq!(browser.post_form(PAGE, SEND, &[("phone", NUMBER)]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.post_form(PAGE, SEND, &[("phone", NUMBER)]).await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(browser.post_form(PAGE, SEND, &[("phone", "+34600000001")]).await.status, StatusCode::TOO_MANY_REQUESTS, "of the account");
    // Another account does not get around the limit of a number.
    let eve = portal.account("eve@example.com", "Eve", "Other", &[]).await;
    let mut eve = portal.signed_in(eve).await;
    assert_eq!(eve.post_form(PAGE, SEND, &[("phone", NUMBER)]).await.status, StatusCode::TOO_MANY_REQUESTS);
    for _ in 0..4 {
        portal.later(TimeDelta::seconds(61));
        assert_eq!(browser.post_form(PAGE, SEND, &[("phone", NUMBER)]).await.status, StatusCode::SEE_OTHER);
    }
    portal.later(TimeDelta::seconds(61));
    assert_eq!(browser.post_form(PAGE, SEND, &[("phone", NUMBER)]).await.status, StatusCode::TOO_MANY_REQUESTS, "the sixth of the hour");
    assert_eq!(portal.texts(NUMBER).await.len(), 5);
}

#[tokio::test]
async fn security_35_the_phone_needs_a_fresh_proof() {
    let portal = portal().await;
    let mut browser = ana(&portal).await;
    verify(&portal, &mut browser).await;
    portal.later(TimeDelta::minutes(11));
    assert_eq!(browser.get(PAGE).await.location(), "/account/confirm?next=%2Faccount%2Fsecurity%2Fphone");
    for function in ["phone_send", "phone_verify", "phone_remove", "sms_factor_on", "sms_factor_off"] {
        let answer = browser.post_form(PAGE, &format!("/api/accounts/{function}"), &[("phone", NUMBER), ("code", "123456")]).await;
        assert_eq!(answer.location(), "/account/confirm?next=%2Faccount%2Fsecurity%2Fphone", "{function}");
    }
}

#[tokio::test]
async fn security_22_a_code_by_sms_is_a_second_factor() {
    let portal = portal().await;
    with_sms_factor(&portal).await;
    let mut browser = portal.browser();
    assert_eq!(log_in(&mut browser, "ana@example.com", PASSWORD).await.location(), "/login/code");
    let page = browser.get("/login/code").await.words();
    assert!(page.contains("••• 42") && !page.contains("600123442"), "{page}");
    assert_eq!(send_login_code(&mut browser).await.location(), "/login/code?method=sms");
    assert_eq!(send_login_code(&mut browser).await.status, StatusCode::TOO_MANY_REQUESTS);
    let code = newest_code(&portal, NUMBER).await;
    // Bound to the attempt.
    let mut other = portal.browser();
    log_in(&mut other, "ana@example.com", PASSWORD).await;
    assert_eq!(enter(&mut other, &code).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(enter(&mut browser, &code).await.location(), "/dashboard");

    portal.later(TimeDelta::minutes(2));
    let mut browser = portal.browser();
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    assert_eq!(enter(&mut browser, &code).await.status, StatusCode::UNPROCESSABLE_ENTITY, "once");
    send_login_code(&mut browser).await;
    let code = newest_code(&portal, NUMBER).await;
    portal.later(TimeDelta::minutes(10));
    assert_eq!(enter(&mut browser, &code).await.status, StatusCode::UNPROCESSABLE_ENTITY, "ten minutes");
    // The sign-in itself lasts no longer than its code.
    portal.later(TimeDelta::seconds(1));
    assert!(enter(&mut browser, &code).await.location().starts_with("/login?next="));
}

#[tokio::test]
async fn nobody_gets_a_code_sent_without_the_password_or_without_the_factor() {
    let portal = portal().await;
    let (_, _) = enrolled(&portal).await;
    assert!(send_login_code(&mut portal.browser()).await.location().starts_with("/login?next="));
    let mut browser = portal.browser();
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    assert_eq!(send_login_code(&mut browser).await.status, StatusCode::NOT_FOUND);
    // A method that the account does not have is not offered: its best one is.
    let page = browser.get("/login/code?method=sms").await;
    assert!(page.words().contains("From your authenticator app") && !page.words().contains("Get a code by SMS"));
}

#[tokio::test]
async fn security_25_a_phone_that_is_the_factor_can_be_removed_and_turned_off() {
    let portal = portal().await;
    let mut browser = with_sms_factor(&portal).await;
    let answer = browser.post_form(PAGE, "/api/accounts/sms_factor_off", &[]).await;
    assert_eq!(answer.location(), "/account/security?done=sms_off");
    assert!(mail(&portal, "ana@example.com", "accounts.factor_removed").await.unwrap().body_text.contains("codes by SMS"));
    browser.post_form(PAGE, "/api/accounts/sms_factor_on", &[]).await;
    let mut other = portal.browser();
    log_in(&mut other, "ana@example.com", PASSWORD).await;
    browser.post_form(PAGE, "/api/accounts/phone_remove", &[]).await;
    assert_eq!(other.get("/login/code").await.location(), "/login?next=", "security.md line 32: the others end");
    assert_eq!(log_in(&mut portal.browser(), "ana@example.com", PASSWORD).await.location(), "/dashboard");
}

#[tokio::test]
async fn security_16_staff_remove_a_factor_only_while_another_remains() {
    let portal = portal().await;
    let id = portal.account("sam@example.org", "Sam", "Staff", &["support_agent"]).await;
    let mut browser = portal.signed_in(id).await;
    let answer = browser.post_form("/account/security/totp", "/api/accounts/totp_remove", &[]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    verify(&portal, &mut {
        sqlx::query("UPDATE country SET calling_code = '+34' WHERE code = 'DE'").execute(portal.db()).await.unwrap();
        portal.signed_in(id).await
    })
    .await;
    let mut browser = portal.signed_in(id).await;
    browser.post_form(PAGE, "/api/accounts/sms_factor_on", &[]).await;
    let answer = browser.post_form("/account/security/totp", "/api/accounts/totp_remove", &[]).await;
    assert_eq!(answer.location(), "/account/security?done=totp_off", "{}", answer.words());
    for function in ["/api/accounts/sms_factor_off", "/api/accounts/phone_remove"] {
        assert_eq!(browser.post_form(PAGE, function, &[]).await.status, StatusCode::CONFLICT, "{function}");
    }
}

#[tokio::test]
async fn without_a_provider_phones_are_not_offered() {
    let portal = Portal::in_production().await;
    let id = portal.account("ana@example.com", "Ana", "Prueba", &[]).await;
    let mut browser = portal.signed_in(id).await;
    assert!(!browser.get("/account/security").await.words().contains("Phone"));
    assert!(browser.get(PAGE).await.words().contains("cannot send SMS"));
    assert_eq!(browser.post_form(PAGE, SEND, &[("phone", NUMBER)]).await.status, StatusCode::CONFLICT);
}
