//! Counts of calls, the log of calls, and calls that are sent again.

use kaibo_domain::id::AppId;
use kaibo_store::{CallCount, CallQuery, CallRecord, Repeat};

use crate::{DAY, House, NOW, add_app};

fn count(app_id: &AppId, day: i32, made: u32) -> CallCount {
    CallCount {
        app_id: app_id.clone(),
        op: "room/create".into(),
        day,
        made,
    }
}

fn call(app_id: &AppId, rid: &str, code: i32) -> CallRecord {
    CallRecord {
        app_id: app_id.clone(),
        rid: rid.into(),
        at: NOW,
        op: "room/create".into(),
        code,
        reason: (code != 0).then(|| "field: name is missing".into()),
        peer: "192.0.2.1".into(),
        took_us: 1_250,
    }
}

async fn counts_rise_and_old_days_go(house: House) {
    let (store, one) = house.store().await;
    let two = add_app(&store, "wx_two").await;
    let made = async |app: &AppId, day| store.calls_made(app, "room/create", day).await.unwrap();
    assert_eq!(made(&one, DAY).await, 0);
    let counts = [count(&one, DAY, 5), count(&two, DAY, 7)];
    store.save_call_counts(&counts, DAY).await.unwrap();
    let counts = [count(&one, DAY, 4), count(&one, DAY + 1, 1)];
    store.save_call_counts(&counts, DAY).await.unwrap();
    assert_eq!((made(&one, DAY).await, made(&two, DAY).await), (5, 7));
    store.save_call_counts(&[], DAY + 1).await.unwrap();
    assert_eq!((made(&one, DAY).await, made(&one, DAY + 1).await), (0, 1));
    let other = store.calls_made(&one, "room/editroom", DAY + 1).await;
    assert_eq!(other.unwrap(), 0);
}

async fn calls_are_found_by_rid_and_number_and_never_another_apps(house: House) {
    let (store, one) = house.store().await;
    let two = add_app(&store, "wx_two").await;
    let calls = [
        call(&one, "a", 0),
        call(&one, "b", 200_002),
        call(&two, "c", 0),
        call(&one, "d", 48_001),
    ];
    store.add_call_records(&calls).await.unwrap();
    let all = CallQuery {
        limit: 10,
        ..CallQuery::default()
    };
    let found = async |app: &AppId, query: CallQuery| {
        let found = store.call_records(app, &query).await.unwrap();
        let rids = found.into_iter().map(|(_, call)| call.rid);
        rids.collect::<Vec<_>>()
    };
    assert_eq!(found(&one, all.clone()).await, ["d", "b", "a"]);
    assert_eq!(found(&two, all.clone()).await, ["c"]);
    let rid = |rid: &str| CallQuery {
        rid: Some(rid.into()),
        ..all.clone()
    };
    assert_eq!(found(&one, rid("b")).await, ["b"]);
    assert!(found(&one, rid("c")).await.is_empty());
    let code = |code| CallQuery {
        code: Some(code),
        ..all.clone()
    };
    assert_eq!(found(&one, code(48_001)).await, ["d"]);
    assert_eq!(found(&one, code(0)).await, ["a"]);
    let failed = CallQuery {
        failed: true,
        ..all.clone()
    };
    assert_eq!(found(&one, failed).await, ["d", "b"]);
    let op = |op: &str| CallQuery {
        op: Some(op.into()),
        ..all.clone()
    };
    assert_eq!(found(&one, op("room/create")).await.len(), 3);
    assert!(found(&one, op("token")).await.is_empty());
    let newest = store.call_records(&one, &all).await.unwrap();
    assert_eq!(newest[0].1, call(&one, "d", 48_001));
    let older = CallQuery {
        before: Some(newest[0].0),
        limit: 1,
        ..all
    };
    assert_eq!(found(&one, older).await, ["b"]);
}

async fn the_log_is_bounded_by_age_and_number(house: House) {
    let (store, one) = house.store().await;
    let two = add_app(&store, "wx_two").await;
    let old = CallRecord {
        at: NOW - 1,
        ..call(&one, "old", 0)
    };
    let mut calls = vec![old, call(&two, "two", 0)];
    calls.extend(["a", "b", "c"].map(|rid| call(&one, rid, 0)));
    store.add_call_records(&calls).await.unwrap();
    let rids = async |app: &AppId| {
        let query = CallQuery {
            limit: 10,
            ..CallQuery::default()
        };
        let found = store.call_records(app, &query).await.unwrap();
        let rids = found.into_iter().map(|(_, call)| call.rid);
        rids.collect::<Vec<_>>()
    };
    store.trim_call_log(NOW, 3).await.unwrap();
    assert_eq!(rids(&one).await, ["c", "b", "a"]);
    store.trim_call_log(NOW, 2).await.unwrap();
    assert_eq!(rids(&one).await, ["c", "b"]);
    assert_eq!(rids(&two).await, ["two"]);
}

async fn a_key_stands_for_one_call_for_a_time(house: House) {
    let (store, _) = house.store().await;
    let begin = async |scope: &str, body: &[u8], now| {
        let begun = store.begin_repeat(scope, b"key", body, now, now - 10);
        begun.await.unwrap()
    };
    assert_eq!(begin("wx_one", b"x", NOW).await, Repeat::First);
    assert_eq!(begin("wx_one", b"x", NOW).await, Repeat::Begun);
    assert_eq!(begin("wx_two", b"y", NOW).await, Repeat::First);
    let answered = store.answer_repeat("wx_one", b"key", b"done");
    answered.await.unwrap();
    let done = Repeat::Answered(b"done".to_vec());
    assert_eq!(begin("wx_one", b"x", NOW + 10).await, done);
    assert_eq!(begin("wx_one", b"y", NOW + 10).await, Repeat::Other);
    assert_eq!(begin("wx_one", b"y", NOW + 11).await, Repeat::First);
    store.forget_repeat("wx_one", b"key").await.unwrap();
    assert_eq!(begin("wx_one", b"z", NOW + 11).await, Repeat::First);
}

cases![
    counts_rise_and_old_days_go,
    calls_are_found_by_rid_and_number_and_never_another_apps,
    the_log_is_bounded_by_age_and_number,
    a_key_stands_for_one_call_for_a_time,
];
