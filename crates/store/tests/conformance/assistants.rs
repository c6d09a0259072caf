//! Assistants of rooms.

use kaibo_domain::event::RoomEvent;
use kaibo_domain::id::{AppId, RoomId};
use kaibo_store::{Added, Store};

use crate::{House, NOW, a_room, add_app};

async fn add(store: &Store, app: &AppId, room: RoomId, ids: &[&str], takes_in: bool) -> Added {
    let user = |id: &&str| ((*id).to_owned(), format!("名 {id}"));
    let users: Vec<_> = ids.iter().map(user).collect();
    let added = store.add_assistants(app, room, &users, takes_in, NOW);
    added.await.unwrap()
}

async fn names(store: &Store, app: &AppId, room: RoomId) -> Vec<(String, String)> {
    let all = store.assistants(app, room).await.unwrap();
    all.into_iter().map(|a| (a.wechat_id, a.nickname)).collect()
}

async fn assistants_come_and_go_with_an_event_each_time(house: House) {
    let (store, one) = house.store().await;
    let two = add_app(&store, "wx_two").await;
    let room = a_room(&store, &one, "code").await.id;
    let other = a_room(&store, &one, "other").await.id;
    let offset = store.last_offset().await.unwrap();
    let added = add(&store, &one, room, &["helper_b", "helper_a"], true).await;
    assert_eq!(added, Added::Done { offset: offset + 1 });
    let renamed = store.rename_assistant(&one, room, "helper_a", "助理", NOW);
    assert_eq!(renamed.await.unwrap(), Some(offset + 2));
    let removed = store.remove_assistant(&one, room, "helper_b", NOW);
    assert_eq!(removed.await.unwrap(), Some(offset + 3));
    assert_eq!(
        names(&store, &one, room).await,
        [("helper_a".to_owned(), "助理".to_owned())]
    );
    for event in store.events_after(offset, 10).await.unwrap() {
        assert_eq!(
            (event.room_id, event.event),
            (room, RoomEvent::PeopleChanged)
        );
    }
    // Of another room, of another app, and not any more.
    for (app, room, id) in [
        (&one, other, "helper_a"),
        (&two, room, "helper_a"),
        (&one, room, "helper_b"),
    ] {
        let renamed = store.rename_assistant(app, room, id, "x", NOW).await;
        assert_eq!(renamed.unwrap(), None);
        let removed = store.remove_assistant(app, room, id, NOW).await;
        assert_eq!(removed.unwrap(), None);
    }
    assert_eq!(names(&store, &two, room).await, []);
    assert_eq!(store.last_offset().await.unwrap(), offset + 3);
}

async fn all_are_added_or_none(house: House) {
    let (store, one) = house.store().await;
    let two = add_app(&store, "wx_two").await;
    let room = a_room(&store, &one, "code").await.id;
    store
        .invite_person(&one, "known", "小知", NOW)
        .await
        .unwrap();
    let unknown = add(&store, &one, room, &["known", "nobody"], false).await;
    assert_eq!(unknown, Added::Unknown);
    assert_eq!(names(&store, &one, room).await, []);
    assert!(matches!(
        add(&store, &one, room, &["known"], false).await,
        Added::Done { .. }
    ));
    let held = add(&store, &one, room, &["newcomer", "known"], true).await;
    assert_eq!(held, Added::Held);
    let twice = add(&store, &one, room, &["newcomer", "newcomer"], true).await;
    assert_eq!(twice, Added::Held);
    assert_eq!(store.person(&one, "newcomer").await.unwrap(), None);
    assert_eq!(
        add(&store, &two, room, &["newcomer"], true).await,
        Added::RoomUnknown
    );
    assert_eq!(names(&store, &one, room).await.len(), 1);

    let nine: Vec<String> = (0..9).map(|n| format!("helper_{n}")).collect();
    let nine: Vec<&str> = nine.iter().map(String::as_str).collect();
    let full = [&nine[..], &["helper_9"]].concat();
    assert_eq!(add(&store, &one, room, &full, true).await, Added::Full);
    assert!(matches!(
        add(&store, &one, room, &nine, true).await,
        Added::Done { .. }
    ));
    assert_eq!(
        add(&store, &one, room, &["helper_9"], true).await,
        Added::Full
    );
    // Whoever is taken in is known by that name; whoever was known keeps theirs.
    let name = async |id: &str| store.person(&one, id).await.unwrap().unwrap().nickname;
    assert_eq!(name("helper_0").await, "名 helper_0");
    assert_eq!(name("known").await, "小知");
}

cases![
    assistants_come_and_go_with_an_event_each_time,
    all_are_added_or_none,
];
