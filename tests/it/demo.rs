//! The demo's tools: the local mailbox and the style guide.

use crate::support::Portal;
use axum::http::StatusCode;
use certportal::ids::MessageId;
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

/// Every component that `src/ui/mod.rs` lets others use: those that draw something.
fn components() -> Vec<String> {
    let exported = include_str!("../../src/ui/mod.rs");
    // The head of the document, and a field that nobody sees.
    let unseen = ["PageMeta", "PageTitle", "HiddenField"];
    let files = [
        include_str!("../../src/ui/feedback.rs"),
        include_str!("../../src/ui/fields.rs"),
        include_str!("../../src/ui/page.rs"),
        include_str!("../../src/ui/show.rs"),
        include_str!("../../src/ui/table.rs"),
    ];
    let modules = exported.matches("\nmod ").count();
    assert_eq!(modules, files.len() + 1, "a file of src/ui is missing here (errors.rs has no component)");
    let mut found = vec![];
    for part in files.iter().flat_map(|file| file.split("#[component]").skip(1)) {
        let name = part.split("fn ").nth(1).unwrap_or_default();
        let name: String = name.chars().take_while(char::is_ascii_alphanumeric).collect();
        let is_exported = exported.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == name);
        if is_exported && !unseen.contains(&name.as_str()) {
            found.push(name);
        }
    }
    found
}

#[tokio::test]
async fn every_component_has_its_place_in_the_style_guide_on_both_grounds() {
    let guide = include_str!("../../src/demo/pages/style_guide.rs");
    let components = components();
    assert!(components.len() > 35 && components.contains(&"SearchForm".to_owned()), "{components:?}");
    let shown =
        |name: &str| guide.match_indices(&format!("<{name}")).any(|(at, tag)| !guide[at + tag.len()..].starts_with(char::is_alphanumeric));
    let missing: Vec<_> = components.iter().filter(|name| !shown(name)).collect();
    assert!(missing.is_empty(), "not in the style guide: {missing:?}");

    let portal = Portal::new().await;
    let answer = portal.browser().get("/_ui").await;
    assert_eq!(answer.status, StatusCode::OK, "a sample of an error page is no error");
    let text = answer.text();
    assert!(text.contains("<title>Style guide") || !text.contains("<title>Page not found"), "nor the page's title");
    let stages = |theme: &str| text.matches(&format!("data-theme=\"{theme}\" class=\"specimen__stage\"")).count();
    let sections = text.matches("class=\"specimen\"").count();
    assert!(sections > 15 && (stages("light"), stages("dark")) == (sections, sections), "{sections} sections");
    let mut ids: Vec<&str> = text.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let count = ids.len();
    ids.sort_unstable();
    let twice: Vec<_> = ids.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    assert!(count > 30 && twice.is_empty(), "ids that stand twice: {twice:?}");
}

#[tokio::test]
async fn security_production_has_no_mailbox_and_no_style_guide() {
    let portal = Portal::in_production().await;
    let id: MessageId = certportal::server::random::id();
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
