//! From a delivery partner's file to the candidate's score report.

use crate::support::fixtures_results::{EXAM, HEADER, Spoken as _, World, file};
use axum::http::StatusCode;
use certportal::ids::{CredentialKey, ResultId};
use chrono::TimeDelta;
use uuid::Uuid;

#[tokio::test]
async fn a_file_is_previewed_applied_and_released_and_the_candidate_reads_the_report() {
    let world = World::new().await;
    let (ana, ben) = (world.sitting("Ana").await, world.sitting("Ben").await);
    let csv = format!("\u{feff}{}", file(&[ana.row(812), ben.row(690)]).replace('\n', "\r\n"));
    let page = world.upload(&csv).await.location().to_owned();
    let preview = world.staff().await.get(&page).await;
    assert_eq!(preview.status, StatusCode::OK, "{}", preview.spoken());
    assert!(preview.spoken().contains("Passed 1") && preview.spoken().contains("Not passed 1"), "{}", preview.spoken());
    assert_eq!(world.count("exam_result").await, 0, "a preview changes nothing");

    let mut browser = world.portal.signed_in(ana.account).await;
    let waiting = browser.get("/results").await.spoken();
    // Taken on Friday 20 November: five business days later is the next Friday.
    assert!(waiting.contains("Official result by") && waiting.contains("27 November 2026"), "{waiting}");

    assert_eq!(world.apply(&page).await.location(), format!("{page}?done=applied"));
    assert_eq!(world.apply(&page).await.status, StatusCode::SEE_OTHER, "twice is once");
    assert_eq!(world.count("exam_result").await, 2);
    let report = world.report_path(ana.account).await;
    assert_eq!(browser.get(&report).await.status, StatusCode::NOT_FOUND, "not before the release");
    assert!(!browser.get("/results").await.tells("812"));
    let list = world.staff().await.get("/staff/results").await.spoken();
    assert!(list.contains("Ana Prueba") && list.contains("2 results wait for their release"), "{list}");

    assert_eq!(world.release(&page).await.location(), format!("{page}?done=released"));
    assert_eq!(world.release(&page).await.status, StatusCode::SEE_OTHER);
    assert_eq!(world.count("credential").await, 1, "only a pass awards, and once");
    let states: Vec<String> = sqlx::query_scalar("SELECT DISTINCT state FROM appointment").fetch_all(world.portal.db()).await.unwrap();
    assert_eq!(states, ["scored"]);

    world.portal.run_jobs().await;
    for sitting in [&ana, &ben] {
        let mails = world.portal.mails(&world.email(sitting.account).await).await;
        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0].subject, "Your result for SAA-C03 is here");
        let told = format!("{} {}", mails[0].subject, mails[0].body_text).to_lowercase();
        assert!(!told.contains("pass") && !told.contains("fail") && !told.contains("congratulations"), "{told}");
        assert_eq!(mails[0].link("/results/"), world.report_path(sitting.account).await);
    }

    let passed = browser.get(&report).await;
    assert_eq!(passed.status, StatusCode::OK);
    let words = passed.spoken();
    assert!(words.contains("812 of 1000 Pass") && words.contains("Congratulations"), "{words}");
    assert!(words.contains("Meets competencies") && words.contains("Needs improvement"));
    assert!(!passed.text().contains("83%") && passed.text().contains("85%"), "a domain's number is nobody's business");
    let mut ben_browser = world.portal.signed_in(ben.account).await;
    let failed = ben_browser.get(&world.report_path(ben.account).await).await.spoken();
    assert!(failed.contains("690 of 1000 Not passed") && failed.contains("You were 30 points short of the pass mark"), "{failed}");
    assert!(failed.contains("You can book this exam again from Friday, 4 December 2026"), "{failed}");
    world.portal.later(TimeDelta::days(14));
    let mut ben_browser = world.portal.signed_in(ben.account).await;
    assert!(ben_browser.get(&world.report_path(ben.account).await).await.spoken().contains("again now"));
}

