//! `/v1/rooms/{roomId}`, its event stream, `/v1/verifications/{token}`.

use axum::http::Method;
use kaibo_api::ApiConfig;
use kaibo_domain::refusal::Refusal;
use serde_json::json;

use crate::world::{ANCHOR, APP, MINUTE, NOW, Plan, World, form};

#[tokio::test]
async fn a_viewer_sees_the_room_and_nothing_of_its_keys() {
    let world = World::new().await;
    let id = world.owner().await.make_room().await;
    let view = world.get(&format!("/v1/rooms/{id}")).await;
    assert_eq!(view.headers["cache-control"], "no-store");
    let view = view.ok();
    assert_eq!(
        view,
        json!({
            "roomId": id, "name": "双十一专场", "status": 102, "startAt": NOW + 15 * MINUTE,
            "endAt": NOW + 75 * MINUTE, "startedAt": null, "endedAt": null,
            "anchorName": "小王", "coverUrl": null, "shareUrl": null, "play": null,
            "closeComment": true, "closeGoods": false, "closeLike": false, "closeShare": false,
            "closeReplay": true, "offset": view["offset"], "now": NOW, "banReason": null,
            "banComment": false, "customerServiceUrl": null,
        })
    );
}

#[tokio::test]
async fn what_is_no_rooms_number_is_an_unknown_room() {
    let world = World::new().await;
    for id in ["1", "0", "-1", "x", "99999999999999999999", "1%2F2", "+1"] {
        let answer = world.get(&format!("/v1/rooms/{id}")).await;
        assert_eq!(answer.refusal(), (404, "room_not_found"), "{id}");
        let answer = world.get(&format!("/v1/rooms/{id}/events")).await;
        assert_eq!(answer.refusal(), (404, "room_not_found"), "{id}");
    }
}

#[tokio::test]
async fn a_follower_sees_the_room_at_once_then_live_then_over() {
    let world = World::new().await;
    let owner = world.owner().await;
    let id = owner.make_room().await;
    let mut events = world.follow_path(&format!("/v1/rooms/{id}/events")).await;
    let first = events.next().await.unwrap();
    assert_eq!(first.name, "room");
    assert_eq!(first.data["status"], 102);
    world.stream_arrives(id).await;
    let live = events.until(|room| room["status"] == 101).await;
    assert_eq!(live["play"]["flv"], format!("/live/{APP}-{id}.flv"));
    assert!(live["offset"].as_i64() > first.data["offset"].as_i64());
    let end = format!("/v1/apps/{APP}/rooms/{id}/end");
    owner.post(&end, json!({})).await.ok();
    let over = events.until(|room| room["status"] == 103).await;
    assert_eq!(over["play"], json!(null));
}

#[tokio::test]
async fn all_followers_of_a_room_hear_of_a_change() {
    let world = World::new().await;
    let id = world.owner().await.make_room().await;
    let mut all = Vec::new();
    for _ in 0..5 {
        all.push(world.follow_path(&format!("/v1/rooms/{id}/events")).await);
    }
    world.stream_arrives(id).await;
    for events in &mut all {
        events.until(|room| room["status"] == 101).await;
    }
}

#[tokio::test]
async fn a_follower_hears_nothing_of_pushes_and_keys() {
    let world = World::new().await;
    let owner = world.owner().await;
    let id = owner.make_room().await;
    let revoke = format!("/v1/apps/{APP}/rooms/{id}/access/revoke-push");
    // It answers when all before it has been told, so that the follower does not hear of it.
    owner.post(&revoke, json!({})).await.ok();
    owner.device(id).await;
    let devices = format!("/v1/apps/{APP}/people/{ANCHOR}/devices");
    let device = owner.get(&devices).await.ok()[0]["id"].clone();
    let mut events = world.follow_path(&format!("/v1/rooms/{id}/events")).await;
    events.next().await.unwrap();
    let changes = async {
        let stream = format!("{APP}-{id}");
        let refused = world.kaibo.note_push_refused(&stream, "wrong_key", None);
        refused.await.unwrap();
        let shut_out = format!("/v1/apps/{APP}/devices/{device}/revoke");
        for path in [&revoke, &shut_out] {
            owner.post(path, json!({})).await.ok();
        }
        world.stream_arrives(id).await;
    };
    let (told, ()) = tokio::join!(events.next(), changes);
    assert_eq!(told.unwrap().data["status"], 101);
}

#[tokio::test]
async fn a_follower_of_a_deleted_room_is_told_that_it_is_gone() {
    let world = World::new().await;
    let owner = world.owner().await;
    let id = owner.make_room().await;
    let mut events = world.follow_path(&format!("/v1/rooms/{id}/events")).await;
    events.next().await.unwrap();
    let path = format!("/v1/apps/{APP}/rooms/{id}");
    assert_eq!(owner.call(Method::DELETE, &path, None).await.status, 204);
    assert_eq!(events.next().await.unwrap().name, "gone");
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn one_client_opens_only_so_many_streams_and_all_end_with_the_server() {
    let api = ApiConfig {
        event_streams_per_ip: 1,
        ..ApiConfig::default()
    };
    let world = World::with(Plan {
        api,
        ..Plan::default()
    })
    .await;
    let id = world.owner().await.make_room().await;
    let path = format!("/v1/rooms/{id}/events");
    let mut events = world.follow_path(&path).await;
    events.next().await.unwrap();
    let second = world.get(&path).await;
    assert_eq!(second.refusal(), (429, "too_many_streams"));
    world.shutdown.cancel();
    assert_eq!(events.next().await, None);
    drop(events);
    assert_eq!(
        world
            .respond(
                axum::http::Request::get(&path)
                    .body(axum::body::Body::empty())
                    .unwrap()
            )
            .await
            .status(),
        200
    );
}

#[tokio::test]
async fn a_verification_link_shows_who_asks_and_hides_the_rest_of_the_id() {
    let world = World::new().await;
    let mut draft = form();
    draft["anchorWechat"] = json!("wechat_anchor_77");
    let owner = world.owner().await;
    let rooms = format!("/v1/apps/{APP}/rooms");
    assert_eq!(owner.post(&rooms, draft).await.status, 422);
    let room = kaibo_domain::draft::Draft {
        name: "双十一专场".into(),
        start_at: NOW + 15 * MINUTE,
        end_at: NOW + 75 * MINUTE,
        anchor_name: "小王".into(),
        anchor_wechat: "wechat_anchor_77".into(),
        ..Default::default()
    };
    let input = kaibo_app::DraftInput {
        draft: room,
        images_required: false,
    };
    let refused = world.kaibo.create_room(&APP.parse().unwrap(), input).await;
    let Err(kaibo_app::Error::Refused(Refusal::AnchorUnverified { token })) = refused else {
        panic!("an unverified anchor is refused");
    };
    let path = format!("/v1/verifications/{token}");
    let pending = json!({
        "appName": "Shop", "wechatIdMasked": "we****77", "state": "pending",
        "reason": null, "dueAt": null, "maySubmit": true, "consent": "2026-11",
    });
    assert_eq!(world.get(&path).await.ok(), pending);
    let verify = format!("/v1/apps/{APP}/anchors/wechat_anchor_77/verify");
    owner.post(&verify, json!({})).await.ok();
    assert_eq!(world.get(&path).await.ok()["state"], "verified");
    let unknown = world.get("/v1/verifications/unknown").await;
    assert_eq!(unknown.refusal(), (404, "verification_not_found"));
}
