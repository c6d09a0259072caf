//! `wxa/business/getliveinfo`: the list of rooms, and replays (spec E02).
//! <https://developers.weixin.qq.com/miniprogram/dev/server/API/livebroadcast/studio-management/api_getliveinfo>

use std::collections::HashMap;

use kaibo_app::{Kaibo, Page, PageKey, RoomQuery, Shelved};
use kaibo_domain::draft::RoomKind;
use kaibo_domain::goods::Goods;
use kaibo_domain::id::RoomId;
use kaibo_domain::room::Room;
use serde::Serialize;

use super::answer::{self, Answer};
use super::errcode::{self, CallFault, Fault, Part};
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
    let key = PageKey {
        app_id: call.app_id.clone(),
        list: "getliveinfo",
        start: at_least(call.params.required_integer("start")?, 0, "start")?,
        limit: at_least(call.params.required_integer("limit")?, 1, "limit")?.min(MAX_ROWS),
    };
    let query = RoomQuery {
        offset: key.start,
        limit: key.limit,
        ..RoomQuery::default()
    };
    let body = call.kaibo.page(key, || page(call, &query)).await?;
    Ok(Answer::written(body))
}

async fn page(call: &Call, query: &RoomQuery) -> Result<Page, Fault> {
    let (kaibo, app_id) = (&call.kaibo, &call.app_id);
    let read = kaibo.rooms(app_id, query).await;
    let (total, rooms) = read.map_err(Fault::at(Part::Rooms))?;
    if rooms.is_empty() {
        return Err(CallFault::ListEmpty.into());
    }
    let until = kaibo.unchanged_until(app_id, &rooms).await?;
    let ids: Vec<RoomId> = rooms.iter().map(|room| room.id).collect();
    let shelved = kaibo.shelved(app_id, &ids).await;
    let shelved = shelved.map_err(Fault::at(Part::RoomGoods))?;
    let shelves = shelved.chunk_by(|one, next| one.room_id == next.room_id);
    let shelves: HashMap<RoomId, &[Shelved]> = shelves.map(|all| (all[0].room_id, all)).collect();
    let goods_of = |room: &Room| shelves.get(&room.id).copied().unwrap_or_default();
    let rows = rooms
        .iter()
        .map(|room| Row::of(kaibo, room, goods_of(room)));
    let list = List {
        errcode: errcode::OK,
        errmsg: answer::OK,
        total,
        room_info: rows.collect(),
    };
    let body = serde_json::to_vec(&list).expect("plain data is JSON");
    Ok(Page {
        body: body.into(),
        until,
    })
}

/// No broadcast is recorded yet, so every room, known or not, has no replay.
fn replays(params: &Params) -> Result<Answer, Fault> {
    params.room_id("room_id")?;
    Err(CallFault::ListEmpty.into())
}

/// The answer to the last byte.
#[derive(Serialize)]
struct List<'a> {
    errcode: i32,
    errmsg: &'static str,
    total: i64,
    room_info: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    roomid: i64,
    cover_img: String,
    share_img: String,
    feeds_img: String,
    live_status: u16,
    start_time: i64,
    end_time: i64,
    anchor_name: &'a str,
    goods: Vec<GoodsRow<'a>>,
    live_type: u8,
    close_like: u8,
    close_goods: u8,
    close_comment: u8,
    close_kf: u8,
    close_replay: u8,
    is_feeds_public: u8,
    creater_openid: &'static str,
}

impl<'a> Row<'a> {
    fn of(kaibo: &Kaibo, room: &'a Room, goods: &'a [Shelved]) -> Self {
        let draft = &room.draft;
        let switches = draft.switches;
        Self {
            name: &draft.name,
            roomid: room.id.0,
            cover_img: image(kaibo, draft.cover.as_deref()),
            share_img: image(kaibo, draft.share.as_deref()),
            feeds_img: image(kaibo, draft.feeds.as_deref()),
            live_status: room.status.number(),
            start_time: draft.start_at.div_euclid(1_000),
            end_time: draft.end_at.div_euclid(1_000),
            anchor_name: &draft.anchor_name,
            goods: goods
                .iter()
                .map(|on| GoodsRow::of(kaibo, &on.goods))
                .collect(),
            live_type: u8::from(draft.kind == RoomKind::Push),
            close_like: u8::from(switches.close_like),
            close_goods: u8::from(switches.close_goods),
            close_comment: u8::from(switches.close_comment),
            close_kf: u8::from(switches.close_kf),
            close_replay: u8::from(switches.close_replay),
            is_feeds_public: u8::from(switches.feeds_public),
            creater_openid: "",
        }
    }
}

#[derive(Serialize)]
struct GoodsRow<'a> {
    goods_id: i64,
    name: &'a str,
    cover_img: String,
    url: &'a str,
    price: i64,
    price2: i64,
    price_type: i64,
    third_party_appid: &'a str,
}

impl<'a> GoodsRow<'a> {
    /// Prices are in fen here, unlike everywhere else (spec rule R8).
    fn of(kaibo: &Kaibo, goods: &'a Goods) -> Self {
        let draft = &goods.draft;
        let (price, price2) = draft.price.amounts();
        Self {
            goods_id: goods.id.0,
            name: &draft.name,
            cover_img: kaibo.image_url(&draft.cover),
            url: &draft.url,
            price,
            price2,
            price_type: draft.price.kind(),
            third_party_appid: &draft.third_party_appid,
        }
    }
}

/// Absolute address; empty where the room, made in the console, has no such image.
fn image(kaibo: &Kaibo, name: Option<&str>) -> String {
    name.map_or_else(String::new, |name| kaibo.image_url(name))
}
