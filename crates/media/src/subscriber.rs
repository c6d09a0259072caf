//! One viewer: a cursor into a stream's shared tags.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::gop::Cursor;
use crate::stream::Stream;

/// Skips older than this are forgiven.
const SKIP_MEMORY: Duration = Duration::from_mins(1);
/// A viewer that lost more than this within [`SKIP_MEMORY`] is cut: so slow that it skips seldom.
const MOST_LOST: Duration = Duration::from_secs(30);

/// A viewer of one stream. Costs a few numbers; the bytes are shared.
#[derive(Debug)]
pub(crate) struct Subscriber {
    stream: Arc<Stream>,
    newest: watch::Receiver<u64>,
    cursor: Option<Cursor>,
    /// When it skipped, and what it lost.
    skips: VecDeque<(Instant, Duration)>,
    max_skips: u32,
}

impl Subscriber {
    pub(crate) fn new(stream: Arc<Stream>, max_skips: u32) -> Self {
        stream.counts.joined();
        let newest = stream.watch_newest();
        Self {
            stream,
            newest,
            cursor: None,
            skips: VecDeque::new(),
            max_skips,
        }
    }

    /// What is ready since the last call, at least one tag; first the FLV header and the newest
    /// keyframe with its configuration. Waits for it. `None`: the stream is over, or this viewer was
    /// cut because it was too slow too often. May be dropped while waiting.
    pub(crate) async fn next_batch(&mut self) -> Option<Vec<Bytes>> {
        loop {
            if self.stream.over.is_cancelled() {
                return None;
            }
            // Before the look, so that a tag that comes after it wakes us.
            self.newest.mark_unchanged();
            if let Some(batch) = self.stream.read(self.cursor) {
                if let Some(lost) = batch.skipped
                    && !self.may_skip(lost)
                {
                    return None;
                }
                self.cursor = Some(batch.cursor);
                let bytes = batch.tags.iter().map(|tag| tag.len() as u64).sum();
                self.stream.counts.sent(bytes);
                return Some(batch.tags);
            }
            tokio::select! {
                () = self.stream.over.cancelled() => return None,
                more = self.newest.changed() => more.ok()?,
            }
        }
    }

    fn may_skip(&mut self, lost: Duration) -> bool {
        let now = Instant::now();
        self.stream.counts.skipped();
        self.skips.push_back((now, lost));
        while self
            .skips
            .front()
            .is_some_and(|(at, _)| now - *at > SKIP_MEMORY)
        {
            self.skips.pop_front();
        }
        let all_lost: Duration = self.skips.iter().map(|(_, lost)| *lost).sum();
        let fine = self.skips.len() <= self.max_skips as usize && all_lost <= MOST_LOST;
        if !fine {
            self.stream.counts.cut_one();
            tracing::info!(stream = %self.stream.name, "viewer cut: too slow");
        }
        fine
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        self.stream.counts.left();
    }
}
