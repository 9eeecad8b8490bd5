//! What holds for every act that takes two people.

use super::scores::{ask, page_of};
use super::{APPROVE, REFUSE, WITHDRAW, approve, colleague, count, event, id_of, refuse, request_page, state_of, withdraw};
use crate::support::fixtures_results::{Spoken as _, World};
use axum::http::StatusCode;
use certportal::ids::{AccountId, ApprovalId, NoteId, ResultId};
use certportal::server::random;
use chrono::TimeDelta;
use futures_util::future::join_all;
use std::sync::Arc;
use tokio::sync::Barrier;

/// A released 690, and an open request to make it 735.
async fn asked(world: &World) -> (String, String) {
    let ben = world.sitting("Ben").await;
    world.score(&ben, 690).await;
    let page = page_of(world, &ben).await;
    let request = request_page(&ask(&mut world.staff().await, &page, "735").await);
    (page, request)
}

async fn score(world: &World) -> i32 {
    sqlx::query_scalar("SELECT scaled_score FROM exam_result").fetch_one(world.portal.db()).await.unwrap()
}

#[tokio::test]
async fn security_41_nobody_approves_their_own_request_not_even_in_the_database() {
    let world = World::new().await;
    let (_, request) = asked(&world).await;
    let mut manager = world.staff().await;
    let page = manager.get(&request).await;
    assert!(!page.text().contains(APPROVE) && !page.text().contains(REFUSE), "it is not offered");
    for answer in [approve(&mut manager, &request).await, refuse(&mut manager, &request, "No").await] {
        assert_eq!(answer.status, StatusCode::CONFLICT);
        assert!(answer.words().contains("You have asked for this yourself"), "{}", answer.words());
    }
    // A second role changes nothing about who asked.
    sqlx::query("INSERT INTO account_role (account_id, role, granted_at) VALUES ($1, 'administrator', $2)")
        .bind(world.manager)
        .bind(world.portal.clock.now())
        .execute(world.portal.db())
        .await
        .unwrap();
    assert_eq!(approve(&mut world.staff().await, &request).await.status, StatusCode::CONFLICT);
    assert_eq!((score(&world).await, state_of(&world.portal, &request).await.as_str()), (690, "pending"));
    assert_eq!(
        count(&world.portal, "SELECT count(*) FROM audit_event WHERE action = 'approvals.approved' AND outcome = 'refused'").await,
        2
    );

    // The row itself refuses it, whoever writes.
    let owner = world.portal.owner().await;
    let forced = [
        (
            "UPDATE approval_request SET state = 'approved', decided_by = requested_by, ended_at = requested_at",
            "approval_request_two_people",
        ),
        (
            "UPDATE approval_request SET state = 'approved', decided_by = account_id, ended_at = requested_at",
            "approval_request_not_oneself",
        ),
        ("UPDATE approval_request SET state = 'approved', ended_at = requested_at", "approval_request_decided"),
        ("UPDATE approval_request SET payload = jsonb_set(payload, '{scaled,after}', '1000')", "is not changed"),
        ("UPDATE approval_request SET requested_by = account_id", "does not change while it is open"),
    ];
    for (statement, told) in forced {
        let error = sqlx::query(statement).execute(&owner).await.unwrap_err().to_string();
        assert!(error.contains(told), "{statement}: {error}");
    }
    let (_, mut admin) = colleague(&world.portal, "administrator").await;
    approve(&mut admin, &request).await;
    let error = sqlx::query("UPDATE approval_request SET state = 'pending', decided_by = NULL, ended_at = NULL").execute(&owner).await;
    assert!(error.unwrap_err().to_string().contains("stays as it is"));
}

