//! A room as a row, both ways.

use kaibo_domain::UnixMs;
use kaibo_domain::draft::{Draft, RoomKind};
use kaibo_domain::id::RoomId;
use kaibo_domain::room::{Room, Status};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::StoreError;
use crate::db::{Row, Value, args};

/// The columns of table `room` that [`room_of`] reads, in the order of [`room_values`].
macro_rules! room_columns {
    () => {
        "id, app_id, name, start_at, end_at, anchor_name, anchor_wechat, sub_anchor_wechat, \
         creator_wechat, kind, cover, share, feeds, switches, status, armed, good, started_at, \
         ended_at, grace_until, lost_at, ban, created_at, deleted_at, version, comments_banned"
    };
}
pub(crate) use room_columns;

/// The statuses that [`Status::is_on_air`] names.
macro_rules! on_air {
    () => {
        "status IN (101, 105, 106)"
    };
}
pub(crate) use on_air;

pub(crate) const INSERT: &str = concat!(
    "INSERT INTO room (",
    room_columns!(),
    ", next_deadline) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, \
     $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27)"
);

/// Saves a room whose version is still `$25`, and counts it up.
pub(crate) const UPDATE: &str = "UPDATE room SET name = $3, start_at = $4, end_at = $5, \
     anchor_name = $6, anchor_wechat = $7, sub_anchor_wechat = $8, creator_wechat = $9, \
     kind = $10, cover = $11, share = $12, feeds = $13, switches = $14, status = $15, \
     armed = $16, good = $17, started_at = $18, ended_at = $19, grace_until = $20, \
     lost_at = $21, ban = $22, created_at = $23, deleted_at = $24, version = version + 1, \
     comments_banned = $26, next_deadline = $27 WHERE id = $1 AND app_id = $2 AND version = $25";

/// The parameters of [`INSERT`] and [`UPDATE`].
pub(crate) fn room_values(room: &Room, next_deadline: Option<UnixMs>) -> Vec<Value> {
    let draft = &room.draft;
    args![
        room.id,
        &room.app_id,
        draft.name.as_str(),
        draft.start_at,
        draft.end_at,
        draft.anchor_name.as_str(),
        draft.anchor_wechat.as_str(),
        draft.sub_anchor_wechat.as_deref(),
        draft.creator_wechat.as_deref(),
        kind_text(draft.kind),
        draft.cover.as_deref(),
        draft.share.as_deref(),
        draft.feeds.as_deref(),
        json(&draft.switches),
        i64::from(room.status.number()),
        room.armed,
        room.good,
        room.started_at,
        room.ended_at,
        room.grace_until,
        room.lost_at,
        room.ban.as_ref().map(json),
        room.created_at,
        room.deleted_at,
        room.version,
        room.comments_banned,
        next_deadline,
    ]
}

/// Reads a room.
pub(crate) fn room_of(row: &Row) -> Result<Room, StoreError> {
    Ok(Room {
        id: RoomId(row.get("id")?),
        app_id: row.app_id()?,
        draft: draft_of(row)?,
        status: status_of(row)?,
        armed: row.get("armed")?,
        good: row.get("good")?,
        started_at: row.get("started_at")?,
        ended_at: row.get("ended_at")?,
        grace_until: row.get("grace_until")?,
        lost_at: row.get("lost_at")?,
        ban: row
            .get::<Option<String>>("ban")?
            .map(|text| from_json("ban", &text))
            .transpose()?,
        created_at: row.get("created_at")?,
        deleted_at: row.get("deleted_at")?,
        version: row.get("version")?,
        comments_banned: row.get("comments_banned")?,
    })
}

/// The column `status`.
pub(crate) fn status_of(row: &Row) -> Result<Status, StoreError> {
    let number: i64 = row.get("status")?;
    u16::try_from(number)
        .map_err(|e| e.to_string())
        .and_then(Status::try_from)
        .map_err(|detail| StoreError::Unreadable {
            column: "status",
            detail,
        })
}

fn draft_of(row: &Row) -> Result<Draft, StoreError> {
    Ok(Draft {
        name: row.get("name")?,
        start_at: row.get("start_at")?,
        end_at: row.get("end_at")?,
        anchor_name: row.get("anchor_name")?,
        anchor_wechat: row.get("anchor_wechat")?,
        sub_anchor_wechat: row.get("sub_anchor_wechat")?,
        creator_wechat: row.get("creator_wechat")?,
        kind: kind_of(&row.get::<String>("kind")?)?,
        cover: row.get("cover")?,
        share: row.get("share")?,
        feeds: row.get("feeds")?,
        switches: from_json("switches", &row.get::<String>("switches")?)?,
    })
}

fn kind_text(kind: RoomKind) -> &'static str {
    match kind {
        RoomKind::Phone => "phone",
        RoomKind::Push => "push",
    }
}

fn kind_of(text: &str) -> Result<RoomKind, StoreError> {
    match text {
        "phone" => Ok(RoomKind::Phone),
        "push" => Ok(RoomKind::Push),
        _ => Err(StoreError::Unreadable {
            column: "kind",
            detail: "neither `phone` nor `push`".into(),
        }),
    }
}

/// A value as JSON.
pub(crate) fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("plain structures with text keys have a JSON form")
}

/// A value from JSON.
pub(crate) fn from_json<T: DeserializeOwned>(
    column: &'static str,
    text: &str,
) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|e| StoreError::Unreadable {
        column,
        detail: e.to_string(),
    })
}
