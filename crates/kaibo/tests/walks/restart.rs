//! The server dies while a room is live, and finds it again.

use crate::encoder::Encoder;
use crate::house::House;
use crate::shop::Shop;
use crate::viewer::{Page, Viewer};

async fn restart_finds_a_live_room_and_waits(house: House) {
    let house = house.with("KAIBO_ROOM__LOST", "3s");
    let server = house.serve().await;
    let shop = Shop::new(&house, &server).await;
    let room = shop.room().await;
    let encoder = Encoder::start(&shop.push_address(room).await)
        .await
        .unwrap();
    shop.until_status(room, 101).await;
    server.kill().await;
    encoder.cut().await;

    let server = house.serve().await;
    let mut page = Page::open(&server, room).await;
    assert_eq!(page.next_status().await, 101, "the encoder may come back");
    assert_eq!(page.next_status().await, 106, "it has not");
    let shop = shop.at(&server);
    assert_eq!(shop.status(room).await, 106);

    let encoder = Encoder::start(&shop.push_address(room).await)
        .await
        .unwrap();
    assert_eq!(page.next_status().await, 101);
    let path = shop.flv(room);
    let mut viewer = Viewer::join(server.http, &path).await.unwrap();
    viewer.watch_more(5).await;
    encoder.finish().await;
    assert_eq!(
        page.next_status().await,
        106,
        "a stream that ends is lost too"
    );
}

#[tokio::test]
async fn an_encoder_that_comes_back_in_time_is_not_missed() {
    let house = House::new();
    let server = house.serve().await;
    let shop = Shop::new(&house, &server).await;
    let room = shop.room().await;
    let encoder = Encoder::start(&shop.push_address(room).await)
        .await
        .unwrap();
    shop.until_status(room, 101).await;
    server.kill().await;
    encoder.cut().await;

    let server = house.serve().await;
    let shop = shop.at(&server);
    let mut page = Page::open(&server, room).await;
    assert_eq!(page.next_status().await, 101);
    let _encoder = Encoder::start(&shop.push_address(room).await)
        .await
        .unwrap();
    assert_eq!(
        page.next_status().await,
        101,
        "the same room, with its stream"
    );
    assert_eq!(shop.status(room).await, 101);
}

on_each_database![restart_finds_a_live_room_and_waits,];
