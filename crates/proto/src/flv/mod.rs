//! FLV: tag bodies (which are RTMP messages too) to media events and back, and whole files.

mod names;
mod reader;

use bytes::{BufMut, Bytes, BytesMut};

use self::names::{audio_name, enhanced_video_name, legacy_video_name};
pub use self::reader::Reader;
use crate::aac::{self, AacError};
use crate::h264::{self, H264Error};
use crate::media::{AudioTrack, Frame, MediaEvent, Track, TrackKind, VideoTrack};

/// Longest tag body taken, in bytes; a keyframe of a 4K stream stays far below.
pub const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;
/// `CodecID` of AVC in a video tag (Adobe FLV 10.1, E.4.3.1).
const CODEC_AVC: u8 = 7;
/// `SoundFormat` of AAC in an audio tag (Adobe FLV 10.1, E.4.2.1).
const SOUND_AAC: u8 = 10;
/// First byte of every AAC tag: AAC, and the rate, size and channels that the standard fixes.
const AAC_TAG: u8 = 0xaf;
/// Bytes of a tag's header.
const TAG_HEADER_BYTES: usize = 11;
/// Bytes of the size that follows each tag.
const PREVIOUS_SIZE_BYTES: usize = 4;

/// What a tag carries; the number is the FLV tag type and the RTMP message type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TagKind {
    /// Sound.
    Audio = 8,
    /// Picture.
    Video = 9,
}

/// Why a tag cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FlvError {
    /// A codec that Kaibo does not carry. Ask the publisher for H.264 and AAC.
    #[error("{name} is not carried; set the encoder to H.264 and AAC")]
    UnsupportedCodec {
        /// What people call it, such as `hvc1 (H.265)` or `MP3`.
        name: String,
    },
    /// The body ends inside its header.
    #[error("an FLV tag is cut short")]
    Truncated,
    /// The body is longer than [`MAX_BODY_BYTES`].
    #[error(
        "an FLV tag of {0} bytes is longer than the {MAX_BODY_BYTES} allowed; lower the bit rate"
    )]
    TooLong(usize),
    /// The picture's decoder configuration cannot be used.
    #[error(transparent)]
    VideoConfig(#[from] H264Error),
    /// The sound's decoder configuration cannot be used.
    #[error(transparent)]
    AudioConfig(AacError),
    /// A file that does not begin like FLV version 1.
    #[error("this is not an FLV file (version 1)")]
    NotFlv,
}

impl From<AacError> for FlvError {
    fn from(error: AacError) -> Self {
        match error {
            AacError::Unsupported(name) => Self::UnsupportedCodec { name },
            other => Self::AudioConfig(other),
        }
    }
}

/// Turns tag bodies into media events; holds the two newest decoder configurations and nothing else.
#[derive(Debug, Default)]
pub struct Demuxer {
    video: Option<VideoTrack>,
    audio: Option<AudioTrack>,
}

impl Demuxer {
    /// A demuxer that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads one tag body, the payload of an RTMP audio or video message.
    ///
    /// `timestamp_ms` is the decoding time and passes through unchanged. `None` for what is no news: the configuration
    /// in force sent again, frames before their configuration, end markers, empty bodies, access units without a
    /// picture. Payloads share the memory of `body`. An error concerns this tag only; later ones may be read.
    pub fn tag(
        &mut self,
        kind: TagKind,
        timestamp_ms: i64,
        body: Bytes,
    ) -> Result<Option<MediaEvent>, FlvError> {
        if body.len() > MAX_BODY_BYTES {
            return Err(FlvError::TooLong(body.len()));
        }
        let Some(&first) = body.first() else {
            return Ok(None);
        };
        match kind {
            TagKind::Video => self.video(first, timestamp_ms, &body),
            TagKind::Audio => self.audio(first, timestamp_ms, &body),
        }
    }

