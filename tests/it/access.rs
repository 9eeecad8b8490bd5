//! Who may do what: every page and every server function, asked by everybody (security.md lines 16, 36, 37 and 39).

use crate::support::Portal;
use crate::support::portal::{Answer, Browser};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use certportal::app::{self, FILES, PAGES, PROVED};
use certportal::ids::AccountId;
use certportal::server::http::access::Access;
use certportal::server::http::forms::OPEN_WITHOUT_FACTOR;
use certportal::server::http::permissions::{Permission, Role, allows};
use certportal::server::http::router::Site;
use chrono::TimeDelta;
use tower::ServiceExt;
use uuid::Uuid;

/// Who may call a server function; a function that is not in the list fails the test.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Caller {
    Anybody,
    /// Somebody who has given the password and owes the second factor.
    Awaiting,
    SignedIn,
    Candidate,
    Staff(Permission),
}

const FUNCTIONS: &[(&str, Caller)] = &[
    // accounts
    ("accounts/register", Caller::Anybody),
    ("accounts/regions", Caller::Anybody),
    ("accounts/resend_verification", Caller::Anybody),
    ("accounts/verify_email", Caller::Anybody),
    ("accounts/login", Caller::Anybody),
    ("accounts/login_code", Caller::Awaiting),
    ("accounts/logout", Caller::Anybody),
    ("accounts/forgot", Caller::Anybody),
    ("accounts/reset", Caller::Anybody),
    ("accounts/accept_invitation", Caller::Anybody),
    ("accounts/confirm_identity", Caller::SignedIn),
    ("accounts/totp_enrol", Caller::SignedIn),
    ("accounts/totp_remove", Caller::SignedIn),
    ("accounts/change_password", Caller::SignedIn),
    ("accounts/end_session", Caller::SignedIn),
    ("accounts/end_other_sessions", Caller::SignedIn),
    ("accounts/change_profile", Caller::SignedIn),
    ("accounts/accept_agreement", Caller::SignedIn),
    ("accounts/passkey_register_start", Caller::SignedIn),
    ("accounts/passkey_register_finish", Caller::SignedIn),
    ("accounts/passkey_remove", Caller::SignedIn),
    ("accounts/passkey_rename", Caller::SignedIn),
    ("accounts/passkey_login_start", Caller::Anybody),
    ("accounts/passkey_login_finish", Caller::Anybody),
    ("privacy/export", Caller::SignedIn),
    ("privacy/erase", Caller::SignedIn),
    ("privacy/stop_erasure", Caller::SignedIn),
    ("accounts/backup_codes_new", Caller::SignedIn),
    ("accounts/phone_send", Caller::SignedIn),
    ("accounts/phone_verify", Caller::SignedIn),
    ("accounts/phone_remove", Caller::SignedIn),
    ("accounts/sms_factor_on", Caller::SignedIn),
    ("accounts/sms_factor_off", Caller::SignedIn),
    ("accounts/login_sms", Caller::Awaiting),
    ("accounts/stop_trusting", Caller::SignedIn),
    ("accounts/recovery_request", Caller::Awaiting),
    ("accounts/recovery_stop", Caller::Anybody),
    ("accounts/ask_guardian", Caller::Candidate),
    ("accounts/resend_guardian", Caller::Candidate),
    ("accounts/guardian_consent", Caller::Anybody),
    ("accounts/guardian_decline", Caller::Anybody),
    ("accounts/guardian_withdraw", Caller::Anybody),
    ("accounts/dismiss_nudge", Caller::SignedIn),
    ("accounts/change_contact", Caller::SignedIn),
    ("accounts/merge_sign_in", Caller::Candidate),
    ("accounts/merge_code", Caller::Candidate),
    ("accounts/merge_sms", Caller::Candidate),
    ("accounts/merge_again", Caller::Candidate),
    ("accounts/merge", Caller::Candidate),
    ("accounts/merge_undo", Caller::Candidate),
    ("accounts/change_notices", Caller::SignedIn),
    ("accounts/add_email", Caller::SignedIn),
    ("accounts/resend_email", Caller::SignedIn),
    ("accounts/primary_email", Caller::SignedIn),
    ("accounts/remove_email", Caller::SignedIn),
    // scheduling
    ("scheduling/start", Caller::Candidate),
    ("scheduling/places", Caller::Candidate),
    ("scheduling/hold", Caller::Candidate),
    ("scheduling/details", Caller::Candidate),
    ("scheduling/reschedule", Caller::Candidate),
    ("scheduling/let_go", Caller::Candidate),
    ("scheduling/cancel", Caller::Candidate),
    // checkout
    ("checkout/remove_item", Caller::Candidate),
    ("checkout/pay", Caller::Candidate),
    ("checkout/reopen_order", Caller::Candidate),
    ("checkout/refund", Caller::Staff(Permission::RefundOrders)),
    // Another company's page, in effect: whoever has its address may pay.
    ("sandbox/pay", Caller::Anybody),
    ("sandbox/authenticate", Caller::Anybody),
    // results
    ("results/apply", Caller::Staff(Permission::ManageResults)),
    ("results/release", Caller::Staff(Permission::ManageResults)),
    ("results/correct", Caller::Staff(Permission::ManageResults)),
    // credentials
    ("credentials/revoke", Caller::Staff(Permission::RevokeCredentials)),
    // staff
    ("approvals/approve", Caller::Staff(Permission::DecideApprovals)),
    ("approvals/refuse", Caller::Staff(Permission::DecideApprovals)),
    ("approvals/withdraw", Caller::Staff(Permission::DecideApprovals)),
    ("staff/end_sessions", Caller::Staff(Permission::HelpAccounts)),
    ("staff/start_reset", Caller::Staff(Permission::HelpAccounts)),
    ("staff/disable_account", Caller::Staff(Permission::DisableAccounts)),
    ("staff/enable_account", Caller::Staff(Permission::DisableAccounts)),
    ("staff/change_roles", Caller::Staff(Permission::GrantRoles)),
    ("staff/start_acting", Caller::Staff(Permission::ActForCandidates)),
    ("staff/stop_acting", Caller::SignedIn),
    ("staff/recovery_approve", Caller::Staff(Permission::CheckIdentity)),
    ("staff/recovery_refuse", Caller::Staff(Permission::CheckIdentity)),
    // demo
    ("demo/advance_clock", Caller::Staff(Permission::EnterStaffArea)),
];

