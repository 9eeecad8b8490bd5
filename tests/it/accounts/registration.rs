//! `/register` and `/verify-email`.

use super::{PASSWORD, log_in, portal, registered, registration};
use axum::http::StatusCode;
use chrono::TimeDelta;

const REGISTER: &str = "/api/accounts/register";

#[tokio::test]
async fn from_registration_to_the_dashboard_without_scripts() {
    let portal = portal().await;
    let mut browser = portal.browser();
    let page = browser.get("/register").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.words().contains("exactly as it is on your government ID"));
    let answer = browser.post_form("/register", REGISTER, &registration(&[])).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/register/sent"));
    assert!(browser.cookie("__Host-session").is_none(), "registering signs nobody in");

    // Signing in works before the address is verified; the dashboard says what is missing.
    let answer = log_in(&mut browser, "ANA@example.COM", PASSWORD).await;
    assert_eq!(answer.location(), "/dashboard");
    let dashboard = browser.get("/dashboard").await.words();
    assert!(dashboard.contains("Verify your e-mail address") && dashboard.contains("ana@example.com"), "{dashboard}");

    let mails = portal.mails("ana@example.com").await;
    assert_eq!(mails.len(), 1);
    let link = mails[0].link("/verify-email");
    let page = browser.get(&link).await;
    assert_eq!(page.headers["referrer-policy"], "no-referrer");
    assert!(page.words().contains("ana@example.com"));
    // Looking is not using: mail scanners open every link.
    browser.get(&link).await;
    let token = page.hidden("token");
    let answer = browser.post_form(&link, "/api/accounts/verify_email", &[("token", &token)]).await;
    assert_eq!(answer.location(), "/dashboard?done=verified");
    let dashboard = browser.get("/dashboard").await.words();
    assert!(!dashboard.contains("Verify your e-mail address") && dashboard.contains("Choose a certification"), "{dashboard}");

    // The double click is as good as the first one; the page behind the used link says that all is well.
    let answer = browser.post_form(&link, "/api/accounts/verify_email", &[("token", &token)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert!(browser.get(&link).await.words().contains("Your address is verified"));
}

#[tokio::test]
async fn everything_that_was_typed_is_stored() {
    let portal = portal().await;
    let fields = registration(&[
        ("given_name", " Zoë  Ana "),
        ("family_name", "García"),
        ("company", " Tidepool  Ltd "),
        ("job_role", "Engineer"),
        ("industry", "Transport"),
        ("language", "es"),
    ]);
    portal.browser().post_form("/register", REGISTER, &fields).await;
    #[allow(clippy::type_complexity, reason = "a row, as it stands in the table")]
    let row: (String, String, Option<String>, String, String, Option<String>, Option<String>, String, Option<String>) = sqlx::query_as(
        "SELECT a.candidate_id, a.country, a.subdivision, a.language, a.time_zone, a.company, a.industry, a.password_hash,
                a.job_role FROM account a",
    )
    .fetch_one(portal.db())
    .await
    .unwrap();
    assert!(certportal::accounts::CandidateId::parse(&row.0).is_ok());
    assert_eq!((row.1.as_str(), row.2.as_deref(), row.3.as_str(), row.4.as_str()), ("ES", Some("ES-M"), "es", "Europe/Madrid"));
    assert_eq!((row.5.as_deref(), row.6.as_deref(), row.8.as_deref()), (Some("Tidepool Ltd"), Some("Transport"), Some("Engineer")));
    let names: (String, String) = sqlx::query_as("SELECT given_name, family_name FROM account").fetch_one(portal.db()).await.unwrap();
    assert_eq!(names, ("Zoë Ana".to_owned(), "García".to_owned()));
    assert!(row.7.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "security.md line 8");
    let accepted: String = sqlx::query_scalar("SELECT version FROM agreement_acceptance").fetch_one(portal.db()).await.unwrap();
    assert_eq!(accepted, "v1");
    // In the language that was chosen.
    assert_eq!(portal.mails("ana@example.com").await[0].subject, "Verifique su correo electrónico");
}

#[tokio::test]
async fn without_a_zone_the_main_one_of_the_country_is_taken() {
    let portal = portal().await;
    portal.browser().post_form("/register", REGISTER, &registration(&[("time_zone", "")])).await;
    let zone: String = sqlx::query_scalar("SELECT time_zone FROM account").fetch_one(portal.db()).await.unwrap();
    assert_eq!(zone, "Europe/Madrid");
}

#[tokio::test]
async fn regions_follow_the_country_without_scripts_and_nothing_typed_is_lost() {
    let portal = portal().await;
    let mut browser = portal.browser();
    let fields = registration(&[("region", ""), ("given_name", "Ana <María>"), ("show_regions", "1")]);
    let answer = browser.post_form("/register", REGISTER, &fields).await;
    let text = answer.text();
    assert!(text.contains("Ávila") && text.contains("value=\"ES-M\"") && !text.contains("US-WA"));
    assert!(text.find("Ávila") < text.find("value=\"ES-M\""), "sorted without regard to accents");
    assert!(text.contains("Ana &lt;María&gt;") && text.contains("value=\"ana@example.com\""));
    assert!(!text.contains("There is a problem") && !text.contains("Error:"), "asking for regions is no mistake");
    assert!(!text.contains(PASSWORD));
    // A country without regions needs none; a region of another country is refused at its field.
    let answer = browser.post_form("/register", REGISTER, &registration(&[("country", "US"), ("region", "ES-M")])).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text().contains("href=\"#region\"") && answer.text().contains("Washington"));
    let answer = browser.post_form("/register", REGISTER, &registration(&[("country", "VA"), ("region", "")])).await;
    assert_eq!(answer.location(), "/register/sent");
    // What the island asks.
    let request = axum::http::Request::get("/api/accounts/regions?country=ES").header("accept", "application/json");
    let router = certportal::app::router(portal.state.clone());
    let response = tower::ServiceExt::oneshot(router, request.body(axum::body::Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
    assert!(body.starts_with(b"[{\"code\":\"ES-AV\""), "{body:?}");
}

#[tokio::test]
async fn every_refused_field_is_told_at_once() {
    let portal = portal().await;
    let mut browser = portal.browser();
    let answer = browser.post_form("/register", REGISTER, &[]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let text = answer.text();
    for field in ["email", "given_name", "family_name", "country", "language", "password", "agreement"] {
        assert!(text.contains(&format!("href=\"#{field}\"")), "{field}");
        assert!(text.contains(&format!("id=\"{field}-error\"")), "{field}");
    }
    assert!(text.contains("<title>Error: "));
    assert!(answer.words().contains("Given names: Fill in this field"));
    let bad = registration(&[
        ("email", "a@b.co\r\nBcc: x@example.com"),
        ("country", "QQ"),
        ("language", "tlh"),
        ("time_zone", "Mars/Olympus"),
        ("company", "4242 4242 4242 4242"),
        ("agreement_version", "v0"),
    ]);
    let answer = browser.post_form("/register", REGISTER, &bad).await;
    for field in ["email", "country", "language", "time_zone", "company", "agreement"] {
        assert!(answer.text().contains(&format!("href=\"#{field}\"")), "{field}");
    }
    let accounts: i64 = sqlx::query_scalar("SELECT count(*) FROM account").fetch_one(portal.db()).await.unwrap();
    assert_eq!(accounts, 0);
}

#[tokio::test]
async fn names_of_200_characters_right_to_left_and_with_emoji_are_kept() {
    let portal = portal().await;
    let (long, emoji) = ("é".repeat(200), "María 👩‍🚀 <b>".to_owned());
    for (index, name) in [long.as_str(), "محمد عبد الله", emoji.as_str()].into_iter().enumerate() {
        let email = format!("n{index}@example.com");
        let mut browser = portal.browser();
        let answer = browser
            .post_form("/register", REGISTER, &registration(&[("email", &email), ("given_name", name), ("family_name", name)]))
            .await;
        assert_eq!(answer.location(), "/register/sent", "{name}");
        log_in(&mut browser, &email, PASSWORD).await;
        let account = browser.get("/account").await;
        assert!(account.words().contains(&format!("{name} {name}")), "{name}");
        assert!(!account.text().contains("<b> "), "security.md line 51");
        assert!(!portal.mails(&email).await[0].body_html.contains("<b> "));
    }
    let too_long = "é".repeat(201);
    let answer = portal.browser().post_form("/register", REGISTER, &registration(&[("given_name", &too_long)])).await;
    assert!(answer.words().contains("Use 200 characters or fewer"));
}

#[tokio::test]
async fn security_1_5_passwords_at_their_limits() {
    let portal = portal().await;
    let filled = |length: usize, last: char| format!("Aa1{}{last}", "🎓".repeat(length - 4));
    for (length, accepted) in [(7, false), (8, true), (64, true), (128, true), (129, false)] {
        let (email, password) = (format!("p{length}@example.com"), filled(length, 'x'));
        let mut browser = portal.browser();
        let answer = browser.post_form("/register", REGISTER, &registration(&[("email", &email), ("password", &password)])).await;
        assert_eq!(answer.location() == "/register/sent", accepted, "{length}");
        if accepted {
            // Nothing is cut off: another last character is another password.
            assert_eq!(log_in(&mut browser, &email, &filled(length, 'y')).await.status, StatusCode::CONFLICT, "{length}");
            assert_eq!(log_in(&mut browser, &email, &password).await.location(), "/dashboard", "{length}");
        }
    }
}

#[tokio::test]
async fn security_3_7_common_and_personal_passwords_are_refused_with_the_reason() {
    let portal = portal().await;
    for (password, reason) in [
        ("Password1", "lists of common passwords"),
        ("xxPrueba-77", "Leave your name and your e-mail address out"),
        ("Testprog2026", "Leave your name and your e-mail address out"),
        ("alllower-42", "Add an upper-case letter"),
    ] {
        let answer = portal.browser().post_form("/register", REGISTER, &registration(&[("password", password)])).await;
        assert!(answer.words().contains(reason), "{password}: {}", answer.words());
    }
}

#[tokio::test]
async fn security_13_a_duplicate_address_in_other_case_gets_the_same_answer_and_its_owner_a_mail() {
    let portal = portal().await;
    registered(&portal, "ana@example.com").await;
    let mut browser = portal.browser();
    let known = browser.post_form("/register", REGISTER, &registration(&[("email", "ANA@Example.com")])).await;
    let fresh = browser.post_form("/register", REGISTER, &registration(&[("email", "new@example.com")])).await;
    assert_eq!((known.status, known.location(), &known.bytes), (fresh.status, fresh.location(), &fresh.bytes));
    let accounts: i64 = sqlx::query_scalar("SELECT count(*) FROM account").fetch_one(portal.db()).await.unwrap();
    assert_eq!(accounts, 2);
    let mails = portal.mails("ana@example.com").await;
    assert!(mails.iter().any(|mail| mail.template == "accounts.already_registered"));
    // Whoever tries again and again does not fill the owner's mailbox.
    browser.post_form("/register", REGISTER, &registration(&[])).await;
    assert_eq!(portal.mails("ana@example.com").await.len(), mails.len());
    // And the password of the second attempt opens nothing.
    let answer = browser.post_form("/register", REGISTER, &registration(&[("password", "Other-Password-9")])).await;
    assert_eq!(answer.location(), "/register/sent");
    assert_eq!(log_in(&mut browser, "ana@example.com", "Other-Password-9").await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn two_registrations_of_one_address_at_once_give_one_account() {
    let portal = portal().await;
    let (mut one, mut two) = (portal.browser(), portal.browser());
    let fields = registration(&[]);
    let (a, b) = tokio::join!(one.post_form("/register", REGISTER, &fields), two.post_form("/register", REGISTER, &fields));
    assert_eq!((a.location(), b.location()), ("/register/sent", "/register/sent"));
    let accounts: i64 = sqlx::query_scalar("SELECT count(*) FROM account").fetch_one(portal.db()).await.unwrap();
    assert_eq!(accounts, 1);
}

#[tokio::test]
async fn expired_forged_and_cut_links_say_what_to_do() {
    let portal = portal().await;
    let mut browser = portal.browser();
    browser.post_form("/register", REGISTER, &registration(&[])).await;
    let link = portal.mails("ana@example.com").await[0].link("/verify-email");
    let token = link.split_once("token=").unwrap().1.to_owned();
    for forged in ["x", &token[..token.len() - 1], "%00%ff", "'; DROP TABLE account"] {
        let forged_link = format!("/verify-email?token={}", forged.replace(' ', "%20"));
        let page = browser.get(&forged_link).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{forged}");
        assert!(page.words().contains("This link is not valid") && page.words().contains("Ask for a new link"));
        let answer = browser.post_form("/verify-email?token=x", "/api/accounts/verify_email", &[("token", forged)]).await;
        assert_ne!(answer.status, StatusCode::SEE_OTHER, "{forged}");
    }
    // A token of one kind is none of another.
    assert_eq!(browser.get(&format!("/reset?token={token}")).await.status, StatusCode::NOT_FOUND);
    portal.later(TimeDelta::hours(24) - TimeDelta::seconds(1));
    assert!(browser.get(&link).await.location().starts_with("/login?next=%2Fverify"), "good, for who signs in");
    portal.later(TimeDelta::seconds(1));
    let page = browser.get(&link).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    assert!(page.words().contains("This link has expired"));
    let answer = browser.post_form(&link, "/api/accounts/verify_email", &[("token", &token)]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn security_60_the_link_is_sent_again_once_a_minute_and_five_times_an_hour() {
    let portal = portal().await;
    let mut browser = portal.browser();
    browser.post_form("/register", REGISTER, &registration(&[])).await;
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    const RESEND: &str = "/api/accounts/resend_verification";
    let answer = browser.post_form("/dashboard", RESEND, &[]).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(answer.words().contains("Try again in 60 seconds"));
    for _ in 0..4 {
        portal.later(TimeDelta::seconds(61));
        assert_eq!(browser.post_form("/dashboard", RESEND, &[]).await.location(), "/dashboard?done=resent");
    }
    portal.later(TimeDelta::seconds(61));
    assert_eq!(browser.post_form("/dashboard", RESEND, &[]).await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(portal.mails("ana@example.com").await.len(), 5);
    // From outside the answer is the same for a waiting, a verified and an unknown address.
    let mut stranger = portal.browser();
    for address in ["ana@example.com", "nobody@example.com"] {
        let answer = stranger.post_form("/verify-email", RESEND, &[("email", address)]).await;
        assert_eq!(answer.location(), "/verify-email?done=resent", "{address}");
    }
    assert_eq!(portal.mails("ana@example.com").await.len(), 5);
    portal.later(TimeDelta::hours(1));
    stranger.post_form("/verify-email", RESEND, &[("email", "ana@example.com")]).await;
    assert_eq!(portal.mails("ana@example.com").await.len(), 6);
    assert!(portal.mails("nobody@example.com").await.is_empty());
}
