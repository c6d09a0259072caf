//! The transition table (`room-states` in the glossary; printed whole by the golden test).

use super::deadline::{self, Passed};
use super::{
    Ban, Change, Command, Room, RoomRules, StartMode, Status, StepResult, Switch, status_event,
};
use crate::UnixMs;
use crate::event::{Cause, RoomEvent};
use crate::person::PersonRefusal;
use crate::refusal::Refusal;

/// Applies `command` at `now`: first every deadline that has passed, in order, then the command.
pub fn step(room: &Room, command: &Command, now: UnixMs, rules: &RoomRules) -> StepResult {
    let mut change = match command {
        // What happened while nobody looked comes after the restart is known: a room found on air
        // is not lost for the time the server itself was away.
        Command::Restarted => {
            let mut change = unchanged(room);
            restarted(&mut change, now, rules);
            change
        }
        _ => settle(room, now, rules),
    };
    if change.room.deleted_at.is_some() {
        return Err(Refusal::RoomUnknown);
    }
    match command {
        Command::Restarted => {
            let settled = settle(&change.room, now, rules);
            change.dirty |= settled.dirty;
            change.room = settled.room;
            change.events.extend(settled.events);
        }
        Command::Timer => {}
        Command::GoodStream => good_stream(&mut change, now, rules)?,
        Command::LostStream => lost_stream(&mut change, now, rules),
        Command::Switch(switches) => turn_switches(&mut change, switches)?,
        _ => by_person(&mut change, command, now, rules)?,
    }
    Ok(change)
}

/// The room as it is at `now`, deadlines that have passed included. What a reader sees is never
/// older than the clock, whether the timer has run or not.
pub fn settle(room: &Room, now: UnixMs, rules: &RoomRules) -> Change {
    let mut change = unchanged(room);
    while let Some((at, passed)) = deadline::next(&change.room, rules).filter(|(at, _)| *at <= now)
    {
        match passed {
            Passed::Window => go_live(&mut change, at, Cause::Plan),
            Passed::PlanEnd => finish(&mut change, Status::Expired, at, Cause::Plan),
            Passed::Cap => finish(&mut change, Status::Ended, at, Cause::Cap),
            Passed::Grace => finish(&mut change, Status::Ended, at, Cause::Grace),
            // After a restart the grace counts from readiness, which was `lost_ms` before.
            Passed::Lost => lose(&mut change, at - rules.lost_ms + rules.grace_ms),
        }
    }
    change
}

fn unchanged(room: &Room) -> Change {
    Change {
        room: room.clone(),
        events: Vec::new(),
        dirty: false,
    }
}

fn good_stream(change: &mut Change, now: UnixMs, rules: &RoomRules) -> Result<(), Refusal> {
    let room = &mut change.room;
    if !room.status.takes_a_stream() {
        return Err(Refusal::NotAllowed(room.status));
    }
    let was_good = std::mem::replace(&mut room.good, true);
    room.lost_at = None;
    change.dirty = true;
    let in_window = rules.start == StartMode::Stream
        && now >= room.draft.start_at.saturating_sub(rules.early_ms);
    match room.status {
        Status::Planned if room.armed || in_window => go_live(change, now, Cause::Stream),
        Status::Lost => go_live(change, now, Cause::Stream),
        _ => {
            room.grace_until = None;
            if !was_good {
                change.events.push(RoomEvent::StreamGood);
            }
        }
    }
    Ok(())
}

fn lost_stream(change: &mut Change, now: UnixMs, rules: &RoomRules) {
    let room = &mut change.room;
    if !room.good && room.status != Status::Live {
        return;
    }
    room.good = false;
    change.dirty = true;
    match room.status {
        Status::Live => lose(change, now + rules.grace_ms),
        Status::Paused => {
            room.grace_until = Some(now + rules.grace_ms);
            change.events.push(RoomEvent::StreamLost);
        }
        Status::Planned => change.events.push(RoomEvent::StreamLost),
        _ => {}
    }
}

fn restarted(change: &mut Change, now: UnixMs, rules: &RoomRules) {
    let room = &mut change.room;
    let was_good = std::mem::take(&mut room.good);
    match room.status {
        Status::Live => room.lost_at = Some(now + rules.lost_ms),
        // A pause that had a stream had no clock yet; one without keeps its own.
        Status::Paused if room.grace_until.is_none() => {
            room.grace_until = Some(now + rules.grace_ms);
        }
        _ if !was_good => return,
        _ => {}
    }
    change.dirty = true;
}

