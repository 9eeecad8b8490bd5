//! `/account/emails`: adding, verifying, choosing and removing addresses.

use super::{PASSWORD, log_in, mail, portal, registered, registration};
use crate::support::portal::{Answer, Browser, Portal};
use axum::http::StatusCode;
use chrono::TimeDelta;

const ADD: &str = "/api/accounts/add_email";
const VERIFY: &str = "/api/accounts/verify_email";
const PRIMARY: &str = "/api/accounts/primary_email";
const REMOVE: &str = "/api/accounts/remove_email";
const RESEND: &str = "/api/accounts/resend_email";

async fn signed_in(portal: &Portal, email: &str) -> Browser {
    let mut browser = registered(portal, email).await;
    log_in(&mut browser, email, PASSWORD).await;
    browser
}

async fn add(browser: &mut Browser, email: &str) -> Answer {
    browser.post_form("/account/emails/add", ADD, &[("email", email)]).await
}

/// Path and token of the newest verification link of an added address.
async fn link_to(portal: &Portal, email: &str) -> (String, String) {
    let link = mail(portal, email, "accounts.email_verify").await.expect("a mail").link("/verify-email");
    let token = link.split_once("token=").unwrap().1.to_owned();
    (link, token)
}

async fn open_link(portal: &Portal, browser: &mut Browser, email: &str) -> Answer {
    let (link, token) = link_to(portal, email).await;
    browser.post_form(&link, VERIFY, &[("token", &token)]).await
}

async fn id_of(portal: &Portal, account: &str, email: &str) -> String {
    sqlx::query_scalar(
        "SELECT e.id::text FROM account_email e JOIN account_email p ON p.account_id = e.account_id AND p.is_primary
         WHERE lower(p.address) = $1 AND lower(e.address) = $2",
    )
    .bind(account)
    .bind(email)
    .fetch_one(portal.db())
    .await
    .unwrap()
}

async fn templates(portal: &Portal, to: &str) -> Vec<String> {
    portal.mails(to).await.into_iter().map(|mail| mail.template).collect()
}

#[tokio::test]
async fn security_35_addresses_are_changed_with_a_fresh_proof_only() {
    let portal = portal().await;
    let mut browser = signed_in(&portal, "ana@example.com").await;
    add(&mut browser, "ana@work.example").await;
    open_link(&portal, &mut browser, "ana@work.example").await;
    let id = id_of(&portal, "ana@example.com", "ana@work.example").await;
    portal.later(TimeDelta::minutes(11));
    assert_eq!(browser.get("/account/emails").await.status, StatusCode::OK);
    for page in ["/account/emails/add?main=1".to_owned(), format!("/account/emails/{id}")] {
        let answer = browser.get(&page).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        assert!(answer.location().starts_with("/account/confirm?next=%2Faccount%2Femails%2F"), "{}", answer.location());
    }
    for (function, fields) in [(ADD, [("email", "new@example.com")]), (PRIMARY, [("id", id.as_str())]), (REMOVE, [("id", id.as_str())])] {
        let answer = browser.post_form("/account/emails", function, &fields).await;
        assert_eq!(answer.location(), "/account/confirm?next=%2Faccount%2Femails", "{function}");
        assert_eq!(browser.call(function, &fields).await.status, StatusCode::FORBIDDEN, "{function}");
    }
    let next = "/account/emails/add?main=1";
    let fields = [("password", PASSWORD), ("next", next)];
    assert_eq!(browser.post_form("/account/confirm", "/api/accounts/confirm_identity", &fields).await.location(), next);
    let page = browser.get(next).await;
    assert!(page.words().contains("Use a new address") && page.text().contains("checked"), "{}", page.words());
    assert_eq!(add(&mut browser, "new@example.com").await.location(), "/account/emails?done=added");
}

