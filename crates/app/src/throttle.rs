//! Slows down whoever tries too often.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use kaibo_domain::UnixMs;

/// Keys remembered at most; when full, those that are over go first.
const CAPACITY: usize = 10_000;

/// Counts tries per key within a window.
pub(crate) struct Throttle {
    tries: u32,
    window_ms: i64,
    seen: Mutex<HashMap<String, (u32, UnixMs)>>,
}

impl Throttle {
    /// Lets `tries` pass per key in `window_ms`.
    pub(crate) fn new(tries: u32, window_ms: i64) -> Self {
        Self {
            tries,
            window_ms,
            seen: Mutex::default(),
        }
    }

    /// Counts a try. `Err` says how many milliseconds to wait.
    pub(crate) fn take(&self, key: &str, now: UnixMs) -> Result<(), i64> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= CAPACITY {
            seen.retain(|_, (_, until)| self.runs(*until, now));
        }
        if seen.len() >= CAPACITY && !seen.contains_key(key) {
            return Err(self.window_ms);
        }
        let (count, until) = seen
            .entry(key.to_owned())
            .or_insert((0, now + self.window_ms));
        if !self.runs(*until, now) {
            (*count, *until) = (0, now + self.window_ms);
        }
        if *count >= self.tries {
            return Err(*until - now);
        }
        *count += 1;
        Ok(())
    }

    /// Whether a window that ends at `until` still runs; not if the clock was set back since.
    fn runs(&self, until: UnixMs, now: UnixMs) -> bool {
        (now + 1..=now + self.window_ms).contains(&until)
    }

    /// Forgets a key, after a success.
    pub(crate) fn clear(&self, key: &str) {
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_past_the_limit_wait_for_the_window_to_end() {
        let throttle = Throttle::new(2, 1000);
        assert_eq!(throttle.take("a", 0), Ok(()));
        assert_eq!(throttle.take("a", 10), Ok(()));
        assert_eq!(throttle.take("a", 400), Err(600));
        assert_eq!(throttle.take("b", 400), Ok(()));
        assert_eq!(throttle.take("a", 1000), Ok(()));
    }

    #[test]
    fn success_clears_the_count() {
        let throttle = Throttle::new(1, 1000);
        assert_eq!(throttle.take("a", 0), Ok(()));
        throttle.clear("a");
        assert_eq!(throttle.take("a", 0), Ok(()));
    }

    #[test]
    fn clock_that_is_set_back_makes_nobody_wait_longer() {
        let throttle = Throttle::new(1, 1000);
        assert_eq!(throttle.take("a", 3_600_000), Ok(()));
        assert_eq!(throttle.take("a", 0), Ok(()));
        assert_eq!(throttle.take("a", 1), Err(999));
    }
}
