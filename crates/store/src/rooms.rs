//! Rooms: made within a day's limit, saved under their version, together with their events.

use kaibo_domain::UnixMs;
use kaibo_domain::draft::Draft;
use kaibo_domain::event::RoomEvent;
use kaibo_domain::id::{AppId, RoomId};
use kaibo_domain::room::{Change, Room, Status};

use crate::db::{Conn, Row, args};
use crate::ids::Kind;
use crate::room_access::{self, RoomAccess};
use crate::room_row::{self, on_air, room_columns, room_of, room_values, status_of};
use crate::{Store, StoreError, calendar, events, people, pushes};

/// A room to be made.
#[derive(Clone, Copy)]
pub struct NewRoom<'a> {
    /// Whose it is.
    pub app_id: &'a AppId,
    /// What a person chose.
    pub draft: &'a Draft,
    /// The day it counts for, as [`kaibo_domain::quota::day`] gives it.
    pub day: i32,
    /// How many rooms the app may make on that day.
    pub rooms_per_day: u32,
    /// Seed of its push keys.
    pub push_seed: [u8; 32],
    /// Its broadcast code.
    pub code: &'a str,
    /// When it first changes by itself.
    pub next_deadline: UnixMs,
}

/// Which rooms of an app to list.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct RoomQuery {
    /// Statuses wanted; none: all of them.
    pub statuses: Vec<Status>,
    /// What the name must hold; empty: anything.
    pub name: String,
    /// Planned to start at this time or later.
    pub start_from: Option<UnixMs>,
    /// Planned to start before this time.
    pub start_before: Option<UnixMs>,
    /// How many to skip.
    pub offset: i64,
    /// How many to give at most.
    pub limit: i64,
}

impl RoomQuery {
    /// Whether no room is left out.
    fn wants_all(&self) -> bool {
        let Self {
            statuses,
            name,
            start_from,
            start_before,
            offset: _,
            limit: _,
        } = self;
        let any_start = start_from.is_none() && start_before.is_none();
        statuses.is_empty() && name.is_empty() && any_start
    }
}

/// What became of a save.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// It is saved.
    Done {
        /// Place of its last event; of the last event there is, if it had none.
        offset: i64,
    },
    /// The room changed since it was read, or is not there: read it again. Nothing was written.
    Conflict,
    /// The app has as many rooms on air as it may. Nothing was written.
    LiveLimit,
}

impl Store {
    /// Makes a room, with the offset of its event; `None`: the app made its rooms for the day.
    pub async fn create_room(
        &self,
        new: NewRoom<'_>,
        now: UnixMs,
    ) -> Result<Option<(Room, i64)>, StoreError> {
        let (day, limit, deadline) = (new.day, new.rooms_per_day, new.next_deadline);
        let mut room = Room::new(RoomId(0), new.app_id.clone(), new.draft.clone(), now);
        let access = RoomAccess {
            push_seed: new.push_seed,
            push_version: 0,
            code: new.code.to_owned(),
        };
        let store = self.clone();
        self.writer()
            .of(new.app_id)
            .write(move |tx| {
                Box::pin(async move {
                    if !count_for_day(tx, &room.app_id, day, limit).await? {
                        return Ok(None);
                    }
                    room.id = RoomId(store.0.ids.next(tx, Kind::Room).await?);
                    tx.execute(room_row::INSERT, room_values(&room, Some(deadline)))
                        .await?;
                    calendar::move_room(tx, &room, None).await?;
                    room_access::insert(tx, store.keys(), &room, &access).await?;
                    let (anchor, nickname) = (&room.draft.anchor_wechat, &room.draft.anchor_name);
                    people::call_if_nameless(tx, &room.app_id, anchor, nickname).await?;
                    let created = RoomEvent::Created;
                    let offset = events::append(tx, &room.app_id, room.id, now, &created).await?;
                    Ok(Some((room, offset)))
                })
            })
            .await
    }

    /// A room of an app that is not deleted.
    pub async fn room(&self, app_id: &AppId, id: RoomId) -> Result<Option<Room>, StoreError> {
        let sql = concat!(
            "SELECT ",
            room_columns!(),
            " FROM room WHERE id = $1 AND app_id = $2 AND deleted_at IS NULL"
        );
        let row = self.readers().row(sql, args![id, app_id]).await?;
        row.as_ref().map(room_of).transpose()
    }

