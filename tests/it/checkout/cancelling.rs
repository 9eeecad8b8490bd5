//! From the form on the exam's page to the money: what cancelling in time gives back, and what it does not later.

use crate::support::Shop;
use crate::support::portal::Answer;
use axum::http::StatusCode;
use certportal::ids::{AppointmentId, PurchaseId};
use chrono::TimeDelta;

async fn reference_of(shop: &Shop, appointment: AppointmentId) -> String {
    sqlx::query_scalar("SELECT reference FROM appointment WHERE id = $1").bind(appointment).fetch_one(shop.portal.db()).await.unwrap()
}

/// Presses the button of the page `/exams/…/cancel`.
async fn cancel(shop: &Shop, reference: &str) -> Answer {
    let page = format!("/exams/{reference}/cancel");
    shop.portal.signed_in(shop.amara).await.post_form(&page, "/api/scheduling/cancel", &[("reference", reference)]).await
}

async fn cancelled_mails(shop: &Shop) -> Vec<String> {
    let mails = shop.portal.mails("amara@example.com").await;
    mails.into_iter().filter(|mail| mail.template == "scheduling.cancelled").map(|mail| mail.body_text).collect()
}

/// All of the price went back, once: here, at the gateway, in the order and in the mails.
async fn given_back_once(shop: &Shop, number: &str) {
    assert_eq!(shop.count("SELECT count(*) FROM refund").await, 1);
    let refund: (i64, String, String) =
        sqlx::query_as("SELECT amount_minor, reason, state FROM refund").fetch_one(shop.portal.db()).await.unwrap();
    assert_eq!(refund, (15000, "cancelled".into(), "succeeded".into()));
    let at_gateway: Vec<(i64, String)> = sqlx::query_as(
        "SELECT r.amount_minor, p.purchase_id::text FROM sandbox_refund r JOIN payment p ON p.gateway_ref = r.checkout_id
         WHERE p.state = 'succeeded'",
    )
    .fetch_all(shop.portal.db())
    .await
    .unwrap();
    let purchase: PurchaseId =
        sqlx::query_scalar("SELECT id FROM purchase WHERE number = $1").bind(number).fetch_one(shop.portal.db()).await.unwrap();
    assert_eq!(at_gateway, [(15000, purchase.to_string())]);
    assert_eq!(shop.count("SELECT refunded_minor FROM purchase_item").await, 15000);
    assert_eq!(shop.order_state(number).await, "refunded");
    let [told] = &cancelled_mails(shop).await[..] else { panic!("one mail tells of the cancellation") };
    assert!(told.contains("$150.00 goes back to where it came from"), "{told}");
    assert_eq!(shop.mailed("amara@example.com").await, ["checkout.receipt", "checkout.refund"]);
}

#[tokio::test]
async fn cancelling_in_time_gives_the_whole_price_back() {
    let shop = Shop::new().await;
    let (appointment, number) = shop.paid(shop.amara, shop.exam, 10).await;
    let reference = reference_of(&shop, appointment).await;
    // At the last moment of the policy, to the minute.
    shop.portal.later(TimeDelta::days(9));
    let page = shop.portal.signed_in(shop.amara).await.get(&format!("/exams/{reference}/cancel")).await.words();
    assert!(page.contains("$150.00, the full price, goes back"), "{page}");
    for _ in 0..2 {
        let answer = cancel(&shop, &reference).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.words());
        assert_eq!(answer.location(), format!("/exams/{reference}?done=cancelled"));
    }
    assert_eq!(shop.appointment_state(appointment).await, "cancelled");
    // Written with the cancellation, asked of the gateway afterwards: a crash in between loses nothing.
    assert_eq!(shop.count("SELECT count(*) FROM refund WHERE state = 'pending'").await, 1);
    assert_eq!(shop.count("SELECT count(*) FROM sandbox_refund").await, 0);
    shop.portal.run_jobs().await;
    shop.portal.run_jobs().await;
    given_back_once(&shop, &number).await;
    let detail: serde_json::Value =
        sqlx::query_scalar("SELECT detail FROM audit_event WHERE action = 'appointment.cancel'").fetch_one(shop.portal.db()).await.unwrap();
    assert!(detail.to_string().contains("15000"), "{detail}");
}

#[tokio::test]
async fn cancelling_too_late_keeps_the_booking_and_the_fee() {
    let shop = Shop::new().await;
    let (appointment, number) = shop.paid(shop.amara, shop.exam, 10).await;
    let reference = reference_of(&shop, appointment).await;
    shop.portal.later(TimeDelta::days(9) + TimeDelta::seconds(1));
    let page = shop.portal.signed_in(shop.amara).await.get(&format!("/exams/{reference}/cancel")).await;
    assert!(page.words().contains("It is too late to cancel with a refund"), "{}", page.words());
    assert!(!page.text().contains("/api/scheduling/cancel"), "no button");
    // The form of a page that was opened in time.
    let answer = cancel(&shop, &reference).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.words());
    shop.portal.run_jobs().await;
    assert_eq!(shop.appointment_state(appointment).await, "booked");
    assert_eq!(shop.order_state(&number).await, "paid");
    assert_eq!(shop.count("SELECT (SELECT count(*) FROM refund) + (SELECT count(*) FROM sandbox_refund)").await, 0);
    assert!(cancelled_mails(&shop).await.is_empty());
    assert_eq!(shop.mailed("amara@example.com").await, ["checkout.receipt"]);
}

#[tokio::test]
async fn moving_costs_nothing_and_what_was_moved_gives_the_first_payment_back() {
    let shop = Shop::new().await;
    let (appointment, number) = shop.paid(shop.amara, shop.exam, 10).await;
    let reference = reference_of(&shop, appointment).await;
    let hold = shop.hold(shop.amara, shop.exam, 20).await;
    sqlx::query("UPDATE appointment SET replaces = $2 WHERE id = $1").bind(hold).bind(appointment).execute(shop.portal.db()).await.unwrap();
    let fields = [("appointment", hold.to_string())];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    let page = format!("/schedule/details/{hold}");
    let moved = shop.portal.signed_in(shop.amara).await.post_form(&page, "/api/scheduling/reschedule", &fields).await;
    assert_eq!(moved.location(), format!("/exams/{reference}?done=moved"), "{}", moved.words());
    shop.portal.run_jobs().await;
    assert_eq!(shop.count("SELECT count(*) FROM payment").await, 1);
    assert_eq!(shop.count("SELECT count(*) FROM refund").await, 0);
    assert_eq!(shop.order_state(&number).await, "paid");
    // The cut-off is that of the new date.
    shop.portal.later(TimeDelta::days(19));
    assert_eq!(cancel(&shop, &reference).await.location(), format!("/exams/{reference}?done=cancelled"));
    shop.portal.run_jobs().await;
    given_back_once(&shop, &number).await;
}
