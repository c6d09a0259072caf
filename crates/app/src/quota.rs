//! How often an app may call: counted in memory, kept every two seconds ([why]).
//!
//! [why]: ../../../docs/why/quotas.md

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use kaibo_domain::id::AppId;
use kaibo_domain::quota::{CallLimit, next_day};
use kaibo_domain::{MINUTE_MS, UnixMs};
use kaibo_store::CallCount;

use crate::{Kaibo, Result};

/// How many days of counts are kept.
const KEPT_DAYS: i64 = 7;

/// How much is left of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// How many there may be.
    pub limit: u32,
    /// How many there were, this one included.
    pub used: u32,
    /// When it begins anew.
    pub resets_at: UnixMs,
}

impl Standing {
    /// How many there may still be.
    pub fn left(&self) -> u32 {
        self.limit.saturating_sub(self.used)
    }
}

/// Whether a call was within its limits. One that was not is not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// It was; what is left of the day.
    Yes(Standing),
    /// The day's calls are used up (45009).
    DayFull(Standing),
    /// The minute's are (45011).
    MinuteFull(Standing),
}

#[derive(Default)]
pub(crate) struct CallCounter(Mutex<Counts>);

#[derive(Default)]
struct Counts {
    by_op: HashMap<(AppId, &'static str), Count>,
    /// Of days that are over, and not kept yet.
    over: Vec<CallCount>,
}

struct Count {
    day: i32,
    made: u32,
    /// How many of them are kept.
    kept: u32,
    minute: i64,
    in_minute: u32,
}

/// When a call is made.
#[derive(Clone, Copy)]
struct At {
    day: i32,
    day_ends: UnixMs,
    now: UnixMs,
}

impl CallCounter {
    /// How many calls there were on a day; `None`: it was not asked for since the start.
    fn made(&self, app: &AppId, op: &'static str, day: i32) -> Option<u32> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.by_op.get(&(app.clone(), op));
        count
            .filter(|count| count.day == day)
            .map(|count| count.made)
    }

    /// Begins a day at what was kept of it, unless somebody has begun it meanwhile.
    fn begin(&self, app: &AppId, op: &'static str, day: i32, kept: u32) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (app.clone(), op);
        let mut count = Count {
            day,
            made: kept,
            kept,
            minute: 0,
            in_minute: 0,
        };
        if let Some(before) = counts.by_op.get(&key) {
            if before.day == day {
                return;
            }
            (count.minute, count.in_minute) = (before.minute, before.in_minute);
            let over = (before.made > before.kept).then(|| before.of(&key));
            counts.over.extend(over);
        }
        counts.by_op.insert(key, count);
    }

    /// Counts a call of a day that has begun; `None`: it has not.
    fn take(&self, app: &AppId, op: &'static str, limit: CallLimit, at: At) -> Option<Counted> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.by_op.get_mut(&(app.clone(), op))?;
        if count.day != at.day {
            return None;
        }
        let minute = at.now.div_euclid(MINUTE_MS);
        if count.minute != minute {
            (count.minute, count.in_minute) = (minute, 0);
        }
        let in_minute = Standing {
            limit: limit.per_minute,
            used: count.in_minute,
            resets_at: (minute + 1) * MINUTE_MS,
        };
        let mut in_day = Standing {
            limit: limit.per_day,
            used: count.made,
            resets_at: at.day_ends,
        };
        if in_day.left() == 0 {
            return Some(Counted::DayFull(in_day));
        }
        if in_minute.left() == 0 {
            return Some(Counted::MinuteFull(in_minute));
        }
        count.made += 1;
        count.in_minute += 1;
        in_day.used = count.made;
        Some(Counted::Yes(in_day))
    }

    /// What is to be kept.
    fn unkept(&self) -> Vec<CallCount> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let unkept = counts.by_op.iter().filter(|(_, c)| c.made > c.kept);
        let mut unkept: Vec<_> = unkept.map(|(key, count)| count.of(key)).collect();
        unkept.extend(counts.over.iter().cloned());
        unkept
    }

    /// These are kept.
    fn note_kept(&self, kept: &[CallCount]) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.over.retain(|over| !kept.contains(over));
        for (key, count) in &mut counts.by_op {
            let is_it = |kept: &&CallCount| {
                kept.app_id == key.0 && kept.op == key.1 && kept.day == count.day
            };
            if let Some(kept) = kept.iter().find(is_it) {
                count.kept = kept.made;
            }
        }
    }
}

impl Count {
    fn of(&self, (app_id, op): &(AppId, &'static str)) -> CallCount {
        CallCount {
            app_id: app_id.clone(),
            op: (*op).to_owned(),
            day: self.day,
            made: self.made,
        }
    }
}

impl Kaibo {
    /// Counts a call of `op`, of which everybody has `limit`, unless it is one too many.
    pub async fn count_call(
        &self,
        app_id: &AppId,
        op: &'static str,
        limit: CallLimit,
    ) -> Result<Counted> {
        let limit = self.door(app_id).await?.quotas.calls(op, limit);
        loop {
            let now = self.now();
            let at = At {
                day: self.settings().day(now),
                day_ends: next_day(now, &self.settings().zone),
                now,
            };
            if let Some(counted) = self.inner.calls.take(app_id, op, limit, at) {
                return Ok(counted);
            }
            let kept = self.kept_calls(app_id, op, at.day).await?;
            self.inner.calls.begin(app_id, op, at.day, kept);
        }
    }

