//! Who wants to be told, and who is told: each once, with the event that tells it.

use kaibo_domain::event::{Cause, RoomEvent};
use kaibo_domain::id::AppId;
use kaibo_domain::room::{Change, Room, Status};
use kaibo_domain::subscription::{OpenId, PushCounts, REMINDER_BATCH, SubscriptionKind};
use kaibo_store::{OpenPush, Store, Subscription};

use crate::{DAY, House, NOW, a_room, add_app};

pub(crate) fn subscription(room: &Room, openid: &str, of: SubscriptionKind) -> Subscription {
    Subscription {
        app_id: room.app_id.clone(),
        room_id: room.id,
        status: Status::Planned,
        openid: openid.parse().unwrap(),
        of,
    }
}

async fn subscribe(store: &Store, room: &Room, openid: &str, of: SubscriptionKind) -> bool {
    let wanted = subscription(room, openid, of);
    store.subscribe(&wanted, NOW).await.unwrap()
}

async fn told(store: &Store, behind: i64) -> Vec<RoomEvent> {
    let events = store.events_after(behind, 1_000).await.unwrap();
    events.into_iter().map(|event| event.event).collect()
}

async fn openids(store: &Store, app_id: &AppId, behind: i64, limit: i64) -> Vec<String> {
    let page = store.followers(app_id, behind, limit).await.unwrap();
    page.into_iter().map(|f| f.openid.to_string()).collect()
}

async fn subscribing_twice_is_told_once_and_taking_back_too(house: House) {
    let (store, one) = house.store().await;
    let room = a_room(&store, &one, "code").await;
    let before = store.last_offset().await.unwrap();
    for of in [SubscriptionKind::Room, SubscriptionKind::Follow] {
        assert!(subscribe(&store, &room, "a", of).await);
        assert!(!subscribe(&store, &room, "a", of).await);
    }
    assert_eq!(
        store.subscriber_counts(&one, room.id).await.unwrap(),
        (1, 1)
    );
    for of in [SubscriptionKind::Room, SubscriptionKind::Follow] {
        let unwanted = subscription(&room, "a", of);
        assert!(store.unsubscribe(&unwanted, NOW).await.unwrap());
        assert!(!store.unsubscribe(&unwanted, NOW).await.unwrap());
    }
    assert_eq!(
        store.subscriber_counts(&one, room.id).await.unwrap(),
        (0, 0)
    );
    let openid = || "a".parse::<OpenId>().unwrap();
    let status = Status::Planned;
    let came = |of| RoomEvent::Subscribed {
        openid: openid(),
        of,
        status,
    };
    let went = |of| RoomEvent::Unsubscribed {
        openid: openid(),
        of,
        status,
    };
    let (room, follow) = (SubscriptionKind::Room, SubscriptionKind::Follow);
    let events = [came(room), came(follow), went(room), went(follow)];
    assert_eq!(told(&store, before).await, events);
}

async fn pages_of_followers_stay_while_others_come_and_go(house: House) {
    let (store, one) = house.store().await;
    let two = add_app(&store, "wx_two").await;
    let (room, foreign) = (
        a_room(&store, &one, "c1").await,
        a_room(&store, &two, "c2").await,
    );
    let follow = SubscriptionKind::Follow;
    for openid in ["a", "b", "c", "d"] {
        assert!(subscribe(&store, &room, openid, follow).await);
        assert!(subscribe(&store, &foreign, openid, follow).await);
    }
    assert_eq!(openids(&store, &one, 0, 2).await, ["a", "b"]);
    let second = store.followers(&one, 0, 2).await.unwrap()[1].place;
    assert_eq!(second, 2, "each app counts for itself");
    for openid in ["a", "b", "d"] {
        let gone = subscription(&room, openid, follow);
        assert!(store.unsubscribe(&gone, NOW).await.unwrap());
    }
    assert!(
        subscribe(&store, &room, "a", follow).await,
        "who comes back is the last"
    );
    assert_eq!(openids(&store, &one, second, 10).await, ["c", "a"]);
    assert_eq!(store.follower_count(&one).await.unwrap(), 2);
    assert_eq!(store.follower_count(&two).await.unwrap(), 4);
}

pub(crate) async fn start(store: &Store, room: &Room) {
    let mut live = room.clone();
    live.status = Status::Live;
    let (from, to, cause) = (Status::Planned, Status::Live, Cause::Command);
    let change = Change {
        room: live,
        events: vec![RoomEvent::Status { from, to, cause }],
        dirty: true,
    };
    store.save_room(&change, None, None, NOW).await.unwrap();
}

async fn every_subscriber_of_a_room_that_starts_is_named_once(house: House) {
    let (store, one) = house.store().await;
    let (room, silent) = (
        a_room(&store, &one, "c1").await,
        a_room(&store, &one, "c2").await,
    );
    let many = REMINDER_BATCH + 3;
    for n in 0..many {
        let of = SubscriptionKind::Room;
        assert!(subscribe(&store, &room, &format!("o{n}"), of).await);
    }
    assert!(!store.tell_subscribers(NOW).await.unwrap(), "not yet");
    let before = store.last_offset().await.unwrap();
    start(&store, &room).await;
    start(&store, &silent).await;
    while store.tell_subscribers(NOW).await.unwrap() {}
    let mut named = Vec::new();
    for event in told(&store, before).await {
        if let RoomEvent::ReminderDue {
            message_id,
            openids,
        } = event
        {
            assert_eq!(message_id, None);
            assert!(openids.len() <= REMINDER_BATCH);
            named.extend(openids);
        }
    }
    assert_eq!(named.len(), many);
    named.sort();
    named.dedup();
    assert_eq!(named.len(), many);
}

