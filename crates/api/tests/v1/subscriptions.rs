//! `/v1/apps/{appid}/rooms/{roomId}/subscriptions`, `/v1/apps/{appid}/subscriptions`, `…/followers`.

use axum::http::{Method, Request, header};
use serde_json::{Value, json};

use crate::world::{APP, Answer, Owner, World};

fn path(app: &str, room: i64) -> String {
    format!("/v1/apps/{app}/rooms/{room}/subscriptions")
}

async fn subscribe(owner: &Owner<'_>, room: i64, openid: &str, kind: &str) -> Answer {
    let body = json!({"openid": openid, "kind": kind});
    owner.call(Method::PUT, &path(APP, room), Some(body)).await
}

async fn unsubscribe(owner: &Owner<'_>, room: i64, openid: &str, kind: &str) -> Answer {
    let path = format!("{}?openid={openid}&kind={kind}", path(APP, room));
    owner.call(Method::DELETE, &path, None).await
}

#[tokio::test]
async fn subscribers_are_counted_by_room_and_followers_shown_masked() {
    let world = World::new().await;
    let owner = world.owner().await;
    let room = owner.make_room().await;
    for (openid, kind) in [("oABCD0123456789", "room"), ("oABCD0123456789", "follow")] {
        assert_eq!(subscribe(&owner, room, openid, kind).await.status, 204);
        assert_eq!(subscribe(&owner, room, openid, kind).await.status, 204);
    }
    let counts = owner.get(&path(APP, room)).await.ok();
    assert_eq!(counts, json!({"subscribers": 1, "followers": 1}));
    let all = owner
        .get(&format!("/v1/apps/{APP}/subscriptions"))
        .await
        .ok();
    assert_eq!((&all["followers"], &all["total"]), (&json!(1), &json!(1)));
    assert_eq!(all["rooms"][0]["roomId"], room);
    assert_eq!(all["rooms"][0]["subscribers"], 1);
    let page = owner.get(&format!("/v1/apps/{APP}/followers")).await.ok();
    assert_eq!(page["followers"][0]["openidMasked"], "oABC***89");
    assert!(!page.to_string().contains("oABCD0123456789"));
    for kind in ["room", "follow"] {
        let gone = unsubscribe(&owner, room, "oABCD0123456789", kind).await;
        assert_eq!(gone.status, 204);
    }
    let counts = owner.get(&path(APP, room)).await.ok();
    assert_eq!(counts, json!({"subscribers": 0, "followers": 0}));
}

#[tokio::test]
async fn followers_come_page_by_page() {
    let world = World::new().await;
    let owner = world.owner().await;
    let room = owner.make_room().await;
    for n in 0..3 {
        subscribe(&owner, room, &format!("person-{n}-x"), "follow").await;
    }
    let list = format!("/v1/apps/{APP}/followers?limit=2");
    let first = owner.get(&list).await.ok();
    assert_eq!(first["followers"].as_array().unwrap().len(), 2);
    let rest = format!("{list}&after={}", first["next"]);
    let rest = owner.get(&rest).await.ok();
    assert_eq!(rest["followers"].as_array().unwrap().len(), 1);
    assert_eq!((&rest["next"], &rest["total"]), (&Value::Null, &json!(3)));
}

#[tokio::test]
async fn only_a_start_to_come_can_be_waited_for_and_openids_are_plain() {
    let world = World::new().await;
    let owner = world.owner().await;
    let room = owner.make_room().await;
    let odd = subscribe(&owner, room, "a b", "room").await;
    assert_eq!(
        odd.body["error"]["fields"],
        json!({"openid": "openid_invalid"})
    );
    world.stream_arrives(room).await;
    let late = subscribe(&owner, room, "person", "room").await;
    assert_eq!(late.refusal(), (409, "not_allowed_in_status"));
    assert_eq!(
        subscribe(&owner, room, "person", "follow").await.status,
        204
    );
}

#[tokio::test]
async fn an_apps_own_server_subscribes_by_its_access_token_and_reaches_no_other_app() {
    let world = World::new().await;
    let owner = world.owner().await;
    let room = owner.make_room().await;
    let other = owner.post("/v1/apps", json!({"name": "Other"})).await;
    let other = other.body["appid"].as_str().unwrap().to_owned();
    let made = owner.post("/v1/apps", json!({"name": "Third"})).await;
    let token = |appid: &str, secret: &str| {
        let query = format!("grant_type=client_credential&appid={appid}&secret={secret}");
        format!("/cgi-bin/token?{query}")
    };
    let third = made.body["appid"].as_str().unwrap();
    let buy = token(third, made.body["secret"].as_str().unwrap());
    let bought = world.get(&buy);
    let bought = bought.await.ok()["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let put = async |app: &str, token: &str| {
        let request = Request::put(path(app, room))
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/json");
        let body = json!({"openid": "person", "kind": "follow"}).to_string();
        world.send(request.body(body.into()).unwrap()).await
    };
    assert_eq!(put(APP, "nonsense").await.refusal(), (401, "token_unknown"));
    for app in [APP, other.as_str()] {
        assert_eq!(put(app, &bought).await.refusal(), (404, "app_not_found"));
    }
    assert_eq!(put(third, &bought).await.refusal(), (404, "room_not_found"));
    let own = world.access_token().await;
    assert_eq!(put(APP, &own).await.status, 204);
    let counts = owner.get(&path(APP, room)).await.ok();
    assert_eq!(counts["followers"], 1);
    let nobody = world.get(&path(APP, room)).await;
    assert_eq!(nobody.refusal(), (401, "not_signed_in"));
    // From an address that the app does not list, its token opens nothing here either.
    let door = json!({"allowedIps": ["192.0.2.1"]});
    let allow = format!("/v1/apps/{APP}/door");
    owner.call(Method::PUT, &allow, Some(door)).await;
    assert_eq!(put(APP, &own).await.refusal(), (401, "token_unknown"));
}
