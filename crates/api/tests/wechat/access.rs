//! Who may call what: every route of the router × everybody who may come to it, on SQLite and on
//! PostgreSQL. `docs/access.md` says which cells are open; from all others a caller is sent away,
//! and nothing has changed.

mod callers;
mod dump;
mod examples;
mod table;

use std::slice;
use std::sync::Mutex;

use axum::body::{Body, to_bytes};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Request, Response};
use futures_util::future::join_all;
use kaibo_app::AppConfig;
use kaibo_domain::door::Profile;
use serde_json::{Value, json};
use test_receiver::Receiver;

use crate::cases::Stage;
use crate::cases::ordinary::{Ordinary, ordinary};
use crate::world::{Base, World};
use callers::{CALLERS, Caller, Credentials, Neighbour};
use dump::{Dump, changed};
use table::{Cell, Row, routes, table};

/// Rows that are played at once.
const STAGES: usize = 4;

/// What WeChat says to whoever is not let in.
const NOT_LET_IN: [i64; 4] = [40_001, 40_014, 41_001, 42_001];
/// The numbers of what is not there.
const ABSENT: [i64; 4] = [40_007, 300_015, 300_022, 300_024];
/// What /v1 says to them, and of what is another's.
const REFUSALS: [(u16, &str); 6] = [
    (401, "not_signed_in"),
    (401, "token_unknown"),
    (403, "csrf_mismatch"),
    (403, "owner_only"),
    (404, "app_not_found"),
    (404, "device_unknown"),
];

/// An answer, as far as it is looked at.
#[derive(Debug)]
struct Seen {
    status: u16,
    body: Value,
}

impl Seen {
    async fn of(response: Response<Body>) -> Self {
        let mime = response.headers().get(CONTENT_TYPE).cloned();
        let mime = mime.map(|mime| mime.to_str().unwrap().to_owned());
        let mime = mime.unwrap_or_default();
        let status = response.status().as_u16();
        // An event stream goes on: that it begins is enough.
        let body = if mime.starts_with("application/json") {
            let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
            serde_json::from_slice(&bytes).unwrap()
        } else {
            json!(mime)
        };
        Self { status, body }
    }

    fn errcode(&self) -> Option<i64> {
        self.body["errcode"].as_i64()
    }

    fn refusal(&self) -> (u16, &str) {
        let code = self.body["error"]["code"].as_str().unwrap_or_default();
        (self.status, code)
    }
}

/// What stands before a row's request.
enum Stand<'a> {
    /// An operation of WeChat's.
    Operation(&'a Ordinary, Box<crate::cases::scene::Scene>),
    /// One of Kaibo's own.
    Own(World, examples::Example),
    /// A page, a file, a path that is no operation's.
    Other(World),
}

impl Stand<'_> {
    fn world(&self) -> &World {
        match self {
            Self::Operation(_, scene) => &scene.world,
            Self::Own(world, _) | Self::Other(world) => world,
        }
    }

    fn room(&self) -> Option<i64> {
        match self {
            Self::Own(_, example) => example.room,
            _ => None,
        }
    }

    fn request(&self, row: &Row) -> Request<Body> {
        match self {
            Self::Operation(one, scene) => one.request(scene),
            Self::Own(_, example) => example.request(row),
            Self::Other(_) => {
                let path = row.path().replace(['{', '}', '*'], "");
                Request::get(path).body(Body::empty()).unwrap()
            }
        }
    }

    /// What is wrong with the answer to a caller who is let in.
    fn judge_open(&self, cell: Cell, seen: &Seen) -> Result<(), String> {
        let wrong = || Err(format!("{seen:?}"));
        match self {
            Self::Operation(one, scene) if cell == Cell::Open => one.judge(scene, &seen.body),
            Self::Operation(..) => {
                let code = seen.errcode().unwrap_or_default();
                let is_let_in = !NOT_LET_IN.contains(&code) && !ABSENT.contains(&code);
                if is_let_in && rows(&seen.body) == 0 {
                    Ok(())
                } else {
                    wrong()
                }
            }
            Self::Own(_, example) => {
                let is_good = (200..300).contains(&seen.status);
                if is_good || example.also.contains(&seen.status) {
                    Ok(())
                } else {
                    wrong()
                }
            }
            // Pages may not be built, and a path that no operation has is told so.
            Self::Other(_) => {
                let is_page = [200, 307, 404, 503].contains(&seen.status);
                let is_told = |code: i64| code == 40_066 || NOT_LET_IN.contains(&code);
                if is_page && seen.errcode().is_none_or(is_told) {
                    Ok(())
                } else {
                    wrong()
                }
            }
        }
    }

    fn judge_closed(&self, caller: Caller, seen: &Seen) -> Result<(), String> {
        let is_closed = match self {
            // Of several ids those of others are left out, as those that are not there.
            Self::Operation(..) if caller == Caller::OtherServer => match seen.errcode() {
                Some(0) => rows(&seen.body) == 0 && seen.body.to_string().contains("[]"),
                code => code.is_some_and(|code| ABSENT.contains(&code)),
            },
            Self::Operation(..) => seen
                .errcode()
                .is_some_and(|code| NOT_LET_IN.contains(&code)),
            Self::Own(..) => REFUSALS.contains(&seen.refusal()),
            Self::Other(_) => seen.status == 401,
        };
        if is_closed {
            Ok(())
        } else {
            Err(format!("{seen:?}"))
        }
    }
}

