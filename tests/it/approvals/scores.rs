//! The correction of a score.

use super::{APPROVE, WHY, approve, colleague, count, event, request_page};
use crate::support::fixtures_results::{Sitting, Spoken as _, World, file};
use crate::support::portal::{Answer, Browser};
use axum::http::StatusCode;
use certportal::ids::{AccountId, ApprovalId};
use certportal::server::random;
use chrono::TimeDelta;

const CORRECT: &str = "/api/results/correct";

/// The staff's page of a candidate's only result.
pub async fn page_of(world: &World, sitting: &Sitting) -> String {
    format!("/staff{}", world.report_path(sitting.account).await)
}

/// Asks for another total; the domains stay.
pub async fn ask(browser: &mut Browser, page: &str, score: &str) -> Answer {
    let result = page.rsplit('/').next().unwrap();
    let intent = random::id::<ApprovalId>().to_string();
    let fields = [
        ("result", result),
        ("intent", &intent),
        ("scaled_score", score),
        ("domains[0]", "80"),
        ("domains[1]", "60"),
        ("domains[2]", "83"),
        ("domains[3]", "70"),
        ("reason", WHY),
    ];
    browser.post_form(&format!("{page}/correct"), CORRECT, &fields).await
}

#[tokio::test]
async fn a_score_is_corrected_by_two_people_and_the_candidate_reads_the_corrected_report() {
    let world = World::new().await;
    let ben = world.sitting("Ben").await;
    world.score(&ben, 690).await;
    let page = page_of(&world, &ben).await;
    let mut manager = world.staff().await;

    let form = manager.get(&format!("{page}/correct")).await;
    assert_eq!(form.status, StatusCode::OK, "{}", form.spoken());
    assert!(form.text().contains("value=\"690\"") && form.text().contains("value=\"83\""), "the form says what stands");
    let (result, intent) = (form.hidden("result"), form.hidden("intent"));
    let fields = [
        ("result", result.as_str()),
        ("intent", intent.as_str()),
        ("scaled_score", "735"),
        ("domains[0]", "80"),
        ("domains[1]", "72"),
        ("domains[2]", "83"),
        ("domains[3]", "70"),
        ("reason", WHY),
    ];
    let request = request_page(&manager.post_form(&format!("{page}/correct"), CORRECT, &fields).await);
    // The second click finds the first.
    assert_eq!(request_page(&manager.post_form(&format!("{page}/correct"), CORRECT, &fields).await), request);
    assert_eq!(world.count("approval_request").await, 1);
    let asked = manager.get(&request).await.spoken();
    assert!(asked.contains("Waits for somebody else") && asked.contains("690") && asked.contains("735"), "{asked}");
    assert!(manager.get("/staff/approvals").await.spoken().contains("You have asked"));
    let mut candidate = world.portal.signed_in(ben.account).await;
    let report = world.report_path(ben.account).await;
    assert!(candidate.get(&report).await.spoken().contains("690 of 1000"), "nothing is changed yet");

    let (admin_id, mut admin) = colleague(&world.portal, "administrator").await;
    assert!(admin.get("/staff").await.spoken().contains("Requests you can decide on 1"));
    assert!(admin.get("/staff/approvals").await.spoken().contains("For you to decide"));
    let words = admin.get(&request).await.spoken();
    for part in ["Ellis Blueprint", WHY, "Ben Prueba", "becomes a pass", "Not passed", "60 %", "72 %"] {
        assert!(words.contains(part), "{part} is missing in {words}");
    }
    assert_eq!(approve(&mut admin, &request).await.location(), format!("{request}?done=approved"));
    assert_eq!(approve(&mut admin, &request).await.location(), format!("{request}?done=approved"), "the second click changes nothing");

    let (scaled, passed, raw): (i32, bool, Option<i32>) =
        sqlx::query_as("SELECT scaled_score, passed, raw_score FROM exam_result").fetch_one(world.portal.db()).await.unwrap();
    assert_eq!((scaled, passed, raw), (735, true, Some(41)), "the raw score stays");
    let percents: Vec<i32> =
        sqlx::query_scalar("SELECT percent FROM exam_result_domain ORDER BY position").fetch_all(world.portal.db()).await.unwrap();
    assert_eq!(percents, [80, 72, 83, 70]);
    let kept: (i32, i32, bool, bool, Vec<i32>) =
        sqlx::query_as("SELECT scaled_before, scaled_after, passed_before, passed_after, percents_before FROM exam_result_correction")
            .fetch_one(world.portal.db())
            .await
            .unwrap();
    assert_eq!(kept, (690, 735, false, true, vec![80, 60, 83, 70]));
    assert_eq!(world.count("credential").await, 1, "a pass out of a fail awards the certification");

    let words = candidate.get(&report).await.spoken();
    assert!(words.contains("735 of 1000 Pass") && words.contains("Corrected on 23 November 2026"), "{words}");
    let mails = world.portal.mails(&world.email(ben.account).await).await;
    let told = mails.iter().find(|mail| mail.template == "results.corrected").expect("a mail to the candidate");
    assert_eq!(told.subject, "Your result for SAA-C03 was corrected");
    assert_eq!(told.link("/results/"), report);
    let text = format!("{} {}", told.subject, told.body_text).to_lowercase();
    assert!(!text.contains("pass") && !text.contains("fail") && text.contains("7 december 2026"), "{text}");
    let told = world.portal.mails("manager@example.com").await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].subject, "Approved: Correction of a score");
    assert!(told[0].body_text.contains("Kim Colleague") && !told[0].body_text.contains("Ben"), "{}", told[0].body_text);

    let words = world.staff().await.get(&page).await.spoken();
    for part in ["Corrections", "690 Not passed", "735 Pass", "Ellis Blueprint", "Kim Colleague", WHY] {
        assert!(words.contains(part), "{part} is missing in {words}");
    }
    let done = event(&world.portal, "results.corrected").await;
    assert_eq!(done["scaled_score"], serde_json::json!({ "before": 690, "after": 735 }));
    let decided = event(&world.portal, "approvals.approved").await;
    assert_eq!(decided["requested_by"], world.manager.to_string());
    assert_eq!(decided["decided_by"], admin_id.to_string());
}

