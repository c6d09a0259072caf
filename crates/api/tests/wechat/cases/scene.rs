//! What stands before a call: a set-up for each `given`.

mod subscription;

mod goods;
mod people;

use std::convert::Infallible;

use axum::body::Body;
use axum::http::Request;
use axum::http::header::CONTENT_TYPE;
use futures_util::stream;
use kaibo_api::wechat::Operation;
use kaibo_app::settings::ReviewProvider;
use kaibo_app::{AppConfig, Counted};
use kaibo_domain::admission::{Admission, Policy};
use kaibo_store::{CallCount, Store};
use serde_json::{Value, json};

use super::fill::{fill, names};
use super::{Call, Case, Stage, Values};
use crate::world::{
    ANCHOR, Ground, LIST, Part, SECRET, World, form_of, multipart, png, png_of, request,
};

const FORM: &str = "application/x-www-form-urlencoded";
const DAY: i64 = 86_400;

/// The call says it all.
const CALL_ALONE: &[&str] = &[
    // Tokens and how a call comes.
    "token unknown, superseded or of another app",
    "token malformed",
    "access_token absent",
    "access_token is unknown or superseded",
    "GET on a POST endpoint",
    "called with POST",
    "empty POST body",
    "body is not JSON (Content-Type application/json)",
    "form body (EasyWeChat 5.x)",
    "grant_type is not client_credential",
    "unknown appid",
    "wrong secret",
    "appid absent",
    "secret absent",
    "unknown query key is ignored (PowerWeChat)",
    // Share codes.
    "params is not decodable",
    "params is optional",
    // Images.
    "type not supported",
    "file part absent",
    "image above the size limit",
    "unknown or expired id",
    "coverImg too large or not an image",
    "shareImg too large or fails the content check",
    "feedsImg larger than 100 KB or not an image",
    // Fields of rooms.
    "id absent",
    "room id does not exist",
    "shareImg absent",
    "endTime absent",
    "name of 2 CJK characters",
    "name length outside the limit",
    "6 half-width characters = 3 CJK",
    "17 CJK characters",
    "18 CJK characters",
    "name contains special characters",
    "room name fails the content check",
    "anchorName length outside 4-30 half-width units",
    "anchor not real-name verified",
    "300036 carries qrcode_url at top level and no roomId (WxJava parses it)",
    "anchor WeChat id lacks the anchor role",
    "subAnchorWechat not acceptable",
    "sub-anchor equals anchor",
    "createrWechat not acceptable",
    "closeKf=0 but no customer service configured",
    "start less than 10 min ahead",
    "start beyond 6 months",
    "20 minutes long",
    "25 hours long (real service: already above 12 h)",
    "unknown or legacy keys ignored (WxJava)",
    "type and subAnchorWechat sent: ignored",
    "no rooms exist",
    "roomId spelling, as the sample and most SDKs send",
    // On `NOT_YET`: there is nothing to set up.
    "talk video still being generated",
    "generation failed",
];

/// Where nobody is verified.
const UNVERIFIED: [&str; 3] = [
    "anchor not real-name verified",
    "300036 carries qrcode_url at top level and no roomId (WxJava parses it)",
    people::UNVERIFIED,
];

/// What closes a store or takes its files away.
const HARMS: [&str; 7] = [
    "a referenced object cannot be read",
    "internal failure",
    "upstream busy or internal failure",
    "rooms cannot be fetched (fault injection)",
    "goods cannot be fetched (fault injection)",
    "room goods list cannot be read",
    "import failed",
];

pub(crate) struct Scene {
    pub(crate) world: World,
    pub(super) values: Values,
    /// The store closes while the body is on its way: the call is let in, and then fails.
    closes_meanwhile: bool,
}

impl Scene {
    /// On the ground of the stage, after others, unless what is given harms all that stands there.
    pub(super) async fn new(stage: &Stage, case: &Case, call: &Call) -> Result<Self, String> {
        let given = case.given.as_str();
        let ground = if HARMS.contains(&given) {
            Ground::new(stage.base).await
        } else {
            stage.ground.clone()
        };
        let mut config = AppConfig::default();
        config.wechat.profile = stage.profile;
        if given == goods::NOT_REVIEWED {
            config.goods.review = ReviewProvider::Webhook;
        }
        let mut scene = Self {
            world: World::in_store(ground, stage.next_app(), config).await,
            values: Values::new(),
            closes_meanwhile: false,
        };
        if !UNVERIFIED.contains(&given) {
            scene.world.verify(ANCHOR).await;
        }
        if given != "closeKf=0 but no customer service configured" {
            scene.world.set_customer_service().await;
        }
        scene.hand_out(call).await;
        scene.set_up(given, call).await?;
        scene.put("token", scene.world.token.clone());
        Ok(scene)
    }

    pub(super) fn put(&mut self, name: &str, value: impl Into<Value>) {
        self.values.insert(name.to_owned(), value.into());
    }

