use crate::support::Shop;
use axum::http::StatusCode;
use certportal::error::{AppError, Conflict};
use chrono::TimeDelta;

#[tokio::test]
async fn an_exam_is_in_the_cart_once_with_its_price_and_the_rules_of_the_day() {
    let shop = Shop::new().await;
    let appointment = shop.put(shop.amara, shop.exam, 10).await;
    shop.add_to_cart(shop.amara, appointment).await.unwrap();
    assert_eq!(shop.count("SELECT count(*) FROM purchase_item").await, 1);
    assert_eq!(shop.count("SELECT count(*) FROM purchase_item WHERE (policies->>'cancel_cutoff_hours')::int = 24").await, 1);
    let mut browser = shop.portal.signed_in(shop.amara).await;
    let cart = browser.get("/cart").await;
    assert_eq!(cart.status, StatusCode::OK);
    let words = cart.words();
    assert!(words.contains("SAA-C03 Solutions Architect") && words.contains("$150.00") && words.contains("Seat held for"), "{words}");
    // In the zone the time was chosen in, and saying so.
    assert!(words.contains("Thursday, 3 December 2026, 10:00 AM CET (UTC+1)"), "{words}");
}

#[tokio::test]
async fn the_total_is_the_sum_of_what_is_held() {
    let shop = Shop::new().await;
    shop.put(shop.amara, shop.exam, 10).await;
    shop.put(shop.amara, shop.other_exam, 11).await;
    let mut browser = shop.portal.signed_in(shop.amara).await;
    assert!(browser.get("/cart").await.words().contains("Total$250.00"));
    let review = browser.get("/checkout").await.words();
    assert!(review.contains("Total$250.00") && review.contains("Pay $250.00"), "{review}");
    assert!(review.contains("Name on your IDAmara Okafor"), "{review}");
    // The rules as dates: 24 hours before the start.
    assert!(review.contains("Wednesday, 2 December 2026, 10:00 AM CET (UTC+1)"), "{review}");
    assert!(review.contains("payment provider's page"), "{review}");
}

#[tokio::test]
async fn an_exam_without_a_price_in_the_currency_cannot_be_bought() {
    let shop = Shop::new().await;
    sqlx::query("UPDATE exam_price SET currency = 'EUR'").execute(shop.portal.db()).await.unwrap();
    let appointment = shop.hold(shop.amara, shop.exam, 10).await;
    assert_eq!(shop.add_to_cart(shop.amara, appointment).await, Err(Conflict::ExamClosed.into()));
}

#[tokio::test]
async fn taking_an_item_out_gives_its_seat_back_and_doing_it_again_is_fine() {
    let shop = Shop::new().await;
    let appointment = shop.put(shop.amara, shop.exam, 10).await;
    let mut browser = shop.portal.signed_in(shop.amara).await;
    let item = browser.get("/cart").await.hidden("item");
    for _ in 0..2 {
        let answer = browser.post_form("/cart", "/api/checkout/remove_item", &[("item", &item)]).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/cart"));
    }
    assert_eq!(shop.appointment_state(appointment).await, "expired");
    assert!(browser.get("/cart").await.words().contains("Your cart is empty"));
}

#[tokio::test]
async fn security_37_nobody_reaches_into_another_cart() {
    let shop = Shop::new().await;
    let appointment = shop.put(shop.amara, shop.exam, 10).await;
    let item = shop.portal.signed_in(shop.amara).await.get("/cart").await.hidden("item");
    let mut bruno = shop.portal.signed_in(shop.bruno).await;
    bruno.post_form("/cart", "/api/checkout/remove_item", &[("item", &item)]).await;
    assert_eq!(shop.appointment_state(appointment).await, "held");
    assert_eq!(shop.add_to_cart(shop.bruno, appointment).await, Err(AppError::NotFound));
    let mut anonymous = shop.portal.browser();
    for page in ["/cart", "/checkout", "/orders", "/orders/CP-2026-000001", "/checkout/return/CP-2026-000001"] {
        let answer = anonymous.get(page).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{page}");
        assert!(answer.location().starts_with("/login?next="), "{page}");
    }
    for function in ["remove_item", "pay", "reopen_order"] {
        let answer = anonymous.call(&format!("/api/checkout/{function}"), &[("item", &item), ("purchase", &item)]).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{function}");
    }
}

#[tokio::test]
async fn a_hold_that_ran_out_is_said_and_not_paid_for() {
    let shop = Shop::new().await;
    let lapsed = shop.put(shop.amara, shop.exam, 10).await;
    shop.portal.later(TimeDelta::minutes(10));
    shop.put(shop.amara, shop.other_exam, 11).await;
    shop.portal.later(TimeDelta::minutes(6));
    let mut browser = shop.portal.signed_in(shop.amara).await;
    let cart = browser.get("/cart").await;
    let words = cart.words();
    assert!(words.contains("No longer held for you") && words.contains("Choose a time again"), "{words}");
    assert!(words.contains("Total$100.00"), "{words}");
    assert!(cart.text().contains("/schedule/SAA-C03"));
    // Paying for the rest leaves it in the cart.
    shop.to_hosted_page(&mut browser).await;
    let words = browser.get("/cart").await.words();
    assert!(words.contains("No longer held for you") && words.contains("SAA-C03"), "{words}");
    assert!(words.contains("is not paid yet"), "{words}");
    // A new hold for the same exam stands for the one that ran out.
    shop.sweep(lapsed).await;
    shop.put(shop.amara, shop.exam, 12).await;
    let words = browser.get("/cart").await.words();
    assert!(!words.contains("No longer held"), "{words}");
    assert!(words.contains("Total$150.00"), "{words}");
}

#[tokio::test]
async fn a_change_in_another_tab_is_noticed_before_anything_is_charged() {
    let shop = Shop::new().await;
    shop.put(shop.amara, shop.exam, 10).await;
    let mut browser = shop.portal.signed_in(shop.amara).await;
    let review = browser.get("/checkout").await;
    shop.put(shop.amara, shop.other_exam, 11).await;
    let fields = [("purchase", review.hidden("purchase")), ("reviewed", review.hidden("reviewed"))];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = browser.post_form("/checkout", "/api/checkout/pay", &fields).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.words().contains("Somebody has changed this in the meantime") && answer.words().contains("Pay $250.00"));
    assert_eq!(shop.count("SELECT count(*) FROM payment").await, 0);
    assert_eq!(shop.count("SELECT count(*) FROM purchase WHERE number IS NOT NULL").await, 0);
}
