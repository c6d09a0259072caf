//! What stands before a call about goods or a shelf.

use kaibo_app::{GoodsSetting, ReviewerKind};
use kaibo_domain::goods::{Decision, GoodsDraft, Origin, Price};
use kaibo_domain::id::{AuditId, GoodsId, RoomId};
use kaibo_domain::shelf::ShelfCommand;
use serde_json::{Value, json};

use super::Scene;
use crate::cases::Call;
use crate::world::World;

/// Whether goods or a shelf are what is given.
pub(super) async fn set_up(scene: &mut Scene, given: &str, call: &Call) -> bool {
    CALL_ALONE.contains(&given)
        || scene.make_goods(given, call).await
        || scene.fill_a_shelf(given, call).await
}

/// The call says it all.
const CALL_ALONE: &[&str] = &[
    "ids absent",
    "goods id does not exist",
    "empty list",
    "not an array",
    "never set: vendorGoodsKey absent or empty (WxJava handles both)",
    "name absent",
    "2 CJK characters (observed minimum is 3)",
    "price2 >= price on priceType 3, or price not numeric",
    "goods name fails the content check",
    "media id unknown or older than 3 days",
    "cover image larger than 300x300",
    "price range",
    "original and current price",
    "price2 missing for type 2",
    "3 decimals",
    "14 CJK characters",
    "15 CJK characters",
    "goodsInfo wrapper forgotten",
    "strings, and empty price2 for type 1",
    "goods does not exist (not in the docs)",
    "goodsId absent",
    "approved goods: only price fields may change (code not stated by the docs)",
    "more than 20 ids (code not stated by the docs)",
    "path used by SKIT (.NET)",
    "unknown id is left out",
    "status absent",
    "goods array must be present (WxJava)",
    "count instead of limit (PowerWeChat)",
    "POST JSON (WeChatDeveloper); the real service answered -1 in 2020",
    "limit above 100 (code not stated by the docs)",
    "goods not approved",
    "form body with PHP array keys (EasyWeChat 5.x)",
    "ids as strings, as the doc sample and WxJava/PowerWeChat send",
    "access_token is absent",
    "audit cannot be withdrawn (already decided, or auditId does not match)",
];

/// The reviewer outside does not take goods.
pub(super) const NOT_REVIEWED: &str = "goods stored but submission failed";

/// Calls to goods on a shelf.
const ON_SHELF: [&str; 5] = [
    "goods/onsale",
    "goods/deleteInRoom",
    "goods/push",
    "goods/sort",
    "goods/getVideo",
];

impl Scene {
    /// Goods for the placeholders of a call, on the room's shelf where the call is about that.
    pub(super) async fn hand_out_goods(&mut self, wanted: &[String], call: &Call) {
        let pending = call.path.ends_with("goods/resetaudit");
        for name in wanted {
            match name.as_str() {
                "goods" | "goods 2" => {
                    let goods = self.world.goods(json!({"name": "帆布双肩包"})).await;
                    self.put(name, goods["goodsId"].clone());
                    self.put("audit", goods["auditId"].clone());
                }
                "21 ids" => self.put(name, (1..=21).collect::<Vec<_>>()),
                _ => {}
            }
        }
        if !pending {
            self.world.kaibo.review_all().await.unwrap();
        }
        if wanted.iter().any(|name| name == "goods in audit") {
            let goods = self.world.goods(json!({})).await;
            self.put("goods in audit", goods["goodsId"].clone());
        }
        if ON_SHELF.iter().any(|op| call.path.ends_with(op)) {
            self.fill_shelf(&["goods", "goods 2"]).await;
        }
    }

