//! Switches that turn while a room lives (spec section 6, "Switches", and 3.3).

use serde::{Deserialize, Serialize};

use super::{Room, Status};

/// A switch and where it is to stand. The ones that are not here are set with the plan and frozen
/// once the room has started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    /// Listed publicly.
    FeedsPublic(bool),
    /// `true`: no replay.
    CloseReplay(bool),
    /// `true`: no customer service.
    CloseKf(bool),
    /// `true`: nobody but the room's own people writes comments.
    BanComment(bool),
}

impl Switch {
    /// Whether it turns in a room of this status: before the end. The replay's does after the end
    /// too, but not where there was no broadcast to replay.
    pub fn turns_in(self, status: Status) -> bool {
        match self {
            Self::CloseReplay(_) => !matches!(status, Status::Banned | Status::Expired),
            _ => status.takes_a_stream(),
        }
    }

    /// Turns it; `false` where it stood like that already.
    pub(super) fn turn(self, room: &mut Room) -> bool {
        let switches = &mut room.draft.switches;
        let (place, to) = match self {
            Self::FeedsPublic(to) => (&mut switches.feeds_public, to),
            Self::CloseReplay(to) => (&mut switches.close_replay, to),
            Self::CloseKf(to) => (&mut switches.close_kf, to),
            Self::BanComment(to) => (&mut room.comments_banned, to),
        };
        std::mem::replace(place, to) != to
    }
}
