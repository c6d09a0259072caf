//! The whole status × command table as one golden text, and the rules that a table cannot show.

use std::fmt::Write as _;

use super::{Command, Room, RoomRules, StartMode, Status, Switch, next_deadline, settle, step};
use crate::draft::Draft;
use crate::event::{Cause, RoomEvent};
use crate::id::RoomId;
use crate::refusal::Refusal;
use crate::{HOUR_MS, MINUTE_MS, UnixMs};

const START: UnixMs = 100 * HOUR_MS;
const END: UnixMs = START + 2 * HOUR_MS;
const CREATED: UnixMs = START - 24 * HOUR_MS;
const RULES: RoomRules = RoomRules {
    start: StartMode::Stream,
    early_ms: 30 * MINUTE_MS,
    lost_ms: 10_000,
    grace_ms: 15 * MINUTE_MS,
    cap_ms: 12 * HOUR_MS,
};

fn planned() -> Room {
    let draft = Draft {
        name: "双十一专场".into(),
        start_at: START,
        end_at: END,
        anchor_name: "小王".into(),
        anchor_wechat: "anchor_01".into(),
        ..Draft::default()
    };
    let app = "wx0123456789abcdef".parse().expect("a good id");
    Room::new(RoomId(33), app, draft, CREATED)
}

fn after(room: &Room, command: &Command, now: UnixMs) -> Room {
    step(room, command, now, &RULES)
        .expect("the command is allowed")
        .room
}

fn ban() -> Command {
    Command::Ban {
        reason: "违规".into(),
        actor: "owner".into(),
    }
}

/// A room led into `status` by the commands that lead there, and a time at which it is there.
fn in_status(status: Status, good: bool) -> (Room, UnixMs) {
    let now = START + MINUTE_MS;
    let live = || after(&planned(), &Command::GoodStream, START);
    let mut room = match status {
        Status::Planned => return (planned_with(good), CREATED + HOUR_MS),
        Status::Live => live(),
        Status::Ended => after(&live(), &Command::End, START + 1000),
        Status::Banned => after(&live(), &ban(), START + 1000),
        Status::Paused => after(&live(), &Command::Pause, START + 1000),
        Status::Lost => after(&live(), &Command::LostStream, START + 1000),
        Status::Expired => return (after(&planned(), &Command::Timer, END), END + MINUTE_MS),
    };
    if status == Status::Paused && !good {
        room = after(&room, &Command::LostStream, START + 2000);
    }
    assert_eq!(room.status, status);
    (room, now)
}

fn planned_with(good: bool) -> Room {
    if good {
        after(&planned(), &Command::GoodStream, CREATED + 1000)
    } else {
        planned()
    }
}

fn commands() -> Vec<(&'static str, Command)> {
    vec![
        ("good stream", Command::GoodStream),
        ("lost stream", Command::LostStream),
        ("start", Command::Start),
        ("pause", Command::Pause),
        ("resume", Command::Resume),
        ("end", Command::End),
        ("ban", ban()),
        ("unban", Command::Unban),
        (
            "edit",
            Command::Edit(Box::new(Draft {
                name: "换个标题".into(),
                ..planned().draft
            })),
        ),
        (
            "sub-anchor",
            Command::NameSubAnchor {
                wechat_id: "anchor_02".into(),
                replaces: false,
            },
        ),
        ("no sub", Command::DropSubAnchor),
        ("delete", Command::Delete),
        ("listing", Command::Switch(vec![Switch::FeedsPublic(false)])),
        ("replay", Command::Switch(vec![Switch::CloseReplay(false)])),
        ("service", Command::Switch(vec![Switch::CloseKf(false)])),
        ("mute", Command::Switch(vec![Switch::BanComment(true)])),
        ("timer", Command::Timer),
        ("restarted", Command::Restarted),
    ]
}

