//! Starts the floor: this program again, in a process of its own, so that its cost can be told apart.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::{Process, Running};
use crate::view::Target;

/// The floor prints this and its address when it listens.
pub(crate) const READY: &str = "floor listens at ";
const PATH: &str = "/live/film.flv";

pub(super) fn start(batch_ms: u64, cache: &Path) -> anyhow::Result<Running> {
    // Not by its path: there may be a newer build by now.
    let mut command = Command::new("/proc/self/exe");
    command.args(["floor", "--batch", &batch_ms.to_string(), "--cache"]);
    command.arg(std::path::absolute(cache)?);
    let mut process = Process::start(command, TempDir::with_prefix("kaibo-bench-")?)?;
    let at = process.until("the floor listens", |process| {
        let said = process.said();
        let (_, after) = said.split_once(READY)?;
        after.lines().next()?.parse().ok()
    })?;
    let target = Target::Flv {
        at,
        path: PATH.into(),
    };
    process.until_picture(&target)?;
    Ok(Running {
        target,
        hls: None,
        encoder: None,
        process,
    })
}
