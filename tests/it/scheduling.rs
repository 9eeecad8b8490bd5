//! Seats: who gets one, for how long, and how it is given back.

use crate::support::Portal;
use axum::http::StatusCode;
use certportal::checkout::service as checkout;
use certportal::error::{AppError, Code, Conflict};
use certportal::ids::{AccountId, AppointmentId};
use certportal::scheduling::service::holds::{self, Choice, Details};
use certportal::scheduling::service::{changes, confirm_booking};
use certportal::server::RequestContext;
use certportal::server::http::sessions;
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;

pub const CENTER: &str = "DE-BER-01";

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// 09:00 in Berlin, on a Wednesday; the clock begins on Monday 23 November 2026, 09:00 UTC.
pub fn morning() -> DateTime<Utc> {
    at("2026-12-02T08:00:00Z")
}

pub fn choice(starts_at: DateTime<Utc>) -> Choice {
    Choice { exam_code: "CLF-C02".into(), language: "en".into(), center: Some(CENTER.into()), starts_at, accessible: false, replaces: None }
}

fn online(starts_at: DateTime<Utc>) -> Choice {
    Choice { center: None, ..choice(starts_at) }
}

pub fn conflict<T: std::fmt::Debug>(answer: Result<T, AppError>) -> Conflict {
    match answer {
        Err(AppError::Conflict(conflict)) => conflict,
        other => panic!("not a conflict: {other:?}"),
    }
}

/// The request a candidate makes now, in a session of their own.
pub async fn request_of(portal: &Portal, account_id: AccountId) -> RequestContext {
    let address = "127.0.0.1".parse().unwrap();
    let mut connection = portal.db().acquire().await.unwrap();
    let cookie = sessions::start(&mut connection, portal.clock.now(), account_id, false, address, "test").await.unwrap().to_string();
    let token = cookie.split(['=', ';']).nth(1).unwrap();
    drop(connection);
    let viewer = sessions::load(portal.db(), portal.clock.now(), token).await.unwrap();
    RequestContext::new(portal.state.clone(), address).with(|cx| cx.viewer = viewer)
}

async fn book(portal: &Portal, account_id: AccountId, choice: &Choice) -> (AppointmentId, String) {
    let cx = request_of(portal, account_id).await;
    let id = holds::hold(&cx, choice).await.unwrap();
    let mut tx = portal.db().begin().await.unwrap();
    confirm_booking(&mut tx, &portal.state, id).await.unwrap();
    tx.commit().await.unwrap();
    let reference = sqlx::query_scalar("SELECT reference FROM appointment WHERE id = $1").bind(id).fetch_one(portal.db()).await.unwrap();
    (id, reference)
}

async fn state_of(portal: &Portal, id: AppointmentId) -> String {
    sqlx::query_scalar("SELECT state FROM appointment WHERE id = $1").bind(id).fetch_one(portal.db()).await.unwrap()
}

/// Leaves a centre with one working seat.
pub async fn one_seat(portal: &Portal) {
    sqlx::query("UPDATE seat SET active = label = '01' WHERE center_id = (SELECT id FROM test_center WHERE code = $1)")
        .bind(CENTER)
        .execute(portal.db())
        .await
        .unwrap();
}

