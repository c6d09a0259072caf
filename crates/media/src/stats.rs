//! What can be told about a stream. Never a key.

use serde::Serialize;

use crate::stream::Stream;

/// A stream's figures now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StreamStats {
    /// Its public name.
    pub stream: String,
    /// Configuration, a keyframe and 500 ms of media have come from this publisher.
    pub good: bool,
    /// Who publishes, if anybody.
    pub publisher: Option<PublisherStats>,
    /// Milliseconds since the last frame.
    pub last_frame_ms_ago: u64,
    /// RFC 6381 name of the picture's codec.
    pub video_codec: Option<String>,
    /// Picture width in pixels; 0 without picture.
    pub width: u16,
    /// Picture height in pixels; 0 without picture.
    pub height: u16,
    /// RFC 6381 name of the sound's codec.
    pub audio_codec: Option<String>,
    /// HTTP-FLV viewers now.
    pub viewers: usize,
    /// Bytes of media sent to viewers.
    pub bytes_out: u64,
    /// Times a slow viewer skipped to the newest keyframe.
    pub skips: u64,
    /// Viewers cut because they skipped too often.
    pub viewers_cut: u64,
}

/// A publisher's figures now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PublisherStats {
    /// Number of its conversation.
    pub session: u64,
    /// Where it connects from.
    pub peer: String,
    /// Bytes received since it was let in.
    pub bytes_in: u64,
    /// Milliseconds since it was let in.
    pub age_ms: u64,
}

pub(crate) fn of(stream: &Stream) -> StreamStats {
    let publisher = stream.with_current(|current| PublisherStats {
        session: current.session.0,
        peer: current.peer.to_string(),
        bytes_in: current.heard.bytes(),
        age_ms: current.heard.began().elapsed().as_millis() as u64,
    });
    let look = stream.look();
    StreamStats {
        stream: stream.name.to_string(),
        good: look.good,
        publisher,
        last_frame_ms_ago: look.last_frame.elapsed().as_millis() as u64,
        width: look.video.as_ref().map_or(0, |video| video.width),
        height: look.video.as_ref().map_or(0, |video| video.height),
        video_codec: look.video.map(|video| video.codec_string),
        audio_codec: look.audio.map(|audio| audio.codec_string),
        viewers: stream.counts.viewers(),
        bytes_out: stream.counts.bytes_out(),
        skips: stream.counts.skips(),
        viewers_cut: stream.counts.cut(),
    }
}
