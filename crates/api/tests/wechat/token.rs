//! `GET /cgi-bin/token` (cases P1).

use axum::http::Method;
use serde_json::json;

use crate::world::{APP_ID, LIST, SECRET, World, request, verdict};

fn path(query: &str) -> String {
    format!("/cgi-bin/token?{query}")
}

fn good() -> String {
    path(&format!(
        "grant_type=client_credential&appid={APP_ID}&secret={SECRET}"
    ))
}

#[tokio::test]
async fn a_secret_buys_a_token_for_two_hours() {
    let world = World::new().await;
    let answer = world.get(&good()).await;
    assert_eq!(answer["expires_in"], 7_200);
    let token = answer["access_token"].as_str().unwrap();
    assert!(token.len() <= 512);
    let list = format!("{LIST}?access_token={token}");
    let body = json!({"start": 0, "limit": 1}).to_string();
    let answer = world.send(request(Method::POST, &list, None, body)).await;
    assert_eq!(answer["errcode"], 9_410_000);
}

#[tokio::test]
async fn each_wrong_part_of_a_purchase_has_its_own_code() {
    let world = World::new().await;
    let grant = "grant_type=client_credential";
    let cases = [
        (
            format!("grant_type=password&appid={APP_ID}&secret={SECRET}"),
            40_002,
            "invalid grant_type",
        ),
        (
            format!("appid={APP_ID}&secret={SECRET}"),
            40_002,
            "invalid grant_type",
        ),
        (
            format!("{grant}&appid=wx-none&secret={SECRET}"),
            40_013,
            "invalid appid",
        ),
        (
            format!("{grant}&appid=wxffffffffffffffff&secret={SECRET}"),
            40_013,
            "invalid appid",
        ),
        (
            format!("{grant}&appid={APP_ID}&secret=nope"),
            40_125,
            "invalid appsecret",
        ),
        (format!("{grant}&secret={SECRET}"), 41_002, "appid missing"),
        (
            format!("{grant}&appid=&secret={SECRET}"),
            41_002,
            "appid missing",
        ),
        (
            format!("{grant}&appid={APP_ID}"),
            41_004,
            "appsecret missing",
        ),
    ];
    for (query, code, message) in cases {
        let answer = world.get(&path(&query)).await;
        assert_eq!(verdict(&answer), (code, message), "{query}");
        assert!(answer.get("access_token").is_none(), "{query}");
    }
}

#[tokio::test]
async fn a_purchase_by_post_is_served_too() {
    let world = World::new().await;
    let body = json!({"grant_type": "client_credential", "appid": APP_ID, "secret": SECRET});
    for (target, body) in [(good(), String::new()), (path(""), body.to_string())] {
        let answer = world.send(request(Method::POST, &target, None, body)).await;
        assert!(answer["access_token"].is_string(), "{target}");
    }
}

#[tokio::test]
async fn an_older_token_lives_five_minutes_beside_its_successor() {
    let world = World::new().await;
    world.get(&good()).await;
    let body = json!({"start": 0, "limit": 1});
    world.advance(299);
    assert_eq!(world.post(LIST, &body).await["errcode"], 9_410_000);
    world.advance(1);
    assert_eq!(world.post(LIST, &body).await["errcode"], 40_001);
}

#[tokio::test]
async fn tokens_are_not_kept_by_caches() {
    let world = World::new().await;
    let response = world.respond(request(Method::GET, &good(), None, "")).await;
    assert_eq!(response.headers()["cache-control"], "no-store");
}
