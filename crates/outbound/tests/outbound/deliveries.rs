//! Events all the way from a room to a server on loopback, on a clock that the test sets.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kaibo_app::ports::Outbound;
use kaibo_app::{AppConfig, Clock, DraftInput, Kaibo, Settings};
use kaibo_domain::draft::Draft;
use kaibo_domain::endpoint::{MessageFormat, MessageSettings};
use kaibo_domain::id::{AppId, RoomId};
use kaibo_domain::room::{Command, Switch};
use kaibo_domain::subscription::SubscriptionKind;
use kaibo_domain::{HOUR_MS, MINUTE_MS};
use kaibo_outbound::{Calls, OutboundConfig};
use kaibo_store::Store;
use serde_json::Value;
use tempfile::TempDir;
use test_receiver::{Answer, Receiver, Request};

pub(crate) const NOW: i64 = 1_795_312_800_000;
pub(crate) const ANCHOR: &str = "anchor_01";

pub(crate) struct House {
    folder: TempDir,
    pub(crate) clock: Clock,
    store: Store,
    pub(crate) kaibo: Kaibo,
    pub(crate) app: AppId,
}

impl House {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::manual(NOW);
        let (store, kaibo) = open(&folder, &clock).await;
        let app = kaibo.create_app(None, None, "Shop").await.unwrap().app_id;
        kaibo.verify_anchor(&app, ANCHOR).await.unwrap();
        Self {
            folder,
            clock,
            store,
            kaibo,
            app,
        }
    }

    /// As after a crash: another process on the same folder.
    async fn reopen(&mut self) {
        self.store.close().await;
        (self.store, self.kaibo) = open(&self.folder, &self.clock).await;
    }

    pub(crate) async fn room(&self) -> RoomId {
        let start_at = self.kaibo.now() + 15 * MINUTE_MS;
        let draft = Draft {
            name: "双十一专场".into(),
            start_at,
            end_at: start_at + HOUR_MS,
            anchor_name: "小王".into(),
            anchor_wechat: ANCHOR.into(),
            ..Draft::default()
        };
        let input = DraftInput {
            draft,
            images_required: false,
        };
        self.kaibo.create_room(&self.app, input).await.unwrap().id
    }

    pub(crate) async fn live(&self, room: RoomId) {
        let stream = format!("{}-{room}", self.app);
        assert!(self.kaibo.good_stream(&stream).await.unwrap());
    }

    async fn mute(&self, room: RoomId, to: bool) {
        let switches = vec![Switch::BanComment(to)];
        let turned = self.kaibo.turn_switches(&self.app, room, switches);
        turned.await.unwrap();
    }

    async fn webhook(&self, receiver: &Receiver, events: &[&str]) -> i64 {
        let events = events.iter().map(|&e| e.to_owned()).collect();
        let url = receiver.url("/hook");
        let made = self.kaibo.create_webhook(&self.app, &url, events).await;
        made.unwrap().0.id
    }

    /// Lets time pass, delivering what is due every half minute.
    pub(crate) async fn pass(&self, ms: i64) {
        let end = self.kaibo.now() + ms;
        while self.kaibo.now() < end {
            self.clock.advance(30_000);
            self.kaibo.deliver_due().await.unwrap();
        }
    }
}

async fn open(folder: &TempDir, clock: &Clock) -> (Store, Kaibo) {
    let config = OutboundConfig {
        allow_private: vec!["127.0.0.0/8".parse().unwrap()],
        ..OutboundConfig::default()
    };
    let outbound: Arc<dyn Outbound> = Calls::shared(config);
    let store = Store::open(folder.path()).await.unwrap();
    let settings = Settings::new(&AppConfig::default(), "http://h", "rtmp://h").unwrap();
    let kaibo = Kaibo::with_outbound(store.clone(), clock.clone(), settings, outbound);
    (store, kaibo)
}

/// A receiver that is down until the switch is thrown.
async fn receiver() -> (Receiver, Arc<AtomicBool>) {
    let receiver = Receiver::start().await;
    let up = Arc::new(AtomicBool::new(false));
    let is_up = up.clone();
    receiver.answer(move |_| {
        let up = is_up.load(Ordering::SeqCst);
        Some(if up {
            Answer::new(200, "")
        } else {
            Answer::new(503, "down")
        })
    });
    (receiver, up)
}

fn body(request: &Request) -> Value {
    serde_json::from_str(&request.body).unwrap()
}

/// Of what arrived from the `n`-th on: type, room, offset of the room's own count.
fn told(requests: &[Request]) -> Vec<(String, i64)> {
    let bodies = requests.iter().map(body);
    let told = bodies.map(|b| {
        (
            b["type"].as_str().unwrap().into(),
            b["roomId"].as_i64().unwrap(),
        )
    });
    told.collect()
}

