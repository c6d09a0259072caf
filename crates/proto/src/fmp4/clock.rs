//! Decoding times of AAC frames in samples, out of publishers' time stamps in whole milliseconds.

/// Drift between the samples counted and the publisher's time stamps that is let be, in milliseconds.
///
/// Two AAC frames: rounding and RTMP jitter stay below, a lost frame or a drifting sound card ends above.
pub const TOLERANCE_MS: i64 = 40;

/// Counts samples so that frames follow each other without gap or overlap.
///
/// A millisecond is 48 samples at 48 kHz, so time stamps taken as they are would leave a click at every frame.
/// Only when the count has drifted by more than [`TOLERANCE_MS`] does it jump to the time stamp.
#[derive(Clone, Copy, Debug)]
pub struct AudioClock {
    sample_rate: i64,
    samples_per_frame: i64,
    last: Option<i64>,
}

impl AudioClock {
    /// A clock that has counted nothing; both figures are the core coder's.
    pub fn new(sample_rate: u32, samples_per_frame: u32) -> Self {
        Self {
            sample_rate: i64::from(sample_rate),
            samples_per_frame: i64::from(samples_per_frame),
            last: None,
        }
    }

    /// The decoding time, in samples, of the frame stamped `dts_ms`. Always later than the frame before.
    pub fn frame(&mut self, dts_ms: i64) -> u64 {
        let stamped = dts_ms.max(0).saturating_mul(self.sample_rate) / 1000;
        let time = match self.last {
            None => stamped,
            Some(last) => {
                let counted = last + self.samples_per_frame;
                let tolerance = TOLERANCE_MS * self.sample_rate / 1000;
                if counted.abs_diff(stamped) <= tolerance as u64 {
                    counted
                } else {
                    stamped.max(last + 1)
                }
            }
        };
        self.last = Some(time);
        time as u64
    }
}

#[cfg(test)]
mod tests {
    use super::AudioClock;

    /// Times of frames stamped as an encoder rounds them: frame `n` at `n * 1024 / rate` seconds.
    fn stamped(rate: i64, count: i64) -> impl Iterator<Item = i64> {
        (0..count).map(move |n| n * 1024 * 1000 / rate)
    }

    #[test]
    fn rounded_time_stamps_come_out_exactly_1024_apart() {
        for rate in [44_100, 48_000, 22_050] {
            let mut clock = AudioClock::new(rate as u32, 1024);
            let times: Vec<_> = stamped(rate, 20_000).map(|ms| clock.frame(ms)).collect();
            assert!(
                times.windows(2).all(|pair| pair[1] - pair[0] == 1024),
                "{rate}"
            );
        }
    }

    #[test]
    fn jitter_of_thirty_milliseconds_is_smoothed() {
        let mut clock = AudioClock::new(48_000, 1024);
        let jittered = stamped(48_000, 1000).zip([0, 30, -30, 10, -20].into_iter().cycle());
        let times: Vec<_> = jittered.map(|(ms, off)| clock.frame(ms + off)).collect();
        assert!(times.windows(2).all(|pair| pair[1] - pair[0] == 1024));
    }

    #[test]
    fn a_gap_jumps_to_the_time_stamp() {
        let mut clock = AudioClock::new(48_000, 1024);
        assert_eq!(clock.frame(1000), 48_000);
        assert_eq!(clock.frame(1021), 49_024);
        assert_eq!(clock.frame(1500), 72_000);
        assert_eq!(clock.frame(1521), 73_024);
    }

    #[test]
    fn a_slow_sound_card_is_followed_without_going_back() {
        // Frames come 22 ms apart though they last 21.33 ms; later 20 ms apart.
        let mut clock = AudioClock::new(48_000, 1024);
        let slow = (0..3000).map(|n| n * 22);
        let fast = (1..3000).map(|n| 2999 * 22 + n * 20);
        let mut before = None;
        for ms in slow.chain(fast) {
            let time = clock.frame(ms);
            assert!(before.is_none_or(|before| time > before));
            assert!((time as i64 - ms * 48).abs() <= 48 * 62, "at {ms}");
            before = Some(time);
        }
    }

    #[test]
    fn times_before_zero_count_from_zero() {
        let mut clock = AudioClock::new(48_000, 1024);
        assert_eq!(clock.frame(-500), 0);
        assert_eq!(clock.frame(i64::MIN), 1024);
        assert!(clock.frame(i64::MAX) > 1024);
    }
}
