//! Refunds that staff give: at once up to the limit ($200 on an order), above it by two people.

use super::{WHY, approve, colleague, count, event, request_page, state_of};
use crate::support::Shop;
use crate::support::portal::{Answer, Browser};
use crate::support::shop::GOOD_CARD;
use axum::http::StatusCode;
use certportal::checkout::{service, settlement};
use certportal::error::AppError;
use certportal::ids::{AccountId, ApprovalId, PurchaseItemId};
use certportal::server::random;

const REFUND: &str = "/api/checkout/refund";

/// One order of both exams: $150 and $100. Gives its number and the items' ids.
async fn two_items(shop: &Shop) -> (String, PurchaseItemId, PurchaseItemId) {
    shop.put(shop.amara, shop.exam, 10).await;
    shop.put(shop.amara, shop.other_exam, 20).await;
    let mut browser = shop.portal.signed_in(shop.amara).await;
    let page = shop.to_hosted_page(&mut browser).await;
    let number = shop.type_card(&mut browser, &page, GOOD_CARD).await.location().trim_start_matches("/checkout/return/").to_owned();
    let reference = page.trim_start_matches("/sandbox-pay/");
    let outcome = settlement::ask(&shop.portal.state, "sandbox", reference).await.unwrap();
    settlement::settle(&shop.portal.state, "sandbox", reference, &outcome).await.unwrap();
    let items: Vec<PurchaseItemId> =
        sqlx::query_scalar("SELECT id FROM purchase_item ORDER BY price_minor DESC").fetch_all(shop.portal.db()).await.unwrap();
    (number, items[0], items[1])
}

async fn only_item(shop: &Shop) -> PurchaseItemId {
    sqlx::query_scalar("SELECT id FROM purchase_item").fetch_one(shop.portal.db()).await.unwrap()
}

async fn refund(browser: &mut Browser, number: &str, item: PurchaseItemId, amount: &str) -> Answer {
    refund_as(browser, number, item, amount, &random::id::<ApprovalId>().to_string()).await
}

async fn refund_as(browser: &mut Browser, number: &str, item: PurchaseItemId, amount: &str, intent: &str) -> Answer {
    let item = item.to_string();
    let fields = [("order", number), ("intent", intent), ("item", item.as_str()), ("amount", amount), ("reason", WHY)];
    browser.post_form(&format!("/staff/orders/{number}/refund"), REFUND, &fields).await
}

async fn sent_back(shop: &Shop) -> i64 {
    shop.count("SELECT coalesce(sum(amount_minor), 0)::bigint FROM sandbox_refund").await
}

#[tokio::test]
async fn a_refund_up_to_the_limit_is_given_at_once_and_once_and_the_seat_stays() {
    let shop = Shop::new().await;
    let (appointment, number) = shop.paid(shop.amara, shop.exam, 10).await;
    let item = only_item(&shop).await;
    let (finance_id, mut finance) = colleague(&shop.portal, "finance").await;
    let form = finance.get(&format!("/staff/orders/{number}/refund")).await;
    assert!(
        form.words().contains("A refund does not free the seat") && form.words().contains("Up to $200.00 on an order"),
        "{}",
        form.words()
    );
    assert!(form.text().contains("value=\"150.00\""), "the whole rest of the only item is offered");
    let intent = form.hidden("intent");
    let there = format!("/staff/orders/{number}?done=refunded");
    for _ in 0..2 {
        assert_eq!(refund_as(&mut finance, &number, item, "50,00", &intent).await.location(), there);
    }
    shop.portal.run_jobs().await;
    assert_eq!(refund_as(&mut finance, &number, item, "50.00", &intent).await.location(), there);
    shop.portal.run_jobs().await;
    assert_eq!((sent_back(&shop).await, shop.count("SELECT count(*) FROM refund").await), (5000, 1));
    assert_eq!(shop.order_state(&number).await, "partly_refunded");
    assert_eq!(shop.appointment_state(appointment).await, "booked");
    assert_eq!(shop.mailed("amara@example.com").await, ["checkout.receipt", "checkout.refund"]);
    let words = shop.portal.signed_in(shop.amara).await.get(&format!("/orders/{number}")).await.words();
    assert!(words.contains("Our team has refunded this.") && !words.contains(WHY), "{words}");
    let words = finance.get(&format!("/staff/orders/{number}")).await.words();
    for part in [WHY, "Kim Colleague", "$50.00", "$100.00", "Amara Okafor", "Seat booked"] {
        assert!(words.contains(part), "{part} is missing in {words}");
    }
    let told = event(&shop.portal, "checkout.staff_refund").await;
    assert_eq!((told["amount_minor"].as_i64(), told["requested_by"].as_str()), (Some(5000), Some(finance_id.to_string().as_str())));

    // Whoever cancels later gets what is left.
    let mut tx = shop.portal.db().begin().await.unwrap();
    let rest = service::refund_appointment(&mut tx, &shop.portal.state, appointment, "cancelled", "cancel:1").await.map_err(AppError::from);
    assert_eq!(rest.unwrap().map(|rest| rest.minor), Some(10_000));
}

