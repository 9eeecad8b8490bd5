//! Money that came, however the news of it came.

use crate::support::Shop;
use axum::http::StatusCode;
use certportal::checkout::gateway::Outcome;
use certportal::checkout::gateway::sandbox::webhook;
use certportal::checkout::settlement::{self, Settled};
use certportal::error::AppError;
use certportal::money::Money;
use chrono::TimeDelta;
use serde_json::json;
use std::sync::Arc;
use tokio::sync::Barrier;

fn paid() -> Outcome {
    Outcome::Succeeded(Money::new(15000, "USD"))
}

#[tokio::test]
async fn a_webhook_settles_and_coming_twice_it_settles_once() {
    let shop = Shop::new().await;
    let (appointment, number, _) = shop.paid_at_gateway(shop.amara, shop.exam, 10).await;
    let event = shop.webhooks().await.remove(0);
    for _ in 0..3 {
        assert_eq!(shop.deliver(&event).await, StatusCode::NO_CONTENT);
    }
    assert_eq!(shop.order_state(&number).await, "paid");
    assert_eq!(shop.appointment_state(appointment).await, "booked");
    assert_eq!(shop.mailed("amara@example.com").await, ["checkout.receipt"]);
    assert_eq!(shop.count("SELECT count(*) FROM gateway_event").await, 1);
    // The same news under another id changes nothing either.
    let mut copy = event;
    copy["id"] = json!("evt_test_other");
    assert_eq!(shop.deliver(&copy).await, StatusCode::NO_CONTENT);
    assert_eq!(shop.mailed("amara@example.com").await, ["checkout.receipt"]);
}

#[tokio::test]
async fn forged_old_and_unsigned_webhooks_change_nothing() {
    let shop = Shop::new().await;
    let (_, number, _) = shop.paid_at_gateway(shop.amara, shop.exam, 10).await;
    let body = serde_json::to_vec(&shop.webhooks().await.remove(0)).unwrap();
    let other_key = certportal::server::server_key::ServerKey::from_bytes([8; 32]);
    let forged = webhook::sign(&other_key, &body, shop.now());
    let of_another_body = webhook::sign(&shop.portal.state.key, b"{}", shop.now());
    let old = webhook::sign(&shop.portal.state.key, &body, shop.now() - TimeDelta::minutes(6));
    for signature in [forged.as_str(), of_another_body.as_str(), old.as_str(), "", "t=1,v1="] {
        assert_eq!(shop.deliver_signed(body.clone(), signature).await, StatusCode::BAD_REQUEST, "{signature}");
    }
    let nonsense = b"not json".to_vec();
    let signature = webhook::sign(&shop.portal.state.key, &nonsense, shop.now());
    assert_eq!(shop.deliver_signed(nonsense, &signature).await, StatusCode::BAD_REQUEST);
    assert_eq!(shop.order_state(&number).await, "awaiting_payment");
    assert_eq!(shop.count("SELECT count(*) FROM gateway_event").await, 0);
}

#[tokio::test]
async fn a_webhook_about_an_unknown_checkout_is_not_noted() {
    let shop = Shop::new().await;
    let (_, number, reference) = shop.paid_at_gateway(shop.amara, shop.exam, 10).await;
    let mut event = shop.webhooks().await.remove(0);
    event["checkout"] = json!("cs_test_unknown");
    assert_eq!(shop.deliver(&event).await, StatusCode::NOT_FOUND);
    // Noted only with its effect: the same event is still taken once it can be understood.
    event["checkout"] = json!(reference);
    assert_eq!(shop.deliver(&event).await, StatusCode::NO_CONTENT);
    assert_eq!(shop.order_state(&number).await, "paid");
}

