//! Every dependency's licence is one that `deny.toml` allows, and none is banned.

use std::collections::BTreeSet;
use std::path::Path;

use cargo_metadata::MetadataCommand;

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
    let metadata = MetadataCommand::new()
        .other_options([
            "--locked".into(),
            "--filter-platform=x86_64-unknown-linux-gnu".into(),
        ])
        .exec()
        .expect("cargo metadata runs");
    for package in &metadata.packages {
        let licence = package.license.as_deref().unwrap_or("none");
        let name = package.name.as_str();
        assert!(allowed(licence, &allow), "{name} is under {licence}");
        assert!(!banned.contains(name), "{name} is banned; see deny.toml");
    }
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
