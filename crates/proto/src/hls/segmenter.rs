//! Decides where a stream is cut: frames in, segments out.

use crate::media::{AudioTrack, Frame, MediaEvent, Track, TrackKind, VideoTrack};

/// A keyframe this much before the target still cuts: encoders' groups of "2 s" jitter by a frame or two.
const SLACK_MS: i64 = 100;
/// How long a decided cut waits for sound that lags behind the pictures.
const GRACE_MS: i64 = 300;
/// What a lone frame is taken to last when nothing follows it.
const LONE_FRAME_MS: i64 = 40;
/// Sound that has come alone for so long begins a segment, though a picture was announced.
const PICTURE_AWAY_MS: i64 = 5_000;

/// Where to cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cutting {
    /// Cut at the first keyframe after so much media.
    pub target_ms: i64,
    /// Cut anywhere after so much media: bounds memory when keyframes are rare.
    pub max_ms: i64,
    /// Cut anywhere after so many bytes of payload: bounds memory when the bit rate is high.
    pub max_bytes: usize,
}

impl Default for Cutting {
    fn default() -> Self {
        Self {
            target_ms: 2_000,
            max_ms: 12_000,
            max_bytes: 24 * 1024 * 1024,
        }
    }
}

/// The media between two cuts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The picture's configuration, if there is a picture.
    pub video: Option<VideoTrack>,
    /// The sound's configuration, if there is sound.
    pub audio: Option<AudioTrack>,
    /// Pictures in decoding order.
    pub pictures: Vec<Frame>,
    /// AAC frames in decoding order. Late ones may be a little before `start_ms`.
    pub sound: Vec<Frame>,
    /// Decoding time of the cut before, in milliseconds on the stream's clock.
    pub start_ms: i64,
    /// Decoding time of the cut after; never before `start_ms`.
    pub end_ms: i64,
    /// Starts with a keyframe, or has no pictures.
    pub independent: bool,
    /// What comes before it has another configuration or another clock.
    pub discontinuity: bool,
}

/// Collects frames until there is a segment of them.
///
/// Time stamps may not go back within a track, save by a [`Segmenter::discontinuity`]; ones that do only make segments
/// shorter or longer than planned. Keeps at most [`Cutting::max_bytes`] and what arrives within 300 ms of media more.
#[derive(Debug)]
pub struct Segmenter {
    cutting: Cutting,
    video: Option<VideoTrack>,
    audio: Option<AudioTrack>,
    pictures: Vec<Frame>,
    sound: Vec<Frame>,
    bytes: usize,
    start_ms: Option<i64>,
    /// When waiting for a keyframe: since when no picture has come.
    alone_ms: Option<i64>,
    cut_ms: Option<i64>,
    /// Something was given out since the last break, and since ever.
    given: bool,
    given_ever: bool,
}

impl Segmenter {
    /// A segmenter that has seen nothing.
    pub fn new(cutting: Cutting) -> Self {
        Self {
            cutting,
            video: None,
            audio: None,
            pictures: Vec::new(),
            sound: Vec::new(),
            bytes: 0,
            start_ms: None,
            alone_ms: None,
            cut_ms: None,
            given: false,
            given_ever: false,
        }
    }

    /// Takes the next event; gives the segment that it completes.
    ///
    /// Frames without a track and, when there is a picture, everything before the first keyframe are dropped,
    /// unless the picture stays away for five seconds.
    pub fn push(&mut self, event: &MediaEvent) -> Option<Segment> {
        match event {
            MediaEvent::Track(track) => self.track(track),
            MediaEvent::Frame(frame) => self.frame(frame),
        }
    }

    /// The publisher went away or its clock jumped: gives what there is. Tracks have to be announced anew.
    pub fn discontinuity(&mut self) -> Option<Segment> {
        let rest = self.finish();
        self.video = None;
        self.audio = None;
        rest
    }

    fn track(&mut self, track: &Track) -> Option<Segment> {
        let (known, same) = match track {
            Track::Video(new) => (self.video.is_some(), self.video.as_ref() == Some(new)),
            Track::Audio(new) => (self.audio.is_some(), self.audio.as_ref() == Some(new)),
        };
        if same {
            return None;
        }
        let rest = if known || self.given {
            self.finish()
        } else {
            // The other track came a moment earlier; a segment of it alone would be a false start.
            self.clear();
            None
        };
        match track {
            Track::Video(new) => self.video = Some(new.clone()),
            Track::Audio(new) => self.audio = Some(new.clone()),
        }
        rest
    }

