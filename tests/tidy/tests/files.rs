//! What every file of the repository keeps to.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A file longer than this has more than one reason.
const MAX_LINES: usize = 500;

/// Parts of machine paths and registry host names, split so that this file does not hold them.
const FORBIDDEN: &[&str] = &[
    concat!("/wor", "k/"),
    concat!("/home", "/runner"),
    concat!("registry.npm", "js.org"),
    concat!("static.crates", ".io"),
    concat!("deb.debian", ".org"),
    concat!("files.python", "hosted"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every file that git knows or would add.
fn files() -> Vec<PathBuf> {
    let output = Command::new("git")
        .args([
            "ls-files",
            "--cached",
            "--others",
            "--exclude-standard",
            "-z",
        ])
        .current_dir(root())
        .output()
        .expect("git runs");
    let names = String::from_utf8(output.stdout).expect("names are UTF-8");
    let files: Vec<_> = names
        .split_terminator('\0')
        .map(|name| root().join(name))
        .filter(|p| p.exists())
        .collect();
    assert!(files.len() > 50, "git lists the repository's files");
    files
}

fn has_extension(path: &Path, wanted: &[&str]) -> bool {
    path.extension()
        .and_then(|e| e.to_str())
        .is_some_and(|e| wanted.contains(&e))
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root())
        .unwrap_or(path)
        .display()
        .to_string()
}

fn text(path: &Path) -> Option<String> {
    std::fs::read(path)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
}

/// The lines before the file's tests.
fn own_lines(text: &str) -> usize {
    text.lines()
        .take_while(|line| line.trim() != "#[cfg(test)]")
        .count()
}

fn is_test(path: &Path) -> bool {
    let name = shown(path);
    name.contains("tests/") || name.ends_with("/table.rs") || name.ends_with("tests.rs")
}

#[test]
fn rust_files_open_with_what_they_are_for() {
    for path in files().iter().filter(|path| has_extension(path, &["rs"])) {
        let text = text(path).expect("source is UTF-8");
        assert!(
            text.starts_with("//! "),
            "{} opens with no `//!` line",
            shown(path)
        );
    }
}

#[test]
fn files_have_one_reason_each() {
    let sources = |path: &&PathBuf| has_extension(path, &["rs", "ts", "vue", "mjs"]);
    for path in files().iter().filter(sources).filter(|path| !is_test(path)) {
        let lines = own_lines(&text(path).expect("source is UTF-8"));
        assert!(
            lines <= MAX_LINES,
            "{} has {lines} lines: split it by reason",
            shown(path)
        );
    }
}

#[test]
fn no_machine_path_and_no_registry_host() {
    for path in files() {
        let Some(text) = text(&path) else { continue };
        for word in FORBIDDEN {
            assert!(!text.contains(word), "{} names {word}", shown(&path));
        }
    }
}

#[test]
fn tests_do_not_sleep() {
    let test_file = |path: &&PathBuf| has_extension(path, &["rs", "mjs", "ts"]) && is_test(path);
    for path in files().iter().filter(test_file) {
        let text = text(path).expect("source is UTF-8");
        for word in [
            concat!("thread::", "sleep("),
            concat!("waitFor", "Timeout("),
            concat!("setTimeout(", "resolve"),
        ] {
            assert!(
                !text.contains(word),
                "{} sleeps: wait for the event instead",
                shown(path)
            );
        }
    }
}

#[test]
fn the_map_names_only_files_that_exist() {
    let map = text(&root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md is there");
    let paths = map.split('`').skip(1).step_by(2).filter(|word| {
        let rooted = [
            "crates/", "web/", "tests/", "docs/", "api/", "scripts/", "assets/",
        ];
        rooted.iter().any(|start| word.starts_with(start)) && !word.contains(['{', '*', '…', ' '])
    });
    let mut seen = 0;
    for path in paths {
        seen += 1;
        assert!(
            root().join(path).exists(),
            "ARCHITECTURE.md names {path}, which is not there"
        );
    }
    assert!(seen >= 20, "the map shows the way to files");
}
