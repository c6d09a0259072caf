//! `kill -9` at every point that a write passes, and whenever else: what was acknowledged is there,
//! and nothing is there by half (docs/why/crash-matrix.md).

mod kept;
mod writes;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use futures_util::future::join_all;
use kaibo_domain::id::{AppId, RoomId};
use kaibo_store::{Database, KEY_FILE, RoomQuery, Store};
use rustix::process::{Pid, Signal, getpid, kill_process};
use sqlx::{Connection as _, Executor as _, PgConnection};
use tokio::sync::Notify;
use tokio::task::spawn_blocking;

use crate::statements::sources;
use crate::{DAY, House, a_room, app_id, make_room};
use kept::{kept, sealed};

/// What a child may do instead of a write.
const OPENING: &str = "opening";
const ROOMS: &str = "rooms";

/// Said by a child, between the points that it passes.
const OPENED: &str = "opened";
const ACKNOWLEDGED: &str = "acknowledged";
/// From here on the write is there for good.
const COMMITTED: &str = "committed";

/// What a child lived to do.
#[derive(Default)]
struct Life {
    /// The points that it passed, in order; it was killed at the last, or when all was done.
    points: Vec<String>,
    /// Codes of rooms that were acknowledged to it.
    made: Vec<String>,
    acknowledged: bool,
}

impl Life {
    fn of(status: ExitStatus, said: &[String]) -> Self {
        let killed = status.signal() == Some(Signal::KILL.as_raw());
        assert!(killed, "{said:#?}");
        let mut life = Self::default();
        for line in said {
            match line.split_once(':') {
                Some(("point", point)) => life.points.push(point.to_owned()),
                Some(("made", code)) => life.made.push(code.to_owned()),
                None if line == OPENED => life.points.push(OPENED.to_owned()),
                None if line == ACKNOWLEDGED => life.acknowledged = true,
                _ => panic!("{said:#?}"),
            }
        }
        life
    }

    fn has_committed(&self) -> bool {
        self.points.iter().any(|point| point == COMMITTED)
    }
}

/// Does `work` in another process. It is killed at a point (`name:n`), or from outside as soon as it
/// has said this very text, or else when all is acknowledged.
async fn live(house: &House, work: &str, until: &str) -> Life {
    begin(house, work, until).1.await
}

fn begin(house: &House, work: &str, until: &str) -> (Pid, impl Future<Output = Life> + use<>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["crash::child", "--exact", "--ignored", "--nocapture"])
        .env("CRASH_FOLDER", house.dir.path())
        .env("CRASH_URL", &house.url)
        .env("CRASH_WORK", work)
        .env("KAIBO_CRASH_AT", until)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let pid = Pid::from_child(&child);
    let until = until.to_owned();
    let ended = spawn_blocking(move || {
        let mut said = Vec::new();
        for line in BufReader::new(child.stderr.take().unwrap()).lines() {
            said.push(line.unwrap());
            if said.last() == Some(&until) {
                child.kill().unwrap();
            }
        }
        (child.wait().unwrap(), said)
    });
    let life = async {
        let (status, said) = ended.await.unwrap();
        Life::of(status, &said)
    };
    (pid, life)
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
    match work.as_str() {
        OPENING => {}
        ROOMS => make_rooms(&store, &app_id("wx_one"), &|code| eprintln!("made:{code}")).await,
        write => writes::write(write, &store).await,
    }
    eprintln!("{ACKNOWLEDGED}");
    kill_process(getpid(), Signal::KILL).unwrap();
}

/// Makes forty rooms, four at a time; says which are acknowledged. Ends with the first error.
async fn make_rooms(store: &Store, app_id: &AppId, made: &impl Fn(&str)) {
    let caller = async |caller: u32| {
        for n in 0..10 {
            let code = (caller * 10 + n).to_string();
            if make_room(store, app_id, &code).await.is_err() {
                return;
            }
            made(&code);
        }
    };
    join_all((0..4).map(caller)).await;
}

