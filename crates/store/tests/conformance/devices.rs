//! Devices and the codes that enrol them.

use kaibo_domain::event::RoomEvent;
use kaibo_domain::id::{AppId, RoomId};
use kaibo_store::{Enrolment, Store};

use crate::{House, NOW, a_room, add_app};

const WHO: &str = "anchor_01";
const LATER: i64 = NOW + 600_000;

pub(crate) async fn make_code(store: &Store, app_id: &AppId, room_id: RoomId, code: &str) {
    let enrolment = Enrolment {
        app_id: app_id.clone(),
        wechat_id: WHO.into(),
        room_id,
        expires_at: LATER,
    };
    let made = store.create_enrolment(code, &enrolment, "boss", NOW);
    made.await.unwrap();
}

async fn enrol(store: &Store, code: &str, credential: &[u8], now: i64) -> bool {
    let enrolled = store.enrol_device(code, "iPhone", credential, now);
    enrolled.await.unwrap().is_some()
}

async fn a_code_enrols_one_device_within_its_time(house: House) {
    let (store, one) = house.store().await;
    let room = a_room(&store, &one, "code").await.id;
    make_code(&store, &one, room, "first-code").await;
    assert!(!house.holds(b"first-code").await);
    let found = store.enrolment("first-code", NOW).await.unwrap().unwrap();
    assert_eq!((found.room_id, found.wechat_id.as_str()), (room, WHO));
    assert_eq!(store.enrolment("first-code", LATER).await.unwrap(), None);
    assert!(!enrol(&store, "first-code", b"late", LATER).await);
    assert!(enrol(&store, "first-code", b"one", LATER - 1).await);
    assert!(!enrol(&store, "first-code", b"two", LATER - 1).await);
    let device = store.device(b"one").await.unwrap().unwrap();
    assert_eq!(
        (device.name.as_str(), device.enrolled_at),
        ("iPhone", LATER - 1)
    );
    assert_eq!(store.device(b"two").await.unwrap(), None);
    assert_eq!(store.device(b"late").await.unwrap(), None);
}

async fn a_later_code_of_the_room_voids_the_one_before(house: House) {
    let (store, one) = house.store().await;
    let room = a_room(&store, &one, "code").await.id;
    let other = a_room(&store, &one, "other").await.id;
    make_code(&store, &one, room, "first-code").await;
    make_code(&store, &one, other, "other-code").await;
    make_code(&store, &one, room, "second-code").await;
    assert!(!enrol(&store, "first-code", b"one", NOW).await);
    assert!(enrol(&store, "second-code", b"two", NOW).await);
    assert!(enrol(&store, "other-code", b"three", NOW).await);
}

async fn a_revoked_device_is_none_and_its_rooms_are_told(house: House) {
    let (store, one) = house.store().await;
    let two = add_app(&store, "wx_two").await;
    let room = a_room(&store, &one, "code").await.id;
    make_code(&store, &one, room, "first-code").await;
    assert!(enrol(&store, "first-code", b"one", NOW).await);
    let id = store.device(b"one").await.unwrap().unwrap().id;
    let offset = store.last_offset().await.unwrap();
    let revoke = async |app, id| store.revoke_device(app, id, "boss", NOW + 1).await.unwrap();
    assert_eq!(revoke(&two, id).await, None);
    assert_eq!(revoke(&one, id).await, Some(offset + 1));
    assert_eq!(revoke(&one, id).await, None);
    assert_eq!(store.device(b"one").await.unwrap(), None);
    let told = store.events_after(offset, 10).await.unwrap();
    assert_eq!(
        (told[0].room_id, &told[0].event),
        (room, &RoomEvent::CodeRenewed)
    );
    let listed = store.devices(&one, WHO).await.unwrap();
    assert_eq!(listed[0].revoked_at, Some(NOW + 1));
    assert_eq!(store.devices(&two, WHO).await.unwrap(), []);
}

async fn use_is_noted_and_never_goes_back(house: House) {
    let (store, one) = house.store().await;
    let room = a_room(&store, &one, "code").await.id;
    make_code(&store, &one, room, "first-code").await;
    assert!(enrol(&store, "first-code", b"one", NOW).await);
    let id = store.device(b"one").await.unwrap().unwrap().id;
    for (now, seen) in [(NOW + 9, NOW + 9), (NOW + 3, NOW + 9)] {
        store.note_device(id, now).await.unwrap();
        assert_eq!(store.device(b"one").await.unwrap().unwrap().seen_at, seen);
    }
}

cases![
    a_code_enrols_one_device_within_its_time,
    a_later_code_of_the_room_voids_the_one_before,
    a_revoked_device_is_none_and_its_rooms_are_told,
    use_is_noted_and_never_goes_back,
];
