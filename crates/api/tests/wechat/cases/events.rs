//! Events that a server pushes, driven to a message URL on loopback.

use kaibo_app::AppConfig;
use kaibo_domain::endpoint::{MessageFormat, MessageSettings};
use kaibo_domain::id::RoomId;
use kaibo_domain::subscription::SubscriptionKind;
use serde_json::json;
use test_receiver::{Answer, Receiver, Request};

use super::Case;
use crate::world::{ANCHOR, Base, World};

const PUSH: &str = "/wxa/business/push_message";

/// Has the event happen once for each reply that is enough, and looks at what arrives.
pub(super) async fn drive(base: Base, case: &Case, all: &[Case]) -> Result<(), String> {
    for reply in case.reply.iter().flatten() {
        let world = World::on(base, AppConfig::default()).await;
        world.verify(ANCHOR).await;
        let receiver = listen(&world, reply).await;
        let wanted = match case.name.as_str() {
            "V1" => follow(&world, sample(case)).await,
            "V1-x-unfollow" => unfollow(&world, case, all).await,
            "V2" => push(&world, &receiver, sample(case)).await,
            name => return Err(format!("nobody knows how {name} comes about")),
        };
        world.kaibo.deliver_due().await.unwrap();
        let got = messages(&receiver);
        let last = got.last().map(|request| request.body.clone());
        if last.as_deref() != Some(wanted.as_str()) {
            return Err(format!("{last:?} is not {wanted:?}"));
        }
        // Neither reply asks for it again.
        world.advance(3_600);
        world.kaibo.deliver_due().await.unwrap();
        if messages(&receiver).len() != got.len() {
            return Err(format!("{reply:?} was not enough"));
        }
        world.store.close().await;
    }
    Ok(())
}

/// What came to the message URL; a webhook of the same scene has a path of its own.
fn messages(receiver: &Receiver) -> Vec<Request> {
    let mut got = receiver.got();
    got.retain(|request| request.path.starts_with("/wx"));
    got
}

fn sample(case: &Case) -> &str {
    case.xml.as_deref().unwrap()
}

/// A message URL that passes the check and then answers `reply`.
async fn listen(world: &World, reply: &str) -> Receiver {
    let receiver = Receiver::start().await;
    let reply = reply.to_owned();
    receiver
        .answer(move |request| Some(Answer::new(200, request.query("echostr").unwrap_or(&reply))));
    let settings = MessageSettings {
        url: receiver.url("/wx"),
        token: "token123".into(),
        aes_key: None,
        format: MessageFormat::Xml,
        original_id: "gh_x".into(),
    };
    let set = world.kaibo.set_message_url(&world.app_id, settings);
    set.await.unwrap();
    receiver
}

/// The sample with this world's room and time in the place of its own.
fn of_this_world(world: &World, room: i64, sample: &str) -> String {
    let now = world.now().to_string();
    sample
        .replace("1767600000", &now)
        .replace("1767600100", &now)
        .replace("<room_id>7<", &format!("<room_id>{room}<"))
}

async fn subscribe(world: &World, room: i64, openid: &str) {
    let follow = SubscriptionKind::Follow;
    let done = world
        .kaibo
        .subscribe(&world.app_id, RoomId(room), openid, follow);
    done.await.unwrap();
}

async fn follow(world: &World, sample: &str) -> String {
    let room = world.room().await;
    subscribe(world, room, "openid-a").await;
    of_this_world(world, room, sample)
}

/// As V1, but for what the case says is different.
async fn unfollow(world: &World, case: &Case, all: &[Case]) -> String {
    let room = world.room().await;
    subscribe(world, room, "openid-a").await;
    world.advance(60);
    let follow = SubscriptionKind::Follow;
    let done = world
        .kaibo
        .unsubscribe(&world.app_id, RoomId(room), "openid-a", follow);
    done.await.unwrap();
    let first = all.iter().find(|other| other.name == "V1").unwrap();
    let differs = case.differs["action"].as_str().unwrap();
    of_this_world(world, room, sample(first)).replace("add_follow", differs)
}

/// The sample's counts stand for any; these are of a push to ten, of whom seven can be told. Ten are
/// named with a stranger, somebody who is told already, and what is no openid.
async fn push(world: &World, receiver: &Receiver, sample: &str) -> String {
    let url = receiver.url("/hook");
    let asked = vec!["reminder.due".to_owned()];
    let hook = world.kaibo.create_webhook(&world.app_id, &url, asked);
    hook.await.unwrap();
    let room = world.live_room().await;
    let mut who = vec!["openid-a".to_owned()];
    who.extend((1..7).map(|n| format!("follower-{n}")));
    for openid in &who {
        subscribe(world, room, openid).await;
    }
    world.kaibo.deliver_due().await.unwrap();
    who.extend(["stranger", "openid-a", "no openid"].map(str::to_owned));
    let pushed = world
        .post(PUSH, &json!({"room_id": room, "user_openid": who}))
        .await;
    world.kaibo.settle_pushes().await.unwrap();
    let counts: [(&str, i64); 6] = [
        ("total_count", 10),
        ("success_count", 7),
        ("openid_error_count", 1),
        ("relation_error_count", 1),
        ("user_recv_limit_count", 1),
        ("internal_error_count", 0),
    ];
    let parts: i64 = counts[1..].iter().map(|(_, count)| count).sum();
    assert_eq!(parts, counts[0].1, "the counters add up");
    let message = pushed["message_id"].as_str().unwrap();
    let mut wanted = of_this_world(world, room, sample).replace("[1001]", &format!("[{message}]"));
    for (name, count) in counts {
        let (before, rest) = wanted.split_once(&format!("<{name}>")).unwrap();
        let (_, after) = rest.split_once('<').unwrap();
        wanted = format!("{before}<{name}>{count}<{after}");
    }
    wanted
}
