//! Who wants to be told of an app's lives: of one room, or of all of them.

use kaibo_domain::UnixMs;
use kaibo_domain::event::RoomEvent;
use kaibo_domain::id::{AppId, RoomId};
use kaibo_domain::room::Status;
use kaibo_domain::subscription::{OpenId, SubscriptionKind};

use crate::db::{Conn, Row, args};
use crate::room_row::status_of;
use crate::rooms::number;
use crate::{Store, StoreError, events};

/// Somebody who follows an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Follower {
    /// Who.
    pub openid: OpenId,
    /// Their place in the app's list; a later one is greater.
    pub place: i64,
    /// In which room they began to.
    pub room_id: RoomId,
    /// How that room stood.
    pub room_status: Status,
    /// When.
    pub followed_at: UnixMs,
}

/// What somebody wants, or wants no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Whose room.
    pub app_id: AppId,
    /// In which room.
    pub room_id: RoomId,
    /// How it stands: 101, 102 or 103.
    pub status: Status,
    /// Who.
    pub openid: OpenId,
    /// Of what they want to be told.
    pub of: SubscriptionKind,
}

impl Store {
    /// Notes that somebody wants to be told; `false`, and nothing is written, where they said so
    /// already.
    pub async fn subscribe(&self, it: &Subscription, now: UnixMs) -> Result<bool, StoreError> {
        let it = it.clone();
        self.writer()
            .of(&it.app_id)
            .write(move |tx| {
                Box::pin(async move {
                    let is_new = match it.of {
                        SubscriptionKind::Room => add_to_room(tx, &it, now).await?,
                        SubscriptionKind::Follow => add_to_app(tx, &it, now).await?,
                    };
                    if is_new {
                        let (openid, of, status) = (it.openid, it.of, it.status);
                        let event = RoomEvent::Subscribed { openid, of, status };
                        events::append(tx, &it.app_id, it.room_id, now, &event).await?;
                    }
                    Ok(is_new)
                })
            })
            .await
    }

    /// Notes that somebody does not want to be told any more; `false`, and nothing is written,
    /// where they did not want to. A follow ends in whatever room it began.
    pub async fn unsubscribe(&self, it: &Subscription, now: UnixMs) -> Result<bool, StoreError> {
        let it = it.clone();
        self.writer()
            .of(&it.app_id)
            .write(move |tx| {
                Box::pin(async move {
                    let of_room = "DELETE FROM room_subscriber \
                         WHERE room_id = $1 AND app_id = $2 AND openid = $3";
                    let of_app = "DELETE FROM follower WHERE app_id = $1 AND openid = $2";
                    let openid = it.openid.as_str();
                    let gone = match it.of {
                        SubscriptionKind::Room => {
                            tx.execute(of_room, args![it.room_id, &it.app_id, openid])
                                .await?
                        }
                        SubscriptionKind::Follow => {
                            tx.execute(of_app, args![&it.app_id, openid]).await?
                        }
                    };
                    if gone > 0 {
                        let (openid, of, status) = (it.openid, it.of, it.status);
                        let event = RoomEvent::Unsubscribed { openid, of, status };
                        events::append(tx, &it.app_id, it.room_id, now, &event).await?;
                    }
                    Ok(gone > 0)
                })
            })
            .await
    }

    /// An app's followers behind a place, the earliest first.
    pub async fn followers(
        &self,
        app_id: &AppId,
        behind: i64,
        limit: i64,
    ) -> Result<Vec<Follower>, StoreError> {
        let sql = "SELECT openid, place, room_id, room_status AS status, followed_at \
             FROM follower WHERE app_id = $1 AND place > $2 ORDER BY place LIMIT $3";
        let args = args![app_id, behind, limit];
        let rows = self.readers().rows(sql, args).await?;
        rows.iter().map(follower_of).collect()
    }

    /// How many people follow an app.
    pub async fn follower_count(&self, app_id: &AppId) -> Result<i64, StoreError> {
        let sql = "SELECT COUNT(*) AS n FROM follower WHERE app_id = $1";
        number(self.readers().row(sql, args![app_id]).await?)
    }

    /// How many people want to be told of a room, and how many began to follow the app in it.
    pub async fn subscriber_counts(
        &self,
        app_id: &AppId,
        room_id: RoomId,
    ) -> Result<(i64, i64), StoreError> {
        let of_room =
            "SELECT COUNT(*) AS n FROM room_subscriber WHERE room_id = $1 AND app_id = $2";
        let of_app = "SELECT COUNT(*) AS n FROM follower WHERE room_id = $1 AND app_id = $2";
        let args = args![room_id, app_id];
        let of_room = number(self.readers().row(of_room, args.clone()).await?)?;
        let of_app = number(self.readers().row(of_app, args).await?)?;
        Ok((of_room, of_app))
    }
}

async fn add_to_room(tx: &mut Conn, it: &Subscription, now: UnixMs) -> Result<bool, StoreError> {
    let sql = "INSERT INTO room_subscriber (room_id, app_id, openid, subscribed_at) \
         VALUES ($1, $2, $3, $4) ON CONFLICT (room_id, openid) DO NOTHING";
    let args = args![it.room_id, &it.app_id, it.openid.as_str(), now];
    Ok(tx.execute(sql, args).await? == 1)
}

async fn add_to_app(tx: &mut Conn, it: &Subscription, now: UnixMs) -> Result<bool, StoreError> {
    let known = "SELECT place AS n FROM follower WHERE app_id = $1 AND openid = $2";
    let known = tx.row(known, args![&it.app_id, it.openid.as_str()]).await?;
    if known.is_some() {
        return Ok(false);
    }
    let place = count(tx, &format!("follower/{}", it.app_id)).await?;
    let sql = "INSERT INTO follower (app_id, openid, place, room_id, room_status, followed_at) \
         VALUES ($1, $2, $3, $4, $5, $6)";
    let status = i64::from(it.status.number());
    let openid = it.openid.as_str();
    let args = args![&it.app_id, openid, place, it.room_id, status, now];
    tx.execute(sql, args).await?;
    Ok(true)
}

/// The next number of a counter.
pub(crate) async fn count(tx: &mut Conn, name: &str) -> Result<i64, StoreError> {
    let sql = "INSERT INTO counter (name, value) VALUES ($1, 1) \
         ON CONFLICT (name) DO UPDATE SET value = counter.value + 1 RETURNING value AS n";
    number(tx.row(sql, args![name]).await?)
}

fn follower_of(row: &Row) -> Result<Follower, StoreError> {
    Ok(Follower {
        openid: row.parse("openid")?,
        place: row.get("place")?,
        room_id: RoomId(row.get("room_id")?),
        room_status: status_of(row)?,
        followed_at: row.get("followed_at")?,
    })
}