#[tokio::test]
async fn security_41_only_somebody_with_the_right_to_the_act_itself_decides_and_never_about_themselves() {
    let world = World::new().await;
    let (page, request) = asked(&world).await;
    for role in ["support_agent", "ce_reviewer", "site_manager", "proctor", "finance", "auditor"] {
        let (_, mut browser) = colleague(&world.portal, role).await;
        for answer in [approve(&mut browser, &request).await, refuse(&mut browser, &request, "No").await] {
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{role}");
        }
        let seen = browser.get(&request).await;
        let wanted = if role == "auditor" { StatusCode::OK } else { StatusCode::FORBIDDEN };
        assert_eq!(seen.status, wanted, "{role}: finance decides on refunds, and reads of nothing else");
        if role == "auditor" {
            assert!(seen.words().contains("Your role reads") && !seen.text().contains(APPROVE), "{}", seen.words());
        }
        if role == "finance" {
            assert!(!browser.get("/staff/approvals").await.text().contains(&request), "not in the list either");
            assert!(browser.get("/staff").await.spoken().contains("Requests you can decide on 0"));
        }
    }
    let candidate = world.portal.account("eve@example.com", "Eve", "Other", &[]).await;
    let mut candidate = world.portal.signed_in(candidate).await;
    assert_eq!(approve(&mut candidate, &request).await.status, StatusCode::FORBIDDEN);
    assert!(approve(&mut world.portal.browser(), &request).await.location().starts_with("/login?next="));
    assert_eq!((score(&world).await, state_of(&world.portal, &request).await.as_str()), (690, "pending"));

    // The candidate has joined the staff meanwhile: neither asks nor approves for themselves.
    let ben: AccountId = sqlx::query_scalar("SELECT account_id FROM exam_result").fetch_one(world.portal.db()).await.unwrap();
    sqlx::query("INSERT INTO account_role (account_id, role, granted_at) VALUES ($1, 'exam_manager', $2)")
        .bind(ben)
        .bind(world.portal.clock.now())
        .execute(world.portal.db())
        .await
        .unwrap();
    let secret = certportal::accounts::factors::seal_totp(&world.portal.state.key, ben, &crate::support::portal::STAFF_SECRET);
    sqlx::query("UPDATE account SET totp_secret = $2 WHERE id = $1").bind(ben).bind(secret).execute(world.portal.db()).await.unwrap();
    let mut ben = world.portal.signed_in(ben).await;
    let answer = approve(&mut ben, &request).await;
    assert!(answer.status == StatusCode::CONFLICT && answer.words().contains("your own account"), "{}", answer.words());
    withdraw(&mut world.staff().await, &request).await;
    let answer = ask(&mut ben, &page, "1000").await;
    assert!(answer.status == StatusCode::CONFLICT && answer.words().contains("your own account"), "{}", answer.words());
    assert_eq!(score(&world).await, 690);
}

#[tokio::test]
async fn security_41_many_who_approve_at_once_do_it_once() {
    let world = World::new().await;
    let (_, request) = asked(&world).await;
    let mut browsers = vec![];
    for _ in 0..6 {
        browsers.push(colleague(&world.portal, "administrator").await.1);
    }
    let answers = join_all(browsers.iter_mut().map(|browser| approve(browser, &request))).await;
    let done = answers.iter().filter(|answer| answer.status == StatusCode::SEE_OTHER).count();
    let late = answers.iter().filter(|answer| answer.status == StatusCode::CONFLICT).count();
    assert_eq!((done, late), (1, 5));
    assert_eq!(world.count("exam_result_correction").await, 1);
    assert_eq!(count(&world.portal, "SELECT count(*) FROM audit_event WHERE action = 'results.corrected'").await, 1);
    assert_eq!(count(&world.portal, "SELECT count(*) FROM mail_message WHERE template = 'results.corrected'").await, 1);

    // The control: the same steps without the row's lock, from the same start. Each of two approvers finds the request open, and each
    // does what it asks for.
    let (world, barrier) = (World::new().await, Arc::new(Barrier::new(2)));
    let (_, request) = asked(&world).await;
    sqlx::query("CREATE TABLE effect (by int)").execute(&world.portal.owner().await).await.unwrap();
    certportal::server::database::grant(&world.portal.owner().await, "certportal_app").await.unwrap();
    let unlocked = async |number: i32| {
        let mut tx = world.portal.db().begin().await.unwrap();
        let open: bool = sqlx::query_scalar("SELECT state = 'pending' FROM approval_request WHERE id = $1::uuid")
            .bind(id_of(&request))
            .fetch_one(&mut *tx)
            .await
            .unwrap();
        barrier.wait().await;
        if open {
            sqlx::query("INSERT INTO effect VALUES ($1)").bind(number).execute(&mut *tx).await.unwrap();
        }
        tx.commit().await.unwrap();
    };
    tokio::join!(unlocked(1), unlocked(2));
    assert_eq!(count(&world.portal, "SELECT count(*) FROM effect").await, 2, "without the lock it happens twice");
}