    /// Reads a video tag body (Adobe FLV 10.1, E.4.3).
    fn video(
        &mut self,
        first: u8,
        dts_ms: i64,
        body: &Bytes,
    ) -> Result<Option<MediaEvent>, FlvError> {
        if first & 0x80 != 0 {
            return Err(unsupported(enhanced_video_name(first, body)));
        }
        // Frame type 5 is a command for the player, whatever the codec.
        let frame_type = first >> 4;
        if frame_type == 5 {
            return Ok(None);
        }
        if first & 15 != CODEC_AVC {
            return Err(unsupported(legacy_video_name(first & 15)));
        }
        let Some(&[packet_type, high, middle, low]) = body.get(1..5) else {
            return Err(FlvError::Truncated);
        };
        match packet_type {
            0 => {
                let config = body.slice(5..);
                if self
                    .video
                    .as_ref()
                    .is_some_and(|track| track.config == config)
                {
                    return Ok(None);
                }
                let track = h264::video_track(config)?;
                self.video = Some(track.clone());
                Ok(Some(MediaEvent::Track(Track::Video(track))))
            }
            1 => {
                let cts_ms = i32::from_be_bytes([high, middle, low, 0]) >> 8;
                Ok(self.picture(frame_type == 1, dts_ms, cts_ms, body.slice(5..)))
            }
            _ => Ok(None),
        }
    }

    /// A coded picture, unless it has no configuration or no slice.
    fn picture(
        &self,
        marked_key: bool,
        dts_ms: i64,
        cts_ms: i32,
        payload: Bytes,
    ) -> Option<MediaEvent> {
        let unit = h264::inspect(&payload, self.video.as_ref()?.nal_length_bytes);
        unit.picture.then(|| {
            MediaEvent::Frame(Frame {
                track: TrackKind::Video,
                dts_ms,
                cts_ms,
                // Some encoders mark an IDR picture as an inter frame, others start at recovery points.
                keyframe: marked_key || unit.idr,
                payload,
            })
        })
    }

    /// Reads an audio tag body (Adobe FLV 10.1, E.4.2).
    fn audio(
        &mut self,
        first: u8,
        dts_ms: i64,
        body: &Bytes,
    ) -> Result<Option<MediaEvent>, FlvError> {
        if first >> 4 != SOUND_AAC {
            return Err(unsupported(audio_name(first, body)));
        }
        let packet_type = *body.get(1).ok_or(FlvError::Truncated)?;
        let payload = body.slice(2..);
        match packet_type {
            0 => {
                if self
                    .audio
                    .as_ref()
                    .is_some_and(|track| track.config == payload)
                {
                    return Ok(None);
                }
                let track = aac::audio_track(payload)?;
                self.audio = Some(track.clone());
                Ok(Some(MediaEvent::Track(Track::Audio(track))))
            }
            1 if self.audio.is_some() && !payload.is_empty() => {
                Ok(Some(MediaEvent::Frame(Frame {
                    track: TrackKind::Audio,
                    dts_ms,
                    cts_ms: 0,
                    keyframe: true,
                    payload,
                })))
            }
            _ => Ok(None),
        }
    }
}

fn unsupported(name: String) -> FlvError {
    FlvError::UnsupportedCodec { name }
}

/// Body of a video message with one coded picture.
pub fn video_body(frame: &Frame) -> Bytes {
    let mut out = BytesMut::with_capacity(5 + frame.payload.len());
    put_body(&mut out, &Content::Picture(frame));
    out.freeze()
}

/// Body of an audio message with one AAC frame.
pub fn audio_body(frame: &Frame) -> Bytes {
    let mut out = BytesMut::with_capacity(2 + frame.payload.len());
    put_body(&mut out, &Content::Sound(frame));
    out.freeze()
}

/// Body of the video message that announces a decoder configuration.
pub fn video_config_body(track: &VideoTrack) -> Bytes {
    let mut out = BytesMut::with_capacity(5 + track.config.len());
    put_body(&mut out, &Content::VideoConfig(track));
    out.freeze()
}

/// Body of the audio message that announces a decoder configuration.
pub fn audio_config_body(track: &AudioTrack) -> Bytes {
    let mut out = BytesMut::with_capacity(2 + track.config.len());
    put_body(&mut out, &Content::AudioConfig(track));
    out.freeze()
}

/// Kind and body of the tag, or RTMP message, for any media event.
pub fn body(event: &MediaEvent) -> (TagKind, Bytes) {
    let content = Content::of(event);
    let mut out = BytesMut::with_capacity(content.len());
    put_body(&mut out, &content);
    (content.kind(), out.freeze())
}

