//! Tells when something may have been committed, by this process or another.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::Store;
use crate::db::{Conn, Place};
use crate::error::StoreError;

const POLL: Duration = Duration::from_millis(100);

/// Watches one store; made by [`Store::watch`].
pub struct Watcher {
    place: Place,
    own: watch::Receiver<u64>,
    poll: Option<Interval>,
    others: Option<(Conn, i64)>,
    called: bool,
    warned: bool,
}

impl std::fmt::Debug for Watcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watcher").finish_non_exhaustive()
    }
}

impl Store {
    /// A watcher of its own for each caller.
    pub fn watch(&self) -> Watcher {
        Watcher {
            place: self.0.place.clone(),
            own: self.writer().committed(),
            poll: None,
            others: None,
            called: false,
            warned: false,
        }
    }
}

impl Watcher {
    /// Resolves when something may have been committed since the last call: the first call at
    /// once, after a commit of this store at once, after one of another process within 100 ms.
    /// May resolve without a cause. Dropping the future loses nothing.
    pub async fn changed(&mut self) {
        if !std::mem::replace(&mut self.called, true) {
            // What is committed from here on is seen; what was before, the caller reads now.
            self.own.mark_unchanged();
            if self.others.is_none() {
                self.others_committed().await;
            }
            return;
        }
        let mut open = true;
        loop {
            let poll = self.poll.get_or_insert_with(|| {
                let mut poll = interval(POLL);
                poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
                poll
            });
            tokio::select! {
                // An error says that the store is gone; other processes still commit.
                own = self.own.changed(), if open => match own {
                    Ok(()) => return,
                    Err(_) => open = false,
                },
                _ = poll.tick() => if self.others_committed().await {
                    return;
                },
            }
        }
    }

    async fn others_committed(&mut self) -> bool {
        match self.poll_others().await {
            Ok(moved) => {
                self.warned = false;
                moved
            }
            Err(error) => {
                self.others = None;
                if !std::mem::replace(&mut self.warned, true) {
                    tracing::warn!(%error, "cannot watch the database; trying on");
                }
                false
            }
        }
    }

    async fn poll_others(&mut self) -> Result<bool, StoreError> {
        let Some((conn, seen)) = &mut self.others else {
            let mut conn = self.place.reader().await?;
            let version = conn.data_version().await?;
            self.others = Some((conn, version));
            // Nobody looked until now.
            return Ok(true);
        };
        let version = conn.data_version().await?;
        Ok(std::mem::replace(seen, version) != version)
    }
}
