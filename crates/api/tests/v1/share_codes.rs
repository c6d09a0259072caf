//! `/v1/apps/{appid}/rooms/{roomId}/share-code` and `/v1/share-codes/{id}`.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::json;

use crate::world::{APP, World};

fn path(app: &str, room: i64) -> String {
    format!("/v1/apps/{app}/rooms/{room}/share-code")
}

#[tokio::test]
async fn the_console_and_the_apps_server_get_the_same_code() {
    let world = World::new().await;
    let owner = world.owner().await;
    let room = owner.make_room().await;
    let asked = format!("{}?params=%7B%22pid%22:1%7D", path(APP, room));
    let shown = owner.get(&asked).await.ok();
    assert_eq!(shown["customParams"], json!({"pid": 1}));
    let id = shown["id"].as_str().unwrap();
    assert_eq!(
        shown["viewerUrl"],
        format!("https://live.test/r/{room}?s={id}")
    );
    let token = world.access_token().await;
    let request = Request::get(&asked).header(header::AUTHORIZATION, format!("Bearer {token}"));
    let by_token = world.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(by_token.ok(), shown);
    let nobody = world.get(&asked).await;
    assert_eq!(nobody.refusal(), (401, "not_signed_in"));
    // Pictures are shown by pages of this very origin.
    for picture in ["codeUrl", "posterUrl"] {
        let request = Request::get(shown[picture].as_str().unwrap());
        let picture = world.respond(request.body(Body::empty()).unwrap()).await;
        assert_eq!(picture.headers()[header::CONTENT_TYPE], "image/png");
    }
}

#[tokio::test]
async fn a_code_without_parameters_is_the_plain_page() {
    let world = World::new().await;
    let owner = world.owner().await;
    let room = owner.make_room().await;
    let shown = owner.get(&path(APP, room)).await.ok();
    assert_eq!(shown["viewerUrl"], format!("https://live.test/r/{room}"));
    let id = shown["id"].as_str().unwrap();
    let shared = world.get(&format!("/v1/share-codes/{id}")).await.ok();
    assert_eq!(shared, json!({"roomId": room, "customParams": {}}));
}

#[tokio::test]
async fn what_cannot_be_shared_is_told() {
    let world = World::new().await;
    let owner = world.owner().await;
    let room = owner.make_room().await;
    let bad = owner
        .get(&format!("{}?params=%7Bbad", path(APP, room)))
        .await;
    assert_eq!(
        bad.body["error"]["fields"],
        json!({"params": "custom_params_invalid"})
    );
    let none = owner.get(&path(APP, room + 1)).await;
    assert_eq!(none.refusal(), (404, "room_not_found"));
    let unknown = world.get("/v1/share-codes/none").await;
    assert_eq!(unknown.refusal(), (404, "share_code_not_found"));
}
