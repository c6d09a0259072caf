//! How often an app may call, what is left of it, and limits of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use kaibo_app::{Counted, FORCED, FORCED_LIMIT, Kaibo, Standing};
use kaibo_domain::id::AppId;
use kaibo_domain::quota::{AppQuotas, CallLimit, CallQuota};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::{AppPath, ByToken};
use crate::body::JsonBody;
use crate::caller::{READS, WRITES};
use crate::error::{ApiError, ApiResult};
use crate::quota_headers;
use crate::state::ApiState;
use crate::wechat;

/// Highest limit that can be set.
const MOST: u32 = 100_000_000;
/// `GET /v1/quota` itself.
const OWN: &str = "v1/quota";
const OWN_LIMIT: CallLimit = CallLimit {
    per_day: 10_000,
    per_minute: 1_000,
};

/// An app's limits and what is used of them.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct QuotaView {
    /// When the day is over, in Unix milliseconds.
    resets_at: i64,
    /// Rooms made today.
    rooms_per_day: UsedOf,
    /// Rooms on air now.
    live_at_once: UsedOf,
    /// Longest plan and longest broadcast, in hours.
    max_hours: i64,
    /// By operation, in the order of WeChat's documents.
    calls: Vec<CallsView>,
    own: QuotaForm,
}

/// A limit.
#[derive(Serialize, ToSchema)]
struct UsedOf {
    limit: u32,
    used: u32,
    left: u32,
}

/// The calls of one operation.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CallsView {
    #[schema(example = "room/create")]
    op: &'static str,
    per_day: u32,
    per_minute: u32,
    used: u32,
    left: u32,
}

/// Limits of an app's own; what is null or left out is as for everybody.
#[derive(Default, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct QuotaForm {
    rooms_per_day: Option<u32>,
    live_at_once: Option<u32>,
    /// 1 to 24.
    max_hours: Option<u8>,
    /// By operation.
    calls: BTreeMap<String, CallsForm>,
}

/// Limits of an operation's calls.
#[derive(Default, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
struct CallsForm {
    per_day: Option<u32>,
    per_minute: Option<u32>,
}

impl From<Standing> for UsedOf {
    fn from(standing: Standing) -> Self {
        Self {
            limit: standing.limit,
            used: standing.used,
            left: standing.left(),
        }
    }
}

/// Every quota of calls there is, one line each.
fn quotas() -> Vec<(&'static str, CallLimit)> {
    let operations = wechat::operations();
    let mut all: Vec<_> = operations.iter().map(|o| (o.op, o.limit)).collect();
    all.push((FORCED, FORCED_LIMIT));
    all.extend([(OWN, OWN_LIMIT), READS, WRITES]);
    let mut seen = Vec::new();
    all.retain(|(op, _)| {
        !seen.contains(op) && {
            seen.push(*op);
            true
        }
    });
    all
}

async fn view(kaibo: &Kaibo, app_id: &AppId) -> ApiResult<QuotaView> {
    let own = kaibo.door(app_id).await?.quotas.clone();
    let rooms = kaibo.rooms_left(app_id).await?;
    let live_at_once = own.limits(kaibo.settings().limits).live_at_once;
    let on_air = kaibo.on_air(app_id).await?;
    let plan = kaibo.plan_rules(app_id).await?;
    let mut calls = Vec::new();
    for (op, everybodys) in quotas() {
        let standing = kaibo.calls_left(app_id, op, everybodys).await?;
        calls.push(CallsView {
            op,
            per_day: standing.limit,
            per_minute: own.calls(op, everybodys).per_minute,
            used: standing.used,
            left: standing.left(),
        });
    }
    Ok(QuotaView {
        resets_at: rooms.resets_at,
        rooms_per_day: rooms.into(),
        live_at_once: UsedOf {
            limit: live_at_once,
            used: on_air,
            left: live_at_once.saturating_sub(on_air),
        },
        max_hours: plan.max_length_ms / kaibo_domain::HOUR_MS,
        calls,
        own: own.into(),
    })
}

impl From<AppQuotas> for QuotaForm {
    fn from(own: AppQuotas) -> Self {
        let calls = own.calls.into_iter().map(|(op, calls)| {
            let form = CallsForm {
                per_day: calls.per_day,
                per_minute: calls.per_minute,
            };
            (op, form)
        });
        Self {
            rooms_per_day: own.rooms_per_day,
            live_at_once: own.live_at_once,
            max_hours: own.max_hours,
            calls: calls.collect(),
        }
    }
}

