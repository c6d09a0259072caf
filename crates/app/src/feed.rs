//! Room events for whoever shows rooms: the only reader of the bus.

use std::sync::Arc;

use kaibo_bus::{Envelope, Subscriber};
use kaibo_domain::event::StoredEvent;
use kaibo_domain::id::RoomId;

use crate::Kaibo;

/// What a listener learns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// This happened.
    Event(Arc<StoredEvent>),
    /// Something was missed: load what you show anew.
    Reload,
}

/// Room events from now on.
pub struct Changes {
    subscriber: Subscriber,
    room: Option<RoomId>,
}

impl Kaibo {
    /// Events of every room.
    pub fn changes(&self) -> Changes {
        Changes {
            subscriber: self.inner.bus.subscribe(),
            room: None,
        }
    }

    /// Events of one room. Subscribe first, then load what you show: then nothing is missed.
    pub fn room_changes(&self, room: RoomId) -> Changes {
        Changes {
            subscriber: self.inner.bus.subscribe(),
            room: Some(room),
        }
    }
}

impl Changes {
    /// The next change; `None` when the server ends.
    pub async fn next(&mut self) -> Option<Changed> {
        loop {
            match self.subscriber.next().await? {
                Envelope::Lagged => return Some(Changed::Reload),
                Envelope::Event(event) if self.room.is_none_or(|room| room == event.room_id) => {
                    return Some(Changed::Event(event));
                }
                Envelope::Event(_) => {}
            }
        }
    }
}
