//! `/v1/apps/{appid}/rooms`: made, listed, edited, steered, deleted; codes and keys.

use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::{Value, json};

use crate::world::{ANCHOR, APP, MINUTE, NOW, World, form};

fn rooms() -> String {
    format!("/v1/apps/{APP}/rooms")
}

#[tokio::test]
async fn a_room_is_made_and_reads_the_same() {
    let world = World::new().await;
    let owner = world.owner().await;
    let made = owner.post(&rooms(), form()).await;
    assert_eq!(made.status, 201);
    let id = made.body["roomId"].as_i64().unwrap();
    let wanted = json!({
        "roomId": id, "name": "双十一专场", "status": 102, "startAt": NOW + 15 * MINUTE,
        "endAt": NOW + 75 * MINUTE, "startedAt": null, "endedAt": null, "anchorName": "小王",
        "coverUrl": null, "shareUrl": null, "play": null, "closeComment": true,
        "closeGoods": false, "closeLike": false, "closeShare": false, "closeReplay": true,
        "banComment": false, "customerServiceUrl": null,
        "offset": made.body["offset"], "now": NOW, "banReason": null, "type": 1,
        "anchorWechat": ANCHOR, "creatorWechat": null, "good": false, "armed": false, "feedsUrl": null,
        "isFeedsPublic": true, "closeKf": true, "createdAt": NOW, "graceUntil": null,
        "capAt": null, "lastRefusal": null,
    });
    assert_eq!(made.body, wanted);
    assert_eq!(owner.get(&format!("{}/{id}", rooms())).await.ok(), wanted);
    let list = owner.get(&rooms()).await.ok();
    assert_eq!(list, json!({"total": 1, "rooms": [wanted]}));
}

#[tokio::test]
async fn every_broken_rule_is_named_at_its_field() {
    let world = World::new().await;
    let owner = world.owner().await;
    let cases: [(&str, Value, &str); 12] = [
        ("name", json!(""), "required"),
        ("name", json!("开播"), "name_too_short"),
        ("name", json!("开".repeat(18)), "name_too_long"),
        ("name", json!("<b>sale</b>"), "name_bad_characters"),
        ("anchorName", json!("王"), "anchor_name_too_short"),
        ("anchorName", json!("王".repeat(16)), "anchor_name_too_long"),
        ("anchorWechat", json!(""), "required"),
        ("startAt", json!(NOW + 9 * MINUTE), "start_too_soon"),
        ("startAt", json!(NOW + 576_000 * MINUTE), "start_too_late"),
        ("endAt", json!(NOW + 20 * MINUTE), "length_too_short"),
        ("endAt", json!(NOW + 900 * MINUTE), "length_too_long"),
        ("coverImg", json!("no-such-media"), "image_unknown"),
    ];
    for (field, value, code) in cases {
        let mut body = form();
        body[field] = value.clone();
        let answer = owner.post(&rooms(), body).await;
        assert_eq!(answer.refusal(), (422, "invalid"), "{field} {value}");
        let fields = &answer.body["error"]["fields"];
        assert_eq!(*fields, json!({field: code}), "{field} {value}");
    }
}

#[tokio::test]
async fn an_empty_form_names_every_field_that_must_be_there() {
    let world = World::new().await;
    let owner = world.owner().await;
    let empty = owner.post(&rooms(), json!({})).await;
    let fields = empty.body["error"]["fields"].as_object().unwrap();
    let names: Vec<_> = fields.keys().collect();
    assert_eq!(
        names,
        ["anchorName", "anchorWechat", "endAt", "name", "startAt"]
    );
    assert!(fields.values().all(|code| code == "required"));
}

#[tokio::test]
async fn rooms_are_listed_by_status_and_page() {
    let world = World::new().await;
    let owner = world.owner().await;
    let mut ids = Vec::new();
    for at in 0..3 {
        let mut body = form();
        body["startAt"] = json!(NOW + (15 + at) * MINUTE);
        let made = owner.post(&rooms(), body).await.ok();
        ids.push(made["roomId"].as_i64().unwrap());
    }
    world.stream_arrives(ids[0]).await;
    let list = async |query: &str| {
        let page = owner.get(&format!("{}?{query}", rooms())).await.ok();
        let rooms = page["rooms"].as_array().unwrap().iter();
        let found: Vec<_> = rooms.map(|room| room["roomId"].as_i64().unwrap()).collect();
        (page["total"].as_i64().unwrap(), found)
    };
    assert_eq!(
        list("").await,
        (3, vec![ids[2], ids[1], ids[0]]),
        "the latest start first"
    );
    assert_eq!(list("status=101").await, (1, vec![ids[0]]));
    assert_eq!(
        list("status=101,102&offset=1&limit=1").await,
        (3, vec![ids[1]])
    );
    assert_eq!(list("status=103").await, (0, vec![]));
    for query in ["status=7", "status=x", "limit=x"] {
        let answer = owner.get(&format!("{}?{query}", rooms())).await;
        assert_eq!(answer.refusal(), (400, "bad_request"), "{query}");
    }
}