/// Whether each room that was acknowledged is there, and no room by half; how many there are.
async fn rooms_are_whole(store: &Store, app_id: &AppId, acknowledged: &[String]) -> i64 {
    for code in acknowledged {
        let found = store.room_by_code(code).await.unwrap();
        assert!(found.is_some(), "{code} is lost");
    }
    let query = RoomQuery {
        limit: 1000,
        ..RoomQuery::default()
    };
    let (total, rooms) = store.rooms(app_id, &query).await.unwrap();
    for room in &rooms {
        assert!(store.room_access(app_id, room.id).await.unwrap().is_some());
    }
    let events = store.events_after(0, 1000).await.unwrap();
    let mut told: Vec<RoomId> = events.iter().map(|event| event.room_id).collect();
    let mut there: Vec<RoomId> = rooms.iter().map(|room| room.id).collect();
    told.sort_unstable();
    there.sort_unstable();
    assert_eq!(told, there);
    assert_eq!(store.rooms_made(app_id, DAY).await.unwrap(), total);
    total
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
        let differs = lost.map(|line| format!("\n - {line:.200}"));
        let differs: String = differs
            .chain(more.map(|l| format!("\n + {l:.200}")))
            .collect();
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

/// Does a write again and again in copies of a house, killed each time at another point.
async fn kill_everywhere(house: &House, write: &str, before: &[String]) -> Tally {
    let scene = house.copy().await;
    let store = scene.open().await;
    writes::write(write, &store).await;
    store.close().await;
    let (after, secrets) = (kept(&scene).await.0, sealed(&scene).await);
    assert!(before != after, "{write} changes something");

    let mut tally = Tally::default();
    let scene = house.copy().await;
    let whole = live(&scene, write, "nowhere:1").await;
    assert!(
        whole.acknowledged && whole.has_committed(),
        "{write}: an answer before COMMIT"
    );
    tally.look(&scene, write, &whole, &after).await;

    let begun = whole.points.iter().position(|p| p == OPENED).unwrap();
    let points = whole.points.len() - 1;
    tally.points = points - begun;
    let mut untouched = None;
    for n in begun + 1..=points {
        let scene = match untouched.take() {
            Some(scene) => scene,
            None => house.copy().await,
        };
        let life = live(&scene, write, &format!(":{n}")).await;
        assert!(!life.acknowledged, "{write}: fewer points than before");
        if life.has_committed() {
            tally.look(&scene, write, &life, &after).await;
            assert_eq!(sealed(&scene).await, secrets);
        } else {
            tally.look(&scene, write, &life, before).await;
            untouched = Some(scene);
        }
    }
    tally
}

async fn a_write_that_is_killed_is_there_as_a_whole_or_not_at_all(house: House) {
    let store = house.open().await;
    writes::furnish(&store).await;
    store.close().await;
    let (before, _) = kept(&house).await;
    let mut tallies = Vec::new();
    for pair in writes::NAMES.chunks(2) {
        let pair = pair.iter().map(|w| kill_everywhere(&house, w, &before));
        tallies.extend(join_all(pair).await);
    }
    let sum = |figure: fn(&Tally) -> usize| tallies.iter().map(figure).sum::<usize>();
    println!(
        "{}: {} writes, {} points, {} kills, {} files of no row, {} losses",
        house.kind(),
        tallies.len(),
        sum(|t| t.points),
        sum(|t| t.kills),
        sum(|t| t.litter),
        sum(|t| t.losses.len()),
    );
    let losses: Vec<String> = tallies.into_iter().flat_map(|t| t.losses).collect();
    assert!(losses.is_empty(), "{}", losses.join("\n"));
}

#[test]
fn every_method_that_writes_is_among_the_writes() {
    let mut methods = BTreeSet::new();
    let mut calls = 0;
    for path in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let text = std::fs::read_to_string(path).unwrap();
        let writes = |text: &str| {
            let text: String = text.split_whitespace().collect();
            // By themselves, or within a reach: `.of(app_id)`, `.aside()`.
            let begun = text.split("self.writer()").skip(1);
            let begun = begun.filter(|rest| {
                let rest = match rest.split_once(").") {
                    Some((reach, rest))
                        if [".of(", ".aside("].iter().any(|r| reach.starts_with(r)) =>
                    {
                        rest
                    }
                    _ => rest.trim_start_matches('.'),
                };
                rest.starts_with("write(") || rest.starts_with("execute(")
            });
            begun.count()
        };
        calls += writes(&text);
        for method in text.split("pub async fn ").skip(1) {
            if writes(method) > 0 {
                let (name, _) = method.split_once('(').unwrap();
                methods.insert(name.to_owned());
            }
        }
    }
    assert_eq!(calls, methods.len(), "some write is in no public method");
    let known = writes::NAMES.iter().map(|name| (*name).to_owned());
    let known: BTreeSet<String> = known.collect();
    assert_eq!(
        known.difference(&methods).collect::<Vec<_>>(),
        ["several_in_one_commit"]
    );
    assert!(methods.is_subset(&known), "{methods:?}");
}