/// No id arrived twice, and a failed try had the id and the body of what arrived in the end.
fn each_is_told_once(failed: &[Request], arrived: &[Request]) {
    let mut ids: Vec<_> = arrived
        .iter()
        .map(|r| r.headers["kaibo-delivery"].clone())
        .collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), arrived.len(), "none twice");
    for request in failed {
        let id = &request.headers["kaibo-delivery"];
        let again = arrived.iter().find(|a| a.headers["kaibo-delivery"] == *id);
        assert_eq!(
            again.unwrap().body,
            request.body,
            "the same id is the same body"
        );
    }
}

#[tokio::test]
async fn all_that_happened_while_a_receiver_was_down_for_ten_minutes_arrives_once_and_in_order() {
    let mut house = House::new().await;
    let (receiver, up) = receiver().await;
    house.webhook(&receiver, &[]).await;
    let (first, second) = (house.room().await, house.room().await);
    house.live(first).await;
    house.pass(2 * MINUTE_MS).await;
    house.mute(first, true).await;
    house.pass(3 * MINUTE_MS).await;
    house.reopen().await;
    house.mute(first, false).await;
    house
        .kaibo
        .apply(&house.app, first, Command::End)
        .await
        .unwrap();
    house
        .kaibo
        .apply(&house.app, second, Command::Delete)
        .await
        .unwrap();
    house.pass(5 * MINUTE_MS).await;
    let failed = receiver.got();
    assert!(failed.len() >= 4, "it was tried meanwhile");

    up.store(true, Ordering::SeqCst);
    house.reopen().await;
    house.pass(20 * MINUTE_MS).await;
    let arrived = receiver.got().split_off(failed.len());
    let of = |room: RoomId| -> Vec<String> {
        let told = told(&arrived);
        let mine = told.into_iter().filter(|(_, of)| *of == room.0);
        mine.map(|(kind, _)| kind).collect()
    };
    let in_order = [
        "room.created",
        "room.status",
        "room.switched",
        "room.switched",
        "room.status",
    ];
    assert_eq!(of(first), in_order);
    assert_eq!(of(second), ["room.created", "room.deleted"]);
    let mutes = arrived
        .iter()
        .map(body)
        .filter(|b| b["type"] == "room.switched");
    let mutes: Vec<_> = mutes.map(|b| b["data"]["value"].clone()).collect();
    assert_eq!(mutes, [true, false]);
    each_is_told_once(&failed, &arrived);
    house.pass(HOUR_MS).await;
    assert_eq!(receiver.got().len(), failed.len() + 7, "and nothing more");
}

#[tokio::test]
async fn a_room_that_is_stuck_holds_up_no_other() {
    let house = House::new().await;
    let receiver = Receiver::start().await;
    house.webhook(&receiver, &[]).await;
    let (stuck, free) = (house.room().await, house.room().await);
    let mine = format!("\"roomId\":{stuck}");
    receiver.answer(move |request| {
        let bad = request.body.contains(&mine);
        Some(if bad {
            Answer::new(500, "")
        } else {
            Answer::new(204, "")
        })
    });
    house.mute(free, true).await;
    house.mute(stuck, true).await;
    house.kaibo.deliver_due().await.unwrap();
    let told = told(&receiver.got());
    let of = |room: RoomId| told.iter().filter(|(_, of)| *of == room.0).count();
    assert_eq!(
        (of(free), of(stuck)),
        (2, 1),
        "what is behind the stuck one waits"
    );
}

#[tokio::test]
async fn an_endpoint_is_given_up_after_three_days_and_goes_on_where_it_was_when_enabled() {
    let house = House::new().await;
    let (receiver, up) = receiver().await;
    let id = house.webhook(&receiver, &["room.created"]).await;
    let room = house.room().await;
    for _ in 0..100 {
        house.clock.advance(HOUR_MS);
        house.kaibo.deliver_due().await.unwrap();
    }
    let webhook = house.kaibo.webhook(&house.app, id).await.unwrap();
    assert!(webhook.disabled_at.is_some(), "{webhook:?}");
    let log = house.kaibo.deliveries(&house.app, id, 0, 10).await.unwrap();
    assert_eq!((log[0].due_at, log[0].done), (None, false));
    assert!(log[0].error.as_deref().unwrap().contains("503"), "{log:?}");

    let tries = receiver.got().len();
    let later = house.room().await;
    house.kaibo.deliver_due().await.unwrap();
    assert_eq!(receiver.got().len(), tries, "left in peace");
    up.store(true, Ordering::SeqCst);
    house.kaibo.enable_endpoint(&house.app, id).await.unwrap();
    house.kaibo.deliver_due().await.unwrap();
    assert_eq!(told(&receiver.got()).pop().unwrap().1, later.0);
    house
        .kaibo
        .redeliver(&house.app, id, &log[0].id)
        .await
        .unwrap();
    house.kaibo.deliver_due().await.unwrap();
    let last = receiver.got().pop().unwrap();
    assert_eq!(last.headers["kaibo-delivery"], log[0].id);
    assert_eq!(body(&last)["roomId"], room.0);
    let webhook = house.kaibo.webhook(&house.app, id).await.unwrap();
    assert_eq!((webhook.disabled_at, webhook.failing_since), (None, None));
}

