//! Who wants to be told of an app's lives, and who is told.

use std::time::Duration;

use kaibo_domain::id::{AppId, RoomId};
use kaibo_domain::refusal::Refusal;
use kaibo_domain::room::{Room, Status};
use kaibo_domain::subscription::{
    MAX_RECIPIENTS, OpenId, SubscriptionKind, SubscriptionRefusal, told_status,
};
use kaibo_store::{Follower, Subscription};
use tokio_util::sync::CancellationToken;

use crate::{Kaibo, Result};

/// How many pushes are looked at in one go.
const BATCH: i64 = 64;
/// How long the job sleeps at most; what is committed wakes it.
const LONGEST: Duration = Duration::from_secs(30);

/// How many people want to be told of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubscriberCounts {
    /// Of this room's start.
    pub of_room: i64,
    /// Of the app's lives; they began to follow in this room.
    pub of_app: i64,
}

impl Kaibo {
    /// Notes that somebody wants to be told: of this room's start, while it has not started, or of
    /// the app's lives. Nothing happens where they said so already.
    pub async fn subscribe(
        &self,
        app_id: &AppId,
        room_id: RoomId,
        openid: &str,
        of: SubscriptionKind,
    ) -> Result<()> {
        let openid = openid.parse::<OpenId>().map_err(refused)?;
        let room = self.room(app_id, room_id).await?;
        if of == SubscriptionKind::Room && room.status != Status::Planned {
            return Err(refused(SubscriptionRefusal::Started).into());
        }
        let wanted = subscription(&room, openid, of);
        self.store().subscribe(&wanted, self.now()).await?;
        Ok(())
    }

    /// Notes that somebody does not want to be told any more. Nothing happens where they did not.
    pub async fn unsubscribe(
        &self,
        app_id: &AppId,
        room_id: RoomId,
        openid: &str,
        of: SubscriptionKind,
    ) -> Result<()> {
        let openid = openid.parse::<OpenId>().map_err(refused)?;
        let room = self.room(app_id, room_id).await?;
        let unwanted = subscription(&room, openid, of);
        self.store().unsubscribe(&unwanted, self.now()).await?;
        Ok(())
    }

    /// An app's followers behind a place, the earliest first: who comes later stands later, so
    /// pages stay as they are.
    pub async fn followers(
        &self,
        app_id: &AppId,
        behind: i64,
        limit: i64,
    ) -> Result<Vec<Follower>> {
        Ok(self.store().followers(app_id, behind, limit).await?)
    }

    /// How many people follow an app.
    pub async fn follower_count(&self, app_id: &AppId) -> Result<i64> {
        Ok(self.store().follower_count(app_id).await?)
    }

    /// How many people want to be told of a room.
    pub async fn subscriber_counts(
        &self,
        app_id: &AppId,
        room_id: RoomId,
    ) -> Result<SubscriberCounts> {
        let counts = self.store().subscriber_counts(app_id, room_id).await?;
        let (of_room, of_app) = counts;
        Ok(SubscriberCounts { of_room, of_app })
    }

    /// Takes in a push that a room is live; its number. Who is told is decided in the background,
    /// and the counts come as an event. One room of an app a day may push, as often as it likes.
    pub async fn push_message(
        &self,
        app_id: &AppId,
        room_id: RoomId,
        recipients: &[String],
    ) -> Result<i64> {
        if !(1..=MAX_RECIPIENTS).contains(&recipients.len()) {
            return Err(refused(SubscriptionRefusal::Recipients).into());
        }
        let room = self.room(app_id, room_id).await?;
        if room.status != Status::Live {
            return Err(refused(SubscriptionRefusal::NotLive).into());
        }
        let now = self.now();
        let day = self.settings().day(now);
        let accepted = self
            .store()
            .accept_push(app_id, room_id, recipients, day, now);
        match accepted.await? {
            Some(id) => Ok(id),
            None => Err(refused(SubscriptionRefusal::PushedToday).into()),
        }
    }

    /// Decides who is told: of pushes, and of rooms that have started. Until `shutdown`; what is
    /// not done then is done after the next start.
    pub async fn run_pushes(&self, shutdown: CancellationToken) {
        let mut watcher = self.store().watch();
        while !shutdown.is_cancelled() {
            let wait = match self.settle_pushes().await {
                Ok(()) => LONGEST,
                Err(error) => {
                    tracing::error!(%error, "cannot tell subscribers; trying again");
                    Duration::from_secs(1)
                }
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = watcher.changed() => {}
                () = shutdown.cancelled() => {}
            }
        }
    }

    /// As [`Kaibo::run_pushes`], once: what is there is done.
    pub async fn settle_pushes(&self) -> Result<()> {
        while self.store().tell_subscribers(self.now()).await? {}
        loop {
            let open = self.store().open_pushes(BATCH).await?;
            if open.is_empty() {
                return Ok(());
            }
            for push in open {
                let reachable = self.brings_reminders(&push.app_id).await?;
                while !self
                    .store()
                    .settle_push(&push, reachable, self.now())
                    .await?
                {}
            }
        }
    }
}

fn subscription(room: &Room, openid: OpenId, of: SubscriptionKind) -> Subscription {
    Subscription {
        app_id: room.app_id.clone(),
        room_id: room.id,
        status: told_status(room.status),
        openid,
        of,
    }
}

fn refused(refusal: SubscriptionRefusal) -> Refusal {
    Refusal::Subscription(refusal)
}
