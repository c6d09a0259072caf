//! Shelves: saved whole, under their version, in the order that was wanted.

use kaibo_domain::event::RoomEvent;
use kaibo_domain::id::GoodsId;
use kaibo_domain::room::{Room, Status};
use kaibo_domain::shelf::{Explaining, Explanation, Push, Shelf, ShelfChange, ShelfCommand, step};
use kaibo_store::Store;

use crate::goods::approved_goods;
use crate::{House, NOW, a_room, add_app};

/// A change that does something to the shelf as it is.
pub(crate) async fn change(
    store: &Store,
    room: &Room,
    act: impl FnOnce(&mut Shelf),
) -> ShelfChange {
    let mut shelf = store.shelf(&room.app_id, room.id).await.unwrap();
    act(&mut shelf);
    ShelfChange {
        shelf,
        events: Vec::new(),
        explained: None,
    }
}

async fn apply(store: &Store, room: &Room, command: &ShelfCommand) -> ShelfChange {
    let shelf = store.shelf(&room.app_id, room.id).await.unwrap();
    let rules = kaibo_domain::shelf::ShelfRules::default();
    let change = step(&shelf, command, Status::Live, NOW, &rules).unwrap();
    let saved = store.save_shelf(&change, room, NOW).await.unwrap();
    assert!(saved.is_some(), "{command:?}");
    change
}

pub(crate) async fn shelf_with(store: &Store, room: &Room, goods: &[GoodsId]) {
    apply(store, room, &ShelfCommand::Add(goods.to_vec())).await;
}

fn ids(shelf: &Shelf) -> Vec<GoodsId> {
    shelf.items.iter().map(|item| item.goods_id).collect()
}

async fn a_shelf_comes_back_as_it_was_saved(house: House) {
    let (store, one) = house.store().await;
    let room = a_room(&store, &one, "code").await;
    let mut goods = Vec::new();
    for _ in 0..4 {
        goods.push(approved_goods(&store, &one).await.id);
    }
    let empty = store.shelf(&one, room.id).await.unwrap();
    assert_eq!(empty, Shelf::new(one.clone(), room.id));
    shelf_with(&store, &room, &goods).await;
    for command in [
        ShelfCommand::OnSale(goods[1], false),
        ShelfCommand::Sort(vec![goods[3], goods[0]]),
        ShelfCommand::Remove(goods[2]),
        ShelfCommand::Push(goods[3]),
        ShelfCommand::Explain(goods[3]),
    ] {
        let wanted = apply(&store, &room, &command).await.shelf;
        let shelf = store.shelf(&one, room.id).await.unwrap();
        let version = wanted.version + 1;
        assert_eq!(shelf, Shelf { version, ..wanted }, "{command:?}");
    }
    let shelf = store.shelf(&one, room.id).await.unwrap();
    assert_eq!(ids(&shelf), [goods[3], goods[0], goods[1]]);
    let (goods_id, until) = (goods[3], NOW + 10_000);
    assert_eq!(shelf.push, Some(Push { goods_id, until }));
    let since = NOW;
    assert_eq!(shelf.explaining, Some(Explaining { goods_id, since }));
    let shelved = store.shelved(&one, &[room.id]).await.unwrap();
    let order: Vec<_> = shelved.iter().map(|s| (s.goods.id, s.on_sale)).collect();
    let wanted = [(goods[3], true), (goods[0], true), (goods[1], false)];
    assert_eq!(order, wanted);
}

async fn shelves_are_read_by_their_own_app_alone(house: House) {
    let (store, one) = house.store().await;
    let two = add_app(&store, "wx_two").await;
    let rooms = [
        a_room(&store, &one, "a").await,
        a_room(&store, &one, "b").await,
    ];
    for room in &rooms {
        let goods = approved_goods(&store, &one).await;
        shelf_with(&store, room, &[goods.id]).await;
    }
    // More than one statement reads at once.
    let mut ids = vec![rooms[0].id; 50];
    ids.push(rooms[1].id);
    let shelved = store.shelved(&one, &ids).await.unwrap();
    assert_eq!(shelved.len(), 2);
    assert_eq!(store.shelved(&two, &ids).await.unwrap(), []);
    let others = store.shelf(&two, rooms[0].id).await.unwrap();
    assert_eq!(others.items, []);
}

async fn an_explanation_is_kept_when_it_is_over(house: House) {
    let (store, one) = house.store().await;
    let room = a_room(&store, &one, "code").await;
    let goods_id = approved_goods(&store, &one).await.id;
    shelf_with(&store, &room, &[goods_id]).await;
    apply(&store, &room, &ShelfCommand::Explain(goods_id)).await;
    assert_eq!(store.explanations(&one, room.id).await.unwrap(), []);
    apply(&store, &room, &ShelfCommand::EndExplanation).await;
    let (from, to) = (NOW, NOW);
    let over = Explanation { goods_id, from, to };
    assert_eq!(store.explanations(&one, room.id).await.unwrap(), [over]);
    let two = add_app(&store, "wx_two").await;
    assert_eq!(store.explanations(&two, room.id).await.unwrap(), []);
}

async fn a_shelf_is_saved_with_its_events_or_not_at_all(house: House) {
    let (store, one) = house.store().await;
    let room = a_room(&store, &one, "code").await;
    let goods = approved_goods(&store, &one).await.id;
    let at = store.last_offset().await.unwrap();
    let first = change(&store, &room, |_| ()).await;
    shelf_with(&store, &room, &[goods]).await;
    let told = store.events_after(at, 10).await.unwrap();
    let goods = vec![goods];
    assert_eq!(told[0].event, RoomEvent::GoodsAdded { goods });
    assert_eq!(told[0].room_id, room.id);
    // Read before the other was saved.
    assert_eq!(store.save_shelf(&first, &room, NOW).await.unwrap(), None);
    // Of a room that has changed meanwhile.
    let now = change(&store, &room, |_| ()).await;
    let older = Room {
        version: room.version - 1,
        ..room.clone()
    };
    assert_eq!(store.save_shelf(&now, &older, NOW).await.unwrap(), None);
    assert!(store.save_shelf(&now, &room, NOW).await.unwrap().is_some());
}

cases![
    a_shelf_comes_back_as_it_was_saved,
    shelves_are_read_by_their_own_app_alone,
    an_explanation_is_kept_when_it_is_over,
    a_shelf_is_saved_with_its_events_or_not_at_all,
];
