//! What callers of the HTTP interface send: tokens, JSON, forms, PHP's nested keys, uploads.

use std::sync::{Mutex, OnceLock, PoisonError};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use kaibo_api::ApiConfig;
use kaibo_app::{AppConfig, Clock, Kaibo, Settings};
use kaibo_domain::id::AppId;
use kaibo_store::Store;
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::engine::Target;
use crate::mutation;
use crate::random::Random;

/// See the module. An input is the method and path on a line, the Content-Type on the next, and
/// the body; `TOKEN` in the path stands for a good access token, so that a replay has one too.
pub const TARGET: Target = Target {
    name: "http",
    check,
    seeds,
    mutate,
};

const WORDS: &[&[u8]] = &[
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b",",
    b":",
    b"&",
    b"=",
    b"%",
    b"%00",
    b"%5B0%5D",
    b"[]",
    b"[0][a]",
    b"null",
    b"true",
    b"-1",
    b"1e999",
    b"99999999999999999999",
    b"\"\\ud800\"",
    b"\xff",
    b"\r\n",
    b"\r\n\r\n",
    b"--edge",
    b"--edge--",
    b"\xef\xbb\xbf",
    b"TOKEN",
    b"access_token=",
    b"media_id=",
    b"; filename=\"",
    b"name=\"media\"",
    b"\x89PNG\r\n\x1a\n",
    b"GIF89a",
    b"\xff\xd8\xff\xe0",
];
const APP_ID: &str = "wx0123456789abcdef";
const SECRET: &str = "0123456789abcdef0123456789abcdef";
/// 2026-01-15 10:40 in Shanghai, in Unix milliseconds.
const NOW: i64 = 1_768_444_800_000;
/// Longest answer, in bytes; an uploaded image comes back whole.
const MAX_ANSWER: usize = 1024 * 1024;

fn seeds() -> Vec<Vec<u8>> {
    let plan = "{\"name\":\"晚间新品专场\",\"coverImg\":\"m\",\"startTime\":1768448400,\"endTime\":\"1768452000\",\
         \"anchorName\":\"小林\",\"anchorWechat\":\"anchor_a\",\"shareImg\":\"m\",\"feedsImg\":\"m\",\"isFeedsPublic\":1,\
         \"type\":1,\"closeLike\":0,\"closeGoods\":0,\"closeComment\":0}";
    let token = format!("grant_type=client_credential&appid={APP_ID}&secret={SECRET}");
    let stable = format!(
        "{{\"grant_type\":\"client_credential\",\"appid\":\"{APP_ID}\",\"secret\":\"{SECRET}\",\"force_refresh\":true}}"
    );
    let json = "application/json";
    let form = "application/x-www-form-urlencoded";
    let create = "POST /wxaapi/broadcast/room/create?access_token=TOKEN";
    let list = "POST /wxa/business/getliveinfo?access_token=TOKEN";
    let upload = "POST /cgi-bin/media/upload?type=image&access_token=TOKEN";
    let image = "--edge\r\nContent-Disposition: form-data; name=\"media\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n";
    let pixel = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\x90wS\xde";
    let upload_body = [image.as_bytes(), pixel, b"\r\n--edge--\r\n"].concat();
    let texts = [
        (&*format!("GET /cgi-bin/token?{token}"), "", String::new()),
        ("POST /cgi-bin/token", form, token),
        ("POST /cgi-bin/stable_token", json, stable),
        (create, json, plan.to_owned()),
        (create, form, "name=%E6%99%9A%E9%97%B4&startTime=1768448400&endTime=1768452000&users[0][name]=x&users[0][ids][]=7&a[b][c]=1".to_owned()),
        ("POST /wxaapi/broadcast/room/editroom?access_token=TOKEN", json, format!("{{\"id\":1,{}", &plan[1..])),
        ("POST /wxaapi/broadcast/room/deleteroom?access_token=TOKEN", json, "{\"id\":\"1\"}".to_owned()),
        ("GET /wxaapi/broadcast/room/getpushurl?access_token=TOKEN&roomId=1", "", String::new()),
        (list, json, "{\"start\":0,\"limit\":50}".to_owned()),
        (list, form, "start=0&limit=50&action=get_replay&room_id=1".to_owned()),
        (list, json, format!("{{\"start\":{}", "[".repeat(200))),
        ("GET /cgi-bin/media/get?access_token=TOKEN&media_id=abc", "", String::new()),
        ("POST /v1/session", json, "{\"token\":\"x\",\"name\":\"owner\"}".to_owned()),
        ("GET /v1/rooms/1/view?key=abc", "", String::new()),
    ];
    let mut seeds: Vec<_> = texts
        .iter()
        .map(|(line, mime, body)| format!("{line}\n{mime}\n{body}").into_bytes())
        .collect();
    let line = format!("{upload}\nmultipart/form-data; boundary=edge\n");
    seeds.push([line.as_bytes(), &upload_body].concat());
    seeds
}

