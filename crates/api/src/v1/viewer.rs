//! What a viewer asks for, without log-in: a room, its changes, an anchor's verification.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use axum::response::sse::Event;
use futures_util::{Stream, stream};
use kaibo_app::{Changed, Changes};
use kaibo_domain::event::RoomEvent;
use kaibo_domain::refusal::Refusal;

use super::room_views::FollowedRoom;
use super::view::RoomView;
use crate::auth::PublicRoom;
use crate::error::{ApiError, ApiResult};
use crate::peer::ClientIp;
use crate::sse;
use crate::state::ApiState;

/// A room
#[utoipa::path(
    get, path = "/rooms/{roomId}", tag = "viewer", operation_id = "getRoom",
    params(("roomId" = i64, Path)),
    responses((status = 200, body = RoomView), (status = 404, description = "`room_not_found`"))
)]
pub(crate) async fn room(
    State(api): State<Arc<ApiState>>,
    PublicRoom(room_id): PublicRoom,
) -> ApiResult<Json<RoomView>> {
    let room = api.kaibo.public_room(room_id).await?;
    Ok(Json(RoomView::load(&api.kaibo, &room).await?))
}

/// A room's view at once, then after every change
///
/// `event: room` with a RoomView; `event: gone` once the room is deleted.
#[utoipa::path(
    get, path = "/rooms/{roomId}/events", tag = "viewer", operation_id = "followRoom",
    params(("roomId" = i64, Path)),
    responses(
        (status = 200, body = RoomView, content_type = "text/event-stream"),
        (status = 404, description = "`room_not_found`"),
    )
)]
pub(crate) async fn room_events(
    State(api): State<Arc<ApiState>>,
    PublicRoom(room_id): PublicRoom,
    client: ClientIp,
) -> ApiResult<Response> {
    let slot = api.streams.take(client)?;
    let changes = api.kaibo.room_changes(room_id);
    let first = api.views.load(room_id).await?;
    let follower = Follower {
        followed: api.views.follow(room_id),
        api: Arc::clone(&api),
        room_id,
        changes,
        first: Some(room_event(&first)),
        over: false,
    };
    let shutdown = api.shutdown.clone();
    Ok(sse::answer(follower.events(), slot, shutdown))
}

struct Follower {
    api: Arc<ApiState>,
    room_id: kaibo_domain::id::RoomId,
    followed: Arc<FollowedRoom>,
    changes: Changes,
    first: Option<Event>,
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
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        if self.over {
            return None;
        }
        let views = &self.api.views;
        let view = loop {
            match self.changes.next().await? {
                Changed::Event(event) if is_private(&event.event) => {}
                Changed::Event(event) => break views.after(&self.followed, event.offset).await,
                Changed::Reload => break views.load(self.room_id).await,
            }
        };
        match view {
            Ok(view) => Some(room_event(&view)),
            Err(error) => {
                self.over = true;
                gone(&error)
            }
        }
    }
}

/// What a viewer's page does not show. Whoever tries keys must not be able to wake all viewers.
fn is_private(event: &RoomEvent) -> bool {
    event.is_about_subscribers()
        || matches!(
            event,
            RoomEvent::PushRefused
                | RoomEvent::PushKeyRevoked
                | RoomEvent::CodeRenewed
                | RoomEvent::PeopleChanged
        )
}

fn room_event(view: &RoomView) -> Event {
    sse::event("room", view).id(view.offset().to_string())
}

/// `event: gone` where the room is no more; nothing on a failure, after which the client connects
/// anew.
pub(crate) fn gone(error: &ApiError) -> Option<Event> {
    let deleted = *error == ApiError::from(Refusal::RoomUnknown);
    deleted.then(|| Event::default().event("gone").data("{}"))
}
