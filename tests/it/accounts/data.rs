//! Download everything, erase the account, and what is kept of it.

use crate::support::Portal;
use crate::support::fixtures_results::{Sitting, World, file};
use crate::support::portal::Browser;
use axum::http::StatusCode;
use certportal::accounts::merge;
use certportal::ids::{AccountId, ApprovalId, PurchaseItemId, ResultId};
use certportal::privacy::inventory::{Erasure, INVENTORY, Merge};
use chrono::TimeDelta;
use sqlx::AssertSqlSafe;
use std::collections::BTreeSet;
use std::io::{Cursor, Read};

const ASK: &str = "/api/privacy/export";
const ERASE: &str = "/api/privacy/erase";
const STOP: &str = "/api/privacy/stop_erasure";
const EMAIL: &str = "zenobia.quux@example.com";

/// Zenobia Xylander-Quux, who has taken and passed an exam, ordered it, and has a phone.
struct Zenobia {
    world: World,
    account: AccountId,
    sitting: Sitting,
}

impl Zenobia {
    async fn new() -> Self {
        let world = World::new().await;
        let account = world.portal.account(EMAIL, "Zenobia", "Xylander-Quux", &[]).await;
        let sitting = world.sitting_of(account, world.portal.clock.now() - TimeDelta::days(3)).await;
        world.score(&sitting, 800).await.expect("a credential");
        for statement in [
            "UPDATE account SET phone = '+4915112345678', phone_verified_at = created_at, date_of_birth = '1990-01-02', company = 'Xylander Ltd' WHERE id = $1",
            "UPDATE appointment SET name_on_id = 'Zenobia Xylander-Quux', booked_at = created_at WHERE account_id = $1",
            "INSERT INTO purchase (id, account_id, number, state, currency, total_minor, created_at, placed_at, paid_at)
             SELECT gen_random_uuid(), $1, 'CP-2026-000777', 'paid', 'USD', 15000, created_at, created_at, created_at FROM account WHERE id = $1",
            "INSERT INTO purchase_item (id, purchase_id, kind, exam_id, appointment_id, description, price_minor, policies, created_at)
             SELECT gen_random_uuid(), o.id, 'exam', p.exam_id, p.id, 'SAA-C03', 15000, '{}', o.created_at
             FROM purchase o JOIN appointment p ON p.account_id = o.account_id WHERE o.account_id = $1",
            "INSERT INTO payment (id, purchase_id, gateway, gateway_ref, redirect_url, state, amount_minor, currency, created_at)
             SELECT gen_random_uuid(), id, 'sandbox', 'ref', 'http://x', 'succeeded', 15000, 'USD', created_at FROM purchase WHERE account_id = $1",
            // Staff who wrote more about her than they should.
            "INSERT INTO approval_request (id, kind, subject_id, account_id, payload, reason, state, requested_by, requested_at, expires_at, ended_at)
             SELECT gen_random_uuid(), 'refund', id, account_id, '{}', 'Zenobia Xylander-Quux wrote to us', 'withdrawn',
                    (SELECT account_id FROM account_role LIMIT 1), created_at, created_at + interval '14 days', created_at
             FROM purchase WHERE account_id = $1",
            "INSERT INTO refund (id, payment_id, amount_minor, reason, state, key, created_at, settled_at, asked_by, note)
             SELECT gen_random_uuid(), y.id, 100, 'staff', 'succeeded', 'staff:1', y.created_at, y.created_at,
                    (SELECT account_id FROM account_role LIMIT 1), 'Zenobia Xylander-Quux asked by phone'
             FROM payment y JOIN purchase o ON o.id = y.purchase_id WHERE o.account_id = $1",
            "INSERT INTO job (kind, payload, run_at, created_at, finished_at, last_error)
             SELECT 'mail.deliver', '\"x\"', created_at, created_at, created_at, 'no such user zenobia.quux@example.com' FROM account WHERE id = $1",
        ] {
            sqlx::query(statement).bind(account).execute(world.portal.db()).await.unwrap();
        }
        // A partner who writes more into a file than asked for.
        sqlx::query(
            "UPDATE result_import SET errors = '[{\"value\": \"Zenobia Xylander-Quux\"}]', file_name = 'for zenobia.quux@example.com.csv'",
        )
        .execute(world.portal.db())
        .await
        .unwrap();
        world.portal.run_jobs().await;
        Self { world, account, sitting }
    }

