//! Replays what was kept of a target, then feeds it new inputs until its time is up.

use std::fmt;
use std::fs;
use std::io::{self, Write as _};
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::Instant;

use crate::random::{Random, fingerprint};

/// Longest that one input may take; a parser that needs more can be stopped by a stranger.
const SLOW: Duration = Duration::from_secs(10);

/// One parser under test.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its test's name and its folder's in `fuzz/corpus`.
    pub name: &'static str,
    /// Reads the input and panics where an invariant does not hold.
    pub check: fn(&[u8]),
    /// Good inputs to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Makes a new input of known ones.
    pub mutate: fn(&mut Random, &[Vec<u8>]) -> Vec<u8>,
}

/// How long and from where.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How long new inputs are made. Known ones are always replayed.
    pub time: Duration,
    /// The same seed makes the same inputs in the same order.
    pub seed: u64,
    /// Folder with one folder of inputs for each target.
    pub corpus: PathBuf,
}

impl Plan {
    /// `KAIBO_FUZZ_SECONDS` (2 unless set) and `KAIBO_FUZZ_SEED` (1 unless set).
    pub fn from_environment() -> Self {
        let number = |name, default| {
            std::env::var(name).map_or(default, |text| {
                text.parse()
                    .unwrap_or_else(|_| panic!("{name} is a whole number, not {text:?}"))
            })
        };
        Self {
            time: Duration::from_secs(number("KAIBO_FUZZ_SECONDS", 2)),
            seed: number("KAIBO_FUZZ_SEED", 1),
            corpus: Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus"),
        }
    }
}

/// An input that a target did not survive, and where it lies now.
#[derive(Debug)]
pub struct Failure {
    name: &'static str,
    path: PathBuf,
    reason: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{name}: {reason}\nThe input is {path}. Replay it: KAIBO_FUZZ_SECONDS=0 cargo test -p kaibo-fuzz {name}\n\
             Mend the parser and commit the file: it is replayed from now on.",
            name = self.name,
            reason = self.reason,
            path = self.path.display(),
        )
    }
}

/// Replays, then mutates until the time is up. Gives the number of executions.
pub fn run(target: &Target, plan: &Plan) -> Result<u64, Failure> {
    let folder = plan.corpus.join(target.name);
    let mut pool = (target.seeds)();
    for input in &pool {
        execute(target, input).map_err(|reason| failure(target, keep(&folder, input), reason))?;
    }
    for (path, input) in kept(&folder) {
        execute(target, &input).map_err(|reason| failure(target, path, reason))?;
        pool.push(input);
    }
    let mut executions = pool.len() as u64;
    // Each target has its own numbers, or all would walk the same way.
    let mut random = Random::new(plan.seed ^ fingerprint(target.name.as_bytes()));
    let begun = Instant::now();
    while begun.elapsed() < plan.time {
        let input = (target.mutate)(&mut random, &pool);
        execute(target, &input).map_err(|reason| failure(target, keep(&folder, &input), reason))?;
        executions += 1;
    }
    report(target, plan, executions);
    Ok(executions)
}

/// The inputs that were kept, in the order of their names.
fn kept(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let input = fs::read(&path).expect("a kept input can be read");
        (path, input)
    };
    paths.into_iter().map(read).collect()
}

/// Writes a new input down, under a name made of its bytes.
fn keep(folder: &Path, input: &[u8]) -> PathBuf {
    let path = folder.join(format!("{:016x}", fingerprint(input)));
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(&path, input));
    written.expect("fuzz/corpus can be written");
    path
}

fn failure(target: &Target, path: PathBuf, reason: String) -> Failure {
    Failure {
        name: target.name,
        path,
        reason,
    }
}

/// Runs the target once; an error says what went wrong.
fn execute(target: &Target, input: &[u8]) -> Result<(), String> {
    let begun = Instant::now();
    match catch_unwind(|| (target.check)(input)) {
        Ok(()) if begun.elapsed() < SLOW => Ok(()),
        Ok(()) => Err(format!("one input took {:?}", begun.elapsed())),
        Err(panic) => Err(panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
            .unwrap_or_else(|| "it panicked".to_owned())),
    }
}

/// Says it past the test harness, which shows nothing of a test that passes.
fn report(target: &Target, plan: &Plan, executions: u64) {
    let line = format!(
        "fuzz {}: {executions} executions in {} s, seed {}, nothing found\n",
        target.name,
        plan.time.as_secs(),
        plan.seed
    );
    // Whoever closed the terminal does not want to know.
    let _ = io::stderr().write_all(line.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(check: fn(&[u8])) -> Target {
        Target {
            name: "example",
            check,
            seeds: || vec![b"seed".to_vec()],
            mutate: |random, pool| {
                let mut input = pool[0].clone();
                input[0] = random.bits() as u8;
                input
            },
        }
    }

    fn plan(corpus: &Path) -> Plan {
        Plan {
            time: Duration::from_secs(5),
            seed: 1,
            corpus: corpus.to_owned(),
        }
    }

    #[test]
    fn a_failing_input_is_kept_named_and_replayed() {
        let corpus = tempfile::TempDir::new().unwrap();
        let fragile = target(|input| assert_ne!(input[0], 7, "seven"));
        let failure = run(&fragile, &plan(corpus.path())).unwrap_err().to_string();
        let folder = corpus.path().join("example");
        let [(path, input)] = &kept(&folder)[..] else {
            panic!("one input is kept");
        };
        assert_eq!(input, b"\x07eed");
        let name = format!("{:016x}", fingerprint(input));
        assert!(
            failure.contains(&name) && failure.contains("seven"),
            "{failure}"
        );

        fs::rename(path, folder.join("seven")).unwrap();
        let mut replay = plan(corpus.path());
        replay.time = Duration::ZERO;
        let again = run(&fragile, &replay).unwrap_err().to_string();
        assert!(
            again.contains("example/seven"),
            "by the name it has: {again}"
        );
        assert_eq!(kept(&folder).len(), 1);
        let mended = target(|_| {});
        assert_eq!(
            run(&mended, &replay).unwrap(),
            2,
            "the seed and what was kept"
        );
    }
}
