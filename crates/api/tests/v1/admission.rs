//! `/v1/apps/{appid}/admission`: who may use live, and what is missing.

use axum::http::Method;
use serde_json::{Value, json};

use crate::world::{APP, MINUTE, NOW, Owner, World};

const DAY: i64 = 24 * 60 * MINUTE;

async fn set(owner: &Owner<'_>, body: Value) -> Value {
    let path = format!("/v1/apps/{APP}/admission");
    owner.call(Method::PUT, &path, Some(body)).await.ok()
}

async fn know(owner: &Owner<'_>, facts: Value) -> Value {
    let path = format!("/v1/apps/{APP}/admission/facts");
    owner.post(&path, json!({"facts": facts})).await.ok()
}

fn lack<'a>(view: &'a Value, kind: &str) -> &'a Value {
    let conditions = view["conditions"].as_array().unwrap();
    let found = conditions.iter().find(|c| c["kind"] == kind);
    &found.unwrap()["lack"]
}

/// `errcode` of the list of rooms.
async fn list(world: &World) -> i64 {
    let token = world.kaibo.issue_token(&APP.parse().unwrap()).await;
    let path = format!(
        "/wxa/business/getliveinfo?access_token={}",
        token.unwrap().token
    );
    let answer = world.post(&path, json!({"start": 0, "limit": 1})).await;
    if answer.body["errcode"] == 48_001 {
        let reason = answer.headers["x-kaibo-reason"].to_str().unwrap();
        assert!(reason.starts_with("admission: "), "{reason}");
    }
    answer.body["errcode"].as_i64().unwrap()
}

#[tokio::test]
async fn an_app_gets_in_condition_by_condition_and_is_told_what_is_missing() {
    let world = World::new().await;
    let owner = world.owner().await;
    let open = owner.get(&format!("/v1/apps/{APP}/admission")).await.ok();
    assert_eq!(
        (&open["admitted"], &open["policy"]),
        (&json!(true), &json!("open"))
    );
    assert_eq!(open["categories"].as_array().unwrap().len(), 18);
    assert_eq!(list(&world).await, 9_410_000);

    let view = set(&owner, json!({"policy": "wechat"})).await;
    assert_eq!(view["admitted"], false);
    assert_eq!(view["conditions"].as_array().unwrap().len(), 6);
    assert_eq!(*lack(&view, "subject"), json!({"kind": "unknown"}));
    assert_eq!(*lack(&view, "violation"), json!(null));
    assert_eq!(list(&world).await, 48_001);

    let facts = json!([
        {"kind": "subject", "date": "2025-01-01", "value": 1},
        {"kind": "payment", "date": "2026-01-15", "value": 3},
        {"kind": "followers", "date": "2026-01-14", "value": 88},
    ]);
    let view = know(&owner, facts).await;
    assert_eq!(*lack(&view, "subject"), json!({"kind": "noCategory"}));
    let tomorrow = json!({"kind": "countsFrom", "from": "2026-01-16"});
    assert_eq!(*lack(&view, "payment"), tomorrow);
    assert_eq!(
        *lack(&view, "followers"),
        json!({"kind": "tooFew", "by": 13})
    );
    let payment = &view["conditions"][2];
    assert_eq!(
        (&payment["number"], &payment["must"]),
        (&json!(3), &json!(true))
    );
    assert_eq!(payment["fact"]["source"], "operator");
    assert_eq!(payment["fact"]["notedAt"], NOW);

    set(&owner, json!({"policy": "wechat", "category": "food"})).await;
    world.clock.advance(DAY);
    assert_eq!(list(&world).await, 48_001, "followers are too few");
    let facts = json!([{"kind": "followers", "date": "2026-01-15", "value": 101}]);
    let view = know(&owner, facts).await;
    assert_eq!(
        (&view["admitted"], &view["category"]),
        (&json!(true), &json!("food"))
    );
    assert_eq!(list(&world).await, 9_410_000);
    // With time alone, the payment grows too old.
    world.clock.advance(90 * DAY);
    assert_eq!(list(&world).await, 48_001);
}

#[tokio::test]
async fn a_disabled_app_is_out_until_it_is_let_in_again() {
    let world = World::new().await;
    let owner = world.owner().await;
    let view = set(&owner, json!({"policy": "open", "disabled": true})).await;
    assert_eq!(
        (&view["admitted"], &view["disabled"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(list(&world).await, 48_001);
    set(&owner, json!({"policy": "open"})).await;
    assert_eq!(list(&world).await, 9_410_000);
}

#[tokio::test]
async fn an_operators_own_thresholds_are_kept_as_they_were_set() {
    let world = World::new().await;
    let owner = world.owner().await;
    let thresholds = json!({
        "subject": false, "violationFreeDays": null, "paymentDays": 30,
        "followersOver": null, "activeUsersOver": null, "adSpendFen": null,
    });
    let custom = json!({"policy": "custom", "thresholds": thresholds});
    let view = set(&owner, custom).await;
    assert_eq!(view["thresholds"], thresholds);
    assert_eq!(view["conditions"].as_array().unwrap().len(), 1);
    let path = format!("/v1/apps/{APP}/admission");
    for (body, field, rule) in [
        (
            json!({"policy": "open", "category": "magic"}),
            "category",
            "category_unknown",
        ),
        (
            json!({"policy": "custom", "thresholds": {"paymentDays": -1}}),
            "thresholds",
            "out_of_bounds",
        ),
    ] {
        let refused = owner.call(Method::PUT, &path, Some(body)).await;
        assert_eq!(refused.body["error"]["fields"], json!({field: rule}));
    }
}

#[tokio::test]
async fn facts_are_listed_newest_first_and_never_of_the_future() {
    let world = World::new().await;
    let owner = world.owner().await;
    let path = format!("/v1/apps/{APP}/admission/facts");
    let facts = json!([
        {"kind": "activeUsers", "date": "2026-01-13", "value": 90},
        {"kind": "activeUsers", "date": "2026-01-14", "value": 95},
    ]);
    let form = json!({"source": "merchant", "facts": facts});
    owner.post(&path, form).await.ok();
    let known = owner.get(&path).await.ok();
    assert_eq!(
        known[0],
        json!({
            "kind": "activeUsers", "date": "2026-01-14", "value": 95,
            "source": "merchant", "notedAt": NOW,
        })
    );
    assert_eq!(known[1]["date"], "2026-01-13");
    for (date, value, field, rule) in [
        ("2026-01-16", 1, "date", "date_invalid"),
        ("yesterday", 1, "date", "date_invalid"),
        ("2026-01-14", -1, "value", "out_of_bounds"),
    ] {
        let facts = json!([{"kind": "payment", "date": date, "value": value}]);
        let refused = owner.post(&path, json!({"facts": facts})).await;
        assert_eq!(refused.body["error"]["fields"], json!({field: rule}));
    }
    let none = owner.post(&path, json!({"facts": []})).await;
    assert_eq!(none.body["error"]["fields"], json!({"facts": "required"}));
}
