//! `/account`, `/account/edit` and `/agreement`.

use super::{PASSWORD, log_in, portal, registered};
use crate::support::Shop;
use axum::http::StatusCode;
use certportal::ids::AppointmentId;
use chrono::TimeDelta;

const CHANGE: &str = "/api/accounts/change_profile";

fn profile<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("given_name", "Ana"),
        ("family_name", "Prueba"),
        ("country", "ES"),
        ("region", "ES-M"),
        ("language", "en"),
        ("time_zone", "Europe/Madrid"),
    ];
    for (name, value) in changes {
        match fields.iter_mut().find(|(known, _)| known == name) {
            Some(field) => field.1 = value,
            None => fields.push((name, value)),
        }
    }
    fields
}

#[tokio::test]
async fn a_profile_is_changed_and_what_only_the_portal_gives_is_not() {
    let portal = portal().await;
    let mut browser = registered(&portal, "ana@example.com").await;
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    let page = browser.get("/account/edit").await;
    assert!(page.text().contains("value=\"Prueba\""));
    // Fields that are nobody's to send are not looked at (security.md line 38).
    let fields = profile(&[
        ("family_name", "Prueba Nueva"),
        ("country", "US"),
        ("region", "US-WA"),
        ("time_zone", "America/Los_Angeles"),
        ("company", "Tidepool"),
        ("language", "es"),
        ("candidate_id", "CP00000000"),
        ("email_verified", "true"),
        ("role", "administrator"),
    ]);
    let answer = browser.post_form("/account/edit", CHANGE, &fields).await;
    assert_eq!(answer.location(), "/account?done=saved", "{}", answer.words());
    let page = browser.get("/account").await.words();
    assert!(page.contains("Ana Prueba Nueva") && page.contains("Washington, Estados Unidos") && page.contains("Tidepool"), "{page}");
    let roles: i64 = sqlx::query_scalar("SELECT count(*) FROM account_role").fetch_one(portal.db()).await.unwrap();
    assert_eq!(roles, 0);
    let answer = browser.post_form("/account/edit", CHANGE, &profile(&[("given_name", ""), ("time_zone", "")])).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text().contains("href=\"#given_name\"") && answer.text().contains("href=\"#time_zone\""));
}

#[tokio::test]
async fn a_corrected_name_reaches_what_is_booked_and_held() {
    let shop = Shop::new().await;
    let portal = &shop.portal;
    let (booked, _) = shop.paid(shop.amara, shop.exam, 10).await;
    let held = shop.hold(shop.amara, shop.other_exam, 20).await;
    let others = shop.hold(shop.bruno, shop.exam, 30).await;
    let cancelled = shop.hold(shop.amara, shop.other_exam, 40).await;
    sqlx::query("UPDATE appointment SET state = 'cancelled', hold_expires_at = NULL WHERE id = $1")
        .bind(cancelled)
        .execute(portal.db())
        .await
        .unwrap();
    let mut browser = portal.signed_in(shop.amara).await;
    let change = async |browser: &mut crate::support::portal::Browser, company: &str| {
        let fields =
            profile(&[("given_name", "Amara"), ("family_name", "Okafor-Ng"), ("country", "DE"), ("region", ""), ("company", company)]);
        let answer = browser.post_form("/account/edit", CHANGE, &fields).await;
        assert_eq!(answer.location(), "/account?done=saved", "{}", answer.words());
    };
    change(&mut browser, "").await;
    let name = async |id: AppointmentId| -> String {
        sqlx::query_scalar("SELECT name_on_id FROM appointment WHERE id = $1").bind(id).fetch_one(portal.db()).await.unwrap()
    };
    assert_eq!((name(booked).await, name(held).await), ("Amara Okafor-Ng".into(), "Amara Okafor-Ng".into()));
    assert_eq!(
        (name(others).await, name(cancelled).await),
        ("Amara Okafor".into(), "Amara Okafor".into()),
        "nobody else's, and not what is over"
    );
    let reference: String =
        sqlx::query_scalar("SELECT reference FROM appointment WHERE id = $1").bind(booked).fetch_one(portal.db()).await.unwrap();
    let page = browser.get(&format!("/exams/{reference}")).await.words();
    assert!(page.contains("Amara Okafor-Ng") && page.contains("Name on the ID corrected"), "{page}");
    // What does not touch the name is no event.
    change(&mut browser, "Tidepool").await;
    let events: i64 = shop.count("SELECT count(*) FROM appointment_event WHERE kind = 'name_corrected'").await;
    assert_eq!(events, 2);
    portal.later(TimeDelta::days(9) + TimeDelta::hours(1));
    portal.run_jobs().await;
    let mails = portal.mails("amara@example.com").await;
    let reminder = mails.iter().rfind(|mail| mail.template.contains("reminder")).expect("a reminder");
    assert!(reminder.body_text.contains("Amara Okafor-Ng"), "{}", reminder.body_text);
}