#[tokio::test]
async fn an_edit_replaces_the_details_and_a_live_room_is_not_edited() {
    let world = World::new().await;
    let owner = world.owner().await;
    let id = owner.make_room().await;
    let path = format!("{}/{id}", rooms());
    let mut body = form();
    body["name"] = json!("换个标题吧");
    body["closeLike"] = json!(true);
    let edited = owner
        .call(Method::PUT, &path, Some(body.clone()))
        .await
        .ok();
    assert_eq!(edited["name"], "换个标题吧");
    assert_eq!(edited["closeLike"], true);
    world.stream_arrives(id).await;
    let live = owner.call(Method::PUT, &path, Some(body)).await;
    assert_eq!(live.refusal(), (409, "editing_while_live"));
    let deleted = owner.call(Method::DELETE, &path, None).await;
    assert_eq!(deleted.refusal(), (409, "not_allowed_in_status"));
}

#[tokio::test]
async fn a_room_is_steered_from_start_to_end() {
    let world = World::new().await;
    let owner = world.owner().await;
    let id = owner.make_room().await;
    let steer = async |action: &str, body: Value| {
        let path = format!("{}/{id}/{action}", rooms());
        owner.post(&path, body).await
    };
    let armed = steer("start", json!({})).await.ok();
    assert_eq!(
        (&armed["status"], &armed["armed"]),
        (&json!(102), &json!(true))
    );
    world.stream_arrives(id).await;
    let paused = steer("pause", json!({})).await.ok();
    assert_eq!(
        (&paused["status"], &paused["play"]),
        (&json!(105), &json!(null))
    );
    assert_eq!(paused["capAt"], NOW + 720 * MINUTE);
    let live = steer("resume", json!({})).await.ok();
    assert_eq!(live["status"], 101);
    let stream = format!("/live/{APP}-{id}");
    assert_eq!(
        live["play"],
        json!({
            "flv": format!("{stream}.flv"),
            "hls": format!("{stream}/index.m3u8"),
            "ts": format!("{stream}/ts.m3u8"),
        })
    );
    let unsaid = steer("ban", json!({"reason": " "})).await;
    assert_eq!(
        unsaid.body["error"]["fields"],
        json!({"reason": "required"})
    );
    let banned = steer("ban", json!({"reason": "违规商品"})).await.ok();
    assert_eq!(banned["status"], 104);
    assert_eq!(banned["banReason"], "违规商品");
    let refused = steer("start", json!({})).await;
    assert_eq!(refused.refusal(), (409, "not_allowed_in_status"));
    steer("unban", json!({})).await.ok();
    let over = owner.get(&format!("{}/{id}", rooms())).await.ok();
    assert_eq!(over["banReason"], json!(null));
}

#[tokio::test]
async fn a_deleted_room_is_gone_everywhere() {
    let world = World::new().await;
    let owner = world.owner().await;
    let id = owner.make_room().await;
    let path = format!("{}/{id}", rooms());
    let deleted = owner.call(Method::DELETE, &path, None).await;
    assert_eq!(deleted.status, 204);
    assert_eq!(owner.get(&path).await.refusal(), (404, "room_not_found"));
    let public = world.get(&format!("/v1/rooms/{id}")).await;
    assert_eq!(public.refusal(), (404, "room_not_found"));
    assert_eq!(owner.get(&rooms()).await.ok()["total"], 0);
}

#[tokio::test]
async fn another_apps_room_looks_like_none() {
    let world = World::new().await;
    let owner = world.owner().await;
    let id = owner.make_room().await;
    owner
        .post("/v1/apps", json!({"name": "Other", "appid": "wxother"}))
        .await
        .ok();
    let unknown = owner.get("/v1/apps/wxother/rooms/999999").await;
    assert_eq!(unknown.refusal(), (404, "room_not_found"));
    let base = format!("/v1/apps/wxother/rooms/{id}");
    for path in [base.clone(), format!("{base}/access")] {
        assert_eq!(owner.get(&path).await.body, unknown.body, "{path}");
    }
    for action in [
        "start",
        "end",
        "pause",
        "unban",
        "access/revoke-push",
        "access/broadcast-code",
    ] {
        let answer = owner.post(&format!("{base}/{action}"), json!({})).await;
        assert_eq!(answer.body, unknown.body, "{action}");
    }
    let ban = owner
        .post(&format!("{base}/ban"), json!({"reason": "x"}))
        .await;
    assert_eq!(ban.body, unknown.body);
    let edit = owner.call(Method::PUT, &base, Some(form())).await;
    assert_eq!(edit.body, unknown.body);
}