    /// Whether goods are what is given.
    async fn make_goods(&mut self, given: &str, call: &Call) -> bool {
        match given {
            "valid token, objects exist, state allows it" => self.allow(call).await,
            "goods is in audit" | "goods in audit" => {
                let goods = self.world.goods(json!({})).await;
                self.put("goods", goods["goodsId"].clone());
            }
            "goods was withdrawn (audit_status 0)" => {
                let goods = self.world.goods(json!({})).await;
                self.put("goods", goods["goodsId"].clone());
                let (id, app_id) = (self.goods_id("goods"), &self.world.app_id);
                let audit_id = goods["auditId"].as_i64().map(AuditId);
                let kaibo = &self.world.kaibo;
                let withdrawn = kaibo.withdraw_goods(app_id, id, audit_id, Origin::Api);
                withdrawn.await.unwrap();
            }
            "goods was created in the console" | "goods was never submitted" => {
                let id = goods_of_the_console(&self.world).await;
                self.put("goods", id.0);
                self.put("audit", 1);
            }
            "url path not among published pages" | "only if page checking is configured" => {
                let pages = vec!["pages/goods/detail".to_owned()];
                let setting = GoodsSetting {
                    pages,
                    ..GoodsSetting::default()
                };
                self.set_for_goods(setting).await;
                self.renew_goods().await;
            }
            "goods function disabled for the account" => {
                let disabled = true;
                let setting = GoodsSetting {
                    disabled,
                    ..GoodsSetting::default()
                };
                self.set_for_goods(setting).await;
            }
            NOT_REVIEWED => {
                let (kaibo, app_id) = (&self.world.kaibo, &self.world.app_id);
                // Nobody listens there.
                let set = kaibo.set_reviewer(app_id, ReviewerKind::Goods, "http://127.0.0.1:1/");
                set.await.unwrap();
            }
            "500 submissions used today" => {
                // Not by 500 calls, which have a quota of their own.
                for _ in 0..500 {
                    let (kaibo, app_id) = (&self.world.kaibo, &self.world.app_id);
                    let draft = draft(self.world.picture.clone());
                    let made = kaibo.add_goods(app_id, draft, Origin::Api, true);
                    made.await.unwrap();
                }
            }
            "goods added with price 59.9 yuan shows 5990 fen here" => {
                self.room_with_goods("帆布双肩包").await;
            }
            _ => return false,
        }
        true
    }

    /// Whether a shelf is what is given.
    async fn fill_a_shelf(&mut self, given: &str, call: &Call) -> bool {
        match given {
            "first goods stays in the room" => self.fill_shelf(&["goods"]).await,
            "room not live" => {}
            "room state does not allow the action" if call.path.ends_with("goods/getVideo") => {}
            "goods has no talk video" => self.world.go_live(self.room()).await,
            "a goods push is in progress" | "this goods is being pushed" => {
                self.world.go_live(self.room()).await;
                let push = ShelfCommand::Push(self.goods_id("goods"));
                self.change_shelf(push).await;
            }
            "goods is off shelf" => {
                self.world.go_live(self.room()).await;
                let off = ShelfCommand::OnSale(self.goods_id("goods"), false);
                self.change_shelf(off).await;
            }
            "room does not contain the goods" => {
                self.world.go_live(self.room()).await;
                let goods = self.world.approved_goods(json!({})).await;
                self.put("goods", goods);
            }
            "room goods list already full" => self.crowd_shelf(200).await,
            "would exceed the room goods limit" => {
                self.crowd_shelf(199).await;
                let goods = self.world.approved_goods(json!({})).await;
                // One of them would still fit.
                self.put("goods", json!([self.values["goods"], goods]));
            }
            _ => return false,
        }
        true
    }

    /// What the ordinary call to each operation needs beyond its objects.
    async fn allow(&mut self, call: &Call) {
        let path = &call.path;
        if path.ends_with("goods/push") || path.ends_with("goods/getVideo") {
            self.world.go_live(self.room()).await;
        } else if path.ends_with("getliveinfo") {
            self.room_with_goods("帆布包").await;
        } else if path.ends_with("goods/getapproved") {
            self.world
                .approved_goods(json!({"name": "帆布双肩包"}))
                .await;
        } else if path.ends_with("goods/getkey") {
            let keys = ["productId", "sid"].map(str::to_owned);
            let (kaibo, app_id) = (&self.world.kaibo, &self.world.app_id);
            kaibo.set_goods_key(app_id, &keys).await.unwrap();
        } else if path.ends_with("goods/delete") {
            self.renew_goods().await;
        }
    }

