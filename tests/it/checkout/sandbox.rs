//! The hosted page.

use crate::support::Shop;
use crate::support::shop::GOOD_CARD;
use axum::http::StatusCode;

#[tokio::test]
async fn what_is_wrong_with_a_card_is_said_at_its_field() {
    let shop = Shop::new().await;
    shop.put(shop.amara, shop.exam, 10).await;
    let mut browser = shop.portal.signed_in(shop.amara).await;
    let page = shop.to_hosted_page(&mut browser).await;
    let checkout = page.trim_start_matches("/sandbox-pay/");
    let fields = [("checkout", checkout), ("card", "4242 4242 4242 4241"), ("expiry", "01 / 20"), ("cvc", "")];
    let refused = browser.post_form(&page, "/api/sandbox/pay", &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let words = refused.words();
    for message in ["not a valid card number", "This card has expired", "Fill in this field"] {
        assert!(words.contains(message), "{message} is not in {words}");
    }
    assert!(refused.text().contains("href=\"#card\"") && refused.text().contains("aria-invalid=\"true\""));
    assert!(refused.text().contains("01 / 20"), "what is not secret is kept");
}

#[tokio::test]
async fn card_data_a_card_number_is_neither_shown_again_nor_written_anywhere() {
    let shop = Shop::new().await;
    shop.put(shop.amara, shop.exam, 10).await;
    let mut browser = shop.portal.signed_in(shop.amara).await;
    let page = shop.to_hosted_page(&mut browser).await;
    let checkout = page.trim_start_matches("/sandbox-pay/");
    // A real number, by its check digit: refused, and not in the answer.
    let fields = [("checkout", checkout), ("card", "5555 5555 5555 4444"), ("expiry", "12 / 30"), ("cvc", "987")];
    let refused = browser.post_form(&page, "/api/sandbox/pay", &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.words().contains("Only the test cards"));
    assert!(!refused.text().contains("5555") && !refused.tells("987"));
    let paid = shop.type_card(&mut browser, &page, GOOD_CARD).await;
    browser.get(paid.location()).await;
    // No table of the whole database has it.
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'",
    )
    .fetch_all(shop.portal.db())
    .await
    .unwrap();
    assert!(tables.len() > 20);
    for table in tables {
        let sql = format!("SELECT count(*) FROM {table} AS t WHERE regexp_replace(t::text, '[ -]', '', 'g') LIKE '%4242424242424242%'");
        let found: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(shop.portal.db()).await.unwrap();
        assert_eq!(found, 0, "{table}");
    }
}

#[tokio::test]
async fn card_data_no_page_of_the_portal_has_a_card_field() {
    let shop = Shop::new().await;
    shop.put(shop.amara, shop.exam, 10).await;
    let mut browser = shop.portal.signed_in(shop.amara).await;
    for page in ["/cart", "/checkout"] {
        let text = browser.get(page).await.text();
        assert!(!text.contains("cc-number") && !text.contains("name=\"card\""), "{page}");
    }
    let page = shop.to_hosted_page(&mut browser).await;
    for page in ["/checkout/return/CP-2026-000001", "/orders/CP-2026-000001"] {
        assert!(!browser.get(page).await.text().contains("name=\"card\""), "{page}");
    }
    let hosted = browser.get(&page).await.text();
    assert!(hosted.contains("name=\"card\"") && !hosted.contains("class=\"head\""), "the provider's page, without our header");
}

#[tokio::test]
async fn an_unknown_checkout_does_not_exist() {
    let shop = Shop::new().await;
    let mut browser = shop.portal.browser();
    assert_eq!(browser.get("/sandbox-pay/cs_test_unknown").await.status, StatusCode::NOT_FOUND);
    let fields = [("checkout", "cs_test_unknown"), ("card", GOOD_CARD), ("expiry", "12/30"), ("cvc", "123")];
    assert_eq!(browser.call("/api/sandbox/pay", &fields).await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.call("/api/sandbox/authenticate", &[("checkout", "x"), ("answer", "approve")]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_test_card_can_be_filled_in_by_its_link() {
    let shop = Shop::new().await;
    shop.put(shop.amara, shop.exam, 10).await;
    let mut browser = shop.portal.signed_in(shop.amara).await;
    let page = shop.to_hosted_page(&mut browser).await;
    let filled = browser.get(&format!("{page}?card=1")).await.text();
    assert!(filled.contains("value=\"4000 0000 0000 0002\""));
    assert_eq!(browser.get(&format!("{page}?card=99")).await.status, StatusCode::OK);
}