#[tokio::test]
async fn security_41_splitting_a_refund_does_not_avoid_the_second_person() {
    let shop = Shop::new().await;
    let (number, first, second) = two_items(&shop).await;
    let (finance_id, mut finance) = colleague(&shop.portal, "finance").await;
    assert!(refund(&mut finance, &number, first, "150").await.location().ends_with("?done=refunded"));
    assert!(refund(&mut finance, &number, second, "50").await.location().ends_with("?done=refunded"), "$200 in all is within the limit");
    let intent = random::id::<ApprovalId>().to_string();
    let request = request_page(&refund_as(&mut finance, &number, second, "0.01", &intent).await);
    assert_eq!(request_page(&refund_as(&mut finance, &number, second, "0.01", &intent).await), request, "twice is once");
    shop.portal.run_jobs().await;
    assert_eq!(sent_back(&shop).await, 20_000);
    let answer = refund(&mut finance, &number, second, "0.01").await;
    assert!(answer.status == StatusCode::CONFLICT && answer.words().contains("asked for the same already"), "{}", answer.words());
    assert_eq!(approve(&mut finance, &request).await.status, StatusCode::CONFLICT, "one's own");

    let (other_id, mut other) = colleague(&shop.portal, "finance").await;
    let words = other.get(&request).await.words();
    for part in ["Refund above the limit", "$50.00", "$50.01", "$49.99", &number] {
        assert!(words.contains(part), "{part} is missing in {words}");
    }
    assert_eq!(approve(&mut other, &request).await.location(), format!("{request}?done=approved"));
    shop.portal.run_jobs().await;
    assert_eq!(sent_back(&shop).await, 20_001);
    let decided = event(&shop.portal, "approvals.approved").await;
    assert_eq!((&decided["requested_by"], &decided["decided_by"]), (&finance_id.to_string().into(), &other_id.to_string().into()));
    let signed: (AccountId, Option<ApprovalId>) =
        sqlx::query_as("SELECT asked_by, request_id FROM refund WHERE amount_minor = 1").fetch_one(shop.portal.db()).await.unwrap();
    assert_eq!((signed.0, signed.1.map(|id| request.ends_with(&id.to_string()))), (finance_id, Some(true)));
}

#[tokio::test]
async fn security_41_refunds_at_once_do_not_slip_under_the_limit_together() {
    let shop = Shop::new().await;
    let (number, first, second) = two_items(&shop).await;
    let mut browsers = vec![];
    for _ in 0..5 {
        browsers.push(colleague(&shop.portal, "finance").await.1);
    }
    let items = [first, second, first, second, first];
    let asked = browsers.iter_mut().zip(items).map(|(browser, item)| refund(browser, &number, item, "50"));
    let answers = futures_util::future::join_all(asked).await;
    let went = |to: &str| answers.iter().filter(|answer| answer.location().ends_with(to)).count();
    assert_eq!((went("?done=refunded"), went("?done=asked")), (4, 1), "four times $50 reach the limit");
    shop.portal.run_jobs().await;
    assert_eq!(sent_back(&shop).await, 20_000);
}

#[tokio::test]
async fn a_refund_and_a_cancellation_at_the_same_moment_give_back_what_was_paid() {
    for _ in 0..5 {
        let shop = Shop::new().await;
        let (appointment, number) = shop.paid(shop.amara, shop.exam, 10).await;
        let item = only_item(&shop).await;
        let (_, mut finance) = colleague(&shop.portal, "finance").await;
        let cancel = async {
            let mut tx = shop.portal.db().begin().await.unwrap();
            let rest = service::refund_appointment(&mut tx, &shop.portal.state, appointment, "cancelled", "cancel:1").await;
            rest.map_err(AppError::from).unwrap();
            tx.commit().await.unwrap();
        };
        tokio::join!(refund(&mut finance, &number, item, "150"), cancel);
        shop.portal.run_jobs().await;
        assert_eq!(sent_back(&shop).await, 15_000);
    }
}

