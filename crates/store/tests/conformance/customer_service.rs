//! Customer service: one address for each app, and the switches of a room that show it.

use kaibo_domain::room::{Change, Switch};

use crate::{House, NOW, a_room, add_app};

async fn an_address_is_set_replaced_and_taken_back_for_one_app_alone(house: House) {
    let (store, one) = house.store().await;
    let two = add_app(&store, "wx_two").await;
    for link in ["https://a.example", "https://b.example"] {
        store.set_customer_service(&one, link).await.unwrap();
        let kept = store.customer_service(&one).await.unwrap();
        assert_eq!(kept.as_deref(), Some(link));
        assert_eq!(store.customer_service(&two).await.unwrap(), None);
    }
    store.drop_customer_service(&two).await.unwrap();
    assert!(store.customer_service(&one).await.unwrap().is_some());
    store.drop_customer_service(&one).await.unwrap();
    assert_eq!(store.customer_service(&one).await.unwrap(), None);
}

async fn muted_comments_are_kept(house: House) {
    let (store, one) = house.store().await;
    let mut room = a_room(&store, &one, "code").await;
    assert!(!room.comments_banned);
    room.comments_banned = true;
    let switch = Switch::BanComment(true);
    let change = Change {
        room: room.clone(),
        events: vec![kaibo_domain::event::RoomEvent::Switched { switch }],
        dirty: true,
    };
    store.save_room(&change, None, None, NOW).await.unwrap();
    let kept = store.room(&one, room.id).await.unwrap().unwrap();
    assert!(kept.comments_banned);
    let told = store.events_after(0, 10).await.unwrap().pop().unwrap();
    assert_eq!(told.event, change.events[0]);
}

cases![
    an_address_is_set_replaced_and_taken_back_for_one_app_alone,
    muted_comments_are_kept,
];
