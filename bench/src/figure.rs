//! One figure: a fresh server, viewers by plan, and what it cost in exactly the window.

use std::path::Path;
use std::sync::Arc;

use anyhow::ensure;
use serde::{Deserialize, Serialize};

use crate::clock::{SECOND, now_ns, sleep_until};
use crate::film::Film;
use crate::proc::{self, Cpu, Memory};
use crate::server::{self, Kind};
use crate::view::{Plan, Report, Target, Watch};

/// What was measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Figure {
    pub(crate) server: String,
    pub(crate) viewers: usize,
    /// How long it gathers tags before it sends them; 0: every tag at once.
    pub(crate) batch_ms: u64,
    pub(crate) joins: usize,
    pub(crate) slow_percent: usize,
    pub(crate) warm_s: f64,
    /// The server's user and system time per decimal GB that viewers received in the window.
    pub(crate) cpu_s_per_gb: f64,
    pub(crate) cpu: Cpu,
    pub(crate) received_bytes: u64,
    pub(crate) window_s: f64,
    /// Mean rate of a viewer over the window, all counted.
    pub(crate) mbit_per_viewer: f64,
    pub(crate) cores: f64,
    pub(crate) before: Memory,
    pub(crate) with_viewers: Memory,
    pub(crate) kib_per_viewer: f64,
    /// The generator's own CPU time in the window, publisher included.
    pub(crate) own_cpu_s: f64,
    pub(crate) load: f64,
    #[serde(flatten)]
    pub(crate) report: Report,
}

impl Figure {
    /// Server and generator together had nearly the whole machine: a starved server gathers more than it
    /// was asked to, and looks cheaper than it is.
    pub(crate) fn filled(&self, machine_cores: usize) -> bool {
        self.cores + self.own_cpu_s / self.window_s > 0.9 * machine_cores as f64
    }
}

/// Starts the server, lets it run for `warm_s`, then measures by plan.
pub(crate) fn measure(
    kind: &Kind,
    plan: &Plan,
    warm_s: f64,
    film: &Arc<Film>,
    cache: &Path,
) -> anyhow::Result<Figure> {
    let mut server = server::start(kind, film, cache)?;
    sleep_until(now_ns() + (warm_s * SECOND as f64) as u64);
    let subject = Subject {
        name: kind.name(),
        batch_ms: kind.batch_ms(),
        pid: server.pid(),
        target: &server.target,
    };
    let figure = watch(&subject, plan)?;
    server.check()?;
    Ok(Figure { warm_s, ..figure })
}

/// A server that runs.
pub(crate) struct Subject<'a> {
    pub(crate) name: String,
    pub(crate) batch_ms: u64,
    pub(crate) pid: u32,
    pub(crate) target: &'a Target,
}

/// What is read at both ends of the window.
struct Reading {
    at_ns: u64,
    cpu: Cpu,
    own: Cpu,
    received: u64,
}

impl Reading {
    fn take(pid: u32, watch: &Watch) -> anyhow::Result<Self> {
        Ok(Self {
            cpu: proc::cpu(pid)?,
            own: proc::cpu_alone(std::process::id())?,
            received: watch.received(),
            at_ns: now_ns(),
        })
    }
}

/// Lets viewers in by plan and takes what they cost.
pub(crate) fn watch(subject: &Subject<'_>, plan: &Plan) -> anyhow::Result<Figure> {
    let pid = subject.pid;
    let before = proc::memory(pid)?;
    let watch = Watch::start(subject.target, plan)?;
    sleep_until(watch.began_ns + plan.opens_ns());
    watch.open_window();
    let opened = Reading::take(pid, &watch)?;
    sleep_until(opened.at_ns + (plan.window_s * SECOND as f64) as u64);
    let closed = Reading::take(pid, &watch)?;
    let with_viewers = proc::memory(pid)?;
    let report = watch.finish()?;
    let (cpu, received) = (
        closed.cpu.since(opened.cpu),
        closed.received - opened.received,
    );
    ensure!(
        received > 0,
        "no viewer got anything in the window: {}",
        report
            .trouble
            .as_deref()
            .unwrap_or("the server fell silent")
    );
    let window_s = (closed.at_ns - opened.at_ns) as f64 / SECOND as f64;
    let grown_kib = with_viewers.rss_kib.saturating_sub(before.rss_kib);
    Ok(Figure {
        server: subject.name.clone(),
        viewers: plan.viewers,
        batch_ms: subject.batch_ms,
        joins: plan.joins,
        slow_percent: plan.slow_percent,
        warm_s: 0.0,
        cpu_s_per_gb: cpu.total_s() / (received as f64 / 1e9),
        cpu,
        received_bytes: received,
        window_s,
        mbit_per_viewer: received as f64 * 8.0 / 1e6 / window_s / plan.viewers as f64,
        cores: cpu.total_s() / window_s,
        before,
        with_viewers,
        kib_per_viewer: grown_kib as f64 / (plan.viewers + plan.joins) as f64,
        own_cpu_s: closed.own.since(opened.own).total_s(),
        load: proc::load(),
        report,
    })
}