    fn portal(&self) -> &Portal {
        &self.world.portal
    }

    async fn browser(&self) -> Browser {
        self.portal().signed_in(self.account).await
    }

    async fn ask(&self, choice: &str) {
        let answer =
            self.browser().await.post_form("/account/data/erase", ERASE, &[("confirmation", EMAIL), ("credentials", choice)]).await;
        assert_eq!(answer.location(), "/account/data/erase?done=asked", "{}", answer.words());
    }

    /// The 30 days, and what the worker does meanwhile.
    async fn wait(&self) {
        self.portal().later(TimeDelta::days(30) + TimeDelta::minutes(1));
        self.portal().run_jobs().await;
    }

    async fn count(&self, what: &'static str) -> i64 {
        sqlx::query_scalar(what).fetch_one(self.portal().db()).await.unwrap()
    }

    /// Staff do with her account, her result, her order and her credential whatever asks them why, and each time answer with her name.
    async fn staff_write_about_her(&self) {
        let portal = self.portal();
        let mut browsers = vec![];
        for role in ["administrator", "support_agent"] {
            let id = portal.account(&format!("{role}@example.com"), "Kim", "Colleague", &[role]).await;
            browsers.push(portal.signed_in(id).await);
        }
        let [mut admin, mut agent] = browsers.try_into().unwrap_or_else(|_| panic!("two browsers"));
        let mut manager = self.world.staff().await;
        let id = self.account.to_string();
        for (slug, function, roles) in [
            ("sessions", "end_sessions", None),
            ("reset", "start_reset", None),
            ("roles", "change_roles", Some("auditor")),
            ("roles", "change_roles", None),
            ("disable", "disable_account", None),
            ("enable", "enable_account", None),
        ] {
            let mut fields = vec![("account", id.as_str()), ("reason", WHY)];
            fields.extend(roles.map(|role| ("roles[0]", role)));
            let answer = admin.post_form(&format!("/staff/accounts/{id}/{slug}"), &format!("/api/staff/{function}"), &fields).await;
            assert!(answer.location().contains("?done="), "{function}: {}", answer.words());
        }
        let answer =
            agent.post_form(&format!("/staff/accounts/{id}/act"), "/api/staff/start_acting", &[("account", &id), ("reason", WHY)]).await;
        assert_eq!(answer.location(), "/dashboard", "{}", answer.words());
        // She asked for none of this, and signs in to see what was done.
        let page = self.browser().await.get("/account/activity").await;
        assert!(page.words().contains(WHY), "why somebody acts for her is hers to read: {}", page.words());

        let result: ResultId = sqlx::query_scalar("SELECT id FROM exam_result").fetch_one(portal.db()).await.unwrap();
        let credential: String = sqlx::query_scalar("SELECT public_id FROM credential").fetch_one(portal.db()).await.unwrap();
        let item: PurchaseItemId = sqlx::query_scalar("SELECT id FROM purchase_item").fetch_one(portal.db()).await.unwrap();
        let (result, item) = (result.to_string(), item.to_string());
        let scores = [("scaled_score", "810"), ("domains[0]", "80"), ("domains[1]", "60"), ("domains[2]", "83"), ("domains[3]", "70")];
        let correction = [&[("result", result.as_str())][..], &scores].concat();
        let correct = format!("/staff/results/{result}/correct");
        let revoke = format!("/staff/credentials/{credential}/revoke");
        let revocation = vec![("credential", credential.as_str()), ("cause", "misconduct")];
        for (page, function, fields, decision) in [
            (&correct, "/api/results/correct", correction.clone(), "refuse"),
            (&correct, "/api/results/correct", correction, "approve"),
            (&revoke, "/api/credentials/revoke", revocation, "approve"),
        ] {
            let intent = certportal::server::random::id::<ApprovalId>().to_string();
            let fields = [fields, vec![("intent", intent.as_str()), ("reason", WHY)]].concat();
            let answer = manager.post_form(page, function, &fields).await;
            let request = answer.location().split('?').next().unwrap().to_owned();
            assert!(request.starts_with("/staff/approvals/"), "{function}: {}", answer.words());
            let fields = [("request", request.rsplit('/').next().unwrap()), ("refusal", WHY)];
            let answer = admin.post_form(&request, &format!("/api/approvals/{decision}"), &fields).await;
            assert!(answer.location().contains("?done="), "{decision} {function}: {}", answer.words());
        }
        let intent = certportal::server::random::id::<ApprovalId>().to_string();
        let fields = [("order", "CP-2026-000777"), ("intent", &intent), ("item", &item), ("amount", "10.00"), ("reason", WHY)];
        let answer = admin.post_form("/staff/orders/CP-2026-000777/refund", "/api/checkout/refund", &fields).await;
        assert!(answer.location().contains("?done="), "{}", answer.words());
        // No gateway knows of this payment: the refund would stay open, and the erasure would wait for it.
        sqlx::query("UPDATE refund SET state = 'succeeded', settled_at = created_at").execute(portal.db()).await.unwrap();
    }
}

