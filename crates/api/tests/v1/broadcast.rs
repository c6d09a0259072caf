//! `/v1/broadcast` and `/v1/enrolments`: the anchor's page, and the devices that open it.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};

use crate::world::{ANCHOR, APP, Anchor, Answer, MINUTE, NOW, World, form};

async fn call(world: &World, method: &str, path: &str, anchor: &Anchor) -> Answer {
    world.send(anchor.request(method, path)).await
}

#[tokio::test]
async fn the_anchor_sees_the_room_its_key_and_its_preview() {
    let world = World::new().await;
    let owner = world.owner().await;
    let id = owner.make_room().await;
    let anchor = owner.device(id).await;
    let view = call(&world, "GET", "/v1/broadcast", &anchor).await.ok();
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
    let anchor = owner.device(id).await;
    let armed = call(&world, "POST", "/v1/broadcast/start", &anchor)
        .await
        .ok();
    assert_eq!(
        (&armed["status"], &armed["armed"]),
        (&json!(102), &json!(true))
    );
    world.stream_arrives(id).await;
    let live = call(&world, "GET", "/v1/broadcast", &anchor).await.ok();
    assert_eq!(
        (&live["status"], &live["good"]),
        (&json!(101), &json!(true))
    );
    assert_eq!(live["editable"], false);
    let preview = live["preview"]["hls"].as_str().unwrap();
    assert!(preview.contains("?token="), "{preview}");
    assert_eq!(live["capAt"], NOW + 720 * MINUTE);
    let over = call(&world, "POST", "/v1/broadcast/end", &anchor)
        .await
        .ok();
    assert_eq!(
        (&over["status"], &over["preview"]),
        (&json!(103), &Value::Null)
    );
    let again = call(&world, "POST", "/v1/broadcast/start", &anchor).await;
    assert_eq!(again.refusal(), (409, "not_allowed_in_status"));
}

