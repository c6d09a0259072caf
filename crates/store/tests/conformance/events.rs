//! The outbox and its watchers.

use std::time::Duration;

use kaibo_store::Watcher;

use crate::{House, NOW, a_room, add_app};

async fn events_rise_from_one_and_are_read_in_pages(house: House) {
    let (store, one) = house.store().await;
    assert_eq!(store.last_offset().await.unwrap(), 0);
    for code in ["a", "b", "c"] {
        a_room(&store, &one, code).await;
    }
    let offsets = async |after, limit| {
        let events = store.events_after(after, limit).await.unwrap();
        events.iter().map(|e| e.offset).collect::<Vec<_>>()
    };
    assert_eq!(offsets(0, 10).await, [1, 2, 3]);
    assert_eq!(offsets(1, 1).await, [2]);
    assert_eq!(offsets(3, 10).await, [0; 0]);
    assert_eq!(store.last_offset().await.unwrap(), 3);
}

async fn what_was_applied_never_goes_back(house: House) {
    let (store, _) = house.store().await;
    assert_eq!(store.applied_offset().await.unwrap(), 0);
    for (noted, kept) in [(5, 5), (3, 5), (9, 9)] {
        store.note_applied(noted, NOW).await.unwrap();
        assert_eq!(store.applied_offset().await.unwrap(), kept);
    }
}

async fn a_watcher_wakes_for_own_commits_and_waits_without(house: House) {
    let (store, one) = house.store().await;
    let mut watcher = store.watch();
    watcher.changed().await;
    settle(&mut watcher).await;
    a_room(&store, &one, "code").await;
    watcher.changed().await;
    assert_eq!(store.last_offset().await.unwrap(), 1);
}

async fn a_watcher_misses_nothing_between_its_calls(house: House) {
    let (store, one) = house.store().await;
    let mut watcher = store.watch();
    for n in 1..=20 {
        watcher.changed().await;
        let before = store.last_offset().await.unwrap();
        a_room(&store, &one, &n.to_string()).await;
        watcher.changed().await;
        assert_eq!(store.last_offset().await.unwrap(), before + 1);
    }
}

async fn a_commit_of_another_process_wakes_a_watcher(house: House) {
    let server = house.open().await;
    let one = add_app(&server, "wx_one").await;
    let mut watcher = server.watch();
    watcher.changed().await;
    settle(&mut watcher).await;
    // A second store shares nothing with the first but the folder and the database.
    let command_line = house.open().await;
    let room = a_room(&command_line, &one, "code").await;
    tokio::time::timeout(Duration::from_secs(10), watcher.changed())
        .await
        .expect("the other store's commit is noticed");
    assert_eq!(server.room(&one, room.id).await.unwrap(), Some(room));
}

/// Takes the wakes that earlier commits still owe; ends once the watcher waits.
async fn settle(watcher: &mut Watcher) {
    let quiet = Duration::from_millis(500);
    while tokio::time::timeout(quiet, watcher.changed()).await.is_ok() {}
}

cases![
    events_rise_from_one_and_are_read_in_pages,
    what_was_applied_never_goes_back,
    a_watcher_wakes_for_own_commits_and_waits_without,
    a_watcher_misses_nothing_between_its_calls,
    a_commit_of_another_process_wakes_a_watcher,
];
