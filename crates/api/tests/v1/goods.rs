//! `/v1/apps/{appid}/goods`, the shelf of a room, and what viewers see of it.

use std::io::Cursor;

use axum::body::Body;
use axum::http::{Method, Request, header};
use kaibo_domain::goods::{GoodsDraft, Origin, Price};
use serde_json::{Value, json};

use crate::world::{APP, MINUTE, Owner, World};

fn picture(pixels: u32) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    let black = image::GrayImage::new(pixels, pixels);
    black.write_to(&mut file, image::ImageFormat::Png).unwrap();
    file.into_inner()
}

fn goods_path(rest: &str) -> String {
    format!("/v1/apps/{APP}/goods{rest}")
}

impl World {
    pub(crate) async fn media_id(&self, pixels: u32) -> String {
        let app_id = APP.parse().unwrap();
        let image = self.kaibo.upload_image(&app_id, picture(pixels).into());
        image.await.unwrap().media_id
    }
}

impl Owner<'_> {
    async fn form(&self) -> Value {
        json!({
            "name": "帆布双肩包", "cover": self.world.media_id(300).await, "priceType": 3,
            "priceFen": 9_900, "price2Fen": 5_990, "url": "pages/goods/detail?id=7",
        })
    }

    async fn goods(&self) -> i64 {
        let made = self.post(&goods_path(""), self.form().await).await;
        assert_eq!(made.status, 201, "{}", made.body);
        made.body["goodsId"].as_i64().unwrap()
    }

    async fn approved_goods(&self) -> i64 {
        let id = self.goods().await;
        self.act(id, "submit").await.ok();
        self.act(id, "approve").await.ok();
        id
    }

    async fn act(&self, id: i64, what: &str) -> crate::world::Answer {
        self.post(&goods_path(&format!("/{id}/{what}")), json!({}))
            .await
    }
}

#[tokio::test]
async fn goods_of_the_console_go_through_their_audit() {
    let world = World::new().await;
    let owner = world.owner().await;
    let id = owner.goods().await;
    let path = goods_path(&format!("/{id}"));
    let made = owner.get(&path).await.ok();
    let facts = [
        "auditStatus",
        "origin",
        "priceFen",
        "price2Fen",
        "rejection",
    ]
    .map(|k| &made[k]);
    let wanted = [
        json!(0),
        json!("console"),
        json!(9_900),
        json!(5_990),
        Value::Null,
    ];
    assert_eq!(
        facts,
        [&wanted[0], &wanted[1], &wanted[2], &wanted[3], &wanted[4]]
    );
    let early = owner.act(id, "approve").await;
    assert_eq!(early.refusal(), (409, "goods_not_in_audit"));
    assert_eq!(owner.act(id, "submit").await.ok()["auditStatus"], 1);
    let again = owner.act(id, "submit").await;
    assert_eq!(again.refusal(), (409, "goods_not_submittable"));
    assert_eq!(owner.act(id, "withdraw").await.ok()["auditStatus"], 0);
    owner.act(id, "submit").await.ok();
    let reason = json!({"reason": "图片与商品不符"});
    let nothing = owner.act(id, "reject").await;
    assert_eq!(
        nothing.body["error"]["fields"],
        json!({"reason": "required"})
    );
    let rejected = owner.post(&format!("{path}/reject"), reason).await.ok();
    let why = json!({"rule": "manual", "reason": "图片与商品不符"});
    assert_eq!(
        (&rejected["auditStatus"], &rejected["rejection"]),
        (&json!(3), &why)
    );
    let mut form = owner.form().await;
    form["name"] = json!("轻便双肩包");
    let edited = owner.call(Method::PUT, &path, Some(form)).await.ok();
    assert_eq!(edited["name"], "轻便双肩包");
    owner.act(id, "submit").await.ok();
    assert_eq!(owner.act(id, "approve").await.ok()["auditStatus"], 2);
    let listed = owner.get(&goods_path("?auditStatus=2&limit=5")).await.ok();
    assert_eq!(
        (&listed["total"], &listed["goods"][0]["goodsId"]),
        (&json!(1), &json!(id))
    );
    let gone = owner.call(Method::DELETE, &path, None).await;
    assert_eq!(gone.status, 204);
    assert_eq!(owner.get(&path).await.refusal(), (404, "goods_not_found"));
}

