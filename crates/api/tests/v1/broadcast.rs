//! `/v1/broadcast`: the anchor's page behind its code.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};

use crate::world::{APP, Answer, MINUTE, NOW, World};

fn request(method: &str, path: &str, code: &str) -> Request<Body> {
    let request = Request::builder().method(method).uri(path);
    let request = request.header(header::AUTHORIZATION, format!("Broadcast {code}"));
    request.body(Body::empty()).unwrap()
}

async fn call(world: &World, method: &str, path: &str, code: &str) -> Answer {
    world.send(request(method, path, code)).await
}

#[tokio::test]
async fn the_anchor_sees_the_room_its_key_and_its_preview() {
    let world = World::new().await;
    let owner = world.owner().await;
    let id = owner.make_room().await;
    let code = owner.code(id).await;
    let view = call(&world, "GET", "/v1/broadcast", &code).await.ok();
    assert_eq!(view["roomId"], id);
    assert_eq!(view["appid"], APP);
    assert_eq!(view["editable"], true);
    assert_eq!(view["startableFrom"], NOW + 15 * MINUTE - 30 * MINUTE);
    assert_eq!(view["viewerUrl"], format!("https://live.test/r/{id}"));
    assert_eq!(view["push"]["server"], "rtmp://push.test/live");
    for absent in [
        "preview",
        "lastRefusal",
        "graceUntil",
        "capAt",
        "startedAt",
        "play",
    ] {
        assert_eq!(view.get(absent), Some(&Value::Null), "{absent}");
    }
}

#[tokio::test]
async fn start_without_a_stream_arms_and_the_stream_then_starts_it() {
    let world = World::new().await;
    let owner = world.owner().await;
    let id = owner.make_room().await;
    let code = owner.code(id).await;
    let armed = call(&world, "POST", "/v1/broadcast/start", &code)
        .await
        .ok();
    assert_eq!(
        (&armed["status"], &armed["armed"]),
        (&json!(102), &json!(true))
    );
    world.stream_arrives(id).await;
    let live = call(&world, "GET", "/v1/broadcast", &code).await.ok();
    assert_eq!(
        (&live["status"], &live["good"]),
        (&json!(101), &json!(true))
    );
    assert_eq!(live["editable"], false);
    let preview = live["preview"]["hls"].as_str().unwrap();
    assert!(preview.contains("?token="), "{preview}");
    assert_eq!(live["capAt"], NOW + 720 * MINUTE);
    let over = call(&world, "POST", "/v1/broadcast/end", &code).await.ok();
    assert_eq!(
        (&over["status"], &over["preview"]),
        (&json!(103), &Value::Null)
    );
    let again = call(&world, "POST", "/v1/broadcast/start", &code).await;
    assert_eq!(again.refusal(), (409, "not_allowed_in_status"));
}

#[tokio::test]
async fn a_refused_push_shows_its_reason_without_a_reload() {
    let world = World::new().await;
    let owner = world.owner().await;
    let id = owner.make_room().await;
    let code = owner.code(id).await;
    let mut events = world
        .follow(request("GET", "/v1/broadcast/events", &code))
        .await;
    let first = events.next().await.unwrap();
    assert_eq!(first.name, "broadcast");
    assert_eq!(first.data["lastRefusal"], Value::Null);
    let stream = format!("{APP}-{id}");
    let refused = world
        .kaibo
        .note_push_refused(&stream, "unsupported_codec", Some("H.265".into()));
    refused.await.unwrap();
    let told = events.until(|view| !view["lastRefusal"].is_null()).await;
    let wanted = json!({"at": NOW, "reason": "unsupported_codec", "detail": "H.265"});
    assert_eq!(told["lastRefusal"], wanted);
}

#[tokio::test]
async fn a_renewed_code_ends_the_page_that_holds_the_old_one() {
    let world = World::new().await;
    let owner = world.owner().await;
    let id = owner.make_room().await;
    let code = owner.code(id).await;
    let mut events = world
        .follow(request("GET", "/v1/broadcast/events", &code))
        .await;
    events.next().await.unwrap();
    let renew = format!("/v1/apps/{APP}/rooms/{id}/access/renew-code");
    owner.post(&renew, json!({})).await.ok();
    assert_eq!(events.next().await, None);
    let old = call(&world, "GET", "/v1/broadcast", &code).await;
    assert_eq!(old.refusal(), (404, "code_unknown"));
    let new = owner.code(id).await;
    assert_eq!(call(&world, "GET", "/v1/broadcast", &new).await.status, 200);
}

#[tokio::test]
async fn a_deleted_rooms_code_opens_nothing() {
    let world = World::new().await;
    let owner = world.owner().await;
    let id = owner.make_room().await;
    let code = owner.code(id).await;
    let mut events = world
        .follow(request("GET", "/v1/broadcast/events", &code))
        .await;
    events.next().await.unwrap();
    let path = format!("/v1/apps/{APP}/rooms/{id}");
    let deleted = owner.call(axum::http::Method::DELETE, &path, None);
    assert_eq!(deleted.await.status, 204);
    assert_eq!(events.next().await.unwrap().name, "gone");
    let old = call(&world, "GET", "/v1/broadcast", &code).await;
    assert_eq!(old.refusal(), (404, "code_unknown"));
}