fn by_person(
    change: &mut Change,
    command: &Command,
    now: UnixMs,
    rules: &RoomRules,
) -> Result<(), Refusal> {
    use Status::{Banned, Ended, Expired, Live, Lost, Paused, Planned};
    let status = change.room.status;
    match (command, status) {
        (Command::Edit(draft), Planned) => {
            change.room.draft = (**draft).clone();
            change.dirty = true;
            change.events.push(RoomEvent::Edited);
            // The new plan may let a waiting preview start, or lie in the past.
            let settled = settle(&change.room, now, rules);
            change.room = settled.room;
            change.events.extend(settled.events);
        }
        (Command::Edit(_), Live) => return Err(Refusal::EditWhileLive),
        (
            Command::NameSubAnchor {
                wechat_id,
                replaces,
            },
            Planned | Live | Paused | Lost,
        ) => {
            name_sub_anchor(change, wechat_id, *replaces)?;
        }
        (Command::DropSubAnchor, Planned | Live | Paused | Lost) => {
            if change.room.draft.sub_anchor_wechat.take().is_some() {
                change.dirty = true;
                change.events.push(RoomEvent::PeopleChanged);
            }
        }
        (Command::Delete, Planned | Ended | Expired) => {
            change.room.deleted_at = Some(now);
            change.dirty = true;
            change.events.push(RoomEvent::Deleted);
        }
        (Command::Start, Planned) | (Command::Resume, Paused) if change.room.good => {
            go_live(change, now, Cause::Command);
        }
        (Command::Start, Planned) => {
            if !std::mem::replace(&mut change.room.armed, true) {
                change.dirty = true;
                change.events.push(RoomEvent::Armed);
            }
        }
        (Command::Pause, Live) => pause(change, now, rules),
        (Command::Resume, Paused) => lose(change, now + rules.grace_ms),
        (Command::End, Live | Paused | Lost) => {
            finish(change, Ended, now, Cause::Command);
        }
        (Command::Ban { reason, actor }, Live | Planned | Ended | Paused | Lost | Expired) => {
            change.room.ban = Some(Ban {
                reason: reason.clone(),
                actor: actor.clone(),
                at: now,
            });
            turn(change, Banned, Cause::Ban);
        }
        (Command::Unban, Banned) => unban(change, now),
        _ => return Err(Refusal::NotAllowed(status)),
    }
    Ok(())
}

fn name_sub_anchor(change: &mut Change, wechat_id: &str, replaces: bool) -> Result<(), Refusal> {
    let draft = &mut change.room.draft;
    if draft.anchor_wechat == wechat_id {
        return Err(PersonRefusal::SubAnchorIsAnchor.into());
    }
    match draft.sub_anchor_wechat.as_deref() {
        Some(there) if there == wechat_id => return Err(PersonRefusal::SubAnchorSame.into()),
        Some(_) if !replaces => return Err(PersonRefusal::SubAnchorSet.into()),
        _ => draft.sub_anchor_wechat = Some(wechat_id.to_owned()),
    }
    change.dirty = true;
    change.events.push(RoomEvent::PeopleChanged);
    Ok(())
}

fn turn_switches(change: &mut Change, switches: &[Switch]) -> Result<(), Refusal> {
    let status = change.room.status;
    if !switches.iter().all(|switch| switch.turns_in(status)) {
        return Err(Refusal::NotAllowed(status));
    }
    for &switch in switches {
        if switch.turn(&mut change.room) {
            change.dirty = true;
            change.events.push(RoomEvent::Switched { switch });
        }
    }
    Ok(())
}

fn pause(change: &mut Change, now: UnixMs, rules: &RoomRules) {
    turn(change, Status::Paused, Cause::Command);
    if !change.room.good {
        change.room.grace_until = Some(now + rules.grace_ms);
    }
}

fn unban(change: &mut Change, now: UnixMs) {
    let room = &mut change.room;
    room.ban = None;
    if room.started_at.is_some() {
        room.ended_at = room.ended_at.or(Some(now));
        turn(change, Status::Ended, Cause::Ban);
    } else if room.draft.end_at <= now {
        room.ended_at = room.ended_at.or(Some(room.draft.end_at));
        turn(change, Status::Expired, Cause::Ban);
    } else {
        turn(change, Status::Planned, Cause::Ban);
    }
}

fn go_live(change: &mut Change, at: UnixMs, cause: Cause) {
    change.room.started_at.get_or_insert(at);
    change.room.armed = false;
    turn(change, Status::Live, cause);
}

fn lose(change: &mut Change, grace_until: UnixMs) {
    turn(change, Status::Lost, Cause::Lost);
    change.room.good = false;
    change.room.grace_until = Some(grace_until);
}

fn finish(change: &mut Change, to: Status, at: UnixMs, cause: Cause) {
    change.room.ended_at = Some(at);
    turn(change, to, cause);
}

/// The only place where a status is written.
fn turn(change: &mut Change, to: Status, cause: Cause) {
    let room = &mut change.room;
    let from = std::mem::replace(&mut room.status, to);
    room.grace_until = None;
    room.lost_at = None;
    if !to.takes_a_stream() {
        room.good = false;
        room.armed = false;
    }
    change.dirty = true;
    change.events.push(status_event(from, to, cause));
}
