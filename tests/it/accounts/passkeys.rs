//! Passkeys: `/account/security/passkeys`, and signing in with one.

use super::{PASSWORD, log_in, mail, portal, registered};
use crate::support::authenticator::Authenticator;
use crate::support::portal::{Answer, Browser, Portal};
use axum::http::StatusCode;
use chrono::TimeDelta;
use serde_json::Value;

const PAGE: &str = "/account/security/passkeys";
const HOST: &str = "localhost:3000";
const ANA: &str = "ana@example.com";

pub fn device() -> Authenticator {
    Authenticator::new("localhost", "http://localhost:3000")
}

/// A browser that has opened the demo by its name.
pub fn named(browser: Browser) -> Browser {
    browser.with_header("host", HOST)
}

/// What a server function gives to an island.
pub fn text(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    serde_json::from_slice(&answer.bytes).expect("a JSON string")
}

pub fn refusal(answer: &Answer) -> String {
    let error: Value = serde_json::from_slice(&answer.bytes).unwrap_or_else(|_| panic!("no error: {}", answer.text()));
    error["detail"].as_str().or(error["error"].as_str()).unwrap_or_default().to_owned()
}

struct Begun {
    ceremony: String,
    options: Value,
}

fn begun(answer: &Answer) -> Begun {
    let begun: Value = serde_json::from_str(&text(answer)).unwrap();
    Begun { ceremony: begun["ceremony"].as_str().unwrap().to_owned(), options: begun["options"].clone() }
}

async fn start_registration(browser: &mut Browser) -> Answer {
    browser.call("/api/accounts/passkey_register_start", &[]).await
}

async fn finish_registration(browser: &mut Browser, ceremony: &str, answer: &str, name: &str) -> Answer {
    browser.call("/api/accounts/passkey_register_finish", &[("ceremony", ceremony), ("answer", answer), ("name", name)]).await
}

pub async fn start(browser: &mut Browser, purpose: &str) -> Answer {
    browser.call("/api/accounts/passkey_login_start", &[("purpose", purpose)]).await
}

async fn finish(browser: &mut Browser, ceremony: &str, answer: &str) -> Answer {
    browser.call("/api/accounts/passkey_login_finish", &[("ceremony", ceremony), ("answer", answer)]).await
}

pub async fn enrol(browser: &mut Browser, device: &mut Authenticator, name: &str) {
    let begun = begun(&start_registration(browser).await);
    let answer = device.create(&begun.options);
    let answer = finish_registration(browser, &begun.ceremony, &answer, name).await;
    assert_eq!(text(&answer), "/account/security/passkeys?done=passkey_added");
}

pub async fn prove(browser: &mut Browser, device: &mut Authenticator, purpose: &str) -> Answer {
    let begun = begun(&start(browser, purpose).await);
    let answer = device.get(&begun.options);
    finish(browser, &begun.ceremony, &answer).await
}

/// Somebody registered, signed in, with a passkey.
async fn with_passkey(portal: &Portal, email: &str) -> (Browser, Authenticator) {
    let mut browser = named(registered(portal, email).await);
    log_in(&mut browser, email, PASSWORD).await;
    let mut device = device();
    enrol(&mut browser, &mut device, "My phone").await;
    (browser, device)
}

async fn passkey_id(browser: &mut Browser) -> String {
    let page = browser.get(PAGE).await.text();
    let at = page.find("/account/security/passkeys/").expect("a passkey in the list") + 27;
    page[at..at + 36].to_owned()
}

/// The newest event of the audit log: action, outcome, detail.
async fn newest_event(portal: &Portal) -> (String, String, Value) {
    sqlx::query_as("SELECT action, outcome, detail FROM audit_event ORDER BY id DESC LIMIT 1").fetch_one(portal.db()).await.unwrap()
}

