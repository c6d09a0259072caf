//! Generations: whoever keeps what it read learns in time that it is not true any more.

use kaibo_domain::event::RoomEvent;
use kaibo_domain::id::AppId;
use kaibo_domain::quota::AppQuotas;
use kaibo_domain::room::Change;
use kaibo_store::{CallCount, Store};

use crate::{DAY, House, NOW, a_room, add_app, make_room};

/// Which of two apps begin a new generation by this.
async fn begun<T>(store: &Store, apps: [&AppId; 2], write: impl Future<Output = T>) -> [bool; 2] {
    let before = apps.map(|app| store.generation(app));
    write.await;
    let after = apps.map(|app| store.generation(app));
    [after[0] > before[0], after[1] > before[1]]
}

async fn a_write_of_an_app_begins_a_generation_of_its_own_alone(house: House) {
    let (store, one) = house.store().await;
    let two = add_app(&store, "wx_two").await;
    let apps = [&one, &two];
    let room = a_room(&store, &one, "code").await;
    let change = Change {
        room,
        // What no event tells of counts too.
        events: vec![],
        dirty: true,
    };
    let own = AppQuotas::default();
    assert_eq!(
        [
            begun(&store, apps, make_room(&store, &one, "other")).await,
            begun(&store, apps, store.save_room(&change, None, None, NOW)).await,
            begun(&store, apps, store.set_quotas(&one, &own)).await,
        ],
        [[true, false]; 3]
    );
    // Who does not say whose things it writes is taken to write everybody's.
    let purge = begun(&store, apps, store.purge_images(NOW)).await;
    assert_eq!(purge, [true, true]);
}

async fn bookkeeping_begins_none(house: House) {
    let (store, one) = house.store().await;
    let two = add_app(&store, "wx_two").await;
    let counts = [CallCount {
        app_id: one.clone(),
        op: "op".into(),
        day: DAY,
        made: 1,
    }];
    let apps = [&one, &two];
    assert_eq!(
        [
            begun(&store, apps, store.save_call_counts(&counts, DAY)).await,
            begun(&store, apps, store.note_applied(1, NOW)).await,
            begun(&store, apps, store.ping()).await,
        ],
        [[false, false]; 3]
    );
}

async fn reading_an_event_of_another_process_begins_one(house: House) {
    let (store, one) = house.store().await;
    let two = add_app(&store, "wx_two").await;
    let apps = [&one, &two];
    let other = house.open().await;
    let made = begun(&store, apps, a_room(&other, &one, "code")).await;
    assert_eq!(made, [false, false], "nobody has looked yet");
    let read = begun(&store, apps, store.events_after(0, 10)).await;
    assert_eq!(read, [true, false]);
    let read = begun(&store, apps, store.app_events_after(&one, 0, 10)).await;
    assert_eq!(read, [true, false]);
    let events = store.events_after(0, 10).await.unwrap();
    assert_eq!(events[0].event, RoomEvent::Created);
}

cases![
    a_write_of_an_app_begins_a_generation_of_its_own_alone,
    bookkeeping_begins_none,
    reading_an_event_of_another_process_begins_one,
];