#[tokio::test]
async fn an_added_address_signs_in_and_resets_once_it_is_verified() {
    let portal = portal().await;
    let mut browser = signed_in(&portal, "ana@example.com").await;
    assert_eq!(add(&mut browser, "Ana@Work.example").await.location(), "/account/emails?done=added");
    let page = browser.get("/account/emails?done=added").await.words();
    assert!(page.contains("Check your mail") && page.contains("Ana@work.example") && page.contains("Not verified"), "{page}");
    assert_eq!(log_in(&mut portal.browser(), "ana@work.example", PASSWORD).await.status, StatusCode::CONFLICT, "not before");

    let (link, token) = link_to(&portal, "ana@work.example").await;
    let shown = browser.get(&link).await;
    assert_eq!(shown.headers["referrer-policy"], "no-referrer");
    assert!(shown.words().contains("add Ana@work.example to the account of Ana"), "{}", shown.words());
    let answer = browser.post_form(&link, VERIFY, &[("token", &token)]).await;
    assert_eq!(answer.location(), "/account/emails?done=verified", "{}", answer.words());
    // The second click is as good as the first; the page behind the link says so.
    assert_eq!(browser.post_form(&link, VERIFY, &[("token", &token)]).await.location(), "/account/emails?done=verified");
    assert!(browser.get(&link).await.words().contains("Your address is verified"));

    // Both addresses are told; in the other one's mailbox it is masked.
    let told = mail(&portal, "ana@example.com", "accounts.email_added").await.unwrap();
    assert!(told.body_text.contains("A•••@work.example") && !told.body_text.contains("Ana@work.example"), "{}", told.body_text);
    assert!(mail(&portal, "ana@work.example", "accounts.email_added").await.unwrap().body_text.contains("Ana@work.example"));

    assert_eq!(log_in(&mut portal.browser(), "ana@work.example", PASSWORD).await.location(), "/dashboard");
    // A new browser is told to the main address, whichever was typed.
    assert!(mail(&portal, "ana@example.com", "accounts.new_sign_in").await.is_some());
    portal.browser().post_form("/forgot", "/api/accounts/forgot", &[("email", "ana@work.example")]).await;
    let reset = mail(&portal, "ana@work.example", "accounts.reset_password").await.expect("the link goes where it was asked for");
    let link = reset.link("/reset");
    let token = link.split_once("token=").unwrap().1;
    assert!(portal.browser().get(&link).await.words().contains("Ana@work.example"));
    let fields = [("token", token), ("password", "Copper-Teapot-58")];
    assert_eq!(portal.browser().post_form(&link, "/api/accounts/reset", &fields).await.location(), "/login?done=reset");
    assert!(mail(&portal, "ana@example.com", "accounts.password_changed").await.is_some(), "security mails go to the main address");
}

#[tokio::test]
async fn security_13_the_adder_does_not_learn_that_an_address_is_taken_and_its_owner_does() {
    let portal = portal().await;
    registered(&portal, "victim@example.com").await;
    let mut eve = signed_in(&portal, "eve@example.com").await;
    let page = async |eve: &mut Browser, email: &str| {
        let answer = add(eve, email).await;
        let id = id_of(&portal, "eve@example.com", email).await;
        let list = eve.get(answer.location()).await.words().replace(email, "ADDRESS");
        let again = eve.post_form("/account/emails", RESEND, &[("id", &id)]).await.status;
        assert_eq!(eve.post_form("/account/emails", REMOVE, &[("id", &id)]).await.location(), "/account/emails?done=removed");
        (answer.status, answer.location().to_owned(), list, again)
    };
    let taken = page(&mut eve, "victim@example.com").await;
    let free = page(&mut eve, "nobody@example.com").await;
    assert_eq!(taken, free);
    assert_eq!(taken.3, StatusCode::TOO_MANY_REQUESTS);
    assert!(mail(&portal, "victim@example.com", "accounts.email_verify").await.is_none());
    let told = mail(&portal, "victim@example.com", "accounts.email_tried").await.expect("the owner is told");
    assert!(told.body_text.contains("nothing was changed") && !told.body_text.contains("eve@"));
    // Nothing that was stored lets Eve in, or her account take the address.
    assert_eq!(log_in(&mut portal.browser(), "victim@example.com", PASSWORD).await.location(), "/dashboard");
}

