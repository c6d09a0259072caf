//! Viewers of one stream: who comes when, and what they saw in all.

mod crowd;
mod gaps;
mod play;
pub(crate) mod tags;
mod talk;
mod viewer;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::anyhow;
use serde::{Deserialize, Serialize};

use self::crowd::{Outcome, Shared};
use self::talk::Talk;
pub(crate) use self::talk::Target;
use self::viewer::{Arrival, Pace};
use crate::clock::{MS, SECOND, now_ns};
use crate::summary::Spread;

/// Viewers that take the latency from every picture, in a thread of their own.
const PROBES: usize = 8;
/// Longer than the way to the next keyframe.
const PATIENCE: Duration = Duration::from_secs(4);

/// Who comes when.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Plan {
    pub(crate) viewers: usize,
    /// Viewers let in a second.
    pub(crate) rate: usize,
    /// From the last viewer to the window.
    pub(crate) settle_s: f64,
    pub(crate) window_s: f64,
    /// Slow ones among each hundred viewers.
    pub(crate) slow_percent: usize,
    /// More viewers that come from the opening of the window on.
    pub(crate) joins: usize,
    pub(crate) joins_over_s: f64,
}

impl Plan {
    /// When the window opens, from the first viewer on.
    pub(crate) fn opens_ns(&self) -> u64 {
        let last_ns = self.viewers as u64 * SECOND / self.rate.max(1) as u64;
        last_ns + (self.settle_s * 1e9) as u64
    }

    /// Everybody by threads, in order: probes, the standing crowd, joiners. Whoever's moments count has a
    /// thread that does not read for the crowd.
    fn arrivals(&self) -> [(&'static str, Vec<Arrival>); 3] {
        let step_ns = SECOND / self.rate.max(1) as u64;
        let every = 100usize
            .checked_div(self.slow_percent)
            .unwrap_or(usize::MAX);
        let apart = (self.viewers / PROBES).max(1);
        let standing = (0..self.viewers).map(|number| {
            let probe = number % apart == 0 && number / apart < PROBES;
            Arrival {
                at_ns: number as u64 * step_ns,
                pace: if probe {
                    Pace::Healthy
                } else {
                    pace(number, every)
                },
                joiner: false,
                probe,
            }
        });
        let (probes, crowd) = standing.partition(|arrival: &Arrival| arrival.probe);
        let over_ns = (self.joins_over_s * 1e9) as u64;
        let joiner = |number| Arrival {
            at_ns: self.opens_ns() + number as u64 * over_ns / self.joins as u64,
            pace: Pace::Healthy,
            joiner: true,
            probe: false,
        };
        let joiners = (0..self.joins).map(joiner).collect();
        [("probes", probes), ("crowd", crowd), ("joiners", joiners)]
    }
}

/// The last of each `every` viewers is slow, by turns in one way and the other.
fn pace(number: usize, every: usize) -> Pace {
    match (number % every == every - 1, number / every % 2) {
        (false, _) => Pace::Healthy,
        (true, 0) => Pace::Trickle,
        (true, _) => Pace::Frozen,
    }
}

/// What all viewers saw. "Slow" are those that we made slow; all else is of the healthy.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) healthy: usize,
    pub(crate) alive: usize,
    pub(crate) without_picture: usize,
    pub(crate) stalled: usize,
    pub(crate) slow: usize,
    pub(crate) slow_cut: usize,
    pub(crate) latency: Spread,
    pub(crate) first_keyframe: Spread,
    /// Of those that came while others were watching.
    pub(crate) joiners_first_keyframe: Spread,
    /// Why the first of those that are gone went.
    pub(crate) trouble: Option<String>,
}

impl Report {
    fn of(outcomes: &[Outcome]) -> Self {
        let (healthy, slow): (Vec<&Outcome>, Vec<&Outcome>) = outcomes
            .iter()
            .partition(|one| one.arrival.pace == Pace::Healthy);
        let count =
            |all: &[&Outcome], is: fn(&Outcome) -> bool| all.iter().filter(|one| is(one)).count();
        let first_keyframe = |joiner: bool| {
            let those = healthy.iter().filter(|one| one.arrival.joiner == joiner);
            Spread::of(those.filter_map(|one| one.first_key_ns).collect())
        };
        let latencies = healthy
            .iter()
            .flat_map(|one| one.latencies_ns.iter().copied());
        Self {
            healthy: healthy.len(),
            alive: count(&healthy, |one| one.gone.is_none()),
            without_picture: count(&healthy, |one| one.first_key_ns.is_none()),
            stalled: count(&healthy, |one| one.stalled && one.gone.is_none()),
            slow: slow.len(),
            slow_cut: count(&slow, |one| one.gone.is_some()),
            latency: Spread::of(latencies.collect()),
            first_keyframe: first_keyframe(false),
            joiners_first_keyframe: first_keyframe(true),
            trouble: healthy
                .iter()
                .find_map(|one| Some(one.gone.as_ref()?.to_string())),
        }
    }
}

