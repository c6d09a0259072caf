//! What a call of the API costs: a list of rooms from a large database beside nginx with the same
//! bytes in a file, its pages to the last, and making rooms.

mod base;
mod load;
mod results;

use std::path::Path;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tempfile::TempDir;

use self::base::{Base, ROOMS, ROWS};
use self::load::{Asked, Call};
use crate::http::Client;
use crate::matrix::said;
use crate::proc;
use crate::server::{self, House, Shop};
use crate::summary::{Spread, median};

pub(crate) use self::results::{goals, page};

/// The operation of lists.
const LIST: &str = "wxa/business/getliveinfo";
/// Clients that ask without a rest.
const CLIENTS: usize = 8;
/// Asked each second, whatever comes back.
const RATE: u64 = 1_000;
/// Connections that share this rate.
const CONNECTIONS: usize = 32;
/// Changes each second in the figure with changes.
const CHANGES: u64 = 10;
/// Callers that make rooms at the same time.
const CALLERS: usize = 32;

/// All that one run gave.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ApiRun {
    pub(crate) date: String,
    pub(crate) machine: String,
    pub(crate) versions: Vec<String>,
    pub(crate) quick: bool,
    pub(crate) load_before: f64,
    pub(crate) page_bytes: usize,
    pub(crate) turns: Vec<Turn>,
    pub(crate) steady: Vec<Steady>,
    pub(crate) pages: Vec<PageCost>,
    pub(crate) making: Vec<Making>,
}

/// Ours and nginx, one behind the other.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Turn {
    pub(crate) nginx: Asked,
    pub(crate) kaibo: Asked,
}

/// Calls at a fixed rate.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Steady {
    /// Changes of rooms each second meanwhile.
    pub(crate) changes_per_s: u64,
    pub(crate) latency: Spread,
    pub(crate) load: f64,
}

/// A page of the list.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct PageCost {
    /// Rooms before it.
    pub(crate) start: i64,
    /// Milliseconds, the middle of many, of pages that nobody asked for before.
    pub(crate) first_ms: f64,
    /// Of pages that are kept.
    pub(crate) again_ms: f64,
}

/// Rooms made.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Making {
    pub(crate) callers: usize,
    pub(crate) per_s: f64,
    pub(crate) latency: Spread,
    /// What a write of 4 KiB and a sync of the same disk take, the middle of many.
    pub(crate) sync_ms: f64,
    pub(crate) load: f64,
}

/// Measures everything; tells on standard error how far it is.
pub(crate) fn run(bin: &Path, quick: bool) -> anyhow::Result<ApiRun> {
    let load_before = proc::load();
    eprintln!("making a database of {ROOMS} rooms");
    let base = Base::make(bin)?;
    let house = House::open(bin, base.data())?;
    let shop = Shop::open(house.at, base.app())?;
    let asked = list_call(&shop, 0, ROWS);
    let body = load::once(house.at, &asked)?;
    let nginx = nginx(&body)?;
    let mut run = ApiRun {
        date: said("date", &["-u", "+%F"]),
        machine: proc::machine(),
        versions: versions(bin),
        quick,
        load_before,
        page_bytes: body.len(),
        turns: Vec::new(),
        steady: Vec::new(),
        pages: Vec::new(),
        making: Vec::new(),
    };
    let (times, window_s) = if quick { (3, 2.0) } else { (5, 5.0) };
    for _ in 0..times {
        let turn = Turn {
            nginx: load::without_rest(nginx.at(), nginx.pid(), &file_call(), CLIENTS, window_s)?,
            kaibo: load::without_rest(house.at, house.pid(), &asked, CLIENTS, window_s)?,
        };
        eprintln!(
            "nginx {:.0}, kaibo {:.0} requests for each CPU second",
            turn.nginx.per_cpu_s, turn.kaibo.per_cpu_s
        );
        run.turns.push(turn);
    }
    for changes_per_s in [0, CHANGES] {
        let change = base.change(&shop);
        let changes = (changes_per_s > 0).then_some((&change, changes_per_s));
        let latency = load::steady(
            house.at,
            &asked,
            (RATE, CONNECTIONS),
            changes,
            2.0 * window_s,
        )?;
        eprintln!(
            "{RATE} a second, {changes_per_s} changes: p99 {:.2} ms",
            latency.p99_ms
        );
        run.steady.push(Steady {
            changes_per_s,
            latency,
            load: proc::load(),
        });
    }
    run.pages = pages(&house, &shop, if quick { 10 } else { 40 })?;
    drop((house, nginx));
    run.making = making(bin, &base, window_s)?;
    Ok(run)
}