/// A hundred candidates want one seat at once; gives how many got it.
async fn rush(portal: &Portal) -> usize {
    one_seat(portal).await;
    let mut people = vec![];
    for number in 0..100 {
        people.push(portal.account(&format!("rush{number}@example.com"), "Rush", "Hour", &[]).await);
    }
    let mut requests = vec![];
    for person in &people {
        requests.push(Arc::new(request_of(portal, *person).await));
    }
    let tasks: Vec<_> = requests.into_iter().map(|cx| tokio::spawn(async move { holds::hold(&cx, &choice(morning())).await })).collect();
    let mut won = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => won += 1,
            Err(AppError::Conflict(Conflict::SlotTaken)) => {}
            Err(other) => panic!("neither a seat nor a clear answer: {other:?}"),
        }
    }
    let held: i64 = sqlx::query_scalar("SELECT count(*) FROM appointment WHERE state = 'held' AND starts_at = $1")
        .bind(morning())
        .fetch_one(portal.db())
        .await
        .unwrap();
    assert_eq!(held, won as i64, "every winner has a seat and nobody else");
    won
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn security_58_the_last_seat_is_got_by_exactly_one_of_a_hundred() {
    let portal = Portal::with_demo_data().await;
    assert_eq!(rush(&portal).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn without_the_constraint_the_last_seat_is_sold_twice_so_the_test_above_sees_the_race() {
    let portal = Portal::with_demo_data().await;
    sqlx::query("ALTER TABLE appointment DROP CONSTRAINT appointment_seat_overlap").execute(&portal.owner().await).await.unwrap();
    // A gate before the insert: opened when two have found the seat free, so that the race happens every time and not by chance.
    sqlx::raw_sql(
        "CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NEW; END';
         CREATE TRIGGER gate BEFORE INSERT ON appointment FOR EACH ROW EXECUTE FUNCTION gate()",
    )
    .execute(&portal.owner().await)
    .await
    .unwrap();
    let mut keeper = portal.db().acquire().await.unwrap();
    sqlx::query("SELECT pg_advisory_lock(1)").execute(&mut *keeper).await.unwrap();
    let open_the_gate = async {
        let waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
        while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut *keeper).await.unwrap() < 2 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        sqlx::query("SELECT pg_advisory_unlock(1)").execute(&mut *keeper).await.unwrap();
    };
    let (won, ()) = tokio::join!(rush(&portal), open_the_gate);
    assert!(won > 1);
}

#[tokio::test]
async fn seeding_twice_changes_nothing() {
    let portal = Portal::with_demo_data().await;
    let count = async || -> (i64, i64, i64, i64) {
        sqlx::query_as(
            "SELECT (SELECT count(*) FROM test_center), (SELECT count(*) FROM seat), (SELECT count(*) FROM opening_hours),
                    (SELECT count(*) FROM opening_exception)",
        )
        .fetch_one(portal.db())
        .await
        .unwrap()
    };
    let before = count().await;
    assert_eq!(before.0, 80);
    certportal::programme::load(&portal.state, &certportal::programme::Files::demo()).await.unwrap();
    assert_eq!(count().await, before);
}

#[tokio::test]
async fn a_beta_exam_is_taken_once() {
    let portal = Portal::with_demo_data().await;
    let anna = portal.account("anna@example.com", "Anna", "Berg", &[]).await;
    let beta = |starts_at| Choice { exam_code: "AIB-C01".into(), ..choice(starts_at) };
    let (first, _) = book(&portal, anna, &beta(morning())).await;
    sqlx::query("UPDATE appointment SET state = 'scored' WHERE id = $1").bind(first).execute(portal.db()).await.unwrap();
    sqlx::query(
        "INSERT INTO exam_result (id, appointment_id, account_id, exam_id, taken_at, scaled_score, passed, state, received_at, released_at)
         SELECT id, id, account_id, exam_id, starts_at, 600, false, 'released', starts_at, starts_at FROM appointment WHERE id = $1",
    )
    .bind(first)
    .execute(portal.db())
    .await
    .unwrap();
    // Long after the wait that every exam has.
    portal.later(TimeDelta::days(60));
    let again = beta(at("2027-02-03T08:00:00Z"));
    assert_eq!(conflict(holds::hold(&request_of(&portal, anna).await, &again).await), Conflict::NotEligible);
    let words = portal.signed_in(anna).await.get("/schedule/AIB-C01").await.words();
    assert!(words.contains("You have no attempt at this exam left") && words.contains("This exam can be taken 1 time."), "{words}");
    // Without the limit it could be booked.
    sqlx::query("UPDATE exam SET max_attempts = 2 WHERE code = 'AIB-C01'").execute(portal.db()).await.unwrap();
    holds::hold(&request_of(&portal, anna).await, &again).await.unwrap();
}

#[tokio::test]
async fn the_result_of_a_beta_exam_is_promised_by_no_day_before_and_after_booking() {
    let portal = Portal::with_demo_data().await;
    let anna = portal.account("anna@example.com", "Anna", "Berg", &[]).await;
    let mut browser = portal.signed_in(anna).await;
    let (beta, dated) = ("The official result of a beta exam comes after the beta has ended.", "Your official result is there by");
    for (exam, starts_at, told, untold) in [("AIB-C01", morning(), beta, dated), ("CLF-C02", morning() + TimeDelta::days(1), dated, beta)] {
        let choice = Choice { exam_code: exam.into(), ..choice(starts_at) };
        let hold = holds::hold(&request_of(&portal, anna).await, &choice).await.unwrap();
        let details = browser.get(&format!("/schedule/details/{hold}")).await.words();
        assert!(details.contains(told) && !details.contains(untold), "{details}");
        let (_, reference) = book(&portal, anna, &choice).await;
        let page = browser.get(&format!("/exams/{reference}")).await.words();
        assert!(page.contains(told) && !page.contains(untold), "{page}");
    }
}

#[tokio::test]
async fn the_days_of_reminders_and_the_radii_of_a_search_are_policies() {
    let portal = Portal::with_demo_data().await;
    sqlx::query(
        r#"INSERT INTO policy_version (version, starts_at, rules, created_at)
           SELECT 2, starts_at + interval '1 day', rules || '{"reminder_days": [3], "search_radius_choices": [40, 10]}', created_at
           FROM policy_version"#,
    )
    .execute(portal.db())
    .await
    .unwrap();
    let anna = portal.account("anna@example.com", "Anna", "Berg", &[]).await;
    book(&portal, anna, &choice(morning())).await;
    let due: Vec<DateTime<Utc>> = sqlx::query_scalar("SELECT run_at FROM job WHERE kind = 'scheduling.remind' AND payload::text LIKE $1")
        .bind(format!("%{}%", morning().format("%Y-%m-%dT%H:%M:%SZ")))
        .fetch_all(portal.db())
        .await
        .unwrap();
    assert_eq!(due, [morning() - TimeDelta::days(3)]);
    let ben = portal.account("ben@example.com", "Ben", "Kranz", &[]).await;
    let page = portal.signed_in(ben).await.get("/schedule/CLF-C02/centers?language=en&place=Berlin&country=DE&radius=25").await.text();
    let radii = page.split_once("id=\"radius\"").unwrap().1.split_once("</select>").unwrap().0;
    let choices: Vec<&str> = radii.split("value=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(choices, ["10", "40"]);
    assert!(radii.split("<option").any(|option| option.contains("value=\"40\"") && option.contains("selected")), "{radii}");
}

#[tokio::test]
async fn a_hold_ends_after_its_minutes_and_others_get_the_seat() {
    let portal = Portal::with_demo_data().await;
    one_seat(&portal).await;
    let anna = portal.account("anna@example.com", "Anna", "Berg", &[]).await;
    let ben = portal.account("ben@example.com", "Ben", "Kranz", &[]).await;
    let first = holds::hold(&request_of(&portal, anna).await, &choice(morning())).await.unwrap();
    portal.later(TimeDelta::minutes(15) - TimeDelta::seconds(1));
    assert_eq!(conflict(holds::hold(&request_of(&portal, ben).await, &choice(morning())).await), Conflict::SlotTaken);
    portal.later(TimeDelta::seconds(1));
    // Before any job has run.
    let second = holds::hold(&request_of(&portal, ben).await, &choice(morning())).await.unwrap();
    assert_eq!(state_of(&portal, first).await, "expired");
    let details = Details { given_name: "Anna".into(), family_name: "Berg".into(), accepted: true, ..Details::default() };
    assert_eq!(conflict(holds::complete(&request_of(&portal, anna).await, first, &details).await), Conflict::HoldExpired);
    // The late payment of the first one finds no seat; the transaction it runs in stays usable.
    let mut tx = portal.db().begin().await.unwrap();
    assert!(confirm_booking(&mut tx, &portal.state, first).await.is_err());
    confirm_booking(&mut tx, &portal.state, second).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(state_of(&portal, second).await, "booked");
}

#[tokio::test]
async fn a_late_payment_gets_the_seat_again_if_it_is_free_and_once() {
    let portal = Portal::with_demo_data().await;
    let anna = portal.account("anna@example.com", "Anna", "Berg", &[]).await;
    let id = holds::hold(&request_of(&portal, anna).await, &choice(morning())).await.unwrap();
    portal.later(TimeDelta::minutes(16));
    portal.run_jobs().await;
    assert_eq!(state_of(&portal, id).await, "expired");
    for _ in 0..2 {
        let mut tx = portal.db().begin().await.unwrap();
        confirm_booking(&mut tx, &portal.state, id).await.unwrap();
        tx.commit().await.unwrap();
    }
    assert_eq!(state_of(&portal, id).await, "booked");
    let mails = portal.mails("anna@example.com").await;
    assert_eq!(mails.iter().filter(|mail| mail.template == "scheduling.booked").count(), 1);
}

#[tokio::test]
async fn two_tabs_and_two_clicks_hold_one_seat() {
    let portal = Portal::with_demo_data().await;
    let anna = portal.account("anna@example.com", "Anna", "Berg", &[]).await;
    let cx = Arc::new(request_of(&portal, anna).await);
    let (wanted, other) = (choice(morning()), choice(morning() + TimeDelta::hours(2)));
    let (first, second) = tokio::join!(holds::hold(&cx, &wanted), holds::hold(&cx, &wanted));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!(first, second, "the second click finds the first one's hold");
    // The other tab chooses another time: it replaces the first, even though they overlap.
    let replaced = holds::hold(&cx, &choice(morning() + TimeDelta::minutes(30))).await.unwrap();
    assert_eq!(state_of(&portal, first).await, "expired");
    let last = holds::hold(&cx, &other).await.unwrap();
    assert_eq!(state_of(&portal, replaced).await, "expired");
    assert_eq!(state_of(&portal, last).await, "held");
}

#[tokio::test]
async fn security_60_own_appointments_never_overlap_and_three_holds_are_the_most() {
    let portal = Portal::with_demo_data().await;
    let anna = portal.account("anna@example.com", "Anna", "Berg", &[]).await;
    let cx = request_of(&portal, anna).await;
    let exam = |code: &str, starts_at| Choice { exam_code: code.into(), ..choice(starts_at) };
    holds::hold(&cx, &choice(morning())).await.unwrap();
    assert_eq!(conflict(holds::hold(&cx, &exam("SAA-C03", morning() + TimeDelta::minutes(30))).await), Conflict::OwnOverlap);
    let day = TimeDelta::days(1);
    holds::hold(&cx, &exam("SAA-C03", morning() + day)).await.unwrap();
    holds::hold(&cx, &exam("DOP-C02", morning() + day * 2)).await.unwrap();
    assert_eq!(conflict(holds::hold(&cx, &exam("SCS-C03", morning() + day * 5)).await), Conflict::TooManyHolds);
    // One of the three may still be exchanged.
    holds::hold(&cx, &choice(morning() + day * 6)).await.unwrap();
}

#[tokio::test]
async fn lead_time_horizon_and_opening_hours_hold_to_the_minute() {
    let portal = Portal::with_demo_data().await;
    let anna = portal.account("anna@example.com", "Anna", "Berg", &[]).await;
    let cx = request_of(&portal, anna).await;
    let refused = async |choice: Choice| conflict(holds::hold(&cx, &choice).await);
    // It is 09:00 UTC. Online: four hours; the grid has the full and the half hour.
    assert_eq!(refused(online(at("2026-11-23T12:30:00Z"))).await, Conflict::TimeNotOffered);
    assert_eq!(refused(online(at("2026-11-23T13:15:00Z"))).await, Conflict::TimeNotOffered);
    assert_eq!(refused(choice(at("2026-11-24T08:30:00Z"))).await, Conflict::TimeNotOffered);
    assert_eq!(refused(online(at("2027-02-21T09:30:00Z"))).await, Conflict::TimeNotOffered);
    // Christmas, and three in the night.
    assert_eq!(refused(choice(at("2026-12-25T09:00:00Z"))).await, Conflict::TimeNotOffered);
    assert_eq!(refused(choice(at("2026-12-02T02:00:00Z"))).await, Conflict::TimeNotOffered);
    holds::hold(&cx, &online(at("2026-11-23T13:00:00Z"))).await.unwrap();
    holds::hold(&cx, &choice(at("2026-11-24T09:00:00Z"))).await.unwrap();
    holds::hold(&cx, &online(at("2027-02-21T09:00:00Z"))).await.unwrap();
}

#[tokio::test]
async fn name_age_and_rules_are_asked_before_the_cart() {
    let portal = Portal::with_demo_data().await;
    let anna = portal.account("anna@example.com", "Ánna María", "Berg", &[]).await;
    let cx = request_of(&portal, anna).await;
    let id = holds::hold(&cx, &choice(morning())).await.unwrap();
    let details = |given: &str, year: &str, accepted: bool| Details {
        given_name: given.into(),
        family_name: " berg ".into(),
        born: ("24".into(), "11".into(), year.into()),
        accepted,
        accessible: false,
    };
    let codes = async |details: Details| match holds::complete(&cx, id, &details).await {
        Err(AppError::Validation(errors)) => errors.into_iter().map(|error| error.code).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(codes(details("Anna Maria", "2014", false)).await, [Code::NameMismatch, Code::TooYoung, Code::RulesUnread]);
    // The first answer stays: another year does not help, until support has corrected a mistake.
    assert_eq!(codes(details("ánna maría", "1990", true)).await, [Code::TooYoung]);
    sqlx::query("UPDATE account SET date_of_birth = NULL WHERE id = $1").bind(anna).execute(portal.db()).await.unwrap();
    assert_eq!(codes(details("ánna maría", "2010", true)).await, [Code::GuardianNeeded]);
    assert_eq!(codes(details("ánna maría", "1990", true)).await, [Code::GuardianNeeded]);
    sqlx::query("UPDATE account SET date_of_birth = NULL WHERE id = $1").bind(anna).execute(portal.db()).await.unwrap();
    // What is refused for another reason is not kept: it may be a slip.
    assert_eq!(codes(details("Anna Maria", "1991", true)).await, [Code::NameMismatch]);
    holds::complete(&cx, id, &details("ÁNNA  MARÍA", "1990", true)).await.unwrap();
    holds::complete(&cx, id, &details("ánna maría", "", true)).await.unwrap();
    let items: i64 =
        sqlx::query_scalar("SELECT count(*) FROM purchase_item WHERE appointment_id = $1").bind(id).fetch_one(portal.db()).await.unwrap();
    assert_eq!(items, 1);
}

#[tokio::test]
async fn moving_takes_the_new_seat_and_gives_the_old_one_back_twice_at_most() {
    let portal = Portal::with_demo_data().await;
    one_seat(&portal).await;
    let anna = portal.account("anna@example.com", "Anna", "Berg", &[]).await;
    let ben = portal.account("ben@example.com", "Ben", "Kranz", &[]).await;
    let (id, reference) = book(&portal, anna, &choice(morning())).await;
    let cx = request_of(&portal, anna).await;
    let to = |starts_at, center: bool| Choice {
        replaces: Some(reference.clone()),
        ..if center { choice(starts_at) } else { online(starts_at) }
    };
    let next = morning() + TimeDelta::days(1);
    let hold = holds::hold(&cx, &to(next, false)).await.unwrap();
    // Until it is confirmed, the old seat is still hers.
    assert_eq!(conflict(holds::hold(&request_of(&portal, ben).await, &choice(morning())).await), Conflict::SlotTaken);
    assert_eq!(changes::reschedule(&cx, hold).await.unwrap(), reference);
    assert_eq!(changes::reschedule(&cx, hold).await.unwrap(), reference, "the second click moves nothing");
    let (delivery, starts_at, moved): (String, DateTime<Utc>, i32) =
        sqlx::query_as("SELECT delivery, starts_at, reschedule_count FROM appointment WHERE id = $1")
            .bind(id)
            .fetch_one(portal.db())
            .await
            .unwrap();
    assert_eq!((delivery.as_str(), starts_at, moved), ("online", next, 1));
    book(&portal, ben, &choice(morning())).await;
    // Back to the centre, then no more.
    let hold = holds::hold(&cx, &to(next, true)).await.unwrap();
    changes::reschedule(&cx, hold).await.unwrap();
    assert_eq!(conflict(holds::hold(&cx, &to(next + TimeDelta::days(1), true)).await), Conflict::RescheduleLimit);
    let templates: Vec<_> = portal.mails("anna@example.com").await.into_iter().map(|mail| mail.template).collect();
    assert_eq!(templates.iter().filter(|template| *template == "scheduling.rescheduled").count(), 2);
}

#[tokio::test]
async fn a_move_keeps_the_language() {
    let portal = Portal::with_demo_data().await;
    let anna = portal.account("anna@example.com", "Anna", "Berg", &[]).await;
    let (_, reference) = book(&portal, anna, &choice(morning())).await;
    let cx = request_of(&portal, anna).await;
    // Only by a changed address: the pages do not offer it. It would take a lane of that language's candidates.
    let elsewhere = Choice { language: "ja".into(), replaces: Some(reference), ..online(morning() + TimeDelta::days(1)) };
    assert!(matches!(holds::hold(&cx, &elsewhere).await, Err(AppError::NotFound)));
}

#[tokio::test]
async fn a_seat_that_is_being_paid_for_is_not_replaced_by_another_choice() {
    let portal = Portal::with_demo_data().await;
    let anna = portal.account("anna@example.com", "Anna", "Berg", &[]).await;
    let cx = request_of(&portal, anna).await;
    let id = holds::hold(&cx, &choice(morning())).await.unwrap();
    let born = ("24".into(), "11".into(), "1990".into());
    let details = Details { given_name: "Anna".into(), family_name: "Berg".into(), born, accepted: true, accessible: false };
    holds::complete(&cx, id, &details).await.unwrap();
    let cart = checkout::review(&cx).await.unwrap();
    checkout::pay(&cx, cart.purchase_id.unwrap(), &cart.reviewed).await.unwrap();
    assert_eq!(conflict(holds::hold(&cx, &choice(morning() + TimeDelta::days(1))).await), Conflict::BeingPaid);
    assert_eq!(conflict(holds::complete(&cx, id, &details).await), Conflict::BeingPaid);
    assert_eq!(holds::hold(&cx, &choice(morning())).await.unwrap(), id, "the same time is the same hold");
    assert_eq!(state_of(&portal, id).await, "held");
    // A seat that has lapsed is in nobody's way.
    portal.later(TimeDelta::minutes(20));
    holds::hold(&request_of(&portal, anna).await, &choice(morning() + TimeDelta::days(1))).await.unwrap();
}

#[tokio::test]
async fn cancelling_and_moving_end_exactly_at_the_cut_off() {
    let portal = Portal::with_demo_data().await;
    let anna = portal.account("anna@example.com", "Anna", "Berg", &[]).await;
    let ben = portal.account("ben@example.com", "Ben", "Kranz", &[]).await;
    let (early, first) = book(&portal, anna, &choice(morning())).await;
    let (late, second) = book(&portal, ben, &choice(morning())).await;
    let cut_off = morning() - TimeDelta::hours(24);
    portal.later(cut_off - portal.clock.now());
    changes::cancel(&request_of(&portal, anna).await, &first).await.unwrap();
    changes::cancel(&request_of(&portal, anna).await, &first).await.unwrap();
    assert_eq!(state_of(&portal, early).await, "cancelled");
    portal.later(TimeDelta::microseconds(1));
    let ben = request_of(&portal, ben).await;
    assert_eq!(conflict(changes::cancel(&ben, &second).await), Conflict::TooLate);
    let moved = Choice { replaces: Some(second.clone()), ..choice(morning() + TimeDelta::days(2)) };
    assert_eq!(conflict(holds::hold(&ben, &moved).await), Conflict::TooLate);
    assert_eq!(state_of(&portal, late).await, "booked");
    assert_eq!(portal.mails("anna@example.com").await.iter().filter(|mail| mail.template == "scheduling.cancelled").count(), 1);
}

#[tokio::test]
async fn reminders_follow_the_appointment_as_it_stands() {
    let portal = Portal::with_demo_data().await;
    let anna = portal.account("anna@example.com", "Anna", "Berg", &[]).await;
    let ben = portal.account("ben@example.com", "Ben", "Kranz", &[]).await;
    book(&portal, anna, &choice(morning())).await;
    let (_, reference) = book(&portal, ben, &choice(morning())).await;
    changes::cancel(&request_of(&portal, ben).await, &reference).await.unwrap();
    let reminders = async |to: &str| {
        portal.run_jobs().await;
        portal.mails(to).await.into_iter().filter(|mail| mail.template == "scheduling.reminder").count()
    };
    portal.later(morning() - TimeDelta::days(7) - portal.clock.now() - TimeDelta::seconds(1));
    assert_eq!(reminders("anna@example.com").await, 0);
    portal.later(TimeDelta::seconds(1));
    assert_eq!(reminders("anna@example.com").await, 1);
    portal.later(TimeDelta::days(6));
    assert_eq!(reminders("anna@example.com").await, 2);
    assert_eq!(reminders("ben@example.com").await, 0);
}

#[tokio::test]
async fn reminders_come_as_text_messages_too_where_that_was_chosen_and_once() {
    let portal = Portal::with_demo_data().await;
    let (anna, ben) =
        (portal.account("anna@example.com", "Anna", "Berg", &[]).await, portal.account("ben@example.com", "Ben", "Kranz", &[]).await);
    for (account, phone) in [(anna, "+34600123442"), (ben, "+34600123443")] {
        sqlx::query("UPDATE account SET phone = $2, phone_verified_at = $3 WHERE id = $1")
            .bind(account)
            .bind(phone)
            .bind(portal.clock.now())
            .execute(portal.db())
            .await
            .unwrap();
    }
    let fields = [("mail_reminders", "on"), ("sms_reminders", "on")];
    portal.signed_in(anna).await.post_form("/account/notifications", "/api/accounts/change_notices", &fields).await;
    let (_, reference) = book(&portal, anna, &choice(morning())).await;
    book(&portal, ben, &choice(morning())).await;
    portal.later(morning() - TimeDelta::days(7) - portal.clock.now());
    portal.run_jobs().await;
    // The worker died before it could write down that the job was done: it comes again.
    sqlx::query("UPDATE job SET finished_at = NULL, run_at = $1 WHERE kind = 'scheduling.remind' AND run_at <= $1")
        .bind(portal.clock.now())
        .execute(portal.db())
        .await
        .unwrap();
    portal.run_jobs().await;
    let texts = portal.texts("+34600123442").await;
    assert_eq!(texts.len(), 1, "{texts:?}");
    assert!(texts[0].contains(&format!("/exams/{reference}")), "{texts:?}");
    assert!(portal.texts("+34600123443").await.is_empty(), "nobody gets what they did not ask for");
}

#[tokio::test]
async fn reminders_can_be_switched_off_and_confirmations_cannot() {
    let portal = Portal::with_demo_data().await;
    let anna = portal.account("anna@example.com", "Anna", "Berg", &[]).await;
    let ben = portal.account("ben@example.com", "Ben", "Kranz", &[]).await;
    let mut browser = portal.signed_in(anna).await;
    let answer = browser.post_form("/account/notifications", "/api/accounts/change_notices", &[("mail_results", "on")]).await;
    assert_eq!(answer.location(), "/account/notifications?done=saved");
    let (_, reference) = book(&portal, anna, &choice(morning())).await;
    book(&portal, ben, &choice(morning())).await;
    portal.later(morning() - TimeDelta::days(7) - portal.clock.now());
    portal.run_jobs().await;
    let reminded = async |to: &str| portal.mails(to).await.into_iter().find(|mail| mail.template == "scheduling.reminder");
    assert!(reminded("anna@example.com").await.is_none());
    let reminder = reminded("ben@example.com").await.expect("a reminder");
    assert!(reminder.body_text.contains("/account/notifications"), "it says where it can be switched off");
    changes::cancel(&request_of(&portal, anna).await, &reference).await.unwrap();
    let templates: Vec<_> = portal.mails("anna@example.com").await.into_iter().map(|mail| mail.template).collect();
    assert_eq!(templates, ["scheduling.booked", "scheduling.cancelled"]);
    // Switched on again before the day before, it comes; for a booking that stands.
    let (_, _) = book(&portal, anna, &choice(morning())).await;
    let mut browser = portal.signed_in(anna).await;
    let fields = [("mail_results", "on"), ("mail_reminders", "on")];
    browser.post_form("/account/notifications", "/api/accounts/change_notices", &fields).await;
    portal.later(TimeDelta::days(6));
    portal.run_jobs().await;
    assert!(reminded("anna@example.com").await.is_some());
}

#[tokio::test]
async fn security_37_other_peoples_appointments_do_not_exist() {
    let portal = Portal::with_demo_data().await;
    let anna = portal.account("anna@example.com", "Anna", "Berg", &[]).await;
    let eve = portal.account("eve@example.com", "Eve", "Dropper", &[]).await;
    let (booked, reference) = book(&portal, anna, &choice(morning())).await;
    let hold =
        holds::hold(&request_of(&portal, anna).await, &Choice { exam_code: "SAA-C03".into(), ..choice(morning() + TimeDelta::days(1)) })
            .await
            .unwrap();
    let mut browser = portal.signed_in(eve).await;
    for path in ["", "/reschedule", "/cancel", "/calendar.ics"] {
        let answer = browser.get(&format!("/exams/{reference}{path}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    for id in [booked, hold] {
        assert_eq!(browser.get(&format!("/schedule/details/{id}")).await.status, StatusCode::NOT_FOUND);
        let cx = request_of(&portal, eve).await;
        assert_eq!(holds::complete(&cx, id, &Details::default()).await, Err(AppError::NotFound));
        assert!(matches!(holds::let_go(&cx, id).await, Err(AppError::NotFound)));
        assert_eq!(changes::reschedule(&cx, id).await, Err(AppError::NotFound));
    }
    let cx = request_of(&portal, eve).await;
    assert_eq!(changes::cancel(&cx, &reference).await, Err(AppError::NotFound));
    let stolen = Choice { replaces: Some(reference), ..choice(morning() + TimeDelta::days(3)) };
    assert_eq!(holds::hold(&cx, &stolen).await, Err(AppError::NotFound));
    assert_eq!(portal.browser().get("/exams").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_pages_lead_from_an_exam_to_the_cart_without_scripts() {
    let portal = Portal::with_demo_data().await;
    let anna = portal.account("anna@example.com", "Anna", "Berg", &[]).await;
    let mut browser = portal.signed_in(anna).await;
    let start = browser.get("/schedule/CLF-C02").await;
    assert_eq!(start.status, StatusCode::OK, "{}", start.words());
    assert!(start.words().contains("Your e-mail address is verified"));
    let refused = browser.post_form("/schedule/CLF-C02", "/api/scheduling/start", &[("exam", "CLF-C02"), ("language", "en")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let fields = [("exam", "CLF-C02"), ("language", "en"), ("delivery", "center")];
    let on = browser.post_form("/schedule/CLF-C02", "/api/scheduling/start", &fields).await;
    assert_eq!(on.location(), "/schedule/CLF-C02/centers?language=en");
    let around = browser.get("/schedule/CLF-C02/centers?language=en&place=Munchen&country=DE&radius=25").await;
    assert!(around.words().contains("near München") || around.words().contains("near Munich"), "{}", around.words());
    let far = browser.get("/schedule/CLF-C02/centers?language=en&place=Rostock&country=DE&radius=25").await;
    assert!(far.words().contains("The nearest centre") && far.words().contains("Take it online instead"), "{}", far.words());
    let unknown = browser.get("/schedule/CLF-C02/centers?language=en&place=Xyzzyplugh&country=DE").await;
    assert!(unknown.words().contains("We do not know"));
    let page = format!("/schedule/CLF-C02/times?center={CENTER}&language=en&day=2026-12-02");
    let times = browser.get(&page).await;
    assert_eq!(times.status, StatusCode::OK);
    assert!(times.text().contains("value=\"2026-12-02T08:00:00+00:00\""), "{}", times.words());
    let slot = [("exam", "CLF-C02"), ("language", "en"), ("center", CENTER), ("slot", "2026-12-02T08:00:00+00:00")];
    let held = browser.post_form(&page, "/api/scheduling/hold", &slot).await;
    assert_eq!(held.status, StatusCode::SEE_OTHER, "{}", held.words());
    let details = held.location().to_owned();
    let shown = browser.get(&details).await;
    assert!(shown.words().contains("Seat held for") && shown.words().contains("Tuesday, 1 December 2026, 9:00 AM CET (UTC+1)"));
    let id = shown.hidden("appointment");
    let form = [
        ("appointment", id.as_str()),
        ("given_name", "Anna"),
        ("family_name", "Berg"),
        ("dob-day", "1"),
        ("dob-month", "2"),
        ("dob-year", "1990"),
        ("accept", "on"),
    ];
    assert_eq!(browser.post_form(&details, "/api/scheduling/details", &form).await.location(), "/cart");
    portal.later(TimeDelta::minutes(16));
    let over = browser.get(&details).await;
    assert_eq!(over.status, StatusCode::CONFLICT);
    assert!(over.words().contains("The 15 minutes are over"));
}

#[tokio::test]
async fn the_calendar_file_parses_and_says_the_time_in_utc() {
    let portal = Portal::with_demo_data().await;
    let anna = portal.account("anna@example.com", "Anna", "Berg", &[]).await;
    let (id, reference) = book(&portal, anna, &choice(morning())).await;
    let mut browser = portal.signed_in(anna).await;
    let answer = browser.get(&format!("/exams/{reference}/calendar.ics")).await;
    assert_eq!(answer.headers["content-type"], "text/calendar; charset=utf-8");
    let text = answer.text();
    let calendar: icalendar::Calendar = text.parse().expect("it parses");
    let [icalendar::CalendarComponent::Event(event)] = calendar.components.as_slice() else { panic!("{text}") };
    use icalendar::{Component, DatePerhapsTime};
    assert_eq!(event.get_start(), Some(DatePerhapsTime::from(morning())));
    assert_eq!(event.get_end(), Some(DatePerhapsTime::from(morning() + TimeDelta::minutes(90))));
    assert!(event.get_uid().unwrap().starts_with(&id.to_string()));
    assert!(text.lines().all(|line| line.len() <= 76), "lines are folded");
    assert!(text.contains("VERSION:2.0") && text.contains("PRODID:") && !text.contains("VTIMEZONE"));
    let page = browser.get(&format!("/exams/{reference}")).await;
    assert!(page.words().contains("Changed 0 of 2 times") && page.words().contains("In 9 days"), "{}", page.words());
    assert!(browser.get("/exams").await.words().contains(&reference));
}
