//! Mistakes that no single call shows, only many.

use std::collections::{HashMap, VecDeque};

use kaibo_app::CallRecord;
use kaibo_domain::UnixMs;

const MINUTE_MS: i64 = 60_000;
/// As many reads of one kind within a minute are a poll.
const POLL: usize = 30;
/// As many purchases within ten minutes are one for each call.
const PURCHASES: usize = 10;
const PURCHASE_WINDOW_MS: i64 = 10 * MINUTE_MS;
/// As many empty pages within a minute are a loop, or an offset that is a page number.
const EMPTY_PAGES: usize = 5;
const EMPTY_LIST: i32 = 9_410_000;

/// Reads that shops repeat to learn of changes.
const POLLED: [&str; 3] = ["getliveinfo", "goods/getapproved", "getgoodswarehouse"];
/// Operations that sell tokens.
const PURCHASE: &str = "token";

/// What the calls of one app look like over time.
#[derive(Default)]
pub(super) struct Habits {
    seen: HashMap<&'static str, VecDeque<UnixMs>>,
    told: HashMap<&'static str, UnixMs>,
}

impl Habits {
    /// Takes calls in the order in which they came; what to tell, the same at most every ten minutes.
    pub(super) fn see(&mut self, call: &CallRecord) -> Option<String> {
        if call.op == PURCHASE && call.code == 0 {
            let many = self.count("purchases", call.at, PURCHASE_WINDOW_MS) >= PURCHASES;
            return self.tell(many, "purchases", call.at, || {
                "buys a token for nearly every call: keep it for its two hours, since each purchase \
                 makes the one before end"
                    .to_owned()
            });
        }
        if call.code == EMPTY_LIST {
            let many = self.count("empty pages", call.at, MINUTE_MS) >= EMPTY_PAGES;
            return self.tell(many, "empty pages", call.at, || {
                format!(
                    "{} reads behind the last row again and again: `start` is an offset, not the \
                     number of a page, and 9410000 is the end",
                    call.op
                )
            });
        }
        let polled = POLLED.into_iter().find(|op| *op == call.op)?;
        let many = self.count(polled, call.at, MINUTE_MS) >= POLL;
        self.tell(many, polled, call.at, || {
            format!(
                "{polled} is called more than {POLL} times a minute: follow webhooks, and read the \
                 list after a change alone"
            )
        })
    }

    fn count(&mut self, what: &'static str, at: UnixMs, window_ms: i64) -> usize {
        let times = self.seen.entry(what).or_default();
        times.push_back(at);
        while times.front().is_some_and(|first| *first < at - window_ms) {
            times.pop_front();
        }
        times.len()
    }

    fn tell(
        &mut self,
        is_so: bool,
        what: &'static str,
        at: UnixMs,
        text: impl FnOnce() -> String,
    ) -> Option<String> {
        let lately = self
            .told
            .get(what)
            .is_some_and(|told| at - told < PURCHASE_WINDOW_MS);
        if !is_so || lately {
            return None;
        }
        self.told.insert(what, at);
        Some(text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(op: &str, code: i32, at: UnixMs) -> CallRecord {
        CallRecord {
            app_id: "wx0123456789abcdef".parse().unwrap(),
            rid: String::new(),
            at,
            op: op.to_owned(),
            code,
            reason: None,
            peer: String::new(),
            took_us: 0,
        }
    }

    /// What is told of calls that come every `step_ms`.
    fn told(op: &str, code: i32, step_ms: i64, calls: i64) -> Vec<String> {
        let mut habits = Habits::default();
        let seen = (0..calls).filter_map(|i| habits.see(&call(op, code, i * step_ms)));
        seen.collect()
    }

    #[test]
    fn a_poll_every_second_is_told_once() {
        let told = told("getliveinfo", 0, 1_000, 120);
        assert_eq!(told.len(), 1);
        assert!(told[0].contains("webhooks"), "{told:?}");
    }

    #[test]
    fn a_look_every_ten_seconds_is_no_mistake() {
        assert!(told("getliveinfo", 0, 10_000, 500).is_empty());
    }

    #[test]
    fn a_token_for_each_call_is_told_again_after_ten_minutes() {
        assert_eq!(told("token", 0, 5_000, 240).len(), 2);
        assert!(told("token", 0, 7_200_000, 100).is_empty());
    }

    #[test]
    fn one_end_of_a_list_is_no_mistake_and_a_loop_behind_it_is() {
        assert!(told("getliveinfo", EMPTY_LIST, 60_000, 30).is_empty());
        assert_eq!(told("getliveinfo", EMPTY_LIST, 100, 30).len(), 1);
    }
}
