use crate::support::Shop;
use crate::support::shop::GOOD_CARD;
use axum::http::StatusCode;
use certportal::checkout::service::{self, Next};
use certportal::error::{AppError, Conflict};
use certportal::ids::PurchaseId;
use chrono::TimeDelta;

#[tokio::test]
async fn from_the_cart_to_the_confirmation() {
    let shop = Shop::new().await;
    let appointment = shop.put(shop.amara, shop.exam, 10).await;
    let mut browser = shop.portal.signed_in(shop.amara).await;
    let page = shop.to_hosted_page(&mut browser).await;
    let hosted = browser.get(&page).await;
    assert!(hosted.words().contains("Sandbox Pay") && hosted.words().contains("Test mode: no money moves"));
    let paid = shop.type_card(&mut browser, &page, GOOD_CARD).await;
    assert_eq!((paid.status, paid.location()), (StatusCode::SEE_OTHER, "/checkout/return/CP-2026-000001"));
    // No webhook has come: the page the payer comes back to asks by itself.
    let back = browser.get(paid.location()).await;
    assert_eq!((back.status, back.location()), (StatusCode::SEE_OTHER, "/checkout/confirmation/CP-2026-000001"));
    let confirmation = browser.get(back.location()).await;
    assert_eq!(confirmation.status, StatusCode::OK);
    let words = confirmation.words();
    assert!(words.contains("Your exam is booked") && words.contains("CP-2026-000001") && words.contains("What happens next"), "{words}");
    assert!(confirmation.text().contains("/calendar.ics"));
    assert_eq!(shop.appointment_state(appointment).await, "booked");
    assert_eq!(shop.mailed("amara@example.com").await, ["checkout.receipt"]);
    // The webhook that comes after finds nothing to do.
    for event in shop.webhooks().await {
        assert_eq!(shop.deliver(&event).await, StatusCode::NO_CONTENT);
    }
    assert_eq!(shop.mailed("amara@example.com").await, ["checkout.receipt"]);
    let order = browser.get("/orders/CP-2026-000001").await.words();
    assert!(order.contains("Paid") && order.contains("$150.00") && order.contains("Amara Okafor"), "{order}");
    assert!(browser.get("/orders").await.words().contains("CP-2026-000001"));
}

#[tokio::test]
async fn a_double_click_places_one_order_and_begins_one_payment() {
    let shop = Shop::new().await;
    shop.put(shop.amara, shop.exam, 10).await;
    let mut browser = shop.portal.signed_in(shop.amara).await;
    let review = browser.get("/checkout").await;
    let purchase: PurchaseId = review.hidden("purchase").parse().unwrap();
    let reviewed = review.hidden("reviewed");
    let cx = shop.cx(shop.amara).await;
    let clicks = (0..8).map(|_| service::pay(&cx, purchase, &reviewed));
    let answers: Vec<_> = futures_util::future::join_all(clicks).await;
    let first = answers[0].clone().unwrap();
    assert!(matches!(&first, Next::Gateway(url) if url.starts_with("/sandbox-pay/")));
    assert!(answers.iter().all(|answer| answer.as_ref() == Ok(&first)), "{answers:?}");
    assert_eq!(shop.count("SELECT count(*) FROM purchase").await, 1);
    assert_eq!(shop.count("SELECT count(*) FROM payment").await, 1);
    assert_eq!(shop.count("SELECT count(*) FROM sandbox_checkout").await, 1);
    assert_eq!(shop.count("SELECT count(*) FROM audit_event WHERE action = 'checkout.order_placed'").await, 1);
}

