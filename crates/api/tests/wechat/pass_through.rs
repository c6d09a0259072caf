//! Paths that are not Kaibo's, handed on to a stand-in for WeChat's own API, in both profiles.

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use kaibo_app::{AppConfig, CallQuery, CallRecord};
use kaibo_domain::door::Profile;
use kaibo_domain::quota::{AppQuotas, CallQuota};
use serde_json::{Value, json};
use test_receiver::Answer;
use test_receiver::wechat::{APPID, SECRET as REAL_SECRET, Wechat};

use crate::world::{APP_ID, SECRET, World, bytes_of, multipart, request, verdict};

const USERS: &str = "/wxa/business/getuserphonenumber";
const UNKNOWN: (i64, &str) = (40_066, "invalid url");

struct Shop {
    world: World,
    wechat: Wechat,
}

/// What a caller sees.
struct Seen {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Seen {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }
}

impl Shop {
    async fn new(profile: Profile) -> Self {
        let wechat = Wechat::start().await;
        let mut config = AppConfig::default();
        config.wechat.profile = profile;
        let world = World::beside(&wechat, config).await;
        Self { world, wechat }
    }

    /// In both profiles, with the stand-in's account.
    async fn both() -> [Self; 2] {
        let shops = [
            Self::new(Profile::Tolerant).await,
            Self::new(Profile::Strict).await,
        ];
        for shop in &shops {
            shop.set_account().await;
        }
        shops
    }

    async fn set_account(&self) {
        let kaibo = &self.world.kaibo;
        let set = kaibo.set_wechat(&self.world.app_id, Some(APPID), Some(REAL_SECRET));
        assert_eq!(set.await.unwrap().trouble, None);
    }

    /// An answer, none of which shows what opens WeChat's door.
    async fn see(&self, request: Request<Body>) -> Seen {
        let response = self.world.respond(request).await;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = bytes_of(response).await.to_vec();
        let told = format!("{headers:?} {}", String::from_utf8_lossy(&body));
        for secret in [REAL_SECRET, SECRET, "91_real-token"] {
            assert!(!told.contains(secret), "{told}");
        }
        Seen {
            status,
            headers,
            body,
        }
    }

    async fn call(&self, method: Method, path: &str, body: &str) -> Seen {
        let path = self.world.with_token(path);
        let mime = Some("application/json");
        self.see(request(method, &path, mime, body.to_owned()))
            .await
    }

    async fn last_call(&self) -> CallRecord {
        let one = CallQuery {
            limit: 1,
            ..CallQuery::default()
        };
        let calls = self.world.kaibo.calls(&self.world.app_id, &one).await;
        calls.unwrap().remove(0).1
    }
}

