//! `/v1/apps/{appid}/people`: whom an app knows, and their roles.

use axum::http::Method;
use serde_json::{Value, json};

use crate::world::{ANCHOR, APP, Answer, Owner, World};

fn path(rest: &str) -> String {
    format!("/v1/apps/{APP}/people{rest}")
}

async fn role(owner: &Owner<'_>, method: Method, who: &str, role: &str) -> Answer {
    let path = path(&format!("/{who}/roles/{role}"));
    owner.call(method, &path, None).await
}

async fn ids(owner: &Owner<'_>, query: &str) -> Vec<String> {
    let answer = owner.get(&path(query)).await.ok();
    let people = answer["people"].as_array().unwrap();
    let id = |person: &Value| person["wechatId"].as_str().unwrap().to_owned();
    people.iter().map(id).collect()
}

#[tokio::test]
async fn people_are_invited_found_and_given_roles() {
    let world = World::new().await;
    let owner = world.owner().await;
    let form = json!({"wechatId": " operator_1 ", "nickname": "小运"});
    let invited = owner.post(&path(""), form).await.ok();
    assert_eq!(
        (&invited["nickname"], &invited["roles"]),
        (&json!("小运"), &json!([]))
    );
    for _ in 0..2 {
        let given = role(&owner, Method::PUT, "operator_1", "operator").await;
        assert_eq!(given.status, 204);
    }
    assert_eq!(
        ids(&owner, "?keyword=%E5%B0%8F%E8%BF%90").await,
        ["operator_1"]
    );
    assert_eq!(ids(&owner, "?role=operator").await, ["operator_1"]);
    assert_eq!(ids(&owner, "?role=anchor").await, [ANCHOR]);
    assert_eq!(ids(&owner, "?limit=1&offset=1").await.len(), 1);
    assert_eq!(owner.get(&path("?role=boss")).await.status, 400);
    for _ in 0..2 {
        let taken = role(&owner, Method::DELETE, "operator_1", "operator").await;
        assert_eq!(taken.status, 204);
    }
    assert_eq!(ids(&owner, "?role=operator").await, [""; 0]);
    assert_eq!(ids(&owner, "").await.len(), 2, "and still known");
}

#[tokio::test]
async fn each_refusal_has_its_code() {
    let world = World::new().await;
    let owner = world.owner().await;
    owner.make_room().await;
    let taken = role(&owner, Method::DELETE, ANCHOR, "anchor").await;
    assert_eq!(taken.refusal(), (409, "anchor_has_room"));
    let unknown = role(&owner, Method::PUT, ANCHOR, "boss").await;
    assert_eq!(unknown.refusal(), (404, "not_found"));
    for (who, what, fields) in [
        (ANCHOR, "owner", json!({"role": "role_unknown"})),
        ("a", "admin", json!({"wechatId": "wechat_id_invalid"})),
        (
            "anchor_02",
            "anchor",
            json!({"anchorWechat": "anchor_not_verified"}),
        ),
    ] {
        let refused = role(&owner, Method::PUT, who, what).await;
        assert_eq!(refused.refusal(), (422, "invalid"));
        assert_eq!(refused.body["error"]["fields"], fields, "{who}");
    }
    for (form, fields) in [
        (
            json!({"wechatId": "a", "nickname": "x"}),
            json!({"wechatId": "wechat_id_invalid"}),
        ),
        (
            json!({"wechatId": "anchor_02", "nickname": " "}),
            json!({"nickname": "nickname_invalid"}),
        ),
    ] {
        let refused = owner.post(&path(""), form).await;
        assert_eq!(refused.body["error"]["fields"], fields);
    }
    for n in 0..10 {
        let given = role(&owner, Method::PUT, &format!("admin_{n}"), "admin").await;
        assert_eq!(given.status, 204);
    }
    let full = role(&owner, Method::PUT, "admin_10", "admin").await;
    assert_eq!(full.refusal(), (409, "role_limit"));
}

#[tokio::test]
async fn people_are_the_console_s_alone() {
    let world = World::new().await;
    assert_eq!(world.get(&path("")).await.status, 401);
    let form = json!({"wechatId": "operator_1", "nickname": "x"});
    assert_eq!(world.post(&path(""), form).await.status, 401);
    let owner = world.owner().await;
    let other = owner.get("/v1/apps/wx_other/people").await;
    assert_eq!(other.refusal(), (404, "app_not_found"));
}