#[tokio::test]
async fn a_failed_report_promises_a_booking_from_the_moment_on_at_which_one_is_allowed() {
    let world = World::new().await;
    let ben = world.sitting("Ben").await;
    world.score(&ben, 690).await;
    let report = world.report_path(ben.account).await;
    let read = async || world.portal.signed_in(ben.account).await.get(&report).await;
    let may_book = async || {
        let page = world.portal.signed_in(ben.account).await.get(&format!("/schedule/{EXAM}")).await.spoken();
        !page.contains("The wait after your last attempt is not over")
    };
    let end = ben.starts_at + TimeDelta::minutes(125) + TimeDelta::days(14);
    // The day of the booking has begun, its moment has not.
    world.portal.later(end - world.portal.clock.now() - TimeDelta::seconds(1));
    let words = read().await.spoken();
    let zone = chrono_tz::Europe::Berlin;
    let told = certportal::server::format::date_time(certportal::server::Locale::en, end, zone);
    assert!(words.contains(&format!("again from {told}.")) && !words.contains("Book the exam again"), "{told}: {words}");
    assert!(!may_book().await);
    world.portal.later(TimeDelta::seconds(1));
    let words = read().await.spoken();
    assert!(words.contains("You can book this exam again now.") && words.contains("Book the exam again"), "{words}");
    assert!(may_book().await);

    // The policies in force count, whatever the failed exam was bought under.
    let longer = serde_json::json!({ "retake_wait_days": 30 });
    sqlx::query("INSERT INTO policy_version (version, starts_at, rules, created_at) VALUES (99, $1, $2, $1)")
        .bind(world.portal.clock.now())
        .bind(longer)
        .execute(world.portal.db())
        .await
        .unwrap();
    assert!(read().await.spoken().contains("again from Sunday, 20 December 2026"), "{}", read().await.spoken());
    assert!(!may_book().await);
    // An exam is over after its last day, though nobody has called it retired yet.
    sqlx::query("UPDATE exam SET last_day = $1").bind(end.date_naive().pred_opt()).execute(world.portal.db()).await.unwrap();
    assert!(read().await.spoken().contains("can no longer be booked"), "{}", read().await.spoken());
}

#[tokio::test]
async fn the_result_of_a_beta_is_promised_by_no_day_and_never_late() {
    let world = World::new().await;
    sqlx::query("UPDATE exam SET status = 'beta'").execute(world.portal.db()).await.unwrap();
    let ana = world.sitting("Ana").await;
    world.portal.later(TimeDelta::days(40));
    let words = world.portal.signed_in(ana.account).await.get("/results").await.spoken();
    assert!(words.contains("its official result comes after the beta has ended") && words.contains("after the beta"), "{words}");
    assert!(!words.contains("is late") && !words.contains("Official result by"), "{words}");
    world.import(&file(&[ana.row(812)])).await;
    let words = world.staff().await.get("/staff/results").await.spoken();
    assert!(words.contains("After the beta") && !words.contains("Late"), "{words}");
    sqlx::query("UPDATE exam SET status = 'active'").execute(world.portal.db()).await.unwrap();
    assert!(world.staff().await.get("/staff/results").await.spoken().contains("Late"), "any other exam's would be");
}

#[tokio::test]
async fn a_release_that_breaks_off_says_what_is_released_and_is_completed_by_pressing_again() {
    let world = World::new().await;
    let mut rows = vec![];
    for number in 0..205 {
        rows.push(world.sitting(&format!("Ana{number}")).await.row(812));
    }
    let page = world.import(&file(&rows)).await;
    // The last of all breaks.
    let last: ResultId =
        sqlx::query_scalar("SELECT id FROM exam_result ORDER BY id DESC LIMIT 1").fetch_one(world.portal.db()).await.unwrap();
    let owner = world.portal.owner().await;
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
        "CREATE FUNCTION break_off() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'the power is out'; END$$;
         CREATE TRIGGER break_off BEFORE UPDATE ON exam_result FOR EACH ROW WHEN (NEW.id = '{last}') EXECUTE FUNCTION break_off()"
    )))
    .execute(&owner)
    .await
    .unwrap();
    assert!(world.release(&page).await.status.is_server_error());
    let words = world.staff().await.get(&page).await.spoken();
    assert!(words.contains("Partly released") && words.contains("Released 200") && words.contains("Waiting 5"), "{words}");
    assert!(words.contains("Release 5 results"), "{words}");
    assert_eq!((world.count("credential").await, world.count("mail_message").await), (200, 200));

    sqlx::raw_sql("DROP TRIGGER break_off ON exam_result").execute(&owner).await.unwrap();
    let (a, b) = tokio::join!(world.release(&page), world.release(&page));
    assert_eq!((a.status, b.status), (StatusCode::SEE_OTHER, StatusCode::SEE_OTHER), "{} {}", a.spoken(), b.spoken());
    assert_eq!((world.count("credential").await, world.count("mail_message").await), (205, 205));
    assert!(world.staff().await.get(&page).await.spoken().contains("All results of this file are released"));
    let ended: bool = sqlx::query_scalar("SELECT released_at IS NOT NULL FROM result_import").fetch_one(world.portal.db()).await.unwrap();
    assert!(ended);
}