fn answer(room: &Room, command: &Command, now: UnixMs) -> String {
    match step(room, command, now, &RULES) {
        Err(Refusal::EditWhileLive) => "refused: live".into(),
        Err(Refusal::NotAllowed(_)) => "refused: status".into(),
        Err(other) => format!("refused: {other}"),
        Ok(change) if !change.dirty => "no change".into(),
        Ok(change) => {
            let to = change.room.status.number();
            let flags: String = [
                (change.room.armed, " armed"),
                (change.room.good, " good"),
                (change.room.grace_until.is_some(), " grace"),
                (change.room.lost_at.is_some(), " lost-clock"),
                (change.room.deleted_at.is_some(), " deleted"),
                (!change.room.draft.switches.feeds_public, " unlisted"),
                (!change.room.draft.switches.close_replay, " replay"),
                (!change.room.draft.switches.close_kf, " service"),
                (change.room.comments_banned, " mute"),
            ]
            .iter()
            .filter_map(|(on, name)| on.then_some(*name))
            .collect();
            format!("{to}{flags}")
        }
    }
}

#[test]
fn every_status_answers_every_command() {
    let mut text = String::new();
    for status in [
        Status::Planned,
        Status::Live,
        Status::Paused,
        Status::Lost,
        Status::Ended,
        Status::Banned,
        Status::Expired,
    ] {
        for good in [false, true] {
            let (room, now) = in_status(status, good);
            if room.good != good {
                continue;
            }
            let stream = if good { "good stream" } else { "no stream" };
            writeln!(text, "{} with {stream}", status.number()).expect("writes to a string");
            for (name, command) in commands() {
                let to = answer(&room, &command, now);
                writeln!(text, "    {name:<12} -> {to}").expect("writes to a string");
            }
        }
    }
    insta::assert_snapshot!("room_states", text);
}

#[test]
fn preview_stays_planned_until_thirty_minutes_before_the_start() {
    let window = START - RULES.early_ms;
    assert_eq!(
        after(&planned(), &Command::GoodStream, window - 1).status,
        Status::Planned
    );
    assert_eq!(
        after(&planned(), &Command::GoodStream, window).status,
        Status::Live
    );
}

#[test]
fn preview_that_is_still_there_starts_when_its_window_opens() {
    let room = planned_with(true);
    let window = START - RULES.early_ms;
    assert_eq!(next_deadline(&room, &RULES), Some(window));
    let change = step(&room, &Command::Timer, window, &RULES).unwrap();
    assert_eq!(change.room.status, Status::Live);
    assert_eq!(change.room.started_at, Some(window));
}

#[test]
fn anchor_mode_waits_for_start() {
    let rules = RoomRules {
        start: StartMode::Anchor,
        ..RULES
    };
    let room = step(&planned(), &Command::GoodStream, START, &rules)
        .unwrap()
        .room;
    assert_eq!(room.status, Status::Planned);
    assert_eq!(
        step(&room, &Command::Start, START, &rules)
            .unwrap()
            .room
            .status,
        Status::Live
    );
}

#[test]
fn start_without_a_stream_arms_the_room_at_any_time() {
    let armed = after(&planned(), &Command::Start, CREATED + 1000);
    assert!(armed.armed);
    let live = after(&armed, &Command::GoodStream, CREATED + 2000);
    assert_eq!((live.status, live.armed), (Status::Live, false));
}

#[test]
fn armed_room_still_expires_at_its_planned_end() {
    let armed = after(&planned(), &Command::Start, CREATED + 1000);
    assert_eq!(
        after(&armed, &Command::Timer, END - 1).status,
        Status::Planned
    );
    let expired = after(&armed, &Command::Timer, END);
    assert_eq!(
        (expired.status, expired.ended_at),
        (Status::Expired, Some(END))
    );
}

#[test]
fn planned_end_does_not_stop_a_live_room() {
    let (live, _) = in_status(Status::Live, true);
    assert_eq!(
        after(&live, &Command::Timer, END + HOUR_MS).status,
        Status::Live
    );
}

#[test]
fn cap_ends_a_broadcast_counted_from_its_first_start() {
    let (live, _) = in_status(Status::Live, true);
    let cap = START + RULES.cap_ms;
    let lost = after(&live, &Command::LostStream, START + HOUR_MS);
    let back = after(&lost, &Command::GoodStream, START + HOUR_MS + 1000);
    assert_eq!(back.started_at, Some(START));
    let ended = step(&back, &Command::Timer, cap, &RULES).unwrap();
    assert_eq!(ended.room.ended_at, Some(cap));
    let cause = RoomEvent::Status {
        from: Status::Live,
        to: Status::Ended,
        cause: Cause::Cap,
    };
    assert_eq!(ended.events, [cause]);
}

