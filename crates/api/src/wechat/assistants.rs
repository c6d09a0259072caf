//! `wxaapi/broadcast/room/*assistant*`: who helps in a room (spec E13 to E16).
//! <https://developers.weixin.qq.com/miniprogram/dev/server/API/livebroadcast/studio-management/api_addveassistant>

use kaibo_domain::assistant::{Assistant, MAX_ASSISTANTS};
use serde_json::{Value, json};

use super::answer::Answer;
use super::errcode::{CallFault, Fault};
use super::{Call, Route, Rule, call};

/// Each with its quota of a day.
pub(super) fn routes() -> Vec<(&'static str, Route)> {
    const DAILY: u32 = 10_000;
    vec![
        (
            "wxaapi/broadcast/room/addassistant",
            call(Rule::post("room/addassistant", DAILY), add),
        ),
        (
            "wxaapi/broadcast/room/modifyassistant",
            call(Rule::post("room/modifyassistant", DAILY), modify),
        ),
        (
            "wxaapi/broadcast/room/removeassistant",
            call(Rule::post("room/removeassistant", DAILY), remove),
        ),
        (
            "wxaapi/broadcast/room/getassistantlist",
            call(Rule::get("room/getassistantlist", DAILY), list),
        ),
    ]
}

/// POST `room/addassistant`: all of them, or none.
pub(super) async fn add(call: Call) -> Result<Answer, Fault> {
    let room_id = call.params.room_id("roomId")?;
    let users = call.params.rows("users")?;
    let users = users
        .iter()
        .map(|user| {
            Ok((
                user.required_text("username")?,
                user.required_text("nickname")?,
            ))
        })
        .collect::<Result<Vec<_>, Fault>>()?;
    if users.is_empty() {
        return Err(CallFault::Missing("users").into());
    }
    let kaibo = &call.kaibo;
    kaibo.add_assistants(&call.app_id, room_id, &users).await?;
    Ok(Answer::ok())
}

/// POST `room/modifyassistant`: another nickname.
pub(super) async fn modify(call: Call) -> Result<Answer, Fault> {
    let room_id = call.params.room_id("roomId")?;
    let username = call.params.required_text("username")?;
    let nickname = call.params.required_text("nickname")?;
    let kaibo = &call.kaibo;
    kaibo
        .rename_assistant(&call.app_id, room_id, &username, &nickname)
        .await?;
    Ok(Answer::ok())
}

/// POST `room/removeassistant`.
pub(super) async fn remove(call: Call) -> Result<Answer, Fault> {
    let room_id = call.params.room_id("roomId")?;
    let username = call.params.required_text("username")?;
    let kaibo = &call.kaibo;
    kaibo
        .remove_assistant(&call.app_id, room_id, &username)
        .await?;
    Ok(Answer::ok())
}

/// GET `room/getassistantlist`.
pub(super) async fn list(call: Call) -> Result<Answer, Fault> {
    let room_id = call.params.room_id("roomId")?;
    let assistants = call.kaibo.assistants(&call.app_id, room_id).await?;
    let rows: Vec<Value> = assistants.iter().map(|one| row(&call, one)).collect();
    Ok(Answer::ok()
        .with("count", rows.len())
        .with("maxCount", MAX_ASSISTANTS)
        .with("list", rows))
}

/// `headimg` here, `headingimg` in the list of roles: WeChat's own spellings.
fn row(call: &Call, assistant: &Assistant) -> Value {
    json!({
        "timestamp": assistant.added_at.div_euclid(1_000),
        "headimg": call.kaibo.avatar_url(),
        "nickname": assistant.nickname,
        "alias": assistant.wechat_id,
        "openid": call.kaibo.openid(&call.app_id, &assistant.wechat_id),
    })
}
