//! What the gate is told about a stream, and what it can do to it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::{Instant, advance, sleep};

use super::house::*;
use crate::gate::PlayPolicy;
use crate::registry::Occupied;
use crate::stream::Superseded;

const S: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_stream_is_good_after_half_a_second_and_lost_after_ten() {
    let house = House::new();
    let publisher = house.publisher().unwrap();
    send(&publisher, tracks());
    send(&publisher, pictures(0, 500));
    sleep(S).await;
    assert!(
        house.gate.events.borrow().is_empty(),
        "400 ms are not enough"
    );
    send(&publisher, pictures(500, 700));
    let last = Instant::now();
    house.gate.expect_events(&[good()]).await;
    house.gate.expect_events(&[good(), lost()]).await;
    assert_eq!(last.elapsed().as_secs(), 10);
    sleep(60 * S).await;
    house.gate.expect_events(&[good(), lost()]).await;

    send(&publisher, pictures(60_000, 60_700));
    house.gate.expect_events(&[good(), lost(), good()]).await;
}

#[tokio::test(start_paused = true)]
async fn a_blink_of_three_seconds_is_not_lost() {
    let house = House::new();
    let first = house.publisher().unwrap();
    send(&first, tracks().into_iter().chain(pictures(0, 1_000)));
    drop(first);
    sleep(3 * S).await;
    let second = house.publisher().unwrap();
    send(&second, tracks().into_iter().chain(pictures(0, 1_000)));
    sleep(8 * S).await;
    send(&second, pictures(8_000, 8_100));
    sleep(8 * S).await;
    house
        .gate
        .expect_events(&[good(), unpublished(), good()])
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_clean_end_is_lost_ten_seconds_after_the_last_frame() {
    let house = House::new();
    let publisher = house.publisher().unwrap();
    send(&publisher, tracks().into_iter().chain(pictures(0, 1_000)));
    let last = Instant::now();
    sleep(2 * S).await;
    drop(publisher);
    // A newcomer that sends nothing makes no difference.
    sleep(2 * S).await;
    let _mute = house.publisher().unwrap();
    house
        .gate
        .expect_events(&[good(), unpublished(), lost()])
        .await;
    assert_eq!(last.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_slow_gate_delays_no_frame_and_hears_all_in_order() {
    let house = House::new();
    house.gate.slow.send_replace(true);
    let publisher = house.publisher().unwrap();
    send(&publisher, tracks().into_iter().chain(pictures(0, 5_000)));
    drop(publisher);
    sleep(20 * S).await;
    house.gate.slow.send_replace(false);
    house
        .gate
        .expect_events(&[good(), unpublished(), lost()])
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_newcomer_waits_for_a_publisher_that_is_heard_and_replaces_a_silent_one() {
    let house = House::new();
    let old = house.publisher().unwrap();
    send(&old, tracks().into_iter().chain(pictures(0, 1_000)));
    sleep(4 * S).await;
    old.heard.note(Instant::now(), 1);
    sleep(4 * S).await;
    assert_eq!(house.publisher().err(), Some(Occupied));
    sleep(S).await;
    let new = house.publisher().unwrap();
    assert!(old.leave.is_cancelled());
    assert_eq!(
        old.send(picture(1_000, true)),
        Err(Superseded),
        "never two writers"
    );
    send(&new, tracks().into_iter().chain(pictures(0, 1_000)));
    drop(old);
    sleep(S).await;
    send(&new, pictures(1_000, 1_100));
    house
        .gate
        .expect_events(&[good(), busy(), unpublished(), good()])
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_cut_ends_the_stream_its_publisher_and_its_viewers() {
    let house = House::new();
    let publisher = house.publisher().unwrap();
    send(&publisher, tracks().into_iter().chain(pictures(0, 1_000)));
    let mut viewer = house.viewer().await;
    viewer.events(3).await;
    let began = Instant::now();
    house.gate.set_policy(&name(), PlayPolicy::Cut);
    viewer.end().await;
    publisher.leave.cancelled().await;
    assert!(began.elapsed() < S);
    assert!(publisher.send(picture(1_000, true)).is_err());
    drop(publisher);
    house.gate.expect_events(&[good(), unpublished()]).await;
    assert!(house.media.stats().is_empty());

    house.gate.set_policy(&name(), PlayPolicy::Open);
    let again = house.publisher().unwrap();
    send(&again, tracks().into_iter().chain(pictures(0, 1_000)));
    assert_eq!(
        times(&house.viewer().await.events(4).await)[0],
        0,
        "a stream of its own"
    );
}

#[tokio::test(start_paused = true)]
async fn a_stream_without_publisher_is_forgotten_after_the_linger_time() {
    let house = House::new();
    drop(house.publisher().unwrap());
    let mut viewer = house.viewer().await;
    sleep(19 * 60 * S).await;
    assert_eq!(house.media.stats().len(), 1);
    sleep(61 * S).await;
    assert!(house.media.stats().is_empty());
    viewer.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_is_not_renewed_ends_the_publisher() {
    let house = House::new();
    let kept = house.publisher().unwrap();
    let renewals = house.media.registry.clone();
    let task = tokio_util::task::AbortOnDropHandle::new(
        tokio_util::task::TaskTracker::new().spawn(async move { renewals.renew_leases().await }),
    );
    sleep(60 * S).await;
    assert!(!kept.leave.is_cancelled());
    let session = house.media.stats()[0].publisher.as_ref().unwrap().session;
    house
        .gate
        .unwanted
        .lock()
        .unwrap()
        .push(crate::gate::SessionId(session));
    let began = Instant::now();
    kept.leave.cancelled().await;
    assert!(began.elapsed() <= 5 * S);
    drop(task);
}

#[tokio::test(start_paused = true)]
async fn a_gate_without_database_keeps_everybody() {
    let house = House::new();
    let kept = house.publisher().unwrap();
    house.gate.away.store(true, Ordering::Relaxed);
    tokio::select! {
        () = house.media.registry.renew_leases() => unreachable!("it never ends"),
        () = sleep(600 * S) => {}
    }
    assert!(!kept.leave.is_cancelled());

    house.gate.away.store(false, Ordering::Relaxed);
    let session = house.media.stats()[0].publisher.as_ref().unwrap().session;
    house
        .gate
        .unwanted
        .lock()
        .unwrap()
        .push(crate::gate::SessionId(session));
    tokio::select! {
        () = house.media.registry.renew_leases() => unreachable!("it never ends"),
        () = kept.leave.cancelled() => {}
    }
}

#[tokio::test(start_paused = true)]
async fn figures_tell_the_stream_and_no_key() {
    let house = House::new();
    let publisher = house.publisher().unwrap();
    send(&publisher, tracks().into_iter().chain(pictures(0, 1_000)));
    publisher.heard.note(Instant::now(), 1_234);
    let mut viewer = house.viewer().await;
    viewer.events(3).await;
    advance(S).await;
    let stats = house.media.stats().remove(0);
    assert_eq!(
        (stats.stream.as_str(), stats.good, stats.viewers),
        (NAME, true, 1)
    );
    assert_eq!((stats.width, stats.height), (320, 180));
    assert_eq!(stats.video_codec.as_deref(), Some("avc1.42c00b"));
    assert!(stats.bytes_out > 0 && stats.last_frame_ms_ago == 1_000);
    let from = stats.publisher.unwrap();
    assert_eq!(
        (from.bytes_in, from.peer.as_str(), from.age_ms),
        (1_234, "192.0.2.1:40000", 1_000)
    );
    drop(viewer);
    house.expect_viewers(0).await;
}

#[tokio::test(start_paused = true)]
async fn a_fault_in_the_gate_costs_one_event() {
    let house = House::new();
    house.gate.faulty.store(true, Ordering::Relaxed);
    let publisher = house.publisher().unwrap();
    send(&publisher, tracks().into_iter().chain(pictures(0, 1_000)));
    house.gate.expect_events(&[lost()]).await;
}
