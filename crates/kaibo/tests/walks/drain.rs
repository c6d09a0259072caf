//! A server that is asked to end lets everybody go properly.

use tokio::net::TcpStream;

use crate::encoder::Encoder;
use crate::house::{House, within};
use crate::shop::Shop;
use crate::viewer::{Page, Viewer};

async fn sigterm_drains(house: House) {
    let server = house.serve().await;
    let shop = Shop::new(&house, &server).await;
    let room = shop.room().await;
    let encoder = Encoder::start(&shop.push_address(room).await)
        .await
        .unwrap();
    let mut page = Page::open(&server, room).await;
    let path = shop.flv(room);
    let mut viewer = Viewer::join_when_open(server.http, &path).await;
    viewer.watch_more(5).await;
    let idle = TcpStream::connect(server.http).await.unwrap();

    let (http, rtmp) = (server.http, server.rtmp);
    let (ended, viewed, ..) = tokio::join!(
        server.stop(),
        within("the viewer's body ends", viewer.until_end()),
        encoder.cut(),
        async { while page.next().await.is_some() {} },
    );
    assert_eq!(ended.status.code(), Some(0), "{}", ended.said);
    viewed.expect("a proper end");
    assert!(ended.said.contains("\"stopped\""), "{}", ended.said);
    assert!(!ended.said.contains("\"WARN\""), "{}", ended.said);
    assert!(TcpStream::connect(http).await.is_err());
    assert!(TcpStream::connect(rtmp).await.is_err());
    drop(idle);

    let server = house.serve().await;
    assert_eq!(
        shop.at(&server).status(room).await,
        101,
        "it waits for its encoder"
    );
}

on_each_database![sigterm_drains,];
