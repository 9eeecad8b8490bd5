//! Nobody under 18 books without the consent of a parent or guardian.

use crate::support::portal::{Answer, Browser, Portal};
use axum::http::StatusCode;
use certportal::error::{AppError, Conflict};
use certportal::ids::{AccountId, AppointmentId};
use certportal::scheduling::service::holds::{self, Choice};
use certportal::server::RequestContext;
use certportal::server::http::sessions;
use chrono::{DateTime, TimeDelta, Utc};

const ASK: &str = "/api/accounts/ask_guardian";
const RESEND: &str = "/api/accounts/resend_guardian";
const CONSENT: &str = "/api/accounts/guardian_consent";
const DECLINE: &str = "/api/accounts/guardian_decline";
const WITHDRAW: &str = "/api/accounts/guardian_withdraw";
const PAGE: &str = "/account/guardian";

struct Minor {
    portal: Portal,
    id: AccountId,
    browser: Browser,
}

impl Minor {
    async fn new() -> Self {
        let portal = Portal::with_demo_data().await;
        let id = portal.account("anna@example.com", "Anna", "Berg", &[]).await;
        let browser = portal.signed_in(id).await;
        Self { portal, id, browser }
    }

    /// Signs in again: the clock has moved.
    async fn sign_in(&mut self) {
        self.browser = self.portal.signed_in(self.id).await;
    }

    async fn hold(&mut self, exam: &str, starts_at: &str) -> Result<AppointmentId, AppError> {
        let browser = self.portal.signed_in(self.id).await;
        let token = browser.cookie(sessions::COOKIE).unwrap();
        let viewer = sessions::load(self.portal.db(), self.portal.clock.now(), token).await.unwrap();
        let cx = RequestContext::new(self.portal.state.clone(), "127.0.0.1".parse().unwrap()).with(|cx| cx.viewer = viewer);
        let choice = Choice {
            exam_code: exam.into(),
            language: "en".into(),
            center: Some("DE-BER-01".into()),
            starts_at: starts_at.parse().unwrap(),
            accessible: false,
            replaces: None,
        };
        holds::hold(&cx, &choice).await
    }

    /// Fills in who comes to a held seat, born on 1 December of a year.
    async fn complete(&mut self, hold: AppointmentId, year: &str) -> Answer {
        let id = hold.to_string();
        let fields = [
            ("appointment", id.as_str()),
            ("given_name", "Anna"),
            ("family_name", "Berg"),
            ("dob-day", "1"),
            ("dob-month", "12"),
            ("dob-year", year),
            ("accept", "on"),
        ];
        self.browser.post_form(&format!("/schedule/details/{hold}"), "/api/scheduling/details", &fields).await
    }

    async fn ask(&mut self, email: &str) -> Answer {
        self.browser.post_form(PAGE, ASK, &[("guardian_name", "Rosa Berg"), ("guardian_email", email)]).await
    }

    /// The newest link of a kind that a guardian got: its page and its token.
    async fn link(&self, to: &str, template: &str) -> (String, String) {
        let mails: Vec<(String,)> =
            sqlx::query_as("SELECT body_text FROM mail_message WHERE to_address = $1 AND template = $2 ORDER BY created_at DESC LIMIT 1")
                .bind(to)
                .bind(template)
                .fetch_all(self.portal.db())
                .await
                .unwrap();
        let text = &mails.first().expect("a mail").0;
        let link = text.split_whitespace().find(|word| word.contains("/guardian-consent?")).expect("a link");
        let path = link[link.find("/guardian-consent").unwrap()..].to_owned();
        let token = path.split_once('=').unwrap().1.to_owned();
        (path, token)
    }

    async fn consent(&self, to: &str) -> Answer {
        let (page, token) = self.link(to, "accounts.guardian_request").await;
        let mut guardian = self.portal.browser();
        let version = guardian.get(&page).await.hidden("version");
        let fields = [("token", token.as_str()), ("signed_name", "Rosa Berg"), ("consent", "on"), ("version", &version)];
        guardian.post_form(&page, CONSENT, &fields).await
    }

    async fn has_mail(&self, to: &str, template: &str) -> bool {
        self.portal.mails(to).await.iter().any(|mail| mail.template == template)
    }
}

