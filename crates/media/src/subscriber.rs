//! One viewer: a cursor into a stream's shared tags, and what is left of a tag that was begun.

use std::collections::VecDeque;
use std::io::{ErrorKind, IoSlice, Result, Write};
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes};
use tokio::time::Instant;

use crate::block::Batch;
use crate::gop::Cursor;
use crate::stream::Stream;

/// Skips older than this are forgiven.
const SKIP_MEMORY: Duration = Duration::from_mins(1);
/// A viewer that lost more than this within [`SKIP_MEMORY`] is cut: so slow that it skips seldom.
const MOST_LOST: Duration = Duration::from_secs(30);
/// The system takes so many pieces in one call (`IOV_MAX` of Linux).
const MOST_SLICES: usize = 1024;

/// A viewer of one stream. Costs a few numbers; the bytes are shared.
#[derive(Debug)]
pub(crate) struct Subscriber {
    stream: Arc<Stream>,
    cursor: Option<Cursor>,
    /// Goes out before all else: an opening, or what is left of a tag, since a viewer that skips
    /// must skip between tags.
    rest: Bytes,
    /// Since when its connection takes nothing.
    blocked: Option<Instant>,
    /// When it skipped, and what it lost.
    skips: VecDeque<(Instant, Duration)>,
    max_skips: u32,
}

impl Subscriber {
    /// A viewer that is sent `opening` first.
    pub(crate) fn new(stream: Arc<Stream>, opening: Bytes, max_skips: u32) -> Self {
        stream.counts.joined();
        Self {
            stream,
            cursor: None,
            rest: opening,
            blocked: None,
            skips: VecDeque::new(),
            max_skips,
        }
    }

    /// Since when its connection has taken nothing, though there is something for it.
    pub(crate) fn blocked_since(&self) -> Option<Instant> {
        self.blocked
    }

    /// Writes what is ready for this viewer, as far as `wire` takes it: for one that joins, and for
    /// one whose connection takes something again. Gives the bytes written; an error ends the viewer.
    pub(crate) fn catch_up(&mut self, wire: &mut impl Write, now: Instant) -> Result<usize> {
        let mut written = 0;
        loop {
            let batch = self.stream.read(self.cursor, now);
            if let Some(batch) = &batch {
                self.go_to(batch, now)?;
            } else if self.rest.is_empty() {
                self.blocked = None;
                return Ok(written);
            }
            let mut slices = vec![IoSlice::new(&self.rest)];
            slices.extend(batch.iter().flat_map(Batch::slices));
            let bytes = write(wire, &slices)?;
            if bytes == 0 {
                self.block(written, now);
                return Ok(written);
            }
            written += bytes;
            let of_rest = bytes.min(self.rest.len());
            self.rest.advance(of_rest);
            if let Some(batch) = batch.filter(|_| self.rest.is_empty()) {
                self.took(&batch, bytes - of_rest);
            }
        }
    }

    /// Writes what everybody gets who has read all before it. `None`: this viewer has not, see
    /// [`Subscriber::catch_up`].
    pub(crate) fn keep_up(
        &mut self,
        news: &News<'_>,
        wire: &mut impl Write,
        now: Instant,
    ) -> Result<Option<usize>> {
        let from = news.batch.from.seq;
        if !self.rest.is_empty() || self.cursor.is_none_or(|cursor| cursor.seq != from) {
            return Ok(None);
        }
        let bytes = write(wire, &news.slices)?;
        if bytes == news.bytes {
            self.cursor = Some(news.end);
            return Ok(Some(bytes));
        }
        self.took(news.batch, bytes);
        // Asked once more, the system says that it is full, and then tells when it is not any more.
        Ok(Some(bytes + self.catch_up(wire, now)?))
    }

    /// Goes to where a batch begins, which is elsewhere for one that joins or skips.
    fn go_to(&mut self, batch: &Batch, now: Instant) -> Result<()> {
        if let Some(lost) = batch.skipped {
            self.skip(lost, now)?;
        }
        if let Some(head) = &batch.head {
            self.rest = if self.rest.is_empty() {
                head.clone()
            } else {
                [&self.rest[..], head].concat().into()
            };
        }
        self.cursor = Some(batch.from);
        Ok(())
    }

    fn took(&mut self, batch: &Batch, bytes: usize) {
        let (cursor, rest) = batch.after(bytes);
        (self.cursor, self.rest) = (Some(cursor), rest);
    }

    fn block(&mut self, written: usize, now: Instant) {
        if written > 0 || self.blocked.is_none() {
            self.blocked = Some(now);
        }
    }

    fn skip(&mut self, lost: Duration, now: Instant) -> Result<()> {
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
        if self.skips.len() <= self.max_skips as usize && all_lost <= MOST_LOST {
            return Ok(());
        }
        self.stream.counts.cut_one();
        tracing::info!(stream = %self.stream.name, "viewer cut: too slow");
        Err(ErrorKind::TimedOut.into())
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        self.stream.counts.left();
    }
}

/// A batch as it is written to many.
pub(crate) struct News<'a> {
    batch: &'a Batch,
    slices: Vec<IoSlice<'a>>,
    bytes: usize,
    end: Cursor,
}

impl<'a> News<'a> {
    pub(crate) fn new(batch: &'a Batch) -> Self {
        let slices = batch.slices();
        Self {
            bytes: slices.iter().map(|slice| slice.len()).sum(),
            end: batch.end(),
            slices,
            batch,
        }
    }
}

/// How much a connection takes now; nothing while it is full.
fn write(wire: &mut impl Write, slices: &[IoSlice<'_>]) -> Result<usize> {
    let slices = &slices[..slices.len().min(MOST_SLICES)];
    loop {
        return match wire.write_vectored(slices) {
            Ok(0) => Err(ErrorKind::WriteZero.into()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(0),
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            done => done,
        };
    }
}
