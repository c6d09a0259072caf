//! `bench/RESULTS.md`: the goals first, then every table, then every single run.

use std::fmt::Write as _;

use crate::figure::Figure;
use crate::goals;
use crate::matrix::{Run, WARM_FOR_MEMORY_S};
use crate::summary::median;

/// The whole page.
pub(crate) fn page(run: &Run) -> String {
    let parts = [
        opening(run),
        goals::table(run),
        batches(run),
        crowds(run),
        joins(run),
        slow(run),
        memory(run),
        peers(run),
        hls(run),
        failures(run),
        every_run(run),
        HOW.to_owned(),
    ];
    parts
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

/// The median of a figure over several runs.
pub(crate) fn middle(figures: &[&Figure], of: fn(&Figure) -> f64) -> Option<f64> {
    (!figures.is_empty()).then(|| median(figures.iter().map(|figure| of(figure))))
}

/// Ours over the floor's, each with the run beside it; the median.
pub(crate) fn times_floor(run: &Run, batch_ms: u64, viewers: usize) -> Option<f64> {
    let ours = run.usual("kaibo", batch_ms, viewers);
    let floor = run.usual("floor", batch_ms, viewers);
    let pairs = ours.iter().zip(&floor);
    let ratios: Vec<f64> = pairs
        .map(|(one, least)| one.cpu_s_per_gb / least.cpu_s_per_gb)
        .collect();
    (!ratios.is_empty()).then(|| median(ratios))
}

fn opening(run: &Run) -> String {
    let kind = if run.quick {
        " A quick run: fewer and shorter measurements."
    } else {
        ""
    };
    format!(
        "# What a viewer costs\n\n\
         Written by `make bench` on {} in {:.0} minutes.{kind} [How it is measured](README.md). \
         One machine, loopback, generator and server share it: ratios count, absolute figures do not carry over.\n\n\
         - {}\n- {}\n- film: 1280x720, 30 fps, H.264 constrained baseline, 2 s between keyframes, AAC; \
         {:.2} Mbit/s without framing\n",
        run.date,
        run.minutes,
        run.machine,
        run.versions.join(" · "),
        run.film_mbit_per_s
    )
}

const COST_HEAD: &str = "| server | gathers | viewers | CPU-s per GB | times the floor | user / system | cores | latency ms, p50 / p95 | first keyframe ms, p50 / p95 / max | stalled | gone | runs |\n\
                         |---|---|---|---|---|---|---|---|---|---|---|---|\n";

/// One line of medians.
fn cost_row(figures: &[&Figure], times: Option<f64>) -> String {
    let Some(first) = figures.first() else {
        return String::new();
    };
    let of = |what: fn(&Figure) -> f64| median(figures.iter().map(|figure| what(figure)));
    let sum = |what: fn(&Figure) -> usize| figures.iter().map(|figure| what(figure)).sum::<usize>();
    let gb = |figure: &Figure| figure.received_bytes as f64 / 1e9;
    format!(
        "| {} | {} | {} | **{:.2}** | {} | {:.2} / {:.2} | {:.2} | {:.0} / {:.0} | {:.1} / {:.1} / {:.0} | {} | {} | {} |\n",
        first.server,
        gathers(first),
        first.viewers,
        of(|figure| figure.cpu_s_per_gb),
        times.map_or_else(|| "–".into(), |times| format!("{times:.2}")),
        median(figures.iter().map(|figure| figure.cpu.user_s / gb(figure))),
        median(
            figures
                .iter()
                .map(|figure| figure.cpu.system_s / gb(figure))
        ),
        of(|figure| figure.cores),
        of(|figure| figure.report.latency.p50_ms),
        of(|figure| figure.report.latency.p95_ms),
        of(|figure| figure.report.first_keyframe.p50_ms),
        of(|figure| figure.report.first_keyframe.p95_ms),
        of(|figure| figure.report.first_keyframe.max_ms),
        sum(|figure| figure.report.stalled),
        sum(|figure| figure.report.healthy - figure.report.alive),
        figures.len()
    )
}

fn gathers(figure: &Figure) -> String {
    match figure.batch_ms {
        0 => "every tag".into(),
        ms => format!("{ms} ms"),
    }
}

fn pair(run: &Run, batch_ms: u64, viewers: usize) -> String {
    let ours = run.usual("kaibo", batch_ms, viewers);
    let floor = run.usual("floor", batch_ms, viewers);
    let one = (!floor.is_empty()).then_some(1.0);
    cost_row(&floor, one) + &cost_row(&ours, times_floor(run, batch_ms, viewers))
}

fn batches(run: &Run) -> String {
    let rows: String = [0, 50, 100, 350]
        .map(|batch_ms| pair(run, batch_ms, 1_000))
        .concat();
    format!(
        "## By how long tags are gathered: 1,000 HTTP-FLV viewers\n\n\
         Medians; floor and Kaibo took turns.\n\n{COST_HEAD}{rows}"
    )
}

fn crowds(run: &Run) -> String {
    let rows: String = [100, 500, 1_000, 2_000, 4_000]
        .map(|viewers| pair(run, 100, viewers))
        .concat();
    format!(
        "## By the number of viewers, 100 ms\n\n![CPU seconds per GB against viewers](../docs/images/cost-by-viewers.svg)\n\n\
         Below 500 viewers Kaibo gathers less than it may, so that the few are closer to the camera; the floor does not.\n\n\
         {COST_HEAD}{rows}"
    )
}

fn joins(run: &Run) -> String {
    let mut out = String::from(
        "## 1,000 join in 4 s where 1,000 watch\n\nFrom `connect` to the last byte of the first whole keyframe.\n\n\
         | server | first keyframe ms, p50 | p95 | max | got one | load |\n|---|---|---|---|---|---|\n",
    );
    for figure in run.figures.iter().filter(|figure| figure.joins > 0) {
        let spread = figure.report.joiners_first_keyframe;
        let _ = writeln!(
            out,
            "| {} | {:.1} | {:.1} | {:.1} | {} of {} | {:.1} |",
            figure.server,
            spread.p50_ms,
            spread.p95_ms,
            spread.max_ms,
            spread.count,
            figure.joins,
            figure.load
        );
    }
    out
}

fn slow(run: &Run) -> String {
    let mut out = String::from(
        "## 1,000 viewers, one in ten slow\n\nHalf of the slow read 50 kbit/s, half stop reading. Latency and stalls are those of the others.\n\n\
         | slow | stalled | gone | latency ms, p50 / p95 | slow ones cut |\n|---|---|---|---|---|\n",
    );
    let usual = run.usual("kaibo", 100, 1_000);
    let slow = run.figures.iter().filter(|figure| figure.slow_percent > 0);
    for figure in usual.into_iter().chain(slow) {
        let report = &figure.report;
        let _ = writeln!(
            out,
            "| {} % | {} | {} | {:.0} / {:.0} | {} of {} |",
            figure.slow_percent,
            report.stalled,
            report.healthy - report.alive,
            report.latency.p50_ms,
            report.latency.p95_ms,
            report.slow_cut,
            report.slow
        );
    }
    out
}

fn memory(run: &Run) -> String {
    let mut figures = run.figures.iter();
    let Some(figure) = figures.find(|figure| figure.warm_s > WARM_FOR_MEMORY_S) else {
        return String::new();
    };
    format!(
        "## Memory\n\nResident memory once HLS was full, without and with viewers. The kernel's socket buffers are not in it.\n\n\
         | server | viewers | MiB without | MiB with | KiB per viewer |\n|---|---|---|---|---|\n\
         | {} | {} | {:.1} | {:.1} | {:.1} |\n",
        figure.server,
        figure.viewers,
        figure.before.rss_kib as f64 / 1024.0,
        figure.with_viewers.rss_kib as f64 / 1024.0,
        figure.kib_per_viewer
    )
}

fn peers(run: &Run) -> String {
    let peers = run.figures.iter().filter(|figure| is_peer(figure));
    let rows: Vec<String> = peers
        .map(|figure| {
            let floor = middle(&run.usual("floor", figure.batch_ms, 1_000), |one| {
                one.cpu_s_per_gb
            });
            cost_row(&[figure], floor.map(|floor| figure.cpu_s_per_gb / floor))
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    let rows = rows.concat();
    format!(
        "## Other servers, same film and viewers\n\n\
         HTTP-FLV unless said. \"Times the floor\" is against the floor that gathers as long, at 1,000 viewers.\n\n{COST_HEAD}{rows}"
    )
}

/// Neither ours nor the floor.
pub(crate) fn is_peer(figure: &Figure) -> bool {
    !["kaibo", "floor"].contains(&figure.server.as_str())
}

fn hls(run: &Run) -> String {
    let mut out = String::from(
        "## HLS\n\n8 clients, kept alive, without a rest: the playlist, then its newest segment of 2 s. Kaibo muxes meanwhile, nginx has finished files.\n\n\
         | server | requests per server CPU-s | requests/s | CPU-s per GB | cores | load |\n|---|---|---|---|---|---|\n",
    );
    for figure in &run.hls {
        let _ = writeln!(
            out,
            "| {} | **{:.0}** | {:.0} | {:.2} | {:.2} | {:.1} |",
            figure.server,
            figure.requests_per_cpu_s,
            figure.requests_per_s,
            figure.cpu_s_per_gb,
            figure.cores,
            figure.load
        );
    }
    out
}

fn failures(run: &Run) -> String {
    if run.failures.is_empty() {
        return String::new();
    }
    let lines = run
        .failures
        .iter()
        .map(|line| format!("- {}\n", first_line(line)));
    "## Not measured\n\n".to_owned() + &lines.collect::<Vec<_>>().concat()
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

fn every_run(run: &Run) -> String {
    let mut out = String::from(
        "<details><summary>Every run, in order, with the load average at its end</summary>\n\n\
         | server | gathers | viewers | CPU-s per GB | latency p95 | Mbit/s per viewer | generator's cores | load |\n|---|---|---|---|---|---|---|---|\n",
    );
    for figure in &run.figures {
        let more = match (figure.joins, figure.slow_percent) {
            (0, 0) => String::new(),
            (joins, 0) => format!(" + {joins}"),
            (_, percent) => format!(", {percent} % slow"),
        };
        let _ = writeln!(
            out,
            "| {} | {} | {}{more} | {:.3} | {:.0} | {:.2} | {:.2} | {:.1}{} |",
            figure.server,
            gathers(figure),
            figure.viewers,
            figure.cpu_s_per_gb,
            figure.report.latency.p95_ms,
            figure.mbit_per_viewer,
            figure.own_cpu_s / figure.window_s,
            figure.load,
            if figure.filled(run.cores) {
                ", machine full"
            } else {
                ""
            }
        );
    }
    out + "\n</details>\n"
}

const HOW: &str = "## Run it\n\n\
```sh\nmake bench          # everything, about 13 minutes; writes this file and the plot\n\
make bench QUICK=1  # a part of it, 3 minutes\n```\n\n\
Let the machine be quiet: from a load average of about 1.2 on, figures grow by up to 1.4 times, and only ratios within a run mean something.\n";
