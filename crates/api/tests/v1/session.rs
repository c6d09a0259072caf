//! `/v1/setup` and `/v1/session`.

use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::json;

use crate::world::{APP, Owner, PASSWORD, Plan, World};

#[tokio::test]
async fn set_up_makes_one_owner_who_is_then_logged_in() {
    let world = World::new().await;
    let check = async |token: &str| {
        let request = Request::get("/v1/setup").header(header::AUTHORIZATION, token);
        world.send(request.body(Body::empty()).unwrap()).await
    };
    let right = format!("Setup {}", world.setup_token);
    assert_eq!(check(&right).await.ok(), json!({"open": true}));
    assert_eq!(check("Setup wrong").await.refusal(), (404, "setup_closed"));
    assert_eq!(
        world.get("/v1/setup").await.refusal(),
        (404, "setup_closed")
    );

    let short = json!({"token": world.setup_token, "name": "owner", "password": "short"});
    let short = world.post("/v1/setup", short).await;
    assert_eq!(short.refusal(), (422, "invalid"));
    assert_eq!(
        short.body["error"]["fields"]["password"],
        "password_too_short"
    );

    let owner = world.owner().await;
    let session = owner.get("/v1/session").await.ok();
    assert_eq!(session["name"], "owner");
    assert_eq!(session["csrf"], owner.csrf);
    assert_eq!(session["apps"], json!([{"appid": APP, "name": "Shop"}]));

    assert_eq!(check(&right).await.refusal(), (404, "setup_closed"));
    let again = json!({"token": world.setup_token, "name": "second", "password": PASSWORD});
    let again = world.post("/v1/setup", again).await;
    assert_eq!(again.refusal(), (404, "setup_closed"));
}

#[tokio::test]
async fn the_cookie_stays_out_of_scripts_and_other_sites() {
    let world = World::new().await;
    world.owner().await;
    let log_in = json!({"name": "owner", "password": PASSWORD});
    let answer = world.post("/v1/session", log_in.clone()).await;
    let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
    for part in [
        "Path=/",
        "HttpOnly",
        "SameSite=Strict",
        "Max-Age=604800",
        "Secure",
    ] {
        assert!(cookie.split("; ").any(|p| p == part), "{part} in {cookie}");
    }

    let plain = World::with(Plan {
        public_http: "http://10.0.0.5:8080",
        ..Plan::default()
    })
    .await;
    plain.owner().await;
    let answer = plain.post("/v1/session", log_in).await;
    let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(
        !cookie.contains("Secure"),
        "no browser would send it back: {cookie}"
    );
}

#[tokio::test]
async fn log_out_ends_the_session() {
    let world = World::new().await;
    let owner = world.owner().await;
    let out = owner.call(Method::DELETE, "/v1/session", None).await;
    assert_eq!(out.status, 204);
    assert!(
        out.headers[header::SET_COOKIE]
            .to_str()
            .unwrap()
            .contains("Max-Age=0")
    );
    assert_eq!(
        owner.get("/v1/session").await.refusal(),
        (401, "not_signed_in")
    );
}

#[tokio::test]
async fn wrong_passwords_are_refused_and_soon_slowed_down() {
    let world = World::new().await;
    world.owner().await;
    let wrong = json!({"name": "owner", "password": "wrong wrong"});
    let unknown = json!({"name": "nobody", "password": PASSWORD});
    let first = world.post("/v1/session", wrong.clone()).await;
    assert_eq!(first.refusal(), (401, "bad_credentials"));
    let second = world.post("/v1/session", unknown).await;
    assert_eq!(second.refusal(), (401, "bad_credentials"));
    assert_eq!(first.body, second.body, "it is not said which was wrong");
    let mut last = second;
    for _ in 0..4 {
        last = world.post("/v1/session", wrong.clone()).await;
    }
    assert_eq!(last.refusal(), (429, "too_many_tries"));
    let wait = last.body["error"]["retryAfterMs"].as_i64().unwrap();
    assert!((1..=60_000).contains(&wait), "{wait}");
    assert!(last.headers.contains_key(header::RETRY_AFTER));
    world.clock.advance(61_000);
    let right = json!({"name": "owner", "password": PASSWORD});
    Owner::of(&world, world.post("/v1/session", right).await);
}

#[tokio::test]
async fn a_form_of_another_site_cannot_log_in() {
    let world = World::new().await;
    world.owner().await;
    let body = json!({"name": "owner", "password": PASSWORD}).to_string();
    let request = Request::post("/v1/session").header(header::CONTENT_TYPE, "text/plain");
    let answer = world.send(request.body(Body::from(body)).unwrap()).await;
    assert_eq!(answer.refusal(), (415, "unsupported_media_type"));
}

#[tokio::test]
async fn a_user_ends_a_session_of_another_browser() {
    let world = World::new().await;
    let owner = world.owner().await;
    world.clock.advance(60_000);
    let form = json!({"name": "owner", "password": PASSWORD});
    let other = Owner::of(&world, world.post("/v1/session", form).await);
    let list = owner.get("/v1/sessions").await.ok();
    let current: Vec<bool> = [0, 1].map(|n| list[n]["current"].as_bool().unwrap()).into();
    assert_eq!(current, [false, true]);
    assert_eq!(list[0]["begunAt"], world.kaibo.now());
    let path = format!("/v1/sessions/{}", list[0]["id"].as_str().unwrap());
    let ended = owner.call(axum::http::Method::DELETE, &path, None).await;
    assert_eq!(ended.status, 204);
    assert_eq!(other.get("/v1/session").await.status, 401);
    assert_eq!(owner.get("/v1/session").await.status, 200);
    let again = owner.call(axum::http::Method::DELETE, &path, None).await;
    assert_eq!(again.refusal(), (404, "session_not_found"));
}

#[tokio::test]
async fn a_change_wants_the_sessions_own_csrf_token() {
    let world = World::new().await;
    let owner = world.owner().await;
    for wrong in ["wrong", "", &format!("{}x", owner.csrf)] {
        let request = Request::delete("/v1/session")
            .header(header::COOKIE, &owner.cookie)
            .header("x-csrf-token", wrong);
        let answer = world.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.refusal(), (403, "csrf_mismatch"), "{wrong:?}");
    }
    assert_eq!(owner.get("/v1/session").await.status, 200);
}