    /// What the call's placeholders ask for.
    async fn hand_out(&mut self, call: &Call) {
        self.put("appid", self.world.app_id.to_string());
        self.put("secret", SECRET);
        self.put("media_id", self.world.cover.clone());
        self.put("banned text", "赌博专场");
        let mut wanted = Vec::new();
        names(&Value::Object(call.query.clone()), &mut wanted);
        names(call.body.as_ref().unwrap_or(&Value::Null), &mut wanted);
        for name in &wanted {
            if name == "room" {
                self.put("room", self.world.room().await);
            } else if let Some(kind) = name.strip_prefix("media:") {
                let media_id = self.world.upload(image(kind)).await;
                self.put(name, media_id);
            }
        }
        self.hand_out_goods(&wanted, call).await;
    }

    async fn set_up(&mut self, given: &str, call: &Call) -> Result<(), String> {
        let known = CALL_ALONE.contains(&given)
            || subscription::CALL_ALONE.contains(&given)
            || subscription::set_up(self, given, call).await
            || people::set_up(self, given, call).await
            || goods::set_up(self, given, call).await
            || self.make_rooms(given).await
            || self.buy_tokens(given).await
            || self.narrow_the_door(given).await
            || self.make_trouble(given, call).await?;
        known
            .then_some(())
            .ok_or_else(|| format!("no set-up for {given:?}"))
    }

    /// Whether rooms are what is given.
    async fn make_rooms(&mut self, given: &str) -> bool {
        let world = &mut self.world;
        let room = match given {
            "numeric strings accepted" | "start beyond the last room" => {
                world.room().await;
                None
            }
            "several rooms" => {
                several_rooms(world).await;
                None
            }
            "more than 50 rooms exist" => {
                more_than_fifty_rooms(world).await;
                None
            }
            "room is live" | "room is being streamed" => Some(world.live_room().await),
            "room ended"
            | "room ended, replay generated"
            | "the room has no replay (clients read 9410000 as empty)" => {
                Some(world.ended_room().await)
            }
            "room state does not allow the action" => {
                let room = world.room().await;
                world.advance_far(2 * DAY).await;
                Some(room)
            }
            "room is of type 0, or ended" => {
                let mut plan = world.plan();
                plan["type"] = json!(0);
                Some(world.room_with(plan).await)
            }
            "existing CDN url instead of a media id (WxJava test)" => {
                let room = self.values["room"].as_i64().unwrap();
                let cover = world.row(room).await["cover_img"].clone();
                self.put("current cover_img url", cover);
                None
            }
            _ => return false,
        };
        if let Some(room) = room {
            self.put("room", room);
        }
        true
    }

    /// Whether tokens bought before are what is given.
    async fn buy_tokens(&mut self, given: &str) -> bool {
        match given {
            "second normal call while the token is valid" => self.buy_stable("P2-ok", false).await,
            "forced refresh, more than 30 s after the last one; \
             the old token then fails with 40001" => {
                self.buy_stable("P2-ok", false).await;
                self.world.advance(31);
            }
            "forced again within 30 s: no refresh" => {
                self.buy_stable("P2-ok", false).await;
                self.world.advance(31);
                self.buy_stable("P2-force", true).await;
                self.world.advance(29);
            }
            "token past its life" => {
                self.put("expired", self.world.token.clone());
                self.world.advance(7_200);
            }
            _ => return false,
        }
        true
    }

    /// Whether who may call is what is given.
    async fn narrow_the_door(&mut self, given: &str) -> bool {
        let World { kaibo, app_id, .. } = &self.world;
        match given {
            "caller IP outside the whitelist (only if the feature is on)" => {
                let nets = ["192.0.2.0/24".parse().unwrap()];
                kaibo.set_door(app_id, None, &nets).await.unwrap();
            }
            "live not activated for the app" | "no payment in 90 days" => {
                let set = Admission {
                    policy: Policy::Wechat,
                    ..Admission::default()
                };
                kaibo.set_admission(app_id, &set).await.unwrap();
            }
            "no new activations" => {
                let set = Admission {
                    disabled: true,
                    ..Admission::default()
                };
                kaibo.set_admission(app_id, &set).await.unwrap();
            }
            _ => return false,
        }
        true
    }