    /// A room that is not deleted, whosesoever.
    pub async fn room_by_id(&self, id: RoomId) -> Result<Option<Room>, StoreError> {
        let sql = concat!(
            "SELECT ",
            room_columns!(),
            " FROM room WHERE id = $1 AND deleted_at IS NULL"
        );
        let row = self.readers().row(sql, args![id]).await?;
        row.as_ref().map(room_of).transpose()
    }

    /// How many rooms of an app match, and one page of them, latest planned start first. Where
    /// all are wanted, every page costs the same.
    pub async fn rooms(
        &self,
        app_id: &AppId,
        query: &RoomQuery,
    ) -> Result<(i64, Vec<Room>), StoreError> {
        if !query.wants_all() {
            return self.some_rooms(app_id, query).await;
        }
        let total = self.readers().row(calendar::COUNT, args![app_id]).await?;
        let args = args![app_id, query.limit.max(0), query.offset.max(0)];
        let rows = self.readers().rows(calendar::PAGE, args).await?;
        let rooms = rows.iter().map(room_of).collect::<Result<_, _>>()?;
        Ok((number(total)?, rooms))
    }

    async fn some_rooms(
        &self,
        app_id: &AppId,
        query: &RoomQuery,
    ) -> Result<(i64, Vec<Room>), StoreError> {
        const COUNT: &str = "SELECT COUNT(*) AS n FROM room WHERE app_id = $1 \
             AND deleted_at IS NULL AND status IN ($2, $3, $4, $5, $6, $7, $8) \
             AND ($9 = '' OR LOWER(name) LIKE LOWER($9) ESCAPE '!') \
             AND start_at >= $10 AND start_at < $11";
        const PAGE: &str = concat!(
            "SELECT ",
            room_columns!(),
            " FROM room WHERE app_id = $1 AND deleted_at IS NULL \
             AND status IN ($2, $3, $4, $5, $6, $7, $8) \
             AND ($9 = '' OR LOWER(name) LIKE LOWER($9) ESCAPE '!') \
             AND start_at >= $10 AND start_at < $11 \
             ORDER BY start_at DESC, id DESC LIMIT $12 OFFSET $13"
        );
        // One text for every filter: a status that is not wanted is asked for as 0, which none is.
        let wanted = Status::ALL.map(|status| {
            let asked = query.statuses.is_empty() || query.statuses.contains(&status);
            if asked { i64::from(status.number()) } else { 0 }
        });
        let mut args = args![app_id];
        args.extend(wanted.map(crate::db::Value::from));
        args.extend(args![
            pattern(&query.name),
            query.start_from.unwrap_or(UnixMs::MIN),
            query.start_before.unwrap_or(UnixMs::MAX),
        ]);
        let total = number(self.readers().row(COUNT, args.clone()).await?)?;
        args.extend(args![query.limit.max(0), query.offset.max(0)]);
        let rows = self.readers().rows(PAGE, args).await?;
        Ok((total, rows.iter().map(room_of).collect::<Result<_, _>>()?))
    }

    /// Every room that may have had a stream when the server went away: on air, or with a good
    /// stream noted.
    pub async fn rooms_with_stream(&self) -> Result<Vec<Room>, StoreError> {
        let sql = concat!(
            "SELECT ",
            room_columns!(),
            " FROM room WHERE deleted_at IS NULL AND (",
            on_air!(),
            " OR good) ORDER BY id"
        );
        let rows = self.readers().rows(sql, args![]).await?;
        rows.iter().map(room_of).collect()
    }

    /// Rooms whose deadline has come, the earliest first.
    pub async fn due_rooms(
        &self,
        now: UnixMs,
        limit: i64,
    ) -> Result<Vec<(AppId, RoomId)>, StoreError> {
        let sql = "SELECT app_id, id FROM room \
             WHERE next_deadline IS NOT NULL AND next_deadline <= $1 AND deleted_at IS NULL \
             ORDER BY next_deadline, id LIMIT $2";
        let rows = self.readers().rows(sql, args![now, limit]).await?;
        rows.iter()
            .map(|row| Ok((row.app_id()?, RoomId(row.get("id")?))))
            .collect()
    }

    /// The earliest deadline of all rooms.
    pub async fn next_deadline(&self) -> Result<Option<UnixMs>, StoreError> {
        let sql = "SELECT next_deadline FROM room \
             WHERE next_deadline IS NOT NULL AND deleted_at IS NULL \
             ORDER BY next_deadline LIMIT 1";
        let row = self.readers().row(sql, args![]).await?;
        row.map(|row| row.get("next_deadline")).transpose()
    }

