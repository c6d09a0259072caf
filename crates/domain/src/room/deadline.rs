//! When a room changes by itself.

use super::{Room, RoomRules, Status};
use crate::UnixMs;

/// What passes at a deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Passed {
    /// A preview's room enters its start window.
    Window,
    /// Planned end.
    PlanEnd,
    /// Longest broadcast.
    Cap,
    /// Found without a stream after a restart.
    Lost,
    /// Waited long enough.
    Grace,
}

/// The next time at which the room changes by itself, if nothing happens before.
pub fn next_deadline(room: &Room, rules: &RoomRules) -> Option<UnixMs> {
    next(room, rules).map(|(at, _)| at)
}

pub(super) fn next(room: &Room, rules: &RoomRules) -> Option<(UnixMs, Passed)> {
    if room.deleted_at.is_some() {
        return None;
    }
    let cap = room.cap_at(rules).map(|at| (at, Passed::Cap));
    let grace = room.grace_until.map(|at| (at, Passed::Grace));
    let lost = room.lost_at.map(|at| (at, Passed::Lost));
    let window = room
        .startable_from(rules)
        .filter(|_| room.good)
        .map(|at| (at, Passed::Window));
    let plan_end = Some((room.draft.end_at, Passed::PlanEnd));
    let candidates = match room.status {
        Status::Planned => [window, plan_end],
        Status::Live => [cap, lost],
        Status::Paused | Status::Lost => [cap, grace],
        Status::Ended | Status::Banned | Status::Expired => [None, None],
    };
    candidates.into_iter().flatten().min()
}