    /// What is left of an app's calls of `op`, of which everybody has `limit`, today.
    pub async fn calls_left(
        &self,
        app_id: &AppId,
        op: &'static str,
        limit: CallLimit,
    ) -> Result<Standing> {
        let now = self.now();
        let day = self.settings().day(now);
        let used = match self.inner.calls.made(app_id, op, day) {
            Some(made) => made,
            None => self.kept_calls(app_id, op, day).await?,
        };
        let limit = self.door(app_id).await?.quotas.calls(op, limit);
        Ok(Standing {
            limit: limit.per_day,
            used,
            resets_at: next_day(now, &self.settings().zone),
        })
    }

    /// What is left of the rooms that an app may make today.
    pub async fn rooms_left(&self, app_id: &AppId) -> Result<Standing> {
        let now = self.now();
        let made = self.store().rooms_made(app_id, self.settings().day(now));
        Ok(Standing {
            used: u32::try_from(made.await?).unwrap_or(u32::MAX),
            limit: self.limits(app_id).await?.rooms_per_day,
            resets_at: next_day(now, &self.settings().zone),
        })
    }

    /// Rooms of an app that are on air.
    pub async fn on_air(&self, app_id: &AppId) -> Result<u32> {
        let on_air = self.store().on_air_count(app_id).await?;
        Ok(u32::try_from(on_air).unwrap_or(u32::MAX))
    }

    async fn kept_calls(&self, app_id: &AppId, op: &str, day: i32) -> Result<u32> {
        let made = self.store().calls_made(app_id, op, day).await?;
        Ok(u32::try_from(made).unwrap_or(u32::MAX))
    }

    /// Keeps what was counted since the last time.
    pub(crate) async fn keep_counts(&self) -> Result<()> {
        let unkept = self.inner.calls.unkept();
        if unkept.is_empty() {
            return Ok(());
        }
        let oldest = self.now() - KEPT_DAYS * 24 * kaibo_domain::HOUR_MS;
        let oldest = self.settings().day(oldest);
        self.store().save_call_counts(&unkept, oldest).await?;
        self.inner.calls.note_kept(&unkept);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: CallLimit = CallLimit {
        per_day: 3,
        per_minute: 2,
    };

    fn at(day: i32, minute: i64) -> At {
        At {
            day,
            day_ends: 99 * MINUTE_MS,
            now: minute * MINUTE_MS + 1,
        }
    }

    #[test]
    fn a_minute_and_a_day_have_an_end_for_each_app_and_operation() {
        let (a, b): (AppId, AppId) = ("wx_a".parse().unwrap(), "wx_b".parse().unwrap());
        let calls = CallCounter::default();
        for (app, op) in [(&a, "x"), (&a, "y"), (&b, "x")] {
            assert_eq!(calls.take(app, op, LIMIT, at(1, 1)), None);
            calls.begin(app, op, 1, 0);
        }
        let take = |app, op, minute| calls.take(app, op, LIMIT, at(1, minute)).unwrap();
        let day = |used| Standing {
            limit: 3,
            used,
            resets_at: 99 * MINUTE_MS,
        };
        let minute = Standing {
            limit: 2,
            used: 2,
            resets_at: 2 * MINUTE_MS,
        };
        assert_eq!(take(&a, "x", 1), Counted::Yes(day(1)));
        assert_eq!(take(&a, "x", 1), Counted::Yes(day(2)));
        assert_eq!(take(&a, "x", 1), Counted::MinuteFull(minute));
        assert_eq!(take(&a, "y", 1), Counted::Yes(day(1)));
        assert_eq!(take(&b, "x", 1), Counted::Yes(day(1)));
        assert_eq!(take(&a, "x", 2), Counted::Yes(day(3)));
        assert_eq!(take(&a, "x", 3), Counted::DayFull(day(3)));
    }

    #[test]
    fn a_day_begins_at_what_was_kept_and_what_is_over_is_kept_too() {
        let app: AppId = "wx_a".parse().unwrap();
        let calls = CallCounter::default();
        calls.begin(&app, "x", 1, 2);
        calls.begin(&app, "x", 1, 0);
        assert_eq!(calls.made(&app, "x", 1), Some(2));
        assert!(calls.unkept().is_empty());
        calls.take(&app, "x", LIMIT, at(1, 1)).unwrap();
        assert_eq!(calls.take(&app, "x", LIMIT, at(2, 1)), None);
        calls.begin(&app, "x", 2, 0);
        calls.take(&app, "x", LIMIT, at(2, 1)).unwrap();
        let unkept = calls.unkept();
        let mut days: Vec<_> = unkept.iter().map(|c| (c.day, c.made)).collect();
        days.sort_unstable();
        assert_eq!(days, [(1, 3), (2, 1)]);
        calls.take(&app, "x", LIMIT, at(2, 2)).unwrap();
        calls.note_kept(&unkept);
        let unkept = calls.unkept();
        let days: Vec<_> = unkept.iter().map(|c| (c.day, c.made)).collect();
        assert_eq!(days, [(2, 2)], "what came meanwhile is not lost");
    }
}
