//! A followed room's view is loaded once per change, not once per viewer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};

use kaibo_app::Kaibo;
use kaibo_domain::id::RoomId;

use super::view::RoomView;
use crate::error::ApiResult;

/// The rooms that somebody follows.
pub(crate) struct RoomViews {
    kaibo: Kaibo,
    rooms: Mutex<HashMap<RoomId, Weak<FollowedRoom>>>,
}

/// One room that somebody follows, shared by all who do.
pub(crate) struct FollowedRoom {
    room_id: RoomId,
    newest: tokio::sync::Mutex<Option<Shared>>,
}

/// The view that was loaded after the event at `offset` was known.
struct Shared {
    offset: i64,
    view: Arc<RoomView>,
}

impl RoomViews {
    pub(crate) fn new(kaibo: Kaibo) -> Self {
        Self {
            kaibo,
            rooms: Mutex::default(),
        }
    }

    /// Joins those who follow a room; it is forgotten when the last one lets go.
    pub(crate) fn follow(&self, room_id: RoomId) -> Arc<FollowedRoom> {
        let mut rooms = self.rooms.lock().expect("no holder of this lock panics");
        if let Some(room) = rooms.get(&room_id).and_then(Weak::upgrade) {
            return room;
        }
        // Entries nobody holds are swept when the map would grow, so it stays within twice the
        // rooms that are followed.
        if rooms.len() == rooms.capacity() {
            rooms.retain(|_, room| room.strong_count() > 0);
        }
        let room = Arc::new(FollowedRoom {
            room_id,
            newest: tokio::sync::Mutex::default(),
        });
        rooms.insert(room_id, Arc::downgrade(&room));
        room
    }

    /// The room's view now, loaded for this caller alone.
    pub(crate) async fn load(&self, room_id: RoomId) -> ApiResult<Arc<RoomView>> {
        let room = self.kaibo.public_room(room_id).await?;
        Ok(Arc::new(RoomView::load(&self.kaibo, &room).await?))
    }

    /// A view that includes the event at `offset`: whoever asks first loads it for all.
    pub(crate) async fn after(&self, room: &FollowedRoom, offset: i64) -> ApiResult<Arc<RoomView>> {
        let mut newest = room.newest.lock().await;
        if let Some(shared) = newest.as_ref().filter(|shared| shared.offset >= offset) {
            return Ok(Arc::clone(&shared.view));
        }
        let view = self.load(room.room_id).await?;
        let shared = Shared {
            offset,
            view: Arc::clone(&view),
        };
        *newest = Some(shared);
        Ok(view)
    }
}
