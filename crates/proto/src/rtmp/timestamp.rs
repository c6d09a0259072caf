//! Undoes the wraps of RTMP's 32-bit millisecond timestamps.

/// Turns 32-bit timestamps into 64-bit ones that go on where 32 bits wrap (every 49.7 days).
///
/// Audio and video of one stream share one, so that both wrap together.
#[derive(Clone, Debug, Default)]
pub(super) struct Unwrapper {
    last: Option<i64>,
}

impl Unwrapper {
    /// The 64-bit time nearest to the one before; the first is taken as it is.
    pub(super) fn unwrap(&mut self, timestamp: u32) -> i64 {
        let time = match self.last {
            None => i64::from(timestamp),
            Some(last) => last + i64::from(timestamp.wrapping_sub(last as u32) as i32),
        };
        self.last = Some(time);
        time
    }
}

#[cfg(test)]
mod tests {
    use super::Unwrapper;

    #[test]
    fn goes_on_over_the_wrap_and_back() {
        let mut unwrapper = Unwrapper::default();
        assert_eq!(unwrapper.unwrap(0xffff_fff0), 0xffff_fff0);
        assert_eq!(unwrapper.unwrap(0x10), 0x1_0000_0010);
        assert_eq!(unwrapper.unwrap(0xffff_fffe), 0xffff_fffe);
        assert_eq!(unwrapper.unwrap(0x20), 0x1_0000_0020);
    }

    #[test]
    fn a_small_step_back_stays_a_step_back() {
        let mut unwrapper = Unwrapper::default();
        assert_eq!(unwrapper.unwrap(100), 100);
        assert_eq!(unwrapper.unwrap(60), 60);
        assert_eq!(unwrapper.unwrap(140), 140);
    }

    #[test]
    fn two_wraps_add_up() {
        let mut unwrapper = Unwrapper::default();
        let mut expected = 0;
        for step in 0..10_u32 {
            assert_eq!(unwrapper.unwrap(step.wrapping_mul(0x4000_0000)), expected);
            expected += 0x4000_0000;
        }
    }
}
