//! One exam is booked once and charged once, whatever several tabs, orders and late payments do.

use crate::support::Shop;
use crate::support::shop::GOOD_CARD;
use axum::http::StatusCode;
use certportal::checkout::gateway::Outcome;
use certportal::checkout::service;
use certportal::checkout::settlement::{self, Settled};
use certportal::error::{AppError, Conflict};
use certportal::ids::{AppointmentId, PurchaseItemId};
use certportal::money::Money;
use certportal::scheduling::service::holds;
use chrono::TimeDelta;

const FIRST: &str = "CP-2026-000001";

/// The order is given up here, although its page was paid: what reconciling does with one that was left for an hour.
async fn give_up(shop: &Shop, number: &str) {
    let undo = "WITH order_ AS (UPDATE purchase SET state = 'expired' WHERE number = $1 RETURNING id)
                UPDATE payment SET state = 'failed' WHERE purchase_id = (SELECT id FROM order_)";
    sqlx::query(undo).bind(number).execute(shop.portal.db()).await.unwrap();
}

async fn settle(shop: &Shop, reference: &str) -> Result<Settled, AppError> {
    settlement::settle(&shop.portal.state, "sandbox", reference, &Outcome::Succeeded(Money::new(15000, "USD"))).await
}

#[tokio::test]
async fn a_seat_that_is_being_paid_for_goes_into_no_second_order_and_is_not_given_back() {
    let shop = Shop::new().await;
    let appointment = shop.put(shop.amara, shop.exam, 10).await;
    let mut browser = shop.portal.signed_in(shop.amara).await;
    shop.to_hosted_page(&mut browser).await;
    assert_eq!(shop.add_to_cart(shop.amara, appointment).await, Err(Conflict::BeingPaid.into()));
    let details = browser.get(&format!("/schedule/details/{appointment}")).await;
    assert_eq!((details.status, details.location()), (StatusCode::SEE_OTHER, format!("/checkout/return/{FIRST}").as_str()));
    let cx = shop.cx(shop.amara).await;
    assert_eq!(holds::let_go(&cx, appointment).await, Err(Conflict::BeingPaid.into()));
    assert_eq!(shop.appointment_state(appointment).await, "held");
    // Changing the order is the way: then the seat is the cart's again.
    service::reopen(&cx, FIRST).await.unwrap();
    assert_eq!(holds::let_go(&cx, appointment).await, Ok(()));
    assert_eq!(holds::let_go(&cx, appointment).await, Ok(()), "given back already");
    assert_eq!(shop.appointment_state(appointment).await, "expired");
}

#[tokio::test]
async fn a_booking_of_another_tab_is_not_given_back_as_a_hold() {
    let shop = Shop::new().await;
    let (appointment, _) = shop.paid(shop.amara, shop.exam, 10).await;
    let cx = shop.cx(shop.amara).await;
    assert_eq!(holds::let_go(&cx, appointment).await, Err(Conflict::AppointmentEnded.into()));
    assert_eq!(shop.appointment_state(appointment).await, "booked");
}

#[tokio::test]
async fn of_two_paid_orders_for_one_seat_the_second_goes_back() {
    let shop = Shop::new().await;
    let (appointment, first, reference) = shop.paid_at_gateway(shop.amara, shop.exam, 10).await;
    give_up(&shop, &first).await;
    shop.add_to_cart(shop.amara, appointment).await.unwrap();
    let mut browser = shop.portal.signed_in(shop.amara).await;
    let page = shop.to_hosted_page(&mut browser).await;
    let back = shop.type_card(&mut browser, &page, GOOD_CARD).await.location().to_owned();
    browser.get(&back).await;
    assert_eq!(shop.appointment_state(appointment).await, "booked");

    assert_eq!(settle(&shop, &reference).await, Ok(Settled::Paid));
    shop.portal.run_jobs().await;
    assert_eq!(shop.order_state(&first).await, "refunded");
    assert_eq!(shop.count("SELECT sum(amount_minor)::bigint FROM sandbox_refund").await, 15000);
    assert_eq!(shop.appointment_state(appointment).await, "booked");
    let words = browser.get(&format!("/checkout/confirmation/{first}")).await.words();
    assert!(words.contains("was not booked again") && words.contains("$150.00 is on its way back"), "{words}");
    let mails = shop.portal.mails("amara@example.com").await;
    assert!(mails.iter().any(|mail| mail.template == "checkout.receipt" && mail.body_text.contains("was not booked again")));
    assert!(mails.iter().any(|mail| mail.template == "checkout.refund" && mail.body_text.contains("with another order already")));
    // What is cancelled is refunded by the order that booked it, not by the one that was given back.
    let mut tx = shop.portal.db().begin().await.unwrap();
    let refunded = service::refund_appointment(&mut tx, &shop.portal.state, appointment, "cancelled", "cancel").await.unwrap();
    assert_eq!(refunded, Some(Money::new(15000, "USD")));
}

