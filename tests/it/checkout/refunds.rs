use crate::support::Shop;
use certportal::checkout::gateway;
use certportal::checkout::service;
use certportal::error::AppError;
use certportal::ids::AppointmentId;
use certportal::money::Money;
use certportal::server::random;

async fn refund(shop: &Shop, appointment: AppointmentId, key: &str) -> Option<Money> {
    let mut tx = shop.portal.db().begin().await.unwrap();
    let amount =
        service::refund_appointment(&mut tx, &shop.portal.state, appointment, "cancelled", key).await.map_err(AppError::from).unwrap();
    tx.commit().await.unwrap();
    amount
}

async fn paid_for(shop: &Shop, appointment: AppointmentId) -> Option<Money> {
    let mut conn = shop.portal.db().acquire().await.unwrap();
    service::paid_for(&mut conn, appointment).await.map_err(AppError::from).unwrap()
}

#[tokio::test]
async fn a_cancelled_appointment_is_refunded_once() {
    let shop = Shop::new().await;
    let (appointment, number) = shop.paid(shop.amara, shop.exam, 10).await;
    let all = Some(Money::new(15000, "USD"));
    assert_eq!(paid_for(&shop, appointment).await, all);
    // The same cause twice, then another cause: nothing is left for it.
    assert_eq!(refund(&shop, appointment, "cancel:1").await, all);
    assert_eq!(refund(&shop, appointment, "cancel:1").await, all);
    assert_eq!(refund(&shop, appointment, "cancel:2").await, None);
    assert_eq!(paid_for(&shop, appointment).await, None);
    shop.portal.run_jobs().await;
    shop.portal.run_jobs().await;
    assert_eq!(shop.count("SELECT count(*) FROM sandbox_refund").await, 1);
    assert_eq!(shop.count("SELECT refunded_minor FROM purchase_item").await, 15000);
    assert_eq!(shop.order_state(&number).await, "refunded");
    assert_eq!(shop.mailed("amara@example.com").await, ["checkout.receipt", "checkout.refund"]);
    let words = shop.portal.signed_in(shop.amara).await.get(&format!("/orders/{number}")).await.words();
    assert!(words.contains("Refunded") && words.contains("You cancelled in time."), "{words}");
}

#[tokio::test]
async fn two_refunds_at_once_give_the_money_back_once() {
    let shop = Shop::new().await;
    let (appointment, _) = shop.paid(shop.amara, shop.exam, 10).await;
    let keys: Vec<String> = (0..6).map(|index| format!("cancel:{}", index % 3)).collect();
    let asked = futures_util::future::join_all(keys.iter().map(|key| refund(&shop, appointment, key))).await;
    assert!(asked.iter().any(Option::is_some));
    shop.portal.run_jobs().await;
    assert_eq!(shop.count("SELECT count(*) FROM refund").await, 1);
    assert_eq!(shop.count("SELECT sum(amount_minor)::bigint FROM sandbox_refund").await, 15000);
}

#[tokio::test]
async fn killed_after_the_gateway_gave_back_the_job_only_writes_it_down() {
    let shop = Shop::new().await;
    let (appointment, number) = shop.paid(shop.amara, shop.exam, 10).await;
    refund(&shop, appointment, "cancel:1").await;
    let reference: String = sqlx::query_scalar("SELECT gateway_ref FROM payment").fetch_one(shop.portal.db()).await.unwrap();
    let gateway = gateway::configured(&shop.portal.state).unwrap();
    let first = gateway.refund("cancel:1", &reference, &Money::new(15000, "USD")).await.unwrap();
    // The server died before it could write; the job runs again.
    shop.portal.run_jobs().await;
    assert_eq!(shop.count("SELECT count(*) FROM sandbox_refund").await, 1);
    let written: String = sqlx::query_scalar("SELECT gateway_ref FROM refund").fetch_one(shop.portal.db()).await.unwrap();
    assert_eq!(written, first);
    assert_eq!(shop.order_state(&number).await, "refunded");
}

#[tokio::test]
async fn an_appointment_that_was_moved_is_refunded_by_what_was_paid_for_the_first() {
    let shop = Shop::new().await;
    let (first, number) = shop.paid(shop.amara, shop.exam, 10).await;
    let mut last = first;
    for days in [20, 30] {
        let next = shop.hold(shop.amara, shop.exam, days).await;
        sqlx::query("UPDATE appointment SET state = 'booked', hold_expires_at = NULL, replaces = $2 WHERE id = $1")
            .bind(next)
            .bind(last)
            .execute(shop.portal.db())
            .await
            .unwrap();
        last = next;
    }
    assert_eq!(paid_for(&shop, last).await, Some(Money::new(15000, "USD")));
    assert_eq!(refund(&shop, last, "cancel:1").await, Some(Money::new(15000, "USD")));
    assert_eq!(refund(&shop, first, "cancel:2").await, None);
    shop.portal.run_jobs().await;
    assert_eq!(shop.order_state(&number).await, "refunded");
}

#[tokio::test]
async fn what_was_not_paid_is_not_refunded() {
    let shop = Shop::new().await;
    let held = shop.put(shop.amara, shop.exam, 10).await;
    assert_eq!(paid_for(&shop, held).await, None);
    assert_eq!(refund(&shop, held, "cancel:1").await, None);
    assert_eq!(refund(&shop, random::id(), "cancel:2").await, None);
    assert_eq!(shop.count("SELECT count(*) FROM refund").await, 0);
}

#[tokio::test]
async fn a_refund_the_gateway_refuses_is_left_to_staff() {
    let shop = Shop::new().await;
    let (appointment, number) = shop.paid(shop.amara, shop.exam, 10).await;
    refund(&shop, appointment, "cancel:1").await;
    sqlx::query("UPDATE sandbox_checkout SET state = 'expired'").execute(shop.portal.db()).await.unwrap();
    shop.portal.run_jobs().await;
    assert_eq!(shop.count("SELECT count(*) FROM refund WHERE state = 'failed'").await, 1);
    assert_eq!(shop.count("SELECT count(*) FROM audit_event WHERE action = 'checkout.refund_refused'").await, 1);
    assert_eq!(shop.order_state(&number).await, "paid");
    let words = shop.portal.signed_in(shop.amara).await.get(&format!("/orders/{number}")).await.words();
    assert!(words.contains("Being looked into"), "{words}");
}
