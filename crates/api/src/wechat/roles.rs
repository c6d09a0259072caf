//! `wxaapi/broadcast/role/*`: who may do what in an app (spec E34 to E36).
//! <https://developers.weixin.qq.com/miniprogram/dev/server/API/livebroadcast/role-management/api_getrolelist>

use kaibo_app::{Error, Holding, PeopleQuery, Person};
use kaibo_domain::anchor::masked;
use kaibo_domain::refusal::Refusal;
use kaibo_domain::role::Role;
use serde_json::{Value, json};

use super::answer::Answer;
use super::errcode::{CallFault, Fault};
use super::request::{Params, at_least};
use super::{Call, Route, Rule, call};

/// Rows where the caller does not say, and at most.
const ROWS: (i64, i64) = (10, 30);

/// Each with its quota of a day.
pub(super) fn routes() -> Vec<(&'static str, Route)> {
    const DAILY: u32 = 10_000;
    vec![
        (
            "wxaapi/broadcast/role/addrole",
            call(Rule::post("role/addrole", DAILY), add),
        ),
        (
            "wxaapi/broadcast/role/deleterole",
            call(Rule::post("role/deleterole", DAILY), delete),
        ),
        (
            "wxaapi/broadcast/role/getrolelist",
            call(Rule::get("role/getrolelist", DAILY).or_post(), list),
        ),
    ]
}

/// POST `role/addrole`. An anchor whose verification is open is sent to its page.
pub(super) async fn add(call: Call) -> Result<Answer, Fault> {
    let username = call.params.required_text("username")?;
    let role = role(&call.params)?;
    match call.kaibo.give_role(&call.app_id, &username, role).await {
        Ok(()) => Ok(Answer::ok()),
        Err(Error::Refused(Refusal::AnchorUnverified { token })) => Err(Fault::RoleUnverified {
            codeurl: call.kaibo.verification_url(&token),
        }),
        Err(error) => Err(error.into()),
    }
}

/// POST `role/deleterole`.
pub(super) async fn delete(call: Call) -> Result<Answer, Fault> {
    let username = call.params.required_text("username")?;
    let role = role(&call.params)?;
    call.kaibo.take_role(&call.app_id, &username, role).await?;
    Ok(Answer::ok())
}

/// GET `role/getrolelist`, or POST as PowerWeChat does: everybody who holds a role.
pub(super) async fn list(call: Call) -> Result<Answer, Fault> {
    let params = &call.params;
    let holding = match params.integer("role")?.unwrap_or(-1) {
        -1 => Holding::Some,
        number => Holding::Role(Role::of_number(number).ok_or(CallFault::RoleFilter)?),
    };
    let (rows, most) = ROWS;
    let query = PeopleQuery {
        holding,
        keyword: params.text("keyword")?.unwrap_or_default(),
        offset: at_least(params.integer("offset")?.unwrap_or(0), 0, "offset")?,
        limit: at_least(params.integer("limit")?.unwrap_or(rows), 1, "limit")?.min(most),
    };
    let (total, people) = call.kaibo.people(&call.app_id, &query).await?;
    let rows: Vec<Value> = people.iter().map(|person| row(&call, person)).collect();
    Ok(Answer::ok().with("total", total).with("list", rows))
}

fn role(params: &Params) -> Result<Role, Fault> {
    let number = params.required_integer("role")?;
    Role::of_number(number).ok_or_else(|| CallFault::Invalid("role").into())
}

fn row(call: &Call, person: &Person) -> Value {
    let roles: Vec<u8> = person.roles.iter().map(|role| role.number()).collect();
    json!({
        "headingimg": call.kaibo.avatar_url(),
        "nickname": person.nickname,
        "openid": call.kaibo.openid(&call.app_id, &person.wechat_id),
        "roleList": roles,
        "updateTimestamp": person.roles_at.div_euclid(1_000).to_string(),
        "username": masked(&person.wechat_id),
    })
}
