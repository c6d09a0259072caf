//! What holds for every call: token, method, quota, body (the global cases), and the shape of
//! failures.

use axum::http::{Method, StatusCode};
use kaibo_app::CallQuery;
use kaibo_domain::quota::{AppQuotas, CallQuota};
use serde_json::{Value, json};

use crate::world::{
    APP_ID, CREATE, DELETE, EDIT, LIST, PUSH_URL, SECRET, UPLOAD, World, bytes_of, form_of,
    request, verdict,
};

const STALE: (i64, &str) = (
    40_001,
    "invalid credential, access_token is invalid or not latest",
);

/// Every path behind a token, and the method it wants.
fn paths() -> [(Method, &'static str); 7] {
    [
        (Method::POST, CREATE),
        (Method::POST, EDIT),
        (Method::POST, DELETE),
        (Method::GET, PUSH_URL),
        (Method::POST, LIST),
        (Method::POST, UPLOAD),
        (Method::GET, "/cgi-bin/media/get"),
    ]
}

async fn call(world: &World, method: Method, path: &str, query: &str) -> Value {
    let path = format!("{path}?{query}");
    world.send(request(method, &path, None, "{}")).await
}

#[tokio::test]
async fn every_call_wants_a_token_that_lives() {
    let world = World::new().await;
    let expired = world.token.clone();
    world.advance(7_200);
    for (method, path) in paths() {
        let cases = [
            (String::new(), (41_001, "access_token missing")),
            ("access_token=".to_owned(), (41_001, "access_token missing")),
            (
                "access_token=x".to_owned(),
                (40_014, "invalid access_token"),
            ),
            (
                "access_token=a%20b%20c".to_owned(),
                (40_014, "invalid access_token"),
            ),
            ("access_token=stale".to_owned(), STALE),
            ("access_token=stale-token".to_owned(), STALE),
            // As WeChat's own look.
            (format!("access_token=57_{}", "aB-_9".repeat(26)), STALE),
            (format!("access_token={}", "A".repeat(64)), STALE),
            (
                format!("access_token={expired}"),
                (42_001, "access_token expired"),
            ),
        ];
        for (query, wanted) in cases {
            let answer = call(&world, method.clone(), path, &query).await;
            assert_eq!(verdict(&answer), wanted, "{path} {query}");
        }
    }
}

#[tokio::test]
async fn every_call_wants_its_method() {
    let world = World::new().await;
    for (wanted, path) in paths() {
        for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE] {
            if method == wanted {
                continue;
            }
            let query = format!("access_token={}", world.token);
            let answer = call(&world, method.clone(), path, &query).await;
            let code = if wanted == Method::GET {
                (43_001, "require GET method")
            } else {
                (43_002, "require POST method")
            };
            assert_eq!(verdict(&answer), code, "{method} {path}");
        }
    }
}

/// Sets an app's limits of `room/deleteroom`.
async fn set_limit(world: &World, per_day: Option<u32>, per_minute: Option<u32>) {
    let own = CallQuota {
        per_day,
        per_minute,
    };
    let quotas = AppQuotas {
        calls: [("room/deleteroom".to_owned(), own)].into(),
        ..AppQuotas::default()
    };
    let set = world.kaibo.set_quotas(&world.app_id, &quotas);
    set.await.unwrap();
}

/// `errcode` of a delete, and what is left: limit, remaining, reset.
async fn delete(world: &World, token: &str) -> (i64, [i64; 3]) {
    let path = format!("{DELETE}?access_token={token}");
    let body = json!({"id": 999_999_999}).to_string();
    let response = world
        .respond(request(Method::POST, &path, None, body))
        .await;
    let left = ["limit", "remaining", "reset"].map(|what| {
        let header = &response.headers()[format!("x-quota-{what}")];
        header.to_str().unwrap().parse().unwrap()
    });
    let answer = world.read(response).await;
    (answer["errcode"].as_i64().unwrap(), left)
}

#[tokio::test]
async fn a_quota_is_per_app_and_starts_anew_at_midnight_in_shanghai() {
    let mut world = World::new().await;
    set_limit(&world, Some(2), None).await;
    // 10:40 + 13 h 20 min.
    let midnight = world.now() + 48_000;
    for (code, left) in [(300_022, 1), (300_022, 0), (45_009, 0), (45_009, 0)] {
        let wanted = (code, [2, left, midnight]);
        assert_eq!(delete(&world, &world.token).await, wanted);
    }
    let other = world.other_app().await;
    let (code, [limit, ..]) = delete(&world, &other).await;
    assert_eq!((code, limit), (300_022, 10_000));
    let list = world.post(LIST, &json!({"start": 0, "limit": 1})).await;
    assert_eq!(list["errcode"], 9_410_000);
    world.advance_far(48_000).await;
    let (code, [_, left, _]) = delete(&world, &world.token).await;
    assert_eq!((code, left), (300_022, 1));
}

#[tokio::test]
async fn a_minutes_quota_is_over_with_the_minute_and_costs_nothing_of_the_day() {
    let world = World::new().await;
    set_limit(&world, None, Some(1)).await;
    let next_minute = (world.now() / 60 + 1) * 60;
    let (code, [_, left, _]) = delete(&world, &world.token).await;
    assert_eq!((code, left), (300_022, 9_999));
    for _ in 0..3 {
        let full = (45_011, [1, 0, next_minute]);
        assert_eq!(delete(&world, &world.token).await, full);
    }
    world.advance(60);
    let (code, [_, left, _]) = delete(&world, &world.token).await;
    assert_eq!((code, left), (300_022, 9_998));
}

