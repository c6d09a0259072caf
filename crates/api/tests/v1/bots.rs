//! `/v1/apps/{appid}/bots`: bots that tell a group of trouble.

use axum::http::Method;
use kaibo_outbound::OutboundConfig;
use serde_json::{Value, json};
use test_receiver::{Answer, Receiver};

use crate::world::{APP, NOW, Plan, World};

const BOTS: &str = "/v1/apps/wx0123456789abcdef/bots";

async fn world() -> World {
    World::with(Plan {
        outbound: Some(OutboundConfig {
            allow_private: vec!["127.0.0.0/8".parse().unwrap()],
            ..OutboundConfig::default()
        }),
        ..Plan::default()
    })
    .await
}

#[tokio::test]
async fn a_bot_is_made_tested_and_forgotten_and_never_shows_its_key() {
    let world = world().await;
    let owner = world.owner().await;
    let chat = Receiver::start().await;
    let form = json!({"brand": "wecom", "url": chat.url("/send?key=hush"), "secret": null});
    let made = owner.post(BOTS, form).await;
    assert_eq!(made.status, 201);
    let wanted = json!({
        "id": 1, "brand": "wecom", "host": chat.at.to_string(), "createdAt": NOW,
        "failingSince": null, "disabledAt": null,
    });
    assert_eq!(made.body, wanted);
    assert_eq!(owner.get(BOTS).await.ok(), json!([wanted]));

    let test = format!("{BOTS}/1/test");
    chat.answer(|_| {
        Some(Answer::new(
            200,
            r#"{"errcode":93000,"errmsg":"invalid webhook url"}"#,
        ))
    });
    let failed = owner.post(&test, json!({})).await;
    assert_eq!(failed.refusal(), (409, "bot_failed"));
    let detail = failed.body["error"]["detail"].as_str().unwrap();
    assert!(
        detail.contains("93000") && !detail.contains("hush"),
        "{detail}"
    );
    chat.answer(|_| Some(Answer::new(200, r#"{"errcode":0,"errmsg":"ok"}"#)));
    assert_eq!(owner.post(&test, json!({})).await.status, 204);
    let said = chat.got().remove(1);
    assert_eq!(said.path, "/send?key=hush");
    let said: Value = serde_json::from_str(&said.body).unwrap();
    assert_eq!(said["msgtype"], "text");
    let text = said["text"]["content"].as_str().unwrap();
    assert!(text.starts_with("【开播】测试消息"), "{text}");
    assert!(text.contains(&format!("https://live.test/console/apps/{APP}")));

    let one = format!("{BOTS}/1");
    assert_eq!(owner.call(Method::DELETE, &one, None).await.status, 204);
    let gone = owner.call(Method::DELETE, &one, None).await;
    assert_eq!(gone.refusal(), (404, "endpoint_not_found"));
}

#[tokio::test]
async fn an_app_has_five_bots_at_most_each_at_an_address_of_the_web() {
    let world = world().await;
    let owner = world.owner().await;
    let form = |url: &str| json!({"brand": "feishu", "url": url, "secret": "s"});
    let bad = owner.post(BOTS, form("javascript:alert(1)")).await;
    assert_eq!(bad.body["error"]["fields"], json!({"url": "url_invalid"}));
    for _ in 0..5 {
        assert_eq!(
            owner.post(BOTS, form("https://bot.test/a")).await.status,
            201
        );
    }
    let sixth = owner.post(BOTS, form("https://bot.test/a")).await;
    assert_eq!(sixth.refusal(), (409, "webhook_limit"));
    let hooks = owner.get(&format!("/v1/apps/{APP}/webhooks")).await.ok();
    assert_eq!(hooks["webhooks"], json!([]));
}
