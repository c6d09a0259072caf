//! A good request to each of Kaibo's own routes, and what must stand before it.

use std::net::{IpAddr, Ipv4Addr};

use axum::body::Body;
use axum::http::{Method, Request};
use kaibo_app::ReviewerKind;
use kaibo_domain::alert::BotBrand;
use kaibo_domain::endpoint::{MessageFormat, MessageSettings};
use kaibo_domain::goods::{Decision, GoodsDraft, Price};
use kaibo_domain::id::{GoodsId, RoomId};
use kaibo_domain::identity::IdentityForm;
use kaibo_domain::role::Role;
use kaibo_domain::room::Command;
use kaibo_domain::shelf::ShelfCommand;
use kaibo_domain::subscription::SubscriptionKind;
use kaibo_domain::user::UserRole;
use serde_json::{Value, json};
use test_receiver::{Answer, Receiver};

use super::callers::{Caller, PASSWORD, device_of};
use super::table::Row;
use crate::world::{ANCHOR, World, multipart, png, request};

/// Who submitted their identity.
const PERSON: &str = "anchor_b";
const HELPER: &str = "helper_a";

/// A request that shows no credential yet.
pub(super) struct Example {
    path: String,
    body: Option<Value>,
    /// Scheme and secret that the route itself asks for.
    secret: Option<String>,
    /// The room that it is about, whose anchor may have devices.
    pub(super) room: Option<i64>,
    /// What an open caller may get beside 2xx.
    pub(super) also: &'static [u16],
}

impl Example {
    pub(super) fn request(&self, row: &Row) -> Request<Body> {
        if row.path().ends_with("/media") {
            return multipart(&self.path, &[("media", Some("a.png"), &png(1_000))]);
        }
        let method: Method = row.method().parse().unwrap();
        let mime = self.body.as_ref().map(|_| "application/json");
        let body = self.body.as_ref().map(Value::to_string);
        let mut request = request(method, &self.path, mime, body.unwrap_or_default());
        if let Some(secret) = &self.secret {
            let headers = request.headers_mut();
            headers.insert("authorization", secret.parse().unwrap());
        }
        request
    }
}

/// That would be served if `caller` is let in.
pub(super) async fn example(
    world: &World,
    receiver: &Receiver,
    row: &Row,
    caller: Caller,
) -> Example {
    world.verify(ANCHOR).await;
    world.set_customer_service().await;
    let room = world.room().await;
    let stand = Stand {
        world,
        receiver,
        room,
        caller,
    };
    let mut example = Example {
        path: row
            .path()
            .replace("{appid}", world.app_id.as_str())
            .replace("{roomId}", &room.to_string())
            .replace("{role}", "operator"),
        body: None,
        secret: None,
        room: Some(room),
        also: &[],
    };
    let route = row.route.as_str();
    stand.prepare_room(route).await;
    stand.prepare_people(route, &mut example).await;
    stand.prepare_goods(route, &mut example).await;
    stand.prepare_endpoints(route, &mut example).await;
    stand.prepare_outsiders(route, &mut example).await;
    stand.prepare_strangers(route, &mut example).await;
    stand.prepare_users(route, &mut example).await;
    if example.body.is_none() {
        example.body = stand.body(route);
    }
    example
}

struct Stand<'a> {
    world: &'a World,
    receiver: &'a Receiver,
    room: i64,
    caller: Caller,
}

