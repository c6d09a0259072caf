//! What known SDKs and shops send and read, each as it does it (spec section 12).

use axum::http::Method;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Request};
use serde_json::{Value, json};

use crate::world::{
    CREATE, DELETE, EDIT, LIST, PUSH_URL, SECRET, UPLOAD, World, form_of, png, request, verdict,
};

const FORM: Option<&str> = Some("application/x-www-form-urlencoded");

/// As WxJava's `getLiveInfos`: by 80, on by the rows received, until more rows than `total`.
/// Rooms, calls, and the code of a failure that ended it.
async fn all_as_wxjava(world: &World) -> (Vec<Value>, u32, i64) {
    let (mut rows, mut total, mut calls) = (Vec::new(), 0, 0);
    while total == 0 || total > rows.len() {
        assert!(calls < 10, "this client would ask for ever");
        let body = json!({"start": rows.len(), "limit": 80});
        let answer = world.post(LIST, &body).await;
        calls += 1;
        if answer["errcode"] != 0 {
            return (rows, calls, answer["errcode"].as_i64().unwrap());
        }
        rows.extend_from_slice(answer["room_info"].as_array().unwrap());
        total = usize::try_from(answer["total"].as_u64().unwrap()).unwrap();
        if rows.len() > total {
            break;
        }
    }
    (rows, calls, 0)
}

#[tokio::test]
async fn wxjava_reads_all_rooms_and_stops() {
    let mut config = kaibo_app::AppConfig::default();
    config.limits.rooms_per_day = 60;
    let world = World::with(config).await;
    assert_eq!(all_as_wxjava(&world).await, (Vec::new(), 1, 9_410_000));
    for _ in 0..55 {
        world.room().await;
    }
    let (rows, calls, code) = all_as_wxjava(&world).await;
    assert_eq!((calls, code), (2, 0));
    let mut ids: Vec<i64> = rows
        .iter()
        .map(|row| row["roomid"].as_i64().unwrap())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 55);
}

#[tokio::test]
async fn easywechat_creates_edits_and_deletes_by_form() {
    let world = World::new().await;
    let mut plan = world.plan();
    // As its own tests have it.
    world.set_customer_service().await;
    plan["closeKf"] = json!(0);
    let made = world.post_as(CREATE, FORM, form_of(&plan)).await;
    assert_eq!(verdict(&made), (0, "ok"));
    let room = made["roomId"].as_i64().unwrap();
    assert_eq!(world.row(room).await["close_kf"], 0);

    plan.as_object_mut().unwrap().remove("type");
    plan["id"] = json!(room);
    plan["name"] = json!("改名+专场 1");
    let nested = "&goods%5B0%5D%5BgoodsId%5D=1&ids[]=7&users[0][username]=x";
    let edit = form_of(&plan) + nested;
    assert_eq!(world.post_as(EDIT, FORM, edit).await["errcode"], 0);
    assert_eq!(world.row(room).await["name"], "改名+专场 1");

    let gone = world.post_as(DELETE, FORM, format!("id={room}")).await;
    assert_eq!(gone["errcode"], 0);
}

#[tokio::test]
async fn lilishop_edits_with_texts_alone() {
    let world = World::new().await;
    let room = world.room().await;
    let mut plan = world.plan();
    plan["id"] = json!(room);
    plan["closeComment"] = json!(1);
    for (_, value) in plan.as_object_mut().unwrap() {
        if value.is_number() {
            *value = json!(value.to_string());
        }
    }
    let mime = Some("application/json;charset=UTF-8");
    let answer = world.post_as(EDIT, mime, plan.to_string()).await;
    assert_eq!(verdict(&answer), (0, "ok"));
    assert_eq!(world.row(room).await["close_comment"], 1);
    let replay =
        json!({"action": "get_replay", "room_id": room.to_string(), "start": "0", "limit": "1"});
    assert_eq!(world.post(LIST, &replay).await["errcode"], 9_410_000);
}

