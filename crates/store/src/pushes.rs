//! Who is told that a room is live: subscribers when it starts, followers when a push names them.

use kaibo_domain::UnixMs;
use kaibo_domain::event::RoomEvent;
use kaibo_domain::id::{AppId, RoomId};
use kaibo_domain::subscription::{OpenId, PushCounts, REMINDER_BATCH};

use crate::db::{Conn, args};
use crate::room_row::{from_json, json};
use crate::subscriptions::count;
use crate::{Store, StoreError, events};

/// A push that nobody has dealt with yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenPush {
    /// Whose.
    pub app_id: AppId,
    /// Its number within the app.
    pub id: i64,
}

impl Store {
    /// Takes in a push of a room and gives its number; `None`: another room of the app was pushed
    /// on that day.
    pub async fn accept_push(
        &self,
        app_id: &AppId,
        room_id: RoomId,
        recipients: &[String],
        day: i32,
        now: UnixMs,
    ) -> Result<Option<i64>, StoreError> {
        let counts = json(&PushCounts {
            total: recipients.len() as i64,
            ..PushCounts::default()
        });
        let (app_id, recipients) = (app_id.clone(), json(&recipients));
        self.writer()
            .write(move |tx| {
                Box::pin(async move {
                    let first = "INSERT INTO push_day (app_id, day, room_id) \
                         VALUES ($1, $2, $3) ON CONFLICT (app_id, day) DO UPDATE \
                         SET room_id = excluded.room_id \
                         WHERE push_day.room_id = excluded.room_id";
                    if tx.execute(first, args![&app_id, day, room_id]).await? == 0 {
                        return Ok(None);
                    }
                    let id = count(tx, &format!("push/{app_id}")).await?;
                    let sql = "INSERT INTO push_message \
                         (app_id, id, room_id, day, recipients, counts, made_at) \
                         VALUES ($1, $2, $3, $4, $5, $6, $7)";
                    let args = args![&app_id, id, room_id, day, recipients, counts, now];
                    tx.execute(sql, args).await?;
                    Ok(Some(id))
                })
            })
            .await
    }

    /// Pushes that nobody has dealt with yet, the earliest first.
    pub async fn open_pushes(&self, limit: i64) -> Result<Vec<OpenPush>, StoreError> {
        let sql = "SELECT app_id, id FROM push_message WHERE done_at IS NULL \
             ORDER BY made_at, id LIMIT $1";
        let rows = self.readers().rows(sql, args![limit]).await?;
        rows.iter()
            .map(|row| {
                Ok(OpenPush {
                    app_id: row.app_id()?,
                    id: row.get("id")?,
                })
            })
            .collect()
    }

    /// Deals with the next people of a push, at most [`REMINDER_BATCH`]: who is told, and after the
    /// last one the counts, as events. Each person is told of one live a day. `reachable`: whether
    /// there is anything that would bring it to them. The answer is whether all are dealt with.
    pub async fn settle_push(
        &self,
        push: &OpenPush,
        reachable: bool,
        now: UnixMs,
    ) -> Result<bool, StoreError> {
        let push = push.clone();
        self.writer()
            .write(move |tx| Box::pin(settle(tx, push, reachable, now)))
            .await
    }

    /// Tells the next subscribers of rooms that have started, at most [`REMINDER_BATCH`] of one
    /// room; `false`: all are told.
    pub async fn tell_subscribers(&self, now: UnixMs) -> Result<bool, StoreError> {
        let sql = "SELECT room_id FROM start_reminder ORDER BY started_at, room_id LIMIT 1";
        if self.readers().row(sql, args![]).await?.is_none() {
            return Ok(false);
        }
        self.writer()
            .write(move |tx| Box::pin(tell_some(tx, now)))
            .await
    }
}

/// A room has started for the first time: its subscribers are to be told. In the transaction of
/// that change, or a crash between the two would keep it from them.
pub(crate) async fn room_started(
    tx: &mut Conn,
    app_id: &AppId,
    room_id: RoomId,
    now: UnixMs,
) -> Result<(), StoreError> {
    let waits = "SELECT openid FROM room_subscriber WHERE room_id = $1 LIMIT 1";
    if tx.row(waits, args![room_id]).await?.is_none() {
        return Ok(());
    }
    let sql = "INSERT INTO start_reminder (room_id, app_id, started_at, told_to) \
         VALUES ($1, $2, $3, '') ON CONFLICT (room_id) DO NOTHING";
    tx.execute(sql, args![room_id, app_id, now]).await.map(drop)
}

