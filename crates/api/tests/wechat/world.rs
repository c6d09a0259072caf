//! An installation with one app, one verified anchor and three images, and a caller of it.

use std::fmt::Write as _;
use std::io::Cursor;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Method, Request, Response, StatusCode};
use kaibo_app::{AppConfig, Clock, Kaibo, Settings};
use kaibo_domain::id::{AppId, RoomId, stream_name};
use kaibo_domain::room::Command;
use kaibo_outbound::{Calls, OutboundConfig, WechatBase};
use kaibo_store::{DATABASE_FILE, Database, Store};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, SqliteConnection};
use tempfile::TempDir;
use test_receiver::wechat::Wechat;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// 2026-01-15 10:40 in Shanghai, in Unix seconds.
pub(crate) const NOW: i64 = 1_768_444_800;
pub(crate) const APP_ID: &str = "wx0123456789abcdef";
pub(crate) const SECRET: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const ANCHOR: &str = "anchor_a";

pub(crate) const CREATE: &str = "/wxaapi/broadcast/room/create";
pub(crate) const EDIT: &str = "/wxaapi/broadcast/room/editroom";
pub(crate) const DELETE: &str = "/wxaapi/broadcast/room/deleteroom";
pub(crate) const PUSH_URL: &str = "/wxaapi/broadcast/room/getpushurl";
pub(crate) const LIST: &str = "/wxa/business/getliveinfo";
pub(crate) const UPLOAD: &str = "/cgi-bin/media/upload";

/// Which database is under an installation.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Base {
    Sqlite,
    Postgres,
}

impl Base {
    /// The URL of an empty one; of SQLite, which makes its own, none.
    async fn url(self) -> String {
        match self {
            Self::Sqlite => String::new(),
            Self::Postgres => test_postgres::shared().await.database().await,
        }
    }
}

/// A store, and the folder that it is in.
#[derive(Clone)]
pub(crate) struct Ground {
    pub(crate) store: Store,
    pub(crate) data_dir: Arc<TempDir>,
    url: String,
}

impl Ground {
    /// A new one, with nothing in it.
    pub(crate) async fn new(base: Base) -> Self {
        // In memory, where the system has that: hundreds of these are made.
        let data_dir = TempDir::with_prefix_in("kaibo-", "/dev/shm").or_else(|_| TempDir::new());
        let data_dir = Arc::new(data_dir.unwrap());
        let url = base.url().await;
        let database = Database::from_url(&url).unwrap();
        let store = Store::open_with(data_dir.path(), &database).await;
        Self {
            store: store.unwrap(),
            data_dir,
            url,
        }
    }
}

pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) kaibo: Kaibo,
    pub(crate) clock: Clock,
    pub(crate) app_id: AppId,
    pub(crate) token: String,
    pub(crate) cover: String,
    pub(crate) share: String,
    pub(crate) feeds: String,
    /// Of goods.
    pub(crate) picture: String,
    pub(crate) data_dir: Arc<TempDir>,
    router: Router,
    url: String,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(AppConfig::default()).await
    }

    pub(crate) async fn with(config: AppConfig) -> Self {
        let world = Self::on(Base::Sqlite, config).await;
        world.verify(ANCHOR).await;
        world
    }

    /// With an anchor who has yet to be verified.
    pub(crate) async fn on(base: Base, config: AppConfig) -> Self {
        Self::in_store(Ground::new(base).await, APP_ID.parse().unwrap(), config).await
    }

    /// Beside others in one store, each with an app and a clock of its own.
    pub(crate) async fn in_store(ground: Ground, app_id: AppId, config: AppConfig) -> Self {
        Self::build(ground, app_id, config, WechatBase::default()).await
    }

    /// With a stand-in for WeChat's own API.
    pub(crate) async fn beside(wechat: &Wechat, config: AppConfig) -> Self {
        let ground = Ground::new(Base::Sqlite).await;
        let base = wechat.base().parse().unwrap();
        Self::build(ground, APP_ID.parse().unwrap(), config, base).await
    }

    async fn build(
        ground: Ground,
        app_id: AppId,
        config: AppConfig,
        wechat_base: WechatBase,
    ) -> Self {
        let Ground {
            store,
            data_dir,
            url,
        } = ground;
        let clock = Clock::manual(NOW * 1_000);
        let settings = Settings::new(&config, "https://live.test", "rtmp://push.test").unwrap();
        let outbound = Calls::shared(OutboundConfig {
            allow_private: vec!["127.0.0.0/8".parse().unwrap()],
            wechat_base,
            ..OutboundConfig::default()
        });
        let kaibo = Kaibo::with_outbound(store.clone(), clock.clone(), settings, outbound);
        let secret = Some(SECRET.to_owned());
        let app = kaibo.create_app(Some(app_id.clone()), secret, "Shop");
        app.await.unwrap();
        let mut world = Self {
            store,
            router: router(&kaibo),
            kaibo,
            clock,
            app_id,
            token: String::new(),
            cover: String::new(),
            share: String::new(),
            feeds: String::new(),
            picture: String::new(),
            data_dir,
            url,
        };
        world.token = world.buy_token(world.app_id.as_str(), SECRET).await;
        world.cover = world.upload(png(1_000)).await;
        world.share = world.upload(png(1_000)).await;
        world.feeds = world.upload(png(1_000)).await;
        world.picture = world.upload(png_of(300, 300, 1_000)).await;
        world
    }

    /// The same installation in a new process, as far as a router knows; the clock goes on.
    pub(crate) fn started_anew(&self) -> Self {
        let settings = self.kaibo.settings().clone();
        let kaibo = Kaibo::new(self.store.clone(), self.clock.clone(), settings);
        Self {
            router: router(&kaibo),
            kaibo,
            store: self.store.clone(),
            clock: self.clock.clone(),
            app_id: self.app_id.clone(),
            token: self.token.clone(),
            cover: self.cover.clone(),
            share: self.share.clone(),
            feeds: self.feeds.clone(),
            picture: self.picture.clone(),
            data_dir: Arc::clone(&self.data_dir),
            url: self.url.clone(),
        }
    }

    /// The database's; of SQLite in the folder none.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) async fn verify(&self, anchor: &str) {
        let verified = self.kaibo.verify_anchor(&self.app_id, anchor);
        verified.await.unwrap();
    }

    pub(crate) async fn set_customer_service(&self) {
        let link = Some("https://work.weixin.qq.com/kfid/kfc0123456789abcdef");
        let set = self.kaibo.set_customer_service(&self.app_id, link);
        set.await.unwrap();
    }

    /// A second app, whose token is returned.
    pub(crate) async fn other_app(&self) -> String {
        let app = self.kaibo.create_app(None, None, "Other").await.unwrap();
        self.buy_token(app.app_id.as_str(), &app.secret).await
    }

    async fn buy_token(&self, app_id: &str, secret: &str) -> String {
        let path =
            format!("/cgi-bin/token?grant_type=client_credential&appid={app_id}&secret={secret}");
        let answer = self.get(&path).await;
        answer["access_token"].as_str().unwrap().to_owned()
    }

    pub(crate) fn now(&self) -> i64 {
        self.clock.now() / 1_000
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.clock.advance(seconds * 1_000);
    }

    /// As [`Self::advance`], with a fresh access token after it.
    pub(crate) async fn advance_far(&mut self, seconds: i64) {
        self.advance(seconds);
        self.token = self.buy_token(self.app_id.as_str(), SECRET).await;
    }

    /// `path` with the access token behind it.
    pub(crate) fn with_token(&self, path: &str) -> String {
        let mark = if path.contains('?') { '&' } else { '?' };
        format!("{path}{mark}access_token={}", self.token)
    }

    /// By https through a trusted proxy, unless the request says how it comes.
    pub(crate) async fn respond(&self, mut request: Request<Body>) -> Response<Body> {
        let proto = request.headers_mut().entry("x-forwarded-proto");
        proto.or_insert(HeaderValue::from_static("https"));
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Value {
        self.read(self.respond(request).await).await
    }

    /// An answer, which is looked at for what every one has: HTTP 200, `errcode` as a number,
    /// `errmsg`, and a rid of this moment behind a failure.
    pub(crate) async fn read(&self, response: Response<Body>) -> Value {
        assert_eq!(response.status(), StatusCode::OK);
        let mime = response.headers()[CONTENT_TYPE].to_str().unwrap();
        assert!(mime.starts_with("application/json"), "{mime}");
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let answer: Value = serde_json::from_slice(&bytes).unwrap();
        if answer["errcode"].as_i64().unwrap() == 0 {
            assert_eq!(answer["errmsg"], "ok");
        } else {
            let message = answer["errmsg"].as_str().unwrap();
            let (_, rid) = message.rsplit_once(" rid: ").unwrap();
            let groups: Vec<&str> = rid.split('-').collect();
            assert_eq!(groups.len(), 3, "{rid}");
            assert!(groups.iter().all(|g| g.len() == 8), "{rid}");
            assert_eq!(i64::from_str_radix(groups[0], 16).unwrap(), self.now());
        }
        answer
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.send(request(Method::GET, path, None, "")).await
    }

    /// POST as JSON with the access token.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Value {
        let body = body.to_string();
        self.post_as(path, Some("application/json"), body).await
    }

    /// POST with a Content-Type, or none, and the access token.
    pub(crate) async fn post_as(
        &self,
        path: &str,
        content_type: Option<&str>,
        body: impl Into<Body>,
    ) -> Value {
        let path = self.with_token(path);
        self.send(request(Method::POST, &path, content_type, body))
            .await
    }

    pub(crate) async fn upload(&self, image: Vec<u8>) -> String {
        let answer = self
            .upload_as("image", &[("media", Some("a.png"), &image)])
            .await;
        answer["media_id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn upload_as(&self, kind: &str, parts: &[Part<'_>]) -> Value {
        let path = self.with_token(&format!("{UPLOAD}?type={kind}"));
        self.send(multipart(&path, parts)).await
    }

    /// A good body for `room/create`: in an hour, for an hour.
    pub(crate) fn plan(&self) -> Value {
        json!({
            "name": "晚间新品专场",
            "coverImg": self.cover,
            "startTime": self.now() + 3_600,
            "endTime": self.now() + 7_200,
            "anchorName": "小林",
            "anchorWechat": ANCHOR,
            "shareImg": self.share,
            "feedsImg": self.feeds,
            "isFeedsPublic": 1,
            "type": 1,
            "closeLike": 0,
            "closeGoods": 0,
            "closeComment": 0,
            "closeReplay": 0,
            "closeShare": 0,
            "closeKf": 1,
        })
    }

    pub(crate) async fn room(&self) -> i64 {
        self.room_with(self.plan()).await
    }

    pub(crate) async fn room_with(&self, plan: Value) -> i64 {
        let answer = self.post(CREATE, &plan).await;
        assert_eq!(answer["errcode"], 0, "{answer}");
        answer["roomId"].as_i64().unwrap()
    }

    /// A room on air.
    pub(crate) async fn live_room(&self) -> i64 {
        let room = self.room().await;
        self.go_live(room).await;
        room
    }

    /// Puts a room that was just made on air.
    pub(crate) async fn go_live(&self, room: i64) {
        self.advance(45 * 60);
        let stream = stream_name(&self.app_id, RoomId(room));
        assert!(self.kaibo.good_stream(&stream).await.unwrap());
    }

    /// Takes a table away, so that whatever reads it fails.
    pub(crate) async fn lose_table(&self, table: &str) {
        self.change_database(&format!("ALTER TABLE {table} RENAME TO lost"))
            .await;
    }

    /// By a statement of which Kaibo knows nothing.
    pub(crate) async fn change_database(&self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        if self.url.is_empty() {
            let file = self.data_dir.path().join(DATABASE_FILE);
            let url = format!("sqlite://{}", file.display());
            let mut conn = SqliteConnection::connect(&url).await.unwrap();
            conn.execute(sql).await.unwrap();
        } else {
            let mut conn = PgConnection::connect(&self.url).await.unwrap();
            conn.execute(sql).await.unwrap();
        }
    }

    pub(crate) async fn command(&self, room: i64, command: Command) {
        let applied = self.kaibo.apply(&self.app_id, RoomId(room), command);
        applied.await.unwrap();
    }

    pub(crate) async fn ended_room(&self) -> i64 {
        let room = self.live_room().await;
        self.command(room, Command::End).await;
        room
    }

    /// The room's row in the list.
    pub(crate) async fn row(&self, room: i64) -> Value {
        let answer = self.post(LIST, &json!({"start": 0, "limit": 50})).await;
        let rows = answer["room_info"].as_array().unwrap();
        rows.iter()
            .find(|row| row["roomid"] == room)
            .unwrap()
            .clone()
    }
}

