//! `POST /wxaapi/broadcast/room/editroom` (cases E04).

use kaibo_app::DraftInput;
use kaibo_domain::id::RoomId;
use kaibo_domain::room::Command;
use serde_json::{Value, json};

use crate::world::{EDIT, World, form_of, png, request, verdict};

const STATUS: (i64, &str) = (
    300_023,
    "the current room status does not allow this operation",
);

fn edited(world: &World, room: i64) -> Value {
    let mut plan = world.plan();
    plan.as_object_mut().unwrap().remove("type");
    plan["id"] = json!(room);
    plan
}

#[tokio::test]
async fn an_edit_replaces_what_a_room_is() {
    let world = World::new().await;
    let room = world.room().await;
    let mut body = edited(&world, room);
    body["name"] = json!("周末专场");
    body["anchorName"] = json!("小王");
    body["closeComment"] = json!("1");
    body["startTime"] = json!(world.now() + 4_000);
    assert_eq!(verdict(&world.post(EDIT, &body).await), (0, "ok"));
    let row = world.row(room).await;
    assert_eq!(row["name"], "周末专场");
    assert_eq!(row["anchor_name"], "小王");
    assert_eq!(row["close_comment"], 1);
    assert_eq!(row["start_time"], world.now() + 4_000);
}

#[tokio::test]
async fn switches_that_an_edit_leaves_out_fall_back_to_their_defaults() {
    let world = World::new().await;
    let room = world.room().await;
    assert_eq!(world.row(room).await["close_replay"], 0);
    let mut body = edited(&world, room);
    body.as_object_mut().unwrap().remove("closeReplay");
    assert_eq!(world.post(EDIT, &body).await["errcode"], 0);
    assert_eq!(world.row(room).await["close_replay"], 1);
}

#[tokio::test]
async fn type_and_people_of_a_room_are_kept_whatever_an_edit_sends() {
    let world = World::new().await;
    world
        .kaibo
        .verify_anchor(&world.app_id, "anchor_b")
        .await
        .unwrap();
    let mut plan = world.plan();
    plan["type"] = json!(0);
    plan["subAnchorWechat"] = json!("anchor_b");
    plan["createrWechat"] = json!("creator_a");
    let room = world.room_with(plan).await;
    let mut body = edited(&world, room);
    body["type"] = json!(1);
    body["subAnchorWechat"] = json!("bad id");
    body["createrWechat"] = json!("");
    assert_eq!(world.post(EDIT, &body).await["errcode"], 0);
    assert_eq!(world.row(room).await["live_type"], 0);
    let draft = world
        .kaibo
        .room(&world.app_id, RoomId(room))
        .await
        .unwrap()
        .draft;
    assert_eq!(draft.sub_anchor_wechat.as_deref(), Some("anchor_b"));
    assert_eq!(draft.creator_wechat.as_deref(), Some("creator_a"));
}

#[tokio::test]
async fn each_rule_has_its_code() {
    let world = World::new().await;
    let room = world.room().await;
    let cases = [
        ("name", json!("直播"), (300_002, "name length invalid")),
        (
            "name",
            Value::Null,
            (200_002, "parameter name must no be null"),
        ),
        (
            "endTime",
            Value::Null,
            (200_002, "parameter startTime or endTime is invalid"),
        ),
        ("id", Value::Null, (200_002, "parameter id must no be null")),
        ("id", json!("x"), (200_002, "parameter id is invalid")),
        ("id", json!(999_999_999), (300_022, "room not exist")),
        ("id", json!(-1), (300_022, "room not exist")),
        ("id", json!(i64::MAX), (300_022, "room not exist")),
        (
            "anchorWechat",
            json!("stranger"),
            (300_030, "room wxnumber not have an anchor role"),
        ),
        ("coverImg", json!("nope"), (300_031, "coverimg invalid")),
        ("shareImg", json!("nope"), (300_032, "shareimg invalid")),
        ("feedsImg", json!("nope"), (300_037, "feedsimg invalid")),
    ];
    for (key, value, wanted) in cases {
        let mut body = edited(&world, room);
        body[key] = value;
        let answer = world.post(EDIT, &body).await;
        assert_eq!(verdict(&answer), wanted, "{key} {}", body[key]);
        assert!(answer.get("qrcode_url").is_none());
    }
    assert_eq!(world.row(room).await["name"], "晚间新品专场");
}

