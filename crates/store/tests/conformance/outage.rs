//! PostgreSQL away, cut off, in the way, or another's.

use std::time::Duration;

use kaibo_store::{App, Database, KEY_FILE, Store, StoreError};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _};
use tokio::time::timeout;

use crate::{House, NOW, a_room, add_app, app_id};

const PATIENCE: Duration = Duration::from_secs(20);

/// Somebody at the database's own door.
async fn operator(house: &House) -> PgConnection {
    PgConnection::connect(&house.url).await.unwrap()
}

async fn order(conn: &mut PgConnection, sql: &str) {
    conn.execute(AssertSqlSafe(sql)).await.unwrap();
}

async fn make_app(store: &Store, name: &str) -> Result<bool, StoreError> {
    let app = App {
        app_id: app_id(name),
        name: name.into(),
        secret_hash: vec![],
        created_at: NOW,
        latency_budget_ms: None,
    };
    store.create_app(&app).await
}

#[tokio::test]
async fn an_outage_fails_calls_and_is_over_without_a_restart() {
    let server = test_postgres::Server::start().await;
    let house = House::at(server.database().await);
    let (store, one) = house.store().await;
    let mut watcher = store.watch();
    watcher.changed().await;
    let mut lock = store.lock_server().await.unwrap().unwrap();
    for crash in [false, true] {
        if crash {
            server.kill().await;
        } else {
            server.stop().await;
        }
        for _ in 0..3 {
            let read = store.app(&one).await.unwrap_err();
            let written = make_app(&store, "wx_two").await.unwrap_err();
            assert!(store.ping().await.is_err());
            for error in [read, written] {
                let said = error.to_string();
                assert!(matches!(error, StoreError::Database(_)), "{error:?}");
                assert!(said.contains("is the database server running"), "{said}");
                assert!(!said.contains(server.password()));
            }
        }
        assert!(store.server_is_running().await.is_err());
        server.start_again().await;
        assert!(store.app(&one).await.unwrap().is_some());
        let code = format!("after {crash}");
        a_room(&store, &one, &code).await;
        store.ping().await.unwrap();
        timeout(PATIENCE, watcher.changed()).await.unwrap();
        // The server's claim went with the connection; it comes back by itself.
        let running = async { while !store.server_is_running().await.unwrap() {} };
        tokio::select! {
            () = lock.taken() => panic!("nobody else is there"),
            back = timeout(PATIENCE, running) => back.unwrap(),
        }
    }
    assert!(store.app(&app_id("wx_two")).await.unwrap().is_none());
    let events = store.events_after(0, 10).await.unwrap();
    assert_eq!(events.len(), 2, "their numbers have a gap after a crash");
}

#[tokio::test]
async fn cut_connections_are_replaced_unnoticed() {
    let house = House::postgres().await;
    let (store, one) = house.store().await;
    let mut operator = operator(&house).await;
    for name in ["wx_two", "wx_three"] {
        let cut = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid()";
        order(&mut operator, cut).await;
        assert!(store.app(&one).await.unwrap().is_some());
        assert!(make_app(&store, name).await.unwrap());
    }
    assert_eq!(store.apps().await.unwrap().len(), 3);
}

/// Lets `then` happen inside the database with each new app.
async fn with_each_app(operator: &mut PgConnection, when: &str, then: &str) {
    let body = format!(
        "CREATE SEQUENCE IF NOT EXISTS tries; \
         CREATE FUNCTION meddle() RETURNS TRIGGER LANGUAGE plpgsql \
         AS 'BEGIN {then} RETURN NEW; END'"
    );
    order(operator, &body).await;
    let trigger = format!(
        "CREATE CONSTRAINT TRIGGER meddler AFTER INSERT ON app {when} \
         FOR EACH ROW EXECUTE FUNCTION meddle()"
    );
    order(operator, &trigger).await;
}

#[tokio::test]
async fn a_commit_without_an_answer_may_or_may_not_be_saved_and_says_so() {
    let house = House::postgres().await;
    let (store, one) = house.store().await;
    let mut operator = operator(&house).await;
    let cut = "PERFORM nextval(''tries''); PERFORM pg_terminate_backend(pg_backend_pid()); \
         PERFORM pg_sleep(20);";
    with_each_app(&mut operator, "DEFERRABLE INITIALLY DEFERRED", cut).await;
    let error = make_app(&store, "wx_two").await.unwrap_err();
    assert!(matches!(error, StoreError::Uncertain(_)), "{error:?}");
    assert!(error.to_string().contains("may or may not"), "{error}");
    let tries = operator.fetch_one("SELECT last_value AS n FROM tries");
    assert_eq!(tries.await.unwrap().get::<i64, _>("n"), 1, "run once");
    a_room(&store, &one, "code").await;
}

#[tokio::test]
async fn writes_that_collide_are_run_again_but_not_for_ever() {
    let house = House::postgres().await;
    let (store, _) = house.store().await;
    let mut operator = operator(&house).await;
    let collide = "IF nextval(''tries'') NOT IN (3, 9) \
         THEN RAISE EXCEPTION USING ERRCODE = ''40P01''; END IF;";
    with_each_app(&mut operator, "", collide).await;
    let commits = store.commits();
    assert!(make_app(&store, "wx_two").await.unwrap(), "the third time");
    let error = make_app(&store, "wx_three").await.unwrap_err();
    assert!(matches!(error, StoreError::Busy(_)), "{error:?}");
    assert!(make_app(&store, "wx_three").await.unwrap(), "the ninth");
    assert_eq!(store.apps().await.unwrap().len(), 3);
    assert_eq!(store.commits(), commits + 2);
}