/// Median over the turns of how many of nginx's requests ours are.
pub(crate) fn times_nginx(run: &ApiRun) -> f64 {
    let ratios = run
        .turns
        .iter()
        .map(|turn| turn.kaibo.per_cpu_s / turn.nginx.per_cpu_s);
    median(ratios)
}

fn list_call(shop: &Shop, start: i64, limit: i64) -> Call {
    Call::post(&shop.path(LIST), &json!({"start": start, "limit": limit}))
}

fn file_call() -> Call {
    Call::get("/page.json")
}

/// nginx, as lean as it is, with the same bytes in a file.
fn nginx(body: &[u8]) -> anyhow::Result<server::StaticFiles> {
    let folder = TempDir::with_prefix("kaibo-bench-")?;
    std::fs::write(folder.path().join("page.json"), body)?;
    server::start_static_files(folder)
}

/// Pages over the whole list, in turns, each time one that was not asked for before: its start is
/// moved by one.
fn pages(house: &House, shop: &Shop, times: i64) -> anyhow::Result<Vec<PageCost>> {
    let last = ROOMS - ROWS;
    let starts = [0, last / 4, last / 2, 3 * last / 4, last];
    let mut first = vec![Vec::new(); starts.len()];
    let mut again = first.clone();
    let mut client = Client::connect(house.at)?;
    for time in 0..times {
        for (place, start) in starts.iter().enumerate() {
            let moved = if *start == last { -time } else { time };
            let call = list_call(shop, start + moved, ROWS);
            first[place].push(load::timed(&mut client, &call)?);
            again[place].push(load::timed(&mut client, &call)?);
        }
    }
    let cost = |(place, start): (usize, &i64)| PageCost {
        start: *start,
        first_ms: Spread::of(first[place].clone()).p50_ms,
        again_ms: Spread::of(again[place].clone()).p50_ms,
    };
    Ok(starts.iter().enumerate().map(cost).collect())
}

/// In a server of its own beside the large database, so that nothing else is in the way.
fn making(bin: &Path, base: &Base, window_s: f64) -> anyhow::Result<Vec<Making>> {
    let house = House::open(bin, base.data())?;
    let shop = Shop::open(house.at, base.app())?;
    let call = Call::post(
        &shop.path("wxaapi/broadcast/room/create"),
        &server::plan(&shop.upload()?),
    );
    let answer = String::from_utf8(load::once(house.at, &call)?)?;
    anyhow::ensure!(
        answer.contains("\"errcode\":0"),
        "room/create says {answer}"
    );
    let mut all = Vec::new();
    for callers in [CALLERS, 1] {
        let sync_ms = load::sync_ms(base.data()).context("the disk cannot be measured")?;
        let (per_s, latency) = load::callers(house.at, &call, callers, window_s)?;
        eprintln!(
            "{callers} callers make {per_s:.0} rooms a second, p99 {:.1} ms",
            latency.p99_ms
        );
        all.push(Making {
            callers,
            per_s,
            latency,
            sync_ms,
            load: proc::load(),
        });
    }
    Ok(all)
}

fn versions(bin: &Path) -> Vec<String> {
    let bin = std::path::absolute(bin).unwrap_or_else(|_| bin.to_owned());
    vec![
        said(&bin.to_string_lossy(), &["--version"]),
        format!(
            "commit {}",
            said("git", &["describe", "--always", "--dirty"])
        ),
        said("rustc", &["--version"]),
        said("/usr/sbin/nginx", &["-v"]),
    ]
}