#[tokio::test]
async fn a_pass_that_becomes_a_fail_revokes_the_credential_and_the_way_back_awards_another() {
    let world = World::new().await;
    let ana = world.sitting("Ana").await;
    let first = world.score(&ana, 812).await.unwrap();
    let page = page_of(&world, &ana).await;
    let (mut manager, (_, mut admin)) = (world.staff().await, colleague(&world.portal, "administrator").await);
    let request = request_page(&ask(&mut manager, &page, "640").await);
    assert!(admin.get(&request).await.spoken().contains("is no pass any more"));
    approve(&mut admin, &request).await;
    let verified = world.portal.browser().get(&format!("/verify/{first}")).await.spoken();
    assert!(verified.contains("Revoked"), "{verified}");
    let mut candidate = world.portal.signed_in(ana.account).await;
    assert!(candidate.get(&world.report_path(ana.account).await).await.spoken().contains("640 of 1000 Not passed"));
    let words = candidate.get(&format!("/credentials/{first}")).await.spoken();
    assert!(words.contains("The score of the exam was corrected") && words.contains("You can appeal until 7 December 2026"), "{words}");
    let templates: Vec<String> = world.portal.mails(&world.email(ana.account).await).await.into_iter().map(|mail| mail.template).collect();
    assert!(templates.contains(&"credentials.revoked".to_owned()) && templates.contains(&"results.corrected".to_owned()), "{templates:?}");

    world.portal.later(TimeDelta::minutes(5));
    let request = request_page(&ask(&mut manager, &page, "800").await);
    approve(&mut admin, &request).await;
    let states: Vec<(String, String)> =
        sqlx::query_as("SELECT public_id, state FROM credential ORDER BY issued_at").fetch_all(world.portal.db()).await.unwrap();
    assert_eq!(states.len(), 2);
    assert_eq!((states[0].0.as_str(), states[0].1.as_str()), (first.as_str(), "revoked"), "what is revoked stays revoked");
    assert_eq!(states[1].1, "active");
    assert_eq!(world.count("exam_result_correction").await, 2);
}

