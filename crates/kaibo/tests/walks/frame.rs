//! The first walk: a video frame, from an encoder to every kind of viewer.

use kaibo_proto::media::Track;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::encoder::Encoder;
use crate::house::{House, Server, within};
use crate::http;
use crate::shop::Shop;
use crate::viewer::{Page, Viewer, pictures, tracks};

#[tokio::test]
async fn a_frame_walks_from_encoder_to_viewer() {
    let house = House::new();
    let server = house.serve().await;
    let shop = Shop::new(&house, &server).await;
    let room = room_with_three_images(&shop).await;
    let mut page = Page::open(&server, room).await;
    assert_eq!(page.next_status().await, 102);
    assert_eq!(shop.status(room).await, 102);
    let early = Viewer::join(server.http, &shop.flv(room)).await;
    assert_eq!(early.err(), Some(404), "nothing to watch yet");

    let address = shop.push_address(room).await;
    let wanted = format!(
        "rtmp://{}/live/{}?txSecret=",
        server.rtmp,
        shop.stream(room)
    );
    assert!(address.starts_with(&wanted), "WeChat's shape");
    let encoder = Encoder::start(&address).await.unwrap();
    let live = page.next().await.unwrap();
    assert_eq!(live["status"], 101, "the open page is told");
    assert_eq!(live["play"]["flv"], shop.flv(room));
    assert_eq!(shop.status(room).await, 101);

    flv_starts_on_a_keyframe(&server, &shop, room).await;
    hls_can_be_fetched(&server, &shop, room).await;
    encoder.finish().await;
}

#[tokio::test]
async fn a_connection_that_was_used_before_becomes_a_viewers() {
    let house = House::new();
    let server = house.serve().await;
    let shop = Shop::new(&house, &server).await;
    let room = shop.room().await;
    let encoder = Encoder::start(&shop.push_address(room).await)
        .await
        .unwrap();
    let path = shop.flv(room);
    Viewer::join_when_open(server.http, &path).await;
    let ask = |method: &str, path: &str| format!("{method} {path} HTTP/1.1\r\nHost: kaibo\r\n\r\n");
    // As browsers do one after the other; and all at once.
    let requests = [
        ask("GET", "/healthz"),
        ask("HEAD", &path),
        ask("GET", &path),
    ];
    for together in [false, true] {
        let mut socket = TcpStream::connect(server.http).await.unwrap();
        let mut said = Vec::new();
        if together {
            socket
                .write_all(requests.concat().as_bytes())
                .await
                .unwrap();
        }
        for (request, answered) in
            requests
                .iter()
                .zip(["HTTP/1.1 200 OK", "HTTP/1.1 200 OK", "FLV"])
        {
            if !together {
                socket.write_all(request.as_bytes()).await.unwrap();
            }
            within(answered, async {
                while find(&said, answered.as_bytes()).is_none() {
                    let read = socket.read_buf(&mut said).await.unwrap();
                    assert_ne!(read, 0, "closed before {answered}");
                }
            })
            .await;
            let end = find(&said, answered.as_bytes()).unwrap() + answered.len();
            said.drain(..end);
        }
    }
    encoder.finish().await;
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|part| part == wanted)
}

async fn room_with_three_images(shop: &Shop) -> i64 {
    let mut plan = shop.plan("晚间新品专场", 15 * 60);
    for place in ["coverImg", "shareImg", "feedsImg"] {
        plan[place] = json!(shop.upload().await);
    }
    let made = shop.create(&plan).await.unwrap();
    assert_eq!(made["errcode"], 0, "{made}");
    let room = made["roomId"].as_i64().unwrap();
    let rows = shop.rooms().await;
    for place in ["cover_img", "share_img", "feeds_img"] {
        let url = rows[0][place].as_str().unwrap();
        assert!(url.starts_with("http://127.0.0.1:"), "{place}: {url}");
    }
    room
}

async fn flv_starts_on_a_keyframe(server: &Server, shop: &Shop, room: i64) {
    let path = shop.flv(room);
    let mut viewer = Viewer::join(server.http, &path).await.unwrap();
    let both = |track: fn(&Track) -> bool| move |events: &[_]| tracks(events).any(track);
    let video = both(|track| matches!(track, Track::Video(_)));
    let audio = both(|track| matches!(track, Track::Audio(_)));
    viewer.watch("the picture's configuration", video).await;
    viewer.watch("the sound's configuration", audio).await;
    viewer.watch_more(40).await;
    assert!(
        viewer.seen().starts_with(b"FLV\x01\x05"),
        "sound and picture"
    );
    let events = viewer.events();
    assert!(pictures(&events).next().unwrap().keyframe);
    let times: Vec<i64> = pictures(&events).map(|frame| frame.dts_ms).collect();
    assert!(times.is_sorted(), "time goes on: {times:?}");
    let origin = http::get(server.http, &path).await;
    assert_eq!(origin.header("access-control-allow-origin"), Some("*"));
}

async fn hls_can_be_fetched(server: &Server, shop: &Shop, room: i64) {
    let folder = format!("/live/{}", shop.stream(room));
    let index = playlist(server, &folder, "index.m3u8").await;
    let index = addresses(&index);
    assert_eq!(index.len(), 2, "picture and sound: {index:?}");
    for name in &index {
        let files = addresses(&playlist(server, &folder, name).await);
        assert!(files.len() >= 2, "{name}: {files:?}");
        for file in files {
            let bytes = bytes(server, &format!("{folder}/{file}")).await;
            let kind = &bytes[4..8];
            assert!(
                [b"ftyp", b"styp", b"moof"].contains(&kind.try_into().unwrap()),
                "{kind:?}"
            );
        }
    }
    let segments = addresses(&playlist(server, &folder, "ts.m3u8").await);
    assert!(!segments.is_empty());
    for segment in segments {
        let bytes = bytes(server, &format!("{folder}/{segment}")).await;
        assert_eq!(bytes.len() % 188, 0, "whole packets");
        assert!(bytes.chunks(188).all(|packet| packet[0] == 0x47));
    }
    let missing = http::get(server.http, &format!("{folder}/nothing.m4s")).await;
    assert_eq!(missing.status, 404);
}

async fn playlist(server: &Server, folder: &str, name: &str) -> String {
    let answer = http::get(server.http, &format!("{folder}/{name}")).await;
    assert_eq!(answer.status, 200, "{name}");
    let text = answer.text().await;
    assert!(text.starts_with("#EXTM3U\n"), "{text}");
    text
}

async fn bytes(server: &Server, path: &str) -> Vec<u8> {
    let answer = http::get(server.http, path).await;
    assert_eq!(answer.status, 200, "{path}");
    answer.bytes().await.unwrap()
}

/// Everything that a playlist names.
fn addresses(playlist: &str) -> Vec<String> {
    let named = |line: &str| match line.strip_prefix('#') {
        None => Some(line.to_owned()),
        Some(tag) => {
            let (_, uri) = tag.split_once("URI=\"")?;
            Some(uri.split('"').next()?.to_owned())
        }
    };
    playlist.lines().filter_map(named).collect()
}
