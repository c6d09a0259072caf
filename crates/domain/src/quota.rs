//! Limits per app, and which day it is for them.

use std::collections::BTreeMap;

use jiff::civil::Date;
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

/// How often an app may call one operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallLimit {
    /// Calls in one day.
    pub per_day: u32,
    /// Calls in one minute.
    pub per_minute: u32,
}

/// Limits of one app in the place of everybody's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct AppQuotas {
    /// As [`Limits::rooms_per_day`].
    pub rooms_per_day: Option<u32>,
    /// As [`Limits::live_at_once`].
    pub live_at_once: Option<u32>,
    /// Longest plan and longest broadcast, in hours.
    pub max_hours: Option<u8>,
    /// By operation.
    pub calls: BTreeMap<String, CallQuota>,
}

/// What is set for the calls of one operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct CallQuota {
    /// Calls in one day.
    pub per_day: Option<u32>,
    /// Calls in one minute.
    pub per_minute: Option<u32>,
}

impl AppQuotas {
    /// The limits of rooms, with this app's own.
    pub fn limits(&self, everybodys: Limits) -> Limits {
        Limits {
            rooms_per_day: self.rooms_per_day.unwrap_or(everybodys.rooms_per_day),
            live_at_once: self.live_at_once.unwrap_or(everybodys.live_at_once),
            ..everybodys
        }
    }

    /// The limit of an operation's calls, with this app's own.
    pub fn calls(&self, op: &str, everybodys: CallLimit) -> CallLimit {
        let own = self.calls.get(op).copied().unwrap_or_default();
        CallLimit {
            per_day: own.per_day.unwrap_or(everybodys.per_day),
            per_minute: own.per_minute.unwrap_or(everybodys.per_minute),
        }
    }
}

/// The calendar day of `now` in `zone`, as `20261122`: the key under which a day is counted.
pub fn day(now: UnixMs, zone: &TimeZone) -> i32 {
    let date = date(now, zone);
    i32::from(date.year()) * 10_000 + i32::from(date.month()) * 100 + i32::from(date.day())
}

/// The calendar day of `now` in `zone`.
pub fn date(now: UnixMs, zone: &TimeZone) -> Date {
    let at = Timestamp::from_millisecond(now).unwrap_or(Timestamp::UNIX_EPOCH);
    at.to_zoned(zone.clone()).date()
}

/// When the day of `now` in `zone` is over.
pub fn next_day(now: UnixMs, zone: &TimeZone) -> UnixMs {
    let tomorrow = date(now, zone).tomorrow();
    let begins = tomorrow.and_then(|date| date.to_zoned(zone.clone()));
    begins.map_or(UnixMs::MAX, |at| at.timestamp().as_millisecond())
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

    #[test]
    fn a_day_is_over_when_the_next_begins_also_where_clocks_change() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let end = at("2026-11-22T16:00:00Z");
        assert_eq!(next_day(at("2026-11-22T15:59:59.999Z"), &zone), end);
        assert_eq!(next_day(end, &zone), end + 24 * crate::HOUR_MS);
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let begins = at("2026-10-24T22:00:00Z");
        assert_eq!(next_day(begins, &zone), begins + 25 * crate::HOUR_MS);
    }

    #[test]
    fn an_apps_own_limits_stand_in_the_place_of_everybodys() {
        let own: AppQuotas = serde_json::from_str(
            r#"{"liveAtOnce":2,"calls":{"room/create":{"perDay":5},"getliveinfo":{"perMinute":0}}}"#,
        )
        .unwrap();
        let limits = own.limits(Limits::default());
        assert_eq!((limits.rooms_per_day, limits.live_at_once), (50, 2));
        let all = CallLimit {
            per_day: 100,
            per_minute: 10,
        };
        let calls = |op| {
            let limit = own.calls(op, all);
            (limit.per_day, limit.per_minute)
        };
        assert_eq!(calls("room/create"), (5, 10));
        assert_eq!(calls("getliveinfo"), (100, 0));
        assert_eq!(calls("room/editroom"), (100, 10));
    }
}