#[tokio::test]
async fn crmeb_misspells_closekf_and_takes_a_page_for_an_offset() {
    let world = World::new().await;
    let mut plan = world.plan();
    plan.as_object_mut().unwrap().remove("closeKf");
    plan["closekf"] = json!(1);
    plan["feedsImg"] = plan["coverImg"].clone();
    let room = world.room_with(plan).await;
    assert_eq!(world.row(room).await["close_kf"], 1);
    let second = world.post(LIST, &json!({"start": 1, "limit": 50})).await;
    assert_eq!(second["errcode"], 9_410_000);
}

#[tokio::test]
async fn a_base_url_that_ends_in_a_slash_does_no_harm() {
    let world = World::new().await;
    let room = world.room().await;
    let listed = world
        .post(&format!("/{LIST}"), &json!({"start": 0, "limit": 1}))
        .await;
    assert_eq!(listed["room_info"][0]["roomid"], room);
    let path = format!("//cgi-bin/token?grant_type=client_credential&appid=x&secret={SECRET}");
    assert_eq!(world.get(&path).await["errcode"], 40_013);
    for path in [
        "//wxa",
        "//wxaapi/nothing",
        "//cgi-bin/user/info",
        "//wxa_x",
    ] {
        assert_eq!(world.get(path).await["errcode"], 40_066, "{path}");
    }
}

#[tokio::test]
async fn a_get_may_carry_its_parameters_in_a_body() {
    let world = World::new().await;
    let room = world.room().await;
    let ask = async |query: &str, body: &str| {
        let path = world.with_token(&format!("{PUSH_URL}{query}"));
        let json = Some("application/json");
        world
            .send(request(Method::GET, &path, json, body.to_owned()))
            .await
    };
    let body = json!({"roomId": room}).to_string();
    assert!(ask("", &body).await["pushAddr"].is_string());
    // The query goes before the body, and a body that says nothing changes nothing.
    let query = format!("?roomId={room}");
    for body in [r#"{"roomId":5}"#, "[]", "null", "{bad"] {
        let answer = ask(&query, body).await;
        assert!(answer["pushAddr"].is_string(), "{body} {answer}");
    }
    assert_eq!(ask("", "[]").await["errcode"], 200_002);
}

#[tokio::test]
async fn uploads_come_in_every_multipart_dialect() {
    let world = World::new().await;
    let parts = [
        (
            "lilishop: no spaces, a length beside the name",
            "multipart/form-data;boundary=X1",
            "Content-Disposition: form-data;name=\"media\";filename=\"a.png\";filelength=\"500\"\r\nContent-Type:application/octet-stream",
        ),
        (
            "Senparc: quoted boundary",
            "multipart/form-data; boundary=\"X1\"",
            "Content-Disposition: form-data; name=\"media\"; filename=\"a.png\"; filename*=utf-8''a.png",
        ),
        (
            ".NET: nothing quoted, the type first",
            "multipart/form-data; boundary=\"X1\"",
            "Content-Type: image/png\r\nContent-Disposition: form-data; name=media; filename=a.png",
        ),
        (
            "a name in Chinese",
            "multipart/form-data; charset=UTF-8; boundary=X1",
            "Content-Disposition: form-data; name=\"media\"; filename=\"封面 1.png\"",
        ),
    ];
    for (case, mime, head) in parts {
        let mut body = format!("--X1\r\n{head}\r\n\r\n").into_bytes();
        body.extend(png(500));
        body.extend(b"\r\n--X1--\r\n");
        let sent = Request::post(world.with_token(&format!("{UPLOAD}?type=image")))
            .header(CONTENT_TYPE, HeaderValue::from_str(mime).unwrap())
            .body(body.into())
            .unwrap();
        assert!(world.send(sent).await["media_id"].is_string(), "{case}");
    }
}