    async fn room_with_goods(&mut self, name: &str) {
        let room = self.world.room().await;
        let goods = self.world.approved_goods(json!({"name": name})).await;
        self.put("room", room);
        self.put("goods", goods);
        self.fill_shelf(&["goods"]).await;
    }

    /// Goods that are not submitted, as anything may be done to.
    async fn renew_goods(&mut self) {
        if !self.values.contains_key("goods") {
            return;
        }
        let goods = self.world.goods(json!({})).await;
        self.put("goods", goods["goodsId"].clone());
        let (kaibo, app_id) = (&self.world.kaibo, &self.world.app_id);
        let id = self.goods_id("goods");
        let withdrawn = kaibo.withdraw_goods(app_id, id, None, Origin::Api);
        withdrawn.await.unwrap();
    }

    async fn crowd_shelf(&mut self, count: usize) {
        let mut ids = Vec::new();
        for _ in 0..count {
            ids.push(GoodsId(
                self.world.goods(json!({})).await["goodsId"]
                    .as_i64()
                    .unwrap(),
            ));
        }
        self.world.kaibo.review_all().await.unwrap();
        self.change_shelf(ShelfCommand::Add(ids)).await;
    }

    async fn fill_shelf(&mut self, names: &[&str]) {
        let there = names.iter().filter(|name| self.values.contains_key(**name));
        let goods: Vec<_> = there.map(|name| self.goods_id(name)).collect();
        if !goods.is_empty() && self.values.contains_key("room") {
            self.change_shelf(ShelfCommand::Add(goods)).await;
        }
    }

    async fn change_shelf(&self, command: ShelfCommand) {
        let (kaibo, app_id) = (&self.world.kaibo, &self.world.app_id);
        let changed = kaibo.change_shelf(app_id, RoomId(self.room()), command);
        changed.await.unwrap();
    }

    async fn set_for_goods(&self, setting: GoodsSetting) {
        let (kaibo, app_id) = (&self.world.kaibo, &self.world.app_id);
        kaibo.set_goods_setting(app_id, setting).await.unwrap();
    }

    fn room(&self) -> i64 {
        self.values["room"].as_i64().unwrap()
    }

    fn goods_id(&self, name: &str) -> GoodsId {
        GoodsId(self.values[name].as_i64().unwrap())
    }
}

async fn goods_of_the_console(world: &World) -> GoodsId {
    let (kaibo, draft) = (&world.kaibo, draft(world.picture.clone()));
    let made = kaibo.add_goods(&world.app_id, draft, Origin::Console, false);
    made.await.unwrap().id
}

fn draft(cover: String) -> GoodsDraft {
    GoodsDraft {
        name: "帆布双肩包".into(),
        cover,
        price: Price::Fixed(5_990),
        url: "pages/goods/detail?id=7".into(),
        third_party_appid: String::new(),
        goods_key: Vec::new(),
    }
}

impl World {
    /// Goods as `goods/add` makes them, with `change` in their fields; its answer.
    pub(crate) async fn goods(&self, change: Value) -> Value {
        let mut info = json!({
            "coverImgUrl": self.picture,
            "name": "帆布双肩包",
            "priceType": 1,
            "price": 59.9,
            "url": "pages/goods/detail?id=7",
        });
        let fields = info.as_object_mut().unwrap();
        fields.extend(change.as_object().unwrap().clone());
        let answer = self
            .post("/wxaapi/broadcast/goods/add", &json!({"goodsInfo": info}))
            .await;
        assert_eq!(answer["errcode"], 0, "{answer}");
        answer
    }

    pub(crate) async fn approved_goods(&self, change: Value) -> i64 {
        let id = self.goods(change).await["goodsId"].as_i64().unwrap();
        let approved = Decision::Approved;
        let decided = self.kaibo.decide_goods(&self.app_id, GoodsId(id), approved);
        decided.await.unwrap();
        id
    }
}
