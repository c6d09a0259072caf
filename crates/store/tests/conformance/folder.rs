//! The data folder: opening, reopening, keys, locks, what the files hold.

use futures_util::future::join_all;
use kaibo_domain::id::RoomId;
use kaibo_store::{DATABASE_FILE, KEY_FILE, KeyError, Store, StoreError};

use crate::{House, NOW, a_room, add_app, make_room};

async fn reopening_keeps_everything(house: House) {
    let (store, one) = house.store().await;
    let room = a_room(&store, &one, "code").await;
    store.note_applied(1, NOW).await.unwrap();
    store.close().await;
    assert!(matches!(store.ping().await, Err(StoreError::Closed)));
    assert!(matches!(
        store.room(&one, room.id).await,
        Err(StoreError::Closed)
    ));

    let store = house.open().await;
    store.ping().await.unwrap();
    assert_eq!(
        store.room(&one, room.id).await.unwrap().as_ref(),
        Some(&room)
    );
    let access = store.room_access(&one, room.id).await.unwrap().unwrap();
    assert_eq!((access.code.as_str(), access.push_seed), ("code", [9; 32]));
    let found = store.room_by_code("code").await.unwrap();
    assert_eq!(found, Some((one.clone(), room.id)));
    assert_eq!(store.applied_offset().await.unwrap(), 1);
    let (next, offset) = make_room(&store, &one, "next").await.unwrap().unwrap();
    assert_eq!(offset, 2);
    assert_ne!(next.id, room.id);
}

async fn a_folder_that_is_not_there_is_made(house: House) {
    let data = house.dir.path().join("new/data");
    assert!(!Store::is_in(&data));
    let store = Store::open_with(&data, &house.database()).await.unwrap();
    assert!(Store::is_in(&data));
    store.ping().await.unwrap();
}

async fn a_database_is_refused_without_its_own_key(house: House) {
    house.open().await.close().await;
    let other = house.another().await;
    other.open().await.close().await;
    let key = house.dir.path().join(KEY_FILE);
    std::fs::copy(other.dir.path().join(KEY_FILE), &key).unwrap();
    assert!(matches!(refusal(&house).await, KeyError::Foreign(_)));
    std::fs::remove_file(&key).unwrap();
    assert!(matches!(refusal(&house).await, KeyError::Missing(_)));
}

async fn refusal(house: &House) -> KeyError {
    match Store::open_with(house.dir.path(), &house.database()).await {
        Err(StoreError::Key(error)) => std::sync::Arc::into_inner(error).unwrap(),
        other => panic!("{other:?}"),
    }
}

async fn many_first_openings_at_once_make_one_database(house: House) {
    let stores = join_all((0..8).map(|_| house.open())).await;
    let keys: Vec<_> = stores.iter().map(|s| s.keys().derive("x")).collect();
    assert!(keys.windows(2).all(|w| w[0] == w[1]));
    add_app(&stores[0], "wx_one").await;
    assert_eq!(stores[7].apps().await.unwrap().len(), 1);
}

async fn stores_that_write_at_once_lose_nothing_and_repeat_no_id(house: House) {
    let server = house.open().await;
    let command_line = house.open().await;
    let one = add_app(&server, "wx_one").await;
    let codes: Vec<String> = (0..60).map(|n| n.to_string()).collect();
    let made = codes.iter().enumerate().map(|(n, code)| {
        let store = [&server, &command_line][n % 2];
        a_room(store, &one, code)
    });
    let mut ids: Vec<RoomId> = join_all(made).await.iter().map(|r| r.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 60);
    let events = server.events_after(0, 100).await.unwrap();
    let offsets: Vec<i64> = events.iter().map(|e| e.offset).collect();
    assert_eq!(offsets, (1..=60).collect::<Vec<_>>());
}

async fn secrets_are_nowhere_in_what_is_kept(house: House) {
    let (store, one) = house.store().await;
    let room = a_room(&store, &one, "canary-code-first").await;
    store
        .renew_code(&one, room.id, "canary-code-second", NOW)
        .await
        .unwrap();
    for closed in [false, true] {
        if closed {
            store.close().await;
        }
        let plain = "双十一专场".as_bytes();
        assert!(house.holds(plain).await, "plain columns are found");
        assert!(!house.holds(b"canary-code").await);
        assert!(!house.holds(&[9; 32]).await, "the push seed");
    }
}

async fn files_of_an_open_folder_are_the_owner_s_alone(house: House) {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = house.dir.path();
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o755)).unwrap();
    let (store, one) = house.store().await;
    a_room(&store, &one, "code").await;
    drop(store.lock_server().await.unwrap());
    for entry in std::fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", entry.path().display());
    }
    assert_eq!(dir.join(DATABASE_FILE).exists(), !house.is_postgres());
}

async fn one_server_runs_on_a_folder(house: House) {
    let store = house.open().await;
    let other = house.open().await;
    assert!(!store.server_is_running().await.unwrap());
    let lock = store.lock_server().await.unwrap().unwrap();
    assert!(store.server_is_running().await.unwrap());
    assert!(other.server_is_running().await.unwrap());
    assert!(other.lock_server().await.unwrap().is_none());
    drop(lock);
    assert!(other.lock_server().await.unwrap().is_some());
}

#[tokio::test]
async fn a_store_for_tests_leaves_nothing_behind() {
    let store = Store::open_in_memory().await.unwrap();
    let dir = store.data_dir().to_owned();
    assert!(dir.join(DATABASE_FILE).exists());
    store.close().await;
    drop(store);
    assert!(!dir.exists());
}

cases![
    reopening_keeps_everything,
    a_folder_that_is_not_there_is_made,
    a_database_is_refused_without_its_own_key,
    many_first_openings_at_once_make_one_database,
    stores_that_write_at_once_lose_nothing_and_repeat_no_id,
    secrets_are_nowhere_in_what_is_kept,
    files_of_an_open_folder_are_the_owner_s_alone,
    one_server_runs_on_a_folder,
];
