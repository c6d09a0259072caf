//! The table of who may call what, in `docs/access.md`, and the routes that there are.

use std::collections::BTreeMap;
use std::path::Path;

use axum::Router;

use super::callers::COLUMNS;

/// What a cell says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    Open,
    /// Open, to what is the caller's own.
    ItsOwn,
    Closed,
}

/// A route's line.
#[derive(Debug)]
pub(super) struct Row {
    /// `GET /v1/…`, or `ANY …` where the method is judged by what answers.
    pub(super) route: String,
    pub(super) cells: [Cell; COLUMNS],
}

impl Row {
    pub(super) fn method(&self) -> &str {
        self.route.split_once(' ').unwrap().0
    }

    pub(super) fn path(&self) -> &str {
        self.route.split_once(' ').unwrap().1
    }

    /// Whether it changes nothing, so that all callers may come one after the other.
    pub(super) fn reads(&self) -> bool {
        self.method() == "GET" || self.path().contains('*')
    }

    /// In the document of Kaibo's own API.
    pub(super) fn is_kaibos(&self) -> bool {
        ["/v1", "/healthz", "/readyz"]
            .iter()
            .any(|start| self.path().starts_with(start))
    }

    pub(super) fn is_wechats(&self) -> bool {
        ["/wxa", "/cgi-bin"]
            .iter()
            .any(|start| self.path().starts_with(start))
    }
}

/// As the document has it.
pub(super) fn table() -> Vec<Row> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/access.md");
    let text = std::fs::read_to_string(file).unwrap();
    let lines = text.lines().filter(|line| line.starts_with("| `"));
    let rows = lines.map(|line| {
        let mut cells = line.trim_matches('|').split('|').map(str::trim);
        let route = cells.next().unwrap().trim_matches('`').to_owned();
        let cells: Vec<Cell> = cells
            .map(|cell| match cell {
                "yes" => Cell::Open,
                "its own" => Cell::ItsOwn,
                "–" => Cell::Closed,
                other => panic!("{route}: what is {other:?}?"),
            })
            .collect();
        let cells = cells.try_into();
        Row {
            cells: cells.unwrap_or_else(|_| panic!("{route}: {COLUMNS} cells")),
            route,
        }
    });
    rows.collect()
}

/// Every route of a router, as axum itself lists them: it has no other way to ask.
pub(super) fn routes(router: &Router) -> Vec<String> {
    let listed = format!("{router:#?}");
    // Behind it stands what answers where there is no route.
    let (listed, _) = listed.split_once("fallback_router:").unwrap();
    let (endpoints, paths) = listed.split_once("node: Node").unwrap();
    let paths = paths.split("RouteId(").skip(1).map(|piece| {
        let id = number(piece);
        let path = piece.split('"').nth(1).unwrap_or_default();
        (id, path)
    });
    let paths: BTreeMap<u32, &str> = paths.collect();
    let mut routes = Vec::new();
    for endpoint in endpoints.split("RouteId(").skip(1) {
        let path = paths[&number(endpoint)];
        // A base URL that ends in a slash gives two, which are the same.
        if path.starts_with("//") {
            continue;
        }
        let methods = ["get", "delete", "patch", "post", "put"];
        let is_there = |method: &&str| !endpoint.contains(&format!(" {method}: None"));
        let mut found: Vec<_> = methods.into_iter().filter(is_there).collect();
        if found.is_empty() {
            found.push("any");
        }
        let found = found.into_iter().map(str::to_uppercase);
        routes.extend(found.map(|method| format!("{method} {path}")));
    }
    routes.sort();
    routes
}

fn number(piece: &str) -> u32 {
    let digits = piece.trim_start().split(|c: char| !c.is_ascii_digit());
    digits.take(1).collect::<String>().parse().unwrap()
}