#[tokio::test]
async fn revoked_keys_differ_from_the_old() {
    let world = World::new().await;
    let owner = world.owner().await;
    let id = owner.make_room().await;
    let base = format!("{}/{id}/access", rooms());
    let first = owner.get(&base).await.ok();
    assert_eq!(first["viewerUrl"], format!("https://live.test/r/{id}"));
    let (server, key) = (
        &first["push"]["server"],
        first["push"]["key"].as_str().unwrap(),
    );
    assert_eq!(server, "rtmp://push.test/live");
    assert!(key.starts_with(&format!("{APP}-{id}?txSecret=")), "{key}");
    assert_eq!(
        first["push"]["address"],
        format!("rtmp://push.test/live/{key}")
    );
    assert_eq!(first["push"]["expiresAt"], NOW + (75 + 24 * 60) * MINUTE);
    assert_eq!(first["preview"], json!(null), "there is no picture yet");
    world.stream_arrives(id).await;
    let seen = owner.get(&base).await.ok();
    let preview = seen["preview"]["flv"].as_str().unwrap();
    assert!(preview.contains("?token="), "{preview}");

    let revoked = owner
        .post(&format!("{base}/revoke-push"), json!({}))
        .await
        .ok();
    assert_ne!(revoked["push"]["key"], first["push"]["key"]);
    assert_ne!(revoked["preview"], seen["preview"]);
    assert_eq!(revoked["studioUrl"], format!("https://live.test/a/{id}"));
}

#[tokio::test]
async fn a_list_that_is_the_same_is_not_sent_again() {
    let world = World::new().await;
    let owner = world.owner().await;
    owner.make_room().await;
    let list = async |held: Option<&str>| {
        let mut request = Request::get(rooms()).header(header::COOKIE, &owner.cookie);
        if let Some(tag) = held {
            request = request.header(header::IF_NONE_MATCH, tag);
        }
        world.send(request.body(Body::empty()).unwrap()).await
    };
    let first = list(None).await;
    let tag = first.headers[header::ETAG].to_str().unwrap().to_owned();
    world.clock.advance(MINUTE);
    let same = list(Some(&tag)).await;
    assert_eq!((same.status.as_u16(), same.body), (304, json!("")));
    assert_eq!(same.headers[header::ETAG].to_str().unwrap(), tag);
    owner.make_room().await;
    let changed = list(Some(&tag)).await;
    assert_eq!(changed.status, 200);
    assert_ne!(changed.headers[header::ETAG].to_str().unwrap(), tag);
    assert_eq!(changed.body["total"], 2);
    let unknown = owner.get("/v1/apps/wx_none/rooms").await;
    assert!(!unknown.headers.contains_key(header::ETAG));
}

#[tokio::test]
async fn rooms_are_found_by_name_and_planned_start() {
    let world = World::new().await;
    let owner = world.owner().await;
    for (name, start) in [("Summer_100% sale", 20), ("夏日新品", 40), ("冬日专场", 60)] {
        let mut room = form();
        room["name"] = json!(name);
        room["startAt"] = json!(NOW + start * MINUTE);
        room["endAt"] = json!(NOW + (start + 40) * MINUTE);
        let made = owner.post(&rooms(), room).await;
        assert_eq!(made.status, 201, "{}", made.body);
    }
    let found = async |query: &str| {
        let list = owner.get(&format!("{}?{query}", rooms())).await.ok();
        let names = list["rooms"].as_array().unwrap().iter();
        let names: Vec<_> = names
            .map(|r| r["name"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(list["total"], names.len());
        names
    };
    assert_eq!(found("name=%E6%97%A5").await, ["冬日专场", "夏日新品"]);
    assert_eq!(found("name=summer").await, ["Summer_100% sale"]);
    assert_eq!(found("name=0%25").await, ["Summer_100% sale"]);
    assert!(
        found("name=r%25s").await.is_empty(),
        "a percent sign is one"
    );
    assert!(found("name=!").await.is_empty());
    let from = NOW + 40 * MINUTE;
    assert_eq!(
        found(&format!("startFrom={from}")).await,
        ["冬日专场", "夏日新品"]
    );
    assert_eq!(
        found(&format!("startBefore={from}")).await,
        ["Summer_100% sale"]
    );
    assert_eq!(
        found(&format!(
            "startFrom={from}&startBefore={}&status=102",
            from + 1
        ))
        .await,
        ["夏日新品"]
    );
}

#[tokio::test]
async fn statuses_of_many_rooms_come_at_once() {
    let world = World::new().await;
    let owner = world.owner().await;
    let (live, planned) = (owner.make_room().await, owner.make_room().await);
    world.stream_arrives(live).await;
    let path = format!("{}/status?ids={live},{planned},999999", rooms());
    let statuses = async || {
        let answer = owner.get(&path).await.ok();
        let rooms = answer.as_array().unwrap().iter();
        rooms.map(|r| r["status"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(statuses().await, [json!(101), json!(102), json!(null)]);
    let age = &owner.get(&path).await.ok()[0]["ageMs"];
    assert!(age.as_u64().unwrap() < 10_000);
    let many = vec!["1"; 101].join(",");
    for bad in ["", "x", &many] {
        let refused = owner.get(&format!("{}/status?ids={bad}", rooms())).await;
        assert_eq!(refused.refusal(), (400, "bad_request"));
    }
}
