//! `wxaapi/broadcast/room/*subanchor`: a room's sub-anchor (spec E17 to E20).
//! <https://developers.weixin.qq.com/miniprogram/dev/server/API/livebroadcast/studio-management/api_addsubanchor>

use super::answer::Answer;
use super::errcode::Fault;
use super::{Call, Route, Rule, call};

/// Each with its quota of a day.
pub(super) fn routes() -> Vec<(&'static str, Route)> {
    const DAILY: u32 = 10_000;
    vec![
        (
            "wxaapi/broadcast/room/addsubanchor",
            call(Rule::post("room/addsubanchor", DAILY), add),
        ),
        (
            "wxaapi/broadcast/room/modifysubanchor",
            call(Rule::post("room/modifysubanchor", DAILY), modify),
        ),
        (
            "wxaapi/broadcast/room/deletesubanchor",
            call(Rule::post("room/deletesubanchor", DAILY), delete),
        ),
        (
            "wxaapi/broadcast/room/getsubanchor",
            call(Rule::get("room/getsubanchor", DAILY), get),
        ),
    ]
}

/// POST `room/addsubanchor`: where there is none.
pub(super) async fn add(call: Call) -> Result<Answer, Fault> {
    name(call, false).await
}

/// POST `room/modifysubanchor`: whoever it is now gives way.
pub(super) async fn modify(call: Call) -> Result<Answer, Fault> {
    name(call, true).await
}

async fn name(call: Call, replaces: bool) -> Result<Answer, Fault> {
    let room_id = call.params.room_id("roomId")?;
    let username = call.params.required_text("username")?;
    let kaibo = &call.kaibo;
    kaibo
        .name_sub_anchor(&call.app_id, room_id, &username, replaces)
        .await?;
    Ok(Answer::ok())
}

/// POST `room/deletesubanchor`: also good where there is none.
pub(super) async fn delete(call: Call) -> Result<Answer, Fault> {
    let room_id = call.params.room_id("roomId")?;
    call.kaibo.drop_sub_anchor(&call.app_id, room_id).await?;
    Ok(Answer::ok())
}

/// GET `room/getsubanchor`: `username` is empty where there is none, since WxJava reads it always.
pub(super) async fn get(call: Call) -> Result<Answer, Fault> {
    let room_id = call.params.room_id("roomId")?;
    let room = call.kaibo.room(&call.app_id, room_id).await?;
    let username = room.draft.sub_anchor_wechat.unwrap_or_default();
    Ok(Answer::ok().with("username", username))
}