/// Somebody who asks.
struct Person {
    what: String,
    browser: Browser,
    candidate: bool,
    roles: Vec<Role>,
    /// `false`: a member of staff who owes the enrolment of a second factor.
    enrolled: bool,
    signed_in: bool,
}

async fn everybody(portal: &Portal) -> Vec<Person> {
    let mut people = vec![Person {
        what: "nobody".into(),
        browser: portal.browser(),
        candidate: false,
        roles: vec![],
        enrolled: true,
        signed_in: false,
    }];
    let candidate = portal.account("candidate@example.com", "Ana", "Prueba", &[]).await;
    people.push(Person {
        what: "candidate".into(),
        browser: portal.signed_in(candidate).await,
        candidate: true,
        roles: vec![],
        enrolled: true,
        signed_in: true,
    });
    for role in Role::ALL {
        let id = portal.account(&format!("{}@example.com", role.as_str()), "Sam", "Staff", &[role.as_str()]).await;
        people.push(Person {
            what: role.as_str().into(),
            browser: portal.signed_in(id).await,
            candidate: false,
            roles: vec![*role],
            enrolled: true,
            signed_in: true,
        });
    }
    let bare = portal.account("bare@example.com", "Sam", "Bare", &["administrator"]).await;
    sqlx::query("UPDATE account SET totp_secret = NULL WHERE id = $1").bind(bare).execute(portal.db()).await.unwrap();
    people.push(Person {
        what: "administrator without a second factor".into(),
        browser: portal.signed_in(bare).await,
        candidate: false,
        roles: vec![Role::Administrator],
        enrolled: false,
        signed_in: true,
    });
    people
}

