//! Tells when something may have been committed, by this process or another.

use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::Store;
use crate::db::{Others, Place};
use crate::error::StoreError;

/// Watches one store; made by [`Store::watch`].
pub struct Watcher {
    place: Place,
    own: watch::Receiver<u64>,
    poll: Option<Interval>,
    others: Option<Others>,
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
                let mut poll = interval(Others::interval(&self.place));
                poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
                poll
            });
            tokio::select! {
                // An error says that the store is gone; other processes still commit.
                own = self.own.changed(), if open => match own {
                    Ok(()) => return,
                    Err(_) => open = false,
                },
                told = told(&mut self.others) => {
                    // What was committed meanwhile may have been told to nobody.
                    if told.is_err() {
                        self.others = None;
                    }
                    return;
                }
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
        let Some(others) = &mut self.others else {
            self.others = Some(Others::new(&self.place).await?);
            // Nobody looked until now.
            return Ok(true);
        };
        others.look().await
    }
}

async fn told(others: &mut Option<Others>) -> Result<(), StoreError> {
    match others {
        Some(others) => others.told().await,
        None => std::future::pending().await,
    }
}