#[tokio::test]
async fn enrolling_is_listed_told_by_mail_and_ends_the_other_sessions() {
    let portal = portal().await;
    let mut browser = named(registered(&portal, ANA).await)
        .with_header("user-agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/131.0 Safari/537.36");
    log_in(&mut browser, ANA, PASSWORD).await;
    let mut other = portal.browser();
    log_in(&mut other, ANA, PASSWORD).await;
    let page = browser.get(PAGE).await;
    assert!(page.words().contains("You have no passkeys yet"), "{}", page.words());
    assert!(page.text().contains("value=\"Chrome on Linux\"") && page.text().contains("<noscript>"));

    let begun = begun(&start_registration(&mut browser).await);
    let options = &begun.options;
    assert_eq!(options["rp"]["id"], "localhost");
    assert_eq!(options["user"]["name"], ANA);
    assert_eq!(options["authenticatorSelection"]["residentKey"], "required");
    assert_eq!(options["authenticatorSelection"]["requireResidentKey"], true);
    assert_eq!(options["authenticatorSelection"]["userVerification"], "required");
    let before = browser.cookie("__Host-session").unwrap().to_owned();
    let mut device = device();
    let answer = device.create(options);
    let answer = finish_registration(&mut browser, &begun.ceremony, &answer, "  Work\n laptop ").await;
    assert_eq!(text(&answer), "/account/security/passkeys?done=passkey_added");
    assert_ne!(browser.cookie("__Host-session").unwrap(), before);
    let page = browser.get("/account/security/passkeys?done=passkey_added").await.words();
    assert!(page.contains("Work laptop") && page.contains("Not used yet") && page.contains("The passkey is added"), "{page}");
    assert!(browser.get("/account/security").await.words().contains("1 passkey"));
    assert_eq!(other.get("/account").await.status, StatusCode::SEE_OTHER, "the other sessions have ended");
    assert!(mail(&portal, ANA, "accounts.passkey_added").await.is_some());
    let (action, outcome, _) = newest_event(&portal).await;
    assert_eq!((action.as_str(), outcome.as_str()), ("account.passkey_added", "done"));

    // The device is told not to make another one, and one that does is refused.
    let again = self::begun(&start_registration(&mut browser).await);
    assert_eq!(again.options["excludeCredentials"][0]["id"], crate::support::authenticator::base64url(&device.credential_id));
    let answer = device.create(&again.options);
    assert_eq!(refusal(&finish_registration(&mut browser, &again.ceremony, &answer, "").await), "passkey_refused");
}

#[tokio::test]
async fn security_35_enrolling_and_removing_ask_for_a_fresh_proof() {
    let portal = portal().await;
    let (mut browser, mut device) = with_passkey(&portal, ANA).await;
    let id = passkey_id(&mut browser).await;
    portal.later(TimeDelta::minutes(11));
    assert_eq!(browser.get(PAGE).await.location(), "/account/confirm?next=%2Faccount%2Fsecurity%2Fpasskeys");
    assert_eq!(refusal(&start_registration(&mut browser).await), "step_up_required");
    let page = format!("{PAGE}/{id}");
    let confirm = format!("/account/confirm?next=%2Faccount%2Fsecurity%2Fpasskeys%2F{}", id.replace('-', "%2D"));
    assert_eq!(browser.get(&page).await.location(), confirm);
    assert_eq!(browser.post_form(&page, "/api/accounts/passkey_remove", &[("passkey", &id)]).await.location(), confirm);
    assert_eq!(browser.post_form(&page, "/api/accounts/passkey_rename", &[("passkey", &id), ("name", "x")]).await.location(), confirm);

    // The passkey itself is such a proof, under a new cookie.
    assert!(browser.get(&confirm).await.words().contains("JavaScript"), "the button is offered");
    let before = browser.cookie("__Host-session").unwrap().to_owned();
    let begun = begun(&start(&mut browser, "confirm").await);
    let answer = device.get(&begun.options);
    let fields = [("ceremony", begun.ceremony.as_str()), ("answer", &answer), ("next", &page)];
    let answer = browser.call("/api/accounts/passkey_login_finish", &fields).await;
    assert_eq!(text(&answer), page);
    assert_ne!(browser.cookie("__Host-session").unwrap(), before);
    let answer = browser.post_form(&page, "/api/accounts/passkey_remove", &[("passkey", &id)]).await;
    assert_eq!(answer.location(), "/account/security/passkeys?done=passkey_removed");
}

