//! A room's sub-anchor, beyond what the cases say.

use kaibo_domain::room::Command;
use serde_json::json;

use crate::world::{CREATE, World, verdict};

const ADD: &str = "/wxaapi/broadcast/room/addsubanchor";
const MODIFY: &str = "/wxaapi/broadcast/room/modifysubanchor";
const DELETE: &str = "/wxaapi/broadcast/room/deletesubanchor";
const GET: &str = "/wxaapi/broadcast/room/getsubanchor";
const DELETE_ROLE: &str = "/wxaapi/broadcast/role/deleterole";

async fn name(world: &World, path: &str, room: i64, who: &str) -> i64 {
    let body = json!({"roomId": room, "username": who});
    verdict(&world.post(path, &body).await).0
}

async fn sub_anchor(world: &World, room: i64) -> String {
    let path = world.with_token(&format!("{GET}?roomId={room}"));
    let answer = world.get(&path).await;
    answer["username"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn one_is_named_replaced_and_dropped_while_the_room_is_on_air() {
    let world = World::new().await;
    world.verify("anchor_b").await;
    world.verify("anchor_c").await;
    let room = world.live_room().await;
    assert_eq!(name(&world, MODIFY, room, "anchor_b").await, 0);
    assert_eq!(name(&world, ADD, room, "anchor_c").await, 500_003);
    assert_eq!(name(&world, MODIFY, room, "anchor_c").await, 0);
    assert_eq!(sub_anchor(&world, room).await, "anchor_c");
    for _ in 0..2 {
        let answer = world.post(DELETE, &json!({"roomId": room})).await;
        assert_eq!(verdict(&answer).0, 0);
        assert_eq!(sub_anchor(&world, room).await, "");
    }
    world.command(room, Command::End).await;
    assert_eq!(name(&world, ADD, room, "anchor_b").await, 300_023);
    let answer = world.post(DELETE, &json!({"roomId": room})).await;
    assert_eq!(verdict(&answer).0, 300_023);
}

#[tokio::test]
async fn whoever_is_an_anchor_no_more_is_not_acceptable() {
    let world = World::new().await;
    world.verify("anchor_b").await;
    let body = json!({"username": "anchor_b", "role": 2});
    assert_eq!(verdict(&world.post(DELETE_ROLE, &body).await).0, 0);
    let room = world.room().await;
    assert_eq!(name(&world, ADD, room, "anchor_b").await, 500_001);
    let mut plan = world.plan();
    plan["subAnchorWechat"] = json!("anchor_b");
    assert_eq!(verdict(&world.post(CREATE, &plan).await).0, 500_001);
}

#[tokio::test]
async fn a_foreign_room_looks_like_none() {
    let mut world = World::new().await;
    let room = world.room().await;
    world.token = world.other_app().await;
    assert_eq!(name(&world, ADD, room, "anchor_b").await, 300_022);
    let path = world.with_token(&format!("{GET}?roomId={room}"));
    assert_eq!(verdict(&world.get(&path).await).0, 300_022);
}
