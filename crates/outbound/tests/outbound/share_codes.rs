//! Share codes of an app with an account with WeChat: its mini program's own, or the viewers' page.

use std::io::Cursor;

use image::{ImageFormat, Rgb, RgbImage};
use kaibo_app::settings::{AnchorConfig, CodesConfig, VerificationPolicy};
use kaibo_app::{AppConfig, Clock, DraftInput, Kaibo, Settings, SharedRoom};
use kaibo_domain::draft::{Draft, RoomKind, Switches};
use kaibo_domain::id::{AppId, RoomId};
use kaibo_domain::{HOUR_MS, MINUTE_MS};
use kaibo_outbound::{Calls, OutboundConfig};
use kaibo_store::Store;
use serde_json::{Value, json};
use test_receiver::Answer;
use test_receiver::wechat::{APPID, SECRET, Wechat};

const NOW: i64 = 1_795_312_800_000;
const PATH: &str = "/wxa/getwxacodeunlimit";
const PAGE: &str = "pages/live/index";
const PARAMS: &str = r#"{"pid":1}"#;

struct House {
    kaibo: Kaibo,
    clock: Clock,
    app: AppId,
    room: RoomId,
    wechat: Wechat,
}

impl House {
    /// With a room, and an account with the stand-in.
    async fn with_page(page: &str) -> Self {
        let wechat = Wechat::start().await;
        let clock = Clock::manual(NOW);
        let config = AppConfig {
            anchor: AnchorConfig {
                verification: VerificationPolicy::Off,
            },
            codes: CodesConfig {
                page: page.into(),
                ..CodesConfig::default()
            },
            ..AppConfig::default()
        };
        let settings = Settings::new(&config, "https://live.test", "rtmp://push.test").unwrap();
        let outbound = Calls::shared(OutboundConfig {
            allow_private: vec!["127.0.0.0/8".parse().unwrap()],
            wechat_base: wechat.base().parse().unwrap(),
            ..OutboundConfig::default()
        });
        let store = Store::open_in_memory().await.unwrap();
        let kaibo = Kaibo::with_outbound(store, clock.clone(), settings, outbound);
        let app = kaibo.create_app(None, None, "Shop").await.unwrap().app_id;
        let set = kaibo.set_wechat(&app, Some(APPID), Some(SECRET)).await;
        assert_eq!(set.unwrap().trouble, None);
        let draft = Draft {
            name: "秋冬新品专场".into(),
            kind: RoomKind::Push,
            start_at: NOW + HOUR_MS,
            end_at: NOW + 2 * HOUR_MS,
            anchor_name: "小林".into(),
            anchor_wechat: "anchor_01".into(),
            switches: Switches {
                close_kf: true,
                ..Switches::default()
            },
            ..Draft::default()
        };
        let input = DraftInput {
            draft,
            images_required: false,
        };
        let room = kaibo.create_room(&app, input).await.unwrap().id;
        Self {
            kaibo,
            clock,
            app,
            room,
            wechat,
        }
    }

    /// WeChat says that it has no such page.
    fn unreleased(&self) {
        let said = json!({"errcode": 41030, "errmsg": "invalid page rid: 1-2-3"});
        self.wechat.set(PATH, Answer::new(200, &said.to_string()));
    }

    /// WeChat makes codes, all of one colour.
    fn released(&self) {
        let mut file = Cursor::new(Vec::new());
        let green = RgbImage::from_pixel(430, 430, Rgb([0, 200, 0]));
        green.write_to(&mut file, ImageFormat::Jpeg).unwrap();
        let made = Answer {
            header: Some("content-type: image/jpeg".into()),
            body: file.into_inner(),
            ..Answer::new(200, "")
        };
        self.wechat.set(PATH, made);
    }

    async fn share(&self) -> SharedRoom {
        let shared = self.kaibo.share_room(&self.app, self.room, PARAMS);
        shared.await.unwrap()
    }

    /// What a phone reads off the code, and off the poster; empty where it is no QR code.
    async fn scan(&self, id: &str) -> [String; 2] {
        let code = self.kaibo.code_picture(id).await.unwrap().unwrap();
        let poster = self.kaibo.poster(id).await.unwrap().unwrap();
        [code, poster.png].map(|file| {
            assert!(file.starts_with(b"\x89PNG"));
            let picture = image::load_from_memory(&file).unwrap().to_luma8();
            let mut seen = rqrr::PreparedImage::prepare(picture);
            let read = seen.detect_grids().first().map(rqrr::Grid::decode);
            read.map_or(String::new(), |read| read.unwrap().1)
        })
    }
}

#[tokio::test]
async fn a_code_is_the_mini_programs_own_and_asked_for_once() {
    let house = House::with_page(PAGE).await;
    house.released();
    let shared = house.share().await;
    assert_eq!(house.share().await, shared);
    let asked = house.wechat.got(PATH);
    assert_eq!(asked.len(), 1);
    let body: Value = serde_json::from_str(&asked[0].body).unwrap();
    assert_eq!(
        (&body["scene"], &body["page"]),
        (&json!(shared.id), &json!(PAGE))
    );
    assert!(shared.id.len() <= 32);
    assert_eq!(house.scan(&shared.id).await, ["", ""]);
    let code = house.kaibo.code_picture(&shared.id).await.unwrap().unwrap();
    let color = *image::load_from_memory(&code)
        .unwrap()
        .to_rgb8()
        .get_pixel(9, 9);
    assert!(color[1] > 150 && color[0] < 60, "{color:?}");
    // The mini program asks what its scene means.
    let (room, params) = house.kaibo.shared(&shared.id).await.unwrap();
    assert_eq!((room, params.as_str()), (house.room, PARAMS));
}

#[tokio::test]
async fn while_the_page_is_not_released_codes_open_the_viewers_page() {
    let house = House::with_page(PAGE).await;
    house.unreleased();
    let before = house.share().await;
    let page = format!("https://live.test/r/{}?s={}", house.room, before.id);
    assert_eq!(house.scan(&before.id).await, [page.clone(), page]);
    // WeChat is not asked at each call.
    house.released();
    assert_eq!(house.share().await, before);
    assert_eq!(house.wechat.got(PATH).len(), 1);
    house.clock.advance(MINUTE_MS);
    let after = house.share().await;
    assert_eq!(after.id, before.id);
    assert_ne!(after.poster_path, before.poster_path);
    assert_eq!(house.scan(&after.id).await, ["", ""]);
}

#[tokio::test]
async fn what_is_no_picture_and_a_wechat_that_is_away_give_the_viewers_page() {
    let house = House::with_page(PAGE).await;
    house.wechat.set(PATH, Answer::new(200, "<html>"));
    let shared = house.share().await;
    assert!(house.scan(&shared.id).await[0].starts_with("https://live.test/r/"));
    house.clock.advance(MINUTE_MS);
    house.wechat.receiver.answer(|_| Some(Answer::new(502, "")));
    assert_eq!(house.share().await, shared);
}

#[tokio::test]
async fn without_a_page_or_an_account_wechat_is_not_asked() {
    let house = House::with_page("").await;
    house.released();
    house.share().await;
    assert!(house.wechat.got(PATH).is_empty());
    let house = House::with_page(PAGE).await;
    house.released();
    house.kaibo.drop_wechat(&house.app).await.unwrap();
    house.share().await;
    assert!(house.wechat.got(PATH).is_empty());
}
