//! Tags that lie side by side in memory, and what a reader is given of them.

use std::io::IoSlice;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::time::Instant;

use crate::gop::Cursor;

/// Where a tag ends in its block, and when it was.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tag {
    pub(crate) end: usize,
    pub(crate) dts_ms: i64,
    /// When it came.
    pub(crate) at: Instant,
}

/// Neighbouring tags in one piece of memory, never changed any more; shared by all readers.
#[derive(Debug)]
pub(crate) struct Block {
    /// Number of its first tag.
    pub(crate) first: u64,
    pub(crate) bytes: Bytes,
    /// At least one.
    pub(crate) tags: Vec<Tag>,
    /// Configurations announced up to its end; the one that is new here is its first tag.
    pub(crate) config: u32,
}

impl Block {
    /// The number of the tag after its last.
    pub(crate) fn end(&self) -> u64 {
        self.first + self.tags.len() as u64
    }

    pub(crate) fn last(&self) -> Tag {
        self.tags[self.tags.len() - 1]
    }

    /// The tag of a number that it holds.
    pub(crate) fn tag(&self, seq: u64) -> Tag {
        self.tags[(seq - self.first) as usize]
    }

    /// Where the tag of a number that it holds begins.
    fn begin(&self, seq: u64) -> usize {
        match seq.checked_sub(self.first + 1) {
            None => 0,
            Some(before) => self.tags[before as usize].end,
        }
    }
}

/// A block that still grows.
#[derive(Debug)]
pub(crate) struct OpenBlock {
    pub(crate) bytes: BytesMut,
    pub(crate) tags: Vec<Tag>,
}

impl OpenBlock {
    /// An empty one. Blocks are cut from pieces of memory of `capacity` bytes one after the other.
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            bytes: BytesMut::with_capacity(capacity),
            tags: Vec::new(),
        }
    }

    /// Takes what is in it, if there is anything.
    pub(crate) fn seal(&mut self, first: u64, config: u32) -> Option<Block> {
        (!self.tags.is_empty()).then(|| Block {
            first,
            bytes: self.bytes.split().freeze(),
            tags: std::mem::take(&mut self.tags),
            config,
        })
    }
}

/// What a reader gets: tags that follow each other.
#[derive(Debug)]
pub(crate) struct Batch {
    /// Sent before the tags: file header and configurations for a new reader, configurations for one
    /// that skipped over new ones.
    pub(crate) head: Option<Bytes>,
    /// The reader was too far behind, and lost so much media.
    pub(crate) skipped: Option<Duration>,
    /// The reader's place before the first tag.
    pub(crate) from: Cursor,
    /// The first one holds the first tag, perhaps not as its first.
    pub(crate) blocks: Vec<Arc<Block>>,
    /// There was nothing after these.
    pub(crate) newest: bool,
}

impl Batch {
    /// The bytes of the tags, in order.
    pub(crate) fn slices(&self) -> Vec<IoSlice<'_>> {
        let piece = |block: &'_ Arc<Block>| block.begin(self.from.seq.max(block.first));
        let blocks = self.blocks.iter();
        blocks
            .map(|block| IoSlice::new(&block.bytes[piece(block)..]))
            .collect()
    }

    /// The reader's place after the last tag.
    pub(crate) fn end(&self) -> Cursor {
        let mut end = match self.blocks.last() {
            Some(last) => self.from.after(last, last.end() - 1),
            None => self.from,
        };
        if self.newest {
            end.head_start = Duration::ZERO;
        }
        end
    }

    /// The reader's place after so many bytes of the tags: past the tag that was begun, of which the
    /// rest comes along.
    pub(crate) fn after(&self, mut bytes: usize) -> (Cursor, Bytes) {
        for block in &self.blocks {
            let here = block.begin(self.from.seq.max(block.first)) + bytes;
            let Some(place) = block.tags.iter().position(|tag| tag.end >= here) else {
                bytes = here - block.bytes.len();
                continue;
            };
            if bytes == 0 {
                break;
            }
            let rest = block.bytes.slice(here..block.tags[place].end);
            let at = self.from.after(block, block.first + place as u64);
            let end = self.end();
            return (if at.seq == end.seq { end } else { at }, rest);
        }
        (self.from, Bytes::new())
    }
}