impl Stand<'_> {
    /// What needs nothing but the app and its room.
    fn body(&self, route: &str) -> Option<Value> {
        let name = route.rsplit('/').next().unwrap();
        let is = |method: &str| route.starts_with(method);
        Some(match name {
            "apps" if is("POST") => json!({"name": "New"}),
            "admission" if is("PUT") => json!({"policy": "open"}),
            "facts" if is("POST") => {
                json!({"facts": [{"kind": "followers", "date": "2026-01-15", "value": 1}]})
            }
            "customer-service" if is("PUT") => json!({"link": null}),
            "door" if is("PUT") => json!({"allowedIps": []}),
            "goods-setting" if is("PUT") => {
                json!({"goodsKey": [], "pages": [], "disabled": false})
            }
            "latency-budget" => json!({"latencyBudgetMs": 0}),
            "quota" if is("PUT") => json!({"roomsPerDay": 50}),
            "rooms" if is("POST") => self.plan(),
            "{roomId}" if is("PUT") => self.plan(),
            "ban" => json!({"reason": "违规"}),
            "switches" => json!({"closeKf": true}),
            "subscriptions" if is("PUT") => json!({"openid": "openid-a", "kind": "room"}),
            "people" if is("POST") => json!({"wechatId": HELPER, "nickname": "小帮手"}),
            "session" if is("POST") => json!({"name": "owner", "password": PASSWORD}),
            "two-factor" if is("POST") => json!({"password": PASSWORD}),
            "on" | "off" => json!({"code": "000000"}),
            "user-policy" if is("PUT") => json!({"twoFactorDemanded": false}),
            _ => return None,
        })
    }

    fn plan(&self) -> Value {
        let now = self.world.clock.now();
        json!({
            "name": "晚间新品专场", "startAt": now + 3_600_000, "endAt": now + 7_200_000,
            "anchorName": "小林", "anchorWechat": ANCHOR, "type": 1,
        })
    }

    async fn prepare_room(&self, route: &str) {
        let live = [
            "/end",
            "/pause",
            "/resume",
            "/explain",
            "/explanation",
            "/push",
        ];
        let is_push = route.ends_with("/push") && route.contains("/shelf/");
        if (live.iter().any(|end| route.ends_with(end)) && !route.ends_with("/push")) || is_push {
            self.world.go_live(self.room).await;
        }
        if route.ends_with("/resume") {
            self.world.command(self.room, Command::Pause).await;
        }
        if route.ends_with("/unban") {
            let ban = Command::Ban {
                reason: "违规".into(),
                actor: "owner".into(),
            };
            self.world.command(self.room, ban).await;
        }
    }

    async fn prepare_people(&self, route: &str, example: &mut Example) {
        let World { kaibo, app_id, .. } = self.world;
        let who = if route.contains("/roles/") {
            let known = kaibo.invite_person(app_id, HELPER, "小帮手").await;
            known.unwrap();
            if route.starts_with("DELETE") {
                let given = kaibo.give_role(app_id, HELPER, Role::Operator).await;
                given.unwrap();
            }
            HELPER
        } else {
            PERSON
        };
        example.path = example.path.replace("{wechatId}", who);
        let decides = ["/approve", "/reject", "/reveal"];
        if route.contains("/verification/") && decides.iter().any(|end| route.ends_with(end)) {
            let id = self.submission().await;
            example.body = Some(json!({"submission": id, "reason": "姓名与证件不符"}));
        }
        if route.contains("{deviceId}") {
            device_of(self.world, self.room).await;
            let devices = kaibo.devices(app_id, ANCHOR).await.unwrap();
            let id = devices[0].id.to_string();
            example.path = example.path.replace("{deviceId}", &id);
        }
    }

    /// Of somebody who said who they are.
    async fn submission(&self) -> i64 {
        let World { kaibo, app_id, .. } = self.world;
        let link = kaibo.invite_anchor(app_id, PERSON).await.unwrap();
        let token = link.rsplit('/').next().unwrap();
        let form = IdentityForm {
            name: "林小夏".into(),
            number: "11010519491231002X".into(),
            guardian: String::new(),
            guardian_agrees: false,
            consent: kaibo_domain::identity::CONSENT.into(),
            pin: "730164".into(),
        };
        let submitted = kaibo.submit_identity(token, &form, LOCAL).await;
        submitted.unwrap().unwrap();
        let file = kaibo.anchor(app_id, PERSON).await.unwrap();
        file.submission.unwrap().id
    }

    async fn prepare_goods(&self, route: &str, example: &mut Example) {
        let draft = json!({
            "name": "帆布双肩包", "cover": self.world.picture, "priceType": 1, "priceFen": 5_990,
            "url": "pages/goods/detail?id=7",
        });
        if route.ends_with("/goods") && route.starts_with("POST") {
            example.body = Some(draft.clone());
        }
        let on_shelf = route.contains("/shelf") || route.ends_with("/explanation");
        let is_about_goods = route.contains("{goodsId}");
        let is_about_a_shelf = on_shelf && route.contains("/apps/");
        if !is_about_goods && !is_about_a_shelf {
            return;
        }
        let decided = ["/withdraw", "/approve", "/reject"];
        let in_audit = decided.iter().any(|end| route.ends_with(end));
        let id = self.goods(in_audit || on_shelf).await;
        example.path = example.path.replace("{goodsId}", &id.0.to_string());
        if route.starts_with("PUT") && route.ends_with("/goods/{goodsId}") {
            example.body = Some(draft);
        }
        if route.ends_with("/reject") {
            example.body = Some(json!({"reason": "图片不清晰"}));
        }
        if on_shelf {
            self.put_on_shelf(route, id).await;
            example.body = Some(json!({"goods": [id.0], "onSale": true}));
        }
    }

    async fn goods(&self, submitted: bool) -> GoodsId {
        let World { kaibo, app_id, .. } = self.world;
        let draft = GoodsDraft {
            name: "帆布双肩包".into(),
            cover: self.world.picture.clone(),
            price: Price::Fixed(5_990),
            url: "pages/goods/detail?id=7".into(),
            third_party_appid: String::new(),
            goods_key: Vec::new(),
        };
        let made = kaibo.add_goods(app_id, draft, self.caller.origin(), submitted);
        made.await.unwrap().id
    }

    async fn put_on_shelf(&self, route: &str, id: GoodsId) {
        let World { kaibo, app_id, .. } = self.world;
        let approved = kaibo.decide_goods(app_id, id, Decision::Approved).await;
        approved.unwrap();
        let change = async |command| {
            let changed = kaibo.change_shelf(app_id, RoomId(self.room), command);
            changed.await.unwrap();
        };
        if !(route.starts_with("POST") && route.ends_with("/shelf")) {
            change(ShelfCommand::Add(vec![id])).await;
        }
        if route.ends_with("/explanation") {
            change(ShelfCommand::Explain(id)).await;
        }
    }

    async fn prepare_endpoints(&self, route: &str, example: &mut Example) {
        let World { kaibo, app_id, .. } = self.world;
        self.receiver.answer(|request| {
            let bots = request.path.starts_with("/bot");
            let text = if bots { r#"{"errcode":0}"# } else { "success" };
            Some(Answer::new(200, request.query("echostr").unwrap_or(text)))
        });
        if route.contains("/message-url") {
            let url = self.receiver.url("/wx");
            example.body = Some(json!({
                "url": url, "token": "token123", "format": "xml", "originalId": "gh_x",
            }));
            if !route.starts_with("PUT") {
                let settings = MessageSettings {
                    url,
                    token: "token123".into(),
                    aes_key: None,
                    format: MessageFormat::Xml,
                    original_id: "gh_x".into(),
                };
                kaibo.set_message_url(app_id, settings).await.unwrap();
            }
        }
        if route.contains("/message-url/deliveries/") {
            let kind = SubscriptionKind::Follow;
            let followed = kaibo.subscribe(app_id, RoomId(self.room), "openid-a", kind);
            followed.await.unwrap();
            kaibo.deliver_due().await.unwrap();
            let endpoint = self.message_endpoint().await;
            let sent = kaibo.deliveries(app_id, endpoint, 0, 1).await.unwrap();
            example.path = example.path.replace("{deliveryId}", &sent[0].id);
        }
        if route.contains("/webhooks") {
            let url = self.receiver.url("/hook");
            example.body = Some(json!({"url": url, "events": []}));
        }
        if route.contains("/webhooks/{webhookId}") {
            let url = self.receiver.url("/hook");
            let made = kaibo.create_webhook(app_id, &url, Vec::new()).await;
            let id = made.unwrap().0.id;
            let delivery = kaibo.test_webhook(app_id, id).await.unwrap();
            kaibo.deliver_due().await.unwrap();
            let path = example.path.replace("{webhookId}", &id.to_string());
            example.path = path.replace("{deliveryId}", &delivery);
        }
    }

    /// Who is asked, and who is told of trouble.
    async fn prepare_outsiders(&self, route: &str, example: &mut Example) {
        let World { kaibo, app_id, .. } = self.world;
        if route.contains("/bots") {
            let url = self.receiver.url("/bot");
            if route.contains("{webhookId}") {
                let made = kaibo.create_bot(app_id, BotBrand::Wecom, &url, None);
                let id = made.await.unwrap().id.to_string();
                example.path = example.path.replace("{webhookId}", &id);
            }
            example.body = Some(json!({"brand": "wecom", "url": url, "secret": null}));
        }
        let kind = match route.rsplit('/').next() {
            Some("goods-reviewer") => ReviewerKind::Goods,
            Some("anchor-verifier") => ReviewerKind::Anchors,
            _ => return,
        };
        let url = self.receiver.url("/review");
        if route.starts_with("DELETE") {
            let set = kaibo.set_reviewer(app_id, kind, &url).await;
            set.unwrap();
        }
        example.body = Some(json!({"url": url}));
    }

    async fn message_endpoint(&self) -> i64 {
        let found = self.world.store.endpoints(&self.world.app_id).await;
        found.unwrap()[0].id
    }

    /// Routes that ask for a secret of their own, or for a query.
    async fn prepare_strangers(&self, route: &str, example: &mut Example) {
        let World { kaibo, app_id, .. } = self.world;
        match route {
            "GET /v1/setup" | "POST /v1/setup" => {
                example.secret = Some("Setup used-already".into());
                let form = json!({"token": "used", "name": "second", "password": "long enough"});
                example.body = Some(form);
                // There is an owner.
                example.also = &[404];
            }
            "GET /v1/enrolments" | "POST /v1/enrolments" => {
                let code = kaibo.create_broadcast_code(app_id, RoomId(self.room), "owner");
                let code = code.await.unwrap().url;
                let code = code.rsplit('/').next().unwrap();
                example.secret = Some(format!("Enrol {code}"));
                // The code of a device would void this one.
                example.room = None;
                example.body = Some(json!({"pin": ""}));
            }
            "GET /v1/verifications/{token}" | "POST /v1/verifications/{token}" => {
                let link = kaibo.invite_anchor(app_id, PERSON).await.unwrap();
                let token = link.rsplit('/').next().unwrap();
                example.path = example.path.replace("{token}", token);
                example.body = Some(json!({
                    "name": "林小夏", "number": "11010519491231002X", "pin": "730164",
                    "consent": kaibo_domain::identity::CONSENT,
                }));
            }
            "GET /v1/apps/{appid}/rooms/status" => {
                example.path = format!("{}?ids={}", example.path, self.room);
            }
            "DELETE /v1/apps/{appid}/rooms/{roomId}/subscriptions" => {
                example.path = format!("{}?openid=openid-a&kind=room", example.path);
            }
            _ => {}
        }
    }
}

