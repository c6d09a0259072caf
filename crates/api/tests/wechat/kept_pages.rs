//! Pages of `getliveinfo` that are kept: never older than the last change, nor than the clock.

use axum::http::Method;
use kaibo_app::{AppConfig, Kaibo};
use kaibo_domain::id::{RoomId, stream_name};
use kaibo_domain::quota::AppQuotas;
use kaibo_domain::room::Command;
use kaibo_store::{Database, Store};
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::world::{ANCHOR, Base, EDIT, LIST, World, request};

const ADD_GOODS: &str = "/wxaapi/broadcast/room/addgoods";
const UPDATE: &str = "/wxaapi/broadcast/goods/update";

async fn list(world: &World, start: i64, limit: i64) -> Value {
    world
        .post(LIST, &json!({"start": start, "limit": limit}))
        .await
}

async fn names(world: &World) -> Vec<Value> {
    let answer = list(world, 0, 50).await;
    let rows = answer["room_info"].as_array().unwrap();
    rows.iter().map(|row| row["name"].clone()).collect()
}

fn without_rid(mut answer: Value) -> Value {
    if let Some(message) = answer["errmsg"].as_str() {
        answer["errmsg"] = message.split(" rid: ").next().unwrap().into();
    }
    answer
}

/// A page that is kept by now is what somebody reads who has kept nothing.
async fn assert_true(world: &World, after: &str) {
    let anew = world.started_anew();
    for (start, limit) in [(0, 50), (0, 2), (1, 2)] {
        let kept = without_rid(list(world, start, limit).await);
        let read = without_rid(list(&anew, start, limit).await);
        assert_eq!(kept, read, "{limit} from {start} after {after}");
    }
}

/// Behind Kaibo's back, as nobody should.
async fn rename_in_the_database(world: &World, name: &str) {
    world
        .change_database(&format!("UPDATE room SET name = '{name}'"))
        .await;
}

#[tokio::test]
async fn a_page_is_kept_until_something_of_its_app_changes() {
    let world = World::new().await;
    let room = world.room().await;
    assert_eq!(names(&world).await, ["晚间新品专场"]);
    rename_in_the_database(&world, "B").await;
    assert_eq!(names(&world).await, ["晚间新品专场"], "nobody was told");
    world.other_app().await;
    world.kaibo.keep_books(true).await.unwrap();
    assert_eq!(
        names(&world).await,
        ["晚间新品专场"],
        "no change of its own"
    );
    let replay = json!({"roomId": room, "closeReplay": 1});
    world
        .post("/wxaapi/broadcast/room/updatereplay", &replay)
        .await;
    assert_eq!(names(&world).await, ["B"]);
}

#[tokio::test]
async fn another_app_never_gets_it() {
    let mut world = World::new().await;
    world.room().await;
    assert_eq!(list(&world, 0, 10).await["total"], 1);
    let own = std::mem::take(&mut world.token);
    world.token = world.other_app().await;
    assert_eq!(list(&world, 0, 10).await["errcode"], 9_410_000);
    world.token = own;
    assert_eq!(list(&world, 0, 10).await["total"], 1);
}

#[tokio::test]
async fn a_status_turns_at_the_moment_that_its_time_has_come() {
    let world = World::new().await;
    let mut plan = world.plan();
    plan["endTime"] = json!(world.now() + 5_400);
    let room = world.room_with(plan).await;
    world.advance(5_399);
    assert_eq!(world.row(room).await["live_status"], 102);
    world.clock.advance(999);
    assert_eq!(world.row(room).await["live_status"], 102);
    world.clock.advance(1);
    assert_eq!(world.row(room).await["live_status"], 107);
    world.clock.advance(-1);
    assert_eq!(
        world.row(room).await["live_status"],
        102,
        "the clock was set back"
    );
}

