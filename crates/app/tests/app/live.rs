//! Publishers: whose key opens what, and what follows from a stream.

use crate::house::{House, plan_in};
use kaibo_app::domain::quota::Limits;
use kaibo_app::domain::room::{Command, Room, Status};
use kaibo_app::domain::{HOUR_MS, MINUTE_MS};
use kaibo_app::{Admission, AppConfig, Playback, RefusedPush};

async fn key(house: &House, room: &Room) -> (String, String) {
    let key = house.kaibo.push_address(room).await.unwrap().key;
    let (stream, query) = key.split_once('?').unwrap();
    (stream.to_owned(), query.to_owned())
}

async fn admit(house: &House, stream: &str, query: &str) -> Result<Playback, RefusedPush> {
    match house.kaibo.admit(stream, query).await.unwrap() {
        Admission::Admitted(playback) => Ok(playback),
        Admission::Refused(why) => Err(why),
    }
}

async fn refused(house: &House, stream: &str, query: &str) -> RefusedPush {
    admit(house, stream, query).await.err().expect("refused")
}

#[tokio::test]
async fn push_address_has_wechat_s_shape() {
    let house = House::new().await;
    let room = house.room_in(15).await;
    let push = house.kaibo.push_address(&room).await.unwrap();
    let (head, tail) = push.address.split_once("?txSecret=").unwrap();
    assert_eq!(
        head,
        format!("rtmp://localhost/live/{}-{}", house.app, room.id)
    );
    let (secret, time) = tail.split_once("&txTime=").unwrap();
    assert_eq!(secret.len(), 32);
    assert!(secret.bytes().all(|b| b.is_ascii_hexdigit()));
    let expires = i64::from_str_radix(time, 16).unwrap() * 1000;
    assert_eq!((time.len(), expires), (8, room.draft.end_at + 24 * HOUR_MS));
}

#[tokio::test]
async fn only_the_room_s_own_key_opens_it() {
    let house = House::new().await;
    let (room, other) = (house.room_in(15).await, house.room_in(15).await);
    let (stream, query) = key(&house, &room).await;
    let (other_stream, other_query) = key(&house, &other).await;
    assert!(matches!(
        admit(&house, &stream, &query).await,
        Ok(Playback::Preview(_))
    ));
    assert_eq!(
        refused(&house, &stream, &other_query).await,
        RefusedPush::WrongKey
    );
    assert_eq!(
        refused(&house, &other_stream, &query).await,
        RefusedPush::WrongKey
    );
    assert_eq!(refused(&house, &stream, "").await, RefusedPush::WrongKey);
    assert_eq!(
        refused(&house, &stream, "txSecret=&txTime=").await,
        RefusedPush::WrongKey
    );
    assert_eq!(
        refused(&house, "wx0000000000000000-1", &query).await,
        RefusedPush::UnknownRoom
    );
    assert_eq!(
        refused(&house, "no name", &query).await,
        RefusedPush::UnknownRoom
    );
    let later = query.replace("txTime=6", "txTime=7");
    assert_ne!(later, query);
    assert_eq!(
        refused(&house, &stream, &later).await,
        RefusedPush::WrongKey,
        "txTime is signed"
    );
}

