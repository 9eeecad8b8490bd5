//! Registering with somebody else's address gives nothing that is left when its owner comes.

use super::{PASSWORD, account_of, log_in, mail, portal, registered, registration, verify};
use crate::support::portal::{Browser, Portal};
use axum::http::StatusCode;
use certportal::ids::{AccountId, PurchaseId};
use certportal::server::random;
use chrono::TimeDelta;

const REGISTER: &str = "/api/accounts/register";
const VICTIM: &str = "victim@example.com";
const OWN: &str = "Copper-Teapot-58";

/// A stranger has registered with the victim's address and is signed in.
async fn stranger(portal: &Portal) -> Browser {
    let mut browser = portal.browser();
    browser.post_form("/register", REGISTER, &registration(&[("email", VICTIM), ("given_name", "Eve")])).await;
    assert_eq!(log_in(&mut browser, VICTIM, PASSWORD).await.location(), "/dashboard");
    browser
}

/// What such an account could have before the address had to be proved first.
async fn with_everything(portal: &Portal) -> AccountId {
    let (id, now) = (account_of(portal, VICTIM).await, portal.clock.now());
    let sealed = certportal::accounts::factors::seal_totp(&portal.state.key, id, &[9; 20]);
    sqlx::query(
        "UPDATE account SET totp_secret = $2, phone = '+34600123442', phone_verified_at = created_at, sms_factor_since = created_at,
                            date_of_birth = '1990-01-01' WHERE id = $1",
    )
    .bind(id)
    .bind(sealed)
    .execute(portal.db())
    .await
    .unwrap();
    for statement in [
        "INSERT INTO passkey (id, account_id, credential_id, name, passkey, created_at) VALUES (gen_random_uuid(), $1, 'x', 'Eve', '{}', $2)",
        "INSERT INTO backup_code (account_id, code_hash, created_at) VALUES ($1, 'x', $2)",
        "INSERT INTO trusted_device (id, token_hash, account_id, user_agent, created_at, expires_at)
         VALUES (gen_random_uuid(), 'x', $1, '', $2, $2::timestamptz + interval '30 days')",
        "INSERT INTO account_erasure (id, account_id, credentials, requested_at, due_at)
         VALUES (gen_random_uuid(), $1, 'keep_name', $2, $2::timestamptz + interval '30 days')",
        "INSERT INTO account_email (id, account_id, address, is_primary, created_at) VALUES (gen_random_uuid(), $1, 'eve@example.net', false, $2)",
    ] {
        sqlx::query(statement).bind(id).bind(now).execute(portal.db()).await.unwrap();
    }
    id
}