#[tokio::test]
async fn the_back_button_after_paying_leads_to_the_confirmation() {
    let shop = Shop::new().await;
    shop.put(shop.amara, shop.exam, 10).await;
    let mut browser = shop.portal.signed_in(shop.amara).await;
    let review = browser.get("/checkout").await;
    let page = shop.to_hosted_page(&mut browser).await;
    let paid = shop.type_card(&mut browser, &page, GOOD_CARD).await;
    let number = paid.location().trim_start_matches("/checkout/return/").to_owned();
    browser.get(paid.location()).await;
    // The page of before, from the browser's memory.
    let (purchase, reviewed) = (review.hidden("purchase"), review.hidden("reviewed"));
    let again = browser.post_form("/checkout", "/api/checkout/pay", &[("purchase", &purchase), ("reviewed", &reviewed)]).await;
    assert_eq!((again.status, again.location()), (StatusCode::SEE_OTHER, format!("/checkout/confirmation/{number}").as_str()));
    assert_eq!(shop.count("SELECT count(*) FROM payment").await, 1);
    // The hosted page can be typed into again as well, and nothing happens twice.
    assert!(browser.get(&page).await.words().contains("This payment is done"));
    shop.type_card(&mut browser, &page, GOOD_CARD).await;
    assert_eq!(shop.webhooks().await.len(), 1);
    assert!(browser.get("/checkout").await.words().contains("There is nothing to pay"));
}

#[tokio::test]
async fn a_hold_that_ran_out_before_paying_is_refused_and_nothing_is_placed() {
    let shop = Shop::new().await;
    shop.put(shop.amara, shop.exam, 10).await;
    let mut browser = shop.portal.signed_in(shop.amara).await;
    let review = browser.get("/checkout").await;
    shop.portal.later(TimeDelta::minutes(15));
    let (purchase, reviewed) = (review.hidden("purchase"), review.hidden("reviewed"));
    let answer = browser.post_form("/checkout", "/api/checkout/pay", &[("purchase", &purchase), ("reviewed", &reviewed)]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.words().contains("Choose a time again"), "{}", answer.words());
    assert_eq!(shop.count("SELECT count(*) FROM payment").await, 0);
}

#[tokio::test]
async fn leaving_for_the_payment_page_gives_at_least_ten_minutes_once() {
    let shop = Shop::new().await;
    let appointment = shop.put(shop.amara, shop.exam, 10).await;
    shop.portal.later(TimeDelta::minutes(12));
    let mut browser = shop.portal.signed_in(shop.amara).await;
    shop.to_hosted_page(&mut browser).await;
    let extended = shop.held_until(appointment).await.unwrap();
    assert_eq!(extended, shop.now() + TimeDelta::minutes(10));
    // Another click a little later is the same payment, and gives no more time.
    shop.portal.later(TimeDelta::minutes(5));
    shop.to_hosted_page(&mut browser).await;
    assert_eq!(shop.held_until(appointment).await, Some(extended));
}

#[tokio::test]
async fn a_hold_with_more_time_left_keeps_it() {
    let shop = Shop::new().await;
    let appointment = shop.put(shop.amara, shop.exam, 10).await;
    let until = shop.held_until(appointment).await;
    let mut browser = shop.portal.signed_in(shop.amara).await;
    shop.to_hosted_page(&mut browser).await;
    assert_eq!(shop.held_until(appointment).await, until);
}

#[tokio::test]
async fn a_declined_card_keeps_order_and_seat_and_another_card_pays() {
    let shop = Shop::new().await;
    let appointment = shop.put(shop.amara, shop.exam, 10).await;
    let mut browser = shop.portal.signed_in(shop.amara).await;
    let page = shop.to_hosted_page(&mut browser).await;
    let declined = shop.type_card(&mut browser, &page, "4000 0000 0000 9995").await;
    assert_eq!(declined.location(), page);
    assert!(browser.get(&page).await.words().contains("does not have enough funds"));
    // Back in the shop: the reason, the seat, the way on.
    let back = browser.get("/checkout/return/CP-2026-000001").await;
    let words = back.words();
    assert!(words.contains("The payment did not go through") && words.contains("does not have enough funds"), "{words}");
    assert!(words.contains("Seat held for") && back.text().contains(&page), "{words}");
    assert_eq!(shop.appointment_state(appointment).await, "held");
    let paid = shop.type_card(&mut browser, &page, GOOD_CARD).await;
    browser.get(paid.location()).await;
    assert_eq!(shop.order_state("CP-2026-000001").await, "paid");
    // The webhooks come late and in the wrong order: the refused card undoes nothing.
    for event in shop.webhooks().await.iter().rev() {
        assert_eq!(shop.deliver(event).await, StatusCode::NO_CONTENT);
    }
    assert_eq!(shop.order_state("CP-2026-000001").await, "paid");
    assert_eq!(shop.appointment_state(appointment).await, "booked");
}