/// Two passes of one candidate, of which the second is corrected to a fail after so many days: the states of both credentials.
async fn second_pass_is_none(days: i64) -> (World, Vec<(String, String)>) {
    let world = World::new().await;
    let ana = world.sitting("Ana").await;
    world.score(&ana, 812).await.unwrap();
    world.portal.later(TimeDelta::days(400));
    let again = world.sitting_of(ana.account, world.portal.clock.now() - TimeDelta::days(1)).await;
    world.score(&again, 790).await.unwrap();
    world.portal.later(TimeDelta::days(days));
    let page = page_of(&world, &ana).await;
    let (mut manager, (_, mut admin)) = (world.staff().await, colleague(&world.portal, "administrator").await);
    let request = request_page(&ask(&mut manager, &page, "640").await);
    let answer = approve(&mut admin, &request).await;
    assert_eq!(answer.location(), format!("{request}?done=approved"), "{}", answer.words());
    let states = sqlx::query_as("SELECT public_id, state FROM credential ORDER BY issued_at").fetch_all(world.portal.db()).await.unwrap();
    (world, states)
}

#[tokio::test]
async fn a_pass_that_was_none_gives_back_the_certification_that_had_given_way_to_it() {
    let (world, states) = second_pass_is_none(1).await;
    let [(first, before), (second, after)] = states.as_slice() else { panic!("{states:?}") };
    assert_eq!((before.as_str(), after.as_str()), ("active", "revoked"), "the first pass stands");
    assert!(world.portal.browser().get(&format!("/verify/{first}")).await.spoken().contains("Active"));
    assert_eq!(event(&world.portal, "credentials.restored").await["instead_of"], second.as_str());
}

#[tokio::test]
async fn what_would_have_expired_by_now_is_not_given_back() {
    let (world, states) = second_pass_is_none(800).await;
    let states: Vec<&str> = states.iter().map(|(_, state)| state.as_str()).collect();
    assert_eq!(states, ["superseded", "revoked"]);
    assert_eq!(count(&world.portal, "SELECT count(*) FROM audit_event WHERE action = 'credentials.restored'").await, 0);
}

#[tokio::test]
async fn a_result_that_waits_for_its_release_is_corrected_without_a_word_to_the_candidate() {
    let world = World::new().await;
    let ana = world.sitting("Ana").await;
    let import = world.import(&file(&[ana.row(700)])).await;
    let page = page_of(&world, &ana).await;
    let (mut manager, (_, mut admin)) = (world.staff().await, colleague(&world.portal, "administrator").await);
    for list in ["/staff/results", &import] {
        assert!(manager.get(list).await.text().contains(&format!("href=\"{page}\"")), "{list} leads to the result");
    }
    let request = request_page(&ask(&mut manager, &page, "760").await);
    approve(&mut admin, &request).await;
    assert!(world.portal.mails(&world.email(ana.account).await).await.is_empty());
    assert_eq!(world.count("credential").await, 0, "nothing is awarded before the release");
    world.release(&import).await;
    assert_eq!(world.count("credential").await, 1);
    let words = world.portal.signed_in(ana.account).await.get(&world.report_path(ana.account).await).await.spoken();
    assert!(words.contains("760 of 1000 Pass") && !words.contains("Corrected on"), "{words}");
}

#[tokio::test]
async fn a_correction_that_cannot_be_read_comes_back_with_every_problem_at_its_field() {
    let world = World::new().await;
    let ana = world.sitting("Ana").await;
    world.score(&ana, 812).await;
    let page = page_of(&world, &ana).await;
    let mut manager = world.staff().await;
    let fields = [
        ("result", page.rsplit('/').next().unwrap()),
        ("intent", &random::id::<ApprovalId>().to_string()),
        ("scaled_score", "1001"),
        ("domains[0]", "80"),
        ("domains[1]", "many"),
        ("domains[2]", ""),
        ("domains[3]", "70"),
        ("reason", ""),
    ];
    let answer = manager.post_form(&format!("{page}/correct"), CORRECT, &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let words = answer.words();
    assert!(words.contains("Scaled score: Enter a whole number in the range 100–1000"), "{words}");
    assert!(words.contains("Design Resilient Architectures (%): Enter a whole number in the range 0–100"), "{words}");
    assert!(words.contains("Design High-Performing Architectures (%): Fill in this field") && words.contains("Reason: Fill in this field"));
    assert!(
        answer.text().contains("href=\"#domains[1]\"") && answer.text().contains("id=\"domains[1]\""),
        "the summary leads to the field"
    );
    assert!(answer.text().contains("value=\"many\"") && answer.text().contains("value=\"1001\""), "what was typed is still there");
    assert_eq!(answer.hidden("intent"), fields[1].1, "and so is the intent");

    let answer = ask(&mut manager, &page, "812").await;
    assert!(answer.words().contains("Nothing differs from what stands there already"), "{}", answer.words());
    request_page(&ask(&mut manager, &page, "900").await);
    let answer = ask(&mut manager, &page, "901").await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.words().contains("Somebody has asked for the same already"), "{}", answer.words());
    assert_eq!(count(&world.portal, "SELECT count(*) FROM approval_request").await, 1);
    // Who comes later is told instead of offered the form.
    assert!(!manager.get(&format!("{page}/correct")).await.text().contains("name=\"scaled_score\""));
}

