//! The third walk: an API call is acknowledged once it is there for good.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use rustix::process::Signal;

use crate::house::{House, Server};
use crate::shop::Shop;

const APPS: usize = 5;
/// At work for each app at once.
const CALLERS: usize = 5;
const ROOMS_PER_CALLER: usize = 8;
const ROOMS: usize = APPS * CALLERS * ROOMS_PER_CALLER;
/// The server is killed when so many rooms are acknowledged.
const KILL_AFTER: usize = 60;

/// Rooms that were acknowledged, with their names.
type Acknowledged = BTreeMap<i64, String>;

async fn an_api_call_survives_kill_9(house: House) {
    let server = house.serve().await;
    let mut shops = Vec::new();
    for _ in 0..APPS {
        shops.push(Shop::new(&house, &server).await);
    }
    let acknowledged = create_until_killed(&server, &shops).await;
    let count: usize = acknowledged.iter().map(BTreeMap::len).sum();
    assert!(
        (KILL_AFTER..ROOMS).contains(&count),
        "in the middle: {count}"
    );
    server.ended().await;

    let server = house.serve().await;
    let mut ids = BTreeSet::new();
    for (shop, acknowledged) in shops.iter().zip(&acknowledged) {
        let shop = shop.at(&server);
        every_room_is_whole(&shop, acknowledged, &mut ids).await;
    }
    let next = shops[0].at(&server).room().await;
    assert!(ids.insert(next), "no id is given twice");
}

/// Creates [`ROOMS`] rooms at once and kills the server in the middle of it.
async fn create_until_killed(server: &Server, shops: &[Shop]) -> Vec<Acknowledged> {
    let count = Cell::new(0);
    let acknowledged = RefCell::new(vec![Acknowledged::new(); shops.len()]);
    let caller = async |at: usize, caller: usize| {
        for number in 0..ROOMS_PER_CALLER {
            let name = format!("第{caller}组第{number}场");
            let plan = shops[at].plan(&name, 3_600);
            // No answer is no acknowledgement.
            let Ok(answer) = shops[at].create(&plan).await else {
                return;
            };
            assert_eq!(answer["errcode"], 0, "{answer}");
            let room = answer["roomId"].as_i64().unwrap();
            acknowledged.borrow_mut()[at].insert(room, name);
            count.set(count.get() + 1);
            if count.get() == KILL_AFTER {
                server.signal(Signal::KILL);
            }
        }
    };
    let callers = (0..APPS * CALLERS).map(|n| caller(n % APPS, n / APPS));
    join_all(callers).await;
    acknowledged.take()
}

async fn every_room_is_whole(shop: &Shop, acknowledged: &Acknowledged, ids: &mut BTreeSet<i64>) {
    let rooms = shop.rooms().await;
    let mut missing = acknowledged.clone();
    for row in &rooms {
        let id = row["roomid"].as_i64().unwrap();
        assert!(ids.insert(id), "no id is given twice: {row}");
        assert_eq!(row["live_status"], 102, "{row}");
        assert_ne!(row["cover_img"], "", "{row}");
        if let Some(name) = missing.remove(&id) {
            assert_eq!(row["name"], name);
        }
        // Whoever is listed can go on air: its key was written with it.
        shop.push_address(id).await;
    }
    assert!(missing.is_empty(), "acknowledged, but lost: {missing:?}");
}

on_each_database![an_api_call_survives_kill_9,];
