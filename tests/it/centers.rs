//! Finding a centre and a free date: distances in the reader's unit, the nearest first, the first day that is free, and seats for those who
//! need an accessible one.

use crate::scheduling::{CENTER, at, choice, conflict, morning, one_seat, request_of};
use crate::support::Portal;
use crate::support::portal::Browser;
use certportal::error::{AppError, Code, Conflict, FieldError};
use certportal::ids::{AccountId, AppointmentId, SeatId};
use certportal::scheduling::service::holds::{self, Choice, Details};
use certportal::server::random;
use chrono::{DateTime, TimeDelta, Utc};

/// Seats of a centre are taken from now until then, but for those that `spare` names (SQL about a seat `s`).
async fn full_until(portal: &Portal, center: &str, until: DateTime<Utc>, spare: &str) {
    let seats: Vec<SeatId> = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
        "SELECT s.id FROM seat s JOIN test_center c ON c.id = s.center_id WHERE c.code = $1 AND s.active AND NOT ({spare})"
    )))
    .bind(center)
    .fetch_all(portal.db())
    .await
    .unwrap();
    for seat in seats {
        let id: AppointmentId = random::id();
        let somebody = portal.account(&format!("{id}@example.com"), "Some", "Body", &[]).await;
        sqlx::query(
            "INSERT INTO appointment (id, reference, account_id, exam_id, language, delivery, center_id, seat_id, time_zone, starts_at, minutes,
                                      occupies, state, policies, created_at)
             SELECT $1, $2, $3, e.id, 'en', 'center', s.center_id, s.id, 'Europe/Berlin', $5, 90, tstzrange($5, $6), 'booked', '{}', $5
             FROM seat s, exam e WHERE s.id = $4 AND e.code = 'SAA-C03'",
        )
        .bind(id)
        .bind(random::readable(8))
        .bind(somebody)
        .bind(seat)
        .bind(portal.clock.now())
        .bind(until)
        .execute(portal.db())
        .await
        .unwrap();
    }
}

async fn candidate(portal: &Portal) -> (AccountId, Browser) {
    let id = portal.account("anna@example.com", "Anna", "Berg", &[]).await;
    (id, portal.signed_in(id).await)
}

async fn search(browser: &mut Browser, question: &str) -> String {
    browser.get(&format!("/schedule/CLF-C02/centers?language=en&{}", question.replace(' ', "%20"))).await.words()
}

