//! What happened to a room: stored with the change, told to everyone in the order of offsets.

use serde::{Deserialize, Serialize};

use crate::UnixMs;
use crate::id::{AppId, RoomId};
use crate::status::Status;

/// Why a status changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// A good stream arrived.
    Stream,
    /// No media for the time that makes a stream lost.
    Lost,
    /// The anchor or an operator said so.
    Command,
    /// A planned time passed: start window, planned end.
    Plan,
    /// The grace was over.
    Grace,
    /// The longest broadcast was reached.
    Cap,
    /// A ban or its lifting.
    Ban,
}

/// One fact about a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RoomEvent {
    /// It exists.
    Created,
    /// Its details changed.
    Edited,
    /// It is hidden everywhere.
    Deleted,
    /// Its status changed.
    Status {
        /// Status before.
        from: Status,
        /// Status after.
        to: Status,
        /// What did it.
        cause: Cause,
    },
    /// A good stream is arriving, without a change of status.
    StreamGood,
    /// No good stream any more, without a change of status.
    StreamLost,
    /// The next good stream starts the room.
    Armed,
    /// Push keys handed out before are void; a publisher with one is cut.
    PushKeyRevoked,
    /// The broadcast code handed out before is void.
    CodeRenewed,
    /// A push was refused; the reason is for the anchor's page.
    PushRefused,
}

/// An event at its place in the order of all events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its place: strictly rising, from 1.
    pub offset: i64,
    /// Whose room.
    pub app_id: AppId,
    /// Which room.
    pub room_id: RoomId,
    /// When.
    pub at: UnixMs,
    /// What.
    pub event: RoomEvent,
}