async fn rooms_that_were_acknowledged_before_a_kill_are_there(house: House) {
    let (store, one) = house.store().await;
    store.close().await;
    let mut acknowledged = Vec::new();
    let untils = [
        "COMMIT:1",
        "COMMIT:4",
        "committed:2",
        "committed:5",
        "made:11",
        "made:36",
    ];
    for until in untils {
        let scene = house.copy().await;
        let life = live(&scene, ROOMS, until).await;
        assert!(!life.acknowledged, "in the middle: {until}");
        let store = scene.open().await;
        rooms_are_whole(&store, &one, &life.made).await;
        a_room(&store, &one, "next").await;
        acknowledged.push(life.made.len());
    }
    println!(
        "{}: killed amid rooms, {acknowledged:?} of them acknowledged; 0 lost",
        house.kind()
    );
}

async fn an_opening_that_was_killed_is_done_by_the_next(house: House) {
    let whole = house.another().await;
    whole.open().await.close().await;
    let (whole, _) = kept(&whole).await;
    for n in 1.. {
        let scene = house.another().await;
        let life = live(&scene, OPENING, &format!(":{n}")).await;
        let key = std::fs::read(scene.dir.path().join(KEY_FILE)).ok();
        scene.open().await.close().await;
        assert_eq!(kept(&scene).await.0, whole, "killed at {:?}", life.points);
        if let Some(key) = key {
            assert!(std::fs::read(scene.dir.path().join(KEY_FILE)).unwrap() == key);
        }
        if life.acknowledged {
            println!(
                "{}: killed at {} points of a first opening",
                house.kind(),
                n - 1
            );
            break;
        }
    }
}

/// Somebody else's table of the same name, not committed, keeps the child amid the migration.
#[tokio::test]
async fn an_opening_that_was_killed_amid_the_steps_of_postgresql_is_done_by_the_next() {
    let house = House::postgres().await;
    let mut conn = PgConnection::connect(&house.url).await.unwrap();
    let mut other = conn.begin().await.unwrap();
    other
        .execute("CREATE TABLE image (name TEXT)")
        .await
        .unwrap();
    let (pid, life) = begin(&house, OPENING, "nowhere:1");
    let mut operator = PgConnection::connect(&house.url).await.unwrap();
    let waits = "SELECT FROM pg_stat_activity WHERE datname = current_database() \
         AND wait_event = 'transactionid' AND query LIKE '%CREATE TABLE meta%'";
    while operator.fetch_optional(waits).await.unwrap().is_none() {}
    kill_process(pid, Signal::KILL).unwrap();
    let life = life.await;
    assert_eq!(life.points.last().unwrap(), "database there");
    other.rollback().await.unwrap();
    let (store, one) = house.store().await;
    a_room(&store, &one, "code").await;
    store.ping().await.unwrap();
}

#[tokio::test]
async fn rooms_that_were_acknowledged_before_postgresql_was_killed_are_there() {
    let server = test_postgres::Server::start().await;
    let mut acknowledged = Vec::new();
    for wanted in [1, 8, 30] {
        let house = House::at(server.database().await);
        let (store, one) = house.store().await;
        let (made, enough) = (RefCell::new(Vec::new()), Notify::new());
        let note = |code: &str| {
            made.borrow_mut().push(code.to_owned());
            if made.borrow().len() == wanted {
                enough.notify_one();
            }
        };
        let kill = async {
            enough.notified().await;
            server.kill().await;
        };
        tokio::join!(make_rooms(&store, &one, &note), kill);
        server.start_again().await;
        let made = made.take();
        assert!(made.len() < 40, "in the middle");
        rooms_are_whole(&store, &one, &made).await;
        a_room(&store, &one, "next").await;
        acknowledged.push(made.len());
    }
    println!("PostgreSQL killed amid rooms, {acknowledged:?} of them acknowledged; 0 lost");
}

cases![
    a_write_that_is_killed_is_there_as_a_whole_or_not_at_all,
    rooms_that_were_acknowledged_before_a_kill_are_there,
    an_opening_that_was_killed_is_done_by_the_next,
];
