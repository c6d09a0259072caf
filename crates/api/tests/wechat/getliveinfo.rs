//! `POST /wxa/business/getliveinfo` (cases E02).

use kaibo_app::AppConfig;
use kaibo_domain::room::Command;
use serde_json::{Value, json};

use crate::world::{LIST, World, verdict};

async fn list(world: &World, start: i64, limit: i64) -> Value {
    world
        .post(LIST, &json!({"start": start, "limit": limit}))
        .await
}

fn assert_empty(answer: &Value) {
    assert_eq!(verdict(answer), (9_410_000, "empty room list"));
    assert_eq!(answer["room_info"], json!([]));
    assert_eq!(answer["live_replay"], json!([]));
}

#[tokio::test]
async fn a_row_has_exactly_the_documented_keys() {
    let world = World::new().await;
    let room = world.room().await;
    let answer = list(&world, 0, 10).await;
    assert_eq!(answer["total"], 1);
    let mut row = answer["room_info"][0].clone();
    for key in ["cover_img", "share_img", "feeds_img"] {
        let url = row.as_object_mut().unwrap().remove(key).unwrap();
        let name = url
            .as_str()
            .unwrap()
            .strip_prefix("https://live.test/media/")
            .unwrap();
        let image = world.kaibo.image(name).await.unwrap();
        let image = image::load_from_memory(&image.unwrap().1).unwrap();
        assert_eq!((image.width(), image.height()), (1, 1), "{key}");
    }
    assert_eq!(
        row,
        json!({
            "name": "晚间新品专场",
            "roomid": room,
            "live_status": 102,
            "start_time": world.now() + 3_600,
            "end_time": world.now() + 7_200,
            "anchor_name": "小林",
            "goods": [],
            "live_type": 1,
            "close_like": 0,
            "close_goods": 0,
            "close_comment": 0,
            "close_kf": 1,
            "close_replay": 0,
            "is_feeds_public": 1,
            "creater_openid": "",
        })
    );
}

#[tokio::test]
async fn an_empty_list_is_never_a_success() {
    let world = World::new().await;
    assert_empty(&list(&world, 0, 10).await);
    world.room().await;
    assert_empty(&list(&world, 999, 10).await);
    assert_empty(&list(&world, i64::MAX, 10).await);
}

#[tokio::test]
async fn rows_come_by_start_latest_first_and_fifty_at_most() {
    let mut config = AppConfig::default();
    config.limits.rooms_per_day = 60;
    let world = World::with(config).await;
    for minutes in 0..55 {
        let mut plan = world.plan();
        let start = world.now() + 3_600 + (minutes * 7 % 55) * 60;
        plan["startTime"] = json!(start);
        plan["endTime"] = json!(start + 3_600);
        world.room_with(plan).await;
    }
    let first = list(&world, 0, 90).await;
    assert_eq!(first["total"], 55);
    assert_eq!(first["room_info"].as_array().unwrap().len(), 50);
    // As WxJava pages: on by the rows received.
    let rest = list(&world, 50, 80).await;
    assert_eq!(rest["total"], 55);
    let rows = [first, rest]
        .map(|page| page["room_info"].as_array().unwrap().clone())
        .concat();
    let starts: Vec<i64> = rows
        .iter()
        .map(|row| row["start_time"].as_i64().unwrap())
        .collect();
    assert_eq!(starts.len(), 55);
    assert!(
        starts.windows(2).all(|pair| pair[0] > pair[1]),
        "{starts:?}"
    );
    let two = list(&world, 3, 2).await;
    let two: Vec<&Value> = two["room_info"].as_array().unwrap().iter().collect();
    assert_eq!(two, [&rows[3], &rows[4]]);
}

#[tokio::test]
async fn a_status_is_never_stale() {
    let mut world = World::new().await;
    let room = world.room().await;
    let live = world.live_room().await;
    assert_eq!(world.row(live).await["live_status"], 101);
    world.command(live, Command::Pause).await;
    assert_eq!(world.row(live).await["live_status"], 105);
    world.command(live, Command::End).await;
    assert_eq!(world.row(live).await["live_status"], 103);
    // No timer runs here: the plan's end alone makes the other room expire.
    assert_eq!(world.row(room).await["live_status"], 102);
    world.advance_far(2 * 3_600).await;
    assert_eq!(world.row(room).await["live_status"], 107);
}

#[tokio::test]
async fn an_app_sees_its_own_rooms_only() {
    let mut world = World::new().await;
    world.room().await;
    world.token = world.other_app().await;
    assert_empty(&list(&world, 0, 10).await);
}

#[tokio::test]
async fn numbers_may_be_strings_and_must_be_in_range() {
    let world = World::new().await;
    world.room().await;
    let answer = world
        .post(LIST, &json!({"start": "0", "limit": "10", "action": ""}))
        .await;
    assert_eq!(answer["total"], 1);
    let cases = [
        (json!({"limit": 10}), "parameter start must no be null"),
        (json!({"start": 0}), "parameter limit must no be null"),
        (
            json!({"start": -1, "limit": 10}),
            "parameter start is invalid",
        ),
        (
            json!({"start": "x", "limit": 10}),
            "parameter start is invalid",
        ),
        (
            json!({"start": 0, "limit": 0}),
            "parameter limit is invalid",
        ),
        (
            json!({"start": 0, "limit": 1.5}),
            "parameter limit is invalid",
        ),
        (
            json!({"start": 0, "limit": 10, "action": "x"}),
            "parameter action is invalid",
        ),
    ];
    for (body, message) in cases {
        assert_eq!(
            verdict(&world.post(LIST, &body).await),
            (200_002, message),
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_room_without_replays_answers_with_both_arrays() {
    let world = World::new().await;
    let room = world.ended_room().await;
    for room in [room, 999_999_999] {
        let body = json!({"action": "get_replay", "room_id": room, "start": 0, "limit": 10});
        assert_empty(&world.post(LIST, &body).await);
    }
    let answer = world
        .post(
            LIST,
            &json!({"action": "get_replay", "start": 0, "limit": 10}),
        )
        .await;
    assert_eq!(
        verdict(&answer),
        (200_002, "parameter room_id must no be null")
    );
}
