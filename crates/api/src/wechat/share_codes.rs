//! `wxaapi/broadcast/room/getsharedcode`: a room's code and poster (spec E06).
//! <https://developers.weixin.qq.com/miniprogram/dev/server/API/livebroadcast>

use super::answer::Answer;
use super::errcode::{CallFault, Fault};
use super::{Call, Route, Rule, call};

/// With its quota of a day.
pub(super) fn routes() -> Vec<(&'static str, Route)> {
    vec![(
        "wxaapi/broadcast/room/getsharedcode",
        call(Rule::get("room/getsharedcode", 10_000), shared_code),
    )]
}

/// GET `room/getsharedcode`. Whatever is wrong with its parameters has one number.
async fn shared_code(call: Call) -> Result<Answer, Fault> {
    let wrong = |_: Fault| Fault::from(CallFault::BadParameters);
    let room_id = call.params.room_id("roomId").map_err(wrong)?;
    let params = call.params.text("params").map_err(wrong)?;
    let params = params.unwrap_or_default();
    let kaibo = &call.kaibo;
    let shared = kaibo.share_room(&call.app_id, room_id, &params).await?;
    let http = &kaibo.settings().public_http;
    Ok(Answer::ok()
        .with("cdnUrl", format!("{http}{}", shared.code_path))
        .with("pagePath", shared.page_path)
        .with("posterUrl", format!("{http}{}", shared.poster_path)))
}