pub(crate) async fn push(store: &Store, room: &Room, who: &[&str]) -> Option<OpenPush> {
    let who: Vec<String> = who.iter().map(|&w| w.to_owned()).collect();
    let (app_id, id) = (room.app_id.clone(), room.id);
    let accepted = store.accept_push(&app_id, id, &who, DAY, NOW).await;
    Some(OpenPush {
        app_id,
        id: accepted.unwrap()?,
    })
}

async fn settle(store: &Store, push: &OpenPush, reachable: bool) -> (PushCounts, Vec<String>) {
    let before = store.last_offset().await.unwrap();
    while !store.settle_push(push, reachable, NOW).await.unwrap() {}
    let mut named = Vec::new();
    let mut events = told(store, before).await;
    let Some(RoomEvent::PushDone {
        counts, message_id, ..
    }) = events.pop()
    else {
        panic!("the counts come last");
    };
    assert_eq!(message_id, push.id.to_string());
    for event in events {
        let RoomEvent::ReminderDue { openids, .. } = event else {
            panic!("{event:?}");
        };
        named.extend(openids.iter().map(ToString::to_string));
    }
    assert!(
        store.settle_push(push, reachable, NOW).await.unwrap(),
        "once"
    );
    assert_eq!(
        told(store, before).await.len(),
        named.len().div_ceil(REMINDER_BATCH) + 1
    );
    (counts, named)
}

async fn a_push_tells_each_follower_of_one_live_a_day(house: House) {
    let (store, one) = house.store().await;
    let room = a_room(&store, &one, "code").await;
    for openid in ["a", "b", "c"] {
        assert!(subscribe(&store, &room, openid, SubscriptionKind::Follow).await);
    }
    let nobody = push(&store, &room, &["c"]).await.unwrap();
    let counts = PushCounts {
        total: 1,
        internal_error: 1,
        ..PushCounts::default()
    };
    assert_eq!(settle(&store, &nobody, false).await, (counts, vec![]));

    let first = push(&store, &room, &["a", "no good", "stranger", "b", "a"])
        .await
        .unwrap();
    let open = store.open_pushes(10).await.unwrap();
    assert_eq!(open, std::slice::from_ref(&first));
    let counts = PushCounts {
        total: 5,
        success: 2,
        openid_error: 1,
        relation_error: 1,
        recv_limit: 1,
        internal_error: 0,
    };
    assert_eq!(
        settle(&store, &first, true).await,
        (counts, vec!["a".into(), "b".into()])
    );
    let again = push(&store, &room, &["b", "c"]).await.unwrap();
    let (counts, named) = settle(&store, &again, true).await;
    assert_eq!((counts.recv_limit, named), (1, vec!["c".to_owned()]));
    assert_eq!(store.open_pushes(10).await.unwrap(), []);
}

async fn a_large_push_is_dealt_with_in_parts_and_counted_as_one(house: House) {
    let (store, one) = house.store().await;
    let room = a_room(&store, &one, "code").await;
    let many: Vec<String> = (0..=2 * REMINDER_BATCH).map(|n| format!("o{n}")).collect();
    for openid in &many {
        assert!(subscribe(&store, &room, openid, SubscriptionKind::Follow).await);
    }
    let who: Vec<&str> = many.iter().map(String::as_str).collect();
    let large = push(&store, &room, &who).await.unwrap();
    assert!(!store.settle_push(&large, true, NOW).await.unwrap());
    let (counts, named) = settle(&store, &large, true).await;
    let total = many.len() as i64;
    assert_eq!((counts.total, counts.success), (total, total));
    assert_eq!(
        named,
        many[REMINDER_BATCH..],
        "the first part was told before"
    );
}

async fn one_room_of_an_app_pushes_on_a_day(house: House) {
    let (store, one) = house.store().await;
    let two = add_app(&store, "wx_two").await;
    let (room, other) = (
        a_room(&store, &one, "c1").await,
        a_room(&store, &one, "c2").await,
    );
    let foreign = a_room(&store, &two, "c3").await;
    assert!(push(&store, &room, &["a"]).await.is_some());
    assert_eq!(push(&store, &other, &["a"]).await, None);
    assert!(
        push(&store, &room, &["a"]).await.is_some(),
        "as often as it likes"
    );
    assert!(push(&store, &foreign, &["a"]).await.is_some());
    let who = ["a".to_owned()];
    let tomorrow = store.accept_push(&one, other.id, &who, DAY + 1, NOW).await;
    assert!(tomorrow.unwrap().is_some());
}

cases![
    subscribing_twice_is_told_once_and_taking_back_too,
    pages_of_followers_stay_while_others_come_and_go,
    every_subscriber_of_a_room_that_starts_is_named_once,
    a_push_tells_each_follower_of_one_live_a_day,
    a_large_push_is_dealt_with_in_parts_and_counted_as_one,
    one_room_of_an_app_pushes_on_a_day,
];