/// Of a list of WeChat's.
fn rows(body: &Value) -> usize {
    let lists = ["room_info", "goods", "list", "followers"].map(|key| body[key].as_array());
    lists.iter().flatten().map(|list| list.len()).sum()
}

/// An installation on which rows are played one after the other, each with an app of its own.
struct House {
    stage: Stage,
    neighbour: Neighbour,
    receiver: Receiver,
    dump: Dump,
}

impl House {
    async fn new(base: Base) -> Self {
        let stage = Stage::new(base, Profile::Tolerant).await;
        Self {
            neighbour: Neighbour::move_in(&stage).await,
            receiver: Receiver::start().await,
            dump: Dump::of(&stage.ground.url).await,
            stage,
        }
    }

    async fn stand<'a>(&self, row: &Row, calls: &'a [Ordinary], caller: Caller) -> Stand<'a> {
        if let Some(one) = calls.iter().find(|one| one.path() == row.path()) {
            return Stand::Operation(one, Box::new(one.scene(&self.stage).await));
        }
        let (ground, app_id) = (self.stage.ground.clone(), self.stage.next_app());
        let world = World::in_store(ground, app_id, AppConfig::default()).await;
        if row.is_kaibos() {
            let example = examples::example(&world, &self.receiver, row, caller).await;
            return Stand::Own(world, example);
        }
        Stand::Other(world)
    }

    async fn play_all(mut self, queue: &Mutex<slice::Iter<'_, Row>>, calls: &[Ordinary]) -> Tally {
        let mut tally = Tally::default();
        let next = || queue.lock().unwrap().next();
        while let Some(row) = next() {
            self.play(row, calls, &mut tally).await;
        }
        tally
    }

    /// All callers of a row.
    async fn play(&mut self, row: &Row, calls: &[Ordinary], tally: &mut Tally) {
        let stand = self.stand(row, calls, Caller::Nobody).await;
        let credentials = self.credentials(&stand, row).await;
        let before = self.dump.take().await;
        let is_closed = |caller: &Caller| caller.cell(row) == Cell::Closed;
        let (closed, open): (Vec<_>, Vec<_>) = CALLERS.iter().copied().partition(is_closed);
        for caller in &closed {
            let seen = send(&stand, &credentials, row, *caller).await;
            let judged = stand.judge_closed(*caller, &seen);
            tally.note(row, *caller, Cell::Closed, judged);
        }
        let changed = changed(&before, &self.dump.take().await);
        if !changed.is_empty() {
            let fault = format!("{}: {changed:?} changed by one of {closed:?}", row.route);
            tally.faults.push(fault);
        }
        for caller in open {
            if row.reads() {
                let cell = caller.cell(row);
                let seen = send(&stand, &credentials, row, caller).await;
                tally.note(row, caller, cell, stand.judge_open(cell, &seen));
            } else {
                self.play_open(row, calls, caller, tally).await;
            }
        }
    }

    /// What one caller changes is not as it was for the next, so each has a scene of its own.
    async fn play_open(
        &mut self,
        row: &Row,
        calls: &[Ordinary],
        caller: Caller,
        tally: &mut Tally,
    ) {
        let stand = self.stand(row, calls, caller).await;
        let credentials = self.credentials(&stand, row).await;
        let seen = send(&stand, &credentials, row, caller).await;
        let cell = caller.cell(row);
        tally.note(row, caller, cell, stand.judge_open(cell, &seen));
    }

    async fn credentials(&mut self, stand: &Stand<'_>, row: &Row) -> Credentials {
        if row.path().starts_with("/v1/session") {
            self.neighbour.renew_sessions(stand.world()).await;
        }
        Credentials::of(stand.world(), &self.neighbour, stand.room()).await
    }
}

async fn send(stand: &Stand<'_>, credentials: &Credentials, row: &Row, caller: Caller) -> Seen {
    let mut request = stand.request(row);
    let world = stand.world();
    credentials.dress(caller, row, world, stand.room(), &mut request);
    Seen::of(world.respond(request).await).await
}

