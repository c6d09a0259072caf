//! The newest tags of a stream, muxed once, and where in them a viewer can start.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use kaibo_proto::flv;
use kaibo_proto::media::{AudioTrack, Frame, MediaEvent, Track, TrackKind, VideoTrack};
use tokio::time::Instant;

use crate::block::{Batch, Block, OpenBlock, Tag};
use crate::config::ms;

/// What a tag costs beside its bytes, so that a flood of tiny tags is bounded too.
const TAG_COST_BYTES: usize = 128;
/// A block is closed when it has come to cost this, if nobody reads it before.
const BLOCK_BYTES: usize = 64 * 1024;
/// Sound without picture can start anywhere; a place this often is enough.
const SOUND_START_MS: i64 = 1_000;
/// Without a picture for this long, though one was announced, it can start on sound too: phones in
/// the background go on with sound alone, and nobody wants what was said minutes ago.
const PICTURE_AWAY_MS: i64 = 5_000;
/// A batch ends with the block that reaches this: what a reader is given at once is judged at once.
const BATCH_BYTES: usize = 64 * 1024;

/// Bounds of a log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogLimits {
    /// A reader that left a tag unread for longer than this, though it could have been read, moves
    /// to the newest start.
    pub(crate) lag: Duration,
    /// Most memory, whatever the length of a GOP.
    pub(crate) max_bytes: usize,
}

/// How far a reader has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// Number of the next tag.
    pub(crate) seq: u64,
    config: u32,
    /// Time of the newest tag read.
    dts_ms: i64,
    /// When it was put on a start: what was there before could not be read earlier.
    since: Instant,
    /// How far behind the newest tag that start was. A reader that is no faster than the stream never
    /// makes up for it, so it is no fault of its own. Nothing once everything was read.
    pub(crate) head_start: Duration,
}

impl Cursor {
    /// The place after a tag of a block.
    pub(crate) fn after(self, block: &Block, seq: u64) -> Self {
        Self {
            seq: seq + 1,
            config: block.config,
            dts_ms: block.tag(seq).dts_ms,
            ..self
        }
    }
}

/// A keyframe a reader can start on.
#[derive(Debug)]
struct Start {
    seq: u64,
    dts_ms: i64,
    /// Decoder configurations in force, as tags.
    head: Bytes,
    config: u32,
    has_video: bool,
    has_audio: bool,
}

/// FLV tags of one stream, numbered from 0, the oldest forgotten. Holds the newest keyframe and all
/// after it, and what a reader that began on the keyframe before may not have read yet, as long as
/// that stays within `max_bytes`.
///
/// Tags lie in blocks. One is closed when somebody reads it, so that what is read together lies
/// together; a keyframe and a configuration begin a block of their own.
#[derive(Debug)]
pub(crate) struct TagLog {
    limits: LogLimits,
    blocks: VecDeque<Arc<Block>>,
    open: OpenBlock,
    /// Number of the open block's first tag.
    open_first: u64,
    /// What all blocks cost, the open one included.
    bytes: usize,
    newest_ms: i64,
    /// When the picture was last seen or announced.
    picture_ms: i64,
    start: Option<Start>,
    /// Between the two newest starts.
    gop: Duration,
    video: Option<VideoTrack>,
    audio: Option<AudioTrack>,
    /// Counts announced configurations.
    config: u32,
}

impl TagLog {
    pub(crate) fn new(limits: LogLimits) -> Self {
        Self {
            limits,
            blocks: VecDeque::new(),
            open: OpenBlock::new(BLOCK_BYTES),
            open_first: 0,
            bytes: 0,
            newest_ms: 0,
            picture_ms: 0,
            start: None,
            gop: Duration::ZERO,
            video: None,
            audio: None,
            config: 0,
        }
    }

    /// A new publisher: what the old one announced does not hold for its frames.
    pub(crate) fn forget_tracks(&mut self) {
        self.video = None;
        self.audio = None;
    }

