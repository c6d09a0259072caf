//! Health, figures, bounds and errors: what all routes share.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, header};
use kaibo_api::Metrics;
use serde_json::json;

use crate::world::{APP, Plan, World};

fn get(path: &str) -> axum::http::request::Builder {
    Request::get(path)
}

#[tokio::test]
async fn ready_until_shutdown_and_alive_to_the_end() {
    let world = World::new().await;
    assert_eq!(world.get("/healthz").await.status, 200);
    assert_eq!(world.get("/readyz").await.status, 200);
    world.shutdown.cancel();
    assert_eq!(world.get("/readyz").await.status, 503);
    assert_eq!(world.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn without_the_database_it_is_not_ready_and_says_so_in_general_words() {
    let world = World::new().await;
    let id = world.owner().await.make_room().await;
    world.store.close().await;
    assert_eq!(world.get("/readyz").await.status, 503);
    let answer = world.get(&format!("/v1/rooms/{id}")).await;
    assert_eq!(answer.refusal(), (500, "internal"));
    assert_eq!(answer.body["error"]["message"], "服务异常，请稍后重试");
}

#[tokio::test]
async fn figures_are_behind_their_token() {
    let none = World::new().await;
    assert_eq!(none.get("/metrics").await.status, 404);
    let metrics = Metrics {
        render: Arc::new(|| "kaibo_up 1\n".into()),
        token: "opensesame".into(),
    };
    let world = World::with(Plan {
        metrics: Some(metrics),
        ..Plan::default()
    })
    .await;
    assert_eq!(world.get("/metrics").await.status, 401);
    for (sent, status) in [
        ("Bearer wrong", 401),
        ("opensesame", 401),
        ("Bearer opensesame", 200),
    ] {
        let request = get("/metrics").header(header::AUTHORIZATION, sent);
        let answer = world.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, status, "{sent}");
    }
}

#[tokio::test]
async fn errors_come_in_the_readers_language() {
    let world = World::new().await;
    let message = async |language: &str| {
        let request = get("/v1/rooms/1").header(header::ACCEPT_LANGUAGE, language);
        let answer = world.send(request.body(Body::empty()).unwrap()).await;
        answer.body["error"]["message"].as_str().unwrap().to_owned()
    };
    assert_eq!(message("zh-CN").await, "直播间不存在");
    assert_eq!(message("en-US,en;q=0.9").await, "There is no such room.");
}

#[tokio::test]
async fn unknown_addresses_and_methods_answer_in_the_words_of_their_api() {
    let world = World::new().await;
    assert_eq!(world.get("/v1/nothing").await.refusal(), (404, "not_found"));
    let patch = Request::patch("/v1/rooms/1").body(Body::empty()).unwrap();
    assert_eq!(
        world.send(patch).await.refusal(),
        (405, "method_not_allowed")
    );
    assert_eq!(world.get("/nothing").await.status, 404);
    for path in [
        "/wxa/none",
        "/wxaapi/none",
        "/wxanything/else",
        "/cgi-bin/none",
    ] {
        let answer = world.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.body["errcode"], 40066, "{path}");
    }
}

#[tokio::test]
async fn bodies_are_bounded_in_size_and_must_be_json() {
    let world = World::new().await;
    let send = async |kind: &str, body: Vec<u8>| {
        let request = Request::post("/v1/session").header(header::CONTENT_TYPE, kind);
        world.send(request.body(Body::from(body)).unwrap()).await
    };
    let large = send("application/json", vec![b' '; 65 * 1024]).await;
    assert_eq!(large.refusal(), (413, "body_too_large"));
    let broken = send("application/json; charset=utf-8", b"{".to_vec()).await;
    assert_eq!(broken.refusal(), (400, "bad_request"));
    let deep = send("application/json", vec![b'['; 10_000]).await;
    assert_eq!(deep.refusal(), (400, "bad_request"));
    let form = send("application/x-www-form-urlencoded", b"name=a".to_vec()).await;
    assert_eq!(form.refusal(), (415, "unsupported_media_type"));
}

#[tokio::test]
async fn every_answer_has_an_id_of_its_own() {
    let world = World::new().await;
    let id = async |path: &str| world.get(path).await.headers["x-request-id"].clone();
    let (first, second) = (id("/healthz").await, id("/v1/rooms/1").await);
    assert_eq!(first.len(), 16);
    assert_ne!(first, second);
}

#[tokio::test]
async fn json_is_sent_small_and_event_streams_as_they_are() {
    let world = World::new().await;
    let owner = world.owner().await;
    let room = owner.make_room().await;
    let request = get(&format!("/v1/apps/{APP}/rooms"))
        .header(header::COOKIE, &owner.cookie)
        .header(header::ACCEPT_ENCODING, "gzip");
    let answer = world.respond(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.headers()["content-encoding"], "gzip");
    let request = get(&format!("/v1/rooms/{room}/events")).header(header::ACCEPT_ENCODING, "gzip");
    let answer = world.respond(request.body(Body::empty()).unwrap()).await;
    assert!(!answer.headers().contains_key("content-encoding"));
}

#[tokio::test]
async fn tries_behind_a_trusted_proxy_are_counted_by_client() {
    let mut plan = Plan::default();
    plan.api.proxies = vec!["0.0.0.0/0".parse().unwrap()];
    let world = World::with(plan).await;
    world.owner().await;
    let log_in = async |client: &str, name: &str| {
        let body = json!({"name": name, "password": "wrong wrong"}).to_string();
        let request = Request::post("/v1/session")
            .header(header::CONTENT_TYPE, "application/json")
            .header("x-forwarded-for", client);
        world
            .send(request.body(Body::from(body)).unwrap())
            .await
            .status
            .as_u16()
    };
    for at in 0..5 {
        assert_eq!(log_in("192.0.2.1", &format!("name{at}")).await, 401);
    }
    assert_eq!(log_in("192.0.2.1", "another").await, 429);
    assert_eq!(log_in("192.0.2.2", "another").await, 401);
}