async fn tell_some(tx: &mut Conn, now: UnixMs) -> Result<bool, StoreError> {
    let next = "SELECT room_id, app_id, told_to FROM start_reminder \
         ORDER BY started_at, room_id LIMIT 1";
    let Some(next) = tx.row(next, args![]).await? else {
        return Ok(false);
    };
    let (app_id, room_id) = (next.app_id()?, RoomId(next.get("room_id")?));
    let told_to: String = next.get("told_to")?;
    let sql = "SELECT openid FROM room_subscriber WHERE room_id = $1 AND openid > $2 \
         ORDER BY openid LIMIT $3";
    let limit = REMINDER_BATCH as i64;
    let rows = tx.rows(sql, args![room_id, told_to, limit]).await?;
    let openids: Vec<OpenId> = rows
        .iter()
        .map(|row| row.parse("openid"))
        .collect::<Result<_, _>>()?;
    let Some(last) = openids.last().cloned() else {
        let sql = "DELETE FROM start_reminder WHERE room_id = $1";
        tx.execute(sql, args![room_id]).await?;
        return Ok(true);
    };
    let event = RoomEvent::ReminderDue {
        message_id: None,
        openids,
    };
    events::append(tx, &app_id, room_id, now, &event).await?;
    let sql = "UPDATE start_reminder SET told_to = $2 WHERE room_id = $1";
    tx.execute(sql, args![room_id, last.as_str()]).await?;
    Ok(true)
}

async fn settle(
    tx: &mut Conn,
    push: OpenPush,
    reachable: bool,
    now: UnixMs,
) -> Result<bool, StoreError> {
    let sql = "SELECT room_id, day, recipients, first, counts FROM push_message \
         WHERE app_id = $1 AND id = $2 AND done_at IS NULL";
    let Some(row) = tx.row(sql, args![&push.app_id, push.id]).await? else {
        return Ok(true);
    };
    let (room_id, day) = (RoomId(row.get("room_id")?), row.get("day")?);
    let mut now_named: Vec<String> = from_json("recipients", &row.get::<String>("recipients")?)?;
    let later_named = now_named.split_off(now_named.len().min(REMINDER_BATCH));
    let mut counts: PushCounts = from_json("counts", &row.get::<String>("counts")?)?;
    let mut first: Option<String> = row.get("first")?;
    let mut openids = Vec::new();
    for recipient in now_named {
        let Ok(openid) = recipient.parse::<OpenId>() else {
            counts.openid_error += 1;
            continue;
        };
        first.get_or_insert(recipient);
        if tell(tx, &push.app_id, day, &openid, reachable, &mut counts).await? {
            openids.push(openid);
        }
    }
    let message_id = push.id.to_string();
    if !openids.is_empty() {
        let event = RoomEvent::ReminderDue {
            message_id: Some(message_id.clone()),
            openids,
        };
        events::append(tx, &push.app_id, room_id, now, &event).await?;
    }
    let is_done = later_named.is_empty();
    let sql = "UPDATE push_message SET recipients = $3, first = $4, counts = $5, done_at = $6 \
         WHERE app_id = $1 AND id = $2";
    let args = args![
        &push.app_id,
        push.id,
        json(&later_named),
        first.as_deref(),
        json(&counts),
        is_done.then_some(now),
    ];
    tx.execute(sql, args).await?;
    if is_done {
        let event = RoomEvent::PushDone {
            message_id,
            first: first.and_then(|text| text.parse().ok()),
            counts,
        };
        events::append(tx, &push.app_id, room_id, now, &event).await?;
        // Who was told on days that are over does not count any more.
        let sql = "DELETE FROM reminded WHERE app_id = $1 AND day < $2";
        tx.execute(sql, args![&push.app_id, day]).await?;
    }
    Ok(is_done)
}

/// Whether somebody is told; what became of them is counted.
async fn tell(
    tx: &mut Conn,
    app_id: &AppId,
    day: i64,
    openid: &OpenId,
    reachable: bool,
    counts: &mut PushCounts,
) -> Result<bool, StoreError> {
    let follows = "SELECT place FROM follower WHERE app_id = $1 AND openid = $2";
    let told = "SELECT day FROM reminded WHERE app_id = $1 AND openid = $2 AND day = $3";
    let note = "INSERT INTO reminded (app_id, openid, day) VALUES ($1, $2, $3)";
    let who = args![app_id, openid.as_str()];
    let who_and_day = args![app_id, openid.as_str(), day];
    let place = if tx.row(follows, who).await?.is_none() {
        &mut counts.relation_error
    } else if tx.row(told, who_and_day.clone()).await?.is_some() {
        &mut counts.recv_limit
    } else if reachable {
        tx.execute(note, who_and_day).await?;
        counts.success += 1;
        return Ok(true);
    } else {
        &mut counts.internal_error
    };
    *place += 1;
    Ok(false)
}
