//! Posters: written in the font that is there, and drawn once however often they are asked for.

use kaibo_app::AppConfig;
use kaibo_app::settings::CodesConfig;

use crate::house::House;

#[tokio::test]
async fn a_poster_is_written_in_the_systems_font_and_has_no_text_without_one() {
    let house = House::new().await;
    let room = house.room_in(60).await;
    let shared = house.kaibo.share_room(&house.app, room.id, "").await;
    let id = shared.unwrap().id;
    let without = AppConfig {
        codes: CodesConfig {
            font: house.folder.path().join("none.ttc"),
            ..CodesConfig::default()
        },
        ..AppConfig::default()
    };
    let plain = house.beside_with(&without).await;
    let plain = plain.poster(&id).await.unwrap().unwrap();
    let written = house.kaibo.poster(&id).await.unwrap().unwrap();
    assert_eq!(written.version, plain.version);
    // Title, time and anchor stand at the left of the paper, where there is nothing else.
    let ink = |png: &[u8]| {
        let picture = image::load_from_memory(png).unwrap().to_luma8();
        let left = image::imageops::crop_imm(&picture, 0, 760, 220, 420).to_image();
        left.pixels().filter(|pixel| pixel[0] < 128).count()
    };
    assert!(ink(&written.png) > 500);
    assert_eq!(ink(&plain.png), 0);
}
