//! Switches of a room that turn while it lives.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use kaibo_domain::room::Switch;
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::ConsoleRoom;
use crate::auth::RoomPath;
use crate::body::JsonBody;
use crate::error::ApiResult;
use crate::state::ApiState;

/// Switches to turn; what is left out stays as it is.
#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct SwitchForm {
    /// Until the end.
    is_feeds_public: Option<bool>,
    /// After the end too; not in 104 and 107.
    close_replay: Option<bool>,
    /// Until the end. false needs an app with customer service.
    close_kf: Option<bool>,
    /// Until the end: mutes all viewers' comments.
    ban_comment: Option<bool>,
}

impl SwitchForm {
    fn switches(&self) -> Vec<Switch> {
        let switches = [
            self.is_feeds_public.map(Switch::FeedsPublic),
            self.close_replay.map(Switch::CloseReplay),
            self.close_kf.map(Switch::CloseKf),
            self.ban_comment.map(Switch::BanComment),
        ];
        switches.into_iter().flatten().collect()
    }
}

/// Turns switches of a room, all of them or none
#[utoipa::path(
    put, path = "/apps/{appid}/rooms/{roomId}/switches", tag = "rooms",
    operation_id = "turnSwitches", request_body = SwitchForm,
    params(("appid" = String, Path), ("roomId" = i64, Path)),
    responses(
        (status = 200, body = ConsoleRoom),
        (status = 404, description = "`room_not_found`"),
        (status = 409, description = "`not_allowed_in_status`"),
        (status = 422, description = "`closeKf`: `customer_service_missing`"),
    )
)]
pub(crate) async fn turn(
    State(api): State<Arc<ApiState>>,
    path: RoomPath,
    JsonBody(form): JsonBody<SwitchForm>,
) -> ApiResult<Json<ConsoleRoom>> {
    let kaibo = &api.kaibo;
    let turned = kaibo.turn_switches(&path.app_id, path.room_id, form.switches());
    let room = turned.await?;
    Ok(Json(ConsoleRoom::load(kaibo, &room).await?))
}