#[tokio::test]
async fn extra_authentication_can_be_denied_and_then_approved() {
    let shop = Shop::new().await;
    shop.put(shop.amara, shop.exam, 10).await;
    let mut browser = shop.portal.signed_in(shop.amara).await;
    let page = shop.to_hosted_page(&mut browser).await;
    let checkout = page.trim_start_matches("/sandbox-pay/").to_owned();
    for answer in ["deny", "approve"] {
        assert_eq!(shop.type_card(&mut browser, &page, "4000 0025 0000 3155").await.location(), page);
        assert!(browser.get(&page).await.words().contains("Your bank asks you to approve"));
        let done = browser.post_form(&page, "/api/sandbox/authenticate", &[("checkout", &checkout), ("answer", answer)]).await;
        let expected = if answer == "deny" { page.as_str() } else { "/checkout/return/CP-2026-000001" };
        assert_eq!(done.location(), expected);
    }
    assert_eq!(browser.get("/checkout/return/CP-2026-000001").await.location(), "/checkout/confirmation/CP-2026-000001");
}

#[tokio::test]
async fn a_late_success_is_waited_for_and_then_booked() {
    let shop = Shop::new().await;
    let appointment = shop.put(shop.amara, shop.exam, 10).await;
    let mut browser = shop.portal.signed_in(shop.amara).await;
    let page = shop.to_hosted_page(&mut browser).await;
    let back = shop.type_card(&mut browser, &page, "4000 0000 0000 0077").await.location().to_owned();
    let waiting = browser.get(&back).await;
    assert_eq!(waiting.status, StatusCode::OK);
    assert!(waiting.words().contains("We are waiting for the payment provider"), "{}", waiting.words());
    assert!(waiting.text().contains("http-equiv=\"refresh\""), "it asks again without scripts");
    shop.portal.later(TimeDelta::minutes(2));
    shop.portal.run_jobs().await;
    for event in shop.webhooks().await {
        assert_eq!(shop.deliver(&event).await, StatusCode::NO_CONTENT);
    }
    assert_eq!(shop.appointment_state(appointment).await, "booked");
    assert_eq!(shop.mailed("amara@example.com").await, ["checkout.receipt"]);
}

#[tokio::test]
async fn a_late_failure_is_mailed_and_can_be_tried_again() {
    let shop = Shop::new().await;
    shop.put(shop.amara, shop.exam, 10).await;
    let mut browser = shop.portal.signed_in(shop.amara).await;
    let page = shop.to_hosted_page(&mut browser).await;
    let back = shop.type_card(&mut browser, &page, "4000 0000 0000 0085").await.location().to_owned();
    shop.portal.later(TimeDelta::minutes(2));
    shop.portal.run_jobs().await;
    for event in shop.webhooks().await {
        shop.deliver(&event).await;
    }
    assert_eq!(shop.mailed("amara@example.com").await, ["checkout.payment_failed"]);
    let failed = browser.get(&back).await;
    assert!(failed.words().contains("Your bank declined the card") && failed.words().contains("Try again"), "{}", failed.words());
    let again = browser.post_form(&back, "/api/checkout/pay", &[("purchase", &failed.hidden("purchase"))]).await;
    assert!(again.location().starts_with("/sandbox-pay/") && again.location() != page);
    let other_page = again.location().to_owned();
    shop.type_card(&mut browser, &other_page, GOOD_CARD).await;
    assert_eq!(browser.get(&back).await.location(), "/checkout/confirmation/CP-2026-000001");
}