#[derive(Default)]
struct Tally {
    open: usize,
    closed: usize,
    faults: Vec<String>,
}

impl Tally {
    fn note(&mut self, row: &Row, caller: Caller, cell: Cell, judged: Result<(), String>) {
        match cell {
            Cell::Closed => self.closed += 1,
            Cell::Open | Cell::ItsOwn => self.open += 1,
        }
        if let Err(why) = judged {
            let fault = format!("{} by {caller:?}, {cell:?}: {why}", row.route);
            self.faults.push(fault);
        }
    }

    fn add(mut self, other: Self) -> Self {
        self.faults.extend(other.faults);
        Self {
            open: self.open + other.open,
            closed: self.closed + other.closed,
            faults: self.faults,
        }
    }
}

/// The ordinary calls, also to those paths of their operations that no case has.
fn calls() -> Vec<Ordinary> {
    let mut calls = ordinary();
    for operation in kaibo_api::wechat::operations() {
        let path = format!("/{}", operation.path);
        if !calls.iter().any(|one| one.path() == path) {
            let of_case = |one: &Ordinary| {
                let operations = kaibo_api::wechat::operations();
                let mut same = operations.iter().filter(|o| o.op == operation.op);
                same.any(|o| one.path().ends_with(o.path))
            };
            let mut other = ordinary().into_iter().find(of_case).unwrap();
            other.go_to(&path);
            calls.push(other);
        }
    }
    calls
}

async fn only_the_cells_of_the_table_are_open(base: Base) {
    let (rows, calls) = (table(), calls());
    let queue = Mutex::new(rows.iter());
    let houses = (0..STAGES).map(async |_| {
        let house = House::new(base).await;
        house.play_all(&queue, &calls).await
    });
    let tally = join_all(houses).await.into_iter();
    let tally = tally.fold(Tally::default(), Tally::add);
    println!(
        "{base:?}: {} routes x {} callers = {} cells, {} open, {} closed",
        rows.len(),
        CALLERS.len(),
        tally.open + tally.closed,
        tally.open,
        tally.closed,
    );
    assert_eq!(tally.open + tally.closed, rows.len() * CALLERS.len());
    assert!(tally.faults.is_empty(), "{}", tally.faults.join("\n"));
}

#[tokio::test]
async fn only_the_cells_of_the_table_are_open_on_sqlite() {
    only_the_cells_of_the_table_are_open(Base::Sqlite).await;
}

#[tokio::test]
async fn only_the_cells_of_the_table_are_open_on_postgres() {
    only_the_cells_of_the_table_are_open(Base::Postgres).await;
}

#[tokio::test]
async fn every_route_of_the_router_has_its_row() {
    let world = World::new().await;
    let mut listed: Vec<String> = table().into_iter().map(|row| row.route).collect();
    listed.sort();
    let routes = routes(&world.router);
    assert!(routes.len() > 150, "{}", routes.len());
    let missing: Vec<_> = routes.iter().filter(|r| !listed.contains(r)).collect();
    assert!(
        missing.is_empty(),
        "say in docs/access.md who may call {missing:#?}"
    );
    assert_eq!(
        listed, routes,
        "docs/access.md has rows that no route has, or twice"
    );
}

/// The document of /v1 says the same of credentials as the table.
#[test]
fn the_document_names_the_credentials_that_the_table_lets_in() {
    let document = kaibo_api::openapi::document().to_json().unwrap();
    let document: Value = serde_json::from_str(&document).unwrap();
    let mut looked_at = 0;
    for row in table() {
        let operation = &document["paths"][row.path()][row.method().to_lowercase()];
        let Some(any) = operation["security"].as_array() else {
            continue;
        };
        let has = |scheme: &str| any.iter().any(|all| all.get(scheme).is_some());
        let is_open = |caller: Caller| caller.cell(&row) != Cell::Closed;
        let everybody = is_open(Caller::Nobody);
        for (scheme, caller) in [
            ("session", Caller::Owner),
            ("app", Caller::OwnServer),
            ("broadcast", Caller::OwnDevice),
        ] {
            let wanted = is_open(caller) && !everybody;
            assert_eq!(has(scheme), wanted, "{} by {scheme}", row.route);
        }
        let is_owners = any.iter().any(|all| all["session"][0] == "owner");
        let wanted = is_open(Caller::Owner) && !is_open(Caller::Operator);
        assert_eq!(is_owners, wanted, "{}", row.route);
        let wants_csrf = has("session") && row.method() != "GET";
        assert_eq!(has("csrf"), wants_csrf, "{}", row.route);
        looked_at += 1;
    }
    assert!(looked_at > 100, "{looked_at}");
}
