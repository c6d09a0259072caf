//! HLS viewers: playlists, the files they name, and what a loss in between looks like.

use std::time::Duration;

use axum::http::{StatusCode, header};
use kaibo_proto::media::MediaEvent;
use tokio::time::{Instant, sleep};

use super::house::*;
use crate::gate::{PlayPolicy, PreviewKeys};
use crate::publisher::Publisher;

const ALL: [&str; 4] = ["index.m3u8", "video.m3u8", "audio.m3u8", "ts.m3u8"];

fn path(file: &str) -> String {
    format!("/live/{NAME}/{file}")
}

/// Pictures and sound, interleaved by time.
fn show(publisher: &Publisher, from_ms: i64, to_ms: i64) {
    let frames = pictures(from_ms, to_ms).flat_map(|picture| {
        let MediaEvent::Frame(frame) = &picture else {
            unreachable!("pictures are frames")
        };
        let sounds = (0..5)
            .map(|n| sound(frame.dts_ms + n * 20))
            .collect::<Vec<_>>();
        std::iter::once(picture).chain(sounds)
    });
    send(publisher, frames);
}

/// Addresses in a playlist.
fn addresses(playlist: &str) -> Vec<&str> {
    let quoted = playlist
        .split("URI=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next());
    let lines = playlist
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    quoted.chain(lines).collect()
}

#[tokio::test]
async fn every_playlist_names_files_that_are_there() {
    let house = House::new();
    let publisher = house.publisher().unwrap();
    send(&publisher, tracks());
    show(&publisher, 0, 9_000);
    for playlist in ALL {
        let response = house.get(&path(playlist)).await;
        assert_eq!(response.status(), StatusCode::OK, "{playlist}");
        assert_eq!(
            response.headers()[header::CONTENT_TYPE],
            "application/vnd.apple.mpegurl"
        );
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        assert_eq!(response.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        let (_, text) = house.text(&path(playlist)).await;
        let files = addresses(&text);
        assert!(files.len() >= 2, "{text}");
        for file in files {
            let response = house.get(&path(file)).await;
            assert_eq!(response.status(), StatusCode::OK, "{playlist} names {file}");
            let cache = response.headers()[header::CACHE_CONTROL].to_str().unwrap();
            assert!(
                file.ends_with("m3u8") || cache.contains("immutable"),
                "{file}: {cache}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_playlist_is_waited_for_but_not_for_ever() {
    let house = House::new();
    let publisher = house.publisher().unwrap();
    send(&publisher, tracks());
    let began = Instant::now();
    assert_eq!(
        house.text(&path("index.m3u8")).await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(began.elapsed().as_secs(), 4);
    let index = path("index.m3u8");
    let (answer, ()) = tokio::join!(house.text(&index), async {
        sleep(Duration::from_secs(2)).await;
        show(&publisher, 0, 3_000);
    });
    assert_eq!(answer.0, StatusCode::OK);
}

#[tokio::test]
async fn the_window_stays_without_publisher_and_the_next_one_is_a_discontinuity() {
    let house = House::new();
    let first = house.publisher().unwrap();
    send(&first, tracks());
    show(&first, 0, 5_000);
    drop(first);
    let (status, before) = house.text(&path("video.m3u8")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        !before.contains("#EXT-X-DISCONTINUITY\n") && !before.contains("ENDLIST"),
        "{before}"
    );
    let second = house.publisher().unwrap();
    send(&second, tracks());
    show(&second, 500_000, 505_000);
    for playlist in ["video.m3u8", "ts.m3u8"] {
        let (_, after) = house.text(&path(playlist)).await;
        assert_eq!(
            after.matches("#EXT-X-DISCONTINUITY\n").count(),
            1,
            "{after}"
        );
        let map_follows = after.contains("#EXT-X-DISCONTINUITY\n#EXT-X-MAP:");
        assert_eq!(map_follows, playlist == "video.m3u8", "{after}");
    }
    let (_, after) = house.text(&path("video.m3u8")).await;
    for line in addresses(&before) {
        assert!(after.contains(line), "{line} is gone from {after}");
    }
}

#[tokio::test]
async fn a_preview_carries_its_token_to_every_file() {
    let house = House::new();
    let publisher = house.publisher().unwrap();
    send(&publisher, tracks());
    show(&publisher, 0, 5_000);
    house
        .gate
        .set_policy(&name(), PlayPolicy::Signed(PreviewKeys(vec!["k-1".into()])));
    for playlist in ALL {
        assert_eq!(house.text(&path(playlist)).await.0, StatusCode::NOT_FOUND);
        let (status, text) = house.text(&format!("{}?token=k-1", path(playlist))).await;
        assert_eq!(status, StatusCode::OK);
        for file in addresses(&text) {
            assert!(file.ends_with("?token=k-1"), "{file}");
            assert_eq!(house.text(&path(file)).await.0, StatusCode::OK, "{file}");
            let bare = file.strip_suffix("?token=k-1").unwrap();
            assert_eq!(
                house.text(&path(bare)).await.0,
                StatusCode::NOT_FOUND,
                "{bare}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_cut_takes_playlists_and_files_away() {
    let house = House::new();
    let publisher = house.publisher().unwrap();
    send(&publisher, tracks());
    show(&publisher, 0, 5_000);
    let (_, text) = house.text(&path("ts.m3u8")).await;
    let file = addresses(&text)[0];
    assert_eq!(house.text(&path(file)).await.0, StatusCode::OK);
    house.gate.set_policy(&name(), PlayPolicy::Cut);
    assert_eq!(house.text(&path(file)).await.0, StatusCode::NOT_FOUND);
    assert_eq!(house.text(&path("ts.m3u8")).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn memory_stays_within_its_bound() {
    let house = House::new();
    let publisher = house.publisher().unwrap();
    send(&publisher, tracks());
    show(&publisher, 0, 120_000);
    let (_, text) = house.text(&path("video.m3u8")).await;
    assert_eq!(
        text.matches("#EXTINF").count(),
        house.media.registry.config.hls_window
    );
    let run = text
        .lines()
        .find(|line| line.ends_with("m4s"))
        .unwrap()
        .split('-')
        .next()
        .unwrap();
    let gone = format!("{run}-v3.m4s");
    assert_eq!(house.text(&path(&gone)).await.0, StatusCode::NOT_FOUND);
}
