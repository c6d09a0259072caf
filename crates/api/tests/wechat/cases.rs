//! Every case of the contract (`cases/*.json`), each in a world of its own, on SQLite and on
//! PostgreSQL.

mod events;
mod fill;
mod lists;
mod matching;
mod scene;

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use axum::http::Method;
use kaibo_app::AppConfig;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::world::{Base, World, request, verdict};
use lists::{LEFT_OUT, NOT_YET, UNBUILT};
use scene::Scene;

/// What placeholders stand for.
type Values = Map<String, Value>;

/// The path of a case that holds for every live operation.
const EVERY_OPERATION: &str = "${any of E01-E38}";

/// One case as its file has it. `origin` there says who stands behind it.
#[derive(Deserialize)]
struct Case {
    #[serde(rename = "case")]
    name: String,
    /// What stands before the call, or what is special about it.
    #[serde(default)]
    given: String,
    /// None: an event that a server pushes.
    request: Option<Call>,
    response: Option<Wanted>,
    /// An event as a sample has it.
    xml: Option<String>,
    /// What of the sample before is different.
    #[serde(default)]
    differs: Value,
    /// What a message URL may answer for the event to have arrived.
    reply: Option<Vec<String>>,
}

#[derive(Clone, Deserialize)]
struct Call {
    method: String,
    path: String,
    #[serde(default)]
    query: Values,
    /// An object is sent as JSON unless `content_type` says otherwise, or as multipart where it
    /// holds that alone; a text as it is.
    body: Option<Value>,
    content_type: Option<String>,
}

#[derive(Deserialize)]
struct Wanted {
    status: u16,
    /// What the answer has among other things.
    body: Value,
}

impl Call {
    fn method(&self) -> Method {
        self.method.parse().unwrap()
    }
}

fn all() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wechat/cases");
    let files = fs::read_dir(folder).unwrap().map(|f| f.unwrap().path());
    let mut files: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .collect();
    files.sort();
    let read = |path| -> Vec<Case> { serde_json::from_slice(&fs::read(path).unwrap()).unwrap() };
    let cases: Vec<Case> = files.into_iter().flat_map(read).collect();
    let names: HashSet<_> = cases.iter().map(|case| &case.name).collect();
    assert_eq!(names.len(), cases.len(), "a name stands twice");
    cases
}

/// The live operations, of which each has a case E01-ok to E38-ok.
fn operations(cases: &[Case]) -> Vec<&Call> {
    let first = |case: &&Case| {
        let id = case.name.strip_suffix("-ok");
        id.is_some_and(|id| id.starts_with('E') && id.len() == 3)
    };
    let cases = cases.iter().filter(first);
    cases.filter_map(|case| case.request.as_ref()).collect()
}

/// The calls that a case is about: one, or one to each operation there is.
fn calls(call: &Call, operations: &[&Call]) -> Vec<Call> {
    if call.path != EVERY_OPERATION {
        return vec![call.clone()];
    }
    let built = operations.iter().filter(|op| !is_unbuilt(&op.path));
    built
        .map(|op| Call {
            method: op.method.clone(),
            path: op.path.clone(),
            ..call.clone()
        })
        .collect()
}

fn is_unbuilt(path: &str) -> bool {
    UNBUILT.iter().any(|(_, unbuilt)| *unbuilt == path)
}

fn reason_in(list: &[(&str, &'static str)], case: &Case) -> Option<&'static str> {
    let found = list.iter().find(|(name, _)| *name == case.name);
    found.map(|(_, reason)| *reason)
}

/// Makes the call in a world of its own: what is wrong with the answer, if anything. Fails where
/// the call cannot be made.
async fn try_call(
    base: Base,
    case: &Case,
    call: &Call,
    wanted: &Wanted,
) -> Result<Option<String>, String> {
    // Every answer has this; `Scene::send` insists on it.
    assert_eq!(wanted.status, 200, "{}", case.name);
    let scene = Scene::new(base, case, call).await?;
    let answer = scene.send(call).await?;
    let matched = matching::matches(&wanted.body, &answer, &scene.values);
    scene.world.store.close().await;
    Ok(matched.err().map(|why| format!("{why}: {answer}")))
}

#[derive(Default)]
struct Tally {
    run: usize,
    calls: usize,
    passed: usize,
    left_out: usize,
    faults: Vec<String>,
}

impl Tally {
    async fn take(&mut self, base: Base, case: &Case, all: &[Case], operations: &[&Call]) {
        let (Some(call), Some(wanted)) = (&case.request, &case.response) else {
            return self.take_event(base, case, all).await;
        };
        if is_unbuilt(&call.path) || reason_in(LEFT_OUT, case).is_some() {
            self.left_out += 1;
            return;
        }
        self.run += 1;
        let mut wrong = Vec::new();
        for call in calls(call, operations) {
            self.calls += 1;
            let fault = |why| format!("{} {}: {why}", case.name, call.path);
            match try_call(base, case, &call, wanted).await {
                Ok(differs) => wrong.extend(differs.map(fault)),
                Err(why) => return self.faults.push(fault(why)),
            }
        }
        match (reason_in(NOT_YET, case), wrong.is_empty()) {
            (None, true) => self.passed += 1,
            (None, false) => self.faults.append(&mut wrong),
            (Some(_), false) => {}
            (Some(reason), true) => self.faults.push(format!(
                "{} passes: take it off NOT_YET ({reason})",
                case.name
            )),
        }
    }

    async fn take_event(&mut self, base: Base, case: &Case, all: &[Case]) {
        if reason_in(LEFT_OUT, case).is_some() {
            self.left_out += 1;
            return;
        }
        self.run += 1;
        match events::drive(base, case, all).await {
            Ok(()) => self.passed += 1,
            Err(why) => self.faults.push(format!("{}: {why}", case.name)),
        }
    }
}

async fn every_case_holds_on(base: Base) {
    let cases = all();
    let operations = operations(&cases);
    assert_eq!(operations.len(), 38);
    let mut tally = Tally::default();
    for case in &cases {
        tally.take(base, case, &cases, &operations).await;
    }
    println!(
        "{base:?}: {} cases, {} run in {} calls, {} passed, {} not yet, {} left out",
        cases.len(),
        tally.run,
        tally.calls,
        tally.passed,
        tally.run - tally.passed,
        tally.left_out,
    );
    assert!(tally.faults.is_empty(), "{}", tally.faults.join("\n"));
}

#[tokio::test]
async fn every_case_holds_on_sqlite() {
    every_case_holds_on(Base::Sqlite).await;
}

#[tokio::test]
async fn every_case_holds_on_postgres() {
    every_case_holds_on(Base::Postgres).await;
}

#[tokio::test]
async fn an_operation_that_is_not_built_is_an_unknown_url() {
    let world = World::with(AppConfig::default()).await;
    for (method, path) in UNBUILT {
        let method: Method = method.parse().unwrap();
        let call = request(method, &world.with_token(path), None, "");
        let answer = world.send(call).await;
        assert_eq!(
            verdict(&answer),
            (40_066, "invalid url"),
            "{path} is built: take it off UNBUILT"
        );
    }
}

#[test]
fn the_lists_name_nothing_that_is_not_there() {
    let cases = all();
    for (name, _) in LEFT_OUT.iter().chain(NOT_YET) {
        let found = cases.iter().find(|case| case.name == *name);
        assert!(found.is_some(), "there is no case {name}");
    }
    for (_, path) in UNBUILT {
        let mut calls = cases.iter().filter_map(|case| case.request.as_ref());
        assert!(calls.any(|call| call.path == *path), "no case calls {path}");
    }
}