/// Mostly the body changes; else the path behind its method too, or all.
fn mutate(random: &mut Random, pool: &[Vec<u8>]) -> Vec<u8> {
    let seed = [random.pick::<Vec<u8>>(pool).clone()];
    let ends = |wanted| {
        let mut lines = (0..seed[0].len()).filter(|at| seed[0][*at] == wanted);
        (
            lines.next().map_or(0, |at| at + 1),
            lines.next().map_or(0, |at| at + 1),
        )
    };
    let kept = match random.below(8) {
        0 => 0,
        1 | 2 => ends(b'?').0,
        _ => ends(b'\n').1,
    };
    mutation::mutate(random, &seed, WORDS, kept)
}

/// An installation with one app and one verified anchor.
struct House {
    runtime: Runtime,
    router: Router,
    clock: Clock,
    state: Mutex<State>,
    _data_dir: TempDir,
}

struct State {
    token: String,
    calls: u64,
}

impl House {
    fn get() -> &'static Self {
        static HOUSE: OnceLock<House> = OnceLock::new();
        HOUSE.get_or_init(Self::build)
    }

    fn build() -> Self {
        let built = "a fresh installation opens";
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .expect(built);
        let data_dir = TempDir::new().expect(built);
        let clock = Clock::manual(NOW);
        let config = AppConfig::default();
        let settings =
            Settings::new(&config, "https://live.test", "rtmp://push.test").expect(built);
        let router = runtime.block_on(async {
            let store = Store::open(data_dir.path()).await.expect(built);
            let kaibo = Kaibo::new(store, clock.clone(), settings);
            let app_id: AppId = APP_ID.parse().expect(built);
            let app = kaibo.create_app(Some(app_id.clone()), Some(SECRET.to_owned()), "Shop");
            app.await.expect(built);
            kaibo.verify_anchor(&app_id, "anchor_a").await.expect(built);
            kaibo_api::router(kaibo, &ApiConfig::default(), None, CancellationToken::new())
        });
        let state = State {
            token: String::new(),
            calls: 0,
        };
        Self {
            runtime,
            router,
            clock,
            state: Mutex::new(state),
            _data_dir: data_dir,
        }
    }

    /// Status, Content-Type and body of the answer.
    fn ask(&self, request: Request<Body>) -> (StatusCode, String, Vec<u8>) {
        self.runtime.block_on(async {
            let Ok(response) = self.router.clone().oneshot(request).await;
            let status = response.status();
            let mime = response.headers().get(header::CONTENT_TYPE);
            let mime = mime.and_then(|mime| mime.to_str().ok()).unwrap_or_default();
            let mime = mime.to_owned();
            let body = to_bytes(response.into_body(), MAX_ANSWER).await;
            (
                status,
                mime,
                body.expect("an answer has its bounds").to_vec(),
            )
        })
    }

    /// A good token; days pass so that no quota ends the run.
    fn token(&self) -> String {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.calls.is_multiple_of(1000) {
            self.clock.advance(24 * 3_600_000);
            let path = format!(
                "/cgi-bin/token?grant_type=client_credential&appid={APP_ID}&secret={SECRET}"
            );
            let request = Request::get(path)
                .body(Body::empty())
                .expect("a good request");
            let answer: Value = serde_json::from_slice(&self.ask(request).2).expect("JSON");
            let token = answer["access_token"].as_str().expect("a token is sold");
            token.clone_into(&mut state.token);
        }
        state.calls += 1;
        state.token.clone()
    }
}

fn check(input: &[u8]) {
    let mut parts = input.splitn(3, |byte| *byte == b'\n');
    let mut part = || parts.next().unwrap_or_default();
    let (line, mime, body) = (part(), part(), part());
    let Ok(line) = std::str::from_utf8(line) else {
        return;
    };
    let Some((method, path)) = line.split_once(' ') else {
        return;
    };
    let house = House::get();
    let path = path.replace("TOKEN", &house.token());
    let mut request = Request::builder().method(method).uri(&path);
    if !mime.is_empty() {
        request = request.header(header::CONTENT_TYPE, mime);
    }
    // The HTTP server lets nothing else through.
    let Ok(request) = request.body(Body::from(body.to_vec())) else {
        return;
    };
    // An event stream has no end to wait for.
    if request.uri().path().contains("events") {
        return;
    }
    let of_wechat = ["/wxa", "/cgi-bin/"]
        .iter()
        .any(|start| path.starts_with(start));
    let is_head = method == "HEAD";
    let (status, mime, answer) = house.ask(request);
    assert!(!status.is_server_error(), "{line}: {status}");
    if of_wechat && !is_head && mime.starts_with("application/json") {
        let answer: Value = serde_json::from_slice(&answer).expect("WeChat's answers are JSON");
        let code = answer["errcode"].as_i64();
        // A token's answer has no number when it is good.
        assert!(
            code.is_some() || answer["access_token"].is_string(),
            "{answer}"
        );
        assert_ne!(code, Some(-1), "{line}: an own fault is the house's");
    }
}