#[tokio::test]
async fn security_41_what_has_changed_since_it_was_asked_for_is_not_approved() {
    let world = World::new().await;
    let (_, request) = asked(&world).await;
    let (_, mut admin) = colleague(&world.portal, "administrator").await;
    let changes = [
        "UPDATE exam_result SET scaled_score = 691",
        "UPDATE exam_result SET scaled_score = 690",
        "UPDATE exam_result_domain SET percent = percent + 1 WHERE position = 2",
        "UPDATE exam_result_domain SET percent = percent - 1 WHERE position = 2",
        "UPDATE exam SET pass_mark = 740",
    ];
    for (nth, change) in changes.into_iter().enumerate() {
        sqlx::query(change).execute(world.portal.db()).await.unwrap();
        let stale = nth % 2 == 0;
        let page = admin.get(&request).await;
        assert_eq!(page.words().contains("Something has changed since this was asked for"), stale, "{change}");
        assert_eq!(!page.text().contains(APPROVE), stale, "{change}");
        if stale {
            let answer = approve(&mut admin, &request).await;
            assert_eq!(answer.status, StatusCode::CONFLICT, "{change}");
            assert!(answer.words().contains("Nothing was done"), "{}", answer.words());
        }
    }
    assert_eq!((world.count("exam_result_correction").await, state_of(&world.portal, &request).await.as_str()), (0, "pending"));
    assert_eq!(refuse(&mut admin, &request, "The scale is another one.").await.location(), format!("{request}?done=refused"));
}

#[tokio::test]
async fn security_41_what_was_taken_back_refused_or_has_lapsed_is_not_approved() {
    let world = World::new().await;
    let (page, request) = asked(&world).await;
    let (_, mut admin) = colleague(&world.portal, "administrator").await;
    let mut manager = world.staff().await;
    assert_eq!(withdraw(&mut admin, &request).await.status, StatusCode::NOT_FOUND, "somebody else's");
    for _ in 0..2 {
        assert_eq!(withdraw(&mut manager, &request).await.location(), format!("{request}?done=withdrawn"));
    }
    let answer = approve(&mut admin, &request).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.words().contains("was decided, taken back, or has lapsed"), "{}", answer.words());

    let second = request_page(&ask(&mut manager, &page, "736").await);
    let answer = refuse(&mut admin, &second, " ").await;
    assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.words().contains("Why it is refused: Fill in this field"));
    for _ in 0..2 {
        assert_eq!(refuse(&mut admin, &second, "The partner has not confirmed it.").await.location(), format!("{second}?done=refused"));
    }
    assert_eq!(approve(&mut admin, &second).await.status, StatusCode::CONFLICT);
    let told = world.portal.mails("manager@example.com").await;
    let refused = told.iter().find(|mail| mail.subject == "Refused: Correction of a score").expect("a mail");
    assert!(refused.body_text.contains("The partner has not confirmed it.") && told.len() == 1, "who takes back needs no mail");
    let note: NoteId = event(&world.portal, "approvals.refused").await["note_id"].as_str().unwrap().parse().unwrap();
    let note: String =
        sqlx::query_scalar("SELECT note FROM staff_note WHERE id = $1").bind(note).fetch_one(world.portal.db()).await.unwrap();
    assert_eq!(note, "The partner has not confirmed it.");

    // Fourteen days by the clock, whether or not the worker has come by.
    let third = request_page(&ask(&mut manager, &page, "737").await);
    world.portal.later(TimeDelta::days(14));
    let (_, mut admin) = colleague(&world.portal, "administrator").await;
    assert!(admin.get(&third).await.spoken().contains("State Lapsed"));
    assert_eq!(approve(&mut admin, &third).await.status, StatusCode::CONFLICT);
    assert!(admin.get("/staff").await.spoken().contains("Requests you can decide on 0"));
    world.portal.run_jobs().await;
    assert_eq!(state_of(&world.portal, &third).await, "lapsed");
    let told = world.portal.mails("manager@example.com").await;
    assert!(told.iter().any(|mail| mail.subject == "Lapsed: Correction of a score"));

    // A new one may be asked for while the worker has not come by yet.
    let fourth = request_page(&ask(&mut world.staff().await, &page, "738").await);
    world.portal.later(TimeDelta::days(15));
    let fifth = request_page(&ask(&mut world.staff().await, &page, "739").await);
    assert_eq!((state_of(&world.portal, &fourth).await, state_of(&world.portal, &fifth).await), ("lapsed".into(), "pending".into()));
    assert_eq!(score(&world).await, 690);
}

