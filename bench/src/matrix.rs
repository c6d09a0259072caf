//! The whole run: what is measured, in which order, and what came out. Ours and the floor take turns,
//! so that a noisy machine is noisy for both.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::thread;

use serde::{Deserialize, Serialize};

use crate::clock::{SECOND, now_ns};
use crate::figure::{self, Figure};
use crate::film::Film;
use crate::hls::{self, HlsFigure};
use crate::proc;
use crate::server::{Kind, Peer};
use crate::view::Plan;

/// Of a usual figure; what a part measures is said where it differs.
const PLAN: Plan = Plan {
    viewers: 1_000,
    rate: 250,
    settle_s: 3.0,
    window_s: 6.0,
    slow_percent: 0,
    joins: 0,
    joins_over_s: 4.0,
};
/// As many again come within four seconds.
const JOINS: Plan = Plan {
    joins: 1_000,
    ..PLAN
};
const SLOW: Plan = Plan {
    slow_percent: 10,
    window_s: 8.0,
    ..PLAN
};
/// From the stream's start to the first viewer, where memory is not measured.
const WARM_S: f64 = 2.0;
/// Until HLS holds as many segments as it ever will, so that only viewers make memory grow.
const FULL_S: f64 = 32.0;
/// From this on a figure is one of memory.
pub(crate) const WARM_FOR_MEMORY_S: f64 = 10.0;

/// All that one run gave.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) date: String,
    pub(crate) machine: String,
    pub(crate) cores: usize,
    pub(crate) versions: Vec<String>,
    pub(crate) quick: bool,
    pub(crate) film_mbit_per_s: f64,
    pub(crate) minutes: f64,
    pub(crate) figures: Vec<Figure>,
    pub(crate) hls: Vec<HlsFigure>,
    /// What could not be measured, and why.
    pub(crate) failures: Vec<String>,
}

struct Step {
    kind: Kind,
    plan: Plan,
    warm_s: f64,
}

/// Measures everything; tells on standard error how far it is.
pub(crate) fn run(bin: &Path, cache: &Path, quick: bool) -> anyhow::Result<Run> {
    let film = Arc::new(Film::load(cache)?);
    let mut run = Run {
        date: said("date", &["-u", "+%F"]),
        machine: proc::machine(),
        cores: thread::available_parallelism()?.get(),
        versions: versions(bin, cache),
        quick,
        film_mbit_per_s: film.mbit_per_s(),
        minutes: 0.0,
        figures: Vec::new(),
        hls: Vec::new(),
        failures: Vec::new(),
    };
    let (steps, began) = (steps(bin, quick), now_ns());
    let seconds: f64 = steps.iter().map(Step::seconds).sum();
    eprintln!(
        "{} figures, about {:.0} minutes",
        steps.len() + 2,
        seconds / 60.0 + 0.7
    );
    for (number, step) in steps.iter().enumerate() {
        let what = step.what();
        eprint!("{:>3}/{} {what:<64}", number + 1, steps.len() + 2);
        match figure::measure(&step.kind, &step.plan, step.warm_s, &film, cache) {
            Ok(figure) => {
                eprintln!(
                    "{:.2} CPU-s/GB, load {:.1}",
                    figure.cpu_s_per_gb, figure.load
                );
                run.figures.push(figure);
            }
            Err(error) => run.fail(&what, &error),
        }
    }
    let window_s = if quick { 3.0 } else { 6.0 };
    let kaibo = hls::measure_live(&kaibo(bin, 100), &film, cache, window_s);
    run.take_hls("kaibo, HLS", kaibo);
    run.take_hls("nginx, HLS", hls::measure_nginx(cache, window_s));
    run.minutes = (now_ns() - began) as f64 / SECOND as f64 / 60.0;
    Ok(run)
}

impl Run {
    /// Usual figures of this kind, in the order of measuring: no joiners, no slow viewers, not for memory.
    pub(crate) fn usual(&self, server: &str, batch_ms: u64, viewers: usize) -> Vec<&Figure> {
        let those = self.figures.iter().filter(|one| one.is_usual());
        those
            .filter(|one| one.server == server)
            .filter(|one| one.batch_ms == batch_ms && one.viewers == viewers)
            .collect()
    }

    fn take_hls(&mut self, what: &str, figure: anyhow::Result<HlsFigure>) {
        match figure {
            Ok(figure) => {
                eprintln!(
                    "        {what}: {:.0} requests/CPU-s",
                    figure.requests_per_cpu_s
                );
                self.hls.push(figure);
            }
            Err(error) => self.fail(what, &error),
        }
    }

    fn fail(&mut self, what: &str, error: &anyhow::Error) {
        eprintln!("not measured: {error:#}");
        self.failures.push(format!("{what}: {error:#}"));
    }
}

impl Figure {
    /// One that belongs into the tables of cost.
    pub(crate) fn is_usual(&self) -> bool {
        self.joins == 0 && self.slow_percent == 0 && self.warm_s < WARM_FOR_MEMORY_S
    }
}

impl Step {
    fn new(kind: Kind, plan: Plan) -> Self {
        Self {
            kind,
            plan,
            warm_s: WARM_S,
        }
    }