#[tokio::test]
async fn goods_and_their_places_are_as_they_were_changed_last() {
    let world = World::new().await;
    let room = world.room().await;
    let ids = [stock(&world, room).await, stock(&world, room).await];
    let shown =
        async || -> Vec<Value> { world.row(room).await["goods"].as_array().unwrap().clone() };
    assert_eq!(shown().await.len(), 2);

    let price = json!({"goodsInfo": {"goodsId": ids[0], "priceType": 1, "price": 9.9}});
    assert_eq!(world.post(UPDATE, &price).await["errcode"], 0);
    assert_eq!(shown().await[0]["price"], 990);

    let order = json!({"roomId": room, "goods": [{"goodsId": ids[1]}, {"goodsId": ids[0]}]});
    world.post("/wxaapi/broadcast/goods/sort", &order).await;
    assert_eq!(shown().await[0]["goods_id"], ids[1]);

    let gone = json!({"goodsId": ids[1]});
    world.post("/wxaapi/broadcast/goods/delete", &gone).await;
    assert_eq!(shown().await.len(), 1);

    let cover = world.upload(crate::world::png(2_000)).await;
    let mut plan = world.plan();
    (plan["id"], plan["coverImg"]) = (json!(room), json!(cover));
    let before = world.row(room).await;
    assert_eq!(world.post(EDIT, &plan).await["errcode"], 0);
    let after = world.row(room).await;
    assert_ne!(before["cover_img"], after["cover_img"]);
    assert_eq!(before["share_img"], after["share_img"]);
}

#[tokio::test]
async fn what_another_process_commits_is_seen_when_it_has_its_answer() {
    for base in [Base::Sqlite, Base::Postgres] {
        let world = World::on(base, AppConfig::default()).await;
        world.verify(ANCHOR).await;
        let room = world.room().await;
        let _lock = world.store.lock_server().await.unwrap().unwrap();
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let (ready, tailing) = oneshot::channel();
        let (server, stopping) = (world.kaibo.clone(), stop.clone());
        tasks.spawn(async move { server.run_outbox(stopping, ready, async |_| {}).await });
        tailing.await.unwrap();

        let database = match base {
            Base::Sqlite => Database::default(),
            Base::Postgres => Database::from_url(world.url()).unwrap(),
        };
        let store = Store::open_with(world.data_dir.path(), &database).await;
        let settings = world.kaibo.settings().clone();
        let other = Kaibo::new(store.unwrap(), world.clock.clone(), settings);
        let ban = |reason: &str| Command::Ban {
            reason: reason.to_owned(),
            actor: "command line".into(),
        };
        for (command, status) in [(ban("违规"), 104), (Command::Unban, 102), (ban("又"), 104)] {
            world.row(room).await;
            let told = other.apply(&world.app_id, RoomId(room), command).await;
            told.unwrap();
            assert_eq!(world.row(room).await["live_status"], status, "{base:?}");
        }
        stop.cancel();
        tasks.close();
        tasks.wait().await;
    }
}

#[tokio::test]
async fn the_rid_of_each_call_is_its_own() {
    let world = World::new().await;
    world.room().await;
    let rid = async || {
        let path = world.with_token(LIST);
        let body = json!({"start": 0, "limit": 1}).to_string();
        let call = request(Method::POST, &path, Some("application/json"), body);
        let answer = world.respond(call).await;
        answer.headers()["x-kaibo-rid"].to_str().unwrap().to_owned()
    };
    assert_ne!(rid().await, rid().await);
}

/// New goods on the shelf of a room.
async fn stock(world: &World, room: i64) -> Value {
    let goods = world.goods(json!({})).await["goodsId"].clone();
    world.kaibo.review_all().await.unwrap();
    world
        .post(ADD_GOODS, &json!({"roomId": room, "ids": [goods]}))
        .await;
    goods
}

/// Numbers that look like chance and are the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }

    fn of(&mut self, from: &[i64]) -> i64 {
        from.get(self.below(from.len().max(1)))
            .copied()
            .unwrap_or(1)
    }
}

/// Rooms and goods that were made, whatever became of them.
#[derive(Default)]
struct Made {
    rooms: Vec<i64>,
    goods: Vec<Value>,
}