#[tokio::test]
async fn a_passkey_alone_signs_in() {
    let portal = portal().await;
    let (_, mut device) = with_passkey(&portal, ANA).await;
    let mut browser = named(portal.browser());
    let page = browser.get("/login").await.text();
    assert!(page.contains("autocomplete=\"username webauthn\"") && page.contains("Sign in with a passkey"));
    let begun = begun(&start(&mut browser, "login").await);
    assert_eq!(begun.options["userVerification"], "required");
    assert_eq!(begun.options["allowCredentials"].as_array().map(Vec::len), Some(0), "the device knows whose it is");
    assert!(browser.cookie("__Host-ceremony").is_some());
    let answer = device.get(&begun.options);
    let fields = [("ceremony", begun.ceremony.as_str()), ("answer", &answer), ("next", "/account/security")];
    assert_eq!(text(&browser.call("/api/accounts/passkey_login_finish", &fields).await), "/account/security");
    assert!(browser.cookie("__Host-ceremony").is_none());
    let page = browser.get(PAGE).await;
    assert_eq!(page.status, StatusCode::OK, "both factors are given: {}", page.location());
    assert!(page.words().contains("Last used"));
    let (action, _, detail) = newest_event(&portal).await;
    assert_eq!((action.as_str(), detail["by"].as_str()), ("account.login", Some("passkey")));
    // A browser that was not known: its owner is told.
    assert!(mail(&portal, ANA, "accounts.new_sign_in").await.is_some());
    // Only pages of ours are gone to.
    let mut another = named(portal.browser());
    let begun = self::begun(&start(&mut another, "login").await);
    let answer = device.get(&begun.options);
    let fields = [("ceremony", begun.ceremony.as_str()), ("answer", &answer), ("next", "//evil.example")];
    assert_eq!(text(&another.call("/api/accounts/passkey_login_finish", &fields).await), "/dashboard");
}

#[tokio::test]
async fn a_passkey_is_the_second_factor_of_the_password() {
    let portal = portal().await;
    let (mut first, mut device) = with_passkey(&portal, ANA).await;
    let mut browser = named(portal.browser());
    assert_eq!(refusal(&start(&mut browser, "second_factor").await), "unauthenticated");
    assert_eq!(log_in(&mut browser, ANA, PASSWORD).await.location(), "/login/code");
    assert!(
        browser.get("/login/code").await.words().contains("Use a passkey")
            || browser.get("/login/code").await.text().contains("Use a passkey")
    );
    let begun = begun(&start(&mut browser, "second_factor").await);
    assert_eq!(begun.options["allowCredentials"][0]["id"], crate::support::authenticator::base64url(&device.credential_id));
    // Somebody else's passkey is not a second factor of this account, in whatever words.
    let (_, mut bobs) = with_passkey(&portal, "bob@example.com").await;
    bobs.user_handle = device.user_handle.clone();
    let answer = bobs.get(&begun.options);
    assert_eq!(refusal(&finish(&mut browser, &begun.ceremony, &answer).await), "passkey_refused");
    let (action, outcome, detail) = newest_event(&portal).await;
    assert_eq!((action.as_str(), outcome.as_str(), detail["reason"].as_str()), ("account.login", "refused", Some("another_account")));
    let before = browser.cookie("__Host-session").unwrap().to_owned();
    assert_eq!(text(&prove(&mut browser, &mut device, "second_factor").await), "/dashboard");
    assert_ne!(browser.cookie("__Host-session").unwrap(), before, "security.md line 28");
    assert_eq!(browser.get("/dashboard").await.status, StatusCode::OK);
    // Nothing is owed any more.
    assert_eq!(refusal(&start(&mut browser, "second_factor").await), "unauthenticated");
    assert_eq!(refusal(&start(&mut portal.browser(), "confirm").await), "unauthenticated");
    // Without a passkey there is nothing to ask for.
    let id = passkey_id(&mut first).await;
    first.post_form(&format!("{PAGE}/{id}"), "/api/accounts/passkey_remove", &[("passkey", &id)]).await;
    assert_eq!(refusal(&start(&mut first, "confirm").await), "not_found");
}

