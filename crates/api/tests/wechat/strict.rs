//! The strict profile: what WeChat refuses is refused, and a header says why.

use axum::body::Body;
use axum::http::{Method, Request};
use kaibo_app::AppConfig;
use kaibo_domain::door::Profile;
use serde_json::{Value, json};

use crate::world::{
    ANCHOR, Base, CREATE, DELETE, LIST, PUSH_URL, SECRET, World, form_of, request, verdict,
};

const FORM: &str = "application/x-www-form-urlencoded";

async fn strict() -> World {
    let mut config = AppConfig::default();
    config.wechat.profile = Profile::Strict;
    let world = World::on(Base::Sqlite, config).await;
    world.verify(ANCHOR).await;
    world
}

/// The answer, and the reason beside it.
async fn told(world: &World, request: Request<Body>) -> (Value, String) {
    let response = world.respond(request).await;
    let reason = response.headers().get("x-kaibo-reason");
    let reason = reason
        .map_or("", |reason| reason.to_str().unwrap())
        .to_owned();
    (world.read(response).await, reason)
}

fn post(world: &World, path: &str, mime: Option<&str>, body: String) -> Request<Body> {
    request(Method::POST, &world.with_token(path), mime, body)
}

#[tokio::test]
async fn without_jsons_content_type_no_field_is_seen() {
    let world = strict().await;
    let plan = world.plan().to_string();
    let blind = (200_002, "parameter startTime or endTime is invalid");
    for mime in [None, Some("text/plain"), Some("application/jsonp")] {
        let (answer, reason) = told(&world, post(&world, CREATE, mime, plan.clone())).await;
        assert_eq!(verdict(&answer), blind, "{mime:?}");
        assert!(reason.starts_with("content-type: "), "{reason}");
        assert!(reason.contains(mime.unwrap_or("without")), "{reason}");
    }
    let form = form_of(&world.plan());
    let (answer, reason) = told(&world, post(&world, CREATE, Some(FORM), form)).await;
    assert_eq!(verdict(&answer), blind);
    assert!(reason.contains(FORM), "{reason}");
    let (answer, _) = told(&world, post(&world, DELETE, None, r#"{"id": 1}"#.into())).await;
    assert_eq!(verdict(&answer), (200_002, "parameter id must no be null"));
}

#[tokio::test]
async fn odd_charsets_behind_jsons_content_type_do_no_harm() {
    let world = strict().await;
    for mime in [
        "application/json",
        "application/json;charset='utf-8'",
        "Application/JSON ; charset=UTF-8",
    ] {
        let call = post(&world, CREATE, Some(mime), world.plan().to_string());
        let (answer, reason) = told(&world, call).await;
        assert_eq!((&answer["errcode"], reason.as_str()), (&json!(0), ""));
    }
}

#[tokio::test]
async fn the_older_paths_read_json_whatever_its_header_says_and_no_form() {
    let world = strict().await;
    let body = json!({"start": 0, "limit": 10});
    let (answer, _) = told(&world, post(&world, LIST, None, body.to_string())).await;
    assert_eq!(answer["errcode"], 9_410_000);
    let (answer, reason) = told(&world, post(&world, LIST, Some(FORM), form_of(&body))).await;
    assert_eq!(verdict(&answer), (47_001, "data format error"));
    assert!(reason.starts_with("body: "), "{reason}");
}

#[tokio::test]
async fn plain_http_is_refused_also_where_tokens_are_sold() {
    let world = strict().await;
    let path = format!(
        "/cgi-bin/token?grant_type=client_credential&appid={}&secret={SECRET}",
        world.app_id
    );
    for (method, path) in [
        (Method::GET, path),
        (Method::POST, world.with_token(LIST)),
        (Method::GET, world.with_token(PUSH_URL)),
    ] {
        let mut call = request(method, &path, None, "{}");
        let proto = "http".parse().unwrap();
        call.headers_mut().insert("x-forwarded-proto", proto);
        let (answer, reason) = told(&world, call).await;
        assert_eq!(verdict(&answer), (43_003, "require https"));
        assert!(reason.starts_with("transport: "), "{reason}");
    }
}

#[tokio::test]
async fn an_apps_own_profile_stands_above_the_settings() {
    let world = World::new().await;
    let form = || post(&world, CREATE, Some(FORM), form_of(&world.plan()));
    let (answer, _) = told(&world, form()).await;
    assert_eq!(answer["errcode"], 0);
    let set = async |profile| {
        let set = world.kaibo.set_door(&world.app_id, profile, &[]);
        set.await.unwrap();
    };
    set(Some(Profile::Strict)).await;
    let (answer, _) = told(&world, form()).await;
    assert_eq!(answer["errcode"], 200_002);
    set(None).await;
    let (answer, _) = told(&world, form()).await;
    assert_eq!(answer["errcode"], 0);
}

#[tokio::test]
async fn calls_come_from_the_allowed_addresses_alone() {
    let world = World::new().await;
    let nets = ["192.0.2.0/24".parse().unwrap()];
    let set = world.kaibo.set_door(&world.app_id, None, &nets);
    set.await.unwrap();
    let from = |address: &str| {
        let mut call = post(&world, LIST, None, r#"{"start": 0, "limit": 1}"#.into());
        let address = address.parse().unwrap();
        call.headers_mut().insert("x-forwarded-for", address);
        call
    };
    let (answer, reason) = told(&world, from("198.51.100.7")).await;
    let wanted = "invalid ip 198.51.100.7 ipv6 ::ffff:198.51.100.7, not in whitelist";
    assert_eq!(verdict(&answer), (40_164, wanted));
    assert!(reason.starts_with("address: "), "{reason}");
    let (answer, _) = told(&world, from("2001:db8::7")).await;
    let wanted = "invalid ip 2001:db8::7 ipv6 2001:db8::7, not in whitelist";
    assert_eq!(verdict(&answer), (40_164, wanted));
    let (answer, _) = told(&world, from("192.0.2.9")).await;
    assert_eq!(answer["errcode"], 9_410_000);
}