#[tokio::test]
async fn a_refused_push_shows_its_reason_without_a_reload() {
    let world = World::new().await;
    let owner = world.owner().await;
    let id = owner.make_room().await;
    let anchor = owner.device(id).await;
    let mut events = world
        .follow(anchor.request("GET", "/v1/broadcast/events"))
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
async fn a_device_that_is_shut_out_loses_its_page_at_once() {
    let world = World::new().await;
    let owner = world.owner().await;
    let id = owner.make_room().await;
    let (anchor, other) = (owner.device(id).await, owner.device(id).await);
    let mut events = world
        .follow(anchor.request("GET", "/v1/broadcast/events"))
        .await;
    events.next().await.unwrap();
    let listed = format!("/v1/apps/{APP}/people/{ANCHOR}/devices");
    let devices = owner.get(&listed).await.ok();
    assert_eq!(devices[1]["name"], "iPhone · WeChat");
    let revoke = |id: &Value| format!("/v1/apps/{APP}/devices/{id}/revoke");
    let revoked = owner.post(&revoke(&devices[1]["id"]), json!({})).await;
    assert_eq!(revoked.status, 204);
    assert_eq!(events.next().await, None);
    let old = call(&world, "GET", "/v1/broadcast", &anchor).await;
    assert_eq!(old.refusal(), (404, "device_unknown"));
    assert_eq!(
        call(&world, "GET", "/v1/broadcast", &other).await.status,
        200
    );
    let again = owner.post(&revoke(&devices[1]["id"]), json!({})).await;
    assert_eq!(again.refusal(), (404, "device_unknown"));
    assert_eq!(owner.get(&listed).await.ok()[1]["revokedAt"], NOW);
}

#[tokio::test]
async fn a_code_enrols_one_device_within_ten_minutes() {
    let world = World::new().await;
    let owner = world.owner().await;
    let id = owner.make_room().await;
    let view = async |code: &str| {
        let request = Request::get("/v1/enrolments");
        let request = request.header(header::AUTHORIZATION, format!("Enrol {code}"));
        world.send(request.body(Body::empty()).unwrap()).await
    };
    let code = owner.code(id).await;
    let seen = view(&code).await.ok();
    let wanted = json!({
        "roomName": "双十一专场", "wechatIdMasked": "an****01",
        "expiresAt": NOW + 10 * MINUTE, "needsPin": false,
    });
    assert_eq!(seen, wanted);
    world.clock.advance(10 * MINUTE);
    assert_eq!(view(&code).await.refusal(), (404, "code_unknown"));
    assert_eq!(
        world.enrol(&code, "").await.refusal(),
        (404, "code_unknown")
    );
    let code = owner.code(id).await;
    let enrolled = world.enrol(&code, "").await;
    let cookie = enrolled.headers[header::SET_COOKIE].to_str().unwrap();
    for part in [
        "HttpOnly",
        "SameSite=Strict",
        "Secure",
        "Path=/v1",
        "Max-Age=15552000",
    ] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert_eq!(
        world.enrol(&code, "").await.refusal(),
        (404, "code_unknown")
    );
}

#[tokio::test]
async fn a_device_opens_the_rooms_of_its_anchor_alone() {
    let world = World::new().await;
    let owner = world.owner().await;
    let app = APP.parse().unwrap();
    world.kaibo.verify_anchor(&app, "anchor_02").await.unwrap();
    let (one, two) = (owner.make_room().await, owner.make_room().await);
    let mut plan = form();
    plan["anchorWechat"] = json!("anchor_02");
    let made = owner
        .post(&format!("/v1/apps/{APP}/rooms"), plan)
        .await
        .ok();
    let anchor = owner.device(one).await;
    let at = |room_id| Anchor {
        cookie: anchor.cookie.clone(),
        room_id,
    };
    assert_eq!(
        call(&world, "GET", "/v1/broadcast", &at(two)).await.status,
        200
    );
    let other = at(made["roomId"].as_i64().unwrap());
    let refused = call(&world, "GET", "/v1/broadcast", &other).await;
    assert_eq!(refused.refusal(), (404, "device_unknown"));
    let nowhere = call(&world, "GET", "/v1/broadcast", &at(1)).await;
    assert_eq!(nowhere.refusal(), (404, "device_unknown"));
    world.clock.advance(180 * 24 * 60 * MINUTE);
    let late = call(&world, "GET", "/v1/broadcast", &at(two)).await;
    assert_eq!(late.refusal(), (404, "device_unknown"));
}

#[tokio::test]
async fn the_pin_of_a_person_confirms_their_device() {
    let world = World::new().await;
    let owner = world.owner().await;
    let path = format!("/v1/apps/{APP}/people/anchor_77/verification");
    let invited = owner.post(&path, json!({})).await.ok();
    let token = invited["verifyUrl"]
        .as_str()
        .unwrap()
        .rsplit('/')
        .next()
        .unwrap();
    let identity = json!({
        "name": "林小夏", "number": "11010519491231002X", "consent": "2026-11", "pin": "730164",
    });
    let submit = format!("/v1/verifications/{token}");
    world.post(&submit, identity).await.ok();
    let anchors = owner.get(&format!("/v1/apps/{APP}/anchors")).await.ok();
    let submission = json!({"submission": anchors[0]["submission"]["id"]});
    owner
        .post(&format!("{path}/approve"), submission)
        .await
        .ok();
    let mut plan = form();
    plan["anchorWechat"] = json!("anchor_77");
    let made = owner
        .post(&format!("/v1/apps/{APP}/rooms"), plan)
        .await
        .ok();
    let id = made["roomId"].as_i64().unwrap();

    let code = owner.code(id).await;
    for pin in ["", "730165", "000000"] {
        let wrong = world.enrol(&code, pin).await;
        assert_eq!(wrong.body["error"]["fields"], json!({"pin": "pin_wrong"}));
    }
    world.enrol(&code, "730164").await.ok();
    let code = owner.code(id).await;
    for _ in 0..5 {
        assert_eq!(world.enrol(&code, "111111").await.status, 422);
    }
    // Another code gives no more tries, and the right PIN has to wait too.
    let code = owner.code(id).await;
    let waits = world.enrol(&code, "730164").await;
    assert_eq!(waits.refusal(), (429, "too_many_tries"));
}

#[tokio::test]
async fn a_deleted_room_opens_to_no_device() {
    let world = World::new().await;
    let owner = world.owner().await;
    let id = owner.make_room().await;
    let anchor = owner.device(id).await;
    let mut events = world
        .follow(anchor.request("GET", "/v1/broadcast/events"))
        .await;
    events.next().await.unwrap();
    let path = format!("/v1/apps/{APP}/rooms/{id}");
    let deleted = owner.call(axum::http::Method::DELETE, &path, None);
    assert_eq!(deleted.await.status, 204);
    assert_eq!(events.next().await.unwrap().name, "gone");
    let old = call(&world, "GET", "/v1/broadcast", &anchor).await;
    assert_eq!(old.refusal(), (404, "device_unknown"));
}
