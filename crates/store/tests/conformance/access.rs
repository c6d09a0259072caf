//! Push seeds, broadcast codes, refusals.

use kaibo_domain::event::RoomEvent;
use kaibo_domain::room::Change;
use kaibo_store::PushRefusal;

use crate::{House, NOW, a_room, add_app, make_room};

async fn a_room_s_secrets_are_its_own_app_s_alone(house: House) {
    let (store, one) = house.store().await;
    let two = add_app(&store, "wx_two").await;
    let room = a_room(&store, &one, "code-of-one").await;
    let access = store.room_access(&one, room.id).await.unwrap().unwrap();
    assert_eq!((access.push_seed, access.push_version), ([9; 32], 0));
    assert_eq!(access.code, "code-of-one");
    assert!(!format!("{access:?}").contains("code-of-one"));
    assert_eq!(store.room_access(&two, room.id).await.unwrap(), None);
    assert_eq!(store.revoke_push(&two, room.id, NOW).await.unwrap(), None);
    assert_eq!(
        store.renew_code(&two, room.id, "x", NOW).await.unwrap(),
        None
    );
    let found = store.room_by_code("code-of-one").await.unwrap();
    assert_eq!(found, Some((one, room.id)));
    assert_eq!(store.room_by_code("code-of-on").await.unwrap(), None);
}

async fn revoking_counts_the_version_up_and_tells(house: House) {
    let (store, one) = house.store().await;
    let room = a_room(&store, &one, "code").await;
    assert_eq!(
        store.revoke_push(&one, room.id, NOW).await.unwrap(),
        Some(2)
    );
    assert_eq!(
        store.revoke_push(&one, room.id, NOW).await.unwrap(),
        Some(3)
    );
    let access = store.room_access(&one, room.id).await.unwrap().unwrap();
    assert_eq!((access.push_version, access.push_seed), (2, [9; 32]));
    let events = store.events_after(1, 10).await.unwrap();
    assert!(events.iter().all(|e| e.event == RoomEvent::PushKeyRevoked));
}

async fn a_renewed_code_replaces_the_old_one(house: House) {
    let (store, one) = house.store().await;
    let room = a_room(&store, &one, "old").await;
    let other = a_room(&store, &one, "other").await;
    assert_eq!(
        store.renew_code(&one, room.id, "new", NOW).await.unwrap(),
        Some(3)
    );
    assert_eq!(store.room_by_code("old").await.unwrap(), None);
    let found = store.room_by_code("new").await.unwrap();
    assert_eq!(found, Some((one.clone(), room.id)));
    let access = store.room_access(&one, room.id).await.unwrap().unwrap();
    assert_eq!(access.code, "new");
    let event = store.events_after(2, 1).await.unwrap().remove(0);
    assert_eq!(
        (event.event, event.room_id),
        (RoomEvent::CodeRenewed, room.id)
    );
    let kept = store.room_by_code("other").await.unwrap();
    assert_eq!(kept, Some((one, other.id)));
}

async fn two_rooms_never_share_a_code(house: House) {
    let (store, one) = house.store().await;
    let first = a_room(&store, &one, "same").await;
    assert!(make_room(&store, &one, "same").await.is_err());
    let second = a_room(&store, &one, "other").await;
    assert!(
        store
            .renew_code(&one, second.id, "same", NOW)
            .await
            .is_err()
    );
    let found = store.room_by_code("same").await.unwrap();
    assert_eq!(found, Some((one, first.id)));
    assert_eq!(store.last_offset().await.unwrap(), 2);
}

async fn only_the_last_refusal_is_kept(house: House) {
    let (store, one) = house.store().await;
    let two = add_app(&store, "wx_two").await;
    let room = a_room(&store, &one, "code").await;
    assert_eq!(store.push_refusal(&one, room.id).await.unwrap(), None);
    let refusal = |at, reason: &str| PushRefusal {
        at,
        reason: reason.into(),
        detail: (at == 1).then(|| "codec vp6".into()),
    };
    let (first, last) = (refusal(1, "codec"), refusal(2, "quota"));
    assert_eq!(
        store
            .note_push_refusal(&one, room.id, &first)
            .await
            .unwrap(),
        2
    );
    assert_eq!(
        store.push_refusal(&one, room.id).await.unwrap(),
        Some(first.clone())
    );
    assert_eq!(
        store.note_push_refusal(&one, room.id, &last).await.unwrap(),
        3
    );
    assert_eq!(store.push_refusal(&one, room.id).await.unwrap(), Some(last));
    // Another app's room is no room.
    assert_eq!(
        store
            .note_push_refusal(&two, room.id, &first)
            .await
            .unwrap(),
        3
    );
    assert_eq!(store.push_refusal(&two, room.id).await.unwrap(), None);
    let events = store.events_after(1, 10).await.unwrap();
    let at: Vec<_> = events.iter().map(|e| (e.at, e.event.clone())).collect();
    assert_eq!(
        at,
        [(1, RoomEvent::PushRefused), (2, RoomEvent::PushRefused)]
    );
}

async fn a_deleted_room_opens_to_no_key_or_code(house: House) {
    let (store, one) = house.store().await;
    let mut room = a_room(&store, &one, "code").await;
    room.deleted_at = Some(NOW);
    let change = Change {
        room: room.clone(),
        events: vec![RoomEvent::Deleted],
        dirty: true,
    };
    store.save_room(&change, None, None, NOW).await.unwrap();
    assert_eq!(store.room_access(&one, room.id).await.unwrap(), None);
    assert_eq!(store.room_by_code("code").await.unwrap(), None);
    assert_eq!(store.revoke_push(&one, room.id, NOW).await.unwrap(), None);
    assert_eq!(
        store.renew_code(&one, room.id, "new", NOW).await.unwrap(),
        None
    );
}

cases![
    a_room_s_secrets_are_its_own_app_s_alone,
    revoking_counts_the_version_up_and_tells,
    a_renewed_code_replaces_the_old_one,
    two_rooms_never_share_a_code,
    only_the_last_refusal_is_kept,
    a_deleted_room_opens_to_no_key_or_code,
];
