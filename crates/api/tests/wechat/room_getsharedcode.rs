//! `GET /wxaapi/broadcast/room/getsharedcode` (cases E06): codes and posters that lead to the room,
//! read as a phone reads them.

use axum::http::Method;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use kaibo_domain::room::Command;
use serde_json::{Value, json};

use crate::world::{EDIT, World, bytes_of, png_of, request, verdict};

const SHARED_CODE: &str = "/wxaapi/broadcast/room/getsharedcode";
const BAD: (i64, &str) = (1001, "request parameters invalid");

async fn shared_code(world: &World, query: &str) -> Value {
    let path = format!("{SHARED_CODE}?{query}");
    world.get(&world.with_token(&path)).await
}

/// What a phone reads off a picture at an address of this installation, and how long it is kept.
async fn scan(world: &World, url: &Value) -> (String, String) {
    let path = url.as_str().unwrap().strip_prefix("https://live.test");
    let got = world.respond(request(Method::GET, path.unwrap(), None, ""));
    let response = got.await;
    assert_eq!(response.headers()[CONTENT_TYPE], "image/png");
    let kept = response.headers()[CACHE_CONTROL].to_str().unwrap().into();
    let picture = image::load_from_memory(&bytes_of(response).await).unwrap();
    let mut seen = rqrr::PreparedImage::prepare(picture.to_luma8());
    let codes = seen.detect_grids();
    assert_eq!(codes.len(), 1);
    (codes[0].decode().unwrap().1, kept)
}

#[tokio::test]
async fn the_code_and_the_poster_lead_to_the_room() {
    let world = World::new().await;
    let room = world.room().await;
    for key in ["roomId", "id", "room_id", "roomid"] {
        let answer = shared_code(&world, &format!("{key}={room}")).await;
        let page =
            format!("plugin-private://wx2b03c6e691cd7370/pages/live-player-plugin?room_id={room}");
        assert_eq!(answer["pagePath"], page);
        let address = format!("https://live.test/r/{room}");
        assert_eq!(scan(&world, &answer["cdnUrl"]).await.0, address);
        assert_eq!(scan(&world, &answer["posterUrl"]).await.0, address);
    }
}

#[tokio::test]
async fn custom_parameters_survive_the_scan() {
    let world = World::new().await;
    let room = world.room().await;
    let params =
        "params=%257B%2522pid%2522%253A1%252C%2522who%2522%253A%2522%25E6%259E%2597%2522%257D";
    let answer = shared_code(&world, &format!("roomId={room}&{params}")).await;
    let page = answer["pagePath"].as_str().unwrap();
    let encoded = "%7B%22pid%22%3A1%2C%22who%22%3A%22%E6%9E%97%22%7D";
    assert!(
        page.ends_with(&format!("?room_id={room}&custom_params={encoded}")),
        "{page}"
    );
    for picture in ["cdnUrl", "posterUrl"] {
        let (address, _) = scan(&world, &answer[picture]).await;
        let head = format!("https://live.test/r/{room}?s=");
        let id = address.strip_prefix(&head).unwrap();
        assert!(id.len() <= 32, "a scene holds no more");
        let path = format!("/v1/share-codes/{id}");
        let shared = world.respond(request(Method::GET, &path, None, "")).await;
        let shared: Value = serde_json::from_slice(&bytes_of(shared).await).unwrap();
        let wanted = json!({"roomId": room, "customParams": {"pid": 1, "who": "林"}});
        assert_eq!(shared, wanted);
    }
    // The same, written otherwise and encoded once.
    let plain = "params=%7B%22who%22:%22%E6%9E%97%22,%20%22pid%22:1%7D";
    let again = shared_code(&world, &format!("roomId={room}&{plain}")).await;
    assert_eq!(again, answer);
    let other = shared_code(&world, &format!("roomId={room}&params=%7B%22pid%22:2%7D")).await;
    assert_ne!(other["cdnUrl"], answer["cdnUrl"]);
}

#[tokio::test]
async fn bad_parameters_have_one_number() {
    let world = World::new().await;
    let room = world.room().await;
    let long = "x".repeat(600);
    for query in [
        format!("roomId={room}&params=%7Bbad"),
        format!("roomId={room}&params=%5B1%5D"),
        format!("roomId={room}&params=%7B%22p%22:%22{long}%22%7D"),
        format!("roomId={room}&params[pid]=1"),
        "roomId=many".to_owned(),
        String::new(),
    ] {
        assert_eq!(verdict(&shared_code(&world, &query).await), BAD, "{query}");
    }
}

#[tokio::test]
async fn a_poster_follows_its_room_under_another_address() {
    let world = World::new().await;
    let room = world.room().await;
    let query = format!("roomId={room}");
    let before = shared_code(&world, &query).await;
    let (_, kept) = scan(&world, &before["posterUrl"]).await;
    assert!(kept.contains("immutable"), "{kept}");
    let mut plan = world.plan();
    plan["id"] = json!(room);
    plan["coverImg"] = json!(world.upload(png_of(90, 160, 1_000)).await);
    assert_eq!(world.post(EDIT, &plan).await["errcode"], 0);
    let after = shared_code(&world, &query).await;
    assert_eq!(after["cdnUrl"], before["cdnUrl"]);
    assert_ne!(after["posterUrl"], before["posterUrl"]);
    // Who has the old address sees the room as it is now, and not for ever.
    let (_, kept) = scan(&world, &before["posterUrl"]).await;
    assert!(!kept.contains("immutable"), "{kept}");
}

#[tokio::test]
async fn rooms_that_are_over_are_shared_and_banned_ones_are_not() {
    let world = World::new().await;
    let ended = world.ended_room().await;
    let answer = shared_code(&world, &format!("roomId={ended}")).await;
    assert_eq!(answer["errcode"], 0);
    let banned = world.room().await;
    let ban = Command::Ban {
        reason: "违规".into(),
        actor: "owner".into(),
    };
    world.command(banned, ban).await;
    let answer = shared_code(&world, &format!("roomId={banned}")).await;
    assert_eq!(answer["errcode"], 300_023);
}

#[tokio::test]
async fn other_apps_get_no_code_and_nobody_a_deleted_rooms() {
    let world = World::new().await;
    let room = world.room().await;
    let own = shared_code(&world, &format!("roomId={room}")).await;
    let other = world.other_app().await;
    let path = format!("{SHARED_CODE}?roomId={room}&access_token={other}");
    assert_eq!(verdict(&world.get(&path).await).0, 300_022);
    world.command(room, Command::Delete).await;
    for key in ["cdnUrl", "posterUrl"] {
        let path = own[key].as_str().unwrap().strip_prefix("https://live.test");
        let gone = request(Method::GET, path.unwrap(), None, "");
        assert_eq!(world.respond(gone).await.status(), 404);
    }
    let unknown = request(Method::GET, "/share-codes/none/code.png", None, "");
    assert_eq!(world.respond(unknown).await.status(), 404);
}
