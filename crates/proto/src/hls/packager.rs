//! Muxes each segment once into CMAF and MPEG-TS, keeps a window of them, and answers for every file by its name.

use std::collections::VecDeque;

use bytes::Bytes;

use super::playlist::{AudioRendition, MediaPlaylist, Multivariant, SegmentLine, VideoRendition};
use super::segmenter::{Cutting, Segment, Segmenter};
use crate::fmp4::{self, FragmentWriter};
use crate::media::{AudioTrack, MediaEvent, Track, VideoTrack};
use crate::mpegts;

/// What is cut and how much of it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackagerConfig {
    /// Where to cut.
    pub cutting: Cutting,
    /// Segments in a playlist. As many again, which have left it, can still be fetched.
    pub window: usize,
    /// Most bytes kept, in all formats together; beyond it the oldest segments go early. One segment always stays.
    pub max_bytes: usize,
    /// Make MPEG-TS as well.
    pub mpegts: bool,
}

impl Default for PackagerConfig {
    fn default() -> Self {
        Self {
            cutting: Cutting::default(),
            window: 6,
            max_bytes: 128 * 1024 * 1024,
            mpegts: true,
        }
    }
}

/// A playlist by what it lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Playlist {
    /// `index.m3u8`: the tracks.
    Index,
    /// `video.m3u8`: CMAF segments of the picture.
    Video,
    /// `audio.m3u8`: CMAF segments of the sound.
    Audio,
    /// `ts.m3u8`: MPEG-TS segments.
    Ts,
}

impl Playlist {
    /// The playlist with this file name.
    pub fn by_name(name: &str) -> Option<Self> {
        match name {
            "index.m3u8" => Some(Self::Index),
            "video.m3u8" => Some(Self::Video),
            "audio.m3u8" => Some(Self::Audio),
            "ts.m3u8" => Some(Self::Ts),
            _ => None,
        }
    }

    /// Media type of every playlist.
    pub const CONTENT_TYPE: &'static str = "application/vnd.apple.mpegurl";
}

/// A file that a playlist names. It never changes under its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Media type.
    pub content_type: &'static str,
    /// Content, shared by all who fetch it.
    pub bytes: Bytes,
}

/// The tracks between two changes, and their initialisation segments.
#[derive(Debug)]
struct Epoch {
    number: u64,
    video: Option<(VideoTrack, Bytes)>,
    audio: Option<(AudioTrack, Bytes)>,
}

impl Epoch {
    fn new(number: u64, segment: &Segment) -> Self {
        let video = segment.video.clone();
        let audio = segment.audio.clone();
        Self {
            number,
            video: video.map(|track| (track.clone(), fmp4::init_segment(&Track::Video(track)))),
            audio: audio.map(|track| (track.clone(), fmp4::init_segment(&Track::Audio(track)))),
        }
    }

    fn fits(&self, segment: &Segment) -> bool {
        self.video.as_ref().map(|(track, _)| track) == segment.video.as_ref()
            && self.audio.as_ref().map(|(track, _)| track) == segment.audio.as_ref()
    }
}

/// One segment in all its formats.
#[derive(Debug)]
struct Entry {
    sequence: u64,
    epoch: u64,
    /// Discontinuities up to this segment, its own included.
    discontinuities: u64,
    discontinuity: bool,
    independent: bool,
    duration_ms: u64,
    program_date_time_ms: i64,
    video: Option<Bytes>,
    audio: Option<Bytes>,
    ts: Option<Bytes>,
}

impl Entry {
    fn bytes(&self) -> usize {
        [&self.video, &self.audio, &self.ts]
            .into_iter()
            .flatten()
            .map(Bytes::len)
            .sum()
    }

    /// Bits per second of the CMAF tracks together.
    fn bandwidth(&self) -> u64 {
        let bytes: usize = [&self.video, &self.audio]
            .into_iter()
            .flatten()
            .map(Bytes::len)
            .sum();
        bytes as u64 * 8_000 / self.duration_ms.max(1)
    }
}

