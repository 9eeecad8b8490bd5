//! Staff act as a candidate: what is open, what stays with the candidate, who is told, and how it ends (security.md line 42).

use crate::support::portal::{Answer, Browser};
use crate::support::{Portal, Shop};
use axum::http::{Method, StatusCode};
use certportal::accounts::demo::seeded_account_id;
use certportal::app::PAGES;
use certportal::ids::{AccountId, AppointmentId, PurchaseId};
use certportal::scheduling::service::confirm_booking;
use certportal::server::audit::verify;
use certportal::server::http::permissions::{Permission, Role, allows};
use chrono::TimeDelta;
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::{Cursor, Read};
use uuid::Uuid;

const START: &str = "/api/staff/start_acting";
const STOP: &str = "/api/staff/stop_acting";
const REASON: &str = "Cannot find another date, asked by phone";
const EXAM: &str = "CLF-C02";
const SLOT: &str = "2026-12-02T08:00:00Z";
const LATER_SLOT: &str = "2026-12-03T08:00:00Z";

/// A portal with a candidate, Amara, and a support agent, Robin.
struct Desk {
    portal: Portal,
    amara: AccountId,
    robin: AccountId,
}

impl Desk {
    async fn new() -> Self {
        Self::on(crate::accounts::portal().await).await
    }

    /// With exams, centres and prices.
    async fn with_exams() -> Self {
        Self::on(Portal::with_demo_data().await).await
    }

    async fn on(portal: Portal) -> Self {
        let amara = portal.account("amara@example.com", "Amara", "Okafor", &[]).await;
        let robin = portal.account("robin@example.com", "Robin", "Answers", &["support_agent"]).await;
        Self { portal, amara, robin }
    }

    async fn ask(&self, browser: &mut Browser, account: AccountId, reason: &str) -> Answer {
        let id = account.to_string();
        browser.post_form(&format!("/staff/accounts/{id}/act"), START, &[("account", &id), ("reason", reason)]).await
    }

    /// Robin, who acts for Amara.
    async fn acting(&self) -> Browser {
        let mut browser = self.portal.signed_in(self.robin).await;
        let answer = self.ask(&mut browser, self.amara, REASON).await;
        assert_eq!(answer.location(), "/dashboard", "{}", answer.words());
        browser
    }

    /// Which of the events since the start of an acting are whose: `(action, actor, on_behalf_of, outcome)`.
    async fn log(&self) -> Vec<(String, Option<AccountId>, Option<AccountId>, String)> {
        sqlx::query_as("SELECT action, actor_id, on_behalf_of, outcome FROM audit_event ORDER BY id")
            .fetch_all(self.portal.db())
            .await
            .unwrap()
    }

    /// Why each acting ended, in the order of their starts.
    async fn ends(&self) -> Vec<Option<String>> {
        sqlx::query_scalar("SELECT ended_by FROM acting ORDER BY started_at").fetch_all(self.portal.db()).await.unwrap()
    }

    /// What the log says of ends: why, and whether a person did it.
    async fn logged_ends(&self) -> Vec<(String, bool)> {
        sqlx::query_as("SELECT detail->>'by', actor_id IS NOT NULL FROM audit_event WHERE action = 'staff.acting_ended' ORDER BY id")
            .fetch_all(self.portal.db())
            .await
            .unwrap()
    }

    async fn run(&self, statement: &'static str, account: AccountId) {
        sqlx::query(statement).bind(account).execute(self.portal.db()).await.unwrap();
    }

    async fn count(&self, what: &'static str) -> i64 {
        sqlx::query_scalar(what).fetch_one(self.portal.db()).await.unwrap()
    }
}

/// Sends a page's form as the page made it: with the field that says for which acting.
async fn send(browser: &mut Browser, page: &str, function: &str, fields: &[(&str, &str)]) -> Answer {
    let made_for = browser.get(page).await.hidden("__acting");
    let fields: Vec<(&str, &str)> = fields.iter().copied().chain([("__acting", made_for.as_str())]).collect();
    browser.post_form(page, function, &fields).await
}

fn says_it_stays(answer: &Answer) -> bool {
    answer.status == StatusCode::FORBIDDEN && answer.words().contains("This stays with the candidate") && answer.text().contains(STOP)
}