#[tokio::test]
async fn security_35_asking_for_an_act_and_deciding_on_it_need_a_fresh_proof() {
    let world = World::new().await;
    let (page, request) = asked(&world).await;
    let credential = world.score(&world.sitting("Ana").await, 812).await.unwrap();
    let (_, mut admin) = colleague(&world.portal, "administrator").await;
    let mut manager = world.staff().await;
    let (id, intent) = (id_of(&request).to_owned(), random::id::<ApprovalId>().to_string());
    world.portal.later(TimeDelta::minutes(11));
    let result = page.rsplit('/').next().unwrap();
    let cases = [
        (format!("{page}/correct"), "/api/results/correct", vec![("result", result), ("intent", &intent)]),
        (
            format!("/staff/credentials/{credential}/revoke"),
            "/api/credentials/revoke",
            vec![("credential", &credential), ("intent", &intent)],
        ),
        ("/staff/orders".to_owned(), "/api/checkout/refund", vec![("order", "CP-2026-000001"), ("intent", &intent)]),
        (request.clone(), APPROVE, vec![("request", &id)]),
        (request.clone(), REFUSE, vec![("request", &id), ("refusal", "No")]),
    ];
    for (page, function, fields) in &cases {
        let answer = admin.post_form(page, function, fields).await;
        assert!(answer.location().starts_with("/account/confirm?next="), "{function}: {} {}", answer.status, answer.location());
        assert_eq!(admin.call(function, fields).await.status, StatusCode::FORBIDDEN, "{function}");
    }
    for form in [format!("{page}/correct"), format!("/staff/credentials/{credential}/revoke")] {
        assert!(admin.get(&form).await.location().starts_with("/account/confirm?next="), "asked before anything is typed: {form}");
    }
    let words = admin.get(&request).await;
    assert!(words.words().contains("To decide, first confirm that it is you") && !words.text().contains(APPROVE));
    assert_eq!((score(&world).await, state_of(&world.portal, &request).await.as_str()), (690, "pending"));
    // Taking back gives nothing away.
    assert_eq!(manager.post_form(&request, WITHDRAW, &[("request", &id)]).await.location(), format!("{request}?done=withdrawn"));
}

#[tokio::test]
async fn security_37_requests_that_do_not_exist_are_404() {
    let world = World::new().await;
    let (_, mut admin) = colleague(&world.portal, "administrator").await;
    for nothing in ["nonsense", "6f9619ff-8b86-4d01-b42d-00c04fc964ff"] {
        assert_eq!(admin.get(&format!("/staff/approvals/{nothing}")).await.status, StatusCode::NOT_FOUND, "{nothing}");
        for function in [APPROVE, REFUSE, WITHDRAW] {
            let answer = admin.call(function, &[("request", nothing), ("refusal", "No")]).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{function} {nothing}");
        }
    }
}

#[tokio::test]
async fn security_76_who_asked_and_who_decided_stand_in_the_audit_log() {
    let world = World::new().await;
    let (_, request) = asked(&world).await;
    let (admin_id, mut admin) = colleague(&world.portal, "administrator").await;
    approve(&mut admin, &request).await;
    let events: Vec<(String, Option<AccountId>, String, String)> = sqlx::query_as(
        "SELECT action, actor_id, subject, coalesce(detail->>'requested_by', '') FROM audit_event
         WHERE action IN ('approvals.asked', 'approvals.approved', 'results.corrected') ORDER BY id",
    )
    .fetch_all(world.portal.db())
    .await
    .unwrap();
    let (id, manager) = (id_of(&request).to_owned(), world.manager.to_string());
    let result: ResultId = sqlx::query_scalar("SELECT id FROM exam_result").fetch_one(world.portal.db()).await.unwrap();
    assert_eq!(
        events,
        [
            ("approvals.asked".into(), Some(world.manager), id.clone(), String::new()),
            ("results.corrected".into(), Some(admin_id), result.to_string(), manager.clone()),
            ("approvals.approved".into(), Some(admin_id), id, manager),
        ]
    );
    let detail = event(&world.portal, "approvals.asked").await;
    assert!(detail["note_id"].is_string() && detail["act"]["scaled"]["after"] == 735, "why, before and after: {detail}");
    let names: i64 =
        count(&world.portal, "SELECT count(*) FROM audit_event WHERE detail::text LIKE '%Prueba%' OR detail::text LIKE '%Colleague%'")
            .await;
    assert_eq!(names, 0, "ids, no names");
}
