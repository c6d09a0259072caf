//! An app's account with WeChat, against a stand-in: how its token is bought, kept and renewed.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::join_all;
use kaibo_app::ports::{CallError, WechatAnswer, WechatRequest};
use kaibo_app::{AppConfig, Clock, Kaibo, Settings, WechatFault};
use kaibo_domain::MINUTE_MS;
use kaibo_domain::id::AppId;
use kaibo_domain::wechat::{ApiPath, TokenTrouble, WechatRefusal};
use kaibo_outbound::{Calls, OutboundConfig};
use kaibo_store::{DATABASE_FILE, Store};
use serde_json::json;
use tempfile::TempDir;
use test_receiver::Answer;
use test_receiver::wechat::{APPID, SECRET, Wechat};

const NOW: i64 = 1_795_312_800_000;
const PATH: &str = "/cgi-bin/get_api_domain_ip";

struct House {
    folder: TempDir,
    clock: Clock,
    store: Store,
    kaibo: Kaibo,
    app: AppId,
    wechat: Arc<Wechat>,
}

impl House {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::manual(NOW);
        let wechat = Arc::new(Wechat::start().await);
        let (store, kaibo) = open(&folder, &clock, &wechat).await;
        let app = kaibo.create_app(None, None, "Shop").await.unwrap().app_id;
        Self {
            folder,
            clock,
            store,
            kaibo,
            app,
            wechat,
        }
    }

    /// With the account of the stand-in.
    async fn with_account() -> Self {
        let house = Self::new().await;
        let set = house
            .kaibo
            .set_wechat(&house.app, Some(APPID), Some(SECRET));
        assert_eq!(set.await.unwrap().trouble, None);
        house
    }

    async fn reopen(&mut self) {
        self.store.close().await;
        (self.store, self.kaibo) = open(&self.folder, &self.clock, &self.wechat).await;
    }

    async fn call(&self) -> Result<WechatAnswer, WechatFault> {
        let called = self.kaibo.call_wechat(&self.app, get(PATH));
        called.await.unwrap()
    }

    async fn is_answered(&self) {
        let answer = self.call().await.unwrap();
        assert_eq!((answer.status, answer.code), (200, Some(0)));
    }

    async fn trouble(&self) -> Option<TokenTrouble> {
        let state = self.kaibo.wechat_state(&self.app).await.unwrap();
        state.unwrap().trouble
    }
}

async fn open(folder: &TempDir, clock: &Clock, wechat: &Wechat) -> (Store, Kaibo) {
    let store = Store::open(folder.path()).await.unwrap();
    let settings = Settings::new(
        &AppConfig::default(),
        "https://live.test",
        "rtmp://push.test",
    );
    let outbound = Calls::shared(OutboundConfig {
        allow_private: vec!["127.0.0.0/8".parse().unwrap()],
        wechat_base: wechat.base().parse().unwrap(),
        ..OutboundConfig::default()
    });
    let kaibo = Kaibo::with_outbound(store.clone(), clock.clone(), settings.unwrap(), outbound);
    (store, kaibo)
}

fn get(path: &str) -> WechatRequest {
    WechatRequest {
        method: "GET".into(),
        path: ApiPath::new(path).unwrap(),
        query: "a=1".into(),
        content_type: None,
        body: Bytes::new(),
    }
}

#[tokio::test]
async fn many_calls_at_once_buy_one_token() {
    let house = House::with_account().await;
    house.wechat.renew();
    house.clock.advance(117 * MINUTE_MS);
    let calls = (0..20).map(|_| house.is_answered());
    join_all(calls).await;
    assert_eq!(house.wechat.sold(), 2);
    assert_eq!(house.wechat.got("/cgi-bin/stable_token").len(), 2);
    let asked = house.wechat.got(PATH);
    assert_eq!(asked.len(), 20);
    assert_eq!(
        asked[0].path,
        format!("{PATH}?a=1&access_token=91_real-token-2")
    );
}

#[tokio::test]
async fn a_token_is_kept_sealed_over_a_restart_and_bought_anew_before_its_end() {
    let mut house = House::with_account().await;
    house.reopen().await;
    house.clock.advance(115 * MINUTE_MS);
    house.is_answered().await;
    assert_eq!(house.wechat.got("/cgi-bin/stable_token").len(), 1);
    house.clock.advance(2 * MINUTE_MS);
    house.is_answered().await;
    assert_eq!(house.wechat.got("/cgi-bin/stable_token").len(), 2);

    house.store.close().await;
    for entry in std::fs::read_dir(house.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            for secret in [SECRET, "91_real-token-1"] {
                let found = bytes.windows(secret.len()).any(|w| w == secret.as_bytes());
                assert!(!found, "{secret} in {}", path.display());
            }
        }
    }
    assert!(house.folder.path().join(DATABASE_FILE).exists());
}