/// A path of a pattern, its parameters filled with what nobody has.
fn filled(pattern: &str) -> String {
    let nobody = Uuid::from_u128(7).to_string();
    pattern.split('/').map(|part| if part.starts_with(':') { nobody.as_str() } else { part }).collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn security_42_it_takes_the_permission_a_reason_and_a_fresh_proof() {
    let desk = Desk::new().await;
    let (portal, page) = (&desk.portal, format!("/staff/accounts/{}/act", desk.amara));
    for role in Role::ALL {
        let id = portal.account(&format!("{}@example.com", role.as_str()), "Sam", "Staff", &[role.as_str()]).await;
        let mut browser = portal.signed_in(id).await;
        let answer = browser.call(START, &[("account", &desk.amara.to_string()), ("reason", REASON)]).await;
        let expected = if allows(&[*role], Permission::ActForCandidates) { StatusCode::OK } else { StatusCode::FORBIDDEN };
        assert_eq!(answer.status, expected, "{role:?}: {}", answer.text());
    }
    assert!(allows(&[Role::SupportAgent], Permission::ActForCandidates) && !allows(&[Role::Auditor], Permission::ActForCandidates));
    let before = desk.count("SELECT count(*) FROM acting").await;
    assert_eq!(before, 2, "support agents and administrators");

    let mut robin = portal.signed_in(desk.robin).await;
    let words = robin.get(&page).await.words();
    assert!(words.contains("Act for this candidate") && words.contains("The candidate reads it"), "{words}");
    for (reason, expected) in [("  ", "Reason: Fill in this field"), (&"x".repeat(501), "500")] {
        let answer = desk.ask(&mut robin, desk.amara, reason).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.words().contains(expected), "{}", answer.words());
    }
    portal.later(TimeDelta::minutes(11));
    assert!(robin.get(&page).await.location().starts_with("/account/confirm?next="));
    assert!(desk.ask(&mut robin, desk.amara, REASON).await.location().starts_with("/account/confirm?next="));
    assert_eq!(desk.count("SELECT count(*) FROM acting").await, before);
    assert!(portal.mails("amara@example.com").await.iter().filter(|mail| mail.template == "accounts.acted_for").count() == 2);
}

#[tokio::test]
async fn security_42_staff_closed_accounts_and_oneself_are_not_acted_for() {
    let desk = Desk::new().await;
    let portal = &desk.portal;
    let staff = portal.account("avery@example.com", "Avery", "Auditor", &["auditor"]).await;
    // Staff who are candidates as well are staff.
    let both = portal.account("both@example.com", "Bo", "Both", &[]).await;
    desk.run("INSERT INTO account_role (account_id, role, granted_at) SELECT id, 'proctor', created_at FROM account WHERE id = $1", both)
        .await;
    let disabled = portal.account("gone@example.com", "Gone", "Away", &[]).await;
    desk.run("UPDATE account SET disabled_at = created_at WHERE id = $1", disabled).await;
    let merged = portal.account("merged@example.com", "Mer", "Ged", &[]).await;
    sqlx::query("UPDATE account SET disabled_at = created_at, merged_into = $2 WHERE id = $1")
        .bind(merged)
        .bind(desk.amara)
        .execute(portal.db())
        .await
        .unwrap();
    desk.run("UPDATE account SET candidate_id = 'CP00000000' WHERE id = $1", desk.robin).await;
    let mut robin = portal.signed_in(desk.robin).await;
    for account in [staff, both, disabled, merged, desk.robin] {
        assert_eq!(robin.get(&format!("/staff/accounts/{account}/act")).await.status, StatusCode::NOT_FOUND, "not offered");
        assert!(!robin.get(&format!("/staff/accounts/{account}")).await.words().contains("Act for this candidate"));
        let answer = robin.call(START, &[("account", &account.to_string()), ("reason", REASON)]).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{account}: {}", answer.text());
    }
    let answer = robin.call(START, &[("account", &Uuid::nil().to_string()), ("reason", REASON)]).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(desk.count("SELECT count(*) FROM acting").await, 0);
    assert_eq!(desk.count("SELECT count(*) FROM audit_event WHERE action = 'staff.acting_started' AND outcome = 'refused'").await, 4);
    // The database says so too.
    let own = sqlx::query(
        "INSERT INTO acting (id, session_id, staff_id, account_id, reason, started_at, ends_at)
         SELECT gen_random_uuid(), id, account_id, account_id, 'x', created_at, created_at + interval '1 minute' FROM session WHERE account_id = $1",
    );
    let error = own.bind(desk.robin).execute(portal.db()).await.expect_err("oneself");
    assert_eq!(error.as_database_error().and_then(|error| error.constraint()), Some("acting_for_another"));
}

#[tokio::test]
async fn security_28_42_the_cookie_changes_at_start_and_end_and_nothing_is_proved_by_it() {
    let desk = Desk::new().await;
    let portal = &desk.portal;
    let mut robin = portal.signed_in(desk.robin).await;
    let old = |browser: &Browser| {
        let mut old = portal.browser();
        old.set_cookie("__Host-session", browser.cookie("__Host-session").unwrap());
        old
    };
    let mut before = old(&robin);
    desk.ask(&mut robin, desk.amara, REASON).await;
    assert_eq!(before.get("/staff").await.location(), "/login?next=%2Fstaff");
    assert_eq!(robin.get("/dashboard").await.status, StatusCode::OK);
    let mut meanwhile = old(&robin);
    portal.later(TimeDelta::minutes(11));
    let answer = robin.post_form("/exams", STOP, &[]).await;
    assert_eq!(answer.location(), format!("/staff/accounts/{}?done=acting_stopped", desk.amara));
    assert!(robin.get(answer.location()).await.words().contains("You act for nobody any more"));
    assert_eq!(meanwhile.get("/dashboard").await.location(), "/login?next=%2Fdashboard");
    // Stopping is no proof of who somebody is.
    let page = format!("/staff/accounts/{}/act", desk.amara);
    assert!(robin.get(&page).await.location().starts_with("/account/confirm"));
    // A second click finds nothing to stop.
    assert_eq!(robin.post_form("/staff", STOP, &[]).await.location(), "/staff");
    assert_eq!(desk.ends().await, [Some("stopped".to_owned())]);
    assert_eq!(desk.logged_ends().await, [("stopped".to_owned(), true)]);
}

