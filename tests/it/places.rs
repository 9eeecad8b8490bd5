//! Places that are suggested while a city or postal code is being typed, and what becomes of a choice.

use crate::support::Portal;
use crate::support::portal::{Answer, Browser};
use axum::http::StatusCode;
use certportal::scheduling::model::Suggestion;
use certportal::scheduling::pages::encoded;
use chrono::TimeDelta;

async fn ana(portal: &Portal) -> Browser {
    let ana = portal.account("ana@example.com", "Ana", "Berg", &[]).await;
    portal.signed_in(ana).await
}

async fn asked(browser: &mut Browser, text: &str, country: &str) -> Answer {
    browser.read(&format!("/api/scheduling/places?text={}&country={}", encoded(text), encoded(country))).await
}

async fn suggested(browser: &mut Browser, text: &str, country: &str) -> Vec<Suggestion> {
    let answer = asked(browser, text, country).await;
    assert_eq!(answer.status, StatusCode::OK, "{text}: {}", answer.text());
    serde_json::from_slice(&answer.bytes).unwrap()
}

fn shown(places: &[Suggestion]) -> Vec<String> {
    places.iter().map(|place| format!("{} ({})", place.name, place.note)).collect()
}

#[tokio::test]
async fn cities_are_suggested_by_the_beginning_of_any_of_their_names_the_largest_first() {
    let portal = Portal::with_demo_data().await;
    let mut browser = ana(&portal).await;
    let portlands = suggested(&mut browser, "portl", "US").await;
    assert_eq!(shown(&portlands)[..2], ["Portland (Oregon, United States)", "Portland (Maine, United States)"]);
    assert_eq!((portlands[1].city, portlands[1].text.as_str()), (Some(4_975_802), "Portland, Maine"));
    // Accents and capitals are forgiven, and names in other languages count.
    for typed in ["KOL", "Köl", "cologn", "Colonia"] {
        let found = suggested(&mut browser, typed, "DE").await;
        assert!(shown(&found).contains(&"Köln (North Rhine-Westphalia, Germany)".to_owned()), "{typed}: {:?}", shown(&found));
    }
    assert_eq!(suggested(&mut browser, "Sevil", "").await[0].text, "Sevilla, Andalusia");
    assert_eq!(suggested(&mut browser, "Sevil", "CO").await[0].text, "Sevilla, Valle del Cauca");
    // Only the beginning of a name; what stands after a comma says more about it.
    assert!(suggested(&mut browser, "ortland", "US").await.iter().all(|place| !place.name.contains("Portland")));
    assert_eq!(suggested(&mut browser, "Portland, Ma", "US").await, portlands_of(&mut browser).await);
    assert_eq!(suggested(&mut browser, "sa", "").await.len(), 8, "never more than eight");
}

async fn portlands_of(browser: &mut Browser) -> Vec<Suggestion> {
    suggested(browser, "portland", "US").await
}

#[tokio::test]
async fn postal_codes_are_suggested_where_they_are_known() {
    let portal = Portal::with_demo_data().await;
    let mut browser = ana(&portal).await;
    for country in ["", "US", "us"] {
        let found = suggested(&mut browser, "9810", country).await;
        assert!(found.len() > 1 && found.iter().all(|place| place.city.is_none() && place.text.starts_with("9810")), "{found:?}");
        assert_eq!(shown(&found)[0], "98101 (Seattle, WA, United States)");
        assert_eq!(found[0].text, "98101");
    }
    assert_eq!(suggested(&mut browser, "98101-2345", "US").await[0].text, "98101");
    assert_eq!(suggested(&mut browser, "9810", "DE").await, []);
}

