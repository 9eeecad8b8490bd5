//! Lines of the security requirements that are not one capability's, and the document that maps each line to its proof.

use crate::accounts::{PASSWORD, log_in, portal, registered, registration};
use crate::support::Portal;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use axum::routing::get;
use base64::Engine;
use certportal::app;
use certportal::ids::AccountId;
use certportal::server::http::access::{Access, ENROLMENT};
use certportal::server::http::router::{Site, router};
use chrono::TimeDelta;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::path::Path;
use tower::ServiceExt;

/// The `<input>`s of a page: every attribute list.
fn inputs(page: &str) -> Vec<String> {
    page.split("<input").skip(1).map(|rest| rest.split('>').next().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn security_4_password_fields_are_what_managers_expect() {
    let portal = portal().await;
    for (path, autocomplete) in [("/login", "current-password"), ("/register", "new-password")] {
        let page = portal.browser().get(path).await.text();
        let fields: Vec<_> = inputs(&page).into_iter().filter(|input| input.contains("type=\"password\"")).collect();
        assert_eq!(fields.len(), 1, "{path}");
        assert!(fields[0].contains(&format!("autocomplete=\"{autocomplete}\"")), "{}", fields[0]);
        assert!(!fields[0].contains("maxlength") && !page.contains("onpaste"), "nothing is cut off, pasting works");
        assert!(page.contains("password__toggle"), "what is typed can be shown");
    }
}

#[tokio::test]
async fn security_6_passwords_do_not_expire() {
    let portal = portal().await;
    registered(&portal, "ana@example.com").await;
    portal.later(TimeDelta::days(3 * 365));
    assert_eq!(log_in(&mut portal.browser(), "ana@example.com", PASSWORD).await.location(), "/dashboard");
}

#[tokio::test]
async fn security_14_nobody_is_asked_a_secret_question() {
    let portal = portal().await;
    for path in ["/register", "/login", "/forgot"] {
        for input in inputs(&portal.browser().get(path).await.text()) {
            for word in ["question", "answer", "hint\"", "maiden"] {
                assert!(!input.split("aria-describedby").next().unwrap_or_default().contains(word), "{path}: {input}");
            }
        }
    }
}

#[tokio::test]
async fn security_34_every_page_of_somebody_signed_in_has_the_way_out() {
    let portal = Portal::with_demo_data().await;
    let mut candidate = portal.signed_in(certportal::accounts::demo::seeded_account_id("maya")).await;
    let mut admin = portal.signed_in(certportal::accounts::demo::seeded_account_id("administrator")).await;
    for (path, access) in app::PAGES {
        let browser = match access {
            Access::Candidate | Access::SignedIn | Access::Public => &mut candidate,
            Access::Staff(_) => &mut admin,
            Access::Demo => continue,
        };
        if path.contains(':') {
            continue;
        }
        let answer = browser.get(path).await;
        if answer.status == StatusCode::OK {
            assert!(answer.text().contains("/api/accounts/logout"), "{path}");
        }
    }
    // Staff who have to enrol a second factor before anything else.
    let id = portal.account("bare@example.com", "Sam", "Bare", &["auditor"]).await;
    sqlx::query("UPDATE account SET totp_secret = NULL WHERE id = $1").bind(id).execute(portal.db()).await.unwrap();
    let mut bare = portal.signed_in(id).await;
    for path in ENROLMENT {
        let answer = bare.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(answer.text().contains("/api/accounts/logout"), "{path} without a factor");
    }
}

#[tokio::test]
async fn security_38_fields_that_are_not_the_readers_to_set_are_ignored() {
    let portal = portal().await;
    let mut fields = registration(&[]);
    let extra = [
        ("roles", "administrator"),
        ("role", "administrator"),
        ("is_staff", "true"),
        ("candidate_id", "CP00000000"),
        ("verified_at", "2026-01-01T00:00:00Z"),
        ("disabled_at", "2026-01-01T00:00:00Z"),
        ("id", "00000000-0000-0000-0000-000000000000"),
    ];
    fields.extend_from_slice(&extra);
    portal.browser().post_form("/register", "/api/accounts/register", &fields).await;
    let (candidate_id, verified, roles): (String, bool, i64) = sqlx::query_as(
        "SELECT a.candidate_id, e.verified_at IS NOT NULL, (SELECT count(*) FROM account_role)
         FROM account a JOIN account_email e ON e.account_id = a.id",
    )
    .fetch_one(portal.db())
    .await
    .unwrap();
    assert!(candidate_id != "CP00000000" && !verified && roles == 0, "{candidate_id} {verified} {roles}");

    let mut browser = portal.browser();
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    let mut profile = registration(&[("company", "Example")]);
    profile.extend_from_slice(&extra);
    let answer = browser.post_form("/account/edit", "/api/accounts/change_profile", &profile).await;
    assert_eq!(answer.location(), "/account?done=saved", "{}", answer.words());
    let (same, email, roles): (String, String, i64) = sqlx::query_as(
        "SELECT a.candidate_id, e.address, (SELECT count(*) FROM account_role) FROM account a JOIN account_email e ON e.account_id = a.id",
    )
    .fetch_one(portal.db())
    .await
    .unwrap();
    assert_eq!((same, email.as_str(), roles), (candidate_id, "ana@example.com", 0));
}

#[tokio::test]
async fn security_40_an_islands_answer_holds_what_it_shows() {
    let portal = portal().await;
    let answer = portal.browser().get("/api/accounts/regions?country=ES").await;
    let regions: Vec<serde_json::Map<String, serde_json::Value>> = serde_json::from_slice(&answer.bytes).unwrap();
    assert_eq!(regions.len(), 2);
    assert!(regions.iter().all(|region| region.keys().eq(["code", "name"])), "{regions:?}");
}

#[tokio::test]
async fn security_43_reading_changes_nothing() {
    let portal = portal().await;
    let mut browser = registered(&portal, "ana@example.com").await;
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    for (path, method) in leptos::server_fn::axum::server_fn_paths() {
        let answer = browser.get(path).await;
        let done = answer.status.is_success() || answer.status.is_redirection();
        assert_eq!(done, method == Method::GET, "GET {path}: {}", answer.status);
    }
    // The only functions that may be read read.
    let all = leptos::server_fn::axum::server_fn_paths();
    let mut reading: Vec<_> = all.filter(|(_, method)| *method == Method::GET).map(|(path, _)| path).collect();
    reading.sort_unstable();
    assert_eq!(reading, ["/api/accounts/regions", "/api/scheduling/places"]);
    assert_eq!(browser.get("/dashboard").await.status, StatusCode::OK, "still signed in");
}

#[tokio::test]
async fn security_45_no_other_origin_is_let_in() {
    let portal = portal().await;
    for path in ["/", "/api/accounts/regions?country=ES", "/robots.txt", "/login"] {
        let answer = portal.browser().with_header("origin", "https://evil.example").get(path).await;
        assert!(!answer.headers.keys().any(|name| name.as_str().starts_with("access-control-")), "{path}");
    }
}

#[tokio::test]
async fn security_46_reports_of_the_policy_are_taken_and_limited() {
    let portal = portal().await;
    let page = portal.browser().get("/").await;
    let policy = page.headers["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("report-uri /csp-report") && policy.contains("report-to csp"), "{policy}");
    assert_eq!(page.headers["reporting-endpoints"], "csp=\"/csp-report\"");
    let mut browser = portal.browser();
    let old = br#"{"csp-report": {"effective-directive": "script-src", "blocked-uri": "https://evil.example/x.js"}}"#;
    let new = br#"[{"type": "csp-violation", "body": {"effectiveDirective": "script-src", "blockedURL": "inline"}}]"#;
    assert_eq!(browser.post("/csp-report", "application/csp-report", old.to_vec()).await.status, StatusCode::NO_CONTENT);
    assert_eq!(browser.post("/csp-report", "application/reports+json", new.to_vec()).await.status, StatusCode::NO_CONTENT);
    assert_eq!(browser.post("/csp-report", "application/csp-report", vec![b'x'; 20_000]).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    for _ in 0..18 {
        browser.post("/csp-report", "application/csp-report", b"nonsense".to_vec()).await;
    }
    assert_eq!(browser.post("/csp-report", "application/csp-report", old.to_vec()).await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn security_47_49_private_pages_are_not_stored_and_cameras_are_off() {
    let portal = portal().await;
    let mut browser = registered(&portal, "ana@example.com").await;
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    for path in ["/dashboard", "/account", "/account/security", "/login"] {
        let headers = browser.get(path).await.headers;
        assert_eq!(headers["cache-control"], "no-store", "{path}");
        assert_eq!(headers["cross-origin-resource-policy"], "same-origin", "{path}");
        assert!(headers["permissions-policy"].to_str().unwrap().contains("camera=(), microphone=()"), "{path}");
        assert!(headers["strict-transport-security"].to_str().unwrap().contains("includeSubDomains"), "{path}");
    }
    let sources = read_all(Path::new(env!("CARGO_MANIFEST_DIR")).join("src").as_path());
    assert!(!sources.contains("local_storage") && !sources.contains("session_storage"), "nothing is kept in the browser's storage");
}

#[tokio::test]
async fn security_50_pages_load_nothing_from_elsewhere() {
    let portal = portal().await;
    for path in ["/", "/login", "/certifications", "/verify"] {
        let page = portal.browser().get(path).await.text();
        for attribute in ["src=\"http", "src=\"//", "<link rel=\"stylesheet\" href=\"http", "import('http"] {
            assert!(!page.contains(attribute), "{path}: {attribute}");
        }
    }
}

#[tokio::test]
async fn security_51_markup_in_a_name_is_text_on_pages_in_mails_and_for_staff() {
    const PROBE: &str = "<img src=x onerror=alert(1)>\"'><script>alert(2)</script>";
    let portal = portal().await;
    let fields = registration(&[("given_name", PROBE), ("company", PROBE), ("job_role", PROBE)]);
    let answer = portal.browser().post_form("/register", "/api/accounts/register", &fields).await;
    assert_eq!(answer.location(), "/register/sent", "{}", answer.words());
    let mail = crate::accounts::mail(&portal, "ana@example.com", "accounts.verify_email").await.unwrap();
    assert!(!mail.body_html.contains("<img src=x") && !mail.body_html.contains("<script>"), "{}", mail.body_html);
    let mut browser = portal.browser();
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    let account: AccountId = sqlx::query_scalar("SELECT id FROM account").fetch_one(portal.db()).await.unwrap();
    let admin = portal.account("alex@example.com", "Alex", "Keyring", &["administrator"]).await;
    let mut staff = portal.signed_in(admin).await;
    let mut pages = vec![];
    for path in ["/dashboard", "/account", "/account/edit", "/account/security", "/account/activity"] {
        pages.push(browser.get(path).await);
    }
    for path in ["/staff/accounts?q=img".to_owned(), format!("/staff/accounts/{account}"), "/staff/audit".to_owned()] {
        pages.push(staff.get(&path).await);
    }
    pages.push(
        staff.get(&format!("/staff/accounts?q={}", percent_encoding::utf8_percent_encode(PROBE, percent_encoding::NON_ALPHANUMERIC))).await,
    );
    for page in pages {
        assert_eq!(page.status, StatusCode::OK);
        assert!(!page.text().contains("<img src=x") && !page.text().contains("<script>alert"), "{}", page.text());
    }
}

#[tokio::test]
async fn security_52_what_looks_like_sql_is_a_text() {
    let portal = portal().await;
    registered(&portal, "ana@example.com").await;
    let admin = portal.account("alex@example.com", "Alex", "Keyring", &["administrator"]).await;
    let mut staff = portal.signed_in(admin).await;
    for probe in ["' OR '1'='1", "'; DROP TABLE account; --", "\\'; SELECT pg_sleep(10) --", "%00", "1) UNION SELECT null--"] {
        let encoded = percent_encoding::utf8_percent_encode(probe, percent_encoding::NON_ALPHANUMERIC).to_string();
        assert_eq!(log_in(&mut portal.browser(), probe, probe).await.status, StatusCode::CONFLICT, "{probe}");
        for path in [
            "/certifications?q=",
            "/verify?id=",
            "/verify/",
            "/staff/accounts?q=",
            "/staff/audit?subject=",
            "/staff/audit?before=",
            "/register?lang=",
        ] {
            let answer = staff.get(&format!("{path}{encoded}")).await;
            assert!(answer.status.as_u16() < 500, "{path}{probe}: {}", answer.status);
        }
    }
    let accounts: i64 = sqlx::query_scalar("SELECT count(*) FROM account").fetch_one(portal.db()).await.unwrap();
    assert_eq!(accounts, 2);
}

#[tokio::test]
async fn security_54_a_picture_with_scripts_is_no_upload() {
    let portal = Portal::new().await;
    let manager = portal.account("manager@example.com", "Ellis", "Blueprint", &["exam_manager"]).await;
    let mut browser = portal.signed_in(manager).await;
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    let answer = browser.upload("/staff/results/import", "file", "results.svg", svg).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!answer.text().contains("<script>alert"));
}

#[tokio::test]
async fn security_74_an_error_tells_a_reference_and_nothing_else() {
    let portal = portal().await;
    let mut browser = registered(&portal, "ana@example.com").await;
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    sqlx::query("ALTER TABLE agreement_acceptance RENAME TO gone").execute(&portal.owner().await).await.unwrap();
    let answer = browser.get("/dashboard").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    let text = answer.text();
    for secret in ["agreement_acceptance", "relation", "SELECT", "sqlx", "panicked", ".rs:"] {
        assert!(!text.contains(secret), "{secret}");
    }
    assert!(answer.words().contains("Reference"), "{}", answer.words());
}

#[tokio::test]
async fn security_74_a_panic_is_a_500_and_the_server_lives() {
    let portal = Portal::new().await;
    let site = Site {
        state: portal.state.clone(),
        shell: app::shell,
        access: app::access,
        file_access: |_| Some(Access::Public),
        needs_proof: app::needs_proof,
    };
    async fn boom() -> &'static str {
        panic!("the secret cause")
    }
    let service = router(site, axum::Router::new().route("/boom", get(boom)));
    for _ in 0..3 {
        let response = service.clone().oneshot(Request::get("/boom").body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let page = String::from_utf8_lossy(&body);
        assert!(!page.contains("secret cause"));
        // It stands alone: its style is inside and allowed by its digest, and it asks for no other file.
        let style = page.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
        let digest = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(style));
        assert!(policy.contains(&format!("style-src 'sha256-{digest}'")), "{policy}");
        assert!(!page.contains("<link") && !page.contains("src=") && !page.contains("style="));
        assert!(page.contains("Something went wrong on our side") && page.contains("Algo ha fallado por nuestra parte"));
    }
    let response = service.oneshot(Request::get("/health/live").body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test]
async fn security_75_nothing_tells_what_runs_here() {
    let portal = Portal::new().await;
    let mut browser = portal.browser();
    for path in [
        "/.git/config",
        "/.git/",
        "/.env",
        "/Cargo.toml",
        "/metrics",
        "/pkg/",
        "/fonts/",
        "/server-status",
        "/data/server.key",
        "/..%2fCargo.toml",
    ] {
        let status = browser.get(path).await.status;
        assert!(status == StatusCode::NOT_FOUND || status == StatusCode::BAD_REQUEST, "{path}: {status}");
    }
    let headers = browser.get("/").await.headers;
    for name in ["server", "x-powered-by", "via", "x-runtime"] {
        assert!(!headers.contains_key(name), "{name}");
    }
}

#[tokio::test]
async fn researchers_and_password_managers_find_their_way() {
    let portal = portal().await;
    let answer = portal.browser().get("/.well-known/security.txt").await;
    assert_eq!(answer.headers["content-type"], "text/plain; charset=utf-8");
    let text = answer.text();
    assert!(text.contains("Contact: mailto:help@example.org\n") && text.contains("Expires: 2027-05-22T09:00:00Z\n"), "{text}");
    assert!(text.contains("Canonical: http://127.0.0.1:3000/.well-known/security.txt"), "{text}");
    assert_eq!(portal.browser().get("/.well-known/change-password").await.location(), "/account/security/password");
}

fn read_all(directory: &Path) -> String {
    let mut all = String::new();
    for entry in std::fs::read_dir(directory).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            all.push_str(&read_all(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs" || extension == "ts") {
            all.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
    all
}

/// `docs/security.md` has a row for every line, and every test that it names is there.
#[test]
fn the_document_maps_every_line_to_a_test_that_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let document = std::fs::read_to_string(root.join("docs/security.md")).unwrap();
    let sources = [root.join("src"), root.join("tests"), root.join("end2end/journeys")].map(|path| read_all(&path)).concat();
    let rows: Vec<Vec<&str>> = document
        .lines()
        .filter(|line| line.starts_with("| ") && line[2..].starts_with(|c: char| c.is_ascii_digit()))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    let lines: BTreeSet<u32> = rows.iter().map(|row| row[0].parse().unwrap()).collect();
    let missing: Vec<u32> = (1..=80).filter(|line| !lines.contains(line)).collect();
    assert!(missing.is_empty(), "lines without a row: {missing:?}");
    let mut named = BTreeSet::new();
    for row in &rows {
        let proof = row.last().unwrap();
        let tests: Vec<&str> = proof.split('`').skip(1).step_by(2).collect();
        for test in tests.iter().filter(|test| test.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')) {
            assert!(
                sources.contains(&format!("fn {test}(")) || sources.contains(&format!("\"{test}")),
                "line {}: there is no test `{test}`",
                row[0]
            );
            named.insert((*test).to_owned());
        }
    }
    // The other way round: a test that is named after a line stands in the document.
    let unnamed: Vec<&str> = sources
        .split("fn security_")
        .skip(1)
        .map(|rest| rest.split('(').next().unwrap_or_default())
        .filter(|name| name.starts_with(|c: char| c.is_ascii_digit()) && !named.contains(&format!("security_{name}")))
        .collect();
    assert!(unnamed.is_empty(), "tests that the document does not name: {unnamed:?}");
}
