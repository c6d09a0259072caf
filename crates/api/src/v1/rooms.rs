//! An app's rooms in the console: list, make, edit, delete, steer.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Query, State};
use axum::http::StatusCode;
use kaibo_app::RoomQuery;
use kaibo_domain::room::{Command, Status};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::room_form::RoomForm;
use super::view::ConsoleRoom;
use crate::auth::{AppPath, RoomPath, SignedInUser};
use crate::body::{JsonBody, bad_request};
use crate::error::{ApiError, ApiResult};
use crate::state::ApiState;

/// Largest page of rooms.
const MAX_LIMIT: i64 = 100;
/// Longest reason of a ban, in characters.
const MAX_REASON: usize = 200;

/// Which rooms to list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListQuery {
    /// Rooms to skip.
    #[serde(default)]
    offset: i64,
    /// Most rooms to give, 1 to 100.
    #[serde(default = "default_limit")]
    limit: i64,
    /// Statuses, such as `101,102`; all when empty.
    #[serde(default)]
    status: String,
    /// What the name must hold, whatever the case of its letters.
    #[serde(default)]
    name: String,
    /// Planned to start at this time or later.
    #[serde(default)]
    start_from: Option<i64>,
    /// Planned to start before this time.
    #[serde(default)]
    start_before: Option<i64>,
}

fn default_limit() -> i64 {
    20
}

/// A page of rooms, the latest planned start first.
#[derive(Serialize, ToSchema)]
pub(crate) struct RoomPage {
    /// Rooms in all.
    total: i64,
    rooms: Vec<ConsoleRoom>,
}

/// Why a room is banned.
#[derive(Deserialize, ToSchema)]
pub(crate) struct BanForm {
    /// For the merchant and the viewers' page; 1 to 200 characters.
    #[serde(default)]
    reason: String,
}

/// An app's rooms
#[utoipa::path(
    get, path = "/apps/{appid}/rooms", tag = "rooms", operation_id = "listRooms",
    params(("appid" = String, Path), ListQuery),
    responses((status = 200, body = RoomPage), (status = 404, description = "`app_not_found`"))
)]
pub(crate) async fn list(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> ApiResult<Json<RoomPage>> {
    let Query(query) = query.map_err(|_| bad_request())?;
    let query = RoomQuery {
        statuses: statuses(&query.status)?,
        name: query.name.trim().to_owned(),
        start_from: query.start_from,
        start_before: query.start_before,
        offset: query.offset.max(0),
        limit: query.limit.clamp(1, MAX_LIMIT),
    };
    let (total, found) = api.kaibo.rooms(&app_id, &query).await?;
    let mut rooms = Vec::with_capacity(found.len());
    for room in &found {
        rooms.push(ConsoleRoom::load(&api.kaibo, room).await?);
    }
    Ok(Json(RoomPage { total, rooms }))
}

fn statuses(text: &str) -> ApiResult<Vec<Status>> {
    text.split(',')
        .map(str::trim)
        .filter(|number| !number.is_empty())
        .map(|number| {
            let number: Option<u16> = number.parse().ok();
            let status = number.and_then(|number| Status::try_from(number).ok());
            status.ok_or_else(bad_request)
        })
        .collect()
}

/// Makes a room
#[utoipa::path(
    post, path = "/apps/{appid}/rooms", tag = "rooms", operation_id = "createRoom",
    params(("appid" = String, Path)), request_body = RoomForm,
    responses(
        (status = 201, body = ConsoleRoom),
        (status = 409, description = "`room_limit`"),
        (status = 422, description = "`fields` names each rule that is broken"),
    )
)]
pub(crate) async fn create(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
    JsonBody(form): JsonBody<RoomForm>,
) -> ApiResult<(StatusCode, Json<ConsoleRoom>)> {
    let room = api
        .kaibo
        .create_room(&app_id, form.into_input(None)?)
        .await?;
    let view = ConsoleRoom::load(&api.kaibo, &room).await?;
    Ok((StatusCode::CREATED, Json(view)))
}

/// A room
#[utoipa::path(
    get, path = "/apps/{appid}/rooms/{roomId}", tag = "rooms", operation_id = "getConsoleRoom",
    params(("appid" = String, Path), ("roomId" = i64, Path)),
    responses((status = 200, body = ConsoleRoom), (status = 404, description = "`room_not_found`"))
)]
pub(crate) async fn read(
    State(api): State<Arc<ApiState>>,
    path: RoomPath,
) -> ApiResult<Json<ConsoleRoom>> {
    let room = api.kaibo.room(&path.app_id, path.room_id).await?;
    Ok(Json(ConsoleRoom::load(&api.kaibo, &room).await?))
}

/// Edits a room that has not started
#[utoipa::path(
    put, path = "/apps/{appid}/rooms/{roomId}", tag = "rooms", operation_id = "editRoom",
    params(("appid" = String, Path), ("roomId" = i64, Path)), request_body = RoomForm,
    responses(
        (status = 200, body = ConsoleRoom),
        (status = 404, description = "`room_not_found`"),
        (status = 409, description = "`editing_while_live`, `not_allowed_in_status`"),
        (status = 422, description = "`fields` names each rule that is broken"),
    )
)]
pub(crate) async fn edit(
    State(api): State<Arc<ApiState>>,
    path: RoomPath,
    JsonBody(form): JsonBody<RoomForm>,
) -> ApiResult<Json<ConsoleRoom>> {
    let before = api.kaibo.room(&path.app_id, path.room_id).await?;
    let input = form.into_input(Some(&before.draft))?;
    let room = api
        .kaibo
        .edit_room(&path.app_id, path.room_id, input)
        .await?;
    Ok(Json(ConsoleRoom::load(&api.kaibo, &room).await?))
}

