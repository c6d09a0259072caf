//! Goods: the review that goes by itself, and those that people do.

use std::io::Cursor;
use std::time::Duration;

use bytes::Bytes;
use kaibo_app::domain::goods::{Audit, Decision, Goods, GoodsDraft, GoodsRefusal, Origin, Price};
use kaibo_app::domain::refusal::Refusal;
use kaibo_app::domain::shelf::{ShelfCommand, ShelfRefusal};
use kaibo_app::settings::{ContentConfig, GoodsConfig, ReviewProvider};
use kaibo_app::{AppConfig, Error};
use tokio_util::sync::CancellationToken;

use crate::house::House;

/// A black PNG.
fn picture(pixels: u32) -> Bytes {
    let mut file = Cursor::new(Vec::new());
    let black = image::GrayImage::new(pixels, pixels);
    black.write_to(&mut file, image::ImageFormat::Png).unwrap();
    file.into_inner().into()
}

fn draft(name: &str, cover: String) -> GoodsDraft {
    GoodsDraft {
        name: name.into(),
        cover,
        price: Price::Fixed(5_990),
        url: "pages/goods/detail?id=7".into(),
        third_party_appid: String::new(),
        goods_key: Vec::new(),
    }
}

impl House {
    async fn add_goods(&self, name: &str, pixels: u32) -> kaibo_app::Result<Goods> {
        let kaibo = &self.kaibo;
        let image = kaibo.upload_image(&self.app, picture(pixels)).await?;
        let draft = draft(name, image.media_id);
        kaibo.add_goods(&self.app, draft, Origin::Api, true).await
    }

    async fn rule(&self, goods: &Goods) -> Option<String> {
        let goods = self.kaibo.goods(&self.app, goods.id).await.unwrap();
        goods.rejection.map(|why| why.rule)
    }
}

#[tokio::test]
async fn goods_are_reviewed_as_soon_as_they_are_there() {
    let house = House::new().await;
    let stop = CancellationToken::new();
    let review = house.kaibo.run_reviews(stop.clone());
    let add = async {
        let goods = house.add_goods("帆布双肩包", 300).await.unwrap();
        assert_eq!(goods.audit, Audit::Pending);
        let decided = async {
            while house.kaibo.goods(&house.app, goods.id).await.unwrap().audit == Audit::Pending {
                tokio::task::yield_now().await;
            }
        };
        // Long before the review would look by itself.
        let decided = tokio::time::timeout(Duration::from_secs(10), decided).await;
        decided.expect("it is woken");
        stop.cancel();
        goods
    };
    let ((), goods) = tokio::join!(review, add);
    let goods = house.kaibo.goods(&house.app, goods.id).await.unwrap();
    assert_eq!(goods.audit, Audit::Approved);
}

#[tokio::test]
async fn the_review_knows_words_and_pictures_and_the_operator_s_words() {
    let content = ContentConfig {
        forbidden: vec!["仿品".into()],
        claims: vec!["原单".into()],
    };
    let house = House::with(AppConfig {
        content,
        ..AppConfig::default()
    })
    .await;
    let claim = house.add_goods("原单双肩包", 300).await.unwrap();
    let tiny = house.add_goods("帆布双肩包", 20).await.unwrap();
    let lost = house.add_goods("帆布双肩包", 301).await;
    assert!(matches!(
        lost,
        Err(Error::Refused(Refusal::Goods(GoodsRefusal::Fields(_))))
    ));
    assert!(house.add_goods("高仿品双肩包", 300).await.is_err());
    house.kaibo.review_all().await.unwrap();
    assert_eq!(house.rule(&claim).await.as_deref(), Some("word.operator"));
    assert_eq!(house.rule(&tiny).await.as_deref(), Some("image.too_small"));
}

#[tokio::test]
async fn a_picture_whose_file_is_gone_is_not_approved() {
    let house = House::new().await;
    let goods = house.add_goods("帆布双肩包", 300).await.unwrap();
    std::fs::remove_dir_all(house.folder.path().join("images")).unwrap();
    house.kaibo.review_all().await.unwrap();
    let rule = house.rule(&goods).await;
    assert_eq!(rule.as_deref(), Some("image.unreadable"));
}

#[tokio::test]
async fn people_decide_where_the_operator_says_so() {
    let goods = GoodsConfig {
        review: ReviewProvider::Manual,
        ..GoodsConfig::default()
    };
    let house = House::with(AppConfig {
        goods,
        ..AppConfig::default()
    })
    .await;
    let goods = house.add_goods("帆布双肩包", 300).await.unwrap();
    // It ends at once instead of deciding.
    house.kaibo.run_reviews(CancellationToken::new()).await;
    let rejected = Decision::by_hand("图片与商品不符");
    let decide = |decision| house.kaibo.decide_goods(&house.app, goods.id, decision);
    let decided = decide(rejected).await.unwrap();
    assert_eq!(decided.audit, Audit::Rejected);
    assert_eq!(decided.rejection.unwrap().reason, "图片与商品不符");
    let again = decide(Decision::Approved).await;
    assert!(matches!(
        again,
        Err(Error::Refused(Refusal::Goods(GoodsRefusal::NotInAudit)))
    ));
}

#[tokio::test]
async fn a_shelf_takes_approved_goods_of_its_own_app_alone() {
    let house = House::new().await;
    let room = house.room_in(15).await;
    let goods = house.add_goods("帆布双肩包", 300).await.unwrap();
    let add = || {
        let command = ShelfCommand::Add(vec![goods.id]);
        house.kaibo.change_shelf(&house.app, room.id, command)
    };
    let early = add().await;
    let not_approved = Refusal::Shelf(ShelfRefusal::NotApproved);
    assert!(matches!(early, Err(Error::Refused(no)) if no == not_approved));
    house.kaibo.review_all().await.unwrap();
    assert_eq!(add().await.unwrap().items.len(), 1);
    let other = house.kaibo.create_app(None, None, "另一家").await.unwrap();
    let theirs = house
        .kaibo
        .change_shelf(&other.app_id, room.id, ShelfCommand::Remove(goods.id))
        .await;
    assert!(matches!(theirs, Err(Error::Refused(Refusal::RoomUnknown))));
}

#[tokio::test]
async fn a_picture_that_is_too_large_is_refused_or_made_to_fit() {
    let house = House::new().await;
    let refused = house.add_goods("帆布双肩包", 301).await;
    assert!(matches!(
        refused,
        Err(Error::Refused(Refusal::Goods(GoodsRefusal::Fields(_))))
    ));
    let house = House::with(AppConfig {
        goods: GoodsConfig {
            resize_images: true,
            ..GoodsConfig::default()
        },
        ..AppConfig::default()
    })
    .await;
    let goods = house.add_goods("帆布双肩包", 900).await.unwrap();
    let (kind, file) = house
        .kaibo
        .image(&goods.draft.cover)
        .await
        .unwrap()
        .unwrap();
    let picture = image::load_from_memory(&file).unwrap();
    assert_eq!(kind, "image/png");
    assert_eq!((picture.width(), picture.height()), (300, 300));
}
