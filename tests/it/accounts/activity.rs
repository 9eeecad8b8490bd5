//! `/account/activity`.

use super::{PASSWORD, log_in, portal, registered};
use certportal::ids::AccountId;
use chrono::TimeDelta;

#[tokio::test]
async fn people_read_what_was_done_with_their_account_and_by_whom() {
    let portal = portal().await;
    let mut browser = registered(&portal, "ana@example.com").await;
    const FIREFOX: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0";
    log_in(&mut portal.browser().with_header("user-agent", FIREFOX), "ana@example.com", "Wrong-Password-1").await;
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    // Somebody else's doings are not in it.
    let mut bob = registered(&portal, "bob@example.com").await;
    log_in(&mut bob, "bob@example.com", PASSWORD).await;
    bob.post_form("/account/security", "/api/accounts/end_other_sessions", &[]).await;
    let account: AccountId =
        sqlx::query_scalar("SELECT account_id FROM account_email WHERE address = 'ana@example.com'").fetch_one(portal.db()).await.unwrap();
    let agent = portal.account("agent@example.com", "Robin", "Answers", &["support_agent"]).await;
    let fields = [("account", account.to_string()), ("reason", "Asked by phone".to_owned())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    portal.signed_in(agent).await.call("/api/staff/start_reset", &fields).await;

    let words = browser.get("/account/activity").await.words();
    for expected in ["Account created", "E-mail address verified", "Signed in", "Firefox on Windows", "Sign-in refused", "by our staff"] {
        assert!(words.contains(expected), "{expected} is missing in {words}");
    }
    for secret in ["Session ended", "Asked by phone", "Robin"] {
        assert!(!words.contains(secret), "{secret} in {words}");
    }
}

#[tokio::test]
async fn a_long_log_comes_page_by_page() {
    let portal = portal().await;
    let mut browser = registered(&portal, "ana@example.com").await;
    for _ in 0..35 {
        log_in(&mut browser, "ana@example.com", PASSWORD).await;
        portal.later(TimeDelta::minutes(1));
    }
    let first = browser.get("/account/activity").await;
    assert_eq!(first.words().matches("Signed in").count(), 30);
    let text = first.text();
    let at = text.find("/account/activity?before=").expect("a link to older ones");
    let link: String = text[at..].chars().take_while(|c| *c != '"').collect();
    let second = browser.get(&link).await;
    assert_eq!(second.words().matches("Signed in").count(), 5);
    assert!(second.words().contains("Account created") && !second.text().contains("rel=\"next\""));
}
