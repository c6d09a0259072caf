//! The newest tags of a stream, muxed once, and where in them a viewer can start.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};
use kaibo_proto::flv;
use kaibo_proto::media::{AudioTrack, Frame, MediaEvent, Track, TrackKind, VideoTrack};

/// What an entry costs beside its tag's bytes, so that a flood of tiny tags is bounded too.
const ENTRY_COST_BYTES: usize = 128;
/// Sound without picture can start anywhere; a place this often is enough.
const SOUND_START_MS: i64 = 1_000;

/// Bounds of a log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogLimits {
    /// A reader further behind than this moves to the newest start; older tags are let go.
    pub(crate) lag_ms: i64,
    /// Most memory, whatever the length of a GOP.
    pub(crate) max_bytes: usize,
}

/// How far a reader has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    seq: u64,
    config: u32,
}

/// What a reader gets.
#[derive(Debug)]
pub(crate) struct Batch {
    /// Pieces of an FLV body in order, shared between readers.
    pub(crate) tags: Vec<Bytes>,
    /// Where to read on.
    pub(crate) cursor: Cursor,
    /// The reader was too far behind and lost some tags.
    pub(crate) skipped: bool,
}

#[derive(Debug)]
struct Entry {
    tag: Bytes,
    dts_ms: i64,
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
/// after it as long as that stays within `max_bytes`.
#[derive(Debug)]
pub(crate) struct TagLog {
    limits: LogLimits,
    entries: VecDeque<Entry>,
    first: u64,
    bytes: usize,
    newest_ms: i64,
    start: Option<Start>,
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
            start: None,
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
    pub(crate) fn push_track(&mut self, track: &Track) {
        match track {
            Track::Video(video) => self.video = Some(video.clone()),
            Track::Audio(audio) => self.audio = Some(audio.clone()),
        }
        self.config = self.config.wrapping_add(1);
        let tag = flv::tag(&MediaEvent::Track(track.clone()), self.newest_ms as u32);
        self.push(tag, self.newest_ms);
    }

    /// Adds a frame whose times are on the stream's output clock.
    pub(crate) fn push_frame(&mut self, frame: Frame) {
        if self.starts(&frame) {
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
        let tag = flv::tag(&MediaEvent::Frame(frame), dts_ms as u32);
        self.newest_ms = self.newest_ms.max(dts_ms);
        self.push(tag, dts_ms);
    }

    fn starts(&self, frame: &Frame) -> bool {
        if frame.track == TrackKind::Video {
            return frame.keyframe;
        }
        let due = self.start.as_ref().is_none_or(|start| {
            start.config != self.config || frame.dts_ms - start.dts_ms >= SOUND_START_MS
        });
        self.video.is_none() && due
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

    fn push(&mut self, tag: Bytes, dts_ms: i64) {
        self.bytes += tag.len() + ENTRY_COST_BYTES;
        self.entries.push_back(Entry { tag, dts_ms });
        while let Some(front) = self.entries.front() {
            let old = front.dts_ms < self.newest_ms - self.limits.lag_ms;
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

    /// Everything after `cursor`, or from the newest keyframe on for a new reader and for one that is
    /// too far behind. `None`: nothing new, or no keyframe yet.
    pub(crate) fn read(&self, cursor: Option<Cursor>) -> Option<Batch> {
        let Some(at) = cursor else {
            let start = self.start.as_ref()?;
            let mut opening =
                BytesMut::from(&flv::flv_header(start.has_video, start.has_audio)[..]);
            opening.extend_from_slice(&start.head);
            return Some(self.batch(Some(opening.freeze()), start.seq, false));
        };
        if at.seq == self.next() {
            return None;
        }
        let newer = self.start.as_ref().filter(|start| start.seq > at.seq);
        match newer {
            Some(start) if self.behind(at.seq) => {
                let head = (start.config != at.config).then(|| start.head.clone());
                Some(self.batch(head, start.seq, true))
            }
            _ if at.seq >= self.first => Some(self.batch(None, at.seq, false)),
            _ => None,
        }
    }

    fn behind(&self, seq: u64) -> bool {
        let entry = seq
            .checked_sub(self.first)
            .and_then(|at| self.entries.get(at as usize));
        entry.is_none_or(|entry| self.newest_ms - entry.dts_ms > self.limits.lag_ms)
    }

    fn batch(&self, head: Option<Bytes>, from: u64, skipped: bool) -> Batch {
        let skip = from.saturating_sub(self.first) as usize;
        let tags = self
            .entries
            .iter()
            .skip(skip)
            .map(|entry| entry.tag.clone());
        Batch {
            tags: head.into_iter().chain(tags).collect(),
            cursor: Cursor {
                seq: self.next(),
                config: self.config,
            },
            skipped,
        }
    }
}

#[cfg(test)]
#[path = "gop_tests.rs"]
mod tests;
