//! `/v1/apps`, `/v1/limits`, anchors, and the console's event stream.

use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::{Value, json};

use crate::world::{ANCHOR, APP, NOW, World, form};

#[tokio::test]
async fn apps_show_their_use_of_todays_quotas() {
    let world = World::new().await;
    let owner = world.owner().await;
    let room = owner.make_room().await;
    world.stream_arrives(room).await;
    let apps = owner.get("/v1/apps").await.ok();
    assert_eq!(
        apps,
        json!([{
            "appid": APP, "name": "Shop", "createdAt": NOW,
            "roomsToday": 1, "roomsPerDay": 50, "liveNow": 1, "liveAtOnce": 50,
            "latencyBudgetMs": null,
        }])
    );
}

#[tokio::test]
async fn a_new_app_gets_credentials_once_and_an_id_of_its_own() {
    let world = World::new().await;
    let owner = world.owner().await;
    let made = owner.post("/v1/apps", json!({"name": "Second"})).await;
    assert_eq!(made.status, 201);
    assert!(made.body["appid"].as_str().unwrap().starts_with("wx"));
    assert_eq!(made.body["secret"].as_str().unwrap().len(), 32);
    let taken = owner
        .post("/v1/apps", json!({"name": "Third", "appid": APP}))
        .await;
    assert_eq!(taken.refusal(), (409, "app_exists"));
    assert_eq!(taken.body["error"]["field"], "appid");
    let odd = owner
        .post("/v1/apps", json!({"name": "Third", "appid": "a/b"}))
        .await;
    assert_eq!(
        odd.body["error"]["fields"],
        json!({"appid": "appid_invalid"})
    );
    let nameless = owner.post("/v1/apps", json!({"name": " "})).await;
    assert_eq!(
        nameless.body["error"]["fields"],
        json!({"name": "required"})
    );
}

#[tokio::test]
async fn an_apps_latency_budget_is_set_within_bounds_and_taken_back() {
    let world = World::new().await;
    let owner = world.owner().await;
    let set = async |app: &str, ms: Value| {
        let path = format!("/v1/apps/{app}/latency-budget");
        let body = json!({"latencyBudgetMs": ms});
        owner.call(Method::PUT, &path, Some(body)).await
    };
    let budget = async || owner.get("/v1/apps").await.ok()[0]["latencyBudgetMs"].clone();
    for asked in [json!(350), json!(0), json!(2_000), json!(null)] {
        assert_eq!(set(APP, asked.clone()).await.status, 204);
        assert_eq!(budget().await, asked);
    }
    let long = set(APP, json!(2_001)).await;
    assert_eq!(
        long.body["error"]["fields"],
        json!({"latencyBudgetMs": "latency_budget_too_long"})
    );
    assert_eq!(budget().await, json!(null));
    let unknown = set("wx_none", json!(1)).await;
    assert_eq!(unknown.refusal(), (404, "app_not_found"));
}

#[tokio::test]
async fn limits_are_those_in_force() {
    let world = World::new().await;
    let limits = world.owner().await.get("/v1/limits").await.ok();
    assert_eq!(limits["minLeadMs"], 600_000);
    assert_eq!(limits["minLengthMs"], 1_800_000);
    assert_eq!(limits["maxLengthMs"], 43_200_000);
    assert_eq!(limits["name"], json!([6, 34]));
    assert_eq!(limits["anchorName"], json!([4, 30]));
    assert_eq!(limits["shelfHolds"], 200);
}

#[tokio::test]
async fn an_anchor_who_asked_is_listed_and_verified_and_then_gets_a_room() {
    let world = World::new().await;
    let owner = world.owner().await;
    let rooms = format!("/v1/apps/{APP}/rooms");
    let mut asked = form();
    asked["anchorWechat"] = json!("new_anchor");
    let refused = owner.post(&rooms, asked.clone()).await;
    assert_eq!(refused.refusal(), (422, "invalid"));
    let fields = &refused.body["error"]["fields"];
    assert_eq!(*fields, json!({"anchorWechat": "anchor_not_verified"}));

    let anchors = owner.get(&format!("/v1/apps/{APP}/anchors")).await.ok();
    assert_eq!(anchors[0]["wechatId"], "new_anchor");
    assert_eq!(anchors[0]["state"], "pending");
    assert_eq!(anchors[0]["verifiedAt"], json!(null));
    assert_eq!(anchors[1]["wechatId"], ANCHOR);
    assert_eq!(anchors[1]["state"], "verified");

    let verify = format!("/v1/apps/{APP}/anchors/new_anchor/verify");
    let verified = owner.post(&verify, json!({})).await.ok();
    assert_eq!(verified["state"], "verified");
    assert_eq!(verified["verifiedAt"], NOW);
    assert_eq!(owner.post(&rooms, asked).await.status, 201);
    let spaced = format!("/v1/apps/{APP}/anchors/a%20b/verify");
    let spaced = owner.post(&spaced, json!({})).await;
    assert_eq!(spaced.refusal(), (404, "anchor_not_found"));
}

#[tokio::test]
async fn the_console_hears_of_its_apps_rooms_until_it_logs_out() {
    let world = World::new().await;
    let owner = world.owner().await;
    owner
        .post("/v1/apps", json!({"name": "Other", "appid": "wxother"}))
        .await
        .ok();
    let other = format!("/v1/apps/wxother/anchors/{ANCHOR}/verify");
    owner.post(&other, json!({})).await.ok();
    let request = Request::get(format!("/v1/apps/{APP}/events"));
    let request = request.header(header::COOKIE, &owner.cookie);
    let mut events = world.follow(request.body(Body::empty()).unwrap()).await;
    owner.post("/v1/apps/wxother/rooms", form()).await.ok();
    let room = owner.make_room().await;
    let event = events.next().await.unwrap();
    assert_eq!(event.name, "room");
    assert_eq!(event.data, json!({"roomId": room}), "not the other app's");

    let log_out = owner.call(Method::DELETE, "/v1/session", None);
    assert_eq!(log_out.await.status, 204);
    world.stream_arrives(room).await;
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn an_unknown_app_has_nothing() {
    let world = World::new().await;
    let owner = world.owner().await;
    for path in [
        "rooms",
        "anchors",
        "events",
        "rooms/1",
        "rooms/1/access",
        "door",
    ] {
        for app in ["wxffffffffffffffff", "x", "a%2Fb"] {
            let answer = owner.get(&format!("/v1/apps/{app}/{path}")).await;
            assert_eq!(answer.refusal(), (404, "app_not_found"), "{app} {path}");
        }
    }
}
