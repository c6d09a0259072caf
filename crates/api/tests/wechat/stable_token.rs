//! `POST /cgi-bin/stable_token` (cases P2).

use axum::http::Method;
use serde_json::{Value, json};

use crate::world::{APP_ID, LIST, SECRET, World, request, verdict};

const PATH: &str = "/cgi-bin/stable_token";

async fn buy(world: &World, extra: Value) -> Value {
    let mut body = json!({"grant_type": "client_credential", "appid": APP_ID, "secret": SECRET});
    for (key, value) in extra.as_object().unwrap() {
        body[key] = value.clone();
    }
    world
        .send(request(Method::POST, PATH, None, body.to_string()))
        .await
}

async fn code_with(world: &World, token: &Value) -> Value {
    let path = format!("{LIST}?access_token={}", token.as_str().unwrap());
    let body = json!({"start": 0, "limit": 1}).to_string();
    world.send(request(Method::POST, &path, None, body)).await["errcode"].clone()
}

#[tokio::test]
async fn the_same_token_comes_back_until_its_last_five_minutes() {
    let world = World::new().await;
    let first = buy(&world, json!({"force_refresh": false})).await;
    assert_eq!(first["expires_in"], 7_200);
    world.advance(6_800);
    let again = buy(&world, json!({})).await;
    assert_eq!(again["access_token"], first["access_token"]);
    assert_eq!(again["expires_in"], 400);
    world.advance(200);
    let next = buy(&world, json!({})).await;
    assert_ne!(next["access_token"], first["access_token"]);
    assert_eq!(code_with(&world, &first["access_token"]).await, 9_410_000);
}

#[tokio::test]
async fn a_forced_refresh_kills_the_old_token_and_is_no_faster_than_thirty_seconds() {
    let world = World::new().await;
    let first = buy(&world, json!({})).await;
    world.advance(31);
    let second = buy(&world, json!({"force_refresh": true})).await;
    assert_ne!(second["access_token"], first["access_token"]);
    assert_eq!(code_with(&world, &first["access_token"]).await, 40_001);
    world.advance(5);
    let third = buy(&world, json!({"force_refresh": "true"})).await;
    assert_eq!(third["access_token"], second["access_token"]);
}

#[tokio::test]
async fn twenty_refreshes_a_day_may_be_forced_and_others_cost_none_of_them() {
    let world = World::new().await;
    let mut last = buy(&world, json!({})).await;
    for _ in 0..20 {
        world.advance(30);
        let next = buy(&world, json!({"force_refresh": true})).await;
        assert_ne!(next["access_token"], last["access_token"]);
        last = buy(&world, json!({"force_refresh": true})).await;
        assert_eq!(next["access_token"], last["access_token"], "too early");
    }
    world.advance(30);
    let over = buy(&world, json!({"force_refresh": true})).await;
    assert_eq!(verdict(&over), (45_009, "reach max api daily quota limit"));
    let same = buy(&world, json!({})).await;
    assert_eq!(same["access_token"], last["access_token"]);
}

#[tokio::test]
async fn plain_and_stable_tokens_leave_each_other_alone() {
    let world = World::new().await;
    let stable = buy(&world, json!({})).await;
    world.other_app().await;
    let plain =
        format!("/cgi-bin/token?grant_type=client_credential&appid={APP_ID}&secret={SECRET}");
    world.get(&plain).await;
    world.get(&plain).await;
    world.advance(600);
    assert_eq!(code_with(&world, &stable["access_token"]).await, 9_410_000);
}

#[tokio::test]
async fn wrong_purchases_are_told_apart() {
    let world = World::new().await;
    let wrong = buy(&world, json!({"secret": "nope"})).await;
    assert_eq!(verdict(&wrong), (40_125, "invalid appsecret"));
    let wrong = buy(&world, json!({"appid": "wxffffffffffffffff"})).await;
    assert_eq!(verdict(&wrong), (40_013, "invalid appid"));
    let wrong = buy(&world, json!({"grant_type": "x"})).await;
    assert_eq!(verdict(&wrong), (40_002, "invalid grant_type"));
    assert_eq!(
        verdict(&world.get(PATH).await),
        (43_002, "require POST method")
    );
    let empty = world.send(request(Method::POST, PATH, None, "")).await;
    assert_eq!(verdict(&empty), (44_002, "empty post data"));
}
