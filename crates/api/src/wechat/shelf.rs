//! A room's shelf: goods imported, sold, sorted, pushed, taken away (spec E07 to E12).
//! <https://developers.weixin.qq.com/miniprogram/dev/server/API/livebroadcast>

use kaibo_domain::id::GoodsId;
use kaibo_domain::refusal::Refusal;
use kaibo_domain::room::Status;
use kaibo_domain::shelf::{ShelfCommand, ShelfRefusal};

use super::answer::Answer;
use super::errcode::{CallFault, Fault, Part};
use super::goods::goods_id;
use super::{Call, Route, Rule, call};

/// Each with its quota of a day.
pub(super) fn routes() -> Vec<(&'static str, Route)> {
    const DAILY: u32 = 10_000;
    vec![
        (
            "wxaapi/broadcast/room/addgoods",
            call(Rule::post("room/addgoods", DAILY), import),
        ),
        (
            "wxaapi/broadcast/goods/onsale",
            call(Rule::post("goods/onsale", DAILY), on_sale),
        ),
        (
            "wxaapi/broadcast/goods/deleteInRoom",
            call(Rule::post("goods/deleteInRoom", DAILY), remove),
        ),
        (
            "wxaapi/broadcast/goods/push",
            call(Rule::post("goods/push", DAILY), push),
        ),
        (
            "wxaapi/broadcast/goods/sort",
            call(Rule::post("goods/sort", DAILY), sort),
        ),
        (
            "wxaapi/broadcast/goods/getVideo",
            call(Rule::post("goods/getVideo", DAILY), talk_video),
        ),
    ]
}

/// POST `room/addgoods`: puts approved goods behind those that are there.
pub(super) async fn import(call: Call) -> Result<Answer, Fault> {
    let ids = call.params.required_integers("ids")?;
    if ids.is_empty() {
        return Err(CallFault::Missing("ids").into());
    }
    let goods = ids.into_iter().map(GoodsId).collect();
    change(call, Part::Import, ShelfCommand::Add(goods)).await
}

/// POST `goods/onsale`.
pub(super) async fn on_sale(call: Call) -> Result<Answer, Fault> {
    let on_sale = call.params.required_switch("onSale")?;
    let command = ShelfCommand::OnSale(goods_id(&call.params)?, on_sale);
    change(call, Part::Shelf, command).await
}

/// POST `goods/deleteInRoom`.
pub(super) async fn remove(call: Call) -> Result<Answer, Fault> {
    let command = ShelfCommand::Remove(goods_id(&call.params)?);
    change(call, Part::Shelf, command).await
}

/// POST `goods/push`: viewers see the card.
pub(super) async fn push(call: Call) -> Result<Answer, Fault> {
    let command = ShelfCommand::Push(goods_id(&call.params)?);
    change(call, Part::Shelf, command).await
}

/// POST `goods/sort`: those that are named come first, in this order.
pub(super) async fn sort(call: Call) -> Result<Answer, Fault> {
    let rows = call.params.rows("goods")?;
    let goods: Result<_, Fault> = rows.iter().map(goods_id).collect();
    change(call, Part::Shelf, ShelfCommand::Sort(goods?)).await
}

/// POST `goods/getVideo`: the recorded explanation. No broadcast is recorded yet, so goods that
/// are on the shelf of a room that was on air have none.
pub(super) async fn talk_video(call: Call) -> Result<Answer, Fault> {
    let room_id = call.params.room_id("roomId")?;
    let goods_id = goods_id(&call.params)?;
    let room = call.kaibo.room(&call.app_id, room_id).await;
    let room = room.map_err(Fault::at(Part::Shelf))?;
    let goods = call.kaibo.goods(&call.app_id, goods_id).await;
    goods.map_err(Fault::at(Part::Shelf))?;
    if !room.status.is_on_air() && room.status != Status::Ended {
        return Err(Fault::Refused(Refusal::NotAllowed(room.status)));
    }
    let shelf = call.kaibo.shelf(&call.app_id, room_id).await;
    let shelf = shelf.map_err(Fault::at(Part::Shelf))?;
    if !shelf.items.iter().any(|item| item.goods_id == goods_id) {
        return Err(Fault::Refused(ShelfRefusal::NotOnShelf.into()));
    }
    Err(CallFault::NoTalkVideo.into())
}

async fn change(call: Call, part: Part, command: ShelfCommand) -> Result<Answer, Fault> {
    let room_id = call.params.room_id("roomId")?;
    let changed = call.kaibo.change_shelf(&call.app_id, room_id, command);
    changed.await.map_err(Fault::at(part))?;
    Ok(Answer::ok())
}