/// The address of a page, its parameters filled with what nobody has.
fn filled(pattern: &str) -> String {
    let nobody = Uuid::from_u128(7).to_string();
    pattern.split('/').map(|part| if part.starts_with(':') { nobody.as_str() } else { part }).collect::<Vec<_>>().join("/")
}

const ENROLMENT: [&str; 3] = ["/account/security/totp", "/account/security/passkeys", "/account/confirm"];

#[tokio::test]
async fn security_36_every_page_is_open_to_those_it_is_for_and_closed_to_all_others() {
    let portal = Portal::with_demo_data().await;
    let mut people = everybody(&portal).await;
    for (pattern, access) in PAGES {
        let path = filled(pattern);
        for person in &mut people {
            let answer = person.browser.get(&path).await;
            let who = &person.what;
            let to_login = answer.location().starts_with("/login");
            let to_enrolment = answer.location().starts_with("/account/security/totp?next=");
            if !person.enrolled && !matches!(access, Access::Public | Access::Demo) && !ENROLMENT.contains(&path.as_str()) {
                assert!(to_enrolment, "security.md line 16: {who} at {path}: {} {}", answer.status, answer.location());
                continue;
            }
            match access {
                Access::Public | Access::Demo => {}
                _ if !person.signed_in => {
                    assert!(to_login && answer.bytes.is_empty(), "{who} at {path}: {}", answer.status);
                    continue;
                }
                Access::Candidate if !person.candidate => {
                    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{who} at {path}");
                    continue;
                }
                Access::Staff(permission) if !allows(&person.roles, *permission) => {
                    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{who} at {path}");
                    continue;
                }
                _ => {}
            }
            let open = [StatusCode::OK, StatusCode::NOT_FOUND, StatusCode::SEE_OTHER].contains(&answer.status);
            let public = matches!(access, Access::Public | Access::Demo);
            assert!(open && (public || !to_login), "{who} at {path}: {} {}", answer.status, answer.location());
            if pattern.contains(':') {
                assert_ne!(answer.status, StatusCode::OK, "{who} at {path}: there is no such thing");
            }
        }
    }
}

