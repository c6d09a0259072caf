//! One clock for publisher, floor and viewers: CLOCK_MONOTONIC, the same for every process of a machine.

use std::thread;
use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};

pub(crate) const MS: u64 = 1_000_000;
pub(crate) const SECOND: u64 = 1_000 * MS;

/// Nanoseconds on the monotonic clock.
pub(crate) fn now_ns() -> u64 {
    nanoseconds(clock_gettime(ClockId::Monotonic))
}

/// Seconds since 1970.
pub(crate) fn unix_seconds() -> i64 {
    clock_gettime(ClockId::Realtime).tv_sec
}

/// Sleeps until the monotonic clock shows this.
pub(crate) fn sleep_until(at_ns: u64) {
    thread::sleep(Duration::from_nanos(at_ns.saturating_sub(now_ns())));
}

/// The time from now to `at_ns` for a wait; none if it has passed.
pub(crate) fn until(at_ns: u64, now: u64) -> Timespec {
    let left = at_ns.saturating_sub(now);
    Timespec {
        tv_sec: (left / SECOND) as i64,
        tv_nsec: (left % SECOND) as i64,
    }
}

fn nanoseconds(time: Timespec) -> u64 {
    time.tv_sec as u64 * SECOND + time.tv_nsec as u64
}