#[tokio::test]
async fn an_exam_that_one_order_has_booked_is_not_booked_by_another() {
    let shop = Shop::new().await;
    let (late, first, reference) = shop.paid_at_gateway(shop.amara, shop.exam, 10).await;
    // Another tab, which had taken another time before.
    let (booked, _) = shop.paid(shop.amara, shop.exam, 12).await;
    assert_eq!(shop.appointment_state(booked).await, "booked");
    assert_eq!(settle(&shop, &reference).await, Ok(Settled::Paid));
    shop.portal.run_jobs().await;
    assert_ne!(shop.appointment_state(late).await, "booked");
    assert_eq!(shop.order_state(&first).await, "refunded");
    assert_eq!(shop.count("SELECT count(*) FROM appointment WHERE state = 'booked'").await, 1);
}

#[tokio::test]
async fn two_orders_for_one_exam_settled_at_once_book_one_of_them() {
    let shop = Shop::new().await;
    let (.., first) = shop.paid_at_gateway(shop.amara, shop.exam, 10).await;
    let (.., second) = shop.paid_at_gateway(shop.amara, shop.exam, 12).await;
    let (one, two) = tokio::join!(settle(&shop, &first), settle(&shop, &second));
    assert_eq!((one, two), (Ok(Settled::Paid), Ok(Settled::Paid)));
    shop.portal.run_jobs().await;
    assert_eq!(shop.count("SELECT count(*) FROM appointment WHERE state = 'booked'").await, 1);
    assert_eq!(shop.count("SELECT count(*) FROM purchase WHERE state = 'refunded'").await, 1);
}

#[tokio::test]
async fn without_the_candidates_lock_both_would_be_booked_so_the_test_above_sees_the_race() {
    let shop = Shop::new().await;
    shop.put(shop.amara, shop.exam, 10).await;
    shop.hold(shop.amara, shop.exam, 12).await;
    let [mut one, mut two] = [shop.portal.db().begin().await.unwrap(), shop.portal.db().begin().await.unwrap()];
    let ids: Vec<AppointmentId> = sqlx::query_scalar("SELECT id FROM appointment").fetch_all(shop.portal.db()).await.unwrap();
    // confirm_booking leaves the lock to whoever settles; here nobody takes it.
    holds::confirm_booking(&mut one, &shop.portal.state, ids[0]).await.unwrap();
    holds::confirm_booking(&mut two, &shop.portal.state, ids[1]).await.unwrap();
    one.commit().await.unwrap();
    two.commit().await.unwrap();
    assert_eq!(shop.count("SELECT count(*) FROM appointment WHERE state = 'booked'").await, 2);
}

#[tokio::test]
async fn an_exam_booked_meanwhile_is_not_charged_again() {
    let shop = Shop::new().await;
    let other = shop.hold(shop.amara, shop.exam, 12).await;
    shop.put(shop.amara, shop.exam, 10).await;
    let mut browser = shop.portal.signed_in(shop.amara).await;
    browser.get("/checkout").await;
    sqlx::query("UPDATE appointment SET state = 'booked', hold_expires_at = NULL WHERE id = $1")
        .bind(other)
        .execute(shop.portal.db())
        .await
        .unwrap();
    let refused = shop.press_pay(&mut browser).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.words());
    assert_eq!(shop.count("SELECT count(*) FROM payment").await, 0);
    assert_eq!(shop.count("SELECT count(*) FROM purchase WHERE state <> 'draft'").await, 0);
}

/// Found by reading: the line was deleted from an order that had just been placed, and its price was charged all the same.
#[tokio::test]
async fn an_item_cannot_be_taken_out_of_an_order_that_another_tab_has_just_placed() {
    let shop = Shop::new().await;
    shop.put(shop.amara, shop.exam, 10).await;
    let item: PurchaseItemId = sqlx::query_scalar("SELECT id FROM purchase_item").fetch_one(shop.portal.db()).await.unwrap();
    let mut placing = shop.portal.db().begin().await.unwrap();
    sqlx::query("UPDATE purchase SET state = 'awaiting_payment', number = 'CP-2026-000001', total_minor = 15000")
        .execute(&mut *placing)
        .await
        .unwrap();
    let cx = shop.cx(shop.amara).await;
    let removing = tokio::spawn(async move { service::remove_item(&cx, item).await });
    while shop.count("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").await == 0 {
        tokio::task::yield_now().await;
    }
    placing.commit().await.unwrap();
    assert_eq!(removing.await.unwrap(), Err(Conflict::BeingPaid.into()));
    assert_eq!(shop.count("SELECT count(*) FROM purchase_item").await, 1);
}