#[tokio::test]
async fn a_long_file_is_shown_in_pages_and_its_first_errors_with_their_number() {
    let world = World::new().await;
    // Four wrong cells a row.
    let rows: Vec<String> = (0..250).map(|number| format!("NOSUCH{number},CP00000000,NOPE,yesterday,41,700,80,60,83,70")).collect();
    let page = world.upload(&file(&rows)).await.location().to_owned();
    let mut staff = world.staff().await;
    let first = staff.get(&page).await;
    let words = first.spoken();
    assert!(words.contains("1000 errors") && words.contains("The first 200 of 1000 errors are shown"), "{words}");
    assert!(words.contains("Rows 1 to 100 of 250") && words.contains("Rows with errors 250"), "{words}");
    let text = first.text();
    assert!(text.contains("id=\"row-2\"") && text.contains("id=\"row-101\"") && !text.contains("id=\"row-102\""));
    assert_eq!(text.matches("#row-").count(), 200);
    assert!(text.contains("href=\"?page=1#row-2\"") && text.contains("href=\"?page=2#rows\""));
    let last = staff.get(&format!("{page}?page=3")).await;
    assert!(last.spoken().contains("Rows 201 to 250 of 250") && last.text().contains("id=\"row-251\""), "{}", last.spoken());
    assert!(staff.get(&format!("{page}?page=99")).await.spoken().contains("Rows 201 to 250 of 250"));
    assert_eq!(staff.get(&format!("{page}/errors.csv")).await.text().lines().count(), 1001, "the file has them all");
}

#[tokio::test]
async fn security_37_a_report_of_somebody_else_is_a_404() {
    let world = World::new().await;
    let (ana, ben) = (world.sitting("Ana").await, world.sitting("Ben").await);
    world.score(&ana, 812).await;
    let report = world.report_path(ana.account).await;
    let mut browser = world.portal.signed_in(ben.account).await;
    let theirs = browser.get(&report).await;
    assert_eq!(theirs.status, StatusCode::NOT_FOUND);
    assert!(!theirs.tells("812"));
    assert_eq!(browser.get(&format!("/results/{}", Uuid::nil())).await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.get("/results/x").await.status, StatusCode::NOT_FOUND);
    assert!(world.portal.browser().get(&report).await.location().starts_with("/login?next="));
}

