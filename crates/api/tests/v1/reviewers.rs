//! `/v1/apps/{appid}/goods-reviewer`: somebody outside decides whether goods may be sold.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use kaibo_app::settings::ReviewProvider;
use kaibo_domain::goods::{GoodsDraft, Origin, Price};
use kaibo_domain::id::AppId;
use kaibo_outbound::OutboundConfig;
use serde_json::{Value, json};
use test_receiver::{Answer, Receiver};

use crate::world::{APP, Owner, Plan, World};

const REVIEWER: &str = "/v1/apps/wx0123456789abcdef/goods-reviewer";

async fn world() -> World {
    let mut plan = Plan {
        outbound: Some(OutboundConfig {
            allow_private: vec!["127.0.0.0/8".parse().unwrap()],
            ..OutboundConfig::default()
        }),
        ..Plan::default()
    };
    plan.app.goods.review = ReviewProvider::Webhook;
    World::with(plan).await
}

/// The reviewer's secret.
async fn set(owner: &Owner<'_>, url: &str) -> String {
    let set = owner.call(Method::PUT, REVIEWER, Some(json!({"url": url})));
    let set = set.await.ok();
    assert_eq!(set["reviewer"]["url"], url);
    set["secret"].as_str().unwrap().to_owned()
}

/// New goods of the console, not submitted yet.
async fn goods(world: &World) -> i64 {
    let app: AppId = APP.parse().unwrap();
    let draft = GoodsDraft {
        name: "帆布双肩包".into(),
        cover: world.media_id(300).await,
        price: Price::Fixed(5_990),
        url: "pages/goods/detail?id=7".into(),
        third_party_appid: String::new(),
        goods_key: vec![],
    };
    let made = world.kaibo.add_goods(&app, draft, Origin::Console, false);
    made.await.unwrap().id.0
}

async fn submit(owner: &Owner<'_>, id: i64) -> Value {
    let path = format!("/v1/apps/{APP}/goods/{id}/submit");
    owner.post(&path, json!({})).await.body
}

/// A decision with a secret.
async fn decide(world: &World, secret: &str, what: &str, body: Value) -> (StatusCode, Value) {
    let request = Request::post(format!("/v1/apps/{APP}/goods/{what}"))
        .header(header::AUTHORIZATION, format!("Reviewer {secret}"))
        .header(header::CONTENT_TYPE, "application/json");
    let answer = world.send(request.body(Body::from(body.to_string())).unwrap());
    let answer = answer.await;
    (answer.status, answer.body)
}

#[tokio::test]
async fn goods_are_decided_at_once_or_later_with_the_reviewer_s_secret() {
    let world = world().await;
    let owner = world.owner().await;
    let reviewer = Receiver::start().await;
    let secret = set(&owner, &reviewer.url("/review")).await;
    let id = goods(&world).await;

    let rejects = r#"{"verdict":"reject","rule":"image.blurred","reason":"图片模糊，请更换"}"#;
    reviewer.answer(move |_| Some(Answer::new(200, rejects)));
    let rejected = submit(&owner, id).await;
    assert_eq!(rejected["auditStatus"], 3);
    let why = json!({"rule": "image.blurred", "reason": "图片模糊，请更换"});
    assert_eq!(rejected["rejection"], why);
    let asked = reviewer.got().remove(0);
    assert_eq!(asked.headers["kaibo-event"], "goods.submitted");
    assert!(asked.headers["kaibo-signature"].contains(",v1="));
    let told: Value = serde_json::from_str(&asked.body).unwrap();
    assert_eq!(told["data"]["name"], "帆布双肩包");
    assert_eq!(told["data"]["auditId"], rejected["auditId"]);

    reviewer.answer(|_| Some(Answer::new(202, "")));
    let pending = submit(&owner, id).await;
    assert_eq!(pending["auditStatus"], 1);
    let (old, new) = (&rejected["auditId"], &pending["auditId"]);
    let none = json!({});
    let path = |audit: &Value| format!("{id}/approve?auditId={audit}");
    let late = decide(&world, &secret, &path(old), none.clone()).await;
    assert_eq!(late.0, 409, "of the submission before");
    let forged = decide(&world, "whsec_forged", &path(new), none.clone()).await;
    assert_eq!(forged.1["error"]["code"], "reviewer_unknown");
    let (status, approved) = decide(&world, &secret, &path(new), none).await;
    assert_eq!(
        (status.as_u16(), &approved["auditStatus"]),
        (200, &json!(2))
    );
}

#[tokio::test]
async fn a_reviewer_that_does_not_take_goods_leaves_them_to_be_submitted_again() {
    let world = world().await;
    let owner = world.owner().await;
    let id = goods(&world).await;
    let without = submit(&owner, id).await;
    assert_eq!(without["error"]["code"], "reviewer_failed");
    assert!(
        without["error"]["detail"]
            .as_str()
            .unwrap()
            .contains("no reviewer")
    );

    let reviewer = Receiver::start().await;
    set(&owner, &reviewer.url("/review")).await;
    reviewer.answer(|_| Some(Answer::new(503, "busy")));
    assert_eq!(submit(&owner, id).await["error"]["code"], "reviewer_failed");
    let kept = owner.get(&format!("/v1/apps/{APP}/goods/{id}")).await.ok();
    assert_eq!(kept["auditStatus"], 0);
    reviewer.answer(|_| Some(Answer::new(200, r#"{"verdict":"approve"}"#)));
    assert_eq!(submit(&owner, id).await["auditStatus"], 2);
}

#[tokio::test]
async fn a_reviewer_s_secret_opens_its_own_app_and_is_over_with_it() {
    let world = world().await;
    let owner = world.owner().await;
    assert_eq!(owner.get(REVIEWER).await.ok(), Value::Null);
    let first = set(&owner, "https://review.test/a").await;
    let second = set(&owner, "https://review.test/b").await;
    let other = world.kaibo.create_app(None, None, "Other").await.unwrap();
    let foreign = format!("/v1/apps/{}/goods/1/approve", other.app_id);
    let request =
        Request::post(foreign).header(header::AUTHORIZATION, format!("Reviewer {second}"));
    let answer = world.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.refusal(), (401, "reviewer_unknown"));
    let old = decide(&world, &first, "1/approve", json!({})).await;
    assert_eq!(old.0, 401, "a new secret takes the place of the old one");
    let new = decide(&world, &second, "1/approve", json!({})).await;
    assert_eq!(new.1["error"]["code"], "goods_not_found");
    assert_eq!(owner.call(Method::DELETE, REVIEWER, None).await.status, 204);
    let gone = decide(&world, &second, "1/approve", json!({})).await;
    assert_eq!(gone.0, 401);
    let bad = owner.call(Method::PUT, REVIEWER, Some(json!({"url": "ftp://a"})));
    assert_eq!(
        bad.await.body["error"]["fields"],
        json!({"url": "url_invalid"})
    );
}
