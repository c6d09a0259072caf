//! The console's apps, the rules in force, and which rooms of an app changed.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::response::sse::Event;
use futures_util::{Stream, stream};
use kaibo_app::{Changed, Changes};
use kaibo_domain::draft::{ANCHOR_NAME_WIDTH, NAME_WIDTH};
use kaibo_domain::id::{AppId, RoomId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::{AppPath, SignedInUser};
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::error::{ApiError, ApiResult};
use crate::peer::ClientIp;
use crate::sse;
use crate::state::ApiState;

/// Longest name of an app, in characters.
const MAX_NAME: usize = 64;

/// An app and its use of today's quotas.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AppView {
    #[schema(example = "wx0123456789abcdef")]
    appid: String,
    name: String,
    created_at: i64,
    rooms_today: i64,
    rooms_per_day: u32,
    live_now: i64,
    live_at_once: u32,
    /// How long pictures may wait to be sent together where many watch, in milliseconds; null: as
    /// the server's settings say.
    latency_budget_ms: Option<i64>,
}

/// A new app.
#[derive(Deserialize, ToSchema)]
pub(crate) struct AppForm {
    /// 1 to 64 characters.
    #[serde(default)]
    name: String,
    /// Made up when left out.
    #[serde(default)]
    appid: Option<String>,
}

/// How an app's streams are sent.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LatencyForm {
    /// 0 to 2000: with many viewers pictures wait up to this long and go out together, which costs
    /// less; 0: each goes out at once. null: as the server's settings say.
    latency_budget_ms: Option<u32>,
}

/// A new app's credentials.
#[derive(Serialize, ToSchema)]
pub(crate) struct AppCredentials {
    appid: String,
    /// Shown this once.
    secret: String,
}

/// The rules in force for plans and shelves; widths are [least, greatest] in half-width units.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LimitsView {
    min_lead_ms: i64,
    max_ahead_ms: i64,
    min_length_ms: i64,
    max_length_ms: i64,
    name: [usize; 2],
    anchor_name: [usize; 2],
    /// Most goods on the shelf of one room.
    #[schema(example = 200)]
    shelf_holds: u32,
}

/// A room of the app changed: load it anew.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RoomChanged {
    room_id: i64,
}

/// The apps that the user sees
#[utoipa::path(
    get, path = "/apps", tag = "apps", operation_id = "listApps",
    responses((status = 200, body = [AppView]))
)]
pub(crate) async fn apps(
    State(api): State<Arc<ApiState>>,
    Extension(user): Extension<SignedInUser>,
) -> ApiResult<Json<Vec<AppView>>> {
    let mut apps = api.kaibo.apps().await?;
    apps.retain(|app| user.session.sees(app.app_id.as_str()));
    let apps = apps.into_iter();
    let apps = apps.map(|app| AppView {
        appid: app.app_id.to_string(),
        name: app.name,
        created_at: app.created_at,
        rooms_today: app.rooms_today,
        rooms_per_day: app.limits.rooms_per_day,
        live_now: app.live_now,
        live_at_once: app.limits.live_at_once,
        latency_budget_ms: app.latency_budget_ms,
    });
    Ok(Json(apps.collect()))
}

/// Makes an app
#[utoipa::path(
    post, path = "/apps", tag = "apps", operation_id = "createApp", request_body = AppForm,
    responses(
        (status = 201, body = AppCredentials),
        (status = 409, description = "`app_exists`"),
        (status = 422, description = "`name`: `required`, `name_too_long`; `appid`: `appid_invalid`"),
    )
)]
pub(crate) async fn create_app(
    State(api): State<Arc<ApiState>>,
    JsonBody(form): JsonBody<AppForm>,
) -> ApiResult<(StatusCode, Json<AppCredentials>)> {
    let name = form.name.trim();
    if name.is_empty() {
        return Err(ApiError::invalid("name", "required"));
    }
    if name.chars().count() > MAX_NAME {
        return Err(ApiError::invalid("name", "name_too_long"));
    }
    let asked = form.appid.as_deref().map(str::trim);
    let app_id: Option<AppId> = match asked.filter(|text| !text.is_empty()) {
        Some(text) => {
            let parsed = text.parse();
            Some(parsed.map_err(|_| ApiError::invalid("appid", "appid_invalid"))?)
        }
        None => None,
    };
    let made = api.kaibo.create_app(app_id, None, name).await?;
    let credentials = AppCredentials {
        appid: made.app_id.to_string(),
        secret: made.secret,
    };
    Ok((StatusCode::CREATED, Json(credentials)))
}

