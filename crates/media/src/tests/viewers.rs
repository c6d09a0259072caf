//! HTTP-FLV viewers: what they get, and what a slow one costs.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http::{StatusCode, header};
use kaibo_proto::flv;
use kaibo_proto::media::MediaEvent;
use tokio::sync::watch;
use tokio::time::{Instant, advance, sleep, timeout};

use super::house::*;
use crate::MediaConfig;
use crate::gate::{PlayPolicy, PreviewKeys, StreamName};
use crate::publisher::Publisher;
use crate::subscriber::News;

fn flv_path() -> String {
    format!("/live/{NAME}.flv")
}

#[tokio::test]
async fn a_viewer_starts_with_header_configuration_and_keyframe() {
    let house = House::new();
    let publisher = house.publisher().unwrap();
    send(&publisher, tracks().into_iter().chain(pictures(0, 2_500)));
    let response = house.get(&flv_path()).await;
    assert_eq!(response.headers()[header::CONTENT_TYPE], "video/x-flv");
    assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
    assert_eq!(response.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    let mut viewer = Viewer::of(response).await;
    assert!(viewer.head.starts_with("HTTP/1.1 200 OK\r\n"));
    for line in [
        "content-type: video/x-flv",
        "connection: close",
        "date: Sun, 22 Nov 2026 09:00:00 GMT",
    ] {
        assert!(
            viewer.head.contains(&format!("\r\n{line}\r\n")),
            "{}",
            viewer.head
        );
    }
    let events = viewer.events(7).await;
    assert_eq!(events[..2], tracks());
    assert_eq!(events[2..], pictures(2_000, 2_500).collect::<Vec<_>>());
    send(&publisher, [sound(2_480), picture(2_500, false)]);
    assert_eq!(
        viewer.events(9).await[7..],
        [sound(2_480), picture(2_500, false)]
    );
}

#[tokio::test(start_paused = true)]
async fn a_viewer_before_the_first_keyframe_waits_for_it() {
    let house = House::new();
    let publisher = house.publisher().unwrap();
    send(&publisher, tracks());
    let mut viewer = house.viewer().await;
    assert!(
        timeout(Duration::from_secs(5), viewer.piece())
            .await
            .is_err()
    );
    send(&publisher, [picture(0, true)]);
    assert_eq!(viewer.events(3).await[2], picture(0, true));
}

#[tokio::test(start_paused = true)]
async fn slow_viewer_skips_to_keyframe_and_is_cut_while_others_miss_nothing() {
    let house = House::with(MediaConfig {
        max_skips: 3,
        ..MediaConfig::default()
    });
    let publisher = house.publisher().unwrap();
    send(&publisher, tracks().into_iter().chain(pictures(0, 100)));
    let mut slow = SlowViewer::of(&house);
    let mut fast = house.viewer().await;
    assert_eq!(slow.take_all().unwrap().len(), 3);
    fast.events(3).await;
    for round in 0..4 {
        for event in pictures(100 + round * 5_000, 5_100 + round * 5_000) {
            advance(Duration::from_millis(100)).await;
            send(&publisher, [event.clone()]);
            assert_eq!(fast.seen_after(1).await, [event]);
        }
        // It comes back after 5 s of media and finds the newest keyframe.
        if round < 3 {
            let next = slow.take_all().unwrap();
            assert_eq!(next, [picture((round + 1) * 5_000, true)], "round {round}");
            assert_eq!(house.media.stats()[0].skips, round as u64 + 1);
        }
    }
    slow.take_all().unwrap_err();
    let stats = house.media.stats().remove(0);
    assert_eq!((stats.skips, stats.viewers_cut, stats.viewers), (4, 1, 2));
    drop(slow);
    assert_eq!(house.media.stats()[0].viewers, 1);
    send(&publisher, [picture(25_000, true)]);
    assert_eq!(fast.seen_after(1).await, [picture(25_000, true)]);
}

#[tokio::test(start_paused = true)]
async fn a_viewer_that_skips_amid_a_tag_gets_its_rest_first() {
    let house = House::new();
    let publisher = house.publisher().unwrap();
    send(&publisher, tracks().into_iter().chain(pictures(0, 100)));
    let mut slow = SlowViewer::of(&house);
    slow.take_all().unwrap();
    send(&publisher, pictures(100, 300));
    assert!(slow.take(20).unwrap().is_empty(), "not a whole tag yet");
    for event in pictures(300, 5_100) {
        advance(Duration::from_millis(100)).await;
        send(&publisher, [event]);
    }
    let [begun, next] = [picture(100, false), picture(5_000, true)];
    assert_eq!(slow.take_all().unwrap(), [begun, next]);
}

#[tokio::test(start_paused = true)]
async fn a_viewer_that_skips_seldom_but_loses_most_is_cut() {
    let house = House::new();
    let publisher = house.publisher().unwrap();
    send(&publisher, tracks().into_iter().chain(pictures(0, 100)));
    let mut slow = SlowViewer::of(&house);
    slow.take_all().unwrap();
    // It takes what it is given every 16 s only.
    let mut ended = Vec::new();
    for round in 0..2 {
        for event in pictures(100 + round * 16_000, 16_100 + round * 16_000) {
            advance(Duration::from_millis(100)).await;
            send(&publisher, [event]);
        }
        ended.push(slow.take_all().is_err());
    }
    assert_eq!(ended, [false, true]);
    let stats = house.media.stats().remove(0);
    assert_eq!((stats.skips, stats.viewers_cut), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn skips_of_more_than_a_minute_ago_are_forgiven() {
    let house = House::with(MediaConfig {
        max_skips: 1,
        ..MediaConfig::default()
    });
    let publisher = house.publisher().unwrap();
    send(&publisher, tracks().into_iter().chain(pictures(0, 100)));
    let mut slow = SlowViewer::of(&house);
    slow.take_all().unwrap();
    for round in 0..5 {
        for event in pictures(100 + round * 5_000, 5_100 + round * 5_000) {
            advance(Duration::from_millis(100)).await;
            send(&publisher, [event]);
        }
        slow.take_all().unwrap();
        sleep(Duration::from_secs(61)).await;
    }
    let stats = house.media.stats().remove(0);
    assert_eq!((stats.skips, stats.viewers_cut), (5, 0));
}

/// A keyframe of 512 KiB, more than a connection of these tests holds.
fn large(dts_ms: i64) -> MediaEvent {
    match picture(dts_ms, true) {
        MediaEvent::Frame(mut frame) => {
            let mut payload = frame.payload.to_vec();
            payload.resize(512 * 1024, 7);
            payload[..4].copy_from_slice(&(512 * 1024 - 4u32).to_be_bytes());
            frame.payload = payload.into();
            MediaEvent::Frame(frame)
        }
        track @ MediaEvent::Track(_) => track,
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_takes_nothing_is_closed_while_others_miss_nothing() {
    let house = House::new();
    let publisher = house.publisher().unwrap();
    send(&publisher, tracks().into_iter().chain(pictures(0, 100)));
    let mut stuck = house.viewer().await;
    let mut fast = house.viewer().await;
    fast.events(3).await;
    for n in 1..=25 {
        sleep(Duration::from_secs(1)).await;
        let next = match n {
            1 => large(1_000),
            n => picture(n * 1_000, true),
        };
        send(&publisher, [next.clone()]);
        assert_eq!(fast.seen_after(1).await, [next]);
        let closed = house.media.stats()[0].viewers == 1;
        assert!(!closed || n >= 20, "closed after {n} s already");
    }
    assert_eq!(house.media.stats()[0].viewers, 1);
    stuck.end().await;
    assert_eq!(events(stuck.taken()).len(), 3, "all before the large one");
}

#[tokio::test]
async fn a_viewer_that_left_or_talks_is_let_go() {
    let house = House::new();
    let _publisher = house.publisher().unwrap();
    let left = house.viewer().await;
    let mut talks = house.viewer().await;
    house.expect_viewers(2).await;
    drop(left);
    house.expect_viewers(1).await;
    talks.send(&[0; 512]).await;
    // It may say a little, as one that sends its next request early.
    house.get(&flv_path()).await;
    house.expect_viewers(1).await;
    while house.media.stats()[0].viewers == 1 {
        talks.send(&[0; 8 * 1024]).await;
    }
}

/// So many viewers that tags wait for the whole budget, each with the stream's first picture.
async fn crowd(house: &House, publisher: &Publisher) -> Vec<Viewer> {
    send(publisher, tracks().into_iter().chain(pictures(0, 100)));
    let mut viewers = Vec::new();
    for _ in 0..500 {
        viewers.push(house.viewer().await);
    }
    for viewer in &mut viewers {
        viewer.events(3).await;
    }
    viewers
}

#[tokio::test(start_paused = true)]
async fn many_viewers_get_what_comes_within_the_budget_at_once() {
    let house = House::new();
    let publisher = house.publisher().unwrap();
    let mut viewers = crowd(&house, &publisher).await;
    let began = Instant::now();
    for n in 1..4 {
        send(&publisher, [picture(n * 30, false)]);
        sleep(Duration::from_millis(30)).await;
    }
    for viewer in &mut viewers {
        assert_eq!(events(&viewer.piece().await.unwrap_or_default()).len(), 0);
        assert_eq!(events(viewer.taken()).len(), 6, "all three in one piece");
    }
    assert_eq!(began.elapsed().as_millis() / 10, 10, "after 100 ms");
    // One that joins meanwhile does not wait.
    send(&publisher, [picture(120, false)]);
    let joined = Instant::now();
    house.viewer().await.events(7).await;
    assert_eq!(joined.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn an_apps_own_latency_budget_holds_also_for_a_stream_that_runs() {
    let house = House::new();
    let publisher = house.publisher().unwrap();
    let mut viewers = crowd(&house, &publisher).await;
    let last = viewers.last_mut().unwrap();
    for (asked_ms, wait_ms) in [(Some(350), 350), (Some(0), 0), (None, 100)] {
        house
            .gate
            .latency_budget
            .send_replace(asked_ms.map(Duration::from_millis));
        // Long after the last write, a picture goes out at once; the next one waits.
        sleep(Duration::from_secs(1)).await;
        send(&publisher, [picture(1_000, false)]);
        last.piece().await.unwrap();
        let began = Instant::now();
        send(&publisher, [picture(1_033, false)]);
        last.piece().await.unwrap();
        assert_eq!(began.elapsed().as_millis() / 10, wait_ms / 10);
    }
}

#[tokio::test]
async fn a_viewer_that_came_between_two_writes_is_with_the_others_from_the_next_on() {
    let house = House::new();
    let publisher = house.publisher().unwrap();
    send(&publisher, tracks().into_iter().chain(pictures(0, 300)));
    let stream = house.media.registry.get(&name()).unwrap();
    let mut viewer = SlowViewer::of(&house);
    assert_eq!(times(&viewer.take_all().unwrap()), [0, 100, 200]);
    send(&publisher, [picture(300, false)]);
    // The others were written to before it came.
    let batch = stream.news(0, Instant::now()).unwrap();
    // This tag comes while they are being written to.
    send(&publisher, [picture(400, false)]);
    let (writes, seen) = viewer.take_news(&News::new(&batch));
    assert_eq!((writes, times(&seen)), (1, vec![300]));
    let (writes, seen) = viewer.take_news(&News::new(&batch));
    assert_eq!((writes, seen.len()), (0, 0), "it has all of it");
    send(&publisher, [picture(500, false)]);
    let batch = stream.news(batch.end().seq, Instant::now()).unwrap();
    let (writes, seen) = viewer.take_news(&News::new(&batch));
    assert_eq!((writes, times(&seen)), (1, vec![400, 500]));
}

#[tokio::test]
async fn viewers_hear_of_a_tag_before_hls_takes_it() {
    let newest: Arc<Mutex<Option<watch::Receiver<u64>>>> = Arc::default();
    let heard: Arc<Mutex<Vec<u64>>> = Arc::default();
    let house = {
        let (newest, heard) = (newest.clone(), heard.clone());
        // HLS asks for the time with each frame it takes.
        House::with_clock(Arc::new(move || {
            if let Some(newest) = &*newest.lock().unwrap() {
                heard.lock().unwrap().push(*newest.borrow());
            }
            NOW_MS
        }))
    };
    let publisher = house.publisher().unwrap();
    let stream = house.media.registry.get(&name()).unwrap();
    *newest.lock().unwrap() = Some(stream.watch_newest());
    send(&publisher, tracks().into_iter().chain(pictures(0, 200)));
    assert_eq!(*heard.lock().unwrap(), [1, 2, 3, 4]);
}

#[tokio::test]
async fn the_next_publisher_goes_on_in_the_same_body() {
    let house = House::new();
    let first = house.publisher().unwrap();
    send(&first, tracks().into_iter().chain(pictures(0, 500)));
    let mut viewer = house.viewer().await;
    viewer.events(7).await;
    drop(first);
    let second = house.publisher().unwrap();
    send(
        &second,
        tracks().into_iter().chain(pictures(7_000_000, 7_000_500)),
    );
    let events = viewer.events(12).await;
    assert_eq!(
        times(&events),
        [0, 100, 200, 300, 400, 500, 600, 700, 800, 900]
    );
    let header = flv::tag(&video_track(), 400);
    let again = viewer
        .taken()
        .windows(header.len())
        .filter(|part| *part == header)
        .count();
    assert_eq!(again, 1, "the configuration is said again");
}

#[tokio::test(start_paused = true)]
async fn a_preview_needs_its_key_and_ends_for_those_without() {
    let house = House::new();
    let keys = |keys: &[&str]| {
        PlayPolicy::Signed(PreviewKeys(keys.iter().map(ToString::to_string).collect()))
    };
    let publisher = house.publisher().unwrap();
    send(&publisher, tracks().into_iter().chain(pictures(0, 1_000)));
    let mut open = house.viewer().await;
    open.events(3).await;
    house.gate.set_policy(&name(), keys(&["k1", "k2"]));
    open.end().await;
    for query in ["", "?token=", "?token=k", "?token=k1x", "?x=k1"] {
        let (status, _) = house.text(&format!("{}{query}", flv_path())).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{query}");
    }
    let mut signed = Viewer::of(house.get(&format!("{}?token=k2", flv_path())).await).await;
    signed.events(3).await;
    house.gate.set_policy(&name(), keys(&["k2"]));
    send(&publisher, [picture(1_000, true)]);
    assert_eq!(signed.seen_after(1).await.len(), 1, "still a key");
    let began = Instant::now();
    house.gate.set_policy(&name(), keys(&["k1"]));
    signed.end().await;
    assert!(began.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn what_may_not_be_seen_is_one_and_the_same_404() {
    let house = House::new();
    let _publisher = house.publisher().unwrap();
    for (other, policy) in [("wx-2", PlayPolicy::Cut), ("wx-3", PlayPolicy::Open)] {
        house
            .gate
            .set_policy(&StreamName::new(other).unwrap(), policy);
    }
    let mut answers = Vec::new();
    let files = [
        "unknown.flv",
        "wx-2.flv",
        "wx-3.flv",
        "a%2Fb.flv",
        "%FF.flv",
        "x.mp4",
        ".flv",
    ];
    for path in files.map(String::from).into_iter().chain([
        "unknown/index.m3u8".into(),
        format!("{NAME}/nothing.ts"),
        format!("{NAME}/..%2F..%2Fetc"),
    ]) {
        let response = house.get(&format!("/live/{path}")).await;
        let (head, body) = response.into_parts();
        let body = axum::body::to_bytes(body, 1 << 16).await.unwrap();
        answers.push((head.status, format!("{:?}", head.headers), body));
    }
    assert_eq!(answers[0].0, StatusCode::NOT_FOUND);
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:#?}");
}

#[tokio::test]
async fn a_full_house_turns_viewers_away_until_one_leaves() {
    let house = House::with(MediaConfig {
        max_viewers: 1,
        ..MediaConfig::default()
    });
    let _publisher = house.publisher().unwrap();
    let first = house.viewer().await;
    for _ in 0..3 {
        assert_eq!(
            house.text(&flv_path()).await.0,
            StatusCode::SERVICE_UNAVAILABLE
        );
    }
    drop(first);
    house.expect_viewers(0).await;
    house.viewer().await;
}

#[tokio::test]
async fn jumps_of_the_publishers_clock_do_not_show() {
    let house = House::new();
    let publisher = house.publisher().unwrap();
    send(&publisher, tracks());
    let clocks = [0, 100, 1 << 32, (1 << 32) + 100, 50, 150, 90_000, 90_100];
    send(&publisher, clocks.map(|dts| picture(dts, dts == 0)));
    let events: Vec<MediaEvent> = house.viewer().await.events(10).await;
    let times = times(&events);
    assert!(
        times
            .windows(2)
            .all(|pair| (1..=200).contains(&(pair[1] - pair[0]))),
        "{times:?}"
    );
}
