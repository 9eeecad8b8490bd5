//! A programme of one's own: loaded from files into a production portal, changed by loading again.

use crate::support::Portal;
use crate::support::smtp::{Part, SmtpServer};
use certportal::accounts::service::{Invitation, invite};
use certportal::programme::{self, Files, LoadError};
use certportal::server::check;
use certportal::server::config::Secret;
use certportal::server::http::request::Role;
use chrono::NaiveDate;
use std::path::Path;

fn own() -> Files {
    let mut files = Files::demo();
    files.programme = files
        .programme
        .replace("Northlight Cloud Certification", "Polarlicht Prüfungen")
        .replace("certification@northlight.example", "pruefung@polarlicht.example")
        .replace("default_currency = \"USD\"", "default_currency = \"EUR\"");
    files.logo = Some(r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0h8v8z" fill="#0d4f5c"/></svg>"##.into());
    files
}

fn problems(outcome: Result<(), LoadError>) -> Vec<String> {
    match outcome {
        Err(LoadError::Problems(problems)) => problems.into_iter().map(|problem| format!("{} {}", problem.file, problem.field)).collect(),
        other => panic!("no problems: {other:?}"),
    }
}

async fn count(portal: &Portal, what: &'static str) -> i64 {
    sqlx::query_scalar(what).fetch_one(portal.db()).await.unwrap()
}

#[tokio::test]
async fn a_production_portal_gets_its_programme_from_files_and_mails_in_its_name() {
    let mut server = SmtpServer::start().await;
    let portal = Portal::configured_with_reference_data(|config| {
        config.demo = false;
        config.public_url = "https://portal.polarlicht.example".into();
        config.smtp_url = Some(Secret(server.url.clone()));
    })
    .await;
    let settings =
        async || -> Vec<String> { check::problems(&portal.state).await.into_iter().map(|problem| problem.setting.into_owned()).collect() };
    assert!(settings().await.contains(&"programme".to_owned()));
    programme::load(&portal.state, &own()).await.unwrap();
    portal.state.programme.refresh(portal.db()).await.unwrap();
    assert!(!settings().await.contains(&"programme".to_owned()));

    let invitation = Invitation {
        email: "alex@example.org".into(),
        given_name: "Alex".into(),
        family_name: "Keyring".into(),
        roles: vec![Role::Administrator],
        country: "DE".into(),
        language: "en".into(),
    };
    let link = invite(&portal.state, &invitation).await.unwrap().expect("a link");
    portal.run_jobs().await;
    let received = server.take();
    assert_eq!(received.len(), 1);
    assert_eq!((received[0].from.as_str(), received[0].to.as_str()), ("pruefung@polarlicht.example", "alex@example.org"));
    let message = Part::parse(&received[0].message);
    assert!(message.field("from").contains("Polarlicht Prüfungen"), "{}", message.field("from"));
    let leaves = message.leaves();
    assert!(leaves[0].text().contains(&link) && link.starts_with("https://portal.polarlicht.example/invitation"), "{link}");

    // There is something to book, under the programme's name and in its currency; nothing of the demo's people.
    let page = portal.browser().get("/certifications/cloud-practitioner").await.words();
    assert!(page.contains("Northlight") && page.contains("€"), "{page}");
    assert_eq!(count(&portal, "SELECT count(*) FROM test_center").await, 80);
    assert_eq!(count(&portal, "SELECT count(*) FROM account").await, 1);
    assert!(count(&portal, "SELECT count(*) FROM programme WHERE logo_svg LIKE '<svg%'").await == 1);
}

#[tokio::test]
async fn loading_again_changes_what_differs_and_keeps_what_people_rely_on() {
    let portal = Portal::configured_with_reference_data(|config| config.demo = false).await;
    programme::load(&portal.state, &own()).await.unwrap();
    programme::load(&portal.state, &own()).await.unwrap();
    assert_eq!(count(&portal, "SELECT count(*) FROM policy_version").await, 1);

    // Other words in the agreement that somebody has accepted, other numbers in policies that are in force: refused, whole.
    portal.account("ana@example.com", "Ana", "Prueba", &[]).await;
    let mut files = own();
    files.programme = files.programme.replace("Polarlicht Prüfungen", "Südlicht").replace("reschedule_limit = 2", "reschedule_limit = 3");
    files.agreement.insert("en", "1. Other words.".into());
    let told = problems(programme::load(&portal.state, &files).await);
    assert_eq!(told, ["programme.toml policies.version", "programme.toml agreement.version"]);
    portal.state.programme.refresh(portal.db()).await.unwrap();
    assert_eq!(portal.state.programme.get().name, "Polarlicht Prüfungen");

    // With versions of their own both are taken, and the rest with them.
    files.programme = files
        .programme
        .replace("version = \"2026-09\"", "version = \"2026-12\"")
        .replace("version = 1\nvalid_from = 2026-01-01", "version = 2\nvalid_from = 2026-12-01");
    files.catalog = files.catalog.replacen("EUR = ", "EUR = 1", 1);
    let centers = files.centers.take().unwrap();
    // The first centre has 20 workstations, then 18, and is closed on a day of its own.
    files.centers = Some(centers.replacen("Sa-Su 08:30-17:00,20,1,", "Sa-Su 08:30-16:00,18,1,", 1));
    let delivery = files.delivery.take().unwrap();
    files.delivery = Some(
        delivery.replacen("count = 6", "count = 4", 1)
            + "\n[[closed]]\nday = \"2026-12-31\"\nreason = \"stocktaking\"\ncenters = [\"US-NYC-01\"]\n",
    );
    programme::load(&portal.state, &files).await.unwrap();
    portal.state.programme.refresh(portal.db()).await.unwrap();
    assert_eq!(portal.state.programme.get().name, "Südlicht");
    let of_new_york = "SELECT count(*) FROM seat s JOIN test_center c ON c.id = s.center_id WHERE c.code = 'US-NYC-01'";
    assert_eq!(count(&portal, of_new_york).await, 20, "whoever has booked a seat keeps it");
    assert_eq!(
        count(&portal, "SELECT count(*) FROM seat s JOIN test_center c ON c.id = s.center_id WHERE c.code = 'US-NYC-01' AND s.active")
            .await,
        18
    );
    assert_eq!(count(&portal, "SELECT count(*) FROM seat WHERE language = 'en' AND active").await, 4);
    let closed: Vec<NaiveDate> = sqlx::query_scalar(
        "SELECT on_day FROM opening_exception x JOIN test_center c ON c.id = x.center_id WHERE c.code = 'US-NYC-01' ORDER BY on_day",
    )
    .fetch_all(portal.db())
    .await
    .unwrap();
    let closed: Vec<String> = closed.iter().map(NaiveDate::to_string).collect();
    assert!(closed.contains(&"2026-12-31".to_owned()) && closed.contains(&"2026-12-25".to_owned()), "{closed:?}");
    let starts: Vec<(i32, i32)> =
        sqlx::query_as("SELECT version, (rules ->> 'reschedule_limit')::int FROM policy_version ORDER BY version")
            .fetch_all(portal.db())
            .await
            .unwrap();
    assert_eq!(starts, [(1, 2), (2, 3)]);
}

#[tokio::test]
async fn files_with_mistakes_change_nothing_and_name_each() {
    let portal = Portal::configured_with_reference_data(|config| config.demo = false).await;
    let mut files = own();
    files.programme =
        files.programme.replace("accent_light = \"#0d4f5c\"", "accent_light = \"petrol\"").replace("[signatory]", "[signatori]");
    files.agreement.insert("es", String::new());
    files.catalog = files.catalog.replacen("validity_years = 3", "validity_years = \"three\"", 1);
    files.centers = files.centers.map(|text| text.replacen("America/New_York", "America/Newark", 1));
    files.delivery = files.delivery.map(|text| text.replacen("\"AR\"", "\"QQ\"", 1));
    files.logo = Some("<svg".into());
    let told = problems(programme::load(&portal.state, &files).await);
    for expected in [
        "programme.toml colors.accent_light",
        "programme.toml signatory.name",
        "programme.toml signatory.title",
        "programme.toml signatori",
        "agreement.es.txt ",
        "logo.svg ",
        "catalog.toml certification[cloud-practitioner].validity_years",
        "test_centers.csv line 2, timezone",
        "delivery.toml closed[12-25].countries",
    ] {
        assert!(told.iter().any(|told| told == expected), "{expected} is missing in {told:#?}");
    }
    assert_eq!(told.len(), 9, "{told:#?}");
    assert_eq!(
        count(&portal, "SELECT (SELECT count(*) FROM programme) + (SELECT count(*) FROM exam) + (SELECT count(*) FROM seat)").await,
        0
    );
}

#[test]
fn the_directory_of_the_demo_is_the_example_and_a_missing_file_is_named() {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("seed/demo");
    assert_eq!(Files::read(&demo).unwrap().catalog, Files::demo().catalog);
    let error = Files::read(Path::new("/nonexistent")).unwrap_err().to_string();
    for file in ["programme.toml", "agreement.en.txt", "agreement.es.txt", "catalog.toml"] {
        assert!(error.contains(&format!("{file}: is missing in /nonexistent")), "{error}");
    }
}
