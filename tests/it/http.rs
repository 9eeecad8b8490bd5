//! What every page and call has in common.

use crate::support::Portal;
use crate::support::temp::TempDir;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use certportal::server::clock::Clock;
use certportal::server::config::Config;
use certportal::server::embedded_postgres::{EmbeddedPostgres, EmbeddedSettings};
use certportal::server::server_key::ServerKey;
use certportal::server::{AppState, database};

#[tokio::test]
async fn an_unknown_page_is_a_404_in_the_readers_language() {
    let portal = Portal::new().await;
    let mut browser = portal.browser().with_header("accept-language", "es");
    let answer = browser.get("/nowhere").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(answer.words().contains("Página no encontrada"));
    assert!(answer.text().contains("<html lang=\"es\""));
}

#[tokio::test]
async fn security_44_cross_site_posts_are_refused() {
    let portal = Portal::new().await;
    for (name, value) in
        [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "https://evil.example"), ("origin", "null")]
    {
        let mut browser = portal.browser().with_header(name, value);
        let answer = browser.post_form("/", "/api/accounts/logout", &[]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}: {value}");
        let answer = browser.call("/api/demo/advance_clock", &[("by", "day")]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}: {value}");
    }
}

#[tokio::test]
async fn security_44_the_whole_origin_counts_where_a_browser_says_nothing_else() {
    let portal = Portal::in_production_at("https://portal.example").await;
    for (origin, allowed) in [
        ("https://portal.example", true),
        ("http://portal.example", false),
        ("https://portal.example:8443", false),
        ("https://portal.example.evil.example", false),
        ("null", false),
    ] {
        // Whatever host the request claims to be for.
        let host = origin.split("://").nth(1).unwrap_or("portal.example");
        let mut browser = portal.browser().with_header("origin", origin).with_header("host", host);
        let answer = browser.post_form("/", "/api/accounts/logout", &[]).await;
        assert_eq!(answer.status, if allowed { StatusCode::SEE_OTHER } else { StatusCode::FORBIDDEN }, "{origin}");
    }
    // The demo is opened by more than one name, on this machine.
    let portal = Portal::new().await;
    for (origin, host, allowed) in [
        ("http://127.0.0.1:3000", "127.0.0.1:3000", true),
        ("http://localhost:3000", "localhost:3000", true),
        ("http://localhost:4000", "localhost:3000", false),
        ("https://localhost:3000", "localhost:3000", false),
    ] {
        let mut browser = portal.browser().with_header("origin", origin).with_header("host", host);
        let answer = browser.post_form("/", "/api/accounts/logout", &[]).await;
        assert_eq!(answer.status, if allowed { StatusCode::SEE_OTHER } else { StatusCode::FORBIDDEN }, "{origin} at {host}");
    }
}

#[tokio::test]
async fn another_language_or_look_keeps_what_the_address_says() {
    let portal = Portal::new().await;
    let page = portal.browser().get("/reset?token=abc%26x&next=%2Fexams&lang=en").await.text().replace("&amp;", "&");
    assert!(page.contains("href=\"?next=%2Fexams&token=abc%26x&lang=es\""), "{page}");
    assert!(page.contains("href=\"?lang=en&next=%2Fexams&token=abc%26x&theme=dark\""), "{page}");
    let spanish = portal.browser().get("/reset?next=%2Fexams&token=abc%26x&lang=es").await.text().replace("&amp;", "&");
    assert!(spanish.contains("<html lang=\"es\"") && spanish.contains("token=abc%26x&lang=en"));
    assert!(portal.browser().get("/").await.text().contains("href=\"?lang=es\""));
}

#[tokio::test]
async fn security_46_47_49_headers_are_strict() {
    let portal = Portal::new().await;
    let answer = portal.browser().get("/nowhere").await;
    let header = |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let policy = header("content-security-policy");
    for part in ["default-src 'none'", "'nonce-", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"] {
        assert!(policy.contains(part), "{part} is missing in {policy}");
    }
    assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"));
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("cross-origin-opener-policy"), "same-origin");
    assert_eq!(header("cache-control"), "no-store");
    assert!(header("strict-transport-security").contains("max-age=63072000"));
}

#[tokio::test]
async fn security_62_unknown_methods_are_405() {
    let portal = Portal::new().await;
    let request = axum::http::Request::builder().method("TRACE").uri("/").body(axum::body::Body::empty()).unwrap();
    let response = tower::ServiceExt::oneshot(certportal::app::router(portal.state.clone()), request).await.unwrap();
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn only_staff_move_the_demo_clock() {
    let portal = Portal::new().await;
    let before = portal.clock.now();
    assert_eq!(portal.browser().call("/api/demo/advance_clock", &[("by", "day")]).await.status, StatusCode::UNAUTHORIZED);
    let candidate = portal.account("c@example.com", "Ana", "Prueba", &[]).await;
    let answer = portal.signed_in(candidate).await.call("/api/demo/advance_clock", &[("by", "day")]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(portal.clock.now(), before);
    let staff = portal.account("s@example.com", "Sam", "Staff", &["auditor"]).await;
    let answer = portal.signed_in(staff).await.call("/api/demo/advance_clock", &[("by", "day")]).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(portal.clock.now(), before + chrono::TimeDelta::days(1));
}

#[tokio::test]
async fn security_80_a_database_that_is_down_is_a_503_and_never_an_anonymous_visitor() {
    let portal = Portal::new().await;
    let account = portal.account("c@example.com", "Ana", "Prueba", &[]).await;
    let mut browser = portal.signed_in(account).await;
    portal.db().close().await;
    let answer = browser.get("/").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.words().contains("The portal is not available just now"));
    assert!(answer.text().contains(r#"<a href="" class="btn btn--primary">Try again"#), "the same page again, not only the start page");
}

#[tokio::test]
async fn a_database_that_comes_back_serves_the_pages_again() {
    let data = TempDir::new("outage");
    let settings = EmbeddedSettings { durable: false, ..EmbeddedSettings::default() };
    let postgres = EmbeddedPostgres::start(data.path(), &settings).await.unwrap();
    let pool = database::pool(postgres.roles().app, 4);
    let owner = database::pool(postgres.roles().owner, 2);
    database::migrate(&owner, &pool).await.unwrap();
    owner.close().await;
    let state = AppState::new(Config::for_tests(data.path()), pool.clone(), Clock::real(), ServerKey::from_bytes([7; 32]));
    let router = certportal::app::router(state);
    let get = async |path: &str| {
        // Somebody who may be signed in: what the catalogue keeps in memory is no answer to that.
        let cookie = format!("{}=whoever", certportal::server::http::sessions::COOKIE);
        let request = Request::get(path)
            .header(header::HOST, "127.0.0.1:3000")
            .header(header::ACCEPT, "text/html")
            .header(header::COOKIE, cookie)
            .body(Body::empty())
            .unwrap();
        let response = tower::ServiceExt::oneshot(router.clone(), request).await.unwrap();
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8_lossy(&body).into_owned())
    };
    assert_eq!(get("/certifications").await.0, StatusCode::OK);
    assert_eq!(get("/health/ready").await.0, StatusCode::OK);

    postgres.stop().await;
    let (status, page) = get("/certifications").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.contains("The portal is not available just now"), "{page}");
    assert_eq!(get("/health/ready").await.0, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(get("/health/live").await.0, StatusCode::OK);

    let postgres = EmbeddedPostgres::start(data.path(), &settings).await.unwrap();
    assert_eq!(get("/certifications").await.0, StatusCode::OK);
    assert_eq!(get("/health/ready").await.0, StatusCode::OK);
    pool.close().await;
    postgres.stop().await;
}
