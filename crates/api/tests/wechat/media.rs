//! `POST /cgi-bin/media/upload` and `GET /cgi-bin/media/get` (cases P3, P4).

use axum::http::{Method, StatusCode};

use crate::world::{UPLOAD, World, bytes_of, multipart, png, png_of, request, verdict};

const MIB: usize = 1024 * 1024;

#[tokio::test]
async fn an_image_becomes_a_media_id() {
    let world = World::new().await;
    let answer = world
        .upload_as("image", &[("media", Some("a.jpg"), &png(500))])
        .await;
    assert_eq!(answer["type"], "image");
    assert_eq!(answer["created_at"], world.now());
    assert!(answer["media_id"].is_string());
}

#[tokio::test]
async fn the_type_may_stand_in_the_body_and_the_file_under_any_name() {
    let world = World::new().await;
    let image = png(500);
    let parts = [
        ("file", Some("a.png"), image.as_slice()),
        ("type", None, b"image"),
    ];
    let answer = world
        .send(multipart(&world.with_token(UPLOAD), &parts))
        .await;
    assert!(answer["media_id"].is_string(), "{answer}");
}

#[tokio::test]
async fn ten_mebibytes_fit_and_one_byte_more_does_not() {
    let world = World::new().await;
    let upload = async |bytes| {
        let image = png(bytes);
        let answer = world
            .upload_as("image", &[("media", Some("a.png"), &image)])
            .await;
        answer["errcode"].clone()
    };
    assert_eq!(upload(10 * MIB).await, 0);
    assert_eq!(upload(10 * MIB + 1).await, 45_001);
    assert_eq!(upload(11 * MIB).await, 45_001);
    assert_eq!(upload(17 * MIB).await, 45_001);
}

#[tokio::test]
async fn what_is_no_image_is_not_taken() {
    let world = World::new().await;
    let image = png(500);
    let file: &[_] = &[("media", Some("a.jpg"), image.as_slice())];
    let text: &[_] = &[("media", Some("a.jpg"), b"<svg onload=alert(1)>".as_slice())];
    let broken: &[_] = &[("media", Some("a.jpg"), &image[..40])];
    let nothing: &[_] = &[("media", Some("a.jpg"), b"".as_slice())];
    let no_file: &[_] = &[("note", None, b"x".as_slice())];
    let cases = [
        ("zip", file, 40_004, "invalid media type"),
        ("", file, 40_004, "invalid media type"),
        ("image", text, 40_004, "invalid media type"),
        ("image", broken, 40_004, "invalid media type"),
        ("image", nothing, 41_005, "media data missing"),
        ("image", no_file, 41_005, "media data missing"),
        ("image", &[], 41_005, "media data missing"),
    ];
    for (kind, parts, code, message) in cases {
        let answer = world.upload_as(kind, parts).await;
        assert_eq!(verdict(&answer), (code, message));
    }
}

#[tokio::test]
async fn a_body_that_is_no_multipart_holds_no_file() {
    let world = World::new().await;
    let path = format!("{UPLOAD}?type=image");
    for mime in [None, Some("image/png"), Some("multipart/form-data")] {
        let answer = world.post_as(&path, mime, png(500)).await;
        assert_eq!(answer["errcode"], 41_005, "{mime:?}");
    }
    let get = world.get(&world.with_token(&path)).await;
    assert_eq!(get["errcode"], 43_002);
}

#[tokio::test]
async fn an_image_can_be_read_back_for_three_days() {
    let world = World::new().await;
    let image = png(777);
    let media_id = world.upload(image.clone()).await;
    let query = format!("/cgi-bin/media/get?media_id={media_id}");
    let read = request(Method::GET, &world.with_token(&query), None, "");
    let response = world.respond(read).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "image/png");
    assert_eq!(
        response.headers()["content-disposition"],
        format!("attachment; filename=\"{media_id}.png\"")
    );
    assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    // The picture, and nothing of what was beside it.
    let read = bytes_of(response).await;
    assert!(read.len() < image.len());
    let picture = |file: &[u8]| image::load_from_memory(file).unwrap();
    assert_eq!(picture(&read), picture(&image));

    let foreign = format!("{query}&access_token={}", world.other_app().await);
    assert_eq!(
        verdict(&world.get(&foreign).await),
        (40_007, "invalid media_id")
    );
    let unknown = world.with_token("/cgi-bin/media/get?media_id=nope");
    assert_eq!(world.get(&unknown).await["errcode"], 40_007);
    let absent = world.with_token("/cgi-bin/media/get");
    assert_eq!(world.get(&absent).await["errcode"], 40_007);
}

#[tokio::test]
async fn a_picture_of_too_many_pixels_is_too_large_however_small_its_file() {
    let world = World::new().await;
    let mut bomb = png_of(8, 8, 500);
    bomb[16..24].copy_from_slice(&[0, 0, 0x40, 0, 0, 0, 0x40, 0]);
    let sum = crc_of(&bomb[12..29]).to_be_bytes();
    bomb[29..33].copy_from_slice(&sum);
    let answer = world
        .upload_as("image", &[("media", Some("a.png"), &bomb)])
        .await;
    assert_eq!(verdict(&answer), (45_001, "media size out of limit"));
}

/// A PNG's sum of a chunk.
fn crc_of(chunk: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in chunk {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 {
                (sum >> 1) ^ 0xedb8_8320
            } else {
                sum >> 1
            };
        }
    }
    !sum
}

#[tokio::test]
async fn a_disk_that_does_not_take_the_image_is_a_system_error() {
    let world = World::new().await;
    let images = world.data_dir.path().join("images");
    std::fs::remove_dir_all(&images).unwrap();
    std::fs::write(&images, "in the way").unwrap();
    let answer = world
        .upload_as("image", &[("media", Some("a.png"), &png(500))])
        .await;
    assert_eq!(verdict(&answer), (-1, "system error"));
}
