//! What the demo's people have paid.

use crate::support::Portal;
use certportal::app;
use certportal::ids::AccountId;

async fn count(portal: &Portal, what: &'static str) -> i64 {
    sqlx::query_scalar(what).fetch_one(portal.db()).await.unwrap()
}

#[tokio::test]
async fn every_exam_of_the_demo_was_paid_and_seeding_twice_changes_nothing() {
    let portal = Portal::with_demo_data().await;
    let counts = async || {
        let mut counts = vec![];
        for what in [
            "SELECT count(*) FROM appointment",
            "SELECT count(*) FROM purchase",
            "SELECT count(*) FROM purchase_item i JOIN purchase p ON p.id = i.purchase_id AND p.state = 'paid' AND p.paid_at IS NOT NULL",
            "SELECT count(*) FROM payment WHERE state = 'succeeded'",
            "SELECT count(*) FROM sandbox_checkout WHERE state = 'paid'",
        ] {
            counts.push(count(&portal, what).await);
        }
        counts
    };
    let before = counts().await;
    assert_eq!(before, [4; 5], "three attempts and a booking");
    app::load_demo_data(&portal.state).await.unwrap();
    assert_eq!(counts().await, before);
    // The money fits at every stage, and nothing was paid before it was ordered or after the exam.
    let wrong = "SELECT count(*) FROM purchase p JOIN purchase_item i ON i.purchase_id = p.id JOIN payment y ON y.purchase_id = p.id
                 JOIN sandbox_checkout s ON s.id = y.gateway_ref JOIN appointment a ON a.id = i.appointment_id
                 WHERE p.total_minor <> i.price_minor OR p.total_minor <> y.amount_minor OR p.total_minor <> s.amount_minor
                    OR p.placed_at > p.paid_at OR p.paid_at <> a.booked_at OR a.booked_at >= a.starts_at OR p.total_minor = 0";
    assert_eq!(count(&portal, wrong).await, 0);
}

#[tokio::test]
async fn cancelling_the_demos_booking_gives_money_back_and_staff_see_its_order() {
    let portal = Portal::with_demo_data().await;
    let maya = certportal::accounts::demo::seeded_account_id("maya");
    let (reference, number): (String, String) = sqlx::query_as(
        "SELECT a.reference, p.number FROM appointment a JOIN purchase_item i ON i.appointment_id = a.id JOIN purchase p ON p.id = i.purchase_id
         WHERE a.account_id = $1 AND a.state = 'booked' AND a.starts_at > $2",
    )
    .bind(maya)
    .bind(portal.clock.now())
    .fetch_one(portal.db())
    .await
    .unwrap();
    let mut browser = portal.signed_in(maya).await;
    let page = format!("/exams/{reference}/cancel");
    assert!(browser.get(&page).await.words().contains("$150.00, the full price, goes back"));
    let done = browser.post_form(&page, "/api/scheduling/cancel", &[("reference", &reference)]).await;
    assert_eq!(done.location(), format!("/exams/{reference}?done=cancelled"));
    portal.run_jobs().await;
    assert_eq!(count(&portal, "SELECT count(*) FROM sandbox_refund WHERE amount_minor = 15000").await, 1);
    assert!(browser.get(&format!("/orders/{number}")).await.words().contains("Refunded"));
    let finance: AccountId = certportal::accounts::demo::seeded_account_id("finance");
    let found = portal.signed_in(finance).await.get("/staff/orders?q=maya").await.words();
    assert!(found.contains(&number) && found.matches("CP-2026-").count() + found.matches("CP-2025-").count() == 4, "{found}");
}
