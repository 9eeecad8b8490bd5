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

/// How PostgreSQL runs a prepared statement again and again, as it plans it in a portal that is new: tables without rows and statistics.
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

async fn connection(portal: &Portal) -> PgConnection {
    PgConnection::connect_with(&portal.db().connect_options()).await.unwrap()
}

/// An index on holds alone is smaller than the primary key, and was taken for it: each booking read every hold there was.
#[tokio::test]
async fn an_update_of_one_appointment_finds_it_by_its_id_however_many_are_held() {
    let portal = Portal::new().await;
    let mut conn = connection(&portal).await;
    for (query, parameters) in queries(&["UPDATE appointment SET", "WHERE id = $1"]) {
        let plan = plan(&mut conn, &query, parameters).await;
        assert!(plan.contains("Index Scan using appointment_pkey"), "{query}\n{plan}");
    }
}

#[tokio::test]
async fn a_candidates_holds_are_found_by_the_candidate() {
    let portal = Portal::new().await;
    let mut conn = connection(&portal).await;
    let live = queries(&["a.state = 'held' AND a.hold_expires_at > $2 ORDER BY a.created_at"]);
    let extended = queries(&["UPDATE appointment SET hold_expires_at = $2"]);
    for (query, parameters) in live.into_iter().chain(extended) {
        let plan = plan(&mut conn, &query, parameters).await;
        assert!(plan.contains("Index Cond: ((account_id = "), "{query}\n{plan}");
    }
}

#[tokio::test]
async fn whether_a_seat_is_free_is_asked_of_that_seat_alone() {
    let portal = Portal::new().await;
    let mut conn = connection(&portal).await;
    let free = queries(&["SELECT s.id FROM seat s", "ORDER BY s.accessible"]);
    let in_the_way = queries(&["UPDATE appointment SET state = 'expired'", "seat_id = ANY($1)"]);
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
