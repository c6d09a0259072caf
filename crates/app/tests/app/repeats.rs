//! Calls that are sent again: done once, whoever asks and however often.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use kaibo_app::{RepeatKey, Repeated};
use tokio::sync::Notify;

use crate::house::House;

const KEY: RepeatKey<'static> = RepeatKey {
    scope: "wx_one",
    key: "order-1",
    call: &[b"room/create", b"{}"],
};

#[tokio::test]
async fn what_was_done_is_not_done_again_and_what_was_not_is() {
    let house = House::new().await;
    let times = Arc::new(AtomicU32::new(0));
    let work = |was_done| {
        let times = Arc::clone(&times);
        async move {
            let nth = times.fetch_add(1, Ordering::SeqCst);
            (nth.to_string().into_bytes(), was_done)
        }
    };
    let once = async |was_done| house.kaibo.once(KEY, work(was_done)).await.unwrap();
    assert_eq!(once(false).await, Repeated::Done(b"0".to_vec()));
    assert_eq!(once(true).await, Repeated::Done(b"1".to_vec()));
    assert_eq!(once(true).await, Repeated::Again(b"1".to_vec()));
    let other = RepeatKey {
        call: &[b"room/create", b"{\"a\":1}"],
        ..KEY
    };
    let other = house.kaibo.once(other, work(true)).await.unwrap();
    assert_eq!(other, Repeated::OtherCall);
    assert_eq!(times.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_call_whose_caller_went_away_is_done_to_its_end() {
    let house = House::new().await;
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let work = {
        let (begun, go_on) = (Arc::clone(&begun), Arc::clone(&go_on));
        async move {
            begun.notify_one();
            go_on.notified().await;
            (b"made".to_vec(), true)
        }
    };
    let idle = || async { (Vec::new(), true) };
    tokio::select! {
        _ = house.kaibo.once(KEY, work) => panic!("it is held up"),
        () = begun.notified() => {}
    }
    let meanwhile = house.kaibo.once(KEY, idle()).await.unwrap();
    assert_eq!(meanwhile, Repeated::Running);
    go_on.notify_one();
    // Waits for what runs, as a server that stops does.
    let stop = tokio_util::sync::CancellationToken::new();
    stop.cancel();
    house.kaibo.run_bookkeeping(stop).await;
    let later = house.kaibo.once(KEY, idle()).await.unwrap();
    assert_eq!(later, Repeated::Again(b"made".to_vec()));
}

#[tokio::test]
async fn a_call_that_was_cut_off_is_not_done_twice() {
    let house = House::new().await;
    let panics = async { panic!("as a crash would") };
    assert!(house.kaibo.once(KEY, panics).await.is_err());
    let again = house.kaibo.once(KEY, async { (Vec::new(), true) }).await;
    assert_eq!(again.unwrap(), Repeated::CutOff);
}