/// Whether a viewer gets a keyframe, within a few seconds.
pub(crate) fn sees_picture(target: &Target) -> bool {
    watch_one(target).unwrap_or(false)
}

fn watch_one(target: &Target) -> anyhow::Result<bool> {
    let mut socket = TcpStream::connect_timeout(&target.address(), PATIENCE)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    let (mut talk, mut out) = Talk::start(target);
    let (mut seen, mut buffer) = (false, vec![0; 64 * 1024]);
    while !seen {
        socket.write_all(&out)?;
        let read = socket.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        talk.take(&buffer[..read], &mut |picture| seen |= picture.keyframe)?;
        out = talk.reply();
    }
    Ok(seen)
}

/// Viewers that are watching.
pub(crate) struct Watch {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<anyhow::Result<Vec<Outcome>>>>,
    pub(crate) began_ns: u64,
}

impl Watch {
    /// Lets the first viewer in now, the others by plan.
    pub(crate) fn start(target: &Target, plan: &Plan) -> anyhow::Result<Self> {
        let shared = Arc::new(Shared::new());
        // A little later than now, so that all threads are there.
        let began_ns = now_ns() + 5 * MS;
        let busy = plan
            .arrivals()
            .into_iter()
            .filter(|(_, arrivals)| !arrivals.is_empty());
        let threads = busy.map(|(name, arrivals)| {
            let (target, shared) = (target.clone(), shared.clone());
            thread::Builder::new()
                .name(name.into())
                .spawn(move || crowd::watch(&target, &arrivals, began_ns, &shared))
        });
        let threads = threads.collect::<Result<_, _>>()?;
        Ok(Self {
            shared,
            threads,
            began_ns,
        })
    }

    /// Bytes that all viewers together received so far.
    pub(crate) fn received(&self) -> u64 {
        self.shared.received.load(Ordering::Relaxed)
    }

    /// From now on stalls and latencies count.
    pub(crate) fn open_window(&self) {
        self.shared.opened_ns.store(now_ns(), Ordering::Relaxed);
    }

    /// Sends everybody home.
    pub(crate) fn finish(mut self) -> anyhow::Result<Report> {
        self.shared.stop.store(true, Ordering::Relaxed);
        let mut outcomes = Vec::new();
        for thread in self.threads.drain(..) {
            let done = thread
                .join()
                .map_err(|_| anyhow!("a thread of viewers panicked"))?;
            outcomes.extend(done?);
        }
        Ok(Report::of(&outcomes))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::{PROBES, Pace, Plan};

    const PLAN: Plan = Plan {
        viewers: 1_000,
        rate: 250,
        settle_s: 3.0,
        window_s: 6.0,
        slow_percent: 10,
        joins: 100,
        joins_over_s: 1.0,
    };

    #[test]
    fn one_in_ten_is_slow_in_both_ways_and_no_probe_is() {
        let [(_, probes), (_, crowd), _] = PLAN.arrivals();
        assert_eq!(probes.len(), PROBES);
        assert!(probes.iter().all(|one| one.pace == Pace::Healthy));
        let count = |pace| crowd.iter().filter(|one| one.pace == pace).count();
        assert_eq!((count(Pace::Trickle), count(Pace::Frozen)), (50, 50));
    }

    #[test]
    fn viewers_come_at_the_rate_and_joiners_when_the_window_opens() {
        let [(_, probes), (_, crowd), (_, joiners)] = PLAN.arrivals();
        assert_eq!(probes.len() + crowd.len(), 1_000);
        assert!(crowd.is_sorted_by_key(|one| one.at_ns));
        assert_eq!(crowd.last().unwrap().at_ns, 999 * 4_000_000);
        assert_eq!(joiners.len(), 100);
        assert_eq!(joiners[0].at_ns, 7_000_000_000);
        assert_eq!(joiners[99].at_ns, 7_990_000_000);
    }
}
