//! The assistants of a room; a change is saved together with its event.

use kaibo_domain::UnixMs;
use kaibo_domain::assistant::{Assistant, MAX_ASSISTANTS};
use kaibo_domain::event::RoomEvent;
use kaibo_domain::id::{AppId, RoomId};

use crate::db::{Conn, Row, args};
use crate::{Store, StoreError, events, people};

/// What became of adding assistants. Nothing was written but with [`Added::Done`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// They are assistants now.
    Done {
        /// Place of the event.
        offset: i64,
    },
    /// No such room of this app.
    RoomUnknown,
    /// One of them is an assistant already.
    Held,
    /// One of them is nobody whom the app knows.
    Unknown,
    /// There would be too many.
    Full,
}

impl Store {
    /// Adds assistants to a room, all or none; the one text of each is the id, the other the
    /// nickname. `takes_in`: whoever is not known becomes known.
    pub async fn add_assistants(
        &self,
        app_id: &AppId,
        room_id: RoomId,
        users: &[(String, String)],
        takes_in: bool,
        now: UnixMs,
    ) -> Result<Added, StoreError> {
        let (app_id, users) = (app_id.clone(), users.to_vec());
        self.writer()
            .write(move |tx| {
                Box::pin(async move {
                    if !room_is_there(tx, &app_id, room_id).await? {
                        return Ok(Added::RoomUnknown);
                    }
                    let there = all(tx, &app_id, room_id).await?;
                    // Judged as a whole first: what is answered with a no leaves nothing behind.
                    for (n, (id, _)) in users.iter().enumerate() {
                        let named = users[..n].iter().any(|(other, _)| other == id);
                        if named || there.iter().any(|a| a.wechat_id == *id) {
                            return Ok(Added::Held);
                        }
                        if !takes_in && !people::is_known(tx, &app_id, id).await? {
                            return Ok(Added::Unknown);
                        }
                    }
                    if there.len() + users.len() > MAX_ASSISTANTS {
                        return Ok(Added::Full);
                    }
                    for (id, nickname) in &users {
                        add(tx, &app_id, room_id, (id, nickname), now).await?;
                    }
                    let offset = tell(tx, &app_id, room_id, now).await?;
                    Ok(Added::Done { offset })
                })
            })
            .await
    }

    /// Gives an assistant another nickname; the offset of the event, `None`: no such assistant.
    pub async fn rename_assistant(
        &self,
        app_id: &AppId,
        room_id: RoomId,
        wechat_id: &str,
        nickname: &str,
        now: UnixMs,
    ) -> Result<Option<i64>, StoreError> {
        let app_id = app_id.clone();
        let args = args![room_id, &app_id, wechat_id, nickname];
        self.writer()
            .write(move |tx| {
                Box::pin(async move {
                    let sql = "UPDATE assistant SET nickname = $4 \
                         WHERE room_id = $1 AND app_id = $2 AND wechat_id = $3";
                    if tx.execute(sql, args).await? == 0 {
                        return Ok(None);
                    }
                    tell(tx, &app_id, room_id, now).await.map(Some)
                })
            })
            .await
    }

    /// Takes an assistant from a room; the offset of the event, `None`: no such assistant.
    pub async fn remove_assistant(
        &self,
        app_id: &AppId,
        room_id: RoomId,
        wechat_id: &str,
        now: UnixMs,
    ) -> Result<Option<i64>, StoreError> {
        let app_id = app_id.clone();
        let args = args![room_id, &app_id, wechat_id];
        self.writer()
            .write(move |tx| {
                Box::pin(async move {
                    let sql = "DELETE FROM assistant \
                         WHERE room_id = $1 AND app_id = $2 AND wechat_id = $3";
                    if tx.execute(sql, args).await? == 0 {
                        return Ok(None);
                    }
                    tell(tx, &app_id, room_id, now).await.map(Some)
                })
            })
            .await
    }

    /// The assistants of a room, whoever came first.
    pub async fn assistants(
        &self,
        app_id: &AppId,
        room_id: RoomId,
    ) -> Result<Vec<Assistant>, StoreError> {
        let rows = self.readers().rows(ALL, args![room_id, app_id]).await?;
        rows.iter().map(assistant_of).collect()
    }
}

const ALL: &str = "SELECT wechat_id, nickname, added_at FROM assistant \
     WHERE room_id = $1 AND app_id = $2 ORDER BY added_at, wechat_id";

async fn all(tx: &mut Conn, app_id: &AppId, room_id: RoomId) -> Result<Vec<Assistant>, StoreError> {
    let rows = tx.rows(ALL, args![room_id, app_id]).await?;
    rows.iter().map(assistant_of).collect()
}

async fn add(
    tx: &mut Conn,
    app_id: &AppId,
    room_id: RoomId,
    (wechat_id, nickname): (&str, &str),
    now: UnixMs,
) -> Result<(), StoreError> {
    people::know(tx, app_id, wechat_id, now).await?;
    people::call_if_nameless(tx, app_id, wechat_id, nickname).await?;
    let sql = "INSERT INTO assistant (room_id, app_id, wechat_id, nickname, added_at) \
         VALUES ($1, $2, $3, $4, $5)";
    let args = args![room_id, app_id, wechat_id, nickname, now];
    tx.execute(sql, args).await.map(drop)
}

async fn room_is_there(tx: &mut Conn, app_id: &AppId, room_id: RoomId) -> Result<bool, StoreError> {
    let sql = "SELECT id FROM room WHERE id = $1 AND app_id = $2 AND deleted_at IS NULL";
    Ok(tx.row(sql, args![room_id, app_id]).await?.is_some())
}

async fn tell(
    tx: &mut Conn,
    app_id: &AppId,
    room_id: RoomId,
    now: UnixMs,
) -> Result<i64, StoreError> {
    events::append(tx, app_id, room_id, now, &RoomEvent::PeopleChanged).await
}

fn assistant_of(row: &Row) -> Result<Assistant, StoreError> {
    Ok(Assistant {
        wechat_id: row.get("wechat_id")?,
        nickname: row.get("nickname")?,
        added_at: row.get("added_at")?,
    })
}
