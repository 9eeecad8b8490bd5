//! Registration, sign-in, recovery, profile: driven through pages and forms as a browser without scripts does.

mod activity;
mod backup_codes;
mod contact;
mod dashboard;
mod data;
mod demo_people;
mod devices;
mod emails;
mod factor_recovery;
mod guardians;
mod key_rotation;
mod login;
mod merge;
mod passkeys;
mod phone;
mod profile;
mod recovery;
mod registration;
pub mod second_factor;
mod sessions;
mod staff;
mod takeover;
mod trusted_browsers;

use crate::support::portal::{Browser, Portal, ReceivedMail};
use certportal::ids::AccountId;

pub const PASSWORD: &str = "Harbor-Lantern-42";

/// A portal with a programme and a few countries: what registration needs, without the whole demo.
pub async fn portal() -> Portal {
    with_base_data(Portal::new().await).await
}

pub async fn with_base_data(portal: Portal) -> Portal {
    sqlx::raw_sql(
        "INSERT INTO programme (name, short_name, accent, accent_dark, sender_name, sender_address, support_email, signatory_name,
                                signatory_title, currency, agreement_version, agreement_text)
         VALUES ('Test Programme', 'Testprog', '#0b5d6b', '#5cc8d7', 'Test', 'test@example.org', 'help@example.org', 'A', 'B', 'USD',
                 'v1', '{\"en\": \"## Scope\\n\\nBe honest.\", \"es\": \"Sea honesto.\"}');
         INSERT INTO country (code, name_en, name_es, distance_unit)
         VALUES ('ES', 'Spain', 'España', 'km'), ('US', 'United States', 'Estados Unidos', 'mi'), ('VA', 'Holy See', 'Santa Sede', 'km');
         INSERT INTO subdivision (code, country, name) VALUES ('ES-M', 'ES', 'Madrid'), ('ES-AV', 'ES', 'Ávila'), ('US-WA', 'US', 'Washington');
         INSERT INTO city (geoname_id, name, search, country, admin1, latitude, longitude, population, time_zone)
         VALUES (1, 'Madrid', '|madrid', 'ES', 'Madrid', 40.4, -3.7, 3000000, 'Europe/Madrid'),
                (2, 'Las Palmas', '|las palmas', 'ES', 'Canarias', 28.1, -15.4, 378000, 'Atlantic/Canary');",
    )
    .execute(portal.db())
    .await
    .expect("the base data");
    portal.state.programme.refresh(portal.db()).await.expect("the programme");
    portal
}

/// A complete registration, with some fields put otherwise.
pub fn registration<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("email", "ana@example.com"),
        ("given_name", "Ana"),
        ("family_name", "Prueba"),
        ("country", "ES"),
        ("region", "ES-M"),
        ("language", "en"),
        ("time_zone", "Europe/Madrid"),
        ("password", PASSWORD),
        ("agreement", "on"),
        ("agreement_version", "v1"),
    ];
    for (name, value) in changes {
        match fields.iter_mut().find(|(known, _)| known == name) {
            Some(field) => field.1 = value,
            None => fields.push((name, value)),
        }
    }
    fields
}

/// Registers, verifies by the mailed link, and gives the browser that registered: nobody has signed in so far, as far as the portal knows.
pub async fn registered(portal: &Portal, email: &str) -> Browser {
    let mut browser = portal.browser();
    let answer = browser.post_form("/register", "/api/accounts/register", &registration(&[("email", email)])).await;
    assert_eq!(answer.location(), "/register/sent", "{}", answer.words());
    let id = account_of(portal, email).await;
    let answer = verify(portal, &mut portal.signed_in(id).await, email).await;
    assert_eq!(answer.location(), "/dashboard?done=verified", "{}", answer.words());
    sqlx::query("DELETE FROM session WHERE account_id = $1").bind(id).execute(portal.db()).await.unwrap();
    browser
}

/// Follows the newest link that verifies the address of a registration.
pub async fn verify(portal: &Portal, browser: &mut Browser, email: &str) -> crate::support::portal::Answer {
    let link = mail(portal, email, "accounts.verify_email").await.expect("a mail").link("/verify-email");
    let token = link.split_once("token=").expect("a token").1.to_owned();
    browser.post_form(&link, "/api/accounts/verify_email", &[("token", &token)]).await
}

pub async fn account_of(portal: &Portal, email: &str) -> AccountId {
    sqlx::query_scalar("SELECT account_id FROM account_email WHERE lower(address) = lower($1) AND is_primary")
        .bind(email)
        .fetch_one(portal.db())
        .await
        .unwrap()
}

/// The newest mail of a kind. (Within one moment of the standing clock mails have no order.)
pub async fn mail(portal: &Portal, to: &str, template: &str) -> Option<ReceivedMail> {
    portal.mails(to).await.into_iter().rfind(|mail| mail.template == template)
}

pub async fn log_in(browser: &mut Browser, email: &str, password: &str) -> crate::support::portal::Answer {
    browser.post_form("/login", "/api/accounts/login", &[("email", email), ("password", password)]).await
}
