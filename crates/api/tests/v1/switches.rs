//! `/v1/apps/{appid}/rooms/{roomId}/switches` and `/v1/apps/{appid}/customer-service`.

use axum::http::Method;
use serde_json::{Value, json};

use crate::world::{APP, Answer, Owner, World};

async fn turn(owner: &Owner<'_>, room: i64, switches: Value) -> Answer {
    let path = format!("/v1/apps/{APP}/rooms/{room}/switches");
    owner.call(Method::PUT, &path, Some(switches)).await
}

async fn set_link(owner: &Owner<'_>, link: Value) -> Answer {
    let path = format!("/v1/apps/{APP}/customer-service");
    let body = json!({"link": link});
    owner.call(Method::PUT, &path, Some(body)).await
}

#[tokio::test]
async fn viewers_see_muted_comments_and_customer_service_as_switched() {
    let world = World::new().await;
    let owner = world.owner().await;
    let room = owner.make_room().await;
    world.stream_arrives(room).await;
    let page = format!("/v1/rooms/{room}");
    let before = world.get(&page).await.ok();
    assert_eq!(before["banComment"], false);
    assert_eq!(before["customerServiceUrl"], json!(null));

    let refused = turn(&owner, room, json!({"closeKf": false})).await;
    let fields = &refused.body["error"]["fields"];
    assert_eq!(*fields, json!({"closeKf": "customer_service_missing"}));
    let link = "https://work.weixin.qq.com/kfid/kfc01";
    assert_eq!(set_link(&owner, json!(link)).await.status, 204);
    let both = json!({"closeKf": false, "banComment": true});
    let turned = turn(&owner, room, both).await.ok();
    assert_eq!(
        (&turned["closeKf"], &turned["banComment"]),
        (&json!(false), &json!(true))
    );
    let after = world.get(&page).await.ok();
    assert_eq!(after["banComment"], true);
    assert_eq!(after["customerServiceUrl"], link);

    assert_eq!(set_link(&owner, json!(null)).await.status, 204);
    let without = world.get(&page).await.ok();
    assert_eq!(without["customerServiceUrl"], json!(null));
}

#[tokio::test]
async fn a_link_that_no_browser_may_follow_is_refused() {
    let world = World::new().await;
    let owner = world.owner().await;
    let refused = set_link(&owner, json!("javascript:alert(1)")).await;
    assert_eq!(
        refused.body["error"]["fields"],
        json!({"link": "link_invalid"})
    );
    let path = format!("/v1/apps/{APP}/customer-service");
    assert_eq!(owner.get(&path).await.ok(), json!({"link": null}));
}

#[tokio::test]
async fn a_replay_opens_after_the_end_and_the_other_switches_do_not() {
    let world = World::new().await;
    let owner = world.owner().await;
    let room = owner.make_room().await;
    world.stream_arrives(room).await;
    owner
        .post(&format!("/v1/apps/{APP}/rooms/{room}/end"), json!({}))
        .await
        .ok();
    let opened = turn(&owner, room, json!({"closeReplay": false})).await.ok();
    assert_eq!(opened["closeReplay"], false);
    for switches in [json!({"banComment": true}), json!({"isFeedsPublic": false})] {
        let refused = turn(&owner, room, switches).await;
        assert_eq!(refused.refusal(), (409, "not_allowed_in_status"));
    }
    let other = owner.post("/v1/apps", json!({"name": "Other"})).await;
    let foreign = other.body["appid"].as_str().unwrap();
    let path = format!("/v1/apps/{foreign}/rooms/{room}/switches");
    let body = Some(json!({"closeReplay": true}));
    let hidden = owner.call(Method::PUT, &path, body).await;
    assert_eq!(hidden.refusal(), (404, "room_not_found"));
}
