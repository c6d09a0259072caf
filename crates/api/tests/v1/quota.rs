//! `/v1/apps/{appid}/quota`, `/v1/quota` and `/v1/apps/{appid}/requests`.

use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::{Value, json};

use crate::world::{APP, Answer, MINUTE, NOW, World, form};

/// 10:40 + 13 h 20 min.
const MIDNIGHT: i64 = NOW + 800 * MINUTE;

fn line<'a>(quota: &'a Value, op: &str) -> &'a Value {
    let calls = quota["calls"].as_array().unwrap();
    calls.iter().find(|line| line["op"] == op).unwrap()
}

async fn token(world: &World) -> String {
    let sold = world.kaibo.issue_token(&APP.parse().unwrap()).await;
    sold.unwrap().token
}

async fn own(world: &World, token: &str) -> Answer {
    let request = Request::get("/v1/quota");
    let request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    world.send(request.body(Body::empty()).unwrap()).await
}

/// A call of WeChat's API that finds no room.
async fn delete_room(world: &World, token: &str) -> Answer {
    let path = format!("/wxaapi/broadcast/room/deleteroom?access_token={token}");
    world.post(&path, json!({"id": 999_999_999})).await
}

#[tokio::test]
async fn what_is_used_and_left_is_shown_for_rooms_and_calls() {
    let world = World::new().await;
    let owner = world.owner().await;
    let room = owner.make_room().await;
    world.stream_arrives(room).await;
    let token = token(&world).await;
    delete_room(&world, &token).await;
    let quota = owner.get(&format!("/v1/apps/{APP}/quota")).await.ok();
    assert_eq!(quota["resetsAt"], MIDNIGHT);
    let one_of_fifty = json!({"limit": 50, "used": 1, "left": 49});
    assert_eq!(quota["roomsPerDay"], one_of_fifty);
    assert_eq!(quota["liveAtOnce"], one_of_fifty);
    assert_eq!(quota["maxHours"], 12);
    let deletes = line(&quota, "room/deleteroom");
    assert_eq!(
        *deletes,
        json!({
            "op": "room/deleteroom", "perDay": 10_000, "perMinute": 1_000,
            "used": 1, "left": 9_999,
        })
    );
    let size = |op: &str| {
        let line = line(&quota, op);
        [line["perDay"].clone(), line["perMinute"].clone()]
    };
    assert_eq!(size("token"), [2_000, 1_000]);
    assert_eq!(size("goods/add"), [500, 400]);
    assert_eq!(size("stable_token"), [500_000, 10_000]);
    assert_eq!(size("stable_token/force_refresh")[0], 20);
}

#[tokio::test]
async fn an_apps_own_limits_hold_at_once_and_are_taken_back() {
    let world = World::new().await;
    let owner = world.owner().await;
    let path = format!("/v1/apps/{APP}/quota");
    let set = async |body: Value| owner.call(Method::PUT, &path, Some(body)).await;
    let token = token(&world).await;
    let own = json!({
        "roomsPerDay": 1, "liveAtOnce": 2, "maxHours": 24,
        "calls": {"room/deleteroom": {"perDay": 1, "perMinute": null}, "token": {}},
    });
    let quota = set(own).await.ok();
    assert_eq!(quota["roomsPerDay"]["limit"], 1);
    assert_eq!(quota["maxHours"], 24);
    let kept = json!({"room/deleteroom": {"perDay": 1, "perMinute": null}});
    assert_eq!(quota["own"]["calls"], kept, "what says nothing is not kept");

    assert_eq!(delete_room(&world, &token).await.body["errcode"], 300_022);
    assert_eq!(delete_room(&world, &token).await.body["errcode"], 45_009);
    let mut long = form();
    long["endAt"] = json!(NOW + 20 * 60 * MINUTE);
    let rooms = format!("/v1/apps/{APP}/rooms");
    assert_eq!(owner.post(&rooms, long.clone()).await.status, 201);
    assert_eq!(
        owner.post(&rooms, form()).await.refusal(),
        (409, "room_limit")
    );
    assert_eq!(owner.get("/v1/apps").await.ok()[0]["roomsPerDay"], 1);

    set(json!({})).await.ok();
    assert_eq!(owner.post(&rooms, form()).await.status, 201);
    assert_eq!(owner.post(&rooms, long).await.refusal(), (422, "invalid"));
    for (body, field, rule) in [
        (json!({"maxHours": 25}), "maxHours", "hours_out_of_bounds"),
        (json!({"maxHours": 0}), "maxHours", "hours_out_of_bounds"),
        (json!({"calls": {"nope": {}}}), "calls", "operation_unknown"),
        (
            json!({"liveAtOnce": 100_000_001}),
            "liveAtOnce",
            "limit_too_high",
        ),
    ] {
        let refused = set(body).await;
        assert_eq!(refused.body["error"]["fields"], json!({field: rule}));
    }
}