/// Open while acting, written down a second time: whoever opens more has to say so here as well.
const OPEN_PAGES: &[&str] = &[
    "/",
    "/certifications",
    "/certifications/:slug",
    "/verify",
    "/verify/:public_id",
    "/dashboard",
    "/account",
    "/exams",
    "/exams/:reference",
    "/exams/:reference/reschedule",
    "/exams/:reference/cancel",
    "/schedule/details/:appointment_id",
    "/schedule/:exam_code",
    "/schedule/:exam_code/centers",
    "/schedule/:exam_code/times",
    "/cart",
    "/orders",
    "/orders/:number",
    "/checkout/confirmation/:number",
    "/results",
    "/results/:id",
    "/credentials",
    "/credentials/:public_id",
    "/mailbox",
    "/mailbox/:id",
    "/_ui",
];

const OPEN_FUNCTIONS: &[&str] = &[
    "scheduling/places",
    "scheduling/start",
    "scheduling/hold",
    "scheduling/details",
    "scheduling/reschedule",
    "scheduling/let_go",
    "scheduling/cancel",
    "checkout/remove_item",
    "staff/stop_acting",
    "accounts/logout",
];

#[tokio::test]
async fn security_42_every_page_says_who_acts_for_whom_and_those_not_listed_are_closed() {
    let desk = Desk::with_exams().await;
    let mut robin = desk.acting().await;
    let mut open = BTreeSet::new();
    for (pattern, _) in PAGES {
        let answer = robin.get(&filled(pattern)).await;
        assert!(answer.location().is_empty(), "{pattern} leads away to {}", answer.location());
        let words = answer.words();
        for said in [
            "You act for Amara Okafor",
            "Robin Answers",
            "until 10:30 AM CET (UTC+1) at the latest",
            "Stop acting",
            "Acting for Amara Okafor: ",
        ] {
            assert!(words.contains(said), "{pattern} does not say {said}: {words}");
        }
        assert_eq!(answer.text().matches("class=\"acting\"").count(), 1, "{pattern}");
        if !says_it_stays(&answer) {
            open.insert(*pattern);
        }
    }
    assert_eq!(open, OPEN_PAGES.iter().copied().collect());
    // Files and other plain routes.
    for closed in [
        "/account/data/download/00000000-0000-0000-0000-000000000000",
        "/account/security/backup-codes.txt",
        "/staff/audit.csv",
        "/staff/results/example.csv",
        "/.well-known/change-password",
        "/staff/nothing",
        "/%73taff",
        "/nothing-like-it",
    ] {
        assert!(says_it_stays(&robin.get(closed).await), "{closed}");
    }
    for page in ["/account/security/backup-codes.txt", "/staff/results/import", "/account/edit"] {
        assert_eq!(
            robin.post(page, "application/x-www-form-urlencoded", b"codes=x".to_vec()).await.status,
            StatusCode::FORBIDDEN,
            "{page}"
        );
        assert_eq!(robin.upload(page, "file", "x.csv", b"x").await.status, StatusCode::FORBIDDEN, "{page}");
    }
    for open in ["/programme.css", "/robots.txt", "/sitemap.xml", "/.well-known/security.txt", "/mailbox.json"] {
        assert_eq!(robin.get(open).await.status, StatusCode::OK, "{open}");
    }
}

#[tokio::test]
async fn security_42_functions_that_are_not_listed_are_closed_from_every_page() {
    let desk = Desk::with_exams().await;
    let mut robin = desk.acting().await;
    let person = "SELECT coalesce(md5(string_agg(t::text, '' ORDER BY t::text)), '') FROM (
                      SELECT to_jsonb(a) FROM account a UNION ALL SELECT to_jsonb(e) FROM account_email e
                      UNION ALL SELECT to_jsonb(p) FROM passkey p UNION ALL SELECT to_jsonb(b) FROM backup_code b
                      UNION ALL SELECT to_jsonb(d) FROM trusted_device d UNION ALL SELECT to_jsonb(r) FROM account_role r
                      UNION ALL SELECT to_jsonb(n) FROM notice_choice n UNION ALL SELECT to_jsonb(u) FROM account_nudge u
                      UNION ALL SELECT to_jsonb(g) FROM agreement_acceptance g UNION ALL SELECT to_jsonb(c) FROM guardian_consent c
                      UNION ALL SELECT to_jsonb(x) FROM data_export x UNION ALL SELECT to_jsonb(y) FROM account_erasure y
                      UNION ALL SELECT to_jsonb(m) FROM account_merge m UNION ALL SELECT to_jsonb(o) FROM purchase o) t";
    let snapshot = || async { sqlx::query_scalar::<_, String>(person).fetch_one(desk.portal.db()).await.unwrap() };
    let before = snapshot().await;
    let typed = [
        ("current_password", "x"),
        ("password", "Harbor-Lantern-99"),
        ("email", "evil@example.com"),
        ("given_name", "Evil"),
        ("phone", "+4915112345678"),
        ("nudge", "second_address"),
        ("agreement", "on"),
        ("version", "v1"),
        ("confirmation", "amara@example.com"),
        ("credentials", "keep"),
    ];
    let mut open = BTreeSet::new();
    let mut known: Vec<_> = leptos::server_fn::axum::server_fn_paths().collect();
    known.sort_by_key(|(path, _)| *path);
    for (path, method) in known {
        let name = path.trim_start_matches("/api/");
        if ["staff/stop_acting", "accounts/logout"].contains(&name) {
            open.insert(name);
            continue;
        }
        let answer = if method == Method::GET { robin.get(path).await } else { robin.call(path, &typed).await };
        if answer.status != StatusCode::FORBIDDEN {
            open.insert(name);
            continue;
        }
        // From an open page's form, and from a closed one's.
        if method != Method::GET {
            let answer = send(&mut robin, "/dashboard", path, &typed).await;
            assert!(says_it_stays(&answer), "{path} from the overview: {} {}", answer.status, answer.words());
            let answer = send(&mut robin, "/account/security", path, &typed).await;
            assert!(says_it_stays(&answer), "{path} from its page: {} {}", answer.status, answer.words());
        }
    }
    assert_eq!(open, OPEN_FUNCTIONS.iter().copied().collect());
    // What is open is not open from a page that is closed: the answer would show it.
    for function in ["/api/scheduling/hold", "/api/scheduling/cancel"] {
        assert!(says_it_stays(&send(&mut robin, "/account/security", function, &[]).await), "{function}");
    }
    assert_eq!(snapshot().await, before, "nothing of any account has changed");
    // The ways out work there.
    assert!(robin.post_form("/account/security", STOP, &[]).await.location().starts_with("/staff/accounts/"));
}