    /// Saves a change, if the room's version is still the one that was read, and its events with
    /// it. `live_limit` bounds the app's rooms on air; it is asked only of a room that was not on
    /// air and is now.
    pub async fn save_room(
        &self,
        change: &Change,
        next_deadline: Option<UnixMs>,
        live_limit: Option<u32>,
        now: UnixMs,
    ) -> Result<Saved, StoreError> {
        let change = change.clone();
        self.writer()
            .of(&change.room.app_id)
            .write(move |tx| Box::pin(save(tx, change, next_deadline, live_limit, now)))
            .await
    }

    /// How many rooms of an app are on air.
    pub async fn on_air_count(&self, app_id: &AppId) -> Result<i64, StoreError> {
        number(self.readers().row(ON_AIR_COUNT, args![app_id]).await?)
    }

    /// How many rooms an app made on a day, deleted ones included.
    pub async fn rooms_made(&self, app_id: &AppId, day: i32) -> Result<i64, StoreError> {
        let sql = "SELECT made AS n FROM room_day WHERE app_id = $1 AND day = $2";
        number(self.readers().row(sql, args![app_id, day]).await?)
    }
}

const ON_AIR_COUNT: &str = concat!(
    "SELECT COUNT(*) AS n FROM room WHERE app_id = $1 AND deleted_at IS NULL AND ",
    on_air!()
);

async fn save(
    tx: &mut Conn,
    change: Change,
    next_deadline: Option<UnixMs>,
    live_limit: Option<u32>,
    now: UnixMs,
) -> Result<Saved, StoreError> {
    let Change { room, events, .. } = change;
    let sql = "SELECT status, start_at, deleted_at FROM room \
         WHERE id = $1 AND app_id = $2 AND version = $3";
    let stored = tx
        .row(sql, args![room.id, &room.app_id, room.version])
        .await?;
    let Some(stored) = stored else {
        return Ok(Saved::Conflict);
    };
    let enters = room.status.is_on_air() && !status_of(&stored)?.is_on_air();
    if let Some(limit) = live_limit.filter(|_| enters) {
        let on_air = number(tx.row(ON_AIR_COUNT, args![&room.app_id]).await?)?;
        if on_air >= i64::from(limit) {
            return Ok(Saved::LiveLimit);
        }
    }
    let values = room_values(&room, next_deadline);
    if tx.execute(room_row::UPDATE, values).await? == 0 {
        return Ok(Saved::Conflict);
    }
    calendar::move_room(tx, &room, calendar::stored_day(&stored)?).await?;
    let mut offset = None;
    for event in &events {
        offset = Some(events::append(tx, &room.app_id, room.id, now, event).await?);
        if matches!(
            event,
            RoomEvent::Status {
                from: Status::Planned,
                to: Status::Live,
                ..
            }
        ) {
            pushes::room_started(tx, &room.app_id, room.id, now).await?;
        }
    }
    let offset = match offset {
        Some(offset) => offset,
        None => number(tx.row(events::LAST, args![]).await?)?,
    };
    Ok(Saved::Done { offset })
}

/// What matches every text that holds this one; empty for an empty one.
fn pattern(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let escaped = text.chars().flat_map(|c| {
        let mark = matches!(c, '%' | '_' | '!').then_some('!');
        mark.into_iter().chain([c])
    });
    format!("%{}%", escaped.collect::<String>())
}

/// Counts one more room for the day, unless the app made its rooms.
async fn count_for_day(
    tx: &mut Conn,
    app_id: &AppId,
    day: i32,
    limit: u32,
) -> Result<bool, StoreError> {
    if limit == 0 {
        return Ok(false);
    }
    let sql = "INSERT INTO room_day (app_id, day, made) VALUES ($1, $2, 1) \
         ON CONFLICT (app_id, day) DO UPDATE SET made = room_day.made + 1 \
         WHERE room_day.made < $3";
    Ok(tx.execute(sql, args![app_id, day, limit]).await? == 1)
}

/// The column `n` of an answer of one row; 0 without one.
pub(crate) fn number(row: Option<Row>) -> Result<i64, StoreError> {
    row.map_or(Ok(0), |row| row.get("n"))
}
