//! Rooms: making, finding, saving, limits.

use std::collections::HashSet;

use futures_util::future::join_all;
use kaibo_domain::HOUR_MS;
use kaibo_domain::draft::{RoomKind, Switches};
use kaibo_domain::event::{Cause, RoomEvent};
use kaibo_domain::id::{AppId, RoomId};
use kaibo_domain::room::{Ban, Change, Room, Status};
use kaibo_store::{RoomQuery, Saved, Store};

use crate::{DAY, House, NOW, a_room, add_app, make_room, make_room_within};

fn to_status(room: &Room, to: Status) -> Change {
    let mut room = room.clone();
    let from = std::mem::replace(&mut room.status, to);
    let cause = Cause::Command;
    Change {
        room,
        events: vec![RoomEvent::Status { from, to, cause }],
        dirty: true,
    }
}

async fn save(store: &Store, change: &Change, live_limit: Option<u32>) -> Saved {
    store
        .save_room(change, None, live_limit, NOW)
        .await
        .unwrap()
}

async fn a_room_is_made_with_its_event_and_found_by_its_own_app_alone(house: House) {
    let (store, one) = house.store().await;
    let two = add_app(&store, "wx_two").await;
    let (room, offset) = make_room(&store, &one, "code").await.unwrap().unwrap();
    assert_eq!(
        (room.status, room.version, room.created_at),
        (Status::Planned, 0, NOW)
    );
    assert!((1..=RoomId::MAX).contains(&room.id.0));
    assert_eq!(
        store.room(&one, room.id).await.unwrap().as_ref(),
        Some(&room)
    );
    assert_eq!(store.room(&two, room.id).await.unwrap(), None);
    assert_eq!(
        store.room_by_id(room.id).await.unwrap().as_ref(),
        Some(&room)
    );
    assert_eq!(store.room_by_id(RoomId(room.id.0 ^ 1)).await.unwrap(), None);
    let events = store.events_after(0, 10).await.unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!(
        (events[0].offset, &events[0].event),
        (offset, &RoomEvent::Created)
    );
    assert_eq!(
        (&events[0].app_id, events[0].room_id, events[0].at),
        (&one, room.id, NOW)
    );
}

async fn a_room_of_no_app_is_an_error_and_leaves_nothing(house: House) {
    let (store, _) = house.store().await;
    let nobody = crate::app_id("wx_nobody");
    assert!(make_room(&store, &nobody, "code").await.is_err());
    assert_eq!(store.last_offset().await.unwrap(), 0);
    assert_eq!(store.rooms_made(&nobody, DAY).await.unwrap(), 0);
}

async fn every_field_of_a_room_comes_back(house: House) {
    let (store, one) = house.store().await;
    let mut room = a_room(&store, &one, "code").await;
    let draft = &mut room.draft;
    draft.sub_anchor_wechat = Some("sub".into());
    draft.creator_wechat = Some("creator".into());
    draft.kind = RoomKind::Phone;
    (draft.cover, draft.share) = (Some("a".into()), Some("b".into()));
    draft.feeds = Some("c".into());
    draft.switches = Switches {
        close_like: true,
        feeds_public: false,
        ..Switches::default()
    };
    (room.armed, room.good) = (true, true);
    (room.started_at, room.ended_at) = (Some(1), Some(2));
    (room.grace_until, room.lost_at) = (Some(3), Some(4));
    room.ban = Some(Ban {
        reason: "违规".into(),
        actor: "command line".into(),
        at: 5,
    });
    let change = Change {
        room: room.clone(),
        events: vec![],
        dirty: true,
    };
    assert_eq!(save(&store, &change, None).await, Saved::Done { offset: 1 });
    room.version = 1;
    assert_eq!(store.room(&one, room.id).await.unwrap(), Some(room));
}