impl QuotaForm {
    fn into_quotas(self) -> ApiResult<AppQuotas> {
        let numbers = self.calls.values().flat_map(|c| [c.per_day, c.per_minute]);
        let calls_in_bounds = numbers.flatten().all(|n| n <= MOST);
        let in_bounds = |n: Option<u32>| n.is_none_or(|n| n <= MOST);
        let known = quotas();
        let rules = [
            (
                "roomsPerDay",
                in_bounds(self.rooms_per_day),
                "limit_too_high",
            ),
            ("liveAtOnce", in_bounds(self.live_at_once), "limit_too_high"),
            (
                "maxHours",
                self.max_hours.is_none_or(|h| (1..=24).contains(&h)),
                "hours_out_of_bounds",
            ),
            ("calls", calls_in_bounds, "limit_too_high"),
            (
                "calls",
                self.calls
                    .keys()
                    .all(|op| known.iter().any(|(k, _)| k == op)),
                "operation_unknown",
            ),
        ];
        let broken: Vec<_> = rules.iter().filter(|(_, holds, _)| !holds).collect();
        if !broken.is_empty() {
            let broken = broken.into_iter().map(|(field, _, rule)| (*field, *rule));
            return Err(ApiError::invalid_fields(broken));
        }
        let calls = self.calls.into_iter().map(|(op, form)| {
            let quota = CallQuota {
                per_day: form.per_day,
                per_minute: form.per_minute,
            };
            (op, quota)
        });
        Ok(AppQuotas {
            rooms_per_day: self.rooms_per_day,
            live_at_once: self.live_at_once,
            max_hours: self.max_hours,
            calls: calls
                .filter(|(_, quota)| *quota != CallQuota::default())
                .collect(),
        })
    }
}

/// An app's quotas
#[utoipa::path(
    get, path = "/apps/{appid}/quota", tag = "calls", operation_id = "getQuota",
    params(("appid" = String, Path)),
    responses((status = 200, body = QuotaView), (status = 404, description = "`app_not_found`"))
)]
pub(crate) async fn read(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
) -> ApiResult<Json<QuotaView>> {
    Ok(Json(view(&api.kaibo, &app_id).await?))
}

/// Sets limits of an app's own
///
/// They hold from the next call on; what was used stays used.
#[utoipa::path(
    put, path = "/apps/{appid}/quota", tag = "calls", operation_id = "setQuota",
    params(("appid" = String, Path)), request_body = QuotaForm,
    responses(
        (status = 200, body = QuotaView),
        (status = 404, description = "`app_not_found`"),
        (status = 422, description = "`roomsPerDay`, `liveAtOnce`, `calls`: `limit_too_high`; \
            `maxHours`: `hours_out_of_bounds`; `calls`: `operation_unknown`"),
    )
)]
pub(crate) async fn set(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
    JsonBody(form): JsonBody<QuotaForm>,
) -> ApiResult<Json<QuotaView>> {
    let own = form.into_quotas()?;
    api.kaibo.set_quotas(&app_id, &own).await?;
    Ok(Json(view(&api.kaibo, &app_id).await?))
}

/// The quotas of the app whose access token is shown
///
/// With `Authorization: Bearer <access_token>`. Counts as a call of `v1/quota`; the headers
/// `X-Quota-Limit`, `X-Quota-Remaining` and `X-Quota-Reset` (Unix seconds) tell what is left of
/// those, as they do for each of WeChat's calls.
#[utoipa::path(
    get, path = "/quota", tag = "calls", operation_id = "getOwnQuota",
    responses(
        (status = 200, body = QuotaView),
        (status = 401, description = "`token_unknown`"),
        (status = 429, description = "`quota_used_up`"),
    )
)]
pub(crate) async fn own(
    State(api): State<Arc<ApiState>>,
    ByToken(app_id): ByToken,
) -> ApiResult<(StatusCode, HeaderMap, Json<QuotaView>)> {
    let kaibo = &api.kaibo;
    let standing = match kaibo.count_call(&app_id, OWN, OWN_LIMIT).await? {
        Counted::Yes(standing) => standing,
        Counted::DayFull(standing) | Counted::MinuteFull(standing) => {
            let wait = standing.resets_at - kaibo.now();
            let code = "quota_used_up";
            return Err(ApiError::new(StatusCode::TOO_MANY_REQUESTS, code).after(wait));
        }
    };
    let mut headers = HeaderMap::new();
    quota_headers::add(&mut headers, &standing);
    Ok((StatusCode::OK, headers, Json(view(kaibo, &app_id).await?)))
}