#[tokio::test]
async fn an_order_whose_payment_failed_for_good_is_closed_after_an_hour() {
    let shop = Shop::new().await;
    shop.put(shop.amara, shop.exam, 10).await;
    let mut browser = shop.portal.signed_in(shop.amara).await;
    let page = shop.to_hosted_page(&mut browser).await;
    shop.type_card(&mut browser, &page, "4000 0000 0000 0085").await;
    for minutes in [2, 4, 10] {
        shop.portal.later(TimeDelta::minutes(minutes));
        shop.portal.run_jobs().await;
        assert_eq!(shop.order_state(FIRST).await, "awaiting_payment");
    }
    assert_eq!(shop.count("SELECT count(*) FROM payment WHERE state = 'failed'").await, 1);
    shop.portal.later(TimeDelta::minutes(45));
    shop.portal.run_jobs().await;
    assert_eq!(shop.order_state(FIRST).await, "expired");
}

#[tokio::test]
async fn a_late_payment_books_nothing_that_could_not_be_booked_any_more() {
    let shop = Shop::new().await;
    let (appointment, number, reference) = shop.paid_at_gateway(shop.amara, shop.exam, 1).await;
    shop.sweep(appointment).await;
    // Online, four hours ahead is the latest.
    shop.portal.later(TimeDelta::hours(20));
    assert_eq!(settle(&shop, &reference).await, Ok(Settled::Paid));
    shop.portal.run_jobs().await;
    assert_eq!(shop.appointment_state(appointment).await, "expired");
    assert_eq!(shop.order_state(&number).await, "refunded");
}

#[tokio::test]
async fn a_free_exam_whose_seat_is_gone_is_not_shown_as_booked() {
    let shop = Shop::new().await;
    sqlx::query("UPDATE exam_price SET minor = 0 WHERE exam_id = $1").bind(shop.other_exam).execute(shop.portal.db()).await.unwrap();
    let free = shop.put(shop.amara, shop.other_exam, 12).await;
    let (kept, number, reference) = shop.paid_at_gateway(shop.amara, shop.exam, 10).await;
    shop.portal.later(TimeDelta::minutes(16));
    shop.sweep(free).await;
    shop.sweep(kept).await;
    shop.paid(shop.bruno, shop.exam, 12).await;
    assert_eq!(settle(&shop, &reference).await, Ok(Settled::Paid));
    assert_eq!((shop.appointment_state(kept).await.as_str(), shop.appointment_state(free).await.as_str()), ("booked", "expired"));
    let mut browser = shop.portal.signed_in(shop.amara).await;
    let words = browser.get(&format!("/checkout/confirmation/{number}")).await.words();
    assert!(words.contains("CLF-C02 Cloud Practitioner was not booked") && !words.contains("$0.00 is on its way"), "{words}");
}

#[tokio::test]
async fn a_cart_of_another_currency_can_be_paid_and_a_new_exam_begins_a_new_one() {
    let shop = Shop::new().await;
    let old = shop.put(shop.amara, shop.exam, 10).await;
    sqlx::query("INSERT INTO exam_price (exam_id, currency, minor) SELECT exam_id, 'EUR', minor - 1000 FROM exam_price")
        .execute(shop.portal.db())
        .await
        .unwrap();
    sqlx::query("UPDATE programme SET currency = 'EUR'").execute(shop.portal.db()).await.unwrap();
    shop.portal.state.programme.refresh(shop.portal.db()).await.unwrap();
    let mut browser = shop.portal.signed_in(shop.amara).await;
    assert!(browser.get("/checkout").await.words().contains("$150.00"));
    let cx = shop.cx(shop.amara).await;
    let mut first = service::review(&cx).await.unwrap();
    assert_eq!(first.total, Money::new(15000, "USD"));
    // What is put in now costs what it costs now; what was priced otherwise keeps its seat and is put in anew.
    shop.put(shop.amara, shop.other_exam, 12).await;
    first = service::review(&cx).await.unwrap();
    assert_eq!((first.total, first.held.len()), (Money::new(9000, "EUR"), 1));
    assert_eq!(shop.appointment_state(old).await, "held");
    shop.add_to_cart(shop.amara, old).await.unwrap();
    assert_eq!(service::review(&cx).await.unwrap().total, Money::new(23000, "EUR"));
    shop.to_hosted_page(&mut browser).await;
}

#[tokio::test]
async fn an_item_has_the_rules_that_its_seat_was_held_under() {
    let shop = Shop::new().await;
    let appointment = shop.hold(shop.amara, shop.exam, 10).await;
    sqlx::query("UPDATE appointment SET policies = policies || '{\"cancel_cutoff_hours\": 48}'").execute(shop.portal.db()).await.unwrap();
    shop.add_to_cart(shop.amara, appointment).await.unwrap();
    assert_eq!(shop.count("SELECT count(*) FROM purchase_item i JOIN appointment a ON a.policies = i.policies").await, 1);
}