#[tokio::test]
async fn a_restart_gives_no_fresh_day() {
    let world = World::new().await;
    set_limit(&world, Some(3), None).await;
    delete(&world, &world.token).await;
    delete(&world, &world.token).await;
    world.kaibo.keep_books(false).await.unwrap();
    let after = world.started_anew();
    let (_, [_, left, _]) = delete(&after, &after.token).await;
    assert_eq!(left, 0);
    assert_eq!(delete(&after, &after.token).await.0, 45_009);
}

#[tokio::test]
async fn every_call_can_be_looked_up_by_its_rid() {
    let world = World::new().await;
    let response = world
        .respond(request(
            Method::POST,
            &world.with_token(DELETE),
            None,
            r#"{"id": 7, "secret": "hush"}"#,
        ))
        .await;
    let rid = response.headers()["x-kaibo-rid"]
        .to_str()
        .unwrap()
        .to_owned();
    let answer = world.read(response).await;
    assert!(answer["errmsg"].as_str().unwrap().ends_with(&rid));
    let query = CallQuery {
        rid: Some(rid),
        limit: 10,
        ..CallQuery::default()
    };
    let found = world.kaibo.calls(&world.app_id, &query).await.unwrap();
    let [(_, call)] = &found[..] else {
        panic!("{found:?}");
    };
    assert_eq!((call.op.as_str(), call.code), ("room/deleteroom", 300_022));
    assert_eq!(call.at, world.clock.now());
    assert_eq!(call.peer, "0.0.0.0");
    assert_eq!(call.reason.as_deref(), Some("rule: no such room"));
    let all = CallQuery {
        limit: 100,
        ..CallQuery::default()
    };
    let all = world.kaibo.calls(&world.app_id, &all).await.unwrap();
    let ops: Vec<&str> = all.iter().map(|(_, call)| call.op.as_str()).collect();
    let uploads = ["media/upload"; 4];
    assert_eq!(
        ops,
        [&["room/deleteroom"][..], &uploads, &["token"]].concat()
    );
    let told = format!("{all:?}");
    for secret in [SECRET, &world.token, "hush"] {
        assert!(!told.contains(secret), "{told}");
    }
}

#[tokio::test]
async fn the_body_is_read_as_what_it_is_whatever_its_header_says() {
    let world = World::new().await;
    let body = json!({"start": 0, "limit": 10});
    world.room().await;
    for mime in [
        None,
        Some("application/json"),
        Some("application/json;charset='utf-8'"),
        Some("application/x-www-form-urlencoded"),
        Some("text/plain"),
        Some("nonsense"),
    ] {
        for text in [
            body.to_string(),
            form_of(&body),
            format!("\u{feff}{body}\n"),
        ] {
            let answer = world.post_as(LIST, mime, text.clone()).await;
            assert_eq!(answer["total"], 1, "{mime:?} {text}");
        }
    }
}

#[tokio::test]
async fn bodies_that_are_nothing_are_refused() {
    let world = World::new().await;
    let cases = [
        (String::new(), 44_002, "empty post data"),
        (" \n".to_owned(), 44_002, "empty post data"),
        ("{bad".to_owned(), 47_001, "data format error"),
        ("[1]".to_owned(), 47_001, "data format error"),
        ("hello".to_owned(), 47_001, "data format error"),
        (
            format!("{{\"a\":{}", "[".repeat(100_000)),
            47_001,
            "data format error",
        ),
        (
            format!("a{}=1", "[b]".repeat(10_000)),
            47_001,
            "data format error",
        ),
        (
            format!("{{\"a\":\"{}\"}}", "x".repeat(1024 * 1024)),
            45_002,
            "content size out of limit",
        ),
        (
            "x".repeat(17 * 1024 * 1024),
            45_002,
            "content size out of limit",
        ),
    ];
    for (body, code, message) in cases {
        let head: String = body.chars().take(20).collect();
        let answer = world.post_as(LIST, Some("application/json"), body).await;
        assert_eq!(verdict(&answer), (code, message), "{head}");
    }
}

#[tokio::test]
async fn every_other_path_of_wechat_is_an_unknown_url() {
    let world = World::new().await;
    for path in [
        "/wxa",
        "/wxa/",
        "/wxa/business/getliveinfo/",
        "/wxaapi",
        "/wxaapi/broadcast/room/create/x",
        "/wxaapi/broadcast/room/Create",
        "/cgi-bin",
        "/cgi-bin/user/info",
        "/wxa_other/x",
    ] {
        for method in [Method::GET, Method::POST] {
            let answer = world.send(request(method, path, None, "")).await;
            assert_eq!(verdict(&answer), (40_066, "invalid url"), "{path}");
        }
    }
}

#[tokio::test]
async fn no_answer_repeats_a_secret() {
    let world = World::new().await;
    let path = format!("/cgi-bin/token?grant_type=x&appid={APP_ID}&secret={SECRET}");
    let response = world.respond(request(Method::GET, &path, None, "")).await;
    assert_eq!(response.status(), StatusCode::OK);
    let text = String::from_utf8(bytes_of(response).await.to_vec()).unwrap();
    assert!(!text.contains(SECRET), "{text}");
}