#[tokio::test]
async fn every_wrong_field_of_goods_is_named() {
    let world = World::new().await;
    let owner = world.owner().await;
    let mut form = owner.form().await;
    form["name"] = json!("包");
    form["cover"] = json!("nobody's");
    form["price2Fen"] = json!(9_900);
    form["url"] = json!("a b");
    let refused = owner.post(&goods_path(""), form).await;
    assert_eq!(
        refused.body["error"]["fields"],
        json!({
            "name": "goods_name_too_short", "cover": "image_unknown",
            "price": "price_no_discount", "url": "text_bad_characters",
        })
    );
    let mut large = owner.form().await;
    large["cover"] = json!(world.media_id(301).await);
    let refused = owner.post(&goods_path(""), large).await;
    let fields = json!({"cover": "goods_image_too_large"});
    assert_eq!(refused.body["error"]["fields"], fields);
    let mut half = owner.form().await;
    half["price2Fen"] = Value::Null;
    let refused = owner.post(&goods_path(""), half).await;
    let fields = json!({"price2Fen": "required"});
    assert_eq!(refused.body["error"]["fields"], fields);
}

#[tokio::test]
async fn goods_of_the_api_are_decided_here_and_edited_there() {
    let world = World::new().await;
    let owner = world.owner().await;
    let draft = GoodsDraft {
        name: "帆布双肩包".into(),
        cover: world.media_id(300).await,
        price: Price::Fixed(5_990),
        url: "pages/goods/detail?id=7".into(),
        third_party_appid: String::new(),
        goods_key: Vec::new(),
    };
    let app_id = APP.parse().unwrap();
    let made = world.kaibo.add_goods(&app_id, draft, Origin::Api, true);
    let id = made.await.unwrap().id.0;
    let path = goods_path(&format!("/{id}"));
    let edited = owner
        .call(Method::PUT, &path, Some(owner.form().await))
        .await;
    assert_eq!(edited.refusal(), (409, "goods_made_elsewhere"));
    assert_eq!(owner.act(id, "approve").await.ok()["auditStatus"], 2);
    // Whoever runs the platform may take anything out of it.
    assert_eq!(owner.call(Method::DELETE, &path, None).await.status, 204);
}

#[tokio::test]
async fn a_shelf_is_filled_sorted_and_emptied() {
    let world = World::new().await;
    let owner = world.owner().await;
    let room = owner.make_room().await;
    let shelf = format!("/v1/apps/{APP}/rooms/{room}/shelf");
    let [a, b] = [owner.approved_goods().await, owner.approved_goods().await];
    let raw = owner.goods().await;
    let early = owner.post(&shelf, json!({"goods": [raw]})).await;
    assert_eq!(early.refusal(), (409, "goods_not_approved"));
    owner.post(&shelf, json!({"goods": [a, b]})).await.ok();
    let order = json!({"goods": [b]});
    let path = format!("{shelf}/order");
    let sorted = owner.call(Method::PUT, &path, Some(order)).await.ok();
    let ids = |view: &Value| -> Vec<Value> {
        let items = view["items"].as_array().unwrap();
        items
            .iter()
            .map(|item| item["goods"]["goodsId"].clone())
            .collect()
    };
    assert_eq!(ids(&sorted), [json!(b), json!(a)]);
    let off = json!({"onSale": false});
    let path = format!("{shelf}/{a}/on-sale");
    owner.call(Method::PUT, &path, Some(off)).await.ok();

    let gone = owner
        .call(Method::DELETE, &format!("{shelf}/{b}"), None)
        .await;
    assert_eq!(ids(&gone.ok()), [json!(a)]);
    let public = world.get(&format!("/v1/rooms/{room}/shelf")).await.ok();
    assert_eq!(public["items"], json!([]), "what is off sale is not shown");
}