#[tokio::test]
async fn what_is_too_short_too_long_or_no_place_suggests_nothing() {
    let portal = Portal::with_demo_data().await;
    let mut browser = ana(&portal).await;
    let long = "x".repeat(5000);
    for typed in ["", "p", " p ", ",", "Xyzzyplugh", "%", "%%", "__", "|", "||", "po|", "\\", "'; DROP TABLE city; --", "\u{0}\u{0}", &long]
    {
        assert_eq!(suggested(&mut browser, typed, "").await, [], "{typed:?}");
    }
    assert_eq!(suggested(&mut browser, "portl", "nowhere' OR '1'='1").await, []);
    assert_eq!(browser.read("/api/scheduling/places").await.status, StatusCode::OK);
    assert!(!suggested(&mut browser, "portl", "").await.is_empty(), "the table is still there");
}

#[tokio::test]
async fn suggestions_are_in_the_readers_language() {
    let portal = Portal::with_demo_data().await;
    let mut browser = ana(&portal).await;
    sqlx::query("UPDATE account SET language = 'es'").execute(portal.db()).await.unwrap();
    assert_eq!(shown(&suggested(&mut browser, "munich", "").await)[0], "Munich (Bavaria, Alemania)");
}

#[tokio::test]
async fn security_40_a_suggestion_holds_what_the_list_shows() {
    let portal = Portal::with_demo_data().await;
    let answer = asked(&mut ana(&portal).await, "portl", "US").await;
    let places: Vec<serde_json::Map<String, serde_json::Value>> = serde_json::from_slice(&answer.bytes).unwrap();
    assert!(places.iter().all(|place| place.keys().eq(["city", "name", "note", "text"])), "{places:?}");
}

#[tokio::test]
async fn security_60_suggestions_are_limited_per_network_address() {
    let portal = Portal::with_demo_data().await;
    let mut browser = ana(&portal).await;
    sqlx::query("INSERT INTO rate_bucket (key, tokens, granted, updated_at) VALUES ('scheduling.places:127.0.0.1', 1, true, $1)")
        .bind(portal.clock.now())
        .execute(portal.db())
        .await
        .unwrap();
    assert_eq!(asked(&mut browser, "portl", "US").await.status, StatusCode::OK);
    let refused = asked(&mut browser, "portl", "US").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers["retry-after"], "1");
    // The search itself goes on.
    assert_eq!(browser.get("/schedule/CLF-C02/centers?language=en&place=Munchen&country=DE").await.status, StatusCode::OK);
    portal.later(TimeDelta::seconds(1));
    assert_eq!(asked(&mut browser, "portl", "US").await.status, StatusCode::OK);
}

/// What the page of centres says for a search.
async fn search(browser: &mut Browser, query: &str) -> Answer {
    let answer = browser.get(&format!("/schedule/CLF-C02/centers?language=en&radius=50&{query}")).await;
    assert_eq!(answer.status, StatusCode::OK);
    answer
}

#[tokio::test]
async fn a_chosen_city_counts_as_long_as_the_field_names_it() {
    let portal = Portal::with_demo_data().await;
    let mut browser = ana(&portal).await;
    let maine = "city=4975802&place=Portland%2C+Maine";
    let chosen = search(&mut browser, &format!("{maine}&country=US")).await;
    assert!(chosen.words().contains("Portland, Maine"), "{}", chosen.words());
    assert!(chosen.text().contains("value=\"Portland, Maine\"") && chosen.hidden("city") == "4975802", "the choice is kept");
    // Typed over without scripts, which would have taken the choice back: the text counts.
    let typed = search(&mut browser, "city=4975802&place=Seattle&country=US").await;
    assert!(typed.words().contains("near Seattle") && !typed.text().contains("value=\"4975802\""), "{}", typed.words());
    let elsewhere = search(&mut browser, &format!("{maine}&country=DE")).await;
    assert!(elsewhere.words().contains("Which “Portland, Maine” do you mean?"), "{}", elsewhere.words());
    assert!(elsewhere.text().contains("country=US&amp;radius=50&amp;city=4975802"), "a city brings its country along");
    // From a list: nothing typed.
    let listed = search(&mut browser, "city=4975802&country=US").await;
    assert!(listed.text().contains("value=\"Portland, Maine\""));
    let unknown = search(&mut browser, "city=1&country=US").await;
    assert!(unknown.words().contains("We do not know"), "{}", unknown.words());
}
