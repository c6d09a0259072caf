//! Share codes: one for each room and what it hands on, bounded by room.

use kaibo_domain::id::RoomId;
use kaibo_domain::room::Room;
use kaibo_domain::share_code::CustomParams;
use kaibo_store::{ShareCode, Store};

use crate::images::image;
use crate::{House, NOW, a_room, add_app};

pub(crate) fn share_code(room: &Room, id: &str, params: &str) -> ShareCode {
    ShareCode {
        id: id.to_owned(),
        app_id: room.app_id.clone(),
        room_id: room.id,
        params: CustomParams::read(params).unwrap(),
        picture: None,
    }
}

async fn add(store: &Store, new: &ShareCode, most: i64) -> Option<ShareCode> {
    store.add_share_code(new, most, NOW).await.unwrap()
}

async fn the_same_parameters_are_one_code_and_others_another(house: House) {
    let (store, one) = house.store().await;
    let room = a_room(&store, &one, "code").await;
    let plain = share_code(&room, "plain", "");
    let first = share_code(&room, "first", r#"{"pid":1}"#);
    let second = share_code(&room, "second", r#"{"pid":2}"#);
    for new in [&plain, &first, &second] {
        assert_eq!(add(&store, new, 3).await.as_ref(), Some(new));
    }
    let again = share_code(&room, "again", r#"{ "pid": 1 }"#);
    assert_eq!(add(&store, &again, 3).await.as_ref(), Some(&first));
    let found = store.share_code(&one, room.id, &first.params).await;
    assert_eq!(found.unwrap().as_ref(), Some(&first));
    let found = store.share_code_by_id("second").await.unwrap();
    assert_eq!(found, Some(second));
    assert_eq!(store.share_code_by_id("again").await.unwrap(), None);
}

async fn a_full_room_gets_no_more_and_gives_what_it_has(house: House) {
    let (store, one) = house.store().await;
    let room = a_room(&store, &one, "code").await;
    let next = a_room(&store, &one, "next").await;
    let first = share_code(&room, "first", "");
    assert!(add(&store, &first, 1).await.is_some());
    let second = share_code(&room, "second", r#"{"pid":2}"#);
    assert_eq!(add(&store, &second, 1).await, None);
    let again = share_code(&room, "again", "");
    assert_eq!(add(&store, &again, 1).await, Some(first));
    let of_next = share_code(&next, "of-next", "");
    assert!(add(&store, &of_next, 1).await.is_some());
}

async fn another_app_sees_no_code(house: House) {
    let (store, one) = house.store().await;
    let room = a_room(&store, &one, "code").await;
    let two = add_app(&store, "wx_two").await;
    let code = share_code(&room, "first", "");
    assert!(add(&store, &code, 1).await.is_some());
    let seen = store.share_code(&two, room.id, &code.params).await;
    assert_eq!(seen.unwrap(), None);
    let nowhere = store.share_code(&one, RoomId(1), &code.params).await;
    assert_eq!(nowhere.unwrap(), None);
}

async fn a_picture_that_wechat_made_is_kept_with_its_code(house: House) {
    let (store, one) = house.store().await;
    let room = a_room(&store, &one, "code").await;
    let code = share_code(&room, "first", "");
    assert!(add(&store, &code, 1).await.is_some());
    let image = image(&one, "0123456789abcdef0123456789abcdef", "media");
    store.put_image(&image, b"\x89PNG").await.unwrap();
    let set = store.set_share_code_picture("first", &image.name);
    set.await.unwrap();
    let found = store.share_code_by_id("first").await.unwrap().unwrap();
    assert_eq!(found.picture.as_deref(), Some(image.name.as_str()));
    assert_eq!(store.purge_images(NOW + 1).await.unwrap(), 0);
}

cases![
    a_picture_that_wechat_made_is_kept_with_its_code,
    the_same_parameters_are_one_code_and_others_another,
    a_full_room_gets_no_more_and_gives_what_it_has,
    another_app_sees_no_code,
];