/// Wall clock and stream clock of the newest frame, both in milliseconds.
#[derive(Clone, Copy, Debug)]
struct Moment {
    stream_ms: i64,
    wall_ms: i64,
}

/// Turns a stream into HLS.
///
/// Keeps twice [`PackagerConfig::window`] segments, at most [`PackagerConfig::max_bytes`] of them, and what the
/// [`Segmenter`] collects.
#[derive(Debug)]
pub struct Packager {
    config: PackagerConfig,
    run: String,
    segmenter: Segmenter,
    entries: VecDeque<Entry>,
    epochs: VecDeque<Epoch>,
    writers: (Option<FragmentWriter>, Option<FragmentWriter>),
    ts: Option<mpegts::Muxer>,
    next_sequence: u64,
    discontinuities: u64,
    target_duration_s: u64,
    newest: Option<Moment>,
    anchor: Option<Moment>,
    ended: bool,
}

impl Packager {
    /// A packager that has seen nothing.
    ///
    /// `run` tells the files of this run from those of an earlier one with the same numbers, which caches may still
    /// hold; use the start time.
    pub fn new(config: PackagerConfig, run: u64) -> Self {
        let seconds = config
            .cutting
            .target_ms
            .max(1)
            .unsigned_abs()
            .div_ceil(1000);
        Self {
            config,
            run: format!("{run:x}"),
            segmenter: Segmenter::new(config.cutting),
            entries: VecDeque::new(),
            epochs: VecDeque::new(),
            writers: (None, None),
            ts: None,
            next_sequence: 0,
            discontinuities: 0,
            target_duration_s: seconds,
            newest: None,
            anchor: None,
            ended: false,
        }
    }

    /// Takes the next event, which arrived at `wall_ms` (since 1970, UTC). True when the playlists have changed.
    pub fn push(&mut self, event: &MediaEvent, wall_ms: i64) -> bool {
        let segment = self.segmenter.push(event);
        if let MediaEvent::Frame(frame) = event {
            self.newest = Some(Moment {
                stream_ms: frame.dts_ms,
                wall_ms,
            });
        }
        self.add(segment)
    }

    /// The publisher went away or its clock jumped. True when the playlists have changed.
    ///
    /// Tracks have to be announced anew; ones that did not change keep their initialisation segment.
    pub fn discontinuity(&mut self) -> bool {
        let rest = self.segmenter.discontinuity();
        self.add(rest)
    }

    /// Nothing will follow: the playlists say so.
    pub fn end(&mut self) {
        self.discontinuity();
        self.ended = true;
    }

    /// The text of a playlist; `None` until it has a segment, or when there is no such track.
    ///
    /// `query` goes onto every address in it; one with characters that do not belong there is left out.
    pub fn playlist(&self, playlist: Playlist, query: &str) -> Option<String> {
        match playlist {
            Playlist::Index => self.index(query),
            Playlist::Video => self.media(query, "v", true, |entry| entry.video.as_ref()),
            Playlist::Audio => self.media(query, "a", true, |entry| entry.audio.as_ref()),
            Playlist::Ts => self.media(query, "t", false, |entry| entry.ts.as_ref()),
        }
    }

    /// The file with this name, unless it never was or is gone.
    pub fn file(&self, name: &str) -> Option<File> {
        let name = name.strip_prefix(&self.run)?.strip_prefix('-')?;
        let (stem, extension) = name.rsplit_once('.')?;
        let (kind, number) = stem.split_at_checked(1)?;
        if extension == "mp4" {
            let number = parse_number(number.strip_suffix("-init")?)?;
            let epoch = self.epochs.iter().find(|epoch| epoch.number == number)?;
            return match kind {
                "v" => epoch
                    .video
                    .as_ref()
                    .map(|(_, init)| file("video/mp4", init)),
                "a" => epoch
                    .audio
                    .as_ref()
                    .map(|(_, init)| file("audio/mp4", init)),
                _ => None,
            };
        }
        let first = self.entries.front()?.sequence;
        let at = usize::try_from(parse_number(number)?.checked_sub(first)?).ok()?;
        let entry = self.entries.get(at)?;
        match (kind, extension) {
            ("v", "m4s") => entry.video.as_ref().map(|bytes| file("video/mp4", bytes)),
            ("a", "m4s") => entry.audio.as_ref().map(|bytes| file("audio/mp4", bytes)),
            ("t", "ts") => entry.ts.as_ref().map(|bytes| file("video/mp2t", bytes)),
            _ => None,
        }
    }

