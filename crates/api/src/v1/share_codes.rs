//! A room's share code: for the console and an app's server, which make it, and for whoever scanned
//! it.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use kaibo_domain::share_code::CustomParams;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use crate::auth::RoomPath;
use crate::body::bad_request;
use crate::error::ApiResult;
use crate::state::ApiState;

/// What a code hands on.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ShareQuery {
    /// Custom parameters: an object in JSON, at most 600 characters when it is URL-encoded.
    #[serde(default)]
    #[param(example = r#"{"pid":1}"#)]
    params: String,
}

/// A room's code.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ShareCodeView {
    /// What stands for the code: the scene of a mini program's code, `s` of the viewers' page.
    #[schema(example = "3fXk9aQ0LmZ7rT2w")]
    id: String,
    #[schema(value_type = Object)]
    custom_params: Map<String, Value>,
    /// The viewers' page, which the code opens.
    viewer_url: String,
    /// Where a mini program opens the room.
    #[schema(
        example = "plugin-private://wx2b03c6e691cd7370/pages/live-player-plugin?room_id=1234567"
    )]
    page_path: String,
    /// Path of the code as a PNG.
    code_url: String,
    /// Path of the poster, a PNG of 750 by 1180 pixels; another one when what it shows has changed.
    poster_url: String,
}

/// Where a code leads.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SharedView {
    #[schema(example = 1_234_567)]
    room_id: i64,
    #[schema(value_type = Object)]
    custom_params: Map<String, Value>,
}

/// A room's share code
///
/// The same parameters get the same code each time.
#[utoipa::path(
    get, path = "/apps/{appid}/rooms/{roomId}/share-code", tag = "rooms",
    operation_id = "shareRoom",
    params(("appid" = String, Path), ("roomId" = i64, Path), ShareQuery),
    responses(
        (status = 200, body = ShareCodeView),
        (status = 404, description = "`room_not_found`"),
        (status = 409, description = "`not_allowed_in_status`: the room is banned or expired; `share_code_limit`"),
        (status = 422, description = "`params`: `custom_params_invalid`"),
    )
)]
pub(crate) async fn share(
    State(api): State<Arc<ApiState>>,
    path: RoomPath,
    query: Result<Query<ShareQuery>, QueryRejection>,
) -> ApiResult<Json<ShareCodeView>> {
    let Query(query) = query.map_err(|_| bad_request())?;
    let shared = api
        .kaibo
        .share_room(&path.app_id, path.room_id, &query.params);
    let shared = shared.await?;
    Ok(Json(ShareCodeView {
        custom_params: object_of(&shared.params),
        id: shared.id,
        viewer_url: shared.viewer_url,
        page_path: shared.page_path,
        code_url: shared.code_path,
        poster_url: shared.poster_path,
    }))
}

/// Where a share code leads
///
/// For whoever scanned it: a mini program with the scene, the viewers' page with `s`.
#[utoipa::path(
    get, path = "/share-codes/{shareCode}", tag = "viewer", operation_id = "getSharedRoom",
    params(("shareCode" = String, Path)),
    responses(
        (status = 200, body = SharedView),
        (status = 404, description = "`share_code_not_found`, `room_not_found`"),
    )
)]
pub(crate) async fn shared(
    State(api): State<Arc<ApiState>>,
    Path(id): Path<String>,
) -> ApiResult<Json<SharedView>> {
    let (room_id, params) = api.kaibo.shared(&id).await?;
    Ok(Json(SharedView {
        room_id: room_id.0,
        custom_params: object_of(&params),
    }))
}

fn object_of(params: &CustomParams) -> Map<String, Value> {
    serde_json::from_str(params.as_str()).unwrap_or_default()
}
