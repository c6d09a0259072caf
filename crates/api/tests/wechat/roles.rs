//! Roles, beyond what the cases say.

use axum::http::Method;
use serde_json::{Value, json};

use crate::world::{ANCHOR, CREATE, EDIT, World, request, verdict};

const ADD: &str = "/wxaapi/broadcast/role/addrole";
const DELETE: &str = "/wxaapi/broadcast/role/deleterole";
const LIST: &str = "/wxaapi/broadcast/role/getrolelist";

async fn add(world: &World, username: &str, role: impl Into<Value>) -> i64 {
    let body = json!({"username": username, "role": role.into()});
    verdict(&world.post(ADD, &body).await).0
}

async fn delete(world: &World, username: &str, role: i64) -> i64 {
    let body = json!({"username": username, "role": role});
    verdict(&world.post(DELETE, &body).await).0
}

async fn list(world: &World, query: &str) -> Value {
    world
        .get(&world.with_token(&format!("{LIST}?{query}")))
        .await
}

#[tokio::test]
async fn a_verified_anchor_holds_the_role_until_it_is_taken() {
    let world = World::new().await;
    assert_eq!(add(&world, ANCHOR, 2).await, 400_004);
    let room = world.room().await;
    assert_eq!(delete(&world, ANCHOR, 2).await, 400_005);
    let gone = world.post(crate::world::DELETE, &json!({"id": room})).await;
    assert_eq!(gone["errcode"], 0);
    assert_eq!(delete(&world, ANCHOR, 2).await, 0);
    assert_eq!(delete(&world, ANCHOR, 2).await, 0, "there is nothing to do");
    let refused = (300_030, "room wxnumber not have an anchor role");
    let answer = world.post(CREATE, &world.plan()).await;
    assert_eq!(verdict(&answer), refused);
    assert_eq!(add(&world, ANCHOR, "2").await, 0);
    world.room().await;
}

#[tokio::test]
async fn an_edit_wants_an_anchor_who_still_is_one() {
    let world = World::new().await;
    world.verify("anchor_b").await;
    assert_eq!(delete(&world, "anchor_b", 2).await, 0);
    let mut plan = world.plan();
    plan["id"] = json!(world.room().await);
    plan["anchorWechat"] = json!("anchor_b");
    assert_eq!(verdict(&world.post(EDIT, &plan).await).0, 300_030);
}

#[tokio::test]
async fn whoever_is_to_be_an_anchor_is_sent_to_a_page_and_is_one_after_it() {
    let world = World::new().await;
    let body = json!({"username": "anchor_c", "role": 2});
    let answer = world.post(ADD, &body).await;
    assert_eq!(verdict(&answer).0, 400_002);
    let again = world.post(ADD, &body).await;
    assert_eq!(again["codeurl"], answer["codeurl"]);
    let page = answer["codeurl"].as_str().unwrap();
    let token = page.strip_prefix("https://live.test/verify/").unwrap();
    let path = format!("/v1/verifications/{token}");
    let page = world.respond(request(Method::GET, &path, None, "")).await;
    assert_eq!(page.status(), 200);
    assert_eq!(list(&world, "role=2").await["total"], 1);
    world.verify("anchor_c").await;
    assert_eq!(list(&world, "role=2").await["total"], 2);
}

#[tokio::test]
async fn other_roles_need_no_verification_and_the_owner_s_is_fixed() {
    let world = World::new().await;
    assert_eq!(add(&world, "admin_a", 1).await, 0);
    assert_eq!(add(&world, "admin_a", 3).await, 0);
    assert_eq!(add(&world, "admin_a", 1).await, 400_004);
    for role in [0, 4, -1] {
        assert_eq!(add(&world, "admin_a", role).await, 200_002, "{role}");
        assert_eq!(delete(&world, "admin_a", role).await, 200_002, "{role}");
    }
    assert_eq!(list(&world, "role=0").await["total"], 0);
    assert_eq!(delete(&world, "nobody", 1).await, 400_001);
    assert_eq!(add(&world, "a", 1).await, 400_001);
    // An id of an odd shape that the app knows is taken as it is.
    world.verify("主播小王").await;
    assert_eq!(add(&world, "主播小王", 3).await, 0);
}

#[tokio::test]
async fn the_list_hides_ids_and_shows_thirty_at_most() {
    let world = World::new().await;
    let other = world.other_app().await;
    for n in 0..31 {
        assert_eq!(add(&world, &format!("operator_{n:02}"), 3).await, 0);
    }
    let all = list(&world, "limit=100").await;
    assert_eq!(all["total"], 32);
    assert_eq!(all["list"].as_array().unwrap().len(), 30);
    let rest = list(&world, "limit=100&offset=30").await;
    assert_eq!(rest["list"].as_array().unwrap().len(), 2);
    assert_eq!(list(&world, "").await["list"].as_array().unwrap().len(), 10);
    let found = list(&world, "keyword=OPERATOR_07").await;
    assert_eq!(found["total"], 1);
    let row = found["list"][0].as_object().unwrap();
    assert_eq!(row["username"], "op****07");
    let openid = row["openid"].as_str().unwrap();
    assert!(openid.starts_with('o') && openid.len() == 28, "{openid}");
    let mut keys: Vec<&String> = row.keys().collect();
    keys.sort();
    let documented = [
        "headingimg",
        "nickname",
        "openid",
        "roleList",
        "updateTimestamp",
        "username",
    ];
    assert_eq!(keys, documented);
    let foreign = world.get(&format!("{LIST}?access_token={other}")).await;
    assert_eq!(
        (&foreign["errcode"], &foreign["total"]),
        (&json!(0), &json!(0))
    );
}

#[tokio::test]
async fn the_picture_of_a_person_is_one() {
    let world = World::new().await;
    let shown = list(&world, "").await["list"][0]["headingimg"].clone();
    let path = shown
        .as_str()
        .unwrap()
        .strip_prefix("https://live.test")
        .unwrap();
    let image = world.respond(request(Method::GET, path, None, "")).await;
    assert_eq!(image.headers()["content-type"], "image/png");
    let bytes = crate::world::bytes_of(image).await;
    assert_eq!(
        (&bytes[1..4], &bytes[16..20]),
        (&b"PNG"[..], &132_u32.to_be_bytes()[..])
    );
}

#[tokio::test]
async fn an_anchor_is_named_by_the_first_room() {
    let world = World::new().await;
    assert_eq!(list(&world, "").await["list"][0]["nickname"], "");
    world.room().await;
    assert_eq!(list(&world, "").await["list"][0]["nickname"], "小林");
}