#[tokio::test]
async fn a_webhook_is_told_what_it_asked_for_and_of_no_other_app() {
    let house = House::new().await;
    let receiver = Receiver::start().await;
    house.room().await;
    house.webhook(&receiver, &["room.switched"]).await;
    let other = house.kaibo.create_app(None, None, "Other").await.unwrap();
    let url = receiver.url("/other");
    let foreign = house.kaibo.create_webhook(&other.app_id, &url, vec![]);
    let (foreign, _) = foreign.await.unwrap();
    let room = house.room().await;
    house.mute(room, true).await;
    house
        .kaibo
        .test_webhook(&other.app_id, foreign.id)
        .await
        .unwrap();
    house.kaibo.deliver_due().await.unwrap();
    let mut got = receiver.got();
    got.sort_by(|a, b| a.path.cmp(&b.path));
    assert_eq!(got.len(), 2);
    assert_eq!(body(&got[0])["type"], "room.switched");
    assert_eq!(
        (got[1].path.as_str(), &body(&got[1])["type"]),
        ("/other", &Value::from("test"))
    );
    let refused = house.kaibo.test_webhook(&house.app, foreign.id).await;
    assert!(refused.is_err(), "another app's is nobody's");
}

#[tokio::test]
async fn reminders_name_who_waited_and_a_push_counts_who_is_told() {
    let house = House::new().await;
    let receiver = Receiver::start().await;
    house
        .webhook(&receiver, &["reminder.due", "push.done"])
        .await;
    let room = house.room().await;
    let subscribe = async |openid: &str, kind| {
        let done = house.kaibo.subscribe(&house.app, room, openid, kind);
        done.await.unwrap();
    };
    subscribe("waits", SubscriptionKind::Room).await;
    subscribe("follows", SubscriptionKind::Follow).await;
    house.live(room).await;
    house.kaibo.settle_pushes().await.unwrap();
    let who = ["follows".to_owned(), "stranger".to_owned()];
    let message = house
        .kaibo
        .push_message(&house.app, room, &who)
        .await
        .unwrap();
    house.kaibo.settle_pushes().await.unwrap();
    house.kaibo.deliver_due().await.unwrap();
    let told: Vec<Value> = receiver
        .got()
        .iter()
        .map(|r| body(r)["data"].clone())
        .collect();
    let message = message.to_string();
    assert_eq!(told.len(), 3);
    assert_eq!(
        told[0],
        serde_json::json!({
            "reason": "start", "messageId": null, "openids": ["waits"],
        })
    );
    assert_eq!(
        told[1],
        serde_json::json!({
            "reason": "push", "messageId": message, "openids": ["follows"],
        })
    );
    assert_eq!(
        (&told[2]["success"], &told[2]["relationError"]),
        (&Value::from(1), &Value::from(1))
    );
}

#[tokio::test]
async fn a_message_url_that_says_anything_but_success_is_told_again() {
    let house = House::new().await;
    let receiver = Receiver::start().await;
    receiver.answer(|request| Some(Answer::new(200, request.query("echostr").unwrap_or("busy"))));
    let settings = MessageSettings {
        url: receiver.url("/wx"),
        token: "token123".into(),
        aes_key: None,
        format: MessageFormat::Json,
        original_id: "gh_x".into(),
    };
    house
        .kaibo
        .set_message_url(&house.app, settings)
        .await
        .unwrap();
    let room = house.room().await;
    let follow = SubscriptionKind::Follow;
    house
        .kaibo
        .subscribe(&house.app, room, "openid-a", follow)
        .await
        .unwrap();
    house.kaibo.deliver_due().await.unwrap();
    receiver.answer(|_| Some(Answer::new(200, "success")));
    house.pass(MINUTE_MS).await;
    let got = receiver.got();
    assert_eq!(got.len(), 3, "the check, a failure, and the same again");
    assert_eq!(got[1].body, got[2].body);
    assert_eq!(body(&got[2])["FollowNotify"]["action"], "add_follow");
    house.pass(HOUR_MS).await;
    assert_eq!(receiver.got().len(), 3);
}