    /// The picture's configuration in force.
    pub(crate) fn video(&self) -> Option<&VideoTrack> {
        self.video.as_ref()
    }

    /// The sound's configuration in force.
    pub(crate) fn audio(&self) -> Option<&AudioTrack> {
        self.audio.as_ref()
    }

    /// Adds a decoder configuration.
    pub(crate) fn push_track(&mut self, track: &Track, now: Instant) {
        match track {
            Track::Video(video) => {
                self.video = Some(video.clone());
                self.picture_ms = self.newest_ms;
            }
            Track::Audio(audio) => self.audio = Some(audio.clone()),
        }
        self.seal();
        self.config = self.config.wrapping_add(1);
        self.push(&MediaEvent::Track(track.clone()), self.newest_ms, now);
    }

    /// Adds a frame whose times are on the stream's output clock.
    pub(crate) fn push_frame(&mut self, frame: Frame, now: Instant) {
        if self.starts(&frame) {
            self.seal();
            self.gop = self
                .start
                .as_ref()
                .map_or(Duration::ZERO, |start| span(start.dts_ms, frame.dts_ms));
            self.start = Some(Start {
                seq: self.next(),
                dts_ms: frame.dts_ms,
                head: self.head(frame.dts_ms),
                config: self.config,
                has_video: self.video.is_some(),
                has_audio: self.audio.is_some(),
            });
        }
        let dts_ms = frame.dts_ms;
        if frame.track == TrackKind::Video {
            self.picture_ms = dts_ms;
        }
        self.newest_ms = self.newest_ms.max(dts_ms);
        self.push(&MediaEvent::Frame(frame), dts_ms, now);
    }

    fn starts(&self, frame: &Frame) -> bool {
        if frame.track == TrackKind::Video {
            return frame.keyframe;
        }
        let due = self.start.as_ref().is_none_or(|start| {
            start.config != self.config || frame.dts_ms - start.dts_ms >= SOUND_START_MS
        });
        let alone = self.video.is_none() || frame.dts_ms - self.picture_ms >= PICTURE_AWAY_MS;
        alone && due
    }

    fn head(&self, dts_ms: i64) -> Bytes {
        let mut head = BytesMut::new();
        let video = self.video.iter().cloned().map(Track::Video);
        let audio = self.audio.iter().cloned().map(Track::Audio);
        for track in video.chain(audio) {
            flv::put_tag(&mut head, &MediaEvent::Track(track), dts_ms as u32);
        }
        head.freeze()
    }

    fn push(&mut self, event: &MediaEvent, dts_ms: i64, now: Instant) {
        let before = self.open.bytes.len();
        flv::put_tag(&mut self.open.bytes, event, dts_ms as u32);
        let end = self.open.bytes.len();
        self.open.tags.push(Tag {
            end,
            dts_ms,
            at: now,
        });
        self.bytes += end - before + TAG_COST_BYTES;
        let cost = end + self.open.tags.len() * TAG_COST_BYTES;
        if cost >= BLOCK_BYTES.min(self.limits.max_bytes) {
            self.seal();
        }
        self.forget_old(now);
    }

    /// Closes the open block.
    fn seal(&mut self) {
        if let Some(block) = self.open.seal(self.open_first, self.config) {
            self.open_first = block.end();
            self.blocks.push_back(Arc::new(block));
        }
    }

    fn forget_old(&mut self, now: Instant) {
        let patience = self.limits.lag + self.gop;
        while let Some(oldest) = self.blocks.front() {
            let old = now.saturating_duration_since(oldest.last().at) > patience;
            let needed = |start: &Start| oldest.end() > start.seq;
            let unneeded = !self.start.as_ref().is_some_and(needed);
            if self.bytes <= self.limits.max_bytes && !(old && unneeded) {
                break;
            }
            self.bytes -= oldest.bytes.len() + oldest.tags.len() * TAG_COST_BYTES;
            self.blocks.pop_front();
        }
        let first = self.first();
        self.start.take_if(|start| start.seq < first);
    }