#[tokio::test]
async fn somebody_who_keeps_the_turn_keeps_it_for_five_seconds() {
    let house = House::postgres().await;
    let (store, one) = house.store().await;
    let mut operator = operator(&house).await;
    order(&mut operator, "SELECT pg_advisory_lock(118066124058370)").await;
    let error = make_app(&store, "wx_two").await.unwrap_err();
    assert!(matches!(error, StoreError::Busy(_)), "{error:?}");
    assert!(store.app(&one).await.unwrap().is_some(), "reading goes on");
    order(&mut operator, "SELECT pg_advisory_unlock_all()").await;
    assert!(make_app(&store, "wx_two").await.unwrap());
}

/// The same installation in a folder elsewhere.
async fn elsewhere(house: &House) -> (House, Store) {
    let other = house.another_folder();
    let key = other.dir.path().join(KEY_FILE);
    std::fs::copy(house.dir.path().join(KEY_FILE), key).unwrap();
    let store = other.open().await;
    (other, store)
}

#[tokio::test]
async fn a_server_in_another_folder_is_seen_and_kept_out() {
    let house = House::postgres().await;
    let (store, one) = house.store().await;
    let (_folder, other) = elsewhere(&house).await;
    assert_eq!(other.apps().await.unwrap()[0].app_id, one);
    let lock = store.lock_server().await.unwrap().unwrap();
    assert!(other.server_is_running().await.unwrap());
    assert!(other.lock_server().await.unwrap().is_none());
    drop(lock);
    assert!(other.lock_server().await.unwrap().is_some());
}

#[tokio::test]
async fn a_server_whose_claim_went_to_another_is_told() {
    let house = House::postgres().await;
    let (store, _) = house.store().await;
    let (_folder, other) = elsewhere(&house).await;
    let mut lock = store.lock_server().await.unwrap().unwrap();
    let mut operator = operator(&house).await;
    let cut = "SELECT pg_terminate_backend(pid, 10000) FROM pg_locks \
         WHERE locktype = 'advisory' AND pid <> pg_backend_pid() AND database = \
         (SELECT oid FROM pg_database WHERE datname = current_database())";
    order(&mut operator, cut).await;
    let mut theirs = other.lock_server().await.unwrap().unwrap();
    timeout(PATIENCE, lock.taken()).await.expect("it must stop");
    let kept = timeout(Duration::from_secs(1), theirs.taken()).await;
    assert!(kept.is_err(), "the other goes on");
}

#[tokio::test]
async fn what_keeps_a_database_from_opening_is_said_with_what_to_do() {
    let house = House::postgres().await;
    let server = test_postgres::shared().await;
    let mut operator = operator(&house).await;
    order(&mut operator, "CREATE ROLE guest LOGIN PASSWORD 'canary'").await;
    let name = house.url.rsplit('/').next().unwrap();
    let foreign = format!("CREATE DATABASE {name}_ascii ENCODING 'SQL_ASCII' TEMPLATE template0");
    order(&mut operator, &foreign).await;
    let guest = house.url.replace("kaibo:", "guest:");
    let guest = guest.replace(server.password(), "canary");
    for (url, words) in [
        (
            guest.replace("canary", "canary2"),
            "check user and password",
        ),
        (format!("{guest}_no"), "create the database"),
        (guest, "GRANT CREATE"),
        (format!("{}_ascii", house.url), "ENCODING 'UTF8'"),
        (
            "postgres://kaibo:canary@127.0.0.1:1/kaibo".into(),
            "is the database server running",
        ),
        ("mysql://kaibo:canary@db/kaibo".into(), "postgres://"),
        ("postgres://kaibo:canary@db:x/kaibo".into(), "port"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let opened = match Database::from_url(&url) {
            Ok(database) => Store::open_with(folder.path(), &database).await,
            Err(error) => Err(error),
        };
        let error = opened.unwrap_err();
        let said = format!("{error} {error:?}");
        assert!(said.contains(words), "{words}: {said}");
        assert!(!said.contains("canary"), "{said}");
        assert!(!said.contains(server.password()), "{said}");
    }
}

#[tokio::test]
async fn a_store_prints_no_password() {
    let house = House::postgres().await;
    let (store, _) = house.store().await;
    let password = test_postgres::shared().await.password();
    let name = house.database().name(house.dir.path());
    let said = format!("{store:?} {:?} {name}", house.database());
    assert!(said.contains("postgres://kaibo@127.0.0.1:"), "{said}");
    assert!(!said.contains(password), "{said}");
    assert!(!house.holds(password.as_bytes()).await);
}

#[tokio::test]
async fn a_hundred_writes_of_two_folders_keep_the_events_in_order() {
    let house = House::postgres().await;
    let (store, one) = house.store().await;
    let (_folder, other) = elsewhere(&house).await;
    let two = add_app(&other, "wx_two").await;
    let codes: Vec<String> = (0..100).map(|n| n.to_string()).collect();
    let writing = futures_util::future::join_all(codes.iter().enumerate().map(|(n, code)| {
        let (store, app_id) = [(&store, &one), (&other, &two)][n % 2];
        a_room(store, app_id, code)
    }));
    // A tail that reads on from the last event it has seen misses none.
    let reading = async {
        let mut seen = Vec::new();
        let mut watcher = store.watch();
        while seen.len() < 100 {
            watcher.changed().await;
            let after = seen.last().copied().unwrap_or(0);
            let events = store.events_after(after, 1000).await.unwrap();
            seen.extend(events.iter().map(|event| event.offset));
        }
    };
    let both = Box::pin(async { tokio::join!(writing, reading) });
    timeout(PATIENCE, both).await.expect("no event is missed");
}