/// Fields of a form for a time at the demo's centre in Berlin.
fn time<'a>(slot: &'a str, replaces: &'a str) -> [(&'a str, &'a str); 5] {
    [("exam", EXAM), ("language", "en"), ("center", "DE-BER-01"), ("slot", slot), ("replaces", replaces)]
}

/// Holds a time and gives the details, up to the cart; gives the hold.
async fn into_the_cart(browser: &mut Browser) -> AppointmentId {
    let page = format!("/schedule/{EXAM}");
    let answer = send(browser, &page, "/api/scheduling/hold", &time(SLOT, "")).await;
    let details = answer.location().to_owned();
    assert!(details.starts_with("/schedule/details/"), "{} {}", answer.status, answer.words());
    let id = details.rsplit('/').next().unwrap().to_owned();
    let fields = [
        ("appointment", id.as_str()),
        ("given_name", "Amara"),
        ("family_name", "Okafor"),
        ("dob-day", "27"),
        ("dob-month", "3"),
        ("dob-year", "1994"),
        ("accept", "on"),
    ];
    let answer = send(browser, &details, "/api/scheduling/details", &fields).await;
    assert_eq!(answer.location(), "/cart", "{}", answer.words());
    id.parse().unwrap()
}

#[tokio::test]
async fn security_42_paying_stays_with_the_candidate() {
    let desk = Desk::with_exams().await;
    let mut robin = desk.acting().await;
    into_the_cart(&mut robin).await;
    assert!(robin.get("/cart").await.words().contains("$"));
    let page = robin.get("/checkout").await;
    assert!(says_it_stays(&page) && page.words().contains("Paying stays with them"), "{}", page.words());
    let purchase: PurchaseId =
        sqlx::query_scalar("SELECT id FROM purchase WHERE account_id = $1").bind(desk.amara).fetch_one(desk.portal.db()).await.unwrap();
    // Amara's own page tells what was reviewed: even with that it is refused.
    let mut amara = desk.portal.signed_in(desk.amara).await;
    let reviewed = amara.get("/checkout").await.hidden("reviewed");
    let fields = [("purchase", purchase.to_string()), ("reviewed", reviewed)];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    for page in ["/cart", "/checkout"] {
        assert!(says_it_stays(&send(&mut robin, page, "/api/checkout/pay", &fields).await), "{page}");
    }
    assert_eq!(robin.call("/api/checkout/pay", &fields).await.status, StatusCode::FORBIDDEN);
    let paid: i64 =
        sqlx::query_scalar("SELECT count(*) FROM payment WHERE purchase_id = $1").bind(purchase).fetch_one(desk.portal.db()).await.unwrap();
    assert_eq!(paid, 0);
    // The candidate can, with the seat that was held for them.
    let answer = amara.post_form("/checkout", "/api/checkout/pay", &fields).await;
    let hosted = answer.location().to_owned();
    assert!(hosted.starts_with("/sandbox-pay/"), "{}", answer.words());
    assert!(says_it_stays(&robin.get(&hosted).await));
    let number: String =
        sqlx::query_scalar("SELECT number FROM purchase WHERE id = $1").bind(purchase).fetch_one(desk.portal.db()).await.unwrap();
    assert!(says_it_stays(&robin.get(&format!("/checkout/return/{number}")).await));
    assert_eq!(robin.get(&format!("/orders/{number}")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn security_42_76_all_that_is_done_names_both_and_the_candidate_is_told() {
    let desk = Desk::with_exams().await;
    let portal = &desk.portal;
    desk.run("UPDATE account SET phone = '+4915112345678', phone_verified_at = created_at WHERE id = $1", desk.amara).await;
    // Switched off, whatever can be.
    for kind in ["reminders", "results"] {
        sqlx::query("INSERT INTO notice_choice (account_id, kind, channel, wanted, changed_at) VALUES ($1, $2, 'mail', false, $3)")
            .bind(desk.amara)
            .bind(kind)
            .bind(portal.clock.now())
            .execute(portal.db())
            .await
            .unwrap();
    }
    let mut robin = desk.acting().await;
    let id = into_the_cart(&mut robin).await;
    let mut tx = portal.db().begin().await.unwrap();
    confirm_booking(&mut tx, &portal.state, id).await.unwrap();
    tx.commit().await.unwrap();
    let reference: String =
        sqlx::query_scalar("SELECT reference FROM appointment WHERE id = $1").bind(id).fetch_one(portal.db()).await.unwrap();
    let answer = send(&mut robin, &format!("/exams/{reference}"), "/api/scheduling/hold", &time(LATER_SLOT, &reference)).await;
    let hold = answer.location().rsplit('/').next().unwrap().to_owned();
    let answer = send(&mut robin, answer.location(), "/api/scheduling/reschedule", &[("appointment", &hold)]).await;
    assert_eq!(answer.location(), format!("/exams/{reference}?done=moved"), "{}", answer.words());
    let answer = send(&mut robin, &format!("/exams/{reference}/cancel"), "/api/scheduling/cancel", &[("reference", &reference)]).await;
    assert_eq!(answer.location(), format!("/exams/{reference}?done=cancelled"), "{}", answer.words());
    robin.get("/account/security").await;
    robin.get("/exams?q=Rosewood").await;
    robin.post_form("/exams", STOP, &[]).await;

    let log = desk.log().await;
    let from = log.iter().position(|(action, ..)| action == "staff.acting_started").unwrap();
    assert_eq!((log[from].1, log[from].2), (Some(desk.robin), None));
    let meanwhile = &log[from + 1..];
    for (action, actor, on_behalf_of, _) in meanwhile {
        assert_eq!((*actor, *on_behalf_of), (Some(desk.robin), Some(desk.amara)), "{action}");
    }
    let actions: BTreeSet<(&str, &str)> = meanwhile.iter().map(|(action, .., outcome)| (action.as_str(), outcome.as_str())).collect();
    for expected in [
        ("staff.acting_page_read", "done"),
        ("appointment.hold", "done"),
        ("appointment.details", "done"),
        ("appointment.reschedule", "done"),
        ("appointment.cancel", "done"),
        ("access.refused", "refused"),
        ("staff.acting_ended", "done"),
    ] {
        assert!(actions.contains(&expected), "{expected:?} in {actions:?}");
    }
    let paths: Vec<String> =
        sqlx::query_scalar("SELECT detail->>'path' FROM audit_event WHERE action = 'staff.acting_page_read' AND subject = $1")
            .bind(desk.amara.to_string())
            .fetch_all(portal.db())
            .await
            .unwrap();
    assert!(paths.contains(&format!("/exams/{reference}/cancel")) && paths.contains(&"/exams".to_owned()), "{paths:?}");
    assert!(!paths.iter().any(|path| path.contains("Rosewood")), "what was searched for is not in the log");
    portal.later(TimeDelta::seconds(5));
    portal.run_jobs().await;
    assert_eq!(verify(&portal.state).await.unwrap().broken, None);
    let by_robin: Vec<String> = sqlx::query_scalar("SELECT kind FROM appointment_event WHERE actor_id = $1 ORDER BY id")
        .bind(desk.robin)
        .fetch_all(portal.db())
        .await
        .unwrap();
    assert_eq!(by_robin, ["held", "held", "rescheduled", "cancelled"], "the appointments' own history says who it was");

    // Mail and text message, at the start.
    let mail = portal.mails("amara@example.com").await.into_iter().find(|mail| mail.template == "accounts.acted_for").expect("a mail");
    assert_eq!(mail.subject, "Our staff act for you in the portal");
    for said in [REASON, "10:30 AM CET (UTC+1)", "They cannot pay", "/account/activity"] {
        assert!(mail.body_text.contains(said) && mail.body_html.contains(said), "{said} in {}", mail.body_text);
    }
    for secret in ["Robin", "From:"] {
        assert!(!mail.body_text.contains(secret), "{secret} is the staff's own business: {}", mail.body_text);
    }
    let texts = portal.texts("+4915112345678").await;
    assert!(texts.len() == 1 && texts[0].contains("Our staff act for you") && !texts[0].contains(REASON), "{texts:?}");

    // The activity log says it to the candidate, and not to the agent as if it were their own.
    let words = portal.signed_in(desk.amara).await.get("/account/activity").await.words();
    for said in [
        "Our staff began to act for you",
        &format!("Reason: {REASON}"),
        "Time for an exam held",
        "Appointment moved",
        "Appointment cancelled",
        "by our staff, for you",
        "Our staff stopped acting for you",
    ] {
        assert!(words.contains(said), "{said} is missing in {words}");
    }
    assert!(!words.contains("Robin") && !words.contains("127.0.0.1"), "{words}");
    let own = portal.signed_in(desk.robin).await.get("/account/activity").await.words();
    assert!(!own.contains("Appointment") && !own.contains("Our staff"), "{own}");
    // Who reads the audit log sees both names.
    let auditor = portal.account("avery@example.com", "Avery", "Auditor", &["auditor"]).await;
    let mut avery = portal.signed_in(auditor).await;
    let words = avery.get("/staff/audit?action=appointment.cancel").await.words();
    assert!(words.contains("Robin Answers") && words.contains("for Amara Okafor"), "{words}");
    let file = avery.get("/staff/audit.csv?action=appointment.cancel").await.text();
    assert!(file.lines().next().unwrap().ends_with(",on_behalf_of,note") && file.contains(&desk.amara.to_string()), "{file}");
}

#[tokio::test]
async fn security_42_it_ends_after_half_an_hour_and_nothing_is_done_in_the_other_name() {
    let desk = Desk::with_exams().await;
    let portal = &desk.portal;
    // The worst case: an agent who is a candidate too, and whose form would fit their own account.
    desk.run("UPDATE account SET candidate_id = 'CP00000000' WHERE id = $1", desk.robin).await;
    let mut robin = desk.acting().await;
    let cookie = robin.cookie("__Host-session").unwrap().to_owned();
    let page = robin.get(&format!("/schedule/{EXAM}")).await;
    let made_for = page.hidden("__acting");
    portal.later(TimeDelta::minutes(30) - TimeDelta::seconds(1));
    assert_eq!(robin.get("/exams").await.status, StatusCode::OK);
    portal.later(TimeDelta::seconds(1));
    let mut fields = time(SLOT, "").to_vec();
    fields.push(("__acting", &made_for));
    let answer = robin.post_form(&format!("/schedule/{EXAM}"), "/api/scheduling/hold", &fields).await;
    assert_eq!(answer.location(), format!("/staff/accounts/{}?done=acting_over", desk.amara), "{}", answer.words());
    assert_ne!(robin.cookie("__Host-session").unwrap(), cookie, "another cookie");
    assert!(robin.get(answer.location()).await.words().contains("Acting for this candidate is over"));
    // The tab that is still open: neither hers nor his.
    let answer = robin.post_form(&format!("/schedule/{EXAM}"), "/api/scheduling/hold", &fields).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.words().contains("before you began or stopped acting"), "{}", answer.words());
    assert_eq!(desk.count("SELECT count(*) FROM appointment WHERE state = 'held'").await, 0);
    assert_eq!(desk.ends().await, [Some("time".to_owned())]);
    assert_eq!(desk.logged_ends().await, [("time".to_owned(), false)]);
    // And the other way round: a page from before the start.
    let mut robin = portal.signed_in(desk.robin).await;
    desk.ask(&mut robin, desk.amara, REASON).await;
    let answer = robin.post_form(&format!("/schedule/{EXAM}"), "/api/scheduling/hold", &time(SLOT, "")).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.words());
    // A program that calls at the end is refused, and does not act for the agent either.
    portal.later(TimeDelta::minutes(30));
    assert_eq!(robin.call("/api/scheduling/hold", &time(SLOT, "")).await.status, StatusCode::FORBIDDEN);
    assert_eq!(desk.count("SELECT count(*) FROM appointment WHERE state = 'held'").await, 0);
}

#[tokio::test]
async fn security_39_42_it_ends_at_once_with_the_role_the_account_or_the_candidates_account() {
    for (change, whose, why, to) in [
        ("DELETE FROM account_role WHERE account_id = $1", "robin", "role", "/"),
        ("UPDATE account SET totp_secret = NULL WHERE id = $1", "robin", "role", "/"),
        ("UPDATE account SET disabled_at = created_at WHERE id = $1", "robin", "session", "/login?next=%2Fexams"),
        ("UPDATE session SET ended_at = created_at WHERE account_id = $1", "robin", "session", "/login?next=%2Fexams"),
        ("UPDATE account SET disabled_at = created_at WHERE id = $1", "amara", "candidate", "account"),
        (
            "INSERT INTO account_role (account_id, role, granted_at) SELECT id, 'proctor', created_at FROM account WHERE id = $1",
            "amara",
            "candidate",
            "account",
        ),
    ] {
        let desk = Desk::new().await;
        let mut robin = desk.acting().await;
        let mut other = portal_tab(&desk, &robin);
        assert_eq!(robin.get("/exams").await.status, StatusCode::OK);
        desk.run(change, if whose == "robin" { desk.robin } else { desk.amara }).await;
        let answer = robin.get("/exams").await;
        let expected = if to == "account" { format!("/staff/accounts/{}?done=acting_over", desk.amara) } else { to.to_owned() };
        assert_eq!(answer.location(), expected, "{change}: {} {}", answer.status, answer.words());
        assert!(!answer.words().contains("You act for"));
        assert!(!other.get("/exams").await.words().contains("You act for"));
        // What no request can find any more, the worker does.
        desk.portal.later(TimeDelta::minutes(1));
        desk.portal.run_jobs().await;
        assert_eq!(desk.ends().await, [Some(why.to_owned())], "{change}");
        assert_eq!(desk.logged_ends().await, [(why.to_owned(), false)], "{change}");
    }
}

/// Another tab of the same browser, with its cookies of now.
fn portal_tab(desk: &Desk, browser: &Browser) -> Browser {
    let mut tab = desk.portal.browser();
    tab.set_cookie("__Host-session", browser.cookie("__Host-session").unwrap());
    tab
}

#[tokio::test]
async fn security_42_an_account_that_goes_takes_the_acting_with_it() {
    let desk = Desk::new().await;
    let portal = &desk.portal;
    sqlx::query(
        "INSERT INTO account_erasure (id, account_id, credentials, requested_at, due_at) VALUES (gen_random_uuid(), $1, 'withhold_name', $2, $3)",
    )
    .bind(desk.amara)
    .bind(portal.clock.now() - TimeDelta::days(30))
    .bind(portal.clock.now() + TimeDelta::minutes(5))
    .execute(portal.db())
    .await
    .unwrap();
    let mut robin = desk.acting().await;
    let made_for = robin.get("/dashboard").await.hidden("__acting");
    portal.later(TimeDelta::minutes(16));
    portal.run_jobs().await;
    assert_eq!(desk.count("SELECT count(*) FROM acting").await, 0, "erased, reason and all");
    assert_eq!(desk.logged_ends().await, [("candidate".to_owned(), false)]);
    // Robin is Robin again, and what stands in the open tab is not sent in Robin's name.
    assert_eq!(robin.get("/staff").await.status, StatusCode::OK);
    let answer = robin.post_form("/account", "/api/accounts/dismiss_nudge", &[("nudge", "password"), ("__acting", &made_for)]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.words());
}

#[tokio::test]
async fn security_34_42_signing_out_ends_everything_and_the_candidates_own_sessions_are_left_alone() {
    let desk = Desk::new().await;
    let portal = &desk.portal;
    let mut amara = portal.signed_in(desk.amara).await;
    let sessions = "SELECT md5(string_agg(s::text, '' ORDER BY id)) FROM session s WHERE account_id = $1";
    let snapshot = || async { sqlx::query_scalar::<_, String>(sessions).bind(desk.amara).fetch_one(portal.db()).await.unwrap() };
    let before = snapshot().await;
    let mut robin = desk.acting().await;
    portal.later(TimeDelta::minutes(5));
    let page = robin.get("/dashboard").await;
    assert!(page.words().contains("Signed in: Robin Answers") && page.words().contains("For Amara Okafor"), "{}", page.words());
    assert_eq!(robin.post_form("/checkout", "/api/accounts/logout", &[]).await.location(), "/login?done=logout");
    assert_eq!(robin.get("/dashboard").await.location(), "/login?next=%2Fdashboard");
    assert_eq!(snapshot().await, before, "not used, not ended, not proved");
    assert_eq!(desk.ends().await, [Some("signed_out".to_owned())]);
    let log = desk.log().await;
    let [(first, _, for_amara, _), (second, by, for_nobody, _)] = &log[log.len() - 2..] else { panic!("{log:?}") };
    assert_eq!((first.as_str(), *for_amara), ("staff.acting_ended", Some(desk.amara)));
    assert_eq!((second.as_str(), *by, *for_nobody), ("account.logout", Some(desk.robin), None));
    let words = amara.get("/account/activity").await.words();
    assert!(!words.contains("Signed out"), "the agent's, not hers: {words}");
}

#[tokio::test]
async fn the_words_are_the_agents_and_the_times_the_candidates() {
    let desk = Desk::new().await;
    desk.run("UPDATE account SET language = 'es', time_zone = 'Europe/Madrid' WHERE id = $1", desk.robin).await;
    desk.run("UPDATE account SET language = 'en', time_zone = 'Asia/Kolkata' WHERE id = $1", desk.amara).await;
    let mut robin = desk.acting().await;
    let words = robin.get("/exams").await.words();
    assert!(words.contains("Actúa en nombre de Amara Okafor") && words.contains("hasta las 15:00 IST (UTC+5:30)"), "{words}");
    let mail = desk.portal.mails("amara@example.com").await.pop().unwrap();
    assert!(mail.subject.starts_with("Our staff"), "the candidate's language: {}", mail.subject);
}

#[tokio::test]
async fn of_two_clicks_at_once_one_begins() {
    let desk = Desk::new().await;
    let robin = desk.portal.signed_in(desk.robin).await;
    let (mut one, mut two) = (portal_tab(&desk, &robin), portal_tab(&desk, &robin));
    let (first, second) = tokio::join!(desk.ask(&mut one, desk.amara, REASON), desk.ask(&mut two, desk.amara, REASON));
    let begun = [&first, &second].iter().filter(|answer| answer.location() == "/dashboard").count();
    assert_eq!(begun, 1, "{} {} / {} {}", first.status, first.location(), second.status, second.location());
    assert_eq!(desk.count("SELECT count(*) FROM acting").await, 1);
    assert_eq!(desk.portal.mails("amara@example.com").await.len(), 1);
}

#[tokio::test]
async fn security_35_42_a_cancellation_while_acting_is_the_candidates_own() {
    let shop = Shop::new().await;
    let (soon, _) = shop.paid(shop.amara, shop.exam, 1).await;
    let (far, order) = shop.paid(shop.amara, shop.other_exam, 10).await;
    let reference = async |id: AppointmentId| -> String {
        sqlx::query_scalar("SELECT reference FROM appointment WHERE id = $1").bind(id).fetch_one(shop.portal.db()).await.unwrap()
    };
    // One minute after the deadline of the first one.
    shop.portal.later(TimeDelta::minutes(1));
    let robin = shop.portal.account("robin@example.com", "Robin", "Answers", &["support_agent"]).await;
    let mut browser = shop.portal.signed_in(robin).await;
    let id = shop.amara.to_string();
    let answer = browser.post_form(&format!("/staff/accounts/{id}/act"), START, &[("account", &id), ("reason", REASON)]).await;
    assert_eq!(answer.location(), "/dashboard", "{}", answer.words());
    // The page of the first one says that it is too late, and offers no form; the acting is the same on every page.
    let acting = browser.get(&format!("/exams/{}/cancel", reference(far).await)).await.hidden("__acting");
    let cancel = async |browser: &mut Browser, id: AppointmentId| {
        let reference = reference(id).await;
        let fields = [("reference", reference.as_str()), ("__acting", acting.as_str())];
        browser.post_form(&format!("/exams/{reference}/cancel"), "/api/scheduling/cancel", &fields).await
    };
    let refunds = "SELECT coalesce(sum(amount_minor), 0)::bigint FROM refund";
    // What comes too late for the candidate comes too late for who helps them.
    assert_eq!(cancel(&mut browser, soon).await.status, StatusCode::CONFLICT);
    let own = reference(soon).await;
    let answer = shop
        .portal
        .signed_in(shop.amara)
        .await
        .post_form(&format!("/exams/{own}/cancel"), "/api/scheduling/cancel", &[("reference", &own)])
        .await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert_eq!((shop.appointment_state(soon).await.as_str(), shop.count(refunds).await), ("booked", 0));
    // In time, and once: what it cost, as by the candidate's own click.
    for _ in 0..2 {
        assert!(cancel(&mut browser, far).await.location().ends_with("?done=cancelled"));
    }
    assert_eq!((shop.appointment_state(far).await.as_str(), shop.count(refunds).await), ("cancelled", 10000));
    let both: (Option<AccountId>, Option<AccountId>) =
        sqlx::query_as("SELECT actor_id, on_behalf_of FROM audit_event WHERE action = 'appointment.cancel' AND outcome = 'done'")
            .fetch_one(shop.portal.db())
            .await
            .unwrap();
    assert_eq!(both, (Some(robin), Some(shop.amara)));
    // A refund of another amount, or after the deadline, is not theirs to give.
    let fields = [("order", order.as_str()), ("amount", "10.00"), ("reason", REASON)];
    assert_eq!(browser.call("/api/checkout/refund", &fields).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_acting_stands_in_the_candidates_archive_without_the_agents_browser() {
    let desk = Desk::new().await;
    let mut robin = desk.acting().await;
    robin.get("/exams").await;
    let mut amara = desk.portal.signed_in(desk.amara).await;
    assert_eq!(amara.post_form("/account/data", "/api/privacy/export", &[]).await.location(), "/account/data?done=asked");
    desk.portal.run_jobs().await;
    let mail = crate::accounts::mail(&desk.portal, "amara@example.com", "privacy.export_ready").await.expect("a mail");
    let answer = amara.get(&mail.link("/account/data/download/")).await;
    let mut zip = zip::ZipArchive::new(Cursor::new(answer.bytes)).expect("a ZIP");
    let mut read = |name: &str| {
        let mut text = String::new();
        zip.by_name(name).unwrap_or_else(|_| panic!("no {name}")).read_to_string(&mut text).unwrap();
        text
    };
    assert!(read("README.txt").contains("When our staff acted for you, and why."));
    let acted: Value = serde_json::from_str(&read("acted_for.json")).unwrap();
    assert_eq!(acted[0]["reason"], REASON);
    let activity: Vec<Value> = serde_json::from_str(&read("activity.json")).unwrap();
    let read: Vec<&Value> = activity.iter().filter(|event| event["action"] == "staff.acting_page_read").collect();
    assert!(read.iter().any(|event| event["detail"]["path"] == "/exams"), "{activity:?}");
    assert!(read.iter().all(|event| event.get("address").is_none() && event.get("user_agent").is_none()), "{read:?}");
    assert!(activity.iter().any(|event| event["action"] == "privacy.export_requested" && event["address"] == "127.0.0.1"));
}

#[tokio::test]
async fn the_demos_support_agent_may_act_for_its_candidates() {
    let portal = Portal::with_demo_data().await;
    let mut robin = portal.signed_in(seeded_account_id("support_agent")).await;
    let id = seeded_account_id("maya").to_string();
    let answer = robin.post_form(&format!("/staff/accounts/{id}/act"), START, &[("account", &id), ("reason", REASON)]).await;
    assert_eq!(answer.location(), "/dashboard");
    for page in ["/dashboard", "/exams", "/results", "/credentials", "/orders", "/account"] {
        let answer = robin.get(page).await;
        assert_eq!(answer.status, StatusCode::OK, "{page}");
        assert!(answer.words().contains("You act for Maya Lindqvist"), "{page}");
    }
    let public_id: String = sqlx::query_scalar("SELECT public_id FROM credential WHERE account_id = $1 LIMIT 1")
        .bind(seeded_account_id("maya"))
        .fetch_one(portal.db())
        .await
        .unwrap();
    let answer = robin.get(&format!("/credentials/{public_id}/certificate-v1.pdf")).await;
    assert_eq!((answer.status, answer.headers["content-type"].to_str().unwrap()), (StatusCode::OK, "application/pdf"));
    let both: (Option<AccountId>, Option<AccountId>) =
        sqlx::query_as("SELECT actor_id, on_behalf_of FROM audit_event WHERE action = 'credentials.certificate_downloaded'")
            .fetch_one(portal.db())
            .await
            .unwrap();
    assert_eq!(both, (Some(seeded_account_id("support_agent")), Some(seeded_account_id("maya"))));
}
