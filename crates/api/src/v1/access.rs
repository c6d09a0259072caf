//! The ways into a room, for the console.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::view::{PlayView, PushView, preview};
use crate::auth::RoomPath;
use crate::error::ApiResult;
use crate::state::ApiState;

/// Everything that lets somebody into a room.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccessView {
    /// The anchor's page, for devices that are enrolled.
    studio_url: String,
    /// The viewers' page.
    viewer_url: String,
    push: PushView,
    /// With a token; only while a good stream is arriving.
    #[schema(required)]
    preview: Option<PlayView>,
}

/// Ways into a room
#[utoipa::path(
    get, path = "/apps/{appid}/rooms/{roomId}/access", tag = "access", operation_id = "getAccess",
    params(("appid" = String, Path), ("roomId" = i64, Path)),
    responses((status = 200, body = AccessView), (status = 404, description = "`room_not_found`"))
)]
pub(crate) async fn read(
    State(api): State<Arc<ApiState>>,
    path: RoomPath,
) -> ApiResult<Json<AccessView>> {
    view(&api, &path).await
}

/// Voids the push key; whoever pushes with it is cut
#[utoipa::path(
    post, path = "/apps/{appid}/rooms/{roomId}/access/revoke-push", tag = "access",
    operation_id = "revokePush",
    params(("appid" = String, Path), ("roomId" = i64, Path)),
    responses((status = 200, body = AccessView), (status = 404, description = "`room_not_found`"))
)]
pub(crate) async fn revoke_push(
    State(api): State<Arc<ApiState>>,
    path: RoomPath,
) -> ApiResult<Json<AccessView>> {
    api.kaibo.revoke_push(&path.app_id, path.room_id).await?;
    view(&api, &path).await
}

async fn view(api: &ApiState, path: &RoomPath) -> ApiResult<Json<AccessView>> {
    let room = api.kaibo.room(&path.app_id, path.room_id).await?;
    let access = api.kaibo.room_access(&path.app_id, path.room_id).await?;
    Ok(Json(AccessView {
        studio_url: access.studio_url,
        viewer_url: access.viewer_url,
        push: access.push.into(),
        preview: preview(&api.kaibo, &room).await?,
    }))
}