#[tokio::test]
async fn another_amount_or_currency_than_asked_for_books_nothing_and_staff_are_told() {
    let shop = Shop::new().await;
    let (appointment, number, _) = shop.paid_at_gateway(shop.amara, shop.exam, 10).await;
    let event = shop.webhooks().await.remove(0);
    for (id, amount, currency) in [("evt_a", 14999, "USD"), ("evt_b", 1, "USD"), ("evt_c", 15000, "JPY")] {
        let mut wrong = event.clone();
        wrong["id"] = json!(id);
        wrong["amount_minor"] = json!(amount);
        wrong["currency"] = json!(currency);
        assert_eq!(shop.deliver(&wrong).await, StatusCode::NO_CONTENT);
        assert_eq!(shop.order_state(&number).await, "awaiting_payment");
        assert_eq!(shop.appointment_state(appointment).await, "held");
    }
    assert_eq!(shop.count("SELECT count(*) FROM audit_event WHERE action = 'checkout.amount_mismatch'").await, 1);
}

#[tokio::test]
async fn killed_between_the_payment_and_its_note_the_next_news_settles() {
    let shop = Shop::new().await;
    let (appointment, number, reference) = shop.paid_at_gateway(shop.amara, shop.exam, 10).await;
    let mut tx = shop.portal.db().begin().await.unwrap();
    let settled = settlement::settle_in(&mut tx, &shop.portal.state, "sandbox", &reference, &paid()).await.unwrap();
    assert_eq!(settled, Settled::Paid);
    // The server dies here.
    drop(tx);
    assert_eq!(shop.order_state(&number).await, "awaiting_payment");
    assert_eq!(shop.mailed("amara@example.com").await, [""; 0]);
    // Started again: the job asks, without a webhook and without the payer.
    shop.portal.later(TimeDelta::minutes(1));
    shop.portal.run_jobs().await;
    assert_eq!(shop.order_state(&number).await, "paid");
    assert_eq!(shop.appointment_state(appointment).await, "booked");
    assert_eq!(shop.mailed("amara@example.com").await, ["checkout.receipt"]);
}

#[tokio::test]
async fn news_from_all_sides_at_once_settles_once() {
    let shop = Shop::new().await;
    let (_, number, reference) = shop.paid_at_gateway(shop.amara, shop.exam, 10).await;
    let outcome = paid();
    let all = (0..8).map(|_| settlement::settle(&shop.portal.state, "sandbox", &reference, &outcome));
    let settled: Vec<Settled> = futures_util::future::join_all(all).await.into_iter().map(|settled| settled.unwrap()).collect();
    assert_eq!(settled.iter().filter(|settled| **settled == Settled::Paid).count(), 1, "{settled:?}");
    assert_eq!(shop.order_state(&number).await, "paid");
    assert_eq!(shop.count("SELECT count(*) FROM audit_event WHERE action = 'checkout.paid'").await, 1);
    assert_eq!(shop.mailed("amara@example.com").await, ["checkout.receipt"]);
}

/// The negative control of the test above: the same race, run against code that looks and then acts without a lock,
/// is won by several. So the race is real, and what stops it is the lock.
#[tokio::test]
async fn control_without_the_lock_the_race_is_won_by_several() {
    let shop = Shop::new().await;
    let (_, number, _) = shop.paid_at_gateway(shop.amara, shop.exam, 10).await;
    let barrier = Arc::new(Barrier::new(4));
    let racers = (0..4).map(|_| {
        let (db, number, barrier) = (shop.portal.db().clone(), number.clone(), barrier.clone());
        async move {
            let mut tx = db.begin().await.unwrap();
            let state: String =
                sqlx::query_scalar("SELECT state FROM purchase WHERE number = $1").bind(&number).fetch_one(&mut *tx).await.unwrap();
            barrier.wait().await;
            if state == "awaiting_payment" {
                sqlx::query("UPDATE purchase SET state = 'paid' WHERE number = $1").bind(&number).execute(&mut *tx).await.unwrap();
            }
            tx.commit().await.unwrap();
            state == "awaiting_payment"
        }
    });
    let winners = futures_util::future::join_all(racers).await.into_iter().filter(|won| *won).count();
    assert!(winners > 1, "{winners}");
}

