//! Timers: rooms that change by themselves.

use std::time::Duration;

use kaibo_domain::id::{AppId, RoomId};
use kaibo_domain::refusal::Refusal;
use kaibo_domain::room::Command;
use tokio_util::sync::CancellationToken;

use crate::live::why_not_live;
use crate::{Error, Kaibo, Result};

/// Longest sleep, so that a clock that was set forward is noticed.
const LONGEST: Duration = Duration::from_secs(30);
const BATCH: i64 = 64;

impl Kaibo {
    /// Tells every room that was on air or had a stream that the server has started anew. Call it
    /// once, when the server is ready to take streams.
    pub async fn restart_rooms(&self) -> Result<()> {
        for room in self.store().rooms_with_stream().await? {
            let restarted = self.change(&room.app_id, room.id, &Command::Restarted);
            match restarted.await {
                // Deleted meanwhile by a command line.
                Ok(_) | Err(Error::Refused(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Fires each room's deadline when it passes; those missed while down fire at once, in order.
    pub async fn run_timers(&self, shutdown: CancellationToken) {
        let mut watcher = self.store().watch();
        while !shutdown.is_cancelled() {
            let wait = match self.fire_due().await {
                Ok(wait) => wait,
                Err(error) => {
                    tracing::error!(%error, "a timer could not fire; trying again");
                    Duration::from_secs(1)
                }
            };
            tokio::select! {
                () = tokio::time::sleep(wait.min(LONGEST)) => {}
                () = watcher.changed() => {}
                () = shutdown.cancelled() => {}
            }
        }
    }

    /// Whether a deadline has passed whose timer has not fired yet.
    pub async fn has_due_rooms(&self) -> Result<bool> {
        Ok(!self.store().due_rooms(self.now(), 1).await?.is_empty())
    }

    /// Fires what is due; returns how long until the next.
    async fn fire_due(&self) -> Result<Duration> {
        loop {
            let due = self.store().due_rooms(self.now(), BATCH).await?;
            if due.is_empty() {
                break;
            }
            // One room that cannot be changed does not keep the others waiting.
            let mut failed = None;
            for (app_id, room_id) in due {
                failed = self.fire(&app_id, room_id).await.err().or(failed);
            }
            if let Some(error) = failed {
                return Err(error);
            }
        }
        let next = self.store().next_deadline().await?;
        let wait = next.map_or(i64::MAX, |at| (at - self.now()).max(1));
        Ok(Duration::from_millis(u64::try_from(wait).unwrap_or(1)))
    }

    async fn fire(&self, app_id: &AppId, room_id: RoomId) -> Result<()> {
        match self.change(app_id, room_id, &Command::Timer).await {
            Ok(_) | Err(Error::Refused(Refusal::RoomUnknown)) => Ok(()),
            Err(Error::Refused(refusal)) => match why_not_live(&refusal) {
                // A preview whose window opened while the room may not go on air.
                Some(why) => self.refuse_stream(app_id, room_id, why).await,
                None => Err(refusal.into()),
            },
            Err(error) => Err(error),
        }
    }
}
