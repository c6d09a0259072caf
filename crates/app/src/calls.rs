//! What is remembered of calls: the log of the last days. A call hands its line over and goes on;
//! lines are kept together every two seconds.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use kaibo_domain::HOUR_MS;
use kaibo_domain::id::AppId;
use kaibo_store::{CallQuery, CallRecord};
use tokio_util::sync::CancellationToken;

use crate::{Kaibo, Result};

/// How often counts and lines are kept; a `kill -9` loses what came after the last time.
const KEEP_EVERY: Duration = Duration::from_secs(2);
/// Rounds between two trims.
const TRIM_EVERY: u32 = 30;
/// Lines that wait to be kept; what is more is not remembered.
const MOST_WAITING: usize = 8_192;
/// Lines in one transaction, so that other writes need not wait for long.
const TOGETHER: usize = 128;
/// How long a call is remembered.
const LIFE_MS: i64 = 7 * 24 * HOUR_MS;
/// How many of an app are.
const MOST_OF_AN_APP: u32 = 100_000;

#[derive(Default)]
pub(crate) struct CallLog {
    waiting: Mutex<Vec<CallRecord>>,
    /// Held while lines are being kept, so that they stay in order.
    keeping: tokio::sync::Mutex<()>,
}

impl Kaibo {
    /// Remembers a call. Never waits.
    pub fn note_call(&self, call: CallRecord) {
        let waiting = &self.inner.call_log.waiting;
        let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < MOST_WAITING {
            waiting.push(call);
        }
    }

    /// An app's calls with their places, the newest first.
    pub async fn calls(&self, app_id: &AppId, query: &CallQuery) -> Result<Vec<(i64, CallRecord)>> {
        self.keep_call_log().await?;
        Ok(self.store().call_records(app_id, query).await?)
    }

    /// Keeps counts and lines until `shutdown`, and once more then.
    pub async fn run_bookkeeping(&self, shutdown: CancellationToken) {
        let mut round = 0_u32;
        loop {
            let is_last = tokio::select! {
                () = tokio::time::sleep(KEEP_EVERY) => false,
                () = shutdown.cancelled() => true,
            };
            if is_last {
                // Calls that may be sent again are carried out to their end.
                self.inner.repeats.close().await;
            }
            if let Err(error) = self.keep_books(round.is_multiple_of(TRIM_EVERY)).await {
                tracing::warn!(%error, "counts and the log of calls are kept later");
            }
            if is_last {
                return;
            }
            round = round.wrapping_add(1);
        }
    }

    /// Keeps what was counted and noted so far.
    pub async fn keep_books(&self, trim: bool) -> Result<()> {
        let (counts, log) = tokio::join!(self.keep_counts(), self.keep_call_log());
        counts.and(log)?;
        if trim {
            let oldest = self.now() - LIFE_MS;
            self.store().trim_call_log(oldest, MOST_OF_AN_APP).await?;
        }
        Ok(())
    }

    async fn keep_call_log(&self) -> Result<()> {
        let log = &self.inner.call_log;
        let _in_order = log.keeping.lock().await;
        let waiting = {
            let mut waiting = log.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *waiting)
        };
        for lines in waiting.chunks(TOGETHER) {
            self.store().add_call_records(lines).await?;
        }
        Ok(())
    }
}