async fn a_save_over_another_save_is_a_conflict_and_writes_nothing(house: House) {
    let (store, one) = house.store().await;
    let two = add_app(&store, "wx_two").await;
    let room = a_room(&store, &one, "code").await;
    let live = to_status(&room, Status::Live);
    assert_eq!(save(&store, &live, None).await, Saved::Done { offset: 2 });
    let ended = to_status(&room, Status::Ended);
    assert_eq!(save(&store, &ended, None).await, Saved::Conflict);
    let mut foreign = to_status(&room, Status::Ended);
    (foreign.room.app_id, foreign.room.version) = (two, 1);
    assert_eq!(save(&store, &foreign, None).await, Saved::Conflict);
    let kept = store.room(&one, room.id).await.unwrap().unwrap();
    assert_eq!((kept.status, kept.version), (Status::Live, 1));
    assert_eq!(store.last_offset().await.unwrap(), 2);
}

async fn of_a_hundred_saves_of_one_version_one_is_done(house: House) {
    let (store, one) = house.store().await;
    let room = a_room(&store, &one, "code").await;
    let change = to_status(&room, Status::Banned);
    let all = join_all((0..100).map(|_| save(&store, &change, None))).await;
    let done = all.iter().filter(|s| **s != Saved::Conflict).count();
    assert_eq!((done, store.last_offset().await.unwrap()), (1, 2));
}

async fn a_hundred_rooms_that_go_live_at_once_stop_exactly_at_the_limit(house: House) {
    let (store, one) = house.store().await;
    let two = add_app(&store, "wx_two").await;
    let elsewhere = a_room(&store, &two, "elsewhere").await;
    save(&store, &to_status(&elsewhere, Status::Live), Some(1)).await;
    let codes: Vec<String> = (0..100).map(|n| n.to_string()).collect();
    let rooms = join_all(codes.iter().map(|code| a_room(&store, &one, code))).await;
    let changes: Vec<Change> = rooms.iter().map(|r| to_status(r, Status::Live)).collect();
    let saved = join_all(changes.iter().map(|c| save(&store, c, Some(7)))).await;
    let refused = saved.iter().filter(|s| **s == Saved::LiveLimit).count();
    assert_eq!((refused, store.on_air_count(&one).await.unwrap()), (93, 7));
    assert_eq!(store.last_offset().await.unwrap(), 101 + 1 + 7);
    // A room already on air takes no second place, and one that leaves gives its own back.
    let at = saved.iter().position(|s| *s != Saved::LiveLimit).unwrap();
    let mut live = changes[at].room.clone();
    live.version = 1;
    let paused = save(&store, &to_status(&live, Status::Paused), Some(7)).await;
    assert!(matches!(paused, Saved::Done { .. }));
    live.version = 2;
    save(&store, &to_status(&live, Status::Ended), Some(7)).await;
    let waiting = saved.iter().position(|s| *s == Saved::LiveLimit).unwrap();
    let next = save(&store, &changes[waiting], Some(7)).await;
    assert!(matches!(next, Saved::Done { .. }));
    assert_eq!(store.on_air_count(&two).await.unwrap(), 1);
}

async fn a_day_ends_exactly_at_its_limit_and_deleting_gives_nothing_back(house: House) {
    let (store, one) = house.store().await;
    let two = add_app(&store, "wx_two").await;
    let codes: Vec<String> = (0..80).map(|n| n.to_string()).collect();
    let made = join_all(codes.iter().map(|c| make_room_within(&store, &one, c, 50))).await;
    let rooms: Vec<Room> = made
        .into_iter()
        .filter_map(|m| m.unwrap())
        .map(|m| m.0)
        .collect();
    assert_eq!(
        (rooms.len(), store.rooms_made(&one, DAY).await.unwrap()),
        (50, 50)
    );
    let mut gone = rooms[0].clone();
    gone.deleted_at = Some(NOW);
    let change = Change {
        room: gone,
        events: vec![RoomEvent::Deleted],
        dirty: true,
    };
    save(&store, &change, None).await;
    assert_eq!(store.room_by_id(rooms[0].id).await.unwrap(), None);
    assert_eq!(store.room(&one, rooms[0].id).await.unwrap(), None);
    assert_eq!(
        make_room_within(&store, &one, "more", 50).await.unwrap(),
        None
    );
    assert!(
        make_room_within(&store, &two, "other", 50)
            .await
            .unwrap()
            .is_some()
    );
    assert_eq!(store.rooms_made(&one, DAY + 1).await.unwrap(), 0);
    assert_eq!(
        make_room_within(&store, &two, "none", 0).await.unwrap(),
        None
    );
    assert_eq!(store.rooms(&one, &page(0, 0)).await.unwrap().0, 49);
}

