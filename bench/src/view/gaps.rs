//! Whether a viewer went without bytes for too long.

use crate::clock::SECOND;

/// A viewer is stalled if nothing comes for longer than this.
const STALL_NS: u64 = SECOND;

/// The time between bytes, seen only within a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gaps {
    last_ns: u64,
    stalled: bool,
}

impl Gaps {
    /// Of a viewer that comes now: the way to its first byte counts as well.
    pub(crate) fn from(now: u64) -> Self {
        Self {
            last_ns: now,
            stalled: false,
        }
    }

    /// Bytes came. `opened_ns`: since when it counts; `u64::MAX` if it does not yet.
    pub(crate) fn bytes_at(&mut self, now: u64, opened_ns: u64) {
        self.close(now, opened_ns);
        self.last_ns = now;
    }

    /// Whether there was a stall from the window's opening up to now, its end.
    pub(crate) fn close(&mut self, now: u64, opened_ns: u64) -> bool {
        let since = self.last_ns.max(opened_ns);
        self.stalled |= now.saturating_sub(since) > STALL_NS;
        self.stalled
    }
}

#[cfg(test)]
mod tests {
    use super::Gaps;
    use crate::clock::SECOND;

    #[test]
    fn viewer_stalls_after_more_than_a_second_without_bytes() {
        let mut gaps = Gaps::from(0);
        gaps.bytes_at(10 * SECOND, 9 * SECOND);
        gaps.bytes_at(11 * SECOND, 9 * SECOND);
        assert!(!gaps.close(12 * SECOND, 9 * SECOND));
        gaps.bytes_at(12 * SECOND + 1, 9 * SECOND);
        assert!(gaps.close(12 * SECOND + 2, 9 * SECOND));
    }

    #[test]
    fn silence_before_the_window_does_not_count() {
        let mut gaps = Gaps::from(0);
        gaps.bytes_at(SECOND, u64::MAX);
        gaps.bytes_at(5 * SECOND, u64::MAX);
        gaps.bytes_at(8 * SECOND, 8 * SECOND - 1);
        assert!(!gaps.close(9 * SECOND, 8 * SECOND - 1));
    }

    #[test]
    fn viewer_that_comes_late_is_not_stalled_before_it_came() {
        let mut gaps = Gaps::from(5 * SECOND);
        gaps.bytes_at(5 * SECOND + 1, 0);
        assert!(!gaps.close(6 * SECOND, 0));
        assert!(
            Gaps::from(5 * SECOND).close(7 * SECOND, 0),
            "it gets nothing"
        );
    }

    #[test]
    fn viewer_that_falls_silent_is_found_at_the_end() {
        let mut gaps = Gaps::from(0);
        gaps.bytes_at(SECOND, 0);
        assert!(gaps.close(3 * SECOND, 0));
    }
}
