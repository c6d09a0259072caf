//! Daily call quotas of the WeChat-compatible API. Counted in memory: a restart gives a fresh day,
//! which errs on the caller's side and costs no write per call.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use kaibo_domain::id::AppId;

use crate::Kaibo;

#[derive(Default)]
pub(crate) struct CallCounter {
    today: Mutex<Today>,
}

#[derive(Default)]
struct Today {
    day: i32,
    calls: HashMap<(AppId, &'static str), u32>,
}

impl CallCounter {
    fn take(&self, app: &AppId, op: &'static str, day: i32, per_day: u32) -> bool {
        let mut today = self.today.lock().unwrap_or_else(PoisonError::into_inner);
        if today.day != day {
            *today = Today {
                day,
                calls: HashMap::new(),
            };
        }
        let count = today.calls.entry((app.clone(), op)).or_insert(0);
        *count = count.saturating_add(1);
        *count <= per_day
    }
}

impl Kaibo {
    /// Counts a call of `op`; false when the app used up `per_day` calls of it today (45009).
    #[expect(clippy::unused_async, reason = "a cluster will count in the database")]
    pub async fn count_call(
        &self,
        app: &AppId,
        op: &'static str,
        per_day: u32,
    ) -> crate::Result<bool> {
        let day = self.settings().day(self.now());
        Ok(self.inner.calls.take(app, op, day, per_day))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quota_is_per_app_operation_and_day() {
        let (a, b): (AppId, AppId) = ("wx_a".parse().unwrap(), "wx_b".parse().unwrap());
        let calls = CallCounter::default();
        assert!(calls.take(&a, "x", 1, 1));
        assert!(!calls.take(&a, "x", 1, 1));
        assert!(calls.take(&a, "y", 1, 1));
        assert!(calls.take(&b, "x", 1, 1));
        assert!(calls.take(&a, "x", 2, 1));
    }
}
