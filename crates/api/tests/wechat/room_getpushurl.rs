//! `GET /wxaapi/broadcast/room/getpushurl` (cases E05).

use axum::http::Method;
use kaibo_domain::room::Command;
use serde_json::{Value, json};

use crate::world::{APP_ID, PUSH_URL, World, verdict};

const STATUS: (i64, &str) = (
    300_023,
    "the current room status does not allow this operation",
);

async fn push_url(world: &World, query: &str) -> Value {
    world
        .get(&world.with_token(&format!("{PUSH_URL}?{query}")))
        .await
}

#[tokio::test]
async fn the_address_has_wechats_shape_and_ends_a_day_after_the_plan() {
    let world = World::new().await;
    let room = world.room().await;
    for key in ["roomId", "id", "room_id", "roomid"] {
        let answer = push_url(&world, &format!("{key}={room}")).await;
        let address = answer["pushAddr"].as_str().unwrap();
        let head = format!("rtmp://push.test/live/{APP_ID}-{room}?txSecret=");
        let (secret, time) = address
            .strip_prefix(&head)
            .unwrap()
            .split_once("&txTime=")
            .unwrap();
        assert_eq!((secret.len(), time.len()), (32, 8));
        assert!(secret.bytes().all(|b| b.is_ascii_hexdigit()));
        let end = world.now() + 7_200 + 24 * 3_600;
        assert_eq!(i64::from_str_radix(time, 16).unwrap(), end);
    }
}

#[tokio::test]
async fn it_is_read_and_not_posted() {
    let world = World::new().await;
    let room = world.room().await;
    let answer = world.post(PUSH_URL, &json!({"roomId": room})).await;
    assert_eq!(verdict(&answer), (43_001, "require GET method"));
    let head = crate::world::request(
        Method::HEAD,
        &world.with_token(&format!("{PUSH_URL}?roomId={room}")),
        None,
        "",
    );
    assert!(world.respond(head).await.status().is_success());
}

#[tokio::test]
async fn only_rooms_of_this_app_have_one() {
    let world = World::new().await;
    let room = world.room().await;
    let none = (300_022, "room not exist");
    assert_eq!(verdict(&push_url(&world, "roomId=999999999").await), none);
    let other = format!(
        "{PUSH_URL}?roomId={room}&access_token={}",
        world.other_app().await
    );
    assert_eq!(verdict(&world.get(&other).await), none);
    let missing = (200_002, "parameter roomId must no be null");
    assert_eq!(verdict(&push_url(&world, "").await), missing);
    let invalid = (200_002, "parameter roomId is invalid");
    assert_eq!(verdict(&push_url(&world, "roomId=x").await), invalid);
}

#[tokio::test]
async fn phone_rooms_and_rooms_that_are_over_have_none() {
    let mut world = World::new().await;
    let mut plan = world.plan();
    plan["type"] = json!(0);
    let phone = world.room_with(plan).await;
    assert_eq!(
        verdict(&push_url(&world, &format!("roomId={phone}")).await),
        STATUS
    );

    let expired = world.room().await;
    let room = world.live_room().await;
    let query = format!("roomId={room}");
    assert_eq!(push_url(&world, &query).await["errcode"], 0);
    world.command(room, Command::Pause).await;
    assert_eq!(push_url(&world, &query).await["errcode"], 0);
    world.command(room, Command::End).await;
    assert_eq!(verdict(&push_url(&world, &query).await), STATUS);
    let (reason, actor) = ("test".to_owned(), "owner".to_owned());
    world.command(room, Command::Ban { reason, actor }).await;
    assert_eq!(verdict(&push_url(&world, &query).await), STATUS);

    world.advance_far(3 * 3_600).await;
    let query = format!("roomId={expired}");
    assert_eq!(verdict(&push_url(&world, &query).await), STATUS);
}
