//! `wxa/business/applyliveinfo`: an app asks to be let in to live (spec X1).
//! <https://developers.weixin.qq.com/doc/oplatform/openApi/miniprogram-management/live-player/api_applylivelnfo>

use kaibo_domain::admission::{Condition, Standing};

use super::answer::Answer;
use super::errcode::{CallFault, Fault};
use super::{Call, Route, Rule, call};

/// Each with its quota of a day.
pub(super) fn routes() -> Vec<(&'static str, Route)> {
    vec![(
        "wxa/business/applyliveinfo",
        call(Rule::post("applyliveinfo", 100).for_all(), apply),
    )]
}

/// POST `applyliveinfo`: what the app's admission says, in the two words that WeChat has for a no.
async fn apply(call: Call) -> Result<Answer, Fault> {
    let action = call.params.required_text("action")?;
    if action != "apply" {
        return Err(CallFault::Invalid("action").into());
    }
    let judgement = call.kaibo.judgement(&call.app_id).await?;
    if judgement.admitted {
        return Ok(Answer::ok().with("action", action));
    }
    let lacks_payment =
        |standing: &Standing| standing.condition == Condition::Payment && standing.lack.is_some();
    if judgement.conditions.iter().any(lacks_payment) {
        return Err(CallFault::NoPayment.into());
    }
    Err(CallFault::LiveClosed.into())
}