#[tokio::test]
async fn viewers_are_told_of_cards_and_explanations() {
    let world = World::new().await;
    let owner = world.owner().await;
    let room = owner.make_room().await;
    let shelf = format!("/v1/apps/{APP}/rooms/{room}/shelf");
    let b = owner.approved_goods().await;
    owner.post(&shelf, json!({"goods": [b]})).await.ok();
    let early = owner.post(&format!("{shelf}/{b}/push"), json!({})).await;
    assert_eq!(early.refusal(), (409, "not_allowed_in_status"));
    world.clock.advance(15 * MINUTE);
    world.stream_arrives(room).await;
    let public = format!("/v1/rooms/{room}/shelf");
    let mut events = world.follow_path(&format!("/v1/rooms/{room}/events")).await;
    events.next().await.unwrap();
    owner
        .post(&format!("{shelf}/{b}/push"), json!({}))
        .await
        .ok();
    events.next().await.expect("viewers are told");
    owner
        .post(&format!("{shelf}/{b}/explain"), json!({}))
        .await
        .ok();
    let seen = world.get(&public).await.ok();
    let goods: Vec<_> = seen["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| &i["goodsId"])
        .collect();
    assert_eq!(goods, [&json!(b)]);
    assert_eq!(
        (&seen["card"]["goodsId"], &seen["explaining"]["goodsId"]),
        (&json!(b), &json!(b))
    );
    world.clock.advance(10_000);
    assert_eq!(world.get(&public).await.ok()["card"], Value::Null);
    let path = format!("/v1/apps/{APP}/rooms/{room}/explanation");
    let ended = owner.call(Method::DELETE, &path, None).await.ok();
    assert_eq!(ended["explaining"], Value::Null);
    let again = owner.call(Method::DELETE, &path, None).await;
    assert_eq!(again.refusal(), (409, "nothing_explained"));
}

#[tokio::test]
async fn nobody_sees_into_the_shelf_of_a_banned_room() {
    let world = World::new().await;
    let owner = world.owner().await;
    let room = owner.make_room().await;
    let goods = owner.approved_goods().await;
    let shelf = format!("/v1/apps/{APP}/rooms/{room}/shelf");
    owner.post(&shelf, json!({"goods": [goods]})).await.ok();
    let public = format!("/v1/rooms/{room}/shelf");
    let count = async || {
        world.get(&public).await.ok()["items"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(count().await, 1);
    let ban = json!({"reason": "违规"});
    let path = format!("/v1/apps/{APP}/rooms/{room}/ban");
    owner.post(&path, ban).await.ok();
    assert_eq!(count().await, 0);
}

#[tokio::test]
async fn goods_and_shelves_need_a_session_and_their_own_app() {
    let world = World::new().await;
    let owner = world.owner().await;
    let room = owner.make_room().await;
    let goods = owner.approved_goods().await;
    for path in [
        goods_path(""),
        goods_path(&format!("/{goods}")),
        format!("/v1/apps/{APP}/goods-setting"),
        format!("/v1/apps/{APP}/rooms/{room}/shelf"),
    ] {
        assert_eq!(
            world.get(&path).await.refusal(),
            (401, "not_signed_in"),
            "{path}"
        );
    }
    let other = owner.post("/v1/apps", json!({"name": "Other"})).await.ok();
    let other = other["appid"].as_str().unwrap();
    let theirs = owner.get(&format!("/v1/apps/{other}/goods/{goods}")).await;
    assert_eq!(theirs.refusal(), (404, "goods_not_found"));
    let theirs = owner
        .get(&format!("/v1/apps/{other}/rooms/{room}/shelf"))
        .await;
    assert_eq!(theirs.refusal(), (404, "room_not_found"));
    let post = Request::post(goods_path(&format!("/{goods}/withdraw")))
        .header(header::COOKIE, &owner.cookie)
        .body(Body::empty())
        .unwrap();
    assert_eq!(world.send(post).await.refusal(), (403, "csrf_mismatch"));
}

#[tokio::test]
async fn an_app_s_goods_may_be_kept_to_its_pages_or_switched_off() {
    let world = World::new().await;
    let owner = world.owner().await;
    let path = format!("/v1/apps/{APP}/goods-setting");
    let set = async |pages: Value, disabled: bool| {
        let form = json!({"goodsKey": ["id"], "pages": pages, "disabled": disabled});
        owner.call(Method::PUT, &path, Some(form)).await.status
    };
    assert_eq!(set(json!(["/pages/item/index.html"]), false).await, 204);
    let kept = owner.get(&path).await.ok();
    assert_eq!(kept["pages"], json!(["pages/item/index"]));
    let refused = owner.post(&goods_path(""), owner.form().await).await;
    assert_eq!(
        refused.body["error"]["fields"],
        json!({"url": "page_unknown"})
    );
    assert_eq!(set(json!([]), true).await, 204);
    let refused = owner.post(&goods_path(""), owner.form().await).await;
    assert_eq!(refused.refusal(), (403, "goods_disabled"));
}