#[tokio::test]
async fn a_token_that_wechat_refuses_is_bought_anew_and_the_call_made_once_more() {
    let house = House::with_account().await;
    house.wechat.renew();
    house.is_answered().await;
    assert_eq!(house.wechat.sold(), 2);
    assert_eq!(house.wechat.got(PATH).len(), 2);
}

#[tokio::test]
async fn another_token_is_insisted_on_where_wechat_sells_the_refused_one_but_not_again_and_again() {
    let house = House::with_account().await;
    house.wechat.disown();
    house.is_answered().await;
    assert_eq!(house.wechat.sold(), 2);
    house.wechat.disown();
    house.clock.advance(5 * MINUTE_MS);
    let answer = house.call().await.unwrap();
    assert_eq!((answer.code, answer.token_refused), (Some(40001), true));
    assert_eq!(house.wechat.sold(), 2);
    house.clock.advance(5 * MINUTE_MS);
    house.is_answered().await;
    assert_eq!(house.wechat.sold(), 3);
}

#[tokio::test]
async fn without_an_account_wechat_is_not_called() {
    let house = House::new().await;
    let none = WechatFault::NoAccount(WechatRefusal::NotSet);
    assert_eq!(house.call().await.err(), Some(none.clone()));
    let with_secret = house.kaibo.call_wechat_with_secret(&house.app, get(PATH));
    assert_eq!(with_secret.await.unwrap().err(), Some(none));
    assert!(house.wechat.receiver.got().is_empty());
}

#[tokio::test]
async fn why_no_token_is_sold_is_kept_and_wechat_is_left_alone_for_a_while() {
    let mut house = House::new().await;
    let wrong = "0".repeat(32);
    let set = house
        .kaibo
        .set_wechat(&house.app, Some(APPID), Some(&wrong));
    let state = set.await.unwrap();
    assert_eq!(state.trouble, Some(TokenTrouble::SecretWrong));
    house.reopen().await;
    let failed = WechatFault::NoToken(TokenTrouble::SecretWrong);
    assert_eq!(house.call().await.err(), Some(failed.clone()));
    assert_eq!(house.wechat.receiver.got().len(), 1);
    house.clock.advance(10_000);
    assert_eq!(house.call().await.err(), Some(failed));
    assert_eq!(house.wechat.receiver.got().len(), 2);

    let set = house.kaibo.set_wechat(&house.app, None, Some(SECRET));
    assert_eq!(set.await.unwrap().trouble, None);
    house.is_answered().await;
}

#[tokio::test]
async fn the_old_token_serves_to_its_end_while_wechat_sells_none() {
    let house = House::with_account().await;
    let said = "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist rid: 1-2-3";
    let refused = json!({"errcode": 40164, "errmsg": said});
    house.wechat.trouble(Some(refused));
    house.clock.advance(117 * MINUTE_MS);
    house.is_answered().await;
    let trouble = TokenTrouble::AddressNotAllowed {
        address: "203.0.113.7".into(),
    };
    assert_eq!(house.trouble().await, Some(trouble.clone()));
    assert!(trouble.to_string().contains("203.0.113.7"));
    house.clock.advance(3 * MINUTE_MS);
    let over = house.call().await.err();
    assert_eq!(over, Some(WechatFault::NoToken(trouble)));
    house.wechat.trouble(None);
    house.clock.advance(10_000);
    house.is_answered().await;
    assert_eq!(house.trouble().await, None);
}

#[tokio::test]
async fn wechat_that_cannot_be_reached_is_a_trouble_too() {
    let house = House::new().await;
    let page = Answer::new(502, "<html>bad gateway</html>");
    house.wechat.receiver.answer(move |_| Some(page.clone()));
    let set = house
        .kaibo
        .set_wechat(&house.app, Some(APPID), Some(SECRET));
    let trouble = set.await.unwrap().trouble;
    assert!(
        matches!(&trouble, Some(TokenTrouble::Unreachable { why }) if why.contains("502")),
        "{trouble:?}"
    );
}

#[tokio::test]
async fn answers_that_are_too_large_or_repeat_the_token_are_kept_back() {
    let house = House::with_account().await;
    let token = house.wechat.token().unwrap();
    house
        .wechat
        .set(PATH, Answer::new(200, &format!("<a>{token}</a>")));
    let kept_back = |error| Some(WechatFault::Call(error));
    assert_eq!(house.call().await.err(), kept_back(CallError::Secret));
    house
        .wechat
        .set(PATH, Answer::new(200, &"x".repeat(10 * 1024 * 1024)));
    assert_eq!(house.call().await.unwrap().body.len(), 10 * 1024 * 1024);
    house
        .wechat
        .set(PATH, Answer::new(200, &"x".repeat(10 * 1024 * 1024 + 1)));
    assert_eq!(house.call().await.err(), kept_back(CallError::TooLarge));
    let away = Answer {
        header: Some(format!("location: /x?access_token={token}")),
        ..Answer::new(302, "")
    };
    house.wechat.set(PATH, away);
    assert_eq!(
        house.call().await.unwrap().status,
        302,
        "nobody is followed"
    );
}
