//! Goods from their making to their end, over several calls (the contract's flows F3 to F5).

use serde_json::{Value, json};

use crate::world::{LIST, World, verdict};

const ADD_GOODS: &str = "/wxaapi/broadcast/room/addgoods";
const AUDIT: &str = "/wxaapi/broadcast/goods/audit";
const DELETE: &str = "/wxaapi/broadcast/goods/delete";
const ON_SALE: &str = "/wxaapi/broadcast/goods/onsale";
const PUSH: &str = "/wxaapi/broadcast/goods/push";
const RESET: &str = "/wxaapi/broadcast/goods/resetaudit";
const SORT: &str = "/wxaapi/broadcast/goods/sort";
const UPDATE: &str = "/wxaapi/broadcast/goods/update";
const WAREHOUSE: &str = "/wxa/business/getgoodswarehouse";

impl World {
    async fn state(&self, goods: &Value) -> Value {
        let answer = self.post(WAREHOUSE, &json!({"goods_ids": [goods]})).await;
        answer["goods"][0]["audit_status"].clone()
    }

    async fn code(&self, path: &str, body: Value) -> i64 {
        self.post(path, &body).await["errcode"].as_i64().unwrap()
    }

    async fn on_shelf(&self, room: i64) -> Vec<Value> {
        let row = self.row(room).await;
        let goods = row["goods"].as_array().unwrap();
        goods
            .iter()
            .map(|goods| goods["goods_id"].clone())
            .collect()
    }
}

#[tokio::test]
async fn goods_are_added_approved_sold_and_deleted() {
    let world = World::new().await;
    let room = world.room().await;
    let made = world.goods(json!({})).await;
    let goods = &made["goodsId"];
    assert_eq!(world.state(goods).await, 1);
    let import = json!({"roomId": room, "ids": [goods]});
    assert_eq!(world.code(ADD_GOODS, import.clone()).await, 300_025);
    world.kaibo.review_all().await.unwrap();
    assert_eq!(world.state(goods).await, 2);
    assert_eq!(world.code(ADD_GOODS, import).await, 0);
    assert_eq!(&world.on_shelf(room).await[..], std::slice::from_ref(goods));
    assert_eq!(world.code(DELETE, json!({"goodsId": goods})).await, 0);
    assert_eq!(world.on_shelf(room).await, [] as [Value; 0]);
    assert_eq!(world.state(goods).await, Value::Null);
    assert_eq!(world.code(DELETE, json!({"goodsId": goods})).await, 300_015);
}

#[tokio::test]
async fn withdrawn_goods_are_changed_and_submitted_again() {
    let world = World::new().await;
    let made = world.goods(json!({})).await;
    let (goods, audit) = (&made["goodsId"], &made["auditId"]);
    let rename = json!({"goodsInfo": {"goodsId": goods, "name": "帆布斜挎包"}});
    assert_eq!(world.code(UPDATE, rename.clone()).await, 300_010);
    // As text, which WeChat itself refused with 300009 (quirk Q10).
    let withdraw = json!({"goodsId": goods, "auditId": audit.to_string()});
    assert_eq!(world.code(RESET, withdraw.clone()).await, 0);
    assert_eq!(world.state(goods).await, 0);
    assert_eq!(world.code(RESET, withdraw.clone()).await, 300_009);
    assert_eq!(world.code(UPDATE, rename).await, 0);
    let again = world.post(AUDIT, &json!({"goodsId": goods})).await;
    assert_eq!(again["errcode"], 0);
    assert_ne!(&again["auditId"], audit);
    assert_eq!(world.state(goods).await, 1);
    assert_eq!(
        world.code(RESET, withdraw).await,
        300_009,
        "another submission"
    );
    assert_eq!(world.code(AUDIT, json!({"goodsId": goods})).await, 300_010);
}