/// A complete tag with the `PreviousTagSize` after it, in one piece.
///
/// Allocates the payload's length and 20 bytes.
pub fn tag(event: &MediaEvent, timestamp_ms: u32) -> Bytes {
    let mut out = BytesMut::new();
    put_tag(&mut out, event, timestamp_ms);
    out.freeze()
}

/// Appends what [`tag`] gives to `out`, so that tags that are sent together lie side by side.
pub fn put_tag(out: &mut BytesMut, event: &MediaEvent, timestamp_ms: u32) {
    let content = Content::of(event);
    let length = content.len();
    out.reserve(TAG_HEADER_BYTES + length + PREVIOUS_SIZE_BYTES);
    put_tag_header(out, content.kind() as u8, length, timestamp_ms);
    put_body(out, &content);
    out.put_u32((TAG_HEADER_BYTES + length) as u32);
}

/// The file header and `PreviousTagSize0`: what an FLV file or an HTTP-FLV body begins with.
pub fn flv_header(has_video: bool, has_audio: bool) -> Bytes {
    let flags = u8::from(has_audio) << 2 | u8::from(has_video);
    Bytes::copy_from_slice(&[b'F', b'L', b'V', 1, flags, 0, 0, 0, 9, 0, 0, 0, 0])
}

/// A media event seen as the tag that carries it.
enum Content<'a> {
    VideoConfig(&'a VideoTrack),
    AudioConfig(&'a AudioTrack),
    Picture(&'a Frame),
    Sound(&'a Frame),
}

impl<'a> Content<'a> {
    fn of(event: &'a MediaEvent) -> Self {
        match event {
            MediaEvent::Track(Track::Video(track)) => Self::VideoConfig(track),
            MediaEvent::Track(Track::Audio(track)) => Self::AudioConfig(track),
            MediaEvent::Frame(frame) => match frame.track {
                TrackKind::Video => Self::Picture(frame),
                TrackKind::Audio => Self::Sound(frame),
            },
        }
    }

    fn kind(&self) -> TagKind {
        match self {
            Self::VideoConfig(_) | Self::Picture(_) => TagKind::Video,
            Self::AudioConfig(_) | Self::Sound(_) => TagKind::Audio,
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::VideoConfig(track) => 5 + track.config.len(),
            Self::AudioConfig(track) => 2 + track.config.len(),
            Self::Picture(frame) => 5 + frame.payload.len(),
            Self::Sound(frame) => 2 + frame.payload.len(),
        }
    }
}

fn put_body(out: &mut BytesMut, content: &Content<'_>) {
    match content {
        Content::VideoConfig(track) => {
            out.put_slice(&[1 << 4 | CODEC_AVC, 0, 0, 0, 0]);
            out.put_slice(&track.config);
        }
        Content::AudioConfig(track) => {
            out.put_slice(&[AAC_TAG, 0]);
            out.put_slice(&track.config);
        }
        Content::Picture(frame) => {
            let frame_type = if frame.keyframe { 1 } else { 2 };
            let [_, high, middle, low] = frame.cts_ms.to_be_bytes();
            out.put_slice(&[frame_type << 4 | CODEC_AVC, 1, high, middle, low]);
            out.put_slice(&frame.payload);
        }
        Content::Sound(frame) => {
            out.put_slice(&[AAC_TAG, 1]);
            out.put_slice(&frame.payload);
        }
    }
}

/// Writes a tag's header (Adobe FLV 10.1, E.4.1).
///
/// The demuxer lets no body above [`MAX_BODY_BYTES`] in, so a longer one is a bug of the caller.
fn put_tag_header(out: &mut BytesMut, kind: u8, length: usize, timestamp_ms: u32) {
    assert!(
        length <= 0xff_ffff,
        "an FLV tag holds 16 MiB at most, not {length} bytes"
    );
    let [extended, high, middle, low] = timestamp_ms.to_be_bytes();
    out.put_u8(kind);
    out.put_uint(length as u64, 3);
    out.put_slice(&[high, middle, low, extended, 0, 0, 0]);
}