#[tokio::test]
async fn security_26_a_challenge_is_long_random_and_counts_once() {
    let portal = portal().await;
    let (_, mut device) = with_passkey(&portal, ANA).await;
    let mut browser = named(portal.browser());
    let begun = begun(&start(&mut browser, "login").await);
    let another = self::begun(&start(&mut browser, "login").await);
    let challenge = begun.options["challenge"].as_str().unwrap();
    assert!(challenge.len() >= 43, "32 bytes: {challenge}");
    assert_ne!(begun.options["challenge"], another.options["challenge"]);
    // The answer to another challenge.
    let wrong = device.get(&another.options);
    assert_eq!(refusal(&finish(&mut browser, &begun.ceremony, &wrong).await), "passkey_refused");
    // That attempt has used the challenge up.
    let right = device.get(&begun.options);
    assert_eq!(refusal(&finish(&mut browser, &begun.ceremony, &right).await), "ceremony_over");
    // The other one still counts, once.
    let right = device.get(&another.options);
    let cookie = browser.cookie("__Host-ceremony").unwrap().to_owned();
    assert_eq!(text(&finish(&mut browser, &another.ceremony, &right).await), "/dashboard");
    browser.set_cookie("__Host-ceremony", &cookie);
    assert_eq!(refusal(&finish(&mut browser, &another.ceremony, &right).await), "ceremony_over");
    for nonsense in ["", "nonsense", "7c9e6679-7425-40de-944b-e07fc1f90ae7"] {
        assert_eq!(refusal(&finish(&mut browser, nonsense, &right).await), "ceremony_over", "{nonsense}");
    }
}

#[tokio::test]
async fn security_26_a_challenge_ends_after_five_minutes() {
    let portal = portal().await;
    let (mut signed_in, mut device) = with_passkey(&portal, ANA).await;
    let mut browser = named(portal.browser());
    let begun = begun(&start(&mut browser, "login").await);
    let registering = self::begun(&start_registration(&mut signed_in).await);
    portal.later(TimeDelta::minutes(5));
    let answer = device.get(&begun.options);
    assert_eq!(refusal(&finish(&mut browser, &begun.ceremony, &answer).await), "ceremony_over");
    let answer = self::device().create(&registering.options);
    assert_eq!(refusal(&finish_registration(&mut signed_in, &registering.ceremony, &answer, "").await), "ceremony_over");
    // What is over is forgotten.
    portal.later(TimeDelta::minutes(1));
    portal.run_jobs().await;
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM passkey_ceremony").fetch_one(portal.db()).await.unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn security_26_a_challenge_is_of_one_browser() {
    let portal = portal().await;
    let (mut ana, mut device) = with_passkey(&portal, ANA).await;
    // A sign-in: by the cookie.
    let mut browser = named(portal.browser());
    let begun = begun(&start(&mut browser, "login").await);
    let answer = device.get(&begun.options);
    let mut thief = named(portal.browser());
    assert_eq!(refusal(&finish(&mut thief, &begun.ceremony, &answer).await), "ceremony_over");
    start(&mut thief, "login").await;
    assert_eq!(refusal(&finish(&mut thief, &begun.ceremony, &answer).await), "ceremony_over");
    assert_eq!(text(&finish(&mut browser, &begun.ceremony, &answer).await), "/dashboard");
    // An enrolment: by the session. Nor does one kind of ceremony do for the other.
    let mut bob = named(registered(&portal, "bob@example.com").await);
    log_in(&mut bob, "bob@example.com", PASSWORD).await;
    let begun = self::begun(&start_registration(&mut ana).await);
    let mut new = self::device();
    let answer = new.create(&begun.options);
    assert_eq!(refusal(&finish_registration(&mut bob, &begun.ceremony, &answer, "").await), "ceremony_over");
    assert_eq!(refusal(&finish(&mut ana, &begun.ceremony, &answer).await), "ceremony_over");
    let confirming = self::begun(&start(&mut ana, "confirm").await);
    assert_eq!(refusal(&finish_registration(&mut ana, &confirming.ceremony, &answer, "").await), "ceremony_over");
    assert_eq!(text(&finish_registration(&mut ana, &begun.ceremony, &answer, "").await), "/account/security/passkeys?done=passkey_added");
}

