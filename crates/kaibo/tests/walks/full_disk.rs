//! A disk without space: the live goes on, writes are refused as a whole, and all is well again
//! once there is space.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::console::Owner;
use crate::encoder::Encoder;
use crate::house::{House, KAIBO, Server, until};
use crate::http;
use crate::shop::{ANCHOR, Shop};
use crate::viewer::Viewer;

/// Mounts a small disk of its own on `$0`, seen by nobody else, and becomes the server there.
const ON_A_SMALL_DISK: &str = r#"mkdir "$0" && mount -t tmpfs -o size=16m kaibo "$0" && exec "$@""#;

/// A server on a disk of 16 MiB; `None` where this user may not mount one.
async fn serve_on_a_small_disk(house: &House) -> Option<Server> {
    let small_disk = |house: &House| {
        let mut command = house.program("unshare");
        let user = ["--user", "--map-root-user", "--mount"];
        let args = if rustix::process::geteuid().is_root() {
            &user[2..]
        } else {
            &user
        };
        command.args(args).args(["sh", "-c", ON_A_SMALL_DISK]);
        command
    };
    let probe = House::new();
    let mut allowed = small_disk(&probe);
    allowed.arg(probe.data_dir()).arg("true");
    let allowed = allowed.output().is_ok_and(|ran| ran.status.success());
    if !allowed {
        return None;
    }
    let mut command = small_disk(house);
    command
        .arg(house.data_dir())
        .arg(KAIBO)
        .args(house.serve_args());
    Some(Server::start(command).await.expect("it starts"))
}

/// Writes until nothing fits any more.
fn fill(path: &Path) {
    let mut file = File::create(path).unwrap();
    for size in [1 << 16, 1 << 10, 1] {
        let block = vec![0; size];
        loop {
            match file.write(&block) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => break,
                Err(error) => panic!("{error}"),
            }
        }
    }
}

#[tokio::test]
async fn a_full_disk_stops_writes_but_not_the_live() {
    let house = House::new();
    let Some(server) = serve_on_a_small_disk(&house).await else {
        eprintln!("not shown here: this user may not mount a disk of its own");
        return;
    };
    let shop = shop_by_console(&server).await;
    let room = shop.room().await;
    let encoder = Encoder::start(&shop.push_address(room).await)
        .await
        .unwrap();
    let path = shop.flv(room);
    let mut viewer = Viewer::join_when_open(server.http, &path).await;

    // The disk as the server sees it.
    let seen = PathBuf::from(format!("/proc/{}/root", server.pid.as_raw_nonzero()));
    let inside = house.data_dir();
    let filler = seen.join(inside.strip_prefix("/").unwrap()).join("filler");
    fill(&filler);
    let mut rooms = vec![room];
    let refused = loop {
        let answer = shop.create(&shop.plan("磁盘满了", 3_600)).await.unwrap();
        match answer["roomId"].as_i64() {
            // What room the database's file had left.
            Some(room) => rooms.push(room),
            None => break answer,
        }
    };
    assert_eq!(refused["errcode"], -1, "{refused}");
    let message = refused["errmsg"].as_str().unwrap();
    assert!(message.starts_with("system error"), "{message}");
    until("it is not ready", async || readiness(&server).await == 503).await;
    assert_eq!(http::get(server.http, "/healthz").await.status, 200);
    viewer.watch_more(60).await;
    assert_eq!(shop.status(room).await, 101);
    Viewer::join(server.http, &path)
        .await
        .expect("newcomers are let in");

    fs::remove_file(&filler).unwrap();
    until("it is ready again", async || {
        readiness(&server).await == 200
    })
    .await;
    rooms.push(shop.room().await);
    let mut listed: Vec<i64> = shop
        .rooms()
        .await
        .iter()
        .map(|row| row["roomid"].as_i64().unwrap())
        .collect();
    rooms.sort_unstable();
    listed.sort_unstable();
    assert_eq!(listed, rooms, "all that was acknowledged, and nothing else");
    viewer.watch_more(5).await;
    encoder.finish().await;
    assert_eq!(server.stop().await.status.code(), Some(0));
}

async fn readiness(server: &Server) -> u16 {
    http::get(server.http, "/readyz").await.status
}

/// Only the server sees its disk, so no command beside it can make the app.
async fn shop_by_console(server: &Server) -> Shop {
    let owner = Owner::set_up(server).await;
    let app = owner.done("POST", "/v1/apps", json!({"name": "店"})).await;
    let appid = app["appid"].as_str().unwrap();
    let verify = format!("/v1/apps/{appid}/anchors/{ANCHOR}/verify");
    owner.done("POST", &verify, Value::Null).await;
    Shop::open(server, appid, app["secret"].as_str().unwrap()).await
}
