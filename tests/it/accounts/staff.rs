//! Invitations, and the second factor that staff must have.

use super::{PASSWORD, log_in, portal};
use axum::http::StatusCode;
use certportal::accounts::service::{Invitation, invite};
use certportal::accounts::totp;
use certportal::server::http::request::Role;
use chrono::TimeDelta;

fn invitation() -> Invitation {
    Invitation {
        email: "Alex@Example.org".into(),
        given_name: "Alex".into(),
        family_name: "Keyring".into(),
        roles: vec![Role::ExamManager],
        country: "ES".into(),
        language: "en".into(),
    }
}

#[tokio::test]
async fn security_11_16_the_first_account_comes_by_invitation_and_enrols_before_it_sees_anything() {
    let portal = portal().await;
    let accounts: i64 = sqlx::query_scalar("SELECT count(*) FROM account").fetch_one(portal.db()).await.unwrap();
    assert_eq!(accounts, 0, "no default accounts");
    let first = invite(&portal.state, &invitation()).await.unwrap().expect("a link");
    let link = invite(&portal.state, &invitation()).await.unwrap().expect("a link again");
    let path = |link: &str| link[link.find("/invitation").unwrap()..].to_owned();
    let mut browser = portal.browser();
    assert_eq!(browser.get(&path(&first)).await.status, StatusCode::CONFLICT, "the last link counts");
    let page = path(&link);
    assert!(portal.mails("alex@example.org").await.iter().any(|mail| mail.link("/invitation") == page));
    // Nobody signs in to an account without a password.
    assert_eq!(log_in(&mut portal.browser(), "alex@example.org", "").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(log_in(&mut portal.browser(), "alex@example.org", PASSWORD).await.status, StatusCode::CONFLICT);

    let token = browser.get(&page).await.hidden("token");
    let accept = "/api/accounts/accept_invitation";
    let answer = browser.post_form(&page, accept, &[("token", &token), ("password", "Keyring-2026-x")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "the own name");
    let answer = browser.post_form(&page, accept, &[("token", &token), ("password", PASSWORD)]).await;
    assert_eq!(answer.location(), "/account/security/totp");
    for closed in ["/account", "/account/security"] {
        assert!(browser.get(closed).await.location().starts_with("/account/security/totp?next="), "{closed}");
    }
    // Not by the back door either.
    assert_eq!(browser.call("/api/demo/advance_clock", &[("by", "day")]).await.status, StatusCode::FORBIDDEN);

    let text = browser.get("/account/security/totp").await.text();
    let at = text.find("secret=").unwrap() + 7;
    let base32: String = text[at..].chars().take_while(char::is_ascii_alphanumeric).collect();
    let code = totp::code_at(&totp::from_base32(&base32).unwrap(), portal.clock.now());
    browser.post_form("/account/security/totp", "/api/accounts/totp_enrol", &[("code", &code)]).await;
    assert_eq!(browser.get("/account").await.status, StatusCode::OK);
    let answer = browser.post_form("/account/security/totp", "/api/accounts/totp_remove", &[]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "staff keep one");
    assert!(answer.words().contains("always keep one method"));
    assert_eq!(browser.call("/api/demo/advance_clock", &[("by", "hour")]).await.status, StatusCode::OK);

    // The used link is dead; inviting somebody who can sign in only grants the role.
    assert_eq!(portal.browser().get(&page).await.status, StatusCode::CONFLICT);
    let more = Invitation { roles: vec![Role::Finance], ..invitation() };
    assert_eq!(invite(&portal.state, &more).await.unwrap(), None);
    let roles: Vec<String> = sqlx::query_scalar("SELECT role FROM account_role ORDER BY role").fetch_all(portal.db()).await.unwrap();
    assert_eq!(roles, ["exam_manager", "finance"]);
}

#[tokio::test]
async fn an_invitation_ends_after_seven_days_and_wrong_answers_are_told() {
    let portal = portal().await;
    let link = invite(&portal.state, &invitation()).await.unwrap().unwrap();
    portal.later(TimeDelta::days(7));
    let answer = portal.browser().get(&link[link.find("/invitation").unwrap()..]).await;
    assert!(answer.words().contains("This link has expired") && answer.words().contains("Ask an administrator"));
    for wrong in [
        Invitation { email: "nobody".into(), ..invitation() },
        Invitation { email: "x@example.org".into(), country: "QQ".into(), ..invitation() },
        Invitation { roles: vec![], ..invitation() },
    ] {
        assert!(invite(&portal.state, &wrong).await.is_err());
    }
}