#[test]
fn lost_room_ends_when_its_grace_is_over() {
    let (live, _) = in_status(Status::Live, true);
    let lost = after(&live, &Command::LostStream, START + HOUR_MS);
    let end = START + HOUR_MS + RULES.grace_ms;
    assert_eq!(after(&lost, &Command::Timer, end - 1).status, Status::Lost);
    assert_eq!(after(&lost, &Command::Timer, end).status, Status::Ended);
}

#[test]
fn paused_room_waits_for_ever_with_a_stream_and_for_the_grace_without() {
    let (paused, now) = in_status(Status::Paused, true);
    assert_eq!(
        after(&paused, &Command::Timer, now + HOUR_MS).status,
        Status::Paused
    );
    let lost = after(&paused, &Command::LostStream, now);
    assert_eq!(
        after(&lost, &Command::Timer, now + RULES.grace_ms).status,
        Status::Ended
    );
    let back = after(&lost, &Command::GoodStream, now + 1000);
    assert_eq!((back.status, back.grace_until), (Status::Paused, None));
}

#[test]
fn resume_without_a_stream_begins_a_fresh_grace() {
    let (paused, now) = in_status(Status::Paused, false);
    let lost = after(&paused, &Command::Resume, now);
    assert_eq!(
        (lost.status, lost.grace_until),
        (Status::Lost, Some(now + RULES.grace_ms))
    );
}

#[test]
fn restart_gives_a_live_room_ten_seconds_and_a_grace_from_readiness() {
    let (live, _) = in_status(Status::Live, true);
    let ready = START + HOUR_MS;
    let found = after(&live, &Command::Restarted, ready);
    assert_eq!((found.status, found.good), (Status::Live, false));
    assert_eq!(next_deadline(&found, &RULES), Some(ready + RULES.lost_ms));
    let lost = after(&found, &Command::Timer, ready + RULES.lost_ms);
    assert_eq!(
        (lost.status, lost.grace_until),
        (Status::Lost, Some(ready + RULES.grace_ms))
    );
    let back = after(&found, &Command::GoodStream, ready + 5000);
    assert_eq!((back.status, back.lost_at), (Status::Live, None));
}

#[test]
fn restart_leaves_a_pause_its_own_clock() {
    let (paused, now) = in_status(Status::Paused, false);
    let until = paused.grace_until;
    assert_eq!(after(&paused, &Command::Restarted, now).grace_until, until);
    let (with_stream, now) = in_status(Status::Paused, true);
    let found = after(&with_stream, &Command::Restarted, now);
    assert_eq!(found.grace_until, Some(now + RULES.grace_ms));
}

#[test]
fn timers_missed_while_down_fire_once_and_in_order() {
    let (live, _) = in_status(Status::Live, true);
    let late = START + RULES.cap_ms + HOUR_MS;
    let change = step(&live, &Command::Restarted, late, &RULES).unwrap();
    assert_eq!(change.room.ended_at, Some(START + RULES.cap_ms));
    assert_eq!(change.events.len(), 1);

    let (lost, _) = in_status(Status::Lost, false);
    let change = step(&lost, &Command::Restarted, START + HOUR_MS, &RULES).unwrap();
    assert_eq!(
        (change.room.status, change.events.len()),
        (Status::Ended, 1)
    );
    let again = step(&change.room, &Command::Timer, late, &RULES).unwrap();
    assert!(!again.dirty);

    let preview = planned_with(true);
    let change = step(&preview, &Command::Restarted, END + 1, &RULES).unwrap();
    assert_eq!(
        change.room.status,
        Status::Expired,
        "a stream that was there before is not now"
    );
}

#[test]
fn command_finds_deadlines_already_passed() {
    assert_eq!(
        step(&planned(), &Command::GoodStream, END, &RULES),
        Err(Refusal::NotAllowed(Status::Expired))
    );
    let (lost, _) = in_status(Status::Lost, false);
    let late = START + HOUR_MS;
    assert_eq!(
        step(&lost, &Command::End, late, &RULES),
        Err(Refusal::NotAllowed(Status::Ended))
    );
    assert_eq!(settle(&lost, late, &RULES).room.status, Status::Ended);
}

