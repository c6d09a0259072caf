//! `/v1/apps/{appid}/wechat`: an app's account with WeChat, against a stand-in.

use axum::http::Method;
use kaibo_outbound::OutboundConfig;
use serde_json::{Value, json};
use test_receiver::wechat::{APPID, SECRET, Wechat};

use crate::world::{APP, NOW, Owner, Plan, World};

const PATH: &str = "/v1/apps/wx0123456789abcdef/wechat";

async fn world(wechat: &Wechat) -> World {
    let outbound = OutboundConfig {
        allow_private: vec!["127.0.0.0/8".parse().unwrap()],
        wechat_base: wechat.base().parse().unwrap(),
        ..OutboundConfig::default()
    };
    World::with(Plan {
        outbound: Some(outbound),
        ..Plan::default()
    })
    .await
}

async fn set(owner: &Owner<'_>, form: Value) -> Value {
    let set = owner.call(Method::PUT, PATH, Some(form)).await;
    assert!(!set.body.to_string().contains(SECRET));
    set.ok()
}

#[tokio::test]
async fn an_account_is_set_shown_without_its_secret_and_forgotten() {
    let wechat = Wechat::start().await;
    let world = world(&wechat).await;
    let owner = world.owner().await;
    assert_eq!(owner.get(PATH).await.ok(), Value::Null);
    let good = json!({
        "appid": APPID, "setAt": NOW, "boughtAt": NOW, "expiresAt": NOW + 7_200_000,
        "problem": null,
    });
    assert_eq!(
        set(&owner, json!({"appid": APPID, "secret": SECRET})).await,
        good
    );
    assert_eq!(owner.get(PATH).await.ok(), good);
    assert_eq!(set(&owner, json!({})).await, good, "the secret stays");
    let dropped = owner.call(Method::DELETE, PATH, None).await;
    assert_eq!(dropped.status, 204);
    let again = owner.call(Method::DELETE, PATH, None).await;
    assert_eq!(again.refusal(), (404, "wechat_not_set"));
    assert_eq!(owner.get(PATH).await.ok(), Value::Null);
}

#[tokio::test]
async fn why_wechat_sells_no_token_is_told_in_plain_words() {
    let wechat = Wechat::start().await;
    let world = world(&wechat).await;
    let owner = world.owner().await;
    let said = "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist rid: 1-2-3";
    let cases = [
        (40013, "invalid appid", "appid_unknown", "AppID"),
        (40125, "invalid appsecret", "secret_wrong", "AppSecret"),
        (40164, said, "address_not_allowed", "203.0.113.7"),
        (
            45009,
            "reach max api daily quota limit",
            "quota_used_up",
            "tomorrow",
        ),
        (50002, "user limited", "refused", "50002"),
    ];
    for (code, said, kind, word) in cases {
        wechat.trouble(Some(json!({"errcode": code, "errmsg": said})));
        let state = set(&owner, json!({"appid": APPID, "secret": SECRET})).await;
        let problem = &state["problem"];
        assert_eq!(
            (&problem["kind"], &problem["at"]),
            (&json!(kind), &json!(NOW))
        );
        let text = problem["text"].as_str().unwrap();
        assert!(text.contains(word), "{text}");
        let address = (code == 40164).then_some("203.0.113.7");
        assert_eq!(problem["address"], json!(address));
        assert_eq!(state["boughtAt"], Value::Null);
    }
}

#[tokio::test]
async fn what_cannot_be_wechats_is_refused_and_changes_nothing() {
    let wechat = Wechat::start().await;
    let world = world(&wechat).await;
    let owner = world.owner().await;
    for (form, field, rule) in [
        (json!({"secret": "short"}), "secret", "wechat_secret_form"),
        (json!({}), "secret", "wechat_secret_form"),
        (
            json!({"appid": "gh_01", "secret": SECRET}),
            "appid",
            "wechat_appid_form",
        ),
    ] {
        let refused = owner.call(Method::PUT, PATH, Some(form)).await;
        assert_eq!(refused.status, 422);
        assert_eq!(refused.body["error"]["fields"], json!({field: rule}));
    }
    assert_eq!(owner.get(PATH).await.ok(), Value::Null);
    set(&owner, json!({"secret": SECRET})).await;
    let own = owner.get(PATH).await.ok();
    assert_eq!(own["appid"], APP, "the app's own id");
    let other = json!({"appid": APPID});
    let refused = owner.call(Method::PUT, PATH, Some(other)).await;
    assert_eq!(refused.status, 422, "another AppID has another secret");
    assert_eq!(owner.get(PATH).await.ok(), own);
    assert_eq!(world.get(PATH).await.refusal(), (401, "not_signed_in"));
}
