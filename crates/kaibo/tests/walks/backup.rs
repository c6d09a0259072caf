//! A backup is taken while the server runs, and another server goes on from it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::house::House;
use crate::http;
use crate::shop::Shop;

async fn another_server_goes_on_from_a_backup(house: House) {
    let server = house.serve().await;
    let shop = Shop::new(&house, &server).await;
    let kept = shop.room().await;
    let to = house.folder().join("backups/today");
    fs::create_dir(to.parent().unwrap()).unwrap();
    let to = to.to_str().unwrap();
    let in_folder = house.database_url().is_empty();
    let backup = house.order(&["backup", to]).await;
    let figures = backup.json();
    assert_eq!(
        (&figures["database"], &figures["images"]),
        (&in_folder.into(), &1.into())
    );
    // Of a PostgreSQL it says what else to do.
    assert_eq!(backup.err.contains("pg_dump"), !in_folder, "{backup:?}");
    let later = shop.room().await;

    let mode = |file: &str| {
        fs::metadata(format!("{to}/{file}"))
            .unwrap()
            .permissions()
            .mode()
    };
    assert_eq!(mode("") & 0o777, 0o700);
    assert_eq!(mode("master.key") & 0o777, 0o600);
    house
        .order(&["backup", to])
        .await
        .refused_with("is not empty");
    house
        .order(&["restore", to])
        .await
        .refused_with("is not empty");
    if !in_folder {
        server.stop().await;
        return;
    }
    assert_eq!(mode("kaibo.db") & 0o777, 0o600);
    let elsewhere = House::new();
    let restored = elsewhere.order(&["restore", to]).await.json();
    assert_eq!(restored["bytes"], figures["bytes"]);
    let second = elsewhere.serve().await;
    // Tokens, rooms and images are as they were, and what came later is not there.
    let shop = shop.at(&second);
    let rooms = shop.rooms().await;
    let ids: Vec<_> = rooms
        .iter()
        .map(|room| room["roomid"].as_i64().unwrap())
        .collect();
    assert_eq!(ids, [kept]);
    assert_ne!(kept, later);
    let cover = rooms[0]["cover_img"].as_str().unwrap();
    let (_, path) = cover.split_once("/media/").unwrap();
    let image = http::get(second.http, &format!("/media/{path}")).await;
    assert_eq!(image.status, 200);
    second.stop().await;
    server.stop().await;
}

on_each_database![another_server_goes_on_from_a_backup];

#[tokio::test]
async fn what_is_no_backup_is_not_restored() {
    let house = House::new();
    let nothing = house.folder().join("nothing");
    let nothing = nothing.to_str().unwrap();
    house
        .order(&["restore", nothing])
        .await
        .refused_with("no backup");
    assert!(!house.data_dir().exists());
    house
        .order(&["backup", nothing])
        .await
        .refused_with("no installation");

    let server = house.serve().await;
    server.stop().await;
    let to = house.folder().join("backup");
    let to = to.to_str().unwrap();
    house.order(&["backup", to]).await.json();
    // A key of another installation does not open this database.
    fs::write(format!("{to}/master.key"), [7; 32]).unwrap();
    let elsewhere = House::new();
    let foreign = elsewhere.order(&["restore", to]).await;
    foreign.refused_with("cannot be opened");
}