#[tokio::test]
async fn staff_find_results_by_reference_and_candidate_and_every_look_is_in_the_audit_log() {
    let world = World::new().await;
    let (ana, ben) = (world.sitting("Ana").await, world.sitting("Ben").await);
    world.score(&ana, 812).await;
    world.import(&file(&[ben.row(690)])).await;
    let (_, mut auditor) = colleague(&world.portal, "auditor").await;
    for (wanted, name) in [(ana.reference.to_lowercase(), "Ana Prueba"), (ben.candidate_id.to_lowercase(), "Ben Prueba")] {
        let words = auditor.get(&format!("/staff/results?q={wanted}")).await.spoken();
        assert!(words.contains("Results found") && words.contains(name), "{wanted}: {words}");
    }
    assert!(auditor.get("/staff/results?q=nothing").await.words().contains("No result found"));
    let page = page_of(&world, &ana).await;
    let words = auditor.get(&page).await.spoken();
    assert!(words.contains("812 of 1000") && words.contains("80% right") && words.contains("Raw score 41"), "{words}");
    assert!(!words.contains("Correct the score"), "the auditor changes nothing");
    assert_eq!(auditor.get(&format!("{page}/correct")).await.status, StatusCode::FORBIDDEN);
    assert_eq!(ask(&mut auditor, &page, "900").await.status, StatusCode::FORBIDDEN);
    for nothing in ["/staff/results/nonsense", "/staff/results/6f9619ff-8b86-4d01-b42d-00c04fc964ff"] {
        assert_eq!(auditor.get(nothing).await.status, StatusCode::NOT_FOUND, "{nothing}");
    }
    assert_eq!(count(&world.portal, "SELECT count(*) FROM audit_event WHERE action = 'staff.results_searched'").await, 3);
    assert_eq!(count(&world.portal, "SELECT count(*) FROM audit_event WHERE action = 'staff.result_read'").await, 1);
}

#[tokio::test]
async fn security_38_what_is_not_the_forms_to_say_is_ignored() {
    let world = World::new().await;
    let ben = world.sitting("Ben").await;
    world.score(&ben, 690).await;
    let page = page_of(&world, &ben).await;
    let mut manager = world.staff().await;
    let intent = random::id::<ApprovalId>().to_string();
    let fields = [
        ("result", page.rsplit('/').next().unwrap()),
        ("intent", intent.as_str()),
        ("scaled_score", "700"),
        ("domains[0]", "80"),
        ("domains[1]", "60"),
        ("domains[2]", "83"),
        ("domains[3]", "70"),
        ("reason", WHY),
        ("passed", "true"),
        ("state", "approved"),
        ("decided_by", "00000000-0000-0000-0000-000000000001"),
        ("requested_by", "00000000-0000-0000-0000-000000000001"),
        ("account_id", "00000000-0000-0000-0000-000000000001"),
        ("expires_at", "2099-01-01T00:00:00Z"),
    ];
    request_page(&manager.post_form(&format!("{page}/correct"), CORRECT, &fields).await);
    let (state, by, passed, days): (String, AccountId, bool, i32) = sqlx::query_as(
        "SELECT state, requested_by, (payload->'passed'->>'after')::bool, extract(day FROM expires_at - requested_at)::int
         FROM approval_request WHERE decided_by IS NULL",
    )
    .fetch_one(world.portal.db())
    .await
    .unwrap();
    assert_eq!((state.as_str(), by, passed, days), ("pending", world.manager, false, 14));
    let (_, mut admin) = colleague(&world.portal, "administrator").await;
    // What is approved is what was asked for, whatever the approver's form says.
    let more = [("request", intent.as_str()), ("scaled_score", "1000"), ("payload", "{}")];
    admin.post_form(&format!("/staff/approvals/{intent}"), APPROVE, &more).await;
    assert_eq!(count(&world.portal, "SELECT count(*) FROM exam_result WHERE scaled_score = 700 AND NOT passed").await, 1);
}