    fn frame(&mut self, frame: &Frame) -> Option<Segment> {
        let is_picture = frame.track == TrackKind::Video;
        if if is_picture {
            self.video.is_none()
        } else {
            self.audio.is_none()
        } {
            return None;
        }
        if self.start_ms.is_none() && self.must_wait(frame) {
            return None;
        }
        let start_ms = *self.start_ms.get_or_insert(frame.dts_ms);
        if self.cut_ms.is_none() && self.is_due(frame, frame.dts_ms.saturating_sub(start_ms)) {
            self.cut_ms = Some(frame.dts_ms);
        }
        self.bytes += frame.payload.len();
        if is_picture {
            &mut self.pictures
        } else {
            &mut self.sound
        }
        .push(frame.clone());

        let cut_ms = self.cut_ms?;
        let complete = self.audio.is_none()
            || (!is_picture && frame.dts_ms >= cut_ms)
            || frame.dts_ms >= cut_ms.saturating_add(GRACE_MS)
            || self.bytes > self.cutting.max_bytes;
        complete.then(|| self.cut(cut_ms))
    }

    /// Whether `frame` cannot begin the first segment: it needs a keyframe if there is a picture.
    fn must_wait(&mut self, frame: &Frame) -> bool {
        if self.video.is_none() {
            return false;
        }
        if frame.track == TrackKind::Video {
            self.alone_ms = Some(frame.dts_ms);
            return !frame.keyframe;
        }
        let alone_ms = *self.alone_ms.get_or_insert(frame.dts_ms);
        frame.dts_ms.saturating_sub(alone_ms) < PICTURE_AWAY_MS
    }

    /// Whether to cut before `frame`, which comes `length_ms` after the last cut.
    fn is_due(&self, frame: &Frame, length_ms: i64) -> bool {
        if length_ms <= 0 {
            return false;
        }
        let good_place =
            self.video.is_none() || (frame.track == TrackKind::Video && frame.keyframe);
        (good_place && length_ms.saturating_add(SLACK_MS) >= self.cutting.target_ms)
            || length_ms >= self.cutting.max_ms
            || self.bytes >= self.cutting.max_bytes
    }

    /// Gives everything before `cut_ms` and keeps the rest for the next segment.
    fn cut(&mut self, cut_ms: i64) -> Segment {
        let later = |frames: &[Frame]| {
            frames
                .iter()
                .position(|frame| frame.dts_ms >= cut_ms)
                .unwrap_or(frames.len())
        };
        let next_pictures = self.pictures.split_off(later(&self.pictures));
        let next_sound = self.sound.split_off(later(&self.sound));
        let segment = self.give(cut_ms);
        self.bytes = next_pictures
            .iter()
            .chain(&next_sound)
            .map(|frame| frame.payload.len())
            .sum();
        self.pictures = next_pictures;
        self.sound = next_sound;
        self.start_ms = Some(cut_ms);
        self.given = true;
        segment
    }

    /// Gives what there is and breaks: the next segment is a discontinuity.
    fn finish(&mut self) -> Option<Segment> {
        let rest = if self.pictures.is_empty() && self.sound.is_empty() {
            None
        } else {
            let end_ms = end_of(&self.pictures).max(end_of(&self.sound))?;
            Some(self.give(end_ms))
        };
        self.clear();
        rest
    }

    fn clear(&mut self) {
        self.pictures.clear();
        self.sound.clear();
        self.bytes = 0;
        self.start_ms = None;
        self.alone_ms = None;
        self.cut_ms = None;
        self.given = false;
    }

    fn give(&mut self, end_ms: i64) -> Segment {
        let start_ms = self.start_ms.unwrap_or(end_ms);
        let pictures = std::mem::take(&mut self.pictures);
        let discontinuity = self.given_ever && !self.given;
        self.given_ever = true;
        self.cut_ms = None;
        Segment {
            video: self.video.clone(),
            audio: self.audio.clone(),
            independent: pictures.first().is_none_or(|frame| frame.keyframe),
            pictures,
            sound: std::mem::take(&mut self.sound),
            start_ms,
            end_ms: end_ms.max(start_ms),
            discontinuity,
        }
    }
}

/// When the last frame ends, if it lasts as long as the one before.
fn end_of(frames: &[Frame]) -> Option<i64> {
    let last = frames.last()?.dts_ms;
    let before = frames.len().checked_sub(2).map(|at| frames[at].dts_ms);
    let length = before.map_or(LONE_FRAME_MS, |before| {
        last.saturating_sub(before).clamp(0, 1_000)
    });
    Some(last.saturating_add(length))
}
