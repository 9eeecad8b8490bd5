//! The staff's pages about accounts (security.md lines 24, 31, 33, 35, 39).

use crate::accounts::{PASSWORD, log_in, mail, portal, registered, registration};
use crate::support::Portal;
use crate::support::portal::Browser;
use axum::http::StatusCode;
use certportal::ids::AccountId;
use chrono::TimeDelta;
use uuid::Uuid;

async fn id_of(portal: &Portal, email: &str) -> AccountId {
    sqlx::query_scalar("SELECT account_id FROM account_email WHERE address = $1").bind(email).fetch_one(portal.db()).await.unwrap()
}

async fn staff(portal: &Portal, role: &str) -> Browser {
    let id = portal.account(&format!("{role}@example.com"), "Sam", "Staff", &[role]).await;
    portal.signed_in(id).await
}

async fn act(
    browser: &mut Browser,
    account: AccountId,
    slug: &str,
    function: &str,
    more: &[(&str, &str)],
) -> crate::support::portal::Answer {
    let id = account.to_string();
    let mut fields = vec![("account", id.as_str())];
    fields.extend_from_slice(more);
    browser.post_form(&format!("/staff/accounts/{account}/{slug}"), &format!("/api/staff/{function}"), &fields).await
}

const WHY: (&str, &str) = ("reason", "Asked by phone, identity checked");

