//! Every dependency's licence is one that `deny.toml` allows, and none is banned.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('"').skip(1).step_by(2)
}

fn section<'a>(text: &'a str, name: &str) -> &'a str {
    let start = text
        .find(name)
        .unwrap_or_else(|| panic!("deny.toml has {name}"));
    let rest = &text[start + name.len()..];
    &rest[..rest.find("\n[").unwrap_or(rest.len())]
}

/// Whether an SPDX expression can be met by the allowed licences. `AND` binds tighter than `OR`.
fn allowed(expression: &str, allow: &BTreeSet<&str>) -> bool {
    let plain = expression.replace(['(', ')'], "").replace('/', " OR ");
    plain
        .split(" OR ")
        .any(|all| all.split(" AND ").all(|one| allow.contains(one.trim())))
}

#[test]
fn licences_are_allowed_and_nothing_banned_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let deny = std::fs::read_to_string(root.join("deny.toml")).expect("deny.toml is there");
    let allow: BTreeSet<&str> = quoted(section(&deny, "[licenses]")).collect();
    let banned: BTreeSet<&str> = section(&deny, "[bans]")
        .lines()
        .filter(|line| line.contains("crate ="))
        .flat_map(quoted)
        .collect();
    assert!(allow.len() > 5 && banned.len() > 2, "deny.toml was read");
    let built = built();
    assert!(built.len() > 100, "cargo lists what it builds");
    for package in &built {
        let (name, licence) = package.split_once('|').expect("name and licence");
        assert!(allowed(licence, &allow), "{name} is under {licence}");
        assert!(!banned.contains(name), "{name} is banned; see deny.toml");
    }
}

/// `name|licence` of every package that is built. Not what `Cargo.lock` holds: that names also the
/// rivals of an optional dependency, which nobody asked for.
fn built() -> BTreeSet<String> {
    let tree = ["tree", "--workspace", "--locked", "--edges=all"];
    let output = Command::new(env!("CARGO"))
        .args(tree)
        .args(["--target=x86_64-unknown-linux-gnu", "--prefix=none"])
        .args(["--format={p}|{l}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    let text = String::from_utf8(output.stdout).expect("names are UTF-8");
    text.lines()
        .filter_map(|line| {
            let (package, licence) = line.trim_end_matches(" (*)").split_once('|')?;
            let name = package.split_whitespace().next()?;
            Some(format!("{name}|{licence}"))
        })
        .collect()
}

#[test]
fn expressions_are_read_as_spdx_means_them() {
    let allow = BTreeSet::from(["MIT", "Zlib"]);
    assert!(allowed("MIT OR GPL-3.0", &allow));
    assert!(allowed("GPL-3.0/MIT", &allow));
    assert!(allowed("(MIT AND Zlib) OR GPL-3.0", &allow));
    assert!(!allowed("MIT AND GPL-3.0", &allow));
    assert!(!allowed("GPL-3.0", &allow));
}