#[tokio::test]
async fn money_is_taken_once_for_an_order_whatever_the_code_does() {
    let shop = Shop::new().await;
    shop.paid(shop.amara, shop.exam, 10).await;
    let second = sqlx::query(
        "INSERT INTO payment (id, purchase_id, gateway, state, amount_minor, currency, created_at)
         SELECT gen_random_uuid(), purchase_id, gateway, 'succeeded', amount_minor, currency, created_at FROM payment",
    )
    .execute(shop.portal.db())
    .await;
    let error = second.unwrap_err();
    assert_eq!(error.as_database_error().and_then(|error| error.constraint()), Some("payment_succeeded_key"));
}

#[tokio::test]
async fn a_late_payment_still_gets_a_seat_that_is_free() {
    let shop = Shop::new().await;
    let (appointment, number, _) = shop.paid_at_gateway(shop.amara, shop.exam, 10).await;
    shop.portal.later(TimeDelta::minutes(16));
    shop.sweep(appointment).await;
    assert_eq!(shop.deliver(&shop.webhooks().await.remove(0)).await, StatusCode::NO_CONTENT);
    assert_eq!(shop.appointment_state(appointment).await, "booked");
    assert_eq!(shop.order_state(&number).await, "paid");
    assert_eq!(shop.count("SELECT count(*) FROM refund").await, 0);
}

#[tokio::test]
async fn a_late_payment_for_a_seat_that_is_gone_goes_back_by_itself() {
    let shop = Shop::new().await;
    let (appointment, number, _) = shop.paid_at_gateway(shop.amara, shop.exam, 10).await;
    let starts_in = 10;
    shop.portal.later(TimeDelta::minutes(16));
    shop.sweep(appointment).await;
    // Bruno was quicker: the same lane, the same hours.
    shop.paid(shop.bruno, shop.exam, starts_in).await;
    assert_eq!(shop.deliver(&shop.webhooks().await.remove(0)).await, StatusCode::NO_CONTENT);
    assert_ne!(shop.appointment_state(appointment).await, "booked");
    shop.portal.run_jobs().await;
    assert_eq!(shop.order_state(&number).await, "refunded");
    assert_eq!(shop.count("SELECT amount_minor FROM sandbox_refund").await, 15000);
    assert_eq!(shop.mailed("amara@example.com").await, ["checkout.receipt", "checkout.refund"]);
    let mails = shop.portal.mails("amara@example.com").await;
    let mail = |template: &str| mails.iter().find(|mail| mail.template == template).unwrap();
    assert!(mail("checkout.receipt").body_text.contains("was not booked"));
    assert!(mail("checkout.refund").subject.contains("$150.00") && mail("checkout.refund").body_text.contains("no longer be given"));
    let mut browser = shop.portal.signed_in(shop.amara).await;
    let words = browser.get(&format!("/checkout/confirmation/{number}")).await.words();
    assert!(words.contains("Your payment arrived too late") && words.contains("$150.00 is on its way back"), "{words}");
    let words = browser.get(&format!("/orders/{number}")).await.words();
    assert!(words.contains("Not booked, refunded") && words.contains("Sent back"), "{words}");
}

#[tokio::test]
async fn of_two_exams_the_one_whose_seat_is_gone_goes_back() {
    let shop = Shop::new().await;
    let kept = shop.put(shop.amara, shop.other_exam, 12).await;
    let (lost, number, _) = shop.paid_at_gateway(shop.amara, shop.exam, 10).await;
    shop.portal.later(TimeDelta::minutes(16));
    shop.sweep(kept).await;
    shop.sweep(lost).await;
    shop.paid(shop.bruno, shop.exam, 10).await;
    assert_eq!(shop.deliver(&shop.webhooks().await.remove(0)).await, StatusCode::NO_CONTENT);
    shop.portal.run_jobs().await;
    assert_eq!(shop.appointment_state(kept).await, "booked");
    assert_eq!(shop.order_state(&number).await, "partly_refunded");
    assert_eq!(shop.count("SELECT amount_minor FROM sandbox_refund").await, 15000);
}

