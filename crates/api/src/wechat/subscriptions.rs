//! `wxa/business/get_wxa_followers` and `push_message`: who follows an app, and telling them that a
//! room is live (spec E37, E38).
//! <https://developers.weixin.qq.com/miniprogram/dev/server/API/livebroadcast>

use kaibo_app::Follower;
use kaibo_domain::subscription::MAX_FOLLOWERS;
use serde_json::{Value, json};

use super::answer::Answer;
use super::errcode::{CallFault, Fault};
use super::{Call, Route, Rule, call};

/// How many followers a page has where the caller does not say.
const PAGE: i64 = 200;

/// Each with its quota of a day.
pub(super) fn routes() -> Vec<(&'static str, Route)> {
    vec![
        (
            "wxa/business/get_wxa_followers",
            call(Rule::post("get_wxa_followers", 5_000), followers),
        ),
        (
            "wxa/business/push_message",
            call(Rule::post("push_message", 5_000), push),
        ),
    ]
}

/// POST `get_wxa_followers`. `page_break` is the place of the page's last follower; behind the
/// last one of all comes an empty page that gives it back, never 0, which would mean the first.
async fn followers(call: Call) -> Result<Answer, Fault> {
    let limit = call.params.integer("limit")?.unwrap_or(PAGE);
    if !(1..=MAX_FOLLOWERS).contains(&limit) {
        return Err(CallFault::Invalid("limit").into());
    }
    let behind = call.params.integer("page_break")?.unwrap_or(0);
    if behind < 0 {
        return Err(CallFault::Invalid("page_break").into());
    }
    let page = call.kaibo.followers(&call.app_id, behind, limit).await?;
    let last = page.last().map_or(behind, |follower| follower.place);
    let rows: Vec<Value> = page.iter().map(row).collect();
    Ok(Answer::ok()
        .with("followers", rows)
        .with("page_break", last))
}

fn row(follower: &Follower) -> Value {
    json!({
        "openid": follower.openid.as_str(),
        "subscribe_time": follower.followed_at / 1_000,
        "room_id": follower.room_id.0,
        "room_status": follower.room_status.number(),
    })
}

/// POST `push_message`: 0 says that it is accepted; what became of it is told as event V2.
async fn push(call: Call) -> Result<Answer, Fault> {
    let room_id = call.params.room_id("room_id")?;
    let recipients = call.params.texts("user_openid")?;
    let recipients = recipients.ok_or(CallFault::Missing("user_openid"))?;
    let pushed = call
        .kaibo
        .push_message(&call.app_id, room_id, &recipients)
        .await?;
    Ok(Answer::ok().with("message_id", pushed.to_string()))
}
