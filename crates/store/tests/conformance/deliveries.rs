//! Endpoints and what they are told: each event once, each room in order, nothing forgotten.

use kaibo_domain::HOUR_MS;
use kaibo_domain::id::AppId;
use kaibo_store::{Delivery, Endpoint, EndpointKind, NewDelivery, NewEndpoint, Store, Tried};

use crate::{House, NOW, a_room, add_app};

pub(crate) fn new(app_id: &AppId, url: &str) -> NewEndpoint {
    NewEndpoint {
        app_id: app_id.clone(),
        kind: EndpointKind::Webhook,
        url: url.into(),
        secret: "canary-secret".into(),
        settings: "{}".into(),
    }
}

pub(crate) async fn endpoint(store: &Store, app_id: &AppId) -> Endpoint {
    let made = store
        .create_endpoint(&new(app_id, "https://a.example"), 9, NOW)
        .await;
    let id = made.unwrap().unwrap();
    store.endpoint(app_id, id).await.unwrap().unwrap()
}

pub(crate) fn delivery(id: &str, lane: i64, place: i64) -> NewDelivery {
    NewDelivery {
        id: id.into(),
        lane,
        place,
        kind: "room.status".into(),
        body: "{}".into(),
        due_at: None,
    }
}

async fn due(store: &Store, to: &Endpoint, now: i64) -> Vec<String> {
    let due: Vec<Delivery> = store.due_deliveries(to.id, now, 10).await.unwrap();
    due.into_iter().map(|delivery| delivery.id).collect()
}

async fn spread(store: &Store, to: &Endpoint, all: &[NewDelivery]) -> bool {
    let range = (to.seen, to.seen + 10);
    let spread = store.spread(to.id, &to.app_id, range, all, NOW).await;
    spread.unwrap()
}

async fn an_endpoint_is_one_apps_and_its_secret_is_sealed(house: House) {
    let (store, one) = house.store().await;
    let two = add_app(&store, "wx_two").await;
    let made = endpoint(&store, &one).await;
    assert_eq!((made.secret.as_str(), made.seen), ("canary-secret", 0));
    assert!(!house.holds(b"canary-secret").await);
    assert!(!format!("{made:?}").contains("canary"));
    assert_eq!(store.endpoint(&two, made.id).await.unwrap(), None);
    assert!(
        !store
            .change_endpoint(made.id, &new(&two, "https://b.example"))
            .await
            .unwrap()
    );
    assert!(!store.drop_endpoint(&two, made.id).await.unwrap());
    assert!(!store.enable_endpoint(&two, made.id, NOW).await.unwrap());
    assert!(
        store
            .change_endpoint(made.id, &new(&one, "https://c.example"))
            .await
            .unwrap()
    );
    let changed = store.endpoint(&one, made.id).await.unwrap().unwrap();
    assert_eq!(
        (changed.url.as_str(), changed.seen),
        ("https://c.example", 0)
    );
    let full = store
        .create_endpoint(&new(&one, "https://d.example"), 1, NOW)
        .await;
    assert_eq!(full.unwrap(), None);
    assert!(store.drop_endpoint(&one, made.id).await.unwrap());
    assert_eq!(store.endpoints(&one).await.unwrap(), []);
}

async fn a_new_endpoint_is_told_what_happens_from_now_on(house: House) {
    let (store, one) = house.store().await;
    let two = add_app(&store, "wx_two").await;
    a_room(&store, &one, "c1").await;
    let made = endpoint(&store, &one).await;
    a_room(&store, &two, "c2").await;
    let later = a_room(&store, &one, "c3").await;
    let told = store.app_events_after(&one, made.seen, 10).await.unwrap();
    let rooms: Vec<_> = told.iter().map(|event| event.room_id).collect();
    assert_eq!(rooms, [later.id]);
}

async fn a_cursor_moves_with_its_deliveries_and_once(house: House) {
    let (store, one) = house.store().await;
    let to = endpoint(&store, &one).await;
    assert!(spread(&store, &to, &[delivery("a", 1, 1)]).await);
    assert!(
        !spread(&store, &to, &[delivery("b", 1, 1)]).await,
        "somebody else was there"
    );
    assert_eq!(due(&store, &to, NOW).await, ["a"]);
    let moved = store.endpoint(&one, to.id).await.unwrap().unwrap();
    assert_eq!(moved.seen, to.seen + 10);
}

fn failed(next: Option<i64>) -> Tried {
    Tried::Failed {
        error: "503".into(),
        next,
        patience_ms: HOUR_MS,
    }
}