impl Stand<'_> {
    /// Who uses the console.
    async fn prepare_users(&self, route: &str, example: &mut Example) {
        let World { kaibo, app_id, .. } = self.world;
        let new = json!({
            "name": format!("new in {app_id}"), "role": "operator", "apps": [app_id.as_str()],
        });
        if route == "PUT /v1/apps/{appid}/wechat" || route == "DELETE /v1/apps/{appid}/wechat" {
            let (appid, secret) = ("wx0123456789abcdef", "0123456789abcdef0123456789abcdef");
            let set = kaibo.set_wechat(app_id, Some(appid), Some(secret)).await;
            set.unwrap();
            example.body = Some(json!({"appid": appid}));
        }
        if route == "GET /v1/share-codes/{shareCode}" {
            let shared = kaibo.share_room(app_id, RoomId(self.room), "").await;
            example.path = example.path.replace("{shareCode}", &shared.unwrap().id);
        }
        if route == "DELETE /v1/sessions/{session}" {
            let begun = kaibo
                .sign_in(self.caller.user(), PASSWORD, None, LOCAL)
                .await;
            let begun = begun.unwrap().unwrap();
            let all = kaibo.sessions(begun.found.user_id, &begun.session).await;
            let all = all.unwrap();
            let one = all.iter().find(|one| one.is_current).unwrap();
            example.path = example.path.replace("{session}", &one.id);
        }
        if route.ends_with("/two-factor/on") || route.ends_with("/two-factor/off") {
            // It was not begun, or the code is wrong.
            example.also = &[409, 422];
        }
        if route == "POST /v1/users" || route == "PUT /v1/users/{userId}" {
            example.body = Some(new);
        }
        if route.contains("{userId}") || route.ends_with("/user-link") {
            let (name, apps) = (format!("old in {app_id}"), vec![app_id.clone()]);
            let invited = kaibo.invite_user(&name, UserRole::Operator, apps).await;
            let link = invited.unwrap().unwrap();
            let token = link.url.rsplit('#').next().unwrap();
            example.path = example.path.replace("{userId}", &link.user_id.to_string());
            if route.ends_with("/user-link") {
                example.secret = Some(format!("Invite {token}"));
                example.body = Some(json!({"password": PASSWORD}));
            }
        }
    }
}

const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
