//! `get_wxa_followers` and `push_message`.

use std::fmt::Write as _;

use kaibo_domain::event::RoomEvent;
use kaibo_domain::id::RoomId;
use kaibo_domain::subscription::SubscriptionKind;
use serde_json::{Value, json};

use crate::world::{World, verdict};

const FOLLOWERS: &str = "/wxa/business/get_wxa_followers";
const PUSH: &str = "/wxa/business/push_message";
const FORM: Option<&str> = Some("application/x-www-form-urlencoded");

async fn follow(world: &World, room: i64, openid: &str) {
    let follow = SubscriptionKind::Follow;
    let followed = world
        .kaibo
        .subscribe(&world.app_id, RoomId(room), openid, follow);
    followed.await.unwrap();
}

async fn openids(world: &World, page: Value) -> (Vec<String>, i64) {
    let answer = world.post(FOLLOWERS, &page).await;
    assert_eq!(verdict(&answer), (0, "ok"));
    let rows = answer["followers"].as_array().unwrap().iter();
    let openids = rows.map(|row| row["openid"].as_str().unwrap().to_owned());
    (openids.collect(), answer["page_break"].as_i64().unwrap())
}

#[tokio::test]
async fn a_loop_over_pages_ends_at_an_empty_one_that_is_not_the_first() {
    let world = World::new().await;
    let room = world.room().await;
    for openid in ["a", "b", "c"] {
        follow(&world, room, openid).await;
    }
    let (mut all, mut page_break) = (Vec::new(), 0);
    loop {
        let asked = json!({"limit": 2, "page_break": page_break});
        let (page, next) = openids(&world, asked).await;
        if page.is_empty() {
            assert_eq!(next, page_break);
            break;
        }
        all.extend(page);
        page_break = next;
    }
    assert_eq!(all, ["a", "b", "c"]);
}

#[tokio::test]
async fn a_status_is_how_the_room_stood_when_somebody_began_to_follow() {
    let mut world = World::new().await;
    let room = world.room().await;
    follow(&world, room, "early").await;
    world.advance_far(2 * 86_400).await;
    follow(&world, room, "late").await;
    let answer = world.post(FOLLOWERS, &json!({})).await;
    let status = |n: usize| answer["followers"][n]["room_status"].as_i64().unwrap();
    assert_eq!((status(0), status(1)), (102, 103));
}

#[tokio::test]
async fn a_form_may_name_as_many_as_json() {
    let world = World::new().await;
    let room = world.live_room().await;
    let mut form = format!("room_id={room}");
    for n in 0..2_000 {
        write!(form, "&user_openid[{n}]=o{n}").unwrap();
    }
    let pushed = world.post_as(PUSH, FORM, form).await;
    assert_eq!(pushed["errcode"], 0, "{pushed}");
    for nobody in [json!([]), json!("a"), json!([null])] {
        let refused = world
            .post(PUSH, &json!({"room_id": room, "user_openid": nobody}))
            .await;
        assert_eq!(refused["errcode"], 200_002);
    }
}

#[tokio::test]
async fn nobody_is_said_to_be_told_while_nothing_brings_it() {
    let world = World::new().await;
    let room = world.live_room().await;
    follow(&world, room, "a").await;
    let body = json!({"room_id": room, "user_openid": ["a", "stranger", "no good"]});
    let pushed = world.post(PUSH, &body).await;
    world.kaibo.settle_pushes().await.unwrap();
    let last = world
        .store
        .events_after(0, 1_000)
        .await
        .unwrap()
        .pop()
        .unwrap();
    let RoomEvent::PushDone {
        message_id, counts, ..
    } = last.event
    else {
        panic!("{last:?}");
    };
    assert_eq!(pushed["message_id"], message_id);
    assert_eq!((counts.total, counts.success), (3, 0));
    let errors = [
        counts.internal_error,
        counts.relation_error,
        counts.openid_error,
    ];
    assert_eq!(errors, [1, 1, 1]);
}

#[tokio::test]
async fn one_room_a_day_is_pushed_and_another_the_next_day() {
    let mut world = World::new().await;
    let (first, second) = (world.live_room().await, world.live_room().await);
    let push = |room: i64| json!({"room_id": room, "user_openid": ["a"]});
    assert_eq!(world.post(PUSH, &push(first)).await["errcode"], 0);
    assert_eq!(world.post(PUSH, &push(second)).await["errcode"], 9_410_005);
    assert_eq!(world.post(PUSH, &push(first)).await["errcode"], 0);
    world.advance_far(86_400).await;
    let next_day = world.live_room().await;
    assert_eq!(world.post(PUSH, &push(next_day)).await["errcode"], 0);
}
