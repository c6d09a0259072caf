//! Every statement of the source is understood by every database that it is meant for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sqlx::{AssertSqlSafe, Connection as _, Either, Executor as _, SqlSafeStr as _};
use sqlx::{PgConnection, SqliteConnection, Statement as _, TypeInfo as _};

use crate::House;

const VERBS: [&str; 5] = ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH "];
/// What [`kaibo_store`] binds and reads; `VOID` is what some functions answer.
const TYPES: [&str; 5] = ["INT8", "TEXT", "BYTEA", "BOOL", "VOID"];

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Text(String),
    Mark(char),
}

/// Rust as far as it matters here: words, plain strings, and single marks.
fn tokens(source: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let end = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if first == '"' {
            let (text, length) = string(&rest[1..]);
            found.push(Token::Text(text));
            length + 1
        } else if let Some(length) = character(rest) {
            length
        } else if first.is_alphanumeric() || first == '_' {
            let word = |c: char| !(c.is_alphanumeric() || c == '_');
            let length = rest.find(word).unwrap_or(rest.len());
            found.push(Token::Word(rest[..length].to_owned()));
            length
        } else {
            if !first.is_whitespace() {
                found.push(Token::Mark(first));
            }
            first.len_utf8()
        };
        rest = &rest[end..];
    }
    found
}

/// The value of a string whose opening quote is behind, and its length with the closing one.
fn string(source: &str) -> (String, usize) {
    let mut text = String::new();
    let mut chars = source.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (text, at + 1),
            '\\' => match chars.next() {
                Some((_, '\n')) => {
                    let rest = chars.as_str().trim_start();
                    let (more, length) = string(rest);
                    let begun = source.len() - rest.len();
                    return (text + &more, begun + length);
                }
                Some((_, 'n')) => text.push('\n'),
                Some((_, other)) => text.push(other),
                None => break,
            },
            c => text.push(c),
        }
    }
    panic!("a string without an end");
}

/// The length of a character such as `'"'`, which would begin a string.
fn character(source: &str) -> Option<usize> {
    ["'\"'", "'\\\"'", "b'\"'"]
        .iter()
        .find(|quoted| source.starts_with(**quoted))
        .map(|quoted| quoted.len())
}

/// The texts that macros without parameters stand for.
fn macros(tokens: &[Token]) -> BTreeMap<String, String> {
    let named = |window: &[Token]| match window {
        [
            Token::Word(rules),
            Token::Mark('!'),
            Token::Word(name),
            rest @ ..,
        ] => {
            let text = rest.iter().find_map(|token| match token {
                Token::Text(text) => Some(text.clone()),
                _ => None,
            });
            (rules == "macro_rules").then_some((name.clone(), text?))
        }
        _ => None,
    };
    tokens.windows(20).filter_map(named).collect()
}

/// Every statement, with `concat!` put together.
fn statements(tokens: &[Token], macros: &BTreeMap<String, String>) -> Vec<String> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at += 1;
        let text = match token {
            Token::Text(text) => text.clone(),
            Token::Word(word) if word == "concat" => {
                let (text, length) = concatenated(&tokens[at..], macros);
                at += length;
                text
            }
            _ => continue,
        };
        if VERBS.iter().any(|verb| text.starts_with(verb)) {
            found.push(text);
        }
    }
    found
}

fn concatenated(tokens: &[Token], macros: &BTreeMap<String, String>) -> (String, usize) {
    let mut text = String::new();
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Mark('(') => depth += 1,
            Token::Mark(')') if depth == 1 => return (text, at + 1),
            Token::Mark(')') => depth -= 1,
            Token::Text(part) => text += part,
            Token::Word(name) => text += macros.get(name).expect("a macro that is one text"),
            Token::Mark(_) => {}
        }
    }
    panic!("concat! without an end");
}

pub(crate) fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                sources(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

/// The source before its tests, by file.
fn source() -> BTreeMap<String, Vec<Token>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let own = text.split("#[cfg(test)]").next().unwrap();
        let name = path.strip_prefix(&root).unwrap().display().to_string();
        (name, tokens(own))
    };
    sources(&root).into_iter().map(read).collect()
}

#[tokio::test]
async fn every_statement_of_the_source_is_prepared_on_each_database() {
    let lite = House::sqlite();
    let large = House::postgres().await;
    lite.open().await;
    large.open().await;
    let file = format!("sqlite://{}/kaibo.db", lite.dir.path().display());
    let mut sqlite = SqliteConnection::connect(&file).await.unwrap();
    let mut postgres = PgConnection::connect(&large.url).await.unwrap();
    let source = source();
    let macros = source.values().flat_map(|tokens| macros(tokens)).collect();
    let mut seen = [0, 0];
    for (name, tokens) in &source {
        for text in statements(tokens, &macros) {
            let sql = || AssertSqlSafe(text.clone()).into_sql_str();
            if !["db/postgres.rs", "db/claim.rs"].contains(&name.as_str()) {
                let prepared = (&mut sqlite).prepare(sql()).await;
                prepared.unwrap_or_else(|e| panic!("{name}, SQLite: {e}: {text}"));
                seen[0] += 1;
            }
            if name != "db/sqlite.rs" {
                let prepared = (&mut postgres).prepare(sql()).await;
                let prepared =
                    prepared.unwrap_or_else(|e| panic!("{name}, PostgreSQL: {e}: {text}"));
                let Some(Either::Left(bound)) = prepared.parameters() else {
                    panic!("PostgreSQL names the types of parameters");
                };
                let columns = prepared.columns().iter().map(sqlx::Column::type_info);
                for kind in bound.iter().chain(columns) {
                    assert!(TYPES.contains(&kind.name()), "{name}: a {kind} in {text}");
                }
                seen[1] += 1;
            }
        }
    }
    println!("prepared: {} on SQLite, {} on PostgreSQL", seen[0], seen[1]);
    assert!(seen.iter().all(|n| *n > 60), "{seen:?}");
}

#[test]
fn statements_are_found_in_whatever_form_they_are_written() {
    let source = r#"
        // "SELECT no"
        macro_rules! columns { () => { "a, b" }; }
        const A: &str = concat!("SELECT ", columns!(), " FROM t \
            WHERE a = $1");
        let quote = ['"', b'"'];
        tx.execute("DELETE FROM \"t\"", args![]).await;
        #[error("UPDATEs are refused")]
    "#;
    let tokens = tokens(source);
    let found = statements(&tokens, &macros(&tokens));
    assert_eq!(
        found,
        ["SELECT a, b FROM t WHERE a = $1", "DELETE FROM \"t\""]
    );
}