    fn what(&self) -> String {
        let (plan, name) = (&self.plan, self.kind.name());
        let mut what = format!(
            "{name}, {} ms, {} viewers",
            self.kind.batch_ms(),
            plan.viewers
        );
        if plan.slow_percent > 0 {
            let _ = write!(what, ", {} % slow", plan.slow_percent);
        }
        if plan.joins > 0 {
            let _ = write!(what, ", {} join in {} s", plan.joins, plan.joins_over_s);
        }
        if self.warm_s > WARM_FOR_MEMORY_S {
            what += ", memory";
        }
        what
    }

    /// Roughly, with starting and ending the server.
    fn seconds(&self) -> f64 {
        self.plan.opens_ns() as f64 / 1e9 + self.plan.window_s + self.warm_s + 2.0
    }
}

fn steps(bin: &Path, quick: bool) -> Vec<Step> {
    if quick {
        let parts = [
            pairs(bin, 1, 100, PLAN),
            pairs(bin, 1, 0, PLAN),
            pairs(bin, 1, 100, JOINS),
        ];
        return parts.into_iter().flatten().chain([slow(bin)]).collect();
    }
    let mut steps = Vec::new();
    for (times, batch_ms) in [(3, 100), (2, 0), (2, 50), (2, 350)] {
        steps.extend(pairs(bin, times, batch_ms, PLAN));
    }
    for (times, viewers) in [(2, 100), (2, 500), (1, 2_000), (2, 4_000)] {
        steps.extend(pairs(bin, times, 100, crowd(viewers)));
    }
    steps.extend(pairs(bin, 2, 100, JOINS));
    steps.push(slow(bin));
    steps.push(Step {
        warm_s: FULL_S,
        ..Step::new(kaibo(bin, 100), crowd(2_000))
    });
    steps.extend(peers().map(|(peer, viewers)| Step::new(Kind::Peer(peer), crowd(viewers))));
    steps
}

fn kaibo(bin: &Path, batch_ms: u64) -> Kind {
    Kind::Kaibo {
        bin: bin.to_owned(),
        batch_ms,
    }
}

/// The floor, ours, the floor, ours.
fn pairs(bin: &Path, times: usize, batch_ms: u64, plan: Plan) -> Vec<Step> {
    let pair = || {
        let floor = Step::new(Kind::Floor { batch_ms }, plan);
        [floor, Step::new(kaibo(bin, batch_ms), plan)]
    };
    (0..times).flat_map(|_| pair()).collect()
}

fn slow(bin: &Path) -> Step {
    Step::new(kaibo(bin, 100), SLOW)
}

/// A clock tick is 10 ms of CPU: the fewer viewers, the longer the window.
fn crowd(viewers: usize) -> Plan {
    Plan {
        viewers,
        window_s: if viewers <= 500 { 10.0 } else { 6.0 },
        ..PLAN
    }
}

/// With as many viewers as one thread of them can serve.
fn peers() -> impl Iterator<Item = (Peer, usize)> {
    let ours = [(Peer::NginxRtmp, 1_000), (Peer::NodeMediaServer, 500)];
    let named = Peer::named_by_caller().into_iter();
    ours.into_iter().chain(named.map(|peer| (peer, 1_000)))
}

fn versions(bin: &Path, cache: &Path) -> Vec<String> {
    let package = crate::server::node_media_server_package(cache).join("package.json");
    let package = std::fs::read_to_string(package).unwrap_or_default();
    let package: serde_json::Value = serde_json::from_str(&package).unwrap_or_default();
    let bin: PathBuf = std::path::absolute(bin).unwrap_or_else(|_| bin.to_owned());
    vec![
        said(&bin.to_string_lossy(), &["--version"]),
        format!(
            "commit {}",
            said("git", &["describe", "--always", "--dirty"])
        ),
        said("rustc", &["--version"]),
        said("/usr/sbin/nginx", &["-v"]),
        format!(
            "node-media-server {}",
            package["version"].as_str().unwrap_or("missing")
        ),
        format!("Node {}", said("node", &["--version"])),
        said("ffmpeg", &["-version"]),
    ]
}

/// The first line that a program says.
pub(crate) fn said(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output();
    let text = output.map_or_else(
        |_| format!("{program} is missing"),
        |output| String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(),
    );
    let line = text.lines().next().unwrap_or_default();
    let line = line.strip_prefix("nginx version: ").unwrap_or(line);
    line.split_once(" Copyright")
        .map_or(line, |(version, _)| version)
        .to_owned()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Step, steps};
    use crate::server::Kind;

    #[test]
    fn ours_and_the_floor_take_turns() {
        for quick in [true, false] {
            let steps = steps(Path::new("kaibo"), quick);
            let pairs = steps
                .windows(2)
                .filter(|pair| matches!(pair[0].kind, Kind::Floor { .. }));
            for pair in pairs {
                assert!(matches!(pair[1].kind, Kind::Kaibo { .. }));
                assert_eq!(pair[0].plan, pair[1].plan);
                assert_eq!(pair[0].kind.batch_ms(), pair[1].kind.batch_ms());
            }
        }
    }

    #[test]
    fn whole_run_takes_less_than_twenty_minutes_and_the_quick_one_three() {
        let minutes = |quick| {
            let steps = steps(Path::new("kaibo"), quick);
            steps.iter().map(Step::seconds).sum::<f64>() / 60.0
        };
        assert!(minutes(false) < 19.0, "{}", minutes(false));
        assert!(minutes(true) < 2.6, "{}", minutes(true));
    }
}
