//! The ids of rows have types (`src/ids.rs`), and `sqlx.toml` says which column has which.

use crate::support::portal::Portal;
use std::collections::BTreeMap;

/// `table.column` and its type, as sqlx's macros read it.
fn written() -> BTreeMap<String, String> {
    let text = include_str!("../../sqlx.toml");
    let settings: toml::Table = text.parse().unwrap();
    let tables = settings["macros"]["table-overrides"].as_table().unwrap();
    let columns = tables.iter().flat_map(|(table, columns)| {
        columns.as_table().unwrap().iter().map(move |(column, kind)| (format!("{table}.{column}"), kind.as_str().unwrap().to_owned()))
    });
    columns.collect()
}

#[tokio::test]
async fn every_id_in_the_database_has_a_type_and_no_type_is_of_a_column_that_is_gone() {
    let portal = Portal::new().await;
    let columns: Vec<String> = sqlx::query_scalar(
        "SELECT table_name || '.' || column_name FROM information_schema.columns
         WHERE table_schema = 'public' AND udt_name = 'uuid' ORDER BY 1",
    )
    .fetch_all(portal.db())
    .await
    .unwrap();
    assert_eq!(written().into_keys().collect::<Vec<_>>(), columns, "sqlx.toml and the migrations");
}

#[tokio::test]
async fn a_column_that_refers_to_a_row_has_the_type_of_that_rows_id() {
    let portal = Portal::new().await;
    let written = written();
    let references: Vec<(String, String)> = sqlx::query_as(
        "SELECT r.relname || '.' || a.attname, f.relname || '.' || g.attname
         FROM pg_constraint c
         JOIN pg_class r ON r.oid = c.conrelid JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
         JOIN pg_class f ON f.oid = c.confrelid JOIN pg_attribute g ON g.attrelid = c.confrelid AND g.attnum = c.confkey[1]
         WHERE c.contype = 'f' AND a.atttypid = 'uuid'::regtype",
    )
    .fetch_all(portal.db())
    .await
    .unwrap();
    assert!(references.len() > 30, "{} found", references.len());
    for (column, referred) in references {
        assert_eq!(written.get(&column), written.get(&referred), "{column} refers to {referred}");
    }
}