/// Sets how an app's streams are sent
///
/// Streams that run follow within 5 s.
#[utoipa::path(
    put, path = "/apps/{appid}/latency-budget", tag = "apps", operation_id = "setLatencyBudget",
    params(("appid" = String, Path)), request_body = LatencyForm,
    responses(
        (status = 204),
        (status = 404, description = "`app_not_found`"),
        (status = 422, description = "`latencyBudgetMs`: `latency_budget_too_long`"),
    )
)]
pub(crate) async fn set_latency_budget(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
    JsonBody(form): JsonBody<LatencyForm>,
) -> ApiResult<StatusCode> {
    let kaibo = &api.kaibo;
    kaibo
        .set_latency_budget(&app_id, form.latency_budget_ms)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The rules in force for plans and shelves
#[utoipa::path(
    get, path = "/limits", tag = "apps", operation_id = "getLimits",
    responses((status = 200, body = LimitsView))
)]
pub(crate) async fn limits(State(api): State<Arc<ApiState>>) -> Json<LimitsView> {
    let settings = api.kaibo.settings();
    let plan = &settings.plan;
    Json(LimitsView {
        min_lead_ms: plan.min_lead_ms,
        max_ahead_ms: plan.max_ahead_ms,
        min_length_ms: plan.min_length_ms,
        max_length_ms: plan.max_length_ms,
        name: NAME_WIDTH.into(),
        anchor_name: ANCHOR_NAME_WIDTH.into(),
        shelf_holds: settings.shelf.max_goods,
    })
}

/// Which rooms of the app change
///
/// `event: room` with a RoomChanged. The stream ends with the session or the access token, and when
/// events were missed: whoever connects anew loads what is shown anew.
#[utoipa::path(
    get, path = "/apps/{appid}/events", tag = "apps", operation_id = "followApp",
    params(("appid" = String, Path)),
    responses(
        (status = 200, body = RoomChanged, content_type = "text/event-stream"),
        (status = 404, description = "`app_not_found`"),
    )
)]
pub(crate) async fn events(
    State(api): State<Arc<ApiState>>,
    Extension(caller): Extension<Caller>,
    client: ClientIp,
    AppPath(app_id): AppPath,
) -> ApiResult<Response> {
    let slot = api.streams.take(client)?;
    let follower = Follower {
        changes: api.kaibo.changes(),
        api: Arc::clone(&api),
        app_id,
        caller,
    };
    Ok(sse::answer(follower.events(), slot, api.shutdown.clone()))
}

struct Follower {
    api: Arc<ApiState>,
    app_id: AppId,
    caller: Caller,
    changes: Changes,
}

impl Follower {
    fn events(self) -> impl Stream<Item = Event> + Send {
        stream::unfold(self, |mut follower| async move {
            let room_id = follower.next().await?;
            let changed = RoomChanged { room_id: room_id.0 };
            Some((sse::event("room", &changed), follower))
        })
    }

    async fn next(&mut self) -> Option<RoomId> {
        loop {
            match self.changes.next().await? {
                Changed::Reload => return None,
                Changed::Event(event)
                    if event.app_id == self.app_id && !event.event.is_about_subscribers() =>
                {
                    let is_in = self.caller.is_still_in(&self.api, &self.app_id).await;
                    return is_in.then_some(event.room_id);
                }
                Changed::Event(_) => {}
            }
        }
    }
}