#[tokio::test]
async fn security_36_only_exam_managers_change_and_only_auditors_read_beside_them() {
    let world = World::new().await;
    let ana = world.sitting("Ana").await;
    let page = world.upload(&file(&[ana.row(812)])).await.location().to_owned();
    let import = page.rsplit('/').next().unwrap().to_owned();
    let reads = ["/staff/results", &page, "/staff/results/example.csv", &format!("{page}/errors.csv")];
    let roles = ["support_agent", "ce_reviewer", "site_manager", "proctor", "finance", "auditor", ""];
    for role in roles {
        let some: &[&str] = if role.is_empty() { &[] } else { &[role] };
        let account = world.portal.account(&format!("{role}x@example.com"), "Some", "Body", some).await;
        let mut browser = world.portal.signed_in(account).await;
        for path in reads {
            let wanted = if role == "auditor" { StatusCode::OK } else { StatusCode::FORBIDDEN };
            assert_eq!(browser.get(path).await.status, wanted, "{role} reads {path}");
        }
        assert_eq!(browser.get("/staff/results/import").await.status, StatusCode::FORBIDDEN, "{role}");
        assert_eq!(browser.get("/staff").await.status, if role.is_empty() { StatusCode::FORBIDDEN } else { StatusCode::OK }, "{role}");
        let csv = file(&[ana.row(700)]);
        assert_eq!(browser.upload("/staff/results/import", "file", "x.csv", csv.as_bytes()).await.status, StatusCode::FORBIDDEN, "{role}");
        for function in ["/api/results/apply", "/api/results/release"] {
            assert_eq!(browser.call(function, &[("import", &import)]).await.status, StatusCode::FORBIDDEN, "{role} {function}");
        }
    }
    let mut anonymous = world.portal.browser();
    for path in reads.into_iter().chain(["/staff", "/staff/results/import"]) {
        assert!(anonymous.get(path).await.location().starts_with("/login?next="), "{path}");
    }
    assert!(anonymous.upload("/staff/results/import", "file", "x.csv", b"x").await.location().starts_with("/login?next="));
    assert_eq!(anonymous.call("/api/results/apply", &[("import", &import)]).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(anonymous.call("/api/results/release", &[("import", &import)]).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!((world.count("exam_result").await, world.count("result_import").await), (0, 1));
}

#[tokio::test]
async fn security_35_results_are_taken_over_and_released_with_a_fresh_proof_only() {
    let world = World::new().await;
    let ana = world.sitting("Ana").await;
    let page = world.upload(&file(&[ana.row(812)])).await.location().to_owned();
    let import = page.rsplit('/').next().unwrap().to_owned();
    let mut late = world.staff().await;
    world.portal.later(TimeDelta::minutes(11));
    for (path, function) in
        [(&page, "/api/results/apply"), (&page, "/api/results/release"), (&"/staff/results".into(), "/api/results/release")]
    {
        let answer = late.post_form(path, function, &[("import", &import)]).await;
        assert!(answer.location().starts_with("/account/confirm?next="), "{function}: {} {}", answer.status, answer.location());
        assert_eq!(late.call(function, &[("import", &import)]).await.status, StatusCode::FORBIDDEN, "{function}");
    }
    assert_eq!(world.count("exam_result").await, 0);
    // The pages ask before anything is chosen.
    assert!(late.get(&page).await.location().starts_with("/account/confirm?next="));
    assert_eq!(world.apply(&page).await.status, StatusCode::SEE_OTHER);
    let list = late.get("/staff/results").await;
    assert!(list.text().contains("/account/confirm?next=") && !list.text().contains("type=\"checkbox\""), "{}", list.words());
    assert!(world.staff().await.get("/staff/results").await.text().contains("type=\"checkbox\""));
    assert_eq!(world.release(&page).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_file_with_wrong_columns_comes_back_with_their_names() {
    let world = World::new().await;
    let answer = world.upload("appointment_reference,candidate,exam_code,taken_at,raw_score,scaled_score,domain_1\n1,2,3,4,5,6,7\n").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let words = answer.spoken();
    assert!(words.contains("There is a problem"), "{words}");
    assert!(
        words.contains("These columns are missing: candidate_id") && words.contains("These columns are not known: candidate"),
        "{words}"
    );
    for (content, text) in [("", "has no rows"), (HEADER, "has no rows"), ("\u{0}\u{1}", "not a CSV file in UTF-8")] {
        let answer = world.upload(content).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.spoken().contains(text), "{}", answer.spoken());
    }
    let empty = world.staff().await.upload("/staff/results/import", "other", "", b"").await;
    assert!(empty.spoken().contains("Choose a file"), "{}", empty.spoken());
    assert_eq!(world.count("result_import").await, 0);
}

#[tokio::test]
async fn security_63_a_file_that_is_too_large_is_refused_with_413() {
    let world = World::new().await;
    for size in [2 * 1024 * 1024 + 1, 5 * 1024 * 1024] {
        let answer = world.staff().await.upload("/staff/results/import", "file", "big.csv", &vec![b'a'; size]).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
        assert!(answer.spoken().contains("larger than 2 MB"), "{}", answer.spoken());
    }
}

#[tokio::test]
async fn security_59_one_wrong_row_stops_the_whole_file_and_every_wrong_cell_is_told() {
    let world = World::new().await;
    let (ana, ben) = (world.sitting("Ana").await, world.sitting("Ben").await);
    let rows = [
        ana.row(812),
        ana.row(812),
        ben.row(1001),
        ben.row(700).replace(&ben.candidate_id, "CP00000000"),
        ben.row(700).replace(&ben.reference, "NOSUCH"),
        ben.row(700).replace(EXAM, "=1+1"),
    ];
    let page = world.upload(&file(&rows)).await.location().to_owned();
    let words = world.staff().await.get(&page).await.spoken();
    for told in [
        "Line 3 appointment_reference",
        "The same appointment stands in line 2",
        "Not from 100 to 1000",
        "No candidate has this ID",
        "No appointment has this reference",
        "No exam has this code",
        "Nothing can be imported yet",
    ] {
        assert!(words.contains(told), "{told} is missing in {words}");
    }
    let refused = world.apply(&page).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert_eq!(world.count("exam_result").await, 0);
    assert_eq!(world.release(&page).await.status, StatusCode::NOT_FOUND, "what was not imported is not released");
    let errors = world.staff().await.get(&format!("{page}/errors.csv")).await.text();
    assert!(errors.contains(",'=1+1,"), "security_53: {errors}");
}

#[tokio::test]
async fn what_changed_between_preview_and_import_is_found() {
    let world = World::new().await;
    let ana = world.sitting("Ana").await;
    let first = world.upload(&file(&[ana.row(812)])).await.location().to_owned();
    let second = world.upload(&file(&[ana.row(500)])).await.location().to_owned();
    assert_eq!(world.apply(&first).await.status, StatusCode::SEE_OTHER);
    let refused = world.apply(&second).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.spoken().contains("has a result already"), "{}", refused.spoken());
    assert_eq!(world.count("exam_result").await, 1);
}

#[tokio::test]
async fn the_same_file_twice_is_one_import_and_is_told() {
    let world = World::new().await;
    let ana = world.sitting("Ana").await;
    let csv = file(&[ana.row(812)]);
    let first = world.upload(&csv).await.location().to_owned();
    let again = world.upload(&csv).await.location().to_owned();
    assert_eq!(again, format!("{first}?done=known"));
    assert!(world.staff().await.get(&again).await.spoken().contains("uploaded before"));
    assert_eq!(world.count("result_import").await, 1);
}

#[tokio::test]
async fn chosen_results_are_released_alone_and_choosing_none_is_told() {
    let world = World::new().await;
    let (ana, ben) = (world.sitting("Ana").await, world.sitting("Ben").await);
    world.import(&file(&[ana.row(812), ben.row(812)])).await;
    let id = world.report_path(ana.account).await.replace("/results/", "");
    let mut staff = world.staff().await;
    let none = staff.post_form("/staff/results", "/api/results/release", &[]).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(none.spoken().contains("Choose at least one"), "{}", none.spoken());
    let chosen = staff.post_form("/staff/results", "/api/results/release", &[("results[]", &id)]).await;
    assert_eq!(chosen.location(), "/staff/results?done=released", "{}", chosen.spoken());
    let states: Vec<String> =
        sqlx::query_scalar("SELECT state FROM exam_result ORDER BY state").fetch_all(world.portal.db()).await.unwrap();
    assert_eq!(states, ["received", "released"]);
    let unknown = staff.post_form("/staff/results", "/api/results/release", &[("results[]", &Uuid::nil().to_string())]).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn releasing_many_times_at_once_awards_and_mails_once() {
    let world = World::new().await;
    let ana = world.sitting("Ana").await;
    let page = world.import(&file(&[ana.row(812)])).await;

    let (a, b, c, d) = tokio::join!(world.release(&page), world.release(&page), world.release(&page), world.release(&page));
    for answer in [a, b, c, d] {
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.spoken());
    }
    assert_eq!(world.count("credential").await, 1);
    assert_eq!(world.count("mail_message").await, 1);
    let audited: i64 = sqlx::query_scalar("SELECT count(*) FROM audit_event WHERE action = 'results.released'")
        .fetch_one(world.portal.db())
        .await
        .unwrap();
    assert_eq!(audited, 1);
}

#[tokio::test]
async fn without_its_lock_a_release_would_award_four_times_so_the_test_above_sees_the_race() {
    let world = World::new().await;
    let ana = world.sitting("Ana").await;
    world.import(&file(&[ana.row(812)])).await;
    sqlx::query("ALTER TABLE credential DROP CONSTRAINT credential_result_id_key").execute(&world.portal.owner().await).await.unwrap();

    // Looking first and writing then, as the release would without its lock.
    let all_have_looked = tokio::sync::Barrier::new(4);
    let release = async |number: i32| {
        let mut tx = world.portal.db().begin().await.unwrap();
        let waits: bool = sqlx::query_scalar("SELECT state = 'received' FROM exam_result").fetch_one(&mut *tx).await.unwrap();
        all_have_looked.wait().await;
        if !waits {
            return;
        }
        let released = "UPDATE exam_result SET state = 'released', released_at = $1";
        sqlx::query(released).bind(world.portal.clock.now()).execute(&mut *tx).await.unwrap();
        sqlx::query(
            "INSERT INTO credential (id, public_id, account_id, certification_id, exam_id, result_id, holder_name, issued_at, expires_at, state,
                                     status_list, status_index)
             SELECT $1, $2, r.account_id, e.certification_id, e.id, r.id, 'Ana Prueba', $3, $4, 'active', 0, $5
             FROM exam_result r JOIN exam e ON e.id = r.exam_id",
        )
        .bind(certportal::server::random::id::<CredentialKey>())
        .bind(certportal::server::random::readable(10))
        .bind(world.portal.clock.now())
        .bind(world.portal.clock.now() + TimeDelta::days(3 * 365))
        .bind(number)
        .execute(&mut *tx)
        .await
        .unwrap();
        tx.commit().await.unwrap();
    };
    tokio::join!(release(0), release(1), release(2), release(3));
    assert_eq!(world.count("credential").await, 4, "four certificates for one pass");
}

#[tokio::test]
async fn applying_many_times_at_once_writes_the_results_once() {
    let world = World::new().await;
    let ana = world.sitting("Ana").await;
    let page = world.upload(&file(&[ana.row(812)])).await.location().to_owned();
    let (a, b, c) = tokio::join!(world.apply(&page), world.apply(&page), world.apply(&page));
    for answer in [a, b, c] {
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.spoken());
    }
    assert_eq!(world.count("exam_result").await, 1);
}

