//! The newest tags of a stream, muxed once, and where in them a viewer can start.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use kaibo_proto::flv;
use kaibo_proto::media::{AudioTrack, Frame, MediaEvent, Track, TrackKind, VideoTrack};
use tokio::time::Instant;

use crate::config::ms;

/// What an entry costs beside its tag's bytes, so that a flood of tiny tags is bounded too.
const ENTRY_COST_BYTES: usize = 128;
/// Sound without picture can start anywhere; a place this often is enough.
const SOUND_START_MS: i64 = 1_000;
/// Without a picture for this long, though one was announced, it can start on sound too: phones in
/// the background go on with sound alone, and nobody wants what was said minutes ago.
const PICTURE_AWAY_MS: i64 = 5_000;
/// A batch ends with the tag that reaches this. What a reader takes at once is judged at once, and
/// held for it as long as it takes: so little, however long the GOP.
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
    seq: u64,
    config: u32,
    /// Time of the newest tag read.
    dts_ms: i64,
    /// When it was put on a start: what was there before could not be read earlier.
    since: Instant,
    /// How far behind the newest tag that start was. A reader that is no faster than the stream never
    /// makes up for it, so it is no fault of its own. Nothing once everything was read.
    head_start: Duration,
}

/// What a reader gets.
#[derive(Debug)]
pub(crate) struct Batch {
    /// Pieces of an FLV body in order, shared between readers.
    pub(crate) tags: Vec<Bytes>,
    /// Where to read on.
    pub(crate) cursor: Cursor,
    /// The reader was too far behind, and lost so much media.
    pub(crate) skipped: Option<Duration>,
}

#[derive(Debug)]
struct Entry {
    tag: Bytes,
    dts_ms: i64,
    at: Instant,
    /// Configurations announced up to here.
    config: u32,
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
#[derive(Debug)]
pub(crate) struct TagLog {
    limits: LogLimits,
    entries: VecDeque<Entry>,
    first: u64,
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
            entries: VecDeque::new(),
            first: 0,
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
        self.config = self.config.wrapping_add(1);
        let tag = flv::tag(&MediaEvent::Track(track.clone()), self.newest_ms as u32);
        self.push(tag, self.newest_ms, now);
    }

    /// Adds a frame whose times are on the stream's output clock.
    pub(crate) fn push_frame(&mut self, frame: Frame, now: Instant) {
        if self.starts(&frame) {
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
        let tag = flv::tag(&MediaEvent::Frame(frame), dts_ms as u32);
        self.newest_ms = self.newest_ms.max(dts_ms);
        self.push(tag, dts_ms, now);
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
            head.extend_from_slice(&flv::tag(&MediaEvent::Track(track), dts_ms as u32));
        }
        head.freeze()
    }

    fn push(&mut self, tag: Bytes, dts_ms: i64, now: Instant) {
        self.bytes += tag.len() + ENTRY_COST_BYTES;
        self.entries.push_back(Entry {
            tag,
            dts_ms,
            at: now,
            config: self.config,
        });
        let patience = self.limits.lag + self.gop;
        while let Some(front) = self.entries.front() {
            let old = now.saturating_duration_since(front.at) > patience;
            let unneeded = self
                .start
                .as_ref()
                .is_none_or(|start| self.first < start.seq);
            if self.bytes <= self.limits.max_bytes && !(old && unneeded) {
                break;
            }
            self.bytes -= front.tag.len() + ENTRY_COST_BYTES;
            self.entries.pop_front();
            self.first += 1;
        }
        self.start.take_if(|start| start.seq < self.first);
    }

    /// The number of the next tag.
    pub(crate) fn next(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    /// The next tags after `cursor`, or from the newest keyframe on for a new reader and for one that
    /// is too far behind. `None`: nothing new, or no keyframe yet.
    pub(crate) fn read(&self, cursor: Option<Cursor>, now: Instant) -> Option<Batch> {
        let Some(at) = cursor else {
            let start = self.start.as_ref()?;
            // A track that was announced since is in what follows.
            let has_video = start.has_video || self.video.is_some();
            let has_audio = start.has_audio || self.audio.is_some();
            let mut opening = BytesMut::from(&flv::flv_header(has_video, has_audio)[..]);
            opening.extend_from_slice(&start.head);
            return Some(self.batch(Some(opening.freeze()), self.on(start, now)));
        };
        if at.seq == self.next() {
            return None;
        }
        let newer = self.start.as_ref().filter(|start| start.seq > at.seq);
        match newer {
            Some(start) if self.behind(at, now) => {
                let head = (start.config != at.config).then(|| start.head.clone());
                let mut batch = self.batch(head, self.on(start, now));
                batch.skipped = Some(span(at.dts_ms, start.dts_ms));
                Some(batch)
            }
            _ if at.seq >= self.first => Some(self.batch(None, at)),
            _ => None,
        }
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
        let entry = at
            .seq
            .checked_sub(self.first)
            .and_then(|place| self.entries.get(place as usize));
        entry.is_none_or(|entry| {
            let waiting = now.saturating_duration_since(entry.at.max(at.since));
            waiting > self.limits.lag + at.head_start
        })
    }

    /// The tags from `at` on, up to [`BATCH_BYTES`].
    fn batch(&self, head: Option<Bytes>, at: Cursor) -> Batch {
        let mut cursor = at;
        let mut tags: Vec<_> = head.into_iter().collect();
        let mut bytes = 0;
        let from = at.seq.saturating_sub(self.first) as usize;
        for entry in self.entries.range(from.min(self.entries.len())..) {
            tags.push(entry.tag.clone());
            bytes += entry.tag.len();
            cursor.seq += 1;
            (cursor.config, cursor.dts_ms) = (entry.config, entry.dts_ms);
            if bytes >= BATCH_BYTES {
                break;
            }
        }
        if cursor.seq == self.next() {
            cursor.head_start = Duration::ZERO;
        }
        Batch {
            tags,
            cursor,
            skipped: None,
        }
    }
}

fn span(from_ms: i64, to_ms: i64) -> Duration {
    ms(to_ms.saturating_sub(from_ms).max(0) as u64)
}

#[cfg(test)]
#[path = "gop_tests.rs"]
mod tests;