/// Nothing of it is there any more.
async fn assert_bare(portal: &Portal, id: AccountId) {
    let left: i64 = sqlx::query_scalar(
        "SELECT (SELECT count(*) FROM account WHERE id = $1 AND (totp_secret IS NOT NULL OR phone IS NOT NULL OR sms_factor_since IS NOT NULL))
              + (SELECT count(*) FROM passkey) + (SELECT count(*) FROM backup_code) + (SELECT count(*) FROM trusted_device)
              + (SELECT count(*) FROM account_erasure WHERE stopped_at IS NULL)
              + (SELECT count(*) FROM account_email WHERE account_id = $1 AND NOT is_primary)",
    )
    .bind(id)
    .fetch_one(portal.db())
    .await
    .unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn factors_phones_and_further_addresses_wait_for_the_proof_of_the_main_one() {
    let portal = portal().await;
    let mut browser = stranger(&portal).await;
    for page in
        ["/account/security/totp", "/account/security/passkeys", "/account/security/phone", "/account/emails", "/account/emails/add"]
    {
        let answer = browser.get(page).await;
        let words = answer.words();
        assert!(words.contains("This opens once your address is verified") && words.contains(VICTIM), "{page}: {words}");
        assert!(answer.text().contains("/api/accounts/resend_verification"), "{page}");
    }
    let pages = [
        ("/account/security/totp", "/api/accounts/totp_enrol", ("code", "123456")),
        ("/account/security/passkeys", "/api/accounts/passkey_register_start", ("x", "")),
        ("/account/security/phone", "/api/accounts/phone_send", ("phone", "+34600123442")),
        ("/account/security/phone", "/api/accounts/phone_verify", ("code", "123456")),
        ("/account/security/phone", "/api/accounts/sms_factor_on", ("x", "")),
        ("/account/security/backup-codes", "/api/accounts/backup_codes_new", ("x", "")),
        ("/account/emails/add", "/api/accounts/add_email", ("email", "eve@example.net")),
        ("/account/merge", "/api/accounts/merge_sign_in", ("email", "eve@example.net")),
    ];
    for (page, function, field) in pages {
        assert_eq!(browser.call(function, &[field]).await.status, StatusCode::CONFLICT, "{function}");
        if page.ends_with("backup-codes") {
            continue;
        }
        let answer = browser.post_form(page, function, &[field]).await;
        assert!(answer.words().contains("Verify your e-mail address first"), "{function}: {}", answer.words());
    }
    assert_eq!(verify(&portal, &mut browser, VICTIM).await.location(), "/dashboard?done=verified");
    assert!(browser.get("/account/security/totp").await.text().contains("class=\"qr\""));
}

#[tokio::test]
async fn registering_again_replaces_a_registration_that_nobody_has_proved() {
    let portal = portal().await;
    let mut eve = stranger(&portal).await;
    let id = with_everything(&portal).await;
    portal.later(TimeDelta::minutes(2));
    let mut victim = portal.browser();
    let known =
        victim.post_form("/register", REGISTER, &registration(&[("email", VICTIM), ("password", OWN), ("given_name", "Vera")])).await;
    let fresh = portal.browser().post_form("/register", REGISTER, &registration(&[("email", "new@example.com")])).await;
    assert_eq!((known.status, known.location(), &known.bytes), (fresh.status, fresh.location(), &fresh.bytes), "it tells nothing");
    let subjects = async |to: &str| portal.mails(to).await.into_iter().map(|mail| (mail.template, mail.subject)).next_back().unwrap();
    assert_eq!(subjects(VICTIM).await, subjects("new@example.com").await, "nor does the mail");
    assert!(mail(&portal, VICTIM, "accounts.verify_email").await.unwrap().body_text.contains("Vera"), "in the name of who has asked last");

    assert_eq!(eve.get("/dashboard").await.status, StatusCode::SEE_OTHER, "her session is over");
    assert_eq!(log_in(&mut eve, VICTIM, PASSWORD).await.status, StatusCode::CONFLICT, "and her password");
    assert_bare(&portal, id).await;
    assert_eq!(log_in(&mut victim, VICTIM, OWN).await.location(), "/dashboard", "no factor of hers is asked for");
    assert_eq!(verify(&portal, &mut victim, VICTIM).await.location(), "/dashboard?done=verified");
    let profile = victim.get("/account").await.words();
    assert!(profile.contains("Vera Prueba") && !profile.contains("Eve Prueba"), "{profile}");
    let born: Option<chrono::NaiveDate> =
        sqlx::query_scalar("SELECT date_of_birth FROM account WHERE id = $1").bind(id).fetch_one(portal.db()).await.unwrap();
    assert_eq!(born, None);

    // Once it is proved, registering again changes nothing and only its owner is told.
    portal.later(TimeDelta::minutes(2));
    portal.browser().post_form("/register", REGISTER, &registration(&[("email", VICTIM)])).await;
    assert_eq!(log_in(&mut portal.browser(), VICTIM, OWN).await.location(), "/dashboard");
    assert!(mail(&portal, VICTIM, "accounts.already_registered").await.is_some());
}

#[tokio::test]
async fn the_double_click_of_a_registration_sends_one_link_and_it_works() {
    let portal = portal().await;
    let mut browser = portal.browser();
    for _ in 0..2 {
        browser.post_form("/register", REGISTER, &registration(&[])).await;
    }
    assert_eq!(portal.mails("ana@example.com").await.len(), 1);
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    assert_eq!(verify(&portal, &mut browser, "ana@example.com").await.location(), "/dashboard?done=verified");
}

#[tokio::test]
async fn a_mailed_link_gives_no_address_to_an_account_whose_password_is_a_strangers() {
    let portal = portal().await;
    let mut eve = stranger(&portal).await;
    // The owner of the mailbox follows the link, though it was not them who registered.
    let link = mail(&portal, VICTIM, "accounts.verify_email").await.unwrap().link("/verify-email");
    let mut victim = portal.browser();
    let answer = victim.get(&link).await;
    assert!(answer.location().starts_with("/login?next=%2Fverify%2Demail"), "{}", answer.location());
    let page = victim.get(answer.location()).await;
    assert_eq!(page.headers["referrer-policy"], "no-referrer", "the address holds the token");
    assert!(page.words().contains("If you do not know the password, choose a new one below"), "{}", page.words());
    assert!(verify(&portal, &mut victim, VICTIM).await.location().starts_with("/login?next="));
    let mut ana = registered(&portal, "ana@example.com").await;
    log_in(&mut ana, "ana@example.com", PASSWORD).await;
    assert_eq!(verify(&portal, &mut ana, VICTIM).await.status, StatusCode::CONFLICT, "nor by somebody else's session");
    assert!(eve.get("/account/security/totp").await.words().contains("This opens once your address is verified"));
}

#[tokio::test]
async fn a_reset_of_an_account_that_nobody_has_proved_leaves_nothing_of_before() {
    let portal = portal().await;
    let mut eve = stranger(&portal).await;
    let id = with_everything(&portal).await;
    let mut victim = portal.browser();
    victim.post_form("/forgot", "/api/accounts/forgot", &[("email", VICTIM)]).await;
    let link = mail(&portal, VICTIM, "accounts.reset_password").await.unwrap().link("/reset");
    let token = link.split_once("token=").unwrap().1.to_owned();
    let answer = victim.post_form(&link, "/api/accounts/reset", &[("token", &token), ("password", OWN)]).await;
    assert_eq!(answer.location(), "/login?done=reset", "{}", answer.words());
    assert_bare(&portal, id).await;
    assert_eq!(eve.get("/dashboard").await.status, StatusCode::SEE_OTHER);
    assert_eq!(log_in(&mut victim, VICTIM, OWN).await.location(), "/dashboard", "without a code of hers");
    assert!(!victim.get("/dashboard").await.words().contains("Verify your e-mail address"));
}

#[tokio::test]
async fn registrations_that_nobody_proves_are_deleted_after_thirty_days() {
    let portal = portal().await;
    stranger(&portal).await;
    registered(&portal, "ana@example.com").await;
    let invitation = certportal::accounts::service::Invitation {
        email: "sam@example.org".into(),
        given_name: "Sam".into(),
        family_name: "Staff".into(),
        roles: vec![certportal::server::http::request::Role::Auditor],
        country: "ES".into(),
        language: "en".into(),
    };
    certportal::accounts::service::invite(&portal.state, &invitation).await.unwrap();
    // Somebody else's, with which something was done against all rules: it stays.
    let held = portal.account("held@example.com", "Hela", "Seat", &[]).await;
    sqlx::query("UPDATE account_email SET verified_at = NULL WHERE account_id = $1").bind(held).execute(portal.db()).await.unwrap();
    sqlx::query("INSERT INTO purchase (id, account_id, state, currency, total_minor, created_at) VALUES ($1, $2, 'draft', 'USD', 0, $3)")
        .bind(random::id::<PurchaseId>())
        .bind(held)
        .bind(portal.clock.now())
        .execute(portal.db())
        .await
        .unwrap();
    let there = async || {
        let mut there: Vec<String> =
            sqlx::query_scalar("SELECT address FROM account_email WHERE is_primary").fetch_all(portal.db()).await.unwrap();
        there.sort();
        there
    };
    let everybody = ["ana@example.com", "held@example.com", "sam@example.org", VICTIM];
    portal.later(TimeDelta::days(30) - TimeDelta::seconds(1));
    portal.run_jobs().await;
    assert_eq!(there().await, everybody);
    portal.later(TimeDelta::hours(1));
    portal.run_jobs().await;
    assert_eq!(there().await, everybody[..3]);
    assert!(portal.mails(VICTIM).await.is_empty(), "the mails go with it");
    let logged: i64 = sqlx::query_scalar("SELECT count(*) FROM audit_event WHERE action = 'account.unproved_removed'")
        .fetch_one(portal.db())
        .await
        .unwrap();
    assert_eq!(logged, 1);
}
