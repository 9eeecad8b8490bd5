//! `/dashboard` says what to do next.

use super::{PASSWORD, log_in, portal, registered};
use crate::support::portal::Portal;

#[tokio::test]
async fn an_empty_candidate_is_told_the_first_step() {
    let portal = portal().await;
    let mut browser = registered(&portal, "ana@example.com").await;
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    let page = browser.get("/dashboard").await;
    assert!(page.words().contains("Welcome, Ana") && page.text().contains("href=\"/certifications\""));
}

#[tokio::test]
async fn what_there_is_is_shown_in_its_own_zone() {
    let portal = portal().await;
    let mut browser = registered(&portal, "ana@example.com").await;
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    fill(&portal).await;
    let page = browser.get("/dashboard").await;
    let words = page.words();
    // 14:00 UTC is 09:00 in New York.
    assert!(words.contains("9:00 AM–10:00 AM EST (UTC−5)") && words.contains("Hudson Test Center, New York"), "{words}");
    assert!(words.contains("REF-NEXT") && words.contains("1 more exam is booked"), "{words}");
    assert!(words.contains("A seat is held for you") && words.contains("Go to the cart and finish"), "{words}");
    assert!(words.contains("C-1 Cert") && words.contains("Passed") && words.contains("812"), "{words}");
    assert!(words.contains("Expires soon") && words.contains("23 March 2027"), "{words}");
    assert!(!words.contains("REF-PAST") && !words.contains("You are four steps away"), "{words}");
}

/// An appointment in ten days, one in twenty, one that is over, a hold, a result and a credential near its end.
async fn fill(portal: &Portal) {
    sqlx::raw_sql(
        "INSERT INTO certification (id, slug, code, name, short_name, level, job_roles, summary, description, badge_color, validity_years, position)
         VALUES ('00000000-0000-4000-8000-000000000001', 'c', 'C', 'Cert', 'Cert', 'associate', '{}', '{}', '{}', '#112233', 3, 1);
         INSERT INTO exam (id, code, certification_id, status, minutes, questions, scale_min, scale_max, pass_mark, delivery_modes)
         VALUES ('00000000-0000-4000-8000-000000000002', 'C-1', '00000000-0000-4000-8000-000000000001', 'active', 60, 10, 100, 1000, 700, '{center}');
         INSERT INTO test_center (id, code, name, address_lines, city, country, latitude, longitude, position, time_zone, arrival)
         VALUES ('00000000-0000-4000-8000-000000000005', 'US-NYC-01', 'Hudson Test Center', '{1 Way}', 'New York', 'US', 40, -74, ll_to_earth(40, -74), 'America/New_York', '{}');
         INSERT INTO seat (id, center_id, label) VALUES ('00000000-0000-4000-8000-000000000003', '00000000-0000-4000-8000-000000000005', '1');
         INSERT INTO appointment (id, reference, account_id, exam_id, language, delivery, center_id, seat_id, time_zone, starts_at, minutes, occupies,
                                  state, hold_expires_at, policies, created_at)
         SELECT gen_random_uuid(), reference, account.id, '00000000-0000-4000-8000-000000000002', 'en', 'center',
                '00000000-0000-4000-8000-000000000005', '00000000-0000-4000-8000-000000000003', 'America/New_York', starts, 60,
                tstzrange(starts, starts + interval '90 minutes'), state, hold, '{}', '2026-11-01 09:00Z'
         FROM account, (VALUES ('REF-NEXT', timestamptz '2026-12-03 14:00Z', 'booked', NULL::timestamptz),
                               ('REF-LATER', '2026-12-13 14:00Z', 'booked', NULL),
                               ('REF-PAST', '2026-11-10 14:00Z', 'scored', NULL),
                               ('REF-HELD', '2026-12-20 14:00Z', 'held', '2026-11-23 09:10Z')) AS row (reference, starts, state, hold);
         INSERT INTO exam_result (id, appointment_id, account_id, exam_id, taken_at, scaled_score, passed, state, received_at, released_at)
         SELECT gen_random_uuid(), id, account_id, exam_id, starts_at, 812, true, 'released', starts_at, starts_at
         FROM appointment WHERE reference = 'REF-PAST';
         INSERT INTO credential (id, public_id, account_id, certification_id, exam_id, holder_name, issued_at, expires_at, state, status_list,
                                 status_index)
         SELECT gen_random_uuid(), 'PUBLIC', id, '00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002', 'Ana',
                '2024-03-23 10:00Z', '2027-03-24 00:00Z', 'active', 0, 1 FROM account",
    )
    .execute(portal.db())
    .await
    .unwrap();
}
