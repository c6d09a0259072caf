//! The restart rows of the state table, through the store, on a clock that the test sets.

use std::time::Duration;

use crate::house::House;
use kaibo_app::Kaibo;
use kaibo_app::domain::room::{Command, Room, Status};
use kaibo_app::domain::{HOUR_MS, MINUTE_MS};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const LOST_MS: i64 = 10_000;
const GRACE_MS: i64 = 15 * MINUTE_MS;

async fn live(house: &House) -> Room {
    let room = house.room_in(15).await;
    house
        .kaibo
        .good_stream(&format!("{}-{}", house.app, room.id))
        .await
        .unwrap();
    room
}

/// The server again, after `down` milliseconds; its timers have run once.
async fn restart(house: &House, down: i64) -> Kaibo {
    house.clock.advance(down);
    let kaibo = house.beside().await;
    kaibo.restart_rooms().await.unwrap();
    run_timers_once(&kaibo).await;
    kaibo
}

/// Runs timers until nothing is due any more.
pub(crate) async fn run_timers_once(kaibo: &Kaibo) {
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    let (timers, until) = (kaibo.clone(), stop.clone());
    tasks.spawn(async move { timers.run_timers(until).await });
    // Timers look at once; what is due is saved when nothing is due any more.
    let limit = Duration::from_secs(5);
    tokio::time::timeout(limit, async {
        while kaibo.has_due_rooms().await.unwrap() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("timers fire what is due");
    stop.cancel();
    tasks.close();
    tasks.wait().await;
}

/// The status as saved, not as settled on read.
async fn saved(kaibo: &Kaibo, house: &House, room: &Room) -> Status {
    run_timers_once(kaibo).await;
    kaibo.room(&house.app, room.id).await.unwrap().status
}

#[tokio::test]
async fn live_room_becomes_lost_ten_seconds_after_readiness() {
    let house = House::new().await;
    let room = live(&house).await;
    let kaibo = restart(&house, HOUR_MS).await;
    assert_eq!(saved(&kaibo, &house, &room).await, Status::Live);
    house.clock.advance(LOST_MS - 1);
    assert_eq!(saved(&kaibo, &house, &room).await, Status::Live);
    house.clock.advance(1);
    assert_eq!(saved(&kaibo, &house, &room).await, Status::Lost);
    house.clock.advance(GRACE_MS - LOST_MS - 1);
    assert_eq!(saved(&kaibo, &house, &room).await, Status::Lost);
    house.clock.advance(1);
    assert_eq!(saved(&kaibo, &house, &room).await, Status::Ended);
}

#[tokio::test]
async fn live_room_whose_encoder_comes_back_in_time_was_never_lost() {
    let house = House::new().await;
    let room = live(&house).await;
    let kaibo = restart(&house, HOUR_MS).await;
    house.clock.advance(5_000);
    assert!(
        kaibo
            .good_stream(&format!("{}-{}", house.app, room.id))
            .await
            .unwrap()
    );
    house.clock.advance(HOUR_MS);
    assert_eq!(saved(&kaibo, &house, &room).await, Status::Live);
}

#[tokio::test]
async fn paused_room_keeps_its_own_clock() {
    let house = House::new().await;
    let room = live(&house).await;
    house
        .kaibo
        .apply(&house.app, room.id, Command::Pause)
        .await
        .unwrap();
    house
        .kaibo
        .lost_stream(&format!("{}-{}", house.app, room.id))
        .await
        .unwrap();
    let kaibo = restart(&house, 10 * MINUTE_MS).await;
    assert_eq!(saved(&kaibo, &house, &room).await, Status::Paused);
    house.clock.advance(5 * MINUTE_MS);
    assert_eq!(saved(&kaibo, &house, &room).await, Status::Ended);
}

#[tokio::test]
async fn timers_missed_while_down_fire_at_their_own_times() {
    let house = House::new().await;
    let (planned, lost) = (house.room_in(15).await, live(&house).await);
    house
        .kaibo
        .lost_stream(&format!("{}-{}", house.app, lost.id))
        .await
        .unwrap();
    let lost_at = house.kaibo.now();
    let kaibo = restart(&house, 24 * HOUR_MS).await;
    let expired = kaibo.room(&house.app, planned.id).await.unwrap();
    assert_eq!(
        (expired.status, expired.ended_at),
        (Status::Expired, Some(planned.draft.end_at))
    );
    let ended = kaibo.room(&house.app, lost.id).await.unwrap();
    assert_eq!(
        (ended.status, ended.ended_at),
        (Status::Ended, Some(lost_at + GRACE_MS))
    );
}

#[tokio::test]
async fn preview_of_before_the_restart_does_not_start_its_room() {
    let house = House::new().await;
    let room = house.room_in(180).await;
    house
        .kaibo
        .good_stream(&format!("{}-{}", house.app, room.id))
        .await
        .unwrap();
    let kaibo = restart(&house, 160 * MINUTE_MS).await;
    assert_eq!(saved(&kaibo, &house, &room).await, Status::Planned);
}
