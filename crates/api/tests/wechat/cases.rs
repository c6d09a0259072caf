//! Every case of the contract (`cases/*.json`), each with an app of its own, on SQLite and on
//! PostgreSQL, in the tolerant and in the strict profile.

mod events;
mod fill;
mod lists;
mod matching;
pub(crate) mod ordinary;
pub(crate) mod scene;
mod variants;

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::slice;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::http::Method;
use futures_util::future::join_all;
use kaibo_domain::door::Profile;
use kaibo_domain::id::AppId;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::world::{Base, Ground};
use lists::{LEFT_OUT, NOT_YET};
use scene::Scene;

/// What placeholders stand for.
type Values = Map<String, Value>;

/// Cases that are played at once.
const STAGES: usize = 4;

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
    /// What a profile answers, where that is something else.
    tolerant: Option<Other>,
    strict: Option<Other>,
    /// An event as a sample has it.
    xml: Option<String>,
    /// What of the sample before is different.
    #[serde(default)]
    differs: Value,
    /// What a message URL may answer for the event to have arrived.
    reply: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Other {
    body: Value,
}

impl Case {
    /// What the answer has among other things.
    fn wanted(&self, profile: Profile) -> Option<&Value> {
        let wanted = self.response.as_ref()?;
        // Every answer has this; `Scene::send` insists on it.
        assert_eq!(wanted.status, 200, "{}", self.name);
        let other = match profile {
            Profile::Tolerant => &self.tolerant,
            Profile::Strict => &self.strict,
        };
        Some(other.as_ref().map_or(&wanted.body, |other| &other.body))
    }
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
    let each = operations.iter();
    each.map(|op| Call {
        method: op.method.clone(),
        path: op.path.clone(),
        ..call.clone()
    })
    .collect()
}

fn reason_in(list: &[(&str, &'static str)], case: &Case) -> Option<&'static str> {
    let found = list.iter().find(|(name, _)| *name == case.name);
    found.map(|(_, reason)| *reason)
}

/// Where cases are played, one after the other on one store, each with an app of its own: that they
/// follow each other there also shows that no app sees another's.
pub(crate) struct Stage {
    pub(crate) base: Base,
    profile: Profile,
    pub(crate) ground: Ground,
    apps: AtomicU32,
}

impl Stage {
    pub(crate) async fn new(base: Base, profile: Profile) -> Self {
        Self {
            base,
            profile,
            ground: Ground::new(base).await,
            apps: AtomicU32::new(1),
        }
    }

    /// Plays cases until there are no more.
    async fn play_all(
        &self,
        queue: &Mutex<slice::Iter<'_, Case>>,
        all: &[Case],
        operations: &[&Call],
    ) -> Tally {
        let mut tally = Tally::default();
        let next = || queue.lock().unwrap().next();
        while let Some(case) = next() {
            tally = tally.add(self.play(case, all, operations).await);
        }
        tally
    }

    pub(crate) fn next_app(&self) -> AppId {
        let number = self.apps.fetch_add(1, Ordering::Relaxed);
        format!("wx{number:016x}").parse().unwrap()
    }

    /// What is wrong with the answer to a call, if anything. Fails where the call cannot be made.
    async fn try_call(
        &self,
        case: &Case,
        call: &Call,
        wanted: &Value,
    ) -> Result<Option<String>, String> {
        let scene = Scene::new(self, case, call).await?;
        let answer = scene.send(call).await?;
        let matched = matching::matches(wanted, &answer, &scene.values);
        Ok(matched.err().map(|why| format!("{why}: {answer}")))
    }

    async fn play(&self, case: &Case, all: &[Case], operations: &[&Call]) -> Tally {
        if reason_in(LEFT_OUT, case).is_some() {
            return Tally::left_out();
        }
        let mut tally = Tally::default();
        let (Some(call), Some(wanted)) = (&case.request, case.wanted(self.profile)) else {
            tally.run += 1;
            match events::drive(self.base, case, all).await {
                Ok(()) => tally.passed += 1,
                Err(why) => tally.faults.push(format!("{}: {why}", case.name)),
            }
            return tally;
        };
        tally.run += 1;
        let mut wrong = Vec::new();
        for call in calls(call, operations) {
            tally.calls += 1;
            let fault = |why| format!("{} {}: {why}", case.name, call.path);
            match self.try_call(case, &call, wanted).await {
                Ok(differs) => wrong.extend(differs.map(fault)),
                Err(why) => {
                    tally.faults.push(fault(why));
                    return tally;
                }
            }
        }
        match (reason_in(NOT_YET, case), wrong.is_empty()) {
            (None, true) => tally.passed += 1,
            (None, false) => tally.faults.append(&mut wrong),
            (Some(_), false) => {}
            (Some(reason), true) => tally.faults.push(format!(
                "{} passes: take it off NOT_YET ({reason})",
                case.name
            )),
        }
        tally
    }
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
    fn left_out() -> Self {
        Self {
            left_out: 1,
            ..Self::default()
        }
    }

    fn add(mut self, other: Self) -> Self {
        self.faults.extend(other.faults);
        Self {
            run: self.run + other.run,
            calls: self.calls + other.calls,
            passed: self.passed + other.passed,
            left_out: self.left_out + other.left_out,
            faults: self.faults,
        }
    }
}

async fn every_case_holds(base: Base, profile: Profile) {
    let cases = all();
    let operations = operations(&cases);
    assert_eq!(operations.len(), 38);
    let queue = Mutex::new(cases.iter());
    let stages = (0..STAGES).map(async |_| {
        let stage = Stage::new(base, profile).await;
        stage.play_all(&queue, &cases, &operations).await
    });
    let tally = join_all(stages).await.into_iter();
    let tally = tally.fold(Tally::default(), Tally::add);
    println!(
        "{base:?}, {profile}: {} cases, {} run in {} calls, {} passed, {} not yet, {} left out",
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
    every_case_holds(Base::Sqlite, Profile::Tolerant).await;
}

#[tokio::test]
async fn every_case_holds_on_sqlite_in_the_strict_profile() {
    every_case_holds(Base::Sqlite, Profile::Strict).await;
}

#[tokio::test]
async fn every_case_holds_on_postgres() {
    every_case_holds(Base::Postgres, Profile::Tolerant).await;
}

#[tokio::test]
async fn every_case_holds_on_postgres_in_the_strict_profile() {
    every_case_holds(Base::Postgres, Profile::Strict).await;
}

#[test]
fn the_lists_name_nothing_that_is_not_there() {
    let cases = all();
    for (name, _) in LEFT_OUT.iter().chain(NOT_YET) {
        let found = cases.iter().find(|case| case.name == *name);
        assert!(found.is_some(), "there is no case {name}");
    }
}
