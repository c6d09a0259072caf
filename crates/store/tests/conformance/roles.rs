//! Roles, within how many may hold each.

use kaibo_domain::HOUR_MS;
use kaibo_domain::role::Role;
use kaibo_store::{Given, Taken};

use crate::{House, NOW, a_room, add_app};

async fn a_role_is_given_once_and_taken_once(house: House) {
    let (store, one) = house.store().await;
    let two = add_app(&store, "wx_two").await;
    let give = async |at| store.give_role(&one, "lin", Role::Admin, at).await.unwrap();
    let take = async |at| store.take_role(&one, "lin", Role::Admin, at).await.unwrap();
    assert_eq!(take(NOW).await, Taken::NotHeld);
    assert_eq!(give(NOW).await, Given::Done);
    assert_eq!(give(NOW + 1).await, Given::Held);
    assert!(store.has_role(&one, "lin", Role::Admin).await.unwrap());
    assert!(!store.has_role(&one, "lin", Role::Operator).await.unwrap());
    assert!(!store.has_role(&two, "lin", Role::Admin).await.unwrap());
    let at = async || store.person(&one, "lin").await.unwrap().unwrap().roles_at;
    assert_eq!(at().await, NOW);
    assert_eq!(take(NOW + 2).await, Taken::Done);
    assert_eq!(at().await, NOW + 2);
    assert_eq!(take(NOW + 3).await, Taken::NotHeld);
    assert!(!store.has_role(&one, "lin", Role::Admin).await.unwrap());
}

async fn as_many_hold_a_role_as_may_in_each_app(house: House) {
    let (store, one) = house.store().await;
    let two = add_app(&store, "wx_two").await;
    let give = async |app, n: i64| {
        let id = format!("admin_{n}");
        store.give_role(app, &id, Role::Admin, NOW).await.unwrap()
    };
    for n in 0..10 {
        assert_eq!(give(&one, n).await, Given::Done);
    }
    assert_eq!(give(&one, 10).await, Given::Full);
    assert_eq!(give(&one, 9).await, Given::Held);
    assert_eq!(store.person(&one, "admin_10").await.unwrap(), None);
    assert_eq!(give(&two, 10).await, Given::Done);
    let taken = store.take_role(&one, "admin_0", Role::Admin, NOW).await;
    assert_eq!(taken.unwrap(), Taken::Done);
    assert_eq!(give(&one, 10).await, Given::Done);
}

async fn an_anchor_with_a_planned_room_keeps_the_role(house: House) {
    let (store, one) = house.store().await;
    let two = add_app(&store, "wx_two").await;
    for app in [&one, &two] {
        for role in [Role::Anchor, Role::Operator] {
            store.give_role(app, "anchor_01", role, NOW).await.unwrap();
        }
    }
    a_room(&store, &one, "code").await;
    let take = async |app, role, at| store.take_role(app, "anchor_01", role, at).await.unwrap();
    assert_eq!(take(&one, Role::Anchor, NOW).await, Taken::RoomPlanned);
    assert_eq!(take(&one, Role::Operator, NOW).await, Taken::Done);
    assert_eq!(take(&two, Role::Anchor, NOW).await, Taken::Done);
    // The plan is over, and nobody came.
    let over = NOW + 2 * HOUR_MS;
    assert_eq!(take(&one, Role::Anchor, over).await, Taken::Done);
}

cases![
    a_role_is_given_once_and_taken_once,
    as_many_hold_a_role_as_may_in_each_app,
    an_anchor_with_a_planned_room_keeps_the_role,
];
