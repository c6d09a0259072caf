//! Turns publishers' clocks into one clock for viewers: it never runs back, whoever publishes.

use kaibo_proto::media::TrackKind;

/// A track that falls back by more than this has a new clock; by less, it jitters.
const BACK_MS: i64 = 250;
/// A frame this far ahead of all others has a new clock.
const AHEAD_MS: i64 = 10_000;
/// A frame's length while none is known.
const STEP_MS: i64 = 40;

/// One stream's output clock. Starts at 0; grows strictly within each track, over every jump of the
/// publisher's clock and over every change of publisher.
#[derive(Debug, Default)]
pub(crate) struct Timeline {
    /// What to add to the publisher's time; unknown until its first frame.
    offset: Option<i64>,
    /// Greatest time given out so far.
    head: Option<i64>,
    video: Option<i64>,
    audio: Option<i64>,
    video_step: Option<i64>,
}

impl Timeline {
    /// A new publisher: its first frame follows the last frame given out.
    pub(crate) fn restart(&mut self) {
        self.offset = None;
    }

    /// The output time, in ms, of a frame with the publisher's decoding time `dts_ms`.
    pub(crate) fn map(&mut self, track: TrackKind, dts_ms: i64) -> i64 {
        let last = match track {
            TrackKind::Video => self.video,
            TrackKind::Audio => self.audio,
        };
        let wanted = self.offset.map(|offset| dts_ms.saturating_add(offset));
        let out = match wanted {
            Some(wanted) if !self.jumps(wanted, last) => wanted,
            _ => self.rebase(dts_ms),
        };
        let out = out.max(last.map_or(0, |last| last + 1));
        self.note(track, out, last);
        out
    }

    fn jumps(&self, wanted: i64, last: Option<i64>) -> bool {
        last.is_some_and(|last| wanted < last - BACK_MS)
            || self.head.is_some_and(|head| wanted > head + AHEAD_MS)
    }

    fn rebase(&mut self, dts_ms: i64) -> i64 {
        let out = self
            .head
            .map_or(0, |head| head + self.video_step.unwrap_or(STEP_MS));
        self.offset = Some(out.saturating_sub(dts_ms));
        out
    }

    fn note(&mut self, track: TrackKind, out: i64, last: Option<i64>) {
        self.head = Some(self.head.map_or(out, |head| head.max(out)));
        match track {
            TrackKind::Video => {
                self.video = Some(out);
                let step = last
                    .map(|last| out - last)
                    .filter(|step| (5..=200).contains(step));
                self.video_step = step.or(self.video_step);
            }
            TrackKind::Audio => self.audio = Some(out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use TrackKind::{Audio, Video};

    #[test]
    fn first_frame_is_at_zero_and_distances_stay() {
        let mut line = Timeline::default();
        let out: Vec<_> = [1_000, 1_033, 1_066].map(|dts| line.map(Video, dts)).into();
        assert_eq!(out, [0, 33, 66]);
        assert_eq!(line.map(Audio, 1_020), 20, "tracks keep their distance");
    }

    #[test]
    fn next_publisher_follows_by_one_frame() {
        let mut line = Timeline::default();
        for dts in [0, 33, 66] {
            line.map(Video, dts);
        }
        line.restart();
        assert_eq!(line.map(Video, 5_000_000), 99);
        assert_eq!(line.map(Audio, 5_000_010), 109);
    }

    #[test]
    fn jumps_are_taken_out() {
        let wrap = 1_i64 << 32;
        for jump in [-60_000, -1_000, 11_000, wrap, -wrap, 1 << 61, -1 << 61] {
            let mut line = Timeline::default();
            line.map(Video, 100_000);
            line.map(Audio, 100_010);
            line.map(Video, 100_040);
            let far = 100_080_i64 + jump;
            assert_eq!(line.map(Video, far), 80, "{jump}");
            assert_eq!(line.map(Audio, far + 5), 85, "{jump}");
        }
    }

    #[test]
    fn jitter_is_flattened_without_moving_the_other_track() {
        let mut line = Timeline::default();
        line.map(Video, 0);
        line.map(Audio, 20);
        assert_eq!(line.map(Audio, 18), 21);
        assert_eq!(line.map(Video, 40), 40);
    }

    #[test]
    fn a_silent_track_that_returns_is_not_a_jump() {
        let mut line = Timeline::default();
        line.map(Audio, 0);
        for n in 0..1_000 {
            assert_eq!(line.map(Video, n * 40), n * 40);
        }
        assert_eq!(line.map(Audio, 39_970), 39_970);
    }
}
