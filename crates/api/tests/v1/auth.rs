//! Who may call what, for every route that the document lists.

use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::Value;

use crate::world::World;

/// Changes that need no session, with what keeps strangers from them. A new one is put here on
/// purpose, or stands behind the session.
const WITHOUT_SESSION: [(&str, &str, &str); 6] = [
    ("post", "/v1/setup", "the set-up token in its body"),
    ("post", "/v1/session", "name and password in its body"),
    (
        "post",
        "/v1/verifications/{token}",
        "the link's token in its path",
    ),
    ("post", "/v1/enrolments", "the broadcast code in its header"),
    ("post", "/v1/broadcast/start", "the device's cookie"),
    ("post", "/v1/broadcast/end", "the device's cookie"),
];

/// Method and path of every operation, with example values in the path.
fn operations() -> Vec<(Method, String, String)> {
    let document = kaibo_api::openapi::document().to_json().unwrap();
    let document: Value = serde_json::from_str(&document).unwrap();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let concrete = path
                .replace("{appid}", crate::world::APP)
                .replace("{roomId}", "1")
                .replace("{goodsId}", "1")
                .replace("{wechatId}", "anchor_01")
                .replace("{role}", "operator")
                .replace("{session}", "00")
                .replace("{deviceId}", "1")
                .replace("{token}", "t")
                .replace("{shareCode}", "c")
                .replace("{webhookId}", "1")
                .replace("{deliveryId}", "d");
            assert!(
                !concrete.contains('{'),
                "{path}: give its parameter an example here"
            );
            let verb = method.to_uppercase().parse().unwrap();
            operations.push((verb, path.clone(), concrete));
        }
    }
    operations
}

fn is_console(method: &Method, path: &str) -> bool {
    let open = [
        "/healthz",
        "/readyz",
        "/v1/rooms/",
        "/v1/share-codes/",
        "/v1/verifications/",
        "/v1/broadcast",
        "/v1/enrolments",
        "/v1/setup",
        "/v1/quota",
    ];
    let listed = WITHOUT_SESSION
        .iter()
        .any(|(verb, known, _)| *verb == method.as_str().to_lowercase() && *known == path);
    let is_open = method == Method::GET && open.iter().any(|start| path.starts_with(start));
    !listed && !is_open
}

#[tokio::test]
async fn every_console_route_wants_a_session_and_every_change_its_csrf_token() {
    let world = World::new().await;
    let owner = world.owner().await;
    let mut changes = 0;
    for (method, path, concrete) in operations() {
        if !is_console(&method, &path) {
            continue;
        }
        let request = || Request::builder().method(&method).uri(&concrete);
        let bare = world.send(request().body(Body::empty()).unwrap()).await;
        assert_eq!(bare.refusal(), (401, "not_signed_in"), "{method} {path}");
        let forged = request().header(header::COOKIE, "kaibo_session=forged");
        let forged = world.send(forged.body(Body::empty()).unwrap()).await;
        assert_eq!(forged.refusal(), (401, "not_signed_in"), "{method} {path}");
        if method == Method::GET {
            continue;
        }
        changes += 1;
        for csrf in [None, Some("wrong"), Some("")] {
            let mut request = request().header(header::COOKIE, &owner.cookie);
            if let Some(csrf) = csrf {
                request = request.header("x-csrf-token", csrf);
            }
            let answer = world.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(answer.refusal(), (403, "csrf_mismatch"), "{method} {path}");
        }
    }
    assert!(changes >= 15, "only {changes} changes were tried");
}

#[tokio::test]
async fn broadcast_routes_open_for_a_device_only() {
    let world = World::new().await;
    let mut tried = 0;
    for (method, path, concrete) in operations() {
        if !path.starts_with("/v1/broadcast") {
            continue;
        }
        tried += 1;
        for code in [
            None,
            Some("Broadcast wrong"),
            Some("Broadcast 1"),
            Some("Broadcast "),
            Some("Bearer x"),
        ] {
            let mut request = Request::builder().method(&method).uri(&concrete);
            if let Some(code) = code {
                request = request.header(header::AUTHORIZATION, code);
            }
            let answer = world.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(answer.refusal(), (404, "device_unknown"), "{method} {path}");
        }
    }
    assert_eq!(tried, 4);
}

#[test]
fn the_document_names_the_credentials_of_every_operation() {
    let document = kaibo_api::openapi::document().to_json().unwrap();
    let document: Value = serde_json::from_str(&document).unwrap();
    let schemes = document["components"]["securitySchemes"]
        .as_object()
        .unwrap();
    for (method, path, _) in operations() {
        let operation = &document["paths"][&path][method.as_str().to_lowercase()];
        let any = operation["security"].as_array().unwrap().iter();
        let any: Vec<Vec<&str>> = any
            .map(|all| {
                all.as_object()
                    .unwrap()
                    .keys()
                    .map(String::as_str)
                    .collect()
            })
            .collect();
        assert!(any.iter().flatten().all(|name| schemes.contains_key(*name)));
        let session = if method == Method::GET {
            vec!["session"]
        } else {
            vec!["csrf", "session"]
        };
        let is_console = is_console(&method, &path);
        assert_eq!(any.contains(&session), is_console, "{method} {path}");
        let by_device = path.starts_with("/v1/broadcast");
        assert_eq!(
            any.contains(&vec!["broadcast"]),
            by_device,
            "{method} {path}"
        );
    }
}