#[tokio::test]
async fn security_36_every_file_is_open_to_those_it_is_for_and_closed_to_all_others() {
    let portal = Portal::with_demo_data().await;
    let mut people = everybody(&portal).await;
    for (pattern, access) in FILES {
        let path = filled(pattern);
        let mut open = false;
        for person in &mut people {
            let answer = person.browser.get(&path).await;
            let who = &person.what;
            let public = matches!(access, Access::Public | Access::Demo);
            if !public && !person.signed_in {
                assert!(answer.location().starts_with("/login?next="), "{who} at {path}: {}", answer.status);
                assert_eq!(person.browser.request(Method::POST, &path).await.status, StatusCode::UNAUTHORIZED, "{who} at {path}");
                continue;
            }
            let allowed = match access {
                Access::Candidate => person.candidate,
                Access::Staff(permission) => allows(&person.roles, *permission) && person.enrolled,
                Access::SignedIn => person.enrolled,
                _ => true,
            };
            if !allowed {
                // A file below a page leads to the enrolment as its page does.
                let owed = |answer: &Answer| !person.enrolled && answer.location().starts_with("/account/security/totp?next=");
                assert!(answer.status == StatusCode::FORBIDDEN || owed(&answer), "{who} at {path}: {}", answer.status);
                let posted = person.browser.request(Method::POST, &path).await;
                assert!(posted.status == StatusCode::FORBIDDEN || owed(&posted), "{who} at {path}: {}", posted.status);
                continue;
            }
            open = true;
            let nothing = [StatusCode::NOT_FOUND, StatusCode::BAD_REQUEST, StatusCode::METHOD_NOT_ALLOWED].contains(&answer.status);
            let answered = nothing || answer.status == StatusCode::OK;
            assert!(
                answered || answer.location() == "/account/security/password",
                "{who} at {path}: {} {}",
                answer.status,
                answer.location()
            );
            assert!(nothing || !pattern.contains(':'), "{who} at {path}: there is no such thing");
            // There is a route behind the row: what is none is a page that does not exist.
            assert_eq!(person.browser.request(Method::DELETE, &path).await.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
        }
        assert!(open, "nobody may have {path}");
    }
}

#[tokio::test]
async fn security_36_a_route_that_stands_in_no_table_is_closed() {
    let portal = Portal::new().await;
    let site = Site {
        state: portal.state.clone(),
        shell: app::shell,
        access: app::access,
        file_access: app::file_access,
        needs_proof: app::needs_proof,
    };
    let given = || axum::routing::get(async || "given").post(async || "given");
    let routes = axum::Router::new()
        .route("/unlisted.csv", given())
        .route("/staff/audit/unlisted.csv", given())
        .route("/robots.txt", given())
        .route("/staff/results/import", given());
    let router = certportal::server::http::router::router(site, routes);
    for (path, expected) in [
        ("/unlisted.csv", StatusCode::NOT_FOUND),
        ("/staff/audit/unlisted.csv", StatusCode::NOT_FOUND),
        ("/robots.txt", StatusCode::OK),
        ("/staff/results/import", StatusCode::SEE_OTHER),
    ] {
        for method in [Method::GET, Method::POST] {
            let request = Request::builder().method(&method).uri(path).header("sec-fetch-site", "same-origin").body(Body::empty());
            let answer = router.clone().oneshot(request.unwrap()).await.unwrap();
            assert_eq!(answer.status(), expected, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn security_35_pages_that_need_a_fresh_proof_ask_for_it_first_and_lead_back() {
    let portal = Portal::new().await;
    let candidate = portal.account("ana@example.com", "Ana", "Prueba", &[]).await;
    let administrator = portal.account("admin@example.com", "Avery", "Admin", &["administrator"]).await;
    let (mut candidate, mut administrator) = (portal.signed_in(candidate).await, portal.signed_in(administrator).await);
    portal.later(TimeDelta::minutes(11));
    for pattern in PROVED {
        assert!(PAGES.iter().any(|(page, _)| page == pattern), "{pattern} is no page");
        let browser = if pattern.starts_with("/staff") { &mut administrator } else { &mut candidate };
        let page = format!("{}?next=%2Fexams", filled(pattern));
        let answer = browser.get(&page).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{page}");
        let next = answer.location().strip_prefix("/account/confirm?next=").unwrap_or_else(|| panic!("{page}: {}", answer.location()));
        assert_eq!(percent_encoding::percent_decode_str(next).decode_utf8().unwrap(), page);
        assert!(answer.bytes.is_empty(), "nothing of {page} is shown");
    }
    // Whoever has left such a page open for a while can still sign out on it.
    let answer = candidate.post_form("/account/data", "/api/accounts/logout", &[]).await;
    assert!(!answer.location().starts_with("/account/confirm"), "{}", answer.location());
    assert_eq!(candidate.get("/dashboard").await.location(), "/login?next=%2Fdashboard");
}

#[tokio::test]
async fn security_36_every_server_function_is_refused_to_those_it_is_not_for() {
    let portal = Portal::with_demo_data().await;
    let mut known: Vec<_> = leptos::server_fn::axum::server_fn_paths().collect();
    known.sort_by_key(|(path, _)| *path);
    let listed = |path: &str| FUNCTIONS.iter().find(|(name, _)| path == format!("/api/{name}")).map(|(_, caller)| *caller);
    let unlisted: Vec<_> = known.iter().filter(|(path, _)| listed(path).is_none()).map(|(path, _)| *path).collect();
    assert!(unlisted.is_empty(), "functions that the list above does not know: {unlisted:?}");
    assert_eq!(known.len(), FUNCTIONS.len(), "the list above knows functions that do not exist");
    for (path, method) in known {
        let caller = listed(path).unwrap();
        for mut person in everybody_again(&portal).await {
            let answer = match method {
                Method::GET => person.browser.get(path).await,
                _ => person.browser.call(path, &[]).await,
            };
            check(path, caller, &person, &answer);
        }
    }
}

/// New sessions for the same people: a function may have ended the old ones.
async fn everybody_again(portal: &Portal) -> Vec<Person> {
    sqlx::query(
        "WITH gone AS (SELECT account_id AS id FROM account_email WHERE address IN ('candidate@example.com', 'bare@example.com')
                       OR address = ANY (SELECT role || '@example.com' FROM account_role))
         UPDATE account_email SET address = gen_random_uuid() || '@example.net' WHERE account_id IN (SELECT id FROM gone)",
    )
    .execute(portal.db())
    .await
    .unwrap();
    everybody(portal).await
}

fn check(path: &str, caller: Caller, person: &Person, answer: &Answer) {
    let who = &person.what;
    let unauthenticated = answer.status == StatusCode::UNAUTHORIZED;
    let forbidden = answer.status == StatusCode::FORBIDDEN;
    if !person.enrolled {
        let open = OPEN_WITHOUT_FACTOR.contains(&path);
        assert_eq!(forbidden, !open, "security.md line 16: {who} at {path}: {} {}", answer.status, answer.text());
        return;
    }
    match caller {
        Caller::Anybody => assert!(!unauthenticated && !forbidden, "{who} at {path}: {}", answer.status),
        Caller::Awaiting => assert!(unauthenticated, "{who} at {path}: {}", answer.status),
        _ if !person.signed_in => assert!(unauthenticated, "{who} at {path}: {}", answer.status),
        Caller::SignedIn => assert!(!unauthenticated, "{who} at {path}: {}", answer.status),
        Caller::Candidate => assert_eq!(forbidden, !person.candidate, "{who} at {path}: {} {}", answer.status, answer.text()),
        Caller::Staff(permission) => {
            let allowed = allows(&person.roles, permission) && person.enrolled;
            assert_eq!(forbidden, !allowed, "{who} at {path}: {} {}", answer.status, answer.text());
        }
    }
}

#[tokio::test]
async fn security_37_what_is_another_candidates_does_not_exist() {
    let portal = Portal::with_demo_data().await;
    let of = |key: &str| certportal::accounts::demo::seeded_account_id(key);
    let texts = |sql: &'static str| {
        let db = portal.db().clone();
        async move { sqlx::query_scalar::<_, String>(sql).fetch_all(&db).await.unwrap() }
    };
    let mut addresses = vec![];
    for reference in texts("SELECT reference FROM appointment WHERE state <> 'held'").await {
        for page in ["", "/reschedule", "/cancel", "/calendar.ics"] {
            addresses.push(format!("/exams/{reference}{page}"));
        }
    }
    addresses.extend(texts("SELECT '/results/' || id FROM exam_result").await);
    addresses.extend(texts("SELECT '/schedule/details/' || id FROM appointment").await);
    addresses.extend(texts("SELECT '/orders/' || number FROM purchase WHERE number IS NOT NULL").await);
    for credential in texts("SELECT public_id FROM credential").await {
        for page in ["", "/certificate-v1.pdf", "/qr.svg"] {
            addresses.push(format!("/credentials/{credential}{page}"));
        }
    }
    assert!(addresses.len() > 10, "the demo has something to look at: {addresses:?}");
    let mut stranger = portal.signed_in(of("nilo")).await;
    assert_eq!(stranger.get("/dashboard").await.status, StatusCode::OK);
    for address in addresses {
        let answer = stranger.get(&address).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{address}");
    }
}

#[tokio::test]
async fn security_39_a_role_taken_away_acts_on_the_next_request() {
    let portal = Portal::new().await;
    let id = portal.account("auditor@example.com", "Avery", "Auditor", &["auditor"]).await;
    let mut browser = portal.signed_in(id).await;
    assert_eq!(browser.get("/staff/audit").await.status, StatusCode::OK);
    sqlx::query("DELETE FROM account_role WHERE account_id = $1").bind(id).execute(portal.db()).await.unwrap();
    assert_eq!(browser.get("/staff/audit").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn security_76_a_refused_access_is_in_the_audit_log() {
    let portal = Portal::new().await;
    let id = portal.account("proctor@example.com", "Parker", "Proctor", &["proctor"]).await;
    let mut browser = portal.signed_in(id).await;
    browser.get("/staff/audit").await;
    browser.call("/api/staff/disable_account", &[("account", &Uuid::nil().to_string()), ("reason", "x")]).await;
    let refused: Vec<(Option<AccountId>, String)> =
        sqlx::query_as("SELECT actor_id, subject FROM audit_event WHERE action = 'access.refused' AND outcome = 'refused' ORDER BY id")
            .fetch_all(portal.db())
            .await
            .unwrap();
    assert_eq!(refused, [(Some(id), "/staff/audit".to_owned()), (Some(id), "/api/staff/disable_account".to_owned())]);
}

#[tokio::test]
async fn security_16_without_a_factor_no_file_and_no_form_is_open_to_staff_either() {
    let portal = Portal::with_demo_data().await;
    for open in OPEN_WITHOUT_FACTOR {
        assert!(FUNCTIONS.iter().any(|(name, _)| *open == format!("/api/{name}")), "{open} does not exist");
    }
    let id = portal.account("bare@example.com", "Sam", "Bare", &["administrator"]).await;
    // A candidate as well: what is a candidate's is closed to them too.
    sqlx::query("UPDATE account SET totp_secret = NULL, candidate_id = 'CP0A1B2C3D' WHERE id = $1")
        .bind(id)
        .execute(portal.db())
        .await
        .unwrap();
    let mut browser = portal.signed_in(id).await;
    for file in
        ["/staff/audit.csv", "/staff/results/example.csv", "/account/data/download/x", "/exams/NL1/calendar.ics", "/credentials/x/qr.svg"]
    {
        let answer = browser.get(file).await;
        // A file whose address could be a page's is answered like one.
        let closed = answer.status == StatusCode::FORBIDDEN || answer.location().starts_with("/account/security/totp?next=");
        assert!(closed, "{file}: {}", answer.status);
    }
    let codes = browser.post("/account/security/backup-codes.txt", "application/x-www-form-urlencoded", vec![]).await;
    assert_eq!(codes.status, StatusCode::FORBIDDEN);
    for public in ["/programme.css", "/robots.txt", "/mailbox.json", "/", "/certifications"] {
        assert_eq!(browser.get(public).await.status, StatusCode::OK, "{public}");
    }
    let uploaded = browser.upload("/staff/results/import", "file", "results.csv", b"x").await;
    assert!(uploaded.location().starts_with("/account/security/totp?next="), "{}", uploaded.status);
    // A form is sent from a page that is open, for what is not.
    let fields = [("given_name", "Eve"), ("family_name", "Other")];
    for page in ["/", "/account/security/totp", "/account/edit"] {
        let answer = browser.post_form(page, "/api/accounts/change_profile", &fields).await;
        assert!(answer.location().starts_with("/account/security/totp?next="), "{page}: {}", answer.status);
    }
    let name: String = sqlx::query_scalar("SELECT given_name FROM account WHERE id = $1").bind(id).fetch_one(portal.db()).await.unwrap();
    assert_eq!(name, "Sam");
    assert_eq!(browser.get("/account/security/totp?lang=es").await.status, StatusCode::OK);
    assert_eq!(browser.post_form("/account/security/totp", "/api/accounts/logout", &[]).await.location(), "/login?done=logout");
}