#[tokio::test]
async fn a_path_that_is_not_ours_is_asked_at_wechat_with_the_real_token() {
    for shop in Shop::both().await {
        let path = format!("{USERS}?a=%E5%BC%80&b");
        let seen = shop.call(Method::POST, &path, r#"{"code":"c"}"#).await;
        assert_eq!(
            seen.json(),
            json!({"errcode": 0, "errmsg": "ok", "at": USERS})
        );
        assert_eq!(
            seen.header("content-type"),
            "application/json; encoding=utf-8"
        );
        assert_eq!(
            seen.header("content-security-policy"),
            "default-src 'none'; sandbox"
        );
        assert_eq!(seen.header("x-quota-limit"), "");
        let asked = shop.wechat.got(USERS).remove(0);
        let wanted = format!("{USERS}?a=%E5%BC%80&b&access_token=91_real-token-1");
        assert_eq!((asked.method.as_str(), asked.path), ("POST", wanted));
        assert_eq!(asked.body, r#"{"code":"c"}"#);
        assert_eq!(asked.headers["content-type"], "application/json");

        let call = shop.last_call().await;
        assert_eq!((call.op.as_str(), call.code), ("pass-through", 0));
        assert_eq!(seen.header("x-kaibo-rid"), call.rid);
    }
}

#[tokio::test]
async fn an_answer_comes_as_it_is() {
    for shop in Shop::both().await {
        let code = "/wxa/getwxacodeunlimit";
        let image = Answer {
            header: Some("content-type: image/jpeg".into()),
            body: vec![0xff, 0xd8, 0, 1, 2],
            ..Answer::new(200, "")
        };
        shop.wechat.set(code, image);
        let seen = shop.call(Method::POST, code, r#"{"scene":"a"}"#).await;
        assert_eq!(
            (seen.header("content-type"), &*seen.body),
            ("image/jpeg", &[0xff, 0xd8, 0, 1, 2][..])
        );

        let said = r#"{"errcode":41030,"errmsg":"invalid page rid: 1-2-3"}"#;
        shop.wechat.set(code, Answer::new(200, said));
        let seen = shop.call(Method::POST, code, "{}").await;
        assert_eq!(seen.body, said.as_bytes());
        assert_eq!(shop.last_call().await.code, 41_030);

        let away = Answer {
            header: Some("location: https://elsewhere.test/".into()),
            ..Answer::new(503, "busy")
        };
        shop.wechat.set(code, away);
        let seen = shop.call(Method::GET, code, "").await;
        assert_eq!((seen.status.as_u16(), &*seen.body), (503, &b"busy"[..]));
        assert_eq!(seen.header("location"), "");
    }
}

#[tokio::test]
async fn nothing_of_a_caller_goes_on_but_what_it_asks() {
    for shop in Shop::both().await {
        let path = shop.world.with_token(USERS);
        let call = Request::post(path)
            .header("cookie", "kaibo_session=hush")
            .header("authorization", "Bearer hush")
            .header("x-forwarded-for", "192.0.2.1")
            .header("connection", "x-own")
            .header("x-own", "hush")
            .header("content-type", "application/json");
        shop.see(call.body("{}".into()).unwrap()).await;
        let asked = shop.wechat.got(USERS).remove(0);
        let mut names: Vec<&str> = asked.headers.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(
            names,
            ["content-length", "content-type", "host", "user-agent"]
        );
        assert_eq!(asked.headers["host"], shop.wechat.receiver.at.to_string());
    }
}

#[tokio::test]
async fn every_method_and_an_upload_go_on() {
    for shop in Shop::both().await {
        let path = "/cgi-bin/media/uploadimg";
        for method in [Method::GET, Method::PUT, Method::PATCH, Method::DELETE] {
            shop.call(method.clone(), path, "").await;
            assert_eq!(shop.wechat.got(path).pop().unwrap().method, method.as_str());
        }
        let url = shop.world.with_token(path);
        let seen = shop
            .see(multipart(&url, &[("media", Some("a.png"), b"PNG bytes")]))
            .await;
        assert_eq!(seen.json()["errcode"], 0);
        let asked = shop.wechat.got(path).pop().unwrap();
        assert!(asked.headers["content-type"].starts_with("multipart/form-data; boundary="));
        assert!(asked.body.contains("PNG bytes"));
        let large = "x".repeat(10 * 1024 * 1024 + 1);
        let seen = shop.call(Method::POST, path, &large).await;
        assert_eq!(verdict(&seen.json()), (45_002, "content size out of limit"));
    }
}

#[tokio::test]
async fn a_token_that_wechat_refuses_is_renewed_behind_the_caller_s_back() {
    for shop in Shop::both().await {
        for refuse in [Wechat::renew, Wechat::disown] {
            refuse(&shop.wechat);
            let seen = shop.call(Method::GET, USERS, "").await;
            assert_eq!(seen.json()["errcode"], 0);
        }
        assert_eq!(shop.wechat.sold(), 3);
    }
}

#[tokio::test]
async fn without_an_account_it_is_an_unknown_url_that_says_what_to_do() {
    for profile in [Profile::Tolerant, Profile::Strict] {
        let shop = Shop::new(profile).await;
        let seen = shop.call(Method::POST, USERS, "{}").await;
        assert_eq!(verdict(&seen.json()), UNKNOWN);
        let reason = seen.header("x-kaibo-reason");
        assert!(reason.contains("AppSecret in the console"), "{reason}");
        assert_eq!(shop.last_call().await.reason.as_deref(), Some(reason));
        let without = shop.see(request(Method::GET, USERS, None, "")).await;
        assert_eq!(verdict(&without.json()), UNKNOWN);
        assert!(without.header("x-kaibo-reason").contains("access_token"));
        assert!(shop.wechat.receiver.got().is_empty());
    }
}

#[tokio::test]
async fn whoever_calls_must_be_let_in() {
    for shop in Shop::both().await {
        let stale = format!("{USERS}?access_token=stale-token");
        let seen = shop.see(request(Method::GET, &stale, None, "")).await;
        assert_eq!(seen.json()["errcode"], 40_001);
        let nets = ["203.0.113.7".parse().unwrap()];
        let kaibo = &shop.world.kaibo;
        let set = kaibo.set_door(&shop.world.app_id, None, &nets);
        set.await.unwrap();
        let seen = shop.call(Method::GET, USERS, "").await;
        assert_eq!(seen.json()["errcode"], 40_164);
        assert!(shop.wechat.got(USERS).is_empty());
    }
}

#[tokio::test]
async fn the_strict_profile_takes_no_calls_over_http() {
    let [tolerant, strict] = Shop::both().await;
    for (shop, code) in [(tolerant, 0), (strict, 43_003)] {
        let path = shop.world.with_token(USERS);
        let call = Request::get(path).header("x-forwarded-proto", "http");
        let seen = shop.see(call.body(Body::empty()).unwrap()).await;
        assert_eq!(seen.json()["errcode"], code);
    }
}

#[tokio::test]
async fn no_path_reaches_another_host_or_climbs() {
    for shop in Shop::both().await {
        for path in [
            "/wxa/../cgi-bin/stable_token",
            "/wxa/%2e%2e/cgi-bin/stable_token",
            "/wxa/..%2fcgi-bin%2fstable_token",
            "/wxa/a%2f..%2fb",
            "/wxa/x%00",
            "/wxa//evil.example",
            "/wxa/x;y",
            "/wxa/@evil.example/",
            "/@evil.example/x",
            "/a@evil.example/x",
            "/evil.example:80/x",
            "/wxa/http://evil.example/",
        ] {
            let seen = shop.call(Method::GET, path, "").await;
            assert_eq!(verdict(&seen.json()), UNKNOWN, "{path}");
            assert!(seen.header("x-kaibo-reason").contains("no path"), "{path}");
        }
        shop.call(Method::GET, "//evil.example/x?u=@evil.example", "")
            .await;
        let asked = shop.wechat.got("/evil.example/x").remove(0);
        assert_eq!(asked.headers["host"], shop.wechat.receiver.at.to_string());
    }
}

#[tokio::test]
async fn what_kaibo_answers_itself_never_goes_on_however_it_is_written() {
    for shop in Shop::both().await {
        for path in [
            "/wxaapi/broadcast/room/unknown",
            "/WXAAPI/Broadcast/room/create",
            "/wxaapi/broadcast",
            "/CGI-BIN/token",
            "/cgi-bin/Stable_Token",
            "/cgi-bin/stable_token/x",
            "/cgi-bin/media/Upload",
            "/wxa/business/GetLiveInfo",
            "/wxa/business/getliveinfo/",
        ] {
            for method in [Method::GET, Method::POST] {
                let seen = shop.call(method, path, "{}").await;
                assert_eq!(verdict(&seen.json()), UNKNOWN, "{path}");
            }
        }
        let token = "/cgi-bin/stable_token";
        assert_eq!(
            shop.wechat.receiver.got().len(),
            shop.wechat.got(token).len()
        );
    }
}

#[tokio::test]
async fn a_visitor_s_code_is_exchanged_with_the_real_secret() {
    for shop in Shop::both().await {
        let ask = async |appid: &str, secret: &str| {
            let path = format!(
                "/sns/jscode2session?appid={appid}&secret={secret}&js_code=c%2B1&grant_type=authorization_code"
            );
            shop.see(request(Method::GET, &path, None, "")).await.json()
        };
        let session = ask(APP_ID, SECRET).await;
        assert_eq!(session["openid"], "o_visitor");
        let asked = shop.wechat.got("/sns/jscode2session").remove(0);
        let wanted = format!(
            "/sns/jscode2session?js_code=c%2B1&grant_type=authorization_code&appid={APPID}&secret={REAL_SECRET}"
        );
        assert_eq!(asked.path, wanted);
        assert_eq!(ask(APP_ID, "nope").await["errcode"], 40_125);
        assert_eq!(ask("wxnobody", SECRET).await["errcode"], 40_013);
        assert_eq!(shop.wechat.got("/sns/jscode2session").len(), 1);
    }
}

#[tokio::test]
async fn why_wechat_is_not_asked_is_told() {
    for shop in Shop::both().await {
        let said = "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist rid: 1-2-3";
        shop.wechat
            .trouble(Some(json!({"errcode": 40164, "errmsg": said})));
        shop.wechat.renew();
        let seen = shop.call(Method::GET, USERS, "").await;
        let (code, text) = (40_164, "invalid ip 203.0.113.7, not in whitelist of WeChat");
        assert_eq!(verdict(&seen.json()), (code, text));
        assert!(seen.header("x-kaibo-reason").contains("IP allow-list"));
        shop.wechat.trouble(None);
        shop.world.advance(10);
        shop.wechat
            .set(USERS, Answer::new(200, &"x".repeat(10 * 1024 * 1024 + 1)));
        let seen = shop.call(Method::GET, USERS, "").await;
        assert_eq!(verdict(&seen.json()), (-1, "system error"));
        assert!(seen.header("x-kaibo-reason").contains("too large"));
    }
}

#[tokio::test]
async fn a_loop_that_has_run_wild_is_stopped_for_a_minute() {
    for shop in Shop::both().await {
        let own = CallQuota {
            per_minute: Some(2),
            ..CallQuota::default()
        };
        let quotas = AppQuotas {
            calls: [("pass-through".to_owned(), own)].into(),
            ..AppQuotas::default()
        };
        let set = shop.world.kaibo.set_quotas(&shop.world.app_id, &quotas);
        set.await.unwrap();
        let one = async || shop.call(Method::GET, USERS, "").await.json()["errcode"].clone();
        for wanted in [0, 0, 45_011, 45_011] {
            assert_eq!(one().await, wanted);
        }
        assert_eq!(shop.wechat.got(USERS).len(), 2);
        shop.world.advance(60);
        assert_eq!(one().await, 0);
    }
}
