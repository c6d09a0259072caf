//! `/v1/users`, `/v1/user-link`, `/v1/session/two-factor` and `/v1/user-policy`.

use axum::body::Body;
use axum::http::{Method, Request, header};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha1::Sha1;

use crate::world::{APP, Answer, Owner, PASSWORD, World, form};

const HOUR: i64 = 3_600_000;

async fn by_link(world: &World, method: Method, url: &str, body: Value) -> Answer {
    let token = url.rsplit('#').next().unwrap();
    let request = Request::builder()
        .method(method)
        .uri("/v1/user-link")
        .header(header::AUTHORIZATION, format!("Invite {token}"))
        .header(header::CONTENT_TYPE, "application/json");
    let request = request.body(Body::from(body.to_string()));
    world.send(request.unwrap()).await
}

async fn invite(owner: &Owner<'_>, name: &str, role: &str, apps: Value) -> Value {
    let form = json!({"name": name, "role": role, "apps": apps});
    let invited = owner.post("/v1/users", form).await;
    assert_eq!(invited.status, 201, "{}", invited.body);
    invited.body
}

/// Invites somebody, who accepts.
async fn join<'a>(owner: &Owner<'a>, name: &str, role: &str, apps: Value) -> (i64, Owner<'a>) {
    let link = invite(owner, name, role, apps).await;
    let url = link["url"].as_str().unwrap();
    let joined = by_link(
        owner.world,
        Method::POST,
        url,
        json!({"password": PASSWORD}),
    );
    (
        link["id"].as_i64().unwrap(),
        Owner::of(owner.world, joined.await),
    )
}

async fn log_in(world: &World, name: &str, code: Option<&str>) -> Answer {
    let form = json!({"name": name, "password": PASSWORD, "code": code});
    world.post("/v1/session", form).await
}

async fn user(owner: &Owner<'_>, name: &str) -> Value {
    let all = owner.get("/v1/users").await.ok();
    let mut all = all.as_array().unwrap().iter();
    all.find(|user| user["name"] == name).unwrap().clone()
}

