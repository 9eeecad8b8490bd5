//! The revocation of a credential.

use super::{WHY, approve, colleague, count, event, request_page};
use crate::support::fixtures_results::{Spoken as _, World};
use crate::support::portal::{Answer, Browser};
use axum::http::StatusCode;
use certportal::ids::ApprovalId;
use certportal::server::random;
use chrono::TimeDelta;

const REVOKE: &str = "/api/credentials/revoke";

async fn ask(browser: &mut Browser, credential: &str, cause: &str, reason: &str) -> Answer {
    let intent = random::id::<ApprovalId>().to_string();
    let fields = [("credential", credential), ("intent", &intent), ("cause", cause), ("reason", reason)];
    browser.post_form(&format!("/staff/credentials/{credential}/revoke"), REVOKE, &fields).await
}

#[tokio::test]
async fn a_credential_is_revoked_by_two_people_and_its_holder_reads_why_and_what_to_do() {
    let world = World::new().await;
    let ana = world.sitting("Ana").await;
    let id = world.score(&ana, 812).await.unwrap();
    let mut manager = world.staff().await;
    let page = format!("/staff/credentials/{id}");
    let words = manager.get(&page).await.spoken();
    assert!(words.contains("Active") && words.contains("Ana Prueba") && words.contains(&ana.reference), "{words}");

    let form = manager.get(&format!("{page}/revoke")).await;
    let intent = form.hidden("intent");
    assert!(!form.text().contains("score_corrected"), "the program's own cause is not chosen by hand");
    let reason = "You have shared questions of the exam.\nWe have the pages.";
    let fields = [("credential", id.as_str()), ("intent", intent.as_str()), ("cause", "misconduct"), ("reason", reason)];
    let request = request_page(&manager.post_form(&format!("{page}/revoke"), REVOKE, &fields).await);
    assert_eq!(request_page(&manager.post_form(&format!("{page}/revoke"), REVOKE, &fields).await), request, "twice is once");
    let verify = async || world.portal.browser().get(&format!("/verify/{id}")).await.spoken();
    assert!(verify().await.contains("Active"), "nothing has happened yet");
    let words = manager.get(&page).await.spoken();
    assert!(words.contains("Ellis Blueprint asked for its revocation") && !words.contains("Revoke the credential"), "{words}");

    let (_, mut other) = colleague(&world.portal, "exam_manager").await;
    let words = other.get(&request).await.spoken();
    for part in ["Certified Solutions Architect", "Active", "Revoked", "We have the pages.", "rules of the exam"] {
        assert!(words.contains(part), "{part} is missing in {words}");
    }
    assert_eq!(approve(&mut other, &request).await.location(), format!("{request}?done=approved"));
    let verified = verify().await;
    assert!(verified.contains("Revoked") && !verified.contains("We have the pages."), "the world learns that, not why: {verified}");

    let mail = world.portal.mails(&world.email(ana.account).await).await;
    let told = mail.iter().find(|mail| mail.template == "credentials.revoked").expect("a mail to the holder");
    for part in ["We have the pages.", "rules of the exam", "7 December 2026", "support@northlight.example"] {
        assert!(told.body_text.contains(part), "{part} is missing in {}", told.body_text);
    }
    assert_eq!(told.link("/credentials/"), format!("/credentials/{id}"));
    let own = world.portal.signed_in(ana.account).await.get(&format!("/credentials/{id}")).await.spoken();
    for part in ["This credential was revoked", "We have the pages.", "You can appeal until 7 December 2026"] {
        assert!(own.contains(part), "{part} is missing in {own}");
    }
    world.portal.later(TimeDelta::days(15));
    let own = world.portal.signed_in(ana.account).await.get(&format!("/credentials/{id}")).await.spoken();
    assert!(own.contains("The time to appeal was over on 7 December 2026"), "{own}");
    assert_eq!(event(&world.portal, "credentials.revoked").await["cause"], "misconduct");

    // What is revoked is not revoked again.
    let mut manager = world.staff().await;
    assert_eq!(manager.get(&format!("{page}/revoke")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(ask(&mut manager, &id, "other", WHY).await.status, StatusCode::NOT_FOUND, "the page is not there any more");
    let words = manager.get(&page).await.spoken();
    assert!(words.contains("rules of the exam") && words.contains("Approved"), "{words}");
}

#[tokio::test]
async fn a_revocation_for_a_cause_of_its_own_gives_nothing_back() {
    let world = World::new().await;
    let ana = world.sitting("Ana").await;
    world.score(&ana, 812).await.unwrap();
    world.portal.later(TimeDelta::days(2));
    let again = world.sitting_of(ana.account, world.portal.clock.now() - TimeDelta::days(1)).await;
    let newer = world.score(&again, 790).await.unwrap();
    let request = request_page(&ask(&mut world.staff().await, &newer, "misconduct", WHY).await);
    approve(&mut colleague(&world.portal, "exam_manager").await.1, &request).await;
    let states: Vec<String> =
        sqlx::query_scalar("SELECT state FROM credential ORDER BY issued_at").fetch_all(world.portal.db()).await.unwrap();
    assert_eq!(states, ["superseded", "revoked"]);
}

#[tokio::test]
async fn a_mail_about_a_revocation_is_not_switched_off() {
    let world = World::new().await;
    let ana = world.sitting("Ana").await;
    let id = world.score(&ana, 812).await.unwrap();
    sqlx::query("INSERT INTO notice_choice (account_id, kind, channel, wanted, changed_at) VALUES ($1, 'results', 'mail', false, $2)")
        .bind(ana.account)
        .bind(world.portal.clock.now())
        .execute(world.portal.db())
        .await
        .unwrap();
    let request = request_page(&ask(&mut world.staff().await, &id, "identity", WHY).await);
    approve(&mut colleague(&world.portal, "administrator").await.1, &request).await;
    assert_eq!(count(&world.portal, "SELECT count(*) FROM mail_message WHERE template = 'credentials.revoked'").await, 1);
}

#[tokio::test]
async fn security_41_a_credential_that_has_changed_meanwhile_is_not_revoked() {
    let world = World::new().await;
    let ana = world.sitting("Ana").await;
    let id = world.score(&ana, 812).await.unwrap();
    let request = request_page(&ask(&mut world.staff().await, &id, "awarded_in_error", WHY).await);
    // A newer pass takes its place.
    let again = world.sitting_of(ana.account, world.portal.clock.now() - TimeDelta::days(1)).await;
    world.score(&again, 900).await.unwrap();
    let (_, mut admin) = colleague(&world.portal, "administrator").await;
    assert_eq!(approve(&mut admin, &request).await.status, StatusCode::CONFLICT);
    assert_eq!(count(&world.portal, "SELECT count(*) FROM credential WHERE state = 'revoked'").await, 0);
}

#[tokio::test]
async fn a_revocation_needs_a_cause_and_a_reason_and_the_right_role() {
    let world = World::new().await;
    let ana = world.sitting("Ana").await;
    let id = world.score(&ana, 812).await.unwrap();
    let mut manager = world.staff().await;
    let answer = ask(&mut manager, &id, "", "").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer.words().contains("Cause: Fill in this field") && answer.words().contains("Reason: Fill in this field"),
        "{}",
        answer.words()
    );
    for cause in ["score_corrected", "nonsense"] {
        assert_eq!(ask(&mut manager, &id, cause, WHY).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{cause}");
    }
    assert_eq!(ask(&mut manager, &id, "other", &"x".repeat(1001)).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(ask(&mut manager, &id, "other", "card 4242 4242 4242 4242").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    for role in ["support_agent", "finance", "proctor", "auditor"] {
        let (_, mut browser) = colleague(&world.portal, role).await;
        let reads = browser.get(&format!("/staff/credentials/{id}")).await.status;
        assert_eq!(reads, if role == "auditor" { StatusCode::OK } else { StatusCode::FORBIDDEN }, "{role}");
        assert_eq!(ask(&mut browser, &id, "other", WHY).await.status, StatusCode::FORBIDDEN, "{role}");
    }
    assert_eq!(count(&world.portal, "SELECT count(*) FROM approval_request").await, 0);
}

#[tokio::test]
async fn staff_find_credentials_and_every_look_is_in_the_audit_log() {
    let world = World::new().await;
    let ana = world.sitting("Ana").await;
    let id = world.score(&ana, 812).await.unwrap();
    let (_, mut auditor) = colleague(&world.portal, "auditor").await;
    for wanted in [id.to_lowercase(), ana.candidate_id.clone(), "ana pru".replace(' ', "%20")] {
        let page = auditor.get(&format!("/staff/credentials?q={wanted}")).await;
        assert!(page.text().contains(&format!("/staff/credentials/{id}")), "{wanted}: {}", page.words());
    }
    assert!(auditor.get("/staff/credentials?q=%25").await.words().contains("No credential found"), "a wildcard is a character");
    auditor.get(&format!("/staff/credentials/{id}")).await;
    for nothing in ["nonsense".to_owned(), certportal::credentials::CredentialId::from_random([9; 16]).compact()] {
        for page in ["", "/revoke"] {
            let (_, mut admin) = colleague(&world.portal, "administrator").await;
            assert_eq!(admin.get(&format!("/staff/credentials/{nothing}{page}")).await.status, StatusCode::NOT_FOUND, "{nothing}{page}");
        }
    }
    assert_eq!(count(&world.portal, "SELECT count(*) FROM audit_event WHERE action = 'staff.credentials_searched'").await, 4);
    assert_eq!(count(&world.portal, "SELECT count(*) FROM audit_event WHERE action = 'staff.credential_read'").await, 1);
}