/// What staff type where they are asked for a reason.
const WHY: &str = "Zenobia Xylander-Quux asked by phone";

/// Where a text stands in the database: `table.column` of every column of text that has it.
async fn found(portal: &Portal, needle: &str) -> Vec<String> {
    let columns: Vec<(String, String)> = sqlx::query_as(
        "SELECT c.table_name::text, c.column_name::text FROM information_schema.columns c
         JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name AND t.table_type = 'BASE TABLE'
         WHERE c.table_schema = 'public' AND c.data_type IN ('text', 'jsonb', 'json', 'character varying', 'ARRAY')",
    )
    .fetch_all(portal.db())
    .await
    .unwrap();
    assert!(columns.len() > 100);
    let mut places = vec![];
    for (table, column) in columns {
        let statement = format!("SELECT count(*) FROM {table} WHERE strpos(lower({column}::text), lower($1)) > 0");
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(statement)).bind(needle).fetch_one(portal.db()).await.unwrap();
        if count > 0 {
            places.push(format!("{table}.{column}"));
        }
    }
    places
}

#[tokio::test]
async fn every_table_that_names_an_account_is_in_the_inventory() {
    let portal = Portal::new().await;
    let columns: Vec<(String, String)> = sqlx::query_as(
        "SELECT r.conrelid::regclass::text, a.attname::text FROM pg_constraint r
         JOIN pg_attribute a ON a.attrelid = r.conrelid AND a.attnum = r.conkey[1]
         WHERE r.contype = 'f' AND r.confrelid = 'account'::regclass
         UNION
         SELECT table_name::text, column_name::text FROM information_schema.columns
         WHERE table_schema = 'public' AND (column_name LIKE '%account_id' OR column_name LIKE '%actor_id' OR column_name = 'on_behalf_of')",
    )
    .fetch_all(portal.db())
    .await
    .unwrap();
    let known: BTreeSet<(String, String)> = INVENTORY.iter().map(|holding| (holding.table.to_owned(), holding.column.to_owned())).collect();
    let stored: BTreeSet<(String, String)> = columns.into_iter().collect();
    let missing: Vec<_> = stored.difference(&known).collect();
    assert!(missing.is_empty(), "say in src/privacy/inventory.rs what an export, an erasure and a merge do with: {missing:?}");
    let gone: Vec<_> = known.difference(&stored).collect();
    assert!(gone.is_empty(), "listed, but not in the database: {gone:?}");
    let moves: BTreeSet<_> =
        INVENTORY.iter().filter(|holding| holding.merge == Merge::Moves).map(|holding| (holding.table, holding.column)).collect();
    assert_eq!(moves, merge::moved_columns().collect(), "a merge moves what the inventory says");
    for holding in INVENTORY {
        if let Erasure::Pseudonymised(why) | Erasure::Kept(why) = holding.erasure {
            assert!(!why.is_empty());
        }
    }
}

