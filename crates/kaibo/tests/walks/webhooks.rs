//! A merchant's server is down while the server itself dies and comes back: what happened meanwhile
//! arrives all the same, in order, and once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use test_receiver::{Answer, Receiver, Request};

use crate::console::{Owner, PASSWORD};
use crate::house::{House, within};
use crate::shop::Shop;

fn id_of(request: &Request) -> &str {
    &request.headers["kaibo-delivery"]
}

fn kind_of(request: &Request) -> &str {
    &request.headers["kaibo-event"]
}

async fn what_happened_while_a_receiver_was_down_survives_a_kill(house: House) {
    let house = house.with("KAIBO_OUTBOUND__ALLOW_PRIVATE", "[\"127.0.0.0/8\"]");
    let server = house.serve().await;
    let owner = Owner::set_up(&server).await;
    let shop = Shop::new(&house, &server).await;
    let receiver = Receiver::start().await;
    let up = Arc::new(AtomicBool::new(false));
    let is_up = up.clone();
    receiver.answer(move |_| {
        let up = is_up.load(Ordering::SeqCst);
        Some(Answer::new(if up { 200 } else { 503 }, ""))
    });
    let hooks = format!("/v1/apps/{}/webhooks", shop.appid);
    let hook = json!({"url": receiver.url("/hook"), "events": []});
    owner.done("POST", &hooks, hook).await;
    let room = shop.room().await;
    let mute = async |owner: &Owner, to: bool| {
        let path = format!("/v1/apps/{}/rooms/{room}/switches", shop.appid);
        owner.done("PUT", &path, json!({"banComment": to})).await
    };
    mute(&owner, true).await;
    within("it is tried again", receiver.wait_for(2)).await;
    server.kill().await;

    let server = house.serve().await;
    let owner = Owner::log_in(&server, PASSWORD).await.unwrap();
    mute(&owner, false).await;
    let tried = within("and after the restart", receiver.wait_for(3)).await;
    up.store(true, Ordering::SeqCst);
    let test = hooks + "/1/test";
    let all = within("everything arrives", receiver.wait_for(tried.len() + 3)).await;
    let arrived = &all[tried.len()..];
    let kinds: Vec<&str> = arrived.iter().map(kind_of).collect();
    assert_eq!(kinds, ["room.created", "room.switched", "room.switched"]);
    let values = arrived[1..].iter().map(|request| {
        let body: Value = serde_json::from_str(&request.body).unwrap();
        body["data"]["value"].clone()
    });
    assert_eq!(values.collect::<Vec<_>>(), [true, false]);
    for request in &tried {
        assert_eq!(
            id_of(request),
            id_of(&arrived[0]),
            "the first held up the others"
        );
        assert_eq!(request.body, arrived[0].body);
    }
    let mut ids: Vec<&str> = arrived.iter().map(id_of).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 3, "none twice under one id");

    // Behind them comes a test and nothing else.
    owner.done("POST", &test, Value::Null).await;
    let all = within("a test", receiver.wait_for(all.len() + 1)).await;
    assert_eq!(all.last().map(kind_of), Some("test"));
}

on_each_database![what_happened_while_a_receiver_was_down_survives_a_kill,];
