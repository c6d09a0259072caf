//! Decides when a stream is good: configuration, a keyframe and 500 ms of media.

use kaibo_proto::media::{Frame, TrackKind};

/// How much media after the keyframe makes a stream good.
const GOOD_AFTER_MS: i64 = 500;

/// What has been seen of one publisher since it came, or since its stream was lost.
#[derive(Debug, Default)]
pub(crate) struct Health {
    has_video: bool,
    start_ms: Option<i64>,
    good: bool,
}

impl Health {
    /// A video track was announced: from now on a sound frame is no start.
    pub(crate) fn expect_video(&mut self) {
        if !self.has_video {
            self.has_video = true;
            self.start_ms = None;
        }
    }

    /// Takes a frame (times on the output clock); true once, when the stream becomes good.
    pub(crate) fn frame(&mut self, frame: &Frame) -> bool {
        let may_start = frame.keyframe && (frame.track == TrackKind::Video || !self.has_video);
        if self.start_ms.is_none() && may_start {
            self.start_ms = Some(frame.dts_ms);
        }
        let long = self
            .start_ms
            .is_some_and(|start| frame.dts_ms - start >= GOOD_AFTER_MS);
        let becomes = long && !self.good;
        self.good |= becomes;
        becomes
    }

    /// Whether the stream is good.
    pub(crate) fn is_good(&self) -> bool {
        self.good
    }

    /// The stream was lost: it must show a keyframe and 500 ms again.
    pub(crate) fn lose(&mut self) {
        self.good = false;
        self.start_ms = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn frame(track: TrackKind, dts_ms: i64, keyframe: bool) -> Frame {
        Frame {
            track,
            dts_ms,
            cts_ms: 0,
            keyframe,
            payload: Bytes::new(),
        }
    }

    #[test]
    fn good_needs_keyframe_and_half_a_second() {
        let mut health = Health::default();
        health.expect_video();
        assert!(!health.frame(&frame(TrackKind::Audio, 0, true)));
        assert!(
            !health.frame(&frame(TrackKind::Video, 900, false)),
            "no keyframe yet"
        );
        assert!(!health.frame(&frame(TrackKind::Video, 1_000, true)));
        assert!(!health.frame(&frame(TrackKind::Video, 1_499, false)));
        assert!(health.frame(&frame(TrackKind::Audio, 1_500, true)));
        assert!(
            !health.frame(&frame(TrackKind::Video, 1_600, false)),
            "once"
        );
    }

    #[test]
    fn sound_alone_can_be_good() {
        let mut health = Health::default();
        assert!(!health.frame(&frame(TrackKind::Audio, 0, true)));
        assert!(health.frame(&frame(TrackKind::Audio, 510, true)));
    }

    #[test]
    fn lost_starts_over() {
        let mut health = Health::default();
        health.frame(&frame(TrackKind::Audio, 0, true));
        health.frame(&frame(TrackKind::Audio, 510, true));
        health.lose();
        assert!(!health.is_good());
        assert!(!health.frame(&frame(TrackKind::Audio, 20_000, true)));
        assert!(health.frame(&frame(TrackKind::Audio, 20_500, true)));
    }
}