#[tokio::test]
async fn revoked_key_is_told_apart_for_the_anchor() {
    let house = House::new().await;
    let room = house.room_in(15).await;
    let (stream, old) = key(&house, &room).await;
    house.kaibo.revoke_push(&house.app, room.id).await.unwrap();
    assert_eq!(
        refused(&house, &stream, &old).await,
        RefusedPush::RevokedKey
    );
    let seen = house.kaibo.push_refusal(&house.app, room.id).await;
    assert_eq!(seen.unwrap(), None, "a refusal waits for no write");
    let why = RefusedPush::RevokedKey.name();
    let noted = house.kaibo.note_push_refused(&stream, why, None).await;
    noted.unwrap();
    let seen = house
        .kaibo
        .push_refusal(&house.app, room.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(seen.reason, "revoked_key");
    let (_, new) = key(&house, &room).await;
    assert!(admit(&house, &stream, &new).await.is_ok());
}

#[tokio::test]
async fn key_past_its_time_opens_only_a_room_on_air() {
    let house = House::new().await;
    let room = house.room_in(15).await;
    let (stream, old) = key(&house, &room).await;
    let later = plan_in(3 * 24 * 60, house.kaibo.now());
    let room = house
        .kaibo
        .edit_room(&house.app, room.id, later)
        .await
        .unwrap();
    let (_, new) = key(&house, &room).await;
    assert!(
        admit(&house, &stream, &old).await.is_ok(),
        "an edit leaves the encoder its key"
    );
    house.clock.advance(3 * 24 * HOUR_MS);
    assert_eq!(
        refused(&house, &stream, &old).await,
        RefusedPush::ExpiredKey
    );
    assert!(admit(&house, &stream, &new).await.is_ok());
    assert!(house.kaibo.good_stream(&stream).await.unwrap());
    assert!(admit(&house, &stream, &old).await.is_ok());
}

#[tokio::test]
async fn over_and_banned_rooms_take_no_stream() {
    let house = House::new().await;
    let room = house.room_in(15).await;
    let (stream, query) = key(&house, &room).await;
    let ban = Command::Ban {
        reason: "违规".into(),
        actor: "owner".into(),
    };
    house.kaibo.apply(&house.app, room.id, ban).await.unwrap();
    assert_eq!(
        refused(&house, &stream, &query).await,
        RefusedPush::RoomOver
    );
    assert!(matches!(
        house.kaibo.playback(&stream).await.unwrap(),
        Playback::Cut
    ));
}

#[tokio::test]
async fn stream_beyond_the_live_limit_is_refused_and_the_room_says_why() {
    let limits = Limits {
        live_at_once: 1,
        ..Limits::default()
    };
    let house = House::with(AppConfig {
        limits,
        ..AppConfig::default()
    })
    .await;
    let (first, second) = (house.room_in(15).await, house.room_in(15).await);
    let early = house.room_in(180).await;
    let (a, _) = key(&house, &first).await;
    let (b, b_query) = key(&house, &second).await;
    let (c, c_query) = key(&house, &early).await;
    assert!(house.kaibo.good_stream(&a).await.unwrap());
    assert_eq!(refused(&house, &b, &b_query).await, RefusedPush::Quota);
    assert!(
        !house.kaibo.good_stream(&b).await.unwrap(),
        "the exact count is the save's"
    );
    let seen = house
        .kaibo
        .push_refusal(&house.app, second.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(seen.reason, "quota");
    assert!(
        admit(&house, &c, &c_query).await.is_ok(),
        "a preview is not live"
    );
    house
        .kaibo
        .apply(&house.app, first.id, Command::End)
        .await
        .unwrap();
    assert!(admit(&house, &b, &b_query).await.is_ok());
}

#[tokio::test]
async fn viewers_watch_live_rooms_and_nobody_else_s_previews() {
    let house = House::new().await;
    let room = house.room_in(15).await;
    let (stream, _) = key(&house, &room).await;
    let Playback::Preview(token) = house.kaibo.playback(&stream).await.unwrap() else {
        panic!("planned rooms are previews")
    };
    let preview = house.kaibo.preview(&room).await.unwrap().unwrap();
    assert_eq!(preview.flv, format!("/live/{stream}.flv?token={token}"));
    assert!(house.kaibo.play(&room).is_none());
    assert!(house.kaibo.good_stream(&stream).await.unwrap());
    let live = house.kaibo.room(&house.app, room.id).await.unwrap();
    assert_eq!(live.status, Status::Live);
    assert!(matches!(
        house.kaibo.playback(&stream).await.unwrap(),
        Playback::Open
    ));
    assert!(house.kaibo.play(&live).is_some());
    house
        .kaibo
        .apply(&house.app, room.id, Command::Pause)
        .await
        .unwrap();
    assert!(matches!(
        house.kaibo.playback(&stream).await.unwrap(),
        Playback::Preview(_)
    ));
}

#[tokio::test]
async fn lost_stream_waits_fifteen_minutes() {
    let house = House::new().await;
    let room = house.room_in(15).await;
    let (stream, _) = key(&house, &room).await;
    house.kaibo.good_stream(&stream).await.unwrap();
    house.kaibo.lost_stream(&stream).await.unwrap();
    let status = async || house.kaibo.room(&house.app, room.id).await.unwrap().status;
    assert_eq!(status().await, Status::Lost);
    house.clock.advance(15 * MINUTE_MS - 1);
    assert_eq!(status().await, Status::Lost);
    assert!(house.kaibo.good_stream(&stream).await.unwrap());
    assert_eq!(status().await, Status::Live);
    house.kaibo.lost_stream(&stream).await.unwrap();
    house.clock.advance(15 * MINUTE_MS);
    assert_eq!(status().await, Status::Ended);
    assert!(!house.kaibo.good_stream(&stream).await.unwrap());
}