#[test]
fn unban_gives_back_what_the_ban_took_from() {
    let banned = after(&planned(), &ban(), CREATED + 1000);
    assert_eq!(next_deadline(&banned, &RULES), None);
    assert_eq!(
        after(&banned, &Command::Unban, CREATED + 2000).status,
        Status::Planned
    );
    let late = after(&banned, &Command::Unban, END);
    assert_eq!((late.status, late.ended_at), (Status::Expired, Some(END)));
    let (banned, now) = in_status(Status::Banned, false);
    let ended = after(&banned, &Command::Unban, now);
    assert_eq!(
        (ended.status, ended.ban, ended.ended_at),
        (Status::Ended, None, Some(now))
    );
}

#[test]
fn deleted_room_is_unknown_to_every_command() {
    let gone = after(&planned(), &Command::Delete, CREATED + 1000);
    assert_eq!(next_deadline(&gone, &RULES), None);
    for (name, command) in commands() {
        assert_eq!(
            step(&gone, &command, END, &RULES),
            Err(Refusal::RoomUnknown),
            "{name}"
        );
    }
}

#[test]
fn edit_that_moves_the_start_near_starts_a_waiting_preview() {
    let room = planned_with(true);
    let now = CREATED + HOUR_MS;
    let draft = Draft {
        start_at: now + 10 * MINUTE_MS,
        ..room.draft.clone()
    };
    let change = step(&room, &Command::Edit(Box::new(draft)), now, &RULES).unwrap();
    assert_eq!(change.room.status, Status::Live);
    assert_eq!(change.events.len(), 2);
}

#[test]
fn a_switch_that_stands_like_that_changes_nothing_and_several_turn_together_or_not_at_all() {
    let (live, now) = in_status(Status::Live, true);
    let both = Command::Switch(vec![Switch::BanComment(true), Switch::CloseReplay(true)]);
    let change = step(&live, &both, now, &RULES).unwrap();
    let switch = Switch::BanComment(true);
    assert_eq!(change.events, [RoomEvent::Switched { switch }]);
    assert!(!step(&change.room, &both, now, &RULES).unwrap().dirty);
    let (over, now) = in_status(Status::Ended, false);
    let both = Command::Switch(vec![Switch::CloseReplay(false), Switch::CloseKf(false)]);
    assert!(step(&over, &both, now, &RULES).is_err());
}

#[test]
fn an_edit_leaves_the_comments_muted() {
    let muted = after(
        &planned(),
        &Command::Switch(vec![Switch::BanComment(true)]),
        CREATED,
    );
    let edit = Command::Edit(Box::new(planned().draft));
    assert!(after(&muted, &edit, CREATED).comments_banned);
}

#[test]
fn a_sub_anchor_is_one_other_person() {
    use crate::person::PersonRefusal;
    let name = |wechat_id: &str, replaces| Command::NameSubAnchor {
        wechat_id: wechat_id.into(),
        replaces,
    };
    let refused = |room: &Room, command: &Command| {
        step(room, command, CREATED, &RULES).expect_err("it is refused")
    };
    let room = after(&planned(), &name("anchor_02", false), CREATED);
    assert_eq!(room.draft.sub_anchor_wechat.as_deref(), Some("anchor_02"));
    for (command, why) in [
        (name("anchor_01", true), PersonRefusal::SubAnchorIsAnchor),
        (name("anchor_02", false), PersonRefusal::SubAnchorSame),
        (name("anchor_02", true), PersonRefusal::SubAnchorSame),
        (name("anchor_03", false), PersonRefusal::SubAnchorSet),
    ] {
        assert_eq!(refused(&room, &command), why.into(), "{command:?}");
    }
    let room = after(&room, &name("anchor_03", true), CREATED);
    assert_eq!(room.draft.sub_anchor_wechat.as_deref(), Some("anchor_03"));
    let room = after(&room, &Command::DropSubAnchor, CREATED);
    assert_eq!(room.draft.sub_anchor_wechat, None);
}
