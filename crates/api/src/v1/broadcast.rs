//! The anchor's page: one room, for the devices of its anchor.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use axum::response::sse::Event;
use futures_util::{Stream, stream};
use kaibo_app::{Changed, Changes};
use kaibo_domain::room::{Command, Room};

use super::view::BroadcastView;
use super::viewer::gone;
use crate::auth::ByDevice;
use crate::error::{ApiError, ApiResult};
use crate::peer::ClientIp;
use crate::sse;
use crate::state::ApiState;

/// The room as its anchor sees it
#[utoipa::path(
    get, path = "/broadcast", tag = "broadcast", operation_id = "getBroadcast",
    responses(
        (status = 200, body = BroadcastView),
        (status = 404, description = "`device_unknown`"),
    )
)]
pub(crate) async fn broadcast(
    State(api): State<Arc<ApiState>>,
    by_device: ByDevice,
) -> ApiResult<Json<BroadcastView>> {
    Ok(Json(
        BroadcastView::load(&api.kaibo, &by_device.room).await?,
    ))
}

/// Starts the room; without a good stream it starts with the next one (`armed`)
#[utoipa::path(
    post, path = "/broadcast/start", tag = "broadcast", operation_id = "startBroadcast",
    responses(
        (status = 200, body = BroadcastView),
        (status = 404, description = "`device_unknown`"),
        (status = 409, description = "`not_allowed_in_status`, `live_limit`"),
    )
)]
pub(crate) async fn start(
    State(api): State<Arc<ApiState>>,
    by_device: ByDevice,
) -> ApiResult<Json<BroadcastView>> {
    carry_out(&api, &by_device.room, Command::Start).await
}

/// Ends the room for good
#[utoipa::path(
    post, path = "/broadcast/end", tag = "broadcast", operation_id = "endBroadcast",
    responses(
        (status = 200, body = BroadcastView),
        (status = 404, description = "`device_unknown`"),
        (status = 409, description = "`not_allowed_in_status`"),
    )
)]
pub(crate) async fn end(
    State(api): State<Arc<ApiState>>,
    by_device: ByDevice,
) -> ApiResult<Json<BroadcastView>> {
    carry_out(&api, &by_device.room, Command::End).await
}

async fn carry_out(
    api: &ApiState,
    room: &Room,
    command: Command,
) -> ApiResult<Json<BroadcastView>> {
    let applied = api.kaibo.apply(&room.app_id, room.id, command).await?;
    Ok(Json(BroadcastView::load(&api.kaibo, &applied.room).await?))
}

/// The room's view at once, then after every change
///
/// `event: broadcast` with a BroadcastView; `event: gone` once the room is deleted. The stream
/// ends when the device is shut out.
#[utoipa::path(
    get, path = "/broadcast/events", tag = "broadcast", operation_id = "followBroadcast",
    responses(
        (status = 200, body = BroadcastView, content_type = "text/event-stream"),
        (status = 404, description = "`device_unknown`"),
    )
)]
pub(crate) async fn events(
    State(api): State<Arc<ApiState>>,
    client: ClientIp,
    by_device: ByDevice,
) -> ApiResult<Response> {
    let slot = api.streams.take(client)?;
    let changes = api.kaibo.room_changes(by_device.room.id);
    let follower = Follower {
        api: Arc::clone(&api),
        by_device,
        changes,
        begun: false,
        over: false,
    };
    Ok(sse::answer(follower.events(), slot, api.shutdown.clone()))
}

struct Follower {
    api: Arc<ApiState>,
    by_device: ByDevice,
    changes: Changes,
    begun: bool,
    over: bool,
}

impl Follower {
    fn events(self) -> impl Stream<Item = Event> + Send {
        stream::unfold(self, |mut follower| async move {
            let event = follower.next().await?;
            Some((event, follower))
        })
    }

    async fn next(&mut self) -> Option<Event> {
        if self.over {
            return None;
        }
        // The room is loaded after the subscription, at the first event too: nothing is missed.
        if std::mem::replace(&mut self.begun, true) {
            while let Changed::Event(event) = self.changes.next().await? {
                if !event.event.is_about_subscribers() {
                    break;
                }
            }
        }
        match self.view().await {
            Ok(view) => Some(sse::event("broadcast", &view).id(view.offset().to_string())),
            Err(error) => {
                self.over = true;
                gone(&error)
            }
        }
    }

    /// Asks for the device each time: one that is shut out is shown nothing more.
    async fn view(&self) -> ApiResult<BroadcastView> {
        let kaibo = &self.api.kaibo;
        let (credential, room_id) = (&self.by_device.credential, self.by_device.room.id);
        if let Some(room) = kaibo.room_of_device(credential, room_id).await? {
            return BroadcastView::load(kaibo, &room).await;
        }
        kaibo.public_room(room_id).await?;
        Err(ApiError::not_found("device_unknown"))
    }
}
