//! Turns publishers' clocks into one clock for viewers: it never runs back, whoever publishes.

use kaibo_proto::media::TrackKind;

/// A track that falls back by more than this has a new clock; by less, it jitters.
const BACK_MS: i64 = 250;
/// A frame this far ahead of all others has a new clock.
const AHEAD_MS: i64 = 10_000;
/// While one track has a new clock and the other not yet, or never, each keeps its own, unless they
/// are no further apart than this: then what the publisher says of their distance holds.
const APART_MS: i64 = 3_000;
/// A frame's length while none is known.
const STEP_MS: i64 = 40;

/// One stream's output clock. Starts at 0; grows strictly within each track, over every jump of the
/// publisher's clock and over every change of publisher.
#[derive(Debug, Default)]
pub(crate) struct Timeline {
    /// What to add to the publisher's time, as found last; unknown until its first frame.
    offset: Option<i64>,
    /// What was added to each track's last frame.
    video_offset: Option<i64>,
    audio_offset: Option<i64>,
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
        self.video_offset = None;
        self.audio_offset = None;
    }

    /// The output time, in ms, of a frame with the publisher's decoding time `dts_ms`.
    pub(crate) fn map(&mut self, track: TrackKind, dts_ms: i64) -> i64 {
        let (last, own) = match track {
            TrackKind::Video => (self.video, self.video_offset),
            TrackKind::Audio => (self.audio, self.audio_offset),
        };
        let fitting = |offset: &i64| !self.jumps(dts_ms.saturating_add(*offset), last);
        let (own, newest) = (own.filter(fitting), self.offset.filter(fitting));
        let offset = match (own, newest) {
            (Some(own), Some(newest)) if self.is_nearer(own, newest, dts_ms) => own,
            (own, newest) => newest.or(own).unwrap_or_else(|| self.rebase(dts_ms)),
        };
        let out = dts_ms.saturating_add(offset);
        let out = out.max(last.map_or(0, |last| last + 1));
        match track {
            TrackKind::Video => self.video_offset = Some(offset),
            TrackKind::Audio => self.audio_offset = Some(offset),
        }
        self.note(track, out, last);
        out
    }

    /// Whether the track's own offset leads much nearer to what was given out.
    fn is_nearer(&self, own: i64, newest: i64, dts_ms: i64) -> bool {
        let head = self.head.unwrap_or(0);
        let distance = |offset: i64| {
            dts_ms
                .saturating_add(offset)
                .saturating_sub(head)
                .saturating_abs()
        };
        distance(own).saturating_add(APART_MS) < distance(newest)
    }

    fn jumps(&self, wanted: i64, last: Option<i64>) -> bool {
        last.is_some_and(|last| wanted < last - BACK_MS)
            || self.head.is_some_and(|head| wanted > head + AHEAD_MS)
    }

    /// A new offset, by which the frame follows the last one given out.
    fn rebase(&mut self, dts_ms: i64) -> i64 {
        let out = self
            .head
            .map_or(0, |head| head + self.video_step.unwrap_or(STEP_MS));
        let offset = out.saturating_sub(dts_ms);
        self.offset = Some(offset);
        offset
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
    fn frames_of_the_old_clock_that_come_late_open_no_hole() {
        for jump in [-60_000, -5_000, 11_000, 1 << 32] {
            let mut line = Timeline::default();
            line.map(Video, 100_000);
            line.map(Audio, 100_010);
            assert_eq!(line.map(Video, 100_040 + jump), 50, "{jump}");
            assert_eq!(line.map(Audio, 100_030), 30, "{jump}");
            assert_eq!(line.map(Audio, 100_050 + jump), 60, "{jump}");
            assert_eq!(line.map(Video, 100_080 + jump), 90, "{jump}");
        }
    }

    #[test]
    fn tracks_with_clocks_of_their_own_run_at_pace() {
        let mut line = Timeline::default();
        for n in 0..250 {
            line.map(Video, 1_000_000 + n * 40);
            line.map(Audio, n * 40);
        }
        let (video, audio) = (line.map(Video, 1_010_000), line.map(Audio, 10_000));
        assert!((10_000..10_200).contains(&video), "{video}");
        assert!((video - audio).abs() < 200, "{video} and {audio}");
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
