//! Goods: libraries, the day's submissions, what approved and deleted goods mean for shelves.

use kaibo_domain::event::RoomEvent;
use kaibo_domain::goods::{Audit, Decision, Goods, GoodsDraft, Origin, Price, Rejection, decide};
use kaibo_domain::id::{AppId, GoodsId};
use kaibo_store::{GoodsQuery, GoodsSetting, MadeGoods, NewGoods, SavedGoods, Store, Submissions};

use crate::shelf::{change, shelf_with};
use crate::{DAY, House, NOW, a_room, add_app};

pub(crate) fn goods_draft() -> GoodsDraft {
    GoodsDraft {
        name: "帆布双肩包".into(),
        cover: "ab01".repeat(8),
        price: Price::Fixed(5_990),
        url: "pages/goods/detail?id=7".into(),
        third_party_appid: String::new(),
        goods_key: vec!["id".into()],
    }
}

async fn make_within(
    store: &Store,
    app_id: &AppId,
    submission: Option<Submissions>,
    per_app: u32,
) -> MadeGoods {
    let draft = goods_draft();
    let new = NewGoods {
        app_id,
        draft: &draft,
        origin: Origin::Api,
        submission,
        per_app,
    };
    store.create_goods(new, NOW).await.unwrap()
}

fn submissions(per_day: u32) -> Submissions {
    let day = DAY;
    Submissions { day, per_day }
}

