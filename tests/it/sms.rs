//! SMS: the provider's HTTP interface, and the local mailbox.

use crate::support::Portal;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::post;
use certportal::server::config::{Secret, SmsSettings};
use certportal::server::sms::{self, Sms};
use chrono::TimeDelta;
use serde_json::Value;
use std::sync::{Arc, Mutex};

type Received = Arc<Mutex<Vec<(HeaderMap, Value)>>>;

/// A provider on this machine: takes messages, or answers with `status`.
async fn provider(status: StatusCode) -> (String, Received) {
    let received = Received::default();
    let seen = received.clone();
    let take = move |headers: HeaderMap, body: Bytes| {
        seen.lock().unwrap().push((headers, serde_json::from_slice(&body).unwrap()));
        async move { (status, [(header::LOCATION, "/elsewhere")]).into_response() }
    };
    let router = axum::Router::new().route("/send", post(take.clone())).route("/elsewhere", post(take));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/send", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, received)
}

async fn portal(url: &str) -> Portal {
    Portal::configured(|config| {
        config.sms = Some(SmsSettings { url: url.to_owned(), token: Secret("s3cret".into()), sender: "Northlight".into() });
    })
    .await
}

async fn write(portal: &Portal, lasts: Option<TimeDelta>) {
    let account_id = portal.account("ana@example.com", "Ana", "Prueba", &[]).await;
    let mut tx = portal.db().begin().await.unwrap();
    let now = portal.clock.now();
    let expires_at = lasts.map(|lasts| now + lasts);
    let sms = Sms {
        account_id,
        template: "test",
        to: "+34600123442".into(),
        text: "123456 is your code.\nSee https://x.example/y".into(),
        expires_at,
        once: None,
    };
    sms::enqueue(&mut tx, now, sms).await.unwrap();
    tx.commit().await.unwrap();
}

async fn state(portal: &Portal) -> (bool, Option<String>) {
    sqlx::query_as("SELECT sent_at IS NOT NULL, last_error FROM sms_message").fetch_one(portal.db()).await.unwrap()
}

#[tokio::test]
async fn a_message_is_posted_to_the_provider_once() {
    let (url, received) = provider(StatusCode::ACCEPTED).await;
    let portal = portal(&url).await;
    write(&portal, None).await;
    portal.run_jobs().await;
    portal.run_jobs().await;
    let received = received.lock().unwrap().clone();
    let [(headers, body)] = &received[..] else { panic!("{received:?}") };
    assert_eq!(headers[header::AUTHORIZATION], "Bearer s3cret");
    assert_eq!(headers[header::CONTENT_TYPE], "application/json");
    assert_eq!(body["to"], "+34600123442");
    assert_eq!(body["from"], "Northlight");
    assert!(body["text"].as_str().unwrap().starts_with("123456 is your code."));
    assert_eq!(state(&portal).await, (true, None));
}

#[tokio::test]
async fn security_56_a_redirect_is_not_followed_and_a_refusal_is_tried_again_while_it_is_worth_it() {
    for status in [StatusCode::TEMPORARY_REDIRECT, StatusCode::INTERNAL_SERVER_ERROR] {
        let (url, received) = provider(status).await;
        let portal = portal(&url).await;
        write(&portal, Some(TimeDelta::minutes(10))).await;
        portal.run_jobs().await;
        assert_eq!(received.lock().unwrap().len(), 1, "{status}");
        let (sent, error) = state(&portal).await;
        assert!(!sent && error.as_deref().is_some_and(|error| error.contains(status.as_str())), "{error:?}");
        assert!(!error.unwrap().contains("s3cret"));
        portal.later(TimeDelta::minutes(5));
        portal.run_jobs().await;
        assert_eq!(received.lock().unwrap().len(), 2, "again");
        portal.later(TimeDelta::minutes(10));
        portal.run_jobs().await;
        assert_eq!(received.lock().unwrap().len(), 2, "its code is dead: not any more");
    }
}

#[tokio::test]
async fn the_mailbox_shows_what_would_have_been_sent() {
    let portal = Portal::new().await;
    write(&portal, None).await;
    portal.run_jobs().await;
    assert!(state(&portal).await.0);
    let mut browser = portal.browser();
    let page = browser.get("/mailbox").await;
    assert!(page.words().contains("123456 is your code.") && page.words().contains("+34600123442"), "{}", page.words());
    assert!(!page.text().contains("<iframe"));
    let messages: Value = serde_json::from_slice(&browser.get("/mailbox.json?to=%2B34600123442").await.bytes).unwrap();
    assert_eq!(messages[0]["channel"], "sms");
    assert_eq!(messages[0]["subject"], "123456 is your code.");
    assert_eq!(messages[0]["links"][0], "https://x.example/y");
    assert_eq!(messages[0]["html"], "");
}

#[tokio::test]
async fn messages_are_forgotten_after_a_month() {
    let portal = Portal::new().await;
    write(&portal, None).await;
    portal.later(TimeDelta::days(29));
    portal.run_jobs().await;
    let count = || sqlx::query_scalar::<_, i64>("SELECT count(*) FROM sms_message").fetch_one(portal.db());
    assert_eq!(count().await.unwrap(), 1);
    portal.later(TimeDelta::days(2));
    portal.run_jobs().await;
    assert_eq!(count().await.unwrap(), 0);
}