    /// Bytes of all kept segments.
    pub fn kept_bytes(&self) -> usize {
        self.entries.iter().map(Entry::bytes).sum()
    }

    fn add(&mut self, segment: Option<Segment>) -> bool {
        let Some(segment) = segment else {
            return false;
        };
        self.follow_tracks(&segment);
        let duration_ms = segment
            .end_ms
            .saturating_sub(segment.start_ms)
            .max(1)
            .unsigned_abs();
        // Players want every length, rounded, within the target; the target itself may not shrink.
        self.target_duration_s = self.target_duration_s.max((duration_ms + 500) / 1000);
        self.discontinuities += u64::from(segment.discontinuity);
        let sequence = self.next_sequence;
        self.next_sequence += 1;

        let mux = |writer: &mut Option<FragmentWriter>, frames: &[_]| {
            writer
                .as_mut()?
                .segment(sequence as u32, frames, segment.end_ms)
        };
        let video = mux(&mut self.writers.0, &segment.pictures);
        let audio = mux(&mut self.writers.1, &segment.sound);
        let entry = Entry {
            sequence,
            epoch: self.epochs.back().map_or(0, |epoch| epoch.number),
            discontinuities: self.discontinuities,
            discontinuity: segment.discontinuity,
            independent: segment.independent,
            duration_ms,
            program_date_time_ms: self.wall_at(segment.start_ms),
            video,
            audio,
            ts: self.ts.as_mut().map(|muxer| mux_ts(muxer, &segment)),
        };
        self.entries.push_back(entry);
        self.drop_old();
        true
    }

    /// Starts writers and initialisation segments anew where the segment's tracks or clock want it.
    fn follow_tracks(&mut self, segment: &Segment) {
        let changed = !self.epochs.back().is_some_and(|epoch| epoch.fits(segment));
        if changed {
            let number = self.epochs.back().map_or(0, |epoch| epoch.number + 1);
            self.epochs.push_back(Epoch::new(number, segment));
            self.set_ts_tracks(segment);
        }
        if changed || segment.discontinuity {
            let video = segment
                .video
                .clone()
                .map(|track| FragmentWriter::new(&Track::Video(track)));
            let audio = segment
                .audio
                .clone()
                .map(|track| FragmentWriter::new(&Track::Audio(track)));
            self.writers = (video, audio);
            self.anchor = None;
        }
    }

    fn set_ts_tracks(&mut self, segment: &Segment) {
        if !self.config.mpegts {
            return;
        }
        let (video, audio) = (segment.video.as_ref(), segment.audio.as_ref());
        // Tracks come out of a demuxer that has read their configurations, so there is always a muxer for them.
        let followed = self
            .ts
            .as_mut()
            .is_some_and(|muxer| muxer.set_tracks(video, audio).is_ok());
        if !followed {
            self.ts = mpegts::Muxer::new(video, audio).ok();
        }
    }

    /// Wall clock at a time of the stream: counted from one moment per continuity, so that segments follow exactly.
    fn wall_at(&mut self, stream_ms: i64) -> i64 {
        let newest = self.newest.unwrap_or(Moment {
            stream_ms,
            wall_ms: 0,
        });
        let anchor = *self.anchor.get_or_insert(newest);
        anchor
            .wall_ms
            .saturating_add(stream_ms.saturating_sub(anchor.stream_ms))
    }