#[tokio::test]
async fn staff_find_accounts_and_every_look_is_in_the_audit_log() {
    let portal = portal().await;
    registered(&portal, "ana@example.com").await;
    let account = id_of(&portal, "ana@example.com").await;
    let candidate_id: String =
        sqlx::query_scalar("SELECT candidate_id FROM account WHERE id = $1").bind(account).fetch_one(portal.db()).await.unwrap();
    let mut agent = staff(&portal, "support_agent").await;
    for wanted in ["ana@", "ANA Pru", "prueba", candidate_id.to_lowercase().as_str()] {
        let encoded = percent_encoding::utf8_percent_encode(wanted, percent_encoding::NON_ALPHANUMERIC).to_string();
        let page = agent.get(&format!("/staff/accounts?q={encoded}")).await;
        assert!(page.text().contains(&format!("/staff/accounts/{account}")), "{wanted}");
    }
    assert!(agent.get("/staff/accounts?q=%25").await.words().contains("No account found"), "a wildcard is a character");
    let page = agent.get(&format!("/staff/accounts/{account}")).await;
    assert!(page.words().contains("Ana Prueba") && page.words().contains(&candidate_id));
    assert!(!page.words().contains("Disable the account") && page.words().contains("Send a password reset link"));
    for nothing in [Uuid::nil().to_string(), "nonsense".into()] {
        assert_eq!(agent.get(&format!("/staff/accounts/{nothing}")).await.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(agent.get(&format!("/staff/accounts/{account}/disable")).await.status, StatusCode::NOT_FOUND, "not theirs to do");
    let read: i64 = sqlx::query_scalar("SELECT count(*) FROM audit_event WHERE action = 'staff.account_read' AND subject = $1")
        .bind(account.to_string())
        .fetch_one(portal.db())
        .await
        .unwrap();
    assert_eq!(read, 2);
}

#[tokio::test]
async fn security_24_staff_start_a_reset_and_never_see_the_password() {
    let portal = portal().await;
    registered(&portal, "ana@example.com").await;
    let account = id_of(&portal, "ana@example.com").await;
    let mut agent = staff(&portal, "support_agent").await;
    let answer = act(&mut agent, account, "reset", "start_reset", &[("reason", " ")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.words().contains("Reason: Fill in this field") && answer.words().contains("Error: "), "{}", answer.words());
    assert!(mail(&portal, "ana@example.com", "accounts.reset_password").await.is_none());
    let answer = act(&mut agent, account, "reset", "start_reset", &[WHY]).await;
    assert_eq!(answer.location(), format!("/staff/accounts/{account}?done=reset"));
    let link = mail(&portal, "ana@example.com", "accounts.reset_password").await.expect("to the owner").link("/reset");
    let token = link.split_once("token=").unwrap().1.to_owned();
    assert!(!agent.get(answer.location()).await.text().contains(&token));
    // security.md line 60: no more of them than the owner could ask for.
    let answer = act(&mut agent, account, "reset", "start_reset", &[WHY]).await;
    assert_eq!((answer.status, answer.headers["retry-after"].to_str().unwrap()), (StatusCode::TOO_MANY_REQUESTS, "60"));
    for _ in 0..4 {
        portal.later(TimeDelta::minutes(1));
        let answer = act(&mut agent, account, "reset", "start_reset", &[WHY]).await;
        assert_eq!(answer.location(), format!("/staff/accounts/{account}?done=reset"), "{}", answer.words());
    }
    portal.later(TimeDelta::minutes(1));
    assert_eq!(act(&mut agent, account, "reset", "start_reset", &[WHY]).await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn security_31_33_staff_end_sessions_and_a_disabled_account_is_out_at_once() {
    let portal = portal().await;
    let mut ana = registered(&portal, "ana@example.com").await;
    log_in(&mut ana, "ana@example.com", PASSWORD).await;
    let account = id_of(&portal, "ana@example.com").await;
    let mut admin = staff(&portal, "administrator").await;
    act(&mut admin, account, "sessions", "end_sessions", &[WHY]).await;
    assert_eq!(ana.get("/dashboard").await.status, StatusCode::SEE_OTHER);
    log_in(&mut ana, "ana@example.com", PASSWORD).await;
    assert_eq!(ana.get("/dashboard").await.status, StatusCode::OK);

    let answer = act(&mut admin, account, "disable", "disable_account", &[WHY]).await;
    assert_eq!(answer.location(), format!("/staff/accounts/{account}?done=disabled"));
    assert_eq!(ana.get("/dashboard").await.status, StatusCode::SEE_OTHER);
    assert_eq!(log_in(&mut ana, "ana@example.com", PASSWORD).await.status, StatusCode::CONFLICT);
    assert!(admin.get(&format!("/staff/accounts/{account}")).await.words().contains("Disabled"));
    act(&mut admin, account, "enable", "enable_account", &[WHY]).await;
    assert_eq!(log_in(&mut ana, "ana@example.com", PASSWORD).await.location(), "/dashboard");
}

#[tokio::test]
async fn security_35_acts_on_other_peoples_accounts_need_a_fresh_proof() {
    let portal = portal().await;
    registered(&portal, "ana@example.com").await;
    let account = id_of(&portal, "ana@example.com").await;
    let mut admin = staff(&portal, "administrator").await;
    portal.later(TimeDelta::minutes(11));
    let page = format!("/staff/accounts/{account}/disable");
    assert!(admin.get(&page).await.location().starts_with("/account/confirm?next=%2Fstaff%2Faccounts%2F"));
    let answer = act(&mut admin, account, "disable", "disable_account", &[WHY]).await;
    assert!(answer.location().starts_with("/account/confirm?next="), "{}", answer.location());
    let disabled: bool =
        sqlx::query_scalar("SELECT disabled_at IS NOT NULL FROM account WHERE id = $1").bind(account).fetch_one(portal.db()).await.unwrap();
    assert!(!disabled);
}

#[tokio::test]
async fn roles_are_given_and_taken_but_never_ones_own_or_the_last_administrators() {
    let portal = portal().await;
    registered(&portal, "ana@example.com").await;
    let account = id_of(&portal, "ana@example.com").await;
    let mut admin = staff(&portal, "administrator").await;
    let own = id_of(&portal, "administrator@example.com").await;
    let roles = async |id: AccountId| -> Vec<String> {
        sqlx::query_scalar("SELECT role FROM account_role WHERE account_id = $1 ORDER BY role")
            .bind(id)
            .fetch_all(portal.db())
            .await
            .unwrap()
    };
    let answer = act(&mut admin, account, "roles", "change_roles", &[("roles[]", "auditor"), ("roles[]", "finance"), WHY]).await;
    assert_eq!(answer.location(), format!("/staff/accounts/{account}?done=roles"), "{}", answer.words());
    assert_eq!(roles(account).await, ["auditor", "finance"]);
    act(&mut admin, account, "roles", "change_roles", &[("roles[]", "finance"), WHY]).await;
    assert_eq!(roles(account).await, ["finance"]);
    let answer = act(&mut admin, account, "roles", "change_roles", &[("roles[]", "king"), WHY]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);

    let answer = act(&mut admin, own, "roles", "change_roles", &[WHY]).await;
    assert_ne!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(roles(own).await, ["administrator"]);
    assert_eq!(admin.call("/api/staff/disable_account", &[("account", &own.to_string()), WHY]).await.status, StatusCode::CONFLICT);

    // Two administrators take each other's role at the same moment: one of them stays.
    let second = portal.account("second@example.com", "Pat", "Second", &["administrator"]).await;
    let mut other = portal.signed_in(second).await;
    let (own_id, second_id) = (own.to_string(), second.to_string());
    let (first, last) = ([("account", second_id.as_str()), WHY], [("account", own_id.as_str()), WHY]);
    let (one, two) = tokio::join!(admin.call("/api/staff/change_roles", &first), other.call("/api/staff/change_roles", &last));
    let statuses = [one.status, two.status];
    assert!(statuses.contains(&StatusCode::OK) && !statuses.iter().all(|status| *status == StatusCode::OK), "{statuses:?}");
    let left: i64 =
        sqlx::query_scalar("SELECT count(*) FROM account_role WHERE role = 'administrator'").fetch_one(portal.db()).await.unwrap();
    assert_eq!(left, 1);
}

#[tokio::test]
async fn roles_are_not_given_to_an_account_whose_address_nobody_has_proved() {
    let portal = portal().await;
    let mut eve = portal.browser();
    eve.post_form("/register", "/api/accounts/register", &registration(&[("email", "sam@example.org")])).await;
    let account = id_of(&portal, "sam@example.org").await;
    let mut admin = staff(&portal, "administrator").await;
    let answer = act(&mut admin, account, "roles", "change_roles", &[("roles[]", "auditor"), WHY]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.words().contains("The e-mail address of this account is not verified"), "{}", answer.words());
    let roles: i64 =
        sqlx::query_scalar("SELECT count(*) FROM account_role WHERE account_id = $1").bind(account).fetch_one(portal.db()).await.unwrap();
    assert_eq!(roles, 0);
}

#[tokio::test]
async fn security_28_more_roles_end_the_sessions_and_all_trust() {
    let portal = portal().await;
    let mut ana = registered(&portal, "ana@example.com").await;
    log_in(&mut ana, "ana@example.com", PASSWORD).await;
    let account = id_of(&portal, "ana@example.com").await;
    sqlx::query(
        "INSERT INTO trusted_device (id, token_hash, account_id, user_agent, created_at, expires_at)
         VALUES (gen_random_uuid(), 'x', $1, '', $2, $2::timestamptz + interval '30 days')",
    )
    .bind(account)
    .bind(portal.clock.now())
    .execute(portal.db())
    .await
    .unwrap();
    let trusted = async || -> i64 { sqlx::query_scalar("SELECT count(*) FROM trusted_device").fetch_one(portal.db()).await.unwrap() };
    let mut admin = staff(&portal, "administrator").await;
    act(&mut admin, account, "roles", "change_roles", &[WHY]).await;
    assert_eq!((ana.get("/dashboard").await.status, trusted().await), (StatusCode::OK, 1), "nothing was given");
    act(&mut admin, account, "roles", "change_roles", &[("roles[]", "auditor"), ("roles[]", "finance"), WHY]).await;
    assert_eq!((ana.get("/dashboard").await.status, trusted().await), (StatusCode::SEE_OTHER, 0));
    assert_eq!(log_in(&mut ana, "ana@example.com", PASSWORD).await.location(), "/account/security/totp", "and a factor is owed");
    act(&mut admin, account, "roles", "change_roles", &[("roles[]", "auditor"), WHY]).await;
    assert_eq!(ana.get("/account/security/totp").await.status, StatusCode::OK, "fewer roles end nothing");
}

#[tokio::test]
async fn security_15_what_staff_do_to_an_account_is_told_by_mail() {
    let portal = portal().await;
    registered(&portal, "ana@example.com").await;
    let account = id_of(&portal, "ana@example.com").await;
    let mut admin = staff(&portal, "administrator").await;
    let told = async || -> Vec<String> {
        let mut told: Vec<_> = portal.mails("ana@example.com").await.into_iter().map(|mail| mail.template).collect();
        told.retain(|template| template != "accounts.verify_email");
        told.sort();
        told
    };
    act(&mut admin, account, "sessions", "end_sessions", &[WHY]).await;
    assert_eq!(told().await, ["accounts.sessions_ended"]);
    act(&mut admin, account, "roles", "change_roles", &[("roles[]", "auditor"), WHY]).await;
    act(&mut admin, account, "roles", "change_roles", &[("roles[]", "auditor"), WHY]).await;
    assert_eq!(told().await, ["accounts.roles_changed", "accounts.sessions_ended"], "what changes nothing is not told");
    act(&mut admin, account, "roles", "change_roles", &[WHY]).await;
    for _ in 0..2 {
        act(&mut admin, account, "disable", "disable_account", &[WHY]).await;
    }
    act(&mut admin, account, "enable", "enable_account", &[WHY]).await;
    let all = ["accounts.disabled", "accounts.enabled", "accounts.roles_changed", "accounts.roles_changed", "accounts.sessions_ended"];
    assert_eq!(told().await, all);
    let mail = mail(&portal, "ana@example.com", "accounts.disabled").await.unwrap();
    assert!(mail.body_text.contains("has disabled your account") && mail.body_text.contains("help@example.org"), "{}", mail.body_text);
    assert!(!mail.body_text.contains("Asked by phone"), "the reason is the staff's own note");
}
