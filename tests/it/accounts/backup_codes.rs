//! Ten codes for the day the phone is lost.

use super::second_factor::enrolled;
use super::{PASSWORD, log_in, mail, portal, registered};
use crate::support::portal::{Answer, Browser, Portal};
use axum::http::{StatusCode, header};
use chrono::TimeDelta;

const PAGE: &str = "/account/security/backup-codes";
const NEW: &str = "/api/accounts/backup_codes_new";
const FILE: &str = "/account/security/backup-codes.txt";
const CODE: &str = "/api/accounts/login_code";

fn shown(page: &Answer) -> Vec<String> {
    let ids = page.text();
    let ids = ids.split("<code class=\"id\">").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned());
    // The candidate ID stands in the header.
    ids.filter(|id| id.contains('-')).collect()
}

/// Makes codes and reads them from the page that follows.
pub async fn make(browser: &mut Browser) -> Vec<String> {
    let answer = browser.post_form(PAGE, NEW, &[]).await;
    assert_eq!(answer.location(), PAGE, "{}", answer.words());
    shown(&browser.get(PAGE).await)
}

async fn with_code(portal: &Portal, code: &str) -> Answer {
    let mut browser = portal.browser();
    assert_eq!(log_in(&mut browser, "ana@example.com", PASSWORD).await.location(), "/login/code");
    browser.post_form("/login/code?method=backup", CODE, &[("method", "backup"), ("code", code)]).await
}

#[tokio::test]
async fn security_19_backup_codes_are_ten_work_once_and_stand_hashed() {
    let portal = portal().await;
    let (mut browser, _) = enrolled(&portal).await;
    let codes = make(&mut browser).await;
    assert_eq!(codes.len(), 10);
    // Crockford's base 32: five bits a character.
    assert!(codes.iter().all(|code| code.len() == 11 && code.chars().filter(|c| *c != '-').count() * 5 >= 50), "{codes:?}");
    let hashes: Vec<Vec<u8>> = sqlx::query_scalar("SELECT code_hash FROM backup_code").fetch_all(portal.db()).await.unwrap();
    assert_eq!(hashes.len(), 10);
    assert!(hashes.iter().all(|hash| hash.len() == 32));
    assert!(mail(&portal, "ana@example.com", "accounts.backup_codes_made").await.is_some());
    assert!(browser.get("/account/security").await.words().contains("10 left"));

    let typed = codes[0].to_lowercase().replace('-', " ");
    assert_eq!(with_code(&portal, &typed).await.location(), "/dashboard");
    let used = mail(&portal, "ana@example.com", "accounts.backup_code_used").await.unwrap();
    assert!(used.body_text.contains("Codes left: 9") && !used.body_text.contains("Make new ones"));
    let again = with_code(&portal, &codes[0]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "once");
    assert!(again.words().contains("wrong or was used already"));
    for code in &codes[1..8] {
        portal.later(TimeDelta::minutes(1));
        assert_eq!(with_code(&portal, code).await.location(), "/dashboard");
    }
    let few = mail(&portal, "ana@example.com", "accounts.backup_code_used").await.unwrap();
    assert!(few.body_text.contains("Codes left: 2") && few.body_text.contains("Make new ones"), "{}", few.body_text);
}