#[tokio::test]
async fn the_addresses_of_the_list_stand_for_the_images_that_are_there() {
    let mut world = World::new().await;
    let room = world.room().await;
    let before = world.row(room).await;
    world.advance_far(1).await;
    let mut body = edited(&world, room);
    body["coverImg"] = before["cover_img"].clone();
    body["shareImg"] = before["share_img"].clone();
    body["feedsImg"] = before["feeds_img"].clone();
    assert_eq!(world.post(EDIT, &body).await["errcode"], 0);
    assert_eq!(world.row(room).await["cover_img"], before["cover_img"]);
}

#[tokio::test]
async fn a_room_is_edited_only_before_it_starts() {
    let world = World::new().await;
    let room = world.live_room().await;
    let streaming = world.post(EDIT, &edited(&world, room)).await;
    assert_eq!(
        verdict(&streaming),
        (300_042, "the room is pushing stream, edit is forbidden")
    );
    world.command(room, Command::Pause).await;
    assert_eq!(
        verdict(&world.post(EDIT, &edited(&world, room)).await),
        STATUS
    );
    world.command(room, Command::End).await;
    assert_eq!(
        verdict(&world.post(EDIT, &edited(&world, room)).await),
        STATUS
    );
}

#[tokio::test]
async fn a_foreign_or_deleted_room_looks_like_none() {
    let world = World::new().await;
    let room = world.room().await;
    let path = format!("{EDIT}?access_token={}", world.other_app().await);
    let body = edited(&world, room).to_string();
    let foreign = request(axum::http::Method::POST, &path, None, body);
    assert_eq!(
        verdict(&world.send(foreign).await),
        (300_022, "room not exist")
    );
    world.command(room, Command::Delete).await;
    let gone = world.post(EDIT, &edited(&world, room)).await;
    assert_eq!(verdict(&gone), (300_022, "room not exist"));
}

#[tokio::test]
async fn a_form_edits_too() {
    let world = World::new().await;
    let room = world.room().await;
    let mut body = edited(&world, room);
    body["name"] = json!("表单专场");
    let form = Some("application/x-www-form-urlencoded");
    assert_eq!(
        world.post_as(EDIT, form, form_of(&body)).await["errcode"],
        0
    );
    assert_eq!(world.row(room).await["name"], "表单专场");
}

#[tokio::test]
async fn an_image_that_the_room_has_stays_whatever_its_size() {
    let world = World::new().await;
    let big = world.upload(png(100 * 1024 + 1)).await;
    let room = world.room().await;
    // As the console, which asks for no size of its own in this place.
    let mut draft = world
        .kaibo
        .room(&world.app_id, RoomId(room))
        .await
        .unwrap()
        .draft;
    draft.feeds = Some(big);
    let input = DraftInput {
        draft,
        images_required: false,
    };
    let edited_there = world.kaibo.edit_room(&world.app_id, RoomId(room), input);
    edited_there.await.unwrap();

    let mut body = edited(&world, room);
    body["feedsImg"] = world.row(room).await["feeds_img"].clone();
    assert_eq!(verdict(&world.post(EDIT, &body).await), (0, "ok"));
    body["shareImg"] = world.row(room).await["feeds_img"].clone();
    assert_eq!(world.post(EDIT, &body).await["errcode"], 0);
    body["feedsImg"] = json!(world.upload(png(100 * 1024 + 1)).await);
    assert_eq!(
        verdict(&world.post(EDIT, &body).await),
        (300_037, "feedsimg invalid")
    );
}
