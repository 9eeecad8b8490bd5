//! `/account/contact`, `/account/notifications`, and advice on the dashboard.

use super::{PASSWORD, log_in, portal, registered};
use axum::http::StatusCode;
use chrono::TimeDelta;

const CONTACT: &str = "/api/accounts/change_contact";
const NOTICES: &str = "/api/accounts/change_notices";
const DISMISS: &str = "/api/accounts/dismiss_nudge";

#[tokio::test]
async fn security_51_an_address_is_kept_as_lines_and_shown_as_text() {
    let portal = portal().await;
    let mut browser = registered(&portal, "ana@example.com").await;
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    let address = "Ana Prueba\r\n\r\n  Calle Mayor  1, 2º B \r\n28013 Madrid\r\n</textarea><script>alert(1)</script>";
    let fields = [("address", address), ("organisation_address", "=cmd()\r\n1 Chome")];
    assert_eq!(browser.post_form("/account/contact", CONTACT, &fields).await.location(), "/account?done=saved");
    let lines: Vec<String> = sqlx::query_scalar("SELECT address_lines FROM account").fetch_one(portal.db()).await.unwrap();
    assert_eq!(lines, ["Ana Prueba", "Calle Mayor 1, 2º B", "28013 Madrid", "</textarea><script>alert(1)</script>"]);
    let page = browser.get("/account").await;
    assert!(page.words().contains("Calle Mayor 1, 2º B28013 Madrid") && page.words().contains("1 Chome"), "{}", page.words());
    for text in [page.text(), browser.get("/account/contact").await.text()] {
        assert!(!text.contains("<script>alert") && text.contains("&lt;script&gt;alert"), "{text}");
    }
    for bad in ["4242 4242 4242 4242", &["x"; 7].join("\n"), &"x".repeat(101)] {
        let bad = format!("{bad}\r\n</textarea><script>alert(1)</script>");
        let answer = browser.post_form("/account/contact", CONTACT, &[("address", &bad), ("organisation_address", &bad)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
        assert!(
            !answer.text().contains("<script>alert") && answer.text().contains("&lt;script&gt;alert"),
            "what was typed comes back as text"
        );
        assert!(answer.text().contains("href=\"#address\"") && answer.text().contains("href=\"#organisation_address\""));
    }
    assert_eq!(browser.post_form("/account/contact", CONTACT, &[]).await.location(), "/account?done=saved");
    let log: Vec<String> = sqlx::query_scalar("SELECT detail::text FROM audit_event WHERE action = 'account.contact_changed' ORDER BY id")
        .fetch_all(portal.db())
        .await
        .unwrap();
    assert_eq!(log.len(), 2);
    assert!(log.iter().all(|detail| !detail.contains("Mayor")));
}

#[tokio::test]
async fn what_can_be_switched_off_is_and_what_cannot_is_said() {
    let portal = portal().await;
    let mut browser = registered(&portal, "ana@example.com").await;
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    let page = browser.get("/account/notifications").await;
    let words = page.words();
    assert!(words.contains("These cannot be switched off") && words.contains("Text messages need a verified phone number"), "{words}");
    let ticked = |text: &str, name: &str| {
        let at = text.find(&format!("id=\"{name}\"")).unwrap_or_else(|| panic!("{name} in {text}"));
        text[at..].split('>').next().unwrap().contains("checked")
    };
    let text = page.text();
    assert!(ticked(&text, "mail_reminders") && ticked(&text, "mail_results") && !ticked(&text, "mail_news"));
    assert!(!text.contains("sms_reminders"));
    // Without a phone no text message is wanted, whatever is sent.
    let fields = [("mail_results", "on"), ("mail_news", "on"), ("sms_reminders", "on"), ("mail_security", "")];
    let answer = browser.post_form("/account/notifications", NOTICES, &fields).await;
    assert_eq!(answer.location(), "/account/notifications?done=saved");
    let rows: Vec<(String, String, bool)> =
        sqlx::query_as("SELECT kind, channel, wanted FROM notice_choice ORDER BY kind").fetch_all(portal.db()).await.unwrap();
    assert_eq!(rows, [("news".into(), "mail".into(), true), ("reminders".into(), "mail".into(), false)]);
    let text = browser.get("/account/notifications").await.text();
    assert!(!ticked(&text, "mail_reminders") && ticked(&text, "mail_results") && ticked(&text, "mail_news"));
    // Back to the defaults: nothing is left.
    browser.post_form("/account/notifications", NOTICES, &[("mail_results", "on"), ("mail_reminders", "on")]).await;
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM notice_choice").fetch_one(portal.db()).await.unwrap();
    assert_eq!(rows, 0);

    sqlx::query("UPDATE account SET phone = '+34600000000', phone_verified_at = '2026-11-23 09:00Z'").execute(portal.db()).await.unwrap();
    let text = browser.get("/account/notifications").await.text();
    assert!(text.contains("+34600000000") && !ticked(&text, "sms_reminders"));
    let fields = [("mail_results", "on"), ("mail_reminders", "on"), ("sms_reminders", "on")];
    browser.post_form("/account/notifications", NOTICES, &fields).await;
    assert!(ticked(&browser.get("/account/notifications").await.text(), "sms_reminders"));
    assert_eq!(portal.browser().get("/account/notifications").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn advice_is_put_away_and_the_one_about_the_password_comes_again() {
    let portal = portal().await;
    let mut browser = registered(&portal, "ana@example.com").await;
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    let (second, old) = ("Add a second e-mail address", "more than six months old");
    let page = browser.get("/dashboard").await.words();
    assert!(page.contains(second) && page.contains("If you change employer") && !page.contains(old), "{page}");
    assert_eq!(browser.post_form("/dashboard", DISMISS, &[("nudge", "second_address")]).await.location(), "/dashboard");
    assert!(!browser.get("/dashboard").await.words().contains(second));
    assert_eq!(browser.post_form("/dashboard", DISMISS, &[("nudge", "nothing")]).await.status, StatusCode::NOT_FOUND);

    // Six months after 23 November.
    let login = async |browser: &mut crate::support::portal::Browser| log_in(browser, "ana@example.com", PASSWORD).await;
    portal.later(TimeDelta::days(181) - TimeDelta::seconds(1));
    login(&mut browser).await;
    assert!(!browser.get("/dashboard").await.words().contains(old));
    portal.later(TimeDelta::seconds(1));
    assert!(browser.get("/dashboard").await.words().contains(old));
    browser.post_form("/dashboard", DISMISS, &[("nudge", "password")]).await;
    assert!(!browser.get("/dashboard").await.words().contains(old));
    portal.later(TimeDelta::days(184));
    login(&mut browser).await;
    let page = browser.get("/dashboard").await.words();
    assert!(page.contains(old) && !page.contains(second), "{page}");
    let fields = [("current_password", PASSWORD), ("password", "Copper-Teapot-58")];
    browser.post_form("/account/security/password", "/api/accounts/change_password", &fields).await;
    assert!(!browser.get("/dashboard").await.words().contains(old));
}