#[tokio::test]
async fn answers_that_prove_nothing_are_refused_alike() {
    let portal = portal().await;
    let (mut first, good) = with_passkey(&portal, ANA).await;
    let mut browser = named(portal.browser());
    type Spoil = fn(&mut Authenticator);
    let wrong: [(&str, Spoil); 7] = [
        ("counter", |device| device.counter = 0),
        ("user_not_verified", |device| device.verifies = false),
        ("origin", |device| device.origin = "https://evil.example".into()),
        ("origin", |device| device.rp_id = "evil.example".into()),
        ("another_account", |device| device.user_handle = vec![1; 16]),
        ("unknown_passkey", |device| device.credential_id = vec![7; 32]),
        ("signature", |device| {
            let stranger = Authenticator::new("localhost", "http://localhost:3000");
            let of_ana = device.clone();
            *device = stranger;
            (device.credential_id, device.user_handle, device.counter) = (of_ana.credential_id, of_ana.user_handle, of_ana.counter);
        }),
    ];
    let mut answers = vec![];
    for (reason, spoil) in wrong {
        let mut device = good.clone();
        spoil(&mut device);
        let answer = prove(&mut browser, &mut device, "login").await;
        assert_eq!(refusal(&answer), "passkey_refused", "{reason}");
        let (action, outcome, detail) = newest_event(&portal).await;
        assert_eq!((action.as_str(), outcome.as_str(), detail["reason"].as_str()), ("account.login", "refused", Some(reason)));
        answers.push((answer.status, answer.bytes));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "the answer does not tell why");
    for nonsense in ["", "{}", "[]", "\"x\""] {
        let begun = begun(&start(&mut browser, "login").await);
        assert_eq!(refusal(&finish(&mut browser, &begun.ceremony, nonsense).await), "passkey_refused");
        let begun = self::begun(&start_registration(&mut first).await);
        assert_eq!(refusal(&finish_registration(&mut first, &begun.ceremony, nonsense, "").await), "passkey_refused");
    }
    // An enrolment without a check of the owner.
    let begun = begun(&start_registration(&mut first).await);
    let mut careless = device();
    careless.verifies = false;
    let answer = careless.create(&begun.options);
    assert_eq!(refusal(&finish_registration(&mut first, &begun.ceremony, &answer, "").await), "passkey_refused");
    assert_eq!(refusal(&start(&mut browser, "register").await), "not_found");
    assert_eq!(refusal(&start(&mut browser, "nonsense").await), "not_found");
    assert_eq!(browser.get("/dashboard").await.status, StatusCode::SEE_OTHER, "nobody was signed in");
    // And the right one still works.
    assert_eq!(text(&prove(&mut browser, &mut good.clone(), "login").await), "/dashboard");
}

#[tokio::test]
async fn a_copied_passkey_is_found_out_by_its_counter() {
    let portal = portal().await;
    let (_, mut device) = with_passkey(&portal, ANA).await;
    let mut copy = device.clone();
    for _ in 0..3 {
        assert_eq!(text(&prove(&mut named(portal.browser()), &mut device, "login").await), "/dashboard");
    }
    let answer = prove(&mut named(portal.browser()), &mut copy, "login").await;
    assert_eq!(refusal(&answer), "passkey_refused");
}

#[tokio::test]
async fn security_31_a_disabled_account_is_not_opened_by_its_passkey() {
    let portal = portal().await;
    let (_, mut device) = with_passkey(&portal, ANA).await;
    sqlx::query("UPDATE account SET disabled_at = $1").bind(portal.clock.now()).execute(portal.db()).await.unwrap();
    let answer = prove(&mut named(portal.browser()), &mut device, "login").await;
    assert_eq!(refusal(&answer), "passkey_refused");
    assert_eq!(newest_event(&portal).await.2["reason"], "disabled");
}