#[tokio::test]
async fn an_app_sees_its_own_quota_by_its_token() {
    let world = World::new().await;
    let owner = world.owner().await;
    let token = token(&world).await;
    let answer = own(&world, &token).await;
    assert_eq!(answer.headers["x-quota-limit"], "10000");
    assert_eq!(answer.headers["x-quota-remaining"], "9999");
    assert_eq!(
        answer.headers["x-quota-reset"],
        (MIDNIGHT / 1_000).to_string()
    );
    assert_eq!(line(&answer.ok(), "v1/quota")["used"], 1);
    let path = format!("/v1/apps/{APP}/quota");
    let one = json!({"calls": {"v1/quota": {"perDay": 1}}});
    owner.call(Method::PUT, &path, Some(one)).await.ok();
    let over = own(&world, &token).await;
    assert_eq!(over.refusal(), (429, "quota_used_up"));
    assert_eq!(over.body["error"]["retryAfterMs"], MIDNIGHT - NOW);
    for bad in ["nope", "", &format!("{token}x")] {
        assert_eq!(own(&world, bad).await.refusal(), (401, "token_unknown"));
    }
    let door = json!({"allowedIps": ["192.0.2.1"]});
    let path = format!("/v1/apps/{APP}/door");
    owner.call(Method::PUT, &path, Some(door)).await;
    assert_eq!(own(&world, &token).await.refusal(), (401, "token_unknown"));
}

#[tokio::test]
async fn calls_are_looked_up_by_rid_number_and_page() {
    let world = World::new().await;
    let owner = world.owner().await;
    let token = token(&world).await;
    let mut rids = Vec::new();
    for _ in 0..3 {
        let answer = delete_room(&world, &token).await;
        let rid = answer.headers["x-kaibo-rid"].to_str().unwrap();
        rids.push(rid.to_owned());
    }
    let list = format!("/wxa/business/getliveinfo?access_token={token}");
    world.post(&list, json!({"start": 0, "limit": 1})).await;
    let calls = async |query: &str| {
        let path = format!("/v1/apps/{APP}/requests?{query}");
        owner.get(&path).await.ok()
    };
    let of = |page: &Value| {
        let calls = page["calls"].as_array().unwrap().iter();
        let rids = calls.map(|call| call["rid"].as_str().unwrap().to_owned());
        rids.collect::<Vec<_>>()
    };
    let one = calls(&format!("rid={}", rids[1])).await;
    assert_eq!(of(&one), [rids[1].clone()]);
    let call = &one["calls"][0];
    assert_eq!(
        (&call["op"], &call["errcode"]),
        (&json!("room/deleteroom"), &json!(300_022))
    );
    assert_eq!(
        (&call["at"], &call["reason"]),
        (&json!(NOW), &json!("rule: no such room"))
    );
    let mut newest_first = rids.clone();
    newest_first.reverse();
    assert_eq!(of(&calls("errcode=300022").await), newest_first);
    assert_eq!(
        of(&calls("failed=true&op=room/deleteroom").await),
        newest_first
    );
    let first = calls("errcode=300022&limit=2").await;
    assert_eq!(of(&first), newest_first[..2]);
    let next = first["next"].as_i64().unwrap();
    let last = calls(&format!("errcode=300022&limit=2&before={next}")).await;
    assert_eq!(
        (of(&last), &last["next"]),
        (newest_first[2..].to_vec(), &json!(null))
    );
    assert_eq!(of(&calls("errcode=45009").await), [""; 0]);
    let bad = owner
        .get(&format!("/v1/apps/{APP}/requests?errcode=x"))
        .await;
    assert_eq!(bad.refusal(), (400, "bad_request"));
}

#[tokio::test]
async fn the_same_post_is_done_once_a_day_for_its_user() {
    let world = World::new().await;
    let owner = world.owner().await;
    let rooms = format!("/v1/apps/{APP}/rooms");
    let post = async |path: &str, key: &str, body: Value| {
        let request = Request::post(path)
            .header(header::COOKIE, &owner.cookie)
            .header("x-csrf-token", &owner.csrf)
            .header(header::CONTENT_TYPE, "application/json")
            .header("idempotency-key", key);
        let request = request.body(body.to_string().into()).unwrap();
        world.send(request).await
    };
    let first = post(&rooms, "a", form()).await;
    assert_eq!(first.status, 201);
    let again = post(&rooms, "a", form()).await;
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    assert_eq!(again.headers["x-kaibo-repeated"], "true");
    assert_eq!(again.headers[header::CONTENT_TYPE], "application/json");
    let mut other = form();
    other["name"] = json!("另一个直播间");
    let taken = post(&rooms, "a", other).await;
    assert_eq!(taken.refusal(), (409, "repeat_key_taken"));
    assert_eq!(owner.get(&rooms).await.ok()["total"], 1);

    let mut unverified = form();
    unverified["anchorWechat"] = json!("new_anchor");
    let refused = post(&rooms, "b", unverified.clone()).await;
    assert_eq!(refused.refusal(), (422, "invalid"));
    let anchor = format!("/v1/apps/{APP}/anchors/new_anchor/verify");
    owner.post(&anchor, json!({})).await.ok();
    let judged_anew = post(&rooms, "b", unverified).await;
    assert_eq!(judged_anew.status, 201);
    assert_eq!(
        post(&rooms, "", form()).await.refusal(),
        (400, "bad_request")
    );
}