#[tokio::test]
async fn security_41_a_refund_is_stale_when_other_money_went_back_meanwhile() {
    let shop = Shop::new().await;
    sqlx::query(
        "INSERT INTO policy_version (version, starts_at, rules, created_at) VALUES (1, $1, '{\"refund_approval_limit_minor\": 1000}', $1)",
    )
    .bind(shop.now())
    .execute(shop.portal.db())
    .await
    .unwrap();
    let (_, number) = shop.paid(shop.amara, shop.exam, 10).await;
    let item = only_item(&shop).await;
    let (_, mut finance) = colleague(&shop.portal, "finance").await;
    let request = request_page(&refund(&mut finance, &number, item, "140").await);
    assert!(refund(&mut finance, &number, item, "10").await.location().ends_with("?done=refunded"), "the policy's limit is $10 here");
    let (_, mut other) = colleague(&shop.portal, "administrator").await;
    let answer = approve(&mut other, &request).await;
    assert!(answer.status == StatusCode::CONFLICT && answer.words().contains("Something has changed"), "{}", answer.words());
    assert_eq!(state_of(&shop.portal, &request).await, "pending");
    shop.portal.run_jobs().await;
    assert_eq!(sent_back(&shop).await, 1000);
}

#[tokio::test]
async fn what_cannot_be_refunded_is_refused_at_its_field_or_does_not_exist() {
    let shop = Shop::new().await;
    let (_, number) = shop.paid(shop.amara, shop.exam, 10).await;
    let item = only_item(&shop).await;
    let (_, mut finance) = colleague(&shop.portal, "finance").await;
    for (amount, told) in [
        ("", "Amount in USD: Fill in this field"),
        ("1,500.00", "Amount in USD: Enter an amount such as 150.00"),
        ("-5", "Enter an amount such as 150.00"),
        ("150.01", "Amount in USD: At most $150.00 can be refunded"),
    ] {
        let answer = refund(&mut finance, &number, item, amount).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{amount}");
        assert!(answer.words().contains(told) && answer.text().contains(WHY), "{amount}: {}", answer.words());
    }
    let answer = refund(&mut finance, &number, PurchaseItemId::from_u128(0), "5").await;
    assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.words().contains("Item: "), "{}", answer.words());

    // An order that waits for its payment, and one that does not exist.
    shop.put(shop.bruno, shop.other_exam, 20).await;
    let mut bruno = shop.portal.signed_in(shop.bruno).await;
    shop.press_pay(&mut bruno).await;
    let unpaid: String =
        sqlx::query_scalar("SELECT number FROM purchase WHERE state = 'awaiting_payment'").fetch_one(shop.portal.db()).await.unwrap();
    for none in [unpaid.as_str(), "CP-2026-999999"] {
        assert_eq!(finance.get(&format!("/staff/orders/{none}/refund")).await.status, StatusCode::NOT_FOUND, "{none}");
        let fields = [("order", none), ("intent", &random::id::<ApprovalId>().to_string()), ("amount", "5"), ("reason", WHY)];
        assert_eq!(finance.call(REFUND, &fields).await.status, StatusCode::NOT_FOUND, "{none}");
    }
    let (_, mut agent) = colleague(&shop.portal, "support_agent").await;
    let words = agent.get(&format!("/staff/orders/{unpaid}")).await.words();
    assert!(words.contains("Bruno Silva") && words.contains("Seat held"), "{words}");
    assert!(!agent.get(&format!("/staff/orders/{number}")).await.text().contains("/refund\""), "support reads, finance refunds");
    assert_eq!(refund(&mut agent, &number, item, "5").await.status, StatusCode::FORBIDDEN);
    assert_eq!(shop.count("SELECT count(*) FROM refund").await, 0);
}

#[tokio::test]
async fn staff_find_orders_and_every_look_is_in_the_audit_log() {
    let shop = Shop::new().await;
    let (_, number) = shop.paid(shop.amara, shop.exam, 10).await;
    let candidate_id: String =
        sqlx::query_scalar("SELECT candidate_id FROM account WHERE id = $1").bind(shop.amara).fetch_one(shop.portal.db()).await.unwrap();
    let (_, mut agent) = colleague(&shop.portal, "support_agent").await;
    for wanted in [number.to_lowercase(), candidate_id, "okaf".into()] {
        let page = agent.get(&format!("/staff/orders?q={wanted}")).await;
        assert!(page.text().contains(&format!("/staff/orders/{number}")), "{wanted}: {}", page.words());
    }
    assert!(agent.get("/staff/orders?q=%25").await.words().contains("No order found"), "a wildcard is a character");
    assert_eq!(agent.get(&format!("/staff/orders/{number}")).await.status, StatusCode::OK);
    assert_eq!(count(&shop.portal, "SELECT count(*) FROM audit_event WHERE action = 'staff.orders_searched'").await, 4);
    assert_eq!(count(&shop.portal, "SELECT count(*) FROM audit_event WHERE action = 'staff.order_read'").await, 1);
}
