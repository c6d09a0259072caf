//! Calls that are sent again under an `Idempotency-Key`.

use axum::http::Method;
use serde_json::{Value, json};

use crate::world::{CREATE, DELETE, LIST, World, request, verdict};

const HOUR: i64 = 3_600;

async fn post(world: &World, path: &str, key: &str, body: &Value) -> Value {
    let path = world.with_token(path);
    let mut call = request(Method::POST, &path, None, body.to_string());
    let key = key.parse().unwrap();
    call.headers_mut().insert("idempotency-key", key);
    let response = world.respond(call).await;
    let bytes = crate::world::bytes_of(response).await;
    serde_json::from_slice(&bytes).unwrap()
}

async fn total(world: &World) -> i64 {
    let list = world.post(LIST, &json!({"start": 0, "limit": 50})).await;
    list["total"].as_i64().unwrap()
}

#[tokio::test]
async fn the_same_call_makes_one_room_for_a_day() {
    let mut world = World::new().await;
    let plan = world.plan();
    let first = post(&world, CREATE, "order-1", &plan).await;
    assert_eq!(first["errcode"], 0);
    world.advance(HOUR);
    assert_eq!(post(&world, CREATE, "order-1", &plan).await, first);
    assert_eq!(total(&world).await, 1);
    let mut other = plan.clone();
    other["name"] = json!("另一个直播间");
    let refused = post(&world, CREATE, "order-1", &other).await;
    let taken = (200_002, "Idempotency-Key was used for another call");
    assert_eq!(verdict(&refused), taken);
    assert_eq!(
        verdict(&post(&world, DELETE, "order-1", &plan).await),
        taken
    );
    let second = post(&world, CREATE, "order-2", &world.plan()).await;
    assert_eq!(second["errcode"], 0, "another key is another call");
    assert_eq!(total(&world).await, 2);
    world.advance_far(24 * HOUR).await;
    let plan = world.plan();
    let next_day = post(&world, CREATE, "order-1", &plan).await;
    assert_eq!(next_day["errcode"], 0);
    assert_eq!(total(&world).await, 3);
}

#[tokio::test]
async fn a_refusal_is_an_answer_and_a_restart_forgets_none() {
    let world = World::new().await;
    let missing = json!({"id": 999_999_999});
    let first = post(&world, DELETE, "k", &missing).await;
    assert_eq!(first["errcode"], 300_022);
    let after = world.started_anew();
    after.advance(1);
    let again = post(&after, DELETE, "k", &missing).await;
    assert_eq!(again, first, "with the rid of the first");
}

#[tokio::test]
async fn a_key_belongs_to_its_app_and_has_bounds() {
    let world = World::new().await;
    let missing = json!({"id": 1});
    let first = post(&world, DELETE, "k", &missing).await;
    let other = world.other_app().await;
    let path = format!("{DELETE}?access_token={other}");
    let mut call = request(Method::POST, &path, None, json!({"id": 2}).to_string());
    call.headers_mut()
        .insert("idempotency-key", "k".parse().unwrap());
    let others = world.send(call).await;
    assert_eq!(others["errcode"], 300_022);
    assert_ne!(others, first);
    let invalid = (200_002, "Idempotency-Key is invalid");
    for key in ["", &"k".repeat(256)] {
        let refused = post(&world, DELETE, key, &missing).await;
        assert_eq!(verdict(&refused), invalid);
    }
}
