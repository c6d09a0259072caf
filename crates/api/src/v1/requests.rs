//! The calls of an app's last days, for whoever has a rid or looks for what goes wrong.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use kaibo_app::CallQuery;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::AppPath;
use crate::body::bad_request;
use crate::error::ApiResult;
use crate::state::ApiState;

/// Most calls in one answer.
const MAX_LIMIT: i64 = 100;

/// Which calls to list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// The one of this rid.
    #[serde(default)]
    rid: Option<String>,
    /// Answered with this number.
    #[serde(default)]
    errcode: Option<i32>,
    /// Those alone that were not answered with 0.
    #[serde(default)]
    failed: bool,
    /// Of this operation, such as `room/create`.
    #[serde(default)]
    op: Option<String>,
    /// Those before this one, as `next` of the page before says.
    #[serde(default)]
    before: Option<i64>,
    /// Most calls to give, 1 to 100.
    #[serde(default = "default_limit")]
    limit: i64,
}

fn default_limit() -> i64 {
    50
}

/// A page of calls, the newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct CallPage {
    calls: Vec<CallView>,
    /// `before` of the next page; null: this was the last.
    #[schema(required)]
    next: Option<i64>,
}

/// A call of the WeChat-compatible API. What was sent and answered is not kept.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CallView {
    #[schema(example = "6968a940-0f3c9d11-5be2a0c4")]
    rid: String,
    at: i64,
    #[schema(example = "room/create")]
    op: String,
    errcode: i32,
    /// The true reason, where the number does not say it all.
    #[schema(required)]
    reason: Option<String>,
    /// The caller's address.
    peer: String,
    /// How long it took, in microseconds.
    took_us: i64,
}

/// An app's calls
///
/// Of the last 7 days, 100 000 at most.
#[utoipa::path(
    get, path = "/apps/{appid}/requests", tag = "calls", operation_id = "listRequests",
    params(("appid" = String, Path), ListQuery),
    responses((status = 200, body = CallPage), (status = 404, description = "`app_not_found`"))
)]
pub(crate) async fn list(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> ApiResult<Json<CallPage>> {
    let Query(query) = query.map_err(|_| bad_request())?;
    let limit = query.limit.clamp(1, MAX_LIMIT);
    let text = |text: Option<String>| {
        let text = text.map(|text| text.trim().to_owned());
        text.filter(|text| !text.is_empty())
    };
    let query = CallQuery {
        rid: text(query.rid),
        code: query.errcode,
        failed: query.failed,
        op: text(query.op),
        before: query.before,
        limit: limit + 1,
    };
    let mut found = api.kaibo.calls(&app_id, &query).await?;
    let page = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = found.len() > page;
    found.truncate(page);
    let next = found.last().map(|(place, _)| *place).filter(|_| has_more);
    let calls = found.into_iter().map(|(_, call)| CallView {
        rid: call.rid,
        at: call.at,
        op: call.op,
        errcode: call.code,
        reason: call.reason,
        peer: call.peer,
        took_us: call.took_us,
    });
    Ok(Json(CallPage {
        calls: calls.collect(),
        next,
    }))
}