    fn drop_old(&mut self) {
        let most = self.config.window.max(1) * 2;
        let mut bytes = self.kept_bytes();
        while self.entries.len() > 1 && (self.entries.len() > most || bytes > self.config.max_bytes)
        {
            bytes -= self.entries.pop_front().map_or(0, |entry| entry.bytes());
        }
        let oldest = self.entries.front().map_or(0, |entry| entry.epoch);
        self.epochs.retain(|epoch| epoch.number >= oldest);
    }

    /// The segments in the playlist, from old to new.
    fn window(&self) -> impl Iterator<Item = &Entry> {
        self.entries
            .iter()
            .skip(self.entries.len().saturating_sub(self.config.window.max(1)))
    }

    fn index(&self, query: &str) -> Option<String> {
        let epoch = self.epochs.back()?;
        let entries = || self.window().filter(|entry| entry.epoch == epoch.number);
        let peak_bandwidth = entries().map(Entry::bandwidth).max()?;
        let (bits, ms) = entries().fold((0, 0), |(bits, ms), entry| {
            (
                bits + entry.bandwidth() * entry.duration_ms,
                ms + entry.duration_ms,
            )
        });
        let index = Multivariant {
            video: epoch.video.as_ref().map(|(track, _)| VideoRendition {
                uri: "video.m3u8".to_owned(),
                codec: track.codec_string.clone(),
                width: track.width,
                height: track.height,
            }),
            audio: epoch.audio.as_ref().map(|(track, _)| AudioRendition {
                uri: "audio.m3u8".to_owned(),
                codec: track.codec_string.clone(),
                channels: track.channels,
            }),
            peak_bandwidth,
            average_bandwidth: bits / ms.max(1),
        };
        Some(index.write(query))
    }

    /// A media playlist of one format; `prefix` begins its files' names.
    fn media(
        &self,
        query: &str,
        prefix: &str,
        cmaf: bool,
        content: impl Fn(&Entry) -> Option<&Bytes>,
    ) -> Option<String> {
        let first = self.window().next()?;
        self.window().find_map(&content)?;
        let run = &self.run;
        let extension = if cmaf { "m4s" } else { "ts" };
        let segments = self
            .window()
            .map(|entry| SegmentLine {
                uri: format!("{run}-{prefix}{}.{extension}", entry.sequence),
                duration_ms: entry.duration_ms,
                program_date_time_ms: entry.program_date_time_ms,
                discontinuity: entry.discontinuity,
                gap: content(entry).is_none(),
                map: (cmaf && content(entry).is_some())
                    .then(|| format!("{run}-{prefix}{}-init.mp4", entry.epoch)),
            })
            .collect();
        let playlist = MediaPlaylist {
            target_duration_s: self.target_duration_s,
            media_sequence: first.sequence,
            discontinuity_sequence: first.discontinuities - u64::from(first.discontinuity),
            independent: self.window().all(|entry| entry.independent),
            ended: self.ended,
            segments,
        };
        Some(playlist.write(query))
    }
}

/// One MPEG-TS segment: pictures and sound in the order of their decoding times.
fn mux_ts(muxer: &mut mpegts::Muxer, segment: &Segment) -> Bytes {
    let mut out = Vec::new();
    muxer.start_segment(&mut out);
    let mut sound = segment.sound.iter().peekable();
    for picture in &segment.pictures {
        while let Some(frame) = sound.next_if(|frame| frame.dts_ms < picture.dts_ms) {
            muxer.push(&mut out, frame);
        }
        muxer.push(&mut out, picture);
    }
    for frame in sound {
        muxer.push(&mut out, frame);
    }
    muxer.finish_segment(&mut out);
    out.into()
}

fn file(content_type: &'static str, bytes: &Bytes) -> File {
    File {
        content_type,
        bytes: bytes.clone(),
    }
}

/// A decimal number as it is written into names: no sign, no leading zero.
fn parse_number(text: &str) -> Option<u64> {
    let number = text.parse().ok()?;
    (text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0')))
        .then_some(number)
}