async fn two_hundred_rooms_made_at_once_share_few_commits(house: House) {
    let (store, one) = house.store().await;
    let before = store.commits();
    let codes: Vec<String> = (0..200).map(|n| n.to_string()).collect();
    let rooms = join_all(codes.iter().map(|code| a_room(&store, &one, code))).await;
    let ids: HashSet<RoomId> = rooms.iter().map(|r| r.id).collect();
    assert_eq!(ids.len(), 200);
    let commits = store.commits() - before;
    assert!(commits <= 20, "{commits} commits");
}

fn page(offset: i64, limit: i64) -> RoomQuery {
    RoomQuery {
        offset,
        limit,
        ..RoomQuery::default()
    }
}

async fn a_list_is_counted_paged_and_latest_first(house: House) {
    let (store, one) = house.store().await;
    let two = add_app(&store, "wx_two").await;
    a_room(&store, &two, "other").await;
    let mut ids = vec![];
    for n in 0..5 {
        let room = a_room(&store, &one, &n.to_string()).await;
        let mut change = to_status(&room, [Status::Live, Status::Ended][n % 2]);
        change.room.draft.start_at = NOW + n as i64 * HOUR_MS;
        save(&store, &change, None).await;
        ids.insert(0, room.id);
    }
    let found = async |query: RoomQuery| {
        let (total, rooms) = store.rooms(&one, &query).await.unwrap();
        (total, rooms.iter().map(|r| r.id).collect::<Vec<_>>())
    };
    assert_eq!(found(page(0, 10)).await, (5, ids.clone()));
    assert_eq!(found(page(1, 2)).await, (5, ids[1..3].to_vec()));
    assert_eq!(found(page(9, 2)).await, (5, vec![]));
    assert_eq!(found(page(-1, -1)).await, (5, vec![]));
    let ended = RoomQuery {
        statuses: vec![Status::Ended, Status::Expired],
        ..page(0, 10)
    };
    assert_eq!(found(ended).await, (2, vec![ids[1], ids[3]]));
}

/// By the calendar, and by reading and counting the rooms themselves.
async fn both_ways(
    store: &Store,
    app_id: &AppId,
    offset: i64,
    limit: i64,
) -> [(i64, Vec<Room>); 2] {
    let all = page(offset, limit);
    let counted = RoomQuery {
        start_from: Some(i64::MIN),
        ..all.clone()
    };
    [
        store.rooms(app_id, &all).await.unwrap(),
        store.rooms(app_id, &counted).await.unwrap(),
    ]
}

async fn a_page_is_the_same_by_the_calendar_as_by_counting(house: House) {
    let (store, one) = house.store().await;
    let two = add_app(&store, "wx_two").await;
    a_room(&store, &two, "other").await;
    // Days with none, one and several rooms, some of the same start, moved about and deleted.
    for n in 0..40_i64 {
        let room = a_room(&store, &one, &n.to_string()).await;
        let mut change = to_status(&room, Status::Planned);
        change.room.draft.start_at = NOW + (n * n % 17) * 9 * HOUR_MS;
        change.room.deleted_at = (n % 7 == 0).then_some(NOW);
        save(&store, &change, None).await;
        if n % 5 == 1 {
            change.room.version += 1;
            change.room.draft.start_at = NOW - n * HOUR_MS;
            save(&store, &change, None).await;
        }
    }
    let rooms = both_ways(&store, &one, 0, 100).await[0].1.len();
    assert_eq!(rooms, 34);
    for offset in 0..=36 {
        for limit in [1, 5] {
            let [by_calendar, by_counting] = both_ways(&store, &one, offset, limit).await;
            assert_eq!(by_calendar, by_counting, "{limit} from {offset}");
        }
    }
    let [by_calendar, by_counting] = both_ways(&store, &one, i64::MAX, 5).await;
    assert_eq!(by_calendar, by_counting);
    let [by_calendar, by_counting] = both_ways(&store, &two, 0, 5).await;
    assert_eq!(by_calendar, by_counting);
}

