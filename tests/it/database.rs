//! How the database is asked: the plans of statements that are in every booking, and the pool.

use crate::support::Portal;
use certportal::server::database;
use sqlx::{Connection, PgConnection};
use std::time::Duration;

/// The compiled queries (.sqlx) with all of these words in them, and how many parameters each has.
fn queries(words: &[&str]) -> Vec<(String, usize)> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/.sqlx");
    let files = std::fs::read_dir(directory).unwrap().map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap());
    let all = files.map(|text| serde_json::from_str::<serde_json::Value>(&text).unwrap());
    let found: Vec<(String, usize)> = all
        .map(|query| {
            let parameters = query["describe"]["parameters"]["Left"].as_array().map_or(0, Vec::len);
            (query["query"].as_str().unwrap().to_owned(), parameters)
        })
        .filter(|(query, _)| words.iter().all(|word| query.contains(word)))
        .collect();
    assert!(!found.is_empty(), "no query has {words:?} in it any more");
    found
}

/// How PostgreSQL runs a prepared statement again and again.
async fn plan(conn: &mut PgConnection, query: &str, parameters: usize) -> String {
    let prepare = format!("DEALLOCATE ALL; SET plan_cache_mode = force_generic_plan; PREPARE asked AS {query}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(prepare)).execute(&mut *conn).await.unwrap();
    let nulls = vec!["NULL"; parameters].join(", ");
    let explain = format!("EXPLAIN (COSTS OFF) EXECUTE asked ({nulls})");
    let lines: Vec<String> = sqlx::raw_sql(sqlx::AssertSqlSafe(explain))
        .fetch_all(conn)
        .await
        .unwrap()
        .iter()
        .map(|row| sqlx::Row::get::<String, _>(row, 0))
        .collect();
    lines.join("\n")
}

/// A portal with a history and nothing held at the moment: the statistics with which a rush begins.
async fn before_the_rush() -> (Portal, PgConnection) {
    let portal = Portal::with_demo_data().await;
    sqlx::raw_sql(
        "INSERT INTO appointment (id, reference, account_id, exam_id, language, delivery, center_id, seat_id, time_zone, starts_at, minutes,
                                  occupies, state, policies, created_at)
         SELECT gen_random_uuid(), 'PLAN' || i, a.id, e.id, 'en', 'center', s.center_id, s.id, 'UTC', t.at, 60, tstzrange(t.at, t.at + interval '1 hour'),
                'scored', '{}', t.at
         FROM generate_series(1, 3000) AS i
         CROSS JOIN LATERAL (SELECT timestamptz '2020-01-01' + i * interval '2 hours' AS at) t
         CROSS JOIN (SELECT id FROM account ORDER BY id LIMIT 1) a
         CROSS JOIN (SELECT id FROM exam ORDER BY id LIMIT 1) e
         CROSS JOIN LATERAL (SELECT id, center_id FROM seat WHERE center_id IS NOT NULL ORDER BY md5(id::text || i) LIMIT 1) s;
         ANALYZE",
    )
    .execute(&portal.owner().await)
    .await
    .unwrap();
    let conn = PgConnection::connect_with(&portal.db().connect_options()).await.unwrap();
    (portal, conn)
}

/// An index on holds alone is smaller than the primary key, and was taken for it: each booking read every hold there was.
#[tokio::test]
async fn an_update_of_one_appointment_finds_it_by_its_id_however_many_are_held() {
    let (portal, mut conn) = before_the_rush().await;
    let updates = queries(&["UPDATE appointment SET", "WHERE id = $1"]);
    for (query, parameters) in &updates {
        let plan = plan(&mut conn, query, *parameters).await;
        assert!(plan.contains("Index Scan using appointment_pkey"), "{query}\n{plan}");
    }
    // The control: with the index as it was, some of them read the holds.
    sqlx::raw_sql(
        "DROP INDEX appointment_hold_idx; CREATE INDEX appointment_hold_idx ON appointment (hold_expires_at) WHERE state = 'held'",
    )
    .execute(&portal.owner().await)
    .await
    .unwrap();
    let mut astray = 0;
    for (query, parameters) in &updates {
        astray += usize::from(plan(&mut conn, query, *parameters).await.contains("appointment_hold_idx"));
    }
    assert!(astray > 0, "what this test looks for can't be found by it");
}

#[tokio::test]
async fn a_candidates_holds_are_found_by_the_candidate() {
    let (_portal, mut conn) = before_the_rush().await;
    let live = queries(&["a.state = 'held' AND a.hold_expires_at > $2 ORDER BY a.created_at"]);
    let extended = queries(&["UPDATE appointment SET hold_expires_at = $2"]);
    let own = queries(&["AS \"from!\"", "WHERE account_id = $1", "id <> ALL($5)"]);
    for (query, parameters) in live.into_iter().chain(extended).chain(own) {
        let plan = plan(&mut conn, &query, parameters).await;
        assert!(
            plan.contains("Index Cond: ((account_id = ")
                || plan.contains("Index Cond: (account_id = ")
                || plan.contains("Index Scan using appointment_pkey"),
            "{query}\n{plan}"
        );
    }
}

#[tokio::test]
async fn whether_a_seat_is_free_is_asked_of_that_seat_alone() {
    let (_portal, mut conn) = before_the_rush().await;
    let free = queries(&["SELECT s.id FROM seat s", "md5(s.id::text"]);
    let in_the_way = queries(&["UPDATE appointment SET state = 'expired'", "unnest($1"]);
    for (query, parameters) in free.into_iter().chain(in_the_way) {
        let plan = plan(&mut conn, &query, parameters).await;
        assert!(plan.contains("Index Cond: ((seat_id = "), "{query}\n{plan}");
    }
}

#[tokio::test]
async fn a_connection_that_died_while_nobody_used_it_is_replaced() {
    let portal = Portal::new().await;
    let pool = database::pool((*portal.db().connect_options()).clone(), 1);
    let process = || sqlx::query_scalar::<_, i32>("SELECT pg_backend_pid()").fetch_one(&pool);
    let first = process().await.unwrap();
    let ended: bool = sqlx::query_scalar("SELECT pg_terminate_backend($1, 5000)").bind(first).fetch_one(portal.db()).await.unwrap();
    assert!(ended);
    // Longer than the pool trusts a connection without asking.
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_ne!(process().await.unwrap(), first);
}
