//! `bench/RESULTS-api.md`: the goals first, then every table.

use std::fmt::Write as _;

use super::base::{GOODS, ROOMS, ROWS};
use super::{ApiRun, CALLERS, CHANGES, CLIENTS, CONNECTIONS, RATE, times_nginx};
use crate::goal::{self, Goal};
use crate::summary::median;

/// The whole page.
pub(crate) fn page(run: &ApiRun) -> String {
    [
        opening(run),
        goals(run),
        costs(run),
        latency(run),
        pages(run),
        making(run),
        HOW.to_owned(),
    ]
    .join("\n")
}

fn opening(run: &ApiRun) -> String {
    let kind = if run.quick {
        " A quick run: fewer and shorter measurements."
    } else {
        ""
    };
    format!(
        "# What a call costs\n\n\
         Written by `make bench` on {}.{kind} [How it is measured](README.md#the-api). One machine, loopback, generator and \
         server share it: ratios count, absolute figures do not carry over. Load average before: {:.1}.\n\n\
         - {}\n- {}\n- SQLite; {ROOMS} rooms of one app, {GOODS} goods on each shelf; a page of {ROWS} rooms is {:.0} KB\n",
        run.date,
        run.load_before,
        run.machine,
        run.versions.join(" · "),
        run.page_bytes as f64 / 1e3,
    )
}

/// The table of goals.
pub(crate) fn goals(run: &ApiRun) -> String {
    goal::table(&goals_of(run))
}

fn goals_of(run: &ApiRun) -> Vec<Goal> {
    let steady = |changes| {
        let mut those = run.steady.iter();
        let found = those.find(|steady| steady.changes_per_s == changes);
        found.map_or(f64::NAN, |steady| steady.latency.p99_ms)
    };
    let made = run.making.iter().find(|making| making.callers == CALLERS);
    let goal = |what: String, (must, aim), at_least, unit, measured, remark: String| Goal {
        what,
        must,
        aim,
        at_least,
        unit,
        measured: Some(measured),
        remark,
    };
    let with = format!("`getliveinfo`, {RATE} a second");
    vec![
        goal(
            "`getliveinfo`: requests per CPU-second over nginx's".into(),
            (0.5, 0.8),
            true,
            "",
            times_nginx(run),
            String::new(),
        ),
        goal(
            format!("{with}: p99"),
            (20.0, 5.0),
            false,
            " ms",
            steady(0),
            String::new(),
        ),
        goal(
            format!("{with}, {CHANGES} changes a second: p99"),
            (20.0, 10.0),
            false,
            " ms",
            steady(CHANGES),
            String::new(),
        ),
        goal(
            format!("`room/create`, {CALLERS} callers: rooms a second, each synced"),
            (400.0, 1_000.0),
            true,
            "",
            made.map_or(f64::NAN, |making| making.per_s),
            made.map_or_else(String::new, |making| {
                format!(" (a sync of this disk: {:.2} ms)", making.sync_ms)
            }),
        ),
        goal(
            "last page over first page, neither kept".into(),
            (1.5, 1.1),
            false,
            "",
            last_over_first(run),
            String::new(),
        ),
    ]
}

fn last_over_first(run: &ApiRun) -> f64 {
    match &run.pages[..] {
        [first, .., last] => last.first_ms / first.first_ms,
        _ => f64::NAN,
    }
}

fn costs(run: &ApiRun) -> String {
    let mut out = format!(
        "## Beside nginx: {CLIENTS} clients without a rest\n\nIn turns; nginx has one worker and the same bytes in a file. \
         Kaibo judges token, app, admission and quota of each call, and logs it. Median ratio: **{:.2}**.\n\n\
         | nginx: requests per CPU-s | requests/s | Kaibo: requests per CPU-s | requests/s | ratio | load |\n|---|---|---|---|---|---|\n",
        times_nginx(run)
    );
    for turn in &run.turns {
        let (nginx, kaibo) = (turn.nginx, turn.kaibo);
        let _ = writeln!(
            out,
            "| {:.0} | {:.0} | {:.0} | {:.0} | {:.2} | {:.1} |",
            nginx.per_cpu_s,
            nginx.per_s,
            kaibo.per_cpu_s,
            kaibo.per_s,
            kaibo.per_cpu_s / nginx.per_cpu_s,
            kaibo.load
        );
    }
    let us = |of: fn(&super::Turn) -> f64| 1e6 / median(run.turns.iter().map(of));
    let _ = writeln!(
        out,
        "\nOf CPU for each answer: nginx {:.0} µs, Kaibo {:.0} µs.",
        us(|turn| turn.nginx.per_cpu_s),
        us(|turn| turn.kaibo.per_cpu_s)
    );
    out
}

fn latency(run: &ApiRun) -> String {
    let mut out = format!(
        "## {RATE} calls a second over {CONNECTIONS} connections\n\nFrom when a call was due to its last byte, whether earlier ones were \
         answered or not. A change makes every kept page of the app untrue.\n\n\
         | changes a second | p50 ms | p95 | p99 | max | calls | load |\n|---|---|---|---|---|---|---|\n"
    );
    for steady in &run.steady {
        let took = steady.latency;
        let _ = writeln!(
            out,
            "| {} | {:.2} | {:.2} | {:.2} | {:.1} | {} | {:.1} |",
            steady.changes_per_s,
            took.p50_ms,
            took.p95_ms,
            took.p99_ms,
            took.max_ms,
            took.count,
            steady.load
        );
    }
    out
}

fn pages(run: &ApiRun) -> String {
    let mut out = format!(
        "## To the last page\n\nOne client; pages of {ROWS} rooms in turns, each time one that nobody asked for before, then the same again.\n\n\
         | rooms before it | first time, ms | again, ms |\n|---|---|---|\n"
    );
    for page in &run.pages {
        let _ = writeln!(
            out,
            "| {} | {:.2} | {:.2} |",
            page.start, page.first_ms, page.again_ms
        );
    }
    out
}

fn making(run: &ApiRun) -> String {
    let mut out = String::from(
        "## Making rooms\n\nEach answered once it is synced to the disk. Callers that come together share a commit.\n\n\
         | callers | rooms a second | p50 ms | p99 | a sync of the disk, ms | load |\n|---|---|---|---|---|---|\n",
    );
    for making in &run.making {
        let _ = writeln!(
            out,
            "| {} | **{:.0}** | {:.2} | {:.2} | {:.2} | {:.1} |",
            making.callers,
            making.per_s,
            making.latency.p50_ms,
            making.latency.p99_ms,
            making.sync_ms,
            making.load
        );
    }
    out
}

const HOW: &str = "## Run it\n\n\
```sh\nmake bench ONLY=api          # this part alone, 3 minutes; writes this file\n\
make bench ONLY=api QUICK=1  # one minute; writes beside target/bench\n```\n";
