//! Trouble all the way to the bot of a group's chat, on a clock that the test sets.

use kaibo_domain::MINUTE_MS;
use kaibo_domain::alert::BotBrand;
use kaibo_domain::id::RoomId;
use kaibo_domain::room::Command;
use serde_json::Value;
use test_receiver::{Answer, Receiver};

use crate::deliveries::House;

const OK: &str = r#"{"errcode":0,"errmsg":"ok"}"#;

async fn chat() -> Receiver {
    let chat = Receiver::start().await;
    chat.answer(|_| Some(Answer::new(200, OK)));
    chat
}

/// What a group of 企业微信 or 钉钉 was told.
fn texts(chat: &Receiver) -> Vec<String> {
    let got = chat.got().into_iter().map(|request| {
        let body: Value = serde_json::from_str(&request.body).unwrap();
        body["text"]["content"].as_str().unwrap().to_owned()
    });
    got.collect()
}

async fn bot(house: &House, brand: BotBrand, chat: &Receiver) {
    let url = chat.url("/send?key=hush");
    let made = house
        .kaibo
        .create_bot(&house.app, brand, &url, Some("SECtest"));
    made.await.unwrap();
}

async fn lose(house: &House, room: RoomId) {
    let stream = format!("{}-{room}", house.app);
    house.kaibo.lost_stream(&stream).await.unwrap();
    house.kaibo.deliver_due().await.unwrap();
}

#[tokio::test]
async fn a_group_is_told_of_a_lost_stream_once_in_five_minutes_with_what_came_meanwhile() {
    let house = House::new().await;
    let chat = chat().await;
    bot(&house, BotBrand::Wecom, &chat).await;
    let [room, other] = [house.room().await, house.room().await];
    house.live(room).await;
    house.live(other).await;
    lose(&house, room).await;
    let told = texts(&chat);
    assert_eq!(told.len(), 1);
    assert!(
        told[0].starts_with("【开播】直播中断\n直播间：双十一专场（"),
        "{}",
        told[0]
    );
    assert!(told[0].contains("15 分钟内恢复"), "{}", told[0]);
    assert!(told[0].ends_with(&format!("/console/apps/{}/rooms/{room}", house.app)));

    lose(&house, other).await;
    assert_eq!(texts(&chat).len(), 2, "another room's is told at once");
    for _ in 0..3 {
        house.clock.advance(30_000);
        house.live(room).await;
        lose(&house, room).await;
    }
    assert_eq!(texts(&chat).len(), 2);
    house.live(room).await;
    house.pass(6 * MINUTE_MS).await;
    let told = texts(&chat);
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(
        told[2].starts_with("【开播】直播中断（5 分钟内共 3 次）"),
        "{}",
        told[2]
    );
}

#[tokio::test]
async fn a_ban_is_told_and_what_people_do_themselves_is_not() {
    let house = House::new().await;
    let chat = chat().await;
    bot(&house, BotBrand::Dingtalk, &chat).await;
    let [room, other] = [house.room().await, house.room().await];
    house.live(room).await;
    house.live(other).await;
    let ban = Command::Ban {
        reason: "违规".into(),
        actor: "boss".into(),
    };
    house.kaibo.apply(&house.app, room, ban).await.unwrap();
    let ended = house.kaibo.apply(&house.app, other, Command::End);
    ended.await.unwrap();
    house.kaibo.deliver_due().await.unwrap();
    let told = texts(&chat);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("【开播】直播间已禁播"), "{}", told[0]);
    let asked = chat.got().remove(0);
    assert!(asked.query("sign").is_some() && asked.query("timestamp").is_some());
}

#[tokio::test]
async fn a_bot_that_refuses_is_tried_for_half_an_hour_and_no_longer() {
    let house = House::new().await;
    let chat = chat().await;
    chat.answer(|_| Some(Answer::new(200, r#"{"code":19001,"msg":"param invalid"}"#)));
    bot(&house, BotBrand::Feishu, &chat).await;
    let room = house.room().await;
    house.live(room).await;
    lose(&house, room).await;
    house.pass(45 * MINUTE_MS).await;
    let tried = chat.got().len();
    assert!((4..20).contains(&tried), "{tried}");
    house.pass(60 * MINUTE_MS).await;
    assert_eq!(chat.got().len(), tried);
    let bots = house.kaibo.bots(&house.app).await.unwrap();
    assert!(bots[0].failing_since.is_some());
}

#[tokio::test]
async fn a_group_is_told_of_an_endpoint_that_was_given_up() {
    let house = House::new().await;
    let chat = chat().await;
    bot(&house, BotBrand::Wecom, &chat).await;
    let down = Receiver::start().await;
    down.answer(|_| Some(Answer::new(503, "")));
    let url = down.url("/hook?key=hush");
    let made = house.kaibo.create_webhook(&house.app, &url, vec![]);
    made.await.unwrap();
    house.room().await;
    house.kaibo.deliver_due().await.unwrap();
    for _ in 0..73 {
        house.clock.advance(60 * MINUTE_MS);
        house.kaibo.deliver_due().await.unwrap();
    }
    let told = texts(&chat);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("【开播】消息推送已停用"), "{}", told[0]);
    assert!(told[0].contains(&down.at.to_string()) && !told[0].contains("hush"));
}
