//! Events: carried out in order, whoever wrote them, before the writer gets its answer.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::house::House;
use kaibo_app::domain::event::{RoomEvent, StoredEvent};
use kaibo_app::domain::room::{Command, Status};
use kaibo_app::{Changed, Kaibo};
use kaibo_store::Store;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

type Log = Arc<Mutex<Vec<StoredEvent>>>;

/// Runs the tail as a server does, and logs what it carries out.
async fn serve(kaibo: &Kaibo, tasks: &TaskTracker, stop: &CancellationToken) -> Log {
    let log = Log::default();
    let (ready, tailing) = oneshot::channel();
    let (kaibo, stop, seen) = (kaibo.clone(), stop.clone(), log.clone());
    tasks.spawn(async move {
        let carry_out = |event| {
            let seen = seen.clone();
            async move { seen.lock().unwrap().push(event) }
        };
        kaibo.run_outbox(stop, ready, carry_out).await.unwrap();
    });
    tailing.await.unwrap();
    log
}

#[tokio::test]
async fn command_beside_the_server_is_carried_out_before_it_returns() {
    let house = House::new().await;
    let room = house.room_in(15).await;
    let server_store = Store::open(house.folder.path()).await.unwrap();
    let _lock = server_store
        .lock_server()
        .await
        .unwrap()
        .expect("nobody else serves");
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    let log = serve(&house.kaibo, &tasks, &stop).await;

    let command_line = house.beside().await;
    let ban = Command::Ban {
        reason: "违规".into(),
        actor: "command line".into(),
    };
    let applied = command_line.apply(&house.app, room.id, ban).await.unwrap();
    let last = log
        .lock()
        .unwrap()
        .last()
        .cloned()
        .expect("carried out already");
    assert_eq!(last.offset, applied.offset);
    assert!(matches!(
        last.event,
        RoomEvent::Status {
            to: Status::Banned,
            ..
        }
    ));
    stop.cancel();
    tasks.close();
    tasks.wait().await;
}

#[tokio::test]
async fn command_without_a_server_returns_at_once() {
    let house = House::new().await;
    let room = house.room_in(15).await;
    let limit = Duration::from_secs(2);
    let delete = house.kaibo.apply(&house.app, room.id, Command::Delete);
    tokio::time::timeout(limit, delete)
        .await
        .expect("nothing to wait for")
        .unwrap();
}

#[tokio::test]
async fn listeners_hear_a_room_s_events_in_the_order_of_offsets() {
    let house = House::new().await;
    let (room, other) = (house.room_in(15).await, house.room_in(15).await);
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    let log = serve(&house.kaibo, &tasks, &stop).await;
    let mut changes = house.kaibo.room_changes(room.id);
    let stream = format!("{}-{}", house.app, room.id);
    house.kaibo.good_stream(&stream).await.unwrap();
    house
        .kaibo
        .apply(&house.app, other.id, Command::Start)
        .await
        .unwrap();
    house
        .kaibo
        .apply(&house.app, room.id, Command::Pause)
        .await
        .unwrap();
    house
        .kaibo
        .apply(&house.app, room.id, Command::End)
        .await
        .unwrap();
    let mut offsets = Vec::new();
    for to in [Status::Live, Status::Paused, Status::Ended] {
        let Some(Changed::Event(event)) = changes.next().await else {
            panic!("an event")
        };
        assert!(matches!(event.event, RoomEvent::Status { to: was, .. } if was == to));
        offsets.push(event.offset);
    }
    assert!(offsets.is_sorted());
    let carried: Vec<i64> = log
        .lock()
        .unwrap()
        .iter()
        .map(|event| event.offset)
        .collect();
    assert!(carried.is_sorted() && carried.len() == 4, "{carried:?}");
    stop.cancel();
}
