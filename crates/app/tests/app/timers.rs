//! Timers: whatever one room does, the others' deadlines are kept.

use crate::house::House;
use crate::restart::run_timers_once;
use kaibo_app::AppConfig;
use kaibo_app::domain::MINUTE_MS;
use kaibo_app::domain::quota::Limits;
use kaibo_app::domain::room::{Command, Status};

/// Rooms of which one may be live at once.
async fn house_of_one() -> House {
    let limits = Limits {
        live_at_once: 1,
        ..Limits::default()
    };
    House::with(AppConfig {
        limits,
        ..AppConfig::default()
    })
    .await
}

#[tokio::test]
async fn preview_beyond_the_live_limit_is_sent_away_and_stops_no_other_timer() {
    let house = house_of_one().await;
    let (live, preview) = (house.room_in(15).await, house.room_in(60).await);
    let stream = |id| format!("{}-{id}", house.app);
    assert!(house.kaibo.good_stream(&stream(preview.id)).await.unwrap());
    assert!(house.kaibo.good_stream(&stream(live.id)).await.unwrap());
    let other = house.room_in(15).await;
    house.clock.advance(120 * MINUTE_MS);
    run_timers_once(&house.kaibo).await;

    let room = async |id| house.kaibo.room(&house.app, id).await.unwrap();
    assert_eq!(room(other.id).await.status, Status::Expired);
    assert_eq!(room(live.id).await.status, Status::Live);
    let waiting = room(preview.id).await;
    assert_eq!(
        (waiting.status, waiting.good),
        (Status::Expired, false),
        "its planned end has passed too"
    );
}

#[tokio::test]
async fn preview_beyond_the_live_limit_stays_planned_and_says_why() {
    let house = house_of_one().await;
    let (live, preview) = (house.room_in(15).await, house.room_in(60).await);
    let stream = |id| format!("{}-{id}", house.app);
    assert!(house.kaibo.good_stream(&stream(preview.id)).await.unwrap());
    assert!(house.kaibo.good_stream(&stream(live.id)).await.unwrap());
    house.clock.advance(31 * MINUTE_MS);
    run_timers_once(&house.kaibo).await;

    let waiting = house.kaibo.room(&house.app, preview.id).await.unwrap();
    assert_eq!((waiting.status, waiting.good), (Status::Planned, false));
    let seen = house.kaibo.push_refusal(&house.app, preview.id).await;
    assert_eq!(seen.unwrap().unwrap().reason, "quota");
}

#[tokio::test]
async fn deadline_saved_under_other_settings_is_counted_anew() {
    let house = House::new().await;
    let room = house.room_in(15).await;
    let stream = format!("{}-{}", house.app, room.id);
    house.kaibo.good_stream(&stream).await.unwrap();
    // A command line with another configuration saves the room, and with it its own cap.
    let mut config = AppConfig::default();
    config.room.max_hours = 1;
    let beside = house.beside_with(&config).await;
    let applied = beside.apply(&house.app, room.id, Command::Pause).await;
    applied.unwrap();
    house.clock.advance(61 * MINUTE_MS);
    run_timers_once(&house.kaibo).await;
    let room = house.kaibo.room(&house.app, room.id).await.unwrap();
    assert_eq!(room.status, Status::Paused, "by the server's own settings");
}
