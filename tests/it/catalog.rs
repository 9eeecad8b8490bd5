//! The public catalogue, reference data, and what search engines get.

use crate::support::Portal;
use axum::http::StatusCode;
use certportal::catalog::{file, reference, service};
use certportal::programme::{self, Files};
use chrono::TimeDelta;

#[tokio::test]
async fn the_catalogue_lists_what_is_offered_and_keeps_the_retired_apart() {
    let portal = Portal::with_demo_data().await;
    let mut browser = portal.browser();
    let answer = browser.get("/certifications").await;
    assert_eq!(answer.status, StatusCode::OK);
    let words = answer.words();
    assert!(words.contains("13 certifications"), "{words}");
    assert!(words.contains("Cloud Practitioner") && words.contains("$100") && words.contains("90 min"));
    assert!(words.contains("Last day 1 December 2026"), "DVA-C02 ends soon");
    assert!(words.contains("4 certifications no longer offered"));
    assert!(answer.text().contains("<html lang=\"en\""));

    let answer = browser.get("/certifications?lang=es").await;
    assert!(answer.words().contains("13 certificaciones"), "{}", answer.words());
    assert!(answer.text().contains("<html lang=\"es\""));
}

#[tokio::test]
async fn search_and_filters_narrow_the_catalogue_without_scripts() {
    let portal = Portal::with_demo_data().await;
    let mut browser = portal.browser();
    for (query, count, name) in [
        ("q=saa-c03", "1 certification", "Solutions Architect"),
        ("q=ARCHITECT", "2 certifications", "Solutions Architect"),
        ("q=DVA-C03", "1 certification", "Developer"),
        ("level=foundational", "2 certifications", "AI Practitioner"),
        ("level=specialty&q=security", "1 certification", "Security"),
        ("role=network-engineer", "1 certification", "Advanced Networking"),
        ("level=nonsense&role=nonsense", "13 certifications", "Cloud Practitioner"),
    ] {
        let answer = browser.get(&format!("/certifications?{query}")).await;
        assert!(answer.text().contains(&format!(">{count}<")) && answer.words().contains(name), "{query}: {}", answer.words());
    }
    let spanish = browser.get("/certifications?q=DISENAR&lang=es").await.words();
    assert!(spanish.contains("Solutions Architect"), "accents and capitals do not matter: {spanish}");
}

#[tokio::test]
async fn a_search_without_result_shows_a_way_out_and_keeps_what_was_typed() {
    let portal = Portal::with_demo_data().await;
    let long = "x".repeat(5000);
    for query in ["basket weaving", "<script>alert(1)</script>", "' OR 1=1 --", long.as_str()] {
        let encoded = percent_encoding::utf8_percent_encode(query, percent_encoding::NON_ALPHANUMERIC).to_string();
        let answer = portal.browser().get(&format!("/certifications?q={encoded}&lang=en")).await;
        assert_eq!(answer.status, StatusCode::OK);
        let words = answer.words();
        assert!(words.contains("No certification found") && words.contains("Show all certifications"), "{words}");
        assert!(!answer.text().contains("<script>alert"));
        let typed: String = query.chars().take(100).collect::<String>().replace('<', "&lt;");
        assert!(answer.text().contains(typed.split(['>', '\'']).next().unwrap()), "{query}");
    }
}

#[tokio::test]
async fn a_certification_page_says_everything_before_payment() {
    let portal = Portal::with_demo_data().await;
    let mut browser = portal.browser();
    let answer = browser.get("/certifications/solutions-architect-associate").await;
    assert_eq!(answer.status, StatusCode::OK);
    let words = answer.words();
    for part in [
        "SAA-C03",
        "$150.00",
        "130 minutes",
        "65, of which 50 are scored",
        "720 on a scale from 100 to 1000",
        "Design Secure Architectures",
        "30%",
        "Free of charge until 24 hours before the start, up to 2 times.",
        "Wait 14 days, then book again.",
        "Official within 5 business days.",
        "The same version can be taken again after 2 years.",
        "Cloud Practitioner",
        "Prices in other currencies",
        "¥20,000",
    ] {
        assert!(words.contains(part), "{part} is missing in: {words}");
    }
    let text = answer.text();
    assert!(text.contains("href=\"/schedule/SAA-C03\""));
    assert!(text.contains("<meta name=\"description\"") && text.contains("rel=\"canonical\"") && text.contains("og:title"));
}