#[tokio::test]
async fn an_address_that_waits_on_one_account_locks_nobody_out() {
    let portal = portal().await;
    let mut eve = signed_in(&portal, "eve@example.com").await;
    add(&mut eve, "ana@example.com").await;
    // Ana registers with it all the same, and by verifying it she ends Eve's wait.
    let mut ana = registered(&portal, "ana@example.com").await;
    assert_eq!(log_in(&mut ana, "ana@example.com", PASSWORD).await.location(), "/dashboard");
    assert!(!eve.get("/account/emails").await.words().contains("ana@example.com"));
    let (link, token) = link_to(&portal, "ana@example.com").await;
    assert_eq!(eve.get(&link).await.status, StatusCode::NOT_FOUND);
    assert_eq!(eve.post_form(&link, VERIFY, &[("token", &token)]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn of_two_accounts_that_wait_for_one_address_the_first_gets_it() {
    let portal = portal().await;
    let (mut ana, mut ben) = (signed_in(&portal, "ana@example.com").await, signed_in(&portal, "ben@example.com").await);
    add(&mut ana, "family@example.com").await;
    let (first, first_token) = link_to(&portal, "family@example.com").await;
    portal.later(TimeDelta::seconds(1));
    add(&mut ben, "family@example.com").await;
    let (second, second_token) = link_to(&portal, "family@example.com").await;
    assert_ne!(first, second);
    let (one, other) = ([("token", first_token.as_str())], [("token", second_token.as_str())]);
    let (one, other) = tokio::join!(ana.post_form(&first, VERIFY, &one), ben.post_form(&second, VERIFY, &other));
    let won = [&one, &other].iter().filter(|answer| answer.status == StatusCode::SEE_OTHER).count();
    assert_eq!(won, 1, "{} / {}", one.words(), other.words());
    let owners: i64 =
        sqlx::query_scalar("SELECT count(*) FROM account_email WHERE address = 'family@example.com'").fetch_one(portal.db()).await.unwrap();
    assert_eq!(owners, 1);
}

#[tokio::test]
async fn an_account_that_never_verified_an_address_gives_it_up_to_who_did() {
    let portal = portal().await;
    let mut ana = signed_in(&portal, "ana@example.com").await;
    // Somebody registers with an address that is not theirs, or is and was forgotten.
    portal.browser().post_form("/register", "/api/accounts/register", &registration(&[("email", "mine@example.com")])).await;
    add(&mut ana, "mine@example.com").await;
    let (link, token) = link_to(&portal, "mine@example.com").await;
    // The link alone does not take it: whoever registered may have pressed the wrong one.
    let answer = portal.browser().post_form(&link, VERIFY, &[("token", &token)]).await;
    assert!(answer.location().starts_with("/login?next="), "{}", answer.words());
    assert_eq!(ana.post_form(&link, VERIFY, &[("token", &token)]).await.location(), "/account/emails?done=verified");
    let accounts: i64 = sqlx::query_scalar("SELECT count(*) FROM account").fetch_one(portal.db()).await.unwrap();
    assert_eq!(accounts, 1);
    assert_eq!(log_in(&mut portal.browser(), "mine@example.com", PASSWORD).await.location(), "/dashboard");
}

#[tokio::test]
async fn a_main_address_that_was_never_verified_gives_way_to_one_that_was() {
    let portal = portal().await;
    let mut ben = portal.browser();
    ben.post_form("/register", "/api/accounts/register", &registration(&[("email", "mine@example.com")])).await;
    log_in(&mut ben, "mine@example.com", PASSWORD).await;
    assert_eq!(add(&mut ben, "ben@example.com").await.status, StatusCode::CONFLICT, "the main address comes first");
    // There is no way to this any more; if it were so, it would be put right.
    sqlx::query(
        "INSERT INTO account_email (id, account_id, address, is_primary, verified_at, created_at)
         SELECT gen_random_uuid(), account_id, 'ben@example.com', false, created_at, created_at FROM account_email",
    )
    .execute(portal.db())
    .await
    .unwrap();
    let mut ana = signed_in(&portal, "ana@example.com").await;
    add(&mut ana, "mine@example.com").await;
    assert_eq!(open_link(&portal, &mut ana, "mine@example.com").await.location(), "/account/emails?done=verified");
    let page = ben.get("/account/emails").await.words();
    assert!(page.contains("ben@example.com") && !page.contains("mine@example.com"), "{page}");
    assert!(mail(&portal, "ben@example.com", "accounts.email_primary").await.is_some(), "its owner is told");
}

#[tokio::test]
async fn a_member_of_staff_keeps_the_address_they_were_invited_with() {
    let portal = portal().await;
    portal.account("sam@example.com", "Sam", "Staff", &["auditor"]).await;
    sqlx::query("UPDATE account_email SET verified_at = NULL").execute(portal.db()).await.unwrap();
    let mut ana = signed_in(&portal, "ana@example.com").await;
    add(&mut ana, "sam@example.com").await;
    let answer = open_link(&portal, &mut ana, "sam@example.com").await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.words().contains("belongs to another account"), "{}", answer.words());
}

#[tokio::test]
async fn a_new_main_address_replaces_the_old_when_it_is_verified_and_both_are_told() {
    let portal = portal().await;
    let mut browser = signed_in(&portal, "old@example.com").await;
    let fields = [("email", "new@example.com"), ("becomes_primary", "on")];
    browser.post_form("/account/emails/add?main=1", ADD, &fields).await;
    assert!(browser.get("/account").await.words().contains("old@example.com"), "the old one keeps working until then");
    let answer = open_link(&portal, &mut browser, "new@example.com").await;
    assert_eq!(answer.location(), "/account/emails?done=primary", "{}", answer.words());
    assert!(browser.get("/account").await.words().contains("new@example.com"));
    for (to, shown) in [("old@example.com", "n•••@example.com"), ("new@example.com", "new@example.com")] {
        let told = mail(&portal, to, "accounts.email_primary").await.unwrap_or_else(|| panic!("{to} is told"));
        assert!(told.body_text.contains(shown), "{}", told.body_text);
    }
    // The old one still signs in until it is removed; then it is told that too, and does no more.
    let old = id_of(&portal, "new@example.com", "old@example.com").await;
    let new = id_of(&portal, "new@example.com", "new@example.com").await;
    let answer = browser.post_form(&format!("/account/emails/{new}"), REMOVE, &[("id", &new)]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "the main address stays");
    assert!(answer.words().contains("The main address cannot be removed"));
    assert!(browser.get(&format!("/account/emails/{old}")).await.words().contains("Remove this address"));
    let answer = browser.post_form(&format!("/account/emails/{old}"), REMOVE, &[("id", &old)]).await;
    assert_eq!(answer.location(), "/account/emails?done=removed");
    assert!(templates(&portal, "old@example.com").await.contains(&"accounts.email_removed".to_owned()));
    assert!(templates(&portal, "new@example.com").await.contains(&"accounts.email_removed".to_owned()));
    assert_eq!(log_in(&mut portal.browser(), "old@example.com", PASSWORD).await.status, StatusCode::CONFLICT);
    portal.browser().post_form("/forgot", "/api/accounts/forgot", &[("email", "old@example.com")]).await;
    assert!(mail(&portal, "old@example.com", "accounts.reset_password").await.is_none());
    // What was done is in the log, without any address.
    let log: Vec<(String, String)> = sqlx::query_as("SELECT action, detail::text FROM audit_event WHERE action LIKE 'account.%email%'")
        .fetch_all(portal.db())
        .await
        .unwrap();
    for action in ["account.email_added", "account.verify_email", "account.primary_email_changed", "account.email_removed"] {
        assert!(log.iter().any(|(known, _)| known == action), "{action}");
    }
    assert!(log.iter().all(|(_, detail)| !detail.contains('@')));
}

#[tokio::test]
async fn a_verified_address_is_made_the_main_one_by_hand() {
    let portal = portal().await;
    let mut browser = signed_in(&portal, "ana@example.com").await;
    add(&mut browser, "ana@work.example").await;
    let id = id_of(&portal, "ana@example.com", "ana@work.example").await;
    let page = format!("/account/emails/{id}");
    let answer = browser.post_form(&page, PRIMARY, &[("id", &id)]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "not before it is verified");
    open_link(&portal, &mut browser, "ana@work.example").await;
    for _ in 0..2 {
        assert_eq!(browser.post_form(&page, PRIMARY, &[("id", &id)]).await.location(), "/account/emails?done=primary");
    }
    let primaries: Vec<String> =
        sqlx::query_scalar("SELECT address FROM account_email WHERE is_primary").fetch_all(portal.db()).await.unwrap();
    assert_eq!(primaries, ["ana@work.example"]);
    assert_eq!(templates(&portal, "ana@example.com").await.iter().filter(|name| *name == "accounts.email_primary").count(), 1);
}

#[tokio::test]
async fn links_end_after_a_day_and_addresses_that_wait_after_seven() {
    let portal = portal().await;
    let mut browser = signed_in(&portal, "ana@example.com").await;
    add(&mut browser, "ana@work.example").await;
    let id = id_of(&portal, "ana@example.com", "ana@work.example").await;
    let (link, token) = link_to(&portal, "ana@work.example").await;
    portal.later(TimeDelta::hours(24));
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    assert!(browser.get(&link).await.words().contains("This link has expired"));
    assert_eq!(browser.post_form(&link, VERIFY, &[("token", &token)]).await.status, StatusCode::CONFLICT);
    assert_eq!(browser.post_form("/account/emails", RESEND, &[("id", &id)]).await.location(), "/account/emails?done=resent");
    // security.md line 60: once a minute.
    let answer = browser.post_form("/account/emails", RESEND, &[("id", &id)]).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(templates(&portal, "ana@work.example").await.len(), 2);

    portal.later(TimeDelta::days(6) - TimeDelta::seconds(1));
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    assert!(browser.get("/account/emails").await.words().contains("ana@work.example"));
    portal.later(TimeDelta::seconds(1));
    assert!(!browser.get("/account/emails").await.words().contains("ana@work.example"));
    assert_eq!(browser.post_form("/account/emails", RESEND, &[("id", &id)]).await.status, StatusCode::NOT_FOUND);
    // Somebody who comes back to it may add it again, also before the worker has dropped the old row.
    assert_eq!(add(&mut browser, "ana@work.example").await.location(), "/account/emails?done=added");
    portal.later(TimeDelta::days(8));
    portal.run_jobs().await;
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM account_email").fetch_one(portal.db()).await.unwrap();
    assert_eq!(rows, 1);
}

#[tokio::test]
async fn an_account_has_five_addresses_at_most_and_each_once() {
    let portal = portal().await;
    let mut browser = signed_in(&portal, "ana@example.com").await;
    for bad in ["", "no address", "a@b.co\r\nBcc: x@example.com", "ANA@example.com"] {
        let answer = add(&mut browser, bad).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
        assert!(answer.text().contains("href=\"#email\""));
    }
    for number in 1..5 {
        assert_eq!(add(&mut browser, &format!("a{number}@example.com")).await.location(), "/account/emails?done=added");
    }
    let answer = add(&mut browser, "a5@example.com").await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(browser.get("/account/emails").await.words().contains("An account can have 5 addresses"));
}

#[tokio::test]
async fn security_60_nobodys_mailbox_is_filled() {
    let portal = portal().await;
    for number in 0..9 {
        let mut browser = signed_in(&portal, &format!("eve{number}@example.com")).await;
        add(&mut browser, "victim@example.com").await;
    }
    assert_eq!(portal.mails("victim@example.com").await.len(), 6);
}

#[tokio::test]
async fn security_37_other_peoples_addresses_do_not_exist() {
    let portal = portal().await;
    let mut ana = signed_in(&portal, "ana@example.com").await;
    add(&mut ana, "ana@work.example").await;
    let mut ben = signed_in(&portal, "ben@example.com").await;
    for id in [id_of(&portal, "ana@example.com", "ana@work.example").await, "7c9e6679-7425-40de-944b-e07fc1f90ae7".into(), "x".into()] {
        assert_eq!(ben.get(&format!("/account/emails/{id}")).await.status, StatusCode::NOT_FOUND);
        for function in [PRIMARY, REMOVE, RESEND] {
            let answer = ben.post_form("/account/emails", function, &[("id", &id)]).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{function}");
        }
    }
    for page in ["/account/emails", "/account/emails/add"] {
        assert_eq!(portal.browser().get(page).await.status, StatusCode::SEE_OTHER);
    }
}

#[tokio::test]
async fn every_verified_address_is_told_when_another_is_typed_in() {
    let portal = portal().await;
    let mut browser = signed_in(&portal, "ana@example.com").await;
    add(&mut browser, "ana@work.example").await;
    open_link(&portal, &mut browser, "ana@work.example").await;
    portal.later(TimeDelta::seconds(1));
    let fields = [("email", "thief@example.net"), ("becomes_primary", "on")];
    browser.post_form("/account/emails/add?main=1", ADD, &fields).await;
    for to in ["ana@example.com", "ana@work.example"] {
        let told = mail(&portal, to, "accounts.address_added").await.unwrap_or_else(|| panic!("{to} is told"));
        assert!(told.body_text.contains("t•••@example.net") && !told.body_text.contains("thief@"), "{}", told.body_text);
        assert!(told.body_text.contains("it becomes the main address"), "{}", told.body_text);
    }
    assert!(mail(&portal, "thief@example.net", "accounts.address_added").await.is_none(), "it is nobody's yet");
}

#[tokio::test]
async fn an_address_that_waits_ends_with_a_new_password() {
    let portal = portal().await;
    let new = "Copper-Teapot-58";
    for by_mail in [false, true] {
        let email = if by_mail { "ana@example.com" } else { "ben@example.com" };
        let mut thief = signed_in(&portal, email).await;
        let waiting = format!("thief-of-{email}");
        let fields = [("email", waiting.as_str()), ("becomes_primary", "on")];
        thief.post_form("/account/emails/add?main=1", ADD, &fields).await;
        let (link, token) = link_to(&portal, &waiting).await;
        let mut owner = portal.browser();
        if by_mail {
            owner.post_form("/forgot", "/api/accounts/forgot", &[("email", email)]).await;
            let reset = mail(&portal, email, "accounts.reset_password").await.unwrap().link("/reset");
            let secret = reset.split_once("token=").unwrap().1.to_owned();
            owner.post_form(&reset, "/api/accounts/reset", &[("token", &secret), ("password", new)]).await;
            log_in(&mut owner, email, new).await;
        } else {
            log_in(&mut owner, email, PASSWORD).await;
            let fields = [("current_password", PASSWORD), ("password", new)];
            let answer = owner.post_form("/account/security/password", "/api/accounts/change_password", &fields).await;
            assert_eq!(answer.location(), "/account/security?done=password");
        }
        for browser in [&mut thief, &mut owner, &mut portal.browser()] {
            let answer = browser.post_form(&link, VERIFY, &[("token", &token)]).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{}", answer.words());
        }
        assert!(!owner.get("/account/emails").await.words().contains("thief"));
    }
}

#[tokio::test]
async fn a_further_address_is_verified_by_its_accounts_owner_only() {
    let portal = portal().await;
    let mut ana = signed_in(&portal, "ana@example.com").await;
    add(&mut ana, "ana@work.example").await;
    let (link, token) = link_to(&portal, "ana@work.example").await;
    let mut nobody = portal.browser();
    let answer = nobody.get(&link).await;
    assert!(answer.location().starts_with("/login?next=%2Fverify%2Demail"), "{}", answer.location());
    assert_eq!(nobody.post_form(&link, VERIFY, &[("token", &token)]).await.location(), answer.location());
    let mut ben = signed_in(&portal, "ben@example.com").await;
    let refused = ben.post_form(&link, VERIFY, &[("token", &token)]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.words().contains("This link is for another account"), "{}", refused.words());
    assert_eq!(log_in(&mut portal.browser(), "ana@work.example", PASSWORD).await.status, StatusCode::CONFLICT, "not verified by either");
    // Signed in, the link leads on.
    let fields = [("email", "ana@example.com"), ("password", PASSWORD), ("next", link.as_str())];
    assert_eq!(nobody.post_form(answer.location(), "/api/accounts/login", &fields).await.location(), link);
    assert_eq!(nobody.post_form(&link, VERIFY, &[("token", &token)]).await.location(), "/account/emails?done=verified");
}
