//! An installation with an owner, one app and one verified anchor, and callers of it.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use futures_util::StreamExt as _;
use kaibo_api::{ApiConfig, Metrics};
use kaibo_app::{AppConfig, Clock, Kaibo, Settings};
use kaibo_domain::id::{AppId, RoomId, stream_name};
use kaibo_outbound::{Calls, OutboundConfig};
use kaibo_store::{DATABASE_FILE, Store};
use serde_json::{Value, json};
use sqlx::{Connection as _, SqliteConnection};
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// 2026-01-15 10:40 in Shanghai, in Unix milliseconds.
pub(crate) const NOW: i64 = 1_768_444_800_000;
pub(crate) const MINUTE: i64 = 60_000;
pub(crate) const APP: &str = "wx0123456789abcdef";
const SECRET: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const ANCHOR: &str = "anchor_01";
pub(crate) const PASSWORD: &str = "correct horse";

pub(crate) struct World {
    pub(crate) kaibo: Kaibo,
    pub(crate) clock: Clock,
    pub(crate) store: Store,
    pub(crate) shutdown: CancellationToken,
    pub(crate) setup_token: String,
    router: Router,
    data_dir: TempDir,
    _outbox: JoinSet<()>,
}

/// One answer, its body read as JSON where it is any.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// Status and error code.
    pub(crate) fn refusal(&self) -> (u16, &str) {
        let code = self.body["error"]["code"].as_str().unwrap_or_default();
        (self.status.as_u16(), code)
    }

    /// The body of a success.
    pub(crate) fn ok(self) -> Value {
        assert!(self.status.is_success(), "{} {}", self.status, self.body);
        self.body
    }
}

/// Settings that differ between tests.
pub(crate) struct Plan {
    pub(crate) app: AppConfig,
    pub(crate) api: ApiConfig,
    pub(crate) public_http: &'static str,
    pub(crate) metrics: Option<Metrics>,
    /// `None`: calls nobody.
    pub(crate) outbound: Option<OutboundConfig>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            app: AppConfig::default(),
            api: ApiConfig::default(),
            public_http: "https://live.test",
            metrics: None,
            outbound: None,
        }
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(Plan::default()).await
    }

    pub(crate) async fn with(plan: Plan) -> Self {
        let data_dir = TempDir::new().unwrap();
        let store = Store::open(data_dir.path()).await.unwrap();
        let clock = Clock::manual(NOW);
        let settings = Settings::new(&plan.app, plan.public_http, "rtmp://push.test").unwrap();
        let kaibo = match plan.outbound {
            None => Kaibo::new(store.clone(), clock.clone(), settings),
            Some(config) => {
                let calls = Calls::shared(config);
                Kaibo::with_outbound(store.clone(), clock.clone(), settings, calls)
            }
        };
        let app_id: AppId = APP.parse().unwrap();
        let secret = Some(SECRET.to_owned());
        let made = kaibo.create_app(Some(app_id.clone()), secret, "Shop");
        made.await.unwrap();
        kaibo.verify_anchor(&app_id, ANCHOR).await.unwrap();
        let setup_token = kaibo.open_setup().await.unwrap().unwrap();
        let shutdown = CancellationToken::new();
        let mut outbox = JoinSet::new();
        let (ready, is_ready) = tokio::sync::oneshot::channel();
        let (tail, stop) = (kaibo.clone(), shutdown.clone());
        outbox.spawn(async move { tail.run_outbox(stop, ready, async |_| ()).await.unwrap() });
        is_ready.await.unwrap();
        Self {
            router: kaibo_api::router(kaibo.clone(), &plan.api, plan.metrics, shutdown.clone()),
            kaibo,
            clock,
            store,
            shutdown,
            setup_token,
            data_dir,
            _outbox: outbox,
        }
    }

    pub(crate) async fn respond(&self, request: Request<Body>) -> axum::response::Response {
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let (head, body) = self.respond(request).await.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let text = || Value::String(String::from_utf8_lossy(&bytes).into_owned());
        Answer {
            status: head.status,
            headers: head.headers,
            body: serde_json::from_slice(&bytes).unwrap_or_else(|_| text()),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(body.to_string().into()).unwrap())
            .await
    }

    /// Uses a broadcast code with a PIN.
    pub(crate) async fn enrol(&self, code: &str, pin: &str) -> Answer {
        let request = Request::post("/v1/enrolments")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::USER_AGENT, "Mozilla/5.0 (iPhone) MicroMessenger/8")
            .header(header::AUTHORIZATION, format!("Enrol {code}"));
        let body = json!({"pin": pin}).to_string();
        self.send(request.body(body.into()).unwrap()).await
    }

    /// Makes the owner, who is then signed in.
    pub(crate) async fn owner(&self) -> Owner<'_> {
        let form = json!({"token": self.setup_token, "name": "owner", "password": PASSWORD});
        Owner::of(self, self.post("/v1/setup", form).await)
    }

    /// The app's own server.
    pub(crate) async fn server(&self) -> Server<'_> {
        Server {
            world: self,
            token: self.access_token().await,
        }
    }

    /// An access token of the app.
    pub(crate) async fn access_token(&self) -> String {
        let app_id = APP.parse().unwrap();
        let sold = self.kaibo.stable_token(&app_id, false).await.unwrap();
        sold.expect("nothing was bought before").token
    }

    /// A good stream reaches a room, as media would say.
    pub(crate) async fn stream_arrives(&self, room_id: i64) {
        let stream = stream_name(&APP.parse().unwrap(), RoomId(room_id));
        assert!(self.kaibo.good_stream(&stream).await.unwrap());
    }

    /// A column of text, as it stands in the database.
    pub(crate) async fn column(&self, sql: &'static str) -> Vec<String> {
        let url = format!(
            "sqlite://{}",
            self.data_dir.path().join(DATABASE_FILE).display()
        );
        let mut conn = SqliteConnection::connect(&url).await.unwrap();
        sqlx::query_scalar(sql).fetch_all(&mut conn).await.unwrap()
    }

    /// Opens an event stream; panics unless the answer is one.
    pub(crate) async fn follow(&self, request: Request<Body>) -> Events {
        let response = self.respond(request).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(
            response.headers()[header::CONTENT_TYPE],
            "text/event-stream"
        );
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        assert_eq!(response.headers()["x-accel-buffering"], "no");
        Events {
            body: response.into_body().into_data_stream(),
            text: String::new(),
        }
    }

    pub(crate) async fn follow_path(&self, path: &str) -> Events {
        let request = Request::get(path).header(header::ACCEPT_ENCODING, "gzip");
        self.follow(request.body(Body::empty()).unwrap()).await
    }
}