#[tokio::test]
async fn security_19_the_codes_are_shown_once_and_can_be_downloaded() {
    let portal = portal().await;
    let (mut browser, _) = enrolled(&portal).await;
    browser.post_form(PAGE, NEW, &[("next", "/exams")]).await;
    let page = browser.get(&format!("{PAGE}?next=%2Fexams")).await;
    assert_eq!(page.headers[header::CACHE_CONTROL], "no-store");
    assert!(page.text().contains("href=\"/exams\""), "on the way to another page");
    let codes = shown(&page);
    let sealed = page.hidden("codes");
    assert!(codes.iter().all(|code| !sealed.contains(code.as_str())));
    let again = browser.get(PAGE).await;
    assert!(shown(&again).is_empty() && again.words().contains("Codes left: 10"));

    let body = format!("codes={sealed}").into_bytes();
    let file = browser.post(FILE, "application/x-www-form-urlencoded", body.clone()).await;
    assert_eq!(file.status, StatusCode::OK);
    assert_eq!(file.headers[header::CONTENT_DISPOSITION], "attachment; filename=\"backup-codes.txt\"");
    assert!(file.headers[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/plain"));
    assert!(codes.iter().all(|code| file.text().contains(code.as_str())));
    // Not somebody else's, not later, not what is made up, not without a session.
    let other = portal.account("eve@example.com", "Eve", "Other", &[]).await;
    let answer = portal.signed_in(other).await.post(FILE, "application/x-www-form-urlencoded", body.clone()).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let made_up = b"codes=AAAA".to_vec();
    assert_eq!(browser.post(FILE, "application/x-www-form-urlencoded", made_up).await.status, StatusCode::NOT_FOUND);
    assert_eq!(portal.browser().post(FILE, "application/x-www-form-urlencoded", body.clone()).await.status, StatusCode::UNAUTHORIZED);
    portal.later(TimeDelta::minutes(10));
    assert_eq!(browser.post(FILE, "application/x-www-form-urlencoded", body).await.status, StatusCode::NOT_FOUND);
    portal.later(TimeDelta::minutes(1));
    assert!(browser.get(PAGE).await.location().starts_with("/account/confirm?next="), "making new ones needs a fresh proof");
}

#[tokio::test]
async fn new_codes_kill_the_old_ones_and_none_outlive_the_last_factor() {
    let portal = portal().await;
    let (mut browser, _) = enrolled(&portal).await;
    let old = make(&mut browser).await;
    let new = make(&mut browser).await;
    assert_eq!(with_code(&portal, &old[3]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(with_code(&portal, &new[3]).await.location(), "/dashboard");
    let answer = browser.post_form("/account/security/totp", "/api/accounts/totp_remove", &[]).await;
    assert_eq!(answer.location(), "/account/security?done=totp_off");
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM backup_code").fetch_one(portal.db()).await.unwrap();
    assert_eq!(left, 0);
    assert!(browser.get(PAGE).await.words().contains("Set up a method"));
    assert_eq!(browser.post_form(PAGE, NEW, &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn security_18_codes_of_all_kinds_share_one_counter() {
    let portal = portal().await;
    let (mut signed_in, secret) = enrolled(&portal).await;
    let codes = make(&mut signed_in).await;
    portal.later(TimeDelta::minutes(1));
    let mut browser = portal.browser();
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    for n in 0..5 {
        let (method, code) = if n % 2 == 0 { ("backup", "AAAAA-AAAAA") } else { ("app", "000000") };
        let answer = browser.post_form("/login/code", CODE, &[("method", method), ("code", code)]).await;
        match n {
            4 => assert!(answer.location().starts_with("/login?next="), "the fifth takes the password step back"),
            _ => assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY),
        }
    }
    let right = super::second_factor::code(&portal, &secret);
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    assert!(browser.post_form("/login/code", CODE, &[("method", "app"), ("code", &right)]).await.location().starts_with("/login?next="));
    assert!(with_code(&portal, &codes[0]).await.location().starts_with("/login?next="), "no other kind of code gets around it");
}

#[tokio::test]
async fn a_code_of_another_account_is_worth_nothing() {
    let portal = portal().await;
    let (mut browser, _) = enrolled(&portal).await;
    make(&mut browser).await;
    let mut eve = registered(&portal, "eve@example.com").await;
    log_in(&mut eve, "eve@example.com", PASSWORD).await;
    let secret = super::second_factor::shown_secret(&mut eve).await;
    let code = super::second_factor::code(&portal, &secret);
    eve.post_form("/account/security/totp", "/api/accounts/totp_enrol", &[("code", &code)]).await;
    let hers = make(&mut eve).await;
    assert_eq!(with_code(&portal, &hers[0]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}