#[tokio::test]
async fn security_10_a_passkey_works_while_the_password_is_locked() {
    let portal = portal().await;
    let (_, mut device) = with_passkey(&portal, ANA).await;
    let mut browser = named(portal.browser());
    for _ in 0..5 {
        log_in(&mut browser, ANA, "Wrong-Password-1").await;
    }
    let locked = log_in(&mut browser, ANA, PASSWORD).await;
    assert_eq!(locked.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(locked.words().contains("A passkey still works"), "{}", locked.words());
    assert_eq!(text(&prove(&mut browser, &mut device, "login").await), "/dashboard");
}

#[tokio::test]
async fn security_37_passkeys_are_renamed_and_removed_by_their_owner_only() {
    let portal = portal().await;
    let (mut ana, mut device) = with_passkey(&portal, ANA).await;
    let (mut bob, _) = with_passkey(&portal, "bob@example.com").await;
    let id = passkey_id(&mut ana).await;
    let page = format!("{PAGE}/{id}");
    for foreign in [id.as_str(), "7c9e6679-7425-40de-944b-e07fc1f90ae7", "nonsense"] {
        assert_eq!(bob.get(&format!("{PAGE}/{foreign}")).await.status, StatusCode::NOT_FOUND, "{foreign}");
        let answer = bob.call("/api/accounts/passkey_remove", &[("passkey", foreign)]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{foreign}");
        for name in ["Mine now", ""] {
            let answer = bob.call("/api/accounts/passkey_rename", &[("passkey", foreign), ("name", name)]).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{foreign}");
        }
    }
    let rename = "/api/accounts/passkey_rename";
    for (name, message) in [("", "Fill in this field"), (&*"x".repeat(61), "60")] {
        let answer = ana.post_form(&page, rename, &[("passkey", &id), ("name", name)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.words().contains(message), "{}", answer.words());
    }
    let answer = ana.post_form(&page, rename, &[("passkey", &id), ("name", "<b>Ana's</b> key")]).await;
    assert_eq!(answer.location(), "/account/security/passkeys?done=passkey_renamed");
    let list = ana.get(PAGE).await;
    assert!(list.words().contains("<b>Ana's</b> key") && !list.text().contains("<b>Ana"), "security.md line 51");
    let mut other = named(portal.browser());
    prove(&mut other, &mut device, "login").await;
    let before = ana.cookie("__Host-session").unwrap().to_owned();
    let answer = ana.post_form(&page, "/api/accounts/passkey_remove", &[("passkey", &id)]).await;
    assert_eq!(answer.location(), "/account/security/passkeys?done=passkey_removed");
    assert_ne!(ana.cookie("__Host-session").unwrap(), before);
    assert_eq!(other.get("/account").await.status, StatusCode::SEE_OTHER, "the other sessions have ended");
    assert!(mail(&portal, ANA, "accounts.passkey_removed").await.is_some());
    assert_eq!(refusal(&prove(&mut named(portal.browser()), &mut device, "login").await), "passkey_refused");
    // The password alone is enough again.
    assert_eq!(log_in(&mut portal.browser(), ANA, PASSWORD).await.location(), "/dashboard");
}

#[tokio::test]
async fn security_16_staff_may_begin_with_a_passkey_and_keep_one_factor() {
    let portal = portal().await;
    let staff = portal.account("sam@example.com", "Sam", "Staff", &["auditor"]).await;
    sqlx::query("UPDATE account SET totp_secret = NULL WHERE id = $1").bind(staff).execute(portal.db()).await.unwrap();
    let mut browser = named(portal.signed_in(staff).await);
    assert_eq!(browser.get("/staff").await.location(), "/account/security/totp?next=%2Fstaff");
    assert!(browser.get("/account/security/totp?next=%2Fstaff").await.text().contains("/account/security/passkeys?next=%2Fstaff"));
    assert_eq!(browser.get("/account/security/passkeys?next=%2Fstaff").await.status, StatusCode::OK);
    let mut first = device();
    enrol(&mut browser, &mut first, "Key").await;
    assert_eq!(browser.get("/staff").await.status, StatusCode::OK);

    let id = passkey_id(&mut browser).await;
    let page = format!("{PAGE}/{id}");
    let answer = browser.post_form(&page, "/api/accounts/passkey_remove", &[("passkey", &id)]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.words().contains("Staff need a second step"), "{}", answer.words());
    let (action, outcome, _) = newest_event(&portal).await;
    assert_eq!((action.as_str(), outcome.as_str()), ("account.passkey_removed", "refused"));
    enrol(&mut browser, &mut device(), "Another key").await;
    let answer = browser.post_form(&page, "/api/accounts/passkey_remove", &[("passkey", &id)]).await;
    assert_eq!(answer.location(), "/account/security/passkeys?done=passkey_removed", "{}", answer.words());
    assert_eq!(browser.get("/staff").await.status, StatusCode::OK);
    // Signing in leads to the staff's own page.
    let mut second = device();
    enrol(&mut browser, &mut second, "Third key").await;
    assert_eq!(text(&prove(&mut named(portal.browser()), &mut second, "login").await), "/staff");
}

#[tokio::test]
async fn ceremonies_from_one_address_are_limited_and_passkeys_of_one_account_too() {
    let portal = portal().await;
    let (mut browser, device) = with_passkey(&portal, ANA).await;
    sqlx::query(
        "INSERT INTO passkey (id, account_id, credential_id, name, passkey, created_at)
         SELECT gen_random_uuid(), account_id, sha256(n::text::bytea), 'Copy', passkey, created_at FROM passkey, generate_series(1, 19) n",
    )
    .execute(portal.db())
    .await
    .unwrap();
    assert_eq!(refusal(&start_registration(&mut browser).await), "passkey_limit");
    assert!(browser.get(PAGE).await.words().contains("as many passkeys as an account can hold"));
    drop(device);
    let mut browser = named(portal.browser());
    let mut allowed = 0;
    let limited = loop {
        let answer = start(&mut browser, "login").await;
        if answer.status != StatusCode::OK {
            break answer;
        }
        allowed += 1;
        assert!(allowed <= 60);
    };
    assert_eq!(limited.status, StatusCode::TOO_MANY_REQUESTS);
    portal.later(TimeDelta::seconds(2));
    assert_eq!(start(&mut browser, "login").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_demo_opened_by_its_number_leads_to_its_name() {
    let portal = portal().await;
    let mut browser = registered(&portal, ANA).await;
    let page = browser.get("/login?next=%2Faccount").await;
    assert!(page.text().contains("href=\"http://localhost:3000/login?next=%2Faccount\""), "{}", page.text());
    assert_eq!(refusal(&start(&mut browser, "login").await), "not_found");
    log_in(&mut browser, ANA, PASSWORD).await;
    let page = browser.get(PAGE).await;
    assert!(page.words().contains("need an address with a host name"));
    assert!(page.text().contains("href=\"http://localhost:3000/account/security/passkeys\""));
    assert_eq!(refusal(&start_registration(&mut browser).await), "not_found");
}

#[tokio::test]
async fn in_production_the_name_is_that_of_the_public_address_whatever_a_request_says() {
    let portal = Portal::in_production_at("https://portal.example.org").await;
    for host in ["localhost:3000", "evil.example", "127.0.0.1:3000"] {
        let begun = begun(&start(&mut portal.browser().with_header("host", host), "login").await);
        assert_eq!(begun.options["rpId"], "portal.example.org", "{host}");
    }
    let portal = Portal::in_production_at("http://127.0.0.1:3000").await;
    let mut browser = named(portal.browser());
    assert_eq!(refusal(&start(&mut browser, "login").await), "not_found");
    assert!(!browser.get("/login").await.words().contains("passkey"));
}