#[tokio::test]
async fn approved_goods_take_a_new_price_and_keep_their_words() {
    let world = World::new().await;
    let goods = world.approved_goods(json!({})).await;
    let change = |field: Value| {
        let mut info = json!({"goodsId": goods});
        let fields = info.as_object_mut().unwrap();
        fields.extend(field.as_object().unwrap().clone());
        json!({ "goodsInfo": info })
    };
    let code = async |field| world.code(UPDATE, change(field)).await;
    assert_eq!(code(json!({"price": "49.90"})).await, 0);
    assert_eq!(
        code(json!({"priceType": 3, "price": 99, "price2": 49})).await,
        0
    );
    // Of a price of the same kind what is not sent stays.
    assert_eq!(code(json!({"price2": 39.5})).await, 0);
    assert_eq!(code(json!({"price2": 99})).await, 300_003);
    assert_eq!(code(json!({"name": "帆布斜挎包"})).await, 300_010);
    assert_eq!(
        code(json!({"name": "帆布双肩包"})).await,
        0,
        "the same name"
    );
    let body = json!({"goods_ids": [goods]});
    let row = world.post(WAREHOUSE, &body).await["goods"][0].clone();
    assert_eq!((&row["priceType"], &row["price"]), (&json!(3), &json!(99)));
    assert_eq!(
        (&row["price2"], &row["audit_status"]),
        (&json!(39.5), &json!(2))
    );
}

#[tokio::test]
async fn claims_are_rejected_and_words_against_the_law_refused() {
    let world = World::new().await;
    let claim = world.goods(json!({"name": "全网最低双肩包"})).await;
    world.kaibo.review_all().await.unwrap();
    assert_eq!(world.state(&claim["goodsId"]).await, 3);
    // Rejected goods are mended and submitted again.
    let goods = &claim["goodsId"];
    let mend = json!({"goodsInfo": {"goodsId": goods, "name": "轻便双肩包"}});
    assert_eq!(world.code(UPDATE, mend).await, 0);
    assert_eq!(world.code(AUDIT, json!({"goodsId": goods})).await, 0);
    world.kaibo.review_all().await.unwrap();
    assert_eq!(world.state(goods).await, 2);
}

#[tokio::test]
async fn a_card_keeps_the_shelf_as_it_is_until_it_is_gone() {
    let world = World::new().await;
    let room = world.room().await;
    let first = world.approved_goods(json!({})).await;
    let second = world.approved_goods(json!({})).await;
    let import = json!({"roomId": room, "ids": [first, second]});
    assert_eq!(world.code(ADD_GOODS, import).await, 0);
    let of = |goods: i64| json!({"roomId": room, "goodsId": goods});
    let sale = |goods: i64, on: u8| json!({"roomId": room, "goodsId": goods, "onSale": on});
    assert_eq!(world.code(PUSH, of(first)).await, 300_023);
    world.go_live(room).await;
    assert_eq!(world.code(PUSH, of(first)).await, 0);
    assert_eq!(world.code(PUSH, of(second)).await, 300_047);
    assert_eq!(world.code(ON_SALE, sale(first, 0)).await, 300_049);
    assert_eq!(world.code(ON_SALE, sale(second, 0)).await, 0);
    world.advance(10);
    assert_eq!(world.code(PUSH, of(second)).await, 300_052);
    assert_eq!(world.code(PUSH, of(first)).await, 0);
    let sort = json!({"roomId": room, "goods": [{"goodsId": second.to_string()}]});
    assert_eq!(world.code(SORT, sort).await, 0);
    assert_eq!(world.on_shelf(room).await, [json!(second), json!(first)]);
}

#[tokio::test]
async fn another_app_s_goods_and_rooms_are_not_there() {
    let mut world = World::new().await;
    let room = world.room().await;
    let goods = world.approved_goods(json!({})).await;
    let import = json!({"roomId": room, "ids": [goods]});
    assert_eq!(world.code(ADD_GOODS, import.clone()).await, 0);
    world.token = world.other_app().await;
    let of = json!({"roomId": room, "goodsId": goods, "onSale": 0, "goods": [{"goodsId": goods}]});
    for path in [ADD_GOODS, ON_SALE, PUSH, SORT] {
        let body = if path == ADD_GOODS { &import } else { &of };
        assert_eq!(world.code(path, body.clone()).await, 300_022, "{path}");
    }
    let info = json!({"goodsInfo": {"goodsId": goods, "price": 1}, "goodsId": goods, "auditId": 1});
    for path in [AUDIT, RESET, UPDATE] {
        assert_eq!(world.code(path, info.clone()).await, 300_024, "{path}");
    }
    assert_eq!(world.code(DELETE, of).await, 300_015);
    assert_eq!(world.state(&json!(goods)).await, Value::Null);
    let list = "/wxaapi/broadcast/goods/getapproved?offset=0&status=2";
    let listed = world.get(&world.with_token(list)).await;
    assert_eq!(
        (&listed["total"], &listed["goods"]),
        (&json!(0), &json!([]))
    );
    let empty = world.post(LIST, &json!({"start": 0, "limit": 10})).await;
    assert_eq!(verdict(&empty).0, 9_410_000);
}
