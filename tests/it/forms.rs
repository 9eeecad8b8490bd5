//! The summary of a refused form says which field each refusal means, on every page with fields.

use crate::support::Portal;
use crate::support::portal::Answer;
use axum::http::StatusCode;
use certportal::server::random;

/// Checks the summary of a refused page: each of `fields` is there, with its label before the sentence.
#[track_caller]
fn names_its_fields(page: &str, answer: &Answer, fields: &[&str]) {
    let text = answer.text();
    let (_, rest) = text.split_once("class=\"errors__list\"").unwrap_or_else(|| panic!("{page}: no summary, {}", answer.words()));
    let (list, _) = rest.split_once("</ul>").expect("the list ends");
    for field in fields {
        let (_, item) = list.split_once(&format!("href=\"#{field}\"")).unwrap_or_else(|| panic!("{page}: no {field} in {list}"));
        let sentence = item.split_once('>').unwrap().1.split("</a>").next().unwrap().replace("<!>", "").replace("<!---->", "");
        let label = sentence.split_once(": ").map(|(label, _)| label.trim()).unwrap_or_default();
        assert!(!label.is_empty() && label.len() < 60, "{page}: {field} without a label: {sentence}");
    }
}

/// Page, function, what is typed, and the fields that are refused.
type Case = (&'static str, &'static str, &'static [(&'static str, &'static str)], &'static [&'static str]);

#[tokio::test]
async fn every_refused_form_names_its_fields() {
    let portal = Portal::with_demo_data().await;
    let mut nobody = portal.browser();
    let public: [(&str, &str, &[&str]); 5] = [
        ("/register", "/api/accounts/register", &["email", "given_name", "family_name", "country", "language", "password"]),
        ("/login", "/api/accounts/login", &["email", "password"]),
        ("/forgot", "/api/accounts/forgot", &["email"]),
        ("/verify-email", "/api/accounts/resend_verification", &["email"]),
        ("/login?lang=es", "/api/accounts/login", &["email", "password"]),
    ];
    for (page, function, fields) in public {
        names_its_fields(page, &nobody.post_form(page, function, &[]).await, fields);
    }
    for page in ["/verify?id=", "/verify/CPC123"] {
        names_its_fields(page, &nobody.get(page).await, &["id"]);
    }

    let anna = portal.account("anna@example.com", "Anna", "Berg", &[]).await;
    let mut browser = portal.signed_in(anna).await;
    let seat = "/schedule/CLF-C02/times?center=DE-BER-01&language=en&day=2026-12-02";
    let own: [Case; 9] = [
        ("/account/edit", "/api/accounts/change_profile", &[], &["given_name", "family_name", "country", "language", "time_zone"]),
        ("/account/security/password", "/api/accounts/change_password", &[], &["current_password"]),
        ("/account/confirm", "/api/accounts/confirm_identity", &[], &["password"]),
        ("/account/security/totp", "/api/accounts/totp_enrol", &[("code", "x")], &["code"]),
        ("/account/emails/add", "/api/accounts/add_email", &[], &["email"]),
        ("/account/contact", "/api/accounts/change_contact", &[("address", "4242424242424242")], &["address"]),
        ("/account/guardian", "/api/accounts/ask_guardian", &[], &["guardian_name", "guardian_email"]),
        ("/schedule/CLF-C02", "/api/scheduling/start", &[("exam", "CLF-C02")], &["language", "delivery"]),
        (seat, "/api/scheduling/hold", &[("exam", "CLF-C02"), ("center", "DE-BER-01")], &["slot"]),
    ];
    for (page, function, typed, fields) in own {
        names_its_fields(page, &browser.post_form(page, function, typed).await, fields);
    }

    let fields = [("guardian_name", "Rosa Berg"), ("guardian_email", "rosa@example.com")];
    browser.post_form("/account/guardian", "/api/accounts/ask_guardian", &fields).await;
    let link = portal.mails("rosa@example.com").await.last().expect("a mail").link("/guardian-consent");
    let token = link.split_once("token=").unwrap().1;
    let answer = browser.post_form(&link, "/api/accounts/guardian_consent", &[("token", token)]).await;
    names_its_fields(&link, &answer, &["signed_name"]);

    let slot = [("exam", "CLF-C02"), ("language", "en"), ("center", "DE-BER-01"), ("slot", "2026-12-02T08:00:00+00:00")];
    let details = browser.post_form(seat, "/api/scheduling/hold", &slot).await.location().to_owned();
    let id = details.rsplit('/').next().unwrap();
    let answer = browser.post_form(&details, "/api/scheduling/details", &[("appointment", id)]).await;
    names_its_fields(&details, &answer, &["given_name", "family_name", "dob-day"]);
    let fields = [
        ("appointment", id),
        ("given_name", "Anna"),
        ("family_name", "Berg"),
        ("dob-day", "1"),
        ("dob-month", "2"),
        ("dob-year", "1990"),
        ("accept", "on"),
    ];
    assert_eq!(browser.post_form(&details, "/api/scheduling/details", &fields).await.location(), "/cart");
    let review = browser.get("/checkout").await;
    let (purchase, reviewed) = (review.hidden("purchase"), review.hidden("reviewed"));
    let fields = [("purchase", purchase.as_str()), ("reviewed", reviewed.as_str())];
    let hosted = browser.post_form("/checkout", "/api/checkout/pay", &fields).await.location().to_owned();
    let checkout = hosted.rsplit('/').next().unwrap();
    let answer = browser.post_form(&hosted, "/api/sandbox/pay", &[("checkout", checkout)]).await;
    names_its_fields(&hosted, &answer, &["card", "expiry", "cvc"]);

    browser.post_form("/forgot", "/api/accounts/forgot", &[("email", "anna@example.com")]).await;
    let link = portal.mails("anna@example.com").await.last().expect("a mail").link("/reset");
    let token = link.split_once("token=").unwrap().1;
    let answer = browser.post_form(&link, "/api/accounts/reset", &[("token", token)]).await;
    names_its_fields(&link, &answer, &["password"]);

    let staff = portal.account(&format!("{}@example.com", random::readable(6)), "Sam", "Staff", &["exam_manager"]).await;
    let mut staff = portal.signed_in(staff).await;
    let answer = staff.upload("/staff/results/import", "file", "results.csv", b"").await;
    names_its_fields("/staff/results/import", &answer, &["file"]);
}

#[tokio::test]
async fn forms_of_the_header_work_on_pages_that_take_uploads() {
    let portal = Portal::new().await;
    let manager = portal.account("manager@example.com", "Ellis", "Manager", &["exam_manager"]).await;
    for page in ["/verify", "/staff/results/import"] {
        let mut browser = portal.signed_in(manager).await;
        assert_eq!(browser.get("/staff/results/import").await.status, StatusCode::OK);
        let answer = browser.post_form(page, "/api/accounts/logout", &[]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{page}: {}", answer.words());
        assert!(browser.get("/staff/results/import").await.location().starts_with("/login"), "{page}: signed out");
    }
}