#[tokio::test]
async fn a_minor_books_once_a_guardian_has_consented() {
    let mut anna = Minor::new().await;
    let hold = anna.hold("CLF-C02", "2026-12-02T08:00:00Z").await.unwrap();
    let refused = anna.complete(hold, "2010").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.words().contains("Under 18 a parent or guardian must consent first"), "{}", refused.words());
    assert!(refused.text().contains("href=\"/account/guardian\""));
    // What was told first stays, and the page says how a mistake is corrected.
    let again = anna.complete(hold, "1990").await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.words().contains("Date of birth: Under 18 a parent or guardian must consent first"), "{}", again.words());
    assert!(again.words().contains("2010") && again.words().contains("If it is wrong, write to"), "{}", again.words());
    assert!(!again.text().contains("name=\"dob-year\""));

    // The guardian is somebody else.
    for (email, field) in [("ANNA@example.com", "guardian_email"), ("", "guardian_email"), ("x@y.zz\r\nBcc: a@b.co", "guardian_email")] {
        let answer = anna.ask(email).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{email}");
        assert!(answer.text().contains(&format!("href=\"#{field}\"")));
    }
    assert_eq!(anna.ask("rosa@example.com").await.location(), "/account/guardian?done=asked");
    assert!(anna.browser.get(PAGE).await.words().contains("Waiting for the answer"));

    let (page, token) = anna.link("rosa@example.com", "accounts.guardian_request").await;
    let stored: Vec<u8> = sqlx::query_scalar("SELECT token_hash FROM guardian_consent").fetch_one(anna.portal.db()).await.unwrap();
    assert_eq!(stored, certportal::server::random::token_hash(&token), "only the hash is stored");
    let mut guardian = anna.portal.browser();
    let shown = guardian.get(&page).await;
    assert_eq!((shown.status, shown.headers["referrer-policy"].to_str().unwrap()), (StatusCode::OK, "no-referrer"));
    let words = shown.words();
    assert!(words.contains("Anna") && !words.contains("Berg") && words.contains("until the 18th birthday"), "{words}");
    let version = shown.hidden("version");
    assert!(words.contains(&format!("The candidate agreement, version {version}")));
    // Looking answers nothing; nor does a form without name, tick, or with another version of the text.
    for fields in [
        vec![("token", token.as_str()), ("consent", "on"), ("version", &version)],
        vec![("token", token.as_str()), ("signed_name", "Rosa Berg"), ("version", &version)],
        vec![("token", token.as_str()), ("signed_name", "Rosa Berg"), ("consent", "on"), ("version", "0")],
    ] {
        assert_eq!(guardian.post_form(&page, CONSENT, &fields).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(anna.complete(hold, "2010").await.status, StatusCode::UNPROCESSABLE_ENTITY);

    let answer = anna.consent("rosa@example.com").await;
    assert_eq!(answer.location(), "/guardian-consent?done=given", "{}", answer.words());
    assert!(guardian.get("/guardian-consent?done=given").await.words().contains("your consent was noted"));
    assert!(anna.has_mail("rosa@example.com", "accounts.guardian_confirmation").await);
    assert!(anna.has_mail("anna@example.com", "accounts.guardian_given").await);
    assert!(anna.browser.get(PAGE).await.words().contains("Consent given"));
    assert_eq!(anna.complete(hold, "2010").await.location(), "/cart");
    assert!(anna.complete(hold, "2014").await.status == StatusCode::SEE_OTHER, "the date of birth is the one told first");

    // The link has done its work.
    assert!(guardian.get(&page).await.words().contains("This request was answered"));
    for (function, fields) in [
        (CONSENT, vec![("token", token.as_str()), ("signed_name", "Rosa Berg"), ("consent", "on"), ("version", &version)]),
        (DECLINE, vec![("token", token.as_str())]),
    ] {
        assert_eq!(guardian.post_form(&page, function, &fields).await.status, StatusCode::CONFLICT);
    }
    assert_eq!(anna.ask("other@example.com").await.status, StatusCode::CONFLICT, "one consent is enough");
    let row: (String, String, String) =
        sqlx::query_as("SELECT signed_name, text_version, decided_from FROM guardian_consent").fetch_one(anna.portal.db()).await.unwrap();
    assert_eq!(row, ("Rosa Berg".into(), version, "127.0.0.1".into()));
}

#[tokio::test]
async fn a_consent_is_taken_back_and_ends_with_the_eighteenth_birthday() {
    let mut anna = Minor::new().await;
    anna.ask("rosa@example.com").await;
    anna.consent("rosa@example.com").await;
    let hold = anna.hold("CLF-C02", "2026-12-02T08:00:00Z").await.unwrap();
    // Seventeen until the day is over in Berlin.
    assert_eq!(anna.complete(hold, "2008").await.location(), "/cart");

    let (page, token) = anna.link("rosa@example.com", "accounts.guardian_confirmation").await;
    let mut guardian = anna.portal.browser();
    let shown = guardian.get(&page).await;
    assert!(shown.words().contains("Take the consent back") && shown.headers["referrer-policy"] == "no-referrer");
    assert!(anna.hold("SAA-C03", "2026-12-03T08:00:00Z").await.is_ok(), "looking takes nothing back");
    for _ in 0..2 {
        let answer = guardian.post_form(&page, WITHDRAW, &[("token", &token)]).await;
        assert_eq!(answer.location(), "/guardian-consent?done=withdrawn");
    }
    assert!(anna.has_mail("anna@example.com", "accounts.guardian_withdrawn").await);
    assert_eq!(anna.hold("DEA-C01", "2026-12-04T08:00:00Z").await, Err(Conflict::GuardianNeeded.into()));
    let start = anna.browser.get("/schedule/DEA-C01").await;
    assert!(start.words().contains("A parent or guardian has not consented yet") && start.text().contains("href=\"/account/guardian\""));
    assert!(anna.browser.get(PAGE).await.words().contains("Consent taken back"));

    let birthday: DateTime<Utc> = "2026-11-30T23:00:00Z".parse().unwrap();
    anna.portal.later(birthday - TimeDelta::seconds(1) - anna.portal.clock.now());
    anna.sign_in().await;
    assert_eq!(anna.hold("DEA-C01", "2026-12-07T08:00:00Z").await, Err(Conflict::GuardianNeeded.into()));
    anna.portal.later(TimeDelta::seconds(1));
    assert!(anna.hold("DEA-C01", "2026-12-07T08:00:00Z").await.is_ok());
    assert!(anna.browser.get(PAGE).await.words().contains("You are of age"));
    assert_eq!(anna.ask("rosa@example.com").await.status, StatusCode::CONFLICT, "nobody has to consent any more");
}

#[tokio::test]
async fn security_60_requests_end_after_fourteen_days_and_are_sent_again_once_a_minute() {
    let mut anna = Minor::new().await;
    assert_eq!(anna.browser.post_form(PAGE, RESEND, &[]).await.status, StatusCode::NOT_FOUND, "nobody is asked");
    anna.ask("rosa@example.com").await;
    let (old, old_token) = anna.link("rosa@example.com", "accounts.guardian_request").await;
    assert_eq!(anna.browser.post_form(PAGE, RESEND, &[]).await.status, StatusCode::TOO_MANY_REQUESTS);
    anna.portal.later(TimeDelta::minutes(1));
    assert_eq!(anna.browser.post_form(PAGE, RESEND, &[]).await.location(), "/account/guardian?done=resent");
    let (page, token) = anna.link("rosa@example.com", "accounts.guardian_request").await;
    assert_ne!(page, old);
    let mut guardian = anna.portal.browser();
    for dead in [old.as_str(), "/guardian-consent?token=forged", "/guardian-consent?withdraw=forged", "/guardian-consent"] {
        assert_eq!(guardian.get(dead).await.status, StatusCode::NOT_FOUND, "{dead}");
    }
    for function in [CONSENT, DECLINE, WITHDRAW] {
        for forged in [old_token.as_str(), "forged", ""] {
            let answer = guardian.call(function, &[("token", forged), ("signed_name", "Rosa"), ("consent", "on")]).await;
            assert_eq!(answer.status, StatusCode::CONFLICT, "{function} {forged}");
        }
    }
    // The token of the request takes nothing back, and the other way round there is none yet.
    assert_eq!(guardian.get(&page.replace("token=", "withdraw=")).await.status, StatusCode::NOT_FOUND);
    anna.portal.later(TimeDelta::days(14));
    assert!(guardian.get(&page).await.words().contains("This link has expired"));
    assert_eq!(guardian.post_form(&page, DECLINE, &[("token", &token)]).await.status, StatusCode::CONFLICT);
    anna.sign_in().await;
    assert!(anna.browser.get(PAGE).await.words().contains("The 14 days are over"));
    assert_eq!(anna.browser.post_form(PAGE, RESEND, &[]).await.location(), "/account/guardian?done=resent");
    assert_eq!(anna.consent("rosa@example.com").await.location(), "/guardian-consent?done=given");
}

#[tokio::test]
async fn a_guardian_declines_and_another_one_may_be_named() {
    let mut anna = Minor::new().await;
    anna.ask("rosa@example.com").await;
    let (page, token) = anna.link("rosa@example.com", "accounts.guardian_request").await;
    let mut guardian = anna.portal.browser();
    assert_eq!(guardian.post_form(&page, DECLINE, &[("token", &token)]).await.location(), "/guardian-consent?done=declined");
    assert!(anna.has_mail("anna@example.com", "accounts.guardian_declined").await);
    assert!(anna.browser.get(PAGE).await.words().contains("Declined"));
    assert!(guardian.get(&page).await.words().contains("The request was declined"));
    let hold = anna.hold("CLF-C02", "2026-12-02T08:00:00Z").await.unwrap();
    assert_eq!(anna.complete(hold, "2010").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    // Another one, and before they answer a third: only the last one's link counts.
    anna.portal.later(TimeDelta::minutes(1));
    anna.ask("emil@example.com").await;
    let (second, _) = anna.link("emil@example.com", "accounts.guardian_request").await;
    anna.portal.later(TimeDelta::minutes(1));
    anna.ask("uli@example.com").await;
    assert!(guardian.get(&second).await.words().contains("This link has expired"));
    assert_eq!(anna.consent("uli@example.com").await.location(), "/guardian-consent?done=given");
    assert_eq!(anna.complete(hold, "2010").await.location(), "/cart");
    let log: Vec<(String, String)> =
        sqlx::query_as("SELECT action, detail::text FROM audit_event WHERE action LIKE 'guardian.%' ORDER BY id")
            .fetch_all(anna.portal.db())
            .await
            .unwrap();
    let actions: Vec<_> = log.iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(actions, ["guardian.asked", "guardian.declined", "guardian.asked", "guardian.asked", "guardian.consented"]);
    assert!(log.iter().all(|(_, detail)| !detail.contains('@') && !detail.contains("Rosa")));
}

#[tokio::test]
async fn security_37_a_request_is_its_candidates_own() {
    let mut anna = Minor::new().await;
    anna.ask("rosa@example.com").await;
    let ben = anna.portal.account("ben@example.com", "Ben", "Kranz", &[]).await;
    let mut ben = anna.portal.signed_in(ben).await;
    assert!(!ben.get(PAGE).await.words().contains("rosa@example.com"));
    assert_eq!(ben.post_form(PAGE, RESEND, &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(anna.portal.browser().get(PAGE).await.status, StatusCode::SEE_OTHER);
    let staff = anna.portal.account("sam@example.com", "Sam", "Staff", &["auditor"]).await;
    assert_eq!(anna.portal.signed_in(staff).await.get(PAGE).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_new_version_of_the_agreement_is_accepted_before_the_next_booking() {
    let mut anna = Minor::new().await;
    sqlx::query("UPDATE programme SET agreement_version = 'next'").execute(anna.portal.db()).await.unwrap();
    anna.portal.state.programme.refresh(anna.portal.db()).await.unwrap();
    assert_eq!(anna.hold("CLF-C02", "2026-12-02T08:00:00Z").await, Err(Conflict::AgreementOutdated.into()));
    assert!(anna.browser.get("/schedule/CLF-C02").await.text().contains("href=\"/agreement\""));
    let fields = [("version", "next"), ("agreement", "on")];
    anna.browser.post_form("/agreement", "/api/accounts/accept_agreement", &fields).await;
    assert!(anna.hold("CLF-C02", "2026-12-02T08:00:00Z").await.is_ok());
}
