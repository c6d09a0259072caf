//! What every protocol reads into and writes from: tracks and frames.

use bytes::Bytes;

/// A codec that Kaibo carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    /// H.264 / AVC (ISO/IEC 14496-10).
    H264,
    /// AAC (ISO/IEC 14496-3).
    Aac,
}

/// Which of a stream's two tracks something belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TrackKind {
    /// The picture.
    Video,
    /// The sound.
    Audio,
}

/// A track's decoder configuration; a new one replaces the old from the next frame on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Track {
    /// The picture.
    Video(VideoTrack),
    /// The sound.
    Audio(AudioTrack),
}

/// Decoder configuration of the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VideoTrack {
    /// Codec of the payloads.
    pub codec: Codec,
    /// `AVCDecoderConfigurationRecord` (ISO/IEC 14496-15, 5.3.3.1) as received.
    pub config: Bytes,
    /// Picture width in pixels after cropping.
    pub width: u16,
    /// Picture height in pixels after cropping.
    pub height: u16,
    /// Bytes of each NAL unit's length field in a payload: 1, 2 or 4.
    pub nal_length_bytes: u8,
    /// RFC 6381 name, such as `avc1.64001f`.
    pub codec_string: String,
}

/// Decoder configuration of the sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudioTrack {
    /// Codec of the payloads.
    pub codec: Codec,
    /// `AudioSpecificConfig` (ISO/IEC 14496-3, 1.6.2.1) as received.
    pub config: Bytes,
    /// Samples per second of the decoded sound.
    pub sample_rate: u32,
    /// Number of channels.
    pub channels: u8,
    /// RFC 6381 name, such as `mp4a.40.2`.
    pub codec_string: String,
}

/// One access unit: a coded picture, or one AAC frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The track it belongs to.
    pub track: TrackKind,
    /// Decoding time in milliseconds on the publisher's clock, 32-bit wraps undone.
    pub dts_ms: i64,
    /// Presentation time less decoding time, in milliseconds (B-frames; 0 for sound).
    pub cts_ms: i32,
    /// The decoder can start here. Always true for sound.
    pub keyframe: bool,
    /// H.264: length-prefixed NAL units. AAC: one raw frame without ADTS header.
    pub payload: Bytes,
}

/// What a publisher's bytes turn into, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MediaEvent {
    /// A decoder configuration that differs from the one before.
    Track(Track),
    /// A coded frame. Never comes before its track.
    Frame(Frame),
}
