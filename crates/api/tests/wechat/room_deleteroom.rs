//! `POST /wxaapi/broadcast/room/deleteroom` (cases E03).

use axum::http::Method;
use serde_json::json;

use crate::world::{DELETE, LIST, World, request, verdict};

const NONE: (i64, &str) = (300_022, "room not exist");

#[tokio::test]
async fn a_deleted_room_is_nowhere() {
    let world = World::new().await;
    let room = world.room().await;
    assert_eq!(
        verdict(&world.post(DELETE, &json!({"id": room})).await),
        (0, "ok")
    );
    assert_eq!(
        world.post(LIST, &json!({"start": 0, "limit": 9})).await["errcode"],
        9_410_000
    );
    assert_eq!(
        verdict(&world.post(DELETE, &json!({"id": room})).await),
        NONE
    );
}

#[tokio::test]
async fn every_spelling_of_the_id_is_taken() {
    let world = World::new().await;
    for key in ["id", "roomId", "room_id", "roomid"] {
        let room = world.room().await;
        let answer = world.post_as(DELETE, None, format!("{key}={room}")).await;
        assert_eq!(answer["errcode"], 0, "{key}");
        assert_eq!(
            world.post(DELETE, &json!({(key): room})).await["errcode"],
            300_022
        );
    }
}

#[tokio::test]
async fn wrong_ids_are_told_apart() {
    let world = World::new().await;
    let room = world.room().await;
    let missing = (200_002, "parameter id must no be null");
    assert_eq!(verdict(&world.post(DELETE, &json!({})).await), missing);
    let invalid = (200_002, "parameter id is invalid");
    assert_eq!(
        verdict(&world.post(DELETE, &json!({"id": "x"})).await),
        invalid
    );
    assert_eq!(
        verdict(&world.post(DELETE, &json!({"id": 999_999_999})).await),
        NONE
    );
    let path = format!("{DELETE}?access_token={}", world.other_app().await);
    let body = json!({"id": room}).to_string();
    let foreign = world.send(request(Method::POST, &path, None, body)).await;
    assert_eq!(verdict(&foreign), NONE);
    assert_eq!(world.row(room).await["roomid"], room);
}

#[tokio::test]
async fn a_room_on_air_stays_and_an_ended_one_goes() {
    let world = World::new().await;
    let live = world.live_room().await;
    let status = (
        300_023,
        "the current room status does not allow this operation",
    );
    assert_eq!(
        verdict(&world.post(DELETE, &json!({"id": live})).await),
        status
    );
    let ended = world.ended_room().await;
    assert_eq!(
        world.post(DELETE, &json!({"id": ended})).await["errcode"],
        0
    );
}