/// Deletes a room that has not started or is over
#[utoipa::path(
    delete, path = "/apps/{appid}/rooms/{roomId}", tag = "rooms", operation_id = "deleteRoom",
    params(("appid" = String, Path), ("roomId" = i64, Path)),
    responses(
        (status = 204, description = "Deleted"),
        (status = 404, description = "`room_not_found`"),
        (status = 409, description = "`not_allowed_in_status`"),
    )
)]
pub(crate) async fn delete(
    State(api): State<Arc<ApiState>>,
    path: RoomPath,
) -> ApiResult<StatusCode> {
    api.kaibo
        .apply(&path.app_id, path.room_id, Command::Delete)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Starts a room; without a good stream it starts with the next one (`armed`)
#[utoipa::path(
    post, path = "/apps/{appid}/rooms/{roomId}/start", tag = "rooms", operation_id = "startRoom",
    params(("appid" = String, Path), ("roomId" = i64, Path)),
    responses(
        (status = 200, body = ConsoleRoom),
        (status = 404, description = "`room_not_found`"),
        (status = 409, description = "`not_allowed_in_status`, `live_limit`"),
    )
)]
pub(crate) async fn start(
    State(api): State<Arc<ApiState>>,
    path: RoomPath,
) -> ApiResult<Json<ConsoleRoom>> {
    steer(&api, &path, Command::Start).await
}

/// Ends a room for good
#[utoipa::path(
    post, path = "/apps/{appid}/rooms/{roomId}/end", tag = "rooms", operation_id = "endRoom",
    params(("appid" = String, Path), ("roomId" = i64, Path)),
    responses(
        (status = 200, body = ConsoleRoom),
        (status = 404, description = "`room_not_found`"),
        (status = 409, description = "`not_allowed_in_status`"),
    )
)]
pub(crate) async fn end(
    State(api): State<Arc<ApiState>>,
    path: RoomPath,
) -> ApiResult<Json<ConsoleRoom>> {
    steer(&api, &path, Command::End).await
}

/// Pauses a live room
#[utoipa::path(
    post, path = "/apps/{appid}/rooms/{roomId}/pause", tag = "rooms", operation_id = "pauseRoom",
    params(("appid" = String, Path), ("roomId" = i64, Path)),
    responses(
        (status = 200, body = ConsoleRoom),
        (status = 404, description = "`room_not_found`"),
        (status = 409, description = "`not_allowed_in_status`"),
    )
)]
pub(crate) async fn pause(
    State(api): State<Arc<ApiState>>,
    path: RoomPath,
) -> ApiResult<Json<ConsoleRoom>> {
    steer(&api, &path, Command::Pause).await
}

/// Goes on with a paused room
#[utoipa::path(
    post, path = "/apps/{appid}/rooms/{roomId}/resume", tag = "rooms", operation_id = "resumeRoom",
    params(("appid" = String, Path), ("roomId" = i64, Path)),
    responses(
        (status = 200, body = ConsoleRoom),
        (status = 404, description = "`room_not_found`"),
        (status = 409, description = "`not_allowed_in_status`"),
    )
)]
pub(crate) async fn resume(
    State(api): State<Arc<ApiState>>,
    path: RoomPath,
) -> ApiResult<Json<ConsoleRoom>> {
    steer(&api, &path, Command::Resume).await
}

/// Bans a room
#[utoipa::path(
    post, path = "/apps/{appid}/rooms/{roomId}/ban", tag = "rooms", operation_id = "banRoom",
    params(("appid" = String, Path), ("roomId" = i64, Path)), request_body = BanForm,
    responses(
        (status = 200, body = ConsoleRoom),
        (status = 404, description = "`room_not_found`"),
        (status = 409, description = "`not_allowed_in_status`"),
        (status = 422, description = "`reason`: `required`, `reason_too_long`"),
    )
)]
pub(crate) async fn ban(
    State(api): State<Arc<ApiState>>,
    Extension(user): Extension<SignedInUser>,
    path: RoomPath,
    JsonBody(form): JsonBody<BanForm>,
) -> ApiResult<Json<ConsoleRoom>> {
    let reason = form.reason.trim();
    if reason.is_empty() {
        return Err(ApiError::invalid("reason", "required"));
    }
    if reason.chars().count() > MAX_REASON {
        return Err(ApiError::invalid("reason", "reason_too_long"));
    }
    let command = Command::Ban {
        reason: reason.to_owned(),
        actor: user.session.name,
    };
    steer(&api, &path, command).await
}

/// Lifts a ban
#[utoipa::path(
    post, path = "/apps/{appid}/rooms/{roomId}/unban", tag = "rooms", operation_id = "unbanRoom",
    params(("appid" = String, Path), ("roomId" = i64, Path)),
    responses(
        (status = 200, body = ConsoleRoom),
        (status = 404, description = "`room_not_found`"),
        (status = 409, description = "`not_allowed_in_status`"),
    )
)]
pub(crate) async fn unban(
    State(api): State<Arc<ApiState>>,
    path: RoomPath,
) -> ApiResult<Json<ConsoleRoom>> {
    steer(&api, &path, Command::Unban).await
}

async fn steer(api: &ApiState, path: &RoomPath, command: Command) -> ApiResult<Json<ConsoleRoom>> {
    let applied = api.kaibo.apply(&path.app_id, path.room_id, command).await?;
    Ok(Json(ConsoleRoom::load(&api.kaibo, &applied.room).await?))
}
