//! The data folder: opening, reopening, keys, locks, what the files hold.

use std::path::Path;

use futures_util::future::join_all;
use kaibo_domain::id::RoomId;
use kaibo_store::{DATABASE_FILE, KEY_FILE, KeyError, Store, StoreError};

use crate::{NOW, a_room, add_app, make_room};

#[tokio::test]
async fn reopening_keeps_everything() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("new/data");
    let store = Store::open(&data).await.unwrap();
    let one = add_app(&store, "wx_one").await;
    let room = a_room(&store, &one, "code").await;
    store.note_applied(1, NOW).await.unwrap();
    store.close().await;
    assert!(matches!(store.ping().await, Err(StoreError::Closed)));
    assert!(matches!(
        store.room(&one, room.id).await,
        Err(StoreError::Closed)
    ));

    let store = Store::open(&data).await.unwrap();
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

#[tokio::test]
async fn a_database_is_refused_without_its_own_key() {
    let dir = tempfile::tempdir().unwrap();
    Store::open(dir.path()).await.unwrap().close().await;
    let other = tempfile::tempdir().unwrap();
    Store::open(other.path()).await.unwrap().close().await;
    let key = dir.path().join(KEY_FILE);
    std::fs::copy(other.path().join(KEY_FILE), &key).unwrap();
    assert!(matches!(refusal(dir.path()).await, KeyError::Foreign(_)));
    std::fs::remove_file(&key).unwrap();
    assert!(matches!(refusal(dir.path()).await, KeyError::Missing(_)));
}

async fn refusal(dir: &Path) -> KeyError {
    match Store::open(dir).await {
        Err(StoreError::Key(error)) => std::sync::Arc::into_inner(error).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn many_first_openings_at_once_make_one_database() {
    let dir = tempfile::tempdir().unwrap();
    let stores = join_all((0..8).map(|_| Store::open(dir.path()))).await;
    let stores: Vec<Store> = stores.into_iter().map(Result::unwrap).collect();
    let keys: Vec<_> = stores.iter().map(|s| s.keys().derive("x")).collect();
    assert!(keys.windows(2).all(|w| w[0] == w[1]));
    add_app(&stores[0], "wx_one").await;
    assert_eq!(stores[7].apps().await.unwrap().len(), 1);
}

#[tokio::test]
async fn stores_that_write_at_once_lose_nothing_and_repeat_no_id() {
    let dir = tempfile::tempdir().unwrap();
    let server = Store::open(dir.path()).await.unwrap();
    let command_line = Store::open(dir.path()).await.unwrap();
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

#[tokio::test]
async fn secrets_are_nowhere_in_the_files() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await.unwrap();
    let one = add_app(&store, "wx_one").await;
    let room = a_room(&store, &one, "canary-code-first").await;
    store
        .renew_code(&one, room.id, "canary-code-second", NOW)
        .await
        .unwrap();
    let in_files = |needle: &[u8]| {
        std::fs::read_dir(dir.path()).unwrap().any(|entry| {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            bytes.windows(needle.len()).any(|w| w == needle)
        })
    };
    for closed in [false, true] {
        if closed {
            store.close().await;
        }
        assert!(in_files("双十一专场".as_bytes()), "plain columns are found");
        assert!(!in_files(b"canary-code"));
        assert!(!in_files(&[9; 32]), "the push seed");
    }
}

#[tokio::test]
async fn files_of_an_open_folder_are_the_owner_s_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let store = Store::open(dir.path()).await.unwrap();
    let one = add_app(&store, "wx_one").await;
    a_room(&store, &one, "code").await;
    drop(store.lock_server().unwrap());
    for entry in std::fs::read_dir(dir.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", entry.path().display());
    }
}

#[tokio::test]
async fn one_server_runs_on_a_folder() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await.unwrap();
    let other = Store::open(dir.path()).await.unwrap();
    assert!(!store.server_is_running());
    let lock = store.lock_server().unwrap().unwrap();
    assert!(store.server_is_running() && other.server_is_running());
    assert!(other.lock_server().unwrap().is_none());
    drop(lock);
    assert!(!other.server_is_running());
    assert!(other.lock_server().unwrap().is_some());
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