fn router(kaibo: &Kaibo) -> Router {
    // Who calls a router without a listener has no address.
    let config = kaibo_api::ApiConfig {
        proxies: vec!["0.0.0.0".parse().unwrap()],
        ..kaibo_api::ApiConfig::default()
    };
    kaibo_api::router(kaibo.clone(), &config, None, CancellationToken::new())
}

/// `errcode`, and `errmsg` without its rid.
pub(crate) fn verdict(answer: &Value) -> (i64, &str) {
    let message = answer["errmsg"].as_str().unwrap();
    let text = message.split(" rid: ").next().unwrap();
    (answer["errcode"].as_i64().unwrap(), text)
}

pub(crate) fn request(
    method: Method,
    path: &str,
    content_type: Option<&str>,
    body: impl Into<Body>,
) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(mime) = content_type {
        request = request.header(CONTENT_TYPE, mime);
    }
    request.body(body.into()).unwrap()
}

/// Name, file name if it is a file, content.
pub(crate) type Part<'a> = (&'a str, Option<&'a str>, &'a [u8]);

pub(crate) fn multipart(path: &str, parts: &[Part<'_>]) -> Request<Body> {
    let mut body = Vec::new();
    for (name, file, content) in parts {
        let file = file.map_or(String::new(), |f| format!("; filename=\"{f}\""));
        let head =
            format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--edge--\r\n");
    let mime = Some("multipart/form-data; boundary=edge");
    request(Method::POST, path, mime, body)
}

/// As PHP's `http_build_query` writes an array, nested ones included.
pub(crate) fn form_of(body: &Value) -> String {
    let mut form = String::new();
    for (key, value) in body.as_object().unwrap() {
        add_pairs(&mut form, key, value);
    }
    form.split_off(form.len().min(1))
}

fn add_pairs(form: &mut String, key: &str, value: &Value) {
    let text = match value {
        Value::Object(inner) => {
            for (name, value) in inner {
                add_pairs(form, &format!("{key}[{name}]"), value);
            }
            return;
        }
        Value::Array(items) => {
            for (at, value) in items.iter().enumerate() {
                add_pairs(form, &format!("{key}[{at}]"), value);
            }
            return;
        }
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let coded = |text: &str| {
        text.bytes()
            .fold(String::new(), |all, b| all + &format!("%{b:02X}"))
    };
    write!(form, "&{}={}", coded(key), coded(&text)).unwrap();
}

/// A PNG of one pixel, padded to `bytes`.
pub(crate) fn png(bytes: usize) -> Vec<u8> {
    png_of(1, 1, bytes)
}

/// A black PNG, padded to `bytes` by a chunk that nobody reads.
pub(crate) fn png_of(width: u32, height: u32, bytes: usize) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    let black = image::GrayImage::new(width, height);
    black.write_to(&mut file, image::ImageFormat::Png).unwrap();
    let mut file = file.into_inner();
    // Length, name and sum of the chunk, and of the one that ends the file.
    let Some(padding) = bytes.checked_sub(file.len() + 12) else {
        return file;
    };
    let end = file.split_off(file.len() - 12);
    file.extend((padding as u32).to_be_bytes());
    file.extend(b"paDd");
    file.resize(file.len() + padding + 4, 0);
    file.extend(end);
    file
}

pub(crate) async fn bytes_of(response: Response<Body>) -> Bytes {
    to_bytes(response.into_body(), usize::MAX).await.unwrap()
}
