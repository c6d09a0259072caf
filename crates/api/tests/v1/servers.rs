//! A merchant's own server, by its app's access token: what it does at `/v1/apps/{appid}/…`.

use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};

use crate::world::{APP, MINUTE, Server, World, form};

fn path(rest: &str) -> String {
    format!("/v1/apps/{APP}/{rest}")
}

async fn make_room(server: &Server<'_>) -> i64 {
    let made = server.post(&path("rooms"), form()).await;
    assert_eq!(made.status, 201, "{}", made.body);
    made.body["roomId"].as_i64().unwrap()
}

fn used(quota: &Value, op: &str) -> i64 {
    let calls = quota["calls"].as_array().unwrap();
    let line = calls.iter().find(|line| line["op"] == op);
    line.unwrap()["used"].as_i64().unwrap()
}

#[tokio::test]
async fn a_shop_leads_a_room_from_its_making_to_its_end_without_a_session() {
    let world = World::new().await;
    let server = world.server().await;
    let room = make_room(&server).await;
    let at = |rest: &str| path(&format!("rooms/{room}{rest}"));
    let mut later = form();
    later["name"] = json!("改到今晚的专场");
    let edited = server.call(Method::PUT, &at(""), Some(later)).await.ok();
    assert_eq!(edited["name"], "改到今晚的专场");
    let access = server.get(&at("/access")).await.ok();
    assert!(access["push"]["key"].is_string(), "{access}");
    let code = server.post(&at("/access/broadcast-code"), json!({})).await;
    assert!(code.ok()["broadcastUrl"].is_string());
    let started = server.post(&at("/start"), json!({})).await.ok();
    assert_eq!(started["armed"], true);
    world.stream_arrives(room).await;
    server.post(&at("/pause"), json!({})).await.ok();
    let statuses = path(&format!("rooms/status?ids={room}"));
    assert_eq!(server.get(&statuses).await.ok()[0]["status"], 105);
    server.post(&at("/resume"), json!({})).await.ok();
    let ended = server.post(&at("/end"), json!({})).await.ok();
    assert_eq!(ended["status"], 103);
    let deleted = server.call(Method::DELETE, &at(""), None).await;
    assert_eq!(deleted.status, 204);
}

#[tokio::test]
async fn what_a_server_makes_comes_from_the_api_and_the_console_leaves_it_alone() {
    let world = World::new().await;
    let (owner, server) = (world.owner().await, world.server().await);
    let media_id = world.media_id(300).await;
    let goods = json!({
        "name": "有机胡萝卜", "cover": media_id, "priceType": 1, "priceFen": 990,
        "url": "pages/goods?id=1",
    });
    let made = server.post(&path("goods"), goods.clone()).await.ok();
    assert_eq!(made["origin"], "api");
    let one = path(&format!("goods/{}", made["goodsId"]));
    let mut dearer = goods;
    dearer["cover"] = made["coverUrl"].clone();
    dearer["priceFen"] = json!(1_290);
    let by_console = owner.call(Method::PUT, &one, Some(dearer.clone())).await;
    assert_eq!(by_console.refusal(), (409, "goods_made_elsewhere"));
    let by_server = server.call(Method::PUT, &one, Some(dearer)).await.ok();
    assert_eq!(by_server["priceFen"], 1_290);
}

#[tokio::test]
async fn who_made_a_code_is_written_down_as_the_app() {
    let world = World::new().await;
    let server = world.server().await;
    let room = make_room(&server).await;
    let code = path(&format!("rooms/{room}/access/broadcast-code"));
    server.post(&code, json!({})).await.ok();
    let makers = world.column("SELECT made_by FROM enrolment").await;
    assert_eq!(makers, [format!("app:{APP}")]);
    let form = json!({"token": world.setup_token, "name": format!("app:{APP}"), "password": "correct horse"});
    let posing = world.post("/v1/setup", form).await;
    assert_eq!(
        posing.body["error"]["fields"],
        json!({"name": "name_invalid"}),
        "nobody at the console may be taken for an app"
    );
}

#[tokio::test]
async fn the_same_post_of_a_server_is_done_once_and_is_not_the_consoles() {
    let world = World::new().await;
    let server = world.server().await;
    let post = async || {
        let request = server.request(Method::POST, &path("rooms"));
        let request = request.header("idempotency-key", "a");
        let request = request.body(Body::from(form().to_string()));
        world.send(request.unwrap()).await
    };
    let (first, again) = (post().await, post().await);
    assert_eq!((first.status.as_u16(), &first.body), (201, &again.body));
    assert_eq!(again.headers["x-kaibo-repeated"], "true");
    let rooms = server.get(&path("rooms")).await.ok();
    assert_eq!(rooms["total"], 1);
}

#[tokio::test]
async fn a_servers_calls_count_and_a_poll_of_statuses_is_answered_whatever_the_rate() {
    let world = World::new().await;
    let (owner, server) = (world.owner().await, world.server().await);
    let room = make_room(&server).await;
    let list = server.get(&path("rooms")).await;
    assert_eq!(list.headers["x-quota-limit"], "1000000");
    assert_eq!(list.headers["x-quota-remaining"], "999999");
    let quota = owner.get(&path("quota")).await.ok();
    assert_eq!((used(&quota, "v1/read"), used(&quota, "v1/write")), (1, 1));
    let few = json!({"calls": {"v1/read": {"perMinute": 1}, "v1/write": {"perDay": 1}}});
    owner
        .call(Method::PUT, &path("quota"), Some(few))
        .await
        .ok();
    let refused = server.get(&path("rooms")).await;
    assert_eq!(refused.refusal(), (429, "quota_used_up"));
    assert!(refused.body["error"]["retryAfterMs"].as_i64().unwrap() <= 60_000);
    let refused = server.post(&path("rooms"), form()).await;
    assert_eq!(refused.refusal(), (429, "quota_used_up"));
    let statuses = path(&format!("rooms/status?ids={room}"));
    for _ in 0..50 {
        assert_eq!(server.get(&statuses).await.ok()[0]["status"], 102);
    }
    let quota = owner.get(&path("quota")).await.ok();
    assert_eq!((used(&quota, "v1/read"), used(&quota, "v1/write")), (1, 1));
    assert_eq!(
        owner.get(&path("rooms")).await.status,
        200,
        "people are not counted"
    );
}

#[tokio::test]
async fn changes_are_followed_by_token_until_the_token_is_over() {
    let world = World::new().await;
    let server = world.server().await;
    let room = make_room(&server).await;
    let request = server.request(Method::GET, &path("events"));
    let mut events = world.follow(request.body(Body::empty()).unwrap()).await;
    let switches = path(&format!("rooms/{room}/switches"));
    let turn = json!({"banComment": true});
    let turned = server.call(Method::PUT, &switches, Some(turn.clone()));
    assert!(turned.await.status.is_success());
    let event = events.next().await.unwrap();
    assert_eq!(
        (event.name.as_str(), &event.data["roomId"]),
        ("room", &json!(room))
    );
    world.clock.advance(120 * MINUTE);
    let server = world.server().await;
    let room = path(&format!("rooms/{room}"));
    let deleted = server.call(Method::DELETE, &room, None);
    assert_eq!(deleted.await.status, 204);
    assert_eq!(events.next().await, None);
}
