//! `wxaapi/broadcast/room/update*`: switches that turn while a room lives (spec E21 to E24).
//! <https://developers.weixin.qq.com/miniprogram/dev/server/API/livebroadcast>

use kaibo_domain::room::Switch;

use super::answer::Answer;
use super::errcode::Fault;
use super::{Call, Route, Rule, call};

/// Each with its quota of a day.
pub(super) fn routes() -> Vec<(&'static str, Route)> {
    vec![
        (
            "wxaapi/broadcast/room/updatefeedpublic",
            call(Rule::post("room/updatefeedpublic", 10_000), feeds_public),
        ),
        (
            "wxaapi/broadcast/room/updatereplay",
            call(Rule::post("room/updatereplay", 10_000), replay),
        ),
        (
            "wxaapi/broadcast/room/updatekf",
            call(Rule::post("room/updatekf", 10_000), customer_service),
        ),
        (
            "wxaapi/broadcast/room/updatecomment",
            call(Rule::post("room/updatecomment", 10_000), comments),
        ),
    ]
}

/// POST `room/updatefeedpublic`.
async fn feeds_public(call: Call) -> Result<Answer, Fault> {
    turn(&call, "isFeedsPublic", Switch::FeedsPublic).await
}

/// POST `room/updatereplay`.
async fn replay(call: Call) -> Result<Answer, Fault> {
    turn(&call, "closeReplay", Switch::CloseReplay).await
}

/// POST `room/updatekf`.
async fn customer_service(call: Call) -> Result<Answer, Fault> {
    turn(&call, "closeKf", Switch::CloseKf).await
}

/// POST `room/updatecomment`: the documents name the room `id` in the table, `roomId` in the
/// sample.
async fn comments(call: Call) -> Result<Answer, Fault> {
    turn(&call, "banComment", Switch::BanComment).await
}

async fn turn(call: &Call, key: &'static str, switch: fn(bool) -> Switch) -> Result<Answer, Fault> {
    let room_id = call.params.room_id("roomId")?;
    let switch = switch(call.params.required_switch(key)?);
    let turned = call
        .kaibo
        .turn_switches(&call.app_id, room_id, vec![switch]);
    turned.await?;
    Ok(Answer::ok())
}