pub(crate) async fn some_goods(store: &Store, app_id: &AppId) -> Goods {
    match make_within(store, app_id, Some(submissions(500)), 2_000).await {
        MadeGoods::Made(goods) => *goods,
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn save(store: &Store, goods: &Goods) -> Goods {
    match store.save_goods(goods, None, NOW + 1).await.unwrap() {
        SavedGoods::Saved { goods, .. } => *goods,
        other => panic!("{other:?}"),
    }
}

async fn deleted(store: &Store, goods: &Goods) -> Goods {
    let gone = Goods {
        deleted_at: Some(NOW),
        ..goods.clone()
    };
    save(store, &gone).await
}

pub(crate) async fn approved_goods(store: &Store, app_id: &AppId) -> Goods {
    let goods = some_goods(store, app_id).await;
    save(store, &decide(&goods, Decision::Approved, NOW).unwrap()).await
}

async fn goods_come_back_as_they_were_made(house: House) {
    let (store, one) = house.store().await;
    let two = add_app(&store, "wx_two").await;
    let made = some_goods(&store, &one).await;
    assert_eq!(
        (made.audit, made.draft.clone()),
        (Audit::Pending, goods_draft())
    );
    assert!(made.audit_id.is_some_and(|id| id.0 != made.id.0));
    let read = store.goods(&one, made.id).await.unwrap();
    assert_eq!(read.as_ref(), Some(&made));
    assert_eq!(store.goods(&two, made.id).await.unwrap(), None);
    let ids = [made.id, GoodsId(1)];
    let found = store.goods_by_ids(&one, &ids).await.unwrap();
    assert_eq!(found, std::slice::from_ref(&made));
    assert_eq!(store.goods_by_ids(&two, &ids).await.unwrap(), []);
    let waiting = store.goods_in_audit(10).await.unwrap();
    assert_eq!(waiting, std::slice::from_ref(&made));
    let rejection = Rejection {
        rule: "manual".into(),
        reason: "图片与商品不符".into(),
    };
    let rejected = decide(&made, Decision::Rejected(rejection), NOW).unwrap();
    let saved = save(&store, &rejected).await;
    assert_eq!(store.goods(&one, made.id).await.unwrap(), Some(saved));
    assert_eq!(store.goods_in_audit(10).await.unwrap(), []);
}

async fn a_library_and_a_day_have_an_end(house: House) {
    let (store, one) = house.store().await;
    let two = add_app(&store, "wx_two").await;
    let made = async |app, per_day, per_app| {
        make_within(&store, app, Some(submissions(per_day)), per_app).await
    };
    assert!(matches!(made(&one, 2, 9).await, MadeGoods::Made(_)));
    assert!(matches!(made(&one, 2, 9).await, MadeGoods::Made(_)));
    assert_eq!(made(&one, 2, 9).await, MadeGoods::NoSubmissionLeft);
    assert_eq!(made(&one, 9, 2).await, MadeGoods::LibraryFull);
    assert!(matches!(made(&two, 2, 9).await, MadeGoods::Made(_)));
    assert_eq!(store.submissions_made(&one, DAY).await.unwrap(), 2);
    let unsubmitted = make_within(&store, &one, None, 9).await;
    let MadeGoods::Made(goods) = unsubmitted else {
        panic!("{unsubmitted:?}")
    };
    assert_eq!((goods.audit, goods.audit_id), (Audit::NotSubmitted, None));
    // What was deleted makes room in the library and gives no submission back.
    deleted(&store, &goods).await;
    assert!(matches!(
        make_within(&store, &one, None, 3).await,
        MadeGoods::Made(_)
    ));
    assert_eq!(made(&one, 2, 9).await, MadeGoods::NoSubmissionLeft);
}

async fn a_submission_gets_a_number_of_its_own(house: House) {
    let (store, one) = house.store().await;
    let made = some_goods(&store, &one).await;
    let pending = Goods {
        audit: Audit::Pending,
        ..made.clone()
    };
    let saved = store.save_goods(&pending, Some(submissions(2)), NOW).await;
    let SavedGoods::Saved { goods, .. } = saved.unwrap() else {
        panic!("it is saved")
    };
    assert_ne!(goods.audit_id, made.audit_id);
    let third = store.save_goods(&goods, Some(submissions(2)), NOW).await;
    assert_eq!(third.unwrap(), SavedGoods::NoSubmissionLeft);
    let stale = store.save_goods(&made, None, NOW).await.unwrap();
    assert_eq!(stale, SavedGoods::Conflict);
}

async fn pages_of_goods_hold_what_is_asked_for(house: House) {
    let (store, one) = house.store().await;
    let mut made = Vec::new();
    for _ in 0..3 {
        made.push(some_goods(&store, &one).await);
    }
    let approved = approved_goods(&store, &one).await;
    let page = async |audit, offset, limit| {
        let query = GoodsQuery {
            audit,
            offset,
            limit,
        };
        let (total, goods) = store.goods_page(&one, query).await.unwrap();
        (total, goods.len())
    };
    assert_eq!(page(None, 0, 10).await, (4, 4));
    assert_eq!(page(None, 3, 10).await, (4, 1));
    assert_eq!(page(Some(Audit::Pending), 0, 2).await, (3, 2));
    assert_eq!(page(Some(Audit::Approved), 0, 2).await, (1, 1));
    assert_eq!(page(Some(Audit::Rejected), 0, 2).await, (0, 0));
    deleted(&store, &approved).await;
    assert_eq!(page(None, 0, 10).await, (3, 3));
}

async fn rooms_hear_of_their_goods(house: House) {
    let (store, one) = house.store().await;
    let room = a_room(&store, &one, "code").await;
    let [kept, gone] = [
        approved_goods(&store, &one).await,
        approved_goods(&store, &one).await,
    ];
    shelf_with(&store, &room, &[kept.id, gone.id]).await;
    let at = store.last_offset().await.unwrap();
    let mut cheaper = kept.clone();
    cheaper.draft.price = Price::Discount(5_990, 3_990);
    let cheaper = save(&store, &cheaper).await;
    // What rooms do not show is not told.
    save(&store, &cheaper).await;
    deleted(&store, &gone).await;
    let told = store.events_after(at, 10).await.unwrap();
    let told: Vec<_> = told.into_iter().map(|e| (e.room_id, e.event)).collect();
    let edited = RoomEvent::GoodsEdited { goods_id: kept.id };
    let removed = RoomEvent::GoodsRemoved { goods_id: gone.id };
    assert_eq!(told, [(room.id, edited), (room.id, removed)]);
    let shelved = store.shelved(&one, &[room.id]).await.unwrap();
    assert_eq!(shelved.len(), 1);
    assert_eq!(shelved[0].goods.draft.price, Price::Discount(5_990, 3_990));
    let shelf = store.shelf(&one, room.id).await.unwrap();
    assert_eq!(shelf.items.len(), 1);
    // A save that had read the shelf before is not done.
    let stale = change(&store, &room, |shelf| shelf.version -= 1).await;
    assert_eq!(store.save_shelf(&stale, &room, NOW).await.unwrap(), None);
}

async fn settings_of_goods_are_each_app_s_own(house: House) {
    let (store, one) = house.store().await;
    let two = add_app(&store, "wx_two").await;
    let none = GoodsSetting::default();
    assert_eq!(store.goods_setting(&one).await.unwrap(), none);
    let texts = |texts: &[&str]| texts.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
    let mut wanted = GoodsSetting {
        goods_key: texts(&["id"]),
        pages: texts(&["pages/a"]),
        disabled: true,
    };
    store.set_goods_setting(&one, &wanted).await.unwrap();
    store
        .set_goods_key(&one, &texts(&["id", "sid"]))
        .await
        .unwrap();
    wanted.goods_key.push("sid".into());
    assert_eq!(store.goods_setting(&one).await.unwrap(), wanted);
    assert_eq!(store.goods_setting(&two).await.unwrap(), none);
    store.set_goods_setting(&one, &none).await.unwrap();
    assert_eq!(store.goods_setting(&one).await.unwrap(), none);
}

cases![
    goods_come_back_as_they_were_made,
    a_library_and_a_day_have_an_end,
    a_submission_gets_a_number_of_its_own,
    pages_of_goods_hold_what_is_asked_for,
    rooms_hear_of_their_goods,
    settings_of_goods_are_each_app_s_own,
];