#[tokio::test]
async fn an_archive_holds_everything_and_lives_for_a_day() {
    let zenobia = Zenobia::new().await;
    let portal = zenobia.portal();
    let mut browser = zenobia.browser().await;
    assert!(browser.get("/account/data").await.words().contains("You have not asked for an archive"));
    // What others did to the account is its owner's to have.
    super::log_in(&mut portal.browser(), EMAIL, "Wrong-Password-1").await;
    let agent = portal.account("agent@example.com", "Robin", "Answers", &["support_agent"]).await;
    let (id, mut staff) = (zenobia.account.to_string(), portal.signed_in(agent).await);
    staff.get(&format!("/staff/accounts/{id}")).await;
    let fields = [("account", id.as_str()), ("reason", "Asked by phone")];
    staff.post_form(&format!("/staff/accounts/{id}/sessions"), "/api/staff/end_sessions", &fields).await;
    let mut browser = zenobia.browser().await;
    for _ in 0..2 {
        assert_eq!(browser.post_form("/account/data", ASK, &[]).await.location(), "/account/data?done=asked");
    }
    assert_eq!(zenobia.count("SELECT count(*) FROM data_export").await, 1, "a second click asks for the same");
    assert!(browser.get("/account/data").await.words().contains("Being prepared"));
    portal.run_jobs().await;
    let page = browser.get("/account/data").await;
    assert!(page.words().contains("Ready") && page.words().contains("Can be fetched until"), "{}", page.words());
    let link = super::mail(portal, EMAIL, "privacy.export_ready").await.expect("a mail").link("/account/data/download/");

    let answer = browser.get(&link).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.words());
    assert_eq!(answer.headers["content-type"], "application/zip");
    assert!(answer.headers["cache-control"].to_str().unwrap().contains("no-store"));
    let mut zip = zip::ZipArchive::new(Cursor::new(answer.bytes)).expect("a ZIP");
    let names: Vec<String> = zip.file_names().map(str::to_owned).collect();
    let mut read = |name: &str| {
        let mut text = String::new();
        zip.by_name(name).unwrap_or_else(|_| panic!("no {name}")).read_to_string(&mut text).unwrap();
        text
    };
    assert!(read("profile.json").contains("Xylander-Quux") && read("profile.json").contains("+4915112345678"));
    assert!(read("email_addresses.json").contains(EMAIL));
    assert!(read("results.json").contains("\"scaled_score\": 800") && read("results.json").contains("Resilient"));
    assert!(read("orders.json").contains("CP-2026-000777") && read("orders.json").contains("\"payments\""));
    assert!(read("appointments.json").contains(&zenobia.sitting.reference));
    assert!(read("credentials.json").contains("Certified Solutions Architect"));
    let activity: Vec<serde_json::Value> = serde_json::from_str(&read("activity.json")).unwrap();
    let event = |action: &str| activity.iter().find(|event| event["action"] == action).unwrap_or_else(|| panic!("no {action}"));
    assert_eq!(event("privacy.export_requested")["address"], "127.0.0.1");
    assert!(event("account.login")["outcome"] == "refused" && event("account.login")["address"] == "127.0.0.1");
    assert!(event("staff.sessions_ended").get("address").is_none(), "the agent's own");
    assert!(activity.iter().all(|event| event["action"] != "staff.account_read"), "what the activity page does not tell");
    assert!(read("mails.json").contains("subject") && !read("mails.json").contains("body"));
    let sign_ins = read("sign_ins.json");
    assert!(sign_ins.contains("user_agent") && !sign_ins.contains("token_hash"));
    let readme = read("README.txt");
    for name in names.iter().filter(|name| name.ends_with(".json")) {
        assert!(readme.contains(name.as_str()), "{name} is not explained");
    }
    for (beginning, end) in [("certificate-", ".pdf"), ("badge-", ".png"), ("badge-", ".svg"), ("exam-", ".ics")] {
        assert!(names.iter().any(|name| name.starts_with(&format!("documents/{beginning}")) && name.ends_with(end)), "{names:?}");
    }

    // security.md line 37: to others it does not exist; its owner proves again who they are.
    let stranger = portal.account("stranger@example.com", "Some", "Body", &[]).await;
    assert_eq!(portal.signed_in(stranger).await.get(&link).await.status, StatusCode::NOT_FOUND);
    assert!(portal.browser().get(&link).await.location().starts_with("/login?next="));
    portal.later(TimeDelta::minutes(11));
    assert!(browser.get(&link).await.location().starts_with("/account/confirm?next="));
    portal.later(TimeDelta::hours(24));
    assert_eq!(zenobia.browser().await.get(&link).await.status, StatusCode::NOT_FOUND);
    portal.run_jobs().await;
    assert_eq!(zenobia.count("SELECT count(*) FROM data_export WHERE file IS NOT NULL").await, 0);
    assert!(zenobia.browser().await.get("/account/data").await.words().contains("Expired"));
}

