//! The tail of the outbox: the only source of room events. Whatever process wrote them, the
//! server carries them out and tells everyone, in order.

use std::future::Future;
use std::time::Duration;

use kaibo_domain::event::StoredEvent;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::{Kaibo, Result};

const BATCH: i64 = 256;
/// How long a caller waits for its change to be carried out before it gets its answer anyway.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often a second process looks whether the server has carried its change out.
const LOOK: Duration = Duration::from_millis(10);

impl Kaibo {
    /// Reads events as they are committed, hands each to `carry_out` (outputs are cut there), then
    /// publishes it on the bus. Says `ready` once no later event can be missed. Runs until
    /// `shutdown`.
    pub async fn run_outbox<F, Fut>(
        &self,
        shutdown: CancellationToken,
        ready: oneshot::Sender<()>,
        carry_out: F,
    ) -> Result<()>
    where
        F: Fn(StoredEvent) -> Fut,
        Fut: Future<Output = ()>,
    {
        let mut watcher = self.store().watch();
        let mut offset = self.store().last_offset().await?;
        self.store().note_applied(offset, self.now()).await?;
        self.inner.carried_out.send_replace(Some(offset));
        // An error only says that nobody waits to hear it.
        let _ = ready.send(());
        while !shutdown.is_cancelled() {
            match self.store().events_after(offset, BATCH).await {
                Ok(events) if events.is_empty() => {
                    tokio::select! {
                        () = watcher.changed() => {}
                        () = shutdown.cancelled() => {}
                    }
                }
                Ok(events) => {
                    for event in events {
                        offset = event.offset;
                        carry_out(event.clone()).await;
                        self.inner.bus.publish(event);
                    }
                    self.inner.carried_out.send_replace(Some(offset));
                    if let Err(error) = self.store().note_applied(offset, self.now()).await {
                        tracing::warn!(%error, "cannot note how far events are carried out");
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "cannot read room events; trying again");
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
            }
        }
        Ok(())
    }

    /// Waits until the server has carried out everything up to `offset`: this process if it is the
    /// server, else the one that runs beside it. Without a server there is nothing to wait for.
    pub(crate) async fn carried_out(&self, offset: i64) -> Result<()> {
        let mut here = self.inner.carried_out.subscribe();
        let is_server = here.borrow().is_some();
        let reached = async {
            if is_server {
                // Fails only when the process ends, and then nobody waits any more.
                let _ = here.wait_for(|at| at.is_some_and(|at| at >= offset)).await;
                return Ok(());
            }
            while self.store().server_is_running().await? {
                if self.store().applied_offset().await? >= offset {
                    return Ok(());
                }
                tokio::time::sleep(LOOK).await;
            }
            Ok(())
        };
        let Ok(done) = tokio::time::timeout(PATIENCE, reached).await else {
            tracing::warn!(offset, "the change is saved, but not yet carried out");
            return Ok(());
        };
        done
    }
}
