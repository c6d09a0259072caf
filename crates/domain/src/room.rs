//! A room and the one function through which it changes.

use serde::{Deserialize, Serialize};

use crate::draft::Draft;
use crate::event::{Cause, RoomEvent};
use crate::id::{AppId, RoomId};
use crate::refusal::Refusal;
use crate::{HOUR_MS, MINUTE_MS, UnixMs};

mod deadline;
mod step;
mod switch;
#[cfg(test)]
mod table;

pub use crate::status::Status;
pub use deadline::next_deadline;
pub use step::{settle, step};
pub use switch::Switch;

/// A ban.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ban {
    /// Why, for the merchant and the viewers' page.
    pub reason: String,
    /// Who: a user's name, or `command line`.
    pub actor: String,
    /// When.
    pub at: UnixMs,
}

/// A room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// Its number.
    pub id: RoomId,
    /// Whose it is.
    pub app_id: AppId,
    /// What a person chose.
    pub draft: Draft,
    /// Where it stands.
    pub status: Status,
    /// The next good stream starts it, whatever the plan says.
    pub armed: bool,
    /// A good stream is arriving.
    pub good: bool,
    /// First time on air.
    pub started_at: Option<UnixMs>,
    /// When it became 103 or 107.
    pub ended_at: Option<UnixMs>,
    /// 105 without a stream, or 106: ends when this passes.
    pub grace_until: Option<UnixMs>,
    /// Found on air after a restart: lost when this passes without a stream.
    pub lost_at: Option<UnixMs>,
    /// The ban, while it stands.
    pub ban: Option<Ban>,
    /// Viewers' comments are muted. Not a part of the plan: an edit leaves it alone.
    pub comments_banned: bool,
    /// When it was made.
    pub created_at: UnixMs,
    /// Hidden since.
    pub deleted_at: Option<UnixMs>,
    /// Counts its changes; a save names the one it read.
    pub version: i64,
}

impl Room {
    /// A new room, planned.
    pub fn new(id: RoomId, app_id: AppId, draft: Draft, now: UnixMs) -> Self {
        Self {
            id,
            app_id,
            draft,
            status: Status::Planned,
            armed: false,
            good: false,
            started_at: None,
            ended_at: None,
            grace_until: None,
            lost_at: None,
            ban: None,
            comments_banned: false,
            created_at: now,
            deleted_at: None,
            version: 0,
        }
    }

    /// When the broadcast is cut for its length, once it has started.
    pub fn cap_at(&self, rules: &RoomRules) -> Option<UnixMs> {
        self.started_at.map(|at| at + rules.cap_ms)
    }

    /// From when on a good stream starts the room by itself; `None` where only `start` does.
    pub fn startable_from(&self, rules: &RoomRules) -> Option<UnixMs> {
        match (self.status, rules.start) {
            (Status::Planned, StartMode::Stream) => Some(self.draft.start_at - rules.early_ms),
            _ => None,
        }
    }
}

/// What starts a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StartMode {
    /// A good stream, from shortly before the plan on.
    #[default]
    Stream,
    /// Only the anchor's or an operator's `start`.
    Anchor,
}

/// Times that rule a room's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoomRules {
    /// What starts a room.
    pub start: StartMode,
    /// How long before its planned start a good stream may start it.
    pub early_ms: i64,
    /// How long without media makes a stream lost.
    pub lost_ms: i64,
    /// How long a room waits for a lost stream.
    pub grace_ms: i64,
    /// Longest broadcast, from the first 101.
    pub cap_ms: i64,
}

impl Default for RoomRules {
    fn default() -> Self {
        Self {
            start: StartMode::Stream,
            early_ms: 30 * MINUTE_MS,
            lost_ms: 10_000,
            grace_ms: 15 * MINUTE_MS,
            cap_ms: 12 * HOUR_MS,
        }
    }
}

/// Everything that can happen to a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// A person changes its details (already checked by [`crate::draft::check`]).
    Edit(Box<Draft>),
    /// Names its sub-anchor (already known to be one); `replaces`: whoever it is now gives way.
    NameSubAnchor {
        /// Who.
        wechat_id: String,
        /// Instead of another.
        replaces: bool,
    },
    /// It has no sub-anchor any more.
    DropSubAnchor,
    /// Hide it everywhere.
    Delete,
    /// Codec configuration, a keyframe and 500 ms of media have arrived.
    GoodStream,
    /// No media for `lost_ms`.
    LostStream,
    /// Anchor or operator begins.
    Start,
    /// Operator pauses.
    Pause,
    /// Operator goes on.
    Resume,
    /// Anchor or operator ends.
    End,
    /// Operations ban it.
    Ban {
        /// Why.
        reason: String,
        /// Who.
        actor: String,
    },
    /// Operations lift the ban.
    Unban,
    /// Switches are turned, all of them or none.
    Switch(Vec<Switch>),
    /// A deadline may have passed.
    Timer,
    /// The server is ready again and no stream is there yet.
    Restarted,
}

/// A room after a command, and what happened on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The room as it is now. Its version is still the one that was read.
    pub room: Room,
    /// What happened, in order; empty when nothing did.
    pub events: Vec<RoomEvent>,
    /// Fields changed, so there is something to save even without an event.
    pub dirty: bool,
}

/// The answer of [`step`].
pub type StepResult = Result<Change, Refusal>;

pub(crate) fn status_event(from: Status, to: Status, cause: Cause) -> RoomEvent {
    RoomEvent::Status { from, to, cause }
}