#[tokio::test]
async fn a_free_order_is_complete_at_once() {
    let shop = Shop::new().await;
    sqlx::query("UPDATE exam_price SET minor = 0").execute(shop.portal.db()).await.unwrap();
    let appointment = shop.put(shop.amara, shop.exam, 10).await;
    let mut browser = shop.portal.signed_in(shop.amara).await;
    assert!(browser.get("/checkout").await.words().contains("Complete the booking"));
    let answer = shop.press_pay(&mut browser).await;
    assert_eq!(answer.location(), "/checkout/confirmation/CP-2026-000001");
    assert_eq!(shop.appointment_state(appointment).await, "booked");
    assert_eq!(shop.count("SELECT count(*) FROM payment").await, 0);
    assert_eq!(shop.mailed("amara@example.com").await, ["checkout.receipt"]);
}

#[tokio::test]
async fn security_37_a_foreign_order_does_not_exist() {
    let shop = Shop::new().await;
    shop.put(shop.amara, shop.exam, 10).await;
    let mut amara = shop.portal.signed_in(shop.amara).await;
    let purchase = amara.get("/checkout").await.hidden("purchase");
    shop.to_hosted_page(&mut amara).await;
    let mut bruno = shop.portal.signed_in(shop.bruno).await;
    for page in ["/orders/CP-2026-000001", "/checkout/return/CP-2026-000001", "/checkout/confirmation/CP-2026-000001"] {
        assert_eq!(bruno.get(page).await.status, StatusCode::NOT_FOUND, "{page}");
    }
    assert_eq!(bruno.call("/api/checkout/pay", &[("purchase", &purchase)]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(bruno.call("/api/checkout/reopen_order", &[("number", "CP-2026-000001")]).await.status, StatusCode::NOT_FOUND);
    for nonsense in ["", "x", "00000000-0000-0000-0000-000000000000"] {
        assert_eq!(amara.call("/api/checkout/pay", &[("purchase", nonsense)]).await.status, StatusCode::NOT_FOUND, "{nonsense}");
    }
    assert_eq!(shop.order_state("CP-2026-000001").await, "awaiting_payment");
}

#[tokio::test]
async fn security_57_paying_needs_a_hold_and_a_confirmation_needs_a_payment() {
    let shop = Shop::new().await;
    let appointment = shop.put(shop.amara, shop.exam, 10).await;
    let mut browser = shop.portal.signed_in(shop.amara).await;
    shop.to_hosted_page(&mut browser).await;
    assert_eq!(browser.get("/checkout/confirmation/CP-2026-000001").await.location(), "/checkout/return/CP-2026-000001");
    let open = browser.get("/checkout/return/CP-2026-000001").await.words();
    assert!(open.contains("You have not paid yet"), "{open}");
    assert_eq!(shop.appointment_state(appointment).await, "held");
    // The order waits, its hold runs out: it cannot be gone on with.
    shop.portal.later(TimeDelta::minutes(16));
    let cx = shop.cx(shop.amara).await;
    let purchase: PurchaseId = sqlx::query_scalar("SELECT id FROM purchase").fetch_one(shop.portal.db()).await.unwrap();
    assert_eq!(service::pay(&cx, purchase, "").await, Err(AppError::Conflict(Conflict::HoldExpired)));
    let page = browser.get("/checkout/return/CP-2026-000001").await.words();
    assert!(page.contains("You have not been charged") && page.contains("Choose a time again"), "{page}");
}

#[tokio::test]
async fn an_order_that_is_not_paid_can_be_put_back_into_the_cart() {
    let shop = Shop::new().await;
    shop.put(shop.amara, shop.exam, 10).await;
    let mut browser = shop.portal.signed_in(shop.amara).await;
    let page = shop.to_hosted_page(&mut browser).await;
    assert!(browser.get("/cart").await.words().contains("Order CP-2026-000001 is not paid yet"));
    for _ in 0..2 {
        let answer = browser.post_form("/cart", "/api/checkout/reopen_order", &[("number", "CP-2026-000001")]).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/cart"));
    }
    let cart = browser.get("/cart").await.words();
    assert!(cart.contains("SAA-C03") && cart.contains("Total$150.00") && !cart.contains("is not paid yet"), "{cart}");
    assert_eq!(shop.order_state("CP-2026-000001").await, "cancelled");
    // Its payment page is closed, and says so.
    assert!(browser.get(&page).await.words().contains("This payment page is closed"));
    assert_eq!(shop.type_card(&mut browser, &page, GOOD_CARD).await.status, StatusCode::CONFLICT);
    assert_eq!(browser.get("/checkout/return/CP-2026-000001").await.status, StatusCode::OK);
    // And the cart can be paid as a new order.
    shop.to_hosted_page(&mut browser).await;
    assert_eq!(shop.order_state("CP-2026-000002").await, "awaiting_payment");
    // A paid order cannot be reopened.
    let (.., number) = shop.paid(shop.bruno, shop.other_exam, 20).await;
    let cx = shop.cx(shop.bruno).await;
    assert_eq!(service::reopen(&cx, &number).await, Err(Conflict::AlreadyPaid.into()));
}

#[tokio::test]
async fn before_paying_after_it_and_by_mail_the_deadlines_are_the_same_and_in_the_candidates_zone() {
    let shop = Shop::new().await;
    sqlx::query("UPDATE account SET time_zone = 'America/New_York' WHERE id = $1")
        .bind(shop.amara)
        .execute(shop.portal.db())
        .await
        .unwrap();
    // In Berlin it begins on 3 December at 10:00.
    let appointment = shop.put(shop.amara, shop.exam, 10).await;
    let mut browser = shop.portal.signed_in(shop.amara).await;
    let until = "until Wednesday, 2 December 2026, 4:00 AM EST (UTC−5)";
    let told = [
        format!("Change date or place free of charge {until}."),
        format!("Cancel with a full refund {until}. After that, the fee is not refunded."),
    ];
    let review = browser.get("/checkout").await.words();
    assert!(told.iter().all(|sentence| review.contains(sentence)), "{review}");
    // Where to be at what time is said by the clocks of the place.
    assert!(review.contains("Check-in opensThursday, 3 December 2026, 9:30 AM CET (UTC+1)"), "{review}");
    let page = shop.to_hosted_page(&mut browser).await;
    let paid = shop.type_card(&mut browser, &page, GOOD_CARD).await;
    browser.get(paid.location()).await;
    let reference: String =
        sqlx::query_scalar("SELECT reference FROM appointment WHERE id = $1").bind(appointment).fetch_one(shop.portal.db()).await.unwrap();
    let exam = browser.get(&format!("/exams/{reference}")).await.words();
    assert!(told.iter().all(|sentence| exam.contains(sentence)), "{exam}");
    let mails = shop.portal.mails("amara@example.com").await;
    let booked = mails.iter().find(|mail| mail.template == "scheduling.booked").expect("a confirmation");
    let text = booked.body_text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.iter().all(|sentence| text.contains(sentence)), "{text}");
}

#[tokio::test]
async fn a_rule_whose_time_is_over_is_not_offered_before_paying() {
    let shop = Shop::new().await;
    let appointment = shop.put(shop.amara, shop.exam, 1).await;
    // Less than a day ahead: what was read here before paying was a date that had passed.
    sqlx::query(
        "UPDATE appointment SET starts_at = starts_at - interval '10 hours',
                occupies = tstzrange(lower(occupies) - interval '10 hours', upper(occupies) - interval '10 hours') WHERE id = $1",
    )
    .bind(appointment)
    .execute(shop.portal.db())
    .await
    .unwrap();
    let review = shop.portal.signed_in(shop.amara).await.get("/checkout").await.words();
    assert!(review.contains("Less than 24 hours remain: cancelling gives no refund."), "{review}");
    assert!(review.contains("Less than 24 hours remain: the date and place can no longer be changed."), "{review}");
    assert!(!review.contains("full refund"), "{review}");
}
