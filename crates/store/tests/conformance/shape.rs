//! The two sets of migrations make the same tables, and a database knows which it has taken.

use std::collections::BTreeSet;

use kaibo_store::{Migration, Store, StoreError};
use sqlx::{Connection as _, Executor as _, PgConnection, Row as _, SqliteConnection};

use crate::House;

/// Table, column, class of its type, whether it may be NULL.
type Columns = BTreeSet<(String, String, &'static str, bool)>;

fn class(kind: &str) -> &'static str {
    match kind.to_ascii_lowercase().as_str() {
        "integer" | "bigint" => "number",
        "text" => "text",
        "blob" | "bytea" => "bytes",
        "boolean" => "boolean",
        "timestamp" | "timestamp with time zone" => "time",
        other => panic!("a type that only one database has: {other}"),
    }
}

async fn sqlite(house: &House) -> SqliteConnection {
    let file = format!("sqlite://{}/kaibo.db", house.dir.path().display());
    SqliteConnection::connect(&file).await.unwrap()
}

async fn postgres(house: &House) -> PgConnection {
    PgConnection::connect(&house.url).await.unwrap()
}

#[tokio::test]
async fn both_databases_have_the_same_tables_and_indices() {
    let (lite, large) = (House::sqlite(), House::postgres().await);
    lite.open().await;
    large.open().await;
    let (mut lite, mut large) = (sqlite(&lite).await, postgres(&large).await);

    let sql = "SELECT t.name AS t, c.name AS c, c.type AS kind, c.\"notnull\" = 0 AND c.pk = 0 AS open \
         FROM sqlite_master t JOIN pragma_table_info(t.name) c \
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'";
    let rows = lite.fetch_all(sql).await.unwrap();
    let columns_of_lite: Columns = rows
        .iter()
        .map(|r| (r.get("t"), r.get("c"), class(r.get("kind")), r.get("open")))
        .collect();
    let sql = "SELECT table_name::TEXT AS t, column_name::TEXT AS c, data_type::TEXT AS kind, \
         is_nullable = 'YES' AS open FROM information_schema.columns WHERE table_schema = 'public'";
    let rows = large.fetch_all(sql).await.unwrap();
    let columns_of_large: Columns = rows
        .iter()
        .map(|r| (r.get("t"), r.get("c"), class(r.get("kind")), r.get("open")))
        .collect();
    assert!(columns_of_lite.len() > 80);
    assert_eq!(columns_of_lite, columns_of_large);

    let sql =
        "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name";
    let rows = lite.fetch_all(sql).await.unwrap();
    let of_lite: Vec<String> = rows.iter().map(|r| r.get("name")).collect();
    let sql = "SELECT indexname::TEXT AS name FROM pg_indexes WHERE schemaname = 'public' \
         AND indexname NOT LIKE '%\\_key' AND indexname NOT LIKE '%\\_pkey' ORDER BY 1";
    let rows = large.fetch_all(sql).await.unwrap();
    let of_large: Vec<String> = rows.iter().map(|r| r.get("name")).collect();
    assert_eq!(of_lite, of_large);
}

async fn steps(house: &House) -> Vec<Migration> {
    house.database().migrations(house.dir.path()).await.unwrap()
}

/// As a kaibo of the future would.
async fn take_a_step_of_the_future(house: &House) {
    let sql = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (9001, 'the future', TRUE, '', 0)";
    if house.is_postgres() {
        postgres(house).await.execute(sql).await.unwrap();
    } else {
        sqlite(house).await.execute(sql).await.unwrap();
    }
}

async fn steps_are_pending_until_somebody_opens(house: House) {
    let before = steps(&house).await;
    assert!(!before.is_empty() && before.iter().all(|step| step.known && !step.applied));
    assert_eq!(
        (before[0].version, before[0].description.as_str()),
        (1, "house")
    );
    assert_eq!(steps(&house).await, before, "looking changes nothing");
    house.open().await.close().await;
    let after = steps(&house).await;
    assert_eq!(after.len(), before.len());
    assert!(after.iter().all(|step| step.known && step.applied));
}

async fn a_database_of_a_newer_kaibo_is_shown_and_refused(house: House) {
    house.open().await.close().await;
    take_a_step_of_the_future(&house).await;
    let last = steps(&house).await.pop().unwrap();
    assert_eq!(
        (last.version, last.known, last.applied),
        (9001, false, true)
    );
    assert_eq!(last.description, "the future");
    let opened = Store::open_with(house.dir.path(), &house.database()).await;
    let error = opened.unwrap_err();
    assert!(
        matches!(error, StoreError::Newer { found: 9001, .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains("newer"), "{error}");
}

cases![
    steps_are_pending_until_somebody_opens,
    a_database_of_a_newer_kaibo_is_shown_and_refused,
];