#[tokio::test]
async fn dates_decide_what_can_be_booked() {
    let portal = Portal::with_demo_data().await;
    let mut browser = portal.browser();
    let before = browser.get("/certifications/developer-associate").await;
    assert!(before.text().contains("/schedule/DVA-C02") && before.words().contains("DVA-C02 ends soon"));
    portal.later(TimeDelta::days(9));
    let after = browser.get("/certifications/developer-associate").await;
    assert!(!after.text().contains("/schedule/"), "the last day, 1 December, is over");
    assert!(after.words().contains("It cannot be booked just now") && after.words().contains("DVA-C03"));

    let retired = browser.get("/certifications/database-specialty").await;
    assert_eq!(retired.status, StatusCode::OK);
    assert!(retired.words().contains("No longer offered") && !retired.text().contains("/schedule/"));

    let beta = browser.get("/certifications/ai-business-strategist").await.words();
    assert!(beta.contains("This exam is in beta") && beta.contains("$50.00") && beta.contains("A beta exam can be taken once."), "{beta}");
    let beside = browser.get("/certifications/machine-learning-engineer-associate").await.text();
    assert!(beside.contains("/schedule/MLA-C01") && beside.contains("/schedule/MLA-C02"));
}

#[tokio::test]
async fn an_unknown_certification_is_a_404() {
    let portal = Portal::with_demo_data().await;
    for slug in ["nope", "SAA-C03", "..%2f", "%F0%9F%92%A9", "a'b"] {
        let answer = portal.browser().get(&format!("/certifications/{slug}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{slug}");
    }
}

#[tokio::test]
async fn the_front_page_leads_on_and_knows_who_is_signed_in() {
    let portal = Portal::with_demo_data().await;
    let answer = portal.browser().get("/").await;
    assert_eq!(answer.status, StatusCode::OK);
    let words = answer.words();
    assert!(words.contains("Proof of what you can do") && words.contains("13 certifications on offer"), "{words}");
    assert!(words.contains("no exam taken here counts"), "the trademark note");
    assert!(answer.text().contains("action=\"/verify\"") && answer.text().contains("name=\"id\""));
    assert!(answer.text().contains("href=\"/register\""));
    assert_eq!(answer.text().matches("<h1").count(), 1);

    let ana = portal.account("ana@example.com", "Ana", "Prueba", &[]).await;
    let answer = portal.signed_in(ana).await.get("/").await;
    assert!(answer.words().contains("Go to my certification"));

    let spanish = portal.browser().with_header("accept-language", "es").get("/").await.words();
    assert!(spanish.contains("La prueba de lo que sabe hacer"));
}

#[tokio::test]
async fn an_empty_programme_still_has_its_pages() {
    let portal = Portal::new().await;
    for path in ["/", "/certifications", "/robots.txt", "/sitemap.xml"] {
        assert_eq!(portal.browser().get(path).await.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn a_name_of_any_length_and_script_is_shown_as_text() {
    let portal = Portal::with_demo_data().await;
    let name = format!("<b>{}</b> شهادة 🎓", "Donaudampfschifffahrt".repeat(20));
    sqlx::query("UPDATE certification SET name = $1, short_name = $1 WHERE slug = 'cloud-practitioner'")
        .bind(&name)
        .execute(portal.db())
        .await
        .unwrap();
    service::forget(&portal.state);
    for path in ["/", "/certifications", "/certifications/cloud-practitioner"] {
        let answer = portal.browser().get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(answer.text().contains("&lt;b&gt;Donau") && answer.text().contains("شهادة 🎓"), "{path}");
    }
}

#[tokio::test]
async fn search_engines_get_the_public_pages_and_no_private_one() {
    let portal = Portal::with_demo_data().await;
    let robots = portal.browser().get("/robots.txt").await.text();
    assert!(robots.contains("Disallow: /account") && robots.contains("Sitemap: http"));
    let sitemap = portal.browser().get("/sitemap.xml").await.text();
    assert!(sitemap.contains("/certifications/solutions-architect-associate</loc>"));
    assert!(!sitemap.contains("database-specialty"), "retired ones are not advertised");
    assert_eq!(sitemap.matches("<url>").count(), 3 + 13);
}

#[tokio::test]
async fn an_outage_of_the_database_leaves_the_catalogue_readable() {
    let portal = Portal::with_demo_data().await;
    assert_eq!(portal.browser().get("/certifications").await.status, StatusCode::OK);
    portal.db().close().await;
    assert_eq!(portal.browser().get("/certifications").await.status, StatusCode::OK, "from the copy in memory");
    service::forget(&portal.state);
    assert_eq!(portal.browser().get("/certifications").await.status, StatusCode::SERVICE_UNAVAILABLE, "nothing in memory");
}

#[tokio::test]
async fn loading_twice_changes_nothing() {
    let portal = Portal::with_demo_data().await;
    let fingerprint = async || -> String {
        sqlx::query_scalar(
            "SELECT concat_ws(' ', (SELECT md5(string_agg(c::text, '' ORDER BY id)) FROM certification c),
                    (SELECT md5(string_agg(e::text, '' ORDER BY id)) FROM exam e),
                    (SELECT md5(string_agg(p::text, '' ORDER BY exam_id, currency)) FROM exam_price p),
                    (SELECT md5(string_agg(l::text, '' ORDER BY exam_id, language)) FROM exam_language l),
                    (SELECT md5(string_agg(d::text, '' ORDER BY exam_id, position)) FROM exam_domain d),
                    (SELECT md5(string_agg(r::text, '' ORDER BY certification_id, renews_id)) FROM certification_renews r),
                    (SELECT md5(string_agg(p::text, '')) FROM programme p), (SELECT count(*) FROM policy_version),
                    (SELECT count(*) FROM city), (SELECT count(*) FROM postal_code), (SELECT count(*) FROM country))",
        )
        .fetch_one(portal.db())
        .await
        .unwrap()
    };
    let first = fingerprint().await;
    portal.later(TimeDelta::days(3));
    // The versions taken away, every file is loaded again, over what is there.
    sqlx::query("DELETE FROM reference_data").execute(portal.db()).await.unwrap();
    reference::load(portal.db()).await.unwrap();
    programme::load_demo(&portal.state).await.unwrap();
    programme::load(&portal.state, &Files::demo()).await.unwrap();
    assert_eq!(first, fingerprint().await);
}

#[tokio::test]
async fn what_staff_changed_stays_after_a_restart() {
    let portal = Portal::with_demo_data().await;
    sqlx::query("UPDATE exam_price SET minor = 17500 WHERE currency = 'USD' AND exam_id = $1")
        .bind(file::exam_id("SAA-C03"))
        .execute(portal.db())
        .await
        .unwrap();
    programme::load_demo(&portal.state).await.unwrap();
    let words = portal.browser().get("/certifications/solutions-architect-associate").await.words();
    assert!(words.contains("$175.00"), "{words}");
}

#[tokio::test]
async fn several_instances_may_start_at_once() {
    let portal = Portal::new().await;
    let load = async || {
        reference::load(portal.db()).await.unwrap();
        programme::load_demo(&portal.state).await.unwrap();
    };
    futures_util::future::join_all([load(), load(), load(), load()]).await;
    let cities: i64 = sqlx::query_scalar("SELECT count(*) FROM city WHERE search LIKE '%|malaga%'").fetch_one(portal.db()).await.unwrap();
    assert!(cities >= 1);
}