#[tokio::test]
async fn security_51_what_a_file_says_stays_text() {
    let world = World::new().await;
    let ana = world.sitting("<b>Ana</b>").await;
    let row = ana.row(812).replace(EXAM, "<script>alert(1)</script>");
    let page =
        world.staff().await.upload("/staff/results/import", "file", "..\\x<i>.csv", file(&[row]).as_bytes()).await.location().to_owned();
    let text = world.staff().await.get(&page).await.text();
    assert!(!text.to_lowercase().contains("<script>alert") && !text.contains("x<i>"), "{text}");
    world.import(&file(&[ana.row(812)])).await;
    assert!(!world.staff().await.get("/staff/results").await.text().contains("<b>Ana"));
}

#[tokio::test]
async fn candidates_without_exams_and_readers_of_spanish_get_their_pages() {
    let world = World::new().await;
    let account = world.portal.account("new@example.com", "Nilo", "Prueba", &[]).await;
    let mut browser = world.portal.signed_in(account).await;
    assert!(browser.get("/results").await.spoken().contains("No results yet"));
    assert!(browser.get("/results?lang=es").await.spoken().contains("Todavía no hay resultados"));
    assert_eq!(world.staff().await.get("/staff/results/import?lang=es").await.status, StatusCode::OK);
}