/// A signed-in console.
pub(crate) struct Owner<'a> {
    pub(crate) world: &'a World,
    pub(crate) cookie: String,
    pub(crate) csrf: String,
}

impl<'a> Owner<'a> {
    /// The session that an answer to log-in or set-up began.
    pub(crate) fn of(world: &'a World, answer: Answer) -> Self {
        let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let csrf = answer.ok()["csrf"].as_str().unwrap().to_owned();
        Self {
            world,
            cookie,
            csrf,
        }
    }

    /// A call with cookie and CSRF token.
    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::COOKIE, &self.cookie)
            .header("x-csrf-token", &self.csrf)
            .header(header::CONTENT_TYPE, "application/json");
        let body = body.map_or(Body::empty(), |body| body.to_string().into());
        self.world.send(request.body(body).unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Some(body)).await
    }

    /// Makes the room of [`form`] and gives its id.
    pub(crate) async fn make_room(&self) -> i64 {
        let made = self.post(&format!("/v1/apps/{APP}/rooms"), form()).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
        made.body["roomId"].as_i64().unwrap()
    }

    /// A new broadcast code of a room.
    pub(crate) async fn code(&self, room_id: i64) -> String {
        let path = format!("/v1/apps/{APP}/rooms/{room_id}/access/broadcast-code");
        let code = self.post(&path, json!({})).await.ok();
        let url = code["broadcastUrl"].as_str().unwrap();
        url.strip_prefix("https://live.test/a/").unwrap().to_owned()
    }

    /// A device of the room's anchor.
    pub(crate) async fn device(&self, room_id: i64) -> Anchor {
        let code = self.code(room_id).await;
        let enrolled = self.world.enrol(&code, "").await;
        let cookie = enrolled.headers[header::SET_COOKIE].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        assert_eq!(enrolled.ok()["roomId"], room_id);
        Anchor { cookie, room_id }
    }
}

/// An app's own server.
pub(crate) struct Server<'a> {
    pub(crate) world: &'a World,
    pub(crate) token: String,
}

impl Server<'_> {
    pub(crate) fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header(header::CONTENT_TYPE, "application/json")
    }

    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let body = body.map_or(Body::empty(), |body| body.to_string().into());
        let request = self.request(method, path).body(body);
        self.world.send(request.unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Some(body)).await
    }
}

/// A device that is enrolled, at the page of a room.
pub(crate) struct Anchor {
    pub(crate) cookie: String,
    pub(crate) room_id: i64,
}

impl Anchor {
    pub(crate) fn request(&self, method: &str, path: &str) -> Request<Body> {
        let request = Request::builder().method(method).uri(path);
        let room = format!("Broadcast {}", self.room_id);
        let request = request
            .header(header::AUTHORIZATION, room)
            .header(header::COOKIE, &self.cookie);
        request.body(Body::empty()).unwrap()
    }
}

/// A room due in 15 minutes.
pub(crate) fn form() -> Value {
    json!({
        "name": "双十一专场", "startAt": NOW + 15 * MINUTE, "endAt": NOW + 75 * MINUTE,
        "anchorName": "小王", "anchorWechat": ANCHOR, "type": 1,
        "coverImg": null, "shareImg": null, "feedsImg": null,
        "isFeedsPublic": true, "closeLike": false, "closeGoods": false, "closeComment": true,
        "closeReplay": true, "closeShare": false, "closeKf": true,
    })
}

/// An open event stream.
pub(crate) struct Events {
    body: axum::body::BodyDataStream,
    text: String,
}

/// One event.
#[derive(Debug, PartialEq)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) data: Value,
}

impl Events {
    /// The next event with a name; `None` once the stream has ended.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                let field = |name: &str| {
                    let lines = block.lines();
                    let mut values = lines.filter_map(|l| l.strip_prefix(&format!("{name}: ")));
                    values.next().map(str::to_owned)
                };
                if let Some(name) = field("event") {
                    let data = serde_json::from_str(&field("data").unwrap()).unwrap();
                    return Some(Event { name, data });
                }
            }
            let piece = tokio::time::timeout(Duration::from_secs(10), self.body.next());
            let piece = piece.await.expect("an event within ten seconds")?;
            self.text
                .push_str(std::str::from_utf8(&piece.unwrap()).unwrap());
        }
    }

    /// Reads until an event's data satisfies `wanted`.
    pub(crate) async fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let event = self.next().await.expect("the stream goes on");
            if wanted(&event.data) {
                return event.data;
            }
        }
    }
}
