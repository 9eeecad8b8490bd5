//! Acts that take two people (security.md lines 35, 41 and 76).

mod refunds;
mod requests;
mod revocations;
mod scores;

use crate::support::Portal;
use crate::support::portal::{Answer, Browser};
use certportal::ids::AccountId;
use certportal::server::random;

const APPROVE: &str = "/api/approvals/approve";
const REFUSE: &str = "/api/approvals/refuse";
const WITHDRAW: &str = "/api/approvals/withdraw";
const WHY: &str = "The delivery partner has corrected the key.";

/// Somebody new of the staff.
async fn colleague(portal: &Portal, role: &str) -> (AccountId, Browser) {
    let id = portal.account(&format!("{}@example.org", random::readable(10)), "Kim", "Colleague", &[role]).await;
    (id, portal.signed_in(id).await)
}

/// The page of the request an answer leads to.
fn request_page(answer: &Answer) -> String {
    let location = answer.location();
    assert!(
        location.starts_with("/staff/approvals/") && location.ends_with("?done=asked"),
        "{} {location}: {}",
        answer.status,
        answer.words()
    );
    location.split('?').next().unwrap().to_owned()
}

fn id_of(page: &str) -> &str {
    page.rsplit('/').next().unwrap()
}

async fn approve(browser: &mut Browser, page: &str) -> Answer {
    browser.post_form(page, APPROVE, &[("request", id_of(page))]).await
}

async fn refuse(browser: &mut Browser, page: &str, reason: &str) -> Answer {
    browser.post_form(page, REFUSE, &[("request", id_of(page)), ("refusal", reason)]).await
}

async fn withdraw(browser: &mut Browser, page: &str) -> Answer {
    browser.post_form(page, WITHDRAW, &[("request", id_of(page))]).await
}

async fn state_of(portal: &Portal, page: &str) -> String {
    sqlx::query_scalar("SELECT state FROM approval_request WHERE id = $1::uuid").bind(id_of(page)).fetch_one(portal.db()).await.unwrap()
}

/// Detail of the only event of an action.
async fn event(portal: &Portal, action: &str) -> serde_json::Value {
    sqlx::query_scalar("SELECT detail FROM audit_event WHERE action = $1 AND outcome = 'done'")
        .bind(action)
        .fetch_one(portal.db())
        .await
        .unwrap()
}

async fn count(portal: &Portal, what: &'static str) -> i64 {
    sqlx::query_scalar(what).fetch_one(portal.db()).await.unwrap()
}