/// Whether some words stand in this order.
fn in_order(text: &str, words: &[&str]) -> bool {
    let mut rest = text;
    words.iter().all(|word| match rest.split_once(word) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}

#[tokio::test]
async fn centres_come_nearest_first_with_their_distance_in_the_countrys_unit() {
    let portal = Portal::with_demo_data().await;
    let (_, mut browser) = candidate(&portal).await;
    // By their codes and by their names they would stand the other way round. The candidate lives where kilometres are used.
    let london = search(&mut browser, "place=London&country=GB&radius=25").await;
    let miles = ["2 centres near London", "Camden Lock Testing Rooms", "0.4 mi away", "Fenchurch Lamp", "0.6 mi away"];
    assert!(in_order(&london, &miles), "{london}");
    let london = search(&mut browser, "place=London&country=GB&radius=25&unit=km").await;
    assert!(in_order(&london, &["Camden Lock", "0.7 km away", "Fenchurch Lamp", "0.9 km away"]), "{london}");
    let newark = search(&mut browser, "place=Newark, New Jersey&city=5101798&country=US&radius=25").await;
    assert!(in_order(&newark, &["Hudson Ledger", "9.3 mi away", "Atlantic Yard", "10 mi away"]), "{newark}");
    // Without a country the unit is that of the reader's own.
    let berlin = search(&mut browser, "place=Potsdam&country=DE&radius=50").await;
    assert!(in_order(&berlin, &["1 centre near Potsdam", "Prüfzentrum Spreebogen", "27 km away"]), "{berlin}");
    let anywhere = search(&mut browser, "place=Potsdam, Brandenburg&country=&radius=50").await;
    assert!(anywhere.contains("27 km away"), "{anywhere}");
    let spanish = search(&mut browser, "place=London&country=GB&radius=25&unit=km&lang=es").await;
    assert!(spanish.contains("0,7 km"), "{spanish}");
}

#[tokio::test]
async fn a_radius_ends_where_it_says_in_either_unit() {
    let portal = Portal::with_demo_data().await;
    let (_, mut browser) = candidate(&portal).await;
    // From Potsdam to the centre in Berlin it is 27.4 km or 17.0 miles, from Leipzig 149.7 km or 93.0 miles.
    for (question, distance) in [
        ("place=Potsdam&country=DE&radius=25", None),
        ("place=Potsdam&country=DE&radius=50", Some("27 km away")),
        ("place=Potsdam&country=DE&radius=25&unit=mi", Some("17 mi away")),
        ("place=Leipzig&country=DE&radius=100", None),
        ("place=Leipzig&country=DE&radius=50&unit=mi", None),
        ("place=Leipzig&country=DE&radius=100&unit=mi", Some("93 mi away")),
        // What is not offered is the middle one.
        ("place=Potsdam&country=DE&radius=5000", Some("27 km away")),
        ("place=Leipzig&country=DE&radius=5000", None),
        ("place=Leipzig&country=DE&radius=-1", None),
    ] {
        let words = search(&mut browser, question).await;
        match distance {
            Some(distance) => assert!(in_order(&words, &["1 centre near", "Spreebogen", distance]), "{question}: {words}"),
            // The nearest one is named all the same, with how far it is.
            None => assert!(in_order(&words, &["The nearest centre", "Spreebogen", "away"]), "{question}: {words}"),
        }
    }
}

#[tokio::test]
async fn a_centre_shows_its_first_free_date_and_the_calendar_leads_there() {
    let portal = Portal::with_demo_data().await;
    one_seat(&portal).await;
    let (_, mut browser) = candidate(&portal).await;
    let question = "place=Berlin&country=DE&radius=25";
    // A day's lead: from Tuesday 10:00 in Berlin.
    assert!(in_order(&search(&mut browser, question).await, &["Spreebogen", "First free date", "Tue 24 Nov 2026"]));
    let taken = async |until: &str| {
        sqlx::query("UPDATE appointment SET occupies = tstzrange(lower(occupies), $1) WHERE starts_at = $2")
            .bind(at(until))
            .bind(portal.clock.now())
            .execute(portal.db())
            .await
            .unwrap();
    };
    // Till Monday evening: on Tuesday it begins again.
    full_until(&portal, CENTER, at("2026-11-30T17:00:00Z"), "false").await;
    for (until, first) in [
        ("2026-11-30T17:00:00Z", "Tue 1 Dec 2026"),
        // 90 minutes and 30 for the seat: the last start of that day is at 16:00, 15:00 UTC; a minute later there is none.
        ("2026-12-01T15:00:00Z", "Tue 1 Dec 2026"),
        ("2026-12-01T15:01:00Z", "Wed 2 Dec 2026"),
        // On Saturday the centre closes at 14:00, on Sunday it does not open.
        ("2026-12-05T11:01:00Z", "Mon 7 Dec 2026"),
        // Farther than the first look of fourteen days.
        ("2026-12-24T22:00:00Z", "Sat 26 Dec 2026"),
        ("2027-02-20T22:00:00Z", "No free date"),
    ] {
        taken(until).await;
        let words = search(&mut browser, question).await;
        assert!(in_order(&words, &["Spreebogen", first]), "{until}: {words}");
    }
    taken("2026-12-24T22:00:00Z").await;
    let times = format!("/schedule/CLF-C02/times?center={CENTER}&language=en");
    let empty = browser.get(&format!("{times}&month=2026-11")).await;
    assert!(empty.words().contains("Go to the next free day: Saturday, 26 December 2026"), "{}", empty.words());
    let first = browser.get(&times).await.text();
    assert!(first.contains("value=\"2026-12-26T08:00:00+00:00\""), "without a month the calendar opens at the first free day");
}

#[tokio::test]
async fn a_certification_names_its_next_free_dates_soonest_first() {
    let portal = Portal::with_demo_data().await;
    let (_, mut browser) = candidate(&portal).await;
    let page = "/certifications/cloud-practitioner";
    let shown = async |browser: &mut Browser| {
        let words = browser.get(page).await.words();
        let (_, dates) = words.split_once("Next free dates").unwrap_or_else(|| panic!("{words}"));
        dates[..dates.char_indices().nth(220).map_or(dates.len(), |(at, _)| at)].to_owned()
    };
    // Online in four hours; centres of the candidate's country from tomorrow on, by name.
    let dates = shown(&mut browser).await;
    let (online, tuesday) = ("Mon 23 Nov 2026Online", "Tue 24 Nov 2026");
    assert!(in_order(&dates, &[online, tuesday, "Alsterlicht", "Hamburg", tuesday, "Isarblick", "München"]), "{dates}");
    full_until(&portal, "DE-HAM-01", at("2026-12-01T22:00:00Z"), "false").await;
    full_until(&portal, "DE-MUC-01", at("2026-11-24T22:00:00Z"), "false").await;
    full_until(&portal, "DE-BER-01", at("2026-11-25T22:00:00Z"), "false").await;
    let dates = shown(&mut browser).await;
    assert!(in_order(&dates, &[online, tuesday, "Mainkontor", "Wed 25 Nov 2026", "Isarblick"]), "{dates}");
    // No later than the exam is offered in the language.
    sqlx::query(
        "UPDATE exam_language SET last_day = '2026-11-24' WHERE language = 'en' AND exam_id = (SELECT id FROM exam WHERE code = 'CLF-C02')",
    )
    .execute(portal.db())
    .await
    .unwrap();
    let dates = shown(&mut browser).await;
    assert!(in_order(&dates, &[online, tuesday, "Mainkontor"]) && !dates.contains("Isarblick"), "{dates}");
}

/// Takes every accessible workstation of the centre, for long.
async fn no_accessible_seat(portal: &Portal) {
    full_until(portal, CENTER, at("2026-12-10T22:00:00Z"), "NOT s.accessible").await;
}

fn accessible(starts_at: DateTime<Utc>) -> Choice {
    Choice { accessible: true, ..choice(starts_at) }
}

async fn has_accessible_seat(portal: &Portal, hold: AppointmentId) -> bool {
    sqlx::query_scalar("SELECT s.accessible FROM appointment a JOIN seat s ON s.id = a.seat_id WHERE a.id = $1")
        .bind(hold)
        .fetch_one(portal.db())
        .await
        .unwrap()
}

fn wish() -> Details {
    let born = ("24".into(), "11".into(), "1990".into());
    Details { given_name: "Anna".into(), family_name: "Berg".into(), born, accessible: true, accepted: true }
}

#[tokio::test]
async fn who_asks_for_an_accessible_seat_gets_one_or_a_clear_no() {
    let portal = Portal::with_demo_data().await;
    let (anna, mut browser) = candidate(&portal).await;
    let cx = request_of(&portal, anna).await;
    // Ordinary seats go first to those who need nothing else.
    let plain = holds::hold(&cx, &choice(morning())).await.unwrap();
    assert!(!has_accessible_seat(&portal, plain).await);
    // The same time again, now with the wish: not the seat that is held already.
    let held = holds::hold(&cx, &accessible(morning())).await.unwrap();
    assert_ne!(held, plain);
    assert!(has_accessible_seat(&portal, held).await);
    assert_eq!(holds::hold(&cx, &accessible(morning())).await.unwrap(), held);
    holds::let_go(&cx, held).await.unwrap();

    no_accessible_seat(&portal).await;
    assert_eq!(conflict(holds::hold(&cx, &accessible(morning())).await), Conflict::SlotTaken);
    assert!(holds::hold(&cx, &choice(morning())).await.is_ok(), "ordinary seats are free");
    // List and calendar look for such seats, too.
    let question = "place=Berlin&country=DE&radius=25";
    assert!(in_order(&search(&mut browser, question).await, &["Spreebogen", "Tue 24 Nov 2026"]));
    let words = search(&mut browser, &format!("{question}&accessible=1")).await;
    assert!(in_order(&words, &["Spreebogen", "Fri 11 Dec 2026"]), "{words}");
    let day = format!("/schedule/CLF-C02/times?center={CENTER}&language=en&day=2026-12-02");
    assert!(browser.get(&day).await.text().contains("value=\"2026-12-02T08:00:00+00:00\""));
    assert!(!browser.get(&format!("{day}&accessible=1")).await.text().contains("value=\"2026-12-02T08:00:00+00:00\""));
    // A centre without any is not found; the next one that has one is.
    sqlx::query("UPDATE seat SET accessible = false WHERE center_id = (SELECT id FROM test_center WHERE code = $1)")
        .bind(CENTER)
        .execute(portal.db())
        .await
        .unwrap();
    let words = search(&mut browser, &format!("{question}&accessible=1")).await;
    assert!(in_order(&words, &["The nearest centre", "km away"]) && !words.contains("Spreebogen"), "{words}");
}

#[tokio::test]
async fn a_wish_for_an_accessible_seat_in_the_details_moves_the_hold_to_one() {
    let portal = Portal::with_demo_data().await;
    let (anna, mut browser) = candidate(&portal).await;
    let cx = request_of(&portal, anna).await;
    let hold = holds::hold(&cx, &choice(morning())).await.unwrap();
    let until: Option<DateTime<Utc>> =
        sqlx::query_scalar("SELECT hold_expires_at FROM appointment WHERE id = $1").bind(hold).fetch_one(portal.db()).await.unwrap();
    portal.later(TimeDelta::minutes(5));
    // By the form, as it is ticked.
    let page = format!("/schedule/details/{hold}");
    let id = hold.to_string();
    let fields = [
        ("appointment", id.as_str()),
        ("given_name", "Anna"),
        ("family_name", "Berg"),
        ("dob-day", "24"),
        ("dob-month", "11"),
        ("dob-year", "1990"),
        ("accessible", "on"),
        ("accept", "on"),
    ];
    let answer = browser.post_form(&page, "/api/scheduling/details", &fields).await;
    assert_eq!(answer.location(), "/cart", "{}", answer.words());
    assert!(has_accessible_seat(&portal, hold).await);
    let still: Option<DateTime<Utc>> =
        sqlx::query_scalar("SELECT hold_expires_at FROM appointment WHERE id = $1").bind(hold).fetch_one(portal.db()).await.unwrap();
    assert_eq!(still, until, "moving to another seat gives no more time");
}

#[tokio::test]
async fn a_wish_that_no_seat_meets_is_told_at_its_field_and_keeps_the_seat() {
    let portal = Portal::with_demo_data().await;
    let (anna, _) = candidate(&portal).await;
    no_accessible_seat(&portal).await;
    let cx = request_of(&portal, anna).await;
    let hold = holds::hold(&cx, &choice(morning())).await.unwrap();
    let refused = holds::complete(&cx, hold, &wish()).await;
    assert_eq!(refused, Err(AppError::Validation(vec![FieldError::new("accessible", Code::NoAccessibleSeat)])));
    let (state, items): (String, i64) =
        sqlx::query_as("SELECT state, (SELECT count(*) FROM purchase_item WHERE appointment_id = a.id) FROM appointment a WHERE a.id = $1")
            .bind(hold)
            .fetch_one(portal.db())
            .await
            .unwrap();
    assert_eq!((state.as_str(), items), ("held", 0));
    // Without the wish the seat does.
    holds::complete(&cx, hold, &Details { accessible: false, ..wish() }).await.unwrap();
}

#[tokio::test]
async fn two_who_wish_for_the_last_accessible_seat_get_it_once() {
    let portal = Portal::with_demo_data().await;
    sqlx::query("UPDATE seat SET accessible = (label = '01') WHERE center_id = (SELECT id FROM test_center WHERE code = $1)")
        .bind(CENTER)
        .execute(portal.db())
        .await
        .unwrap();
    let (mut requests, mut held) = (vec![], vec![]);
    for email in ["anna@example.com", "anne@example.com", "anno@example.com"] {
        let account = portal.account(email, "Anna", "Berg", &[]).await;
        let cx = request_of(&portal, account).await;
        held.push(holds::hold(&cx, &choice(morning())).await.unwrap());
        requests.push(cx);
    }
    let wished = wish();
    let asked = requests.iter().zip(&held).map(|(cx, hold)| holds::complete(cx, *hold, &wished));
    let answers = futures_util::future::join_all(asked).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
    let refused = AppError::Validation(vec![FieldError::new("accessible", Code::NoAccessibleSeat)]);
    assert!(answers.iter().all(|answer| answer.is_ok() || answer == &Err(refused.clone())), "{answers:?}");
    let mut sitting = 0;
    for hold in held {
        sitting += usize::from(has_accessible_seat(&portal, hold).await);
    }
    assert_eq!(sitting, 1);
}

#[tokio::test]
async fn a_list_that_is_not_the_whole_says_so() {
    let portal = Portal::with_demo_data().await;
    let (_, mut browser) = candidate(&portal).await;
    let all = search(&mut browser, "country=").await;
    assert!(all.contains("There are more centres than these 20. Type a city or postal code"), "{all}");
    assert!(!search(&mut browser, "country=DE").await.contains("There are more"));

    let copy = async |name: &'static str, count: i32| {
        sqlx::query(
            "INSERT INTO test_center (id, code, name, address_lines, city, country, latitude, longitude, position, time_zone, arrival)
             SELECT gen_random_uuid(), $2 || n, $2 || n, address_lines, city, country, latitude, longitude, position, time_zone, arrival
             FROM test_center, generate_series(1, $3) n WHERE code = $1",
        )
        .bind(CENTER)
        .bind(name)
        .bind(count)
        .execute(portal.db())
        .await
        .unwrap();
    };
    copy("Copy", 19).await;
    let berlin = search(&mut browser, "place=Berlin&country=DE&radius=25").await;
    assert!(berlin.contains("20 centres near Berlin") && !berlin.contains("There are more"), "{berlin}");
    copy("More", 1).await;
    let question = "place=Berlin&country=DE&radius=25";
    let berlin = search(&mut browser, question).await;
    assert!(berlin.contains("The 20 nearest centres to Berlin") && berlin.contains("There are more within this distance"), "{berlin}");
    let spanish = search(&mut browser, &format!("{question}&lang=es")).await;
    assert!(spanish.contains("Los 20 centros más cercanos a Berlin") && spanish.contains("Hay más a esta distancia"), "{spanish}");
}
