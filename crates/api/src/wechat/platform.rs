//! `wxa/business/applyliveinfo`: an app asks to be let in to live (spec X1).
//! <https://developers.weixin.qq.com/doc/oplatform/openApi/miniprogram-management/live-player/api_applylivelnfo>

use super::answer::Answer;
use super::errcode::{CallFault, Fault};
use super::{Call, Route, Rule, call};

/// Each with its quota of a day.
pub(super) fn routes() -> Vec<(&'static str, Route)> {
    vec![(
        "wxa/business/applyliveinfo",
        call(Rule::post("applyliveinfo", 100), apply),
    )]
}

/// POST `applyliveinfo`: every app of this house may have live.
async fn apply(call: Call) -> Result<Answer, Fault> {
    let action = call.params.required_text("action")?;
    if action != "apply" {
        return Err(CallFault::Invalid("action").into());
    }
    Ok(Answer::ok().with("action", action))
}
