//! Who may import whom: the house's walls (ARCHITECTURE.md, "Who may import whom").

use std::collections::BTreeSet;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

/// Crate, the Kaibo crates it may import, and outside crates it must never import.
const WALLS: &[(&str, &[&str], &[&str])] = &[
    (
        "kaibo-domain",
        &[],
        &["tokio", "sqlx", "axum", "hyper", "kaibo-proto"],
    ),
    (
        "kaibo-proto",
        &[],
        &["tokio", "sqlx", "axum", "hyper", "getrandom", "rand"],
    ),
    ("kaibo-store", &["kaibo-domain"], &["axum", "hyper"]),
    (
        "kaibo-pictures",
        &[],
        &["tokio", "sqlx", "axum", "hyper", "getrandom", "rand"],
    ),
    ("kaibo-bus", &["kaibo-domain"], &["sqlx", "axum"]),
    (
        "kaibo-app",
        &["kaibo-domain", "kaibo-store", "kaibo-bus", "kaibo-pictures"],
        &["sqlx", "axum", "hyper"],
    ),
    (
        "kaibo-outbound",
        &["kaibo-domain", "kaibo-app"],
        &["sqlx", "axum"],
    ),
    ("kaibo-media", &["kaibo-proto"], &["sqlx"]),
    ("kaibo-api", &["kaibo-domain", "kaibo-app"], &["sqlx"]),
];

fn metadata() -> Metadata {
    MetadataCommand::new()
        .no_deps()
        .exec()
        .expect("cargo metadata runs in the repository")
}

fn imports(package: &Package) -> BTreeSet<&str> {
    package
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind == DependencyKind::Normal)
        .map(|dependency| dependency.name.as_str())
        .collect()
}

#[test]
fn crates_import_only_what_their_room_allows() {
    let metadata = metadata();
    for (name, allowed, never) in WALLS {
        let package = metadata
            .packages
            .iter()
            .find(|package| package.name == *name)
            .unwrap_or_else(|| panic!("{name} is not in the workspace"));
        for import in imports(package) {
            let inside = import.starts_with("kaibo-");
            assert!(
                !inside || allowed.contains(&import),
                "{name} must not import {import}"
            );
            assert!(!never.contains(&import), "{name} must not import {import}");
        }
    }
}

#[test]
fn every_library_of_the_house_has_walls() {
    for package in &metadata().packages {
        let name = package.name.as_str();
        let known = WALLS.iter().any(|(walled, ..)| *walled == name);
        assert!(
            known
                || [
                    "kaibo",
                    "kaibo-bench",
                    "kaibo-fuzz",
                    "test-postgres",
                    "test-receiver",
                    "tidy"
                ]
                .contains(&name),
            "{name} has no entry in WALLS"
        );
    }
}

#[test]
fn versions_stand_in_the_root_only() {
    let root = std::env::current_dir()
        .expect("a working folder")
        .join("../..");
    for entry in std::fs::read_dir(root.join("crates")).expect("crates/ can be read") {
        let manifest = entry.expect("a folder").path().join("Cargo.toml");
        let text = std::fs::read_to_string(&manifest).expect("a manifest");
        let dependencies = text.split("dependencies]").skip(1).flat_map(str::lines);
        for line in dependencies.filter(|line| line.contains('=') && !line.starts_with('#')) {
            assert!(
                line.contains("workspace = true"),
                "{}: {line}",
                manifest.display()
            );
        }
    }
}