async fn rooms_of_one_start_keep_one_order(house: House) {
    let (store, one) = house.store().await;
    let mut ids = vec![];
    for code in ["a", "b", "c"] {
        ids.push(a_room(&store, &one, code).await.id);
    }
    ids.sort_unstable_by(|a, b| b.cmp(a));
    let (_, rooms) = store.rooms(&one, &page(0, 10)).await.unwrap();
    assert_eq!(rooms.iter().map(|r| r.id).collect::<Vec<_>>(), ids);
}

async fn deadlines_come_in_order_and_deleted_rooms_have_none(house: House) {
    let (store, one) = house.store().await;
    assert_eq!(store.next_deadline().await.unwrap(), None);
    let mut rooms = vec![];
    for (code, at) in [
        ("a", Some(30)),
        ("b", Some(10)),
        ("c", None),
        ("d", Some(5)),
    ] {
        let room = a_room(&store, &one, code).await;
        let mut change = to_status(&room, Status::Planned);
        change.room.deleted_at = (code == "d").then_some(NOW);
        store.save_room(&change, at, None, NOW).await.unwrap();
        rooms.push((one.clone(), room.id));
    }
    assert_eq!(store.next_deadline().await.unwrap(), Some(10));
    assert_eq!(store.due_rooms(9, 10).await.unwrap(), []);
    assert_eq!(store.due_rooms(10, 10).await.unwrap(), [rooms[1].clone()]);
    assert_eq!(
        store.due_rooms(30, 10).await.unwrap(),
        [rooms[1].clone(), rooms[0].clone()]
    );
    assert_eq!(store.due_rooms(30, 1).await.unwrap(), [rooms[1].clone()]);
}

async fn a_new_room_is_due_at_the_deadline_it_was_made_with(house: House) {
    let (store, one) = house.store().await;
    let room = a_room(&store, &one, "code").await;
    let end = room.draft.end_at;
    assert_eq!(store.next_deadline().await.unwrap(), Some(end));
    assert_eq!(store.due_rooms(end, 1).await.unwrap(), [(one, room.id)]);
}

async fn a_restart_finds_every_room_that_had_a_stream(house: House) {
    let (store, one) = house.store().await;
    let mut expected = vec![];
    for (n, status) in Status::ALL.into_iter().enumerate() {
        let room = a_room(&store, &one, &n.to_string()).await;
        save(&store, &to_status(&room, status), None).await;
        if status.is_on_air() {
            expected.push(room.id);
        }
    }
    let preview = a_room(&store, &one, "preview").await;
    let mut change = to_status(&preview, Status::Planned);
    change.room.good = true;
    save(&store, &change, None).await;
    expected.push(preview.id);
    expected.sort_unstable();
    let found = store.rooms_with_stream().await.unwrap();
    assert_eq!(found.iter().map(|r| r.id).collect::<Vec<_>>(), expected);
}

cases![
    a_room_is_made_with_its_event_and_found_by_its_own_app_alone,
    a_room_of_no_app_is_an_error_and_leaves_nothing,
    every_field_of_a_room_comes_back,
    a_save_over_another_save_is_a_conflict_and_writes_nothing,
    of_a_hundred_saves_of_one_version_one_is_done,
    a_hundred_rooms_that_go_live_at_once_stop_exactly_at_the_limit,
    a_day_ends_exactly_at_its_limit_and_deleting_gives_nothing_back,
    two_hundred_rooms_made_at_once_share_few_commits,
    a_list_is_counted_paged_and_latest_first,
    a_page_is_the_same_by_the_calendar_as_by_counting,
    rooms_of_one_start_keep_one_order,
    deadlines_come_in_order_and_deleted_rooms_have_none,
    a_new_room_is_due_at_the_deadline_it_was_made_with,
    a_restart_finds_every_room_that_had_a_stream,
];