    /// Whether something that no caller can help is what is given.
    async fn make_trouble(&mut self, given: &str, call: &Call) -> Result<bool, String> {
        match given {
            "daily quota used up" | "daily quota of the endpoint used up" => {
                self.use_up_day(&call.path).await?;
            }
            "per-minute limit" => self.use_up_minute(&call.path).await?,
            "a referenced object cannot be read" => {
                std::fs::remove_dir_all(self.world.data_dir.path().join("images")).unwrap();
            }
            "internal failure" => self.world.store.close().await,
            "goods cannot be fetched (fault injection)" => {
                self.world.room().await;
                self.world.lose_table("shelf_item").await;
            }
            // Once a call is let in, a list that cannot be read has a code of its own.
            "upstream busy or internal failure" if call.path == LIST => {
                self.world.store.close().await;
            }
            "upstream busy or internal failure"
            | "rooms cannot be fetched (fault injection)"
            | "room goods list cannot be read"
            | "import failed" => {
                self.closes_meanwhile = true;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    async fn buy_stable(&mut self, name: &str, force: bool) {
        let kaibo = &self.world.kaibo;
        let sold = kaibo.stable_token(&self.world.app_id, force).await;
        self.put(name, sold.unwrap().unwrap().token);
    }

    /// All of the day's calls, as a server before this one has counted them.
    async fn use_up_day(&mut self, path: &str) -> Result<(), String> {
        let Operation { op, limit, .. } = operation(path)?;
        let world = self.world.started_anew();
        let count = CallCount {
            app_id: world.app_id.clone(),
            op: op.to_owned(),
            day: world.kaibo.settings().day(world.clock.now()),
            made: limit.per_day - 1,
        };
        world.store.save_call_counts(&[count], 0).await.unwrap();
        let last = world.kaibo.count_call(&world.app_id, op, limit).await;
        assert!(matches!(last.unwrap(), Counted::Yes(last) if last.left() == 0));
        self.world = world;
        Ok(())
    }

    async fn use_up_minute(&self, path: &str) -> Result<(), String> {
        let Operation { op, limit, .. } = operation(path)?;
        let World { kaibo, app_id, .. } = &self.world;
        while let Counted::Yes(_) = kaibo.count_call(app_id, op, limit).await.unwrap() {}
        Ok(())
    }

    /// The answer; a file's Content-Type stands for the file.
    pub(super) async fn send(&self, call: &Call) -> Result<Value, String> {
        let response = self.world.respond(self.request(call)?).await;
        let mime = response.headers()[CONTENT_TYPE].to_str().unwrap();
        if mime.starts_with("image/") {
            return Ok(json!(mime));
        }
        Ok(self.world.read(response).await)
    }

    pub(super) fn request(&self, call: &Call) -> Result<Request<Body>, String> {
        let fill = |template: &Value| fill(template, &self.values, self.world.now());
        let query = form_of(&fill(&Value::Object(call.query.clone()))?);
        let path = format!("{}?{query}", call.path);
        let (mime, body) = match &call.body {
            None => (None, String::new()),
            Some(body) if body.get("multipart").is_some() => {
                return Ok(upload(&path, &body["multipart"]));
            }
            Some(body) => {
                let mime = call.content_type.as_deref().unwrap_or("application/json");
                let text = match fill(body)? {
                    Value::String(text) => text,
                    body if mime == FORM => form_of(&body),
                    body => body.to_string(),
                };
                (Some(mime), text)
            }
        };
        let body = if self.closes_meanwhile {
            body_after_the_end(self.world.store.clone(), body)
        } else {
            body.into()
        };
        Ok(request(call.method(), &path, mime, body))
    }
}

/// The operation of a path, as the API itself knows it.
fn operation(path: &str) -> Result<Operation, String> {
    let operations = kaibo_api::wechat::operations();
    let found = operations.into_iter().find(|op| path.ends_with(op.path));
    found.ok_or_else(|| format!("{path} is not among the operations"))
}

async fn several_rooms(world: &World) {
    for minutes in [5, 9, 1] {
        let mut plan = world.plan();
        plan["startTime"] = json!(world.now() + 3_600 + minutes * 60);
        world.room_with(plan).await;
    }
}

/// As many as a day allows, and one the next day.
async fn more_than_fifty_rooms(world: &mut World) {
    for _ in 0..50 {
        world.room().await;
    }
    world.advance_far(DAY).await;
    world.room().await;
}

/// A body that arrives when the store has closed.
fn body_after_the_end(store: Store, body: String) -> Body {
    Body::from_stream(stream::once(async move {
        store.close().await;
        Ok::<_, Infallible>(body)
    }))
}

fn upload(path: &str, parts: &Value) -> Request<Body> {
    let file = |wanted: &Value| match wanted.as_str() {
        Some("${file:test.jpg}") => png(1_000),
        Some("${file:11MB.jpg}") => png(bytes_in("11MB")),
        _ => panic!("what is {wanted}?"),
    };
    let parts = parts.as_object().unwrap();
    let files: Vec<_> = parts.iter().map(|(name, f)| (name, file(f))).collect();
    let parts: Vec<Part<'_>> = files
        .iter()
        .map(|(name, file)| (name.as_str(), Some("test.jpg"), file.as_slice()))
        .collect();
    multipart(path, &parts)
}

/// `1080x1920`, `3MB`, `any`.
fn image(kind: &str) -> Vec<u8> {
    match kind.split_once('x') {
        Some((width, height)) => png_of(width.parse().unwrap(), height.parse().unwrap(), 1_000),
        None if kind == "any" => png(1_000),
        None => png(bytes_in(kind)),
    }
}

fn bytes_in(size: &str) -> usize {
    let (number, unit) = size.split_at(size.len() - 2);
    let unit = if unit == "MB" { 1024 * 1024 } else { 1024 };
    number.parse::<usize>().unwrap() * unit
}