#[tokio::test]
async fn three_archives_a_day_and_only_with_a_fresh_proof() {
    let zenobia = Zenobia::new().await;
    let mut browser = zenobia.browser().await;
    for _ in 0..3 {
        assert_eq!(browser.post_form("/account/data", ASK, &[]).await.status, StatusCode::SEE_OTHER);
        zenobia.portal().run_jobs().await;
    }
    assert_eq!(browser.post_form("/account/data", ASK, &[]).await.status, StatusCode::TOO_MANY_REQUESTS);
    zenobia.portal().later(TimeDelta::minutes(11));
    let answer = browser.post_form("/account/data", ASK, &[]).await;
    assert!(answer.location().starts_with("/account/confirm?next="), "{}", answer.location());
    assert!(browser.get("/account/data").await.location().starts_with("/account/confirm?next="));
    zenobia.portal().later(TimeDelta::hours(24));
    assert_eq!(zenobia.browser().await.post_form("/account/data", ASK, &[]).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn security_personal_data_after_erasure_the_database_names_the_person_nowhere() {
    let zenobia = Zenobia::new().await;
    let portal = zenobia.portal();
    zenobia.staff_write_about_her().await;
    for needle in [EMAIL, "Xylander-Quux", "+4915112345678", WHY] {
        assert!(!found(portal, needle).await.is_empty(), "{needle} is there before");
    }
    let auditor = portal.account("auditor@example.com", "Avery", "Auditor", &["auditor"]).await;
    let log = async |page: &str| portal.signed_in(auditor).await.get(page).await.words();
    let disabled = "/staff/audit?action=staff.account_disabled";
    assert!(log(disabled).await.contains(&format!("Note: {WHY}")), "{}", log(disabled).await);
    assert!(log("/staff/audit.csv?action=staff.account_disabled").await.contains(WHY));
    zenobia.ask("withhold_name").await;
    zenobia.browser().await.post_form("/account/data", ASK, &[]).await;
    portal.run_jobs().await;
    zenobia.wait().await;
    // The last mail goes out, and then goes itself.
    portal.later(TimeDelta::minutes(30));
    portal.run_jobs().await;
    for needle in [EMAIL, "Zenobia", "Xylander", "+4915112345678", &zenobia.sitting.candidate_id] {
        assert_eq!(found(portal, needle).await, Vec::<String>::new(), "{needle}");
    }
    assert_eq!(zenobia.count("SELECT count(*) FROM account_email WHERE address LIKE 'zenobia%'").await, 0);
    assert!(log(disabled).await.contains("staff.account_disabled") && log(disabled).await.contains("Note: erased with the account"));
    assert!(log("/staff/audit.csv?action=staff.account_disabled").await.contains("erased with the account"));
    assert_eq!(zenobia.count("SELECT count(*) FROM audit_event WHERE detail ? 'note_id'").await, 14);
    // What stays, stays without a person.
    assert_eq!(zenobia.count("SELECT count(*) FROM purchase WHERE number = 'CP-2026-000777' AND total_minor = 15000").await, 1);
    assert_eq!(zenobia.count("SELECT count(*) FROM exam_result WHERE scaled_score = 810").await, 1);
    assert_eq!(zenobia.count("SELECT count(*) FROM retention").await, 3);
    assert_eq!(zenobia.count("SELECT count(*) FROM account WHERE erased_at IS NOT NULL AND disabled_at IS NOT NULL").await, 1);
    let public_id: String = sqlx::query_scalar("SELECT public_id FROM credential").fetch_one(portal.db()).await.unwrap();
    let page = portal.browser().get(&format!("/verify/{public_id}")).await.words();
    assert!(page.contains("Name withheld") && page.contains("Certified Solutions Architect"), "{page}");
    let page = portal.browser().with_header("accept-language", "es").get(&format!("/verify/{public_id}")).await.words();
    assert!(page.contains("Nombre no publicado"), "{page}");
    // Staff's pages still show the kept result.
    assert_eq!(zenobia.world.staff().await.get("/staff/results").await.status, StatusCode::OK);
}

#[tokio::test]
async fn names_kept_on_credentials_stand_there_only_and_go_when_they_expire() {
    let zenobia = Zenobia::new().await;
    let portal = zenobia.portal();
    zenobia.ask("keep_name").await;
    zenobia.wait().await;
    portal.later(TimeDelta::minutes(30));
    portal.run_jobs().await;
    assert_eq!(found(portal, "Xylander").await, ["credential.holder_name"]);
    assert_eq!(found(portal, EMAIL).await, Vec::<String>::new());
    portal.later(TimeDelta::days(3 * 366));
    portal.run_jobs().await;
    assert_eq!(found(portal, "Xylander").await, Vec::<String>::new());
}

#[tokio::test]
async fn kept_records_go_when_their_time_is_over() {
    let zenobia = Zenobia::new().await;
    let portal = zenobia.portal();
    zenobia.ask("withhold_name").await;
    zenobia.wait().await;
    let (results, orders) = ("SELECT count(*) FROM exam_result", "SELECT count(*) FROM purchase");
    assert_eq!((zenobia.count(results).await, zenobia.count(orders).await), (1, 1));
    // Five years after the exam its result goes; the order still names the appointment.
    portal.later(TimeDelta::days(5 * 366));
    portal.run_jobs().await;
    assert_eq!((zenobia.count(results).await, zenobia.count(orders).await), (0, 1));
    assert_eq!(zenobia.count("SELECT count(*) FROM credential").await, 1);
    assert_eq!(zenobia.count("SELECT count(*) FROM appointment").await, 1);
    // Five years after the credential's end, and ten after the order's year.
    portal.later(TimeDelta::days(6 * 366));
    portal.run_jobs().await;
    for what in [
        "SELECT count(*) FROM purchase",
        "SELECT count(*) FROM payment",
        "SELECT count(*) FROM appointment",
        "SELECT count(*) FROM credential",
        "SELECT count(*) FROM retention",
        "SELECT count(*) FROM account WHERE erased_at IS NOT NULL",
    ] {
        assert_eq!(zenobia.count(what).await, 0, "{what}");
    }
}

#[tokio::test]
async fn an_erasure_is_confirmed_announced_and_can_be_stopped() {
    let zenobia = Zenobia::new().await;
    let portal = zenobia.portal();
    let mut browser = zenobia.browser().await;
    let page = browser.get("/account/data/erase").await.words();
    for words in ["What is deleted", "What stays", "1 January 2037", "Keep my name"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    for (confirmation, choice, field) in
        [("", "keep_name", "confirmation"), ("x@example.com", "keep_name", "confirmation"), (EMAIL, "", "credentials")]
    {
        let answer = browser.post_form("/account/data/erase", ERASE, &[("confirmation", confirmation), ("credentials", choice)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.text().contains(&format!("href=\"#{field}\"")), "{field}");
    }
    zenobia.ask("keep_name").await;
    zenobia.ask("withhold_name").await;
    assert_eq!(zenobia.count("SELECT count(*) FROM account_erasure").await, 1, "asking twice begins it once");
    for page in ["/dashboard", "/account", "/account/data"] {
        let words = browser.get(page).await.words();
        assert!(words.contains("Your account is going to be erased") && words.contains("Keep my account"), "{page}");
    }
    assert!(super::mail(portal, EMAIL, "privacy.erasure_requested").await.unwrap().body_text.contains("/account/data/erase"));
    portal.later(TimeDelta::days(27) + TimeDelta::minutes(1));
    portal.run_jobs().await;
    portal.later(TimeDelta::hours(1));
    portal.run_jobs().await;
    let reminders = portal.mails(EMAIL).await.into_iter().filter(|mail| mail.template == "privacy.erasure_reminder").count();
    assert_eq!(reminders, 1);
    // Stopping needs no fresh proof.
    let mut browser = zenobia.browser().await;
    portal.later(TimeDelta::hours(1));
    let answer = browser.post_form("/dashboard", STOP, &[]).await;
    assert_eq!(answer.location(), "/account/data/erase?done=stopped");
    assert!(super::mail(portal, EMAIL, "privacy.erasure_stopped").await.is_some());
    portal.later(TimeDelta::days(10));
    portal.run_jobs().await;
    assert_eq!(zenobia.browser().await.get("/dashboard").await.status, StatusCode::OK);
    assert!(super::mail(portal, EMAIL, "privacy.erased").await.is_none());
}

#[tokio::test]
async fn what_is_open_has_to_be_settled_before_an_erasure() {
    let zenobia = Zenobia::new().await;
    let portal = zenobia.portal();
    let coming = zenobia.world.sitting_of(zenobia.account, portal.clock.now() + TimeDelta::days(40)).await;
    let mut browser = zenobia.browser().await;
    assert!(browser.get("/account/data/erase").await.words().contains(&format!("The appointment {} is booked", coming.reference)));
    let fields = [("confirmation", EMAIL), ("credentials", "keep_name")];
    let answer = browser.post_form("/account/data/erase", ERASE, &fields).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    // A refund that is on its way.
    sqlx::query("UPDATE appointment SET state = 'cancelled' WHERE reference = $1")
        .bind(&coming.reference)
        .execute(portal.db())
        .await
        .unwrap();
    sqlx::query(
        "INSERT INTO refund (id, payment_id, amount_minor, reason, state, key, created_at)
         SELECT gen_random_uuid(), id, 100, 'x', 'pending', 'k', created_at FROM payment",
    )
    .execute(portal.db())
    .await
    .unwrap();
    assert!(browser.get("/account/data/erase").await.words().contains("A refund of the order CP-2026-000777"));
    assert_eq!(browser.post_form("/account/data/erase", ERASE, &fields).await.status, StatusCode::CONFLICT);
    sqlx::query("UPDATE refund SET state = 'succeeded'").execute(portal.db()).await.unwrap();
    // Booked after it was asked for: the erasure waits for it.
    zenobia.ask("keep_name").await;
    let later = zenobia.world.sitting_of(zenobia.account, portal.clock.now() + TimeDelta::days(35)).await;
    zenobia.wait().await;
    assert!(zenobia.browser().await.get("/account/data/erase").await.words().contains(&later.reference));
    // It was taken, and its result is awaited, until nobody knows whether one will come.
    portal.later(TimeDelta::days(6));
    portal.run_jobs().await;
    let words = zenobia.browser().await.get("/account/data/erase").await.words();
    assert!(words.contains(&format!("The result of the appointment {} is not released yet", later.reference)), "{words}");
    portal.later(TimeDelta::days(10));
    portal.run_jobs().await;
    assert_eq!(found(portal, EMAIL).await, ["mail_message.to_address"], "the last mail is still to be read");
}

#[tokio::test]
async fn a_result_that_comes_after_the_erasure_holds_up_no_file_and_leaves_no_trace() {
    let zenobia = Zenobia::new().await;
    let portal = zenobia.portal();
    sqlx::query("UPDATE exam SET status = 'beta'").execute(portal.db()).await.unwrap();
    let beta = zenobia.world.sitting_of(zenobia.account, portal.clock.now() - TimeDelta::days(1)).await;
    // Nobody knows when the result of a beta comes: it is not waited for.
    zenobia.ask("withhold_name").await;
    zenobia.wait().await;
    portal.later(TimeDelta::days(40));
    portal.run_jobs().await;
    assert_eq!(found(portal, &beta.candidate_id).await, Vec::<String>::new());

    let ana = zenobia.world.sitting("Ana").await;
    let mails = zenobia.count("SELECT count(*) FROM mail_message").await;
    let page = zenobia.world.import(&file(&[beta.row(812), ana.row(812)])).await;
    assert_eq!(found(portal, &beta.candidate_id).await, Vec::<String>::new(), "the file does not bring the ID back");
    assert_eq!(zenobia.world.release(&page).await.location(), format!("{page}?done=released"));
    assert_eq!(zenobia.count("SELECT count(*) FROM exam_result WHERE state = 'released'").await, 3);
    assert_eq!(zenobia.count("SELECT count(*) FROM credential").await, 2, "her old one and Ana's: nobody is there to hold another");
    assert_eq!(zenobia.count("SELECT count(*) FROM mail_message").await, mails + 1, "to Ana");
}

#[tokio::test]
async fn staff_cannot_erase_themselves() {
    let zenobia = Zenobia::new().await;
    let mut staff = zenobia.world.staff().await;
    assert!(staff.get("/account/data/erase").await.words().contains("Staff accounts cannot be erased"));
    let fields = [("confirmation", "manager@example.com"), ("credentials", "keep_name")];
    assert_eq!(staff.post_form("/account/data/erase", ERASE, &fields).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn what_somebody_did_as_staff_stays_without_them() {
    let zenobia = Zenobia::new().await;
    let portal = zenobia.portal();
    let manager = zenobia.world.manager;
    sqlx::query("DELETE FROM account_role WHERE account_id = $1").bind(manager).execute(portal.db()).await.unwrap();
    let fields = [("confirmation", "Manager@Example.com"), ("credentials", "withhold_name")];
    let answer = portal.signed_in(manager).await.post_form("/account/data/erase", ERASE, &fields).await;
    assert_eq!(answer.location(), "/account/data/erase?done=asked", "{}", answer.words());
    zenobia.wait().await;
    portal.later(TimeDelta::minutes(30));
    portal.run_jobs().await;
    assert_eq!(found(portal, "manager@example.com").await, Vec::<String>::new());
    assert_eq!(zenobia.count("SELECT count(*) FROM result_import").await, 1);
    assert_eq!(zenobia.count("SELECT count(*) FROM exam_result WHERE released_by IS NOT NULL").await, 1);
}
