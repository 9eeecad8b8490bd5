//! The demo's tools: the local mailbox and the style guide.

use crate::support::Portal;
use axum::http::StatusCode;
use certportal::server::mail::{self, Attachment, Block, Mail, Recipient};

async fn write(portal: &Portal, to: &str, subject: &str) {
    let mut connection = portal.db().acquire().await.unwrap();
    let mail = Mail {
        template: "test.mail",
        to: Recipient { account_id: None, name: "Amara Okafor".into(), address: to.into(), language: "en".into() },
        subject: subject.into(),
        preheader: "What it is about".into(),
        blocks: vec![
            Block::Paragraph(format!("Hello, this is about {subject}.")),
            Block::Button { label: "Open".into(), url: format!("{}/verify-email?token=a&next=b", portal.state.config.public_url) },
        ],
        attachments: vec![Attachment::new("exam \"1\".ics", "text/calendar", b"BEGIN:VCALENDAR")],
        dedup_key: None,
    };
    mail::enqueue(&mut connection, &portal.state, portal.clock.now(), mail).await.unwrap();
    portal.later(chrono::TimeDelta::minutes(1));
}

#[tokio::test]
async fn the_mailbox_shows_filters_and_searches_mails() {
    let portal = Portal::new().await;
    let mut browser = portal.browser();
    assert!(browser.get("/mailbox").await.words().contains("No mail yet"));
    write(&portal, "amara@example.com", "Verify your address").await;
    write(&portal, "Ben@example.com", "Your exam is booked <b>").await;

    let answer = browser.get("/mailbox").await;
    assert_eq!(answer.status, StatusCode::OK);
    let words = answer.words();
    assert!(words.contains("2 messages") && words.contains("Your exam is booked <b>"), "{words}");
    assert!(answer.headers["content-security-policy"].to_str().unwrap().contains("frame-src 'self'"));

    let words = browser.get("/mailbox?to=AMARA%40example.com").await.words();
    assert!(words.contains("1 message,") && !words.contains("to Ben@example.com"), "{words}");
    let words = browser.get("/mailbox?q=booked").await.words();
    assert!(words.contains("1 message,"), "{words}");
    assert!(browser.get("/mailbox?q=%25").await.words().contains("No message found"), "a wildcard is a character");
}

#[tokio::test]
async fn the_mailbox_pages_through_many_mails() {
    let portal = Portal::new().await;
    for number in 1..=30 {
        write(&portal, "amara@example.com", &format!("Message {number:02}")).await;
    }
    let first = portal.browser().get("/mailbox").await.words();
    assert!(first.contains("Message 30") && !first.contains("Message 05") && first.contains("Page 1 of 2"), "{first}");
    for page in ["2", "99"] {
        let last = portal.browser().get(&format!("/mailbox?page={page}")).await.words();
        assert!(last.contains("Message 05") && last.contains("Page 2 of 2"), "{last}");
    }
    assert_eq!(portal.browser().get("/mailbox?page=-7").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_message_is_framed_without_scripts_and_its_parts_can_be_had() {
    let portal = Portal::new().await;
    write(&portal, "amara@example.com", "Verify your address").await;
    let mut browser = portal.browser();
    let json: serde_json::Value = serde_json::from_slice(&browser.get("/mailbox.json?to=amara@example.com&limit=1").await.bytes).unwrap();
    let mail = &json[0];
    assert_eq!(mail["subject"], "Verify your address");
    assert_eq!(mail["to"], "amara@example.com");
    assert_eq!(mail["links"][0], format!("{}/verify-email?token=a&next=b", portal.state.config.public_url));
    assert!(mail["text"].as_str().unwrap().contains("Hello") && mail["created_at"].is_string());
    let id = mail["id"].as_str().unwrap();

    let page = browser.get(&format!("/mailbox/{id}")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(
        page.text().contains(&format!("src=\"/mailbox/{id}/html\""))
            && page.text().contains("sandbox=\"allow-top-navigation-by-user-activation\"")
    );
    assert!(page.words().contains("verify-email?token=a&next=b"));

    let html = browser.get(&format!("/mailbox/{id}/html")).await;
    let policy = html.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("sandbox") && policy.contains("default-src 'none'") && !policy.contains("script-src"));
    assert_eq!(html.headers["x-frame-options"], "SAMEORIGIN");
    assert!(html.text().contains("<base target=\"_top\">"));

    let file = browser.get(&format!("/mailbox/{id}/attachments/0")).await;
    assert_eq!(file.text(), "BEGIN:VCALENDAR");
    assert_eq!(file.headers["content-disposition"], "attachment; filename=\"exam__1_.ics\"");
    for path in [format!("/mailbox/{id}/attachments/1"), "/mailbox/nope".into(), "/mailbox/nope/html".into()] {
        assert_eq!(browser.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn every_component_has_its_place_in_the_style_guide() {
    let portal = Portal::new().await;
    let answer = portal.browser().get("/_ui").await;
    assert_eq!(answer.status, StatusCode::OK);
    let text = answer.text();
    for class in [
        "btn--primary",
        "alert--danger",
        "tag--off",
        "card--link",
        "summary__row",
        "table",
        "steps__item",
        "cal__day--free",
        "countdown",
        "ticket",
        "cred--off",
        "verdict--revoked",
        "scale--fail",
        "domain--needs",
        "totals__row--sum",
        "empty",
        "skel",
        "oops",
        "field--error",
        "errors__list",
        "dateinput",
        "password",
        "upload",
    ] {
        assert!(text.contains(class), "{class} is missing");
    }
}

#[tokio::test]
async fn security_production_has_no_mailbox_and_no_style_guide() {
    let portal = Portal::in_production().await;
    let id = certportal::server::ids::uuid();
    for path in [
        "/mailbox".to_owned(),
        "/mailbox.json".into(),
        format!("/mailbox/{id}"),
        format!("/mailbox/{id}/html"),
        format!("/mailbox/{id}/attachments/0"),
        "/_ui".into(),
    ] {
        assert_eq!(portal.browser().get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}