/// What an app for codes shows.
fn code(secret: &str, now: i64) -> String {
    let (mut held, mut bits, mut key) = (0_u32, 0, Vec::new());
    for letter in secret.bytes() {
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let five = alphabet.iter().position(|known| *known == letter).unwrap();
        held = held << 5 | five as u32;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            key.push((held >> bits & 255) as u8);
        }
    }
    let mut mac = Hmac::<Sha1>::new_from_slice(&key).unwrap();
    mac.update(&(now / 30_000).to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let at = usize::from(digest[19] & 15);
    let four: [u8; 4] = digest[at..at + 4].try_into().unwrap();
    format!(
        "{:06}",
        (u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000
    )
}

/// Turns the second factor on; its secret and the recovery codes.
async fn enrol(user: &Owner<'_>) -> (String, Value) {
    let begun = user
        .post("/v1/session/two-factor", json!({"password": PASSWORD}))
        .await;
    let begun = begun.ok();
    let secret = begun["secret"].as_str().unwrap().to_owned();
    assert!(begun["url"].as_str().unwrap().contains(&secret));
    let shown = code(&secret, user.world.kaibo.now());
    let on = user
        .post("/v1/session/two-factor/on", json!({"code": shown}))
        .await;
    (secret, on.ok()["recoveryCodes"].clone())
}

#[tokio::test]
async fn an_operator_joins_by_a_link_that_opens_once() {
    let world = World::new().await;
    let owner = world.owner().await;
    let link = invite(&owner, "小王", "operator", json!([APP])).await;
    let url = link["url"].as_str().unwrap();
    assert!(
        url.starts_with("https://live.test/console/invitation#"),
        "{url}"
    );
    let shown = by_link(&world, Method::GET, url, json!({})).await.ok();
    assert_eq!(
        (&shown["name"], &shown["apps"]),
        (&json!("小王"), &json!(["Shop"]))
    );
    assert_eq!(user(&owner, "小王").await["state"], "invited");
    assert_eq!(
        log_in(&world, "小王", None).await.refusal(),
        (401, "bad_credentials")
    );
    let short = by_link(&world, Method::POST, url, json!({"password": "short"})).await;
    assert_eq!(short.refusal(), (422, "invalid"));
    let joined = by_link(&world, Method::POST, url, json!({"password": PASSWORD})).await;
    assert_eq!(joined.status, 200);
    let again = by_link(
        &world,
        Method::POST,
        url,
        json!({"password": "another one"}),
    )
    .await;
    assert_eq!(again.refusal(), (404, "link_closed"));
}

#[tokio::test]
async fn an_operator_sees_the_app_they_were_invited_to_alone() {
    let world = World::new().await;
    let owner = world.owner().await;
    let other = owner.post("/v1/apps", json!({"name": "Other"})).await.ok();
    let (id, operator) = join(&owner, "小王", "operator", json!([APP])).await;
    let session = operator.get("/v1/session").await.ok();
    assert_eq!(
        (&session["role"], &session["mustEnrol"]),
        (&json!("operator"), &json!(false))
    );
    assert_eq!(session["apps"], json!([{"appid": APP, "name": "Shop"}]));
    assert_eq!(
        operator
            .get("/v1/apps")
            .await
            .ok()
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        operator
            .post(&format!("/v1/apps/{APP}/rooms"), form())
            .await
            .status,
        201
    );
    let theirs = format!("/v1/apps/{}/rooms", other["appid"].as_str().unwrap());
    assert_eq!(
        operator.get(&theirs).await.refusal(),
        (404, "app_not_found")
    );
    assert_eq!(
        operator.get("/v1/users").await.refusal(),
        (403, "owner_only")
    );
    let mut events = world
        .follow(request(&operator, &format!("/v1/apps/{APP}/events")))
        .await;

    let moved = json!({"role": "operator", "apps": [other["appid"]]});
    let moved = owner
        .call(Method::PUT, &format!("/v1/users/{id}"), Some(moved))
        .await;
    assert_eq!(moved.status, 204);
    assert_eq!(operator.get(&theirs).await.status, 200, "at once");
    let rooms = format!("/v1/apps/{APP}/rooms");
    assert_eq!(operator.get(&rooms).await.refusal(), (404, "app_not_found"));
    owner.post(&rooms, form()).await.ok();
    assert_eq!(events.next().await, None, "what they followed has ended");
}

fn request(user: &Owner<'_>, path: &str) -> Request<Body> {
    let request = Request::get(path).header(header::COOKIE, &user.cookie);
    request.body(Body::empty()).unwrap()
}

#[tokio::test]
async fn an_owner_shuts_others_out_and_resets_them() {
    let world = World::new().await;
    let owner = world.owner().await;
    let (id, second) = join(&owner, "second", "owner", json!([])).await;
    let at = format!("/v1/users/{id}");
    let shut = json!({"role": "owner", "disabled": true});
    assert_eq!(owner.call(Method::PUT, &at, Some(shut)).await.status, 204);
    assert_eq!(
        second.get("/v1/session").await.refusal(),
        (401, "not_signed_in")
    );
    assert_eq!(
        log_in(&world, "second", None).await.refusal(),
        (401, "bad_credentials")
    );
    assert_eq!(user(&owner, "second").await["state"], "disabled");
    let open = json!({"role": "owner"});
    assert_eq!(owner.call(Method::PUT, &at, Some(open)).await.status, 204);
    let second = Owner::of(&world, log_in(&world, "second", None).await);

    let reset = owner.post(&format!("{at}/link"), json!({})).await.ok();
    assert_eq!(
        second.get("/v1/session").await.refusal(),
        (401, "not_signed_in")
    );
    assert_eq!(
        log_in(&world, "second", None).await.refusal(),
        (401, "bad_credentials")
    );
    world.clock.advance(72 * HOUR);
    let url = reset["url"].as_str().unwrap();
    let late = by_link(&world, Method::POST, url, json!({"password": PASSWORD})).await;
    assert_eq!(late.refusal(), (404, "link_closed"));
    let reset = owner.post(&format!("{at}/link"), json!({})).await.ok();
    let url = reset["url"].as_str().unwrap();
    let back = by_link(&world, Method::POST, url, json!({"password": PASSWORD})).await;
    let second = Owner::of(&world, back);
    assert_eq!(owner.call(Method::DELETE, &at, None).await.status, 204);
    assert_eq!(
        second.get("/v1/session").await.refusal(),
        (401, "not_signed_in")
    );
    assert_eq!(
        owner.call(Method::DELETE, &at, None).await.refusal(),
        (404, "user_not_found")
    );
}

#[tokio::test]
async fn an_owner_does_none_of_it_to_themselves() {
    let world = World::new().await;
    let owner = world.owner().await;
    let own = user(&owner, "owner").await;
    assert_eq!(own["oneself"], true);
    let own = format!("/v1/users/{}", own["id"]);
    for (method, path, body) in [
        (
            Method::PUT,
            own.clone(),
            Some(json!({"role": "operator", "apps": [APP]})),
        ),
        (Method::DELETE, own.clone(), None),
        (Method::POST, format!("{own}/link"), Some(json!({}))),
        (Method::DELETE, format!("{own}/two-factor"), None),
    ] {
        let refused = owner.call(method, &path, body).await;
        assert_eq!(refused.refusal(), (409, "not_oneself"), "{path}");
    }
}

#[tokio::test]
async fn an_invitation_says_which_part_of_it_is_wrong() {
    let world = World::new().await;
    let owner = world.owner().await;
    for (form, field, rule) in [
        (
            json!({"name": "owner", "role": "owner"}),
            "name",
            "user_name_taken",
        ),
        (
            json!({"name": "app:x", "role": "owner"}),
            "name",
            "name_invalid",
        ),
        (
            json!({"name": "a", "role": "admin"}),
            "role",
            "user_role_unknown",
        ),
        (
            json!({"name": "a", "role": "operator"}),
            "apps",
            "user_apps_invalid",
        ),
        (
            json!({"name": "a", "role": "operator", "apps": ["wx_no"]}),
            "apps",
            "user_apps_invalid",
        ),
    ] {
        let refused = owner.post("/v1/users", form).await;
        assert_eq!(refused.body["error"]["fields"], json!({field: rule}));
    }
}

#[tokio::test]
async fn a_second_factor_is_asked_for_and_each_code_opens_once() {
    let world = World::new().await;
    let owner = world.owner().await;
    let wrong = json!({"password": "wrong wrong"});
    let refused = owner.post("/v1/session/two-factor", wrong).await;
    assert_eq!(
        refused.body["error"]["fields"],
        json!({"password": "password_wrong"})
    );
    let (secret, recovery) = enrol(&owner).await;
    assert_eq!(recovery.as_array().unwrap().len(), 10);
    let standing = owner.get("/v1/session/two-factor").await.ok();
    assert_eq!(
        standing,
        json!({"on": true, "recoveryCodes": 10, "demanded": false})
    );

    assert_eq!(
        log_in(&world, "owner", None).await.refusal(),
        (401, "code_needed")
    );
    let used = code(&secret, world.kaibo.now());
    let again = log_in(&world, "owner", Some(&used)).await;
    assert_eq!(
        again.refusal(),
        (401, "code_wrong"),
        "it turned the factor on"
    );
    world.clock.advance(30_000);
    let next = code(&secret, world.kaibo.now());
    assert_eq!(log_in(&world, "owner", Some(&next)).await.status, 200);
    assert_eq!(
        log_in(&world, "owner", Some(&next)).await.refusal(),
        (401, "code_wrong")
    );
    let one = recovery[3].as_str().unwrap().to_uppercase();
    assert_eq!(log_in(&world, "owner", Some(&one)).await.status, 200);
    assert_eq!(
        log_in(&world, "owner", Some(&one)).await.refusal(),
        (401, "code_wrong")
    );
    for _ in 0..4 {
        log_in(&world, "owner", Some("000000")).await;
    }
    let waits = log_in(&world, "owner", Some("000000")).await;
    assert_eq!(waits.refusal(), (429, "too_many_tries"));
    world.clock.advance(60_000);

    let off = async |code: &str| {
        owner
            .post("/v1/session/two-factor/off", json!({"code": code}))
            .await
    };
    assert_eq!(off("000000").await.refusal(), (422, "invalid"));
    assert_eq!(off(&code(&secret, world.kaibo.now())).await.status, 204);
    assert_eq!(log_in(&world, "owner", None).await.status, 200);
    let sealed = world.column("SELECT name FROM console_user WHERE totp_secret IS NOT NULL");
    assert_eq!(sealed.await, [""; 0]);
}

#[tokio::test]
async fn who_must_have_a_second_factor_does_nothing_else_first() {
    let world = World::new().await;
    let owner = world.owner().await;
    let demand = async |demanded: bool| {
        let body = json!({"twoFactorDemanded": demanded});
        owner.call(Method::PUT, "/v1/user-policy", Some(body)).await
    };
    assert_eq!(
        demand(true).await.refusal(),
        (409, "two_factor_off"),
        "not by who has none"
    );
    enrol(&owner).await;
    let (id, operator) = join(&owner, "helper", "operator", json!([APP])).await;
    assert_eq!(demand(true).await.status, 204);
    let rooms = format!("/v1/apps/{APP}/rooms");
    assert_eq!(
        operator.get(&rooms).await.refusal(),
        (403, "two_factor_required")
    );
    assert_eq!(operator.get("/v1/session").await.ok()["mustEnrol"], true);
    let (secret, _) = enrol(&operator).await;
    assert_eq!(operator.get(&rooms).await.status, 200);
    world.clock.advance(30_000);
    let code = code(&secret, world.kaibo.now());
    let off = operator
        .post("/v1/session/two-factor/off", json!({"code": code}))
        .await;
    assert_eq!(off.refusal(), (409, "two_factor_demanded"));
    let reset = format!("/v1/users/{id}/two-factor");
    assert_eq!(owner.call(Method::DELETE, &reset, None).await.status, 204);
    assert_eq!(
        operator.get(&rooms).await.refusal(),
        (403, "two_factor_required")
    );
    assert_eq!(demand(false).await.status, 204);
    assert_eq!(operator.get(&rooms).await.status, 200);
}
