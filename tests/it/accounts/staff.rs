//! Invitations, and the second factor that staff must have.

use super::{PASSWORD, account_of, log_in, portal, registration};
use axum::http::StatusCode;
use certportal::accounts::service::{Invitation, invite};
use certportal::accounts::totp;
use certportal::ids::AccountId;
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

#[tokio::test]
async fn an_invitation_voids_what_a_stranger_has_registered_with_the_address() {
    let portal = portal().await;
    let mut eve = portal.browser();
    eve.post_form("/register", "/api/accounts/register", &registration(&[("email", "alex@example.org"), ("given_name", "Eve")])).await;
    log_in(&mut eve, "alex@example.org", PASSWORD).await;
    let id = account_of(&portal, "alex@example.org").await;
    sqlx::query(
        "INSERT INTO passkey (id, account_id, credential_id, name, passkey, created_at) VALUES (gen_random_uuid(), $1, 'x', 'Eve', '{}', $2)",
    )
    .bind(id)
    .bind(portal.clock.now())
    .execute(portal.db())
    .await
    .unwrap();

    let link = invite(&portal.state, &invitation()).await.unwrap().expect("a link: the account cannot be signed in to");
    assert_eq!(eve.get("/account").await.status, StatusCode::SEE_OTHER, "her session is over");
    assert_eq!(log_in(&mut eve, "alex@example.org", PASSWORD).await.status, StatusCode::CONFLICT, "and so is her password");
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM passkey").fetch_one(portal.db()).await.unwrap();
    assert_eq!(left, 0);
    // Nor does she get in by registering again.
    eve.post_form("/register", "/api/accounts/register", &registration(&[("email", "alex@example.org")])).await;
    assert_eq!(log_in(&mut eve, "alex@example.org", PASSWORD).await.status, StatusCode::CONFLICT);

    // Accepting proves the address; what is logged is the invited person's act, whoever was signed in there before.
    let mut alex = super::registered(&portal, "bob@example.org").await;
    log_in(&mut alex, "bob@example.org", PASSWORD).await;
    let page = link[link.find("/invitation").unwrap()..].to_owned();
    let token = alex.get(&page).await.hidden("token");
    let answer = alex.post_form(&page, "/api/accounts/accept_invitation", &[("token", &token), ("password", "Copper-Teapot-58")]).await;
    assert_eq!(answer.location(), "/account/security/totp", "{}", answer.words());
    let row: (bool, String) = sqlx::query_as(
        "SELECT e.verified_at IS NOT NULL, a.given_name FROM account a JOIN account_email e ON e.account_id = a.id WHERE a.id = $1",
    )
    .bind(id)
    .fetch_one(portal.db())
    .await
    .unwrap();
    assert_eq!(row, (true, "Alex".to_owned()));
    let actor: Option<AccountId> = sqlx::query_scalar("SELECT actor_id FROM audit_event WHERE action = 'staff.invitation_accepted'")
        .fetch_one(portal.db())
        .await
        .unwrap();
    assert_eq!(actor, Some(id));
}

#[tokio::test]
async fn security_28_an_invitation_of_an_existing_account_ends_its_sessions() {
    let portal = portal().await;
    let mut alex = super::registered(&portal, "alex@example.org").await;
    log_in(&mut alex, "alex@example.org", PASSWORD).await;
    assert_eq!(alex.get("/dashboard").await.status, StatusCode::OK);
    assert_eq!(invite(&portal.state, &invitation()).await.unwrap(), None);
    assert_eq!(alex.get("/dashboard").await.status, StatusCode::SEE_OTHER);
    log_in(&mut alex, "alex@example.org", PASSWORD).await;
    // The same roles again are no rise of privilege.
    assert_eq!(invite(&portal.state, &invitation()).await.unwrap(), None);
    assert_eq!(alex.get("/account/security/totp").await.status, StatusCode::OK);
}