/// Does something by chance, which may be refused, and says what it was.
async fn something(world: &mut World, made: &mut Made, chance: &mut Chance) -> String {
    let room = chance.of(&made.rooms);
    match chance.below(16) {
        kind @ 0..=5 => with_rooms(kind, world, made, chance, room).await,
        kind @ 6..=11 => with_goods(kind, world, made, chance, room).await,
        12 => {
            let ended = world.kaibo.apply(&world.app_id, RoomId(room), Command::End);
            format!("end: {}", ended.await.is_ok())
        }
        13 => {
            let paused = world
                .kaibo
                .apply(&world.app_id, RoomId(room), Command::Pause);
            format!("pause: {}", paused.await.is_ok())
        }
        14 => {
            let max_hours = Some(1 + chance.below(12) as u8);
            let own = AppQuotas {
                max_hours,
                rooms_per_day: Some(1_000),
                ..AppQuotas::default()
            };
            let set = world.kaibo.set_quotas(&world.app_id, &own);
            set.await.unwrap();
            format!("{max_hours:?} hours")
        }
        _ => {
            // The pages are kept after the last write, and then time passes.
            let stream = stream_name(&world.app_id, RoomId(room));
            let _ = world.kaibo.good_stream(&stream).await;
            world.advance_far(0).await;
            assert_true(world, "a token was bought").await;
            let seconds = chance.below(7_000) as i64;
            world.advance(seconds);
            format!("{seconds} s")
        }
    }
}

async fn tried(world: &World, path: &str, body: Value) -> String {
    let path = format!("/wxaapi/broadcast/{path}");
    let answer = world.post(&path, &body).await;
    format!("{path} {body}: {}", answer["errcode"])
}

async fn with_rooms(
    kind: usize,
    world: &World,
    made: &mut Made,
    chance: &mut Chance,
    room: i64,
) -> String {
    let switch = chance.below(2);
    let mut plan = world.plan();
    match kind {
        0 | 1 => {
            let start = world.now() + 3_600 + chance.below(300_000) as i64;
            (plan["startTime"], plan["endTime"]) = (json!(start), json!(start + 3_600));
            made.rooms.push(world.room_with(plan).await);
            "a room".into()
        }
        2 => {
            let name = format!("改名{:03}号", chance.below(999));
            (plan["id"], plan["name"]) = (json!(room), json!(name));
            tried(world, "room/editroom", plan).await
        }
        3 => tried(world, "room/deleteroom", json!({"id": room})).await,
        4 => {
            let body = json!({"roomId": room, "closeReplay": switch});
            tried(world, "room/updatereplay", body).await
        }
        _ => {
            let body = json!({"roomId": room, "isFeedsPublic": switch});
            tried(world, "room/updatefeedpublic", body).await
        }
    }
}

async fn with_goods(
    kind: usize,
    world: &World,
    made: &mut Made,
    chance: &mut Chance,
    room: i64,
) -> String {
    let item = made.goods.get(chance.below(made.goods.len().max(1)));
    let item = item.cloned().unwrap_or_default();
    match kind {
        6 | 7 => {
            made.goods.push(stock(world, room).await);
            "goods".into()
        }
        8 => {
            let price = chance.below(900) + 1;
            let info = json!({"goodsId": item, "priceType": 1, "price": price});
            tried(world, "goods/update", json!({"goodsInfo": info})).await
        }
        9 => tried(world, "goods/delete", json!({"goodsId": item})).await,
        10 => {
            let body = json!({"roomId": room, "goodsId": item, "onSale": chance.below(2)});
            tried(world, "goods/onsale", body).await
        }
        _ => {
            let body = json!({"roomId": room, "goodsId": item});
            tried(world, "goods/push", body).await
        }
    }
}

#[tokio::test]
async fn whatever_happens_a_kept_page_is_what_would_be_read() {
    for seed in [0x9e37_79b9_7f4a_7c15, 0xdead_beef_cafe_f00d] {
        let mut config = AppConfig::default();
        config.limits.rooms_per_day = 1_000;
        let mut world = World::with(config).await;
        let (mut made, mut chance) = (Made::default(), Chance(seed));
        made.rooms.push(world.room().await);
        for _ in 0..50 {
            let what = something(&mut world, &mut made, &mut chance).await;
            assert_true(&world, &what).await;
            // Time may have used the token up.
            if list(&world, 0, 1).await["errcode"] == 42_001 {
                world.advance_far(0).await;
            }
        }
    }
}
