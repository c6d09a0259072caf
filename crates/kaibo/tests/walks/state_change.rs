//! The second walk: a room's state changes from a second process, and every output follows.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::timeout;

use crate::console::Owner;
use crate::encoder::Encoder;
use crate::house::{House, Server, within};
use crate::shop::Shop;
use crate::viewer::{Page, Viewer};

/// A room on air with somebody who watches it.
struct OnAir {
    house: House,
    server: Server,
    shop: Shop,
    room: i64,
    encoder: Encoder,
    viewer: Viewer,
}

impl OnAir {
    async fn new(house: House) -> Self {
        let server = house.serve().await;
        let shop = Shop::new(&house, &server).await;
        let room = shop.room().await;
        let encoder = Encoder::start(&shop.push_address(room).await)
            .await
            .unwrap();
        let path = shop.flv(room);
        let mut viewer = Viewer::join_when_open(server.http, &path).await;
        viewer.watch_more(5).await;
        Self {
            house,
            server,
            shop,
            room,
            encoder,
            viewer,
        }
    }

    /// `kaibo room VERB`, as a second process.
    async fn order(&self, verb: &str, more: &[&str]) -> Value {
        let room = self.room.to_string();
        let args = ["room", verb, "--appid", &self.shop.appid, &room];
        self.house.order(&[&args, more].concat()).await.json()
    }

    async fn join(&self) -> Result<Viewer, u16> {
        Viewer::join(self.server.http, &self.shop.flv(self.room)).await
    }
}

/// What is left of the body after the order has returned must be on its way already.
async fn ends_at_once(viewer: Viewer) {
    let ended = timeout(Duration::from_secs(1), viewer.until_end()).await;
    ended.expect("within a second").expect("a proper end");
}

async fn a_state_change_from_the_command_line_cuts_outputs(house: House) {
    let air = OnAir::new(house).await;
    let mut page = Page::open(&air.server, air.room).await;
    assert_eq!(page.next_status().await, 101);
    let said = air.order("end", &[]).await;
    assert_eq!(
        said,
        json!({"roomId": air.room, "status": 103, "armed": false})
    );
    assert_eq!(air.shop.status(air.room).await, 103, "true when it returns");
    assert_eq!(air.join().await.err(), Some(404));
    ends_at_once(air.viewer).await;
    air.encoder.cut().await;
    page.until_status(103).await;
}

#[tokio::test]
async fn a_ban_cuts_publisher_and_viewers_and_a_lifted_one_ends_the_room() {
    let air = OnAir::new(House::new()).await;
    let said = air.order("ban", &["--reason", "夸大宣传"]).await;
    assert_eq!(said["status"], 104);
    assert_eq!(air.shop.status(air.room).await, 104);
    assert_eq!(air.join().await.err(), Some(404));
    let mut page = Page::open(&air.server, air.room).await;
    assert_eq!(page.next().await.unwrap()["banReason"], "夸大宣传");
    assert_eq!(air.order("unban", &[]).await["status"], 103, "it had begun");
    ends_at_once(air.viewer).await;
    air.encoder.cut().await;
}

#[tokio::test]
async fn a_pause_hides_the_picture_from_all_but_the_anchor_until_it_is_over() {
    let mut air = OnAir::new(House::new()).await;
    let owner = Owner::set_up(&air.server).await;
    let access = format!("/v1/apps/{}/rooms/{}/access", air.shop.appid, air.room);
    let access = owner.done("GET", &access, Value::Null).await;
    let preview = access["preview"]["flv"].as_str().unwrap();
    let mut anchor = Viewer::join(air.server.http, preview).await.unwrap();

    assert_eq!(air.order("pause", &[]).await["status"], 105);
    assert_eq!(air.shop.status(air.room).await, 105);
    assert_eq!(air.join().await.err(), Some(404), "hidden when it returns");
    within("viewers are sent away", air.viewer.until_end())
        .await
        .expect("a proper end");
    anchor.watch_more(20).await;

    let args = ["room", "resume", "--appid", &air.shop.appid];
    let room = air.room.to_string();
    let resumed = air.house.order(&[&args[..], &[&room]].concat()).await;
    assert_eq!(resumed.json()["status"], 101, "the stream never went away");
    let path = air.shop.flv(air.room);
    let mut again = Viewer::join(air.server.http, &path).await.unwrap();
    again.watch_more(5).await;
    assert!(air.encoder.is_running(), "a pause does not cut the anchor");
}

on_each_database![a_state_change_from_the_command_line_cuts_outputs,];
