//! `kill -9` at every point that a write passes, and whenever else: what was acknowledged is there,
//! and nothing is there by half (docs/why/crash-matrix.md).

mod kept;
mod writes;

use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use kaibo_store::{Database, Store};
use rustix::process::{Signal, getpid, kill_process};
use tokio::task::spawn_blocking;

use crate::House;
use kept::{kept, sealed};

/// Said by a child, between the points that it passes.
const OPENED: &str = "opened";
const ACKNOWLEDGED: &str = "acknowledged";
/// From here on the write is there for good.
const COMMITTED: &str = "committed";

/// What a child lived to do.
struct Life {
    /// The points that it passed, in order; it was killed at the last, or once it had acknowledged.
    points: Vec<String>,
    acknowledged: bool,
}

impl Life {
    fn has_committed(&self) -> bool {
        self.points.iter().any(|point| point == COMMITTED)
    }
}

/// Does `work` in another process, which is killed at a point (`name:n`), or else when it has
/// acknowledged.
async fn live(house: &House, work: &str, until: &str) -> Life {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child
        .args(["crash::child", "--exact", "--ignored", "--nocapture"])
        .env("CRASH_FOLDER", house.dir.path())
        .env("CRASH_URL", &house.url)
        .env("CRASH_WORK", work)
        .env("KAIBO_CRASH_AT", until)
        .stdin(Stdio::null());
    let ended = spawn_blocking(move || child.output().unwrap());
    let ended = ended.await.unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    let signal = ended.status.signal();
    assert_eq!(signal, Some(Signal::KILL.as_raw()), "{work}: {said}");
    let mut life = Life {
        points: Vec::new(),
        acknowledged: false,
    };
    for line in said.lines() {
        match line.strip_prefix("point: ") {
            Some(point) => life.points.push(point.to_owned()),
            None if line == OPENED => life.points.push(OPENED.to_owned()),
            None if line == ACKNOWLEDGED => life.acknowledged = true,
            None => panic!("{work}: {said}"),
        }
    }
    life
}

#[tokio::test]
#[ignore = "a process that other tests start and kill"]
async fn child() {
    let Ok(work) = std::env::var("CRASH_WORK") else {
        return;
    };
    let folder = std::env::var("CRASH_FOLDER").unwrap();
    let url = std::env::var("CRASH_URL").unwrap();
    let database = Database::from_url(&url).unwrap();
    let store = Store::open_with(Path::new(&folder), &database);
    let store = store.await.unwrap();
    eprintln!("{OPENED}");
    writes::write(&work, &store).await;
    eprintln!("{ACKNOWLEDGED}");
    kill_process(getpid(), Signal::KILL).unwrap();
}

/// What was tried, and what went wrong.
#[derive(Default)]
struct Tally {
    points: usize,
    kills: usize,
    litter: usize,
    losses: Vec<String>,
}

impl Tally {
    /// Looks at a house after a life in it, and tidies up.
    async fn look(&mut self, house: &House, write: &str, life: &Life, wanted: &[String]) {
        self.kills += 1;
        let (found, litter) = kept(house).await;
        let lost = wanted.iter().filter(|line| !found.contains(line));
        let more = found.iter().filter(|line| !wanted.contains(line));
        let differs = lost.map(|line| format!("\n - {line}"));
        let differs: String = differs.chain(more.map(|l| format!("\n + {l}"))).collect();
        if found != wanted {
            let end = life.points.last().unwrap();
            self.losses
                .push(format!("{write}, killed at {end}:{differs}"));
        }
        let images = ["put_image", "purge_images"];
        assert!(litter.is_empty() || images.contains(&write), "{litter:?}");
        self.litter += litter.len();
        litter.iter().for_each(remove);
    }
}

fn remove(path: &PathBuf) {
    std::fs::remove_file(path).unwrap();
}

async fn a_write_that_is_killed_is_there_as_a_whole_or_not_at_all(house: House) {
    let store = house.open().await;
    writes::furnish(&store).await;
    store.close().await;
    let (before, _) = kept(&house).await;
    let mut tally = Tally::default();
    for write in writes::NAMES {
        let whole = house.copy().await;
        let store = whole.open().await;
        writes::write(write, &store).await;
        store.close().await;
        let (after, secrets) = (kept(&whole).await.0, sealed(&whole).await);
        assert!(before != after, "{write} changes something");

        let scene = house.copy().await;
        let life = live(&scene, write, "nowhere:1").await;
        assert!(life.acknowledged && life.has_committed(), "{write}");
        tally.look(&scene, write, &life, &after).await;
        let opening = life.points.iter().position(|p| p == OPENED).unwrap();
        let points = life.points.len() - 1;
        tally.points += points - opening;

        let mut scene = house.copy().await;
        for n in opening + 1..=points {
            let life = live(&scene, write, &format!(":{n}")).await;
            assert!(!life.acknowledged);
            if life.has_committed() {
                tally.look(&scene, write, &life, &after).await;
                assert_eq!(sealed(&scene).await, secrets);
                scene = house.copy().await;
            } else {
                tally.look(&scene, write, &life, &before).await;
            }
        }
    }
    let (writes, database) = (writes::NAMES.len(), house.database());
    let Tally {
        points,
        kills,
        litter,
        losses,
    } = tally;
    println!(
        "{database:?}: {writes} writes, {points} points, {kills} kills, {litter} files of no row, {} losses",
        losses.len()
    );
    assert!(losses.is_empty(), "{}", losses.join("\n"));
}

cases![a_write_that_is_killed_is_there_as_a_whole_or_not_at_all];