#[tokio::test]
async fn an_order_that_nobody_pays_is_closed_after_an_hour() {
    let shop = Shop::new().await;
    shop.put(shop.amara, shop.exam, 10).await;
    let mut browser = shop.portal.signed_in(shop.amara).await;
    let page = shop.to_hosted_page(&mut browser).await;
    for minutes in [1, 4, 10] {
        shop.portal.later(TimeDelta::minutes(minutes));
        shop.portal.run_jobs().await;
        assert_eq!(shop.order_state("CP-2026-000001").await, "awaiting_payment");
    }
    shop.portal.later(TimeDelta::minutes(45));
    shop.portal.run_jobs().await;
    assert_eq!(shop.order_state("CP-2026-000001").await, "expired");
    assert!(browser.get(&page).await.words().contains("This payment page is closed"));
    let words = browser.get("/checkout/return/CP-2026-000001").await.words();
    assert!(words.contains("This order is closed") && words.contains("Choose a time again"), "{words}");
}

#[tokio::test]
async fn money_for_an_order_that_was_changed_goes_back() {
    let shop = Shop::new().await;
    let (_, number, reference) = shop.paid_at_gateway(shop.amara, shop.exam, 10).await;
    // The order was put back into the cart at the very moment it was paid.
    sqlx::query("UPDATE purchase SET state = 'cancelled'").execute(shop.portal.db()).await.unwrap();
    sqlx::query("UPDATE payment SET state = 'failed'").execute(shop.portal.db()).await.unwrap();
    for expected in [Settled::GivenBack, Settled::Nothing] {
        assert_eq!(settlement::settle(&shop.portal.state, "sandbox", &reference, &paid()).await, Ok(expected));
    }
    shop.portal.run_jobs().await;
    assert_eq!(shop.count("SELECT sum(amount_minor)::bigint FROM sandbox_refund").await, 15000);
    assert_eq!(shop.order_state(&number).await, "cancelled");
    assert_eq!(shop.mailed("amara@example.com").await, ["checkout.refund"]);
}

#[tokio::test]
async fn a_second_payment_for_a_paid_order_goes_back() {
    let shop = Shop::new().await;
    let (_, number) = shop.paid(shop.amara, shop.exam, 10).await;
    sqlx::query(
        "INSERT INTO sandbox_checkout (id, key, amount_minor, currency, description, return_url, cancel_url, state, created_at)
         SELECT 'cs_second', 'second', amount_minor, currency, description, return_url, cancel_url, 'paid', created_at FROM sandbox_checkout",
    )
    .execute(shop.portal.db())
    .await
    .unwrap();
    sqlx::query(
        "INSERT INTO payment (id, purchase_id, gateway, gateway_ref, redirect_url, state, amount_minor, currency, created_at)
         SELECT gen_random_uuid(), purchase_id, gateway, 'cs_second', '/x', 'failed', amount_minor, currency, created_at FROM payment",
    )
    .execute(shop.portal.db())
    .await
    .unwrap();
    assert_eq!(settlement::settle(&shop.portal.state, "sandbox", "cs_second", &paid()).await, Ok(Settled::GivenBack));
    shop.portal.run_jobs().await;
    assert_eq!(shop.count("SELECT sum(amount_minor)::bigint FROM sandbox_refund WHERE checkout_id = 'cs_second'").await, 15000);
    // The order itself stays paid.
    assert_eq!(shop.order_state(&number).await, "paid");
}

#[tokio::test]
async fn an_unknown_reference_settles_nothing() {
    let shop = Shop::new().await;
    assert_eq!(settlement::settle(&shop.portal.state, "sandbox", "cs_unknown", &paid()).await, Err(AppError::NotFound));
}