#[tokio::test]
async fn the_name_is_locked_once_an_exam_was_taken() {
    let portal = portal().await;
    let mut browser = registered(&portal, "ana@example.com").await;
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    sqlx::raw_sql(
        "INSERT INTO certification (id, slug, code, name, short_name, level, job_roles, summary, description, badge_color, validity_years, position)
         VALUES ('00000000-0000-4000-8000-000000000001', 'c', 'C', 'Cert', 'Cert', 'associate', '{}', '{}', '{}', '#112233', 3, 1);
         INSERT INTO exam (id, code, certification_id, status, minutes, questions, scale_min, scale_max, pass_mark, delivery_modes)
         VALUES ('00000000-0000-4000-8000-000000000002', 'C-1', '00000000-0000-4000-8000-000000000001', 'active', 60, 10, 100, 1000, 700, '{online}');
         INSERT INTO seat (id, label, language) VALUES ('00000000-0000-4000-8000-000000000003', 'lane', 'en');
         INSERT INTO appointment (id, reference, account_id, exam_id, language, delivery, seat_id, time_zone, starts_at, minutes, occupies, state,
                                  policies, created_at)
         SELECT '00000000-0000-4000-8000-000000000004', 'R', id, '00000000-0000-4000-8000-000000000002', 'en', 'online',
                '00000000-0000-4000-8000-000000000003', 'UTC', '2026-11-20 09:00Z', 60, '[2026-11-20 09:00Z,2026-11-20 10:15Z)', 'delivered', '{}',
                '2026-11-01 09:00Z' FROM account",
    )
    .execute(portal.db())
    .await
    .unwrap();
    let page = browser.get("/account/edit").await;
    assert!(page.words().contains("Your legal name is locked") && page.words().contains("help@example.org"));
    assert!(!page.text().contains("name=\"given_name\""));
    let answer = browser.post_form("/account/edit", CHANGE, &profile(&[("given_name", "Evelyn"), ("company", "Tidepool")])).await;
    assert_eq!(answer.location(), "/account?done=saved");
    let page = browser.get("/account").await.words();
    assert!(page.contains("Ana Prueba") && !page.contains("Evelyn") && page.contains("Tidepool"), "{page}");
}

#[tokio::test]
async fn a_new_agreement_is_asked_for_and_accepted() {
    let portal = portal().await;
    let mut browser = registered(&portal, "ana@example.com").await;
    assert!(browser.get("/agreement").await.words().contains("Be honest."), "anybody can read it");
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    assert!(browser.get("/agreement").await.words().contains("You accepted this version on 23 November 2026"));
    sqlx::query("UPDATE programme SET agreement_version = 'v2'").execute(portal.db()).await.unwrap();
    portal.state.programme.refresh(portal.db()).await.unwrap();
    assert!(browser.get("/dashboard").await.words().contains("The candidate agreement has changed"));
    const ACCEPT: &str = "/api/accounts/accept_agreement";
    let page = "/agreement?next=%2Fdashboard";
    for refused in [vec![("version", "v2")], vec![("version", "v1"), ("agreement", "on")]] {
        let answer = browser.post_form(page, ACCEPT, &refused).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let fields = [("version", "v2"), ("agreement", "on"), ("next", "/dashboard")];
    for _ in 0..2 {
        assert_eq!(browser.post_form(page, ACCEPT, &fields).await.location(), "/dashboard");
    }
    assert!(!browser.get("/dashboard").await.words().contains("The candidate agreement has changed"));
}

#[tokio::test]
async fn every_page_speaks_spanish() {
    let portal = portal().await;
    let mut browser = portal.browser().with_header("accept-language", "es");
    for (page, words) in [
        ("/register", "Cree su cuenta"),
        ("/login", "Iniciar sesión"),
        ("/forgot", "¿Ha olvidado su contraseña?"),
        ("/verify-email", "Enviar de nuevo el enlace de verificación"),
        ("/agreement", "Sea honesto."),
    ] {
        let answer = browser.get(page).await;
        assert!(answer.words().contains(words), "{page}");
        assert!(answer.text().contains("<html lang=\"es\""));
    }
}
