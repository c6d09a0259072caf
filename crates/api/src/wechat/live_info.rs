//! `wxa/business/getliveinfo`: the list of rooms, and replays (spec E02).
//! <https://developers.weixin.qq.com/miniprogram/dev/server/API/livebroadcast/studio-management/api_getliveinfo>

use kaibo_app::{Kaibo, RoomQuery, Shelved};
use kaibo_domain::draft::RoomKind;
use kaibo_domain::goods::Goods;
use kaibo_domain::id::RoomId;
use kaibo_domain::room::Room;
use serde_json::{Value, json};

use super::answer::Answer;
use super::errcode::{CallFault, Fault, Part};
use super::request::{Params, at_least};
use super::{Call, Route, Rule, call};

/// Rows in one answer, whatever the caller asks for (spec rule R5).
const MAX_ROWS: i64 = 50;

/// Each with its quota of a day.
pub(super) fn routes() -> Vec<(&'static str, Route)> {
    vec![(
        "wxa/business/getliveinfo",
        call(Rule::post("getliveinfo", 100_000), list),
    )]
}

/// POST `getliveinfo`: rooms from offset `start` on, the latest planned start first.
pub(super) async fn list(call: Call) -> Result<Answer, Fault> {
    match call.params.text("action")?.as_deref() {
        None => rooms(&call).await,
        Some("get_replay") => replays(&call.params),
        Some(_) => Err(CallFault::Invalid("action").into()),
    }
}

async fn rooms(call: &Call) -> Result<Answer, Fault> {
    let query = RoomQuery {
        offset: at_least(call.params.required_integer("start")?, 0, "start")?,
        limit: at_least(call.params.required_integer("limit")?, 1, "limit")?.min(MAX_ROWS),
        ..RoomQuery::default()
    };
    let read = call.kaibo.rooms(&call.app_id, &query).await;
    let (total, rooms) = read.map_err(Fault::at(Part::Rooms))?;
    if rooms.is_empty() {
        return Err(CallFault::ListEmpty.into());
    }
    let ids: Vec<RoomId> = rooms.iter().map(|room| room.id).collect();
    let shelved = call.kaibo.shelved(&call.app_id, &ids).await;
    let shelved = shelved.map_err(Fault::at(Part::RoomGoods))?;
    let row = |room: &Room| {
        let goods = shelved.iter().filter(|goods| goods.room_id == room.id);
        row(&call.kaibo, room, goods)
    };
    let rows: Vec<Value> = rooms.iter().map(row).collect();
    Ok(Answer::ok().with("total", total).with("room_info", rows))
}

/// No broadcast is recorded yet, so every room, known or not, has no replay.
fn replays(params: &Params) -> Result<Answer, Fault> {
    params.room_id("room_id")?;
    Err(CallFault::ListEmpty.into())
}

fn row<'a>(kaibo: &Kaibo, room: &Room, goods: impl Iterator<Item = &'a Shelved>) -> Value {
    let draft = &room.draft;
    let switches = draft.switches;
    json!({
        "name": draft.name,
        "roomid": room.id.0,
        "cover_img": image(kaibo, draft.cover.as_deref()),
        "share_img": image(kaibo, draft.share.as_deref()),
        "feeds_img": image(kaibo, draft.feeds.as_deref()),
        "live_status": room.status.number(),
        "start_time": draft.start_at.div_euclid(1_000),
        "end_time": draft.end_at.div_euclid(1_000),
        "anchor_name": draft.anchor_name,
        "goods": goods.map(|goods| goods_row(kaibo, &goods.goods)).collect::<Vec<_>>(),
        "live_type": u8::from(draft.kind == RoomKind::Push),
        "close_like": u8::from(switches.close_like),
        "close_goods": u8::from(switches.close_goods),
        "close_comment": u8::from(switches.close_comment),
        "close_kf": u8::from(switches.close_kf),
        "close_replay": u8::from(switches.close_replay),
        "is_feeds_public": u8::from(switches.feeds_public),
        "creater_openid": "",
    })
}

/// Prices are in fen here, unlike everywhere else (spec rule R8).
fn goods_row(kaibo: &Kaibo, goods: &Goods) -> Value {
    let draft = &goods.draft;
    let (price, price2) = draft.price.amounts();
    json!({
        "goods_id": goods.id.0,
        "name": draft.name,
        "cover_img": kaibo.image_url(&draft.cover),
        "url": draft.url,
        "price": price,
        "price2": price2,
        "price_type": draft.price.kind(),
        "third_party_appid": draft.third_party_appid,
    })
}

/// Absolute address; empty where the room, made in the console, has no such image.
fn image(kaibo: &Kaibo, name: Option<&str>) -> String {
    name.map_or_else(String::new, |name| kaibo.image_url(name))
}
