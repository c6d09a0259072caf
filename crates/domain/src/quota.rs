//! Limits per app, and which day it is for them.

use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::UnixMs;

/// What one app may do (charter S22-24).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Rooms created in one day; deleting one gives nothing back.
    pub rooms_per_day: u32,
    /// Rooms in 101, 105 or 106 at the same time.
    pub live_at_once: u32,
    /// Goods in the library.
    pub goods: u32,
    /// Submissions of goods to their audit in one day; withdrawing one gives nothing back.
    pub submissions_per_day: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            rooms_per_day: 50,
            live_at_once: 50,
            goods: 2_000,
            submissions_per_day: 500,
        }
    }
}

/// The calendar day of `now` in `zone`, as `20261122`: the key under which a day is counted.
pub fn day(now: UnixMs, zone: &TimeZone) -> i32 {
    let at = Timestamp::from_millisecond(now).unwrap_or(Timestamp::UNIX_EPOCH);
    let date = at.to_zoned(zone.clone()).date();
    i32::from(date.year()) * 10_000 + i32::from(date.month()) * 100 + i32::from(date.day())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> UnixMs {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn a_day_turns_at_midnight_in_shanghai() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        assert_eq!(day(at("2026-11-22T15:59:59.999Z"), &zone), 20_261_122);
        assert_eq!(day(at("2026-11-22T16:00:00Z"), &zone), 20_261_123);
    }
}
