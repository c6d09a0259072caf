//! The outbox: events in the order in which they were saved, and how far they were carried out.

use kaibo_domain::UnixMs;
use kaibo_domain::event::{RoomEvent, StoredEvent};
use kaibo_domain::id::{AppId, RoomId};

use crate::db::{Conn, Row, args};
use crate::room_row::{from_json, json};
use crate::rooms::number;
use crate::{Store, StoreError};

/// Offset of the last event, as column `n`.
pub(crate) const LAST: &str = "SELECT COALESCE(MAX(seq), 0) AS n FROM event";

impl Store {
    /// Events after an offset, in order. Reading them begins a [`Store::generation`] of their apps:
    /// they may be of another process, of whose commits nothing else tells.
    pub async fn events_after(
        &self,
        offset: i64,
        limit: i64,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let sql = "SELECT seq, app_id, room_id, at, body FROM event WHERE seq > $1 \
             ORDER BY seq LIMIT $2";
        let rows = self.readers().rows(sql, args![offset, limit]).await?;
        self.events_of(&rows)
    }

    /// The events of rows, which now are heard of.
    pub(crate) fn events_of(&self, rows: &[Row]) -> Result<Vec<StoredEvent>, StoreError> {
        let events: Vec<StoredEvent> = rows.iter().map(event_of).collect::<Result<_, _>>()?;
        for event in &events {
            self.heard_of(&event.app_id);
        }
        Ok(events)
    }

    /// Offset of the last event; 0 before the first.
    pub async fn last_offset(&self) -> Result<i64, StoreError> {
        number(self.readers().row(LAST, args![]).await?)
    }

    /// Notes that the server has carried out every event up to `offset`; never goes back. This
    /// is a commit like any other, which wakes watchers: note only what is new.
    pub async fn note_applied(&self, offset: i64, now: UnixMs) -> Result<(), StoreError> {
        let sql = "UPDATE outbox_applied SET seq = $1, applied_at = $2 WHERE id = 1 AND seq < $1";
        let args = args![offset, now];
        self.writer().aside().execute(sql, args).await.map(drop)
    }

    /// How far the server has carried events out.
    pub async fn applied_offset(&self) -> Result<i64, StoreError> {
        let sql = "SELECT seq AS n FROM outbox_applied WHERE id = 1";
        number(self.readers().row(sql, args![]).await?)
    }
}

/// Reads an event.
fn event_of(row: &Row) -> Result<StoredEvent, StoreError> {
    Ok(StoredEvent {
        offset: row.get("seq")?,
        app_id: row.app_id()?,
        room_id: RoomId(row.get("room_id")?),
        at: row.get("at")?,
        event: from_json("body", &row.get::<String>("body")?)?,
    })
}

/// Saves an event in the transaction of what it tells of; its offset.
pub(crate) async fn append(
    tx: &mut Conn,
    app_id: &AppId,
    room_id: RoomId,
    at: UnixMs,
    event: &RoomEvent,
) -> Result<i64, StoreError> {
    let sql = "INSERT INTO event (app_id, room_id, at, body) VALUES ($1, $2, $3, $4) \
         RETURNING seq AS n";
    number(tx.row(sql, args![app_id, room_id, at, json(event)]).await?)
}
