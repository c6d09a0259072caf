//! One figure: a fresh server, viewers by plan, and what it cost in exactly the window.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::clock::{SECOND, now_ns, sleep_until};
use crate::film::Film;
use crate::proc::{self, Cpu, Memory};
use crate::server::{self, Kind};
use crate::view::{Plan, Report, Watch};

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
    pub(crate) note: Option<String>,
}

/// Starts the server, lets it run for `warm_s`, then measures by plan.
pub(crate) fn measure(
    kind: &Kind,
    plan: &Plan,
    warm_s: f64,
    film: &Arc<Film>,
    cache: &Path,
) -> anyhow::Result<Figure> {
    let name = kind.name();
    let figure = take(kind, plan, warm_s, film, cache);
    figure.with_context(|| format!("{name} with {} viewers", plan.viewers))
}

fn take(
    kind: &Kind,
    plan: &Plan,
    warm_s: f64,
    film: &Arc<Film>,
    cache: &Path,
) -> anyhow::Result<Figure> {
    let mut server = server::start(kind, film, cache)?;
    sleep_until(now_ns() + (warm_s * SECOND as f64) as u64);
    let (pid, own) = (server.pid(), std::process::id());
    let before = proc::memory(pid)?;
    let watch = Watch::start(&server.target, plan)?;
    sleep_until(watch.began_ns + plan.opens_ns());
    watch.open_window();
    let (cpu_0, own_0, bytes_0, began) = (
        proc::cpu(pid)?,
        proc::cpu_alone(own)?,
        watch.received(),
        now_ns(),
    );
    sleep_until(began + (plan.window_s * SECOND as f64) as u64);
    let (cpu_1, own_1, bytes_1, ended) = (
        proc::cpu(pid)?,
        proc::cpu_alone(own)?,
        watch.received(),
        now_ns(),
    );
    let with_viewers = proc::memory(pid)?;
    let report = watch.finish()?;
    server.check()?;
    let (cpu, received) = (cpu_1.since(cpu_0), bytes_1 - bytes_0);
    let window_s = (ended - began) as f64 / SECOND as f64;
    let all = (plan.viewers + plan.joins) as f64;
    let grown_kib = with_viewers.rss_kib.saturating_sub(before.rss_kib);
    Ok(Figure {
        server: kind.name(),
        viewers: plan.viewers,
        batch_ms: kind.batch_ms(),
        joins: plan.joins,
        slow_percent: plan.slow_percent,
        warm_s,
        cpu_s_per_gb: cpu.total_s() / (received as f64 / 1e9),
        cpu,
        received_bytes: received,
        window_s,
        mbit_per_viewer: received as f64 * 8.0 / 1e6 / window_s / plan.viewers as f64,
        cores: cpu.total_s() / window_s,
        before,
        with_viewers,
        kib_per_viewer: grown_kib as f64 / all,
        own_cpu_s: own_1.since(own_0).total_s(),
        load: proc::load(),
        report,
        note: server.note.take(),
    })
}
