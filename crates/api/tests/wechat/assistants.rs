//! Assistants of a room, beyond what the cases say.

use kaibo_app::AppConfig;
use kaibo_domain::door::Profile;
use serde_json::{Value, json};

use crate::world::{World, verdict};

const ADD: &str = "/wxaapi/broadcast/room/addassistant";
const MODIFY: &str = "/wxaapi/broadcast/room/modifyassistant";
const REMOVE: &str = "/wxaapi/broadcast/room/removeassistant";
const LIST: &str = "/wxaapi/broadcast/room/getassistantlist";
const ROLES: &str = "/wxaapi/broadcast/role/getrolelist";

async fn add(world: &World, room: i64, users: Value) -> i64 {
    let body = json!({"roomId": room, "users": users});
    verdict(&world.post(ADD, &body).await).0
}

fn user(id: &str) -> Value {
    json!({"username": id, "nickname": "小帮手"})
}

async fn names(world: &World, room: i64) -> Vec<String> {
    let path = world.with_token(&format!("{LIST}?roomId={room}"));
    let answer = world.get(&path).await;
    let rows = answer["list"].as_array().unwrap();
    assert_eq!(answer["count"], rows.len());
    let name = |row: &Value| row["alias"].as_str().unwrap().to_owned();
    rows.iter().map(name).collect()
}

#[tokio::test]
async fn ten_help_in_a_room_and_no_more() {
    let world = World::new().await;
    let (room, other) = (world.room().await, world.room().await);
    let ten: Vec<Value> = (0..10).map(|n| user(&format!("helper_{n}"))).collect();
    let eleven = [&ten[..], &[user("helper_x")]].concat();
    assert_eq!(add(&world, room, json!(eleven)).await, 200_002);
    assert_eq!(names(&world, room).await.len(), 0);
    assert_eq!(add(&world, room, json!(ten)).await, 0);
    assert_eq!(add(&world, room, json!([user("helper_x")])).await, 200_002);
    assert_eq!(add(&world, other, json!([user("helper_1")])).await, 0);
    let gone = json!({"roomId": room, "username": "helper_3"});
    assert_eq!(verdict(&world.post(REMOVE, &gone).await).0, 0);
    assert_eq!(verdict(&world.post(REMOVE, &gone).await).0, 600_002);
    assert_eq!(add(&world, room, json!([user("helper_x")])).await, 0);
    assert_eq!(names(&world, other).await, ["helper_1"]);
}

#[tokio::test]
async fn fields_that_are_missing_or_wrong_are_named() {
    let world = World::new().await;
    let room = world.room().await;
    for (users, code) in [
        (json!([]), 200_002),
        (json!(null), 200_002),
        (json!("helper_a"), 200_002),
        (json!([{"username": "helper_a"}]), 200_002),
        (
            json!([{"username": "helper_a", "nickname": "a\u{202e}b"}]),
            200_002,
        ),
        (json!([user("bad id")]), 600_002),
        (json!([user("helper_a"), user("helper_a")]), 600_001),
    ] {
        assert_eq!(add(&world, room, users.clone()).await, code, "{users}");
    }
    assert_eq!(names(&world, room).await.len(), 0);
    let unknown = json!({"roomId": room, "username": "helper_a", "nickname": "x"});
    assert_eq!(verdict(&world.post(MODIFY, &unknown).await).0, 600_002);
}

#[tokio::test]
async fn strangers_become_known_unless_the_profile_is_strict() {
    let world = World::new().await;
    let room = world.room().await;
    assert_eq!(add(&world, room, json!([user("helper_a")])).await, 0);
    // Known, with no role.
    assert_eq!(world.get(&world.with_token(ROLES)).await["total"], 1);

    let mut config = AppConfig::default();
    config.wechat.profile = Profile::Strict;
    let world = World::with(config).await;
    let room = world.room().await;
    assert_eq!(add(&world, room, json!([user("helper_a")])).await, 600_002);
    let invited = world
        .kaibo
        .invite_person(&world.app_id, "helper_a", "小帮手");
    invited.await.unwrap();
    assert_eq!(add(&world, room, json!([user("helper_a")])).await, 0);
}

#[tokio::test]
async fn helpers_change_while_a_room_is_on_air_and_not_when_it_is_over() {
    let world = World::new().await;
    let room = world.live_room().await;
    assert_eq!(add(&world, room, json!([user("helper_a")])).await, 0);
    world.command(room, kaibo_domain::room::Command::End).await;
    assert_eq!(add(&world, room, json!([user("helper_b")])).await, 300_023);
    let gone = json!({"roomId": room, "username": "helper_a"});
    assert_eq!(verdict(&world.post(REMOVE, &gone).await).0, 300_023);
    assert_eq!(names(&world, room).await, ["helper_a"]);
}

#[tokio::test]
async fn a_foreign_room_looks_like_none() {
    let mut world = World::new().await;
    let room = world.room().await;
    world.token = world.other_app().await;
    assert_eq!(add(&world, room, json!([user("helper_a")])).await, 300_022);
    let path = world.with_token(&format!("{LIST}?roomId={room}"));
    assert_eq!(verdict(&world.get(&path).await).0, 300_022);
}