    /// The number of the oldest tag there is.
    fn first(&self) -> u64 {
        self.blocks
            .front()
            .map_or(self.open_first, |block| block.first)
    }

    /// The number of the next tag.
    pub(crate) fn next(&self) -> u64 {
        self.open_first + self.open.tags.len() as u64
    }

    /// The next tags after `cursor`, or from the newest keyframe on for a new reader and for one that
    /// is too far behind. `None`: nothing new, or no keyframe yet.
    pub(crate) fn read(&mut self, cursor: Option<Cursor>, now: Instant) -> Option<Batch> {
        self.seal();
        let Some(at) = cursor else {
            let start = self.start.as_ref()?;
            // A track that was announced since is in what follows.
            let has_video = start.has_video || self.video.is_some();
            let has_audio = start.has_audio || self.audio.is_some();
            let mut opening = BytesMut::from(&flv::flv_header(has_video, has_audio)[..]);
            opening.extend_from_slice(&start.head);
            return Some(Batch {
                head: Some(opening.freeze()),
                ..self.batch(self.on(start, now), BATCH_BYTES)
            });
        };
        if at.seq == self.next() {
            return None;
        }
        let newer = self.start.as_ref().filter(|start| start.seq > at.seq);
        match newer {
            Some(start) if self.behind(at, now) => Some(Batch {
                head: (start.config != at.config).then(|| start.head.clone()),
                skipped: Some(span(at.dts_ms, start.dts_ms)),
                ..self.batch(self.on(start, now), BATCH_BYTES)
            }),
            _ if at.seq >= self.first() => Some(self.batch(at, BATCH_BYTES)),
            _ => None,
        }
    }

    /// Everything from the tag `seq` on, for readers that have read all before it; `None`: nothing.
    pub(crate) fn news(&mut self, seq: u64, now: Instant) -> Option<Batch> {
        self.seal();
        let from = Cursor {
            seq: seq.max(self.first()),
            config: self.config,
            dts_ms: self.newest_ms,
            since: now,
            head_start: Duration::ZERO,
        };
        (from.seq < self.next()).then(|| self.batch(from, usize::MAX))
    }

    /// The place of a reader that is put on a start.
    fn on(&self, start: &Start, now: Instant) -> Cursor {
        Cursor {
            seq: start.seq,
            config: start.config,
            dts_ms: start.dts_ms,
            since: now,
            head_start: span(start.dts_ms, self.newest_ms),
        }
    }

    /// Measured against what the reader could have read: neither a keyframe that was old when it came
    /// nor a publisher that sends in bursts makes a reader slow.
    fn behind(&self, at: Cursor, now: Instant) -> bool {
        let block = self.blocks.get(self.place(at.seq));
        let block = block.filter(|block| block.first <= at.seq);
        block.is_none_or(|block| {
            let came = block.tag(at.seq).at;
            let waiting = now.saturating_duration_since(came.max(at.since));
            waiting > self.limits.lag + at.head_start
        })
    }

    /// Which block holds a tag, if it is not forgotten.
    fn place(&self, seq: u64) -> usize {
        self.blocks.partition_point(|block| block.end() <= seq)
    }

    /// The blocks from `from` on, up to the one that reaches `limit` bytes.
    fn batch(&self, from: Cursor, limit: usize) -> Batch {
        let mut bytes = 0;
        let rest = self.blocks.range(self.place(from.seq)..);
        let blocks = rest
            .take_while(|block| {
                let more = bytes < limit;
                bytes += block.bytes.len();
                more
            })
            .cloned()
            .collect::<Vec<_>>();
        let newest = blocks
            .last()
            .is_none_or(|block| block.end() == self.open_first);
        Batch {
            head: None,
            skipped: None,
            from,
            blocks,
            newest,
        }
    }
}

fn span(from_ms: i64, to_ms: i64) -> Duration {
    ms(to_ms.saturating_sub(from_ms).max(0) as u64)
}

#[cfg(test)]
#[path = "gop_tests.rs"]
mod tests;
