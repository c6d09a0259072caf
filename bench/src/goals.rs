//! What a viewer may cost.

use crate::goal::{self, Goal};
use crate::matrix::{Run, WARM_FOR_MEMORY_S};
use crate::results::{middle, times_floor};
use crate::summary::median;

/// The floor may cost so much for absolute figures to count: else the machine is slow or busy.
const QUIET_FLOOR: f64 = 0.5;

/// The table of goals.
pub(crate) fn table(run: &Run) -> String {
    goal::table(&goals(run))
}

fn goals(run: &Run) -> Vec<Goal> {
    let goal = |what: &str, (must, aim), unit, (measured, remark)| Goal {
        what: what.to_owned(),
        must,
        aim,
        at_least: false,
        unit,
        measured,
        remark,
    };
    let times = [0, 50, 100, 350].map(|batch_ms| {
        let what = match batch_ms {
            0 => "1,000 viewers, every tag: times the floor".to_owned(),
            ms => format!("1,000 viewers, {ms} ms: times the floor"),
        };
        let measured = (times_floor(run, batch_ms, 1_000), String::new());
        goal(&what, (1.6, 1.15), "", measured)
    });
    let others = [
        goal(
            "1,000 viewers, 100 ms: CPU-s per GB",
            (0.65, 0.45),
            "",
            absolute(run),
        ),
        goal(
            "cost at 4,000 viewers over cost at 500",
            (1.15, 1.0),
            "",
            growth(run),
        ),
        goal(
            "1,000 join in 4 s: first keyframe, p95",
            (15.0, 2.0),
            " ms",
            joins(run),
        ),
        goal("memory per viewer", (16.0, 8.0), " KiB", memory(run)),
        goal(
            "one in ten slow: stalls of the others",
            (0.0, 0.0),
            "",
            stalls(run),
        ),
    ];
    times.into_iter().chain(others).collect()
}

/// A figure and what is to be said of it.
type Measured = (Option<f64>, String);

fn cost(run: &Run, server: &str, viewers: usize) -> Option<f64> {
    middle(&run.usual(server, 100, viewers), |figure| {
        figure.cpu_s_per_gb
    })
}

fn absolute(run: &Run) -> Measured {
    let remark = cost(run, "floor", 1_000).map(|floor| {
        let counts = if floor <= QUIET_FLOOR {
            "counts"
        } else {
            "does not count"
        };
        format!(" ({counts}: the floor is {floor:.2})")
    });
    (cost(run, "kaibo", 1_000), remark.unwrap_or_default())
}

fn growth(run: &Run) -> Measured {
    let growth = |server| Some(cost(run, server, 4_000)? / cost(run, server, 500)?);
    let floor = growth("floor").map(|floor| format!(" (floor {floor:.2})"));
    let mut most = run.usual("kaibo", 100, 4_000).into_iter();
    let filled = if most.any(|figure| figure.filled(run.cores)) {
        " (does not count: the machine was full)"
    } else {
        ""
    };
    (growth("kaibo"), floor.unwrap_or_default() + filled)
}

fn joins(run: &Run) -> Measured {
    let remark = joiners_p95(run, "floor").map(|floor| format!(" (floor {floor:.1} ms)"));
    (joiners_p95(run, "kaibo"), remark.unwrap_or_default())
}

fn joiners_p95(run: &Run, server: &str) -> Option<f64> {
    let those = run
        .figures
        .iter()
        .filter(|one| one.joins > 0 && one.server == server);
    let all: Vec<f64> = those
        .map(|one| one.report.joiners_first_keyframe.p95_ms)
        .collect();
    (!all.is_empty()).then(|| median(all))
}

fn memory(run: &Run) -> Measured {
    let mut ours = run.figures.iter().filter(|one| one.server == "kaibo");
    let figure = ours.find(|one| one.warm_s > WARM_FOR_MEMORY_S);
    (figure.map(|figure| figure.kib_per_viewer), String::new())
}

/// Healthy viewers that stalled, or were lost.
fn stalls(run: &Run) -> Measured {
    let figure = run.figures.iter().find(|one| one.slow_percent > 0);
    let lost = figure.map(|one| one.report.stalled + one.report.healthy - one.report.alive);
    (lost.map(|lost| lost as f64), String::new())
}
