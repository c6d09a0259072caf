//! `/v1/apps/{appid}/media` and `/media/{name}`.

use std::io::Cursor;

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, header};
use futures_util::StreamExt as _;
use serde_json::json;

use crate::world::{APP, Answer, Owner, World, form};

const MIB: usize = 1024 * 1024;

/// A PNG of 4 × 3 pixels, followed by nothing but padding, of `size` bytes.
fn png(size: usize) -> Vec<u8> {
    let mut bytes = file_of(&image::GrayImage::new(4, 3).into());
    bytes.resize(size, 0);
    bytes
}

fn file_of(picture: &image::DynamicImage) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    picture
        .write_to(&mut file, image::ImageFormat::Png)
        .unwrap();
    file.into_inner()
}

/// Some MiB that cannot be pressed.
fn noise() -> image::DynamicImage {
    let mut state = 1_u32;
    let noise = image::RgbImage::from_fn(600, 600, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        image::Rgb([(state >> 24) as u8, (state >> 16) as u8, (state >> 8) as u8])
    });
    noise.into()
}

async fn upload(owner: &Owner<'_>, field: &str, file: &[u8]) -> Answer {
    let head = format!(
        "--B\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"a.png\"\r\n\r\n"
    );
    let body = [head.as_bytes(), file, b"\r\n--B--\r\n"].concat();
    let request = Request::post(format!("/v1/apps/{APP}/media"))
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=B")
        .header(header::COOKIE, &owner.cookie)
        .header("x-csrf-token", &owner.csrf);
    owner
        .world
        .send(request.body(Body::from(body)).unwrap())
        .await
}

#[tokio::test]
async fn an_uploaded_image_covers_a_room_and_an_edit_keeps_it() {
    let world = World::new().await;
    let owner = world.owner().await;
    let file = png(1_000);
    let media = upload(&owner, "media", &file).await.ok();
    assert_eq!((&media["width"], &media["height"]), (&json!(4), &json!(3)));
    let url = media["url"].as_str().unwrap();

    let shown = world
        .respond(Request::get(url).body(Body::empty()).unwrap())
        .await;
    let headers = shown.headers();
    assert_eq!(headers["content-type"], "image/png");
    assert!(
        headers["cache-control"]
            .to_str()
            .unwrap()
            .contains("immutable")
    );
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert!(
        headers["content-security-policy"]
            .to_str()
            .unwrap()
            .contains("sandbox")
    );
    let shown = to_bytes(shown.into_body(), MIB).await.unwrap();
    assert_eq!(
        image::load_from_memory(&shown).unwrap(),
        image::GrayImage::new(4, 3).into()
    );

    let mut body = form();
    body["coverImg"] = media["mediaId"].clone();
    let room = owner
        .post(&format!("/v1/apps/{APP}/rooms"), body.clone())
        .await
        .ok();
    assert_eq!(room["coverUrl"], url);
    let path = format!("/v1/apps/{APP}/rooms/{}", room["roomId"]);
    // The address that the room shows, and nothing at all, both mean: as it is.
    for cover in [json!(url), json!(null)] {
        body["coverImg"] = cover;
        let edited = owner
            .call(Method::PUT, &path, Some(body.clone()))
            .await
            .ok();
        assert_eq!(edited["coverUrl"], url);
    }
}

#[tokio::test]
async fn an_image_is_read_as_it_is_taken() {
    let world = World::new().await;
    let owner = world.owner().await;
    let picture = noise();
    let media = upload(&owner, "media", &file_of(&picture)).await.ok();
    let url = media["url"].as_str().unwrap();
    let request = Request::get(url).body(Body::empty()).unwrap();
    let shown = world.respond(request).await;
    let length = shown.headers()["content-length"].to_str().unwrap();
    let length: usize = length.parse().unwrap();
    assert!(length > MIB, "{length}");
    let mut pieces = shown.into_body().into_data_stream();
    let mut got = Vec::new();
    while let Some(piece) = pieces.next().await {
        let piece = piece.unwrap();
        assert!(piece.len() <= 64 * 1024, "{} at once", piece.len());
        got.extend_from_slice(&piece);
    }
    assert_eq!(got.len(), length);
    assert_eq!(image::load_from_memory(&got).unwrap(), picture);
}

#[tokio::test]
async fn what_is_no_image_or_too_large_is_refused() {
    let world = World::new().await;
    let owner = world.owner().await;
    let code = async |field: &str, file: &[u8]| {
        let answer = upload(&owner, field, file).await;
        assert_eq!(answer.refusal(), (422, "invalid"));
        answer.body["error"]["fields"]["media"].clone()
    };
    assert_eq!(
        code("media", b"<svg onload=alert(1)>").await,
        "image_format"
    );
    assert_eq!(code("media", b"").await, "required");
    assert_eq!(code("other", &png(100)).await, "required");
    assert_eq!(code("media", &png(2 * MIB + 1)).await, "image_too_large");
    assert_eq!(code("media", &png(5 * MIB)).await, "image_too_large");
    assert_eq!(upload(&owner, "media", &png(2 * MIB)).await.status, 200);
    let bare = owner
        .post(&format!("/v1/apps/{APP}/media"), json!({}))
        .await;
    assert_eq!(bare.refusal(), (400, "bad_request"));
}

#[tokio::test]
async fn unknown_images_are_not_there() {
    let world = World::new().await;
    for name in ["none.png", "..%2Fmaster.key", "%2e%2e%2fkaibo.db", "a%00b"] {
        assert_eq!(
            world.get(&format!("/media/{name}")).await.status,
            404,
            "{name}"
        );
    }
}