async fn of_each_lane_the_first_is_due_and_the_others_wait(house: House) {
    let (store, one) = house.store().await;
    let to = endpoint(&store, &one).await;
    let all = [
        delivery("a1", 1, 1),
        delivery("b2", 2, 2),
        delivery("a3", 1, 3),
        delivery("t4", 0, 4),
        delivery("t5", 0, 5),
    ];
    assert!(spread(&store, &to, &all).await);
    assert_eq!(due(&store, &to, NOW).await, ["a1", "b2", "t4", "t5"]);
    assert!(
        !store
            .note_try("a1", to.id, &failed(Some(NOW + 9)), NOW)
            .await
            .unwrap()
    );
    assert!(
        !store
            .note_try("b2", to.id, &Tried::Arrived, NOW)
            .await
            .unwrap()
    );
    assert_eq!(due(&store, &to, NOW + 8).await, ["t4", "t5"]);
    assert_eq!(store.next_delivery(NOW).await.unwrap(), Some(NOW + 9));
    assert_eq!(due(&store, &to, NOW + 9).await, ["t4", "t5", "a1"]);
    store
        .note_try("a1", to.id, &failed(None), NOW + 9)
        .await
        .unwrap();
    assert_eq!(
        due(&store, &to, NOW + 9).await,
        ["a3", "t4", "t5"],
        "given up, not lost"
    );
    let log = store.deliveries(&one, to.id, 0, 10).await.unwrap();
    let first = log.iter().find(|delivery| delivery.id == "a1").unwrap();
    assert_eq!(
        (first.tries, first.first_tried_at, first.done),
        (2, Some(NOW), false)
    );
    assert_eq!(first.error.as_deref(), Some("503"));
    assert!(store.redeliver(&one, to.id, "a1", NOW + 10).await.unwrap());
    assert!(
        !store.redeliver(&one, to.id, "a1", NOW + 10).await.unwrap(),
        "it is on its way"
    );
    assert_eq!(due(&store, &to, NOW + 10).await, ["a3", "t4", "t5", "a1"]);
}

async fn an_endpoint_fails_from_the_first_failure_to_the_next_arrival_and_is_given_up(
    house: House,
) {
    let (store, one) = house.store().await;
    let to = endpoint(&store, &one).await;
    assert!(spread(&store, &to, &[delivery("a", 1, 1), delivery("b", 2, 2)]).await);
    let state = async || {
        let now = store.endpoint(&one, to.id).await.unwrap().unwrap();
        (now.failing_since, now.disabled_at)
    };
    store
        .note_try("a", to.id, &failed(Some(NOW)), NOW)
        .await
        .unwrap();
    store
        .note_try("a", to.id, &failed(Some(NOW)), NOW + 5)
        .await
        .unwrap();
    assert_eq!(state().await, (Some(NOW), None));
    store
        .note_try("b", to.id, &Tried::Arrived, NOW + 6)
        .await
        .unwrap();
    assert_eq!(state().await, (None, None));
    store
        .note_try("a", to.id, &failed(Some(NOW)), NOW + 7)
        .await
        .unwrap();
    let last = NOW + 7 + HOUR_MS;
    assert!(
        store
            .note_try("a", to.id, &failed(Some(NOW)), last)
            .await
            .unwrap(),
        "given up"
    );
    assert_eq!(state().await, (Some(NOW + 7), Some(last)));
    assert_eq!(store.enabled_endpoints().await.unwrap(), []);
    assert!(store.enable_endpoint(&one, to.id, last + 1).await.unwrap());
    assert_eq!(state().await, (None, None));
    assert_eq!(due(&store, &to, last + 1).await, ["a"]);
}

async fn what_is_over_is_forgotten_and_what_waits_is_not(house: House) {
    let (store, one) = house.store().await;
    let to = endpoint(&store, &one).await;
    assert!(spread(&store, &to, &[delivery("a", 1, 1), delivery("b", 2, 2)]).await);
    store
        .note_try("a", to.id, &Tried::Arrived, NOW)
        .await
        .unwrap();
    assert_eq!(store.purge_deliveries(NOW).await.unwrap(), 0);
    assert_eq!(store.purge_deliveries(NOW + 1).await.unwrap(), 1);
    assert_eq!(due(&store, &to, NOW).await, ["b"]);
}

cases![
    an_endpoint_is_one_apps_and_its_secret_is_sealed,
    a_new_endpoint_is_told_what_happens_from_now_on,
    a_cursor_moves_with_its_deliveries_and_once,
    of_each_lane_the_first_is_due_and_the_others_wait,
    an_endpoint_fails_from_the_first_failure_to_the_next_arrival_and_is_given_up,
    what_is_over_is_forgotten_and_what_waits_is_not,
];
